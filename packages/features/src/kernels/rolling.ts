/**
 * Trailing windows of `w` rows, inclusive of the current one, in amortised constant time per row, by one scheme.
 *
 * Time is cut into blocks of `w` rows on the absolute grid (row number = minutes since 1970). A window is then the end
 * of one block and the beginning of the next, so its aggregate is a suffix of the former (accumulated from right to
 * left) joined with a prefix of the latter (from left to right): van Herk, Pattern Recognition Letters 13 (1992) and
 * Gil & Werman, IEEE PAMI 15 (1993) for extremes; here for sums too. Nothing outside the window can influence a value,
 * there is no drift, and the bits depend on the window's contents and its place on the grid only, so that any chunking
 * of the series, and any start of it, gives the same ones.
 *
 * Moments are taken about a pivot: the value at the block border inside the window. Since the pivot is one of the w
 * values, |pivot − mean|² ≤ w · variance, so the subtraction of squares loses at most a factor w: the relative error of a
 * variance is below w² · 2⁻⁵².
 *
 * `rows.ts` has the same kernels for a stream, one row of many series at a time, with the same bits.
 *
 * Common rules. The value of row `t` is at `data[off + t]`. The caller provides the rows `from - w + 1 … to - 1` of the
 * source. A window that holds a NaN or an infinity gives NaN (infinity counts as missing: spec RP-14 a). A window of
 * equal values has exactly that mean and exactly zero deviation (RP-14 b).
 */

/** A series: the value of row `t` is `data[off + t]`. */
export interface View {
  data: Float64Array
  off: number
}

/** {@link rollingCorr} runs five sums; the others need fewer. */
let scratch: readonly Float64Array[] = []

/** Room for w + 1 suffixes, reused by every call of this thread: kernels do not call each other while they hold it. */
function reserve(w: number): readonly Float64Array[] {
  if (scratch.length > 0 && scratch[0]!.length > w) return scratch
  const size = Math.max(4096, 2 ** Math.ceil(Math.log2(w + 1)))
  scratch = Array.from({ length: 5 }, () => new Float64Array(size))
  return scratch
}

/** Σ x over the window. Error at most w · 2⁻⁵³ · Σ|x|. */
export function rollingSum(x: View, out: View, from: number, to: number, w: number): void {
  const suffix = reserve(w)[0]!
  const { data, off } = x
  const { data: dst, off: d } = out
  suffix[w] = 0
  for (let t = from; t < to; ) {
    const start = Math.floor(t / w) * w
    const end = Math.min(start + w, to)
    const back = w - start
    let sum = 0
    for (let i = start - 1; i > t - w; i--) {
      sum += data[off + i]!
      suffix[back + i] = sum
    }
    sum = 0
    for (let i = start; i < t; i++) sum += data[off + i]!
    for (; t < end; t++) {
      sum += data[off + t]!
      const all = suffix[t + 1 - start]! + sum
      dst[d + t] = all - all === 0 ? all : Number.NaN
    }
  }
}

/** Largest value of the window. */
export function rollingMax(x: View, out: View, from: number, to: number, w: number): void {
  const suffix = reserve(w)[0]!
  const { data, off } = x
  const { data: dst, off: d } = out
  suffix[w] = Number.NEGATIVE_INFINITY
  for (let t = from; t < to; ) {
    const start = Math.floor(t / w) * w
    const end = Math.min(start + w, to)
    const back = w - start
    let most = Number.NEGATIVE_INFINITY
    for (let i = start - 1; i > t - w; i--) {
      const v = data[off + i]!
      most = Math.max(most, v - v === 0 ? v : Number.NaN)
      suffix[back + i] = most
    }
    most = Number.NEGATIVE_INFINITY
    for (let i = start; i < t; i++) {
      const v = data[off + i]!
      most = Math.max(most, v - v === 0 ? v : Number.NaN)
    }
    for (; t < end; t++) {
      const v = data[off + t]!
      most = Math.max(most, v - v === 0 ? v : Number.NaN)
      dst[d + t] = Math.max(suffix[t + 1 - start]!, most)
    }
  }
}

/** Smallest value of the window. */
export function rollingMin(x: View, out: View, from: number, to: number, w: number): void {
  const suffix = reserve(w)[0]!
  const { data, off } = x
  const { data: dst, off: d } = out
  suffix[w] = Number.POSITIVE_INFINITY
  for (let t = from; t < to; ) {
    const start = Math.floor(t / w) * w
    const end = Math.min(start + w, to)
    const back = w - start
    let least = Number.POSITIVE_INFINITY
    for (let i = start - 1; i > t - w; i--) {
      const v = data[off + i]!
      least = Math.min(least, v - v === 0 ? v : Number.NaN)
      suffix[back + i] = least
    }
    least = Number.POSITIVE_INFINITY
    for (let i = start; i < t; i++) {
      const v = data[off + i]!
      least = Math.min(least, v - v === 0 ? v : Number.NaN)
    }
    for (; t < end; t++) {
      const v = data[off + t]!
      least = Math.min(least, v - v === 0 ? v : Number.NaN)
      dst[d + t] = Math.min(suffix[t + 1 - start]!, least)
    }
  }
}

/** A pivot beyond this many times the mean costs digits: then the plain sum is the better one. */
const FAR_PIVOT = 4

/**
 * The mean from Σ(x − pivot) and Σ x. The former is exact for equal values and best for close ones; where the pivot is an
 * outlier (1e12 among ones) its error would be w · 2⁻⁵³ · |pivot|, and that of the latter is w · 2⁻⁵³ · mean |x| always.
 */
export function meanOf(pivot: number, about: number, plain: number, w: number): number {
  const mean = plain / w
  const m = Math.abs(pivot) <= FAR_PIVOT * Math.abs(mean) ? pivot + about / w : mean
  return m - m === 0 ? m : Number.NaN
}

/** Σ x / w. Error below 6 · w · 2⁻⁵³ · Σ|x| / w. */
export function rollingMean(x: View, out: View, from: number, to: number, w: number): void {
  const [abouts, plains] = reserve(w) as [Float64Array, Float64Array]
  const { data, off } = x
  const { data: dst, off: d } = out
  abouts[w] = 0
  plains[w] = 0
  for (let t = from; t < to; ) {
    const start = Math.floor(t / w) * w
    const end = Math.min(start + w, to)
    const back = w - start
    const pivot = data[off + start]!
    let about = 0
    let plain = 0
    for (let i = start - 1; i > t - w; i--) {
      const v = data[off + i]!
      about += v - pivot
      plain += v
      abouts[back + i] = about
      plains[back + i] = plain
    }
    about = 0
    plain = 0
    for (let i = start; i < t; i++) {
      const v = data[off + i]!
      about += v - pivot
      plain += v
    }
    for (; t < end; t++) {
      const v = data[off + t]!
      about += v - pivot
      plain += v
      const k = t + 1 - start
      dst[d + t] = meanOf(pivot, abouts[k]! + about, plains[k]! + plain, w)
    }
  }
}

/** The deviation from the sums of u and u², where u = x − pivot. */
export function deviationOf(u: number, uu: number, w: number, degrees: number): number {
  // Rounding may leave a tiny negative number; Math.max keeps NaN.
  return Math.sqrt(Math.max(uu - (u * u) / w, 0) / degrees)
}

/** w − ddof; NaN when there is no degree of freedom. */
export const degreesOf = (w: number, ddof: 0 | 1): number => (w - ddof > 0 ? w - ddof : Number.NaN)

/**
 * Standard deviation √(Σ(x − mean)² / (w − ddof)) and, if asked for, the mean with the bits of {@link rollingMean}.
 * `w ≤ ddof` gives NaN throughout.
 */
export function rollingStd(
  x: View,
  out: View,
  meanOut: View | undefined,
  from: number,
  to: number,
  w: number,
  ddof: 0 | 1,
): void {
  const [abouts, plains, squares] = reserve(w) as [Float64Array, Float64Array, Float64Array]
  const { data, off } = x
  const { data: dst, off: d } = out
  const degrees = degreesOf(w, ddof)
  abouts[w] = 0
  plains[w] = 0
  squares[w] = 0
  for (let t = from; t < to; ) {
    const start = Math.floor(t / w) * w
    const end = Math.min(start + w, to)
    const back = w - start
    const pivot = data[off + start]!
    let about = 0
    let plain = 0
    let square = 0
    for (let i = start - 1; i > t - w; i--) {
      const u = data[off + i]!
      const v = u - pivot
      about += v
      plain += u
      square += v * v
      abouts[back + i] = about
      plains[back + i] = plain
      squares[back + i] = square
    }
    about = 0
    plain = 0
    square = 0
    for (let i = start; i < t; i++) {
      const u = data[off + i]!
      const v = u - pivot
      about += v
      plain += u
      square += v * v
    }
    for (; t < end; t++) {
      const u = data[off + t]!
      const v = u - pivot
      about += v
      plain += u
      square += v * v
      const k = t + 1 - start
      const s = abouts[k]! + about
      dst[d + t] = deviationOf(s, squares[k]! + square, w, degrees)
      if (meanOut !== undefined) meanOut.data[meanOut.off + t] = meanOf(pivot, s, plains[k]! + plain, w)
    }
  }
}

/** Variances below this share of the mean square are rounding noise: a flat window (spec RP-D06). */
export const FLAT_VARIANCE = 1e-14

/** The correlation from the sums of u, v, u², v² and u·v, where u = x − px and v = y − py. */
export function corrOf(
  px: number,
  py: number,
  u: number,
  v: number,
  uu: number,
  vv: number,
  uv: number,
  w: number,
): number {
  const varX = uu - (u * u) / w
  const varY = vv - (v * v) / w
  const cov = uv - (u * v) / w
  if (cov - cov !== 0 || varX - varX !== 0 || varY - varY !== 0) return Number.NaN
  const meanX = px + u / w
  const meanY = py + v / w
  if (varX <= FLAT_VARIANCE * (varX + w * meanX * meanX) || varY <= FLAT_VARIANCE * (varY + w * meanY * meanY)) return 0
  return Math.max(-1, Math.min(1, cov / (Math.sqrt(varX) * Math.sqrt(varY))))
}

/**
 * Pearson correlation of two series over the window, clamped to [−1, 1]; 0 when either variance is at most
 * {@link FLAT_VARIANCE} of its mean square (so also for w = 1).
 */
export function rollingCorr(x: View, y: View, out: View, from: number, to: number, w: number): void {
  const buffers = reserve(w)
  const [sx, sy, sxx, syy, sxy] = [buffers[0]!, buffers[1]!, buffers[2]!, buffers[3]!, buffers[4]!]
  const { data: xs, off: ox } = x
  const { data: ys, off: oy } = y
  const { data: dst, off: d } = out
  for (const s of [sx, sy, sxx, syy, sxy]) s[w] = 0
  for (let t = from; t < to; ) {
    const start = Math.floor(t / w) * w
    const end = Math.min(start + w, to)
    const back = w - start
    const px = xs[ox + start]!
    const py = ys[oy + start]!
    let [a, b, aa, bb, ab] = [0, 0, 0, 0, 0]
    for (let i = start - 1; i > t - w; i--) {
      const u = xs[ox + i]! - px
      const v = ys[oy + i]! - py
      a += u
      b += v
      aa += u * u
      bb += v * v
      ab += u * v
      const k = back + i
      sx[k] = a
      sy[k] = b
      sxx[k] = aa
      syy[k] = bb
      sxy[k] = ab
    }
    a = b = aa = bb = ab = 0
    for (let i = start; i < t; i++) {
      const u = xs[ox + i]! - px
      const v = ys[oy + i]! - py
      a += u
      b += v
      aa += u * u
      bb += v * v
      ab += u * v
    }
    for (; t < end; t++) {
      const u = xs[ox + t]! - px
      const v = ys[oy + t]! - py
      a += u
      b += v
      aa += u * u
      bb += v * v
      ab += u * v
      const k = t + 1 - start
      dst[d + t] = corrOf(px, py, sx[k]! + a, sy[k]! + b, sxx[k]! + aa, syy[k]! + bb, sxy[k]! + ab, w)
    }
  }
}
