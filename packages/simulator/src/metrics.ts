/** Five-minute metrics (open interest, long/short ratios) and funding of the synthetic market. */
import { DAY_MS, MINUTE_MS } from '@cointrader/core'
import type { Bars } from './bars.js'
import { pinnedPath } from './draws.js'
import type { Paths } from './paths.js'
import type { SymbolSpec } from './spec.js'

export const FIVE_MINUTES = 5 * MINUTE_MS
const PERIODS = DAY_MS / FIVE_MINUTES

/** Values known at `instantMs`, the end of a 5-minute period (BX-05 is about how archives stamp them). */
export interface MetricsRow {
  readonly instantMs: number
  /** Open interest in units of `10^-quantityDecimals` coins. */
  readonly openInterest: number
  readonly openInterestDecimals: number
  /** Open interest in quote units, an exact product in units of `10^-valueDecimals`. */
  readonly openInterestValue: number
  readonly valueDecimals: number
  /** Ratios × 1e8: top traders by accounts, by positions, all accounts, taker buy to sell volume. */
  readonly topAccounts: number
  readonly topPositions: number
  readonly accounts: number
  readonly takerRatio: number
  /** Taker buy and sell volume of the period in units of `10^-quantityDecimals`. */
  readonly takerBuy: number
  readonly takerSell: number
}

/** The rows known in `(dayStart, dayStart + 24 h]`: 288, fewer on the days of listing and delisting. */
export function metricsOfDay(paths: Paths, spec: SymbolSpec, day: number, bars: Bars): MetricsRow[] {
  const random = paths.stream(`metrics/${spec.symbol}`, day)
  const path = (label: string, mean: number, spread: number, pull: number, sd: number): Float64Array => {
    const edge = (d: number): number => mean + spread * paths.midnight(`${label}/${spec.symbol}`, d)
    return pinnedPath(random, PERIODS, edge(day), edge(day + 1), pull, sd)
  }
  // A new contract's open interest grows over its first week; a level far from the start is another coin count.
  const grown = Math.min(1, (bars.startMs + DAY_MS - spec.onboardMs) / (7 * DAY_MS)) || 1
  const interest = path('interest', Math.log((spec.openInterestUsd / spec.price) * grown), 0.06, 0.02, 0.0022)
  const lean = 0.2 * paths.midnight(`lean/${spec.symbol}`, 0)
  const topAccounts = path('topAccounts', 0.5 + lean, 0.12, 0.03, 0.008)
  const topPositions = path('topPositions', 0.3 + lean, 0.1, 0.03, 0.006)
  const accounts = path('accounts', 0.55 + lean, 0.14, 0.03, 0.008)
  const steps = 10 ** spec.quantityDecimals
  const traded = bars.traded!
  const rows: MetricsRow[] = []
  for (let k = 1; k <= PERIODS; k++) {
    const end = k * 5
    if (end - 5 < bars.from || end > bars.to) continue
    let volume = 0
    let buy = 0
    for (let m = end - 5; m < end; m++) {
      volume += traded.volume[m]!
      buy += traded.takerVolume[m]!
    }
    const sell = volume - buy
    const openInterest = Math.max(1, Math.round(Math.exp(interest[k]!) * steps))
    rows.push({
      instantMs: bars.startMs + k * FIVE_MINUTES,
      openInterest,
      openInterestDecimals: spec.quantityDecimals,
      openInterestValue: openInterest * bars.close[end - 1]!,
      valueDecimals: spec.quantityDecimals + bars.priceDecimals,
      topAccounts: Math.round(Math.exp(topAccounts[k]!) * 1e8),
      topPositions: Math.round(Math.exp(topPositions[k]!) * 1e8),
      accounts: Math.round(Math.exp(accounts[k]!) * 1e8),
      // Without sellers the quotient does not exist; one step of selling stands in, nothing at all counts as balance.
      takerRatio: volume === 0 ? 1e8 : Math.round((buy / Math.max(1, sell)) * 1e8),
      takerBuy: buy,
      takerSell: sell,
    })
  }
  return rows
}

export interface FundingRow {
  readonly calcMs: number
  readonly intervalHours: number
  /** Rate × 1e8. */
  readonly rate: number
  /** Mark price × 1e8 at settlement. */
  readonly mark: number
}

/**
 * Fundings of a day (those stamped in `[dayStart, dayStart + 24 h)`). Rate = average premium P of the interval before +
 * clamp(interest − P, ±0.05 %), interest 0.01 % per 8 h (Binance, "Introduction to Binance Futures Funding Rates").
 * The interval that ends at midnight takes its premium from `before`, the day before.
 */
export function fundingOfDay(
  paths: Paths,
  spec: SymbolSpec,
  day: number,
  before: Bars | undefined,
  today: Bars,
  mark: Bars,
): FundingRow[] {
  const random = paths.stream(`funding/${spec.symbol}`, day)
  const hours = fundingHours(spec, today.startMs)
  const rows: FundingRow[] = []
  for (let hour = 0; hour < 24; hour += 1) {
    const jitter = Math.floor(random.next() ** 3 * 24)
    if (hour % hours !== 0) continue
    const atMs = today.startMs + hour * 60 * MINUTE_MS
    if (atMs < spec.onboardMs || (spec.endMs !== null && atMs > spec.endMs)) continue
    const source = hour === 0 ? before : today
    const last = hour === 0 ? 1440 : hour * 60
    const premium = source === undefined ? 0 : mean(source, last - hours * 60, last) / 1e8
    const interest = (0.0001 * hours) / 8
    const rate = premium + Math.min(0.0005, Math.max(-0.0005, interest - premium))
    rows.push({
      calcMs: atMs + jitter,
      intervalHours: hours,
      rate: Math.round(Math.min(0.02, Math.max(-0.02, rate)) * 1e8),
      mark: mark.open[hour * 60]!,
    })
  }
  return rows
}

/** Funding interval in force on the day that starts at `dayStartMs`. */
export function fundingHours(spec: SymbolSpec, dayStartMs: number): number {
  const change = spec.fundingChange
  return change !== null && dayStartMs >= Date.parse(`${change.date}T00:00:00Z`) ? change.hours : spec.fundingHours
}

function mean(bars: Bars, from: number, to: number): number {
  const first = Math.max(from, bars.from)
  if (first >= to) return 0
  let sum = 0
  for (let m = first; m < to; m++) sum += bars.close[m]!
  return sum / (to - first)
}
