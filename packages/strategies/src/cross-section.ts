/**
 * Cross-sectional long/short of model scores: at each rebalancing rank the symbols that have a score and a bar, hold the
 * best k long and the worst k short for the label's horizon. Exit is by time only (the next rebalancing), so the
 * portfolio loss limit of the trading core is its protection.
 */
import type { Intent } from './intent.js'
import { defineStrategy, type Strategy } from './strategy.js'
import type { MarketView } from './view.js'

export interface CrossSectionParams {
  /** Symbols held on each side; `short: 0` is long only. Both sides shrink alike when too few symbols have scores. */
  readonly long: number
  readonly short: number
  /** Bars from one rebalancing to the next = the horizon of the label that was scored. */
  readonly holdingBars: number
  /** Rebalancings are at bars whose number since 1970 is `offsetBars` modulo `holdingBars`. */
  readonly offsetBars: number
  /** `equal`: each side's gross in equal parts; `proportional`: by distance of the score from the cross-section's median. */
  readonly weighting: 'equal' | 'proportional'
  /** Σ |weight| over both sides, as a share of equity. */
  readonly gross: number
  /** Most Σ |change of weight| per rebalancing; null = no cap. With a cap every change is scaled down alike. */
  readonly turnoverCap: number | null
  /** No new book (all flat) with fewer symbols than this. */
  readonly minSymbols: number
}

export const CROSS_SECTION_DEFAULTS: CrossSectionParams = Object.freeze({
  long: 10,
  short: 10,
  holdingBars: 24,
  offsetBars: 0,
  weighting: 'equal',
  gross: 1,
  turnoverCap: null,
  minSymbols: 20,
})

/**
 * Target weight by symbol for scores (NaN = not ranked). Ties rank by symbol order, so the result does not depend on the
 * sort. Long weights sum to gross/2 and short ones to −gross/2 (gross and 0 when long only).
 */
export function crossSectionWeights(scores: Float64Array, params: CrossSectionParams): Float64Array {
  const out = new Float64Array(scores.length)
  const ranked: number[] = []
  for (let s = 0; s < scores.length; s++) if (!Number.isNaN(scores[s]!)) ranked.push(s)
  if (ranked.length < Math.max(2, params.minSymbols)) return out
  ranked.sort((a, b) => scores[b]! - scores[a]! || a - b)
  const both = params.long > 0 && params.short > 0
  const room = both ? Math.floor(ranked.length / 2) : ranked.length
  const middle = ranked.length >> 1
  const median =
    ranked.length % 2 === 1 ? scores[ranked[middle]!]! : (scores[ranked[middle - 1]!]! + scores[ranked[middle]!]!) / 2
  const spread = (chosen: readonly number[], total: number): void => {
    const parts = chosen.map((s) => (params.weighting === 'equal' ? 1 : Math.abs(scores[s]! - median)))
    const sum = parts.reduce((a, b) => a + b, 0)
    // All scores alike: nothing to be proportional to.
    chosen.forEach((s, k) => {
      out[s] = sum > 0 ? (total * parts[k]!) / sum : total / chosen.length
    })
  }
  spread(ranked.slice(0, Math.min(params.long, room)), both ? params.gross / 2 : params.gross)
  const lowest = Math.min(params.short, room)
  if (lowest > 0) spread(ranked.slice(ranked.length - lowest), both ? -params.gross / 2 : -params.gross)
  return out
}

/** The strategy `cross-section`. */
export function crossSection(overrides: Partial<CrossSectionParams> = {}): Strategy {
  const params: CrossSectionParams = { ...CROSS_SECTION_DEFAULTS, ...overrides }
  return defineStrategy({
    name: 'cross-section',
    params: { ...params },
    scope: 'universe',
    scores: 'required',
    exitByTimeOnly: true,
    decide(view) {
      const number = Math.round(view.time / view.intervalMs)
      if ((((number - params.offsetBars) % params.holdingBars) + params.holdingBars) % params.holdingBars !== 0)
        return []
      return rebalance(view, params)
    },
  })
}

function rebalance(view: MarketView, params: CrossSectionParams): Intent[] {
  const count = view.symbols.length
  const scores = new Float64Array(count)
  const held = new Float64Array(count)
  const equity = view.equity()
  for (let s = 0; s < count; s++) {
    // A score without a bar cannot be traded now.
    scores[s] = Number.isNaN(view.close(0, s)) ? Number.NaN : view.score(s)
    const quantity = view.quantity(s)
    if (quantity !== 0)
      held[s] = (quantity * (Number.isNaN(view.close(0, s)) ? view.entryPrice(s) : view.close(0, s))) / equity
  }
  const wanted = crossSectionWeights(scores, params)
  let turnover = 0
  for (let s = 0; s < count; s++) turnover += Math.abs(wanted[s]! - held[s]!)
  const share = params.turnoverCap !== null && turnover > params.turnoverCap ? params.turnoverCap / turnover : 1
  const intents: Intent[] = []
  for (let s = 0; s < count; s++) {
    if (wanted[s] === 0 && held[s] === 0) continue
    const weight = share === 1 ? wanted[s]! : held[s]! + (wanted[s]! - held[s]!) * share
    intents.push({ kind: 'target', symbol: s, weight, reason: `score ${scores[s]!.toPrecision(4)}` })
  }
  return intents
}
