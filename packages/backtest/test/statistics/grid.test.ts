import { dailySeries } from '@cointrader/backtest/statistics/grid'
import { monthTable } from '@cointrader/backtest/statistics/months'
import { DAY_MS, HOUR_MS } from '@cointrader/core'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { equityResult } from './fixture.js'

test('returns are of whole UTC days; parts at the ends are left out', () => {
  // From 18:00 on: 6 hours, two whole days, 3 hours.
  const startMs = Date.UTC(2025, 0, 1, 18)
  const hours = 6 + 48 + 3
  const result = equityResult(
    Array.from({ length: hours }, (_, i) => 1001 + i),
    { intervalMs: HOUR_MS, startMs },
  )
  const daily = dailySeries(result)
  expect([...daily.time]).toEqual([Date.UTC(2025, 0, 3), Date.UTC(2025, 0, 4)])
  expect(daily.start).toBe(1006)
  expect([...daily.equity]).toEqual([1030, 1054])
  expect([...daily.returns]).toEqual([1030 / 1006 - 1, 1054 / 1030 - 1])
  expect(daily.leftOutMs).toBe(9 * HOUR_MS)
})

test('the first whole day starts from the initial balance', () => {
  const daily = dailySeries(equityResult([900, 990]))
  expect([...daily.returns]).toEqual([900 / 1000 - 1, 990 / 900 - 1])
  expect(daily.leftOutMs).toBe(0)
})

test('bars longer than a day make steps of whole days', () => {
  const daily = dailySeries(equityResult([1100, 1210], { intervalMs: 3 * DAY_MS }))
  expect(daily.stepDays).toBe(3)
  expect(daily.returns.length).toBe(2)
  expect(daily.returns[1]).toBeCloseTo(0.1, 12)
})

test('equity at or below 0 has no returns from then on', () => {
  const daily = dailySeries(equityResult([900, -5, 10]))
  expect(daily.broke).toBe(true)
  expect(daily.returns[0]).toBeCloseTo(-0.1, 12)
  expect(daily.returns[1]).toBeNaN()
  expect(daily.returns[2]).toBeNaN()
})

test('the grid takes the last row known at each midnight (naive twin)', () => {
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: 1, max: 1e4, noNaN: true }), { minLength: 1, maxLength: 300 }),
      fc.integer({ min: 0, max: 95 }),
      (equity, offset) => {
        const intervalMs = 15 * 60_000
        const startMs = Date.UTC(2025, 2, 30) + offset * intervalMs
        const result = equityResult(equity, { intervalMs, startMs })
        const daily = dailySeries(result)
        for (let d = 0; d < daily.time.length; d++) {
          const known = equity.filter((_, i) => startMs + (i + 1) * intervalMs <= daily.time[d])
          expect(daily.equity[d]).toBe(known.length === 0 ? 1000 : known[known.length - 1])
          expect(daily.time[d] % DAY_MS).toBe(0)
        }
      },
    ),
  )
})

test('months and years compound to the total return', () => {
  const days = 500
  const equity = Array.from({ length: days }, (_, i) => 1000 * Math.exp(0.1 * Math.sin(i / 7) + i / 2000))
  const result = equityResult(equity, { startMs: Date.UTC(2024, 10, 13) })
  const { months, years } = monthTable(result)
  const product = (all: readonly { return: number | null }[]): number => all.reduce((a, m) => a * (1 + m.return!), 1)
  expect(product(months)).toBeCloseTo(result.finalEquity / 1000, 10)
  expect(product(years)).toBeCloseTo(result.finalEquity / 1000, 10)
  expect(months[0]).toMatchObject({ year: 2024, month: 11, whole: false })
  expect(months[1]).toMatchObject({ year: 2024, month: 12, whole: true })
  expect(months.length).toBe(17)
  expect(years.map((y) => y.year)).toEqual([2024, 2025, 2026])
  // 2024-12 by hand: from the end of 30 November to the end of 31 December.
  expect(months[1].return).toBeCloseTo(equity[48] / equity[17] - 1, 12)
})
