/** Bar intervals as Binance spells them. */
import { DAY_MS, HOUR_MS, MINUTE_MS } from './dates.js'
import { fail } from './errors.js'

const INTERVALS = {
  '1m': MINUTE_MS,
  '3m': 3 * MINUTE_MS,
  '5m': 5 * MINUTE_MS,
  '15m': 15 * MINUTE_MS,
  '30m': 30 * MINUTE_MS,
  '1h': HOUR_MS,
  '2h': 2 * HOUR_MS,
  '4h': 4 * HOUR_MS,
  '6h': 6 * HOUR_MS,
  '8h': 8 * HOUR_MS,
  '12h': 12 * HOUR_MS,
  '1d': DAY_MS,
} as const

export type Interval = keyof typeof INTERVALS

/** Checks an interval name; error `E_USAGE_INTERVAL` lists the known ones. */
export function parseInterval(text: string): Interval {
  if (!Object.hasOwn(INTERVALS, text)) {
    fail('E_USAGE_INTERVAL', { subject: text, detail: `known intervals: ${Object.keys(INTERVALS).join(', ')}` })
  }
  return text as Interval
}

/** Length of an interval in milliseconds. All of them divide a day. */
export function intervalMs(interval: Interval): number {
  return INTERVALS[interval]
}

/** Bars in a complete UTC day. */
export function barsPerDay(interval: Interval): number {
  return DAY_MS / INTERVALS[interval]
}
