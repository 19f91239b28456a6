/** What the market did in a fold (TB-05.11): for readers, never an input to trading. */
import { adx, TB_02 } from '@cointrader/indicators'
import { firstAtOrAfter, type SeedBars, type SeedSide, sliceBars } from './bars.js'
import { numpyRound } from './decimal.js'

/** One symbol's long/short ratios: of the accounts of top traders, and of all. */
export interface SeedRatioSeries {
  readonly times: Float64Array
  readonly topAccounts: Float64Array
  readonly global: Float64Array
}

export type SeedRatios = Partial<Record<'xrp' | 'btc' | 'eth', SeedRatioSeries>>

export interface SeedRatioMeans {
  readonly top_acct_avg: number
  readonly global_avg: number
}

/** Returns in percent and ADX with one decimal, ratios with two; null where there is nothing. */
export interface SeedMarketContext {
  readonly btc_return_pct: number | null
  readonly eth_return_pct: number | null
  readonly btc_avg_adx: number | null
  readonly market_regime: 'uptrend' | 'downtrend' | 'sideways' | null
  readonly ls_ratio: Readonly<Record<string, SeedRatioMeans>> | null
}

/** Fewer bars than this have no context. */
const LEAST_BARS = 20
/** A trend from this mean ADX on. */
const TREND_ADX = 25

/** Context of the bars with `fromMs` ≤ start < `toMs`; null when there are fewer than 20. */
export function seedMarketContext(
  bars: SeedBars,
  fromMs: number,
  toMs: number,
  ratios: SeedRatios = {},
): SeedMarketContext | null {
  const fold = sliceBars(bars, fromMs, toMs)
  if (fold.times.length < LEAST_BARS) return null
  const btcReturn = fold.btc ? returnOf(fold.btc) : null
  const ethReturn = fold.eth ? returnOf(fold.eth) : null
  const strength = fold.btc ? meanOf(adx(fold.btc.high, fold.btc.low, fold.btc.close, TB_02.adx).adx) : null
  const means: Record<string, SeedRatioMeans> = {}
  for (const [name, series] of Object.entries(ratios)) {
    const [from, to] = [firstAtOrAfter(series.times, fromMs), firstAtOrAfter(series.times, toMs)]
    if (to <= from) continue
    means[name] = {
      top_acct_avg: numpyRound(meanOf(series.topAccounts.subarray(from, to)), 2),
      global_avg: numpyRound(meanOf(series.global.subarray(from, to)), 2),
    }
  }
  return {
    btc_return_pct: btcReturn === null ? null : numpyRound(btcReturn, 1),
    eth_return_pct: ethReturn === null ? null : numpyRound(ethReturn, 1),
    btc_avg_adx: strength === null ? null : numpyRound(strength, 1),
    market_regime: btcReturn === null || strength === null ? null : regimeOf(strength, btcReturn),
    ls_ratio: Object.keys(means).length === 0 ? null : means,
  }
}

function regimeOf(strength: number, change: number): NonNullable<SeedMarketContext['market_regime']> {
  if (!(strength >= TREND_ADX)) return 'sideways'
  return change > 0 ? 'uptrend' : 'downtrend'
}

/** Percent from the first close to the last. */
function returnOf({ close }: SeedSide): number {
  return (close[close.length - 1]! / close[0]! - 1) * 100
}

/** Mean of the numbers that are there. */
function meanOf(x: Float64Array): number {
  let [sum, count] = [0, 0]
  for (const value of x) {
    if (Number.isNaN(value)) continue
    sum += value
    count++
  }
  return sum / count
}
