/**
 * The rank portfolio: at each instant weights proportional to the centred rank of the prediction, gross exposure 1, net 0. It
 * is no strategy: it tells how fast a prediction changes its mind and what its ordering earns before costs.
 */
import { fail } from '@cointrader/core'
import { isConstant, mean, meanRanksInto, pearson } from './numeric.js'
import { requireSections, type Sections } from './sections.js'

export interface RankPortfolio {
  /** Cross-sections between two rebalancings. */
  readonly every: number
  readonly rebalancings: number
  /** Mean of the sum over symbols of |weight change| per rebalancing: 0 never trades, 2 turns over everything. */
  readonly turnover: number
  /** Mean Spearman correlation of predictions with those one rebalancing before, over the symbols in both. */
  readonly rankAutocorrelation: number
  /** Mean of the sum of weight times label, in the unit of the label: gross return per unit of gross exposure. */
  readonly meanReturn: number
  /** meanReturn / turnover: the cost per unit traded (same unit) that would eat the return. */
  readonly breakEvenCost: number
}

/**
 * Rebalances at every `every`-th usable cross-section. Choose the horizon of the label in steps to hold what the label
 * measures. A symbol that leaves is sold, one that enters is bought. Arrays in canonical order. Errors: `E_ROW_COUNT` when
 * cross-sections are refused, `E_USAGE` for a bad `every`.
 */
export function rankPortfolio(
  sections: Sections,
  prediction: Float64Array,
  label: Float64Array,
  every: number,
  minSymbols: number,
): RankPortfolio {
  if (!Number.isInteger(every) || every < 1) {
    fail('E_USAGE', { subject: 'rebalancing step', detail: `${every} is not a whole number above 0` })
  }
  const { used } = requireSections(sections, minSymbols)
  let symbols = 0
  for (let r = 0; r < sections.rows; r++) symbols = Math.max(symbols, sections.symbol[r] + 1)
  const ranks = new Float64Array(sections.rows)
  let before = new Float64Array(symbols)
  let now = new Float64Array(symbols)
  let scoreBefore = new Float64Array(symbols).fill(Number.NaN)
  let scoreNow = new Float64Array(symbols).fill(Number.NaN)
  const turnovers: number[] = []
  const returns: number[] = []
  const autocorrelations: number[] = []
  for (let i = 0; i < used.length; i += every) {
    const from = sections.offsets[used[i]]
    const to = sections.offsets[used[i] + 1]
    now.fill(0)
    scoreNow.fill(Number.NaN)
    meanRanksInto(prediction, from, to, ranks)
    const centre = (to - from + 1) / 2
    let gross = 0
    for (let r = from; r < to; r++) gross += Math.abs(ranks[r] - centre)
    let earned = 0
    for (let r = from; r < to; r++) {
      const weight = gross === 0 ? 0 : (ranks[r] - centre) / gross
      now[sections.symbol[r]] = weight
      scoreNow[sections.symbol[r]] = prediction[r]
      earned += weight * label[r]
    }
    returns.push(earned)
    if (i > 0) {
      let traded = 0
      for (let s = 0; s < symbols; s++) traded += Math.abs(now[s] - before[s])
      turnovers.push(traded)
      autocorrelations.push(commonSpearman(scoreBefore, scoreNow))
    }
    ;[before, now] = [now, before]
    ;[scoreBefore, scoreNow] = [scoreNow, scoreBefore]
  }
  const turnover = mean(Float64Array.from(turnovers))
  const meanReturn = mean(Float64Array.from(returns))
  return {
    every,
    rebalancings: returns.length,
    turnover,
    rankAutocorrelation: mean(Float64Array.from(autocorrelations)),
    meanReturn,
    breakEvenCost: meanReturn / turnover,
  }
}

/** Spearman correlation over the places where both have a value. */
function commonSpearman(a: Float64Array, b: Float64Array): number {
  const x = new Float64Array(a.length)
  const y = new Float64Array(a.length)
  let n = 0
  for (let s = 0; s < a.length; s++) {
    if (Number.isNaN(a[s]) || Number.isNaN(b[s])) continue
    x[n] = a[s]
    y[n++] = b[s]
  }
  if (n < 2 || isConstant(x, 0, n) || isConstant(y, 0, n)) return Number.NaN
  const rankX = new Float64Array(n)
  const rankY = new Float64Array(n)
  meanRanksInto(x, 0, n, rankX)
  meanRanksInto(y, 0, n, rankY)
  return pearson(rankX, rankY)
}
