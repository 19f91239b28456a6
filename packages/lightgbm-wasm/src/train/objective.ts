/**
 * Objectives: gradients and hessians as LightGBM computes them (objective/*.hpp), rounded to float32 as it stores them.
 * Scores are float64, class-major: `scores[class * rows + row]`. Pairs are interleaved (gradient, hessian).
 */
import type { Dataset } from '../dataset.js'
import { raise } from '../errors.js'
import { EPSILON } from '../kernels/kernels.js'
import type { Params } from '../params.js'
import { percentile, weightedPercentile } from './percentile.js'
import { lambdarank } from './ranking.js'

export interface Objective {
  /** The objective line of a model file. */
  readonly text: string
  /** Trees an iteration: 1, or the number of classes. */
  readonly outputs: number
  /** Rewrites leaf values to a percentile of the leaf's residuals (l1, quantile). */
  readonly renewAlpha: number | undefined
  /** LightGBM's `boost_from_average` value of an output. */
  initialScore(output: number): number
  /** Whether output `k` has anything to learn (a class that is absent, or alone, has not). */
  needsTraining(output: number): boolean
  /** Fills `pairs[2 * (output * rows + row)]` and the hessian after it. */
  gradients(scores: Float64Array, pairs: Float32Array): void
  /** Scores to predictions, in place, for metrics: probabilities where there are any. */
  transform(scores: Float64Array, rows: number): Float64Array
}

/** A caller's objective: gradient and hessian of every score; `pairs` is interleaved, class-major like the scores. */
export type CustomObjective = (scores: Float64Array, data: Dataset, pairs: Float32Array) => void

const same = (scores: Float64Array): Float64Array => scores
const always = (): boolean => true
const BASE = { outputs: 1, renewAlpha: undefined, needsTraining: always, transform: same } as const

/** The objective of the parameters over a training set. Errors: `BadData` if the labels do not suit it. */
export function makeObjective(p: Params, data: Dataset, custom?: CustomObjective): Objective {
  const label = data.label
  if (label === undefined) return raise('BadData', 'training data needs a label')
  if (custom !== undefined || p.objective === 'custom') {
    if (custom === undefined) return raise('BadParameter', 'objective=custom needs a function')
    const gradients = (scores: Float64Array, pairs: Float32Array): void => custom(scores, data, pairs)
    return { ...BASE, text: 'custom', outputs: p.num_class, initialScore: () => 0, gradients }
  }
  switch (p.objective) {
    case 'regression':
      return squared(p, label, data.weight)
    case 'regression_l1':
      return absolute(label, data.weight)
    case 'huber':
      return huber(p, label, data.weight)
    case 'quantile':
      return quantile(p, label, data.weight)
    case 'binary':
      return binary(p, label, data.weight)
    case 'multiclass':
      return multiclass(p, label, data.weight)
    case 'lambdarank':
      return { ...BASE, text: 'lambdarank', initialScore: () => 0, gradients: lambdarank(p, data) }
  }
}

function mean(label: Float32Array, weight: Float32Array | undefined): number {
  let sum = 0
  let total = 0
  for (let r = 0; r < label.length; r++) {
    const w = weight === undefined ? 1 : weight[r]
    sum += weight === undefined ? label[r] : label[r] * w
    total += w
  }
  return sum / total
}

function squared(p: Params, rawLabel: Float32Array, weight: Float32Array | undefined): Objective {
  const label = p.reg_sqrt ? rawLabel.map((y) => Math.sign(y) * Math.fround(Math.sqrt(Math.abs(y)))) : rawLabel
  return {
    ...BASE,
    text: p.reg_sqrt ? 'regression sqrt' : 'regression',
    initialScore: () => mean(label, weight),
    transform: p.reg_sqrt ? (s) => s.map((x) => Math.sign(x) * x * x) : same,
    gradients(scores, pairs) {
      for (let r = 0; r < label.length; r++) {
        const g = Math.fround(scores[r] - label[r])
        pairs[2 * r] = weight === undefined ? g : g * weight[r]
        pairs[2 * r + 1] = weight === undefined ? 1 : weight[r]
      }
    },
  }
}

function absolute(label: Float32Array, weight: Float32Array | undefined): Objective {
  return {
    ...BASE,
    text: 'regression_l1',
    renewAlpha: 0.5,
    initialScore: () => labelPercentile(label, weight, 0.5),
    gradients(scores, pairs) {
      for (let r = 0; r < label.length; r++) {
        const w = weight === undefined ? 1 : weight[r]
        pairs[2 * r] = Math.sign(scores[r] - label[r]) * w
        pairs[2 * r + 1] = w
      }
    },
  }
}

function huber(p: Params, label: Float32Array, weight: Float32Array | undefined): Objective {
  return {
    ...BASE,
    text: 'huber',
    initialScore: () => mean(label, weight),
    gradients(scores, pairs) {
      for (let r = 0; r < label.length; r++) {
        const w = weight === undefined ? 1 : weight[r]
        const d = scores[r] - label[r]
        pairs[2 * r] = Math.abs(d) <= p.alpha ? d * w : Math.sign(d) * w * p.alpha
        pairs[2 * r + 1] = w
      }
    },
  }
}

function quantile(p: Params, label: Float32Array, weight: Float32Array | undefined): Objective {
  const alpha = Math.fround(p.alpha)
  const above = Math.fround(1 - alpha)
  return {
    ...BASE,
    text: 'quantile',
    renewAlpha: alpha,
    initialScore: () => labelPercentile(label, weight, alpha),
    gradients(scores, pairs) {
      for (let r = 0; r < label.length; r++) {
        const w = weight === undefined ? 1 : weight[r]
        pairs[2 * r] = (Math.fround(scores[r] - label[r]) >= 0 ? above : -alpha) * w
        pairs[2 * r + 1] = w
      }
    },
  }
}

function labelPercentile(label: Float32Array, weight: Float32Array | undefined, alpha: number): number {
  return weight === undefined ? percentile(label.slice(), alpha) : weightedPercentile(label, weight, alpha)
}

function binary(p: Params, label: Float32Array, weight: Float32Array | undefined): Objective {
  let positives = 0
  for (let r = 0; r < label.length; r++) {
    if (label[r] !== 0 && label[r] !== 1) raise('BadData', `binary labels are 0 or 1, row ${r} has ${label[r]}`)
    positives += label[r]
  }
  const negatives = label.length - positives
  const classWeight = [1, 1]
  if (p.is_unbalance && positives > 0 && negatives > 0) {
    if (positives > negatives) classWeight[0] = positives / negatives
    else classWeight[1] = negatives / positives
  }
  classWeight[1] *= p.scale_pos_weight
  const trains = positives > 0 && negatives > 0
  return {
    ...BASE,
    text: `binary sigmoid:${p.sigmoid}`,
    needsTraining: () => trains,
    initialScore() {
      const average = Math.min(1 - EPSILON, Math.max(EPSILON, mean(label, weight)))
      return Math.log(average / (1 - average)) / p.sigmoid
    },
    gradients(scores, pairs) {
      if (!trains) return
      for (let r = 0; r < label.length; r++) {
        const y = label[r] > 0 ? 1 : -1
        const cw = classWeight[label[r]]
        const w = weight === undefined ? 1 : weight[r]
        const response = (-y * p.sigmoid) / (1 + Math.exp(y * p.sigmoid * scores[r]))
        const size = Math.abs(response)
        pairs[2 * r] = response * cw * w
        pairs[2 * r + 1] = size * (p.sigmoid - size) * cw * w
      }
    },
    transform: (s) => s.map((x) => 1 / (1 + Math.exp(-p.sigmoid * x))),
  }
}

/** Softmax of the scores of one row, into `out`. */
function softmax(scores: Float64Array, row: number, rows: number, out: Float64Array): void {
  const k = out.length
  let top = scores[row]
  for (let c = 1; c < k; c++) top = Math.max(top, scores[c * rows + row])
  let sum = 0
  for (let c = 0; c < k; c++) {
    out[c] = Math.exp(scores[c * rows + row] - top)
    sum += out[c]
  }
  for (let c = 0; c < k; c++) out[c] /= sum
}

function multiclass(p: Params, label: Float32Array, weight: Float32Array | undefined): Objective {
  const k = p.num_class
  const rows = label.length
  const prior = new Float64Array(k)
  let total = 0
  for (let r = 0; r < rows; r++) {
    const y = label[r]
    if (!Number.isInteger(y) || y < 0 || y >= k) raise('BadData', `class labels are 0..${k - 1}, row ${r} has ${y}`)
    const w = weight === undefined ? 1 : weight[r]
    prior[y] += w
    total += w
  }
  for (let c = 0; c < k; c++) prior[c] /= total
  const factor = k / (k - 1)
  const probability = new Float64Array(k)
  return {
    ...BASE,
    text: `multiclass num_class:${k}`,
    outputs: k,
    needsTraining: (c) => prior[c] > EPSILON && prior[c] < 1 - EPSILON,
    initialScore: (c) => Math.log(Math.max(EPSILON, prior[c])),
    gradients(scores, pairs) {
      for (let r = 0; r < rows; r++) {
        softmax(scores, r, rows, probability)
        const w = weight === undefined ? 1 : weight[r]
        for (let c = 0; c < k; c++) {
          const q = probability[c]
          const a = 2 * (c * rows + r)
          pairs[a] = (label[r] === c ? q - 1 : q) * w
          pairs[a + 1] = factor * q * (1 - q) * w
        }
      }
    },
    transform(scores, n) {
      const out = new Float64Array(scores.length)
      for (let r = 0; r < n; r++) {
        softmax(scores, r, n, probability)
        for (let c = 0; c < k; c++) out[c * n + r] = probability[c]
      }
      return out
    },
  }
}
