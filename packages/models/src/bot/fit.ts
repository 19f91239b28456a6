/** One fit of the classifier on chosen rows, and what comes out of it. */
import { fail } from '@cointrader/core'
import { BOT_FEATURE_NAMES, type BotFeature } from '@cointrader/features/bot/index'
import {
  compile,
  Dataset,
  featureImportance,
  LightGbmError,
  type Model,
  type Predictor,
  type TrainResult,
  train,
} from '@cointrader/lightgbm-wasm'
import { type BotParams, trainerParams } from './params.js'
import type { BotRows } from './rows.js'

export interface FitOptions {
  readonly params: BotParams
  readonly features: readonly BotFeature[]
  /** 1 makes `subsample` draw anew for every tree; 0 leaves it without effect. */
  readonly baggingFrequency: number
  /** Trees without progress of the AUC on `valid` before training ends; 0: never. */
  readonly earlyStopping: number
  readonly seed: number
  readonly threads: number
  readonly signal?: AbortSignal
}

/** A trained classifier. */
export interface BotModel {
  readonly model: Model
  /** The features it takes, in its order. */
  readonly features: readonly BotFeature[]
  /** Those of them that were missing in some training row, so that the trees have learnt what to do. */
  readonly mayMiss: readonly BotFeature[]
  /** Features that were asked for and had no value in any training row. */
  readonly dead: readonly BotFeature[]
  /** Trees to predict with. */
  readonly bestIteration: number
  readonly importance: readonly { readonly feature: BotFeature; readonly gain: number; readonly split: number }[]
}

const columnsOf = (rows: BotRows, index: Int32Array, features: readonly BotFeature[]): Float32Array[] =>
  features.map((name) => Float32Array.from(index, (r) => rows.features[name][r]))

/**
 * Trains on the rows of `index`, stopping early by the AUC on `valid` if there are such rows. Weights are the rows' times
 * `weight_scale`. Features without any value are left out. Errors: `E_TRAINING` for a constant label, no features, or what
 * the trainer refuses; `E_INTERRUPTED`.
 */
export async function fitBot(
  rows: BotRows,
  index: Int32Array,
  valid: Int32Array,
  options: FitOptions,
): Promise<BotModel> {
  const { params, baggingFrequency, seed, threads, signal } = options
  const missing = (name: BotFeature): number => {
    const data = rows.features[name]
    return index.reduce((n, r) => n + (Number.isNaN(data[r]) ? 1 : 0), 0)
  }
  const counts = new Map(options.features.map((name) => [name, missing(name)]))
  const features = options.features.filter((name) => counts.get(name)! < index.length)
  const dead = options.features.filter((name) => !features.includes(name))
  const label = Float32Array.from(index, (r) => rows.label[r])
  const won = label.reduce((a, b) => a + b, 0)
  if (features.length === 0 || won === 0 || won === label.length)
    fail('E_TRAINING', {
      subject: 'bot classifier',
      detail:
        features.length === 0 ? 'no feature has a value' : `all ${label.length} rows are ${won === 0 ? 'lost' : 'won'}`,
    })
  const early = options.earlyStopping > 0 && valid.length > 0
  const { model, bestIteration } = await named(async (): Promise<TrainResult> => {
    const data = await Dataset.from({
      columns: columnsOf(rows, index, features),
      featureNames: features,
      label,
      weight: Float32Array.from(index, (r) => rows.weight[r] * params.weight_scale),
    })
    const validSet = early
      ? await Dataset.from({
          columns: columnsOf(rows, valid, features),
          label: Float32Array.from(valid, (r) => rows.label[r]),
          reference: data,
        })
      : undefined
    return train(
      {
        ...trainerParams(params, baggingFrequency, seed, threads),
        metric: early ? 'auc' : 'none',
        ...(early ? { early_stopping_round: options.earlyStopping, first_metric_only: true } : {}),
      },
      data,
      {
        ...(validSet === undefined ? {} : { valid: [{ name: 'valid', data: validSet }] }),
        ...(signal === undefined ? {} : { signal }),
      },
    )
  })
  const gain = featureImportance(model, 'gain', bestIteration)
  const split = featureImportance(model, 'split', bestIteration)
  return {
    model,
    features,
    mayMiss: features.filter((name) => counts.get(name)! > 0),
    dead,
    bestIteration,
    importance: features
      .map((feature, f) => ({ feature, gain: gain[f], split: split[f] }))
      .sort((a, b) => b.gain - a.gain || BOT_FEATURE_NAMES.indexOf(a.feature) - BOT_FEATURE_NAMES.indexOf(b.feature)),
  }
}

const compiled = new WeakMap<Model, Predictor>()

/** The compiled predictor of a model, made once. */
export function predictorOf(model: Model): Predictor {
  let predictor = compiled.get(model)
  if (predictor === undefined) {
    predictor = compile(model)
    compiled.set(model, predictor)
  }
  return predictor
}

/** Probability of winning for the rows of `index`; NaN features as the trees have learnt. */
export function predictBot(model: BotModel, rows: BotRows, index: Int32Array): Float64Array {
  if (index.length === 0) return new Float64Array(0)
  const range = { numIteration: model.bestIteration }
  return predictorOf(model.model).predict({ columns: columnsOf(rows, index, model.features) }, range)
}

/** The trainer stands alone and has errors of its own; here they become errors of the catalogue. */
async function named<T>(run: () => Promise<T>): Promise<T> {
  try {
    return await run()
  } catch (error) {
    if (!(error instanceof LightGbmError)) throw error
    if (error.code === 'Aborted') fail('E_INTERRUPTED', { subject: 'training', cause: error })
    const usage = ['BadParameter', 'UnknownParameter', 'Unsupported'].includes(error.code)
    fail(usage ? 'E_USAGE' : 'E_TRAINING', { subject: 'bot classifier', detail: error.message, cause: error })
  }
}
