import { drawdowns } from '@cointrader/backtest/statistics/drawdown'
import { statistics } from '@cointrader/backtest/statistics/statistics'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { equityResult } from './fixture.js'

const at = (equity: readonly number[], initial = 100) =>
  drawdowns(
    Float64Array.from(equity, (_, i) => i + 1),
    Float64Array.from(equity),
    equity.length,
    initial,
    0,
  )

test('periods by hand', () => {
  const d = at([110, 99, 104.5, 110, 120, 90, 96])
  expect(d.max).toBeCloseTo(0.25, 15)
  expect(d.periods).toEqual([
    { depth: 0.25, startMs: 5, troughMs: 6, recoveryMs: null, durationMs: 2 },
    { depth: 0.1, startMs: 1, troughMs: 2, recoveryMs: 4, durationMs: 3 },
  ])
  expect(d.timeUnderWater).toBeCloseTo(4 / 7, 15)
  expect(d.longestMs).toBe(3)
  expect(d.ulcer).toBeCloseTo(Math.sqrt((0.1 ** 2 + 0.05 ** 2 + 0.25 ** 2 + 0.2 ** 2) / 7), 15)
})

test('D-10: the starting balance is the first peak, and losses that are not realised count', () => {
  // First losses: 1000 → 800 → 850. The original saw the peak at 800.
  const stats = statistics(equityResult([800, 850, 820]), { resamples: 50 })
  expect(stats.measures.maxDrawdown.value).toBeCloseTo(0.2, 15)
  // No trade was closed: from the trade list alone the drawdown would be 0.
  expect(stats.measures.trades.value).toBe(0)
})

test('equal to the naive twin', () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: 1, max: 200, noNaN: true }), { minLength: 1, maxLength: 60 }), (equity) => {
      const d = at(equity)
      const falls = equity.map((v, i) => 1 - v / Math.max(100, ...equity.slice(0, i + 1)))
      const naive = Math.max(0, ...falls)
      expect(d.max).toBeCloseTo(naive, 12)
      expect(d.periods[0]?.depth ?? 0).toBeCloseTo(naive, 12)
      expect(d.ulcer).toBeCloseTo(Math.sqrt(falls.reduce((a, f) => a + f * f, 0) / equity.length), 12)
      expect(d.timeUnderWater).toBeCloseTo(falls.filter((f) => f > 0).length / equity.length, 12)
      for (const p of d.periods) {
        expect(p.troughMs).toBeGreaterThan(p.startMs)
        if (p.recoveryMs !== null) expect(p.recoveryMs).toBeGreaterThan(p.troughMs)
      }
    }),
  )
})
