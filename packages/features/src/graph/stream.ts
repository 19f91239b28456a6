/** The same plan, one minute of all symbols at a time, in bounded memory. */
import { fail } from '@cointrader/core'
import type { View } from '../kernels/rolling.js'
import { makeSteps, type Plan, type Step } from './plan.js'

/** Rows that a buffer may grow beyond its history before the history is moved to its front. */
const SLACK = 128

/** Per node and symbol the last `history` values, in a sliding buffer. */
export class RollingState {
  private readonly views: View[]
  private readonly steps: readonly Step[]
  private readonly stride: Int32Array
  private readonly base: Float64Array
  private readonly fieldOf = new Map<string, number>()
  private row = Number.NaN

  constructor(
    readonly plan: Plan,
    readonly symbols: number,
  ) {
    const empty = new Float64Array(0)
    this.stride = new Int32Array(plan.nodes.length)
    this.base = new Float64Array(plan.nodes.length)
    this.views = plan.nodes.map(() => ({ data: empty, off: 0 }))
    for (const i of plan.order) {
      this.stride[i] = plan.history[i]! + Math.max(SLACK, plan.history[i]!)
      this.views[i]!.data = new Float64Array(this.stride[i]! * symbols).fill(Number.NaN)
      const { field } = plan.nodes[i]!
      if (field !== undefined) this.fieldOf.set(field, i)
    }
    this.steps = makeSteps(plan, this.views)
  }

  /** Input fields that the plan reads. */
  get fields(): string[] {
    return [...this.fieldOf.keys()]
  }

  /** Bytes held; does not grow. */
  get bytes(): number {
    return this.views.reduce((n, v) => n + v.data.byteLength, 0)
  }

  /**
   * Takes row `row` (minutes since 1970; the first one, or the successor of the last) and writes output k of symbol s to
   * `out[k * symbols + s]`. Absent fields count as NaN.
   */
  push(row: number, input: Readonly<Record<string, ArrayLike<number> | undefined>>, out: Float64Array): void {
    if (!Number.isNaN(this.row) && row !== this.row + 1)
      fail('E_INTERNAL', { subject: `stream row ${row}`, detail: `the last one was ${this.row}` })
    const { plan, views, stride, base } = this
    if (Number.isNaN(this.row)) for (const i of plan.order) base[i] = row - plan.history[i]!
    this.row = row
    for (const i of plan.order) if (row - base[i]! >= stride[i]!) this.slide(i, row)
    for (const [field, i] of this.fieldOf) {
      const { data } = views[i]!
      const values = input[field]
      for (let s = 0; s < this.symbols; s++) data[s * stride[i]! + row - base[i]!] = values?.[s] ?? Number.NaN
    }
    for (let s = 0; s < this.symbols; s++) {
      for (const i of plan.order) views[i]!.off = s * stride[i]! - base[i]!
      for (const step of this.steps) step.run(step.args, step.out, row, row + 1, step.extra)
      for (let k = 0; k < plan.outputs.length; k++) {
        const { data, off } = views[plan.outputs[k]!]!
        out[k * this.symbols + s] = data[off + row]!
      }
    }
  }

  /** Forgets everything: the next row may be any. */
  reset(): void {
    this.row = Number.NaN
    for (const i of this.plan.order) this.views[i]!.data.fill(Number.NaN)
  }

  /** Keeps the last `history` rows before `row`. */
  private slide(i: number, row: number): void {
    const { data } = this.views[i]!
    const keep = this.plan.history[i]!
    const first = row - keep - this.base[i]!
    for (let s = 0; s < this.symbols; s++) {
      const start = s * this.stride[i]!
      data.copyWithin(start, start + first, start + first + keep)
    }
    this.base[i] = row - keep
  }
}
