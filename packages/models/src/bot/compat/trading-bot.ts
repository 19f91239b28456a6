/**
 * The classifier as the original trading bot trains, judges and serves it (commit a0990c5), for comparison only. By defect
 * id: HOLD rows are learnt from and judged (D-11, D-19), early stopping, AUC and threshold on one 20 % adjacent to the
 * training rows (D-14), a gap counted in rows that loses the last fold (D-15), bagging without a frequency and the search
 * space of D-18, and missing features served as 0 (D-22). The draws are ours, not NumPy's.
 */
import type { Fold } from '../../tune/folds.js'
import type { Space } from '../../tune/space.js'
import type { BotRows } from '../rows.js'
import { BOT_TRAINING, type BotTraining } from '../train.js'
import { BOT_SPACE, TUNE_RULES, type TuneRules } from '../tune.js'
import type { FoldScore } from '../tune-fold.js'
import type { WalkRules } from '../walk-forward.js'

/** TB-04.5: 80 % to train, 20 % to stop, judge and choose on. For tables made with `ORIGINAL_TABLE`. */
export const ORIGINAL_TRAINING: BotTraining = {
  ...BOT_TRAINING,
  sampling: 'stratified',
  validOn: 'all',
  validShare: 0.2,
  testShare: 0,
  purge: false,
  threshold: { minRecall: 0.15, minCalled: 1 },
  fallbackThreshold: 0.5,
  baggingFrequency: 0,
}

/** TB-05.9: the model of a fold of the original's backtester: all rows, no early stopping, `weight_scale` ignored. */
export const ORIGINAL_FOLD_TRAINING: BotTraining = {
  ...ORIGINAL_TRAINING,
  params: { ...ORIGINAL_TRAINING.params, weight_scale: 1 },
  validShare: 0,
  earlyStopping: 0,
  fallbackThreshold: 0.55,
}

/** Rows between training and test in the original's folds: rows, not bars. */
const GAP_ROWS = 24

/** TB-04.6: a fold whose test, pushed back by the gap, would pass the end is dropped without a word. */
export function originalFolds(rows: Pick<BotRows, 'rows'>, folds: number): Fold[] {
  const n = rows.rows
  const step = Math.max(1, Math.floor((n * 0.4) / folds))
  const out: Fold[] = []
  for (let i = 0; i < folds; i++) {
    const end = Math.floor(n * 0.6) + i * step
    const from = end + GAP_ROWS
    if (from + step > n) break
    const train = Int32Array.from({ length: end }, (_, r) => r)
    const test = Int32Array.from({ length: step }, (_, k) => from + k)
    out.push({ fold: i + 1, train, test, purged: 0, embargoed: GAP_ROWS })
  }
  return out
}

export const ORIGINAL_WALK: WalkRules = { layFolds: originalFolds, thresholdFrom: 'test' }

/** The original's space: up to 7 leaves also at depth 2, and `weight_scale` (D-18). */
export const ORIGINAL_SPACE: Space = [
  ...BOT_SPACE.map((d): Space[number] =>
    d.name === 'num_leaves' ? { ...d, bounds: (p) => [7, Math.max(7, Math.min(31, 2 ** p.max_depth - 1))] } : d,
  ),
  { name: 'weight_scale', kind: 'float', bounds: [0.5, 2] },
]

/**
 * The original's score for pruning: precisions of the scored folds paired, place by place, with the AUCs of all folds, so
 * that after a skipped fold they belong to different folds (D-18).
 */
export function originalRunningScore(folds: readonly FoldScore[]): number {
  const precisions = folds.filter((f) => f.scored).map((f) => f.precision)
  return precisions.reduce((sum, p, i) => sum + p + 0.001 * folds[i].auc, 0) / precisions.length
}

/** The original's final score: mean precision of the scored folds, 0 without any, and mean AUC of all. */
export function originalFinalScore(folds: readonly FoldScore[]): number {
  const precisions = folds.filter((f) => f.scored).map((f) => f.precision)
  const precision = precisions.length === 0 ? 0 : precisions.reduce((a, b) => a + b, 0) / precisions.length
  return precision + (0.001 * folds.reduce((a, f) => a + f.auc, 0)) / folds.length
}

/** TB-04.9: folds of TB-04.6 over all rows, scored from 3 positives on. */
export const ORIGINAL_TUNING: TuneRules = {
  ...TUNE_RULES,
  space: ORIGINAL_SPACE,
  walk: ORIGINAL_WALK,
  keepTest: false,
  minPositives: 3,
  running: originalRunningScore,
  final: originalFinalScore,
}

/** The original promotes whatever scores higher than a measured baseline on the folds it searched. */
export function originalPromotes(
  baseline: { readonly score: number } | null,
  best: { readonly score: number },
): boolean {
  return baseline !== null && best.score > baseline.score
}
