/** The days that the stages of a study go over. */
import { addDays, dateMs, dateRange, parseDate, type UtcDate } from '@cointrader/core'
import type { Span, Study } from '../config/schema.js'

/** Days of a range, inclusive. */
export const spanDates = ({ start, end }: Span): UtcDate[] => dateRange(parseDate(start), parseDate(end))

/** Days of features and labels: from the first day of training to the last of test. */
export function xyDates(study: Study): UtcDate[] {
  const starts = study.folds.map((f) => f.train.start).sort()
  const ends = study.folds.map((f) => f.test.end).sort()
  return dateRange(parseDate(starts[0]!), parseDate(ends.at(-1)!))
}

/** Days of the test ranges, each once, ascending. */
export function testDates(study: Study): UtcDate[] {
  return [...new Set(study.folds.flatMap((f) => spanDates(f.test)))].sort()
}

/** First ms after the last test day. */
export function testEndMs(study: Study): number {
  return dateMs(addDays(testDates(study).at(-1)!, 1))
}
