/**
 * The hot loops, in AssemblyScript. `scripts/build-kernels.mjs` compiles this file into `src/kernels/wasm-bytes.ts`;
 * `src/kernels/typescript.ts` has the same functions in plain TypeScript, which must give the same bits.
 *
 * All arguments of type `usize` are byte addresses (or strides in bytes) in the shared memory. Histograms are made from
 * rows of bins, 8 features (a block) at a time: their 8 x 256 entries of two float64 (sum of gradients, sum of hessians)
 * are 32 KiB, which stays in the first-level cache. Partitions read the feature's column. One file because it is one
 * module.
 */

const EPSILON: f64 = 1.0000000036274937e-15
/** 1 less some fifty times the rounding error of a double. */
const NEARLY: f64 = 1 - 1e-14

// @ts-expect-error: decorator
@inline
function add8(w: u64, gh: v128, hist: usize): void {
  const a0 = hist + (<usize>(w << 4) & 0xff0)
  v128.store(a0, f64x2.add(v128.load(a0), gh))
  const a1 = hist + (<usize>(w >> 4) & 0xff0)
  v128.store(a1, f64x2.add(v128.load(a1, 4096), gh), 4096)
  const a2 = hist + (<usize>(w >> 12) & 0xff0)
  v128.store(a2, f64x2.add(v128.load(a2, 8192), gh), 8192)
  const a3 = hist + (<usize>(w >> 20) & 0xff0)
  v128.store(a3, f64x2.add(v128.load(a3, 12288), gh), 12288)
  const a4 = hist + (<usize>(w >> 28) & 0xff0)
  v128.store(a4, f64x2.add(v128.load(a4, 16384), gh), 16384)
  const a5 = hist + (<usize>(w >> 36) & 0xff0)
  v128.store(a5, f64x2.add(v128.load(a5, 20480), gh), 20480)
  const a6 = hist + (<usize>(w >> 44) & 0xff0)
  v128.store(a6, f64x2.add(v128.load(a6, 24576), gh), 24576)
  const a7 = hist + (<usize>(w >> 52) & 0xff0)
  v128.store(a7, f64x2.add(v128.load(a7, 28672), gh), 28672)
}

/**
 * Adds the rows `idx[0..n)` to the histogram of a block; `bins` is the block's place in row 0, rows are `stride` bytes
 * apart; `pairs` holds their (gradient, hessian) in the order of `idx`. Two rows a round, one after the other.
 */
export function histogram(bins: usize, stride: usize, idx: usize, n: i32, pairs: usize, hist: usize): void {
  const end = idx + ((<usize>n) << 2)
  while (idx + 4 < end) {
    const w0 = load<u64>(bins + <usize>load<u32>(idx) * stride)
    const w1 = load<u64>(bins + <usize>load<u32>(idx, 4) * stride)
    const two = v128.load(pairs)
    add8(w0, f64x2.promote_low_f32x4(two), hist)
    add8(w1, f64x2.promote_low_f32x4(v128.shuffle<f64>(two, two, 1, 1)), hist)
    idx += 8
    pairs += 16
  }
  if (idx < end) {
    const w = load<u64>(bins + <usize>load<u32>(idx) * stride)
    add8(w, f64x2.promote_low_f32x4(v128.load64_zero(pairs)), hist)
  }
}

/** The same for `n` rows one after the other. */
export function histogramAll(bins: usize, stride: usize, n: i32, pairs: usize, hist: usize): void {
  const end = pairs + ((<usize>n) << 3)
  while (pairs + 8 < end) {
    const w0 = load<u64>(bins)
    const w1 = load<u64>(bins + stride)
    const two = v128.load(pairs)
    add8(w0, f64x2.promote_low_f32x4(two), hist)
    add8(w1, f64x2.promote_low_f32x4(v128.shuffle<f64>(two, two, 1, 1)), hist)
    bins += stride << 1
    pairs += 16
  }
  if (pairs < end) add8(load<u64>(bins), f64x2.promote_low_f32x4(v128.load64_zero(pairs)), hist)
}

/**
 * Reads a byte of each of the rows `idx[0..n)`, so that their cache lines are fetched many at a time, before
 * `histogram` reads them few at a time. The sum it returns means nothing; it keeps the reads from being left out.
 */
export function touch(bins: usize, stride: usize, idx: usize, n: i32): i32 {
  let sum = 0
  const end = idx + ((<usize>n) << 2)
  for (; idx < end; idx += 4) sum += <i32>load<u8>(bins + <usize>load<u32>(idx) * stride)
  return sum
}

/** Zeros `bytes` (a multiple of 64) bytes. */
export function clear(at: usize, bytes: usize): void {
  const zero = f64x2.splat(0)
  for (const end = at + bytes; at < end; at += 64) {
    v128.store(at, zero)
    v128.store(at, zero, 16)
    v128.store(at, zero, 32)
    v128.store(at, zero, 48)
  }
}

/** Copies `n` uint32; the ranges do not overlap. */
export function copy(from: usize, to: usize, n: i32): void {
  const end = from + ((<usize>n) << 2)
  for (; from + 12 < end; from += 16, to += 16) v128.store(to, v128.load(from))
  for (; from < end; from += 4, to += 4) store<u32>(to, load<u32>(from))
}

/** `parent -= child` for one block. */
export function subtract(parent: usize, child: usize): void {
  for (let a: usize = 0; a < 32768; a += 32) {
    v128.store(parent + a, f64x2.sub(v128.load(parent + a), v128.load(child + a)))
    v128.store(parent + a, f64x2.sub(v128.load(parent + a, 16), v128.load(child + a, 16)), 16)
  }
}

/**
 * LightGBM's `FixHistogram` for the features of one block: the most frequent bin (if it is not bin 0) becomes the leaf's
 * sums minus all other bins, in bin order. `meta` is the features' table (32 bytes each, most frequent bin at 12),
 * `active` their flags (bit 0: histogram wanted). Eight chains of subtractions run side by side.
 */
export function fixBins(hist: usize, meta: usize, active: usize, sumG: f64, sumH: f64): void {
  let fixes = 0
  for (let k: usize = 0; k < 8; k++) {
    const bin = load<i32>(meta + (k << 5), 12)
    if (bin > 0 && (load<u8>(active + k) & 1) != 0) {
      v128.store(hist + (k << 12) + ((<usize>bin) << 4), f64x2.splat(0))
      fixes |= 1 << <i32>k
    }
  }
  if (fixes == 0) return
  const sum = f64x2.replace_lane(f64x2.splat(sumG), 1, sumH)
  let s0 = sum
  let s1 = sum
  let s2 = sum
  let s3 = sum
  let s4 = sum
  let s5 = sum
  let s6 = sum
  let s7 = sum
  const end = hist + 4096
  for (let a = hist; a < end; a += 16) {
    s0 = f64x2.sub(s0, v128.load(a))
    s1 = f64x2.sub(s1, v128.load(a, 4096))
    s2 = f64x2.sub(s2, v128.load(a, 8192))
    s3 = f64x2.sub(s3, v128.load(a, 12288))
    s4 = f64x2.sub(s4, v128.load(a, 16384))
    s5 = f64x2.sub(s5, v128.load(a, 20480))
    s6 = f64x2.sub(s6, v128.load(a, 24576))
    s7 = f64x2.sub(s7, v128.load(a, 28672))
  }
  if (fixes & 1) put(hist, meta, 0, s0)
  if (fixes & 2) put(hist, meta, 1, s1)
  if (fixes & 4) put(hist, meta, 2, s2)
  if (fixes & 8) put(hist, meta, 3, s3)
  if (fixes & 16) put(hist, meta, 4, s4)
  if (fixes & 32) put(hist, meta, 5, s5)
  if (fixes & 64) put(hist, meta, 6, s6)
  if (fixes & 128) put(hist, meta, 7, s7)
}

// @ts-expect-error: decorator
@inline
function put(hist: usize, meta: usize, k: usize, sum: v128): void {
  v128.store(hist + (k << 12) + ((<usize>load<i32>(meta + (k << 5), 12)) << 4), sum)
}

/** `out[i] = pairs[idx[i]]`. */
export function gather(pairs: usize, idx: usize, n: i32, out: usize): void {
  for (let i: i32 = 0; i < n; i++)
    store<u64>(out + ((<usize>i) << 3), load<u64>(pairs + ((<usize>load<u32>(idx + ((<usize>i) << 2))) << 3)))
}

/**
 * Stable partition of the rows `idx[0..n)` by `table[bin]` (1 left, 0 right); `bins` points at the feature's byte of
 * row 0. `left` may be `idx`. Returns how many went left.
 */
export function partition(bins: usize, stride: usize, idx: usize, n: i32, table: usize, left: usize, right: usize): i32 {
  let l = left
  let r = right
  const end = idx + ((<usize>n) << 2)
  for (let p = idx; p < end; p += 4) {
    const row = load<u32>(p)
    const go = <usize>load<u8>(table + <usize>load<u8>(bins + <usize>row * stride))
    store<u32>(l, row)
    store<u32>(r, row)
    l += go << 2
    r += (1 - go) << 2
  }
  return <i32>((l - left) >> 2)
}

/**
 * Copies one feature of the rows `rows[0..n)` (or of `n` rows one after the other if `rows` is 0) from a column to bytes
 * that are `stride` apart.
 */
export function spread(from: usize, rows: usize, n: i32, to: usize, stride: usize): void {
  if (rows == 0) {
    for (let i: i32 = 0; i < n; i++) {
      store<u8>(to, load<u8>(from + <usize>i))
      to += stride
    }
  } else {
    for (let i: i32 = 0; i < n; i++) {
      store<u8>(to, load<u8>(from + <usize>load<u32>(rows + ((<usize>i) << 2))))
      to += stride
    }
  }
}

/** `scores[idx[i]] += value`. */
export function addToRows(scores: usize, idx: usize, n: i32, value: f64): void {
  for (let i: i32 = 0; i < n; i++) {
    const a = scores + ((<usize>load<u32>(idx + ((<usize>i) << 2))) << 3)
    store<f64>(a, load<f64>(a) + value)
  }
}

/** Squared-error gradients: `(score - label, 1)` as float32. */
export function gradientsL2(scores: usize, labels: usize, from: i32, to: i32, pairs: usize): void {
  for (let i: i32 = from; i < to; i++) {
    const a = pairs + ((<usize>i) << 3)
    store<f32>(a, <f32>(load<f64>(scores + ((<usize>i) << 3)) - <f64>load<f32>(labels + ((<usize>i) << 2))))
    store<f32>(a, 1, 4)
  }
}

// @ts-expect-error: decorator
@inline
function search(bounds: usize, v: f64): usize {
  // `bounds` has 256 entries, infinity from the last bound on: counts the bounds below v.
  let a = bounds
  a += <usize>i32(load<f64>(a, 127 * 8) < v) << 10
  a += <usize>i32(load<f64>(a, 63 * 8) < v) << 9
  a += <usize>i32(load<f64>(a, 31 * 8) < v) << 8
  a += <usize>i32(load<f64>(a, 15 * 8) < v) << 7
  a += <usize>i32(load<f64>(a, 7 * 8) < v) << 6
  a += <usize>i32(load<f64>(a, 3 * 8) < v) << 5
  a += <usize>i32(load<f64>(a, 8) < v) << 4
  a += <usize>i32(load<f64>(a) < v) << 3
  return (a - bounds) >> 3
}

/** Bins of float64 values: the first bound not below the value; NaN goes to `nanBin`. */
export function mapBins(values: usize, n: i32, bounds: usize, nanBin: i32, out: usize): void {
  for (let i: i32 = 0; i < n; i++) {
    const v = load<f64>(values + ((<usize>i) << 3))
    const b = <i32>search(bounds, v)
    store<u8>(out + <usize>i, v == v ? b : nanBin)
  }
}

// @ts-expect-error: decorator
@inline
function thresholdL1(s: f64, l1: f64): f64 {
  const reg = max<f64>(0, abs<f64>(s) - l1)
  return s > 0 ? reg : s < 0 ? -reg : 0
}

// @ts-expect-error: decorator
@inline
function gainOf(gl: f64, hl: f64, gr: f64, hr: f64, l1: f64, l2: f64): f64 {
  if (l1 > 0) {
    gl = thresholdL1(gl, l1)
    gr = thresholdL1(gr, l1)
  }
  const g = f64x2.replace_lane(f64x2.splat(gl), 1, gr)
  const h = f64x2.replace_lane(f64x2.splat(hl + l2), 1, hr + l2)
  const q = f64x2.div(f64x2.mul(g, g), h)
  return f64x2.extract_lane(q, 0) + f64x2.extract_lane(q, 1)
}

// What a scan found: own side's sums at the best candidate, its step, and its gain. One set per instance, so per thread.
let foundAt: i32 = 0
let foundG: f64 = 0
let foundH: f64 = 0
let foundC: f64 = 0
let foundGain: f64 = 0

// @ts-expect-error: decorator
@inline
function scalarGain(g: f64, h: f64, c: f64, sumG: f64, sumH: f64, n: f64, l1: f64, l2: f64, minData: f64, minHess: f64): f64 {
  const oh = sumH - h
  if (c < minData || h < minHess || n - c < minData || oh < minHess) return -Infinity
  return gainOf(g, h, sumG - g, oh, l1, l2)
}

/** Rows in the bins of `n` entries from address `a` on, `step` bytes apart, as LightGBM estimates them from hessians. */
function countRows(a: usize, step: i32, n: i32, factor: f64): f64 {
  const vFactor = f64x2.splat(factor)
  const vHalf = f64x2.splat(0.5)
  let sum = f64x2.splat(0)
  for (; n > 1; n -= 2) {
    const h = v128.shuffle<f64>(v128.load(a), v128.load(a + step), 1, 3)
    sum = f64x2.add(sum, f64x2.trunc(f64x2.add(f64x2.mul(h, vFactor), vHalf)))
    a += step << 1
  }
  let c = f64x2.extract_lane(sum, 0) + f64x2.extract_lane(sum, 1)
  if (n > 0) c += Math.trunc(load<f64>(a, 8) * factor + 0.5)
  return c
}

/**
 * Adds `count` bins from address `a` on, `step` bytes apart, to the own side (g, h, c) and looks for the candidate of
 * the largest gain above `best`. Candidates with too few rows or hessian on a side do not count. Once a candidate is
 * found (or at once if `known`), candidates below `hint` may be passed over.
 * Two candidates at a time; sums are added one by one in order, so they are the same as one at a time. Rows are whole
 * numbers, exact in any order, and counted only as far as a candidate needs them.
 */
function scan(
  a: usize,
  step: i32,
  count: i32,
  skipAt: i32,
  g: f64,
  h: f64,
  c: f64,
  sumG: f64,
  sumH: f64,
  n: f64,
  factor: f64,
  l1: f64,
  l2: f64,
  minData: f64,
  minHess: f64,
  best: f64,
  hint: f64,
  known: bool,
): void {
  foundAt = -1
  let i = 0
  if (l1 == 0 && skipAt < 0) {
    let s = f64x2.replace_lane(f64x2.splat(g), 1, h)
    let counted = 0
    let countedTo = a
    let nearly = f64x2.splat((known ? max<f64>(best, hint) : best) * NEARLY)
    const vG = f64x2.splat(sumG)
    const vH = f64x2.splat(sumH)
    const vL2 = f64x2.splat(l2)
    for (; i + 1 < count; i += 2) {
      const b1 = v128.load(a)
      const b2 = v128.load(a + step)
      a += step << 1
      const s1 = f64x2.add(s, b1)
      s = f64x2.add(s1, b2)
      const vg = v128.shuffle<f64>(s1, s, 0, 2)
      const vh = v128.shuffle<f64>(s1, s, 1, 3)
      const og = f64x2.sub(vG, vg)
      const oh = f64x2.sub(vH, vh)
      const p = f64x2.add(oh, vL2)
      const q = f64x2.add(vh, vL2)
      // Divisions are slow: og^2/p + vg^2/q > best needs (og^2 q + vg^2 p) >= best p q but for rounding, far below NEARLY.
      const above = f64x2.ge(
        f64x2.add(f64x2.mul(f64x2.mul(og, og), q), f64x2.mul(f64x2.mul(vg, vg), p)),
        f64x2.mul(nearly, f64x2.mul(p, q)),
      )
      if (v128.any_true(above)) {
        const gain = f64x2.add(f64x2.div(f64x2.mul(og, og), p), f64x2.div(f64x2.mul(vg, vg), q))
        const ok = v128.and(
          f64x2.gt(gain, f64x2.splat(best)),
          v128.and(f64x2.ge(vh, f64x2.splat(minHess)), f64x2.ge(oh, f64x2.splat(minHess))),
        )
        if (v128.any_true(ok)) {
          c += countRows(countedTo, step, i + 1 - counted, factor)
          const c2 = c + Math.trunc(f64x2.extract_lane(b2, 1) * factor + 0.5)
          if (i64x2.extract_lane(ok, 0) != 0 && c >= minData && n - c >= minData) {
            best = f64x2.extract_lane(gain, 0)
            foundAt = i
            foundG = f64x2.extract_lane(vg, 0)
            foundH = f64x2.extract_lane(vh, 0)
            foundC = c
          }
          if (
            i64x2.extract_lane(ok, 1) != 0 && f64x2.extract_lane(gain, 1) > best && c2 >= minData && n - c2 >= minData
          ) {
            best = f64x2.extract_lane(gain, 1)
            foundAt = i + 1
            foundG = f64x2.extract_lane(vg, 1)
            foundH = f64x2.extract_lane(vh, 1)
            foundC = c2
          }
          c = c2
          counted = i + 2
          countedTo = a
          nearly = f64x2.splat((known || foundAt >= 0 ? max<f64>(best, hint) : best) * NEARLY)
        }
      }
    }
    g = f64x2.extract_lane(s, 0)
    h = f64x2.extract_lane(s, 1)
    if (i < count) c += countRows(countedTo, step, i - counted, factor)
  }
  for (; i < count; ++i) {
    if (i != skipAt) {
      const bh = load<f64>(a, 8)
      g += load<f64>(a)
      h += bh
      c += Math.trunc(bh * factor + 0.5)
      const gain = scalarGain(g, h, c, sumG, sumH, n, l1, l2, minData, minHess)
      if (gain > best) {
        best = gain
        foundAt = i
        foundG = g
        foundH = h
        foundC = c
      }
    }
    a += step
  }
  foundGain = best
}

/**
 * The best threshold of one numerical feature without constraints: LightGBM's `FindBestThresholdSequentially`, from
 * right to left and, if missing values have a direction, from left to right. `sumH` includes 2 epsilon.
 * `missing`: 0 none, 1 zero (bin `defaultBin` is skipped), 2 NaN (the last bin is). `offset` 1: bin 0 is not summed
 * but taken as the rest (LightGBM does not store the most frequent bin if it is bin 0).
 * Writes gain (above the leaf's own gain plus `minGain`; -infinity if none), threshold, default-left, left gradient,
 * left hessian, left count to `out`; returns whether there is any. A best split of less gain than `hint` (what another
 * feature of the leaf has) cannot be chosen, so what is written is then only some split of the feature, or its best.
 */
export function findSplit(
  hist: usize,
  numBin: i32,
  missing: i32,
  defaultBin: i32,
  offset: i32,
  sumG: f64,
  sumH: f64,
  numData: i32,
  l1: f64,
  l2: f64,
  minGain: f64,
  minData: i32,
  minHess: f64,
  hint: f64,
  out: usize,
): i32 {
  const n = <f64>numData
  const least = <f64>minData
  const factor = n / sumH
  const own = l1 > 0 ? thresholdL1(sumG, l1) : sumG
  const shift = (own * own) / (sumH + l2) + minGain
  const both = numBin > 2 && missing != 0
  const skip = both && missing == 1 ? defaultBin : -1
  let outGain: f64 = -Infinity

  const last = numBin - 1 - i32(both && missing == 2)
  scan(
    hist + ((<usize>last) << 4), -16, last, skip < 1 ? -1 : last - skip,
    0, EPSILON, 0, sumG, sumH, n, factor, l1, l2, least, minHess, shift,
    hint + shift, false,
  )
  if (foundAt >= 0) {
    outGain = foundGain - shift
    store<f64>(out, <f64>(last - foundAt - 1), 8)
    store<f64>(out, both || missing != 2 ? 1 : 0, 16)
    store<f64>(out, sumG - foundG, 24)
    store<f64>(out, sumH - foundH, 32)
    store<f64>(out, n - foundC, 40)
  }
  if (both) {
    let g: f64 = 0
    let h: f64 = EPSILON
    let c: f64 = 0
    let from = 0
    // With zeros as missing and bin 0 not the bin of 0, LightGBM forgets bin 0 here; its rows do go left, so we sum it.
    const stored0 = offset == 0 || (missing == 1 && defaultBin != 0)
    let bestGain = shift
    let bestT = -1
    let bestG: f64 = 0
    let bestH: f64 = 0
    let bestC: f64 = 0
    if (!stored0) {
      from = 1
      if (missing == 2) {
        g = sumG
        h = sumH - EPSILON
        c = n
        for (let i = 1; i < numBin; ++i) {
          const a = hist + ((<usize>i) << 4)
          const bh = load<f64>(a, 8)
          g -= load<f64>(a)
          h -= bh
          c -= Math.trunc(bh * factor + 0.5)
        }
        const gain = scalarGain(g, h, c, sumG, sumH, n, l1, l2, least, minHess)
        if (gain > bestGain) {
          bestGain = gain
          bestT = 0
          bestG = g
          bestH = h
          bestC = c
        }
      }
    }
    scan(
      hist + ((<usize>from) << 4), 16, numBin - 1 - from, skip < from ? -1 : skip - from,
      g, h, c, sumG, sumH, n, factor, l1, l2, least, minHess, bestGain,
      max<f64>(hint, outGain) + shift, outGain > -Infinity,
    )
    if (foundAt >= 0) {
      bestGain = foundGain
      bestT = from + foundAt
      bestG = foundG
      bestH = foundH
      bestC = foundC
    }
    if (bestT >= 0 && bestGain > outGain + shift) {
      outGain = bestGain - shift
      store<f64>(out, <f64>bestT, 8)
      store<f64>(out, 0, 16)
      store<f64>(out, bestG, 24)
      store<f64>(out, bestH, 32)
      store<f64>(out, bestC, 40)
    }
  }
  store<f64>(out, outGain)
  return outGain > -Infinity ? 1 : 0
}
