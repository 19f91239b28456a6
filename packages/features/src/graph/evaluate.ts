/** A plan over ranges of rows of one symbol after the other: what a day's build and the causality oracle use. */
import { fail } from '@cointrader/core'
import type { View } from '../kernels/rolling.js'
import { defaultKernels, heapOfThread, type KernelKind } from '../kernels/wasm/module.js'
import { Pairs } from './pairs.js'
import { makeSteps, type Plan, type Step } from './plan.js'

/** Fields of many symbols on one grid of consecutive minutes, symbol-major; absent fields are undefined. */
export interface Bars {
  /** Row number (minutes since 1970) of the first row. */
  readonly firstRow: number
  readonly rows: number
  readonly symbols: readonly string[]
  /** `symbols.length × rows`, or undefined when the source does not have the field. */
  readonly fields: Readonly<Record<string, Float64Array | undefined>>
}

/** Evaluates a plan over at most `maxRows` rows at a time. Keeps its buffers: make one per thread and reuse it. */
export class Evaluator {
  private readonly pairs: Pairs | undefined
  private plain: Plain | undefined

  /** `kernels`: which loops to use; WebAssembly for long ranges where there is any, unless told otherwise. Equal bits. */
  constructor(
    readonly plan: Plan,
    private readonly maxRows: number,
    kernels: KernelKind = defaultKernels(maxRows),
  ) {
    if (kernels === 'wasm' && heapOfThread() !== undefined) this.pairs = new Pairs(plan, maxRows)
  }

  /**
   * Rows `[from, to)` of every output for one symbol, written to `sink(k)` of output k. `bars` must hold the rows from
   * `from - plan.warmup + 1` on (NaN where there was nothing). Error `E_INTERNAL` when it does not, or when there are more
   * than `maxRows` rows.
   */
  run(bars: Bars, symbol: number, from: number, to: number, sink: (output: number) => View): void {
    this.runSymbols(bars, [symbol], from, to, sink)
  }

  /** {@link run} for every symbol, written to `sink(k, symbol)`; faster than one by one. */
  runAll(bars: Bars, from: number, to: number, sink: (output: number, symbol: number) => View): void {
    const { length } = bars.symbols
    for (let s = 0; s < length; s += 2)
      this.runSymbols(bars, s + 1 < length ? [s, s + 1] : [s], from, to, (k, lane) => sink(k, s + lane))
  }

  /** One or two symbols; `sink(k, i)` is where output k of `symbols[i]` goes. */
  private runSymbols(
    bars: Bars,
    symbols: readonly number[],
    from: number,
    to: number,
    sink: (output: number, lane: number) => View,
  ): void {
    const { plan, pairs } = this
    const need = from - plan.warmup + 1
    if (need < bars.firstRow || to > bars.firstRow + bars.rows || to - from > this.maxRows)
      fail('E_INTERNAL', {
        subject: `rows ${from} to ${to}`,
        detail: `they need bars from row ${need} and at most ${this.maxRows} rows; there are ${bars.rows} bars from row ${bars.firstRow}`,
      })
    if (
      pairs !== undefined &&
      heapOfThread()!.lend(pairs.bytes, (heap) => pairs.run(heap, bars, symbols, from, to, sink))
    )
      return
    this.plain ??= new Plain(plan, this.maxRows)
    for (let lane = 0; lane < symbols.length; lane++)
      this.plain.run(bars, symbols[lane]!, from, to, (k) => sink(k, lane))
  }
}

/** The TypeScript kernels, one symbol at a time, over buffers of its own. */
class Plain {
  private readonly views: View[]
  private readonly steps: readonly Step[]
  private readonly inputs: { readonly view: View; readonly field: string }[] = []
  private readonly nothing: Float64Array
  /** Outputs that are written where they are wanted: nobody reads their history. The others are copied. */
  private readonly direct: Uint8Array

  constructor(
    readonly plan: Plan,
    maxRows: number,
  ) {
    const empty = new Float64Array(0)
    this.views = plan.nodes.map(() => ({ data: empty, off: 0 }))
    this.nothing = new Float64Array(maxRows + plan.warmup).fill(Number.NaN)
    this.direct = Uint8Array.from(plan.outputs, (node, k) =>
      plan.history[node] === 0 && plan.nodes[node]!.field === undefined && plan.outputs.indexOf(node) === k ? 1 : 0,
    )
    const written = new Set(plan.outputs.filter((_, k) => this.direct[k] === 1))
    for (const i of plan.order) {
      const view = this.views[i]!
      const { field } = plan.nodes[i]!
      if (written.has(i)) continue
      if (field === undefined) view.data = new Float64Array(plan.history[i]! + maxRows)
      else this.inputs.push({ view, field })
    }
    this.steps = makeSteps(plan, this.views)
  }

  run(bars: Bars, symbol: number, from: number, to: number, sink: (output: number) => View): void {
    const { plan, views } = this
    for (const { view, field } of this.inputs) {
      const data = bars.fields[field]
      view.data = data ?? this.nothing
      view.off = data === undefined ? plan.warmup - 1 - from : symbol * bars.rows - bars.firstRow
    }
    for (const i of plan.order) if (plan.nodes[i]!.field === undefined) views[i]!.off = plan.history[i]! - from
    const { outputs } = plan
    for (let k = 0; k < outputs.length; k++) {
      if (this.direct[k] === 0) continue
      const view = views[outputs[k]!]!
      const out = sink(k)
      view.data = out.data
      view.off = out.off
    }
    for (const step of this.steps) step.run(step.args, step.out, from - step.history, to, step.extra)
    for (let k = 0; k < outputs.length; k++) {
      if (this.direct[k] === 1) continue
      const { data, off } = views[outputs[k]!]!
      const out = sink(k)
      out.data.set(data.subarray(off + from, off + to), out.off + from)
    }
  }
}
