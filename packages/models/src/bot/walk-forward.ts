/**
 * Walk-forward judgement of the classifier (TB-04.6). Every fold is a whole training: its own validation at the end of
 * its training rows stops it and chooses the threshold, which is then applied to the fold's test. The original chooses the
 * threshold on the very rows it reports.
 */
import { fail } from '@cointrader/core'
import { type Fold, walkForwardFolds } from '../tune/folds.js'
import { type BotModel, predictBot } from './fit.js'
import { type BotMetrics, botMetrics, spreadOf } from './metrics.js'
import { type BotRows, takeBotRows } from './rows.js'
import { type BotTraining, chooseOn, splitBotRows, trainParts } from './train.js'

/** How folds are laid and where a fold's threshold comes from. */
export interface WalkRules {
  readonly layFolds: (rows: BotRows, folds: number) => readonly Fold[]
  /** `inner`: from the end of the training rows. `test`: from the tested rows themselves (original). */
  readonly thresholdFrom: 'inner' | 'test'
}

export const WALK_RULES: WalkRules = {
  layFolds: (rows, folds) => walkForwardFolds(rows, { folds }),
  thresholdFrom: 'inner',
}

export interface FoldJudgement {
  readonly fold: number
  /** Instants, ms: start of the first and of the last row tested. */
  readonly from: number
  readonly to: number
  readonly rows: { readonly learnt: number; readonly test: number; readonly purged: number }
  readonly trees: number
  readonly threshold: number
  readonly metrics: BotMetrics
}

/** Mean and population standard deviation over folds; folds without the figure are left out. */
export interface Spread {
  readonly mean: number | null
  readonly std: number | null
}

export interface WalkResult {
  readonly folds: readonly FoldJudgement[]
  /** Signal rows, the figures that count. */
  readonly signal: Summary
  readonly all: Summary
  /** Gain of each feature, mean over folds, largest first. */
  readonly importance: readonly { readonly feature: string; readonly gain: number }[]
}

export interface Summary {
  readonly auc: Spread
  readonly precision: Spread
  readonly recall: Spread
  readonly uplift: Spread
}

/** Trains and judges every fold. Errors as `trainBotFold`, and `E_TRAINING` when there are fewer folds than asked for. */
export async function walkForwardBot(
  rows: BotRows,
  options: BotTraining,
  folds = 5,
  rules: WalkRules = WALK_RULES,
): Promise<WalkResult> {
  const out: FoldJudgement[] = []
  const gains = new Map<string, number>()
  for (const fold of rules.layFolds(rows, folds)) {
    const { model, threshold, learnt, purged } = await trainFold(rows, fold, options, rules)
    const probability = predictBot(model, rows, fold.test)
    for (const { feature, gain } of model.importance) gains.set(feature, (gains.get(feature) ?? 0) + gain)
    out.push({
      fold: fold.fold,
      from: rows.times[fold.test[0]],
      to: rows.times[fold.test[fold.test.length - 1]],
      rows: { learnt, test: fold.test.length, purged: fold.purged + purged },
      trees: model.bestIteration,
      threshold,
      metrics: botMetrics(rows, fold.test, probability, threshold, options.seed),
    })
  }
  if (out.length === 0) fail('E_TRAINING', { subject: 'walk-forward', detail: `${rows.rows} rows make no fold` })
  return {
    folds: out,
    signal: summaryOf(out.map((f) => f.metrics.signal)),
    all: summaryOf(out.map((f) => f.metrics.all)),
    importance: [...gains]
      .map(([feature, gain]) => ({ feature, gain: gain / out.length }))
      .sort((a, b) => b.gain - a.gain || (a.feature < b.feature ? -1 : 1)),
  }
}

function summaryOf(parts: readonly BotMetrics['signal'][]): Summary {
  return {
    auc: spreadOf(parts.map((p) => p.auc)),
    precision: spreadOf(parts.map((p) => p.precision)),
    recall: spreadOf(parts.map((p) => p.recall)),
    uplift: spreadOf(parts.map((p) => p.uplift)),
  }
}

interface FoldModel {
  readonly model: BotModel
  readonly threshold: number
  readonly learnt: number
  readonly purged: number
}

/** The model and threshold of a fold. */
export async function trainFold(
  rows: BotRows,
  fold: Fold,
  options: BotTraining,
  rules: Pick<WalkRules, 'thresholdFrom'> = WALK_RULES,
): Promise<FoldModel> {
  const none = new Int32Array(0)
  if (rules.thresholdFrom === 'test') {
    const parts = { train: fold.train, valid: none, test: none, purged: 0 }
    const { model, rows: counts } = await trainParts(rows, parts, { ...options, earlyStopping: 0 })
    const chosen = chooseOn(rows, fold.test, model, options.threshold)
    return { model, threshold: chosen?.threshold ?? options.fallbackThreshold ?? 0.5, learnt: counts.learnt, purged: 0 }
  }
  const own = takeBotRows(rows, fold.train)
  const parts = splitBotRows(own, { ...options, testShare: 0 })
  const { model, threshold, rows: counts } = await trainParts(own, parts, options)
  return { model, threshold, learnt: counts.learnt, purged: counts.purged }
}
