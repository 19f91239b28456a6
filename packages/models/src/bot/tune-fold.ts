/** One fold of one trial of the tuning: a pure task, done here or in a worker thread. */
import { auc } from '../evaluation/classifier.js'
import type { Fold } from '../tune/folds.js'
import { predictBot } from './fit.js'
import { type BotRows, signalRows } from './rows.js'
import { chooseThreshold } from './threshold.js'
import { type BotTraining, trainParts } from './train.js'

export interface FoldScore {
  readonly auc: number
  readonly precision: number
  readonly recall: number
  readonly threshold: number
  readonly positives: number
  /** False: too few positives; its precision is 0 and does not count. */
  readonly scored: boolean
}

/** Plain data: it is posted to workers. */
export interface FoldTask {
  readonly rows: BotRows
  readonly fold: Pick<Fold, 'train' | 'test'>
  readonly options: Omit<BotTraining, 'signal'>
  readonly minRecall: number
  readonly minPositives: number
}

/** Trains on the fold's training rows and scores on its test rows. Errors as `trainBotFold`. */
export async function scoreFold({ rows, fold, options, minRecall, minPositives }: FoldTask): Promise<FoldScore> {
  const none = new Int32Array(0)
  const parts = { train: fold.train, valid: none, test: none, purged: 0 }
  // The threshold of a trial is chosen on the fold itself: that is what is scored. Of the model nothing is kept.
  const { model } = await trainParts(rows, parts, { ...options, earlyStopping: 0, fallbackThreshold: 0.5 })
  const looked = options.validOn === 'signal' ? signalRows(rows, fold.test) : fold.test
  const label = Float64Array.from(looked, (r) => rows.label[r])
  const positives = label.reduce((a, b) => a + b, 0)
  const scored = positives >= minPositives && positives < label.length
  const probability = predictBot(model, rows, looked)
  const rule = { minRecall, minCalled: options.threshold.minCalled }
  const at = scored ? chooseThreshold(probability, label, rule) : undefined
  const area = auc(probability, label)
  return {
    auc: Number.isNaN(area) ? 0.5 : area,
    precision: at?.precision ?? 0,
    recall: at?.recall ?? 0,
    threshold: at?.threshold ?? 0.5,
    positives,
    scored,
  }
}
