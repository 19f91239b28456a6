/** Pearson correlation of columns, two-pass in float64. */
import type { NumericData } from '@cointrader/store'

export interface Moments {
  readonly mean: number
  /** Square root of the sum of squared deviations from the mean. */
  readonly norm: number
  readonly constant: boolean
}

export function moments(data: NumericData): Moments {
  const n = data.length
  let sum = 0
  let min = Number.POSITIVE_INFINITY
  let max = Number.NEGATIVE_INFINITY
  for (let r = 0; r < n; r++) {
    const x = data[r]!
    sum += x
    if (x < min) min = x
    if (x > max) max = x
  }
  const mean = sum / n
  let squares = 0
  for (let r = 0; r < n; r++) {
    const d = data[r]! - mean
    squares += d * d
  }
  return { mean, norm: Math.sqrt(squares), constant: min === max }
}

/** In [-1, 1]; NaN when either column is constant or holds a NaN or infinite cell. */
export function correlation(a: NumericData, ma: Moments, b: NumericData, mb: Moments): number {
  const { mean: meanA } = ma
  const { mean: meanB } = mb
  // Four sums that do not wait for each other.
  let s0 = 0
  let s1 = 0
  let s2 = 0
  let s3 = 0
  let r = 0
  for (; r + 3 < a.length; r += 4) {
    s0 += (a[r]! - meanA) * (b[r]! - meanB)
    s1 += (a[r + 1]! - meanA) * (b[r + 1]! - meanB)
    s2 += (a[r + 2]! - meanA) * (b[r + 2]! - meanB)
    s3 += (a[r + 3]! - meanA) * (b[r + 3]! - meanB)
  }
  for (; r < a.length; r++) s0 += (a[r]! - meanA) * (b[r]! - meanB)
  const value = (s0 + s1 + (s2 + s3)) / (ma.norm * mb.norm)
  return Math.max(-1, Math.min(1, value))
}
