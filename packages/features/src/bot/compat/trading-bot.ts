/**
 * The data set as the original trading bot builds it (commit a0990c5), for comparison only. What differs from the
 * default, by defect id: `macd_hist` in price units and unlimited ratios of returns (D-21), missing returns as 0, K
 * against D decided by rounding (D-01), no hit counts as loss (D-20), HOLD rows without points and always lost (D-11,
 * D-19), short windows in the first rows (D-05), weights in float32 arithmetic, and series matched by position (D-32).
 * The random draw itself is NumPy's there and ours here.
 */
import type { BotBars } from '../bars.js'
import { BOT_TABLE_DEFAULTS, type BotTableOptions } from '../dataset.js'
import { BotFeatureStream, type FeatureOptions, MISSING_BAR } from '../features.js'
import { LABEL_DEFAULTS } from '../labels.js'
import type { Signal } from '../score.js'

/** Features of the original (TB-04.1), profile `ieee`. */
export const ORIGINAL_FEATURES: FeatureOptions = {
  macdUnit: 'price',
  ratioLimit: Number.POSITIVE_INFINITY,
  missingReturn: 0,
  tieTolerance: 0,
}

/** Training set of the original (TB-04.4). */
export const ORIGINAL_TABLE: BotTableOptions = {
  ...BOT_TABLE_DEFAULTS,
  features: ORIGINAL_FEATURES,
  labels: { ...LABEL_DEFAULTS, noHit: 'loss' },
  warmUp: 60,
  holdRow: (bar) => ({ label: 0, exit: bar, strength: 0 }),
  weights: originalWeights,
}

/** Time weights in NumPy's float32 arithmetic: exp in float64, rounded, divided by the float32 mean. */
export function originalWeights(rows: number, decay: number): Float32Array {
  if (!(decay > 0) || rows < 2) return new Float32Array(rows).fill(1)
  const raw = Float32Array.from({ length: rows }, (_, i) => Math.exp((decay * i) / (rows - 1)))
  const mean = float32Mean(raw)
  return raw.map((w) => w / mean)
}

/** `numpy.mean` of a float32 array: pairwise summation in float32, blocks of up to 128 with 8 accumulators. */
export function float32Mean(x: Float32Array): number {
  return Math.fround(pairwiseSum(x, 0, x.length) / x.length)
}

function pairwiseSum(x: Float32Array, from: number, n: number): number {
  const add = (a: number, b: number): number => Math.fround(a + b)
  if (n < 8) {
    let sum = 0
    for (let i = 0; i < n; i++) sum = add(sum, x[from + i]!)
    return sum
  }
  if (n > 128) {
    const half = Math.floor(n / 2)
    const first = half - (half % 8)
    return add(pairwiseSum(x, from, first), pairwiseSum(x, from + first, n - first))
  }
  const r = x.slice(from, from + 8)
  let i = 8
  for (; i < n - (n % 8); i += 8) for (let k = 0; k < 8; k++) r[k] = r[k]! + x[from + i + k]!
  let sum = add(add(add(r[0]!, r[1]!), add(r[2]!, r[3]!)), add(add(r[4]!, r[5]!), add(r[6]!, r[7]!)))
  for (; i < n; i++) sum = add(sum, x[from + i]!)
  return sum
}

/** A side column matched by position from the end, whatever its times; missing at the front where it is shorter. */
export function alignFromEnd(length: number, side: Float64Array): Float64Array {
  const out = new Float64Array(length).fill(Number.NaN)
  const n = Math.min(length, side.length)
  out.set(side.subarray(side.length - n), length - n)
  return out
}

/** The rows that are there, one after the other as if no bar were missing. Times are then places, not instants. */
export function closeGaps(bars: BotBars): BotBars {
  const kept = bars.times.map((_, i) => i).filter((i) => !Number.isNaN(bars.close[i]!))
  const columns = Object.entries(bars).filter((entry): entry is [string, Float64Array] => entry[0] !== 'intervalMs')
  const packed = columns.map(([name, data]) => [name, Float64Array.from(kept, (i) => data[i]!)] as const)
  const times = Float64Array.from(kept, (_, i) => bars.times[0]! + i * bars.intervalMs)
  return { ...bars, ...Object.fromEntries(packed), times }
}

/**
 * TB-04.2: the live feature builder, which starts cold on a buffer of bars and looks at its last one. Open interest and
 * funding are left out: there the original reads API failures as zeros (D-60).
 */
export function servingFeatures(buffer: BotBars, side: Signal): Float32Array {
  const stream = new BotFeatureStream(ORIGINAL_FEATURES)
  for (let i = 0; i < buffer.times.length; i++) {
    stream.push({
      ...MISSING_BAR,
      high: buffer.high[i]!,
      low: buffer.low[i]!,
      close: buffer.close[i]!,
      volume: buffer.volume[i]!,
      btcClose: buffer.btcClose?.[i] ?? Number.NaN,
      ethClose: buffer.ethClose?.[i] ?? Number.NaN,
    })
  }
  return stream.row(side).slice()
}
