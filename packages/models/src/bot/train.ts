/**
 * Training the bot's classifier (TB-04.5) with the remedies of TB-12: three parts in order of time, purged by the instant
 * at which labels are known (D-14, D-15); trained, stopped and judged on signal rows (D-11, D-19); bagging that happens
 * (D-18); and a threshold that is chosen on validation, stored with the model and used (D-14). The original's rules are in
 * `compat/trading-bot.ts`.
 */
import { fail, seededRandom } from '@cointrader/core'
import { BOT_FEATURE_NAMES, type BotFeature } from '@cointrader/features/bot/index'
import type { Table } from '@cointrader/store'
import { threeWaySplit } from '../tune/folds.js'
import { type BotModel, fitBot, predictBot } from './fit.js'
import { type BotMetrics, botMetrics } from './metrics.js'
import { BOT_PARAMS, type BotParams } from './params.js'
import { type BotRows, botRows, type Sampling, sampleRows, signalRows } from './rows.js'
import { type ChosenThreshold, chooseThreshold, type ThresholdRule } from './threshold.js'

export interface BotTraining {
  readonly params: BotParams
  /** Features that are left out. */
  readonly exclude: readonly BotFeature[]
  readonly sampling: Sampling
  /** Rows of validation that early stopping and the threshold look at. */
  readonly validOn: 'signal' | 'all'
  /** Shares of the rows, at the end: first validation, then test. A caller that tests by itself gives `testShare` 0. */
  readonly validShare: number
  readonly testShare: number
  /** Takes out rows whose label is known only after the next part begins. */
  readonly purge: boolean
  /** Trees without progress of the validation's AUC before training ends; 0: never. */
  readonly earlyStopping: number
  readonly threshold: ThresholdRule
  /** Threshold where none can be chosen; null refuses the model (`E_TRAINING`). */
  readonly fallbackThreshold: number | null
  readonly baggingFrequency: number
  /** Fewer rows to learn from are refused. */
  readonly leastRows: number
  /** Of every draw: rows, bagging, features of a tree, resamples. */
  readonly seed: number
  /** The model does not depend on it. */
  readonly threads: number
  readonly signal?: AbortSignal
}

export const BOT_TRAINING: BotTraining = {
  params: BOT_PARAMS,
  exclude: [],
  sampling: 'signal',
  validOn: 'signal',
  validShare: 0.2,
  testShare: 0.2,
  purge: true,
  earlyStopping: 80,
  threshold: { minRecall: 0.15, minCalled: 30 },
  fallbackThreshold: null,
  baggingFrequency: 1,
  leastRows: 200,
  seed: 42,
  threads: 1,
}

/** Rows that went into a training, by part. */
export interface RowCounts {
  /** In the training part, and what was drawn of it to learn from. */
  readonly train: number
  readonly learnt: number
  readonly valid: number
  readonly test: number
  /** Taken out because a label looks into the next part. */
  readonly purged: number
}

export interface BotFoldResult {
  readonly model: BotModel
  /** Probabilities of at least this are entered. */
  readonly threshold: number
  /** How it was chosen; null when it is the fallback. */
  readonly chosen: ChosenThreshold | null
  readonly rows: RowCounts
  /** `valid` was chosen on (stopping, threshold) and flatters; `test` was not looked at before. Null without such rows. */
  readonly metrics: { readonly valid: BotMetrics | null; readonly test: BotMetrics | null }
}

export interface BotFoldRequest {
  /** A table of `buildBotTable`: of one symbol, and of the training window only. */
  readonly table: Table
  readonly options?: Partial<BotTraining>
  /** These two win over `options`. */
  readonly seed?: number
  readonly threads?: number
}

/**
 * Trains one model and its threshold on a table: what a fold of the backtester needs (with `testShare: 0`, since the
 * replay is the test), and what the command does. Errors: those of {@link botRows}; `E_TRAINING` for too few rows, one
 * class, or no threshold; `E_USAGE`; `E_INTERRUPTED`.
 */
export async function trainBotFold(request: BotFoldRequest): Promise<BotFoldResult> {
  const { table, options, seed, threads } = request
  const given = { ...(seed === undefined ? {} : { seed }), ...(threads === undefined ? {} : { threads }) }
  return trainBotRows(botRows(table), { ...BOT_TRAINING, ...options, ...given })
}

/** {@link trainBotFold} on rows at hand. */
export async function trainBotRows(rows: BotRows, options: BotTraining): Promise<BotFoldResult> {
  const parts = splitBotRows(rows, options)
  return trainParts(rows, parts, options)
}

export interface Parts {
  readonly train: Int32Array
  readonly valid: Int32Array
  readonly test: Int32Array
  readonly purged: number
}

/** Training, validation and test by the options' shares. */
export function splitBotRows(
  rows: Pick<BotRows, 'rows' | 'times' | 'looksUntil'>,
  options: Pick<BotTraining, 'validShare' | 'testShare' | 'purge'>,
): Parts {
  // Without the purge every label is taken as known at once.
  const looksUntil = options.purge ? rows.looksUntil : rows.times
  if (rows.rows === 0) fail('E_TRAINING', { subject: 'bot classifier', detail: 'the table has no rows' })
  const { train, valid, test, purged } = threeWaySplit({ times: rows.times, looksUntil }, options)
  return { train, valid, test, purged: purged.train + purged.valid }
}

/** The features to train on. Error `E_USAGE` for an exclusion that is no feature. */
export function featuresWithout(exclude: readonly string[]): BotFeature[] {
  for (const name of exclude)
    if (!(BOT_FEATURE_NAMES as readonly string[]).includes(name))
      fail('E_USAGE', { subject: `feature ${name}`, detail: `the bot has ${BOT_FEATURE_NAMES.join(', ')}` })
  return BOT_FEATURE_NAMES.filter((name) => !exclude.includes(name))
}

/** Fits, chooses the threshold on validation and judges, on rows that are already divided. */
export async function trainParts(rows: BotRows, parts: Parts, options: BotTraining): Promise<BotFoldResult> {
  const { params, exclude, baggingFrequency, earlyStopping, seed, threads, leastRows, signal } = options
  const learnt = sampleRows(rows, parts.train, options.sampling, seededRandom(`${seed}/sample`))
  if (learnt.length < leastRows)
    fail('E_TRAINING', {
      subject: 'bot classifier',
      detail: `${learnt.length} rows to learn from (of ${parts.train.length}, sampling "${options.sampling}"), at least ${leastRows} are needed`,
      next: 'give a longer range or looser signal thresholds',
    })
  const looked = options.validOn === 'signal' ? signalRows(rows, parts.valid) : parts.valid
  const oneClass = new Set(Array.from(looked, (r) => rows.label[r])).size < 2
  if (earlyStopping > 0 && parts.valid.length > 0 && oneClass)
    fail('E_TRAINING', { subject: 'bot classifier', detail: `the ${looked.length} validation rows are of one class` })
  const model = await fitBot(rows, learnt, looked, {
    params,
    features: featuresWithout(exclude),
    baggingFrequency,
    earlyStopping,
    seed,
    threads,
    ...(signal === undefined ? {} : { signal }),
  })
  const chosen = chooseOn(rows, looked, model, options.threshold)
  const threshold = chosen?.threshold ?? options.fallbackThreshold
  if (threshold === null)
    fail('E_TRAINING', {
      subject: 'threshold of the bot classifier',
      detail: `no probability has a recall of ${options.threshold.minRecall} and enters ${options.threshold.minCalled} of ${looked.length} validation rows`,
      next: 'give a longer range, or a threshold of your own',
    })
  const judge = (index: Int32Array): BotMetrics | null =>
    index.length === 0 ? null : botMetrics(rows, index, predictBot(model, rows, index), threshold, seed)
  return {
    model,
    threshold,
    chosen: chosen ?? null,
    rows: {
      train: parts.train.length,
      learnt: learnt.length,
      valid: parts.valid.length,
      test: parts.test.length,
      purged: parts.purged,
    },
    metrics: { valid: judge(parts.valid), test: judge(parts.test) },
  }
}

/** The threshold that the rows of `index` choose. */
export function chooseOn(
  rows: BotRows,
  index: Int32Array,
  model: BotModel,
  rule: ThresholdRule,
): ChosenThreshold | undefined {
  const label = Float64Array.from(index, (r) => rows.label[r])
  return chooseThreshold(predictBot(model, rows, index), label, rule)
}
