/** Bars for `predict --latest`: from day tables, and for the days since from the venue's REST, in memory. */
import { join } from 'node:path'
import { createClient, createLimiter, createRest, fetchHttp, type MarketDataRest } from '@cointrader/binance'
import {
  addDays,
  DAY_MS,
  dateMs,
  dateOf,
  fail,
  type Kind,
  METRICS_FIELDS,
  MINUTE_MS,
  mapLimited,
  PREMIUM_FIELDS,
  sha256,
  type UtcDate,
} from '@cointrader/core'
import { type DayBars, dayBars } from '@cointrader/features'
import { type DayFile, type DayResult, fetchPool, type SymbolJob } from '@cointrader/fetcher'
import { unlessUnknown } from '@cointrader/fetcher/rest-day'
import { dayTablePath } from '@cointrader/preprocessor'
import { decodeParquet, parquetColumns, type Table } from '@cointrader/store'
import type { Context } from '../context.js'

/** Days of bars by date; each table is read once. */
export interface BarSource {
  /** Newest date up to `limit` that there is a table of. */
  newest(limit: UtcDate): Promise<UtcDate | undefined>
  /** Bars of the named symbols; undefined when there is no table. */
  day(date: UtcDate, symbols: readonly string[]): Promise<DayBars | undefined>
}

/** Day tables of a data folder (or a folder of day tables). Reads no other columns than `fields`. */
export function folderBars(ctx: Context, dataDir: string, fields: readonly string[]): BarSource {
  const tables = new Map<UtcDate, Promise<Table | undefined>>()
  const read = async (date: UtcDate): Promise<Table | undefined> => {
    const path = await dayTablePath(ctx.disk, dataDir, date)
    const bytes = path === undefined ? undefined : await ctx.disk.read(path)
    if (path === undefined || bytes === undefined) return undefined
    const there = new Set(await parquetColumns(bytes, path))
    const wanted = ['symbol', 'start_time_ms', ...fields.filter((f) => there.has(f))]
    return (await decodeParquet(bytes, path, wanted)).table
  }
  return {
    async newest(limit) {
      const names = [...(await ctx.disk.list(join(dataDir, '1m_raw_data'))), ...(await ctx.disk.list(dataDir))]
      const dates = names.flatMap((n) => (/^(\d{4}-\d{2}-\d{2})\.parquet$/.exec(n)?.[1] ?? []) as UtcDate)
      return dates
        .filter((d) => d <= limit)
        .sort()
        .at(-1)
    },
    async day(date, symbols) {
      if (!tables.has(date)) tables.set(date, read(date))
      const table = await tables.get(date)
      return table && dayBars(table, date, symbols)
    },
  }
}

/** Until exchangeInfo says otherwise (BX-25). */
const WEIGHT_PER_MINUTE = 2400

export function restOf(ctx: Context, url: string): MarketDataRest {
  const limiter = createLimiter({ clock: ctx.clock, weightPerMinute: WEIGHT_PER_MINUTE })
  const { clock, signal, progress } = ctx
  return createRest(createClient({ http: fetchHttp, clock, limiter, signal, onWait: progress.note }), url)
}

/** Symbols asked for at once. */
const CONNECTIONS = 8
/** Metrics before midnight that can still serve the first minutes: their age limit and one period. */
const METRICS_BEFORE_MS = 20 * MINUTE_MS
const METRICS_MAX_AGE_MS = 10 * MINUTE_MS

/**
 * The folder's days, and from the first one that it does not have in full up to now the venue's, parsed and placed by the
 * fetcher's own code (so metrics count as known one period after their stamp). Nothing is stored.
 */
export function restBars(
  ctx: Context,
  folder: BarSource,
  rest: MarketDataRest,
  fields: readonly string[],
  nowMs: number,
): BarSource {
  const endMs = Math.floor(nowMs / MINUTE_MS) * MINUTE_MS
  const needs = (group: readonly string[]): boolean => fields.some((f) => group.includes(f))
  const kinds: Kind[] = ['klines']
  if (needs(PREMIUM_FIELDS)) kinds.push('premium')
  if (needs(METRICS_FIELDS)) kinds.push('metrics')
  const pool = fetchPool(0)
  const fetched = new Map<UtcDate, { symbols: readonly string[]; bars: DayBars | undefined }>()

  const file = async (kind: Kind, symbol: string, date: UtcDate): Promise<DayFile[]> => {
    ctx.signal.throwIfAborted()
    const from = dateMs(date)
    const to = Math.min(from + DAY_MS, endMs)
    const bytes = await unlessUnknown(() =>
      kind === 'metrics'
        ? rest.metricsCsv(symbol, from - METRICS_BEFORE_MS, to)
        : rest.klinesCsv(kind as 'klines' | 'premium', symbol, '1m', from, to),
    )
    if (bytes === undefined || bytes.indexOf(10) === bytes.length - 1) return []
    const path = `rest:${kind}`
    return [{ path, kind, route: 'rest', format: 'csv', bytes, sha256: sha256(bytes), etag: null, verified: false }]
  }

  const fetchDay = async (date: UtcDate, symbols: readonly string[]): Promise<DayBars | undefined> => {
    const jobs = await mapLimited([...symbols], CONNECTIONS, async (symbol): Promise<SymbolJob> => {
      const files: DayFile[] = []
      for (const kind of kinds) files.push(...(await file(kind, symbol, date)))
      return { symbol, files, previousMetrics: null }
    })
    const result = (await pool.run({
      type: 'day',
      date,
      market: 'um',
      interval: '1m',
      kinds,
      compat: null,
      maxMetricsAgeMs: METRICS_MAX_AGE_MS,
      symbols: jobs,
      existing: null,
      existingMark: null,
    })) as DayResult
    // A symbol that is missing would change the cross-section of all others without a word.
    const bad = result.refused[0]
    if (bad !== undefined)
      fail('E_BAD_PAYLOAD', { subject: `${bad.symbol} ${bad.kind} of ${date}`, detail: bad.message })
    return result.day === null
      ? undefined
      : dayBars((await decodeParquet(result.day.parquet, `REST of ${date}`)).table, date, symbols)
  }

  /** Whether the folder's table ends with the day's last minute. */
  const whole = async (date: UtcDate, symbols: readonly string[]): Promise<DayBars | undefined> => {
    const bars = await folder.day(date, symbols)
    const last = bars?.symbols.some((_, s) => bars.present[(s + 1) * (DAY_MS / MINUTE_MS) - 1] === 1)
    return last ? bars : undefined
  }

  return {
    async newest(limit) {
      const today = dateOf(endMs - MINUTE_MS)
      if (today > limit) return limit
      return today
    },
    async day(date, symbols) {
      const newest = await folder.newest(date)
      const stored = (await folder.newest('9999-12-31' as UtcDate)) ?? ('' as UtcDate)
      // A day in the middle that the folder does not have was absent when its features were trained on: it stays so.
      if (date < stored) return folder.day(date, symbols)
      const found = newest === date ? await whole(date, symbols) : undefined
      if (found !== undefined) return found
      const before = fetched.get(date)
      if (before !== undefined && symbols.every((s) => before.symbols.includes(s))) return before.bars
      ctx.progress.note(`${date}: asking the venue for ${symbols.length} symbols (${kinds.join(', ')})`)
      const bars = await fetchDay(date, symbols)
      fetched.set(date, { symbols, bars })
      return bars
    },
  }
}

/** Every date from the first to the last row, both included. */
export function datesOfRows(first: number, last: number): UtcDate[] {
  const out: UtcDate[] = []
  for (let d = dateOf(first * MINUTE_MS); d <= dateOf(last * MINUTE_MS); d = addDays(d, 1)) out.push(d)
  return out
}
