/**
 * What the kernels must agree with: two-pass formulas written down as they are defined, window by window, in double-double
 * arithmetic (about 106 bits: Dekker 1971, Knuth's two-sum; Hida, Li & Bailey 2001).
 */

/** The unevaluated sum hi + lo. */
export type DD = readonly [hi: number, lo: number]

const twoSum = (a: number, b: number): DD => {
  const s = a + b
  const bb = s - a
  return [s, a - (s - bb) + (b - bb)]
}
const quickTwoSum = (a: number, b: number): DD => {
  const s = a + b
  return [s, b - (s - a)]
}
const SPLIT = 134217729
const split = (a: number): DD => {
  const c = SPLIT * a
  const hi = c - (c - a)
  return [hi, a - hi]
}
const twoProduct = (a: number, b: number): DD => {
  const p = a * b
  const [ah, al] = split(a)
  const [bh, bl] = split(b)
  return [p, ah * bh - p + ah * bl + al * bh + al * bl]
}

export const dd = (a: number): DD => [a, 0]
export const add = (a: DD, b: DD): DD => {
  const [s, e] = twoSum(a[0], b[0])
  const [t, f] = twoSum(a[1], b[1])
  const [u, g] = quickTwoSum(s, e + t)
  return quickTwoSum(u, g + f)
}
export const neg = (a: DD): DD => [-a[0], -a[1]]
export const sub = (a: DD, b: DD): DD => add(a, neg(b))
export const mul = (a: DD, b: DD): DD => {
  const [p, e] = twoProduct(a[0], b[0])
  return quickTwoSum(p, e + a[0] * b[1] + a[1] * b[0])
}
export const div = (a: DD, b: DD): DD => {
  const q1 = a[0] / b[0]
  const r1 = sub(a, mul(b, dd(q1)))
  const q2 = r1[0] / b[0]
  const r2 = sub(r1, mul(b, dd(q2)))
  return add(quickTwoSum(q1, q2), dd(r2[0] / b[0]))
}
export const sqrt = (a: DD): DD => {
  if (a[0] <= 0) return dd(0)
  const x = Math.sqrt(a[0])
  return add(dd(x), dd(sub(a, mul(dd(x), dd(x)))[0] / (2 * x)))
}
export const abs = (a: DD): DD => (a[0] < 0 ? neg(a) : a)
export const total = (values: readonly DD[]): DD => values.reduce(add, dd(0))

/** Window as the kernels see it: undefined when a value is missing or infinite. */
export function windowAt(x: ArrayLike<number>, t: number, w: number): number[] | undefined {
  const out: number[] = []
  for (let i = t - w + 1; i <= t; i++) {
    const v = i < 0 ? Number.NaN : x[i]!
    if (!Number.isFinite(v)) return undefined
    out.push(v)
  }
  return out
}

export const sumOf = (v: readonly number[]): DD => total(v.map(dd))
export const meanOf = (v: readonly number[]): DD => div(sumOf(v), dd(v.length))
/** Σ (x − mean)². */
export function squaresOf(v: readonly number[]): DD {
  const m = meanOf(v)
  return total(
    v.map((x) => {
      const d = sub(dd(x), m)
      return mul(d, d)
    }),
  )
}
export const stdOf = (v: readonly number[], ddof: number): DD => sqrt(div(squaresOf(v), dd(v.length - ddof)))
/** Variance as a share of the mean square. */
export function relativeVariance(v: readonly number[]): number {
  const variance = div(squaresOf(v), dd(v.length))
  const m = meanOf(v)
  const square = add(variance, mul(m, m))
  return square[0] === 0 ? 0 : div(variance, square)[0]
}
export function corrOf(x: readonly number[], y: readonly number[]): DD {
  const mx = meanOf(x)
  const my = meanOf(y)
  const cov = total(x.map((a, i) => mul(sub(dd(a), mx), sub(dd(y[i]!), my))))
  return div(cov, mul(sqrt(squaresOf(x)), sqrt(squaresOf(y))))
}

/** Σ|x| and max|x|, in which the bounds are stated. */
export const size = (v: readonly number[]): number => v.reduce((n, x) => n + Math.abs(x), 0)
export const most = (v: readonly number[]): number => v.reduce((n, x) => Math.max(n, Math.abs(x)), 0)
/** |value − reference|, the subtraction in doubled precision. */
export const gap = (value: number, reference: DD): number => Math.abs(sub(dd(value), reference)[0])
