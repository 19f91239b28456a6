import { DEFINITIONS, MEASURE_KEYS } from '@cointrader/backtest/statistics/definitions'
import { foldCoverage, foldStatistics } from '@cointrader/backtest/statistics/folds'
import { tradeRows } from '@cointrader/backtest/statistics/source'
import { statistics } from '@cointrader/backtest/statistics/statistics'
import { DAY_MS } from '@cointrader/core'
import { expect, test } from 'vitest'
import { equityResult, syntheticResult, withTrades } from './fixture.js'

const { result, prices } = syntheticResult()
const stats = statistics(result, { resamples: 200, prices, trials: 20 })

test('every defined number is there, finite or absent with a reason', () => {
  expect(Object.keys(stats.measures).sort()).toEqual([...MEASURE_KEYS].sort())
  for (const key of MEASURE_KEYS) {
    const m = stats.measures[key]
    expect(m.value === null ? m.reason : null, key).toBe(m.value === null ? expect.any(String) : null)
    for (const x of [m.value, m.low, m.high, m.standardError])
      if (x !== null) expect(Number.isFinite(x), key).toBe(true)
    if (m.low !== null && m.value !== null && key !== 'winRate') expect(m.low, key).toBeLessThanOrEqual(m.value)
    expect(DEFINITIONS[key].text.length).toBeGreaterThan(10)
  }
  expect(JSON.stringify(stats.measures)).not.toContain('NaN')
})

test('same input, same numbers', () => {
  expect(statistics(result, { resamples: 200, prices, trials: 20 })).toEqual(stats)
})

test('numbers of the trades equal the naive ones', () => {
  const rows = tradeRows(result)
  const wins = rows.filter((t) => t.netPnl > 0)
  const losses = rows.filter((t) => t.netPnl < 0)
  const sum = (x: readonly number[]): number => x.reduce((a, b) => a + b, 0)
  const gains = sum(wins.map((t) => t.netPnl))
  const lost = -sum(losses.map((t) => t.netPnl))
  const m = stats.measures
  expect(m.trades.value).toBe(rows.length)
  expect(m.winRate.value).toBeCloseTo(wins.length / rows.length, 14)
  expect(m.profitFactor.value).toBeCloseTo(gains / lost, 12)
  expect(m.payoff.value).toBeCloseTo(gains / wins.length / (lost / losses.length), 12)
  expect(m.expectancy.value).toBeCloseTo(sum(rows.map((t) => t.netPnl)) / rows.length, 12)
  expect(m.averageTradeBps.value).toBeCloseTo(
    sum(rows.map((t) => (t.netPnl / t.entryPrice / t.qty) * 1e4)) / rows.length,
    9,
  )
  let run = 0
  let longest = 0
  for (const t of rows) {
    run = t.netPnl < 0 ? run + 1 : 0
    longest = Math.max(longest, run)
  }
  expect(m.maxConsecutiveLosses.value).toBe(longest)
  expect(m.fees.value).toBeCloseTo(sum(rows.map((t) => t.entryFee + t.exitFee)), 9)
  expect(m.funding.value).toBeCloseTo(-sum(rows.map((t) => t.funding)), 9)
  expect(m.slippage.value).toBeCloseTo(sum(rows.map((t) => t.slippageCost)), 9)
  const before = gains - lost + m.fees.value! + m.funding.value! + m.slippage.value!
  expect(m.costShare.value).toBeCloseTo((before - gains + lost) / before, 10)
  for (const groups of [stats.groups.bySide, stats.groups.byReason, stats.groups.bySymbol]) {
    expect(groups.reduce((a, g) => a + g.trades, 0)).toBe(rows.length)
    expect(sum(groups.map((g) => g.net))).toBeCloseTo(gains - lost, 8)
  }
  expect(m.netWithoutBest.value).toBeCloseTo(
    sum(
      rows
        .map((t) => t.netPnl)
        .sort((a, b) => a - b)
        .slice(0, -5),
    ),
    9,
  )
})

test('numbers of the equity equal the naive ones', () => {
  const m = stats.measures
  const e = [...result.equity.equity]
  expect(m.totalReturn.value).toBe(result.finalEquity / 1000 - 1)
  expect(m.netProfit.value).toBe(result.finalEquity - 1000)
  const days: number[] = []
  for (let i = 24; i <= e.length; i += 24) days.push(e[i - 1] / (i === 24 ? 1000 : e[i - 25]) - 1)
  const mean = days.reduce((a, b) => a + b, 0) / days.length
  const deviation = Math.sqrt(days.reduce((a, r) => a + (r - mean) ** 2, 0) / (days.length - 1))
  expect(stats.daily.returns.length).toBe(days.length)
  expect(m.volatility.value).toBeCloseTo(deviation * Math.sqrt(365), 12)
  expect(m.sharpe.value).toBeCloseTo((mean / deviation) * Math.sqrt(365), 10)
  expect(m.annualReturn.value).toBeCloseTo((result.finalEquity / 1000) ** (365 / 400) - 1, 12)
  expect(m.calmar.value).toBeCloseTo(m.annualReturn.value! / m.maxDrawdown.value!, 12)
  expect(m.maxDrawdown.value).toBeCloseTo(Math.max(...result.equity.drawdown), 12)
  const inMarket = [...result.equity.positions].filter((p) => p > 0).length / e.length
  expect(m.timeInMarket.value).toBeCloseTo(inMarket, 14)
  const gross = e.map((v, i) => result.equity.grossExposure[i] / v)
  expect(m.grossExposure.value).toBeCloseTo(gross.reduce((a, b) => a + b, 0) / e.length, 10)
  expect(m.maxGrossExposure.value).toBeCloseTo(Math.max(...gross), 12)
  const meanEquity = e.reduce((a, b) => a + b, 0) / e.length
  expect(m.turnover.value).toBeCloseTo(result.costs.turnover / meanEquity / (400 / 365), 8)
})

test('D-09: the Sharpe ratio is of days, not of trades times the root of bars', () => {
  // Two trades a year of +1 % each: mean and deviation per trade would give any number; the equity ratio is about √2·…
  const equity: number[] = []
  let value = 1000
  for (let d = 0; d < 365; d++) {
    if (d === 100 || d === 200) value *= 1.01
    equity.push(value)
  }
  const s = statistics(equityResult(equity), { resamples: 50 }).measures.sharpe.value!
  expect(s).toBeCloseTo(Math.sqrt(2), 1)
})

test('small samples give reasons, not numbers', () => {
  const short = statistics(equityResult([1010, 1020, 990]), { resamples: 50 }).measures
  for (const key of ['annualReturn', 'volatility', 'sharpe', 'sortino', 'calmar', 'deflatedSharpe'] as const) {
    expect(short[key].value, key).toBeNull()
    expect(short[key].reason).toMatch(/3 days, at least \d+ are needed/)
  }
  for (const key of ['winRate', 'profitFactor', 'payoff', 'expectancy'] as const) {
    expect(short[key].reason).toMatch(/0 trades, at least \d+ are needed/)
  }
  expect(short.totalReturn.value).toBeCloseTo(-0.01, 12)
  const empty = statistics({ ...equityResult([]), endMs: Date.UTC(2025, 0, 1) + 1 })
  expect(empty.measures.maxDrawdown.reason).toBe('no bars')
})

test('no losing trade is n/a with a reason, never Infinity', () => {
  const base = equityResult(new Array(60).fill(1000))
  const won = withTrades(
    base,
    Array.from({ length: 12 }, () => ({ netPnl: 1 })),
  )
  const m = statistics(won, { resamples: 50 }).measures
  expect(m.profitFactor).toMatchObject({ value: null, reason: 'no losing trade' })
  expect(m.payoff).toMatchObject({ value: null, reason: 'no losing trade' })
  expect(m.winRate.value).toBe(1)
  expect(m.winRate.low).toBeLessThan(0.8)
  expect(m.sharpe).toMatchObject({ value: null, reason: 'equity did not move' })
})

test('after ruin ratios are absent, the loss is not', () => {
  const m = statistics(equityResult([...new Array(50).fill(900), -20, ...new Array(50).fill(-20)]), {
    resamples: 50,
  }).measures
  expect(m.sharpe.reason).toBe('equity fell to 0 or below')
  expect(m.totalReturn.value).toBeCloseTo(-1.02, 12)
  expect(m.annualReturn.value).toBe(-1)
  expect(m.maxDrawdown.value).toBeCloseTo(1.02, 12)
})

test('walk-forward: folds add up to the whole, and coverage sees gaps, overlaps and leaks (D-04, D-05, D-06)', () => {
  const windows = Array.from({ length: 8 }, (_, k) => ({
    fold: k + 1,
    trainStartMs: result.startMs - 100 * DAY_MS,
    trainEndMs: result.startMs + k * 50 * DAY_MS,
    testStartMs: result.startMs + k * 50 * DAY_MS,
    testEndMs: result.startMs + (k + 1) * 50 * DAY_MS,
  }))
  const folds = foldStatistics(result, windows)
  expect(folds.reduce((a, f) => a * (1 + f.return!), 1)).toBeCloseTo(result.finalEquity / 1000, 10)
  // A trade that ends at the very end of the range belongs to no half-open window but the last instant.
  const last = [...result.trades.exitTime].filter((t) => t === result.endMs).length
  expect(folds.reduce((a, f) => a + f.trades, 0)).toBe(result.trades.count - last)
  expect(foldCoverage(windows, result.endMs)).toEqual({ covered: 1, overlapMs: 0, leaks: 0 })
  // The original: 3 months apart, one month tested.
  const sparse = [windows[0], windows[3], windows[6]]
  expect(foldCoverage(sparse, result.endMs).covered).toBeCloseTo(3 / 8, 12)
  const doubled = [windows[0], { ...windows[1], testStartMs: windows[0].testEndMs - 3_600_000 }]
  expect(foldCoverage(doubled, windows[1].testEndMs)).toMatchObject({ covered: 1, overlapMs: 3_600_000, leaks: 1 })
})
