/**
 * A model's features of the newest minute, as live trading takes them: warm the stream, push minute after minute, take the
 * rows. With the bits of build-xy; with 32 bits, those that training saw.
 */
import { MINUTE_MS } from '@cointrader/core'
import { FeatureStream, type MinuteBars, type StreamRow } from '../stream.js'
import type { ServingColumns } from './columns.js'
import type { MinuteReader } from './minutes.js'

/**
 * Bits of a served feature. 32 is what models were trained on: build-xy stores float32, and the loaders hand every table to
 * the trainers as float32. A threshold learnt between two float32 numbers must meet float32 numbers, or a stored row and the
 * live row of the same minute can fall on different sides of it. 64 is for models trained elsewhere on doubles.
 */
export type ServedBits = 32 | 64

/** How a missing feature is served: as it is, or as 0 when the model was trained that way. */
export type ServedMissing = 'keep' | 'zero'

/** A feature stream that answers in a model's order of columns. */
export class FeatureServer {
  private readonly stream: FeatureStream
  private row: StreamRow | undefined

  /** `symbols` must be sorted by code unit and distinct. */
  constructor(
    readonly columns: ServingColumns,
    readonly symbols: readonly string[],
  ) {
    this.stream = new FeatureStream(columns.set, symbols)
  }

  /** Minutes that must have been pushed before a value is that of a stream that had always run. */
  get warmup(): number {
    return this.stream.warmup
  }

  /** The universe from now on; see {@link FeatureStream.setMembers}. */
  setMembers(members: ReadonlySet<string>): void {
    this.stream.setMembers(members)
  }

  /** Takes the bars that start at `time` (ms). */
  push(time: number, bars: MinuteBars): void {
    this.row = this.stream.push(time, bars)
  }

  /** Pushes the minutes that the rows from `row` on need, up to the one before it. */
  warm(reader: MinuteReader, row: number): void {
    for (let r = row - this.warmup + 1; r < row; r++) this.push(r * MINUTE_MS, reader.at(r))
  }

  /** The last minute's features, one array a feature in the model's order; element i is symbol `which[i]`. */
  take(which: Int32Array, bits: ServedBits = 32, missing: ServedMissing = 'keep'): (Float32Array | Float64Array)[] {
    const { column } = this.columns
    const n = this.symbols.length
    const rows = which.length
    const block = bits === 32 ? new Float32Array(column.length * rows) : new Float64Array(column.length * rows)
    const values = this.row?.values
    for (let f = 0, at = 0; f < column.length; f++) {
      const from = column[f]! * n
      for (let i = 0; i < rows; i++, at++) block[at] = values?.[from + which[i]!] ?? Number.NaN
    }
    // As the loaders do: what is infinite as float32 is missing as well.
    if (missing === 'zero') for (let at = 0; at < block.length; at++) if (block[at]! - block[at]! !== 0) block[at] = 0
    return Array.from(column, (_, f) => block.subarray(f * rows, (f + 1) * rows))
  }
}
