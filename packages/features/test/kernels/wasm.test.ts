/** The compiled kernels against the TypeScript ones: equal bits (any NaN equals any other) of everything, everywhere. */
import { seededRandom } from '@cointrader/core'
import { BatchFeatures } from '@cointrader/features/batch'
import { makePanel } from '@cointrader/features/contract/panel'
import { shippedFeatures } from '@cointrader/features/featureset'
import { type Bars, Evaluator } from '@cointrader/features/graph/evaluate'
import { Graph, type NodeId } from '@cointrader/features/graph/graph'
import { makePlan } from '@cointrader/features/graph/plan'
import { crossMoments, FLAT_DEVIATION, measureCross, neutralise } from '@cointrader/features/kernels/cross'
import { measureCrossCompiled, neutraliseCompiled } from '@cointrader/features/kernels/wasm/cross'
import { RowGroup } from '@cointrader/features/kernels/wasm/gather'
import { defaultKernels, heapOfThread, type KernelKind } from '@cointrader/features/kernels/wasm/module'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { firstDifference, LARGE_WINDOWS, makeSeries, SMALL_WINDOWS } from './series.js'

const FIELDS = ['close', 'open', 'high']

/** Random series of some symbols under three names; `mt_oi` is absent. */
function randomBars(seed: number, symbols: number, firstRow: number, rows: number): Bars {
  const fields = Object.fromEntries(
    FIELDS.map((field, k) => [
      field,
      Float64Array.from(
        Array.from({ length: symbols }, (_, s) => makeSeries(rows, seed + 7 * k + 101 * s, true)).flat(),
      ),
    ]),
  )
  return { firstRow, rows, symbols: Array.from({ length: symbols }, (_, s) => `S${s}`), fields }
}

/** Rows `[from, to)` of every output for all symbols and, computed alone, for the last one. */
function evaluate(evaluator: Evaluator, bars: Bars, from: number, to: number): Float64Array[] {
  const rows = to - from
  const { outputs } = evaluator.plan
  const all = outputs.map(() => new Float64Array(rows * bars.symbols.length))
  evaluator.runAll(bars, from, to, (k, s) => ({ data: all[k]!, off: s * rows - from }))
  const alone = outputs.map(() => new Float64Array(rows))
  const last = bars.symbols.length - 1
  evaluator.run(bars, last, from, to, (k) => ({ data: alone[k]!, off: -from }))
  alone.forEach((a, k) => {
    expect(firstDifference(a, all[k]!.subarray(last * rows))).toBe(-1)
  })
  return all
}

/** Both kinds of kernels give the same bits for the outputs. */
function agree(graph: Graph, outputs: readonly NodeId[], bars: Bars, from: number, to: number, maxRows = to - from) {
  const plan = makePlan(graph, outputs)
  const of = (kernels: KernelKind) => evaluate(new Evaluator(plan, maxRows, kernels), bars, from, to)
  const [wasm, typescript] = [of('wasm'), of('typescript')]
  wasm.forEach((values, k) => {
    const at = firstDifference(values, typescript[k]!)
    if (at >= 0) {
      const key = graph.nodes[outputs[k]!]!.key
      expect.fail(`${key}, cell ${at} of ${to - from} rows a symbol: ${values[at]}, not ${typescript[k]![at]}`)
    }
  })
}

/** Every word of the vocabulary that has a compiled twin. */
function words(g: Graph, w: number): NodeId[] {
  const [x, y] = [g.raw('close'), g.raw('open')]
  return [
    ...[g.add(x, y), g.sub(x, y), g.mul(x, y), g.div(x, y), g.overOrOne(x, y), g.whereZero(x, y)],
    ...[g.change(x, y), g.change(x, y, 10_000), g.scale(x, -3.7), g.shift(x, w), g.efficiency(x, w)],
    ...[g.sum(x, w), g.mean(x, w), g.min(x, w), g.max(x, w), g.std(y, w), g.std(x, w, 1), g.std(x, w)],
    ...[g.corr(x, y, w), g.corr(x, x, w), g.zscore(x, w, 0), g.zscore(x, w, 1e-9), g.zscore(y, w, 0.3)],
  ]
}

describe('compiled kernels have the bits of the TypeScript ones', () => {
  it('are what is tested', () => {
    expect(heapOfThread()).toBeDefined()
    expect([defaultKernels(1), defaultKernels(1440)]).toEqual(['typescript', 'wasm'])
  })

  const property = (windows: readonly number[], most: number) =>
    fc.property(
      fc.constantFrom(...windows),
      fc.nat(1e6),
      fc.integer({ min: 1, max: 3 }),
      fc.nat(1e9),
      fc.integer({ min: 1, max: most }),
      fc.nat(3),
      (w, seed, symbols, phase, rows, spare) => {
        const graph = new Graph()
        const outputs = words(graph, w)
        const { warmup } = makePlan(graph, outputs)
        const firstRow = phase % 2 === 0 ? 29_000_000 + (phase % (3 * w)) : phase % (3 * w)
        const bars = randomBars(seed, symbols, firstRow, warmup - 1 + rows)
        agree(graph, outputs, bars, firstRow + warmup - 1, firstRow + warmup - 1 + rows, rows + spare)
      },
    )
  it('every word, windows up to 30: 800 cases', () => {
    fc.assert(property(SMALL_WINDOWS, 120), { numRuns: 800 })
  }, 120_000)
  it('every word, windows up to 1440: 40 cases', () => {
    fc.assert(property(LARGE_WINDOWS, 3000), { numRuns: 40 })
  }, 120_000)

  it('random graphs with maps, hand-written kernels, absent and repeated series: 400 cases', () => {
    fc.assert(
      fc.property(
        fc.nat(1e9),
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 1, max: 90 }),
        (seed, symbols, rows) => {
          const random = seededRandom(seed)
          const g = new Graph()
          const made: NodeId[] = [...FIELDS, 'mt_oi'].map((f) => g.raw(f))
          const any = () => made[random.int(made.length)]!
          const w = () => 1 + random.int(9)
          const kinds: (() => NodeId)[] = [
            () => g.mul(any(), any()),
            () => g.sub(any(), any()),
            () => g.change(any(), any()),
            () => g.shift(any(), random.int(5)),
            () => g.mean(any(), w()),
            () => g.std(any(), w()),
            () => g.max(any(), w()),
            () => g.corr(any(), any(), w()),
            () => g.zscore(any(), w(), 1e-9),
            () => g.efficiency(any(), w()),
            () => g.map('mix', [any(), any(), any()], (a, b, c) => (a > b ? Math.log(Math.abs(c)) : a - c)),
            () => g.kernel({ name: 'spread', args: [any()], lookback: 4, at: ([v]) => v![3]! - v![0]! }),
            () =>
              g.kernel({
                name: 'by-row',
                args: [any(), any()],
                lookback: 3,
                range: ([a, b], { data, off }, from, to) => {
                  for (let t = from; t < to; t++)
                    data[off + t] = a!.data[a!.off + t - 2]! + (t % 60) * b!.data[b!.off + t]!
                },
              }),
          ]
          for (let k = 0; k < 24; k++) made.push(kinds[random.int(kinds.length)]!())
          const outputs = Array.from({ length: 9 }, any)
          const { warmup } = makePlan(g, outputs)
          const bars = randomBars(seed % 1e6, symbols, 5000 + random.int(100), warmup - 1 + rows)
          const from = bars.firstRow + warmup - 1
          agree(g, outputs, bars, from, from + rows, rows + random.int(40))
        },
      ),
      { numRuns: 400 },
    )
  }, 120_000)

  it('the shipped features of a panel with defects, whole and in ranges', () => {
    const bars = makePanel({ seed: 'wasm', symbols: 3, firstRow: 29_000_321, rows: 3400, defects: 0.01 })
    for (const generator of ['base', 'added'] as const) {
      const { plan, columns } = shippedFeatures([1, 5, 30, 60], generator)
      const first = bars.firstRow + plan.warmup - 1
      const last = bars.firstRow + bars.rows
      const rows = last - first
      const whole = evaluate(new Evaluator(plan, rows, 'typescript'), bars, first, last)
      const compiled = new Evaluator(plan, rows, 'wasm')
      for (const [from, to] of [
        [first, last],
        [first + 1, first + 2],
        [first + 777, first + 1500],
        [last - 64, last],
      ] as const) {
        const part = evaluate(compiled, bars, from, to)
        part.forEach((values, k) => {
          for (let s = 0; s < 3; s++) {
            const want = whole[k]!.subarray(s * rows + from - first, s * rows + to - first)
            const got = values.subarray(s * (to - from), (s + 1) * (to - from))
            if (firstDifference(got, want) >= 0) expect.fail(`${columns[k]!.name} in rows ${from} to ${to}`)
          }
        })
      }
    }
  }, 120_000)
})

describe('the memory', () => {
  const bars = makePanel({ seed: 'memory', symbols: 2, firstRow: 1000, rows: 400 })
  const sums = (w: number) => {
    const g = new Graph()
    const close = g.raw('close')
    return makePlan(g, [
      g.map('plus', [g.mean(close, w)], (v) => v + 1),
      g.kernel({ name: 'id', args: [g.sum(close, w)], lookback: 2, at: ([v]) => v![1]! }),
    ])
  }

  it('serves evaluators of all sizes in turns, also after it has grown', () => {
    const plans = [3, 200, 50].map(sums)
    const evaluators = plans.map((plan) => new Evaluator(plan, 100, 'wasm'))
    const wanted = plans.map((plan) => evaluate(new Evaluator(plan, 100, 'typescript'), bars, 1300, 1400))
    const check = () => {
      for (const k of [0, 1, 2, 1, 0])
        evaluate(evaluators[k]!, bars, 1300, 1400).forEach((values, j) => {
          expect(firstDifference(values, wanted[k]![j]!)).toBe(-1)
        })
    }
    check()
    const before = heapOfThread()!.f64
    const bytes = before.byteLength
    expect(heapOfThread()!.lend(bytes + 1, ({ f64 }) => f64.fill(1e300))).toBe(true)
    expect(heapOfThread()!.f64.byteLength).toBe(bytes + 65_536)
    expect(before.byteLength).toBe(0)
    check()
    expect(heapOfThread()!.lend(2 ** 33, () => expect.fail('there is no such memory'))).toBe(false)
    check()
  })

  it('is left alone by a kernel that evaluates features itself, and free after one that throws', () => {
    const inner = sums(7)
    const want = evaluate(new Evaluator(inner, 100, 'typescript'), bars, 1300, 1400)[0]!
    let angry = true
    const g = new Graph()
    const outer = makePlan(g, [
      g.kernel({
        name: 'nested',
        args: [g.mean(g.raw('close'), 4)],
        lookback: 1,
        range: ([x], { data, off }, from, to) => {
          if (angry) throw new Error('angry')
          const got = evaluate(new Evaluator(inner, 100, 'wasm'), bars, 1300, 1400)[0]!
          expect(firstDifference(got, want)).toBe(-1)
          for (let t = from; t < to; t++) data[off + t] = x!.data[x!.off + t]!
        },
      }),
    ])
    const evaluator = new Evaluator(outer, 100, 'wasm')
    const run = () => evaluate(evaluator, bars, 1300, 1400)
    expect(run).toThrow('angry')
    angry = false
    expect(firstDifference(run()[0]!, evaluate(new Evaluator(outer, 100, 'typescript'), bars, 1300, 1400)[0]!)).toBe(-1)
  })
})

describe('compiled cross-sections have the bits of the TypeScript ones', () => {
  /** Values by symbol whose minutes are of all kinds. */
  function panel(seed: number, symbols: number, rows: number): Float64Array {
    const out = new Float64Array(symbols * rows)
    for (let t = 0; t < rows; t++) {
      const minute = makeSeries(symbols, seed + 31 * t, true)
      for (let s = 0; s < symbols; s++) out[s * rows + t] = minute[s]!
    }
    return out
  }
  function compare(values: Float64Array, symbols: number, rows: number, flat: number): void {
    const [a, b, c] = [crossMoments(rows), crossMoments(rows), crossMoments(rows)]
    const [mine, theirs] = [new Float64Array(values.length), new Float64Array(values.length)]
    const before = values.slice()
    neutraliseCompiled(values, mine, symbols, rows, flat, a)
    neutralise(values, theirs, symbols, rows, flat, b)
    measureCrossCompiled(values, symbols, rows, flat, c)
    expect(firstDifference(mine, theirs)).toBe(-1)
    for (const key of ['count', 'mean', 'sd'] as const) {
      expect(firstDifference(a[key], b[key])).toBe(-1)
      expect(firstDifference(c[key], b[key])).toBe(-1)
    }
    measureCross(values, symbols, rows, flat, c)
    expect(firstDifference(c.sd, b.sd)).toBe(-1)
    expect(firstDifference(values, before)).toBe(-1)
  }

  it('1,500 panels', () => {
    fc.assert(
      fc.property(
        fc.nat(1e9),
        fc.nat(11),
        fc.nat(9),
        fc.constantFrom(0, FLAT_DEVIATION, 0.5),
        (seed, symbols, rows, flat) => {
          compare(panel(seed, symbols, rows), symbols, rows, flat)
        },
      ),
      { numRuns: 1500 },
    )
  })
  it('panels beyond a block of the memory, with odd rows', () => {
    compare(panel(1, 50, 2999), 50, 2999, FLAT_DEVIATION)
    compare(panel(2, 701, 401), 701, 401, FLAT_DEVIATION)
  })

  it('matrices of either kind', () => {
    const bars = makePanel({ seed: 'matrix', symbols: 7, firstRow: 2000, rows: 900, defects: 0.02 })
    const set = shippedFeatures([1, 15])
    const from = bars.firstRow + set.plan.warmup - 1
    const to = bars.firstRow + bars.rows
    const of = (kernels: KernelKind) => {
      const features = new BatchFeatures(set, to - from, kernels)
      const matrix = features.base(bars, from, to)
      return matrix.values.flatMap((values, k) => {
        const out = new Float64Array(values.length)
        features.neutral(matrix, k, out)
        const { count, mean, sd } = features.moments(matrix, k)
        return [values, out, count, mean, sd]
      })
    }
    const typescript = of('typescript')
    of('wasm').forEach((values, i) => {
      expect(firstDifference(values, typescript[i]!)).toBe(-1)
    })
  })

  it('rows of a table: 500 groups, float32 and float64, bit for bit with their NaN', () => {
    fc.assert(
      fc.property(
        fc.nat(1e9),
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 1, max: 20 }),
        fc.boolean(),
        (seed, symbols, rows, single) => {
          const random = seededRandom(seed)
          const values = panel(seed, symbols, rows)
          const chosen: number[] = []
          for (let t = 0; t < rows; t++)
            for (let s = 0; s < symbols; s++) if (random.next() < 0.7) chosen.push(s * rows + t)
          const cut = random.int(chosen.length + 1)
          const room = (n: number) => (single ? new Float32Array(n) : new Float64Array(n))
          for (const part of [chosen.slice(0, cut), chosen.slice(cut)]) {
            const cells = Int32Array.from(part)
            const of = (kernels: KernelKind) => {
              const [plain, scored] = [room(cells.length), room(cells.length)]
              const group = new RowGroup(cells, symbols, rows, FLAT_DEVIATION, kernels)
              const missing = group.column(values, plain, scored)
              return { missing, plain, scored }
            }
            const [mine, theirs] = [of('wasm'), of('typescript')]
            expect(mine.missing).toBe(theirs.missing)
            for (const key of ['plain', 'scored'] as const)
              expect(Buffer.compare(Buffer.from(mine[key].buffer), Buffer.from(theirs[key].buffer))).toBe(0)
            const scores = new Float64Array(values.length)
            neutralise(values, scores, symbols, rows, FLAT_DEVIATION, crossMoments(rows))
            const pick = (of: Float64Array) => {
              const out = room(cells.length)
              cells.forEach((c, i) => {
                out[i] = of[c]!
              })
              return out
            }
            expect(firstDifference(mine.plain, pick(values))).toBe(-1)
            expect(firstDifference(mine.scored, pick(scores))).toBe(-1)
          }
        },
      ),
      { numRuns: 500 },
    )
  })
})
