/** Trading fees as shares of notional. */

export interface FeeModel {
  readonly describe: string
  /** Resting limit orders. */
  readonly maker: number
  /** Everything that takes: market, stop-market, take-profit-market. */
  readonly taker: number
}

/** Binance USDⓈ-M, regular user without discounts: 0.02 % maker, 0.05 % taker. */
export const VIP0_FEES: FeeModel = feeModel(0.0002, 0.0005)

/** One share for makers and one for takers. */
export function feeModel(maker: number, taker: number): FeeModel {
  return Object.freeze({ describe: `maker ${percent(maker)}, taker ${percent(taker)} of notional`, maker, taker })
}

/** A share as a percentage without float noise. */
export function percent(share: number): string {
  return `${Number((share * 100).toPrecision(6))} %`
}
