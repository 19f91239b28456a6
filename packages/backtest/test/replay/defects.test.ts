/**
 * Defects of the original (TB-12.1) and its regression traps (TB-12.4) on minimal cases: what the default does instead.
 * Each case runs on the reference path and, where it applies, on the fast path.
 */
import { feeModel, fixedSlippage } from '@cointrader/backtest/costs/index'
import { type BacktestInput, type BacktestResult, runBacktest, tradeRows } from '@cointrader/backtest/replay/index'
import { DAY_MS, HOUR_MS, seededRandom } from '@cointrader/core'
import { BOT_INDICATORS, points, type Scored } from '@cointrader/features/bot/index'
import {
  deriveColumns,
  INDICATOR_SCORE_DEFAULTS,
  type IntentColumns,
  indicatorScore,
  makeBarSet,
  mtfPullback,
  type scoreColumns,
  scoreIntents,
} from '@cointrader/strategies'
import { LOOSE_RULES, makeConfig, TRADING_DEFAULTS } from '@cointrader/trading'
import { describe, expect, it } from 'vitest'
import { randomBars } from './cases.js'
import { bar, barsOf, OPEN, type Row, small, T0 } from './small.js'

/** Runs both paths, which must agree. */
function run(input: BacktestInput): BacktestResult {
  const reference = runBacktest({ ...input, path: 'reference' })
  if (input.bars.symbols.length === 1 && (input.costs?.lag ?? 1) === 1 && input.config.marginMode === 'isolated') {
    expect({ ...runBacktest({ ...input, path: 'fast' }), path: '' }).toEqual({ ...reference, path: '' })
  }
  return reference
}

const reasons = (result: BacktestResult): string[] => tradeRows(result).map((t) => t.reason)

/** A losing round trip a bar: long at the open of each odd bar, stopped 1 below in it. */
function losses(count: number): Row[] {
  return Array.from({ length: 2 * count + 2 }, (_, i): Row => (i % 2 === 1 ? [100, 100, 98, 100] : bar(100)))
}
const everyOther = (count: number, side: 1 | -1 = 1) =>
  Array.from({ length: count }, (_, k) => ({ at: 2 * k, side, stop: 1 }))

describe('D-01: ties of derived floats', () => {
  it('K and D that differ by rounding only give neither side a point', () => {
    const x = Object.fromEntries(
      [...Object.values(BOT_INDICATORS), 'close', 'previousMacd', 'previousMacdSignal'].map((k) => [k, Number.NaN]),
    )
    const tie = { ...x, stochK: 10 + 2e-15, stochD: 10 } as unknown as Scored
    expect(points(tie, 1)).toBe(0)
    expect(points(tie, 1, 0)).toBe(1)
    expect(INDICATOR_SCORE_DEFAULTS.tieTolerance).toBe(1e-9)
  })
})

describe('D-02: exits are never gated (TB-12.4: 1, 2, 3)', () => {
  it('a stop works on the bar after the daily limit was reached', () => {
    // 10 % down at the end of bar 1: limit reached. Bar 2 goes through the stop.
    const rows = { A: [bar(100), bar(100, 90), bar(90, 80), bar(80)] }
    const result = run(small(rows, { A: [{ at: 0, side: 1, stop: 15 }] }, { maxDailyLoss: 0.05 }))
    expect(tradeRows(result)[0]).toMatchObject({ reason: 'stop', exitPrice: 85, exitTime: T0 + 3 * HOUR_MS - 1 })
  })

  it('the daily limit counts unrealised losses, stops entries, and ends at 00:00 UTC', () => {
    const rows = {
      A: [bar(100), bar(100, 80), ...Array.from({ length: 30 }, () => bar(80))],
      B: Array.from({ length: 32 }, () => bar(50)),
    }
    const wants = [2, 10, 18, 19, 20, 25].map((at) => ({ at, side: 1 as const, stop: 10 }))
    const input = small(
      rows,
      { A: [{ at: 0, side: 1, stop: 50 }], B: wants },
      { maxDailyLoss: 0.05, leverage: 1, sizing: { kind: 'fixed-share', share: 0.45 } },
    )
    const result = run(input)
    // Bar 19 ends at 00:00: its equity is the base of the new day, and its decision is the first that may enter.
    expect(result.refusals['daily-loss']).toBe(3)
    expect(tradeRows(result).filter((t) => t.symbol === 'B')[0]!.entryTime).toBe(T0 + 20 * HOUR_MS)
  })

  it('a reversal whose close triggers the kill does not re-enter', () => {
    const rows = { A: [...losses(1), bar(100), bar(100, 95), bar(95), bar(95), bar(95)] }
    const kill = { losses: 2, trades: 0, profitFactor: 0, rearmAfterMs: null }
    const wants = [...everyOther(1), { at: 3, side: 1 as const, stop: 50 }, { at: 5, side: -1 as const, stop: 50 }]
    const result = run(small(rows, { A: wants }, { killSymbol: kill }))
    expect(reasons(result)).toEqual(['stop', 'reverse'])
    expect(result.refusals).toEqual({ 'killed-symbol': 1 })
  })

  it('a reversal that does not kill re-enters at the same open', () => {
    const rows = { A: [bar(100), bar(100), bar(100, 110), bar(110), bar(110)] }
    const result = run(
      small(rows, {
        A: [
          { at: 0, side: 1, stop: 50 },
          { at: 2, side: -1, stop: 50 },
        ],
      }),
    )
    const [first, second] = tradeRows(result)
    expect(first).toMatchObject({ reason: 'reverse', exitTime: T0 + 3 * HOUR_MS, exitPrice: 110 })
    expect(second).toMatchObject({ side: -1, entryTime: T0 + 3 * HOUR_MS, entryPrice: 110 })
  })

  it('stop and target in one bar: the stop', () => {
    const rows = { A: [bar(100), [100, 120, 80, 100] as Row, bar(100)] }
    expect(reasons(run(small(rows, { A: [{ at: 0, side: 1, stop: 5, target: 5 }] })))).toEqual(['stop'])
    expect(reasons(run(small(rows, { A: [{ at: 0, side: -1, stop: 5, target: 5 }] })))).toEqual(['stop'])
  })
})

describe('D-03: ruin and liquidation', () => {
  it('trading ends at ruin, and an isolated loss is never more than the margin', () => {
    const rows = { A: [bar(100), [100, 100, 1, 50] as Row, bar(50), bar(50), bar(50)] }
    const wants = [0, 1, 2, 3].map((at) => ({ at, side: 1 as const, stop: 40 }))
    const input = small(
      rows,
      { A: wants },
      { leverage: 10, sizing: { kind: 'fixed-share', share: 9.9 }, ruinBelow: 0.1, refuseStopBeyondLiquidation: false },
    )
    const result = run(input)
    expect(reasons(result)).toEqual(['liquidation'])
    expect(result.finalEquity).toBeCloseTo(10, 9)
    expect(result.stopped).toEqual({ reason: 'ruin', time: T0 + 2 * HOUR_MS - 1 })
    expect(result.refusals).toEqual({ ruin: 3 })
    expect(Math.min(...result.equity.equity)).toBeGreaterThan(0)
    expect(result.notes.map((n) => n.code)).toEqual(expect.arrayContaining(['stopped', 'liquidated']))
  })

  it('an entry whose stop lies beyond the liquidation price is refused', () => {
    const input = small({ A: [bar(100), bar(100), bar(100)] }, { A: [{ at: 0, side: 1, stop: 20 }] }, { leverage: 10 })
    expect(run(input).refusals).toEqual({ 'stop-beyond-liquidation': 1 })
  })
})

describe('D-05: ranges carry their warm-up', () => {
  const random = seededRandom('D-05')
  const c = randomBars(random, 400, 0)
  const bars = {
    ...barsOf({ A: [] }),
    symbols: ['A'],
    times: Float64Array.from({ length: 400 }, (_, i) => T0 + i * HOUR_MS),
    columns: [c],
  }
  const strategy = indicatorScore({ score: 1, adx: 0, volumeMultiplier: 0.5 })
  const config = makeConfig(['A'], { ...OPEN, maxDrawdown: 0.99 })

  it('a range decides from its first instant, with indicators as warm as in the whole run', () => {
    const startMs = bars.times[200]!
    const result = run({ bars, strategy, config, startMs, endMs: bars.times[300]! })
    expect(result).toMatchObject({ startMs, endMs: bars.times[300] })
    const intents = strategy.precompute!(bars, 0, null)
    const first = intents.side.findIndex((side, i) => i >= 199 && side !== 0)
    expect(tradeRows(result)[0]!.entryTime).toBe(bars.times[first + 1])
    expect(result.coverage[0]).toMatchObject({ bars: 100, decidable: 100 })
  })

  it('neighbouring ranges are half-open: no bar is in both, none is in neither', () => {
    const cut = bars.times[250]!
    const left = run({ bars, strategy, config, startMs: bars.times[100]!, endMs: cut })
    const right = run({ bars, strategy, config, startMs: cut, endMs: bars.times[399]! + HOUR_MS })
    expect(left.equity.time.at(-1)).toBe(cut)
    expect(right.equity.time[0]).toBe(cut + HOUR_MS)
    expect(left.equity.count + right.equity.count).toBe(300)
  })
})

describe('D-07: kill switches', () => {
  const kill = { losses: 3, trades: 0, profitFactor: 0, rearmAfterMs: null }
  it('one symbol’s switch leaves the other trading; the time of the kill and the blocked share are told', () => {
    const rows = { A: losses(6), B: Array.from({ length: 14 }, () => bar(50)) }
    const result = run(
      small(
        rows,
        { A: everyOther(6), B: [{ at: 9, side: 1, stop: 5 }] },
        { killSymbol: kill, sizing: { kind: 'fixed-share', share: 0.2 } },
      ),
    )
    const [a, b] = result.coverage
    expect(tradeRows(result).filter((t) => t.symbol === 'A')).toHaveLength(3)
    expect(tradeRows(result).filter((t) => t.symbol === 'B')).toHaveLength(1)
    expect(a).toMatchObject({ firstKill: T0 + 6 * HOUR_MS - 1, blockedByKill: 8 })
    expect(b).toMatchObject({ firstKill: Number.NaN, blockedByKill: 0 })
    expect(result.notes.find((n) => n.code === 'killed')!.text).toMatch(/8 of 26 decisions/)
  })

  it('the portfolio’s switch stops all; a re-arm rule lets go again with an empty history', () => {
    const off = run(small({ A: losses(6) }, { A: everyOther(6) }, { killPortfolio: kill }))
    expect(off.trades.count).toBe(3)
    const rearm = run(
      small({ A: losses(6) }, { A: everyOther(6) }, { killPortfolio: { ...kill, rearmAfterMs: 3 * HOUR_MS } }),
    )
    expect(rearm.trades.count).toBe(5)
  })
})

describe('D-08: honest fills', () => {
  it('a gap through the stop fills at the open, plus slippage', () => {
    const rows = { A: [bar(100), bar(100), [90, 91, 89, 90] as Row, bar(90)] }
    const result = run(small(rows, { A: [{ at: 0, side: 1, stop: 5 }] }, {}, { slippage: fixedSlippage(0, 100) }))
    expect(tradeRows(result)[0]!.exitPrice).toBeCloseTo(89.1, 12)
  })

  it('the entry bar is tested: entry at its open, stop in it (TB-12.4: 4, remedied)', () => {
    const rows = { A: [bar(100), [100, 100, 94, 99] as Row, bar(99)] }
    expect(tradeRows(run(small(rows, { A: [{ at: 0, side: 1, stop: 5 }] })))[0]).toMatchObject({
      reason: 'stop',
      exitPrice: 95,
      bars: 1,
    })
  })

  it('orders fill at the next open, or later with a longer lag; never at the close that decided', () => {
    const rows = { A: [bar(100, 101), bar(102, 103), bar(104, 105), bar(106)] }
    const wants = { A: [{ at: 0, side: 1 as const, stop: 50 }] }
    expect(tradeRows(run(small(rows, wants)))[0]!.entryPrice).toBe(102)
    expect(tradeRows(run(small(rows, wants, {}, { lag: 2 })))[0]!.entryPrice).toBe(104)
    expect(() => run(small(rows, wants, {}, { lag: 0 }))).toThrow('lag')
    expect(() => run(small(rows, wants, {}, { lag: 3 }))).toThrow('reentryExpiryMs')
  })

  it('funding follows real instants and signs; absent funding is named', () => {
    const rows = { A: Array.from({ length: 8 }, () => bar(100)) }
    const rates = {
      times: Float64Array.of(T0 + 2 * HOUR_MS + 7, T0 + 4 * HOUR_MS + 1),
      rates: Float64Array.of(0.01, -0.02),
    }
    const funding = { kind: 'recorded', rates: new Map([['A', rates]]) } as const
    const result = run(small(rows, { A: [{ at: 0, side: 1, stop: 50 }] }, {}, { funding }))
    expect(tradeRows(result)[0]!.funding).toBeCloseTo(-10 + 20, 9)
    expect(result.costs).toMatchObject({ fundingPaid: 10, fundingReceived: 20 })
    // The holder at the instant pays: an entry at that very open does not.
    const later = run(small(rows, { A: [{ at: 1, side: 1, stop: 50 }] }, {}, { funding }))
    expect(tradeRows(later)[0]!.funding).toBeCloseTo(20, 9)
    const absent = run(small(rows, { A: [{ at: 0, side: 1, stop: 50 }] }))
    expect(absent.notes.find((n) => n.code === 'funding-absent')!.symbols).toEqual(['A'])
    const assumed = run(
      small(
        rows,
        { A: [{ at: 0, side: -1, stop: 50 }] },
        {},
        { funding: { kind: 'assumed', rate: 0.001, intervalMs: HOUR_MS } },
      ),
    )
    expect(tradeRows(assumed)[0]!.funding).toBeLessThan(0)
  })

  it('a limit target needs a trade through, pays the maker and has no slippage; a market target pays the taker', () => {
    const rules = [{ ...LOOSE_RULES, tickSize: 0.5, stepSize: 0.01 }]
    const touch = { A: [bar(100), [100, 105, 100, 104] as Row, bar(104), bar(104)] }
    const through = { A: [bar(100), [100, 105.5, 100, 104] as Row, bar(104), bar(104)] }
    const wants = { A: [{ at: 0, side: 1 as const, stop: 50, target: 5 }] }
    const costs = { fees: feeModel(0.001, 0.002), slippage: fixedSlippage(0, 0) }
    expect(reasons(run(small(touch, wants, { rules, targetOrder: 'limit' }, costs)))).toEqual(['end-of-data'])
    const [maker] = tradeRows(run(small(through, wants, { rules, targetOrder: 'limit' }, costs)))
    expect(maker).toMatchObject({ reason: 'target', exitPrice: 105 })
    expect(maker!.exitFee).toBeCloseTo(105 * maker!.qty * 0.001, 9)
    const [taker] = tradeRows(run(small(touch, wants, { rules }, costs)))
    expect(taker!.exitFee).toBeCloseTo(105 * taker!.qty * 0.002, 9)
  })
})

describe('D-10: drawdown of the marked-to-market curve, the start included', () => {
  it('a first loss counts in full, and so does one that was never realised', () => {
    const rows = { A: [bar(100), bar(100, 80), bar(80, 100), bar(100)] }
    const result = run(small(rows, { A: [{ at: 0, side: 1, stop: 50 }] }, { leverage: 1 }))
    expect(result.equity.drawdown[1]).toBeCloseTo(0.2, 12)
    expect(result.finalEquity).toBeCloseTo(1000, 9)
  })
})

describe('D-24, D-25, D-26, D-27', () => {
  it('D-24: both sides at once are HOLD', () => {
    const x = scoreColumnsOf(1, 4, 4)
    expect([...scoreIntents(x, HOUR_MS, { ...INDICATOR_SCORE_DEFAULTS, warmUp: 1 }).side]).toEqual([0])
    expect([
      ...scoreIntents(scoreColumnsOf(1, 4, 2), HOUR_MS, { ...INDICATOR_SCORE_DEFAULTS, warmUp: 1 }).side,
    ]).toEqual([1])
  })

  it('D-25: stop and target are measured from the real fill', () => {
    const rows = { A: [bar(100), bar(110), bar(110)] }
    const result = run(
      small(rows, { A: [{ at: 0, side: 1, stop: 5, target: 8 }] }, {}, { slippage: fixedSlippage(100, 0) }),
    )
    const [t] = tradeRows(result)
    expect(t!.entryPrice).toBeCloseTo(111.1, 9)
    expect(t!.stop).toBeCloseTo(106.1, 9)
    expect(t!.target).toBeCloseTo(119.1, 9)
  })

  it('D-26: one source of defaults', () => {
    expect(INDICATOR_SCORE_DEFAULTS).toMatchObject({
      score: 3,
      adx: 25,
      volumeMultiplier: 2.5,
      stopAtr: 2,
      targetAtr: 2,
      warmUp: 60,
    })
    expect(indicatorScore().params).toEqual(INDICATOR_SCORE_DEFAULTS)
    expect(makeConfig(['A'])).toMatchObject(TRADING_DEFAULTS)
    expect(TRADING_DEFAULTS).toMatchObject({
      initialBalance: 1000,
      leverage: 10,
      maxPositions: 3,
      maxSameDirection: 2,
      maxDailyLoss: 0.05,
      mlThreshold: 0.55,
    })
  })

  it('D-27: sizes follow the venue’s step, downwards', () => {
    const rules = [{ ...LOOSE_RULES, tickSize: 0.01, stepSize: 0.001 }]
    const result = run(small({ A: [bar(3), bar(3), bar(3)] }, { A: [{ at: 0, side: 1, stop: 0.2 }] }, { rules }))
    expect(tradeRows(result)[0]!.qty).toBe(333.333)
  })
})

describe('D-53: the pull-back is one function for backtest and live', () => {
  it('columns pushed bar by bar equal those of the whole history', () => {
    const random = seededRandom('D-53')
    const times = Float64Array.from({ length: 1200 }, (_, i) => T0 + i * 900_000)
    const c = randomBars(random, 1200, 0.01)
    const bars = makeBarSet(900_000, [{ symbol: 'A', times, ...c }])
    const { columns } = mtfPullback().needs
    const whole = deriveColumns(bars, columns)[0]!
    const stream = columns!.create()
    const row = new Float64Array(columns!.names.length)
    for (let i = 0; i < times.length; i++) {
      stream.push({
        time: times[i]!,
        open: c.open[i]!,
        high: c.high[i]!,
        low: c.low[i]!,
        close: c.close[i]!,
        volume: c.volume[i]!,
      })
      stream.write(row)
      for (let k = 0; k < row.length; k++) expect(Object.is(row[k], whole[k]![i])).toBe(true)
    }
  })
})

describe('gates', () => {
  it('TB-12.4.5: symbols of one instant go by name, which decides who takes the last place', () => {
    const rows = { B: [bar(10), bar(10), bar(10)], A: [bar(10), bar(10), bar(10)] }
    const want = [{ at: 0, side: 1 as const, stop: 5 }]
    const result = run(
      small(
        rows,
        { A: want, B: want },
        { maxSameDirection: 1, leverage: 1, sizing: { kind: 'fixed-share', share: 0.4 } },
      ),
    )
    expect(tradeRows(result).map((t) => t.symbol)).toEqual(['A'])
    expect(result.refusals).toEqual({ 'same-direction': 1 })
  })

  it('the filter refuses below its threshold, and a missing probability by its own policy (D-22)', () => {
    const rows = { A: Array.from({ length: 6 }, () => bar(100)) }
    const wants = {
      A: [
        { at: 0, side: 1 as const, stop: 5, probability: 0.54 },
        { at: 1, side: 1 as const, stop: 5 },
        { at: 2, side: 1 as const, stop: 5, probability: 0.55 },
      ],
    }
    expect(run(small(rows, wants)).refusals).toEqual({ 'ml-below': 1, 'ml-missing': 1 })
    expect(run(small(rows, wants, { mlMissing: 'allow' })).refusals).toEqual({ 'ml-below': 1, 'position-open': 1 })
  })

  it('a plan without a stop needs a drawdown limit', () => {
    const rows = { A: [bar(100), bar(100), bar(100)] }
    expect(run(small(rows, { A: [{ at: 0, side: 1 }] })).refusals).toEqual({ 'no-protection': 1 })
    expect(run(small(rows, { A: [{ at: 0, side: 1 }] }, { maxDrawdown: 0.5 })).trades.count).toBe(1)
  })

  it('the drawdown limit closes what is open and ends trading', () => {
    const rows = { A: [bar(100), bar(100, 85), bar(85, 80), bar(80), bar(80)] }
    const wants = [0, 1, 2, 3].map((at) => ({ at, side: 1 as const }))
    const result = run(small(rows, { A: wants }, { maxDrawdown: 0.1, leverage: 1 }))
    expect(tradeRows(result)[0]).toMatchObject({ reason: 'loss-limit', exitPrice: 85, exitTime: T0 + 2 * HOUR_MS })
    expect(result.stopped).toEqual({ reason: 'drawdown', time: T0 + 2 * HOUR_MS })
  })

  it('time exits leave at the open after their time, counted from the fill', () => {
    const rows = { A: Array.from({ length: 8 }, (_, i) => bar(100 + i)) }
    const intents: Partial<IntentColumns> = { exitAfterMs: 3 * HOUR_MS }
    const result = run(small(rows, { A: [{ at: 0, side: 1, stop: 50 }] }, {}, {}, { intents }))
    expect(tradeRows(result)[0]).toMatchObject({ reason: 'time', entryPrice: 101, exitPrice: 104, bars: 3 })
  })

  it('a missing bar fills nothing: the order waits, stops test the next open', () => {
    const rows = { A: [bar(100), null, bar(103), null, bar(90), bar(90)] }
    const result = run(small(rows, { A: [{ at: 0, side: 1, stop: 5 }] }))
    expect(tradeRows(result)[0]).toMatchObject({
      entryPrice: 103,
      entryTime: T0 + 2 * HOUR_MS,
      reason: 'stop',
      exitPrice: 90,
    })
    expect(result.coverage[0]).toMatchObject({ bars: 6, missing: 2 })
    expect(result.notes.find((n) => n.code === 'bars-missing')!.symbols).toEqual(['A'])
  })

  it('a symbol whose bars end is settled at its last close', () => {
    const rows = { A: [bar(100), bar(100, 90), null, null], B: [bar(5), bar(5), bar(5), bar(5)] }
    const result = run(small(rows, { A: [{ at: 0, side: 1, stop: 50 }] }))
    expect(tradeRows(result)[0]).toMatchObject({ symbol: 'A', reason: 'delisted', exitPrice: 90 })
  })

  it('an empty strategy gives an empty book', () => {
    const result = run(small({ A: [bar(100), bar(100)] }, {}))
    expect(result).toMatchObject({ finalEquity: 1000, stopped: null, refusals: {} })
    expect(result.trades.count).toBe(0)
    expect(result.endMs - result.startMs).toBe(2 * HOUR_MS)
    expect(DAY_MS % result.intervalMs).toBe(0)
  })
})

function scoreColumnsOf(n: number, long: number, short: number): ReturnType<typeof scoreColumns> {
  return {
    long: new Int8Array(n).fill(long),
    short: new Int8Array(n).fill(short),
    volume: new Float64Array(n).fill(1),
    volMa20: new Float64Array(n).fill(1),
    adx: new Float64Array(n).fill(30),
    atr: new Float64Array(n).fill(1),
    close: new Float64Array(n).fill(10),
  }
}
