/** `/futures/data`: open interest history and the long/short ratios, thirty days back (BX-29). */
import { DAY_MS, HOUR_MS, type Json, MINUTE_MS } from '@cointrader/core'
import { decimal } from './decimal.js'
import { badSymbol, type Query, RestError, whole } from './restquery.js'
import type { RestData, RestMetrics } from './source.js'

type Shape = 'interest' | 'topAccounts' | 'topPositions' | 'accounts' | 'taker'

export const RATIO_PATHS: Readonly<Record<string, Shape>> = {
  // Page "Open-Interest-Statistics".
  '/futures/data/openInterestHist': 'interest',
  // Page "Top-Long-Short-Account-Ratio".
  '/futures/data/topLongShortAccountRatio': 'topAccounts',
  // Page "Top-Trader-Long-Short-Ratio".
  '/futures/data/topLongShortPositionRatio': 'topPositions',
  // Page "Long-Short-Ratio".
  '/futures/data/globalLongShortAccountRatio': 'accounts',
  // Page "Taker-BuySell-Volume".
  '/futures/data/takerlongshortRatio': 'taker',
}

const PERIODS: Readonly<Record<string, number>> = {
  '5m': 5 * MINUTE_MS,
  '15m': 15 * MINUTE_MS,
  '30m': 30 * MINUTE_MS,
  '1h': HOUR_MS,
  '2h': 2 * HOUR_MS,
  '4h': 4 * HOUR_MS,
  '6h': 6 * HOUR_MS,
  '12h': 12 * HOUR_MS,
  '1d': DAY_MS,
}

const REACH_MS = 30 * DAY_MS

/**
 * Rows of one series, ascending; `timestamp` is the end of the period, the instant the value was known. Limit 30, at
 * most 500. The newest `limit` rows of the window are given: these endpoints are anchored at `endTime`, so a window
 * longer than a page loses its beginning (ccxt, `binance.fetchOpenInterestHistory`, works round it the same way).
 */
export async function ratioEndpoint(data: RestData, shape: Shape, query: Query, nowMs: number): Promise<Json> {
  const symbol = query.symbol ?? missing('symbol')
  if (!(await data.isListed(symbol, nowMs))) badSymbol()
  const period = PERIODS[query.text('period') ?? missing('period')]
  if (period === undefined) throw new RestError(400, -1130, "parameter 'period' is invalid.")
  const limit = whole(query, 'limit', 30, 500)
  const oldest = nowMs - REACH_MS
  const startTime = query.time('startTime')
  const endTime = query.time('endTime')
  if (startTime !== undefined && startTime < oldest)
    throw new RestError(400, -1130, "parameter 'startTime' is invalid.")
  if (endTime !== undefined && (endTime < oldest || endTime < (startTime ?? 0))) {
    throw new RestError(400, -1130, "parameter 'endTime' is invalid.")
  }
  const from = startTime ?? oldest
  const to = Math.min(nowMs, endTime ?? nowMs)
  const span = await data.span('metrics', symbol, nowMs)
  if (span === undefined) return []
  const rows: Json[] = []
  // Rows of a day are those known in (midnight, next midnight]; the newest are wanted, so days are read backwards.
  const lastDay = Math.min(span.toMs, Math.floor((to - 1) / DAY_MS) * DAY_MS)
  for (let day = lastDay; day >= span.fromMs && day + DAY_MS >= from && rows.length < limit; day -= DAY_MS) {
    rows.unshift(...periodRows(await data.metrics(symbol, day, nowMs), symbol, shape, period, from, to))
  }
  return rows.slice(-limit)
}

function periodRows(
  metrics: readonly RestMetrics[],
  symbol: string,
  shape: Shape,
  period: number,
  from: number,
  to: number,
): Json[] {
  const rows: Json[] = []
  let buy = 0
  let sell = 0
  for (const row of metrics) {
    if (shape === 'taker') {
      // A source without volumes cannot tell them: the venue's words for an endpoint that is not there.
      if (row.taker === null)
        throw new RestError(404, -5000, 'Path /futures/data/takerlongshortRatio, Method GET is invalid')
      buy += row.taker.buy
      sell += row.taker.sell
    }
    if (row.instantMs % period !== 0) continue
    if (row.instantMs >= from && row.instantMs <= to) rows.push(rowJson(row, symbol, shape, buy, sell))
    buy = 0
    sell = 0
  }
  return rows
}

function rowJson(row: RestMetrics, symbol: string, shape: Shape, buy: number, sell: number): Json {
  const timestamp = row.instantMs
  if (shape === 'interest') {
    return { symbol, sumOpenInterest: row.openInterest, sumOpenInterestValue: row.openInterestValue, timestamp }
  }
  if (shape === 'taker') {
    const decimals = row.taker?.decimals ?? 0
    const ratio = buy + sell === 0 ? 1 : buy / Math.max(1, sell)
    return {
      buySellRatio: ratio.toFixed(8),
      sellVol: decimal(sell, decimals),
      buyVol: decimal(buy, decimals),
      timestamp,
    }
  }
  const ratio = row[shape]
  const long = Number(ratio) / (1 + Number(ratio))
  return { symbol, longAccount: long.toFixed(4), longShortRatio: ratio, shortAccount: (1 - long).toFixed(4), timestamp }
}

function missing(name: string): never {
  throw new RestError(400, -1102, `Mandatory parameter '${name}' was not sent, was empty/null, or malformed.`)
}
