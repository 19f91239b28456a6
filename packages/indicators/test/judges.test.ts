/** Two public libraries as judges where their conventions match, and TA-Lib's rules written out independently. */
import { createRequire } from 'node:module'
import * as ind from '@cointrader/indicators'
import * as signals from 'trading-signals'
import { describe, expect, it } from 'vitest'
import { walk } from './series.js'

// CommonJS without export names a module loader can see.
const technical = createRequire(import.meta.url)('technicalindicators') as typeof import('technicalindicators')

const b = walk(400, 7)
const close = [...b.close]
const high = [...b.high]
const low = [...b.low]
const volume = [...b.volume]

/** The judge's values end at the last bar, as ours do; before its first one ours are NaN. */
function expectTail(seen: ArrayLike<number>, judge: readonly number[], within: number): void {
  expect(judge.length).toBeGreaterThan(300)
  const from = seen.length - judge.length
  for (let i = 0; i < from; i++) expect(seen[i]).toBeNaN()
  for (let k = 0; k < judge.length; k++) {
    const error = Math.abs(seen[from + k]! - judge[k]!)
    if (!(error <= within)) expect.unreachable(`at ${from + k}: ${seen[from + k]}, the judge says ${judge[k]}`)
  }
}

describe('technicalindicators', () => {
  it('SMA, EMA, Wilder', () => {
    expectTail(ind.sma(b.close, { length: 10 }), technical.SMA.calculate({ period: 10, values: close }), 1e-9)
    expectTail(ind.ema(b.close, { length: 10 }), technical.EMA.calculate({ period: 10, values: close }), 1e-9)
    expectTail(ind.wilder(b.close, { length: 10 }), technical.WEMA.calculate({ period: 10, values: close }), 1e-9)
  })

  it('MACD', () => {
    const judge = technical.MACD.calculate({
      values: close,
      fastPeriod: 12,
      slowPeriod: 26,
      signalPeriod: 9,
      SimpleMAOscillator: false,
      SimpleMASignal: false,
    })
    const seen = ind.macd(b.close)
    expectTail(
      seen.macd,
      judge.map((m) => m.MACD!),
      1e-9,
    )
    expectTail(
      seen.signal,
      judge.flatMap((m) => m.signal ?? []),
      1e-9,
    )
    expectTail(
      seen.histogram,
      judge.flatMap((m) => m.histogram ?? []),
      1e-9,
    )
  })

  it('Bollinger (population)', () => {
    const judge = technical.BollingerBands.calculate({ period: 20, values: close, stdDev: 2 })
    const seen = ind.bollinger(b.close)
    expectTail(
      seen.upper,
      judge.map((m) => m.upper),
      1e-9,
    )
    expectTail(
      seen.lower,
      judge.map((m) => m.lower),
      1e-9,
    )
  })

  it('RSI and stochastic RSI (the judge rounds RSI to 2 decimals)', () => {
    expectTail(ind.rsi(b.close), technical.RSI.calculate({ period: 14, values: close }), 0.00501)
    const judge = technical.StochasticRSI.calculate({
      values: close,
      rsiPeriod: 14,
      stochasticPeriod: 14,
      kPeriod: 3,
      dPeriod: 3,
    })
    // Rounded RSI in numerator and denominator: 0.02 of RSI over the narrowest spread of 14 RSI values.
    const r = ind.rsi(b.close)
    const top = ind.runValues(new ind.ExtremeStream(14, 'max'), r)
    const bottom = ind.runValues(new ind.ExtremeStream(14, 'min'), r)
    const spread = Math.min(...top.map((x, i) => x - bottom[i]!).filter((x) => !Number.isNaN(x)))
    expect(spread).toBeGreaterThan(5)
    const seen = ind.stochRsi(b.close)
    // The judge shows K only once it has D, two bars later.
    const k = seen.k.fill(Number.NaN, 0, 31)
    expectTail(
      k,
      judge.map((m) => m.k),
      2 / spread,
    )
    expectTail(
      seen.d,
      judge.map((m) => m.d),
      2 / spread,
    )
  })

  it('true range, ATR, ADX', () => {
    expectTail(ind.trueRange(b.high, b.low, b.close), technical.TrueRange.calculate({ high, low, close }), 1e-9)
    expectTail(ind.atr(b.high, b.low, b.close), technical.ATR.calculate({ period: 14, high, low, close }), 1e-9)
    const judge = technical.ADX.calculate({ period: 14, high, low, close })
    const seen = ind.adx(b.high, b.low, b.close)
    expectTail(
      seen.adx,
      judge.map((m) => m.adx),
      1e-9,
    )
    for (const [k, m] of judge.entries()) {
      const i = close.length - judge.length + k
      expect(seen.plusDi[i]).toBeCloseTo(m.pdi, 9)
      expect(seen.minusDi[i]).toBeCloseTo(m.mdi, 9)
    }
  })

  it('Williams %R, stochastic, VWAP, OBV', () => {
    expectTail(
      ind.williamsR(b.high, b.low, b.close),
      technical.WilliamsR.calculate({ period: 14, high, low, close }),
      1e-9,
    )
    const judge = technical.Stochastic.calculate({ period: 14, signalPeriod: 3, high, low, close })
    expectTail(
      ind.stochastic(b.high, b.low, b.close).k,
      judge.map((m) => m.k),
      1e-9,
    )
    expectTail(ind.vwap(b.high, b.low, b.close, b.volume), technical.VWAP.calculate({ high, low, close, volume }), 1e-9)
    const seen = ind.obv(b.close, b.volume)
    expect([...seen.subarray(1)]).toEqual(technical.OBV.calculate({ close, volume }))
  })
})

describe('trading-signals', () => {
  const candles = close.map((c, i) => ({
    open: b.open[i]!,
    high: high[i]!,
    low: low[i]!,
    close: c,
    volume: volume[i]!,
  }))
  function run<I, R>(indicator: { update(input: I, replace: boolean): R | null }, inputs: readonly I[]): R[] {
    return inputs.map((x) => indicator.update(x, false)).filter((x) => x !== null)
  }

  it('SMA, EMA (first value as seed), Wilder', () => {
    expectTail(ind.sma(b.close, { length: 10 }), run(new signals.SMA(10), close), 1e-9)
    expectTail(ind.ema(b.close, { length: 10, seed: 'first' }), run(new signals.EMA(10), close), 1e-9)
    expectTail(ind.wilder(b.close, { length: 10 }), run(new signals.WSMA(10), close), 1e-9)
  })

  it('RSI, ATR with the first range, Bollinger, MFI, Williams %R', () => {
    expectTail(ind.rsi(b.close), run(new signals.RSI(14), close), 1e-9)
    const options = { firstRange: 'high-low' } as const
    expectTail(ind.atr(b.high, b.low, b.close, options), run(new signals.ATR(14), candles), 1e-9)
    const judge = run(new signals.BollingerBands(20, 2), close)
    expectTail(
      ind.bollinger(b.close).upper,
      judge.map((m) => m.upper),
      1e-9,
    )
    expectTail(ind.mfi(b.high, b.low, b.close, b.volume), run(new signals.MFI(14), candles), 1e-9)
    expectTail(ind.williamsR(b.high, b.low, b.close), run(new signals.WilliamsR(14), candles), 1e-9)
  })

  it('MACD with first values as seeds, once the seeds have faded', () => {
    const macd = new signals.MACD(new signals.EMA(12), new signals.EMA(26), new signals.EMA(9))
    const judge = run(macd, close)
    const seen = ind.macd(b.close, { seed: 'first' })
    // The judge's signal line starts at its first shown value, ours at the first bar: 0.8^n apart.
    const from = close.length - judge.length
    for (const [k, m] of judge.entries()) {
      expect(Math.abs(seen.macd[from + k]! - m.macd)).toBeLessThan(1e-9)
      if (k > 150) expect(Math.abs(seen.signal[from + k]! - m.signal)).toBeLessThan(1e-9)
    }
  })
})

describe('TA-Lib conventions, written out from its documentation', () => {
  it('Wilder sums give the same ADX: DI from the smoothed sums, ADX from the mean of 14 DX', () => {
    const n = 14
    let [tr, plus, minus] = [0, 0, 0]
    const dx: number[] = []
    const ranges = ind.trueRange(b.high, b.low, b.close)
    for (let i = 1; i < close.length; i++) {
      const up = high[i]! - high[i - 1]!
      const down = low[i - 1]! - low[i]!
      const p = up > down && up > 0 ? up : 0
      const m = down > up && down > 0 ? down : 0
      const keep = i <= n ? 1 : 1 - 1 / n
      tr = tr * keep + ranges[i]!
      plus = plus * keep + p
      minus = minus * keep + m
      if (i >= n) dx.push((100 * Math.abs(plus - minus)) / (plus + minus))
    }
    let adx = dx.slice(0, n).reduce((x, y) => x + y, 0) / n
    const wanted = [adx]
    for (const x of dx.slice(n)) {
      adx = (adx * (n - 1) + x) / n
      wanted.push(adx)
    }
    expectTail(ind.adx(b.high, b.low, b.close).adx, wanted, 1e-9)
  })

  it('OBV starts with the first volume', () => {
    const zero = ind.obv(b.close, b.volume)
    const started = ind.obv(b.close, b.volume, { start: 'volume' })
    for (let i = 0; i < zero.length; i++) expect(started[i]).toBe(zero[i]! + volume[0]!)
  })
})
