/**
 * Hyper-parameter search of the bot's classifier (TB-04.9): TPE with median pruning over purged walk-forward folds of the
 * rows before the test. The remedies of D-18: bagging that happens, a bound of `num_leaves` that holds at every depth, no
 * search over `weight_scale`, precision and AUC of the same folds added up, and folds with few positives not scored.
 */
import { fail, type Json } from '@cointrader/core'
import { auc } from '../evaluation/classifier.js'
import type { Fold } from '../tune/folds.js'
import { type PruneOptions, type Trial, type TrialHandle, tpeSearch } from '../tune/search.js'
import type { Drawn, Space } from '../tune/space.js'
import { memoryResults, type ResultStore } from '../tune/store.js'
import { predictBot } from './fit.js'
import type { BotMetrics } from './metrics.js'
import { BOT_PARAMS, type BotParams, checkBotParams } from './params.js'
import { type BotRows, signalRows, takeBotRows } from './rows.js'
import { chooseThreshold } from './threshold.js'
import { type BotTraining, splitBotRows, trainBotRows, trainParts } from './train.js'
import { WALK_RULES, type WalkRules } from './walk-forward.js'

/** A tree of depth d has no more than 2^d − 1 leaves here, at every depth. */
const mostLeaves = (depth: number): number => Math.min(31, 2 ** depth - 1)

/** What is searched. */
export const BOT_SPACE: Space = [
  { name: 'n_estimators', kind: 'int', bounds: [100, 600] },
  { name: 'learning_rate', kind: 'log', bounds: [0.01, 0.2] },
  { name: 'max_depth', kind: 'int', bounds: [2, 7] },
  {
    name: 'num_leaves',
    kind: 'int',
    bounds: (p) => [Math.min(7, mostLeaves(p.max_depth)), mostLeaves(p.max_depth)],
  },
  { name: 'min_child_samples', kind: 'int', bounds: [10, 50] },
  { name: 'subsample', kind: 'float', bounds: [0.5, 1] },
  { name: 'colsample_bytree', kind: 'float', bounds: [0.5, 1] },
  { name: 'reg_alpha', kind: 'log', bounds: [1e-4, 1] },
  { name: 'reg_lambda', kind: 'log', bounds: [1e-4, 1] },
]

/** One fold of one trial. */
export interface FoldScore {
  readonly auc: number
  readonly precision: number
  readonly recall: number
  readonly threshold: number
  readonly positives: number
  /** False: too few positives; its precision is 0 and does not count. */
  readonly scored: boolean
}

export interface TuneRules {
  readonly space: Space
  readonly walk: Pick<WalkRules, 'layFolds'>
  /** The rows before the test only; the original searches on all rows. */
  readonly keepTest: boolean
  /** Positives among the rows judged, below which a fold is not scored. */
  readonly minPositives: number
  /** Score of the folds so far, for pruning, and at the end. Higher is better; NaN when no fold is scored. */
  readonly running: (folds: readonly FoldScore[]) => number
  readonly final: (folds: readonly FoldScore[]) => number
}

const meanOf = (x: readonly number[]): number => x.reduce((a, b) => a + b, 0) / x.length

/** Mean precision and a thousandth of the mean AUC of the scored folds: precision decides, AUC breaks ties. */
export function alignedScore(folds: readonly FoldScore[]): number {
  return meanOf(folds.filter((f) => f.scored).map((f) => f.precision + 0.001 * f.auc))
}

export const TUNE_RULES: TuneRules = {
  space: BOT_SPACE,
  walk: WALK_RULES,
  keepTest: true,
  minPositives: 30,
  running: alignedScore,
  final: alignedScore,
}

export interface BotTuneRequest {
  readonly rows: BotRows
  /** Of the training; its parameters are what is searched. */
  readonly options: BotTraining
  readonly trials: number
  readonly folds?: number
  /** Least recall of the precision that is scored. Default 0.35. */
  readonly minRecall?: number
  /** The parameters in use, measured likewise; null leaves that out, and nothing is promoted then. */
  readonly baseline: BotParams | null
  /** Id of the table: stored trials of other data are not used. */
  readonly dataId: string
  readonly store?: ResultStore
  readonly workers?: number
  readonly batch?: number
  readonly pruning?: PruneOptions | null
  readonly rules?: TuneRules
  readonly onTrial?: (trial: Trial, reused: boolean) => void
}

export interface TunedPoint {
  readonly score: number
  readonly folds: readonly FoldScore[]
}

export interface BotTuneResult {
  readonly baseline: TunedPoint | null
  readonly best: TunedPoint & { readonly number: number; readonly params: BotParams }
  readonly trials: readonly Trial[]
  /** Signal rows of the test, looked at after the choice; null when no test is kept. */
  readonly test: { readonly baseline: BotMetrics | null; readonly best: BotMetrics } | null
  readonly promotion: Promotion
}

export interface Promotion {
  readonly promote: boolean
  readonly reason: string
}

/** Runs the search. Errors as `tpeSearch` and `trainBotFold`. */
export async function tuneBot(request: BotTuneRequest): Promise<BotTuneResult> {
  const { rows, options, trials, folds = 5, minRecall = 0.35, baseline, rules = TUNE_RULES } = request
  // A test that is kept lies at the end; the folds never see it, nor a row whose label looks into it.
  const before = rules.keepTest ? splitBotRows(rows, { ...options, validShare: 0 }).train : undefined
  const searched = before === undefined ? rows : takeBotRows(rows, before)
  const laid = rules.walk.layFolds(searched, folds)
  const judge = (params: BotParams, trial?: TrialHandle): Promise<readonly FoldScore[] | 'pruned'> =>
    scoreFolds(searched, laid, { ...options, params }, minRecall, rules, trial)
  const measured = baseline === null ? null : pointOf((await judge(baseline)) as readonly FoldScore[], rules)
  const { params: _, threads: __, signal, ...settings } = options
  const result = await tpeSearch({
    space: rules.space,
    trials,
    store: request.store ?? memoryResults(),
    seed: options.seed,
    workers: request.workers ?? 1,
    ...(request.batch === undefined ? {} : { batch: request.batch }),
    ...(request.pruning === undefined ? {} : { pruning: request.pruning }),
    ...(signal === undefined ? {} : { signal }),
    ...(request.onTrial === undefined ? {} : { onTrial: request.onTrial }),
    settings: {
      dataId: request.dataId,
      folds,
      minRecall,
      minPositives: rules.minPositives,
      keepTest: rules.keepTest,
      training: settings as unknown as Json,
    },
    evaluate: async (params, trial) => {
      const scored = await judge(botParams(params), trial)
      if (scored === 'pruned') return 'pruned'
      return { score: rules.final(scored), detail: scored as unknown as Json }
    },
  })
  const chosen = result.best
  const best = {
    number: chosen.number,
    params: botParams(chosen.params),
    score: chosen.score as number,
    folds: chosen.detail as unknown as readonly FoldScore[],
  }
  const look = async (params: BotParams) => (await trainBotRows(rows, { ...options, params })).metrics.test
  const test = rules.keepTest
    ? { baseline: baseline === null ? null : await look(baseline), best: (await look(best.params)) as BotMetrics }
    : null
  return { baseline: measured, best, trials: result.trials, test, promotion: promotionOf(measured, best, test) }
}

/** A drawn point as parameters; what is not searched: `weight_scale` 1. */
function botParams(drawn: Drawn): BotParams {
  return checkBotParams({ ...BOT_PARAMS, weight_scale: 1, ...drawn }, 'search space of the bot classifier')
}

function pointOf(folds: readonly FoldScore[], rules: TuneRules): TunedPoint {
  const score = rules.final(folds)
  if (!Number.isFinite(score))
    fail('E_TRAINING', {
      subject: 'tuning of the bot classifier',
      detail: `no fold has ${rules.minPositives} positives (${folds.map((f) => f.positives).join(', ')})`,
      next: 'give a longer range or fewer folds',
    })
  return { score, folds }
}

async function scoreFolds(
  rows: BotRows,
  folds: readonly Fold[],
  options: BotTraining,
  minRecall: number,
  rules: TuneRules,
  trial?: TrialHandle,
): Promise<readonly FoldScore[] | 'pruned'> {
  const out: FoldScore[] = []
  const none = new Int32Array(0)
  for (const [i, fold] of folds.entries()) {
    // The threshold of a trial is chosen on the fold itself: that is what is scored. Of the model nothing is kept.
    const parts = { train: fold.train, valid: none, test: none, purged: 0 }
    const { model } = await trainParts(rows, parts, { ...options, earlyStopping: 0, fallbackThreshold: 0.5 })
    const looked = options.validOn === 'signal' ? signalRows(rows, fold.test) : fold.test
    const label = Float64Array.from(looked, (r) => rows.label[r])
    const positives = label.reduce((a, b) => a + b, 0)
    const scored = positives >= rules.minPositives && positives < label.length
    const probability = predictBot(model, rows, looked)
    const at = scored
      ? chooseThreshold(probability, label, { minRecall, minCalled: options.threshold.minCalled })
      : undefined
    const area = auc(probability, label)
    out.push({
      auc: Number.isNaN(area) ? 0.5 : area,
      precision: at?.precision ?? 0,
      recall: at?.recall ?? 0,
      threshold: at?.threshold ?? 0.5,
      positives,
      scored,
    })
    if (scored && trial?.report(i, rules.running(out)) && i + 1 < folds.length) return 'pruned'
  }
  return out
}

/**
 * Whether tuned parameters may replace those in use. The original asks only for a higher score on the folds that were
 * searched, which the best of 50 trials nearly always has. Here the best must also be more precise in most of the folds
 * that both have scored, and on the untouched test enter better than the base rate and no worse than the baseline.
 */
export function promotionOf(
  baseline: TunedPoint | null,
  best: TunedPoint,
  test: { readonly baseline: BotMetrics | null; readonly best: BotMetrics } | null,
): Promotion {
  const no = (reason: string): Promotion => ({ promote: false, reason })
  if (baseline === null) return no('no baseline was measured')
  if (!(best.score > baseline.score))
    return no(`the best score ${best.score.toFixed(6)} is not above the baseline's ${baseline.score.toFixed(6)}`)
  const both = best.folds.map((f, i) => [f, baseline.folds[i]] as const).filter(([a, b]) => a.scored && b?.scored)
  const won = both.filter(([a, b]) => a.precision > b.precision).length
  if (!(won > both.length / 2)) return no(`more precise in ${won} of ${both.length} folds only`)
  if (test === null || test.baseline === null) return no('no test was kept apart')
  const [mine, theirs] = [test.best.signal.uplift, test.baseline.signal.uplift]
  if (mine === null || !(mine > 0)) return no(`no uplift on the test (${percent(mine)})`)
  if (theirs !== null && mine < theirs)
    return no(`less uplift on the test (${percent(mine)}) than the baseline (${percent(theirs)})`)
  return {
    promote: true,
    reason: `more precise in ${won} of ${both.length} folds, uplift ${percent(mine)} on the test`,
  }
}

const percent = (x: number | null): string => (x === null ? 'none' : `${(100 * x).toFixed(1)} points`)

const six = (x: number | null): number | null => (x === null || !Number.isFinite(x) ? null : Math.round(x * 1e6) / 1e6)

function foldsJson(folds: readonly FoldScore[]): Record<string, Json> {
  const list = (of: (f: FoldScore) => number): Json => folds.map((f) => six(of(f)))
  const scored = folds.filter((f) => f.scored)
  return {
    auc: six(meanOf(folds.map((f) => f.auc))),
    precision: six(meanOf(scored.map((f) => f.precision))),
    recall: six(meanOf(scored.map((f) => f.recall))),
    fold_aucs: list((f) => f.auc),
    fold_precisions: list((f) => f.precision),
    fold_recalls: list((f) => f.recall),
    fold_thresholds: list((f) => f.threshold),
    fold_n_pos: folds.map((f) => f.positives),
  }
}

export interface TuneDocumentFacts {
  /** ISO text; handed in, since packages have no clock. */
  readonly timestamp: string
  readonly dataPath: string
  readonly minRecall: number
  readonly elapsedSec: number
}

/** The document of TB-04.9 (`tune_results_*.json`, `active_lgbm_params.json`), with the test and the promotion beside it. */
export function tuneDocument(result: BotTuneResult, facts: TuneDocumentFacts): Json {
  const { baseline, best, trials, test, promotion } = result
  const params = (p: object): Json =>
    Object.fromEntries(Object.entries(p as Record<string, number>).map(([k, x]) => [k, six(x)]))
  return {
    timestamp: facts.timestamp,
    data_path: facts.dataPath,
    min_recall_constraint: facts.minRecall,
    n_trials_total: trials.length,
    n_trials_complete: trials.filter((t) => t.state === 'complete').length,
    elapsed_sec: Math.round(facts.elapsedSec * 10) / 10,
    baseline: baseline === null ? null : { score: six(baseline.score), ...foldsJson(baseline.folds) },
    best_trial: { number: best.number, score: six(best.score), ...foldsJson(best.folds), params: params(best.params) },
    all_trials: trials
      .filter((t) => t.state === 'complete')
      .map((t) => {
        const { auc, precision, recall, fold_aucs, fold_precisions } = foldsJson(
          t.detail as unknown as readonly FoldScore[],
        )
        const { number, score } = t
        return {
          number,
          score: six(score),
          auc,
          precision,
          recall,
          fold_aucs,
          fold_precisions,
          params: params(t.params),
        }
      }),
    test: test as unknown as Json,
    promotion: { ...promotion },
  }
}
