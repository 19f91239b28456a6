/** LambdaRank gradients and DCG (LightGBM objective/rank_objective.hpp, metric/dcg_calculator.cpp). */
import type { Dataset } from '../dataset.js'
import { raise } from '../errors.js'
import type { Params } from '../params.js'

const SIGMOID_BINS = 1024 * 1024

/** Gain of each relevance grade: `2^grade - 1` unless given. */
export function labelGains(p: Params): Float64Array {
  if (p.label_gain.length > 0) return Float64Array.from(p.label_gain)
  return Float64Array.from({ length: 31 }, (_, i) => 2 ** i - 1)
}

/** Discount of a position from 0. */
export function discount(position: number): number {
  return 1 / Math.log2(2 + position)
}

/** The best DCG at `k` that rows `from..to` could have. */
export function maxDcg(label: Float32Array, from: number, to: number, k: number, gains: Float64Array): number {
  const sorted = label.slice(from, to).sort()
  let dcg = 0
  for (let i = 0; i < Math.min(k, sorted.length); i++) dcg += gains[sorted[sorted.length - 1 - i]] * discount(i)
  return dcg
}

/** Checks grades against gains. Errors: `BadData`. */
export function checkGrades(label: Float32Array, gains: Float64Array): void {
  for (let r = 0; r < label.length; r++)
    if (!Number.isInteger(label[r]) || label[r] < 0 || label[r] >= gains.length)
      raise('BadData', `relevance grades are 0..${gains.length - 1}, row ${r} has ${label[r]}`)
}

/** LightGBM looks the sigmoid up in a table of 2^20 entries; the same table gives the same gradients. */
function sigmoidTable(sigmoid: number): (x: number) => number {
  const low = -50 / sigmoid / 2
  const factor = SIGMOID_BINS / (-low - low)
  const table = new Float64Array(SIGMOID_BINS)
  for (let i = 0; i < SIGMOID_BINS; i++) table[i] = 1 / (1 + Math.exp((i / factor + low) * sigmoid))
  return (x) => (x <= low ? table[0] : x >= -low ? table[SIGMOID_BINS - 1] : table[Math.trunc((x - low) * factor)])
}

/** Fills the gradients of all queries. Errors: `BadData` without groups or with labels that are not grades. */
export function lambdarank(p: Params, data: Dataset): (scores: Float64Array, pairs: Float32Array) => void {
  const { label, weight, boundaries } = data
  if (boundaries === undefined || label === undefined) return raise('BadData', 'lambdarank needs group and label')
  const gains = labelGains(p)
  checkGrades(label, gains)
  const queries = boundaries.length - 1
  const inverse = new Float64Array(queries)
  for (let q = 0; q < queries; q++) {
    const best = maxDcg(label, boundaries[q], boundaries[q + 1], p.lambdarank_truncation_level, gains)
    inverse[q] = best > 0 ? 1 / best : best
  }
  const lookup = sigmoidTable(p.sigmoid)
  const discounts = Float64Array.from({ length: data.numRows }, (_, i) => discount(i))
  return (scores, pairs) => {
    for (let q = 0; q < queries; q++)
      oneQuery(p, scores, label, boundaries[q], boundaries[q + 1], inverse[q], gains, discounts, lookup, pairs)
    if (weight !== undefined) for (let i = 0; i < pairs.length; i++) pairs[i] *= weight[i >> 1]
  }
}

function oneQuery(
  p: Params,
  scores: Float64Array,
  label: Float32Array,
  from: number,
  to: number,
  inverseMax: number,
  gains: Float64Array,
  discounts: Float64Array,
  sigmoid: (x: number) => number,
  pairs: Float32Array,
): void {
  const n = to - from
  pairs.fill(0, 2 * from, 2 * to)
  const order = Int32Array.from({ length: n }, (_, i) => from + i).sort((a, b) => scores[b] - scores[a] || a - b)
  const spread = scores[order[0]] !== scores[order[n - 1]]
  let sum = 0
  for (let i = 0; i < Math.min(n - 1, p.lambdarank_truncation_level); i++) {
    for (let j = i + 1; j < n; j++) {
      if (label[order[i]] === label[order[j]]) continue
      const iHigh = label[order[i]] > label[order[j]]
      const high = iHigh ? order[i] : order[j]
      const low = iHigh ? order[j] : order[i]
      const delta = scores[high] - scores[low]
      let ndcg = (gains[label[high]] - gains[label[low]]) * Math.abs(discounts[i] - discounts[j]) * inverseMax
      if (p.lambdarank_norm && spread) ndcg /= Math.fround(0.01) + Math.abs(delta)
      const s = sigmoid(delta)
      const lambda = s * (-p.sigmoid * ndcg)
      const hessian = Math.fround(s * (1 - s) * (p.sigmoid * p.sigmoid * ndcg))
      const g = Math.fround(lambda)
      pairs[2 * low] -= g
      pairs[2 * low + 1] += hessian
      pairs[2 * high] += g
      pairs[2 * high + 1] += hessian
      sum -= 2 * lambda
    }
  }
  if (p.lambdarank_norm && sum > 0) {
    const factor = Math.log2(1 + sum) / sum
    for (let a = 2 * from; a < 2 * to; a++) pairs[a] *= factor
  }
}
