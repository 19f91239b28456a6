/** Judging predictions of a split beside the baselines every evaluation shows. */
import type { TrainingMatrix } from '@cointrader/features'
import { momentumBaseline, momentumScale } from '../baselines/index.js'
import { type EvaluationReport, evaluate } from '../evaluation/index.js'
import type { SplitName, Splits } from './data.js'

export interface JudgeOptions {
  readonly name: string
  readonly seed: number
  /** Models tried until this one. */
  readonly trials?: number
  readonly resamples?: number
  readonly permutations?: number
}

/** Past return over the horizon, as a column: the longest window that is not longer. */
export function momentumColumn(features: readonly string[], horizonMinutes: number): string | undefined {
  const windows = features.flatMap((f) => {
    const m = /^x_(\d+)m_Close_Diff_Rate$/.exec(f)
    return m !== null && Number(m[1]) <= horizonMinutes && Number(m[1]) > 1 ? [{ f, w: Number(m[1]) }] : []
  })
  return windows.sort((a, b) => b.w - a.w)[0]?.f
}

/** Evaluates the predictions of one split. Momentum joins the baselines where a past return is among the features. */
export function judge(
  splits: Splits,
  split: SplitName,
  prediction: Float64Array,
  options: JudgeOptions,
): EvaluationReport {
  const rows = splits[split] as TrainingMatrix
  const horizonMinutes = splits.label.looksUntilMinutes - 1
  const column = momentumColumn(splits.features, horizonMinutes)
  const momentum =
    column === undefined
      ? []
      : (['momentum', 'reversal'] as const).map((direction) => ({
          name: `${direction} ${column}`,
          role: 'baseline' as const,
          prediction: momentumBaseline({
            column,
            direction,
            scale: momentumScale(splits.train, splits.train.y, column),
          }).predict(rows),
        }))
  return evaluate({
    title: `${options.name}: ${splits.label.name}, ${split}`,
    time: rows.time,
    symbol: rows.symbol,
    label: rows.y,
    labelName: splits.label.name,
    unit: splits.label.unit,
    horizonMinutes,
    contenders: [{ name: options.name, role: 'model', prediction }, ...momentum],
    trainMean: mean(splits.train.y),
    ...(options.trials === undefined ? {} : { trials: options.trials }),
    ...(options.resamples === undefined ? {} : { resamples: options.resamples }),
    ...(options.permutations === undefined ? {} : { permutations: options.permutations }),
    seed: options.seed,
  })
}

function mean(y: ArrayLike<number>): number {
  let sum = 0
  for (let i = 0; i < y.length; i++) sum += y[i]!
  return sum / y.length
}
