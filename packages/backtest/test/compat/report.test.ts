/** Summary, validator, indicators of profile fma, walk-forward windows and the model hook, sweep bookkeeping. */

import { botBarsOf } from '@cointrader/backtest/compat/bars'
import { fusedIndicators } from '@cointrader/backtest/compat/fused'
import {
  addMonths,
  prepareSlice,
  SEED_DEFAULTS,
  SEED_WALK_FORWARD_DEFAULTS,
  type SeedBars,
  type SeedConfig,
  type SeedModel,
  type SeedSummary,
  type SeedTrade,
  seedBacktest,
  seedCombinations,
  seedCompareMl,
  seedCompareSymbols,
  seedJson,
  seedMarketContext,
  seedMlVerdict,
  seedRanked,
  seedSummary,
  seedSweep,
  seedSweepCombined,
  seedTrainingTable,
  seedValidate,
  seedWalkForward,
  seedWindows,
  sliceBars,
} from '@cointrader/backtest/compat/index'
import { isError, seededRandom } from '@cointrader/core'
import { botIndicators } from '@cointrader/features/bot/indicators'
import { numbers, strings } from '@cointrader/store'
import { describe, expect, it } from 'vitest'
import { barsOf, type Candle, flat, QUARTER_MS, START } from './market.js'

const OPTIONS = { initialBalance: 1000, barsPerYear: 35040 }
const trade = (net_pnl: number, more: Partial<SeedTrade> = {}): SeedTrade => ({
  symbol: 'XRPUSDT',
  side: 'LONG',
  entry_time: '2025-01-01 00:00:00',
  exit_time: '2025-01-01 01:00:00',
  entry_price: 100,
  exit_price: 101,
  quantity: 1,
  sl: 99,
  tp: 102,
  gross_pnl: net_pnl,
  entry_fee: 0.5,
  exit_fee: 0.25,
  net_pnl,
  close_reason: net_pnl > 0 ? 'TAKE_PROFIT' : 'STOP_LOSS',
  ml_proba: null,
  indicators: { rsi: 1, macd_hist: 1, atr: 1, adx: 1 },
  ...more,
})

/** A walk of `n` bars with bursts of volume. */
function walk(n: number, seed: string, startMs = START): SeedBars {
  const random = seededRandom(seed)
  let price = 100
  const candles = Array.from({ length: n }, (): Candle => {
    const open = price
    price *= Math.exp(0.004 * random.normal())
    const reach = 0.002 * Math.abs(random.normal())
    return [open, Math.max(open, price) * (1 + reach), Math.min(open, price) * (1 - reach), price]
  })
  const bars = barsOf(candles, 100, startMs)
  for (let i = 0; i < n; i++) bars.volume[i] = 100 * Math.exp(random.normal())
  return bars
}

describe('summary', () => {
  it('is zeros for no trades', () => {
    const { close_reasons, ...numbers } = seedSummary([], OPTIONS)
    expect(new Set(Object.values(numbers))).toEqual(new Set([0]))
    expect(close_reasons).toEqual({})
  })

  it('of one winning trade: infinite factors, no Sharpe, written as text', () => {
    const summary = seedSummary([trade(10)], OPTIONS)
    expect(summary).toMatchObject({ payoff_ratio: Infinity, profit_factor: Infinity, sharpe_ratio: 0, win_rate: 100 })
    expect(JSON.parse(seedJson(summary)).profit_factor).toBe('Infinity')
  })

  it('a net of 0 is a loss; reasons in order of appearance; drawdown from the highest point after a trade', () => {
    const summary = seedSummary([trade(-100), trade(0), trade(50), trade(-190)], OPTIONS)
    expect(summary).toEqual({
      total_trades: 4,
      total_pnl: -240,
      return_pct: -24,
      win_rate: 25,
      avg_win: 50,
      avg_loss: -96.6667,
      payoff_ratio: 0.52,
      max_consecutive_losses: 2,
      profit_factor: 0.17,
      max_drawdown_pct: 20,
      sharpe_ratio: -121.46,
      total_fees: 3,
      close_reasons: { STOP_LOSS: 3, TAKE_PROFIT: 1 },
    })
    expect(Object.keys(summary.close_reasons)).toEqual(['STOP_LOSS', 'TAKE_PROFIT'])
    const older = seedSummary([trade(1)], { ...OPTIONS, older: true })
    expect('payoff_ratio' in older || 'max_consecutive_losses' in older).toBe(false)
  })
})

describe('validator', () => {
  const failed = (trades: readonly SeedTrade[], balance = 1000): string[] =>
    seedValidate(trades, seedSummary(trades, OPTIONS), balance)
      .checks.filter((c) => !c.passed)
      .map((c) => c.name)

  it('passes an empty list', () => {
    const { overall, checks } = seedValidate([], seedSummary([], OPTIONS), 1000)
    expect([overall, checks.map((c) => c.name)]).toEqual(['PASS', ['trade_count']])
  })

  it('names what fails', () => {
    const day = (d: number, hour: number): string => `2025-01-${String(d).padStart(2, '0')} 0${hour}:00:00`
    const good = [1, 2, 3, 4, 5, 6].map((d) => trade(d % 2 ? 10 : -8, { entry_time: day(d, 0), exit_time: day(d, 1) }))
    const sound = seedValidate(good, seedSummary(good, OPTIONS), 1000)
    expect([sound.overall, sound.checks.length]).toEqual(['PASS', 10])
    const changed = (change: Partial<SeedTrade>): SeedTrade[] => [...good.slice(0, 5), { ...good[5]!, ...change }]
    expect(failed(changed({ exit_time: day(5, 9) }))).toEqual(['exit_after_entry'])
    expect(failed(changed({ sl: 100 }))).toEqual(['sl_tp_direction'])
    expect(failed(changed({ side: 'SHORT' }))).toEqual(['sl_tp_direction'])
    expect(failed(changed({ entry_time: day(5, 0) }))).toEqual(['no_overlap'])
    expect(failed(changed({ entry_time: day(5, 0), symbol: 'TRXUSDT' }))).toEqual([])
    expect(failed(changed({ exit_fee: 0 }))).toEqual(['positive_fees'])
    expect(failed(changed({ net_pnl: -2000 }))).toEqual(['no_negative_balance'])
    expect(failed(good.map((t) => ({ ...t, net_pnl: 1 })))).toEqual(['win_rate_high', 'mdd_nonzero'])
    expect(failed(good.map((t) => ({ ...t, net_pnl: -1 })))).toEqual(['win_rate_low'])
    expect(failed(changed({ entry_time: '2025-03-09 00:00:00', exit_time: '2025-03-09 00:00:00' }))).toEqual([
      'trade_frequency',
    ])
    expect(failed(good.map((t) => (t.net_pnl > 0 ? { ...t, net_pnl: 50 } : t)))).toEqual(['profit_factor_high'])
  })

  it('leaves checks out that have no meaning: frequency of one trade, an infinite profit factor', () => {
    const names = seedValidate([trade(1)], seedSummary([trade(1)], OPTIONS), 1000).checks.map((c) => c.name)
    expect(names).not.toContain('trade_frequency')
    expect(names).not.toContain('profit_factor_high')
  })
})

describe('profile fma', () => {
  it('with plain multiply-add its indicators are those of profile ieee, bit for bit; fused they are near', () => {
    const bars = walk(2000, 'fused')
    for (const i of [300, 301, 302, 303]) bars.high[i] = bars.low[i] = bars.close[i] = bars.close[299]!
    const shared = botIndicators(botBarsOf(bars))
    const plain = fusedIndicators(bars, (a, b, c) => a * b + c)
    const fused = fusedIndicators(bars)
    for (const [name, column] of Object.entries(plain)) {
      const wanted = shared[name as keyof typeof plain]
      for (let i = 0; i < 2000; i++) {
        if (!Object.is(column[i], wanted[i])) expect.unreachable(`${name} at ${i}: ${column[i]}, ${wanted[i]}`)
        const distance = Math.abs(fused[name as keyof typeof plain][i]! - wanted[i]!)
        if (distance > 1e-9 * Math.max(1, Math.abs(wanted[i]!))) expect.unreachable(`${name} at ${i}: ${distance}`)
      }
    }
    expect(fused.ema50).not.toEqual(plain.ema50)
    expect(prepareSlice(bars, 'fma').indicators).toEqual(fused)
  })
})

describe('walk-forward', () => {
  it('months keep the time of day and clip the day', () => {
    const iso = (ms: number): string => new Date(ms).toISOString().slice(0, 16)
    expect(iso(addMonths(Date.UTC(2025, 0, 31, 15, 30), 1))).toBe('2025-02-28T15:30')
    expect(iso(addMonths(Date.UTC(2024, 0, 31, 15), 1))).toBe('2024-02-29T15:00')
    expect(iso(addMonths(Date.UTC(2025, 10, 5, 15), 3))).toBe('2026-02-05T15:00')
    expect(iso(addMonths(Date.UTC(2025, 5, 30), 0))).toBe('2025-06-30T00:00')
  })

  it('windows cover the range the symbols share, cut by start and end', () => {
    const config = { ...SEED_WALK_FORWARD_DEFAULTS, symbols: ['A', 'B'], train_months: 1 }
    const days = (n: number): number => n * 96
    const market = { A: walk(days(130), 'a'), B: walk(days(130), 'b', START + days(10) * QUARTER_MS) }
    const dates = seedWindows(config, market).map((w) => new Date(w.testStart).toISOString().slice(0, 10))
    expect(dates).toEqual(['2025-02-11', '2025-03-11', '2025-04-11'].slice(0, 2))
    expect(seedWindows({ ...config, end: '2025-04-01' }, market)).toHaveLength(1)
    expect(seedWindows({ ...config, start: '2026-01-01' }, market)).toEqual([])
  })

  const config = {
    ...SEED_WALK_FORWARD_DEFAULTS,
    symbols: ['A'],
    train_months: 1,
    signal_threshold: 2,
    adx_threshold: 0,
    volume_multiplier: 1,
  }
  const market = { A: walk(120 * 96, 'model') }

  it('trains on rows before the test and asks the model about 26 features of each entry', () => {
    const seen: [number, number][] = []
    const rows: Float32Array[] = []
    const { trades } = seedWalkForward(config, market, {
      train: ({ fold, bars }) => {
        seen.push([fold, bars.times[bars.times.length - 1]!])
        return (row) => {
          rows.push(row.slice())
          return row[12] === 1 ? 0.9 : 0.1
        }
      },
    })
    const windows = seedWindows(config, market)
    expect(seen).toEqual(windows.map((w) => [w.fold, w.testStart - QUARTER_MS]))
    expect(rows.every((row) => row.length === 26)).toBe(true)
    expect(trades.length).toBeGreaterThan(5)
    expect(trades.every((t) => t.side === 'LONG' && t.ml_proba === 0.9)).toBe(true)
    expect(rows.some((row) => row[12] === 0)).toBe(true)
  })

  it('training rows: all from signals and as many HOLD rows as were won, with labels of the configured multiples', () => {
    let tables = 0
    seedWalkForward(config, market, {
      train: (training) => {
        const table = seedTrainingTable(training)
        const [label, kind] = [numbers(table, 'label'), strings(table, 'kind')]
        const won = label.filter((x) => x === 1).length
        const signals = kind.filter((x) => x === 'signal').length
        expect(signals).toBeGreaterThan(100)
        expect(won).toBeGreaterThan(20)
        expect(table.rows).toBe(signals + won)
        expect(seedTrainingTable({ ...training, config: { ...config, atr_tp_mult: 1e9 } }).rows).toBe(signals)
        tables++
        return null
      },
    })
    expect(tables).toBe(2)
  })

  it('a failed model filters nothing; one that allows all changes only ml_proba', () => {
    const off = seedWalkForward({ ...config, use_ml: false }, market)
    expect(seedWalkForward(config, market, { train: () => null }).trades).toEqual(off.trades)
    const all: SeedModel = () => 1
    const on = seedWalkForward(config, market, { train: () => all })
    expect(on.trades.map((t) => ({ ...t, ml_proba: null }))).toEqual(off.trades)
    const { document, verdict } = seedCompareMl(config, market, () => all)
    expect(document.ml_on).toEqual(document.ml_off)
    expect(verdict).toBe('negligible')
    const single: SeedConfig = { ...SEED_DEFAULTS, symbols: ['A'], start: '2025-02-01', end: '2025-03-01' }
    expect(seedBacktest(single, market, { models: {} }).document.trades).toEqual(
      seedBacktest({ ...single, use_ml: false }, market).document.trades,
    )
  })

  it.each([
    [1, 50, 10, 1.2, 53, 10, 'worth it'],
    [1, 50, 10, 1.2, 50, 10, 'conditional'],
    [1, 50, 10, 1, 50, 10, 'negligible'],
    [Infinity, 50, 10, 1, 50, 10, 'undecided'],
    [0, 50, 10, 1, 50, 10, 'undecided'],
  ])('verdict of PF %d, win rate %d, MDD %d against %d, %d, %d: %s', (pf, win, mdd, pf2, win2, mdd2, verdict) => {
    const of = (profit_factor: number, win_rate: number, max_drawdown_pct: number): SeedSummary => ({
      ...seedSummary([], OPTIONS),
      ...{ profit_factor, win_rate, max_drawdown_pct },
    })
    expect(seedMlVerdict(of(pf, win, mdd), of(pf2, win2, mdd2))).toBe(verdict)
  })

  it('refuses what makes no sense', () => {
    const refused = (test: () => unknown, code: 'E_USAGE' | 'E_USAGE_DATE' = 'E_USAGE'): void => {
      try {
        test()
      } catch (error) {
        expect(isError(error, code)).toBe(true)
        return
      }
      expect.unreachable('not refused')
    }
    const plain: SeedConfig = { ...SEED_DEFAULTS, symbols: ['A'], use_ml: false }
    refused(() => seedBacktest({ ...plain, use_ml: true }, market))
    refused(() => seedBacktest({ ...plain, use_ml: true }, market, { models: {}, profile: 'fma' }))
    refused(() => seedBacktest({ ...plain, symbols: ['B'] }, market))
    refused(() => seedBacktest({ ...plain, symbols: [] }, market))
    refused(() => seedBacktest({ ...plain, symbols: ['A', 'A'] }, market))
    refused(() => seedBacktest({ ...plain, leverage: 0 }, market))
    refused(() => seedBacktest({ ...plain, fee_pct: Number.NaN }, market))
    refused(() => seedBacktest({ ...plain, start: '2025-02-30' }, market), 'E_USAGE_DATE')
    refused(() => seedSweep(market, { ...SEED_WALK_FORWARD_DEFAULTS, symbols: ['A'] }))
  })
})

describe('market context', () => {
  it('is null below 20 bars, and has the means of ratios in the span', () => {
    const bars = walk(100, 'context')
    expect(seedMarketContext(bars, START, START + 19 * QUARTER_MS)).toBeNull()
    const series = { times: bars.times, topAccounts: bars.times.map((_, i) => i), global: bars.times.map(() => 1.239) }
    const seen = seedMarketContext(bars, START, START + 20 * QUARTER_MS, { btc: series })
    expect(seen?.ls_ratio).toEqual({ btc: { top_acct_avg: 9.5, global_avg: 1.24 } })
    expect(seen?.btc_return_pct).toBe(Math.round((bars.close[19]! / bars.close[0]! - 1) * 1000) / 10)
  })

  it('slices are half-open', () => {
    const bars = barsOf([flat(1), flat(2), flat(3)])
    expect([...sliceBars(bars, START, START + 2 * QUARTER_MS).close]).toEqual([1, 2])
    expect(sliceBars(bars, START + 1, START + 1).times).toHaveLength(0)
  })
})

describe('sweep', () => {
  const summary = (profit_factor: number, more: Partial<SeedSummary> = {}): SeedSummary => ({
    ...seedSummary([trade(1), trade(-1)], OPTIONS),
    profit_factor,
    ...more,
  })

  it('ranks by profit factor, Infinity as 999, ties in grid order', () => {
    const params = seedCombinations()
    expect(params).toHaveLength(324)
    expect(params[1]).toEqual({ ...params[0], volume_multiplier: 2 })
    const rows = [1.2, Infinity, 1.2, 1000].map((pf, k) => ({ params: params[k]!, summary: summary(pf) }))
    expect(seedRanked(rows).map((r) => rows.indexOf(r))).toEqual([3, 1, 0, 2])
  })

  it('combined and compared rows come from the symbols each for itself', () => {
    const market = { A: walk(120 * 96, 'one'), B: walk(120 * 96, 'two') }
    const config = { ...SEED_WALK_FORWARD_DEFAULTS, symbols: ['A', 'B'], train_months: 1, use_ml: false }
    const grid = seedCombinations({
      atr_sl_mult: [1, 2],
      atr_tp_mult: [2],
      signal_threshold: [2, 3],
      adx_threshold: [0],
      volume_multiplier: [1],
    })
    const rows = seedSweepCombined(market, config, grid, { minPf: 0 })
    expect(rows).toHaveLength(4)
    for (const row of rows) {
      for (const symbol of ['A', 'B']) {
        const alone = seedWalkForward({ ...config, ...row.params, symbols: [symbol] }, market)
        expect(row.per_symbol[symbol]).toEqual(alone.summary)
      }
      expect(row.combined_trades).toBe(row.per_symbol.A!.total_trades + row.per_symbol.B!.total_trades)
    }
    const factors = rows.map((r) => r.combined_pf)
    expect(factors).toEqual([...factors].sort((a, b) => b - a))
    expect(seedSweepCombined(market, config, grid, { minPf: 1e9 })).toEqual([])
    for (const { symbol, best_params, summary: best } of seedCompareSymbols(market, config, grid)) {
      const all = seedSweep(market, { ...config, symbols: [symbol] }, grid).filter((r) => r.summary.total_trades >= 5)
      expect(best.profit_factor).toBe(all[0]!.summary.profit_factor)
      expect(all.map((r) => r.params)).toContainEqual(best_params)
    }
  })
})
