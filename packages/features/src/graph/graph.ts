/**
 * Features as a graph of series: inputs, elementwise arithmetic, shifts and trailing windows. Equal expressions are one
 * node, so whatever features share is computed once. Every node knows its look-back, and nothing in this vocabulary can
 * reach forward; a hand-written kernel could, which is what the causality proof is for.
 */
import { fail } from '@cointrader/core'
import type { View } from '../kernels/rolling.js'
import * as rows from '../kernels/rows.js'
import * as compiled from './compiled.js'
import * as ops from './ops.js'

export type NodeId = number

/** Computes rows `[from, to)` of `out` from the arguments, of which the rows `from - reach … to - 1` are there. */
export type Run = (
  args: readonly View[],
  out: View,
  from: number,
  to: number,
  /** Second output of a kernel that has two. */
  extra?: View,
) => void

export interface Node {
  /** Identity: equal keys are equal series. */
  readonly key: string
  readonly args: readonly NodeId[]
  /** Rows before the current one that the kernel reads of its arguments. */
  readonly reach: number
  readonly run: Run | undefined
  /** Its compiled twin, if it has one. */
  readonly compiled?: compiled.Compiled
  /** Its twin for streams; 'elementwise': the same kernel will do, with symbols in place of rows. */
  readonly stream: ((symbols: number) => rows.RowKernel) | 'elementwise'
  /** Name of an input field; such a node has no kernel. */
  readonly field?: string
}

interface Extra {
  readonly field?: string
  readonly source?: string
  readonly compiled?: compiled.Compiled
}

/** A kernel written by hand: anything that the vocabulary lacks. */
export interface Kernel {
  /** Distinguishes it from other kernels; parameters belong in it. */
  readonly name: string
  readonly args: readonly NodeId[]
  /** Bars it looks at, the current one included (1 or more). */
  readonly lookback: number
  /**
   * Either one value from the last `lookback` values of each argument (oldest first; a copy, nothing else in reach), …
   */
  readonly at?: (windows: readonly Float64Array[]) => number
  /** … or whole ranges, for speed: rows `[from, to)`; the value of row t of an argument is `data[off + t]`. */
  readonly range?: (args: readonly View[], out: View, from: number, to: number) => void
}

/** Builds a graph. All series are NaN where an argument they need is. */
export class Graph {
  readonly nodes: Node[] = []
  private readonly known = new Map<string, NodeId>()
  /** Text of the functions that came from outside, to tell apart two that were given one name. */
  private readonly sources = new Map<NodeId, string>()

  private node(
    name: string,
    args: readonly NodeId[],
    reach: number,
    run: Run | undefined,
    stream: Node['stream'],
    more: Extra = {},
  ): NodeId {
    const key = `${name}(${args.join(',')})`
    const found = this.known.get(key)
    if (found !== undefined) {
      if (more.source !== undefined && this.sources.get(found) !== more.source)
        fail('E_CONFIG', { subject: `series ${name}`, detail: 'two different functions go by this name' })
      return found
    }
    const { source, ...rest } = more
    this.nodes.push({ key, args, reach, run, stream, ...rest })
    const id = this.nodes.length - 1
    this.known.set(key, id)
    if (source !== undefined) this.sources.set(id, source)
    return id
  }

  /** A field of the bars as the day table has it, e.g. `close`; unread, unfilled. */
  raw(field: string): NodeId {
    return this.node(`raw:${field}`, [], 0, undefined, 'elementwise', { field })
  }

  /** Any elementwise function of one to three series. `name` must identify the function. */
  map(name: string, args: readonly NodeId[], f: (a: number, b: number, c: number) => number): NodeId {
    return this.node(`map:${name}`, args, 0, ops.mapped(f, args.length), 'elementwise', { source: String(f) })
  }
  add(a: NodeId, b: NodeId): NodeId {
    return this.node('add', [a, b], 0, ops.add, 'elementwise', { compiled: compiled.add })
  }
  sub(a: NodeId, b: NodeId): NodeId {
    return this.node('sub', [a, b], 0, ops.sub, 'elementwise', { compiled: compiled.sub })
  }
  mul(a: NodeId, b: NodeId): NodeId {
    return this.node('mul', [a, b], 0, ops.mul, 'elementwise', { compiled: compiled.mul })
  }
  /** a / b; a result that is not finite is NaN. */
  div(a: NodeId, b: NodeId): NodeId {
    return this.node('div', [a, b], 0, ops.div, 'elementwise', { compiled: compiled.div })
  }
  /** (a / b − 1) · scale; a result that is not finite is NaN. Scale 10,000 gives basis points. */
  change(a: NodeId, b: NodeId, scale = 1): NodeId {
    return this.node(`change:${scale}`, [a, b], 0, ops.change(scale), 'elementwise', {
      compiled: compiled.change(scale),
    })
  }
  scale(a: NodeId, factor: number): NodeId {
    return this.node(`scale:${factor}`, [a], 0, ops.scaled(factor), 'elementwise', {
      compiled: compiled.scaled(factor),
    })
  }

  /** a / b, a b of 0 counting as 1. */
  overOrOne(a: NodeId, b: NodeId): NodeId {
    return this.node('overOrOne', [a, b], 0, ops.overOrOne, 'elementwise', { compiled: compiled.overOrOne })
  }
  /** a where it is finite and `flag` is 0, else NaN. */
  whereZero(a: NodeId, flag: NodeId): NodeId {
    return this.node('whereZero', [a, flag], 0, ops.whereZero, 'elementwise', { compiled: compiled.whereZero })
  }

  /** The value `lag` rows ago. */
  shift(a: NodeId, lag: number): NodeId {
    if (lag === 0) return a
    return this.node(`shift:${this.window(lag)}`, [a], lag, ops.shifted(lag), (n) => new rows.RowShift(lag, n), {
      compiled: compiled.shifted(lag),
    })
  }
  /** First value of the window of `w` rows. */
  first(a: NodeId, w: number): NodeId {
    return this.shift(a, w - 1)
  }
  sum(a: NodeId, w: number): NodeId {
    if (this.window(w) === 1) return a
    const more = { compiled: compiled.sum(w) }
    return this.node(`sum:${w}`, [a], w - 1, ops.sum(w), (n) => new rows.RowSum(w, n), more)
  }
  mean(a: NodeId, w: number): NodeId {
    if (this.window(w) === 1) return a
    const more = { compiled: compiled.mean(w) }
    return this.node(`mean:${w}`, [a], w - 1, ops.mean(w), (n) => new rows.RowMean(w, n), more)
  }
  min(a: NodeId, w: number): NodeId {
    if (this.window(w) === 1) return a
    const more = { compiled: compiled.min(w) }
    return this.node(`min:${w}`, [a], w - 1, ops.min(w), (n) => new rows.RowMin(w, n), more)
  }
  max(a: NodeId, w: number): NodeId {
    if (this.window(w) === 1) return a
    const more = { compiled: compiled.max(w) }
    return this.node(`max:${w}`, [a], w - 1, ops.max(w), (n) => new rows.RowMax(w, n), more)
  }
  /** Standard deviation with divisor w − ddof. */
  std(a: NodeId, w: number, ddof: 0 | 1 = 0): NodeId {
    const more = { compiled: compiled.std(w, ddof) }
    return this.node(
      `std${ddof}:${this.window(w)}`,
      [a],
      w - 1,
      ops.std(w, ddof),
      (n) => new rows.RowStd(w, n, ddof),
      more,
    )
  }
  /** Pearson correlation; 0 where a series is flat. */
  corr(a: NodeId, b: NodeId, w: number): NodeId {
    const more = { compiled: compiled.corr(w) }
    return this.node(`corr:${this.window(w)}`, [a, b], w - 1, ops.corr(w), (n) => new rows.RowCorr(w, n), more)
  }
  /**
   * (value − mean) / (deviation + 1e-9) over `w` rows (spec RP-15, Z). Where the deviation is at most `flat` of the mean's
   * size the value is 0: what is left there is rounding noise (RP-D08).
   */
  zscore(a: NodeId, w: number, flat: number): NodeId {
    return this.node(
      `z${flat}:${this.window(w)}`,
      [a],
      w - 1,
      ops.zscore(w, flat),
      (n) => new rows.RowZscore(w, n, flat),
      { compiled: compiled.zscore(w, flat) },
    )
  }
  /** Kaufman's efficiency: |a_t − a_{t−w}| / Σ|Δa| over the window; the path 0 counts as 1. */
  efficiency(a: NodeId, w: number): NodeId {
    const step = this.node('absdiff', [a, this.shift(a, 1)], 0, ops.absDifference, 'elementwise', {
      compiled: compiled.absDifference,
    })
    return this.node('efficiency', [a, this.shift(a, w), this.sum(step, w)], 0, ops.efficiency, 'elementwise', {
      compiled: compiled.efficiency,
    })
  }
  /** Σ price·volume / Σ volume. */
  vwap(price: NodeId, volume: NodeId, w: number): NodeId {
    return this.div(this.sum(this.mul(price, volume), w), this.sum(volume, w))
  }

  /** A kernel of your own. */
  kernel({ name, args, lookback, at, range }: Kernel): NodeId {
    const w = this.window(lookback)
    if ((at === undefined) === (range === undefined))
      fail('E_CONFIG', { subject: `kernel ${name}`, detail: 'it must have exactly one of "at" and "range"' })
    const run: Run = range ?? ops.windowed(at!, args.length, w)
    const stream = (n: number) => new rows.RowGather(run, w, n, args.length)
    return this.node(`kernel:${name}:${w}`, args, w - 1, run, stream, { source: String(range ?? at) })
  }

  private window(w: number): number {
    if (!Number.isInteger(w) || w < 1)
      fail('E_CONFIG', { subject: `window ${w}`, detail: 'a window or shift is a whole number of bars from 1' })
    return w
  }
}

/** Bars each node looks at in all, the current one included: the longest chain down to the inputs. */
export function lookbacks(nodes: readonly Node[]): Int32Array {
  const out = new Int32Array(nodes.length)
  nodes.forEach((node, i) => {
    let deepest = 1
    for (const a of node.args) deepest = Math.max(deepest, out[a]!)
    out[i] = deepest + node.reach
  })
  return out
}
