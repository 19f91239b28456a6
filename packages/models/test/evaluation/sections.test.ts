import { readFileSync } from 'node:fs'
import { MINUTE_MS } from '@cointrader/core'
import {
  automaticLag,
  commonStep,
  crossSections,
  dailyIc,
  gather,
  horizonLag,
  instantsPerSpan,
  monotonicity,
  neweyWest,
  pooledQuantiles,
  rankPortfolio,
  researchIc,
  sectionIc,
  sectionQuantiles,
} from '@cointrader/models/evaluation/index'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  byDay,
  bySection,
  expectClose,
  naiveMean,
  naiveNeweyWest,
  naivePearson,
  naiveRanks,
  naiveSpearman,
  type Panel,
  panel,
  shared,
  shuffled,
} from './support.js'

function canonical(p: Panel) {
  const sections = crossSections(p.time, p.symbol)
  return { sections, prediction: gather(p.prediction, sections.order), label: gather(p.label, sections.order) }
}

describe('RP-38', () => {
  const path = shared('data/golden/research-lgbm/information_coefficient.json')
  it.skipIf(path === undefined)('equals the golden figures to 1e-12, and none where the prediction is constant', () => {
    const golden = JSON.parse(readFileSync(path!, 'utf8'))
    const { y, pred, __date__: day } = golden.rows
    const got = researchIc(pred, y, day)
    for (const [name, value] of Object.entries(golden.expected)) {
      expect(Math.abs(got[name as keyof typeof got] - (value as number)), name).toBeLessThan(1e-12)
    }
    const none = researchIc(new Float64Array(y.length).fill(0.1), y, day)
    for (const [name, value] of Object.entries(golden.constant_prediction)) {
      expect(none[name as keyof typeof none], name).toEqual(value ?? Number.NaN)
    }
  })
})

describe('cross-sections', () => {
  const data = panel({ seed: 1, instants: 70, symbols: 9, skill: 0.3, gaps: 0.2, grid: 0.5 })

  it('IC per instant and per day equal their naive twins', () => {
    const { sections, prediction, label } = canonical(shuffled(data, 5))
    const series = sectionIc(sections, prediction, label)
    const naive = bySection(data).filter(({ rows }) => rows.length >= 5)
    expect(Array.from(series.times)).toEqual(naive.map(({ t }) => t))
    expect(series.tooSmall).toBe(bySection(data).length - naive.length)
    naive.forEach(({ rows }, i) => {
      const [p, y] = [rows.map((r) => r.p), rows.map((r) => r.y)]
      expectClose(series.pearson[i], naivePearson(p, y), 12)
      expectClose(series.rank[i], naiveSpearman(p, y), 12)
    })
    const daily = dailyIc(sections, prediction, label)
    byDay(data).forEach(({ y, p }, d) => {
      expectClose(daily.pearson[d], naivePearson(p, y), 12)
      expectClose(daily.rank[d], naiveSpearman(p, y), 12)
    })
  })

  it('the order of rows changes nothing, not even the last bit', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1e6 }), (seed) => {
        const [a, b] = [canonical(data), canonical(shuffled(data, seed))]
        const [s, t] = [sectionIc(a.sections, a.prediction, a.label), sectionIc(b.sections, b.prediction, b.label)]
        expect(t).toEqual(s)
        expect(rankPortfolio(b.sections, b.prediction, b.label, 2, 5)).toEqual(
          rankPortfolio(a.sections, a.prediction, a.label, 2, 5),
        )
      }),
      { numRuns: 20 },
    )
  })

  it('rank IC ignores a rising transform of its own at every instant; Pearson ignores shift and scale', () => {
    const { sections, prediction, label } = canonical(data)
    const bent = Float64Array.from(prediction)
    const moved = Float64Array.from(prediction)
    for (let s = 0; s < sections.times.length; s++) {
      for (let r = sections.offsets[s]!; r < sections.offsets[s + 1]!; r++) {
        bent[r] = Math.exp(prediction[r]! * (1 + (s % 3))) + s
        moved[r] = prediction[r]! * (1 + s) - 7 * s
      }
    }
    const before = sectionIc(sections, prediction, label)
    expect(sectionIc(sections, bent, label).rank).toEqual(before.rank)
    sectionIc(sections, moved, label).pearson.forEach((v, i) => {
      expect(v).toBeCloseTo(before.pearson[i]!, 9)
    })
  })

  it('refuses small cross-sections by name, and repeated rows', () => {
    const small = canonical(panel({ seed: 2, instants: 50, symbols: 4 }))
    expect(() => sectionIc(small.sections, small.prediction, small.label)).toThrow(
      /E_ROW_COUNT: cross-sections.*0 of 50 .* at least 5 symbols \(median 4\)/,
    )
    expect(sectionIc(small.sections, small.prediction, small.label, 4).times.length).toBe(50)
    const sparse = canonical(panel({ seed: 2, instants: 400, symbols: 30, gaps: 0.95 }))
    expect(() => sectionIc(sparse.sections, sparse.prediction, sparse.label)).toThrow(/less than half/)
    const twice = crossSections([1, 1, 1, 1, 1, 1], [0, 1, 2, 3, 4, 4])
    expect(() => sectionIc(twice, new Float64Array(6), new Float64Array(6))).toThrow(/1 rows repeat/)
    expect(() => crossSections([1, 2], [0])).toThrow(/E_USAGE/)
  })

  it('steps and blocks of a series with gaps', () => {
    const times = Float64Array.from([0, 1, 2, 5, 6, 7, 8, 30].map((m) => m * MINUTE_MS))
    expect(commonStep(times)).toBe(MINUTE_MS)
    expect(instantsPerSpan(times, 3 * MINUTE_MS)).toBe(3)
    expect(instantsPerSpan(times, 4 * MINUTE_MS)).toBe(4)
    expect(instantsPerSpan(times, 0)).toBe(1)
  })
})

describe('Newey-West', () => {
  const x = Array.from(panel({ seed: 4, instants: 200, symbols: 1, overlap: 8 }).label)
  it('equals the formula, with and without a grid of times', () => {
    for (const lag of [0, 1, 7, 40]) {
      expect(neweyWest(Float64Array.from(x), { lag }).t).toBeCloseTo(naiveNeweyWest(x, lag), 10)
      const times = Float64Array.from(x, (_, i) => i * 300)
      expect(neweyWest(Float64Array.from(x), { lag, times, step: 300 }).t).toBeCloseTo(naiveNeweyWest(x, lag), 10)
    }
    // Lag 0 is the ordinary t with divisor n.
    const m = naiveMean(x)
    const sd = Math.sqrt(naiveMean(x.map((v) => (v - m) ** 2)))
    expect(neweyWest(Float64Array.from(x), { lag: 0 }).t).toBeCloseTo(m / (sd / Math.sqrt(x.length)), 10)
    expect(automaticLag(100)).toBe(4)
    expect(horizonLag(60, 5000)).toBe(119)
    expect(horizonLag(60, 5000, 1)).toBe(59)
    expect(horizonLag(1, 5000)).toBe(9)
    expect(neweyWest(Float64Array.from([1, 1, 1])).t).toBeNaN()
  })

  it('a gap keeps values apart: steps without a value count as distance', () => {
    const half = Float64Array.from(x, (v, i) => (i % 2 === 0 ? v : Number.NaN))
    const kept = Array.from(half).filter(Number.isFinite)
    const times = Float64Array.from(x, (_, i) => i)
    // Every second value, lag 7 steps: neighbours are 2, 4 and 6 steps away with weights 1 - d / 8.
    const m = naiveMean(kept)
    let variance = kept.reduce((s, v) => s + (v - m) ** 2, 0)
    for (const [k, weight] of [
      [1, 6 / 8],
      [2, 4 / 8],
      [3, 2 / 8],
    ] as const) {
      for (let i = k; i < kept.length; i++) variance += 2 * weight * (kept[i]! - m) * (kept[i - k]! - m)
    }
    const t = m / (Math.sqrt(variance) / kept.length)
    expect(neweyWest(half, { lag: 7, times, step: 1 }).t).toBeCloseTo(t, 10)
    const packed = Float64Array.from(kept)
    const at = Float64Array.from(kept, (_, i) => 2 * i)
    expect(neweyWest(packed, { lag: 7, times: at, step: 1 }).t).toBeCloseTo(t, 10)
  })
})

describe('quantiles and the rank portfolio', () => {
  const data = panel({ seed: 9, instants: 40, symbols: 12, skill: 0.5, grid: 0.5 })
  const { sections, prediction, label } = canonical(data)

  it('spread per instant equals a naive one', () => {
    const series = sectionQuantiles(sections, prediction, label, 4, 5)
    bySection(data).forEach(({ rows }, i) => {
      const ranks = naiveRanks(rows.map((r) => r.p))
      const bucket = ranks.map((rank) => Math.min(3, Math.floor(((rank - 0.5) / rows.length) * 4)))
      const of = (q: number) => rows.filter((_, k) => bucket[k] === q).map((r) => r.y)
      for (let q = 0; q < 4; q++) expectClose(series.means[q]![i], of(q).length ? naiveMean(of(q)) : Number.NaN, 12)
      expectClose(series.spread[i], naiveMean(of(3)) - naiveMean(of(0)), 12)
    })
    expect(() => sectionQuantiles(sections, prediction, label, 13, 5)).toThrow(/E_ROW_COUNT/)
    expect(() => sectionQuantiles(sections, prediction, label, 1, 5)).toThrow(/E_USAGE/)
  })

  it('perfect prediction: groups rise; a constant one has a middle group only and no spread', () => {
    const rows = pooledQuantiles(label, label, 10)
    expect(rows.reduce((n, r) => n + r.rows, 0)).toBe(label.length)
    expect(monotonicity(rows.map((r) => r.meanLabel))).toBe(1)
    const flat = pooledQuantiles(new Float64Array(label.length), label, 10)
    expect(flat.filter((r) => r.rows > 0).length).toBe(1)
    expect(sectionQuantiles(sections, new Float64Array(label.length), label, 4, 5).spread.every(Number.isNaN)).toBe(
      true,
    )
    expect(monotonicity([3, 2, Number.NaN, 1])).toBe(-1)
    expect(monotonicity([3, 2])).toBeNaN()
  })

  it('turnover, autocorrelation and return equal a naive portfolio with arrivals and departures', () => {
    const gappy = panel({ seed: 10, instants: 30, symbols: 9, skill: 0.4, gaps: 0.15 })
    const c = canonical(gappy)
    for (const every of [1, 3]) {
      const got = rankPortfolio(c.sections, c.prediction, c.label, every, 5)
      const used = bySection(gappy)
        .filter(({ rows }) => rows.length >= 5)
        .filter((_, i) => i % every === 0)
      const weights = used.map(({ rows }) => {
        const ranks = naiveRanks(rows.map((r) => r.p))
        const centred = ranks.map((v) => v - naiveMean(ranks))
        const gross = centred.reduce((s, v) => s + Math.abs(v), 0)
        return new Map(rows.map((r, i) => [r.s, centred[i]! / gross]))
      })
      const traded: number[] = []
      const same: number[] = []
      for (let i = 1; i < used.length; i++) {
        let sum = 0
        for (let s = 0; s < 9; s++) sum += Math.abs((weights[i]!.get(s) ?? 0) - (weights[i - 1]!.get(s) ?? 0))
        traded.push(sum)
        const old = new Map(used[i - 1]!.rows.map((r) => [r.s, r.p]))
        const both = used[i]!.rows.filter((r) => old.has(r.s))
        same.push(
          naiveSpearman(
            both.map((r) => r.p),
            both.map((r) => old.get(r.s)!),
          ),
        )
      }
      const earned = used.map(({ rows }, i) => rows.reduce((s, r) => s + weights[i]!.get(r.s)! * r.y, 0))
      expectClose(got.turnover, naiveMean(traded), 12)
      expectClose(got.rankAutocorrelation, naiveMean(same), 12)
      expectClose(got.meanReturn, naiveMean(earned), 12)
      expectClose(got.breakEvenCost, naiveMean(earned) / naiveMean(traded), 12)
    }
    const steady = c.sections.symbol
    expect(rankPortfolio(sections, Float64Array.from(sections.symbol), label, 1, 5).turnover).toBeCloseTo(0, 12)
    expect(steady.length).toBeGreaterThan(0)
  })
})
