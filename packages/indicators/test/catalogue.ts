/** Every indicator in both forms under one shape, with small lengths so that short series reach past the warm-up. */
import * as ind from '@cointrader/indicators'
import type { Bars } from './series.js'

export interface Case {
  readonly name: string
  readonly batch: (b: Bars) => readonly Float64Array[]
  /** A fresh stream; `push` returns the same outputs at bar `i`. */
  readonly make: () => { readonly stream: object; readonly push: (b: Bars, i: number) => readonly number[] }
  /** Bars that decide a value, for those that are functions of a window. */
  readonly window?: number
}

function value(
  name: string,
  window: number | undefined,
  run: (x: Float64Array) => Float64Array,
  create: () => ind.ValueStream,
): Case {
  return {
    name,
    ...(window === undefined ? {} : { window }),
    batch: (b) => [run(b.close)],
    make: () => {
      const stream = create()
      return { stream, push: (b, i) => [stream.push(b.close[i]!)] }
    },
  }
}

function range<S extends ind.RangeStream>(
  name: string,
  window: number | undefined,
  run: (b: Bars) => readonly Float64Array[],
  create: () => S,
  more: (s: S) => readonly number[] = () => [],
): Case {
  return {
    name,
    ...(window === undefined ? {} : { window }),
    batch: run,
    make: () => {
      const stream = create()
      return { stream, push: (b, i) => [stream.push(b.high[i]!, b.low[i]!, b.close[i]!), ...more(stream)] }
    },
  }
}

const seeds = ['sma', 'first', 'adjusted'] as const
const day = (b: Bars): number[] => Array.from(b.close, (_, i) => Math.floor(i / 7))

export const CASES: readonly Case[] = [
  value(
    'sma',
    5,
    (x) => ind.sma(x, { length: 5 }),
    () => ind.createSma({ length: 5 }),
  ),
  value(
    'sma of 1',
    1,
    (x) => ind.sma(x, { length: 1 }),
    () => ind.createSma({ length: 1 }),
  ),
  value(
    'volumeMean',
    20,
    (x) => ind.volumeMean(x),
    () => ind.createVolumeMean(),
  ),
  ...seeds.flatMap((seed) => [
    value(
      `ema ${seed}`,
      undefined,
      (x) => ind.ema(x, { length: 5, seed }),
      () => ind.createEma({ length: 5, seed }),
    ),
    value(
      `wilder ${seed}`,
      undefined,
      (x) => ind.wilder(x, { length: 5, seed }),
      () => ind.createWilder({ length: 5, seed }),
    ),
    value(
      `rsi ${seed}`,
      undefined,
      (x) => ind.rsi(x, { length: 5, seed }),
      () => ind.createRsi({ length: 5, seed }),
    ),
  ]),
  value(
    'rsi simple',
    6,
    (x) => ind.rsi(x, { length: 5, average: 'simple' }),
    () => ind.createRsi({ length: 5, average: 'simple' }),
  ),
  {
    name: 'macd',
    batch: (b) => {
      const m = ind.macd(b.close, { fast: 3, slow: 6, signal: 4 })
      return [m.macd, m.signal, m.histogram]
    },
    make: () => {
      const stream = ind.createMacd({ fast: 3, slow: 6, signal: 4 })
      return { stream, push: (b, i) => [stream.push(b.close[i]!), stream.signal, stream.histogram] }
    },
  },
  ...(['population', 'sample'] as const).map(
    (divisor): Case => ({
      name: `bollinger ${divisor}`,
      window: 6,
      batch: (b) => {
        const m = ind.bollinger(b.close, { length: 6, divisor })
        return [m.middle, m.upper, m.lower]
      },
      make: () => {
        const stream = ind.createBollinger({ length: 6, divisor })
        return { stream, push: (b, i) => [stream.push(b.close[i]!), stream.upper, stream.lower] }
      },
    }),
  ),
  {
    name: 'stochRsi',
    batch: (b) => {
      const m = ind.stochRsi(b.close, { ...ind.TB_02.stochRsi, length: 6 })
      return [m.k, m.d]
    },
    make: () => {
      const stream = ind.createStochRsi({ ...ind.TB_02.stochRsi, length: 6 })
      return { stream, push: (b, i) => [stream.push(b.close[i]!), stream.d] }
    },
  },
  range(
    'trueRange',
    2,
    (b) => [ind.trueRange(b.high, b.low, b.close)],
    () => ind.createTrueRange(),
  ),
  range(
    'atr',
    undefined,
    (b) => [ind.atr(b.high, b.low, b.close, { length: 5 })],
    () => ind.createAtr({ length: 5 }),
  ),
  range(
    'atr TB-02',
    undefined,
    (b) => [ind.atr(b.high, b.low, b.close, ind.TB_02.atr)],
    () => ind.createAtr(ind.TB_02.atr),
  ),
  range(
    'atr simple',
    6,
    (b) => [ind.atr(b.high, b.low, b.close, { length: 5, average: 'simple' })],
    () => ind.createAtr({ length: 5, average: 'simple' }),
  ),
  ...(['wilder', 'pandas-ta'] as const).map((seeding) =>
    range(
      `adx ${seeding}`,
      undefined,
      (b) => {
        const m = ind.adx(b.high, b.low, b.close, { length: 5, seeding })
        return [m.adx, m.plusDi, m.minusDi]
      },
      () => ind.createAdx({ length: 5, seeding }),
      (s) => [s.plusDi, s.minusDi],
    ),
  ),
  range(
    'williamsR',
    6,
    (b) => [ind.williamsR(b.high, b.low, b.close, { length: 6 })],
    () => ind.createWilliamsR({ length: 6 }),
  ),
  range(
    'stochastic',
    8,
    (b) => {
      const m = ind.stochastic(b.high, b.low, b.close, { length: 6, d: 3 })
      return [m.k, m.d]
    },
    () => ind.createStochastic({ length: 6, d: 3 }),
    (s) => [s.d],
  ),
  {
    name: 'obv',
    batch: (b) => [ind.obv(b.close, b.volume)],
    make: () => {
      const stream = ind.createObv()
      return { stream, push: (b, i) => [stream.push(b.close[i]!, b.volume[i]!)] }
    },
  },
  {
    name: 'mfi',
    window: 6,
    batch: (b) => [ind.mfi(b.high, b.low, b.close, b.volume, { length: 5 })],
    make: () => {
      const stream = ind.createMfi({ length: 5 })
      return { stream, push: (b, i) => [stream.push(b.high[i]!, b.low[i]!, b.close[i]!, b.volume[i]!)] }
    },
  },
  {
    name: 'vwap trailing',
    window: 5,
    batch: (b) => [ind.vwap(b.high, b.low, b.close, b.volume, { length: 5 })],
    make: () => {
      const stream = ind.createVwap({ length: 5 })
      return { stream, push: (b, i) => [stream.push(b.high[i]!, b.low[i]!, b.close[i]!, b.volume[i]!)] }
    },
  },
  {
    name: 'vwap by session',
    batch: (b) => [ind.vwap(b.high, b.low, b.close, b.volume, {}, day(b))],
    make: () => {
      const stream = ind.createVwap()
      return { stream, push: (b, i) => [stream.push(b.high[i]!, b.low[i]!, b.close[i]!, b.volume[i]!, day(b)[i]!)] }
    },
  },
  ...ind.CANDLE_PATTERNS.map(
    (pattern): Case => ({
      name: pattern,
      window: pattern.endsWith('engulfing') ? 2 : 1,
      batch: (b) => [ind.candlePattern(pattern, b.open, b.high, b.low, b.close)],
      make: () => {
        const stream = ind.createCandlePattern(pattern)
        return { stream, push: (b, i) => [stream.push(b.open[i]!, b.high[i]!, b.low[i]!, b.close[i]!)] }
      },
    }),
  ),
]
