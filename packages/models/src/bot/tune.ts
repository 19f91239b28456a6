/**
 * Hyper-parameter search of the bot's classifier (TB-04.9): TPE with median pruning over purged walk-forward folds of the
 * rows before the test. The remedies of D-18: bagging that happens, a bound of `num_leaves` that holds at every depth, no
 * search over `weight_scale`, precision and AUC of the same folds added up, and folds with few positives not scored.
 */
import { createPool, fail, type Json, type Pool } from '@cointrader/core'
import type { Fold } from '../tune/folds.js'
import { type PruneOptions, type Trial, type TrialHandle, tpeSearch } from '../tune/search.js'
import type { Drawn, Space } from '../tune/space.js'
import { memoryResults, type ResultStore } from '../tune/store.js'
import type { BotMetrics } from './metrics.js'
import { BOT_PARAMS, type BotParams, checkBotParams } from './params.js'
import { type BotRows, takeBotRows } from './rows.js'
import { type BotTraining, splitBotRows, trainBotRows } from './train.js'
import { type Promotion, promotionOf } from './tune-document.js'
import { type FoldScore, type FoldTask, scoreFold } from './tune-fold.js'
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
  /** Trials at once; the result does not depend on it. Of use with a `score` that works elsewhere. */
  readonly workers?: number
  /** Trials suggested together; the result depends on it. Default 4. */
  readonly batch?: number
  /** Scores a fold; default: in this thread. See {@link foldPool}. */
  readonly score?: (task: FoldTask) => Promise<FoldScore>
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

/** Worker threads that score folds, for `score`; 0 or 1 work in this thread. */
export function foldPool(workers: number): Pool<FoldTask, FoldScore> {
  return createPool({ workers, url: new URL('./tune-worker.js', import.meta.url), inline: scoreFold })
}

/** Runs the search. Errors as `tpeSearch` and `trainBotFold`. */
export async function tuneBot(request: BotTuneRequest): Promise<BotTuneResult> {
  const { rows, options, trials, folds = 5, minRecall = 0.35, baseline, rules = TUNE_RULES } = request
  // A test that is kept lies at the end; the folds never see it, nor a row whose label looks into it.
  const before = rules.keepTest ? splitBotRows(rows, { ...options, validShare: 0 }).train : undefined
  const searched = before === undefined ? rows : takeBotRows(rows, before)
  const laid = rules.walk.layFolds(searched, folds)
  const { signal, ...plain } = options
  const { params: _, threads: __, ...settings } = plain
  const judge = (params: BotParams, trial?: TrialHandle): Promise<readonly FoldScore[] | 'pruned'> => {
    const task = { rows: searched, options: { ...plain, params }, minRecall, minPositives: rules.minPositives }
    return scoreFolds(laid, task, request.score ?? scoreFold, rules.running, signal, trial)
  }
  const measured = baseline === null ? null : pointOf((await judge(baseline)) as readonly FoldScore[], rules)
  const result = await tpeSearch({
    space: rules.space,
    trials,
    store: request.store ?? memoryResults(),
    seed: options.seed,
    workers: request.workers ?? 1,
    batch: request.batch ?? 4,
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

/** The folds of a trial in order, so that a bad one can be given up early. */
async function scoreFolds(
  folds: readonly Fold[],
  task: Omit<FoldTask, 'fold'>,
  score: (task: FoldTask) => Promise<FoldScore>,
  running: TuneRules['running'],
  signal: AbortSignal | undefined,
  trial?: TrialHandle,
): Promise<readonly FoldScore[] | 'pruned'> {
  const out: FoldScore[] = []
  for (const [i, fold] of folds.entries()) {
    if (signal?.aborted) fail('E_INTERRUPTED', { subject: 'tuning of the bot classifier', cause: signal.reason })
    const { train, test } = fold
    const done = await score({ ...task, fold: { train, test } })
    out.push(done)
    if (done.scored && trial?.report(i, running(out)) && i + 1 < folds.length) return 'pruned'
  }
  return out
}
