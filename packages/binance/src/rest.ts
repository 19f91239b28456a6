/**
 * Market-data REST of USD-M futures (developers.binance.com, USDⓈ-M Futures, "Market Data Endpoints"). Each call pages
 * to the end and returns the rows as the CSV text of the archive, so that there is one parser for both.
 */
import { fail, type Interval, intervalMs, MINUTE_MS, utcText } from '@cointrader/core'
import { z } from 'zod'
import type { Client } from './client.js'
import { METRICS_PERIOD_MS } from './instants.js'
import { KLINE_HEADER } from './klines.js'
import { METRICS_HEADER } from './metrics.js'

export interface MarketDataRest {
  /** `/fapi/v1/time`: the venue's clock, ms. */
  serverTime(): Promise<number>
  /** `/fapi/v1/exchangeInfo`, raw bytes. */
  exchangeInfo(): Promise<Uint8Array>
  /** Closed bars that open in `[fromMs, toMs)` as a kline CSV; empty when there are none. */
  klinesCsv(
    kind: 'klines' | 'premium' | 'mark',
    symbol: string,
    interval: Interval,
    fromMs: number,
    toMs: number,
  ): Promise<Uint8Array>
  /** The five series behind the metrics file for `[fromMs, toMs)`, stamped with the end of each period. 30 days back only (BX-29). */
  metricsCsv(symbol: string, fromMs: number, toMs: number): Promise<Uint8Array>
  /** `/fapi/v1/fundingRate` in `[fromMs, toMs)` as a funding CSV; the interval is NaN for the caller to derive (BX-06). */
  fundingCsv(symbol: string, fromMs: number, toMs: number): Promise<Uint8Array>
  /** Rows of one `/futures/data` series, oldest first. */
  ratioSeries(
    series: RatioSeries,
    symbol: string,
    period: '5m' | '15m',
    fromMs: number,
    toMs: number,
  ): Promise<RatioRow[]>
}

/** The `/futures/data` series and the value fields each row has. */
export const RATIO_SERIES = {
  openInterestHist: ['sumOpenInterest', 'sumOpenInterestValue'],
  topLongShortAccountRatio: ['longShortRatio'],
  topLongShortPositionRatio: ['longShortRatio'],
  globalLongShortAccountRatio: ['longShortRatio'],
  takerlongshortRatio: ['buySellRatio'],
} as const
export type RatioSeries = keyof typeof RATIO_SERIES

export interface RatioRow {
  readonly timestamp: number
  /** In the order of RATIO_SERIES, text as sent. */
  readonly values: readonly string[]
}

const KLINE_PATH = {
  klines: '/fapi/v1/klines',
  premium: '/fapi/v1/premiumIndexKlines',
  mark: '/fapi/v1/markPriceKlines',
} as const
const KLINE_LIMIT = 1500
const KLINE_WEIGHT = 10
const RATIO_LIMIT = 500
const FUNDING_LIMIT = 1000

const klinePage = z.array(z.array(z.union([z.string(), z.number()])).min(11))
const ratioPage = z.array(z.looseObject({ timestamp: z.coerce.number() }))
const fundingPage = z.array(z.looseObject({ fundingTime: z.number(), fundingRate: z.string() }))

export function createRest(client: Client, baseUrl: string): MarketDataRest {
  const url = (path: string, query: Record<string, string | number> = {}): string => {
    // Percent-encoding the query is what makes non-ASCII symbols work (BX-32).
    const text = Object.entries(query).map(([k, v]) => `${k}=${encodeURIComponent(v)}`)
    return `${baseUrl.replace(/\/$/, '')}${path}${text.length ? `?${text.join('&')}` : ''}`
  }
  async function json<T>(
    path: string,
    query: Record<string, string | number>,
    weight: number,
    schema: z.ZodType<T>,
  ): Promise<T> {
    const subject = `${path} ${query.symbol ?? ''}`.trim()
    const answer = await client.get(url(path, query), weight)
    if (answer === undefined) fail('E_HTTP', { subject, detail: 'HTTP 404' })
    let value: unknown
    try {
      value = JSON.parse(new TextDecoder().decode(answer.body))
    } catch (error) {
      fail('E_BAD_PAYLOAD', { subject, detail: 'not JSON', cause: error })
    }
    const parsed = schema.safeParse(value)
    if (!parsed.success)
      fail('E_BAD_PAYLOAD', {
        subject,
        detail: `${parsed.error.issues[0]!.path.join('.')}: ${parsed.error.issues[0]!.message}`,
      })
    return parsed.data
  }

  const ratioSeries: MarketDataRest['ratioSeries'] = async (series, symbol, period, fromMs, toMs) => {
    const step = period === '5m' ? METRICS_PERIOD_MS : 15 * MINUTE_MS
    const rows: RatioRow[] = []
    for (let start = fromMs; start < toMs; start += RATIO_LIMIT * step) {
      const endTime = Math.min(toMs, start + RATIO_LIMIT * step) - 1
      const page = await json(
        `/futures/data/${series}`,
        { symbol, period, startTime: start, endTime, limit: RATIO_LIMIT },
        1,
        ratioPage,
      )
      for (const row of page) {
        if (row.timestamp < start || row.timestamp > endTime) continue
        rows.push({
          timestamp: row.timestamp,
          values: RATIO_SERIES[series].map((f) => String((row as Record<string, unknown>)[f] ?? '')),
        })
      }
    }
    return rows.sort((a, b) => a.timestamp - b.timestamp)
  }

  return {
    ratioSeries,
    async serverTime() {
      return (await json('/fapi/v1/time', {}, 1, z.looseObject({ serverTime: z.number() }))).serverTime
    },
    async exchangeInfo() {
      const answer = await client.get(url('/fapi/v1/exchangeInfo'), 1)
      return answer?.body ?? fail('E_HTTP', { subject: '/fapi/v1/exchangeInfo', detail: 'HTTP 404' })
    },
    async klinesCsv(kind, symbol, interval, fromMs, toMs) {
      const step = intervalMs(interval)
      let text = KLINE_HEADER
      for (let start = fromMs; start < toMs; ) {
        const page = await json(
          KLINE_PATH[kind],
          { symbol, interval, startTime: start, endTime: toMs - 1, limit: KLINE_LIMIT },
          KLINE_WEIGHT,
          klinePage,
        )
        for (const row of page) {
          // The last row may be the running bar: it is not a fact yet (BX-46), and the archive never has it.
          if (Number(row[0]) + step <= toMs) text += `${row.slice(0, 11).join(',')},0\n`
        }
        const last = page.at(-1)
        if (last === undefined || page.length < KLINE_LIMIT) break
        start = Number(last[0]) + step
      }
      return new TextEncoder().encode(text)
    },
    async metricsCsv(symbol, fromMs, toMs) {
      const series = Object.keys(RATIO_SERIES) as RatioSeries[]
      const rows = new Map<number, string[]>()
      for (const [k, name] of series.entries()) {
        for (const row of await ratioSeries(name, symbol, '5m', fromMs, toMs)) {
          const cells = rows.get(row.timestamp) ?? ['', '', '', '', '', '']
          if (k === 0) [cells[0], cells[1]] = [row.values[0]!, row.values[1]!]
          else cells[k + 1] = row.values[0]!
          rows.set(row.timestamp, cells)
        }
      }
      const lines = [...rows]
        .sort((a, b) => a[0] - b[0])
        .map(([ms, cells]) => `${utcText(ms)},${symbol},${cells.join(',')}\n`)
      return new TextEncoder().encode(METRICS_HEADER + lines.join(''))
    },
    async fundingCsv(symbol, fromMs, toMs) {
      let text = 'calc_time,funding_interval_hours,last_funding_rate\n'
      for (let start = fromMs; start < toMs; ) {
        const page = await json(
          '/fapi/v1/fundingRate',
          { symbol, startTime: start, endTime: toMs - 1, limit: FUNDING_LIMIT },
          1,
          fundingPage,
        )
        for (const row of page) text += `${row.fundingTime},,${row.fundingRate}\n`
        if (page.length < FUNDING_LIMIT) break
        start = page.at(-1)!.fundingTime + 1
      }
      return new TextEncoder().encode(text)
    },
  }
}
