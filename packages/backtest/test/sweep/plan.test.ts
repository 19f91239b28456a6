import { foldCoverage } from '@cointrader/backtest/statistics/index'
import { addMonths, type PlanOptions, sweepPlan } from '@cointrader/backtest/sweep/index'
import { DAY_MS } from '@cointrader/core'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { bars, FIRST, INTERVAL } from './market.js'

const set = bars(['AUSDT'], 200)
const end = FIRST + 200 * DAY_MS

test('D-04: test windows cover everything after the first training, without overlap or leak, for any months', () => {
  const months = fc.integer({ min: 1, max: 3 })
  fc.assert(
    fc.property(months, months, fc.boolean(), (trainMonths, testMonths, anchored) => {
      const plan = sweepPlan(set, { trainMonths, testMonths, anchored } satisfies PlanOptions)
      const windows = plan.folds.map((f, k) => ({
        fold: k + 1,
        trainStartMs: plan.blocks[f.trainFrom]!.startMs,
        trainEndMs: plan.blocks[f.trainTo - 1]!.endMs,
        testStartMs: plan.blocks[f.trainTo]!.startMs,
        testEndMs: plan.blocks[f.testTo - 1]!.endMs,
      }))
      expect(foldCoverage(windows, end)).toEqual({ covered: 1, overlapMs: 0, leaks: 0 })
      for (const w of windows) {
        expect(w.trainEndMs).toBe(w.testStartMs)
        expect(w.trainStartMs).toBe(
          anchored ? plan.blocks[0]!.startMs : addMonths(plan.blocks[0]!.startMs, (w.fold - 1) * testMonths),
        )
      }
      for (const [k, b] of plan.blocks.entries()) {
        expect(b.from).toBe(k === 0 ? (b.startMs - FIRST) / INTERVAL : plan.blocks[k - 1]!.to)
        expect(b.startMs % DAY_MS).toBe(0)
      }
    }),
    { numRuns: 30 },
  )
})

test('blocks begin at midnight, the last may be short, and days add up', () => {
  const plan = sweepPlan(set, { trainMonths: 3, testMonths: 1 })
  expect(plan.blocks[0]!.startMs).toBe(Date.UTC(2025, 0, 21))
  expect(plan.blocks[1]!.startMs).toBe(Date.UTC(2025, 1, 21))
  expect(plan.blocks.at(-1)!.endMs).toBe(end)
  // 01:30 of the last day on: not a whole day.
  expect(plan.days).toBe(199)
  expect(plan.blocks.reduce((n, b) => n + b.days, 0)).toBe(199)
})

test('a range may be cut, and one without a test is refused', () => {
  const plan = sweepPlan(set, {
    trainMonths: 1,
    testMonths: 1,
    startMs: Date.UTC(2025, 1, 3, 5),
    endMs: Date.UTC(2025, 4, 1),
  })
  expect(plan.blocks[0]!.startMs).toBe(Date.UTC(2025, 1, 4))
  expect(plan.blocks.at(-1)!.endMs).toBe(Date.UTC(2025, 4, 1))
  expect(() => sweepPlan(set, { trainMonths: 12, testMonths: 1 })).toThrow(/E_USAGE_RANGE/)
  expect(() => sweepPlan(set, { trainMonths: 1.5, testMonths: 1 })).toThrow(/whole number/)
})

test('months are calendar months, clipped to the last day', () => {
  expect(addMonths(Date.UTC(2024, 0, 31), 1)).toBe(Date.UTC(2024, 1, 29))
  expect(addMonths(Date.UTC(2025, 10, 30), 3)).toBe(Date.UTC(2026, 1, 28))
})
