/**
 * Cross-sections: the rows of one instant. Everything in this folder reads rows in one canonical order, by (time, symbol), so
 * that results do not depend on the order rows came in, not even in the last bit.
 */
import { DAY_MS, fail } from '@cointrader/core'
import { assertLength, float64, type Numbers } from './numeric.js'

/** Rows in canonical order: rows offsets[i] to offsets[i + 1] (excluded) are those of times[i]. */
export interface Sections {
  readonly rows: number
  /** order[i] is the position, in the arrays handed in, of the i-th row. */
  readonly order: Int32Array
  /** Number of instants + 1. */
  readonly offsets: Int32Array
  /** Ascending, ms. */
  readonly times: Float64Array
  /** Symbol of each row, canonical order. */
  readonly symbol: Int32Array
  /** Rows that repeat (time, symbol) of another. */
  readonly duplicates: number
}

/** Sorts rows into cross-sections. `time` in ms; `symbol` an index from 0. Error `E_USAGE` for unequal lengths. */
export function crossSections(time: Numbers, symbol: Numbers): Sections {
  assertLength('symbol', symbol, time.length)
  const t = float64(time)
  const rows = t.length
  let order = new Int32Array(rows)
  let sorted = true
  for (let i = 0; i < rows; i++) {
    order[i] = i
    if (!Number.isFinite(t[i])) fail('E_USAGE', { subject: 'time', detail: `row ${i} has no time` })
    if (i > 0 && (t[i] < t[i - 1] || (t[i] === t[i - 1] && symbol[i] < symbol[i - 1]))) sorted = false
  }
  if (!sorted) order = order.sort((a, b) => t[a] - t[b] || symbol[a] - symbol[b] || a - b)
  const own = new Int32Array(rows)
  const starts: number[] = []
  let duplicates = 0
  for (let i = 0; i < rows; i++) {
    own[i] = symbol[order[i]]
    if (i === 0 || t[order[i]] !== t[order[i - 1]]) starts.push(i)
    else if (own[i] === own[i - 1]) duplicates++
  }
  const times = Float64Array.from(starts, (i) => t[order[i]])
  return { rows, order, offsets: Int32Array.from([...starts, rows]), times, symbol: own, duplicates }
}

/** Values in canonical order. */
export function gather(values: Numbers, order: Int32Array): Float64Array {
  const out = new Float64Array(order.length)
  for (let i = 0; i < out.length; i++) out[i] = values[order[i]]
  return out
}

/** Smallest number of symbols for which a correlation over symbols is taken. */
export const MIN_SYMBOLS = 5

/** The part of a section structure that can carry a cross-sectional statistic. */
export interface SectionCheck {
  /** Section numbers with at least the minimum of symbols. */
  readonly used: Int32Array
  readonly tooSmall: number
  /** Median number of symbols over all sections. */
  readonly medianSize: number
  /** Why cross-sectional statistics are refused, or null. */
  readonly refusal: string | null
}

/**
 * Finds the sections of at least `minSymbols` symbols. They are refused as a whole when fewer than half of all rows are in
 * such sections (then the few that remain are no fair sample of the instants), or when (time, symbol) is not unique.
 */
export function checkSections(sections: Sections, minSymbols = MIN_SYMBOLS): SectionCheck {
  const count = sections.times.length
  const sizes = new Float64Array(count)
  const used: number[] = []
  let rowsUsed = 0
  for (let s = 0; s < count; s++) {
    sizes[s] = sections.offsets[s + 1] - sections.offsets[s]
    if (sizes[s] < minSymbols) continue
    used.push(s)
    rowsUsed += sizes[s]
  }
  sizes.sort()
  const medianSize = count === 0 ? 0 : sizes[count >> 1]
  let refusal: string | null = null
  if (sections.duplicates > 0) refusal = `${sections.duplicates} rows repeat (time, symbol) of another`
  else if (rowsUsed * 2 < sections.rows || rowsUsed === 0) {
    refusal =
      `${used.length} of ${count} cross-sections hold at least ${minSymbols} symbols ` +
      `(median ${medianSize}); they have ${rowsUsed} of ${sections.rows} rows, less than half`
  }
  return { used: Int32Array.from(used), tooSmall: count - used.length, medianSize, refusal }
}

/** As {@link checkSections}; throws `E_ROW_COUNT` when cross-sections are refused. */
export function requireSections(sections: Sections, minSymbols = MIN_SYMBOLS): SectionCheck {
  const check = checkSections(sections, minSymbols)
  if (check.refusal !== null) {
    fail('E_ROW_COUNT', {
      subject: 'cross-sections',
      detail: check.refusal,
      next: 'predict whole cross-sections (no row sampling), lower the minimum of symbols, or use pooled figures',
    })
  }
  return check
}

/** Days of instants (ascending times): start of each day in ms, and the instants from offsets[d] to offsets[d + 1]. */
export function dayGroups(times: Float64Array): { days: Float64Array; offsets: Int32Array } {
  const days: number[] = []
  const starts: number[] = []
  for (let i = 0; i < times.length; i++) {
    const day = Math.floor(times[i] / DAY_MS) * DAY_MS
    if (days.length > 0 && days[days.length - 1] === day) continue
    days.push(day)
    starts.push(i)
  }
  return { days: Float64Array.from(days), offsets: Int32Array.from([...starts, times.length]) }
}

/** The most frequent difference of successive instants, ms (the smallest of those equally frequent); NaN below two. */
export function commonStep(times: Float64Array): number {
  const counts = new Map<number, number>()
  for (let i = 1; i < times.length; i++) {
    const step = times[i] - times[i - 1]
    counts.set(step, (counts.get(step) ?? 0) + 1)
  }
  let best = Number.NaN
  let most = 0
  for (const [step, n] of counts) {
    if (n > most || (n === most && step < best)) {
      best = step
      most = n
    }
  }
  return best
}

/** The largest number of instants in any half-open span of `spanMs`: a block of so many instants is never shorter. */
export function instantsPerSpan(times: Float64Array, spanMs: number): number {
  let most = Math.min(1, times.length)
  for (let from = 0, to = 0; to < times.length; to++) {
    while (times[to] - times[from] >= spanMs && from < to) from++
    most = Math.max(most, to - from + 1)
  }
  return most
}
