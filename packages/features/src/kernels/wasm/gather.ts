/** From columns by symbol to rows by time: values and their scores, by the compiled kernels where there are any. */
import { crossMoments, measureCross, neutral } from '../cross.js'
import { type Heap, heapOfThread, type KernelKind } from './module.js'

export type Floats = Float32Array | Float64Array

/** Some rows of a table: cells `s * rows + t` of columns of `symbols` × `rows`, in ascending order of t. */
export class RowGroup {
  private readonly first: number
  /** Rows of the columns from `first` on that the cells lie in. */
  private readonly span: number
  /** Values that a symbol has room for: kernels take two rows at a time. */
  private readonly stride: number
  /** Places of the cells in bytes when each symbol has `stride` values. */
  private readonly index: Uint32Array

  /** `flat`: see `measureCross`. `kernels`: equal bits. */
  constructor(
    readonly cells: Int32Array,
    private readonly symbols: number,
    private readonly rows: number,
    private readonly flat: number,
    private readonly kernels: KernelKind = 'wasm',
  ) {
    const { length } = cells
    this.first = length === 0 ? 0 : cells[0]! % rows
    this.span = length === 0 ? 0 : (cells[length - 1]! % rows) + 1 - this.first
    this.stride = this.span + (this.span & 1)
    this.index = Uint32Array.from(cells, (c) => {
      const s = Math.floor(c / rows)
      return 8 * (s * this.stride + c - s * rows - this.first)
    })
  }

  /**
   * Writes the values of the cells to `plain` and their scores (against all symbols of the minute) to `scored`, arrays of
   * one type with an element per cell. Returns how many of both are NaN; all have the same bits.
   */
  column(values: Float64Array, plain: Floats, scored: Floats): number {
    const { symbols, stride, index } = this
    let missing = 0
    // Block, three accumulators, index, result.
    const bytes = 8 * stride * (symbols + 3) + 4 * (index.length + (index.length & 1)) + 8 * index.length
    const heap = this.kernels === 'wasm' ? heapOfThread() : undefined
    const done = heap?.lend(bytes, (mine) => {
      missing = this.compiled(mine, values, plain, scored)
    })
    return done === true ? missing : this.plainly(values, plain, scored)
  }

  private compiled({ f64, kernels }: Heap, values: Float64Array, plain: Floats, scored: Floats): number {
    const { symbols, rows, stride, span, first, index, flat } = this
    for (let s = 0; s < symbols; s++) f64.set(values.subarray(s * rows + first, s * rows + first + span), s * stride)
    const sums = 8 * stride * symbols
    const at = sums + 3 * 8 * stride
    const out = at + 4 * (index.length + (index.length & 1))
    new Uint32Array(f64.buffer, at, index.length).set(index)
    const is32 = plain instanceof Float32Array
    const gather = is32 ? kernels.gather32 : kernels.gather64
    const result = new (is32 ? Float32Array : Float64Array)(f64.buffer, out, index.length)
    let missing = gather(0, at, index.length, out)
    plain.set(result)
    kernels.neutralise(0, symbols, 8 * stride, stride, flat * flat, sums, sums + 8 * stride, sums + 16 * stride)
    missing += gather(0, at, index.length, out)
    scored.set(result)
    return missing
  }

  private plainly(values: Float64Array, plain: Floats, scored: Floats): number {
    const { symbols, rows, cells, flat } = this
    const moments = crossMoments(rows)
    measureCross(values, symbols, rows, flat, moments)
    let missing = 0
    const put = (out: Floats, i: number, v: number) => {
      if (Number.isNaN(v)) missing++
      out[i] = Number.isNaN(v) ? Number.NaN : v
    }
    for (let i = 0; i < cells.length; i++) {
      const c = cells[i]!
      const v = values[c]!
      put(plain, i, v)
      put(scored, i, neutral(v, moments.mean[c % rows]!, moments.sd[c % rows]!))
    }
    return missing
  }
}
