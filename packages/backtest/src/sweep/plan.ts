/**
 * When a sweep runs: blocks of whole calendar months, and folds that are made of blocks. Every combination runs once in
 * every block, on a fresh account; a training window is the blocks before its test window. So a month is computed once
 * and serves as test of one fold and as training of later ones, and the test windows cover everything after the first
 * training window (D-04).
 */
import { DAY_MS, fail } from '@cointrader/core'
import type { BarSet } from '@cointrader/strategies'
import { dailySeries } from '../statistics/grid.js'

/** A half-open range of bars with a fresh account, armed kill switches and warm indicators. */
export interface SweepBlock {
  readonly startMs: number
  readonly endMs: number
  /** First bar, and one past the last. */
  readonly from: number
  readonly to: number
  /** Daily returns it has (whole UTC days), and where they begin in the row of a combination. */
  readonly days: number
  readonly firstDay: number
}

/** A fold in blocks: train [trainFrom, trainTo), test [trainTo, testTo). */
export interface SweepFold {
  readonly trainFrom: number
  readonly trainTo: number
  readonly testTo: number
}

export interface SweepPlan {
  readonly blocks: readonly SweepBlock[]
  readonly folds: readonly SweepFold[]
  /** Blocks of a training window (of the first one, when anchored). */
  readonly trainBlocks: number
  /** Σ days of all blocks. */
  readonly days: number
}

export interface PlanOptions {
  /** Calendar months. */
  readonly trainMonths: number
  readonly testMonths: number
  /** Training always begins at the first block. */
  readonly anchored?: boolean
  /** Range to use, half-open ms. Default: all bars. */
  readonly startMs?: number | undefined
  readonly endMs?: number | undefined
}

/** `ms` (a UTC midnight) moved by calendar months; the day is clipped to the month's last. */
export function addMonths(ms: number, months: number): number {
  const d = new Date(ms)
  const month = d.getUTCFullYear() * 12 + d.getUTCMonth() + months
  const [y, m] = [Math.floor(month / 12), ((month % 12) + 12) % 12]
  return Date.UTC(y, m, Math.min(d.getUTCDate(), new Date(Date.UTC(y, m + 1, 0)).getUTCDate()))
}

/**
 * Blocks from the first UTC midnight of the range on; what lies before is warm-up. The last one may be shorter. Errors
 * `E_USAGE` for months that are no whole numbers from 1, `E_USAGE_RANGE` when no bar is left after the first training.
 */
export function sweepPlan(bars: BarSet, options: PlanOptions): SweepPlan {
  const { trainMonths, testMonths, anchored = false } = options
  for (const [name, months] of [
    ['training', trainMonths],
    ['test', testMonths],
  ] as const) {
    if (!Number.isInteger(months) || months < 1) {
      fail('E_USAGE', { subject: `${name} months`, detail: `${months} is no whole number from 1` })
    }
  }
  const { times, intervalMs } = bars
  const step = gcd(trainMonths, testMonths)
  const trainBlocks = trainMonths / step
  const testBlocks = testMonths / step
  const last = times.length === 0 ? 0 : times[times.length - 1]! + intervalMs
  const first = Math.ceil(Math.max(times[0] ?? 0, options.startMs ?? 0) / DAY_MS) * DAY_MS
  const end = Math.min(last, options.endMs ?? Number.POSITIVE_INFINITY)
  const blocks: SweepBlock[] = []
  let days = 0
  for (let k = 0; ; k++) {
    const startMs = addMonths(first, k * step)
    const endMs = Math.min(end, addMonths(first, (k + 1) * step))
    if (!(endMs - startMs >= intervalMs)) break
    const from = Math.max(0, Math.ceil((startMs - times[0]!) / intervalMs))
    const to = Math.floor((endMs - times[0]!) / intervalMs)
    if (to <= from) break
    const count = daysOf(bars, from, to)
    blocks.push({ startMs: times[from]!, endMs: times[to - 1]! + intervalMs, from, to, days: count, firstDay: days })
    days += count
  }
  const folds: SweepFold[] = []
  for (let trainTo = trainBlocks; trainTo < blocks.length; trainTo += testBlocks) {
    const trainFrom = anchored ? 0 : trainTo - trainBlocks
    folds.push({ trainFrom, trainTo, testTo: Math.min(blocks.length, trainTo + testBlocks) })
  }
  if (folds.length === 0) {
    fail('E_USAGE_RANGE', {
      subject: 'sweep',
      detail: `the range has ${days} days: nothing is left to test after ${trainMonths} months of training`,
      next: 'take a longer range or fewer training months',
    })
  }
  return { blocks, folds, trainBlocks, days }
}

/** Returns a block of these bars has: what {@link dailySeries} counts. */
function daysOf({ times, intervalMs }: BarSet, from: number, to: number): number {
  const none = new Float64Array(0)
  const range = { startMs: times[from]!, endMs: times[to - 1]! + intervalMs, initialBalance: 1, intervalMs }
  return dailySeries({ ...range, equity: { count: 0, time: none, equity: none } }).returns.length
}

function gcd(a: number, b: number): number {
  return b === 0 ? a : gcd(b, a % b)
}
