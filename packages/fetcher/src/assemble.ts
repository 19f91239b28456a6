/** A day's files to the day's table: parse, lay on the grid, join, sort by (time, symbol). Pure; runs in a worker. */
import { inflateRawSync } from 'node:zlib'
import {
  type KlineRows,
  METRICS_PERIOD_MS,
  metricsKnownAt,
  parseKlines,
  parseMetrics,
  readCsvFromZip,
} from '@cointrader/binance'
import { type NumberParser, parseNumber, splitHeader } from '@cointrader/binance/csv'
import {
  barsPerDay,
  byCodeUnit,
  DAY_COLUMNS,
  DAY_MS,
  type Defect,
  dateMs,
  fail,
  intervalMs,
  isError,
  KLINE_FIELDS,
  METRICS_FIELDS,
  PREMIUM_FIELDS,
  sha256,
  utcText,
} from '@cointrader/core'
import { type Column, decodeParquet, encodeParquet, makeTable, numbers, strings, type Table } from '@cointrader/store'
import { isFileFault } from './acquire.js'
import { asOfBars, type KnownRows, metricsDefects } from './asof.js'
import { type DayBars, layOnDay } from './bars.js'
import { pandasNumber } from './compat/pandas-number.js'
import { lastRowOnly, researchRows } from './compat/research.js'
import type { BuiltTable, DayFile, DayJob, DayResult, SourceRow, SymbolJob } from './jobs.js'

/** Archive column of each KLINE_FIELDS entry. */
const KLINE_SOURCE = [1, 2, 3, 4, 5, 7, 8, 9, 10] as const
const OHLC_SOURCE = [1, 2, 3, 4] as const
const MARK_COLUMNS = ['symbol', 'start_time_ms', 'start_time_utc', 'open', 'high', 'low', 'close'] as const

type Refused = DayResult['refused'][number]

/** One symbol laid on the day's grid: which bars exist and, per column, a value for every bar of the grid. */
interface SymbolDay {
  readonly symbol: string
  readonly present: Uint8Array
  readonly columns: ReadonlyMap<string, Float64Array>
}

export async function assembleDay(job: DayJob): Promise<DayResult> {
  const sources: SourceRow[] = []
  const contents: { kind: SourceRow['kind']; symbol: string; sha256: string }[] = []
  const refused: Refused[] = []
  const skipped: { kind: SourceRow['kind']; symbol: string; reason: string }[] = []
  const day: SymbolDay[] = []
  const mark: SymbolDay[] = []
  for (const symbolJob of job.symbols) {
    const parts = new Map<string, SymbolDay>()
    const known: KnownRows[] = []
    for (const file of [symbolJob.previousMetrics ?? [], symbolJob.files].flat()) {
      const { symbol } = symbolJob
      try {
        const csv = await csvOf(file)
        const read = file.kind === 'metrics' ? readMetrics(csv, file, symbolJob, job) : readBars(csv, file, symbol, job)
        if (read.known) known.push(read.known)
        if (read.part) parts.set(file.kind, read.part)
        sources.push(sourceRow(file, symbolJob, read))
        contents.push({ kind: file.kind, symbol, sha256: rowsHash(csv) })
      } catch (error) {
        if (isError(error, 'E_ROW_COUNT')) {
          skipped.push({ kind: file.kind, symbol, reason: error.detail })
          continue
        }
        if (!isFileFault(error)) throw error
        refused.push({ kind: file.kind, symbol, path: file.path, code: error.code, message: error.message })
      }
    }
    if (known.length > 0) parts.set('metrics', metricsPart(symbolJob.symbol, known, job))
    const klines = parts.get('klines')
    if (klines) {
      const columns = new Map([
        ...klines.columns,
        ...(parts.get('premium')?.columns ?? []),
        ...(parts.get('metrics')?.columns ?? []),
      ])
      day.push({ ...klines, columns })
    }
    const markPart = parts.get('mark')
    if (markPart) mark.push(markPart)
  }
  const metadata = { 'cointrader.interval': job.interval, 'cointrader.market': job.market }
  const dayNames = DAY_COLUMNS.map(([name]) => name)
  const info = {
    ...metadata,
    'cointrader.compat': job.compat ?? 'none',
    'cointrader.kinds': job.kinds.join(','),
    'cointrader.max_metrics_age_ms': String(job.maxMetricsAgeMs),
  }
  return {
    type: 'day',
    day: await build(day, dayNames, job, job.existing, info),
    mark: job.kinds.includes('mark')
      ? await build(mark, MARK_COLUMNS, job, job.existingMark, { ...metadata, 'cointrader.kinds': 'mark' })
      : null,
    sources,
    contents,
    refused,
    skipped,
  }
}

const numberParser = (job: DayJob): NumberParser => (job.compat === 'research' ? pandasNumber : parseNumber)

async function csvOf(file: DayFile): Promise<Uint8Array> {
  if (file.format === 'zip') return readCsvFromZip(file.bytes, file.path)
  return file.format === 'slice' ? inflateRawSync(file.bytes) : file.bytes
}

interface Read {
  readonly part: SymbolDay | null
  /** Metrics rows, to be joined over the day's and the day before's file. */
  readonly known?: KnownRows
  readonly rows: number
  readonly header: boolean
  readonly firstMs: number | null
  readonly lastMs: number | null
  readonly defects: readonly Defect[]
}

function readBars(csv: Uint8Array, file: DayFile, symbol: string, job: DayJob): Read {
  let rows: KlineRows = parseKlines(csv, file.path, numberParser(job))
  if (job.compat === 'research' && file.kind === 'klines') rows = researchRows(rows, file.path)
  const laid = layOnDay(rows, job.date, job.interval, symbol, file.kind, file.path)
  const fields: readonly string[] =
    file.kind === 'klines' ? KLINE_FIELDS : file.kind === 'premium' ? PREMIUM_FIELDS : MARK_COLUMNS.slice(3)
  const from = file.kind === 'klines' ? KLINE_SOURCE : OHLC_SOURCE
  const columns = new Map(fields.map((name, k) => [name, gather(rows.columns[from[k]!]!, laid)] as const))
  const present = Uint8Array.from(laid.rowAt, (r) => (r >= 0 ? 1 : 0))
  return {
    part: laid.bars > 0 ? { symbol, present, columns } : null,
    rows: rows.rows,
    header: rows.header,
    firstMs: rows.rows ? rows.columns[0]!.reduce((a, b) => Math.min(a, b)) : null,
    lastMs: rows.rows ? rows.columns[0]!.reduce((a, b) => Math.max(a, b)) : null,
    defects: laid.defects,
  }
}

function gather(values: Float64Array, laid: DayBars): Float64Array {
  const out = new Float64Array(laid.rowAt.length)
  for (let b = 0; b < out.length; b++) out[b] = laid.rowAt[b]! < 0 ? Number.NaN : values[laid.rowAt[b]!]!
  return out
}

/** A metrics file, the day's own or that of the day before (which serves the first minutes and reports no defects). */
function readMetrics(csv: Uint8Array, file: DayFile, { symbol, previousMetrics }: SymbolJob, job: DayJob): Read {
  const rows = parseMetrics(csv, file.path, numberParser(job))
  const previous = file === previousMetrics
  const known = knownRows(rows, file, job, previous ? -DAY_MS : 0)
  const ms = known.knownMs
  return {
    part: null,
    known: previous && job.compat === 'research' ? lastRowOnly(known) : known,
    rows: rows.rows,
    header: rows.header,
    firstMs: rows.rows ? ms.reduce((a, b) => Math.min(a, b)) : null,
    lastMs: rows.rows ? ms.reduce((a, b) => Math.max(a, b)) : null,
    defects: previous ? [] : metricsDefects(rows, ms, job.date, symbol),
  }
}

function metricsPart(symbol: string, known: readonly KnownRows[], job: DayJob): SymbolDay {
  const maxAge = job.compat === 'research' ? Number.POSITIVE_INFINITY : job.maxMetricsAgeMs
  const values = asOfBars(known, job.date, job.interval, maxAge)
  const columns = new Map(METRICS_FIELDS.map((name, c) => [name, values[c]!] as const))
  return { symbol, present: new Uint8Array(0), columns }
}

/**
 * The instant each row was known. REST rows get one period on top: the venue does not document which end of the period
 * its stamp is, and five minutes too late is safe where five minutes too early is look-ahead (BX-05).
 */
function knownRows(rows: ReturnType<typeof parseMetrics>, file: DayFile, job: DayJob, dayOffsetMs: number): KnownRows {
  const fileDate = utcText(dateMs(job.date) + dayOffsetMs).slice(0, 10) as DayJob['date']
  const knownMs = rows.createMs.map((ms) => {
    if (job.compat === 'research') return ms
    return file.route === 'rest' ? ms + METRICS_PERIOD_MS : metricsKnownAt(ms, fileDate)
  })
  return { knownMs, values: rows.values }
}

function sourceRow(file: DayFile, { symbol, previousMetrics }: SymbolJob, read: Read): SourceRow {
  const facts = file.whole ?? {
    bytes: file.bytes.byteLength,
    rows: read.rows,
    firstMs: read.firstMs,
    lastMs: read.lastMs,
    header: read.header,
  }
  return {
    path: file.path,
    kind: file.kind,
    symbol,
    route: file.route,
    etag: file.etag,
    sha256: file.sha256,
    verified: file.verified,
    ...facts,
    ...(file === previousMetrics ? { previousDay: true as const } : {}),
    defects: read.defects,
  }
}

/** Hash of the data rows without header and final line break: what daily and monthly files have in common. */
function rowsHash(csv: Uint8Array): string {
  let end = csv.length
  while (end > 0 && (csv[end - 1] === 10 || csv[end - 1] === 13)) end--
  return sha256(csv.subarray(Math.min(splitHeader(csv).dataStart, end), end))
}

async function build(
  parts: SymbolDay[],
  names: readonly string[],
  job: DayJob,
  existing: DayJob['existing'],
  metadata: Record<string, string>,
): Promise<BuiltTable | null> {
  const kept = existing
    ? await symbolDays((await decodeParquet(existing.bytes, `day table ${job.date}`)).table, existing.keep, names, job)
    : []
  const all = [...kept, ...parts].sort((a, b) => byCodeUnit(a.symbol, b.symbol))
  const table = stack(all, names, job)
  if (table.rows === 0) return null
  const times = numbers(table, 'start_time_ms')
  return {
    parquet: encodeParquet(table, metadata),
    rows: table.rows,
    columns: [...table.columns.keys()],
    timeRange: [times[0]!, times[times.length - 1]!],
    symbols: all.filter((s) => s.present.includes(1)).map((s) => s.symbol),
  }
}

/** Stacks symbols by (time, symbol). Columns a symbol lacks are NaN. */
function stack(parts: readonly SymbolDay[], names: readonly string[], job: DayJob): Table {
  const bars = barsPerDay(job.interval)
  const start = dateMs(job.date)
  const step = intervalMs(job.interval)
  let rows = 0
  for (const part of parts) for (let b = 0; b < bars; b++) rows += part.present[b]!
  const slotOf = new Int32Array(rows)
  const partOf = new Int32Array(rows)
  let r = 0
  for (let b = 0; b < bars; b++) {
    for (let p = 0; p < parts.length; p++) {
      if (parts[p]!.present[b] !== 1) continue
      slotOf[r] = b
      partOf[r++] = p
    }
  }
  const text = Array.from({ length: bars }, (_, b) => utcText(start + b * step))
  const column = (name: string): Column => {
    // Plain loops: `from` with a function walks typed arrays by iterator, several times slower.
    if (name === 'symbol' || name === 'start_time_utc') {
      const data = new Array<string>(rows)
      for (let i = 0; i < rows; i++) data[i] = name === 'symbol' ? parts[partOf[i]!]!.symbol : text[slotOf[i]!]!
      return { type: 'string', data }
    }
    if (name === 'start_time_ms') {
      const data = new Float64Array(rows)
      for (let i = 0; i < rows; i++) data[i] = start + slotOf[i]! * step
      return { type: 'int64', data }
    }
    const from = parts.map((p) => p.columns.get(name))
    const data = name === 'num_trades' ? new Int32Array(rows) : new Float64Array(rows)
    if (from.every((f) => f === undefined)) data.fill(Number.NaN)
    else for (let i = 0; i < rows; i++) data[i] = from[partOf[i]!]?.[slotOf[i]!] ?? Number.NaN
    return name === 'num_trades'
      ? { type: 'int32', data: data as Int32Array }
      : { type: 'float64', data: data as Float64Array }
  }
  return makeTable(names.map((name) => [name, column(name)] as const))
}

/** The reverse of {@link stack}, for the symbols of an older table that stay. */
async function symbolDays(
  table: Table,
  keep: readonly string[],
  names: readonly string[],
  job: DayJob,
): Promise<SymbolDay[]> {
  const bars = barsPerDay(job.interval)
  const start = dateMs(job.date)
  const step = intervalMs(job.interval)
  const symbol = strings(table, 'symbol')
  const time = numbers(table, 'start_time_ms')
  const wanted = new Map(
    keep.map(
      (s) => [s, { symbol: s, present: new Uint8Array(bars), columns: new Map<string, Float64Array>() }] as const,
    ),
  )
  const valueNames = names.filter((n) => !['symbol', 'start_time_ms', 'start_time_utc'].includes(n))
  for (const part of wanted.values())
    for (const name of valueNames) part.columns.set(name, new Float64Array(bars).fill(Number.NaN))
  for (let i = 0; i < table.rows; i++) {
    const part = wanted.get(symbol[i]!)
    if (!part) continue
    const slot = (time[i]! - start) / step
    if (!Number.isInteger(slot) || slot < 0 || slot >= bars)
      fail('E_FILE_CORRUPT', { subject: `day table ${job.date}`, detail: `row ${i + 1} is off the grid` })
    part.present[slot] = 1
    for (const name of valueNames) part.columns.get(name)![slot] = numbers(table, name)[i]!
  }
  return [...wanted.values()]
}
