/**
 * The research pipeline's data rules, for comparison only (RP-26, RP-29, RP-32, RP-37). They keep its defects: windows that
 * cross gaps, blocks of exactly L rows skipped, labels filtered by outcome, days left out in silence. Not reproduced: its
 * draws of rows and sequences (unseeded, or NumPy's generator) and the order that 32-bit timestamps gave (RP-D09).
 */
import type { UtcDate } from '@cointrader/core'
import { fail } from '@cointrader/core'
import type { NumericData } from '@cointrader/store'
import type { GlobalBanDates } from '../bans.js'
import type { DayPolicy } from '../request.js'

const NONE: ReadonlySet<string> = new Set()

/**
 * Bans as its readers apply them: `networks` leave `missing_dates` out and set the `nan_dates` columns of a day to 0
 * (RP-26, 29, 32); `tabular` leaves out both kinds of dates (RP-37).
 */
export function researchBans(bans: GlobalBanDates, reader: 'networks' | 'tabular'): DayPolicy {
  const missing = new Set<UtcDate>(bans.missing_dates)
  const zeroed = new Map(Object.entries(bans.nan_dates).map(([date, columns]) => [date, new Set(columns)]))
  return reader === 'networks'
    ? { skip: (date) => missing.has(date), zeroed: (date) => zeroed.get(date) ?? NONE }
    : { skip: (date) => missing.has(date) || zeroed.has(date), zeroed: () => NONE }
}

/**
 * RP-26, cleaning of a day: rows with a NaN target go, then rows with |target| > 1 (RP-D05). Rows that stay, ascending.
 * Features: NaN becomes 0 (`missingFeatures: 'zero'`); a day with an infinite cell is skipped as a whole (`fail` there).
 */
export function researchCnnRows(target: NumericData): Int32Array {
  const out: number[] = []
  for (let r = 0; r < target.length; r++) if (Math.abs(Math.fround(target[r]!)) <= 1) out.push(r)
  return Int32Array.from(out)
}

/**
 * RP-26, samples: last rows of the windows in a frame sorted by (symbol, time). Within each run of equal symbols that is
 * longer than L rows every start counts, whatever the times; a run of exactly L rows gives none. L = 1: every row.
 */
export function researchCnnEnds(symbol: ArrayLike<unknown>, length: number): Int32Array {
  const out: number[] = []
  for (let from = 0, to = 0; from < symbol.length; from = to) {
    while (to < symbol.length && symbol[to] === symbol[from]) to++
    if (length > 1 && to - from <= length) continue
    for (let end = from + length - 1; end < to; end++) out.push(end)
  }
  return Int32Array.from(out)
}

/** RP-29's samples: `row[(sample * L + step) * N + node]` is the frame's row; its last step holds the targets. */
export interface ResearchPanels {
  readonly count: number
  readonly rows: Int32Array
}

/**
 * RP-29 and RP-32, samples: of each time with at least N rows the N alphabetically first symbols; a sample is every run of
 * L consecutive available times that have the same N symbols. Gaps in time are not noticed. Rows sorted by (time, symbol).
 */
export function researchPanels(
  time: ArrayLike<number>,
  symbol: ArrayLike<string>,
  nodes: number,
  length: number,
): ResearchPanels {
  if (nodes < 1 || length < 1) fail('E_USAGE', { subject: 'panel', detail: 'nodes and length start at 1' })
  const starts: number[] = []
  for (let from = 0, to = 0; from < time.length; from = to) {
    while (to < time.length && time[to] === time[from]) to++
    if (to - from >= nodes) starts.push(from)
  }
  const sameAsBefore = (i: number): boolean => {
    for (let n = 0; n < nodes; n++) if (symbol[starts[i]! + n] !== symbol[starts[i - 1]! + n]) return false
    return true
  }
  const rows: number[] = []
  let count = 0
  for (let i = 0, run = 0; i < starts.length; i++) {
    run = i > 0 && sameAsBefore(i) ? run + 1 : 1
    if (run < length) continue
    count++
    for (let s = i - length + 1; s <= i; s++) for (let n = 0; n < nodes; n++) rows.push(starts[s]! + n)
  }
  return { count, rows: Int32Array.from(rows) }
}

/** RP-29: 80/10/10 % of the distinct times in order (shares rounded down), without a purge (RP-D11). Half-open places. */
export function researchTimeSplit(count: number): {
  train: [number, number]
  val: [number, number]
  test: [number, number]
} {
  const a = Math.floor(count * 0.8)
  const b = Math.floor(count * 0.9)
  return { train: [0, a], val: [a, b], test: [b, count] }
}

/** RP-32: train before `vali`, validation before `test`; every 3rd date of train and validation, every 4th of test. */
export function researchDateSplit(
  dates: readonly UtcDate[],
  vali: UtcDate,
  test: UtcDate,
): { train: UtcDate[]; val: UtcDate[]; test: UtcDate[] } {
  const every = (list: UtcDate[], step: number) => list.filter((_, i) => i % step === 0)
  return {
    train: every(
      dates.filter((date) => date < vali),
      3,
    ),
    val: every(
      dates.filter((date) => date >= vali && date < test),
      3,
    ),
    test: every(
      dates.filter((date) => date >= test),
      4,
    ),
  }
}
