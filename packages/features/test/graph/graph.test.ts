import { BASE_FEATURES } from '@cointrader/features/catalogue/base'
import { defineFeature } from '@cointrader/features/catalogue/definition'
import { makePanel } from '@cointrader/features/contract/panel'
import { definitionGroups, makeFeatureSet, shippedFeatures } from '@cointrader/features/featureset'
import { type Bars, Evaluator } from '@cointrader/features/graph/evaluate'
import { Graph, lookbacks, type NodeId } from '@cointrader/features/graph/graph'
import { makePlan } from '@cointrader/features/graph/plan'
import { readField, readRules } from '@cointrader/features/graph/read'
import { RollingState } from '@cointrader/features/graph/stream'
import { RESEARCH_POLICIES } from '@cointrader/preprocessor'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { firstDifference } from '../kernels/series.js'

const lookback = (graph: Graph, node: NodeId): number => lookbacks(graph.nodes)[node]!

/** Rows `[from, to)` of the outputs for one symbol. */
function evaluate(graph: Graph, outputs: readonly NodeId[], bars: Bars, from: number, to: number, symbol = 0) {
  const out = outputs.map(() => new Float64Array(to - from))
  new Evaluator(makePlan(graph, outputs), to - from).run(bars, symbol, from, to, (k) => ({ data: out[k]!, off: -from }))
  return out
}

describe('graph', () => {
  it('equal expressions are one node', () => {
    const g = new Graph()
    const close = g.raw('close')
    expect(g.raw('close')).toBe(close)
    expect(g.mean(close, 5)).toBe(g.mean(g.raw('close'), 5))
    expect(g.mean(close, 5)).not.toBe(g.mean(close, 6))
    expect(g.std(close, 5, 0)).not.toBe(g.std(close, 5, 1))
    expect(g.sub(close, g.shift(close, 1))).toBe(g.sub(close, g.first(close, 2)))
    expect(g.sub(close, g.mean(close, 5))).not.toBe(g.sub(g.mean(close, 5), close))
    for (const of of [g.sum, g.mean, g.min, g.max]) expect(of.call(g, close, 1)).toBe(close)
    expect(g.shift(close, 0)).toBe(close)
    const before = g.nodes.length
    g.vwap(close, g.raw('quote_volume'), 5)
    g.vwap(close, g.raw('quote_volume'), 5)
    g.efficiency(close, 5)
    g.efficiency(close, 5)
    expect(g.nodes.length).toBe(before + 5 + 4)
  })

  it('what features share is computed once', () => {
    const { plan, columns } = shippedFeatures([60])
    const nodes = plan.order.map((i) => plan.nodes[i]!)
    expect(new Set(nodes.map((n) => n.key)).size).toBe(nodes.length)
    expect(nodes.filter((n) => n.field === 'close')).toHaveLength(1)
    expect(columns.length).toBe(BASE_FEATURES.length)
  })

  it('look-back is the longest chain to the inputs', () => {
    const g = new Graph()
    const close = g.raw('close')
    expect(lookback(g, close)).toBe(1)
    expect(lookback(g, g.shift(close, 3))).toBe(4)
    expect(lookback(g, g.mean(close, 5))).toBe(5)
    expect(lookback(g, g.mean(g.mean(close, 5), 50))).toBe(54)
    expect(lookback(g, g.efficiency(close, 5))).toBe(6)
    expect(lookback(g, g.std(g.sub(close, g.shift(close, 1)), 7))).toBe(8)
    expect(lookback(g, g.add(g.mean(close, 5), g.shift(close, 30)))).toBe(31)
    expect(lookback(g, g.kernel({ name: 'k', args: [g.mean(close, 3)], lookback: 4, at: ([x]) => x![0]! }))).toBe(6)
    const plan = makePlan(g, [g.mean(g.mean(close, 5), 50)])
    expect(plan.warmup).toBe(54)
    expect(plan.history[close]).toBe(53)
    expect(plan.history[g.mean(close, 5)]).toBe(49)
    expect(plan.order).toHaveLength(3)
  })

  it('refuses windows that are no whole number of bars, kernels without or with two forms, and shared names', () => {
    const g = new Graph()
    const close = g.raw('close')
    for (const w of [0, -1, 1.5, Number.NaN]) {
      for (const of of [g.sum, g.mean, g.min, g.max, g.std]) expect(() => of.call(g, close, w)).toThrow(/E_CONFIG/)
      expect(() => g.corr(close, close, w)).toThrow(/E_CONFIG/)
      expect(() => g.kernel({ name: 'k', args: [close], lookback: w, at: () => 0 })).toThrow(/E_CONFIG/)
    }
    for (const lag of [-1, 0.5]) expect(() => g.shift(close, lag)).toThrow(/E_CONFIG/)
    expect(() => g.kernel({ name: 'k', args: [close], lookback: 1 })).toThrow(/exactly one/)
    expect(() => g.kernel({ name: 'k', args: [close], lookback: 1, at: () => 0, range: () => {} })).toThrow(
      /exactly one/,
    )
    g.map('twice', [close], (v) => 2 * v)
    expect(() => g.map('twice', [close], (v) => v + v)).toThrow(/two different functions/)
  })

  it('refuses features of one name, unknown fields and reserved names', () => {
    const feature = (type: string) => ({
      type,
      title: '',
      unit: '',
      inputs: ['close'],
      build: (x: Graph) => x.raw('close'),
    })
    const set = (...types: string[]) =>
      makeFeatureSet({ groups: [{ prefix: 'x', definitions: types.map(feature) }], windows: [5] })
    expect(set('A', 'B').columns.map((c) => c.name)).toEqual(['x_5m_A', 'x_5m_B'])
    expect(() => set('A', 'A')).toThrow(/already a column x_5m_A/)
    expect(() => defineFeature(feature('A_neut'))).toThrow(/reserved/)
    expect(() => defineFeature(feature('1A'))).toThrow(/E_CONFIG/)
    expect(() => defineFeature({ ...feature('A'), inputs: ['clsoe'] })).toThrow(/no field "clsoe"/)
    expect(() => defineFeature({ ...feature('A'), knownAtMinutes: 0 })).toThrow(/known at its end/)
    expect(() => readRules(RESEARCH_POLICIES)).toThrow(/looks ahead/)
    expect(definitionGroups('both').map((g) => g.prefix)).toEqual(['x', 'xa'])
  })

  it('refuses rows that there are no bars for, instead of reading the next symbol', () => {
    const g = new Graph()
    const plan = makePlan(g, [g.mean(g.raw('close'), 10)])
    const bars = makePanel({ seed: 1, symbols: 2, firstRow: 100, rows: 50 })
    const evaluator = new Evaluator(plan, 20)
    const out = { data: new Float64Array(100), off: -100 }
    const run = (from: number, to: number) => evaluator.run(bars, 1, from, to, () => out)
    expect(() => run(108, 110)).toThrow(/E_INTERNAL.*from row 99/)
    expect(() => run(140, 151)).toThrow(/E_INTERNAL/)
    expect(() => run(110, 131)).toThrow(/at most 20 rows/)
    expect(() => run(109, 129)).not.toThrow()
    const stream = new RollingState(plan, 2)
    stream.push(7, {}, new Float64Array(2))
    expect(() => stream.push(9, {}, new Float64Array(2))).toThrow(/the last one was 7/)
  })
})

describe('evaluation', () => {
  const bars = makePanel({ seed: 'graph', symbols: 3, firstRow: 29_000_123, rows: 700, defects: 0.01 })
  const from = bars.firstRow + 200
  const to = bars.firstRow + bars.rows

  it('a mean computed beside a deviation has the bits of a mean alone, whoever comes first', () => {
    const alone = new Graph()
    const want = evaluate(alone, [alone.mean(alone.raw('close'), 30)], bars, from, to)[0]!
    for (const order of ['mean first', 'deviation first']) {
      const g = new Graph()
      const close = g.raw('close')
      const nodes =
        order === 'mean first' ? [g.mean(close, 30), g.std(close, 30)] : [g.std(close, 30), g.mean(close, 30)]
      const plan = makePlan(g, nodes)
      expect(plan.twin[nodes[0]!]).toBe(nodes[1])
      const got = evaluate(g, nodes, bars, from, to)
      expect(firstDifference(got[order === 'mean first' ? 0 : 1]!, want)).toBe(-1)
      const single = new Graph()
      const deviation = evaluate(single, [single.std(single.raw('close'), 30)], bars, from, to)[0]!
      expect(firstDifference(got[order === 'mean first' ? 1 : 0]!, deviation)).toBe(-1)
    }
  })

  it('a pair serves consumers of different reach', () => {
    const g = new Graph()
    const close = g.raw('close')
    const wanted = [g.mean(g.std(close, 9), 40), g.shift(g.mean(close, 9), 3), g.mean(close, 9)]
    const together = evaluate(g, wanted, bars, from, to)
    wanted.forEach((node, k) => {
      expect(firstDifference(together[k]!, evaluate(g, [node], bars, from, to)[0]!)).toBe(-1)
    })
  })

  it('ranges of rows give the bits of the whole', () => {
    const set = shippedFeatures([1, 5, 12])
    const whole = set.columns.map(() => new Float64Array(to - from))
    new Evaluator(set.plan, to - from).run(bars, 1, from, to, (k) => ({ data: whole[k]!, off: -from }))
    fc.assert(
      fc.property(fc.integer({ min: from, max: to }), fc.integer({ min: 1, max: 90 }), (first, length) => {
        const last = Math.min(to, first + length)
        const part = set.columns.map(() => new Float64Array(last - first))
        new Evaluator(set.plan, 90).run(bars, 1, first, last, (k) => ({ data: part[k]!, off: -first }))
        part.forEach((p, k) => {
          if (firstDifference(p, whole[k]!.subarray(first - from, last - from)) >= 0)
            expect.fail(`${set.columns[k]!.name} differs in rows ${first} to ${last}`)
        })
      }),
      { numRuns: 60 },
    )
  })

  it('a kernel of single windows, of ranges and of the vocabulary agree', () => {
    const g = new Graph()
    const x = g.raw('close')
    const most = [
      g.max(x, 6),
      g.kernel({
        name: 'at',
        args: [x],
        lookback: 6,
        at: ([v]) => (v!.every(Number.isFinite) ? Math.max(...v!) : Number.NaN),
      }),
      g.kernel({
        name: 'range',
        args: [x],
        lookback: 6,
        range: ([v], out, first, last) => {
          for (let t = first; t < last; t++) {
            let m = Number.NEGATIVE_INFINITY
            for (let i = t - 5; i <= t; i++) m = Math.max(m, v!.data[v!.off + i]!)
            out.data[out.off + t] = Number.isFinite(m) ? m : Number.NaN
          }
        },
      }),
    ]
    const [a, b, c] = evaluate(g, most, bars, from, to)
    expect(firstDifference(a!, b!)).toBe(-1)
    expect(a!.some((v) => Number.isFinite(v))).toBe(true)
    // An infinite cell inside of the window is missing for the first two; Math.max of −∞ alone is not seen by the third.
    for (let t = 0; t < a!.length; t++) if (!Number.isNaN(a![t]!)) expect(c![t]).toBe(a![t])
  })
})

describe('reading', () => {
  const read = (field: string, fields: Record<string, number[]>, policy = readRules()): number[] => {
    const g = new Graph()
    const node = readField(g, field, policy)
    const rows = Object.values(fields)[0]!.length
    const { warmup } = makePlan(g, [node])
    const padded = Object.fromEntries(
      Object.entries(fields).map(([k, v]) => [
        k,
        Float64Array.from([...new Array<number>(warmup - 1).fill(Number.NaN), ...v]),
      ]),
    )
    const bars = { firstRow: 1000 - warmup + 1, rows: rows + warmup - 1, symbols: ['A'], fields: padded }
    return [...evaluate(g, [node], bars, 1000, 1000 + rows)[0]!]
  }
  const _ = Number.NaN

  it('prices are never carried; contradictory bars and infinities are missing', () => {
    expect(read('close', { close: [1, _, 3, Infinity, 5] })).toEqual([1, _, 3, _, 5])
    const bars = { open: [2, 2, 2], high: [3, 1, 3], low: [1, 1, 1], close: [2, 2, 2] }
    expect(read('close', bars)).toEqual([2, _, 2])
  })

  it('short holes of the premium are carried five minutes, cells ten, zero interest not at all', () => {
    expect(read('pm_close', { pm_close: [7, _, _, _, _, _, _, 8] })).toEqual([7, 7, 7, 7, 7, 7, _, 8])
    const open = [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1]
    const close = [7, _, _, _, _, _, _, _, _, _, _, _, 9]
    expect(read('pm_close', { pm_open: open, pm_close: close })).toEqual([7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, _, 9])
    expect(read('mt_oi', { mt_oi: [5, 0, 0, 6, _, 7] })).toEqual([5, _, _, 6, _, 7])
    expect(read('mt_oi', { mt_oi: [5, _, 6], mt_ls_ratio_cnt: [1, 1, 1] })).toEqual([5, 5, 6])
  })
})
