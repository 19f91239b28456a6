/** Metrics by LightGBM's names. Each takes predictions (after the objective's transform), class-major. */
import type { Dataset } from '../dataset.js'
import { raise } from '../errors.js'
import type { Params } from '../params.js'
import { discount, labelGains, maxDcg } from './ranking.js'

export interface Metric {
  /** LightGBM's name, e.g. `l2` or `ndcg@5`. */
  readonly name: string
  readonly higherIsBetter: boolean
  /** `predictions[class * rows + row]`. */
  evaluate(predictions: Float64Array, data: Dataset): number
}

/** A caller's metric, over raw scores transformed by the objective. */
export type CustomMetric = Metric

const ALIASES: Readonly<Record<string, string>> = {
  mean_squared_error: 'l2',
  mse: 'l2',
  regression: 'l2',
  regression_l2: 'l2',
  l2_root: 'rmse',
  root_mean_squared_error: 'rmse',
  mean_absolute_error: 'l1',
  mae: 'l1',
  regression_l1: 'l1',
  binary: 'binary_logloss',
  multiclass: 'multi_logloss',
  softmax: 'multi_logloss',
  lambdarank: 'ndcg',
  rank_xendcg: 'ndcg',
}

const BY_OBJECTIVE: Readonly<Record<Params['objective'], readonly string[]>> = {
  regression: ['l2'],
  regression_l1: ['l1'],
  huber: ['huber'],
  quantile: ['quantile'],
  binary: ['binary_logloss'],
  multiclass: ['multi_logloss'],
  lambdarank: ['ndcg'],
  custom: [],
}

/** The metrics of the parameters, the objective's own if none is named. Errors: `BadParameter` for an unknown one. */
export function makeMetrics(p: Params): readonly Metric[] {
  if (p.metric.some((m) => ['none', 'null', 'custom', 'na'].includes(m))) return []
  const names = p.metric.length > 0 ? [...new Set(p.metric.map((m) => ALIASES[m] ?? m))] : BY_OBJECTIVE[p.objective]
  return names.flatMap((name) => makeMetric(name, p))
}

function makeMetric(name: string, p: Params): readonly Metric[] {
  const pointwise = (loss: (prediction: number, label: number) => number, root = false): readonly Metric[] => [
    { name, higherIsBetter: false, evaluate: (s, d) => (root ? Math.sqrt(average(loss, s, d)) : average(loss, s, d)) },
  ]
  switch (name) {
    case 'l2':
      return pointwise((s, y) => (s - y) * (s - y))
    case 'rmse':
      return pointwise((s, y) => (s - y) * (s - y), true)
    case 'l1':
      return pointwise((s, y) => Math.abs(s - y))
    case 'huber':
      return pointwise((s, y) => {
        const d = Math.abs(s - y)
        return d <= p.alpha ? 0.5 * d * d : p.alpha * (d - 0.5 * p.alpha)
      })
    case 'quantile':
      return pointwise((s, y) => (y - s < 0 ? (p.alpha - 1) * (y - s) : p.alpha * (y - s)))
    case 'binary_logloss':
      return pointwise((q, y) => -logAtLeast(y > 0 ? q : 1 - q))
    case 'binary_error':
      return pointwise((q, y) => (q > 0.5 === y > 0 ? 0 : 1))
    case 'auc':
      return [{ name, higherIsBetter: true, evaluate: auc }]
    case 'multi_logloss':
      return [{ name, higherIsBetter: false, evaluate: (s, d) => perRow(s, d, (c, y) => -logAtLeast(c(y))) }]
    case 'multi_error':
      return [{ name, higherIsBetter: false, evaluate: (s, d) => perRow(s, d, classError) }]
    case 'ndcg':
      return p.eval_at.map((k) => ({ name: `ndcg@${k}`, higherIsBetter: true, evaluate: ndcg(p, k) }))
    default:
      return raise('BadParameter', `unknown metric ${name}`)
  }
}

function logAtLeast(q: number): number {
  return Math.log(Math.max(q, Math.fround(1e-15)))
}

function labelOf(data: Dataset): Float32Array {
  return data.label ?? raise('BadData', 'a metric needs labels')
}

function average(loss: (s: number, y: number) => number, s: Float64Array, data: Dataset): number {
  const label = labelOf(data)
  const weight = data.weight
  let sum = 0
  let total = 0
  for (let r = 0; r < label.length; r++) {
    const w = weight === undefined ? 1 : weight[r]
    sum += loss(s[r], label[r]) * w
    total += w
  }
  return sum / total
}

function perRow(s: Float64Array, data: Dataset, loss: (score: (c: number) => number, y: number, k: number) => number) {
  const label = labelOf(data)
  const n = label.length
  const k = s.length / n
  let sum = 0
  let total = 0
  for (let r = 0; r < n; r++) {
    const w = data.weight === undefined ? 1 : data.weight[r]
    sum += loss((c) => s[c * n + r], label[r], k) * w
    total += w
  }
  return sum / total
}

/** An error unless the true class has the largest score alone (LightGBM's `multi_error_top_k` = 1). */
function classError(score: (c: number) => number, y: number, k: number): number {
  let atLeast = 0
  for (let c = 0; c < k; c++) if (score(c) >= score(y)) atLeast++
  return atLeast > 1 ? 1 : 0
}

/** Area under the ROC curve, ties counted half, weighted. 1 if only one class is present, as in LightGBM. */
function auc(s: Float64Array, data: Dataset): number {
  const label = labelOf(data)
  const order = Int32Array.from({ length: label.length }, (_, i) => i).sort((a, b) => s[b] - s[a] || a - b)
  let area = 0
  let positives = 0
  let negatives = 0
  let tiedPositives = 0
  let tiedNegatives = 0
  const close = (): void => {
    area += tiedNegatives * (tiedPositives * 0.5 + positives)
    positives += tiedPositives
    negatives += tiedNegatives
    tiedPositives = 0
    tiedNegatives = 0
  }
  for (let i = 0; i < order.length; i++) {
    if (i > 0 && s[order[i]] !== s[order[i - 1]]) close()
    const w = data.weight === undefined ? 1 : data.weight[order[i]]
    if (label[order[i]] > 0) tiedPositives += w
    else tiedNegatives += w
  }
  close()
  return positives > 0 && negatives > 0 ? area / (positives * negatives) : 1
}

function ndcg(p: Params, k: number): (s: Float64Array, data: Dataset) => number {
  const gains = labelGains(p)
  return (s, data) => {
    const label = labelOf(data)
    const boundaries = data.boundaries ?? raise('BadData', 'ndcg needs group')
    const weight = data.weight
    let sum = 0
    let total = 0
    for (let q = 0; q + 1 < boundaries.length; q++) {
      const from = boundaries[q]
      const to = boundaries[q + 1]
      const best = maxDcg(label, from, to, k, gains)
      const order = Int32Array.from({ length: to - from }, (_, i) => from + i).sort((a, b) => s[b] - s[a] || a - b)
      let dcg = 0
      for (let i = 0; i < Math.min(k, order.length); i++) dcg += gains[label[order[i]]] * discount(i)
      // A query weighs as its rows do on average, in float32 as LightGBM computes it.
      let w = weight === undefined ? 1 : 0
      if (weight !== undefined) for (let r = from; r < to; r++) w = Math.fround(w + weight[r])
      if (weight !== undefined) w = Math.fround(w / (to - from))
      // A query without any relevant row counts as perfect.
      sum += w * (best > 0 ? dcg / best : 1)
      total += w
    }
    return sum / total
  }
}
