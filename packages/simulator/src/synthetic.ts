/** A seeded synthetic market: any (symbol, day) on demand, in any order, the same bytes every time. */
import { DAY_MS, dateMs, dateOf, fail, HOUR_MS, type Json, parseDate, type UtcDate } from '@cointrader/core'
import type { Bars } from './bars.js'
import { exchangeInfo, isShown } from './exchangeinfo.js'
import { markBars, premiumBars } from './indexes.js'
import { tradedBars, tradedMinutes, type Venue } from './klines.js'
import { lru } from './lru.js'
import { type FundingRow, fundingHours, fundingOfDay, type MetricsRow, metricsOfDay } from './metrics.js'
import { marketPaths } from './paths.js'
import { defaultRoster } from './roster.js'
import { isPerpetual, type SymbolSpec } from './spec.js'

export interface SyntheticOptions {
  readonly seed: number | string
  /** A count (the default cast) or the symbols themselves. */
  readonly symbols: number | readonly SymbolSpec[]
  /** First day that exists. */
  readonly startDate: string
  /** Length the listings, delistings and funding changes are laid out for. The market itself goes on after it. */
  readonly days: number
  /** With a count: adds a stablecoin, a quarterly, a TradFi perpetual and a non-ASCII symbol. */
  readonly extras?: boolean
}

export interface SyntheticMarket {
  readonly seed: string
  readonly startDate: UtcDate
  /** Twelve hours after the last of `days`: all of them are published by then. */
  readonly defaultNowMs: number
  readonly specs: readonly SymbolSpec[]
  spec(symbol: string): SymbolSpec | undefined
  /** Traded 1-minute bars; undefined on days without a traded minute. */
  klines(symbol: string, date: UtcDate, venue?: Venue): Bars | undefined
  premium(symbol: string, date: UtcDate): Bars | undefined
  mark(symbol: string, date: UtcDate): Bars | undefined
  metrics(symbol: string, date: UtcDate): readonly MetricsRow[]
  /** Fundings of a day, in time order. */
  funding(symbol: string, date: UtcDate): readonly FundingRow[]
  /** Funding interval in hours on a day, null for contracts without funding. */
  fundingHours(symbol: string, date: UtcDate): number | null
  exchangeInfo(nowMs: number, everything?: boolean): Json
  /** Whether the venue's REST knows the symbol at `nowMs`. */
  isListed(symbol: string, nowMs: number): boolean
}

/** Builds the market; nothing is generated yet. Memory is bounded (about 60 MB) however much is asked for. */
export function syntheticMarket(options: SyntheticOptions): SyntheticMarket {
  const startDate = parseDate(options.startDate, 'start date')
  const { days } = options
  if (!Number.isInteger(days) || days < 1)
    fail('E_USAGE', { subject: '--days', detail: `${days} is not a whole number above 0` })
  const specs =
    typeof options.symbols === 'number'
      ? defaultRoster({ symbols: options.symbols, startDate, days, extras: options.extras ?? false })
      : [...options.symbols]
  const bySymbol = new Map(specs.map((s) => [s.symbol, s]))
  const must = (symbol: string): SymbolSpec =>
    bySymbol.get(symbol) ??
    fail('E_USAGE', { subject: symbol, detail: 'the synthetic market does not have this symbol' })
  const paths = marketPaths(options.seed, startDate, must)
  const cache = lru<Bars>(320)
  const metricsCache = lru<readonly MetricsRow[]>(64)
  const fundingCache = lru<readonly FundingRow[]>(4096)
  const startMs = dateMs(startDate)

  function day<V extends object>(
    store: { get(key: string): V | undefined; put(key: string, value: V): V },
    label: string,
    symbol: string,
    date: UtcDate,
    perpetualOnly: boolean,
    make: (spec: SymbolSpec, day: number, dayMs: number) => V,
  ): V | undefined {
    const dayMs = dateMs(date)
    const spec = must(symbol)
    if (dayMs < startMs || (perpetualOnly && !isPerpetual(spec))) return undefined
    const { from, to } = tradedMinutes(spec, dayMs)
    if (from >= to) return undefined
    const key = `${label}/${symbol}/${date}`
    return store.get(key) ?? store.put(key, make(spec, paths.dayIndex(date), dayMs))
  }

  const market: SyntheticMarket = {
    seed: String(options.seed),
    startDate,
    defaultNowMs: startMs + days * DAY_MS + 12 * HOUR_MS,
    specs,
    spec: (symbol) => bySymbol.get(symbol),
    klines: (symbol, date, venue = 'um') =>
      day(cache, venue, symbol, date, venue === 'spot', (spec, d, ms) => tradedBars(paths, spec, d, ms, venue)),
    premium: (symbol, date) =>
      day(cache, 'premium', symbol, date, true, (spec, d, ms) => premiumBars(paths, spec, d, ms)),
    mark: (symbol, date) => day(cache, 'mark', symbol, date, false, (spec, d, ms) => markBars(paths, spec, d, ms)),
    metrics: (symbol, date) =>
      day(metricsCache, 'metrics', symbol, date, true, (spec, d) =>
        metricsOfDay(paths, spec, d, market.klines(symbol, date)!),
      ) ?? [],
    funding: (symbol, date) =>
      day(fundingCache, 'funding', symbol, date, true, (spec, d, ms) =>
        fundingOfDay(
          paths,
          spec,
          d,
          market.premium(symbol, dateOf(ms - DAY_MS)),
          market.premium(symbol, date)!,
          market.mark(symbol, date)!,
        ),
      ) ?? [],
    fundingHours: (symbol, date) => (isPerpetual(must(symbol)) ? fundingHours(must(symbol), dateMs(date)) : null),
    exchangeInfo: (nowMs, everything = false) => exchangeInfo(specs, nowMs, everything),
    isListed: (symbol, nowMs) => {
      const spec = bySymbol.get(symbol)
      return spec !== undefined && isShown(spec, nowMs)
    },
  }
  return market
}
