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
 * Common rules. The value of row `t` is at `data[off + t]`. The caller provides the rows `from - w + 1 … to - 1` of the
 * source. A window that holds a NaN or an infinity gives NaN (infinity counts as missing: spec RP-14 a). A window of
 * equal values has exactly that mean and exactly zero deviation (RP-14 b).
 */

/** A series: the value of row `t` is `data[off + t]`. */
export interface View {
  data: Float64Array
  off: number
}

let scratchA = new Float64Array(4096)
let scratchB = new Float64Array(4096)
let scratchC = new Float64Array(4096)
let scratchD = new Float64Array(4096)
let scratchE = new Float64Array(4096)

/** Room for w + 1 suffixes, reused by every call of this thread: kernels do not call each other while they hold it. */
function reserve(w: number): void {
  if (scratchA.length > w) return
  const size = 2 ** Math.ceil(Math.log2(w + 1))
  scratchA = new Float64Array(size)
  scratchB = new Float64Array(size)
  scratchC = new Float64Array(size)
  scratchD = new Float64Array(size)
  scratchE = new Float64Array(size)
}

/** Σ x over the window. Error at most w · 2⁻⁵³ · Σ|x|. */
export function rollingSum(x: View, out: View, from: number, to: number, w: number): void {
  reserve(w)
  const suffix = scratchA
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
  reserve(w)
  const suffix = scratchA
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
  reserve(w)
  const suffix = scratchA
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

/** Σ x / w. */
export function rollingMean(x: View, out: View, from: number, to: number, w: number): void {
  reserve(w)
  const suffix = scratchA
  const { data, off } = x
  const { data: dst, off: d } = out
  suffix[w] = 0
  for (let t = from; t < to; ) {
    const start = Math.floor(t / w) * w
    const end = Math.min(start + w, to)
    const back = w - start
    const pivot = data[off + start]!
    let sum = 0
    for (let i = start - 1; i > t - w; i--) {
      sum += data[off + i]! - pivot
      suffix[back + i] = sum
    }
    sum = 0
    for (let i = start; i < t; i++) sum += data[off + i]! - pivot
    for (; t < end; t++) {
      sum += data[off + t]! - pivot
      const mean = pivot + (suffix[t + 1 - start]! + sum) / w
      dst[d + t] = mean - mean === 0 ? mean : Number.NaN
    }
  }
}

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
  reserve(w)
  const suffix = scratchA
  const squares = scratchB
  const { data, off } = x
  const { data: dst, off: d } = out
  const degrees = w - ddof > 0 ? w - ddof : Number.NaN
  suffix[w] = 0
  squares[w] = 0
  for (let t = from; t < to; ) {
    const start = Math.floor(t / w) * w
    const end = Math.min(start + w, to)
    const back = w - start
    const pivot = data[off + start]!
    let sum = 0
    let square = 0
    for (let i = start - 1; i > t - w; i--) {
      const v = data[off + i]! - pivot
      sum += v
      square += v * v
      suffix[back + i] = sum
      squares[back + i] = square
    }
    sum = 0
    square = 0
    for (let i = start; i < t; i++) {
      const v = data[off + i]! - pivot
      sum += v
      square += v * v
    }
    for (; t < end; t++) {
      const v = data[off + t]! - pivot
      sum += v
      square += v * v
      const s = suffix[t + 1 - start]! + sum
      const about = squares[t + 1 - start]! + square - (s * s) / w
      // Rounding may leave a tiny negative number; Math.max keeps NaN.
      dst[d + t] = Math.sqrt(Math.max(about, 0) / degrees)
      if (meanOut !== undefined) {
        const mean = pivot + s / w
        meanOut.data[meanOut.off + t] = mean - mean === 0 ? mean : Number.NaN
      }
    }
  }
}

/** Variances below this share of the mean square are rounding noise: a flat window (spec RP-D06). */
export const FLAT_VARIANCE = 1e-14

/**
 * Pearson correlation of two series over the window, clamped to [−1, 1]; 0 when either variance is at most
 * {@link FLAT_VARIANCE} of its mean square (so also for w = 1).
 */
export function rollingCorr(x: View, y: View, out: View, from: number, to: number, w: number): void {
  reserve(w)
  const [sx, sy, sxx, syy, sxy] = [scratchA, scratchB, scratchC, scratchD, scratchE]
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
      const sumX = sx[k]! + a
      const sumY = sy[k]! + b
      const varX = sxx[k]! + aa - (sumX * sumX) / w
      const varY = syy[k]! + bb - (sumY * sumY) / w
      const cov = sxy[k]! + ab - (sumX * sumY) / w
      const meanX = px + sumX / w
      const meanY = py + sumY / w
      if (cov - cov !== 0 || varX - varX !== 0 || varY - varY !== 0) dst[d + t] = Number.NaN
      else if (varX <= FLAT_VARIANCE * (varX + w * meanX * meanX) || varY <= FLAT_VARIANCE * (varY + w * meanY * meanY))
        dst[d + t] = 0
      else dst[d + t] = Math.max(-1, Math.min(1, cov / (Math.sqrt(varX) * Math.sqrt(varY))))
    }
  }
}
