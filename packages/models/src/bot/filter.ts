/**
 * The classifier at work (TB-04.10): enter a signal or not, and why. One policy for missing features, in training, backtest
 * and live (D-22): a feature that was missing in some training rows may be missing, and the trees decide as they have
 * learnt; any other missing feature means that the input is broken, as training would not have used such a row, and
 * nothing is entered.
 */
import { fail } from '@cointrader/core'
import { BOT_FEATURE_NAMES } from '@cointrader/features/bot/index'
import { type BotModel, predictorOf } from './fit.js'

export interface FilterDecision {
  readonly enter: boolean
  /** Of winning; NaN when it was not computed. */
  readonly probability: number
  /** For people and journals. */
  readonly reason: string
}

/** Takes the 26 features of a bar in the order of `BOT_FEATURE_NAMES`, as `BotFeatureStream.row(side)` gives them. */
export type BotFilter = (features: Float32Array | Float64Array | readonly number[]) => FilterDecision

/**
 * - `trained`: the policy above (default).
 * - `zero`: a missing feature is 0, as the original serves it.
 */
export type ServingMissing = 'trained' | 'zero'

/**
 * A filter around a model in memory. It never throws for features, however broken: it says no and why. Error `E_USAGE` for
 * a threshold outside (0, 1].
 */
export function makeFilter(
  model: Pick<BotModel, 'model' | 'features' | 'mayMiss' | 'bestIteration'>,
  threshold: number,
  missing: ServingMissing = 'trained',
): BotFilter {
  if (!(threshold > 0 && threshold <= 1))
    fail('E_USAGE', { subject: 'threshold of the bot filter', detail: `${threshold} is not in (0, 1]` })
  const predictor = predictorOf(model.model)
  const places = model.features.map((name) => BOT_FEATURE_NAMES.indexOf(name))
  const may = model.features.map((name) => model.mayMiss.includes(name))
  const row = new Float64Array(places.length)
  const out = new Float64Array(1)
  const no = (reason: string): FilterDecision => ({ enter: false, probability: Number.NaN, reason })
  return (features) => {
    if (features.length !== BOT_FEATURE_NAMES.length)
      return no(`${features.length} features, the bot has ${BOT_FEATURE_NAMES.length}`)
    for (let f = 0; f < places.length; f++) {
      const x = features[places[f]]
      if (Number.isNaN(x)) {
        if (missing === 'trained' && !may[f]) return no(`${model.features[f]} is missing, and never was in training`)
        row[f] = missing === 'zero' ? 0 : Number.NaN
      } else if (!Number.isFinite(x)) return no(`${model.features[f]} is infinite`)
      else row[f] = x
    }
    const probability = predictor.row(row, { numIteration: model.bestIteration, out })[0]
    const enter = probability >= threshold
    const relation = enter ? '>=' : '<'
    return { enter, probability, reason: `probability ${probability.toFixed(4)} ${relation} ${threshold.toFixed(4)}` }
  }
}

/**
 * The bare probability for the 26 features in the order of `BOT_FEATURE_NAMES`, missing ones as the trees have learnt: for
 * replays that decide by rules of their own (TB-05.4).
 */
export function makeProbability(
  model: Pick<BotModel, 'model' | 'features' | 'bestIteration'>,
): (features: Float32Array | Float64Array | readonly number[]) => number {
  const predictor = predictorOf(model.model)
  const places = model.features.map((name) => BOT_FEATURE_NAMES.indexOf(name))
  const row = new Float64Array(places.length)
  const out = new Float64Array(1)
  return (features) => {
    for (let f = 0; f < places.length; f++) row[f] = features[places[f]]
    return predictor.row(row, { numIteration: model.bestIteration, out })[0]
  }
}

/** Where no model is wanted: every signal passes, and says so. */
export const passAll: BotFilter = () => ({
  enter: true,
  probability: Number.NaN,
  reason: 'no model: every signal passes',
})
