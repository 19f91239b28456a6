/**
 * Split finding in full generality, on one feature's histogram: LightGBM's feature_histogram.hpp/.cpp with L1,
 * max_delta_step, path_smooth, monotone constraints ("basic"), extra_trees and categorical features. Plain numerical
 * features without those take the compiled `findSplit`, which must give the same. Kept whole because gain, output and
 * search share their formulas.
 */
import { EPSILON } from '../kernels/kernels.js'
import type { Params } from '../params.js'

/** The parameters that split finding needs; can be posted to workers. */
export interface SplitConfig {
  readonly l1: number
  readonly l2: number
  readonly maxDelta: number
  readonly minGain: number
  readonly minData: number
  readonly minHess: number
  readonly smooth: number
  readonly extraTrees: boolean
  readonly monotone: boolean
  readonly catL2: number
  readonly catSmooth: number
  readonly maxCatThreshold: number
  readonly maxCatToOnehot: number
  readonly minDataPerGroup: number
  /** Whether numerical features may take the compiled finder. */
  readonly plain: boolean
  /** Whether gains of different features are compared as they are, so that one's gain bounds the search of the next. */
  readonly hints: boolean
}

export function splitConfig(p: Params): SplitConfig {
  const monotone = p.monotone_constraints.length > 0
  return {
    l1: p.lambda_l1,
    l2: p.lambda_l2,
    maxDelta: p.max_delta_step,
    minGain: p.min_gain_to_split,
    minData: p.min_data_in_leaf,
    minHess: p.min_sum_hessian_in_leaf,
    smooth: p.path_smooth,
    extraTrees: p.extra_trees,
    monotone,
    catL2: p.cat_l2,
    catSmooth: p.cat_smooth,
    maxCatThreshold: p.max_cat_threshold,
    maxCatToOnehot: p.max_cat_to_onehot,
    minDataPerGroup: p.min_data_per_group,
    hints: p.feature_contri.length === 0,
    plain: !monotone && !p.extra_trees && p.max_delta_step <= 0 && !(p.path_smooth > EPSILON),
  }
}

/** Statistics of the leaf being split. `sumH` does not yet include the 2 epsilon that LightGBM adds. */
export interface LeafStats {
  readonly sumG: number
  readonly sumH: number
  readonly count: number
  /** The leaf's own output: what path smoothing pulls towards. */
  readonly parentOutput: number
  /** Bounds of the outputs from monotone constraints. */
  readonly min: number
  readonly max: number
}

export interface FeatureMeta {
  readonly numBin: number
  readonly missing: number
  readonly defaultBin: number
  readonly mostFreqBin: number
  readonly categorical: boolean
  readonly monotone: number
}

/** Layout of a record of 8 float64: what a finder says about a feature. */
export const RECORD = {
  gain: 0,
  threshold: 1,
  defaultLeft: 2,
  leftG: 3,
  leftH: 4,
  leftCount: 5,
  catDirection: 6,
} as const
export const RECORD_SIZE = 8

function thresholdL1(s: number, l1: number): number {
  const reg = Math.max(0, Math.abs(s) - l1)
  return s > 0 ? reg : s < 0 ? -reg : 0
}

/** The output of a leaf (`CalculateSplittedLeafOutput`), without monotone bounds. */
export function leafOutput(
  c: SplitConfig,
  g: number,
  h: number,
  l2: number,
  count: number,
  parentOutput: number,
): number {
  let out = -(c.l1 > 0 ? thresholdL1(g, c.l1) : g) / (h + l2)
  if (c.maxDelta > 0 && Math.abs(out) > c.maxDelta) out = Math.sign(out) * c.maxDelta
  if (c.smooth > EPSILON) {
    const w = count / c.smooth
    out = (out * w) / (w + 1) + parentOutput / (w + 1)
  }
  return out
}

/** The same within the leaf's monotone bounds. */
export function boundedOutput(
  c: SplitConfig,
  g: number,
  h: number,
  l2: number,
  count: number,
  leaf: LeafStats,
): number {
  const out = leafOutput(c, g, h, l2, count, leaf.parentOutput)
  return c.monotone ? Math.min(leaf.max, Math.max(leaf.min, out)) : out
}

function gainGivenOutput(c: SplitConfig, g: number, h: number, l2: number, output: number): number {
  const s = c.l1 > 0 ? thresholdL1(g, c.l1) : g
  return -(2 * s * output + (h + l2) * output * output)
}

function leafGain(c: SplitConfig, g: number, h: number, l2: number, count: number, parentOutput: number): number {
  if (!(c.maxDelta > 0) && !(c.smooth > EPSILON)) {
    const s = c.l1 > 0 ? thresholdL1(g, c.l1) : g
    return (s * s) / (h + l2)
  }
  return gainGivenOutput(c, g, h, l2, leafOutput(c, g, h, l2, count, parentOutput))
}

function splitGain(
  c: SplitConfig,
  leaf: LeafStats,
  monotone: number,
  gl: number,
  hl: number,
  nl: number,
  gr: number,
  hr: number,
  nr: number,
  l2: number,
): number {
  if (!c.monotone)
    return leafGain(c, gl, hl, l2, nl, leaf.parentOutput) + leafGain(c, gr, hr, l2, nr, leaf.parentOutput)
  const left = boundedOutput(c, gl, hl, l2, nl, leaf)
  const right = boundedOutput(c, gr, hr, l2, nr, leaf)
  if ((monotone > 0 && left > right) || (monotone < 0 && left < right)) return 0
  return gainGivenOutput(c, gl, hl, l2, left) + gainGivenOutput(c, gr, hr, l2, right)
}

function round(x: number): number {
  return Math.trunc(x + 0.5)
}

/**
 * Best threshold of a numerical feature. `hist` and `out` index `f64`; `random` is the only threshold that extra_trees
 * may use. Returns whether any candidate beat the leaf's own gain.
 */
export function findNumerical(
  f64: Float64Array,
  hist: number,
  m: FeatureMeta,
  leaf: LeafStats,
  c: SplitConfig,
  random: number,
  out: number,
): boolean {
  const { sumG, count } = leaf
  const sumH = leaf.sumH + 2 * EPSILON
  const factor = count / sumH
  const shift = leafGain(c, sumG, sumH, c.l2, count, leaf.parentOutput) + c.minGain
  const both = m.numBin > 2 && m.missing !== 0
  const skip = both && m.missing === 1 ? m.defaultBin : -1
  let splittable = false
  f64[out] = Number.NEGATIVE_INFINITY
  const pass = (reverse: boolean): void => {
    let best = Number.NEGATIVE_INFINITY
    let bestT = 0
    let bestG = 0
    let bestH = 0
    let bestC = 0
    let g = 0
    let h = EPSILON
    let n = 0
    let from = reverse ? m.numBin - 1 - (both && m.missing === 2 ? 1 : 0) : 0
    let first = false
    if (!reverse && m.mostFreqBin === 0 && !(m.missing === 1 && m.defaultBin !== 0)) {
      // LightGBM does not store the most frequent bin if it is bin 0: its sums are what the others leave.
      from = 1
      if (m.missing === 2) {
        g = sumG
        h = sumH - EPSILON
        n = count
        for (let b = 1; b < m.numBin; b++) {
          g -= f64[hist + 2 * b]
          h -= f64[hist + 2 * b + 1]
          n -= round(f64[hist + 2 * b + 1] * factor)
        }
        from = 0
        first = true
      }
    }
    for (let t = from; reverse ? t >= 1 : t <= m.numBin - 2; t += reverse ? -1 : 1) {
      if (t === skip) continue
      if (!first) {
        g += f64[hist + 2 * t]
        h += f64[hist + 2 * t + 1]
        n += round(f64[hist + 2 * t + 1] * factor)
      }
      first = false
      if (n < c.minData || h < c.minHess) continue
      const on = count - n
      const oh = sumH - h
      if (on < c.minData || oh < c.minHess) break
      const threshold = reverse ? t - 1 : t
      if (c.extraTrees && threshold !== random) continue
      const og = sumG - g
      const gain = reverse
        ? splitGain(c, leaf, m.monotone, og, oh, on, g, h, n, c.l2)
        : splitGain(c, leaf, m.monotone, g, h, n, og, oh, on, c.l2)
      if (!(gain > shift)) continue
      splittable = true
      if (gain > best && !(c.monotone && leaf.min > leaf.max)) {
        best = gain
        bestT = threshold
        bestG = reverse ? og : g
        bestH = reverse ? oh : h
        bestC = reverse ? on : n
      }
    }
    if (splittable && best > f64[out] + shift) {
      f64[out] = best - shift
      f64[out + RECORD.threshold] = bestT
      f64[out + RECORD.defaultLeft] = reverse && (both || m.missing !== 2) ? 1 : 0
      f64[out + RECORD.leftG] = bestG
      f64[out + RECORD.leftH] = bestH
      f64[out + RECORD.leftCount] = bestC
    }
  }
  pass(true)
  if (both) pass(false)
  return splittable
}

/** The bins of a categorical feature in the order of `sum gradient / (sum hessian + cat_smooth)`. */
function sortedBins(f64: Float64Array, hist: number, m: FeatureMeta, factor: number, c: SplitConfig): number[] {
  const bins: number[] = []
  for (let b = 1; b < m.numBin; b++) if (round(f64[hist + 2 * b + 1] * factor) >= c.catSmooth) bins.push(b)
  const key = (b: number): number => f64[hist + 2 * b] / (f64[hist + 2 * b + 1] + c.catSmooth)
  return bins.sort((a, b) => key(a) - key(b))
}

/**
 * Best set of categories to send left: one against the rest for few categories, otherwise a run from either end of the
 * sorted categories. `random` is 31 random bits for extra_trees.
 */
export function findCategorical(
  f64: Float64Array,
  hist: number,
  m: FeatureMeta,
  leaf: LeafStats,
  c: SplitConfig,
  random: number,
  out: number,
): boolean {
  const { sumG, count } = leaf
  const sumH = leaf.sumH + 2 * EPSILON
  const factor = count / sumH
  const own =
    c.smooth > EPSILON
      ? gainGivenOutput(c, sumG, sumH, c.l2, leaf.parentOutput)
      : leafGain(c, sumG, sumH, c.l2, count, 0)
  const shift = own + c.minGain
  let best = Number.NEGATIVE_INFINITY
  let splittable = false
  const take = (gain: number, threshold: number, direction: number, g: number, h: number, n: number): void => {
    if (!(gain > shift)) return
    splittable = true
    if (!(gain > best)) return
    best = gain
    f64[out + RECORD.threshold] = threshold
    f64[out + RECORD.leftG] = g
    f64[out + RECORD.leftH] = h
    f64[out + RECORD.leftCount] = n
    f64[out + RECORD.catDirection] = direction
  }
  if (m.numBin <= c.maxCatToOnehot) {
    const offset = m.mostFreqBin === 0 ? 1 : 0
    const only = m.numBin > 1 ? 1 - offset + (random % (m.numBin - 1)) + offset : 0
    for (let b = 1; b < m.numBin; b++) {
      const g = f64[hist + 2 * b]
      const h = f64[hist + 2 * b + 1]
      const n = round(h * factor)
      if (n < c.minData || h < c.minHess) continue
      const on = count - n
      const oh = sumH - h - EPSILON
      if (on < c.minData || oh < c.minHess) continue
      if (c.extraTrees && b !== only) continue
      take(splitGain(c, leaf, 0, sumG - g, oh, on, g, h + EPSILON, n, c.l2), b, 0, g, h + EPSILON, n)
    }
  } else {
    const bins = sortedBins(f64, hist, m, factor, c)
    const l2 = c.l2 + c.catL2
    const most = Math.min(c.maxCatThreshold, Math.trunc((bins.length + 1) / 2))
    const highest = Math.max(Math.min(most, bins.length) - 1, 0)
    const only = highest > 0 ? random % highest : 0
    for (const direction of [1, -1]) {
      let group = 0
      let g = 0
      let h = EPSILON
      let n = 0
      for (let i = 0; i < bins.length && i < most; i++) {
        const b = bins[direction === 1 ? i : bins.length - 1 - i]
        const bh = f64[hist + 2 * b + 1]
        const k = round(bh * factor)
        g += f64[hist + 2 * b]
        h += bh
        n += k
        group += k
        if (n < c.minData || h < c.minHess) continue
        const on = count - n
        if (on < c.minData || on < c.minDataPerGroup) break
        const oh = sumH - h
        if (oh < c.minHess) break
        if (group < c.minDataPerGroup) continue
        group = 0
        if (c.extraTrees && i !== only) continue
        take(splitGain(c, leaf, 0, g, h, n, sumG - g, oh, on, l2), i, direction, g, h, n)
      }
    }
  }
  f64[out] = splittable ? best - shift : Number.NEGATIVE_INFINITY
  f64[out + RECORD.defaultLeft] = 0
  return splittable
}

/** The bins that the record of {@link findCategorical} sends left, in LightGBM's order. */
export function leftBins(
  f64: Float64Array,
  hist: number,
  m: FeatureMeta,
  leaf: LeafStats,
  c: SplitConfig,
  threshold: number,
  direction: number,
): readonly number[] {
  if (direction === 0) return [threshold]
  const bins = sortedBins(f64, hist, m, leaf.count / (leaf.sumH + 2 * EPSILON), c)
  return direction === 1 ? bins.slice(0, threshold + 1) : bins.reverse().slice(0, threshold + 1)
}

/** The L2 that a split's outputs are computed with. */
export function outputL2(c: SplitConfig, m: FeatureMeta): number {
  return m.categorical && m.numBin > c.maxCatToOnehot ? c.l2 + c.catL2 : c.l2
}
