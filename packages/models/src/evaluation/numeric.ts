/** Small numeric tools of this folder: correlation, mean ranks, quantiles, the normal distribution. All in float64. */
import { fail } from '@cointrader/core'

/** Any array of numbers a caller may hand in. Converted once at the border, so that inner loops see one type. */
export type Numbers = Float64Array | Float32Array | Int32Array | Uint8Array | readonly number[]

/** The same values as float64; not copied when they are already. */
export function float64(values: Numbers): Float64Array {
  return values instanceof Float64Array ? values : Float64Array.from(values)
}

/** Error `E_USAGE` when two arrays that belong together differ in length. */
export function assertLength(what: string, values: { readonly length: number }, expected: number): void {
  if (values.length !== expected) {
    fail('E_USAGE', { subject: what, detail: `${values.length} values for ${expected} rows`, next: 'give one per row' })
  }
}

/** True when all values from `from` to `to` (excluded) are the same number; also for none or one. */
export function isConstant(x: Float64Array, from = 0, to = x.length): boolean {
  for (let i = from + 1; i < to; i++) if (x[i] !== x[from]) return false
  return true
}

/**
 * Pearson correlation of x and y over rows from..to (excluded), two-pass; weighted when `weight` is given. NaN when there is
 * no row, or either side has one value only (RP-38). Clamped to [-1, 1].
 */
export function pearson(
  x: Float64Array,
  y: Float64Array,
  from = 0,
  to = Math.min(x.length, y.length),
  weight?: Float64Array,
): number {
  if (to - from < 2 || isConstant(x, from, to) || isConstant(y, from, to)) return Number.NaN
  let total = 0
  let meanX = 0
  let meanY = 0
  for (let i = from; i < to; i++) {
    const w = weight === undefined ? 1 : weight[i]
    total += w
    meanX += w * x[i]
    meanY += w * y[i]
  }
  meanX /= total
  meanY /= total
  let xx = 0
  let yy = 0
  let xy = 0
  for (let i = from; i < to; i++) {
    const w = weight === undefined ? 1 : weight[i]
    const dx = x[i] - meanX
    const dy = y[i] - meanY
    xx += w * dx * dx
    yy += w * dy * dy
    xy += w * dx * dy
  }
  const r = xy / Math.sqrt(xx * yy)
  return Math.max(-1, Math.min(1, r))
}

/** Row numbers from..to (excluded), ascending by value; equal values by row number. Finite values only. */
export function ascending(values: Float64Array, from = 0, to = values.length): Int32Array {
  const order = new Int32Array(to - from)
  for (let i = from; i < to; i++) order[i - from] = i
  if (order.length <= 48) {
    for (let i = 1; i < order.length; i++) {
      const row = order[i]
      const value = values[row]
      let j = i - 1
      while (j >= 0 && values[order[j]] > value) {
        order[j + 1] = order[j]
        j--
      }
      order[j + 1] = row
    }
    return order
  }
  return order.sort((a, b) => values[a] - values[b] || a - b)
}

/** Ranks from 1 over rows from..to, equal values sharing their mean rank; written to out[from..to]. */
export function meanRanksInto(values: Float64Array, from: number, to: number, out: Float64Array): void {
  const order = ascending(values, from, to)
  const n = order.length
  for (let i = 0; i < n; ) {
    let j = i + 1
    while (j < n && values[order[j]] === values[order[i]]) j++
    const rank = (i + 1 + j) / 2
    for (let k = i; k < j; k++) out[order[k]] = rank
    i = j
  }
}

/** Ranks from 1, equal values sharing their mean rank. */
export function meanRanks(values: Float64Array): Float64Array {
  const out = new Float64Array(values.length)
  meanRanksInto(values, 0, values.length, out)
  return out
}

/** Spearman correlation: Pearson of mean ranks (RP-38). NaN as {@link pearson}. */
export function spearman(x: Float64Array, y: Float64Array): number {
  return pearson(meanRanks(x), meanRanks(y))
}

/** Mean of the finite values; NaN when there is none. */
export function mean(values: Float64Array): number {
  let sum = 0
  let n = 0
  for (let i = 0; i < values.length; i++) {
    if (!Number.isFinite(values[i])) continue
    sum += values[i]
    n++
  }
  return n === 0 ? Number.NaN : sum / n
}

/** Deviation of the finite values, with divisor n - `less` (0: population). NaN with too few. */
export function deviation(values: Float64Array, less: 0 | 1 = 0): number {
  const m = mean(values)
  let sum = 0
  let n = 0
  for (let i = 0; i < values.length; i++) {
    if (!Number.isFinite(values[i])) continue
    sum += (values[i] - m) * (values[i] - m)
    n++
  }
  return n - less <= 0 ? Number.NaN : Math.sqrt(sum / (n - less))
}

/** Quantile of ascending values, linear between order statistics (NumPy's default). NaN when empty. */
export function quantileOf(sorted: Float64Array, q: number): number {
  if (sorted.length === 0) return Number.NaN
  const at = q * (sorted.length - 1)
  const low = Math.floor(at)
  const high = Math.min(low + 1, sorted.length - 1)
  return sorted[low] + (at - low) * (sorted[high] - sorted[low])
}

/** Complementary error function; relative error below 1e-13. Series below 2, Lentz's continued fraction above. */
function erfc(x: number): number {
  if (x < 0) return 2 - erfc(-x)
  if (x < 2) {
    let term = x
    let sum = x
    for (let n = 1; Math.abs(term) > 1e-17 * Math.abs(sum); n++) {
      term *= (-x * x) / n
      sum += term / (2 * n + 1)
      if (x === 0) break
    }
    return 1 - (2 / Math.sqrt(Math.PI)) * sum
  }
  // erfc(x) = exp(-x^2) / sqrt(pi) * 1 / (x + (1/2) / (x + 1 / (x + (3/2) / (x + ...)))) (Abramowitz and Stegun 7.1.14)
  let f = x
  let c = x
  let d = 0
  for (let k = 1; k < 500; k++) {
    const a = k / 2
    d = 1 / (x + a * d)
    c = x + a / c
    const step = c * d
    f *= step
    if (Math.abs(step - 1) < 1e-16) break
  }
  return Math.exp(-x * x) / (Math.sqrt(Math.PI) * f)
}

/** Distribution function of the standard normal. */
export function normalCdf(x: number): number {
  return 0.5 * erfc(-x / Math.SQRT2)
}

/** Probability that a standard normal is at least |t| away from 0; NaN for NaN. */
export function twoSided(t: number): number {
  return Number.isNaN(t) ? Number.NaN : erfc(Math.abs(t) / Math.SQRT2)
}

/** A finite number, or null: reports are plain JSON, which has no NaN. */
export function finite(x: number): number | null {
  return Number.isFinite(x) ? x : null
}
