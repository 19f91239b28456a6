/** X and Y of one day for one universe, from blocks of bars: the pure middle of build-xy, and what the proof attacks. */
import { byCodeUnit, dateMs, KLINE_FIELDS, MINUTE_MS, type UtcDate } from '@cointrader/core'
import { BatchFeatures } from './batch.js'
import { DAY_MINUTES, type DayBars, joinDays } from './daybars.js'
import type { FeatureSet } from './featureset.js'
import type { Bars } from './graph/evaluate.js'
import { Evaluator } from './graph/evaluate.js'
import { Graph } from './graph/graph.js'
import { makePlan } from './graph/plan.js'
import { type ReadRules, readField } from './graph/read.js'
import { type LabelOptions, labels } from './labels.js'

/** Whole days of context that a set needs before the target day. */
export function contextDays(set: FeatureSet): number {
  return Math.ceil((set.plan.warmup - 1) / DAY_MINUTES)
}

/** Whole days after the target day that labels need. */
export function labelDays(horizons: readonly number[]): number {
  return Math.ceil(Math.max(0, ...horizons) / DAY_MINUTES)
}

/** First row of a day. */
export const dayRow = (date: UtcDate): number => dateMs(date) / MINUTE_MS

/** One day: symbol-major columns of 1440 rows. */
export interface DayX {
  readonly date: UtcDate
  /** Members, sorted. */
  readonly symbols: readonly string[]
  readonly set: FeatureSet
  /** Base columns in the set's order. */
  readonly base: readonly Float64Array[]
  /** Their neutralised twins. */
  readonly neutral: readonly Float64Array[]
}

/**
 * X of a day for `members`. `days` are the target day and as many before it as there are; what is missing is NaN.
 * `features` must have been made for at least 1440 rows.
 */
export function dayX(
  features: BatchFeatures,
  days: readonly DayBars[],
  date: UtcDate,
  members: readonly string[],
): DayX {
  const symbols = [...new Set(members)].sort(byCodeUnit)
  const row = dayRow(date)
  const bars = joinDays(days, symbols, row - features.set.plan.warmup + 1, row + DAY_MINUTES)
  const matrix = features.base(bars, row, row + DAY_MINUTES)
  const neutral = matrix.values.map((_, k) => {
    const out = new Float64Array(symbols.length * DAY_MINUTES)
    features.neutral(matrix, k, out)
    return out
  })
  return { date, symbols, set: features.set, base: matrix.values, neutral }
}

/** Makes a builder of days for a set. */
export const dayFeatures = (set: FeatureSet): BatchFeatures => new BatchFeatures(set, DAY_MINUTES)

/** Y of a day, symbol-major columns of 1440 rows in the order of the horizons. */
export function dayY(
  days: readonly DayBars[],
  date: UtcDate,
  members: readonly string[],
  options: LabelOptions,
  rules: ReadRules | undefined,
): Float64Array[] {
  const symbols = [...new Set(members)].sort(byCodeUnit)
  const row = dayRow(date)
  const reach = Math.max(0, ...options.horizons)
  const bars = joinDays(days, symbols, row, row + DAY_MINUTES + reach)
  return labels(rules === undefined ? bars : observedPrice(bars, options.price, rules), options, row, row + DAY_MINUTES)
}

/** The price with contradictory bars masked: what labels may use. */
function observedPrice(bars: Bars, price: string, rules: ReadRules): Bars {
  if (!(KLINE_FIELDS as readonly string[]).includes(price)) return bars
  const graph = new Graph()
  const plan = makePlan(graph, [readField(graph, price, rules)])
  const evaluator = new Evaluator(plan, bars.rows)
  const data = new Float64Array(bars.rows * bars.symbols.length)
  const end = bars.firstRow + bars.rows
  bars.symbols.forEach((_, s) => {
    evaluator.run(bars, s, bars.firstRow, end, () => ({ data, off: s * bars.rows - bars.firstRow }))
  })
  return { ...bars, fields: { [price]: data } }
}
