/** Refusals of this folder in one place: each names what would have leaked or is absent. */
import { fail } from '@cointrader/core'

/** Ranges that overlap, or stand in the wrong order: a wrong request. */
export function failOverlap(subject: string, detail: string): never {
  fail('E_USAGE', {
    subject,
    detail,
    next: 'give ranges [from, to) that do not share a day: train before valid before test',
  })
}

/** Data that would be used before it could be known, or a label that looks across a border. */
export function failAvailability(subject: string, detail: string): never {
  fail('E_AVAILABILITY', { subject, detail, next: 'purge by the label of the data, or leave the named columns out' })
}

/** Columns that were asked for and are not in a file. */
export function failAbsent(subject: string, absent: readonly string[]): never {
  const shown = absent.slice(0, 10).join(', ')
  fail('E_FILE_CORRUPT', {
    subject,
    detail: `${absent.length} columns are absent: ${shown}${absent.length > 10 ? ', ...' : ''}`,
    next: 'build the table with these columns, or take them out of the feature list',
  })
}
