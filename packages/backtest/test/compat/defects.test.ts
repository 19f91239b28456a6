/**
 * Defects of the original (TB-12.1) on minimal cases: what compat must go on doing. That the default path does otherwise is
 * tested beside the default path. (D-11 and D-13 … D-22 are the classifier's and live in the features package.)
 */
import {
  MTF_DEFAULTS,
  mtfBacktest,
  PUBLISHED_SWITCHES,
  prepareSlice,
  SEED_COMMAND_LINE,
  SEED_DEFAULTS,
  SEED_SWEEP_DEFAULTS,
  SEED_WALK_FORWARD_DEFAULTS,
  type SeedBars,
  seedBacktest,
  seedCombine,
  seedKelly,
  seedSummary,
  seedSweep,
  seedValidate,
  seedWalkForward,
  seedWindows,
  signalsOf,
} from '@cointrader/backtest/compat/index'
import { DAY_MS, seededRandom, utcText } from '@cointrader/core'
import { describe, expect, it } from 'vitest'
import { barsOf, type Candle, feedOf, flat, PLAIN, QUARTER_MS, run } from './market.js'

const HOUR = 4
const losing = (n: number): [Candle, number][] =>
  Array.from({ length: n }, (): [Candle, number][] => [
    [flat(100), 1],
    [[100, 100, 98, 98], 0],
  ]).flat()

/** A year and a bit of a walk. */
function year(seed: string, days = 400): SeedBars {
  const random = seededRandom(seed)
  let price = 100
  const candles = Array.from({ length: days * 96 }, (): Candle => {
    const open = price
    price *= Math.exp(0.004 * random.normal())
    return [open, Math.max(open, price) * 1.001, Math.min(open, price) * 0.999, price]
  })
  const bars = barsOf(candles)
  for (let i = 0; i < bars.volume.length; i++) bars.volume[i] = 100 * Math.exp(random.normal())
  return bars
}

describe('defects of the original', () => {
  it('D-01: profile ieee scores K above D by one unit in the last place, profile tol does not', () => {
    const bars = year('ties', 60)
    const [ieee, tol] = (['ieee', 'tol'] as const).map((profile) => prepareSlice(bars, profile))
    const { stoch_k, stoch_d } = ieee!.indicators
    const ties = [...stoch_k.keys()].filter(
      (i) => stoch_k[i] !== stoch_d[i] && Math.abs(stoch_k[i]! - stoch_d[i]!) < 1e-9 && stoch_k[i]! < 20,
    )
    expect(ties.length).toBeGreaterThan(0)
    for (let i = 0; i < stoch_k.length; i++) {
      const tie = ties.includes(i) && stoch_k[i]! > stoch_d[i]! ? 1 : 0
      if (stoch_k[i]! < 20 && ieee!.long[i]! - tol!.long[i]! !== tie) expect.unreachable(`bar ${i}`)
    }
  })

  it('D-02: the daily limit skips the stop of an open position, until the next day', () => {
    const other = feedOf(
      [
        [flat(100), 1],
        [[100, 100, 50, 100], 0],
        [flat(100), 0],
      ],
      1,
      'BBB',
    )
    const lost = feedOf(
      [
        [flat(100), 1],
        [[100, 100, 98, 98], 0],
        [flat(98), 0],
      ],
      2,
      'AAA',
    )
    const { trades } = run({}, [lost, other])
    // AAA loses 2 · 25 = 5 % first; the bar in which BBB falls to 50 is then not looked at.
    expect(trades.map((t) => [t.symbol, t.close_reason])).toEqual([
      ['AAA', 'STOP_LOSS'],
      ['BBB', 'END_OF_DATA'],
    ])
  })

  it('D-02: after the reverse close that kills, the position is reversed, and its stop is never looked at', () => {
    const reverse: [Candle, number][] = [
      [flat(100), 1],
      [flat(99.5), -1],
      [[99.5, 150, 99.5, 150], 0],
      [flat(150), 0],
    ]
    const { trades, killed } = run({ max_daily_loss_pct: 100 }, [feedOf([...losing(7), ...reverse])])
    expect(killed).toBe(true)
    expect(trades.slice(7).map((t) => `${t.side} ${t.close_reason}`)).toEqual([
      'LONG REVERSE_SIGNAL',
      'SHORT END_OF_DATA',
    ])
    expect(trades[8]).toMatchObject({ sl: 100.5, exit_price: 150 })
  })

  it('D-03: a ruined account trades on at the least notional', () => {
    const crash: [Candle, number][] = [
      [flat(100), 1],
      [[100, 100, 70, 70], 0],
      [flat(50), 1],
      [flat(50), 0],
    ]
    const { trades, balance } = run({ atr_sl_mult: 30, max_daily_loss_pct: 100 }, [feedOf(crash)])
    expect(balance).toBe(-500)
    expect(trades[1]).toMatchObject({ quantity: 0.1, close_reason: 'END_OF_DATA' })
  })

  it('D-04: 3/1 tests three months of twelve, 6/1 one', () => {
    const market = { XRPUSDT: year('windows') }
    const windows = seedWindows({ ...SEED_WALK_FORWARD_DEFAULTS, train_months: 3 }, market)
    expect(windows.map((w) => utcText(w.testStart).slice(0, 10))).toEqual([
      '2025-04-01',
      '2025-07-01',
      '2025-10-01',
      '2026-01-01',
    ])
    expect(windows.slice(0, 3).reduce((sum, w) => sum + w.testEnd - w.testStart, 0) / DAY_MS).toBe(92)
    expect(seedWindows(SEED_WALK_FORWARD_DEFAULTS, market)).toHaveLength(2)
  })

  it('D-05: a fold is cold for 60 bars, and the bar at its last midnight belongs to it', () => {
    const market = { XRPUSDT: year('cold', 200) }
    const config = {
      ...SEED_SWEEP_DEFAULTS,
      train_months: 1,
      signal_threshold: 1,
      adx_threshold: 0,
      volume_multiplier: 0,
    }
    const { folds, trades } = seedWalkForward(config, market, { switches: { killSwitch: false } })
    expect(folds.length).toBeGreaterThan(3)
    for (const { fold, test_start, test_end } of folds) {
      const own = trades.filter((t) => t.fold === fold)
      const first = Date.parse(`${test_start}Z`) + 60 * QUARTER_MS
      expect(Date.parse(`${own[0]!.entry_time.replace(' ', 'T')}Z`)).toBeGreaterThanOrEqual(first)
      expect(own.at(-1)).toMatchObject({ close_reason: 'END_OF_DATA', exit_time: test_end!.replace('T', ' ') })
    }
    expect(folds[1]!.test_start).toBe(folds[0]!.test_end)
  })

  it('D-06: training ends at the time of day of the fold, the test begins at the midnight before', () => {
    const bars = year('purge', 100)
    const market = { XRPUSDT: { ...bars, times: bars.times.map((t) => t + 15 * HOUR * QUARTER_MS) } }
    const config = { ...SEED_WALK_FORWARD_DEFAULTS, train_months: 1, signal_threshold: 1, adx_threshold: 0 }
    let trained = 0
    const { trades } = seedWalkForward(config, market, {
      train: ({ fold, bars: rows }) => {
        if (fold === 1) trained = rows.times.at(-1)!
        return null
      },
    })
    expect(utcText(trained)).toBe('2025-02-01 14:45:00')
    // 60 bars after 00:00, not after 15:00.
    expect(trades[0]!.entry_time.slice(0, 10)).toBe('2025-02-01')
  })

  it('D-07: one switch for all symbols and for ever, and the validator passes the run', () => {
    const days = 40
    const flatDays = Array.from({ length: days * 96 }, (): [Candle, number] => [flat(100), 0])
    const wins: [Candle, number][] = [
      [flat(100), 1],
      [[100, 130, 100, 100], 0],
    ]
    const bad = feedOf([...losing(8), ...flatDays], 1, 'AAA')
    const good = feedOf([...flatDays.slice(0, 96), ...Array.from({ length: 9 }, () => wins).flat()], 1, 'BBB')
    const { trades, killed, killedAt } = run({ max_daily_loss_pct: 100, leverage: 1 }, [bad, good])
    expect(killed).toBe(true)
    expect(utcText(killedAt!)).toBe('2025-01-01 18:45:00')
    expect(trades.every((t) => t.symbol === 'AAA')).toBe(true)
    const kept = run({ leverage: 1 }, [good]).trades.slice(0, 3)
    const list = [...kept, ...trades].map((t) => ({ ...t, entry_fee: 1, exit_fee: 1 }))
    const summary = seedSummary(list, { initialBalance: 1000, barsPerYear: 35040 })
    expect(seedValidate(list, summary, 1000).overall).toBe('PASS')
  })

  it('D-08: a gap through the stop fills at the stop, and nothing is liquidated', () => {
    const gap = run({ max_daily_loss_pct: 100 }, [
      feedOf([
        [flat(100), 1],
        [flat(60), 0],
      ]),
    ])
    expect(gap.trades[0]).toMatchObject({ close_reason: 'STOP_LOSS', exit_price: 99, gross_pnl: -50 })
    // Twenty times the balance, down by a half: a venue would have closed it long before.
    const deep = run({ atr_sl_mult: 50, leverage: 20 }, [
      feedOf([
        [flat(100), 1],
        [flat(51), 0],
        [flat(100), 0],
      ]),
    ])
    expect([...deep.equity!]).toEqual([1000, -3900, 1000])
    expect(deep.trades[0]).toMatchObject({ close_reason: 'END_OF_DATA', net_pnl: 0 })
  })

  it('D-09 and D-10: Sharpe per trade, drawdown without the starting balance', () => {
    const base = run({}, [
      feedOf([
        [flat(100), 1],
        [flat(100), 0],
      ]),
    ]).trades[0]!
    const of = (...nets: number[]) =>
      seedSummary(
        nets.map((net_pnl) => ({ ...base, net_pnl })),
        { initialBalance: 1000, barsPerYear: 35040 },
      )
    // Mean 10 and deviation 10: the same for trades a minute or a year apart.
    expect(of(20, 0, 20, 0).sharpe_ratio).toBe(187.19)
    expect(of(-500, 100)).toMatchObject({ max_drawdown_pct: 0, total_pnl: -400 })
  })

  it('D-12: the sweep never looks at the training months', () => {
    const bars = year('sweep', 200)
    const changed = { ...bars, volume: bars.volume.slice(), close: bars.close.slice() }
    const [window] = seedWindows(SEED_SWEEP_DEFAULTS, { XRPUSDT: bars })
    for (let i = 0; bars.times[i]! < window!.testStart; i++) changed.close[i] = changed.close[i]! * (1 + (i % 7) / 100)
    const grid = [{ ...SEED_COMMAND_LINE, signal_threshold: 3 }]
    const seen = [bars, changed].map((XRPUSDT) => seedSweep({ XRPUSDT }, SEED_SWEEP_DEFAULTS, grid))
    expect(seen[0]![0]!.summary.total_trades).toBeGreaterThan(5)
    expect(seen[1]).toEqual(seen[0])
  })

  it('D-23: combined profit factor is rebuilt from rounded averages', () => {
    const base = run({}, [
      feedOf([
        [flat(100), 1],
        [flat(100), 0],
      ]),
    ]).trades[0]!
    const trades = [0.00004, 0.00004, 0.00004, -0.0001].map((net_pnl) => ({ ...base, net_pnl }))
    const summary = seedSummary(trades, { initialBalance: 1000, barsPerYear: 35040 })
    expect(summary.profit_factor).toBe(1.2)
    expect(seedCombine([summary])).toEqual({ combined_pf: 0, combined_trades: 4, combined_pnl: 0 })
  })

  it('D-24: both sides at once are HOLD', () => {
    const { slice } = feedOf([[flat(100), 0]])
    slice.long.fill(4)
    slice.short.fill(4)
    const thresholds = { score: 3, adx: 0, volumeMultiplier: 2.5 }
    expect(signalsOf(slice, thresholds).some((s) => s !== 0)).toBe(false)
    slice.short.fill(3)
    expect(signalsOf(slice, thresholds).every((s) => s === 1)).toBe(true)
  })

  it('D-25: stop and target are measured from the slipped fill', () => {
    const { trades } = run({ slippage_pct: 1 }, [
      feedOf([
        [flat(100), 1],
        [flat(101), 0],
      ]),
    ])
    expect(trades[0]).toMatchObject({ entry_price: 101, sl: 100, tp: 102 })
  })

  it('D-26: the command line has other defaults than the library', () => {
    expect(SEED_DEFAULTS).toMatchObject({ atr_sl_mult: 2, atr_tp_mult: 2, adx_threshold: 25, volume_multiplier: 2.5 })
    expect(SEED_COMMAND_LINE).toEqual({ atr_sl_mult: 1.5, atr_tp_mult: 3, adx_threshold: 0, volume_multiplier: 1.5 })
  })

  it('D-27: sizes have one decimal, a tie to the even one', () => {
    const quantity = (initial_balance: number): number =>
      run({ initial_balance, leverage: 2 }, [
        feedOf([
          [flat(100), 1],
          [flat(100), 0],
        ]),
      ]).trades[0]!.quantity
    expect([quantity(25), quantity(35)]).toEqual([0.2, 0.4])
  })

  it('D-53: the MTF backtest stays armed over bars and drops the trade open at the end', () => {
    const start = Date.UTC(2026, 1, 1)
    const days = 12
    const bars = barsOf(
      // A steady rise for the hourly averages, with a dip that comes back after some bars.
      Array.from({ length: (days + 3) * 96 }, (_, i): Candle => {
        const at = 100 + i * 0.05 - (i >= (days + 1) * 96 && i < (days + 1) * 96 + 6 ? 3 : 0)
        return [at, at + 0.02, at - 0.02, at]
      }),
      100,
      start - days * DAY_MS,
    )
    const dip = (days + 1) * 96
    bars.volume[dip] = 10
    const all = mtfBacktest(bars, { ...MTF_DEFAULTS, end: '2026-02-04' })
    // Armed in the dry bar, entered at the open after the one that came back six bars later.
    expect(all.trades[0]).toMatchObject({
      side: 'LONG',
      entry_time: utcText(bars.times[dip + 7]!),
      entry_price: bars.open[dip + 7],
    })
    const cut = (x: Float64Array): Float64Array => x.subarray(0, dip + 8)
    const { times, open, high, low, close, volume } = bars
    const short = {
      times: cut(times),
      open: cut(open),
      high: cut(high),
      low: cut(low),
      close: cut(close),
      volume: cut(volume),
    }
    expect(mtfBacktest(short, { ...MTF_DEFAULTS, end: '2026-02-04' }).metrics.all.trades).toBe(0)
    bars.volume[dip] = 100
    expect(mtfBacktest(bars, { ...MTF_DEFAULTS, end: '2026-02-04' }).trades).toEqual([])
  })

  it('D-55: Kelly divides by W only', () => {
    // The share that maximises growth is (pW − qL)/(WL) = 0.2.
    expect(seedKelly(0.5, 2.5, -1.25)).toBeCloseTo(0.25, 12)
  })

  it('TB-05.17: the published switches', () => {
    const bars = year('published', 30)
    const config = { ...PLAIN, fee_pct: 0.04, adx_threshold: 0, volume_multiplier: 1 }
    const [seed, published] = [{}, PUBLISHED_SWITCHES].map((switches) =>
      seedBacktest(config, { XRPUSDT: bars }, { switches }),
    )
    expect(seed!.document.trades.length).toBeGreaterThan(3)
    expect(seed!.document.trades[0]).toEqual(published!.document.trades[0])
    expect(Object.keys(published!.document.summary)).not.toContain('payoff_ratio')
  })
})
