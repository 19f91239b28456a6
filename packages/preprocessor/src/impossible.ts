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
  const open = bar.open[row]!
  const high = bar.high[row]!
  const low = bar.low[row]!
  const close = bar.close[row]!
  if (high < low) return 1
  if (high < open || high < close) return 2
  if (low > open || low > close) return 3
  if (open <= 0 || high <= 0 || low <= 0 || close <= 0) return 4
  const base = bar.volume_base[row]!
  const quote = bar.quote_volume[row]!
  const takerBase = bar.taker_buy_base[row]!
  const takerQuote = bar.taker_buy_quote[row]!
  if (base < 0 || quote < 0 || takerBase < 0 || takerQuote < 0 || bar.num_trades[row]! < 0) return 5
  if (takerBase > base * (1 + ROUNDING) || takerQuote > quote * (1 + ROUNDING)) return 6
  return 0
}
