/**
 * The research pipeline's features number by number (RP-15, RP-18), for comparison with its golden data: zeros in the
 * warm-up, infinities, constants for absent inputs, noise-driven signs (RP-D06, RP-D08, RP-D21). Its rolling windows are
 * evaluated stably nevertheless (RP-D07). Nothing outside this folder imports it.
 */
import { ADDED_FEATURES, BASE_FEATURES, BP, percentB, ratioSkew } from '../catalogue/base.js'
import type { FeatureBuilder, FeatureDefinition } from '../catalogue/definition.js'
import type { NodeId } from '../graph/graph.js'

type Build = FeatureDefinition['build']

/** NaN becomes 0 in every row the symbol has. */
const z0 = (x: FeatureBuilder, a: NodeId) =>
  x.map('research-z0', [a, x.raw('close')], (v, row) => (Number.isNaN(v) && !Number.isNaN(row) ? 0 : v))
const constant = (x: FeatureBuilder, value: number) =>
  x.map(`research-${value}`, [x.raw('close')], (row) => (Number.isNaN(row) ? Number.NaN : value))
/** x/0 stays infinite. */
const change = (x: FeatureBuilder, a: NodeId, b: NodeId, scale: number) =>
  x.map(`research-change${scale}`, [a, b], (u, v) => (u / v - 1) * scale)
const atLeast5 = (w: number) => Math.max(w, 5)

/** RP-15 for tables that have these fields; absent ones give the original's constants. */
export function researchBase(has: (field: string) => boolean): FeatureDefinition[] {
  const interest = has('mt_oi')
  const ratios = has('mt_top_ls_ratio') && has('mt_ls_ratio_cnt')
  const closeChange = (x: FeatureBuilder, w: number) =>
    z0(x, change(x, x.input('close'), x.first(x.input('close'), w), 1))
  const interestChange = (x: FeatureBuilder, w: number, scale: number) =>
    z0(x, change(x, x.input('mt_oi'), x.first(x.input('mt_oi'), w), scale))
  const skew: Build = (x, w) => (ratios ? ratioSkew(x, w) : constant(x, 0))
  const skewZ: Build = (x, w) => x.zscore(skew(x, w), atLeast5(w), 0)
  const interestZ: Build = (x, w) => {
    if (!interest) return constant(x, 0)
    const i = x.input('mt_oi')
    return x.map('research-interest-z', [i, x.mean(i, w), x.std(i, w)], (v, m, s) => (v / m - 1) / ((s + 1e-9) / m))
  }
  const volumeZ: Build = (x, w) => x.zscore(x.mean(x.input('quote_volume'), w), 10 * w, 0)
  const changes: Record<string, Build> = {
    OI_Chg: (x, w) => (interest ? interestChange(x, w, BP) : x.input('mt_oi')),
    RVol: (x, w) => x.scale(x.std(logReturn(x, true), w), BP),
    OI_P_Corr: (x, w) => (interest ? z0(x, x.corr(x.input('close'), x.input('mt_oi'), w)) : constant(x, 0)),
    Force: force,
    Close_Diff_Rate: closeChange,
    RatioSkew: skew,
    RatioSkew_Z: skewZ,
    CrowdingPressure: (x, w) => x.map('research-crowding', [skewZ(x, w)], (z) => Math.tanh(1 / z)),
    OI_Z: interestZ,
    OI_Price_Ratio: (x, w) => {
      const i = interest ? interestChange(x, w, 1) : constant(x, 0)
      const q = x.map('research-q', [i, closeChange(x, w)], (a, c) => a / (c === 0 ? 1e-9 : c))
      return x.zscore(q, atLeast5(w), 0)
    },
    OI_XSkew: (x, w) => x.mul(interestZ(x, w), skewZ(x, w)),
    RatioSkewDiff: ratios ? BASE_FEATURES.find((f) => f.type === 'RatioSkewDiff')!.build : (x) => constant(x, 0),
    Vol: volumeZ,
    VolDiff: (x, w) => x.sub(volumeZ(x, w), x.shift(volumeZ(x, w), w)),
  }
  return BASE_FEATURES.map((f) => ({ ...f, build: changes[f.type] ?? f.build }))
}

/** RP-18. */
export function researchAdded(): FeatureDefinition[] {
  const changes: Record<string, Build> = {
    RVol: (x, w) => x.scale(x.std(logReturn(x, false), w, 1), BP),
    OI_P_Corr: (x, w) => z0(x, x.corr(x.input('close'), x.input('mt_oi'), w)),
    Force: force,
    PctB: (x, w) => percentB(x, w, 1),
  }
  return ADDED_FEATURES.map((f) => ({ ...f, build: changes[f.type] ?? f.build }))
}

function force(x: FeatureBuilder, w: number): NodeId {
  const close = x.input('close')
  const volume = x.input('quote_volume')
  const moved = z0(x, x.sub(close, x.shift(close, 1)))
  return x.overOrOne(x.mean(x.mul(moved, volume), w), x.mean(volume, w))
}

function logReturn(x: FeatureBuilder, infinityToo: boolean): NodeId {
  const close = x.input('close')
  const r = x.map('research-ln-ratio', [close, x.shift(close, 1)], (a, b) => Math.log(a / b))
  const kept = infinityToo ? x.map('research-finite', [r], (v) => (v - v === 0 ? v : Number.NaN)) : r
  return z0(x, kept)
}
