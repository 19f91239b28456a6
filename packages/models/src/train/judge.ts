/** Judging predictions of a split beside the baselines every evaluation shows. */
import { fail } from '@cointrader/core'
import type { MatrixPart } from '@cointrader/features'
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

/**
 * Evaluates the predictions of one split, one value a row. Momentum joins the baselines where a past return is among the
 * features. The test range is gone through a day at a time. Error `E_INTERNAL` for a split that is not there.
 */
export async function judge(
  splits: Splits,
  split: SplitName,
  predict: (rows: MatrixPart) => Float64Array,
  options: JudgeOptions,
): Promise<EvaluationReport> {
  const rows = splits[split]
  if (rows === undefined) fail('E_INTERNAL', { subject: split, detail: 'there is no such range to judge' })
  const horizonMinutes = splits.label.looksUntilMinutes - 1
  const column = momentumColumn(splits.features, horizonMinutes)
  const scale = column === undefined ? 1 : momentumScale(splits.train, splits.train.y, column)
  const momentum =
    column === undefined
      ? []
      : (['momentum', 'reversal'] as const).map((direction) => {
          const baseline = momentumBaseline({ column, direction, scale })
          return {
            name: `${direction} ${column}`,
            role: 'baseline' as const,
            predict: (part: MatrixPart) => baseline.predict(part),
          }
        })
  const judged = [{ name: options.name, role: 'model' as const, predict }, ...momentum]
  const predictions = judged.map(() => new Float64Array(rows.rows))
  let at = 0
  for await (const part of 'parts' in rows ? rows.parts() : [rows]) {
    for (const [k, one] of judged.entries()) {
      const values = one.predict(part)
      if (values.length !== part.rows)
        fail('E_USAGE', {
          subject: one.name,
          detail: `${values.length} predictions for ${part.rows} rows: one a row can be judged`,
          next: 'train an objective with one output',
        })
      predictions[k]!.set(values, at)
    }
    at += part.rows
  }
  return evaluate({
    title: `${options.name}: ${splits.label.name}, ${split}`,
    time: rows.time,
    symbol: rows.symbol,
    label: rows.y,
    labelName: splits.label.name,
    unit: splits.label.unit,
    horizonMinutes,
    contenders: judged.map(({ name, role }, k) => ({ name, role, prediction: predictions[k]! })),
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
