/** What comes out of the tuning: whether to use it, and the document of TB-04.9. */
import type { Json } from '@cointrader/core'
import { type BotMetrics, spreadOf } from './metrics.js'
import type { BotTuneResult, TunedPoint } from './tune.js'
import type { FoldScore } from './tune-fold.js'

export interface Promotion {
  readonly promote: boolean
  readonly reason: string
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

const meanOf = (x: readonly number[]): number | null => spreadOf(x).mean

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
