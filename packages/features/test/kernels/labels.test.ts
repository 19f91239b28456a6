import { labelColumns, labels } from '@cointrader/features/labels'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import * as ref from './reference.js'
import { firstDifference, makeSeries } from './series.js'

const cases = fc.record({
  symbols: fc.integer({ min: 1, max: 8 }),
  before: fc.nat(3),
  length: fc.nat(40),
  after: fc.nat(20),
  horizons: fc.uniqueArray(fc.integer({ min: 1, max: 45 }), { minLength: 1, maxLength: 3 }),
  seed: fc.integer(),
})

describe('labels against the formula in doubled precision', () => {
  it('10,000 · (P_{t+h} − P_t) / P_t less the mean of those who have one: 1,000 panels', () => {
    let compared = 0
    fc.assert(
      fc.property(cases, ({ symbols, before, length, after, horizons, seed }) => {
        const rows = before + length + after
        const prices = Array.from({ length: symbols }, (_, s) => makeSeries(rows, seed + s, true).map(Math.abs))
        const firstRow = 29_000_000
        const bars = {
          firstRow,
          rows,
          symbols: prices.map((_, s) => `S${s}`),
          fields: { close: Float64Array.from(prices.flat()) },
        }
        const from = firstRow + before
        const out = labels(bars, { price: 'close', horizons }, from, from + length)
        horizons.forEach((h, k) => {
          for (let t = 0; t < length; t++) {
            const changes = prices.map((p) => {
              const now = p[before + t]!
              const then = p[before + t + h] ?? Number.NaN
              if (!Number.isFinite(now) || !Number.isFinite(then) || now === 0) return undefined
              return ref.div(ref.mul(ref.dd(10_000), ref.sub(ref.dd(then), ref.dd(now))), ref.dd(now))
            })
            const there = changes.filter((c) => c !== undefined)
            const mean = ref.div(ref.total(there), ref.dd(there.length))
            const size = there.reduce((n, c) => n + Math.abs(c[0]), 0) / there.length
            changes.forEach((c, s) => {
              const value = out[k]![s * length + t]!
              if (c === undefined) expect(value).toBeNaN()
              else {
                compared++
                const gap = ref.gap(value, ref.sub(c, mean))
                if (!(gap <= 1e-12 * (Math.abs(c[0]) + size))) expect.fail(`${value} is ${gap} off`)
              }
            })
          }
        })
      }),
      { numRuns: 1000 },
    )
    expect(compared).toBeGreaterThan(50_000)
  })

  it('a label looks exactly at t and t + h', () => {
    const length = 60
    const close = Float64Array.from({ length: 2 * (length + 7) }, (_, i) => 100 + Math.sin(i))
    const bars = (data: Float64Array) => ({
      firstRow: 5,
      rows: length + 7,
      symbols: ['A', 'B'],
      fields: { close: data },
    })
    const of = (data: Float64Array) => labels(bars(data), { price: 'close', horizons: [7] }, 5, 5 + length)[0]!
    const base = of(close)
    for (const t of [0, 20, length - 1]) {
      const changed = Float64Array.from(close, (v, i) => (i % (length + 7) === t + 7 ? 2 * v + i : v))
      const other = of(changed)
      const differing = [...base.keys()].filter((i) => !Object.is(base[i], other[i])).map((i) => i % length)
      // Row t by its later price, row t + 7 (if it is one) by its earlier one.
      expect(new Set(differing)).toEqual(new Set([t, t + 7].filter((row) => row < length)))
    }
    expect(firstDifference(of(close), base)).toBe(-1)
  })

  it('an absent price gives NaN, and columns state how far they look', () => {
    const none = labels({ firstRow: 0, rows: 9, symbols: ['A'], fields: {} }, { price: 'close', horizons: [2] }, 0, 5)
    expect([...none[0]!].every(Number.isNaN)).toBe(true)
    expect(labelColumns([5, 60])).toEqual([
      { name: 'y_5m', horizon: 5, looksUntilMinutes: 6 },
      { name: 'y_60m', horizon: 60, looksUntilMinutes: 61 },
    ])
    for (const bad of [[0], [1.5], [5, 5]]) expect(() => labelColumns(bad)).toThrow(/E_USAGE/)
  })
})
