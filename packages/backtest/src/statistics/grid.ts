/** Equity on a grid of UTC days: the one time scale on which returns are annualised (D-09). */
import { DAY_MS } from '@cointrader/core'
import type { BacktestResult } from './source.js'

/** Crypto trades every day. */
export const DAYS_PER_YEAR = 365

export interface DailySeries {
  /** Ends of the steps, UTC midnights. */
  readonly time: Float64Array
  /** Marked to market at those instants. */
  readonly equity: Float64Array
  /** Equity at the start of the first step. */
  readonly start: number
  readonly startMs: number
  /** equity[i] / equity[i − 1] − 1, `start` before the first; NaN from the first equity ≤ 0 on. */
  readonly returns: Float64Array
  /** Days per step: 1, or more where a bar is longer than a day. */
  readonly stepDays: number
  /** Time at the ends of the range that is not a whole step, and so not among the returns. */
  readonly leftOutMs: number
  /** True when equity was at or below 0 on the grid: returns have no meaning from there on. */
  readonly broke: boolean
}

/** What {@link dailySeries} reads. */
export type GridSource = Pick<BacktestResult, 'startMs' | 'endMs' | 'initialBalance' | 'intervalMs'> & {
  readonly equity: Pick<BacktestResult['equity'], 'count' | 'time' | 'equity'>
}

/**
 * Whole UTC days between the first midnight from `startMs` on and the last one up to `endMs`; equity at a midnight is the
 * last row known by then, `initialBalance` before the first row. Parts of a day at the two ends are left out: part of a day
 * is no draw from the distribution of days (they do count in the total return).
 */
export function dailySeries(result: GridSource): DailySeries {
  const stepDays = Math.max(1, Math.ceil(result.intervalMs / DAY_MS))
  const step = stepDays * DAY_MS
  const first = Math.ceil(result.startMs / DAY_MS) * DAY_MS
  const count = Math.max(0, Math.floor((result.endMs - first) / step))
  const time = new Float64Array(count)
  const equity = new Float64Array(count)
  const returns = new Float64Array(count)
  const rows = result.equity
  let row = 0
  const upTo = (ms: number): number => {
    while (row < rows.count && rows.time[row] <= ms) row++
    return row === 0 ? result.initialBalance : rows.equity[row - 1]
  }
  const start = upTo(first)
  let before = start
  let broke = !(start > 0)
  for (let i = 0; i < count; i++) {
    time[i] = first + (i + 1) * step
    const now = upTo(time[i])
    equity[i] = now
    if (!(now > 0)) broke = true
    returns[i] = broke ? Number.NaN : now / before - 1
    before = now
  }
  const leftOutMs = count === 0 ? result.endMs - result.startMs : result.endMs - result.startMs - count * step
  return { time, equity, start, startMs: first, returns, stepDays, leftOutMs, broke }
}
