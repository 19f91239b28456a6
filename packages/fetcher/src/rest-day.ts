/** A day by REST, for days that the archive has not published yet. */

import type { MarketDataRest } from '@cointrader/binance'
import { addDays, DAY_MS, dateMs, isError, type Kind, sha256, type UtcDate } from '@cointrader/core'
import type { DayFile } from './jobs.js'
import type { FetchRequest } from './request.js'

/** Older absences are absences: the symbol did not trade. Daily files appear within a day or two. */
const UNPUBLISHED_DAYS = 5

const ENDPOINT: Partial<Record<Kind, string>> = {
  klines: 'rest:/fapi/v1/klines',
  premium: 'rest:/fapi/v1/premiumIndexKlines',
  mark: 'rest:/fapi/v1/markPriceKlines',
  metrics: 'rest:/futures/data',
}

/** The day as CSV, or undefined when REST is not available, the day is too old for it, or it has no rows. */
export async function restDay(
  request: FetchRequest,
  kind: Kind,
  symbol: string,
  date: UtcDate,
  rest: MarketDataRest | undefined,
  nowMs: number,
): Promise<DayFile | undefined> {
  const path = ENDPOINT[kind]
  if (!rest || !path || request.market !== 'um' || nowMs > dateMs(addDays(date, 1 + UNPUBLISHED_DAYS))) return undefined
  const from = dateMs(date)
  const bytes = await unlessUnknown(() =>
    kind === 'metrics'
      ? rest.metricsCsv(symbol, from, from + DAY_MS)
      : rest.klinesCsv(kind as 'klines' | 'premium' | 'mark', symbol, request.interval, from, from + DAY_MS),
  )
  // The venue does not know the symbol (any more), or only the header: the symbol has no rows that day.
  if (bytes === undefined || bytes.indexOf(10) === bytes.length - 1) return undefined
  return { path, kind, route: 'rest', format: 'csv', bytes, sha256: sha256(bytes), etag: null, verified: false }
}

/** `-1121 Invalid symbol` is how REST says that a symbol is delisted or not listed yet: absence, not failure. */
export async function unlessUnknown<T>(ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await ask()
  } catch (error) {
    if (isError(error, 'E_HTTP') && error.detail.includes('-1121')) return undefined
    throw error
  }
}
