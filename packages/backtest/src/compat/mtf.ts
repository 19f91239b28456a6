/**
 * The original's backtest of its MTF pull-back bot (TB-10.2). Its rules differ from the bot's own (D-53): EMA 20 for 15,
 * and arming that lasts over bars.
 */
import { HOUR_MS, utcText } from '@cointrader/core'
import { adx, atr, ema, sma, TB_02 } from '@cointrader/indicators'
import { type SeedBars, sliceBars } from './bars.js'
import { seedInstant } from './config.js'
import { numpyRound } from './decimal.js'

/** In the order of the golden document. `start` and `end` are inclusive; `fee_rate` is a share, per side. */
export interface MtfConfig {
  readonly symbol: string
  readonly start: string
  readonly end: string
  readonly atr_sl_mult: number
  readonly atr_tp_mult: number
  readonly fee_rate: number
  /** Length of the 15-minute average that is pulled back to. */
  readonly ema_pullback: number
  /** A pull-back is dry below this share of the mean volume of 20 bars. */
  readonly vol_dry: number
  /** Lengths of the hourly averages: fast, slow. */
  readonly meta_ema: readonly [number, number]
  /** No direction below this hourly ADX. */
  readonly adx: number
}

export const MTF_DEFAULTS: MtfConfig = {
  symbol: 'XRPUSDT',
  start: '2026-02-01',
  end: '2026-03-30',
  atr_sl_mult: 1.5,
  atr_tp_mult: 2.3,
  fee_rate: 0.0004,
  ema_pullback: 20,
  vol_dry: 0.5,
  meta_ema: [50, 200],
  adx: 20,
}

export interface MtfTrade {
  readonly side: 'LONG' | 'SHORT'
  readonly entry_time: string
  readonly entry_price: number
  readonly sl: number
  readonly tp: number
  readonly exit_time: string
  readonly exit_price: number
  /** A share, after fees. */
  readonly pnl_pct: number
}

/** Win rate in percent, unrounded; profit factor with two decimals, basis points with one. */
export interface MtfMetrics {
  readonly trades: number
  readonly win_rate: number
  readonly pf: number
  readonly pnl_bps: number
  readonly max_dd_bps: number
  readonly avg_win_bps: number
  readonly avg_loss_bps: number
  readonly long_trades: number
  readonly short_trades: number
}

export interface MtfDocument {
  readonly config: MtfConfig
  readonly metrics: { readonly all: MtfMetrics; readonly long: MtfMetrics; readonly short: MtfMetrics }
  readonly trades: readonly MtfTrade[]
}

/** Hours loaded before the start, so that the hourly averages are there. */
const HISTORY_MS = 250 * HOUR_MS

/** What the hour says to each 15-minute bar: direction (1, −1, 0 for hold) and ATR. */
interface Meta {
  readonly side: Int8Array
  readonly atr: Float64Array
}

/** Runs the backtest. `bars` should reach 250 hours back from the start. Error `E_USAGE_DATE`. */
export function mtfBacktest(bars: SeedBars, config: MtfConfig = MTF_DEFAULTS): MtfDocument {
  const start = seedInstant(config.start, 'config.start')
  const loaded = sliceBars(bars, start - HISTORY_MS, seedInstant(config.end, 'config.end') + 1)
  const { times, open, high, low, close, volume } = loaded
  const n = times.length
  const mean = ema(close, { length: config.ema_pullback, seed: 'sma' })
  const meanVolume = sma(volume, { length: 20 })
  const meta = metaOf(loaded, config)
  const trades: MtfTrade[] = []
  let position: { side: 1 | -1; ms: number; entry: number; stop: number; target: number } | undefined
  let armed = 0
  let first = 0
  while (first < n && times[first]! < start) first++

  for (let i = first + 1; i < n; i++) {
    if (position !== undefined) {
      const { side, ms, entry, stop, target } = position
      const stopped = side === 1 ? low[i]! <= stop : high[i]! >= stop
      const reached = side === 1 ? high[i]! >= target : low[i]! <= target
      if (!stopped && !reached) continue
      const exit = stopped ? stop : target
      const gross = side === 1 ? (exit - entry) / entry : (entry - exit) / entry
      trades.push({
        side: side === 1 ? 'LONG' : 'SHORT',
        entry_time: utcText(ms),
        entry_price: entry,
        sl: stop,
        tp: target,
        exit_time: utcText(times[i]!),
        exit_price: exit,
        pnl_pct: gross - 2 * config.fee_rate,
      })
      position = undefined
    }
    const side = meta.side[i]! as 1 | -1 | 0
    const known = !Number.isNaN(mean[i]!) && !Number.isNaN(meanVolume[i]!) && !Number.isNaN(meta.atr[i]!)
    if (!known || side === 0) {
      armed = 0
      continue
    }
    if (armed === side && (side === 1 ? close[i]! > mean[i]! : close[i]! < mean[i]!)) {
      armed = 0
      if (i + 1 === n) break
      const entry = open[i + 1]!
      const stop = entry - side * meta.atr[i]! * config.atr_sl_mult
      position = { side, ms: times[i + 1]!, entry, stop, target: entry + side * meta.atr[i]! * config.atr_tp_mult }
      continue
    }
    const pulledBack = side === 1 ? close[i]! < mean[i]! : close[i]! > mean[i]!
    if (pulledBack && volume[i]! < config.vol_dry * meanVolume[i]!) armed = side
    else if (armed !== side) armed = 0
  }
  const of = (side: MtfTrade['side']): MtfTrade[] => trades.filter((t) => t.side === side)
  const metrics = { all: mtfMetrics(trades), long: mtfMetrics(of('LONG')), short: mtfMetrics(of('SHORT')) }
  return { config, metrics, trades }
}

/** Hourly bars put together from the rows, and what they say from one hour after their start on. */
function metaOf(bars: SeedBars, config: MtfConfig): Meta {
  const hours: number[] = []
  const [high, low, close]: [number[], number[], number[]] = [[], [], []]
  const n = bars.times.length
  for (let i = 0; i < n; i++) {
    const hour = Math.floor(bars.times[i]! / HOUR_MS) * HOUR_MS
    const at = hours.length - 1
    if (hours[at] === hour) {
      high[at] = Math.max(high[at]!, bars.high[i]!)
      low[at] = Math.min(low[at]!, bars.low[i]!)
      close[at] = bars.close[i]!
    } else {
      hours.push(hour)
      high.push(bars.high[i]!)
      low.push(bars.low[i]!)
      close.push(bars.close[i]!)
    }
  }
  const fast = ema(close, { length: config.meta_ema[0], seed: 'sma' })
  const slow = ema(close, { length: config.meta_ema[1], seed: 'sma' })
  const strength = adx(high, low, close, TB_02.adx).adx
  const range = atr(high, low, close, TB_02.atr)
  const meta: Meta = { side: new Int8Array(n), atr: new Float64Array(n).fill(Number.NaN) }
  for (let i = 0, next = 0; i < n; i++) {
    while (next < hours.length && hours[next]! + HOUR_MS <= bars.times[i]!) next++
    const k = next - 1
    if (k < 0) continue
    meta.atr[i] = range[k]!
    if (!(strength[k]! >= config.adx)) continue
    meta.side[i] = fast[k]! > slow[k]! ? 1 : fast[k]! < slow[k]! ? -1 : 0
  }
  return meta
}

/** Metrics of a trade list; zeros for an empty one. */
export function mtfMetrics(trades: readonly MtfTrade[]): MtfMetrics {
  const bps = trades.map((t) => t.pnl_pct * 10_000)
  const [wins, losses] = [bps.filter((x) => x > 0), bps.filter((x) => !(x > 0))]
  const sum = (x: readonly number[]): number => x.reduce((a, b) => a + b, 0)
  const mean = (x: readonly number[]): number => (x.length === 0 ? 0 : sum(x) / x.length)
  let [cumulative, peak, drawdown] = [0, Number.NEGATIVE_INFINITY, 0]
  for (const x of bps) {
    cumulative += x
    peak = Math.max(peak, cumulative)
    drawdown = Math.max(drawdown, peak - cumulative)
  }
  const [won, lost] = [sum(wins), Math.abs(sum(losses))]
  return {
    trades: trades.length,
    win_rate: trades.length === 0 ? 0 : (wins.length / trades.length) * 100,
    pf: lost === 0 ? (won > 0 ? Number.POSITIVE_INFINITY : 0) : numpyRound(won / lost, 2),
    pnl_bps: numpyRound(sum(bps), 1),
    max_dd_bps: numpyRound(drawdown, 1),
    avg_win_bps: numpyRound(mean(wins), 1),
    avg_loss_bps: numpyRound(mean(losses), 1),
    long_trades: trades.filter((t) => t.side === 'LONG').length,
    short_trades: trades.filter((t) => t.side === 'SHORT').length,
  }
}
