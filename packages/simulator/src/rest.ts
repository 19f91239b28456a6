/**
 * The market-data REST of USD-M futures. Pages are those of developers.binance.com,
 * `/docs/derivatives/usds-margined-futures/market-data/rest-api/…`; each endpoint names its own.
 */
import { DAY_MS, intervalMs, type Json } from '@cointrader/core'
import { ARCHIVE_INTERVALS } from './archive.js'
import type { Cells } from './csv.js'
import type { Pool } from './limits.js'
import { badSymbol, type Query, queryOf, RestError, whole } from './restquery.js'
import { RATIO_PATHS, ratioEndpoint } from './restratios.js'
import type { BarKind, RestData } from './source.js'

export interface RestAnswer {
  readonly status: number
  readonly body: Json
}

const KLINE_PATHS: Readonly<Record<string, BarKind>> = {
  // Page "Kline-Candlestick-Data".
  '/fapi/v1/klines': 'klines',
  // Page "Premium-Index-Kline-Data".
  '/fapi/v1/premiumIndexKlines': 'premium',
  // Page "Mark-Price-Kline-Candlestick-Data".
  '/fapi/v1/markPriceKlines': 'mark',
}

/** True for paths that belong to the REST interface (known or not). */
export function isRestPath(path: string): boolean {
  return path.startsWith('/fapi/') || path.startsWith('/futures/')
}

/** Which limit a request counts against, and how much. */
export function requestCost(path: string, search: URLSearchParams): { pool: Pool; weight: number } {
  // The pages of `/futures/data` say weight 0 with 1,000 requests in 5 minutes per IP.
  if (path.startsWith('/futures/data/')) return { pool: 'data', weight: 1 }
  // "Get-Funding-Rate-History" and "Get-Funding-Rate-Info" share 500 requests in 5 minutes per IP.
  if (path === '/fapi/v1/fundingRate' || path === '/fapi/v1/fundingInfo') return { pool: 'funding', weight: 1 }
  if (KLINE_PATHS[path] === undefined) return { pool: 'weight', weight: 1 }
  const limit = Number(search.get('limit') ?? 500)
  // [1,100) 1, [100,500) 2, [500,1000] 5, above 10; page "Kline-Candlestick-Data".
  return { pool: 'weight', weight: limit < 100 ? 1 : limit < 500 ? 2 : limit <= 1000 ? 5 : 10 }
}

/** Answers a GET; errors come as the venue's `{code, msg}` with its HTTP status. */
export async function answerRest(
  data: RestData,
  path: string,
  search: URLSearchParams,
  nowMs: number,
): Promise<RestAnswer> {
  try {
    return { status: 200, body: await route(data, path, search, nowMs) }
  } catch (error) {
    if (error instanceof RestError) return { status: error.status, body: { code: error.code, msg: error.message } }
    // A damaged file of a folder source: the venue's own words for trouble inside.
    return {
      status: 500,
      body: { code: -1000, msg: `An unknown error occurred while processing the request. ${(error as Error).message}` },
    }
  }
}

async function route(data: RestData, path: string, search: URLSearchParams, nowMs: number): Promise<Json> {
  const query = queryOf(search)
  const kind = KLINE_PATHS[path]
  if (kind !== undefined) return klines(data, kind, query, nowMs)
  if (RATIO_PATHS[path] !== undefined) return ratioEndpoint(data, RATIO_PATHS[path], query, nowMs)
  switch (path) {
    // Page "Check-Server-Time".
    case '/fapi/v1/time':
      return { serverTime: nowMs }
    // Page "Test-Connectivity".
    case '/fapi/v1/ping':
      return {}
    // Page "Exchange-Information".
    case '/fapi/v1/exchangeInfo':
      return (await data.exchangeInfo(nowMs)) ?? notServed(path)
    case '/fapi/v1/fundingRate':
      return fundingRate(data, query, nowMs)
    case '/fapi/v1/fundingInfo':
      return fundingInfo(data, nowMs)
    default:
      return notServed(path)
  }
}

function notServed(path: string): never {
  throw new RestError(404, -5000, `Path ${path}, Method GET is invalid`)
}

/** Page "Kline-Candlestick-Data": limit 500, at most 1,500; without times the newest rows, the last one still running. */
async function klines(data: RestData, kind: BarKind, query: Query, nowMs: number): Promise<Json> {
  const symbol = query.symbol ?? missing('symbol')
  if (!(await data.isListed(symbol, nowMs))) badSymbol()
  const name = query.text('interval') ?? missing('interval')
  const interval = ARCHIVE_INTERVALS.find((i) => i === name)
  if (interval === undefined) throw new RestError(400, -1120, 'Invalid interval.')
  const limit = whole(query, 'limit', 500, 1500)
  const startTime = query.time('startTime')
  const endTime = query.time('endTime')
  if (startTime !== undefined && endTime !== undefined && startTime > endTime) {
    throw new RestError(400, -1023, 'Start time is greater than end time.')
  }
  const span = await data.span(kind, symbol, nowMs)
  if (span === undefined) return []
  const stepMs = intervalMs(interval)
  const day = (ms: number): number => Math.floor(ms / DAY_MS) * DAY_MS
  const wanted = (row: Cells): boolean => {
    const t = Number(row[0])
    return (startTime === undefined || t >= startTime) && (endTime === undefined || t <= endTime)
  }
  const rows: Cells[] = []
  if (startTime !== undefined) {
    const last = Math.min(span.toMs, endTime === undefined ? span.toMs : day(endTime))
    for (let d = Math.max(span.fromMs, day(startTime)); d <= last && rows.length < limit; d += DAY_MS) {
      for (const row of await data.bars(kind, symbol, stepMs, d, nowMs)) if (wanted(row)) rows.push(row)
    }
    return rows.slice(0, limit).map(klineJson)
  }
  for (let d = Math.min(span.toMs, day(endTime ?? nowMs)); d >= span.fromMs && rows.length < limit; d -= DAY_MS) {
    rows.unshift(...(await data.bars(kind, symbol, stepMs, d, nowMs)).filter(wanted))
  }
  return rows.slice(-limit).map(klineJson)
}

/** Times and the count are numbers, everything else text. */
function klineJson(row: Cells): Json {
  return row.map((cell, i) => (i === 0 || i === 6 || i === 8 ? Number(cell) : cell))
}

function missing(name: string): never {
  throw new RestError(400, -1102, `Mandatory parameter '${name}' was not sent, was empty/null, or malformed.`)
}

/** Page "Get-Funding-Rate-History": limit 100, at most 1,000; both times inclusive; ascending; no delivery contracts. */
async function fundingRate(data: RestData, query: Query, nowMs: number): Promise<Json> {
  const limit = whole(query, 'limit', 100, 1000)
  const startTime = query.time('startTime')
  const endTime = Math.min(nowMs, query.time('endTime') ?? nowMs)
  if (query.symbol !== undefined && !(await data.isListed(query.symbol, nowMs))) badSymbol()
  const symbols = query.symbol === undefined ? await data.listed(nowMs) : [query.symbol]
  const rows: { symbol: string; fundingTime: number; fundingRate: string; markPrice: string }[] = []
  for (const symbol of symbols) {
    const span = await data.span('funding', symbol, nowMs)
    if (span === undefined) continue
    const found: typeof rows = []
    const firstDay = Math.max(span.fromMs, Math.floor((startTime ?? 0) / DAY_MS) * DAY_MS)
    const lastDay = Math.min(span.toMs, Math.floor(endTime / DAY_MS) * DAY_MS)
    const add = async (d: number): Promise<typeof rows> =>
      (await data.funding(symbol, d, nowMs))
        .filter((f) => f.fundingMs >= (startTime ?? 0) && f.fundingMs <= endTime)
        .map((f) => ({ symbol, fundingTime: f.fundingMs, fundingRate: f.rate, markPrice: f.mark }))
    if (startTime !== undefined) {
      for (let d = firstDay; d <= lastDay && found.length < limit; d += DAY_MS) found.push(...(await add(d)))
    } else {
      for (let d = lastDay; d >= firstDay && found.length < limit; d -= DAY_MS) found.unshift(...(await add(d)))
    }
    rows.push(...found)
  }
  rows.sort((a, b) => a.fundingTime - b.fundingTime)
  return startTime === undefined ? rows.slice(-limit) : rows.slice(0, limit)
}

/** Page "Get-Funding-Rate-Info": only symbols whose cap, floor or interval was adjusted; the others have 8 h. */
async function fundingInfo(data: RestData, nowMs: number): Promise<Json> {
  const out: Json[] = []
  for (const symbol of await data.listed(nowMs)) {
    const hours = await data.fundingHours(symbol, nowMs)
    if (hours === undefined || hours === 8) continue
    out.push({
      symbol,
      adjustedFundingRateCap: '0.02000000',
      adjustedFundingRateFloor: '-0.02000000',
      fundingIntervalHours: hours,
      disclaimer: false,
    })
  }
  return out
}
