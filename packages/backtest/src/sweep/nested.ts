/**
 * What a sweep found, quoted honestly (D-12): in each fold the combination that was best in the training window is quoted
 * on the test window, which took no part in the choice; the windows are joined. A combination with fewer trades in
 * training than a stated minimum is never chosen. Beside it stands what a choice by chance among the same combinations gives.
 */
import { drawdowns } from '../statistics/drawdown.js'
import type { FoldWindow } from '../statistics/folds.js'
import { DAYS_PER_YEAR } from '../statistics/grid.js'
import { moments } from '../statistics/moments.js'
import { sharpePerStep } from '../statistics/ratios.js'
import { probabilisticSharpe } from '../statistics/significance.js'
import type { SweepCell } from '../statistics/sweep.js'
import type { BlockField } from './cell.js'
import { blockReturns, blockValue, type SweepResults } from './run.js'

/** Scores that rank: Σ gains / Σ losses, annualised Sharpe ratio of daily returns, net per trade, net. */
export const SWEEP_METRICS = ['profit-factor', 'sharpe', 'expectancy', 'net'] as const
export type SweepMetric = (typeof SWEEP_METRICS)[number]

/** The value of a metric that is neither good nor bad. */
export const METRIC_NEUTRAL: Readonly<Record<SweepMetric, number>> = {
  'profit-factor': 1,
  sharpe: 0,
  expectancy: 0,
  net: 0,
}

/** Fewest daily returns of a Sharpe ratio. */
const MINIMUM_DAYS = 20

/** A combination over a run of blocks, or several such parts joined. Each block began with a fresh account. */
export interface SweepOutcome {
  readonly trades: number
  readonly wins: number
  /** Quote currency; `net` is after all costs. */
  readonly net: number
  readonly fees: number
  readonly liquidations: number
  /** Blocks in which a kill switch stopped entries; in which the account stopped for good. */
  readonly killed: number
  readonly stopped: number
  /** Σ gains / Σ losses; null without a losing trade. */
  readonly profitFactor: number | null
  /** Annualised, of daily returns; null below 20 days, without variation, or after ruin. */
  readonly sharpe: number | null
  /** Daily returns compounded, and the largest fall of that curve; shares. Null after ruin. */
  readonly growth: number | null
  readonly maxDrawdown: number | null
  readonly days: number
}

export interface FoldChoice extends FoldWindow {
  /** Combinations with enough trades and a score in training. */
  readonly eligible: number
  /** Chosen by training; null when none is eligible: the account stays flat. */
  readonly cell: number | null
  readonly trainScore: number | null
  readonly trainTrades: number
  readonly test: SweepOutcome
  readonly testScore: number | null
  /** Place of the chosen by test score among the eligible, from 1. */
  readonly testRank: number | null
  /** Mean net on test of the eligible: what a choice by chance gives. */
  readonly chanceNet: number
}

export interface NestedSweep {
  readonly metric: SweepMetric
  readonly minimumTrades: number
  readonly folds: readonly FoldChoice[]
  /** All test windows joined, each with the combination chosen for it. */
  readonly outcome: SweepOutcome
  readonly score: number | null
  /** Its daily returns; 0 where nothing was chosen. */
  readonly returns: Float64Array
  /** Probability that the true Sharpe ratio of the outcome is above 0; null when it has none. One trial: test chose nothing. */
  readonly probability: number | null
  /** Σ over folds of the mean net of the eligible. */
  readonly chanceNet: number
  /** Of folds with a choice: those in which the chosen was in the better half of the eligible on test. */
  readonly betterHalf: number
  /** What training on the last blocks of the range chooses for the time after it; nothing is quoted for it. */
  readonly next: { readonly cell: number; readonly score: number; readonly trades: number } | null
}

/** Chooses and quotes. `minimumTrades` are trades in a training window. */
export function nestedSweep(results: SweepResults, metric: SweepMetric, minimumTrades: number): NestedSweep {
  const { plan, cells } = results
  const { blocks } = plan
  const choose = (from: number, to: number) => {
    const eligible: number[] = []
    const scores = new Map<number, number>()
    let best: number | null = null
    for (let c = 0; c < cells.length; c++) {
      const train = outcomeOf(results, [{ cell: c, from, to }])
      const score = scoreOf(train, metric)
      if (train.trades < minimumTrades || score === null) continue
      eligible.push(c)
      scores.set(c, score)
      // Equal scores: the first in the grid.
      if (best === null || score > scores.get(best)!) best = c
    }
    return { eligible, best, score: best === null ? null : scores.get(best)! }
  }
  const parts: Part[] = []
  let chanceNet = 0
  let betterHalf = 0
  const folds = plan.folds.map(({ trainFrom, trainTo, testTo }, f): FoldChoice => {
    const { eligible, best, score } = choose(trainFrom, trainTo)
    const part: Part = { cell: best, from: trainTo, to: testTo }
    parts.push(part)
    const test = outcomeOf(results, [part])
    const testScore = best === null ? null : scoreOf(test, metric)
    const others = eligible.map((cell) => outcomeOf(results, [{ cell, from: trainTo, to: testTo }]))
    const chance = others.length === 0 ? 0 : others.reduce((sum, o) => sum + o.net, 0) / others.length
    chanceNet += chance
    const worth = (s: number | null): number => s ?? Number.NEGATIVE_INFINITY
    const testRank =
      best === null ? null : 1 + others.filter((o) => worth(scoreOf(o, metric)) > worth(testScore)).length
    if (testRank !== null && testRank <= eligible.length / 2) betterHalf++
    return {
      fold: f + 1,
      trainStartMs: blocks[trainFrom]!.startMs,
      trainEndMs: blocks[trainTo - 1]!.endMs,
      testStartMs: blocks[trainTo]!.startMs,
      testEndMs: blocks[testTo - 1]!.endMs,
      ...(best === null ? {} : { chosen: paramsText(cells[best]!) }),
      eligible: eligible.length,
      cell: best,
      trainScore: score,
      trainTrades: best === null ? 0 : outcomeOf(results, [{ cell: best, from: trainFrom, to: trainTo }]).trades,
      test,
      testScore,
      testRank,
      chanceNet: chance,
    }
  })
  const outcome = outcomeOf(results, parts)
  const returns = joinedReturns(results, parts)
  const last = choose(Math.max(0, blocks.length - plan.trainBlocks), blocks.length)
  return {
    metric,
    minimumTrades,
    folds,
    outcome,
    score: scoreOf(outcome, metric),
    returns,
    probability: probabilityOf(returns),
    chanceNet,
    betterHalf,
    next:
      last.best === null
        ? null
        : {
            cell: last.best,
            score: last.score!,
            trades: outcomeOf(results, [
              { cell: last.best, from: Math.max(0, blocks.length - plan.trainBlocks), to: blocks.length },
            ]).trades,
          },
  }
}

/** A combination in the blocks `from` … `to` (exclusive); null is an account that does nothing. */
export interface Part {
  readonly cell: number | null
  readonly from: number
  readonly to: number
}

/** The figures of parts, joined. */
export function outcomeOf(results: SweepResults, parts: readonly Part[]): SweepOutcome {
  const sum: Record<BlockField, number> = {
    trades: 0,
    wins: 0,
    gains: 0,
    lost: 0,
    fees: 0,
    funding: 0,
    liquidations: 0,
    killed: 0,
    stopped: 0,
  }
  for (const { cell, from, to } of parts) {
    if (cell === null) continue
    for (let b = from; b < to; b++) {
      for (const field of Object.keys(sum) as BlockField[]) sum[field] += blockValue(results, cell, b, field)
    }
  }
  const returns = joinedReturns(results, parts)
  const whole = returns.every(Number.isFinite)
  const sharpe =
    whole && returns.length >= MINIMUM_DAYS ? sharpePerStep(returns) * Math.sqrt(DAYS_PER_YEAR) : Number.NaN
  const { gains, lost, trades, wins, fees, liquidations, killed, stopped } = sum
  const curve = whole ? compounded(returns) : null
  return {
    trades,
    wins,
    net: gains - lost,
    fees,
    liquidations,
    killed,
    stopped,
    profitFactor: lost > 0 ? gains / lost : null,
    sharpe: Number.isFinite(sharpe) ? sharpe : null,
    growth: curve === null ? null : (curve[curve.length - 1] ?? 1) - 1,
    maxDrawdown:
      curve === null
        ? null
        : drawdowns(
            Float64Array.from(curve, (_, i) => i + 1),
            curve,
            curve.length,
            1,
            0,
          ).max,
    days: returns.length,
  }
}

/** A metric of an outcome; null when it is not defined (no trade, no losing trade, too few days, ruin). */
export function scoreOf(x: SweepOutcome, metric: SweepMetric): number | null {
  if (x.trades === 0) return null
  if (metric === 'profit-factor') return x.profitFactor
  if (metric === 'sharpe') return x.sharpe
  return metric === 'net' ? x.net : x.net / x.trades
}

/**
 * Combinations for `judgeSweep`: train is the first training window, test is everything that comes after it, so that the
 * judgement too quotes what it has not seen.
 */
export function sweepCells(results: SweepResults, metric: SweepMetric): SweepCell[] {
  const { plan, cells } = results
  const { trainFrom, trainTo } = plan.folds[0]!
  return cells.map((params, cell): SweepCell => {
    const train = outcomeOf(results, [{ cell, from: trainFrom, to: trainTo }])
    const test = outcomeOf(results, [{ cell, from: trainTo, to: plan.blocks.length }])
    return {
      params,
      trainTrades: train.trades,
      trades: test.trades,
      trainScore: scoreOf(train, metric),
      testScore: scoreOf(test, metric),
      net: test.net,
      returns: blockReturns(results, cell, trainTo, plan.blocks.length),
    }
  })
}

/** `name value, …` */
export function paramsText(params: Readonly<Record<string, number>>): string {
  return Object.entries(params)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ')
}

function joinedReturns(results: SweepResults, parts: readonly Part[]): Float64Array {
  const pieces = parts.map(({ cell, from, to }) => {
    const view = blockReturns(results, cell ?? 0, from, to)
    return cell === null ? new Float64Array(view.length) : view
  })
  if (pieces.length === 1) return pieces[0]!
  const out = new Float64Array(pieces.reduce((n, x) => n + x.length, 0))
  let at = 0
  for (const piece of pieces) {
    out.set(piece, at)
    at += piece.length
  }
  return out
}

function compounded(returns: Float64Array): Float64Array {
  let value = 1
  return returns.map((r) => (value *= 1 + r))
}

function probabilityOf(returns: Float64Array): number | null {
  if (returns.length < MINIMUM_DAYS || !returns.every(Number.isFinite)) return null
  const { n, mean, deviation, skewness, kurtosis } = moments(returns)
  if (!(deviation > 0)) return null
  return probabilisticSharpe({ sharpe: mean / deviation, n, skewness, kurtosis })
}
