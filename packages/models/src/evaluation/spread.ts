/** Outcomes by predicted quantile: per instant (the spread a portfolio could earn) and pooled (RP-42). */
import { fail } from '@cointrader/core'
import { meanRanks, meanRanksInto, pearson } from './numeric.js'
import { requireSections, type Sections } from './sections.js'

/**
 * Bucket of a mean rank (1 to n) among `quantiles` buckets of 0 to quantiles - 1. Equal predictions have one rank and so one
 * bucket: a constant prediction fills the middle one only, and has no spread, whatever the order of rows.
 */
export function bucketOf(rank: number, n: number, quantiles: number): number {
  return Math.min(quantiles - 1, Math.floor(((rank - 0.5) / n) * quantiles))
}

export interface QuantileSeries {
  readonly quantiles: number
  readonly times: Float64Array
  /** means[q]: mean label of bucket q at each instant; NaN where it is empty. Bucket 0 has the lowest predictions. */
  readonly means: readonly Float64Array[]
  /** Top bucket minus bottom bucket at each instant, in the unit of the label; NaN where either is empty. */
  readonly spread: Float64Array
}

/**
 * Mean labels by predicted quantile in every cross-section of at least max(minSymbols, quantiles) symbols; arrays in
 * canonical order. Errors: `E_USAGE` below two quantiles, `E_ROW_COUNT` when cross-sections are refused.
 */
export function sectionQuantiles(
  sections: Sections,
  prediction: Float64Array,
  label: Float64Array,
  quantiles: number,
  minSymbols: number,
): QuantileSeries {
  checkQuantiles(quantiles)
  const { used } = requireSections(sections, Math.max(minSymbols, quantiles))
  const n = used.length
  const times = new Float64Array(n)
  const spread = new Float64Array(n)
  const means = Array.from({ length: quantiles }, () => new Float64Array(n))
  const ranks = new Float64Array(sections.rows)
  const sum = new Float64Array(quantiles)
  const count = new Int32Array(quantiles)
  for (let i = 0; i < n; i++) {
    const from = sections.offsets[used[i]]
    const to = sections.offsets[used[i] + 1]
    times[i] = sections.times[used[i]]
    meanRanksInto(prediction, from, to, ranks)
    sum.fill(0)
    count.fill(0)
    for (let r = from; r < to; r++) {
      const q = bucketOf(ranks[r], to - from, quantiles)
      sum[q] += label[r]
      count[q]++
    }
    for (let q = 0; q < quantiles; q++) means[q][i] = sum[q] / count[q]
    spread[i] = means[quantiles - 1][i] - means[0][i]
  }
  return { quantiles, times, means, spread }
}

export interface QuantileRow {
  readonly rows: number
  readonly meanPrediction: number
  readonly meanLabel: number
  /** Deviation of the label over the root of rows: right only if rows were independent. */
  readonly standardError: number
}

/** Mean label by predicted quantile over all rows at once, any order. Empty buckets have rows 0 and NaN means. */
export function pooledQuantiles(prediction: Float64Array, label: Float64Array, quantiles: number): QuantileRow[] {
  checkQuantiles(quantiles)
  const n = prediction.length
  const ranks = meanRanks(prediction)
  const bucket = Int32Array.from(ranks, (rank) => bucketOf(rank, n, quantiles))
  const rows = new Int32Array(quantiles)
  const p = new Float64Array(quantiles)
  const y = new Float64Array(quantiles)
  for (let i = 0; i < n; i++) {
    rows[bucket[i]]++
    p[bucket[i]] += prediction[i]
    y[bucket[i]] += label[i]
  }
  const squares = new Float64Array(quantiles)
  for (let i = 0; i < n; i++) squares[bucket[i]] += (label[i] - y[bucket[i]] / rows[bucket[i]]) ** 2
  return Array.from({ length: quantiles }, (_, q) => ({
    rows: rows[q],
    meanPrediction: p[q] / rows[q],
    meanLabel: y[q] / rows[q],
    standardError: rows[q] < 2 ? Number.NaN : Math.sqrt(squares[q] / (rows[q] - 1) / rows[q]),
  }))
}

/**
 * Spearman correlation of bucket number and bucket mean, empty buckets left out: 1 when outcomes rise with every bucket. NaN
 * below three buckets.
 */
export function monotonicity(means: readonly number[]): number {
  const filled = Float64Array.from(means.filter(Number.isFinite))
  if (filled.length < 3) return Number.NaN
  return pearson(
    Float64Array.from(filled, (_, i) => i),
    meanRanks(filled),
  )
}

function checkQuantiles(quantiles: number): void {
  if (!Number.isInteger(quantiles) || quantiles < 2) {
    fail('E_USAGE', { subject: 'quantiles', detail: `${quantiles} is not a whole number above 1` })
  }
}
