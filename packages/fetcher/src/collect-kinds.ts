/**
 * What is collected: the five series the venue forgets after 30 days (BX-29), which are the columns of the metrics
 * file (RP-05).
 */
import { RATIO_SERIES, type RatioSeries } from '@cointrader/binance'
import { DAY_MS, HOUR_MS, MINUTE_MS } from '@cointrader/core'

export type CollectPeriod = '5m' | '15m'

export const COLLECT_PERIOD_MS: Readonly<Record<CollectPeriod, number>> = { '5m': 5 * MINUTE_MS, '15m': 15 * MINUTE_MS }

/**
 * How far back is asked at most: 29.5 days. The venue keeps 30, and a request from exactly 30 days ago is too old by
 * the time it arrives (D-17).
 */
export const REACH_MS = 29 * DAY_MS + 12 * HOUR_MS

interface CollectKindFacts {
  readonly series: RatioSeries
  /** Value columns, in the order of the series' value fields. */
  readonly columns: readonly string[]
}

/** Kind (the folder below `collected/`) → the venue's series and our columns. The comment names the RP-05 column. */
export const COLLECT_KINDS = {
  /** In coins, and in USDT (`mt_oi`). */
  open_interest: { series: 'openInterestHist', columns: ['open_interest', 'open_interest_usdt'] },
  /** `mt_top_ls_ratio_cnt`: top traders, accounts long / accounts short. */
  top_account_ratio: { series: 'topLongShortAccountRatio', columns: ['long_short_ratio'] },
  /** `mt_top_ls_ratio`: top traders, long / short by position. */
  top_position_ratio: { series: 'topLongShortPositionRatio', columns: ['long_short_ratio'] },
  /** `mt_ls_ratio_cnt`: all traders, accounts long / accounts short. */
  global_account_ratio: { series: 'globalLongShortAccountRatio', columns: ['long_short_ratio'] },
  /** `mt_ls_vol_ratio`: taker buy volume / taker sell volume. */
  taker_ratio: { series: 'takerlongshortRatio', columns: ['buy_sell_ratio'] },
} as const satisfies Record<string, CollectKindFacts>

export type CollectKind = keyof typeof COLLECT_KINDS

export const COLLECT_KIND_NAMES = Object.keys(COLLECT_KINDS) as CollectKind[]

/** The venue's endpoint of a kind, as manifests name it. */
export function collectEndpoint(kind: CollectKind): string {
  return `/futures/data/${COLLECT_KINDS[kind].series}`
}

/** Number of value fields a row of the kind must have. */
export function valueCount(kind: CollectKind): number {
  return RATIO_SERIES[COLLECT_KINDS[kind].series].length
}
