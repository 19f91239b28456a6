import { Evaluator } from '@cointrader/features/graph/evaluate'
import { Graph, type NodeId } from '@cointrader/features/graph/graph'
import { makePlan } from '@cointrader/features/graph/plan'
import type { View } from '@cointrader/features/kernels/rolling'
import * as kernels from '@cointrader/features/kernels/rolling'
import * as rows from '@cointrader/features/kernels/rows'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import * as ref from './reference.js'
import {
  type Case,
  cases,
  firstDifference,
  LARGE_WINDOWS,
  laid,
  makeSeries,
  result,
  room,
  SMALL_WINDOWS,
} from './series.js'

/** A kernel over one or two series. */
type Kernel = (x: View, y: View, out: View, from: number, to: number, w: number) => void
const std =
  (ddof: 0 | 1): Kernel =>
  (x, _, out, from, to, w) =>
    kernels.rollingStd(x, out, undefined, from, to, w, ddof)
const KERNELS: Record<string, Kernel> = {
  sum: (x, _, out, from, to, w) => kernels.rollingSum(x, out, from, to, w),
  mean: (x, _, out, from, to, w) => kernels.rollingMean(x, out, from, to, w),
  min: (x, _, out, from, to, w) => kernels.rollingMin(x, out, from, to, w),
  max: (x, _, out, from, to, w) => kernels.rollingMax(x, out, from, to, w),
  std0: std(0),
  std1: std(1),
  corr: kernels.rollingCorr,
}

/** A case's two series; the second one is related to the first one half of the time. */
function series(c: Case): [number[], number[]] {
  const x = makeSeries(c.length, c.seed, c.missing)
  const other = makeSeries(c.length, c.seed + 1, c.missing)
  return [x, c.seed % 2 === 0 ? other : other.map((v, i) => x[i]! * (1 + 1e-3 * Math.sin(v)))]
}

function run(name: string, c: Case, [x, y]: readonly [number[], number[]]): Float64Array {
  const out = room(c)
  KERNELS[name]!(laid(x, c), laid(y, c), out, c.row, c.row + c.length, c.w)
  expect([out.data[0], out.data[1], out.data[out.data.length - 1]]).toEqual([-7, -7, -7])
  return result(out, c)
}

/** Checks every row that has a full window with `check`, and that the others are NaN. */
function each(
  values: Float64Array,
  c: Case,
  inputs: readonly (readonly number[])[],
  check: (value: number, t: number, windows: number[][]) => void,
): void {
  for (let t = 0; t < c.length; t++) {
    const windows = inputs.map((x) => ref.windowAt(x, t, c.w))
    if (windows.includes(undefined)) expect(values[t]).toBeNaN()
    else {
      expect(values[t]).not.toBeNaN()
      check(values[t]!, t, windows as number[][])
    }
  }
}

const below = (value: number, bound: number, what: () => string): void => {
  if (!(value <= bound)) expect.fail(`${value} is above ${bound}: ${what()}`)
}
const same = (x: readonly number[]): boolean => x.every((v) => v === x[0])

const checks: Record<string, (c: Case) => number | undefined> = {
  sum(c) {
    const [x, y] = series(c)
    each(run('sum', c, [x, y]), c, [x], (v, t, [win]) =>
      below(ref.gap(v, ref.sumOf(win!)), 1e-12 * ref.size(win!), () => `row ${t}`),
    )
    return undefined
  },
  mean(c) {
    const [x, y] = series(c)
    each(run('mean', c, [x, y]), c, [x], (v, t, [win]) => {
      below(ref.gap(v, ref.meanOf(win!)), (1e-12 * ref.size(win!)) / c.w, () => `row ${t}`)
      if (same(win!)) expect(v === win![0]).toBe(true)
    })
    return undefined
  },
  min(c) {
    const [x, y] = series(c)
    each(run('min', c, [x, y]), c, [x], (v, _, [win]) => {
      if (!Object.is(v, Math.min(...win!))) expect.fail(`${v} is not the least of ${win}`)
    })
    return undefined
  },
  max(c) {
    const [x, y] = series(c)
    each(run('max', c, [x, y]), c, [x], (v, _, [win]) => {
      if (!Object.is(v, Math.max(...win!))) expect.fail(`${v} is not the largest of ${win}`)
    })
    return undefined
  },
  std(c) {
    const [x, y] = series(c)
    for (const ddof of [0, 1] as const) {
      const values = run(`std${ddof}`, c, [x, y])
      if (c.w === ddof) expect(values.every(Number.isNaN)).toBe(true)
      else
        each(values, c, [x], (v, t, [win]) => {
          const s = ref.stdOf(win!, ddof)
          below(ref.gap(v, s), 1e-9 * s[0] + 1e-12 * ref.most(win!), () => `row ${t}, ddof ${ddof}`)
          if (same(win!)) expect(v).toBe(0)
        })
    }
    return undefined
  },
  corr(c) {
    const [x, y] = series(c)
    let skipped = 0
    each(run('corr', c, [x, y]), c, [x, y], (v, t, [a, b]) => {
      const least = Math.min(ref.relativeVariance(a!), ref.relativeVariance(b!))
      expect(Math.abs(v)).toBeLessThanOrEqual(1)
      if (Math.abs(least - 1e-14) < 1e-16) skipped++
      else if (least < 1e-14) expect(v).toBe(0)
      else below(ref.gap(v, ref.corrOf(a!, b!)), 1e-9, () => `row ${t}`)
    })
    return skipped
  },
}

describe('rolling kernels against two-pass formulas in doubled precision', () => {
  for (const [name, check] of Object.entries(checks)) {
    it(`${name}: 1,200 cases with windows up to 30, 25 up to 1440`, () => {
      let skipped = 0
      const property = (windows: readonly number[]) =>
        fc.property(cases(windows), (c) => {
          skipped += check(c) ?? 0
        })
      fc.assert(property(SMALL_WINDOWS), { numRuns: 1200 })
      // Few, but with whole windows: naive references cost rows times window.
      const large = cases(LARGE_WINDOWS).map((c) => ({ ...c, length: Math.min(c.length, c.w + 60) }))
      fc.assert(
        fc.property(large, (c) => {
          skipped += check(c) ?? 0
        }),
        { numRuns: 25 },
      )
      if (skipped > 0) console.log(`${name}: ${skipped} rows lie at the threshold of a flat window and were left out`)
    })
  }

  it('an outlier of 1e12 at the pivot costs no digits of a mean over 1440 small values', () => {
    const w = 1440
    const c: Case = { w, row: w - 100, length: w + 200, seed: 0, missing: false }
    const x = Array.from({ length: c.length }, (_, i) => (c.row + i === w ? 1e12 : 0.1))
    each(run('mean', c, [x, x]), c, [x], (v, t, [win]) =>
      below(ref.gap(v, ref.meanOf(win!)), (1e-12 * ref.size(win!)) / w, () => `row ${t}`),
    )
  })
})

describe('what a window may depend on', () => {
  it('any chunking gives the same bits, and garbage outside of the window changes nothing', () => {
    const garbage = fc.constantFrom(1e300, -1e300, Number.NaN, Number.POSITIVE_INFINITY, 0)
    fc.assert(
      fc.property(cases([...SMALL_WINDOWS, 60]), garbage, fc.infiniteStream(fc.nat(40)), (c, outside, cuts) => {
        const [x, y] = series(c)
        for (const [name, kernel] of Object.entries(KERNELS)) {
          const whole = run(name, c, [x, y])
          const out = room(c)
          for (let from = c.row; from < c.row + c.length; ) {
            const to = Math.min(c.row + c.length, from + 1 + cuts.next().value)
            // Only the rows from − w + 1 … to − 1 are real; the rest of the copy is garbage.
            const cut = ({ data, off }: View): View => {
              const copy = new Float64Array(data.length).fill(outside)
              copy.set(data.subarray(off + from - c.w + 1, off + to), off + from - c.w + 1)
              return { data: copy, off }
            }
            kernel(cut(laid(x, c)), cut(laid(y, c)), out, from, to, c.w)
            from = to
          }
          const at = firstDifference(result(out, c), whole)
          if (at >= 0) expect.fail(`${name}: row ${at} of ${c.length}`)
        }
      }),
      { numRuns: 1000 },
    )
  })

  it('the mean beside a deviation has the bits of the mean alone', () => {
    fc.assert(
      fc.property(cases([...SMALL_WINDOWS, 60, 240]), (c) => {
        const [x, y] = series(c)
        const mean = room(c)
        kernels.rollingStd(laid(x, c), room(c), mean, c.row, c.row + c.length, c.w, 0)
        expect(firstDifference(result(mean, c), run('mean', c, [x, y]))).toBe(-1)
      }),
      { numRuns: 1000 },
    )
  })
})

describe('kernels of one row of many series', () => {
  const twins: Record<string, (w: number, n: number) => rows.RowKernel> = {
    sum: (w, n) => new rows.RowSum(w, n),
    mean: (w, n) => new rows.RowMean(w, n),
    min: (w, n) => new rows.RowMin(w, n),
    max: (w, n) => new rows.RowMax(w, n),
    std0: (w, n) => new rows.RowStd(w, n, 0),
    std1: (w, n) => new rows.RowStd(w, n, 1),
    corr: (w, n) => new rows.RowCorr(w, n),
  }

  it('have the bits of their twins, started at any row', () => {
    fc.assert(
      fc.property(
        cases([...SMALL_WINDOWS, 60]),
        fc.integer({ min: 1, max: 4 }),
        fc.double({ min: 0, max: 1 }),
        (c, n, share) => {
          const all = Array.from({ length: n }, (_, s) => series({ ...c, seed: c.seed + 2 * s }))
          const beside = (k: 0 | 1): View => {
            const views = all.map((pair) => laid(pair[k]!, c))
            const length = views[0]!.data.length
            const data = new Float64Array(length * n)
            views.forEach((v, s) => {
              v.data.forEach((value, i) => {
                data[i * n + s] = value
              })
            })
            return { data, off: views[0]!.off * n }
          }
          const args = [beside(0), beside(1)]
          const first = c.row + Math.floor(share * c.length * 0.999)
          for (const [name, make] of Object.entries(twins)) {
            const kernel = make(c.w, n)
            const { bytes } = kernel
            const out: View = { data: new Float64Array(n * c.length), off: -c.row * n }
            const mean: View = { data: new Float64Array(n * c.length), off: -c.row * n }
            for (let t = first; t < c.row + c.length; t++) kernel.push(args, out, t, name === 'std0' ? mean : undefined)
            expect(kernel.bytes).toBe(bytes)
            all.forEach((pair, s) => {
              const whole = run(name, c, pair)
              const means = run('mean', c, pair)
              for (let t = first; t < c.row + c.length; t++) {
                const at = (t - c.row) * n + s
                if (!Object.is(out.data[at], whole[t - c.row]))
                  expect.fail(`${name}: ${out.data[at]}, ${whole[t - c.row]}`)
                if (name === 'std0' && !Object.is(mean.data[at], means[t - c.row])) expect.fail('mean beside deviation')
              }
            })
          }
        },
      ),
      { numRuns: 1000 },
    )
  })
})

describe('z-score, efficiency, VWAP, first', () => {
  /** Evaluates a series of a graph over the fields a and b of one symbol. */
  function evaluate(c: Case, a: number[], b: number[], build: (x: Graph) => NodeId): Float64Array {
    const graph = new Graph()
    const plan = makePlan(graph, [build(graph)])
    const firstRow = c.row - plan.warmup + 1
    const field = (v: number[]) => Float64Array.from([...new Array<number>(plan.warmup - 1).fill(Number.NaN), ...v])
    const bars = {
      firstRow,
      rows: plan.warmup - 1 + c.length,
      symbols: ['A'],
      fields: { a: field(a), b: field(b) },
    }
    const data = new Float64Array(c.length)
    new Evaluator(plan, c.length).run(bars, 0, c.row, c.row + c.length, () => ({ data, off: -c.row }))
    return data
  }

  it('z-score: within what the bounds of mean and deviation allow, and never above √(w − 1)', () => {
    let skipped = 0
    fc.assert(
      fc.property(cases(SMALL_WINDOWS), fc.constantFrom(0, 1e-9), (c, flat) => {
        const [x, y] = series(c)
        each(
          evaluate(c, x, y, (g) => g.zscore(g.raw('a'), c.w, flat)),
          c,
          [x],
          (v, t, [win]) => {
            const m = ref.meanOf(win!)
            const s = ref.stdOf(win!, 0)
            const slack = 1e-9 * s[0] + 1e-12 * ref.most(win!)
            if (flat > 0) expect(Math.abs(v)).toBeLessThanOrEqual(Math.sqrt(c.w - 1) + 1e-6)
            if (same(win!)) expect(v).toBe(0)
            else if (flat > 0 && Math.abs(s[0] - flat * Math.abs(m[0])) <= slack) skipped++
            else if (s[0] <= flat * Math.abs(m[0])) expect(v).toBe(0)
            else {
              const score = ref.div(ref.sub(ref.dd(win!.at(-1)!), m), ref.add(s, ref.dd(1e-9)))
              const error = (1e-12 * ref.size(win!)) / c.w + Math.abs(score[0]) * slack
              below(ref.gap(v, score), error / (s[0] + 1e-9) + 1e-15, () => `row ${t}`)
            }
          },
        )
      }),
      { numRuns: 1000 },
    )
    console.log(`z-score: ${skipped} rows lie at the threshold of a flat window and were left out`)
  })

  it('efficiency: |a_t − a_{t−w}| over the path, 0 where nothing moved', () => {
    fc.assert(
      fc.property(cases(SMALL_WINDOWS), (c) => {
        const [x, y] = series(c)
        const long = { ...c, w: c.w + 1 }
        each(
          evaluate(c, x, y, (g) => g.efficiency(g.raw('a'), c.w)),
          long,
          [x],
          (v, t, [win]) => {
            const steps = win!.slice(1).map((p, i) => ref.abs(ref.sub(ref.dd(p), ref.dd(win![i]!))))
            const path = ref.total(steps)
            if (path[0] === 0) expect(v).toBe(0)
            else {
              const e = ref.div(ref.abs(ref.sub(ref.dd(win!.at(-1)!), ref.dd(win![0]!))), path)
              below(ref.gap(v, e), 1e-12 * e[0], () => `row ${t}`)
              expect(v).toBeLessThanOrEqual(1 + 1e-12)
            }
          },
        )
      }),
      { numRuns: 1000 },
    )
  })

  it('VWAP: Σ price·volume / Σ volume, NaN without volume', () => {
    fc.assert(
      fc.property(cases(SMALL_WINDOWS), (c) => {
        const [x, y] = series(c)
        const volume = y.map(Math.abs)
        const values = evaluate(c, x, volume, (g) => g.vwap(g.raw('a'), g.raw('b'), c.w))
        for (let t = 0; t < c.length; t++) {
          const p = ref.windowAt(x, t, c.w)
          const q = ref.windowAt(volume, t, c.w)
          if (p === undefined || q === undefined || ref.sumOf(q)[0] === 0) expect(values[t]).toBeNaN()
          else {
            const turnover = p.map((v, i) => ref.mul(ref.dd(v), ref.dd(q[i]!)))
            const all = ref.sumOf(q)
            const size = turnover.reduce((n, v) => n + Math.abs(v[0]), 0)
            below(ref.gap(values[t]!, ref.div(ref.total(turnover), all)), (3e-12 * size) / all[0], () => `row ${t}`)
          }
        }
      }),
      { numRuns: 1000 },
    )
  })

  it('first and shift: bit for bit', () => {
    fc.assert(
      fc.property(cases(SMALL_WINDOWS), (c) => {
        const [x, y] = series(c)
        const first = evaluate(c, x, y, (g) => g.first(g.raw('a'), c.w))
        const shifted = evaluate(c, x, y, (g) => g.shift(g.raw('a'), c.w))
        for (let t = 0; t < c.length; t++) {
          expect(Object.is(first[t], t - c.w + 1 < 0 ? Number.NaN : x[t - c.w + 1])).toBe(true)
          expect(Object.is(shifted[t], t - c.w < 0 ? Number.NaN : x[t - c.w])).toBe(true)
        }
      }),
      { numRuns: 1000 },
    )
  })
})
