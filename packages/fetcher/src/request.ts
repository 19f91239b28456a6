/** What a fetch is asked to do. */

import type { Market } from '@cointrader/binance'
import type { Interval, Kind, UtcDate } from '@cointrader/core'

export interface FetchRequest {
  /** Both inclusive. */
  readonly startDate: UtcDate
  readonly endDate: UtcDate
  /** Named symbols, or null for all that the source has. */
  readonly symbols: readonly string[] | null
  readonly kinds: readonly Kind[]
  readonly route: 'auto' | 'monthly' | 'daily'
  readonly interval: Interval
  readonly market: Market
  readonly allowUnverified: boolean
  readonly compat: 'research' | null
  readonly maxMetricsAgeMs: number
}

/** The part of a request that decides the bytes of a day table (routes, workers and folders must not). */
export interface DayConfig {
  readonly market: Market
  readonly interval: Interval
  readonly compat: 'research' | null
  readonly maxMetricsAgeMs: number
}

export function dayConfig(request: FetchRequest): DayConfig {
  const { market, interval, compat, maxMetricsAgeMs } = request
  return { market, interval, compat, maxMetricsAgeMs }
}

/** Kinds that live in the day tables. */
export function dayKinds(kinds: readonly Kind[]): Kind[] {
  return kinds.filter((k) => k !== 'funding')
}
