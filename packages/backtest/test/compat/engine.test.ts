/** The event loop on small cases, and against a naive twin on drawn markets. */

import { numpyRound, pythonRound } from '@cointrader/backtest/compat/decimal'
import {
  type EngineSwitches,
  quantityFor,
  runEvents,
  SEED_SWITCHES,
  type SeedConfig,
  type SeedFeed,
  type SeedTrade,
} from '@cointrader/backtest/compat/index'
import { utcText } from '@cointrader/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Candle, feedOf, flat, PLAIN, run } from './market.js'

const reasons = (trades: readonly SeedTrade[]): string[] => trades.map((t) => `${t.side} ${t.close_reason}`)

describe('event loop', () => {
  it('nothing trades in the first 60 bars, and the entry bar is never tested', () => {
    const feed = feedOf([
      [[100, 105, 95, 100], 1],
      [flat(100), 0],
    ])
    feed.signals.fill(1, 0, 60)
    const { trades } = run({}, [feed])
    expect(reasons(trades)).toEqual(['LONG END_OF_DATA'])
    expect(trades[0]).toMatchObject({ entry_time: '2025-01-01 15:00:00', sl: 99, tp: 101, quantity: 50 })
  })

  it('stop before target in one bar; no entry in the bar of a stop', () => {
    const { trades } = run({}, [
      feedOf([
        [flat(100), 1],
        [[100, 102, 98, 100], 1],
        [flat(100), 0],
      ]),
    ])
    expect(reasons(trades)).toEqual(['LONG STOP_LOSS'])
    expect(trades[0]!.exit_price).toBe(99)
  })

  it('an opposite signal closes and reverses at the close, slipped against the trader; the same signal does nothing', () => {
    const feed = feedOf([
      [flat(100), 1],
      [flat(100), 1],
      [flat(100.5), -1],
      [[100, 100, 98, 98], 0],
    ])
    const { trades } = run({ slippage_pct: 1, atr_sl_mult: 3, max_daily_loss_pct: 100 }, [feed])
    expect(reasons(trades)).toEqual(['LONG REVERSE_SIGNAL', 'SHORT TAKE_PROFIT'])
    expect(trades[0]).toMatchObject({ entry_price: 101, exit_price: 99.495 })
    expect(trades[1]).toMatchObject({ entry_price: 99.495, sl: 102.495, tp: 98.495, exit_price: 98.495 })
  })

  it('fees are charged on both sides, and with doubleEntryFee the balance pays the entry fee twice', () => {
    const feed = feedOf([
      [flat(100), 1],
      [[100, 102, 100, 102], 0],
      [flat(100), 1],
      [flat(100), 0],
    ])
    const [once, twice] = [false, true].map((doubleEntryFee) => run({ fee_pct: 1 }, [feed], { doubleEntryFee }))
    expect(once!.trades[0]).toMatchObject({ gross_pnl: 50, entry_fee: 50, exit_fee: 50.5, net_pnl: -50.5 })
    expect(twice!.trades[0]!.net_pnl).toBe(-50.5)
    // The daily limit of 5 % is reached, so nothing else opens.
    expect([once!.balance, twice!.balance]).toEqual([949.5, 899.5])
  })

  it('symbols at one time are taken alphabetically, which decides who gets the last place', () => {
    const one = feedOf(
      [
        [flat(100), 1],
        [flat(100), 0],
      ],
      1,
      'BBB',
    )
    const two = feedOf(
      [
        [flat(100), 1],
        [flat(100), 0],
      ],
      1,
      'AAA',
    )
    expect(run({ max_same_direction: 1 }, [one, two]).trades.map((t) => t.symbol)).toEqual(['AAA'])
    expect(run({ max_positions: 1 }, [one, two]).trades.map((t) => t.symbol)).toEqual(['AAA'])
    expect(run({}, [one, two]).trades.map((t) => [t.symbol, t.quantity])).toEqual([
      ['AAA', 25],
      ['BBB', 25],
    ])
  })

  it('killed by 8 losses in a row, or by 15 trades with a profit factor below 0.75', () => {
    const loss: [Candle, number][] = [
      [flat(100), 1],
      [[100, 100, 98, 98], 0],
    ]
    const win: [Candle, number][] = [
      [flat(100), 1],
      [[100, 102, 100, 102], 0],
    ]
    const config = { max_daily_loss_pct: 100 }
    const lost = run(config, [feedOf(Array.from({ length: 10 }, () => loss).flat())])
    expect([lost.trades.length, lost.killed]).toEqual([8, true])
    expect(utcText(lost.killedAt!)).toBe(lost.trades[7]!.exit_time)
    const mixed = run(config, [feedOf(Array.from({ length: 10 }, () => [...loss, ...loss, ...win]).flat())])
    expect([mixed.trades.length, mixed.killed]).toEqual([15, true])
    expect(run(config, [feedOf(loss)]).killedAt).toBeNull()
    const free = run(config, [feedOf(Array.from({ length: 10 }, () => loss).flat())], { killSwitch: false })
    expect([free.trades.length, free.killed]).toEqual([10, false])
  })

  it('a model refuses below the threshold, an unavailable probability lets the trade through', () => {
    const feed = feedOf([
      [flat(100), 1],
      [flat(100), 1],
      [flat(100), 1],
      [flat(100), 0],
    ])
    const answers = [0.54, null, 0.99]
    const trades = run({}, [{ ...feed, probability: (i) => answers[i - 60]! }]).trades
    expect(trades).toHaveLength(1)
    expect(trades[0]).toMatchObject({ entry_time: '2025-01-01 15:15:00', ml_proba: null })
    const sure = run({}, [{ ...feed, probability: () => 0.55004 }]).trades
    expect(sure[0]).toMatchObject({ entry_time: '2025-01-01 15:00:00', ml_proba: 0.55 })
  })

  it('quantities', () => {
    expect(quantityFor(PLAIN, 1000, 3)).toBe(1666.7)
    // The ratio falls with the balance, to its least.
    expect(quantityFor(PLAIN, 1100, 1)).toBe(4840)
    expect(quantityFor(PLAIN, 3000, 1)).toBe(6000)
    // Below the least notional: that notional, rounded up if rounding fell short.
    expect(quantityFor(PLAIN, 0, 3)).toBe(1.7)
    expect(quantityFor(PLAIN, 0, 4.1)).toBe(1.3)
    // Too dear for one decimal: the second attempt falls short as well.
    expect(quantityFor({ ...PLAIN, min_notional: 0 }, 0, 100)).toBe(0)
  })

  it('equity is the balance plus what is open at last prices, before each event', () => {
    const { equity } = run({ atr_sl_mult: 50, atr_tp_mult: 50 }, [
      feedOf([
        [flat(100), 1],
        [flat(101), 0],
        [flat(99), 0],
      ]),
    ])
    expect([...equity!]).toEqual([1000, 1050, 950])
  })
})

/** The rules of TB-05.2 … TB-05.6 read once more, with lists and objects and nothing prepared. */
function naive(config: SeedConfig, feeds: readonly SeedFeed[], switches: EngineSwitches): object[] {
  const events = feeds.flatMap((feed) =>
    [...feed.slice.bars.times].map((t, i) => ({ t, feed, i })).filter(({ i }) => i >= 60),
  )
  events.sort((a, b) => a.t - b.t || (a.feed.symbol < b.feed.symbol ? -1 : 1))
  const slip = config.slippage_pct / 100
  let open: {
    symbol: string
    long: boolean
    t: number
    entry: number
    qty: number
    sl: number
    tp: number
    fee: number
  }[] = []
  const trades: { nets: number; record: object }[] = []
  let [balance, daily, date, killed] = [config.initial_balance, 0, '', false]
  const shut = (p: (typeof open)[number], exit: number, reason: string, t: number): void => {
    open = open.filter((q) => q !== p)
    const exitFee = exit * p.qty * (config.fee_pct / 100)
    const gross = (p.long ? exit - p.entry : p.entry - exit) * p.qty
    const net = gross - p.fee - exitFee
    balance += net
    daily += net
    trades.push({
      nets: net,
      record: {
        symbol: p.symbol,
        side: p.long ? 'LONG' : 'SHORT',
        entry_time: utcText(p.t),
        exit_time: utcText(t),
        entry_price: pythonRound(p.entry, 6),
        quantity: p.qty,
        sl: numpyRound(p.sl, 6),
        net_pnl: numpyRound(net, 6),
        close_reason: reason,
      },
    })
    const all = trades.map((x) => x.nets)
    const recent = all.slice(-15)
    const gains = recent.filter((x) => x > 0).reduce((a, b) => a + b, 0)
    const losses = recent.filter((x) => x <= 0).reduce((a, b) => a + b, 0)
    const streak = all.length >= 8 && all.slice(-8).every((x) => x < 0)
    const weak = all.length >= 15 && losses !== 0 && gains / Math.abs(losses) < 0.75
    if (switches.killSwitch && (streak || weak)) killed = true
  }
  const enter = (feed: SeedFeed, i: number, signal: number): void => {
    if (open.length >= config.max_positions) return
    if (open.filter((p) => p.long === signal > 0).length >= config.max_same_direction) return
    const close = feed.slice.bars.close[i]!
    const qty = quantityFor(config, balance, close)
    const atr = feed.slice.indicators.atr[i]!
    if (qty === 0 || atr <= 0) return
    const entry = signal > 0 ? close * (1 + slip) : close * (1 - slip)
    const fee = entry * qty * (config.fee_pct / 100)
    const [sl, tp] = [atr * config.atr_sl_mult, atr * config.atr_tp_mult]
    const t = feed.slice.bars.times[i]!
    const levels = signal > 0 ? { sl: entry - sl, tp: entry + tp } : { sl: entry + sl, tp: entry - tp }
    open.push({ symbol: feed.symbol, long: signal > 0, t, entry, qty, fee, ...levels })
    if (switches.doubleEntryFee) balance -= fee
  }
  for (const { t, feed, i } of events) {
    if (utcText(t).slice(0, 10) !== date) daily = 0
    date = utcText(t).slice(0, 10)
    if (killed || (daily < 0 && -daily / config.initial_balance >= config.max_daily_loss_pct)) continue
    const { high, low, close } = feed.slice.bars
    const p = open.find((q) => q.symbol === feed.symbol)
    const signal = feed.signals[i]!
    if (p === undefined) {
      if (signal !== 0) enter(feed, i, signal)
    } else if (p.long && low[i]! <= p.sl) shut(p, p.sl, 'STOP_LOSS', t)
    else if (p.long && high[i]! >= p.tp) shut(p, p.tp, 'TAKE_PROFIT', t)
    else if (!p.long && high[i]! >= p.sl) shut(p, p.sl, 'STOP_LOSS', t)
    else if (!p.long && low[i]! <= p.tp) shut(p, p.tp, 'TAKE_PROFIT', t)
    else if (signal !== 0 && signal > 0 !== p.long) {
      shut(p, close[i]! * (p.long ? 1 - slip : 1 + slip), 'REVERSE_SIGNAL', t)
      enter(feed, i, signal)
    }
  }
  for (const p of open) {
    const { times, close } = feeds.find((f) => f.symbol === p.symbol)!.slice.bars
    shut(p, close[close.length - 1]! * (p.long ? 1 - slip : 1 + slip), 'END_OF_DATA', times[times.length - 1]!)
  }
  return trades.map((x) => x.record)
}

describe('naive twin', () => {
  it('gives the same trades on drawn markets', () => {
    const candle = fc
      .tuple(...Array.from({ length: 4 }, () => fc.integer({ min: 90, max: 110 })))
      .map(([a, b, c, d]): Candle => [a!, Math.max(a!, b!, c!, d!), Math.min(a!, b!, c!, d!), d!])
    const feed = fc.array(fc.tuple(candle, fc.constantFrom(0, 0, 1, -1)), { minLength: 1, maxLength: 150 })
    const config = fc.record({
      atr_sl_mult: fc.constantFrom(1, 4, 12),
      atr_tp_mult: fc.constantFrom(1, 5, 12),
      max_positions: fc.constantFrom(1, 2, 3),
      max_same_direction: fc.constantFrom(1, 2),
      max_daily_loss_pct: fc.constantFrom(0.05, 0.3, 100),
      leverage: fc.constantFrom(1, 10),
    })
    const switches = fc.record({ killSwitch: fc.boolean(), doubleEntryFee: fc.boolean() })
    let closed = 0
    fc.assert(
      fc.property(fc.array(feed, { minLength: 1, maxLength: 3 }), config, switches, (made, drawn, on) => {
        const feeds = made.map((candles, k) => feedOf(candles, 1, ['CCC', 'AAA', 'BBB'][k]!))
        const symbols = feeds.map((f) => f.symbol)
        const c = { ...PLAIN, ...drawn, symbols, fee_pct: 0.04, slippage_pct: 0.01 }
        const wanted = naive(c, feeds, on)
        const { trades } = runEvents(c, feeds, { ...SEED_SWITCHES, ...on })
        closed += trades.length
        expect(trades).toMatchObject(wanted)
        expect(trades).toHaveLength(wanted.length)
      }),
      { numRuns: 300 },
    )
    expect(closed).toBeGreaterThan(1000)
  })
})
