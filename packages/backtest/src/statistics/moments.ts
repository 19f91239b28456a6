/** Mean, deviation and shape of a sample of returns. */

export interface Moments {
  readonly n: number
  readonly mean: number
  /** With divisor n − 1. */
  readonly deviation: number
  /** Third standardised moment, divisor n (population); 0 for a normal. */
  readonly skewness: number
  /** Fourth standardised moment, divisor n, not "excess": 3 for a normal. */
  readonly kurtosis: number
}

/** Two-pass moments; deviation NaN below two values, shape NaN when all values are equal. */
export function moments(x: ArrayLike<number>): Moments {
  const n = x.length
  let sum = 0
  for (let i = 0; i < n; i++) sum += x[i]
  const mean = sum / n
  let m2 = 0
  let m3 = 0
  let m4 = 0
  let constant = true
  for (let i = 0; i < n; i++) {
    const d = x[i] - mean
    const s = d * d
    m2 += s
    m3 += s * d
    m4 += s * s
    if (x[i] !== x[0]) constant = false
  }
  // The mean of equal values can be off by an ulp; their deviation is 0 all the same.
  if (constant) m2 = 0
  const v = m2 / n
  return {
    n,
    mean: constant && n > 0 ? x[0] : mean,
    deviation: n < 2 ? Number.NaN : Math.sqrt(m2 / (n - 1)),
    skewness: v > 0 ? m3 / n / v ** 1.5 : Number.NaN,
    kurtosis: v > 0 ? m4 / n / (v * v) : Number.NaN,
  }
}

/** Autocorrelation at `lag`, with the mean and variance of the whole sample. NaN when there is none. */
export function autocorrelation(x: ArrayLike<number>, lag: number): number {
  const n = x.length
  let mean = 0
  for (let i = 0; i < n; i++) mean += x[i] / n
  let variance = 0
  let covariance = 0
  for (let i = 0; i < n; i++) {
    variance += (x[i] - mean) ** 2
    if (i >= lag) covariance += (x[i] - mean) * (x[i - lag] - mean)
  }
  return variance > 0 && lag < n ? covariance / variance : Number.NaN
}
