/** Walk-forward: what each test window gave, and how much of the out-of-sample range the windows cover (D-04). */

import { drawdowns } from './drawdown.js'
import { DAYS_PER_YEAR, dailySeries } from './grid.js'
import { sharpePerStep } from './ratios.js'
import type { BacktestResult } from './source.js'
import { tradeTotals } from './trades.js'

/** One fold; all ranges half-open, ms UTC. */
export interface FoldWindow {
  readonly fold: number
  readonly trainStartMs: number
  readonly trainEndMs: number
  readonly testStartMs: number
  readonly testEndMs: number
  /** What was chosen or trained for it, in words. */
  readonly chosen?: string
}

export interface FoldStatistics extends FoldWindow {
  /** Trades that ended in the window. */
  readonly trades: number
  readonly net: number
  /** Equity at its end / at its start − 1; null when equity at its start was not above 0. */
  readonly return: number | null
  readonly maxDrawdown: number
  readonly winRate: number | null
  readonly profitFactor: number | null
  /** Annualised, of daily returns; null below 20 days. */
  readonly sharpe: number | null
}

/** Fewest days of a fold for a Sharpe ratio (one month, and a bit less for February with edges). */
const MINIMUM_FOLD_DAYS = 20

/** Each window of a walk-forward whose folds were joined to one account (`result`). */
export function foldStatistics(result: BacktestResult, windows: readonly FoldWindow[]): FoldStatistics[] {
  const { time, equity, count } = result.equity
  return windows.map((w) => {
    let from = 0
    while (from < count && time[from] <= w.testStartMs) from++
    let to = from
    while (to < count && time[to] <= w.testEndMs) to++
    const start = from === 0 ? result.initialBalance : equity[from - 1]
    const end = to === 0 ? result.initialBalance : equity[to - 1]
    const part = { count: to - from, time: time.subarray(from, to), equity: equity.subarray(from, to) }
    const rows: number[] = []
    for (let i = 0; i < result.trades.count; i++) {
      const exit = result.trades.exitTime[i]
      if (exit >= w.testStartMs && exit < w.testEndMs) rows.push(i)
    }
    const t = tradeTotals(result.trades, rows)
    const daily = dailySeries({
      startMs: w.testStartMs,
      endMs: w.testEndMs,
      initialBalance: start,
      intervalMs: result.intervalMs,
      equity: part,
    })
    const sharpe =
      daily.broke || daily.returns.length < MINIMUM_FOLD_DAYS
        ? Number.NaN
        : sharpePerStep(daily.returns) * Math.sqrt(DAYS_PER_YEAR / daily.stepDays)
    return {
      ...w,
      trades: t.count,
      net: t.net,
      return: start > 0 ? end / start - 1 : null,
      maxDrawdown: drawdowns(part.time, part.equity, part.count, start, w.testStartMs).max,
      winRate: t.count > 0 ? t.wins / t.count : null,
      profitFactor: t.lost > 0 ? t.gains / t.lost : null,
      sharpe: Number.isFinite(sharpe) ? sharpe : null,
    }
  })
}

export interface FoldCoverage {
  /** Share of [first test start, `endMs`) inside a test window. */
  readonly covered: number
  /** Time that lies in more than one test window. */
  readonly overlapMs: number
  /** Test windows that begin before their training ended. */
  readonly leaks: number
}

/** How far the test windows cover the range after the first training; 100 % is required (TB-12.4, trap 7). */
export function foldCoverage(windows: readonly FoldWindow[], endMs: number): FoldCoverage {
  const sorted = [...windows].sort((a, b) => a.testStartMs - b.testStartMs)
  if (sorted.length === 0) return { covered: 0, overlapMs: 0, leaks: 0 }
  let at = sorted[0].testStartMs
  const whole = endMs - at
  let covered = 0
  let overlapMs = 0
  for (const w of sorted) {
    const to = Math.min(w.testEndMs, endMs)
    overlapMs += Math.max(0, Math.min(at, to) - w.testStartMs)
    covered += Math.max(0, to - Math.max(at, w.testStartMs))
    at = Math.max(at, to)
  }
  return {
    covered: whole > 0 ? covered / whole : 0,
    overlapMs,
    leaks: windows.filter((w) => w.testStartMs < w.trainEndMs).length,
  }
}
