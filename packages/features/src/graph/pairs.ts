/**
 * A plan over ranges of rows of two symbols at a time, in the memory of the compiled kernels. What has no compiled kernel
 * (maps, hand-written ones) runs in JavaScript, one symbol after the other, on views of that memory or of the bars.
 */
import type { View } from '../kernels/rolling.js'
import { type Heap, ROOM_VECTORS } from '../kernels/wasm/module.js'
import type { Site } from './compiled.js'
import type { Bars } from './evaluate.js'
import { makeSteps, type Plan, type Step } from './plan.js'

/** A kernel call with what goes before and after. */
interface Turn {
  /** Of the first and of the second symbol. */
  readonly steps: readonly [Step, Step]
  /** Of a compiled call: addresses are those of the first symbol. */
  readonly site: Site
  /** Fields to be copied into the memory: a compiled kernel reads them now for the first time. */
  readonly loads: readonly number[]
  /** Outputs that are ready after it, with their nodes. */
  readonly ready: readonly { readonly output: number; readonly node: number }[]
}

export class Pairs {
  /** Memory it needs. */
  readonly bytes: number
  private readonly turns: readonly Turn[]
  /** By symbol of the pair, then node. */
  private readonly views: readonly [View[], View[]]
  /** First row's address of a node in the first symbol; −1: it is not in the memory. */
  private readonly base: Int32Array
  private readonly apart: number
  private readonly inputs: readonly { readonly node: number; readonly field: string }[]
  private readonly nothing: Float64Array
  /** What the views of computed series are views of. */
  private seen: Float64Array | undefined

  constructor(
    readonly plan: Plan,
    private readonly maxRows: number,
  ) {
    const { nodes, outputs, order, warmup } = plan
    const none = new Float64Array(0)
    const views = () => nodes.map((): View => ({ data: none, off: 0 }))
    this.views = [views(), views()]
    this.nothing = new Float64Array(maxRows + warmup).fill(Number.NaN)
    this.inputs = order.flatMap((node) => {
      const { field } = nodes[node]!
      return field === undefined ? [] : [{ node, field }]
    })
    this.base = new Int32Array(nodes.length).fill(-1)
    const [first, second] = [makeSteps(plan, this.views[0]), makeSteps(plan, this.views[1])]
    const lastUse = new Int32Array(nodes.length).fill(-1)
    first.forEach(({ argNodes }, k) => {
      for (const a of argNodes) lastUse[a] = k
    })
    const widest = order.reduce((w, i) => Math.max(w, nodes[i]!.reach + 1), 1)
    const space = new Space(16 * ROOM_VECTORS * (widest + 1))
    const rowsOf = (node: number) => plan.history[node]! + maxRows
    this.turns = first.map((step, k) => {
      const { argNodes, outNode, extraNode, history, compiled } = step
      const loads =
        compiled === undefined
          ? []
          : [...new Set(argNodes)].filter((a) => nodes[a]!.field !== undefined && this.base[a]! < 0)
      const made = extraNode === undefined ? [outNode] : [outNode, extraNode]
      for (const node of [...loads, ...made]) this.base[node] = space.take(rowsOf(node))
      // A field is in the memory if a compiled kernel reads it: other kernels see the bars.
      for (const node of new Set([...argNodes, ...made]))
        if (lastUse[node]! <= k && this.base[node]! >= 0) space.release(this.base[node]!, rowsOf(node))
      const at = (node: number | undefined) =>
        node === undefined ? 0 : this.base[node]! + 8 * (plan.history[node]! - history)
      return {
        steps: [step, second[k]!],
        site: {
          out: at(outNode),
          extra: at(extraNode),
          x: at(argNodes[0]),
          y: at(argNodes[1]),
          z: at(argNodes[2]),
          rows: 0,
          from: 0,
          apart: 0,
          room: 0,
        },
        loads,
        ready: outputs.flatMap((node, output) => (made.includes(node) ? [{ output, node }] : [])),
      }
    })
    this.apart = space.end
    // An elementwise kernel may read one value behind an odd last row.
    this.bytes = 2 * space.end + 16
  }

  /** Rows `[from, to)` of every output; `sink(k, lane)` is where output k of `symbols[lane]` goes. */
  run(
    heap: Heap,
    bars: Bars,
    symbols: readonly number[],
    from: number,
    to: number,
    sink: (output: number, lane: number) => View,
  ): void {
    const { plan, views, base } = this
    if (this.seen !== heap.f64) this.lay(heap.f64)
    for (let lane = 0; lane < symbols.length; lane++) {
      const mine = views[lane]!
      for (const i of plan.order) mine[i]!.off = plan.history[i]! - from
      for (const { node, field } of this.inputs) {
        const data = bars.fields[field]
        mine[node]!.data = data ?? this.nothing
        mine[node]!.off = data === undefined ? plan.warmup - 1 - from : symbols[lane]! * bars.rows - bars.firstRow
      }
    }
    const copy = (output: number, lane: number, { data, off }: View) => {
      const out = sink(output, lane)
      out.data.set(data.subarray(off + from, off + to), out.off + from)
    }
    for (const { steps, site, loads, ready } of this.turns) {
      for (let lane = 0; lane < symbols.length; lane++) {
        for (const node of loads) {
          const { data, off } = views[lane]![node]!
          const rows = data.subarray(off + from - plan.history[node]!, off + to)
          heap.f64.set(rows, (base[node]! + lane * this.apart) / 8)
        }
      }
      this.call(heap, steps, site, symbols.length, from, to)
      for (let lane = 0; lane < symbols.length; lane++)
        for (const { output, node } of ready) copy(output, lane, views[lane]![node]!)
    }
    for (let k = 0; k < plan.outputs.length; k++) {
      const node = plan.outputs[k]!
      if (plan.nodes[node]!.field === undefined) continue
      for (let lane = 0; lane < symbols.length; lane++) copy(k, lane, views[lane]![node]!)
    }
  }

  private call(heap: Heap, steps: Turn['steps'], site: Site, lanes: number, from: number, to: number): void {
    const { compiled, history } = steps[0]
    if (compiled === undefined) {
      for (let lane = 0; lane < lanes; lane++) {
        const { run, args, out, extra } = steps[lane]!
        run(args, out, from - history, to, extra)
      }
      return
    }
    site.from = from - history
    site.rows = to - site.from
    if (compiled.both) {
      site.apart = lanes === 2 ? this.apart : 0
      compiled.call(heap.kernels, site)
      return
    }
    compiled.call(heap.kernels, site)
    if (lanes === 2) {
      move(site, this.apart)
      compiled.call(heap.kernels, site)
      move(site, -this.apart)
    }
  }

  /** Lays the views of computed series over the memory: it is a new one, or has grown. */
  private lay(memory: Float64Array): void {
    for (const i of this.plan.order) {
      if (this.plan.nodes[i]!.field !== undefined) continue
      for (const lane of [0, 1] as const) {
        const at = this.base[i]! + lane * this.apart
        this.views[lane][i]!.data = new Float64Array(memory.buffer, at, this.plan.history[i]! + this.maxRows)
      }
    }
    this.seen = memory
  }
}

/** Moves a call of an elementwise kernel to the other symbol. */
function move(site: Site, by: number): void {
  site.out += by
  site.x += by
  site.y += by
  site.z += by
}

/** Addresses for series that live for some calls only: what is free again is taken first, so that it is in the caches. */
class Space {
  private readonly free: { readonly at: number; readonly bytes: number }[] = []

  constructor(public end: number) {}

  /** Kernels work on pairs of rows, so there is room for an even number of them. */
  private size(rows: number): number {
    return 16 * Math.ceil(rows / 2)
  }

  take(rows: number): number {
    const bytes = this.size(rows)
    for (let i = this.free.length - 1; i >= 0; i--)
      if (this.free[i]!.bytes === bytes) return this.free.splice(i, 1)[0]!.at
    this.end += bytes
    return this.end - bytes
  }

  release(at: number, rows: number): void {
    this.free.push({ at, bytes: this.size(rows) })
  }
}
