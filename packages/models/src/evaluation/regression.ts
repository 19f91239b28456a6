/** Errors of predictions in the unit of the label, and residuals. */
import { MINUTE_MS } from '@cointrader/core'
import { ascending, deviation, mean, quantileOf } from './numeric.js'
import type { Sections } from './sections.js'

export interface RegressionErrors {
  readonly mse: number
  readonly rmse: number
  readonly mae: number
  /** Mean of prediction - label. */
  readonly bias: number
  /**
   * 1 - SSE / sum of squared labels: against the forecast 0 (Gu, Kelly and Xiu 2020, "Empirical asset pricing via machine
   * learning", eq. 19).
   */
  readonly r2Zero: number
  /** Against the mean of the training labels, the only mean known beforehand; NaN when it is not given. */
  readonly r2TrainMean: number
  /** Share of rows whose prediction has the sign of the label, among rows where neither is 0. NaN without such rows. */
  readonly hitRate: number
  /** Rows that count in the hit rate. */
  readonly hitRows: number
}

/** Weighted when `weight` is given (the hit rate too). NaN everywhere without rows. */
export function regressionErrors(
  prediction: Float64Array,
  label: Float64Array,
  trainMean = Number.NaN,
  weight?: Float64Array,
): RegressionErrors {
  let total = 0
  let squares = 0
  let absolute = 0
  let signed = 0
  let fromZero = 0
  let fromMean = 0
  let hits = 0
  let hitWeight = 0
  let hitRows = 0
  for (let i = 0; i < prediction.length; i++) {
    const w = weight === undefined ? 1 : weight[i]
    const e = prediction[i] - label[i]
    total += w
    squares += w * e * e
    absolute += w * Math.abs(e)
    signed += w * e
    fromZero += w * label[i] * label[i]
    fromMean += w * (label[i] - trainMean) ** 2
    if (prediction[i] !== 0 && label[i] !== 0) {
      hitRows++
      hitWeight += w
      if (prediction[i] > 0 === label[i] > 0) hits += w
    }
  }
  const mse = squares / total
  return {
    mse,
    rmse: Math.sqrt(mse),
    mae: absolute / total,
    bias: signed / total,
    r2Zero: 1 - squares / fromZero,
    r2TrainMean: 1 - squares / fromMean,
    hitRate: hits / hitWeight,
    hitRows,
  }
}

export interface MonthError {
  /** YYYY-MM, UTC. */
  readonly month: string
  readonly rows: number
  readonly rmse: number
  /** RMSE of the forecast 0 on the same rows. */
  readonly rmseZero: number
}

/** RMSE per UTC month (RP-42). Arrays in canonical order. */
export function monthlyRmse(sections: Sections, prediction: Float64Array, label: Float64Array): MonthError[] {
  const months = new Map<string, { rows: number; model: number; zero: number }>()
  for (let s = 0; s < sections.times.length; s++) {
    const month = new Date(sections.times[s]).toISOString().slice(0, 7)
    let sum = months.get(month)
    if (sum === undefined) {
      sum = { rows: 0, model: 0, zero: 0 }
      months.set(month, sum)
    }
    for (let r = sections.offsets[s]; r < sections.offsets[s + 1]; r++) {
      sum.rows++
      sum.model += (prediction[r] - label[r]) ** 2
      sum.zero += label[r] * label[r]
    }
  }
  return [...months].map(([month, sum]) => ({
    month,
    rows: sum.rows,
    rmse: Math.sqrt(sum.model / sum.rows),
    rmseZero: Math.sqrt(sum.zero / sum.rows),
  }))
}

export interface Residuals {
  readonly mean: number
  readonly deviation: number
  readonly skewness: number
  /** 0 for a normal distribution. */
  readonly excessKurtosis: number
  /** Correlation of residuals of one symbol one minute or `step` apart; NaN when rows are not that close. */
  readonly autocorrelation: number
  /** Counts of residuals between successive edges; the tails beyond the 0.5 and 99.5 percentiles go to the outer bins. */
  readonly histogram: { readonly edges: readonly number[]; readonly counts: readonly number[] }
  /** By predicted value, in equal groups: median and the 10 and 90 percentiles of the residual. */
  readonly byPrediction: readonly {
    readonly prediction: number
    readonly p10: number
    readonly median: number
    readonly p90: number
  }[]
}

/** Label - prediction, summed up for the plots of RP-42. Arrays in canonical order. */
export function residuals(
  sections: Sections,
  prediction: Float64Array,
  label: Float64Array,
  bins = 40,
  groups = 20,
  stepMs = MINUTE_MS,
): Residuals {
  const n = prediction.length
  const e = new Float64Array(n)
  for (let i = 0; i < n; i++) e[i] = label[i] - prediction[i]
  const m = mean(e)
  const sd = deviation(e)
  let third = 0
  let fourth = 0
  for (let i = 0; i < n; i++) {
    const z = (e[i] - m) / sd
    third += z * z * z
    fourth += z * z * z * z
  }
  const sorted = Float64Array.from(e).sort()
  const low = quantileOf(sorted, 0.005)
  const high = quantileOf(sorted, 0.995)
  const width = (high - low) / bins || 1
  const counts = new Array<number>(bins).fill(0)
  for (let i = 0; i < n; i++) counts[Math.max(0, Math.min(bins - 1, Math.floor((e[i] - low) / width)))]++
  const order = ascending(prediction)
  const byPrediction = []
  const parts = Math.min(groups, n)
  for (let g = 0; g < parts; g++) {
    const rows = order.subarray(Math.floor((g * n) / parts), Math.floor(((g + 1) * n) / parts))
    const own = Float64Array.from(rows, (r) => e[r]).sort()
    const centre = mean(Float64Array.from(rows, (r) => prediction[r]))
    byPrediction.push({
      prediction: centre,
      p10: quantileOf(own, 0.1),
      median: quantileOf(own, 0.5),
      p90: quantileOf(own, 0.9),
    })
  }
  return {
    mean: m,
    deviation: sd,
    skewness: third / n,
    excessKurtosis: fourth / n - 3,
    autocorrelation: symbolAutocorrelation(sections, e, m, stepMs),
    histogram: { edges: Array.from({ length: bins + 1 }, (_, i) => low + i * width), counts },
    byPrediction,
  }
}

function symbolAutocorrelation(sections: Sections, e: Float64Array, m: number, stepMs: number): number {
  const last = new Map<number, { time: number; value: number }>()
  let xy = 0
  let xx = 0
  let yy = 0
  for (let s = 0; s < sections.times.length; s++) {
    const time = sections.times[s]
    for (let r = sections.offsets[s]; r < sections.offsets[s + 1]; r++) {
      const value = e[r] - m
      const before = last.get(sections.symbol[r])
      if (before !== undefined && time - before.time === stepMs) {
        xy += value * before.value
        xx += before.value * before.value
        yy += value * value
      }
      last.set(sections.symbol[r], { time, value })
    }
  }
  return xx === 0 || yy === 0 ? Number.NaN : xy / Math.sqrt(xx * yy)
}
