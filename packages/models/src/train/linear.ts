/** Training linear models on splits; the strength is given, or chosen without looking at the test range. */
import { fail } from '@cointrader/core'
import { fitLinear, fitLogistic, type LinearFamily, type LinearModel, lassoCv, predictLinear } from '../linear/index.js'
import type { Splits } from './data.js'

export interface LinearTraining {
  readonly family: LinearFamily
  /**
   * Strength (scikit-learn's alpha; for `logistic` its C). `auto`: lasso by purged cross-validation inside the training
   * range; ridge, elastic net and logistic by the loss on the validation range.
   */
  readonly alpha: number | 'auto'
  readonly l1Ratio?: number
}

export interface LinearResult {
  readonly model: LinearModel
  readonly alpha: number | null
  /** Strengths tried, with the loss each was chosen by. */
  readonly tried: readonly { readonly alpha: number; readonly loss: number }[]
}

/** Fits. Errors: those of the fits; `E_USAGE` for a strength that `ols` does not have. */
export function trainLinear(splits: Splits, { family, alpha, l1Ratio }: LinearTraining): LinearResult {
  const { train, valid } = splits
  if (family === 'ols') {
    if (alpha !== 'auto') fail('E_USAGE', { subject: '--alpha', detail: 'ordinary least squares has no strength' })
    return { model: fitLinear(train, train.y, { family }), alpha: null, tried: [] }
  }
  if (family === 'lasso' && alpha === 'auto') {
    const found = lassoCv(train, train.y, { time: train.time, looksUntilMinutes: splits.label.looksUntilMinutes })
    const tried = found.alphas.map((a, i) => ({ alpha: a, loss: found.mse[i]! }))
    return { model: found.model, alpha: found.alpha, tried }
  }
  const fit = (a: number): LinearModel =>
    family === 'logistic'
      ? fitLogistic(train, train.y, { c: a, ...(l1Ratio === undefined ? {} : { l1Ratio }) })
      : fitLinear(train, train.y, { family, alpha: a, ...(l1Ratio === undefined ? {} : { l1Ratio }) })
  if (alpha !== 'auto') return { model: fit(alpha), alpha, tried: [] }
  // Ridge's penalty is on a sum over rows, the others' on a mean.
  const unit = family === 'ridge' ? train.rows : 1
  const grid = family === 'logistic' ? [1e-3, 1e-2, 0.1, 1, 10] : [1e-3, 1e-2, 0.1, 1, 10].map((a) => a * unit)
  let best: { model: LinearModel; alpha: number; loss: number } | undefined
  const tried: { alpha: number; loss: number }[] = []
  for (const a of grid) {
    const model = fit(a)
    const loss = lossOf(family, valid.y, predictLinear(model, valid))
    tried.push({ alpha: a, loss })
    if (best === undefined || loss < best.loss) best = { model, alpha: a, loss }
  }
  return { model: best!.model, alpha: best!.alpha, tried }
}

/** Mean squared error, or log loss for classes. */
function lossOf(family: LinearFamily, y: ArrayLike<number>, p: Float64Array): number {
  let sum = 0
  for (let i = 0; i < p.length; i++) {
    if (family === 'logistic') sum -= Math.log(Math.max(1e-15, y[i] === 1 ? p[i]! : 1 - p[i]!))
    else sum += (y[i]! - p[i]!) ** 2
  }
  return sum / p.length
}
