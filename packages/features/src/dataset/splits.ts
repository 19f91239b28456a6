/**
 * Date ranges that do not leak into each other (RP-D11). Ranges are half-open, [from, to), in UTC dates. A label of the
 * earlier range that looks past the start of a later one is purged from the earlier range (Lopez de Prado, "Advances in
 * Financial Machine Learning", 2018, section 7.4.1); an embargo takes minutes off the start of the later one.
 */
import { addDays, DAY_MS, dateMs, fail, MINUTE_MS, type UtcDate, utcText } from '@cointrader/core'
import { failAvailability, failOverlap } from './errors.js'

/** Days from `from` (included) to `to` (excluded). */
export interface DateSpan {
  readonly from: UtcDate
  readonly to: UtcDate
}

/** A span and the instants of its rows that remain: keepFromMs <= t < keepToMs, t being the start of a bar. */
export interface PurgedRange extends DateSpan {
  readonly name: string
  readonly keepFromMs: number
  readonly keepToMs: number
  /** Start of the next later range, which no label may look past; infinite when there is none. */
  readonly borderMs: number
  /** Minutes taken off at both ends together. */
  readonly purgedMinutes: number
}

/** The dates of a span. Error `E_USAGE_RANGE` when it is empty. */
export function spanDates(span: DateSpan, step = 1): UtcDate[] {
  if (!(span.from < span.to)) {
    fail('E_USAGE_RANGE', { subject: spanText(span), detail: '"to" is excluded and must come after "from"' })
  }
  const dates: UtcDate[] = []
  for (let date = span.from, i = 0; date < span.to; date = addDays(date, 1), i++) if (i % step === 0) dates.push(date)
  return dates
}

export function spanText(span: DateSpan): string {
  return `[${span.from}, ${span.to})`
}

export function spansOverlap(a: DateSpan, b: DateSpan): boolean {
  return a.from < b.to && b.from < a.to
}

export interface PurgeOptions {
  /** Minutes after the end of an earlier range in which a later one must not start (for long look-backs). Default 0. */
  readonly embargoMinutes?: number
}

/**
 * Purges named ranges of any order and number against each other: a row at t of the earlier of two ranges stays if
 * t + looksUntilMinutes is not after the start of the later one. Purge and embargo may reach over several days.
 * Errors: `E_USAGE_RANGE` for an empty range or one that the purge empties, `E_USAGE` for an overlap.
 */
export function purgeRanges<K extends string>(
  spans: Readonly<Record<K, DateSpan>>,
  looksUntilMinutes: number,
  options: PurgeOptions = {},
): Record<K, PurgedRange> {
  const embargoMinutes = options.embargoMinutes ?? 0
  for (const [what, n] of Object.entries({ looksUntilMinutes, embargoMinutes })) {
    if (!(n >= 0 && Number.isFinite(n))) fail('E_USAGE', { subject: what, detail: `${n} is not a number of minutes` })
  }
  const list = Object.entries(spans) as [K, DateSpan][]
  for (const [, span] of list) spanDates(span)
  const out = {} as Record<K, PurgedRange>
  for (const [name, span] of list) {
    let keepFromMs = dateMs(span.from)
    let borderMs = Number.POSITIVE_INFINITY
    for (const [otherName, other] of list) {
      if (otherName === name) continue
      if (spansOverlap(span, other)) {
        failOverlap(`${name} ${spanText(span)}`, `overlaps ${otherName} ${spanText(other)}`)
      }
      if (other.from >= span.to) {
        borderMs = Math.min(borderMs, dateMs(other.from))
      } else {
        keepFromMs = Math.max(keepFromMs, dateMs(other.to) + embargoMinutes * MINUTE_MS)
      }
    }
    // Kept t satisfy t <= border - looksUntil; t are whole milliseconds, so t < that + 1.
    const keepToMs = Math.min(dateMs(span.to), borderMs - looksUntilMinutes * MINUTE_MS + 1)
    if (keepFromMs >= keepToMs) {
      fail('E_USAGE_RANGE', {
        subject: `${name} ${spanText(span)}`,
        detail: `nothing is left after the purge of ${looksUntilMinutes} and the embargo of ${embargoMinutes} minutes`,
        next: 'give a longer range',
      })
    }
    const kept = Math.ceil((keepToMs - keepFromMs) / MINUTE_MS)
    const purgedMinutes = (dateMs(span.to) - dateMs(span.from)) / MINUTE_MS - kept
    out[name] = { ...span, name, keepFromMs, keepToMs, borderMs, purgedMinutes }
  }
  return out
}

export interface SplitSpans {
  readonly train: DateSpan
  readonly valid?: DateSpan
  readonly test?: DateSpan
}

/**
 * Train, valid and test in this order of time, purged. `looksUntilMinutes` is that of the label (61 for `y_60m`): see
 * `labelLooksUntil`. Errors as {@link purgeRanges}; also `E_USAGE` for the wrong order.
 */
export function splitRanges<S extends SplitSpans>(
  spans: S,
  looksUntilMinutes: number,
  options: PurgeOptions = {},
): { [K in keyof S]: PurgedRange } {
  const ordered = (['train', 'valid', 'test'] as const).flatMap((name) => {
    const span = spans[name]
    return span === undefined ? [] : [{ name, span }]
  })
  for (let i = 1; i < ordered.length; i++) {
    const [a, b] = [ordered[i - 1]!, ordered[i]!]
    if (a.span.to > b.span.from) {
      failOverlap(`${a.name} ${spanText(a.span)}`, `does not end before ${b.name} ${spanText(b.span)} begins`)
    }
  }
  const present = Object.fromEntries(ordered.map(({ name, span }) => [name, span]))
  return purgeRanges(present, looksUntilMinutes, options) as { [K in keyof S]: PurgedRange }
}

/** A plain span as a range that keeps everything (there is nothing to leak into). */
export function wholeRange(span: DateSpan, name = spanText(span)): PurgedRange {
  spanDates(span)
  const borderMs = Number.POSITIVE_INFINITY
  return { ...span, name, keepFromMs: dateMs(span.from), keepToMs: dateMs(span.to), borderMs, purgedMinutes: 0 }
}

/** A range cut into days, borders kept: for reading a long range in bounded memory. Days that are purged whole are left out. */
export function dayRanges(range: PurgedRange): PurgedRange[] {
  return spanDates(range).flatMap((date) => {
    const keepFromMs = Math.max(range.keepFromMs, dateMs(date))
    const keepToMs = Math.min(range.keepToMs, dateMs(date) + DAY_MS)
    if (keepFromMs >= keepToMs) return []
    const purgedMinutes = DAY_MS / MINUTE_MS - Math.ceil((keepToMs - keepFromMs) / MINUTE_MS)
    return [{ ...range, from: date, to: addDays(date, 1), keepFromMs, keepToMs, purgedMinutes }]
  })
}

/**
 * Proves of rows already in hand that they belong to the range and that no label looks past its border. Error `E_AVAILABILITY`
 * naming the first row that does not. `times` are starts of bars in ms, in any order.
 */
export function assertWithin(range: PurgedRange, times: ArrayLike<number>, looksUntilMinutes: number): void {
  const subject = `${range.name} ${spanText(range)}`
  for (let r = 0; r < times.length; r++) {
    const t = times[r]!
    if (!(t >= range.keepFromMs && t < range.keepToMs)) {
      failAvailability(subject, `row ${r} at ${utcText(t)} is not in the purged range`)
    }
    if (t + looksUntilMinutes * MINUTE_MS > range.borderMs) {
      const seen = `until ${utcText(t + looksUntilMinutes * MINUTE_MS)}, past ${utcText(range.borderMs)}`
      failAvailability(subject, `the label of row ${r} at ${utcText(t)} looks ${seen}`)
    }
  }
}
