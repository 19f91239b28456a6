/** Seeded choices. The same seed and sizes give the same choice, whatever the chunking of the reader. */
import { fail, type Random } from '@cointrader/core'

/**
 * `count` positions of 0 to total - 1, each subset equally likely, ascending (selection sampling, Knuth, TAOCP volume 2,
 * 3.4.2, algorithm S). All positions when `count` is not below `total`.
 */
export function samplePositions(total: number, count: number, random: Random): Int32Array {
  if (total > 0x7fffffff) fail('E_USAGE', { subject: 'sample', detail: `${total} rows are too many to sample from` })
  const n = Math.min(Math.max(0, Math.floor(count)), total)
  const out = new Int32Array(n)
  if (n === total) {
    for (let i = 0; i < n; i++) out[i] = i
    return out
  }
  for (let i = 0, taken = 0; taken < n; i++) {
    if ((total - i) * random.next() < n - taken) out[taken++] = i
  }
  return out
}

/** 0 to count - 1 in random order (Fisher and Yates): the order of an epoch. */
export function shuffledOrder(count: number, random: Random): Int32Array {
  const out = Int32Array.from({ length: count }, (_, i) => i)
  for (let i = count - 1; i > 0; i--) {
    const j = random.int(i + 1)
    const held = out[i]!
    out[i] = out[j]!
    out[j] = held
  }
  return out
}
