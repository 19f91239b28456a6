/** Bars of one symbol and day as integers (ticks, steps), and what can be done with them. */
import { MINUTE_MS } from '@cointrader/core'
import { MINUTES } from './draws.js'

export interface Bars {
  /** Start of the UTC day. */
  readonly startMs: number
  readonly stepMs: number
  /** Rows `[from, to)` exist: outside the symbol was not traded (yet, any more). Row `i` starts at `startMs + i·stepMs`. */
  readonly from: number
  readonly to: number
  /** Prices in units of `10^-priceDecimals`. */
  readonly open: Float64Array
  readonly high: Float64Array
  readonly low: Float64Array
  readonly close: Float64Array
  readonly count: Float64Array
  readonly priceDecimals: number
  /** Absent for index bars (premium, mark). */
  readonly traded: Traded | null
}

export interface Traded {
  /** Base volume in units of `10^-volumeDecimals`. */
  readonly volume: Float64Array
  /** Quote volume in units of `10^-(priceDecimals + volumeDecimals)`: an exact sum of price times quantity. */
  readonly quote: Float64Array
  readonly takerVolume: Float64Array
  readonly takerQuote: Float64Array
  readonly volumeDecimals: number
}

/** Empty columns of `rows` bars. */
export function emptyBars(
  shape: Omit<Bars, 'open' | 'high' | 'low' | 'close' | 'count' | 'traded'>,
  rows: number,
  volumeDecimals: number | null,
): Bars {
  const column = (): Float64Array => new Float64Array(rows)
  const traded =
    volumeDecimals === null
      ? null
      : { volume: column(), quote: column(), takerVolume: column(), takerQuote: column(), volumeDecimals }
  return { ...shape, open: column(), high: column(), low: column(), close: column(), count: column(), traded }
}

/** Sums minutes to `stepMs` bars (a divisor of the day). A bar exists when one of its minutes does. */
export function aggregate(bars: Bars, stepMs: number): Bars {
  if (stepMs === bars.stepMs) return bars
  const k = stepMs / bars.stepMs
  const from = Math.floor(bars.from / k)
  const to = Math.ceil(bars.to / k)
  const shape = { startMs: bars.startMs, stepMs, from, to, priceDecimals: bars.priceDecimals }
  const out = emptyBars(shape, Math.ceil(MINUTES / k), bars.traded?.volumeDecimals ?? null)
  for (let b = from; b < to; b++) {
    const first = Math.max(bars.from, b * k)
    const last = Math.min(bars.to, (b + 1) * k) - 1
    out.open[b] = bars.open[first]!
    out.close[b] = bars.close[last]!
    let high = bars.high[first]!
    let low = bars.low[first]!
    for (let i = first; i <= last; i++) {
      high = Math.max(high, bars.high[i]!)
      low = Math.min(low, bars.low[i]!)
      out.count[b]! += bars.count[i]!
      if (out.traded === null || bars.traded === null) continue
      out.traded.volume[b]! += bars.traded.volume[i]!
      out.traded.quote[b]! += bars.traded.quote[i]!
      out.traded.takerVolume[b]! += bars.traded.takerVolume[i]!
      out.traded.takerQuote[b]! += bars.traded.takerQuote[i]!
    }
    out.high[b] = high
    out.low[b] = low
  }
  return out
}

/** The minutes seen by `nowMs`: complete ones, and the running one with the part of it that has happened. */
export function seenAt(bars: Bars, nowMs: number): Bars {
  const running = Math.floor((nowMs - bars.startMs) / MINUTE_MS)
  if (running >= bars.to) return bars
  const to = Math.max(bars.from, running + 1)
  if (running < bars.from) return { ...bars, to: bars.from }
  const part = (nowMs - bars.startMs - running * MINUTE_MS) / MINUTE_MS
  const copy = (x: Float64Array): Float64Array => x.slice()
  const out: Bars = {
    ...bars,
    to,
    high: copy(bars.high),
    low: copy(bars.low),
    close: copy(bars.close),
    count: copy(bars.count),
    traded: bars.traded && {
      ...bars.traded,
      volume: copy(bars.traded.volume),
      quote: copy(bars.traded.quote),
      takerVolume: copy(bars.traded.takerVolume),
      takerQuote: copy(bars.traded.takerQuote),
    },
  }
  const i = running
  const open = bars.open[i]!
  const towards = (target: number): number => Math.round(open + (target - open) * part)
  const trades = Math.floor(bars.count[i]! * part)
  const still = bars.traded !== null && trades === 0
  out.close[i] = still ? open : towards(bars.close[i]!)
  out.high[i] = still ? open : Math.max(open, out.close[i]!, towards(bars.high[i]!))
  out.low[i] = still ? open : Math.min(open, out.close[i]!, towards(bars.low[i]!))
  out.count[i] = trades
  if (out.traded !== null && bars.traded !== null) {
    const volume = still ? 0 : Math.max(trades, Math.floor(bars.traded.volume[i]! * part))
    const taker = Math.min(volume, Math.floor(bars.traded.takerVolume[i]! * part))
    out.traded.volume[i] = volume
    out.traded.takerVolume[i] = taker
    out.traded.quote[i] = volume * out.low[i]! + Math.floor((volume * (out.high[i]! - out.low[i]!)) / 2)
    out.traded.takerQuote[i] = taker * out.low[i]! + Math.floor((taker * (out.high[i]! - out.low[i]!)) / 2)
  }
  return out
}
