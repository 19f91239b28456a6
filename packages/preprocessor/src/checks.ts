/** Finds what is wrong with a day table, from the table alone: one pass per column, one defect per run of minutes. */
import {
  DAY_MS,
  type Defect,
  type DefectKind,
  dateMs,
  KLINE_FIELDS,
  METRICS_FIELDS,
  MINUTE_MS,
  PREMIUM_FIELDS,
  type UtcDate,
} from '@cointrader/core'
import { type NumericData, numbers, type Table } from '@cointrader/store'
import { DAY_MINUTES, eachRun, type SymbolRows, symbolRows } from './daytable.js'
import { IMPOSSIBLE, type ImpossibleColumns, impossibleCode } from './impossible.js'
import type { LiveSpan } from './sources.js'

/** Sources whose columns are in a day table. */
export const TABLE_SOURCES = { klines: KLINE_FIELDS, premium: PREMIUM_FIELDS, metrics: METRICS_FIELDS } as const
export type TableSource = keyof typeof TABLE_SOURCES
export const TABLE_SOURCE_NAMES = Object.keys(TABLE_SOURCES) as TableSource[]

export interface ScanOptions {
  readonly date: UtcDate
  /** Kinds that were requested; absent: those with at least one value, and klines. */
  readonly kinds?: readonly string[] | undefined
  /** When a symbol traded, where known: minutes before its first or after its last are no gap. */
  readonly live?: Readonly<Record<string, LiveSpan>> | undefined
}

/** The sources of the table that count: the requested ones, or those that hold any value. */
export function requestedSources(table: Table, kinds?: readonly string[]): TableSource[] {
  return TABLE_SOURCE_NAMES.filter((source) => {
    if (!TABLE_SOURCES[source].every((name) => table.columns.has(name))) return false
    if (kinds !== undefined) return kinds.includes(source)
    return (
      source === 'klines' || TABLE_SOURCES[source].some((name) => numbers(table, name).some((x) => !Number.isNaN(x)))
    )
  })
}

/** First and last minute `[from, to)` of the day in which a symbol trades. */
export function liveMinutes(date: UtcDate, span: LiveSpan | undefined): [from: number, to: number] {
  const start = dateMs(date)
  const clip = (ms: number) => Math.min(DAY_MINUTES, Math.max(0, Math.floor((ms - start) / MINUTE_MS)))
  const from = span?.[0] ?? start
  const to = span?.[1] ?? start + DAY_MS
  return [clip(from), clip(to + MINUTE_MS - 1)]
}

/**
 * Every defect of the table (spec BX-04, BX-07, RP-D23, RP-D24), symbol by symbol. Missing cells: a minute without any
 * premium value is `missing_premium`, without any metrics value `stale_metrics`; single cells are `blank_cell`.
 * Infinite cells are `bad_number`.
 */
export function scanDay(table: Table, options: ScanOptions): Defect[] {
  const { date } = options
  const out: Defect[] = []
  const sources = requestedSources(table, options.kinds)
  const time = numbers(table, 'start_time_ms')
  const columns = new Map<string, NumericData>()
  for (const source of sources) for (const name of TABLE_SOURCES[source]) columns.set(name, numbers(table, name))
  const bar = sources.includes('klines') ? (Object.fromEntries(columns) as unknown as ImpossibleColumns) : undefined
  for (const group of symbolRows(table, date)) {
    const scan = new SymbolScan(group, dateMs(date), out)
    rowDefects(scan, group, time, columns)
    gaps(scan, group, liveMinutes(date, options.live?.[group.symbol]))
    if (bar !== undefined) {
      scan.runs(
        (row) => impossibleCode(bar, row),
        (code) => ['impossible_bar', 'klines', '', IMPOSSIBLE[code - 1]!],
      )
    }
    for (const source of sources) missingCells(scan, source, columns)
    const oi = columns.get('mt_oi')
    if (oi !== undefined)
      scan.runs(
        (row) => (oi[row] === 0 ? 1 : 0),
        () => ['zero_open_interest', 'metrics', 'mt_oi', 'open interest 0'],
      )
  }
  return out
}

type Named = readonly [kind: DefectKind, source: string, column: string, detail: string]

/** Turns codes per minute into defects of one symbol. */
class SymbolScan {
  readonly codes = new Uint8Array(DAY_MINUTES)
  constructor(
    readonly group: SymbolRows,
    readonly start: number,
    private readonly out: Defect[],
  ) {}

  /** One defect per run of minutes whose rows have the same code. */
  runs(codeOf: (row: number) => number, name: (code: number) => Named): void {
    for (let m = 0; m < DAY_MINUTES; m++) this.codes[m] = this.group.at[m]! < 0 ? 0 : codeOf(this.group.at[m]!)
    this.flush(name)
  }

  flush(name: (code: number) => Named): void {
    eachRun(this.codes, (code, from, to) => {
      this.add(name(code), this.start + from * MINUTE_MS, this.start + to * MINUTE_MS, to - from)
    })
  }

  add([kind, source, column, detail]: Named, fromMs: number, toMs: number, count: number): void {
    this.out.push({ kind, symbol: this.group.symbol, source, column, fromMs, toMs, count, detail })
  }
}

function gaps(scan: SymbolScan, { at }: SymbolRows, [from, to]: readonly [number, number]): void {
  let first = 0
  while (first < DAY_MINUTES && at[first]! < 0) first++
  let last = DAY_MINUTES - 1
  while (last >= 0 && at[last]! < 0) last--
  for (let m = 0; m < DAY_MINUTES; m++) {
    const gap = at[m]! < 0 && m >= from && m < to
    scan.codes[m] = !gap ? 0 : m < first ? 1 : m > last ? 3 : 2
  }
  const detail = [
    'no bar before the first one of the day',
    'no bar between two bars',
    'no bar after the last one of the day',
  ]
  scan.flush((code) => ['missing_bars', 'klines', '', detail[code - 1]!])
}

/** Rows that a sound day table does not have: off the grid, of another day, doubled, out of order. */
function rowDefects(
  scan: SymbolScan,
  { rows, at }: SymbolRows,
  time: NumericData,
  columns: ReadonlyMap<string, NumericData>,
): void {
  let latest = Number.NEGATIVE_INFINITY
  let unordered = 0
  let low = Number.POSITIVE_INFINITY
  let high = Number.NEGATIVE_INFINITY
  for (const row of rows) {
    const t = time[row]!
    if (t < latest) {
      unordered++
      low = Math.min(low, t)
      high = latest
    }
    latest = Math.max(latest, t)
    const minute = Math.floor((t - scan.start) / MINUTE_MS)
    if (minute < 0 || minute >= DAY_MINUTES) {
      scan.add(['extra_bar', 'klines', '', 'a row of another day'], t, t + MINUTE_MS, 1)
    } else if (t % MINUTE_MS !== 0) {
      scan.add(['shifted_label', 'klines', '', 'a start time off the minute grid'], t, t + MINUTE_MS, 1)
    } else if (at[minute] !== row) {
      const same = [...columns.values()].every((c) => Object.is(c[row], c[at[minute]!]))
      const kind = same ? 'duplicate_bar' : 'conflicting_bar'
      scan.add([kind, 'klines', '', same ? 'two equal rows' : 'two different rows'], t, t + MINUTE_MS, 1)
    }
  }
  if (unordered > 0)
    scan.add(['unordered_rows', 'klines', '', 'rows out of time order'], low, high + MINUTE_MS, unordered)
}

const WHOLE: Readonly<Record<TableSource, Named | undefined>> = {
  klines: undefined,
  premium: ['missing_premium', 'premium', '', 'no premium value'],
  metrics: ['stale_metrics', 'metrics', '', 'no metrics value that is young enough'],
}

function missingCells(scan: SymbolScan, source: TableSource, columns: ReadonlyMap<string, NumericData>): void {
  const names = TABLE_SOURCES[source]
  const data = names.map((name) => columns.get(name)!)
  const whole = WHOLE[source]
  const none = (row: number): boolean => {
    for (const column of data) if (!Number.isNaN(column[row]!)) return false
    return true
  }
  if (whole !== undefined)
    scan.runs(
      (row) => (none(row) ? 1 : 0),
      () => whole,
    )
  for (let c = 0; c < names.length; c++) {
    const column = data[c]!
    scan.runs(
      (row) =>
        Number.isFinite(column[row]) ? 0 : !Number.isNaN(column[row]!) ? 2 : whole !== undefined && none(row) ? 0 : 1,
      (code) =>
        code === 1
          ? ['blank_cell', source, names[c]!, 'no value']
          : ['bad_number', source, names[c]!, 'an infinite value'],
    )
  }
}
