/** One scaler, fitted on training rows once and stored with the model (RP-D10), and the training label's limits (RP-D05). */
import { fail } from '@cointrader/core'

export interface Scaler {
  readonly features: readonly string[]
  readonly mean: Float64Array
  /** Population deviation; 1 where the column is constant, so that it becomes 0 and not noise. */
  readonly deviation: Float64Array
}

interface Rows {
  readonly rows: number
  readonly features: readonly string[]
  readonly x: Float32Array
  readonly layout?: 'row' | 'column'
}

function strides(data: Rows): { row: number; feature: number } {
  return data.layout === 'column' ? { row: 1, feature: data.rows } : { row: data.features.length, feature: 1 }
}

/** Fits on rows (a matrix, or the stored rows of windows: each counts once), two-pass, finite cells only. */
export function fitScaler(data: Rows): Scaler {
  const width = data.features.length
  const stride = strides(data)
  const mean = new Float64Array(width)
  const deviation = new Float64Array(width).fill(1)
  const passes = (f: number, term: (x: number) => number): number => {
    let sum = 0
    let n = 0
    for (let r = 0, at = f * stride.feature; r < data.rows; r++, at += stride.row) {
      const x = data.x[at]!
      if (x - x !== 0) continue
      sum += term(x)
      n++
    }
    return n === 0 ? 0 : sum / n
  }
  for (let f = 0; f < width; f++) {
    const m = passes(f, (x) => x)
    mean[f] = m
    const d = Math.sqrt(passes(f, (x) => (x - m) * (x - m)))
    // Below this the deviation is rounding of the mean (RP-D08).
    if (d > 1e-12 * Math.abs(m)) deviation[f] = d
  }
  return { features: data.features, mean, deviation }
}

/** Scales in place: (x - mean) / deviation. Error `E_USAGE` when the features are not the scaler's, in order. */
export function applyScaler(scaler: Scaler, data: Rows): void {
  const other = data.features.findIndex((name, i) => name !== scaler.features[i])
  if (other >= 0 || data.features.length !== scaler.features.length) {
    fail('E_USAGE', {
      subject: 'scaler',
      detail: `it was fitted on other features (${scaler.features.length} against ${data.features.length})`,
      next: 'scale the features that the scaler was fitted on, in the same order',
    })
  }
  const stride = strides(data)
  for (let f = 0; f < scaler.features.length; f++) {
    const mean = scaler.mean[f]!
    const deviation = scaler.deviation[f]!
    for (let r = 0, at = f * stride.feature; r < data.rows; r++, at += stride.row) {
      data.x[at] = (data.x[at]! - mean) / deviation
    }
  }
}

/**
 * Limits of a training label: its `share` and 1 - `share` quantiles (linear between order statistics), finite values only.
 * For training only: an evaluation never filters or clips outcomes (RP-D05).
 */
export function winsorLimits(y: ArrayLike<number>, share: number): readonly [number, number] {
  if (!(share >= 0 && share < 0.5)) fail('E_USAGE', { subject: 'winsor share', detail: `${share} is not in [0, 0.5)` })
  const sorted = Float64Array.from(y).filter(Number.isFinite).sort()
  if (sorted.length === 0) fail('E_NOTHING_FOUND', { subject: 'label', detail: 'no finite value' })
  const quantile = (q: number): number => {
    const at = q * (sorted.length - 1)
    const low = Math.floor(at)
    const high = Math.min(low + 1, sorted.length - 1)
    return sorted[low]! + (at - low) * (sorted[high]! - sorted[low]!)
  }
  return [quantile(share), quantile(1 - share)]
}

/** Clamps in place; NaN stays NaN. */
export function winsoriseLabel(y: Float64Array | Float32Array, [low, high]: readonly [number, number]): void {
  for (let i = 0; i < y.length; i++) {
    if (y[i]! < low) y[i] = low
    else if (y[i]! > high) y[i] = high
  }
}
