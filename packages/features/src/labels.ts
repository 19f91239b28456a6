/** Labels Y (spec RP-19): what happened after t, beside what happened to the others. */
import { fail } from '@cointrader/core'
import type { Bars } from './graph/evaluate.js'
import { crossMean } from './kernels/cross.js'

export const DEFAULT_HORIZONS: readonly number[] = [1, 5, 15, 30, 60, 240]

export interface LabelColumn {
  /** `y_{h}m`. */
  readonly name: string
  /** Minutes ahead. */
  readonly horizon: number
  /** Minutes after the start of bar t at which the label is known: the end of bar t + h. */
  readonly looksUntilMinutes: number
}

/** Columns of the horizons. Error `E_USAGE` for anything but distinct whole minutes from 1. */
export function labelColumns(horizons: readonly number[]): LabelColumn[] {
  for (const h of horizons) {
    if (!Number.isInteger(h) || h < 1 || horizons.filter((g) => g === h).length > 1)
      fail('E_USAGE', { subject: '--y-windows', detail: `${h}: horizons are distinct whole minutes from 1` })
  }
  return horizons.map((horizon) => ({ name: `y_${horizon}m`, horizon, looksUntilMinutes: horizon + 1 }))
}

/** What labels are made of. */
export interface LabelOptions {
  /** Field whose change is measured; default `close`. */
  readonly price: string
  readonly horizons: readonly number[]
}

/** Basis points in one. */
const BP = 10_000

/**
 * For each horizon h and rows `[from, to)`: r(t) = 10,000 · (P_{t+h} − P_t) / P_t in bp, less its mean over the symbols
 * that have one at t. Symbol-major. NaN where either price is missing: `bars` must hold observed prices only, never
 * filled ones (RP-D03), and the rows up to `to + h` as far as there are any.
 */
export function labels(bars: Bars, { price, horizons }: LabelOptions, from: number, to: number): Float64Array[] {
  const prices = bars.fields[price]
  const rows = to - from
  const symbols = bars.symbols.length
  return horizons.map((h) => {
    const out = new Float64Array(rows * symbols).fill(Number.NaN)
    if (prices === undefined) return out
    const last = bars.firstRow + bars.rows
    for (let s = 0; s < symbols; s++) {
      const at = s * bars.rows - bars.firstRow
      for (let t = from; t < to && t + h < last; t++) {
        const now = prices[at + t]!
        const change = (BP * (prices[at + t + h]! - now)) / now
        out[s * rows + t - from] = change - change === 0 ? change : Number.NaN
      }
    }
    const mean = crossMean(out, symbols, rows)
    for (let s = 0, i = 0; s < symbols; s++) for (let t = 0; t < rows; t++, i++) out[i] = out[i]! - mean[t]!
    return out
  })
}
