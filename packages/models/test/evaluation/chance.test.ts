import { seededRandom } from '@cointrader/core'
import {
  blockBootstrap,
  crossSections,
  deflate,
  drawBlocks,
  expectedMaximum,
  gather,
  meanRanks,
  meanStatistic,
  nullBands,
  pearsonStatistic,
  pooledScore,
  sectionIc,
  sectionScore,
} from '@cointrader/models/evaluation/index'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { naivePearson, panel } from './support.js'

describe('block bootstrap', () => {
  it('draws as many instants as there are, in blocks, all equally likely', () => {
    for (const kind of ['circular', 'stationary'] as const) {
      const random = seededRandom(1)
      const sum = new Float64Array(50)
      const counts = new Int32Array(50)
      for (let b = 0; b < 4000; b++) {
        drawBlocks(counts, 7, kind, random)
        expect(counts.reduce((a, c) => a + c, 0)).toBe(50)
        for (let i = 0; i < 50; i++) sum[i]! += counts[i]! / 4000
      }
      expect(Math.max(...sum)).toBeLessThan(1.12)
      expect(Math.min(...sum)).toBeGreaterThan(0.88)
    }
  })

  it('resampled correlation and mean equal those of the rows written out', () => {
    const data = panel({ seed: 3, instants: 40, symbols: 6, skill: 0.3, gaps: 0.2 })
    const { offsets, order, times } = crossSections(data.time, data.symbol)
    const [p, y] = [gather(data.prediction, order), gather(data.label, order)]
    const weight = Float64Array.from(p, (_, i) => 1 + (i % 3))
    const counts = new Int32Array(times.length)
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        drawBlocks(counts, 5, 'stationary', seededRandom(seed))
        const rows: number[] = []
        counts.forEach((c, s) => {
          for (let k = 0; k < c; k++) for (let r = offsets[s]!; r < offsets[s + 1]!; r++) rows.push(r)
        })
        const expected = naivePearson(
          rows.map((r) => p[r]!),
          rows.map((r) => y[r]!),
        )
        expect(pearsonStatistic(offsets, p, y)(counts)).toBeCloseTo(expected, 10)
        const heavy = rows.flatMap((r) => Array.from({ length: weight[r]! }, () => r))
        const weighted = naivePearson(
          heavy.map((r) => p[r]!),
          heavy.map((r) => y[r]!),
        )
        expect(pearsonStatistic(offsets, p, y, weight)(counts)).toBeCloseTo(weighted, 10)
        const series = Float64Array.from(times, (_, s) => (s % 7 === 0 ? Number.NaN : s))
        const values = Array.from(counts).flatMap((c, s) => Array.from({ length: c }, () => series[s]!))
        const known = values.filter(Number.isFinite)
        expect(meanStatistic(series)(counts)).toBeCloseTo(known.reduce((a, b) => a + b, 0) / known.length, 10)
      }),
      { numRuns: 30 },
    )
    expect(pearsonStatistic(offsets, new Float64Array(p.length).fill(0.1), y)(counts)).toBeNaN()
  })

  it('same seed, same interval; covers the truth about as often as it says, under overlapping labels', () => {
    let covered = 0
    const runs = 120
    for (let seed = 0; seed < runs; seed++) {
      const x = panel({ seed: 100 + seed, instants: 400, symbols: 1, overlap: 10 }).label
      const run = () =>
        blockBootstrap(
          400,
          1,
          (counts, out) => {
            out[0] = meanStatistic(x)(counts)
          },
          { block: 20, resamples: 200, seed },
        )[0]!
      const first = run()
      if (seed === 0) expect(run()).toEqual(first)
      if (first.low <= 0 && first.high >= 0) covered++
    }
    // Nominal 95 %; short blocks lose some.
    expect(covered / runs).toBeGreaterThan(0.85)
    expect(() => blockBootstrap(30, 1, () => {}, { block: 10 })).toThrow(/E_ROW_COUNT: block bootstrap/)
  })
})

describe('null bands', () => {
  const data = panel({ seed: 8, instants: 300, symbols: 8, overlap: 5, skill: 0.3 })
  const sections = crossSections(data.time, data.symbol)
  const p = gather(data.prediction, sections.order)
  const y = gather(data.label, sections.order)
  const used = Int32Array.from(sections.times, (_, s) => s)
  const options = { block: 10, draws: 100, seed: 2 }

  it('scores in place are the scores themselves', () => {
    const scores = [pooledScore('pearson', p, y), sectionScore('xs', sections, used, p, y)]
    const [pooled, xs] = nullBands(sections, scores, { ...options, scheme: 'within' })
    expect(pooled!.score).toBeCloseTo(naivePearson(Array.from(p), Array.from(y)), 12)
    const series = sectionIc(sections, p, y).pearson
    expect(xs!.score).toBeCloseTo(series.reduce((a, b) => a + b, 0) / series.length, 12)
  })

  it('a skilled score lies outside, one against shuffled labels inside, for both schemes', () => {
    for (const scheme of ['within', 'blocks'] as const) {
      const [band] = nullBands(sections, [pooledScore('pearson', p, y)], { ...options, scheme })
      expect(band!.score).toBeGreaterThan(band!.high)
      expect(band!.pValue).toBeLessThan(0.02)
      // Within an instant shuffling keeps what prediction and label share as a market: a pooled score is not centred on 0.
      if (scheme === 'blocks') expect(Math.abs(band!.mean)).toBeLessThan(0.03)
      let inside = 0
      for (let seed = 0; seed < 40; seed++) {
        const noise = panel({ seed: 1000 + seed, instants: 300, symbols: 8, overlap: 5 })
        const [null0] = nullBands(sections, [pooledScore('x', noise.prediction, noise.label)], { ...options, scheme })
        if (null0!.score >= null0!.low && null0!.score <= null0!.high) inside++
      }
      expect(inside).toBeGreaterThanOrEqual(34)
    }
  })

  it('within: every instant keeps its labels; a score that is the same for all symbols has no room to vary', () => {
    const common = Float64Array.from(p, (_, r) => Math.floor(r / 8))
    const [band] = nullBands(sections, [pooledScore('x', common, y)], { ...options, scheme: 'within' })
    expect(band!.deviation).toBeLessThan(1e-12)
    expect(band!.low).toBeCloseTo(band!.score, 12)
  })

  it('blocks on a full grid keeps every label with its symbol: a fixed bet per symbol has no room to vary', () => {
    const fixed = Float64Array.from(sections.symbol)
    const [band] = nullBands(sections, [pooledScore('x', fixed, fixed)], { ...options, scheme: 'blocks' })
    expect(band!.deviation).toBeLessThan(1e-12)
    expect(() => nullBands(sections, [], { scheme: 'blocks', block: 101 })).toThrow(/E_ROW_COUNT/)
  })

  it('sampled rows: a slow prediction on slow labels varies as much as it really does', () => {
    // Both sides are moving sums per symbol without relation: the spread of the true score is that over many markets.
    const scores: number[] = []
    const widths: number[] = []
    for (let seed = 0; seed < 60; seed++) {
      const slow = panel({ seed: 2000 + seed, instants: 600, symbols: 6, overlap: 60 })
      const other = panel({ seed: 9000 + seed, instants: 600, symbols: 6, overlap: 60 }).label
      const random = seededRandom(seed)
      const rows = Array.from(slow.time.keys()).filter(() => random.next() < 0.1)
      const pick = (x: Float64Array | Int32Array) => Float64Array.from(rows, (r) => x[r]!)
      const s = crossSections(pick(slow.time), pick(slow.symbol))
      const score = pooledScore('x', gather(pick(other), s.order), gather(pick(slow.label), s.order))
      const [band] = nullBands(s, [score], { scheme: 'blocks', block: 40, draws: 100, seed })
      scores.push(band!.score)
      widths.push(band!.deviation)
    }
    const spread = Math.sqrt(scores.reduce((a, v) => a + v * v, 0) / scores.length)
    const width = widths.reduce((a, v) => a + v, 0) / widths.length
    expect(width / spread).toBeGreaterThan(0.75)
    expect(width / spread).toBeLessThan(1.25)
  })

  it('works on rows with gaps and ranks', () => {
    const gappy = panel({ seed: 9, instants: 300, symbols: 8, skill: 0.3, gaps: 0.3 })
    const s = crossSections(gappy.time, gappy.symbol)
    const [a, b] = [meanRanks(gather(gappy.prediction, s.order)), meanRanks(gather(gappy.label, s.order))]
    for (const scheme of ['within', 'blocks'] as const) {
      const [band] = nullBands(s, [pooledScore('rank', a, b)], { ...options, scheme })
      expect(band!.score).toBeGreaterThan(band!.high)
    }
  })
})

describe('many trials', () => {
  it('expected maximum: closed forms of 2 and 3, known values of 10 and 100', () => {
    expect(expectedMaximum(1)).toBe(0)
    expect(expectedMaximum(2)).toBeCloseTo(1 / Math.sqrt(Math.PI), 10)
    expect(expectedMaximum(3)).toBeCloseTo(1.5 / Math.sqrt(Math.PI), 10)
    // Tippett 1925 / Harter 1961, order statistics of the normal.
    expect(expectedMaximum(10)).toBeCloseTo(1.53875, 5)
    expect(expectedMaximum(100)).toBeCloseTo(2.50759, 5)
    expect(() => expectedMaximum(0)).toThrow(/E_USAGE/)
  })

  it('one trial leaves p alone; more raise it', () => {
    expect(deflate(1.959963984540054, 1).pAdjusted).toBeCloseTo(0.05, 9)
    expect(deflate(1.959963984540054, 10).pAdjusted).toBeCloseTo(1 - 0.95 ** 10, 9)
    expect(deflate(3, 10).excess).toBeCloseTo(3 - 1.53875, 4)
  })
})
