/** Funding of one symbol: monthly files, REST for the months not published yet, merged into one table (BX-06). */
import { join } from 'node:path'
import {
  archivePath,
  type FundingRows,
  hoursBetween,
  type MarketDataRest,
  parseFunding,
  readCsvFromZip,
  settlementMs,
} from '@cointrader/binance'
import { addDays, byCodeUnit, dateMs, daysOfMonth, type Json, paths, sha256, type UtcMonth } from '@cointrader/core'
import { decodeParquet, encodeParquet, makeTable, numbers, soundManifest, writeWithManifest } from '@cointrader/store'
import { type AcquireOptions, acquire, dropCache, isFileFault } from './acquire.js'
import type { Refusal } from './fetch.js'
import type { SourceRow } from './jobs.js'
import type { FetchRequest } from './request.js'
import { unlessUnknown } from './rest-day.js'

export interface FundingTask {
  readonly request: FetchRequest
  readonly symbol: string
  readonly months: readonly UtcMonth[]
  readonly fromMs: number
  readonly toMs: number
  readonly options: AcquireOptions
  readonly rest: MarketDataRest | undefined
  readonly nowMs: number
  readonly codeVersion: string
}

interface Settlement {
  readonly calcMs: number
  readonly hours: number
  readonly rate: number
}

/** Months whose file may still be missing because the month has only just ended. */
const PUBLICATION_DAYS = 10

export async function fetchFunding(task: FundingTask): Promise<{ rows: number; refused: Refusal[] }> {
  const { request, symbol, options } = task
  const { disk, dataDir } = options
  const refused: Refusal[] = []
  const sources: SourceRow[] = []
  const fresh: Settlement[] = []
  const downloaded: string[] = []
  for (const month of task.months) {
    const path = archivePath(request.market, 'funding', symbol, request.interval, { route: 'monthly', month })
    try {
      const got = await acquire(path, options)
      if (got.state === 'refused') throw got.error
      if (got.state === 'ok') {
        const { bytes, ...file } = got.file
        const rows = parseFunding(await readCsvFromZip(bytes, path), path)
        take(rows, task, fresh)
        sources.push(sourceRow(symbol, 'monthly', file, bytes.byteLength, rows))
        downloaded.push(path)
        continue
      }
      const days = daysOfMonth(month)
      const recent = task.nowMs < dateMs(addDays(days.at(-1)!, PUBLICATION_DAYS))
      if (!task.rest || !recent) continue
      const { rest } = task
      const from = Math.max(task.fromMs, dateMs(days[0]!))
      const to = Math.min(task.toMs, dateMs(addDays(days.at(-1)!, 1)))
      const csv = await unlessUnknown(() => rest.fundingCsv(symbol, from, to))
      if (csv === undefined) continue
      const rows = parseFunding(csv, 'rest:/fapi/v1/fundingRate')
      take(rows, task, fresh)
      if (rows.rows > 0)
        sources.push(
          sourceRow(
            symbol,
            'rest',
            { path: 'rest:/fapi/v1/fundingRate', sha256: sha256(csv), etag: null, verified: false },
            csv.byteLength,
            rows,
          ),
        )
    } catch (error) {
      if (!isFileFault(error)) throw error
      refused.push({ symbol, kind: 'funding', path, code: error.code, message: error.message })
    }
  }
  const rows = await merge(task, fresh, sources)
  for (const path of downloaded) await dropCache(path, disk, dataDir)
  return { rows, refused }
}

function take(rows: FundingRows, { fromMs, toMs }: FundingTask, into: Settlement[]): void {
  for (let i = 0; i < rows.rows; i++) {
    const calcMs = rows.calcMs[i]!
    const at = settlementMs(calcMs)
    if (at >= fromMs && at < toMs) into.push({ calcMs, hours: rows.intervalHours[i]!, rate: rows.rate[i]! })
  }
}

function sourceRow(
  symbol: string,
  route: 'monthly' | 'rest',
  file: { path: string; sha256: string; etag: string | null; verified: boolean },
  bytes: number,
  rows: FundingRows,
): SourceRow {
  return {
    ...file,
    kind: 'funding',
    symbol,
    route,
    bytes,
    rows: rows.rows,
    header: rows.header,
    defects: [],
    firstMs: rows.rows ? rows.calcMs[0]! : null,
    lastMs: rows.rows ? rows.calcMs[rows.rows - 1]! : null,
  }
}

/** Upsert by settlement: a row with a stated interval replaces one without; nothing is ever lost. Returns all rows. */
async function merge(task: FundingTask, fresh: readonly Settlement[], sources: readonly SourceRow[]): Promise<number> {
  const { disk, dataDir } = task.options
  const path = join(dataDir, paths.funding(task.symbol))
  const manifest = await soundManifest(disk, path)
  const all = new Map<number, Settlement>()
  if (manifest) {
    const { table } = await decodeParquet((await disk.read(path))!, path)
    const calc = numbers(table, 'calc_time_ms')
    const hours = numbers(table, 'interval_hours')
    const rate = numbers(table, 'funding_rate')
    const stated = numbers(table, 'interval_stated')
    for (let i = 0; i < table.rows; i++)
      all.set(settlementMs(calc[i]!), {
        calcMs: calc[i]!,
        hours: stated[i] === 1 ? hours[i]! : Number.NaN,
        rate: rate[i]!,
      })
  }
  for (const s of fresh) {
    const old = all.get(settlementMs(s.calcMs))
    if (!old || Number.isNaN(old.hours) || !Number.isNaN(s.hours)) all.set(settlementMs(s.calcMs), s)
  }
  if (all.size === 0) return 0
  const rows = [...all.values()].sort((a, b) => a.calcMs - b.calcMs)
  const table = makeTable([
    ['symbol', { type: 'string', data: rows.map(() => task.symbol) }],
    ['calc_time_ms', { type: 'int64', data: Float64Array.from(rows, (r) => r.calcMs) }],
    // Where the source is silent: the distance to the settlement before, which is what the rate was charged for.
    [
      'interval_hours',
      {
        type: 'float64',
        data: Float64Array.from(rows, (r, i) =>
          Number.isNaN(r.hours) && i > 0 ? hoursBetween(rows[i - 1]!.calcMs, r.calcMs) : r.hours,
        ),
      },
    ],
    ['interval_stated', { type: 'int32', data: Int32Array.from(rows, (r) => (Number.isNaN(r.hours) ? 0 : 1)) }],
    ['funding_rate', { type: 'float64', data: Float64Array.from(rows, (r) => r.rate) }],
  ])
  const known = new Map(
    ((manifest?.details as { sources?: SourceRow[] } | undefined)?.sources ?? []).map((s) => [s.path, s]),
  )
  for (const s of sources) known.set(s.path, s)
  const parquet = encodeParquet(table, { 'cointrader.kinds': 'funding' })
  if (manifest && sha256(parquet) === manifest.sha256) return rows.length
  await writeWithManifest(disk, path, parquet, {
    kind: 'funding-table',
    command: 'cointrader fetch',
    codeVersion: task.codeVersion,
    seed: null,
    config: { market: task.request.market },
    inputs: [...known.values()].map((s) => s.sha256).sort(),
    rows: rows.length,
    columns: [...table.columns.keys()],
    timeRange: [rows[0]!.calcMs, rows.at(-1)!.calcMs],
    details: { sources: [...known.values()].sort((a, b) => byCodeUnit(a.path, b.path)) } as unknown as Json,
  })
  return rows.length
}
