/** Names inside a data folder, and the columns of its tables. All paths are relative to the data folder. */
import type { UtcDate } from './dates.js'
import type { Interval } from './interval.js'

/** Columns of a day table in stored order (RP-06). Rows are sorted by (`start_time_ms`, `symbol`). */
export const DAY_COLUMNS = [
  ['symbol', 'string'],
  ['start_time_ms', 'int64'],
  ['start_time_utc', 'string'],
  ['open', 'float64'],
  ['high', 'float64'],
  ['low', 'float64'],
  ['close', 'float64'],
  ['volume_base', 'float64'],
  ['quote_volume', 'float64'],
  ['num_trades', 'int32'],
  ['taker_buy_base', 'float64'],
  ['taker_buy_quote', 'float64'],
  ['pm_open', 'float64'],
  ['pm_high', 'float64'],
  ['pm_low', 'float64'],
  ['pm_close', 'float64'],
  ['mt_oi', 'float64'],
  ['mt_top_ls_ratio_cnt', 'float64'],
  ['mt_top_ls_ratio', 'float64'],
  ['mt_ls_ratio_cnt', 'float64'],
  ['mt_ls_vol_ratio', 'float64'],
] as const

export const KLINE_FIELDS = [
  'open',
  'high',
  'low',
  'close',
  'volume_base',
  'quote_volume',
  'num_trades',
  'taker_buy_base',
  'taker_buy_quote',
] as const
export const PREMIUM_FIELDS = ['pm_open', 'pm_high', 'pm_low', 'pm_close'] as const
/** Archive column → day-table column is RP-05's table; the order here is that of the day table. */
export const METRICS_FIELDS = [
  'mt_oi',
  'mt_top_ls_ratio_cnt',
  'mt_top_ls_ratio',
  'mt_ls_ratio_cnt',
  'mt_ls_vol_ratio',
] as const

/** Kinds of data that `fetch` knows. */
export const KINDS = ['klines', 'premium', 'metrics', 'funding', 'mark'] as const
export type Kind = (typeof KINDS)[number]

export const paths = {
  dayTable: (date: UtcDate, interval: Interval = '1m') => `${interval}_raw_data/${date}.parquet`,
  markTable: (date: UtcDate, interval: Interval = '1m') => `mark_${interval}/${date}.parquet`,
  funding: (symbol: string) => `funding/${symbol}.parquet`,
  collected: (kind: string, date: UtcDate) => `collected/${kind}/${date}.parquet`,
  ledger: (date: UtcDate) => `ledger/${date}.parquet`,
  /** Contract facts (status, type, quote, listing dates) the universe needs. */
  contracts: 'contracts.json',
  bannedSymbols: 'banned_symbols.json',
  universe: (top: number) => `top${top}_universe.json`,
  universeReasons: (top: number) => `top${top}_universe_reasons.json`,
  lock: '.run/lock',
  runLog: '.run/run.log',
  cache: '.run/cache',
} as const
