import { MINUTE_MS } from '@cointrader/core'
import {
  crossSections,
  gather,
  type LinearScore,
  monthlyRmse,
  nullBands,
  regressionErrors,
  residuals,
} from '@cointrader/models/evaluation/index'
import { describe, expect, it } from 'vitest'
import { expectClose, naiveMean, naivePearson, panel } from './support.js'

const data = panel({ seed: 41, instants: 90, symbols: 4, overlap: 3, skill: 0.4, grid: 0.25, gaps: 0.1 })
const sections = crossSections(data.time, data.symbol)
const p = gather(data.prediction, sections.order)
const y = gather(data.label, sections.order)
const rows = Array.from(p, (v, i) => ({ p: v, y: y[i]!, t: data.time[sections.order[i]!]!, s: sections.symbol[i]! }))

describe('errors', () => {
  it('equal their definitions; integer weights are copies', () => {
    const e = regressionErrors(p, y, 0.3)
    const sse = rows.reduce((s, r) => s + (r.p - r.y) ** 2, 0)
    expectClose(e.r2Zero, 1 - sse / rows.reduce((s, r) => s + r.y ** 2, 0))
    expectClose(e.r2TrainMean, 1 - sse / rows.reduce((s, r) => s + (r.y - 0.3) ** 2, 0))
    expectClose(e.bias, naiveMean(rows.map((r) => r.p - r.y)))
    expectClose(e.mae, naiveMean(rows.map((r) => Math.abs(r.p - r.y))))
    expectClose(e.rmse ** 2, sse / rows.length)
    const signed = rows.filter((r) => r.p !== 0 && r.y !== 0)
    expect(signed.length).toBeLessThan(rows.length)
    expect(e.hitRows).toBe(signed.length)
    expectClose(e.hitRate, signed.filter((r) => Math.sign(r.p) === Math.sign(r.y)).length / signed.length)
    const weight = Float64Array.from(p, (_, i) => i % 3)
    const copies = Array.from(p.keys()).flatMap((i) => Array.from({ length: i % 3 }, () => i))
    const many = regressionErrors(
      Float64Array.from(copies, (i) => p[i]!),
      Float64Array.from(copies, (i) => y[i]!),
      0.3,
    )
    const weighted = regressionErrors(p, y, 0.3, weight)
    for (const key of ['mse', 'mae', 'bias', 'r2Zero', 'r2TrainMean', 'hitRate'] as const) {
      expectClose(weighted[key], many[key])
    }
  })

  it('a forecast of the training mean has R2 0 against it; without a mean there is none', () => {
    expect(
      regressionErrors(
        y.map(() => 0.3),
        y,
        0.3,
      ).r2TrainMean,
    ).toBe(0)
    expect(regressionErrors(y, y).r2TrainMean).toBeNaN()
    expect(regressionErrors(y, y).r2Zero).toBe(1)
  })

  it('by month', () => {
    const long = panel({ seed: 42, instants: 100, symbols: 2, stepMs: 24 * 60 * MINUTE_MS })
    const s = crossSections(long.time, long.symbol)
    const got = monthlyRmse(s, long.prediction, long.label)
    expect(got.map((m) => m.month)).toEqual(['2026-01', '2026-02', '2026-03', '2026-04'])
    for (const { month, rows: n, rmse, rmseZero } of got) {
      const own = Array.from(long.time.keys()).filter((i) => new Date(long.time[i]!).toISOString().startsWith(month))
      expect(n).toBe(own.length)
      expectClose(rmse, Math.sqrt(naiveMean(own.map((i) => (long.prediction[i]! - long.label[i]!) ** 2))))
      expectClose(rmseZero, Math.sqrt(naiveMean(own.map((i) => long.label[i]! ** 2))))
    }
  })

  it('residuals: moments, histogram, groups, autocorrelation of one symbol at one step', () => {
    const r = residuals(sections, p, y, 10, 5)
    const e = rows.map((row) => row.y - row.p)
    const m = naiveMean(e)
    const sd = Math.sqrt(naiveMean(e.map((v) => (v - m) ** 2)))
    expectClose(r.mean, m)
    expectClose(r.deviation, sd)
    expectClose(r.skewness, naiveMean(e.map((v) => ((v - m) / sd) ** 3)), 10)
    expectClose(r.excessKurtosis, naiveMean(e.map((v) => ((v - m) / sd) ** 4)) - 3, 10)
    expect(r.histogram.counts.reduce((a, b) => a + b, 0)).toBe(e.length)
    expect(r.histogram.edges.length).toBe(11)
    expect(r.byPrediction.length).toBe(5)
    expectClose(naiveMean(r.byPrediction.map((g) => g.prediction)), naiveMean(rows.map((row) => row.p)), 1)
    const pairs = rows.flatMap((a, i) => {
      const b = rows.findIndex((c) => c.s === a.s && c.t === a.t + MINUTE_MS)
      return b < 0 ? [] : [[e[i]! - m, e[b]! - m] as const]
    })
    const dot = pairs.reduce((s, [a, b]) => s + a * b, 0)
    const norm = Math.sqrt(pairs.reduce((s, [a]) => s + a * a, 0) * pairs.reduce((s, [, b]) => s + b * b, 0))
    expectClose(r.autocorrelation, dot / norm, 10)
    expect(naivePearson(e, e)).toBeCloseTo(1, 12)
  })
})

describe('shuffles are permutations', () => {
  it('each label is used once; with blocks it stays with its symbol, within an instant it stays there', () => {
    const n = p.length
    const powers = Float64Array.from({ length: n }, (_, i) => (i * 7919) % 1013)
    const ones = new Float64Array(n).fill(1)
    const total: LinearScore = { name: 'total', a: ones, b: powers }
    const bySymbol: LinearScore = {
      name: 'symbol',
      a: Float64Array.from(sections.symbol),
      b: Float64Array.from(sections.symbol),
    }
    const instant = Float64Array.from(rows, (r) => (r.t - data.time[0]!) / MINUTE_MS)
    const byTime: LinearScore = { name: 'time', a: instant, b: instant }
    for (const scheme of ['blocks', 'within'] as const) {
      const bands = nullBands(sections, [total, bySymbol, byTime], { scheme, block: 4, draws: 50 })
      const still = bands.map((b) => b.low === b.score && b.high === b.score)
      expect(still).toEqual([true, scheme === 'blocks', scheme === 'within'])
    }
  })
})
