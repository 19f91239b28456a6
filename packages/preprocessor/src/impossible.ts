/** Bars whose numbers contradict each other. */
import type { KLINE_FIELDS } from '@cointrader/core'
import type { NumericData } from '@cointrader/store'

export type ImpossibleColumns = Readonly<Record<(typeof KLINE_FIELDS)[number], NumericData>>

/** What {@link impossibleCode} names, from 1. */
export const IMPOSSIBLE = [
  'high below low',
  'high below open or close',
  'low above open or close',
  'a price that is not positive',
  'a negative volume or trade count',
  'taker volume above total volume',
] as const

/** Decimal text rounds part and total separately, so the part may exceed the total in the last digit. */
const ROUNDING = 1e-9

/** 0 for a possible bar, else 1 + the place in {@link IMPOSSIBLE} of the first contradiction. Missing cells contradict nothing. */
export function impossibleCode(bar: ImpossibleColumns, row: number): number {
  return impossibleBar(
    bar.open[row]!,
    bar.high[row]!,
    bar.low[row]!,
    bar.close[row]!,
    bar.volume_base[row]!,
    bar.quote_volume[row]!,
    bar.num_trades[row]!,
    bar.taker_buy_base[row]!,
    bar.taker_buy_quote[row]!,
  )
}

/** {@link impossibleCode} of one bar's numbers, in the order of `KLINE_FIELDS`. */
export function impossibleBar(
  open: number,
  high: number,
  low: number,
  close: number,
  base: number,
  quote: number,
  trades: number,
  takerBase: number,
  takerQuote: number,
): number {
  if (high < low) return 1
  if (high < open || high < close) return 2
  if (low > open || low > close) return 3
  if (open <= 0 || high <= 0 || low <= 0 || close <= 0) return 4
  if (base < 0 || quote < 0 || takerBase < 0 || takerQuote < 0 || trades < 0) return 5
  if (takerBase > base * (1 + ROUNDING) || takerQuote > quote * (1 + ROUNDING)) return 6
  return 0
}
