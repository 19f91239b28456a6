/** Training gradient-boosted trees on splits of a data set (spec RP-39). */
import { fail } from '@cointrader/core'
import type { MatrixPart, TrainingMatrix } from '@cointrader/features'
import {
  type Callback,
  type Checkpoint,
  compile,
  Dataset,
  featureImportance,
  type History,
  LightGbmError,
  type Model,
  type ParamInput,
  readText,
  train,
  writeText,
} from '@cointrader/lightgbm-wasm'
import { columnsOf, type Splits } from './data.js'

/** Defaults of the command (RP-39, column "CLI default"). */
export const LGBM_DEFAULTS: ParamInput = {
  objective: 'regression',
  metric: 'rmse',
  learning_rate: 0.03,
  num_leaves: 255,
  min_data_in_leaf: 200,
  feature_fraction: 0.8,
  bagging_fraction: 0.8,
  bagging_freq: 1,
  feature_pre_filter: false,
}

export interface LgbmOptions {
  readonly params: ParamInput
  readonly rounds: number
  /** 0: none. */
  readonly earlyStopping: number
  readonly seed: number
  readonly threads: number
  readonly callbacks?: readonly Callback[]
  readonly signal?: AbortSignal
  /** Text of {@link checkpointText}: the training goes on from there. */
  readonly resume?: string
}

/** A checkpoint as text; exact. */
export function checkpointText({ model, state }: Checkpoint): string {
  return JSON.stringify({ state, model: writeText(model) })
}

function checkpointOf(text: string): Checkpoint {
  const { state, model } = JSON.parse(text) as { state: Checkpoint['state']; model: string }
  return { state, model: readText(model) }
}

export interface LgbmResult {
  readonly model: Model
  readonly bestIteration: number
  readonly history: History
  readonly stopped: string
  readonly importance: readonly { readonly feature: string; readonly gain: number; readonly split: number }[]
  predict(rows: MatrixPart): Float64Array
}

/** The binned data sets of the splits, to be shared by several trainings. Parameters of binning only. */
export async function binSplits(
  splits: Splits,
  params: ParamInput,
): Promise<{ train: Dataset; valid: Dataset; close(): void }> {
  return namedTraining(async () => {
    const of = (m: TrainingMatrix, reference?: Dataset) =>
      Dataset.from({
        columns: columnsOf(m),
        featureNames: [...m.features],
        label: m.y,
        params,
        ...(reference === undefined ? {} : { reference }),
      })
    const trainSet = await of(splits.train)
    const validSet = await of(splits.valid, trainSet)
    return { train: trainSet, valid: validSet, close: () => {} }
  })
}

/** Trains on `train`, stops early on `valid` only. Errors of the trainer come back as `E_USAGE` or `E_TRAINING`. */
export async function trainLgbm(
  splits: Splits,
  options: LgbmOptions,
  binned?: { train: Dataset; valid: Dataset },
): Promise<LgbmResult> {
  const { seed, threads, rounds, earlyStopping, callbacks, signal } = options
  const params: ParamInput = {
    ...LGBM_DEFAULTS,
    ...options.params,
    seed,
    num_threads: threads,
    num_iterations: rounds,
    ...(earlyStopping > 0 ? { early_stopping_round: earlyStopping } : {}),
  }
  return namedTraining(async () => {
    const data = binned ?? (await binSplits(splits, params))
    const done = await train(params, data.train, {
      valid: [
        { name: 'train', data: data.train },
        { name: 'valid', data: data.valid },
      ],
      ...(callbacks === undefined ? {} : { callbacks }),
      ...(signal === undefined ? {} : { signal }),
      ...(options.resume === undefined ? {} : { resume: checkpointOf(options.resume) }),
    })
    // Only the iterations to predict with are kept, as LightGBM's own save_model does: whoever loads the text elsewhere gets
    // the same predictions. The number of threads changes no tree, so it must not change the text either. What is reported
    // (gains have six digits there) is read back from the text, so that a resumed training reports the same.
    const text = writeText({
      ...done.model,
      trees: done.model.trees.slice(0, done.bestIteration * done.model.treesPerIteration),
      parameters: done.model.parameters.replace(/\[num_threads: \d+\]/, '[num_threads: 0]'),
    })
    const model = readText(text)
    const predictor = compile(model)
    const gain = featureImportance(model, 'gain')
    const split = featureImportance(model, 'split')
    const importance = splits.features
      .map((feature, i) => ({ feature, gain: gain[i]!, split: split[i]! }))
      .sort((a, b) => b.gain - a.gain || (a.feature < b.feature ? -1 : 1))
    return {
      model,
      bestIteration: done.bestIteration,
      history: done.history,
      stopped: done.stopped,
      importance,
      predict: (rows) => predictor.predict({ columns: columnsOf(rows) }),
    }
  })
}

/** Trains on binned sets: what a grid's workers do. */
export async function trainBinned(
  data: { readonly train: Dataset; readonly valid: Dataset },
  options: Pick<LgbmOptions, 'params' | 'rounds' | 'earlyStopping' | 'seed' | 'threads'>,
): Promise<{ text: string; bestIteration: number; history: History }> {
  const { params, rounds, earlyStopping, seed, threads } = options
  const done = await train(
    {
      ...params,
      seed,
      num_threads: threads,
      num_iterations: rounds,
      ...(earlyStopping > 0 ? { early_stopping_round: earlyStopping } : {}),
    },
    data.train,
    { valid: [{ name: 'valid', data: data.valid }] },
  )
  const trees = done.model.trees.slice(0, done.bestIteration * done.model.treesPerIteration)
  return { text: writeText({ ...done.model, trees }), bestIteration: done.bestIteration, history: done.history }
}

/** The trainer stands alone and has errors of its own; here they become errors of the catalogue. */
export async function namedTraining<T>(run: () => Promise<T>): Promise<T> {
  try {
    return await run()
  } catch (error) {
    if (!(error instanceof LightGbmError)) throw error
    if (error.code === 'Aborted') fail('E_INTERRUPTED', { subject: 'training', cause: error })
    fail(['BadParameter', 'UnknownParameter', 'Unsupported'].includes(error.code) ? 'E_USAGE' : 'E_TRAINING', {
      subject: 'train lgbm',
      detail: error.message,
      cause: error,
    })
  }
}

/** `feature,importance_gain,importance_split`, by gain. */
export function importanceCsv(importance: LgbmResult['importance']): string {
  return `feature,importance_gain,importance_split\n${importance.map((i) => `${i.feature},${i.gain},${i.split}\n`).join('')}`
}
