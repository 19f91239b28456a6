/**
 * `cointrader data export`: minute tables to `{SYMBOL}_{interval}.parquet` in the layout of the bot's data set
 * (shared/data/binance-15m): OHLCV, the same of BTC and ETH joined on the bar, oi_change, funding_rate, timestamp (the
 * bar's start; a bar is known at its end). Its defects are not repeated: an unfinished bar is never written (D-16).
 */
import { join } from 'node:path'
import {
  barsPerDay,
  byCodeUnit,
  dateMs,
  dateRange,
  fail,
  type Interval,
  intervalMs,
  type Json,
  MINUTE_MS,
  type Progress,
  sha256,
  silentProgress,
  type UtcDate,
} from '@cointrader/core'
import {
  type Column,
  type Disk,
  decodeParquet,
  encodeParquet,
  makeTable,
  strings,
  walk,
  writeWithManifest,
} from '@cointrader/store'
import { BAR_SOURCE, type Bars, barMaker } from './bar-maker.js'
import { classify } from './data-layout.js'
import { fundingRate, openInterestChange, readFunding, readOpenInterest, type Series } from './export-side.js'

/** Symbols whose bars stand beside every export, and the endings of their columns. */
const SIDES = [
  ['BTCUSDT', 'btc'],
  ['ETHUSDT', 'eth'],
] as const
const FIELDS = ['open', 'high', 'low', 'close', 'volume'] as const
/** Bars in memory at once (44 bytes each): symbols are exported in groups of this many bars together. */
const BARS_AT_ONCE = 2_000_000

export interface ExportOptions {
  readonly disk: Disk
  readonly dataDir: string
  readonly outDir: string
  readonly interval: Interval
  /** Null exports every symbol there is. */
  readonly symbols: readonly string[] | null
  /** Inclusive; null is the first or last day there is. */
  readonly startDate: UtcDate | null
  readonly endDate: UtcDate | null
  /** Also writes bars of which some minutes are missing. */
  readonly allowPartial: boolean
  readonly codeVersion: string
  readonly progress?: Progress
  readonly signal?: AbortSignal
}

export interface ExportedFile {
  readonly symbol: string
  /** File name in the output folder; null when the symbol has no complete bar. */
  readonly file: string | null
  readonly bars: number
  /** Bars with some of their minutes, and bars with none, between the first and the last day. */
  readonly incomplete: number
  readonly absent: number
  /** Complete bars left out because BTC or ETH has none there. */
  readonly withoutSide: number
  /** Written bars without open-interest change, and without funding rate: 0 stands there. */
  readonly withoutOi: number
  readonly withoutFunding: number
}

export interface ExportReport {
  readonly from: UtcDate
  readonly to: UtcDate
  readonly missingDays: readonly UtcDate[]
  readonly sides: readonly string[]
  readonly files: readonly ExportedFile[]
  /** Wanted symbols without a row in the range. */
  readonly unknown: readonly string[]
}

/** Errors `E_NOTHING_FOUND` (no minute tables in the range), `E_FILE_CORRUPT`, `E_DISK`. */
export async function exportBars(options: ExportOptions): Promise<ExportReport> {
  const { disk, dataDir, interval, progress = silentProgress, signal } = options
  const days = (await walk(disk, dataDir)).flatMap((path) => {
    const file = classify(path)
    return file.type === 'day' && file.group === '1m_raw_data' ? [file.date] : []
  })
  const dates = days.filter((d) => (options.startDate ?? d) <= d && d <= (options.endDate ?? d))
  if (dates.length === 0) {
    fail('E_NOTHING_FOUND', {
      subject: 'data export',
      detail: 'no 1m day tables in the range',
      next: 'fetch them first: cointrader fetch --interval 1m',
    })
  }
  const [from, to] = [dates[0]!, dates.at(-1)!]
  const [fromMs, step] = [dateMs(from), intervalMs(interval)]
  const missingDays = dateRange(from, to).filter((d) => !dates.includes(d))
  const count = dateRange(from, to).length * barsPerDay(interval)

  const present = await symbolsOf(options, dates)
  const sides = SIDES.filter(([s]) => present.has(s))
  const wanted = [...new Set(options.symbols ?? present)].sort(byCodeUnit)
  const known = wanted.filter((s) => present.has(s))
  const perGroup = Math.max(1, Math.floor(BARS_AT_ONCE / count) - sides.length)
  const files: ExportedFile[] = []
  progress.total(dates.length * Math.ceil(known.length / perGroup))
  for (let g = 0; g < known.length; g += perGroup) {
    const group = known.slice(g, g + perGroup)
    const maker = barMaker(new Set([...group, ...sides.map(([s]) => s)]), fromMs, step, count)
    const tables: Record<string, string> = {}
    for (const date of dates) {
      signal?.throwIfAborted()
      progress.advance(1, date)
      const path = `1m_raw_data/${date}.parquet`
      const bytes = (await disk.read(join(dataDir, path))) ?? fail('E_FILE_MISSING', { subject: path })
      tables[path] = sha256(bytes)
      maker.add((await decodeParquet(bytes, path, BAR_SOURCE)).table, path)
    }
    const oi = await readOpenInterest(options, new Set(group), fromMs, fromMs + count * step)
    for (const symbol of group) {
      signal?.throwIfAborted()
      const funding = await readFunding(options, symbol)
      const inputs = { tables, openInterest: oi.series.has(symbol) ? oi.inputs : {}, funding: funding?.sha256 ?? null }
      const sideBars = sides.map(([s, ending]) => ({ ending, bars: maker.bars(s) }))
      files.push(
        await writeOne(options, {
          symbol,
          fromMs,
          step,
          count,
          bars: maker.bars(symbol),
          sides: sideBars,
          oi: oi.series.get(symbol),
          funding: funding?.series,
          inputs,
          range: [from, to],
        }),
      )
    }
  }
  return { from, to, missingDays, sides: sides.map(([s]) => s), files, unknown: wanted.filter((s) => !present.has(s)) }
}

interface Job {
  readonly symbol: string
  readonly fromMs: number
  readonly step: number
  readonly count: number
  readonly bars: Bars | undefined
  readonly sides: readonly { readonly ending: string; readonly bars: Bars | undefined }[]
  readonly oi: Series | undefined
  readonly funding: Series | undefined
  readonly inputs: Json
  readonly range: readonly [UtcDate, UtcDate]
}

async function writeOne(options: ExportOptions, job: Job): Promise<ExportedFile> {
  const { symbol, fromMs, step, count, bars, sides } = job
  const enough = options.allowPartial ? 1 : step / MINUTE_MS
  const rows: number[] = []
  let [incomplete, absent, withoutSide] = [0, 0, 0]
  for (let i = 0; i < count; i++) {
    const minutes = bars?.minutes[i] ?? 0
    if (minutes === 0) absent++
    else if (minutes < step / MINUTE_MS) incomplete++
    if (minutes < enough) continue
    if (sides.every((s) => (s.bars?.minutes[i] ?? 0) >= enough)) rows.push(i)
    else withoutSide++
  }
  const oi = openInterestChange(job.oi, fromMs, step, count)
  const funding = fundingRate(job.funding, fromMs, step, count)
  const without = (known: Uint8Array) => rows.reduce((n, i) => n + (known[i] === 0 ? 1 : 0), 0)
  const counts = {
    bars: rows.length,
    incomplete,
    absent,
    withoutSide,
    withoutOi: without(oi.known),
    withoutFunding: without(funding.known),
  }
  if (rows.length === 0 || bars === undefined) return { symbol, file: null, ...counts }

  const pick = (data: Float64Array): Column => ({ type: 'float64', data: Float64Array.from(rows, (i) => data[i]!) })
  const columns: [string, Column][] = FIELDS.map((f) => [f, pick(bars[f])])
  for (const { ending, bars: side } of sides)
    columns.push(...FIELDS.map((f): [string, Column] => [`${f}_${ending}`, pick(side![f])]))
  columns.push(['oi_change', pick(oi.values)], ['funding_rate', pick(funding.values)])
  columns.push(['timestamp', { type: 'int64', data: Float64Array.from(rows, (i) => fromMs + i * step) }])
  const table = makeTable(columns)
  const file = `${symbol}_${options.interval}.parquet`
  const { interval, allowPartial } = options
  await writeWithManifest(
    options.disk,
    join(options.outDir, file),
    encodeParquet(table, { 'cointrader.interval': interval, 'cointrader.symbol': symbol }),
    {
      kind: 'export-bars',
      command: 'cointrader data export',
      codeVersion: options.codeVersion,
      seed: null,
      config: { symbol, interval, allowPartial, from: job.range[0], to: job.range[1] },
      inputs: job.inputs,
      rows: table.rows,
      columns: [...table.columns.keys()],
      timeRange: [fromMs + rows[0]! * step, fromMs + rows.at(-1)! * step],
      details: {
        ...counts,
        timestamp: 'start of the bar, ms UTC; the bar is known at timestamp + interval',
        sides:
          sides.length > 0
            ? `joined on timestamp: ${sides.map((s) => s.ending).join(', ')}`
            : 'none: the data folder has neither BTCUSDT nor ETHUSDT',
        oi_change: job.oi
          ? 'relative change of collected open interest in coins, by known_at_ms; 0 where not known'
          : 'not known: 0 in every row (no collected open interest)',
        funding_rate: job.funding
          ? 'last rate settled at or before timestamp, at most 24 hours old; 0 where not known'
          : 'not known: 0 in every row (no funding file)',
      },
    },
  )
  return { symbol, file, ...counts }
}

/** Every symbol of the day tables. */
async function symbolsOf({ disk, dataDir, signal }: ExportOptions, dates: readonly UtcDate[]): Promise<Set<string>> {
  const all = new Set<string>()
  for (const date of dates) {
    signal?.throwIfAborted()
    const path = `1m_raw_data/${date}.parquet`
    const { table } = await decodeParquet((await disk.read(join(dataDir, path))) ?? new Uint8Array(), path, ['symbol'])
    for (const symbol of strings(table, 'symbol', path)) all.add(symbol)
  }
  return all
}
