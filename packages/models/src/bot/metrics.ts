/**
 * What a bot classifier is worth. Signal rows come first: they are the bets that are made. Figures over all rows are
 * shown too, but where HOLD rows have made-up labels they only say that a model can tell a signal from none (D-11).
 */
import { blockBootstrap, MIN_BLOCKS } from '../evaluation/bootstrap.js'
import { auc, aucOrdered, averagePrecision, brier, calibration, confusion, logLoss } from '../evaluation/classifier.js'
import { ascending } from '../evaluation/numeric.js'
import type { BotRows } from './rows.js'

/** Scores over some rows. NaN is null, since reports are JSON. */
export interface PartMetrics {
  readonly rows: number
  readonly positives: number
  /** Share won without a filter. */
  readonly baseRate: number | null
  readonly auc: number | null
  /** 95 % of the AUC by block bootstrap (blocks as long as labels overlap); null for too few rows. */
  readonly aucInterval: readonly [number, number] | null
  readonly averagePrecision: number | null
  readonly brier: number | null
  readonly logLoss: number | null
  /** Expected calibration error, 10 bins of equal size. */
  readonly calibrationError: number | null
  readonly threshold: number
  /** Rows that the threshold enters. */
  readonly entered: number
  readonly precision: number | null
  readonly recall: number | null
  /** Share won of the entered rows less that of all: what the filter adds. */
  readonly uplift: number | null
}

export interface BotMetrics {
  /** Rows of signals: the figure that counts. */
  readonly signal: PartMetrics
  /** With the rows made from HOLD bars. */
  readonly all: PartMetrics
}

const orNull = (x: number): number | null => (Number.isFinite(x) ? x : null)

/** Judges probabilities of the rows of `index` (in its order) at a threshold chosen elsewhere. */
export function botMetrics(
  rows: BotRows,
  index: Int32Array,
  probability: Float64Array,
  threshold: number,
  seed: number | string,
): BotMetrics {
  const places = Int32Array.from(index, (_, k) => k)
  const part = (kept: Int32Array): PartMetrics =>
    partMetrics(
      rows,
      kept.map((k) => index[k]),
      Float64Array.from(kept, (k) => probability[k]),
      threshold,
      seed,
    )
  return { signal: part(places.filter((k) => rows.signal[index[k]] === 1)), all: part(places) }
}

function partMetrics(
  rows: BotRows,
  index: Int32Array,
  p: Float64Array,
  threshold: number,
  seed: number | string,
): PartMetrics {
  const y = Float64Array.from(index, (r) => rows.label[r])
  const n = index.length
  const positives = y.reduce((a, b) => a + b, 0)
  const at = confusion(p, y, threshold)
  const baseRate = positives / n
  return {
    rows: n,
    positives,
    baseRate: orNull(baseRate),
    auc: orNull(auc(p, y)),
    aucInterval: aucInterval(rows, index, p, y, seed),
    averagePrecision: orNull(averagePrecision(p, y)),
    brier: n === 0 ? null : brier(p, y),
    logLoss: n === 0 ? null : logLoss(p, y),
    calibrationError: n === 0 ? null : orNull(calibration(p, y, 10, 'quantile').ece),
    threshold,
    entered: at.truePositive + at.falsePositive,
    precision: orNull(at.precision),
    recall: orNull(at.recall),
    uplift: orNull(at.precision - baseRate),
  }
}

/** Rows whose labels overlap, on average, with the row itself: the length of a bootstrap block. */
function overlap(rows: BotRows, index: Int32Array): number {
  let sum = 0
  for (let i = 0, end = 0; i < index.length; i++) {
    while (end < index.length && rows.times[index[end]] < rows.looksUntil[index[i]]) end++
    sum += Math.max(1, end - i)
  }
  return Math.max(1, Math.ceil(sum / index.length))
}

function aucInterval(
  rows: BotRows,
  index: Int32Array,
  p: Float64Array,
  y: Float64Array,
  seed: number | string,
): readonly [number, number] | null {
  if (index.length === 0) return null
  const block = overlap(rows, index)
  if (index.length < MIN_BLOCKS * block || !Number.isFinite(auc(p, y))) return null
  const order = ascending(p)
  const weight = new Float64Array(index.length)
  const [interval] = blockBootstrap(
    index.length,
    1,
    (counts, out) => {
      weight.set(counts)
      out[0] = aucOrdered(order, p, y, weight)
    },
    { block, seed, resamples: 500 },
  )
  return [interval.low, interval.high]
}

/** Mean and population standard deviation of the numbers that are there; null without any. */
export function spreadOf(values: readonly (number | null)[]): { mean: number | null; std: number | null } {
  const x = values.filter((v) => v !== null)
  if (x.length === 0) return { mean: null, std: null }
  const mean = x.reduce((a, b) => a + b, 0) / x.length
  return { mean, std: Math.sqrt(x.reduce((a, b) => a + (b - mean) ** 2, 0) / x.length) }
}
