/**
 * The hot loops of the features, in AssemblyScript; one file because the module is compiled from one. `assembly/build.mjs`
 * compiles it into `src/kernels/wasm/bytes.ts`. Every function gives the bits of its TypeScript twin
 * (`src/kernels/rolling.ts`, `src/kernels/cross.ts`, `src/graph/ops.ts`): the same operations in the same order, none
 * fused; only several values at a time, which never mix.
 *
 * Addresses are bytes in the one memory; a series is an array of f64, and `x` is the address of its first row to compute.
 * Vectors hold two rows of one series (elementwise), the same row of two series (rolling), or two minutes of a symbol
 * (cross-sections). Elementwise functions work on pairs of rows: an odd last row reads and writes one value beyond, so
 * series have room for an even number of rows.
 */

// Masks of f64x2 comparisons are all ones or all zeros; or-ing a mask into a number makes it NaN.

// @ts-expect-error: decorator
@inline
function notFinite(v: v128): v128 {
  return f64x2.ne(f64x2.sub(v, v), f64x2.splat(0))
}

// @ts-expect-error: decorator
@inline
function finiteOrNaN(v: v128): v128 {
  return v128.or(v, notFinite(v))
}

/** 1 where v is 0. */
// @ts-expect-error: decorator
@inline
function oneForZero(v: v128): v128 {
  return v128.bitselect(f64x2.splat(1), v, f64x2.eq(v, f64x2.splat(0)))
}

// ---- Elementwise: rows [0, n) of one series.

export function add(out: usize, x: usize, y: usize, n: i32): void {
  const end = out + (<usize>n << 3)
  for (; out < end; out += 16, x += 16, y += 16) v128.store(out, f64x2.add(v128.load(x), v128.load(y)))
}

export function sub(out: usize, x: usize, y: usize, n: i32): void {
  const end = out + (<usize>n << 3)
  for (; out < end; out += 16, x += 16, y += 16) v128.store(out, f64x2.sub(v128.load(x), v128.load(y)))
}

export function mul(out: usize, x: usize, y: usize, n: i32): void {
  const end = out + (<usize>n << 3)
  for (; out < end; out += 16, x += 16, y += 16) v128.store(out, f64x2.mul(v128.load(x), v128.load(y)))
}

export function div(out: usize, x: usize, y: usize, n: i32): void {
  const end = out + (<usize>n << 3)
  for (; out < end; out += 16, x += 16, y += 16)
    v128.store(out, finiteOrNaN(f64x2.div(v128.load(x), v128.load(y))))
}

export function change(out: usize, x: usize, y: usize, n: i32, scale: f64): void {
  const end = out + (<usize>n << 3)
  const one = f64x2.splat(1)
  const by = f64x2.splat(scale)
  for (; out < end; out += 16, x += 16, y += 16)
    v128.store(out, finiteOrNaN(f64x2.mul(f64x2.sub(f64x2.div(v128.load(x), v128.load(y)), one), by)))
}

export function scaled(out: usize, x: usize, n: i32, factor: f64): void {
  const end = out + (<usize>n << 3)
  const by = f64x2.splat(factor)
  for (; out < end; out += 16, x += 16) v128.store(out, f64x2.mul(v128.load(x), by))
}

export function absDifference(out: usize, x: usize, y: usize, n: i32): void {
  const end = out + (<usize>n << 3)
  for (; out < end; out += 16, x += 16, y += 16) v128.store(out, f64x2.abs(f64x2.sub(v128.load(x), v128.load(y))))
}

export function efficiency(out: usize, x: usize, y: usize, path: usize, n: i32): void {
  const end = out + (<usize>n << 3)
  for (; out < end; out += 16, x += 16, y += 16, path += 16)
    v128.store(out, f64x2.div(f64x2.abs(f64x2.sub(v128.load(x), v128.load(y))), oneForZero(v128.load(path))))
}

export function overOrOne(out: usize, x: usize, y: usize, n: i32): void {
  const end = out + (<usize>n << 3)
  for (; out < end; out += 16, x += 16, y += 16) v128.store(out, f64x2.div(v128.load(x), oneForZero(v128.load(y))))
}

export function whereZero(out: usize, x: usize, flag: usize, n: i32): void {
  const end = out + (<usize>n << 3)
  for (; out < end; out += 16, x += 16, flag += 16) {
    const v = v128.load(x)
    const missing = v128.or(f64x2.ne(v128.load(flag), f64x2.splat(0)), notFinite(v))
    v128.store(out, v128.bitselect(f64x2.splat(NaN), v, missing))
  }
}

/** Rows [0, n), from `lag` rows before. */
export function shifted(out: usize, x: usize, n: i32, lag: i32): void {
  memory.copy(out, x - (<usize>lag << 3), <usize>n << 3)
}

// ---- Rolling: rows [0, n) of two series at once, the second one `apart` bytes behind the first (0: one series, twice).
// `phase` is the place of row 0 in its block of the grid, 0 … w − 1. `room` has (w + 1) vectors for each running sum.

// @ts-expect-error: decorator
@inline
function both(x: usize, apart: usize): v128 {
  return v128.load_lane<f64>(x + apart, v128.load_zero<f64>(x), 1)
}

// @ts-expect-error: decorator
@inline
function putBoth(out: usize, apart: usize, v: v128): void {
  v128.store_lane<f64>(out, v, 0)
  v128.store_lane<f64>(out + apart, v, 1)
}

export function rollingSum(out: usize, x: usize, apart: usize, n: i32, w: i32, phase: i32, room: usize): void {
  const zero = f64x2.splat(0)
  v128.store(room + (<usize>w << 4), zero)
  for (let t: i32 = 0, start: i32 = -phase; t < n; start += w) {
    const end = min(start + w, n)
    let sum = zero
    for (let i: i32 = start - 1; i > t - w; i--) {
      sum = f64x2.add(sum, both(x + (<usize>i << 3), apart))
      v128.store(room + (<usize>(w - start + i) << 4), sum)
    }
    sum = zero
    for (let i: i32 = start; i < t; i++) sum = f64x2.add(sum, both(x + (<usize>i << 3), apart))
    for (; t < end; t++) {
      sum = f64x2.add(sum, both(x + (<usize>t << 3), apart))
      const all = f64x2.add(v128.load(room + (<usize>(t + 1 - start) << 4)), sum)
      putBoth(out + (<usize>t << 3), apart, finiteOrNaN(all))
    }
  }
}

export function rollingMax(out: usize, x: usize, apart: usize, n: i32, w: i32, phase: i32, room: usize): void {
  const none = f64x2.splat(-Infinity)
  v128.store(room + (<usize>w << 4), none)
  for (let t: i32 = 0, start: i32 = -phase; t < n; start += w) {
    const end = min(start + w, n)
    let most = none
    for (let i: i32 = start - 1; i > t - w; i--) {
      most = f64x2.max(most, finiteOrNaN(both(x + (<usize>i << 3), apart)))
      v128.store(room + (<usize>(w - start + i) << 4), most)
    }
    most = none
    for (let i: i32 = start; i < t; i++) most = f64x2.max(most, finiteOrNaN(both(x + (<usize>i << 3), apart)))
    for (; t < end; t++) {
      most = f64x2.max(most, finiteOrNaN(both(x + (<usize>t << 3), apart)))
      putBoth(out + (<usize>t << 3), apart, f64x2.max(v128.load(room + (<usize>(t + 1 - start) << 4)), most))
    }
  }
}

export function rollingMin(out: usize, x: usize, apart: usize, n: i32, w: i32, phase: i32, room: usize): void {
  const none = f64x2.splat(Infinity)
  v128.store(room + (<usize>w << 4), none)
  for (let t: i32 = 0, start: i32 = -phase; t < n; start += w) {
    const end = min(start + w, n)
    let least = none
    for (let i: i32 = start - 1; i > t - w; i--) {
      least = f64x2.min(least, finiteOrNaN(both(x + (<usize>i << 3), apart)))
      v128.store(room + (<usize>(w - start + i) << 4), least)
    }
    least = none
    for (let i: i32 = start; i < t; i++) least = f64x2.min(least, finiteOrNaN(both(x + (<usize>i << 3), apart)))
    for (; t < end; t++) {
      least = f64x2.min(least, finiteOrNaN(both(x + (<usize>t << 3), apart)))
      putBoth(out + (<usize>t << 3), apart, f64x2.min(v128.load(room + (<usize>(t + 1 - start) << 4)), least))
    }
  }
}

/** Beyond this many times the mean a pivot costs digits: `FAR_PIVOT` of rolling.ts. */
const FAR_PIVOT: f64 = 4

// @ts-expect-error: decorator
@inline
function meanOf(pivot: v128, about: v128, plain: v128, count: v128): v128 {
  const mean = f64x2.div(plain, count)
  const near = f64x2.le(f64x2.abs(pivot), f64x2.mul(f64x2.splat(FAR_PIVOT), f64x2.abs(mean)))
  return finiteOrNaN(v128.bitselect(f64x2.add(pivot, f64x2.div(about, count)), mean, near))
}

export function rollingMean(out: usize, x: usize, apart: usize, n: i32, w: i32, phase: i32, room: usize): void {
  const zero = f64x2.splat(0)
  const count = f64x2.splat(<f64>w)
  v128.store(room + (<usize>w << 5), zero)
  v128.store(room + (<usize>w << 5), zero, 16)
  for (let t: i32 = 0, start: i32 = -phase; t < n; start += w) {
    const end = min(start + w, n)
    const pivot = both(x + (<usize>start << 3), apart)
    let about = zero
    let plain = zero
    for (let i: i32 = start - 1; i > t - w; i--) {
      const v = both(x + (<usize>i << 3), apart)
      about = f64x2.add(about, f64x2.sub(v, pivot))
      plain = f64x2.add(plain, v)
      const at = room + (<usize>(w - start + i) << 5)
      v128.store(at, about)
      v128.store(at, plain, 16)
    }
    about = zero
    plain = zero
    for (let i: i32 = start; i < t; i++) {
      const v = both(x + (<usize>i << 3), apart)
      about = f64x2.add(about, f64x2.sub(v, pivot))
      plain = f64x2.add(plain, v)
    }
    for (; t < end; t++) {
      const v = both(x + (<usize>t << 3), apart)
      about = f64x2.add(about, f64x2.sub(v, pivot))
      plain = f64x2.add(plain, v)
      const at = room + (<usize>(t + 1 - start) << 5)
      const m = meanOf(pivot, f64x2.add(v128.load(at), about), f64x2.add(v128.load(at, 16), plain), count)
      putBoth(out + (<usize>t << 3), apart, m)
    }
  }
}

const STD: i32 = 0
const STD_AND_MEAN: i32 = 1
const SCORE: i32 = 2

// @ts-expect-error: decorator
@inline
function moments(
  what: i32,
  out: usize,
  meanOut: usize,
  x: usize,
  apart: usize,
  n: i32,
  w: i32,
  phase: i32,
  room: usize,
  divisor: f64,
  flat: f64,
): void {
  const zero = f64x2.splat(0)
  const count = f64x2.splat(<f64>w)
  const degrees = f64x2.splat(divisor)
  const last = room + <usize>w * 48
  v128.store(last, zero)
  v128.store(last, zero, 16)
  v128.store(last, zero, 32)
  for (let t: i32 = 0, start: i32 = -phase; t < n; start += w) {
    const end = min(start + w, n)
    const pivot = both(x + (<usize>start << 3), apart)
    let about = zero
    let plain = zero
    let square = zero
    for (let i: i32 = start - 1; i > t - w; i--) {
      const u = both(x + (<usize>i << 3), apart)
      const v = f64x2.sub(u, pivot)
      about = f64x2.add(about, v)
      plain = f64x2.add(plain, u)
      square = f64x2.add(square, f64x2.mul(v, v))
      const at = room + <usize>(w - start + i) * 48
      v128.store(at, about)
      v128.store(at, plain, 16)
      v128.store(at, square, 32)
    }
    about = zero
    plain = zero
    square = zero
    for (let i: i32 = start; i < t; i++) {
      const u = both(x + (<usize>i << 3), apart)
      const v = f64x2.sub(u, pivot)
      about = f64x2.add(about, v)
      plain = f64x2.add(plain, u)
      square = f64x2.add(square, f64x2.mul(v, v))
    }
    for (; t < end; t++) {
      const u = both(x + (<usize>t << 3), apart)
      const v = f64x2.sub(u, pivot)
      about = f64x2.add(about, v)
      plain = f64x2.add(plain, u)
      square = f64x2.add(square, f64x2.mul(v, v))
      const at = room + <usize>(t + 1 - start) * 48
      const s = f64x2.add(v128.load(at), about)
      const ss = f64x2.add(v128.load(at, 32), square)
      const variance = f64x2.max(f64x2.sub(ss, f64x2.div(f64x2.mul(s, s), count)), zero)
      const sd = f64x2.sqrt(f64x2.div(variance, degrees))
      if (what == STD) putBoth(out + (<usize>t << 3), apart, sd)
      else {
        const mean = meanOf(pivot, s, f64x2.add(v128.load(at, 16), plain), count)
        if (what == STD_AND_MEAN) {
          putBoth(out + (<usize>t << 3), apart, sd)
          putBoth(meanOut + (<usize>t << 3), apart, mean)
        } else {
          const score = f64x2.div(f64x2.sub(u, mean), f64x2.add(sd, f64x2.splat(1e-9)))
          const isFlat = f64x2.le(sd, f64x2.mul(f64x2.splat(flat), f64x2.abs(mean)))
          putBoth(out + (<usize>t << 3), apart, v128.andnot(score, isFlat))
        }
      }
    }
  }
}

/** `divisor`: w − ddof, NaN when that is not positive. */
export function rollingStd(
  out: usize, x: usize, apart: usize, n: i32, w: i32, phase: i32, room: usize, divisor: f64,
): void {
  moments(STD, out, 0, x, apart, n, w, phase, room, divisor, 0)
}

export function rollingStdAndMean(
  out: usize, meanOut: usize, x: usize, apart: usize, n: i32, w: i32, phase: i32, room: usize, divisor: f64,
): void {
  moments(STD_AND_MEAN, out, meanOut, x, apart, n, w, phase, room, divisor, 0)
}

export function zscore(
  out: usize, x: usize, apart: usize, n: i32, w: i32, phase: i32, room: usize, flat: f64,
): void {
  moments(SCORE, out, 0, x, apart, n, w, phase, room, <f64>w, flat)
}

/** `FLAT_VARIANCE` of rolling.ts. */
const FLAT_VARIANCE: f64 = 1e-14

// @ts-expect-error: decorator
@inline
function flatVariance(variance: v128, mean: v128, count: v128): v128 {
  const square = f64x2.mul(f64x2.mul(count, mean), mean)
  return f64x2.le(variance, f64x2.mul(f64x2.splat(FLAT_VARIANCE), f64x2.add(variance, square)))
}

// @ts-expect-error: decorator
@inline
function corrOf(px: v128, py: v128, u: v128, v: v128, uu: v128, vv: v128, uv: v128, count: v128): v128 {
  const varX = f64x2.sub(uu, f64x2.div(f64x2.mul(u, u), count))
  const varY = f64x2.sub(vv, f64x2.div(f64x2.mul(v, v), count))
  const cov = f64x2.sub(uv, f64x2.div(f64x2.mul(u, v), count))
  const missing = v128.or(notFinite(cov), v128.or(notFinite(varX), notFinite(varY)))
  const isFlat = v128.or(
    flatVariance(varX, f64x2.add(px, f64x2.div(u, count)), count),
    flatVariance(varY, f64x2.add(py, f64x2.div(v, count)), count),
  )
  const r = f64x2.div(cov, f64x2.mul(f64x2.sqrt(varX), f64x2.sqrt(varY)))
  const clamped = f64x2.max(f64x2.splat(-1), f64x2.min(f64x2.splat(1), r))
  return v128.bitselect(f64x2.splat(NaN), v128.andnot(clamped, isFlat), missing)
}

export function rollingCorr(
  out: usize, x: usize, y: usize, apart: usize, n: i32, w: i32, phase: i32, room: usize,
): void {
  const zero = f64x2.splat(0)
  const count = f64x2.splat(<f64>w)
  const last = room + <usize>w * 80
  v128.store(last, zero)
  v128.store(last, zero, 16)
  v128.store(last, zero, 32)
  v128.store(last, zero, 48)
  v128.store(last, zero, 64)
  for (let t: i32 = 0, start: i32 = -phase; t < n; start += w) {
    const end = min(start + w, n)
    const px = both(x + (<usize>start << 3), apart)
    const py = both(y + (<usize>start << 3), apart)
    let a = zero
    let b = zero
    let aa = zero
    let bb = zero
    let ab = zero
    for (let i: i32 = start - 1; i > t - w; i--) {
      const u = f64x2.sub(both(x + (<usize>i << 3), apart), px)
      const v = f64x2.sub(both(y + (<usize>i << 3), apart), py)
      a = f64x2.add(a, u)
      b = f64x2.add(b, v)
      aa = f64x2.add(aa, f64x2.mul(u, u))
      bb = f64x2.add(bb, f64x2.mul(v, v))
      ab = f64x2.add(ab, f64x2.mul(u, v))
      const at = room + <usize>(w - start + i) * 80
      v128.store(at, a)
      v128.store(at, b, 16)
      v128.store(at, aa, 32)
      v128.store(at, bb, 48)
      v128.store(at, ab, 64)
    }
    a = zero
    b = zero
    aa = zero
    bb = zero
    ab = zero
    for (let i: i32 = start; i < end; i++) {
      const u = f64x2.sub(both(x + (<usize>i << 3), apart), px)
      const v = f64x2.sub(both(y + (<usize>i << 3), apart), py)
      a = f64x2.add(a, u)
      b = f64x2.add(b, v)
      aa = f64x2.add(aa, f64x2.mul(u, u))
      bb = f64x2.add(bb, f64x2.mul(v, v))
      ab = f64x2.add(ab, f64x2.mul(u, v))
      if (i < t) continue
      const at = room + <usize>(i + 1 - start) * 80
      const r = corrOf(
        px,
        py,
        f64x2.add(v128.load(at), a),
        f64x2.add(v128.load(at, 16), b),
        f64x2.add(v128.load(at, 32), aa),
        f64x2.add(v128.load(at, 48), bb),
        f64x2.add(v128.load(at, 64), ab),
        count,
      )
      putBoth(out + (<usize>i << 3), apart, r)
    }
    t = end
  }
}

// ---- Cross-sections: `symbols` series of `stride` bytes each, rows [0, n), n even.

/** Bytes of rows at a time: the accumulators and a symbol's part of them stay in the first-level cache. */
const BLOCK: usize = 2048

// Adding 0 for a missing value changes nothing: no partial sum is −0.

// @ts-expect-error: decorator
@inline
function orZero(v: v128): v128 {
  return v128.and(v, f64x2.eq(v, v))
}

// @ts-expect-error: decorator
@inline
function oneIfThere(v: v128): v128 {
  return v128.and(f64x2.splat(1), f64x2.eq(v, v))
}

// @ts-expect-error: decorator
@inline
function squareFrom(v: v128, mean: v128): v128 {
  const e = f64x2.sub(v, mean)
  return v128.and(f64x2.mul(e, e), f64x2.eq(v, v))
}

// @ts-expect-error: decorator
@inline
function addFour(x: usize, stride: usize, count: usize, sum: usize): void {
  const a = v128.load(x)
  const b = v128.load(x + stride)
  const c = v128.load(x + 2 * stride)
  const d = v128.load(x + 3 * stride)
  // Counts are whole numbers: their order does not matter.
  const n = f64x2.add(f64x2.add(oneIfThere(a), oneIfThere(b)), f64x2.add(oneIfThere(c), oneIfThere(d)))
  v128.store(count, f64x2.add(v128.load(count), n))
  const ab = f64x2.add(f64x2.add(v128.load(sum), orZero(a)), orZero(b))
  v128.store(sum, f64x2.add(f64x2.add(ab, orZero(c)), orZero(d)))
}

// @ts-expect-error: decorator
@inline
function addFourSquares(x: usize, stride: usize, mean: usize, sum: usize): void {
  const m = v128.load(mean)
  const a = squareFrom(v128.load(x), m)
  const b = squareFrom(v128.load(x + stride), m)
  const c = squareFrom(v128.load(x + 2 * stride), m)
  const d = squareFrom(v128.load(x + 3 * stride), m)
  v128.store(sum, f64x2.add(f64x2.add(f64x2.add(f64x2.add(v128.load(sum), a), b), c), d))
}

/** Number of values, mean and population deviation of each row: `measureRows` of cross.ts, `flat` squared. */
// @ts-expect-error: decorator
@inline
function measureBlock(
  x: usize, symbols: i32, stride: usize, from: usize, to: usize, flat2: f64, count: usize, mean: usize, sd: usize,
): void {
  memory.fill(count + from, 0, to - from)
  memory.fill(mean + from, 0, to - from)
  memory.fill(sd + from, 0, to - from)
  // Four symbols per visit of the sums, added one after the other.
  const fours = symbols & ~3
  for (let s: i32 = 0, at = x; s < fours; s += 4, at += 4 * stride) {
    for (let t = from; t < to; t += 16) addFour(at + t, stride, count + t, mean + t)
  }
  for (let s: i32 = fours, at = x + <usize>fours * stride; s < symbols; s++, at += stride) {
    for (let t = from; t < to; t += 16) {
      const v = v128.load(at + t)
      v128.store(count + t, f64x2.add(v128.load(count + t), oneIfThere(v)))
      v128.store(mean + t, f64x2.add(v128.load(mean + t), orZero(v)))
    }
  }
  for (let t = from; t < to; t += 16) v128.store(mean + t, f64x2.div(v128.load(mean + t), v128.load(count + t)))
  for (let s: i32 = 0, at = x; s < fours; s += 4, at += 4 * stride) {
    for (let t = from; t < to; t += 16) addFourSquares(at + t, stride, mean + t, sd + t)
  }
  for (let s: i32 = fours, at = x + <usize>fours * stride; s < symbols; s++, at += stride) {
    for (let t = from; t < to; t += 16)
      v128.store(sd + t, f64x2.add(v128.load(sd + t), squareFrom(v128.load(at + t), v128.load(mean + t))))
  }
  for (let t = from; t < to; t += 16) {
    const m = v128.load(mean + t)
    const variance = f64x2.div(v128.load(sd + t), v128.load(count + t))
    const scale = f64x2.add(variance, f64x2.mul(m, m))
    const isFlat = f64x2.le(variance, f64x2.mul(f64x2.splat(flat2), scale))
    v128.store(sd + t, v128.bitselect(f64x2.splat(Infinity), f64x2.sqrt(variance), isFlat))
  }
}

export function measure(
  x: usize, symbols: i32, stride: usize, n: i32, flat2: f64, count: usize, mean: usize, sd: usize,
): void {
  const end = <usize>n << 3
  for (let from: usize = 0; from < end; from += BLOCK)
    measureBlock(x, symbols, stride, from, min(from + BLOCK, end), flat2, count, mean, sd)
}

/** The same, and every value replaced by its score. */
export function neutralise(
  x: usize, symbols: i32, stride: usize, n: i32, flat2: f64, count: usize, mean: usize, sd: usize,
): void {
  const zero = f64x2.splat(0)
  const end = <usize>n << 3
  for (let from: usize = 0; from < end; from += BLOCK) {
    const to = min(from + BLOCK, end)
    measureBlock(x, symbols, stride, from, to, flat2, count, mean, sd)
    for (let s: i32 = 0, at = x; s < symbols; s++, at += stride) {
      for (let t = from; t < to; t += 16) {
        const e = f64x2.sub(v128.load(at + t), v128.load(mean + t))
        v128.store(at + t, f64x2.add(f64x2.div(e, v128.load(sd + t)), zero))
      }
    }
  }
}

// ---- Rows of a table: n values at the byte offsets `index` (u32) from x. The number of NaN; all of one bit pattern.

export function gather32(x: usize, index: usize, n: i32, out: usize): i32 {
  let missing: i32 = 0
  for (const end = index + (<usize>n << 2); index < end; index += 4, out += 4) {
    const v = load<f64>(x + load<u32>(index))
    missing += <i32>(v != v)
    store<f32>(out, v == v ? <f32>v : <f32>NaN)
  }
  return missing
}

export function gather64(x: usize, index: usize, n: i32, out: usize): i32 {
  let missing: i32 = 0
  for (const end = index + (<usize>n << 2); index < end; index += 4, out += 8) {
    const v = load<f64>(x + load<u32>(index))
    missing += <i32>(v != v)
    store<f64>(out, v == v ? v : NaN)
  }
  return missing
}
