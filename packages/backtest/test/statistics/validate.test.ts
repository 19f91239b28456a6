import { type BacktestResult, EXIT_REASONS } from '@cointrader/backtest/statistics/source'
import { statistics } from '@cointrader/backtest/statistics/statistics'
import { type ValidateOptions, validate } from '@cointrader/backtest/statistics/validate'
import { DAY_MS } from '@cointrader/core'
import { expect, test } from 'vitest'
import { equityResult, syntheticResult, withTrades } from './fixture.js'

const { result } = syntheticResult({ bars: 24 * 200 })
const check = (r: BacktestResult, name: string, options: ValidateOptions = {}) => {
  const v = validate(r, statistics(r, { resamples: 20 }), options)
  return { ...v, check: v.checks.find((c) => c.name === name) }
}
const covered = (change: Partial<BacktestResult['coverage'][number]>): BacktestResult => ({
  ...result,
  coverage: result.coverage.map((c, s) => (s === 0 ? { ...c, ...change } : c)),
})

test('a sound result passes, with a warning for the funding that is absent', () => {
  const v = validate(result, statistics(result, { resamples: 20 }))
  expect(v.checks.filter((c) => !c.passed).map((c) => c.name)).toEqual(['funding_known'])
  expect(v.overall).toBe('warn')
  expect(validate({ ...result, notes: [] }, statistics(result, { resamples: 20 })).overall).toBe('pass')
})

test('an empty result fails (the original passed it)', () => {
  const v = check(equityResult([1000, 1000]), 'trade_count')
  expect(v.check).toMatchObject({ passed: false, level: 'fail' })
  expect(v.overall).toBe('fail')
})

test('D-07: a kill that leaves more than 10 % of a symbol untraded fails, and says since when', () => {
  const bars = result.coverage[0].decidable
  const killed = covered({ blockedByKill: Math.ceil(bars * 0.11), firstKill: Date.UTC(2025, 5, 1) })
  expect(check(killed, 'kill_untraded')).toMatchObject({ overall: 'fail', check: { passed: false } })
  expect(check(killed, 'kill_untraded').check?.message).toContain('2025-06-01 00:00')
  expect(check(covered({ blockedByKill: Math.floor(bars * 0.1) }), 'kill_untraded').check?.passed).toBe(true)
})

test('D-03: ruin, liquidation, negative equity and trading that stopped early fail', () => {
  const stopped = (reason: 'ruin' | 'drawdown') => ({ ...result, stopped: { reason, time: result.startMs + DAY_MS } })
  expect(check(stopped('ruin'), 'no_ruin').check?.passed).toBe(false)
  expect(check(stopped('drawdown'), 'no_ruin').check?.passed).toBe(true)
  const half = Math.floor(result.coverage[0].decidable / 2)
  expect(check(covered({ blockedByStop: half }), 'stop_untraded').check?.passed).toBe(false)
  const liquidated = { ...result, costs: { ...result.costs, liquidations: 1, liquidationLoss: 50 } }
  expect(check(liquidated, 'no_liquidation')).toMatchObject({ overall: 'fail', check: { passed: false } })
  // Never negative by closed trades, but negative at the mark (D-10).
  const marked = equityResult([1000, -1, 1000])
  expect(check(marked, 'no_negative_balance').check?.passed).toBe(false)
})

test('D-04: a walk-forward that does not cover its range fails', () => {
  const fold = (k: number, from: number, days: number) => ({
    fold: k,
    trainStartMs: result.startMs - DAY_MS,
    trainEndMs: result.startMs + from * DAY_MS,
    testStartMs: result.startMs + from * DAY_MS,
    testEndMs: result.startMs + (from + days) * DAY_MS,
  })
  expect(check(result, 'coverage', { folds: [fold(1, 0, 100), fold(2, 100, 100)] }).check?.passed).toBe(true)
  const gap = check(result, 'coverage', { folds: [fold(1, 0, 100), fold(2, 101, 99)] })
  expect(gap).toMatchObject({ overall: 'fail', check: { passed: false } })
  expect(gap.check?.message).toContain('99.50 %')
  expect(check(result, 'folds_disjoint', { folds: [fold(1, 0, 101), fold(2, 100, 100)] }).check?.passed).toBe(false)
  const leak = { ...fold(1, 0, 200), trainEndMs: result.startMs + 1 }
  expect(check(result, 'train_before_test', { folds: [leak] }).check?.passed).toBe(false)
})

test('wrong trades fail', () => {
  const base = equityResult(new Array(60).fill(1000))
  const one = (row: Parameters<typeof withTrades>[1][number]) => withTrades(base, [row])
  expect(check(one({ exitTime: base.startMs - 1 }), 'exit_after_entry').check?.passed).toBe(false)
  expect(check(one({ stop: 1.1 }), 'sl_tp_direction').check?.passed).toBe(false)
  expect(check(one({ side: -1, stop: 1.1, target: 0.9 }), 'sl_tp_direction').check?.passed).toBe(true)
  expect(check(one({ stop: Number.NaN, target: Number.NaN }), 'sl_tp_direction').check?.passed).toBe(true)
  expect(check(one({ entryFee: 0 }), 'positive_fees').check?.passed).toBe(false)
  expect(check(one({ exitFee: 0 }), 'positive_fees').check?.passed).toBe(false)
  const liquidation = EXIT_REASONS.indexOf('liquidation')
  expect(check(one({ exitFee: 0, reason: liquidation }), 'positive_fees').check?.passed).toBe(true)
  expect(check(one({ netPnl: 5 }), 'money_adds_up').check?.passed).toBe(false)
  const at = (from: number, to: number, symbol = 0) => ({
    symbol,
    entryTime: base.startMs + from,
    exitTime: base.startMs + to,
  })
  expect(check(withTrades(base, [at(0, 10), at(9, 20)]), 'no_overlap').check?.passed).toBe(false)
  expect(check(withTrades(base, [at(0, 10), at(10, 20), at(5, 15, 1)]), 'no_overlap').check?.passed).toBe(true)
  // A long one over two short ones: both overlap it.
  expect(check(withTrades(base, [at(0, 100), at(10, 20), at(30, 40)]), 'no_overlap').check?.message).toContain('2 of 3')
})

test('warnings: what is too good, too rare or without losses', () => {
  const base = equityResult(new Array(365).fill(1000))
  const won = withTrades(
    base,
    Array.from({ length: 12 }, (_, k) => ({ entryTime: base.startMs + k, exitTime: base.startMs + k + 1, netPnl: 1 })),
  )
  const v = check({ ...won, finalEquity: 1012 }, 'win_rate_high')
  for (const name of ['win_rate_high', 'trade_frequency', 'minimum_trades', 'profit_factor_high', 'mdd_nonzero']) {
    expect(v.checks.find((c) => c.name === name)?.passed, name).toBe(false)
  }
  expect(check(covered({ missing: 4 }), 'bars_complete').check?.passed).toBe(false)
  expect(check(covered({ decidable: 100 }), 'history_at_start').check?.passed).toBe(false)
})
