import { resultDocument } from '@cointrader/backtest/report/document'
import { comparisonPage, positionSizeHtml } from '@cointrader/backtest/report/study-html'
import { foldStatistics } from '@cointrader/backtest/statistics/folds'
import { positionSize } from '@cointrader/backtest/statistics/position-size'
import { statistics } from '@cointrader/backtest/statistics/statistics'
import { validate } from '@cointrader/backtest/statistics/validate'
import { expect, test } from 'vitest'
import { equityResult, syntheticResult } from '../statistics/fixture.js'
import { HOSTILE } from './sample.js'

const { result } = syntheticResult({ bars: 24 * 200 })
const stats = statistics(result, { resamples: 30 })

test('the document has the keys of TB-05.8 and survives JSON unchanged', () => {
  const doc = resultDocument(result, stats, validate(result, stats))
  expect(JSON.parse(JSON.stringify(doc))).toEqual(doc)
  expect(Object.keys(doc.summary)).toEqual([
    'total_trades',
    'total_pnl',
    'return_pct',
    'win_rate',
    'avg_win',
    'avg_loss',
    'payoff_ratio',
    'max_consecutive_losses',
    'profit_factor',
    'max_drawdown_pct',
    'sharpe_ratio',
    'total_fees',
    'close_reasons',
  ])
  const sum = doc.trades.reduce((a, t) => a + (t.net_pnl as number), 0)
  expect(doc.summary.total_pnl).toBeCloseTo(sum, 8)
  const reasons = doc.summary.close_reasons as Record<string, number>
  expect(Object.values(reasons).reduce((a, b) => a + b, 0)).toBe(result.trades.count)
  expect(doc.mode).toBeUndefined()
})

test('walk-forward adds mode, folds and the fold of each trade', () => {
  const middle = result.startMs + 100 * 86_400_000
  const windows = [
    { fold: 1, trainStartMs: 0, trainEndMs: result.startMs, testStartMs: result.startMs, testEndMs: middle },
    { fold: 2, trainStartMs: 0, trainEndMs: middle, testStartMs: middle, testEndMs: result.endMs + 1 },
  ]
  const folds = foldStatistics(result, windows)
  const doc = resultDocument(result, stats, validate(result, stats, { folds: windows }), folds)
  expect(doc.mode).toBe('walk_forward')
  expect(doc.folds?.length).toBe(2)
  for (const t of doc.trades) expect(t.fold).toBe((t.exit_time as string) < '2025-04-20 00:00:00' ? 1 : 2)
})

test('an empty result has nulls, not Infinity', () => {
  const empty = equityResult([1000, 1000])
  const s = statistics(empty, { resamples: 20 })
  const doc = resultDocument(empty, s, validate(empty, s))
  expect(doc.summary).toMatchObject({ total_trades: 0, profit_factor: null, sharpe_ratio: null, close_reasons: {} })
  expect(doc.validation.overall).toBe('FAIL')
})

test('absent funding is n/a, not 0', () => {
  const note = { code: 'funding-absent' as const, text: 'none', symbols: result.symbols }
  const without = statistics({ ...result, notes: [note] }, { resamples: 20 })
  expect(without.measures.funding).toMatchObject({ value: null, reason: expect.stringContaining('no recorded rates') })
  expect(stats.measures.funding.value).not.toBeNull()
})

test('pages of the smaller studies', () => {
  const size = positionSize(result, { paths: 100, trades: 50 })
  for (const html of [
    positionSizeHtml(size, `Sizes ${HOSTILE}`, [['Period', HOSTILE]]),
    comparisonPage(
      `Symbols ${HOSTILE}`,
      [['a', 'b']],
      [{ title: HOSTILE, columns: ['symbol', 'PF'], rows: [[HOSTILE, '1.2']] }],
      [HOSTILE],
    ),
  ]) {
    expect(html.includes('<img')).toBe(false)
    expect(html.includes('NaN')).toBe(false)
    expect(html.includes("default-src 'none'")).toBe(true)
  }
})
