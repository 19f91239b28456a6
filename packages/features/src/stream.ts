/** The streaming twin of the batch build: one minute of all symbols in, that minute's X out, in bounded memory. */
import { byCodeUnit, fail, MINUTE_MS } from '@cointrader/core'
import type { FeatureSet } from './featureset.js'
import { RollingState } from './graph/stream.js'
import { crossMoments, measureCross, neutral } from './kernels/cross.js'

/** One minute: for each field that is read, the value of each symbol in the stream's order; NaN or absent: missing. */
export type MinuteBars = Readonly<Record<string, ArrayLike<number> | undefined>>

/** X of one minute. */
export interface StreamRow {
  /** Start of the bar, ms. */
  readonly time: number
  /** Value of column k (base columns, then their `_neut`) of symbol s at `values[k * symbols + s]`. Overwritten by the next push. */
  readonly values: Float64Array
}

/**
 * Computes, minute by minute, the same bits as the batch build: after `warmup` minutes its values do not depend on when
 * it was started. Minutes that are skipped count as minutes without bars. Symbols that are not (yet, any more) listed are
 * fed NaN.
 */
export class FeatureStream {
  readonly symbols: readonly string[]
  /** Minutes after which every value is that of a stream that had always run. */
  readonly warmup: number
  private readonly state: RollingState
  private readonly base: Float64Array
  private readonly moments = crossMoments(1)
  private readonly row: { time: number; values: Float64Array }
  private readonly members: Uint8Array
  private last = Number.NaN

  /** Symbols must be sorted (code units) and distinct: cross-sectional sums run in this order. */
  constructor(
    readonly set: FeatureSet,
    symbols: readonly string[],
  ) {
    symbols.forEach((s, i) => {
      if (i > 0 && byCodeUnit(symbols[i - 1]!, s) >= 0)
        fail('E_INTERNAL', { subject: `stream symbol ${s}`, detail: 'symbols must be sorted and distinct' })
    })
    this.symbols = [...symbols]
    this.warmup = set.plan.warmup
    this.state = new RollingState(set.plan, symbols.length)
    this.base = new Float64Array(set.columns.length * symbols.length)
    this.row = { time: 0, values: new Float64Array(2 * this.base.length) }
    this.members = new Uint8Array(symbols.length).fill(1)
  }

  /** Bytes of state; constant. */
  get bytes(): number {
    return this.state.bytes
  }

  /**
   * The universe from now on: neutralised columns compare members only, others are NaN in every column. Error
   * `E_INTERNAL` for a member that is not streamed: without it the comparison would not be that of the batch.
   */
  setMembers(members: ReadonlySet<string>): void {
    for (const m of members) {
      if (!this.symbols.includes(m))
        fail('E_INTERNAL', { subject: `universe member ${m}`, detail: 'it is not among the symbols of the stream' })
    }
    this.symbols.forEach((s, i) => {
      this.members[i] = members.has(s) ? 1 : 0
    })
  }

  /** Takes the bars that start at `time` (ms). Times must be whole minutes and ascend; gaps are filled with nothing. */
  push(time: number, bars: MinuteBars): StreamRow {
    const row = time / MINUTE_MS
    if (!Number.isInteger(row) || row <= this.last)
      fail('E_INTERNAL', {
        subject: `stream time ${time}`,
        detail: `not a whole minute after ${this.last * MINUTE_MS}`,
      })
    // After a gap longer than any look-back nothing old can matter: start over.
    if (row - this.last > this.warmup) this.state.reset()
    else if (!Number.isNaN(this.last)) for (let r = this.last + 1; r < row; r++) this.state.push(r, {}, this.base)
    this.last = row
    this.state.push(row, bars, this.base)
    const n = this.symbols.length
    const { values } = this.row
    const { base, members, moments } = this
    for (let k = 0; k < this.set.columns.length; k++) {
      const column = base.subarray(k * n, (k + 1) * n)
      for (let s = 0; s < n; s++) if (members[s] === 0) column[s] = Number.NaN
      measureCross(column, n, 1, this.set.flat, moments)
      const mean = moments.mean[0]!
      const sd = moments.sd[0]!
      const at = (this.set.columns.length + k) * n
      for (let s = 0; s < n; s++) values[at + s] = neutral(column[s]!, mean, sd)
    }
    values.set(base)
    this.row.time = time
    return this.row
  }
}
