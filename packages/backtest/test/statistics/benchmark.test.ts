import { buyAndHold } from '@cointrader/backtest/statistics/benchmark'
import { randomEntries } from '@cointrader/backtest/statistics/random-entries'
import { statistics } from '@cointrader/backtest/statistics/statistics'
import { HOUR_MS } from '@cointrader/core'
import { expect, test } from 'vitest'
import { equityResult, FIXTURE_START, syntheticResult, withTrades } from './fixture.js'

test('buy and hold by hand: equal amounts, both costs, a late symbol left out, a hole keeps the price', () => {
  const held = buyAndHold(
    {
      symbols: ['A', 'B', 'C'],
      time: Float64Array.of(1, 2, 3),
      close: [Float64Array.of(10, Number.NaN, 20), Float64Array.of(5, 5, 4), Float64Array.of(Number.NaN, 1, 2)],
    },
    1000,
    0.01,
  )
  expect(held.symbols).toEqual(['A', 'B'])
  const [a, b] = [(500 * 0.99) / 10, (500 * 0.99) / 5]
  expect([...held.equity]).toEqual([(a * 10 + b * 5) * 0.99, (a * 10 + b * 5) * 0.99, (a * 20 + b * 4) * 0.99])
  expect(() =>
    buyAndHold({ symbols: ['C'], time: Float64Array.of(1), close: [Float64Array.of(Number.NaN)] }, 1, 0),
  ).toThrow(/E_ROW_COUNT/)
})

test('a strategy that holds is buy and hold: beta 1, excess 0', () => {
  const n = 120
  const close = Float64Array.from({ length: n }, (_, i) => 10 * Math.exp(0.05 * Math.sin(i * 1.7) + i / 300))
  const result = equityResult(Array.from(close, (c) => 100 * c))
  const stats = statistics(
    { ...result, symbols: ['XRPUSDT'] },
    { prices: { symbols: ['XRPUSDT'], time: result.equity.time, close: [close] }, holdingCost: 0, resamples: 100 },
  )
  const b = stats.benchmark!
  expect(b.name).toBe('buy and hold XRPUSDT')
  expect(b.beta).toBeCloseTo(1, 12)
  expect(b.correlation).toBeCloseTo(1, 12)
  expect(b.alpha).toBeCloseTo(0, 10)
  expect(b.excess.value).toBeCloseTo(0, 10)
  expect(b.totalReturn).toBeCloseTo(stats.measures.totalReturn.value!, 12)
  expect(b.maxDrawdown).toBeCloseTo(stats.measures.maxDrawdown.value!, 12)
})

test('random entries: skill is seen, luck is not', () => {
  const skilled = syntheticResult({ skill: 0.002, bars: 24 * 300 })
  const lucky = syntheticResult({ skill: 0, bars: 24 * 300, feeRate: 0, seed: 5 })
  const a = randomEntries(skilled.result, skilled.prices, { resamples: 300 })
  const b = randomEntries(lucky.result, lucky.prices, { resamples: 300 })
  expect(a.pValue).toBeLessThan(0.02)
  expect(b.pValue).toBeGreaterThan(0.05)
  expect(randomEntries(skilled.result, skilled.prices, { resamples: 300 })).toEqual(a)
})

test('random entries on a constant price lose exactly the costs', () => {
  const base = equityResult(new Array(200).fill(1000), { intervalMs: HOUR_MS, startMs: FIXTURE_START })
  const result = withTrades(
    { ...base, symbols: ['A'] },
    Array.from({ length: 12 }, (_, k) => ({
      entryTime: FIXTURE_START + k * 10 * HOUR_MS,
      exitTime: FIXTURE_START + (k * 10 + 5) * HOUR_MS,
      slippageCost: 0.01,
      funding: -0.02,
      netPnl: -0.12,
    })),
  )
  const flat = { symbols: ['A'], time: base.equity.time, close: [new Float64Array(200).fill(7)] }
  const r = randomEntries(result, flat, { resamples: 50 })
  expect(r.mean).toBeCloseTo((-12 * 0.13) / 1000, 12)
  expect(r.deviation).toBeLessThan(1e-12)
  expect(r.observed).toBeCloseTo((-12 * 0.12) / 1000, 12)
  expect(r.pValue).toBe(1 / 51)
})

test('positions of random entries never overlap and fill a range that is just long enough', () => {
  // Price 2^i: the draw's sum tells the bars it used; the trades need every step, so each draw is the same.
  const bars = 51
  const base = equityResult(new Array(bars).fill(1000), { intervalMs: HOUR_MS, startMs: FIXTURE_START })
  const rows = Array.from({ length: 10 }, (_, k) => ({
    entryTime: FIXTURE_START + k * 5 * HOUR_MS,
    exitTime: FIXTURE_START + (k + 1) * 5 * HOUR_MS,
    entryFee: 0,
    exitFee: 0,
  }))
  const result = withTrades({ ...base, symbols: ['A'] }, rows)
  const close = [Float64Array.from({ length: bars }, (_, i) => 2 ** i)]
  const r = randomEntries(result, { symbols: ['A'], time: base.equity.time, close }, { resamples: 20 })
  expect(r.deviation).toBe(0)
  expect(r.mean).toBeCloseTo(10 * 0.1 * 31, 10)
  expect(() =>
    randomEntries(withTrades(result, rows.slice(0, 3)), { symbols: ['A'], time: base.equity.time, close }),
  ).toThrow(/E_ROW_COUNT/)
  expect(() => randomEntries(result, { symbols: [], time: base.equity.time, close: [] })).toThrow(/E_USAGE/)
})
