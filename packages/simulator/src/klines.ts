/** From a log-price path to traded 1-minute bars: OHLC on the tick, volume, trades and taker share. */
import { MINUTE_MS } from '@cointrader/core'
import { type Bars, emptyBars } from './bars.js'
import { MINUTES, poisson } from './draws.js'
import { MARKET_DAILY, type Paths, SECTOR_DAILY } from './paths.js'
import type { SymbolSpec } from './spec.js'

export type Venue = 'um' | 'spot'

/** First and last+1 minute of the day in which the symbol trades; `from >= to` when it does not. */
export function tradedMinutes(spec: SymbolSpec, dayStartMs: number): { from: number; to: number } {
  const from = Math.max(0, Math.ceil((spec.onboardMs - dayStartMs) / MINUTE_MS))
  const to = spec.endMs === null ? MINUTES : Math.min(MINUTES, Math.ceil((spec.endMs - dayStartMs) / MINUTE_MS))
  return { from, to }
}

/**
 * The day's bars. Highs and lows follow the exact law of the maximum of a Brownian bridge from open to close
 * (M = (r + sqrt(r² − 2σ² ln U)) / 2, e.g. Karatzas and Shreve, "Brownian Motion and Stochastic Calculus", 4.3);
 * trades are Poisson with a mean that rises with volatility; every quote sum is an exact sum of ticks times steps.
 * A minute without a trade is a flat bar at the last price with count 0, as on the venue.
 */
export function tradedBars(paths: Paths, spec: SymbolSpec, day: number, dayStartMs: number, venue: Venue): Bars {
  const { from, to } = tradedMinutes(spec, dayStartMs)
  const shape = { startMs: dayStartMs, stepMs: MINUTE_MS, from, to, priceDecimals: spec.priceDecimals }
  const bars = emptyBars(shape, MINUTES, spec.quantityDecimals)
  const { open, high, low, close, count } = bars
  const { volume, quote, takerVolume, takerQuote } = bars.traded!
  const { log, sd, season } = paths.path(spec, day)
  const random = paths.stream(`trades/${venue}/${spec.symbol}`, day)
  const prices = 10 ** spec.priceDecimals
  const steps = 10 ** spec.quantityDecimals
  const ticks = (x: number): number => Math.max(1, Math.round(Math.exp(x) * prices))
  const size = venue === 'spot' ? 0.35 : 1
  const busy =
    Math.exp(0.3 * paths.midnight(`volume/${spec.symbol}`, day)) * paths.volatility(spec.symbol, day) ** 0.5 * size
  // Mean volatility of the symbol's minutes: what "busy" is measured against.
  const usualSd =
    Math.hypot(spec.beta * MARKET_DAILY, spec.sectorBeta * SECTOR_DAILY, spec.idioDaily) / Math.sqrt(MINUTES)
  let mood = 0
  let last = 0
  for (let m = 0; m < to; m++) {
    const r = log[m + 1]! - log[m]!
    const s = Math.max(sd[m]!, 1e-9)
    mood = 0.96 * mood + 0.1 * random.normal()
    const heat = (s / (usualSd * Math.sqrt(Math.max(season[m]!, 0.05)))) ** 0.9
    const value =
      spec.quoteVolumePerMinute *
      busy *
      season[m]! *
      heat *
      (0.55 + 0.45 * Math.min(6, Math.abs(r) / s)) *
      Math.exp(mood)
    const up = (r + Math.sqrt(r * r - 2 * s * s * Math.log(1 - random.next()))) / 2
    const down = (r - Math.sqrt(r * r - 2 * s * s * Math.log(1 - random.next()))) / 2
    const drawn = poisson(random, value / spec.tradeUsd)
    const tick = random.next()
    const tradeSize = Math.exp(0.35 * random.normal() - 0.06)
    const place = 0.08 * random.normal()
    const taker = 0.5 + 0.12 * Math.tanh(r / s) + 0.09 * random.normal()
    // The first bar of a day or a listing is traded, so that a price is always known.
    const trades = m === from || m === 0 ? Math.max(1, drawn) : drawn
    if (trades === 0) {
      open[m] = high[m] = low[m] = close[m] = last
      continue
    }
    const c = ticks(log[m + 1]!)
    const o = trades === 1 ? c : Math.max(1, ticks(log[m]!) + (tick < 0.12 ? 1 : tick > 0.88 ? -1 : 0))
    const h = Math.max(o, c, trades > 2 ? ticks(log[m]! + up) : 0)
    const l = trades > 2 ? Math.min(o, c, ticks(log[m]! + down)) : Math.min(o, c)
    const n = Math.max(trades, Math.round(((trades * spec.tradeUsd * tradeSize) / c) * prices * steps))
    const nTaker = Math.round(n * Math.min(0.98, Math.max(0.02, taker)))
    const range = h - l
    const where = Math.min(1, Math.max(0, range === 0 ? 0 : ((o + h + l + c) / 4 - l) / range + place))
    const above = Math.round(where * n * range)
    const takerAbove = Math.min(
      above,
      nTaker * range,
      Math.max(0, above - (n - nTaker) * range, Math.round(where * nTaker * range)),
    )
    open[m] = o
    high[m] = h
    low[m] = l
    close[m] = c
    count[m] = trades
    volume[m] = n
    quote[m] = n * l + above
    takerVolume[m] = nTaker
    takerQuote[m] = nTaker * l + takerAbove
    last = c
  }
  return bars
}
