/** Made-up bars and slices for small cases. */
import {
  runEvents,
  SEED_DEFAULTS,
  SEED_SWITCHES,
  type SeedBars,
  type SeedConfig,
  type SeedFeed,
  type SeedRun,
  type SeedSwitches,
} from '@cointrader/backtest/compat/index'

export const QUARTER_MS = 900_000
export const START = Date.UTC(2025, 0, 1)

/** [open, high, low, close] of one bar. */
export type Candle = readonly [open: number, high: number, low: number, close: number]

export function barsOf(candles: readonly Candle[], volume = 100, startMs = START): SeedBars {
  const column = (k: 0 | 1 | 2 | 3): Float64Array => Float64Array.from(candles, (c) => c[k])
  const times = Float64Array.from(candles, (_, i) => startMs + i * QUARTER_MS)
  const sides = { open: column(0), high: column(1), low: column(2), close: column(3) }
  return { times, ...sides, volume: new Float64Array(candles.length).fill(volume), btc: sides, eth: sides }
}

/** A flat bar at a price. */
export const flat = (price: number): Candle => [price, price, price, price]

/** The 60 bars before anything trades, at 100, which a small case goes on from: bar 60 starts 15:00. */
export const QUIET: readonly Candle[] = Array.from({ length: 60 }, () => flat(100))

/** A feed after {@link QUIET}: candles with their signals, and one ATR for all. */
export function feedOf(candles: readonly (readonly [Candle, signal: number])[], atr = 1, symbol = 'XRPUSDT'): SeedFeed {
  const bars = barsOf([...QUIET, ...candles.map(([candle]) => candle)])
  const n = bars.times.length
  const column = (value: number): Float64Array => new Float64Array(n).fill(value)
  const names = ['rsi', 'macd', 'macd_signal', 'macd_hist', 'bb_upper', 'bb_lower', 'ema9', 'ema21', 'ema50'] as const
  const others = ['vol_ma20', 'stoch_k', 'stoch_d', 'adx'] as const
  const indicators = {
    ...(Object.fromEntries(names.map((name) => [name, column(50)])) as Record<(typeof names)[number], Float64Array>),
    ...(Object.fromEntries(others.map((name) => [name, column(50)])) as Record<(typeof others)[number], Float64Array>),
    atr: column(atr),
  }
  const signals = new Int8Array(n)
  for (let k = 0; k < candles.length; k++) signals[60 + k] = candles[k]![1]
  return { symbol, slice: { bars, indicators, long: new Int8Array(n), short: new Int8Array(n) }, signals }
}

/** No model, no slippage and no fee, stop and target one ATR away. */
export const PLAIN: SeedConfig = {
  ...SEED_DEFAULTS,
  use_ml: false,
  fee_pct: 0,
  slippage_pct: 0,
  atr_sl_mult: 1,
  atr_tp_mult: 1,
}

export function run(
  config: Partial<SeedConfig>,
  feeds: readonly SeedFeed[],
  switches: Partial<SeedSwitches> = {},
): SeedRun {
  const symbols = feeds.map((f) => f.symbol)
  return runEvents({ ...PLAIN, symbols, ...config }, feeds, { ...SEED_SWITCHES, ...switches }, true)
}
