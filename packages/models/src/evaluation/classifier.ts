/**
 * Scores of a classifier with two classes: labels 0 and 1, predictions are probabilities of 1 (any scores, for the AUC and
 * average precision). All accept weights. Definitions are scikit-learn's, which the tests compare with.
 */
import { fail } from '@cointrader/core'
import { ascending, quantileOf } from './numeric.js'

/** Error `E_USAGE` when a label is neither 0 nor 1. */
export function assertBinary(label: Float64Array): void {
  for (let i = 0; i < label.length; i++) {
    if (label[i] !== 0 && label[i] !== 1) {
      fail('E_USAGE', { subject: 'class label', detail: `row ${i} has ${label[i]}`, next: 'give 0 or 1' })
    }
  }
}

/** Area under the ROC curve: chance that a positive outscores a negative, a tie counting half. NaN with one class. */
export function auc(prediction: Float64Array, label: Float64Array, weight?: Float64Array): number {
  return aucOrdered(ascending(prediction), prediction, label, weight)
}

/** {@link auc} with the ascending order of predictions at hand: for resampling by weights. */
export function aucOrdered(
  order: Int32Array,
  prediction: Float64Array,
  label: Float64Array,
  weight?: Float64Array,
): number {
  let positives = 0
  let negatives = 0
  let won = 0
  for (let i = 0; i < order.length; ) {
    let here = 0
    let below = 0
    const value = prediction[order[i]]
    for (; i < order.length && prediction[order[i]] === value; i++) {
      const w = weight === undefined ? 1 : weight[order[i]]
      if (label[order[i]] === 1) here += w
      else below += w
    }
    won += here * (negatives + below / 2)
    positives += here
    negatives += below
  }
  return positives > 0 && negatives > 0 ? won / (positives * negatives) : Number.NaN
}

/** Average precision: sum over thresholds of (recall gained) * precision, ties taken together. NaN without positives. */
export function averagePrecision(prediction: Float64Array, label: Float64Array, weight?: Float64Array): number {
  const order = ascending(prediction)
  let total = 0
  for (let i = 0; i < label.length; i++) if (label[i] === 1) total += weight === undefined ? 1 : weight[i]
  if (total === 0) return Number.NaN
  let hits = 0
  let taken = 0
  let sum = 0
  for (let i = order.length - 1; i >= 0; ) {
    const value = prediction[order[i]]
    let gained = 0
    for (; i >= 0 && prediction[order[i]] === value; i--) {
      const w = weight === undefined ? 1 : weight[order[i]]
      taken += w
      if (label[order[i]] === 1) gained += w
    }
    hits += gained
    if (taken > 0) sum += (gained / total) * (hits / taken)
  }
  return sum
}

export interface Confusion {
  readonly threshold: number
  readonly truePositive: number
  readonly falsePositive: number
  readonly falseNegative: number
  readonly trueNegative: number
  /** NaN when nothing is called positive. */
  readonly precision: number
  /** NaN without positives. */
  readonly recall: number
  /** 2 TP / (2 TP + FP + FN); NaN when that is 0 / 0. */
  readonly f1: number
  readonly accuracy: number
}

/** Counts (sums of weights) when prediction >= threshold is called positive. */
export function confusion(
  prediction: Float64Array,
  label: Float64Array,
  threshold: number,
  weight?: Float64Array,
): Confusion {
  let tp = 0
  let fp = 0
  let fn = 0
  let tn = 0
  for (let i = 0; i < prediction.length; i++) {
    const w = weight === undefined ? 1 : weight[i]
    if (prediction[i] >= threshold) {
      if (label[i] === 1) tp += w
      else fp += w
    } else if (label[i] === 1) fn += w
    else tn += w
  }
  return {
    threshold,
    truePositive: tp,
    falsePositive: fp,
    falseNegative: fn,
    trueNegative: tn,
    precision: tp / (tp + fp),
    recall: tp / (tp + fn),
    f1: (2 * tp) / (2 * tp + fp + fn),
    accuracy: (tp + tn) / (tp + fp + fn + tn),
  }
}

/** Probabilities are kept this far from 0 and 1 in the log loss (float64's epsilon, as scikit-learn does). */
const PROBABILITY_FLOOR = 2 ** -52

/** Mean of -log(probability of the true class). Error `E_USAGE` for a prediction outside [0, 1]. */
export function logLoss(prediction: Float64Array, label: Float64Array, weight?: Float64Array): number {
  let sum = 0
  let total = 0
  for (let i = 0; i < prediction.length; i++) {
    if (!(prediction[i] >= 0 && prediction[i] <= 1)) {
      fail('E_USAGE', {
        subject: 'probability',
        detail: `row ${i} has ${prediction[i]}`,
        next: 'give probabilities, not raw scores',
      })
    }
    const w = weight === undefined ? 1 : weight[i]
    const p = Math.min(1 - PROBABILITY_FLOOR, Math.max(PROBABILITY_FLOOR, prediction[i]))
    sum -= w * (label[i] === 1 ? Math.log(p) : Math.log(1 - p))
    total += w
  }
  return sum / total
}

/** Mean squared difference of probability and outcome (Brier 1950). */
export function brier(prediction: Float64Array, label: Float64Array, weight?: Float64Array): number {
  let sum = 0
  let total = 0
  for (let i = 0; i < prediction.length; i++) {
    const w = weight === undefined ? 1 : weight[i]
    sum += w * (prediction[i] - label[i]) ** 2
    total += w
  }
  return sum / total
}

export interface CalibrationBin {
  /** Predictions p of the bin: from < p <= to; the first bin includes `from` (scikit-learn's rule). */
  readonly from: number
  readonly to: number
  readonly rows: number
  readonly meanPrediction: number
  /** Share of positives. */
  readonly observed: number
}

export interface Calibration {
  /** Bins without rows are left out. */
  readonly bins: readonly CalibrationBin[]
  /** Expected calibration error: mean over rows of |meanPrediction - observed| of their bin (Naeini et al. 2015). */
  readonly ece: number
}

/**
 * Reliability table: `uniform` bins of equal width over [0, 1], or `quantile` bins of about equal size (edges at quantiles of
 * the predictions, equal edges merged).
 */
export function calibration(
  prediction: Float64Array,
  label: Float64Array,
  bins = 10,
  kind: 'uniform' | 'quantile' = 'uniform',
  weight?: Float64Array,
): Calibration {
  let edges = Array.from({ length: bins + 1 }, (_, i) => i / bins)
  if (kind === 'quantile') {
    const sorted = Float64Array.from(prediction).sort()
    edges = [...new Set(edges.map((q) => quantileOf(sorted, q)))]
    if (edges.length === 1) edges.push(edges[0])
  }
  const count = edges.length - 1
  const rows = new Int32Array(count)
  const total = new Float64Array(count)
  const sumP = new Float64Array(count)
  const sumY = new Float64Array(count)
  for (let i = 0; i < prediction.length; i++) {
    let b = 0
    while (b < count - 1 && prediction[i] > edges[b + 1]) b++
    const w = weight === undefined ? 1 : weight[i]
    rows[b]++
    total[b] += w
    sumP[b] += w * prediction[i]
    sumY[b] += w * label[i]
  }
  const all = total.reduce((a, b) => a + b, 0)
  let ece = 0
  const out: CalibrationBin[] = []
  for (let b = 0; b < count; b++) {
    if (rows[b] === 0 || total[b] === 0) continue
    const meanPrediction = sumP[b] / total[b]
    const observed = sumY[b] / total[b]
    ece += (total[b] / all) * Math.abs(meanPrediction - observed)
    out.push({ from: edges[b], to: edges[b + 1], rows: rows[b], meanPrediction, observed })
  }
  return { bins: out, ece: prediction.length === 0 ? Number.NaN : ece }
}
