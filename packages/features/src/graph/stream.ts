/** The same plan, one minute of all symbols at a time, in bounded memory. */
import { fail } from '@cointrader/core'
import type { View } from '../kernels/rolling.js'
import type { RowKernel } from '../kernels/rows.js'
import { makeSteps, type Plan, type Step } from './plan.js'

/** Rows that a buffer may grow beyond its history before the history is moved to its front. */
const SLACK = 128

/** Per node the last `history` rows of all symbols, in a sliding buffer. */
export class RollingState {
  /** Row t of symbol s is at `data[off + t · symbols + s]`. */
  private readonly views: View[]
  private readonly steps: readonly Step[]
  /** Kernel of each step; undefined: elementwise. */
  private readonly kernels: readonly (RowKernel | undefined)[]
  /** Arguments and result of an elementwise step, at the present row: symbols in place of rows. */
  private readonly rowArgs: readonly View[][]
  private readonly rowOut: View = { data: new Float64Array(0), off: 0 }
  private readonly capacity: Int32Array
  private readonly base: Float64Array
  private readonly fieldOf = new Map<string, number>()
  private row = Number.NaN

  constructor(
    readonly plan: Plan,
    readonly symbols: number,
  ) {
    const empty = new Float64Array(0)
    this.capacity = new Int32Array(plan.nodes.length)
    this.base = new Float64Array(plan.nodes.length)
    this.views = plan.nodes.map(() => ({ data: empty, off: 0 }))
    for (const i of plan.order) {
      this.capacity[i] = plan.history[i]! + Math.max(SLACK, plan.history[i]!)
      this.views[i]!.data = new Float64Array(this.capacity[i]! * symbols)
      const { field } = plan.nodes[i]!
      if (field !== undefined) this.fieldOf.set(field, i)
    }
    this.steps = makeSteps(plan, this.views)
    this.kernels = this.steps.map(({ stream }) => (stream === 'elementwise' ? undefined : stream(symbols)))
    this.rowArgs = this.steps.map(({ args }) => args.map(({ data }) => ({ data, off: 0 })))
  }

  /** Input fields that the plan reads. */
  get fields(): string[] {
    return [...this.fieldOf.keys()]
  }

  /** Bytes held; does not grow. */
  get bytes(): number {
    const views = this.views.reduce((n, v) => n + v.data.byteLength, 0)
    return this.kernels.reduce((n, k) => n + (k?.bytes ?? 0), views)
  }

  /**
   * Takes row `row` (minutes since 1970; the first one, or the successor of the last) and writes output k of symbol s to
   * `out[k * symbols + s]`. Absent fields count as NaN.
   */
  push(row: number, input: Readonly<Record<string, ArrayLike<number> | undefined>>, out: Float64Array): void {
    if (!Number.isNaN(this.row) && row !== this.row + 1)
      fail('E_INTERNAL', { subject: `stream row ${row}`, detail: `the last one was ${this.row}` })
    const { plan, views, steps, kernels, symbols, rowOut } = this
    if (Number.isNaN(this.row)) this.begin(row)
    this.row = row
    for (const i of plan.order) if (row - this.base[i]! >= this.capacity[i]!) this.slide(i, row)
    for (const [field, i] of this.fieldOf) {
      const { data, off } = views[i]!
      const values = input[field]
      if (values !== undefined && values.length !== symbols)
        fail('E_INTERNAL', { subject: `field ${field}`, detail: `${values.length} values for ${symbols} symbols` })
      for (let s = 0; s < symbols; s++) data[off + row * symbols + s] = values?.[s] ?? Number.NaN
    }
    for (let k = 0; k < steps.length; k++) {
      const step = steps[k]!
      const kernel = kernels[k]
      if (kernel !== undefined) {
        kernel.push(step.args, step.out, row, step.extra)
        continue
      }
      const args = this.rowArgs[k]!
      for (let a = 0; a < args.length; a++) args[a]!.off = step.args[a]!.off + row * symbols
      rowOut.data = step.out.data
      rowOut.off = step.out.off + row * symbols
      step.run(args, rowOut, 0, symbols)
    }
    for (let k = 0; k < plan.outputs.length; k++) {
      const { data, off } = views[plan.outputs[k]!]!
      for (let s = 0; s < symbols; s++) out[k * symbols + s] = data[off + row * symbols + s]!
    }
  }

  /** Forgets everything: the next row may be any. */
  reset(): void {
    this.row = Number.NaN
  }

  /**
   * Puts in place what the series were if there had never been a bar before `row`: inputs NaN, and the others what their
   * kernels make of that (a count of present fields is 0, not NaN). The same for every symbol.
   */
  private begin(row: number): void {
    const { plan, views, symbols } = this
    const nothing = plan.nodes.map((_, i) => ({
      data: new Float64Array(plan.history[i]!).fill(Number.NaN),
      off: plan.history[i]! - row,
    }))
    for (const step of makeSteps(plan, nothing)) step.run(step.args, step.out, row - step.history, row, step.extra)
    for (const i of plan.order) {
      this.move(i, row - plan.history[i]!)
      nothing[i]!.data.forEach((value, t) => {
        views[i]!.data.fill(value, t * symbols, (t + 1) * symbols)
      })
    }
    for (const kernel of this.kernels) kernel?.reset()
  }

  /** Keeps the last `history` rows before `row`. */
  private slide(i: number, row: number): void {
    const keep = this.plan.history[i]!
    const first = (row - keep - this.base[i]!) * this.symbols
    this.views[i]!.data.copyWithin(0, first, first + keep * this.symbols)
    this.move(i, row - keep)
  }

  /** The buffer begins at row `base`. */
  private move(i: number, base: number): void {
    this.base[i] = base
    this.views[i]!.off = -base * this.symbols
  }
}
