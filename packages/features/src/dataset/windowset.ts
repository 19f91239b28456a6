/** Loaded sequence windows and the batches cut from them. A window of one symbol is a slice of the stored rows. */
import type { UtcDate } from '@cointrader/core'
import type { ColumnFacts } from '../build/metadata.js'
import type { RowCounts } from './scan.js'

/** Rows that windows share. */
export interface WindowStore {
  /** T. */
  readonly length: number
  readonly features: readonly string[]
  /** rows x F, row-major, sorted by (symbol, time). */
  readonly x: Float32Array
  readonly rows: number
  /** Start of the bar of each stored row, ms. */
  readonly rowTime: Float64Array
  /** Symbols that were read, by name. */
  readonly symbols: readonly string[]
  readonly counts: Readonly<RowCounts>
  readonly absentDates: readonly UtcDate[]
  readonly skippedDates: readonly UtcDate[]
  /** Dates that the given universe does not know: they have no members. */
  readonly datesOutsideUniverse: readonly UtcDate[]
  readonly facts: ReadonlyMap<string, ColumnFacts | undefined>
}

/** One sample per window, in order of (end time, symbol). */
export interface WindowSet extends WindowStore {
  readonly count: number
  /** Stored row in which each window ends: it covers rows end - T + 1 to end. */
  readonly end: Int32Array
  /** Start of the bar in which each window ends, ms. */
  readonly time: Float64Array
  /** Index into `symbols`. */
  readonly symbol: Int32Array
  /** Label at the end point. Empty without a label. */
  readonly y: Float64Array
}

/** One sample per instant, in order of time; slot j of sample i is at [i * N + j]. */
export interface PanelSet extends WindowStore {
  readonly count: number
  /** N. */
  readonly nodes: number
  /** Start of the bar in which the windows of the instant end, ms. */
  readonly time: Float64Array
  /** Stored row in which the window of the slot ends; -1 where the slot is empty. */
  readonly end: Int32Array
  /** Index into `symbols`; -1 where the slot is empty. */
  readonly symbol: Int32Array
  /** Label at the end point; NaN where the slot is empty. Empty without a label. */
  readonly y: Float64Array
}

/** The i-th window, T x F, as a view: no copy. Do not write to it. */
export function windowAt(set: WindowSet, i: number): Float32Array {
  const width = set.features.length
  const last = set.end[i]! + 1
  return set.x.subarray((last - set.length) * width, last * width)
}

/** Copies the windows `indices` into a batch B x T x F (into `out` if given and long enough). */
export function windowBatch(set: WindowSet, indices: ArrayLike<number>, out?: Float32Array): Float32Array {
  const size = set.length * set.features.length
  const batch = out ?? new Float32Array(indices.length * size)
  for (let b = 0; b < indices.length; b++) batch.set(windowAt(set, indices[b]!), b * size)
  return batch
}

/** Copies the instants `indices` into a batch B x T x N x F; empty slots are 0 (tell them by `symbol` = -1). */
export function panelBatch(set: PanelSet, indices: ArrayLike<number>, out?: Float32Array): Float32Array {
  const { length, nodes, x } = set
  const width = set.features.length
  const size = length * nodes * width
  const batch = out ?? new Float32Array(indices.length * size)
  batch.fill(0, 0, indices.length * size)
  for (let b = 0; b < indices.length; b++) {
    for (let n = 0; n < nodes; n++) {
      const end = set.end[indices[b]! * nodes + n]!
      if (end < 0) continue
      for (let t = 0; t < length; t++) {
        const row = end - length + 1 + t
        batch.set(x.subarray(row * width, (row + 1) * width), b * size + (t * nodes + n) * width)
      }
    }
  }
  return batch
}
