import {
  bestRisk,
  growthOptimal,
  kelly,
  positionSize,
  simulateRisks,
} from '@cointrader/backtest/statistics/position-size'
import { seededRandom } from '@cointrader/core'
import { expect, test } from 'vitest'
import { equityResult, syntheticResult, withTrades } from './fixture.js'

test('D-55: Kelly is right for losses that are not 1 R', () => {
  // p 0.5, W 2, L 1: 0.25. The same bet in half the units risks twice as much.
  expect(kelly(0.5, 2, 1)).toBeCloseTo(0.25, 15)
  expect(kelly(0.5, 1, 0.5)).toBeCloseTo(0.5, 15)
  expect(kelly(0.3, 1, 1)).toBe(0)
  expect(kelly(0, 0, 1)).toBe(0)
})

test('growth-optimal share equals Kelly for two outcomes, and is where growth is largest', () => {
  const two = [...new Array(6).fill(1.8), ...new Array(4).fill(-1.3)]
  expect(growthOptimal(two)).toBeCloseTo(kelly(0.6, 1.8, 1.3), 12)
  const many = [2.1, -1, -1.02, 0.4, 3.3, -0.7, -1, 1.1]
  const best = growthOptimal(many)
  const growth = (f: number): number => many.reduce((a, r) => a + Math.log1p(f * r), 0)
  for (const f of [best * 0.9, best * 0.99, best * 1.01, best * 1.1]) expect(growth(f)).toBeLessThan(growth(best))
  expect(growthOptimal([-1, 0.5])).toBe(0)
  expect(growthOptimal([1, 2])).toBe(Number.POSITIVE_INFINITY)
})

test('simulation: certain outcomes are certain; ruin ends a path', () => {
  const options = { paths: 20, trades: 3, block: 1, ruin: 0.2 }
  const [won] = simulateRisks(Float64Array.of(1, 1), [0.1], { ...options, random: seededRandom(1) })
  expect(won).toMatchObject({ ruin: 0, medianDrawdown: 0 })
  expect(won.returns[2]).toBeCloseTo(1.1 ** 3 - 1, 12)
  const [lost] = simulateRisks(Float64Array.of(-1, -1), [0.5], { ...options, random: seededRandom(1) })
  expect(lost.ruin).toBe(1)
  expect(lost.returns[0]).toBeCloseTo(-0.875, 12)
})

test('the best risk is the best within the limits, and none when nothing gains', () => {
  const outcome = (risk: number, ruin: number, median: number, fall: number) => ({
    risk,
    ruin,
    returns: [0, 0, median, 0, 0] as const,
    medianDrawdown: 0,
    p95Drawdown: fall,
  })
  expect(bestRisk([outcome(0.01, 0, 0.1, 0.1), outcome(0.02, 0, 0.2, 0.2), outcome(0.03, 0, 0.5, 0.4)])).toBe(0.02)
  expect(bestRisk([outcome(0.01, 0, -0.1, 0.1)])).toBeNull()
  expect(bestRisk([outcome(0.01, 0.02, 0.1, 0.1)])).toBeNull()
})

const sized = (multiples: readonly number[]) => {
  const base = equityResult(new Array(60).fill(1000))
  // Stop 10 % below 1, 100 units: 1 R = 10.
  return withTrades(
    base,
    multiples.map((r) => ({ netPnl: 10 * r })),
  )
}
const options = { paths: 400, trades: 100 }

test('an edge gives a recommendation below half of Kelly; no edge gives none', () => {
  const edge = Array.from({ length: 200 }, (_, k) => (k % 2 === 0 ? 1.6 : -1))
  const good = positionSize(sized(edge), options)
  expect(good.winRate).toBe(0.5)
  expect(good.expectancy.value).toBeCloseTo(0.3, 12)
  expect(good.kelly.value).toBeCloseTo(0.3 / 1.6, 12)
  expect(good.recommended.value).toBeGreaterThan(0)
  expect(good.recommended.value).toBeLessThanOrEqual(good.pessimisticKelly / 2)
  expect(good.pessimisticExpectancy).toBeLessThan(0.3)
  expect(good.pessimistic[2].returns[2]).toBeLessThan(good.outcomes[2].returns[2])
  // 1 R is 10 % of the price, leverage 10: a stop hit loses the margin.
  expect(good.margins[1].stopDistance).toBeCloseTo(0.1, 12)
  expect(good.margins[1].margin).toBeCloseTo(good.recommended.value!, 12)
  const lost = positionSize(sized(Array.from({ length: 60 }, (_, k) => (k % 2 === 0 ? 0.8 : -1))), options)
  expect(lost.recommended).toMatchObject({ value: null })
  expect(lost.recommended.reason).toMatch(/lost on average/)
  expect(lost.margins).toEqual([])
  expect(lost.warnings[0]).toMatch(/60 trades are few/)
  const luck = positionSize(sized(Array.from({ length: 31 }, (_, k) => (k % 8 === 0 ? 8.5 : -1))), options)
  expect(luck.recommended.reason).toMatch(/may be luck/)
})

test('too few trades, or only wins, are refused; trades without a stop are named', () => {
  expect(() => positionSize(sized([1, -1, 1, -1, 1]))).toThrow(/E_ROW_COUNT/)
  expect(() => positionSize(sized(new Array(40).fill(1)))).toThrow(/wins and losses/)
  expect(() => positionSize(sized([1]), { risks: [0] })).toThrow(/E_USAGE/)
  const { result } = syntheticResult({ bars: 24 * 300 })
  const stops = result.trades.stop.slice()
  stops[0] = Number.NaN
  const size = positionSize({ ...result, trades: { ...result.trades, stop: stops } }, options)
  expect(size.withoutStop).toBe(1)
  expect(size.warnings.join()).toMatch(/1 trades without a stop/)
  expect(positionSize(result, options)).toEqual(positionSize(result, options))
})
