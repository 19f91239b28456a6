import { judgeSweep, type SweepCell } from '@cointrader/backtest/statistics/sweep'
import { expect, test } from 'vitest'
import { sampleCells } from '../report/sample.js'

test('D-12: chosen on train among cells with enough trades, quoted on test', () => {
  const cells = sampleCells()
  const j = judgeSweep(cells, { minimumTrades: 40, resamples: 100 })
  const eligible = cells.filter((c) => c.trainTrades >= 40)
  expect(j.ranked.length).toBe(eligible.length)
  expect(cells[j.chosen!].trainScore).toBe(Math.max(...eligible.map((c) => c.trainScore!)))
  const better = eligible.filter((c) => c.testScore! > cells[j.chosen!].testScore!).length
  expect(j.chosenTestRank).toBe(better + 1)
  expect(j.overfitting?.trials).toBe(cells.length)
  expect(j.deflated?.trials).toBe(1)
  expect(judgeSweep(cells, { nested: false, resamples: 100 }).deflated?.trials).toBe(cells.length)
})

test('a cell with a wonderful score and few trades is never chosen; equal scores keep grid order', () => {
  const [a, b, c] = sampleCells()
  const cells: SweepCell[] = [
    { ...a, trainTrades: 3, trainScore: 999 },
    { ...b, trainTrades: 50, trainScore: 1.2 },
    { ...c, trainTrades: 50, trainScore: 1.2 },
    { ...c, trainTrades: 50, trainScore: null },
  ]
  const j = judgeSweep(cells, { resamples: 50 })
  expect([...j.ranked]).toEqual([1, 2])
  expect(j.chosen).toBe(1)
})

test('says why a test is missing', () => {
  const cells = sampleCells()
  expect(judgeSweep(cells.map((c) => ({ ...c, returns: null }))).remarks.join()).toContain('not kept')
  expect(judgeSweep(sampleCells(10)).remarks.join()).toContain('too few to test')
  const ruined = cells.map((c, i) => (i === 4 ? { ...c, returns: new Float64Array(120).fill(Number.NaN) } : c))
  expect(judgeSweep(ruined).remarks.join()).toContain('ruined')
})
