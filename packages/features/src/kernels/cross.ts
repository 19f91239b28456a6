/** Cross-sections: what a value means beside the others of the same minute (spec RP-17). */

/**
 * A deviation of at most this share of the largest absolute value is rounding noise: the values are equal (RP-D08). The
 * research pipeline's own rule is exact zero: pass 0.
 */
export const FLAT_DEVIATION = 1e-9

/** Per row: what {@link neutral} needs. `count` is the number of symbols with a value. */
export interface CrossMoments {
  readonly count: Float64Array
  readonly mean: Float64Array
  /** Population deviation; Infinity where the values are equal (so that every score is 0); NaN where one is infinite. */
  readonly sd: Float64Array
}

export function crossMoments(rows: number): CrossMoments {
  return { count: new Float64Array(rows), mean: new Float64Array(rows), sd: new Float64Array(rows) }
}

/**
 * Mean and population deviation of each row over the symbols that have a value, in two passes. `values` is symbol-major
 * (`symbols` × `rows`); symbols are summed in their order, so sort them first.
 */
export function measureCross(
  values: Float64Array,
  symbols: number,
  rows: number,
  flat: number,
  moments: CrossMoments,
): void {
  for (let from = 0; from < rows; from += BLOCK)
    measureRows(values, symbols, rows, flat, moments, from, Math.min(rows, from + BLOCK))
}

/** Rows at a time: their values of all symbols stay in the second-level cache between the passes. */
const BLOCK = 256

/** The rows `[from, to)` of {@link measureCross}. */
function measureRows(
  values: Float64Array,
  symbols: number,
  rows: number,
  flat: number,
  { count, mean, sd }: CrossMoments,
  from: number,
  to: number,
): void {
  count.fill(0, from, to)
  mean.fill(0, from, to)
  sd.fill(0, from, to)
  for (let s = 0; s < symbols; s++) {
    const at = s * rows
    for (let t = from; t < to; t++) {
      const v = values[at + t]!
      if (!Number.isNaN(v)) {
        count[t] = count[t]! + 1
        mean[t] = mean[t]! + v
      }
    }
  }
  for (let t = from; t < to; t++) mean[t] = mean[t]! / count[t]!
  for (let s = 0; s < symbols; s++) {
    const at = s * rows
    for (let t = from; t < to; t++) {
      const v = values[at + t]!
      if (!Number.isNaN(v)) {
        const e = v - mean[t]!
        sd[t] = sd[t]! + e * e
      }
    }
  }
  for (let t = from; t < to; t++) {
    // √(mean square) bounds the largest value within a factor √n, and costs no further pass.
    const variance = sd[t]! / count[t]!
    const scale = variance + mean[t]! * mean[t]!
    sd[t] = variance <= flat * flat * scale ? Number.POSITIVE_INFINITY : Math.sqrt(variance)
  }
}

/** {@link measureCross}, and the score of every value to `out` (same layout). */
export function neutralise(
  values: Float64Array,
  out: Float64Array,
  symbols: number,
  rows: number,
  flat: number,
  moments: CrossMoments,
): void {
  const { mean, sd } = moments
  for (let from = 0; from < rows; from += BLOCK) {
    const to = Math.min(rows, from + BLOCK)
    measureRows(values, symbols, rows, flat, moments, from, to)
    for (let s = 0; s < symbols; s++) {
      const at = s * rows
      for (let t = from; t < to; t++) out[at + t] = neutral(values[at + t]!, mean[t]!, sd[t]!)
    }
  }
}

/** (value − mean) / sd; 0 among equals; NaN stays NaN. Adding 0 turns −0 into 0. */
export function neutral(value: number, mean: number, sd: number): number {
  return (value - mean) / sd + 0
}

/** Mean over the symbols that have a value, per row; NaN where none has. */
export function crossMean(values: Float64Array, symbols: number, rows: number): Float64Array {
  const out = new Float64Array(rows)
  const count = new Float64Array(rows)
  for (let s = 0, i = 0; s < symbols; s++) {
    for (let t = 0; t < rows; t++, i++) {
      const v = values[i]!
      if (Number.isNaN(v)) continue
      count[t] = count[t]! + 1
      out[t] = out[t]! + v
    }
  }
  for (let t = 0; t < rows; t++) out[t] = out[t]! / count[t]!
  return out
}
