import { seededRandom } from '@cointrader/core'
import { botRows, chooseThreshold, sampleBotRows } from '@cointrader/models/bot/index'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { madeTable } from './support.js'

/** Naive twin: every distinct probability as a threshold, ascending, counted anew. */
function naive(p: number[], y: number[], minRecall: number, minCalled: number) {
  const positives = y.filter((v) => v === 1).length
  let best: { threshold: number; precision: number; recall: number; called: number } | undefined
  for (const threshold of [...new Set(p)].sort((a, b) => a - b)) {
    const called = p.map((_, i) => i).filter((i) => p[i] >= threshold)
    const hits = called.filter((i) => y[i] === 1).length
    const precision = hits / called.length
    const recall = hits / positives
    if (positives === 0 || recall < minRecall || called.length < minCalled) continue
    if (best === undefined || precision > best.precision) best = { threshold, precision, recall, called: called.length }
  }
  return best
}

describe('chooseThreshold', () => {
  it('equals its definition, with ties', () => {
    const rows = fc.array(fc.tuple(fc.integer({ min: 0, max: 12 }), fc.integer({ min: 0, max: 1 })), { maxLength: 60 })
    fc.assert(
      fc.property(rows, fc.constantFrom(0.15, 0.35, 1), fc.integer({ min: 1, max: 10 }), (drawn, minRecall, least) => {
        const p = drawn.map(([x]) => x / 12)
        const y = drawn.map(([, v]) => v)
        const seen = chooseThreshold(Float64Array.from(p), Float64Array.from(y), { minRecall, minCalled: least })
        expect(seen).toEqual(naive(p, y, minRecall, least))
      }),
    )
  })

  it('has none without positives or with too few rows', () => {
    const p = Float64Array.of(0.1, 0.9)
    expect(chooseThreshold(p, Float64Array.of(0, 0), { minRecall: 0.1, minCalled: 1 })).toBeUndefined()
    expect(chooseThreshold(p, Float64Array.of(0, 1), { minRecall: 0.1, minCalled: 3 })).toBeUndefined()
  })
})

describe('sampling', () => {
  const rows = botRows(madeTable({ rows: 600, seed: 1, skill: 0, signalEvery: 5 }))
  const index = Int32Array.from({ length: 500 }, (_, r) => r)
  const count = (kept: Int32Array, signal: number, label?: number): number =>
    kept.filter((r) => rows.signal[r] === signal && (label === undefined || rows.label[r] === label)).length

  it('signal: the signals and nothing else', () => {
    const kept = sampleBotRows(rows, index, 'signal', seededRandom(1))
    expect([...kept]).toEqual([...index].filter((r) => rows.signal[r] === 1))
  })

  it('balanced: as many HOLD rows as signals, whatever their outcome', () => {
    const kept = sampleBotRows(rows, index, 'balanced', seededRandom(1))
    expect([count(kept, 1), count(kept, 0)]).toEqual([100, 100])
    // The share won among the drawn is that of all HOLD rows, within 3.5 standard errors.
    expect(Math.abs(count(kept, 0, 1) / 100 - count(index, 0, 1) / 400)).toBeLessThan(0.175)
  })

  it('stratified: all won, all signals, and as many lost HOLD rows as were won (TB-04.4)', () => {
    const kept = sampleBotRows(rows, index, 'stratified', seededRandom(1))
    const won = count(index, 1, 1) + count(index, 0, 1)
    expect(count(kept, 1)).toBe(100)
    expect(count(kept, 0, 1)).toBe(count(index, 0, 1))
    expect(count(kept, 0, 0)).toBe(Math.min(won, count(index, 0, 0)))
    expect([...kept]).toEqual([...kept].sort((a, b) => a - b))
    expect(new Set(kept).size).toBe(kept.length)
    expect(sampleBotRows(rows, index, 'stratified', seededRandom(1))).toEqual(kept)
  })
})
