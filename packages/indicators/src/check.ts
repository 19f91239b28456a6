/** Checks shared by all indicators. */
import { fail } from '@cointrader/core'

/** Refuses a length that is not a whole number of at least `least` (`E_USAGE`). */
export function checkLength(length: number, least = 1): void {
  if (!Number.isInteger(length) || length < least) {
    fail('E_USAGE', { subject: 'indicator length', detail: `${length} is not a whole number of at least ${least}` })
  }
}

/** The common length of the input columns; `E_INTERNAL` when they differ. */
export function commonLength(...columns: readonly { readonly length: number }[]): number {
  const n = columns[0]?.length ?? 0
  for (const column of columns) {
    if (column.length !== n) {
      fail('E_INTERNAL', { subject: 'indicator inputs', detail: `lengths ${columns.map((c) => c.length).join(', ')}` })
    }
  }
  return n
}
