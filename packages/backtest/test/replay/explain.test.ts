import { fixedSlippage } from '@cointrader/backtest/costs/index'
import { explainTrade, runBacktest, tradeRows } from '@cointrader/backtest/replay/index'
import { expect, it } from 'vitest'
import { randomCase } from './cases.js'
import { bar, small } from './small.js'

it('a reversal: both trades with their own decisions, orders and fills', () => {
  const rows = { A: [bar(100), bar(100), bar(100, 110), bar(110), bar(110)] }
  const wants = [
    { at: 0, side: 1 as const, stop: 50, target: 40 },
    { at: 2, side: -1 as const, stop: 50 },
  ]
  const result = runBacktest(small(rows, { A: wants }, {}, { slippage: fixedSlippage(1, 1) }, { record: 'full' }))
  const first = explainTrade(result, 0)
  expect(first.decisions.map((d) => [d.action, d.reason])).toEqual([
    ['enter', 'accepted'],
    ['exit', 'reverse'],
  ])
  expect(first.orders.map((o) => `${o.purpose} ${o.what}`)).toEqual([
    'entry placed',
    'entry accepted',
    'stop placed',
    'target placed',
    'stop accepted',
    'target accepted',
    'close placed',
    'close accepted',
    'stop cancel',
    'target cancel',
    'stop cancelled',
    'target cancelled',
  ])
  expect(first.fills.map((f) => f.purpose)).toEqual(['entry', 'close'])
  expect(explainTrade(result, 1).fills.map((f) => f.purpose)).toEqual(['entry', 'end-of-data'])
})

it('every fill belongs to one trade, and its fees and slippage add up', () => {
  for (let seed = 0; seed < 60; seed++) {
    const result = runBacktest({ ...randomCase(`explain ${seed}`, 2), record: 'full' })
    let told = 0
    for (const [i, trade] of tradeRows(result).entries()) {
      const { fills } = explainTrade(result, i)
      told += fills.length
      expect(fills.reduce((sum, f) => sum + f.fee, 0)).toBeCloseTo(trade.entryFee + trade.exitFee, 9)
      expect(fills.reduce((sum, f) => sum + f.side * (f.price - f.reference) * f.qty, 0)).toBeCloseTo(
        trade.slippageCost,
        6,
      )
    }
    expect(told).toBe(result.record!.fills.length)
  }
})

it('says what is missing', () => {
  const input = small({ A: [bar(1), bar(1)] }, {})
  expect(() => explainTrade(runBacktest(input), 0)).toThrow('no record')
  expect(() => explainTrade(runBacktest({ ...input, record: 'full' }), 0)).toThrow('trade 0')
})
