/** The choice: by training only, never below the minimum, quoted on test (D-12). */
import { judgeSweep } from '@cointrader/backtest/statistics/index'
import {
  blockValue,
  nestedSweep,
  outcomeOf,
  runSweep,
  SWEEP_METRICS,
  type SweepMetric,
  type SweepResults,
  scoreOf,
  sweepCells,
} from '@cointrader/backtest/sweep/index'
import { mapColumns } from '@cointrader/strategies'
import { describe, expect, test } from 'vitest'
import { bars, GRID_CELLS, sweepOf } from './market.js'

const set = bars(['AUSDT'], 190)
const input = sweepOf(set)
const results = await runSweep(input)

test('a fold chooses the first of the best in training, by a second way of computing it', () => {
  const nested = nestedSweep(results, 'profit-factor', 30)
  expect(nested.folds.length).toBeGreaterThan(3)
  for (const [f, fold] of nested.folds.entries()) {
    const { trainFrom, trainTo, testTo } = results.plan.folds[f]!
    const rows = GRID_CELLS.map((_, cell) => {
      const sum = (field: 'trades' | 'gains' | 'lost', from: number, to: number) =>
        Array.from({ length: to - from }, (_, k) => blockValue(results, cell, from + k, field)).reduce(
          (a, b) => a + b,
          0,
        )
      return {
        cell,
        trades: sum('trades', trainFrom, trainTo),
        factor: sum('gains', trainFrom, trainTo) / sum('lost', trainFrom, trainTo),
        net: sum('gains', trainTo, testTo) - sum('lost', trainTo, testTo),
      }
    }).filter((r) => r.trades >= 30)
    const best = rows.reduce((a, b) => (b.factor > a.factor ? b : a))
    expect(fold).toMatchObject({ cell: best.cell, eligible: rows.length, trainTrades: best.trades })
    expect(fold.trainScore).toBeCloseTo(best.factor, 12)
    expect(fold.test.net).toBeCloseTo(best.net, 9)
    expect(fold.chanceNet).toBeCloseTo(rows.reduce((a, r) => a + r.net, 0) / rows.length, 9)
  }
})

describe.each(SWEEP_METRICS)('test windows poisoned, %s', (metric: SweepMetric) => {
  test.each([0, 1, 2])('what comes after the training of fold %i changes no choice up to it', async (f) => {
    const from = results.plan.blocks[results.plan.folds[f]!.trainTo]!.from
    const poison = mapColumns(set, (x, field) =>
      x.map((v, i) => (i < from ? v : v * (field === 'volume' ? 5 : 1.5 + 0.3 * ((i * 7) % 5)))),
    )
    const clean = nestedSweep(results, metric, 30)
    const poisoned = nestedSweep(await runSweep(sweepOf(poison)), metric, 30)
    for (let k = 0; k <= f; k++) {
      expect(poisoned.folds[k]!.cell).toBe(clean.folds[k]!.cell)
      expect(poisoned.folds[k]!.trainScore).toBe(clean.folds[k]!.trainScore)
      expect(poisoned.folds[k]!.eligible).toBe(clean.folds[k]!.eligible)
    }
    expect(poisoned.folds[f]!.test).not.toEqual(clean.folds[f]!.test)
  })
})

test('the ranking of combinations looks at the first training window only', async () => {
  const from = results.plan.blocks[results.plan.folds[0]!.trainTo]!.from
  const poison = mapColumns(set, (x) => x.map((v, i) => (i < from ? v : v * (1.5 + 0.3 * ((i * 7) % 5)))))
  const judge = (r: SweepResults) => judgeSweep(sweepCells(r, 'net'), { minimumTrades: 20, resamples: 50 })
  expect([...judge(await runSweep(sweepOf(poison))).ranked]).toEqual([...judge(results).ranked])
})

test('below the minimum nothing is chosen, and the account stays flat', () => {
  const nested = nestedSweep(results, 'net', 1e6)
  expect(nested.folds.every((f) => f.cell === null && f.test.net === 0 && f.eligible === 0)).toBe(true)
  expect(nested.outcome).toMatchObject({ trades: 0, net: 0, growth: 0, maxDrawdown: 0, sharpe: null })
  expect(nested).toMatchObject({ score: null, probability: null, next: null, chanceNet: 0 })
  const most = Math.max(...GRID_CELLS.map((_, cell) => outcomeOf(results, [{ cell, from: 0, to: 2 }]).trades))
  expect(nestedSweep(results, 'net', most).folds[0]!.eligible).toBeGreaterThan(0)
  expect(nestedSweep(results, 'net', most + 1).folds[0]!.eligible).toBe(0)
})

test('joined windows: trades and net add up, daily returns follow each other', () => {
  const nested = nestedSweep(results, 'sharpe', 20)
  const sum = (f: (x: (typeof nested.folds)[number]) => number) => nested.folds.reduce((a, x) => a + f(x), 0)
  expect(nested.outcome.trades).toBe(sum((x) => x.test.trades))
  expect(nested.outcome.net).toBeCloseTo(
    sum((x) => x.test.net),
    9,
  )
  expect(nested.returns.length).toBe(sum((x) => x.test.days))
  const growth = nested.returns.reduce((a, r) => a * (1 + r), 1) - 1
  expect(nested.outcome.growth).toBeCloseTo(growth, 12)
  let [value, peak, fall] = [1, 1, 0]
  for (const r of nested.returns) {
    value *= 1 + r
    peak = Math.max(peak, value)
    fall = Math.max(fall, 1 - value / peak)
  }
  expect(nested.outcome.maxDrawdown).toBeCloseTo(fall, 12)
  expect(scoreOf(nested.outcome, 'expectancy')).toBeCloseTo(nested.outcome.net / nested.outcome.trades, 12)
})

test('equal scores keep grid order', async () => {
  const twins = await runSweep(sweepOf(set, { cells: [GRID_CELLS[0]!, GRID_CELLS[5]!, GRID_CELLS[5]!] }))
  for (const fold of nestedSweep(twins, 'net', 1).folds) expect(fold.cell).not.toBe(2)
})
