/** What the synthetic market needs to know of a symbol. */
import type { UtcDate } from '@cointrader/core'

export interface SymbolSpec {
  readonly symbol: string
  readonly baseAsset: string
  readonly quoteAsset: string
  /** Symbols of one sector share a factor. */
  readonly sector: string
  /** Price at the start of the market's first day, in quote units. */
  readonly price: number
  /** Decimals of a price; the tick is `10^-priceDecimals`. */
  readonly priceDecimals: number
  /** Decimals of a quantity; the step is `10^-quantityDecimals`. */
  readonly quantityDecimals: number
  /** Loading on the market factor (1 = moves as the market does). */
  readonly beta: number
  /** Loading on the sector factor. */
  readonly sectorBeta: number
  /** Standard deviation of the symbol's own daily log return. */
  readonly idioDaily: number
  /** Mean quote volume of a minute. */
  readonly quoteVolumePerMinute: number
  /** Mean quote value of one trade. */
  readonly tradeUsd: number
  /** Open interest in quote units. */
  readonly openInterestUsd: number
  readonly fundingHours: 1 | 2 | 4 | 8
  /** From 00:00 of this day on the interval is another one (BX-06). */
  readonly fundingChange: { readonly date: UtcDate; readonly hours: 1 | 2 | 4 | 8 } | null
  /** First minute with trades (ms). */
  readonly onboardMs: number
  /** End of trading (ms, exclusive): delisting or delivery. */
  readonly endMs: number | null
  readonly contractType: 'PERPETUAL' | 'CURRENT_QUARTER' | 'TRADIFI_PERPETUAL'
  readonly underlyingType: 'COIN' | 'EQUITY'
  readonly underlyingSubType: readonly string[]
  /** Moves round its first price instead of wandering (stablecoins). */
  readonly pegged: boolean
  /** Follows another symbol plus a basis that runs out at delivery (quarterlies). */
  readonly follows: string | null
  /** Trades mainly in the hours of a stock exchange (14:30–21:00 UTC, Monday to Friday). */
  readonly session: boolean
}

/** True for contracts with funding, premium index and metrics; delivery contracts have none of them here. */
export function isPerpetual(spec: SymbolSpec): boolean {
  return spec.contractType !== 'CURRENT_QUARTER'
}
