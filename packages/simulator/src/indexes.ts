/** Premium index and mark price: bars without trades, eight decimals. */
import { MINUTE_MS } from '@cointrader/core'
import { type Bars, emptyBars } from './bars.js'
import { MINUTES, pinnedPath } from './draws.js'
import { tradedMinutes } from './klines.js'
import type { Paths } from './paths.js'
import type { SymbolSpec } from './spec.js'

const UNIT = 1e8

/**
 * Premium index of a day as fractions of the price (1e-8 units): mean reverting within minutes round a slow level
 * that differs by symbol and day. The count is 12 (a sample each 5 s), as in the archive.
 */
export function premiumBars(paths: Paths, spec: SymbolSpec, day: number, dayStartMs: number): Bars {
  const wide = Math.sqrt(spec.idioDaily / 0.02)
  const level = (d: number): number => wide * (-0.0002 + 0.00025 * paths.midnight(`premium/${spec.symbol}`, d))
  const random = paths.stream(`premium/${spec.symbol}`, day)
  const path = pinnedPath(random, MINUTES, level(day), level(day + 1), 0.12, 0.00009 * wide)
  const bars = emptyBars(
    { startMs: dayStartMs, stepMs: MINUTE_MS, ...tradedMinutes(spec, dayStartMs), priceDecimals: 8 },
    MINUTES,
    null,
  )
  for (let m = 0; m < MINUTES; m++) {
    const open = Math.round(path[m]! * UNIT)
    const close = Math.round(path[m + 1]! * UNIT)
    const reach = 0.00005 * wide * UNIT
    bars.open[m] = open
    bars.close[m] = close
    bars.high[m] = Math.max(open, close) + Math.round(reach * Math.abs(random.normal()))
    bars.low[m] = Math.min(open, close) - Math.round(reach * Math.abs(random.normal()))
    bars.count[m] = 12
  }
  return bars
}

/** Mark price of a day: the price path with a small mean-reverting gap, smoother than trades. The count is 60 (one a second). */
export function markBars(paths: Paths, spec: SymbolSpec, day: number, dayStartMs: number): Bars {
  const random = paths.stream(`mark/${spec.symbol}`, day)
  const edge = (d: number): number => 0.00002 * paths.midnight(`mark/${spec.symbol}`, d)
  const gap = pinnedPath(random, MINUTES, edge(day), edge(day + 1), 0.2, 0.00002)
  const { log, sd } = paths.path(spec, day)
  const bars = emptyBars(
    { startMs: dayStartMs, stepMs: MINUTE_MS, ...tradedMinutes(spec, dayStartMs), priceDecimals: 8 },
    MINUTES,
    null,
  )
  const units = (x: number): number => Math.max(1, Math.round(Math.exp(x) * UNIT))
  for (let m = 0; m < MINUTES; m++) {
    const from = log[m]! + gap[m]!
    const to = log[m + 1]! + gap[m + 1]!
    const open = units(from)
    const close = units(to)
    bars.open[m] = open
    bars.close[m] = close
    bars.high[m] = Math.max(open, close, units(Math.max(from, to) + 0.3 * sd[m]! * random.next()))
    bars.low[m] = Math.min(open, close, units(Math.min(from, to) - 0.3 * sd[m]! * random.next()))
    bars.count[m] = 60
  }
  return bars
}
