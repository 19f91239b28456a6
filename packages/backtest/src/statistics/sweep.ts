/**
 * A sweep judged as a whole: what was tried, what was chosen on train, what it gave on test, and how far luck alone explains
 * the best of so many (D-12). Cells below the stated minimum of trades are shown and never ranked.
 */
import { moments } from './moments.js'
import { type Overfitting, probabilityOfOverfitting } from './overfitting.js'
import { sharpePerStep } from './ratios.js'
import { type DeflatedSharpe, deflatedSharpe } from './significance.js'
import { type Superiority, superiority } from './superiority.js'

export type SweepValue = number | string | boolean

/** One combination. Scores are of the metric the sweep names; null: not defined. */
export interface SweepCell {
  readonly params: Readonly<Record<string, SweepValue>>
  /** Trades on train, and on test (equal in a sweep without a split). */
  readonly trainTrades: number
  readonly trades: number
  readonly trainScore: number | null
  readonly testScore: number | null
  /** Net result on test, quote currency. */
  readonly net: number
  /** Daily returns on test, one length for all cells; null when they were not kept. */
  readonly returns: Float64Array | null
}

export interface SweepOptions {
  /** True (default): train and test are apart. False: cells were scored on the range that is quoted. */
  readonly nested?: boolean
  /** Trades on train below which a cell is not ranked. Default 30. */
  readonly minimumTrades?: number
  /** Daily returns of the benchmark on test. Default: 0 (cash). */
  readonly benchmark?: Float64Array
  readonly seed?: number | string
  /** Default 1000. */
  readonly resamples?: number
  /** Blocks of {@link probabilityOfOverfitting}. Default 16, fewer when there are too few days. */
  readonly blocks?: number
}

export interface SweepJudgement {
  readonly cells: readonly SweepCell[]
  readonly nested: boolean
  readonly minimumTrades: number
  /** Row numbers of the cells with enough trades and a train score: best on train first; equal scores keep grid order. */
  readonly ranked: Int32Array
  /** The cell that train chooses; null when none may be ranked. */
  readonly chosen: number | null
  /** Its place by test score among the ranked, from 1; the median place is what chance gives. */
  readonly chosenTestRank: number | null
  readonly overfitting: Overfitting | null
  /**
   * Of the chosen cell on test. Nested: test took no part in the choice, so one trial; else deflated by the number and spread
   * of all cells.
   */
  readonly deflated: DeflatedSharpe | null
  readonly superiority: Superiority | null
  /** Why a test is missing. */
  readonly remarks: readonly string[]
}

/** Fewest days of a return matrix. */
const MINIMUM_DAYS = 30

/** Judges the cells of a sweep, given in grid order. */
export function judgeSweep(cells: readonly SweepCell[], options: SweepOptions = {}): SweepJudgement {
  const { nested = true, minimumTrades = 30, seed = 0, resamples = 1000 } = options
  const remarks: string[] = []
  const eligible: number[] = []
  for (let i = 0; i < cells.length; i++) {
    if (cells[i].trainTrades >= minimumTrades && cells[i].trainScore !== null) eligible.push(i)
  }
  const ranked = Int32Array.from(eligible.sort((a, b) => cells[b].trainScore! - cells[a].trainScore! || a - b))
  const chosen = ranked.length === 0 ? null : ranked[0]
  if (chosen === null) remarks.push(`no cell has ${minimumTrades} trades on train: nothing is ranked`)
  let chosenTestRank: number | null = null
  const score = chosen === null ? null : cells[chosen].testScore
  if (score !== null)
    chosenTestRank = 1 + eligible.filter((i) => (cells[i].testScore ?? Number.NEGATIVE_INFINITY) > score).length

  const returns = cells.flatMap((c) => (c.returns === null ? [] : [c.returns]))
  const days = returns[0]?.length ?? 0
  const base = { cells, nested, minimumTrades, ranked, chosen, chosenTestRank }
  if (returns.length !== cells.length || cells.length < 2 || days < MINIMUM_DAYS) {
    remarks.push(
      returns.length !== cells.length
        ? 'daily returns of the cells were not kept: overfitting was not tested'
        : `${cells.length} cells of ${days} days are too few to test for overfitting`,
    )
    return { ...base, overfitting: null, deflated: null, superiority: null, remarks }
  }
  if (!returns.every((r) => r.every(Number.isFinite))) {
    remarks.push('cells were ruined and have no returns: overfitting was not tested')
    return { ...base, overfitting: null, deflated: null, superiority: null, remarks }
  }
  const blocks = options.blocks ?? Math.min(16, 2 * Math.floor(days / 4))
  const sharpes = Float64Array.from(returns, (r) => {
    const s = sharpePerStep(r)
    return Number.isFinite(s) ? s : 0
  })
  let deflated: DeflatedSharpe | null = null
  if (chosen !== null) {
    const { n, skewness, kurtosis, deviation } = moments(returns[chosen])
    if (deviation > 0) {
      const variance = moments(sharpes).deviation ** 2
      deflated = deflatedSharpe({ sharpe: sharpes[chosen], n, skewness, kurtosis }, nested ? 1 : cells.length, variance)
    } else remarks.push('the chosen cell did nothing on test')
  }
  const { benchmark } = options
  const differences = returns.map((r) => (benchmark === undefined ? r : r.map((x, i) => x - benchmark[i])))
  return {
    ...base,
    overfitting: probabilityOfOverfitting(returns, blocks),
    deflated,
    superiority: superiority(differences, { seed, resamples }),
    remarks,
  }
}
