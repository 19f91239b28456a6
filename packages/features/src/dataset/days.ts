/** XY tables one day at a time, from a disk or from memory, with the checks every reader needs. */
import { DAY_MS, dateMs, dateOf, fail, type UtcDate } from '@cointrader/core'
import {
  type Disk,
  decodeParquet,
  type NumericData,
  numbers,
  parquetColumns,
  strings,
  type Table,
  takeRows,
} from '@cointrader/store'
import { COLUMNS_KEY, type ColumnFacts } from '../build/metadata.js'
import { factsByName, parseColumnFacts } from './columns.js'
import { failAbsent } from './errors.js'

/** One day's table, opened: its columns are decoded when asked for. */
export interface XyDay {
  readonly date: UtcDate
  /** Names the file in errors. */
  readonly subject: string
  /** What the table says of its column, else what the name says, else undefined. */
  facts(column: string): ColumnFacts | undefined
  /** Stored column names in stored order. */
  readonly names: readonly string[]
  /** The named columns. Error `E_FILE_CORRUPT` naming all that are absent. */
  read(columns: readonly string[]): Promise<Table>
}

export interface XyDays {
  /** Undefined when there is no table of that day. */
  open(date: UtcDate): Promise<XyDay | undefined>
}

/** File name of RP-20, with our ending. */
export function xyFile(date: UtcDate, top: number): string {
  return `${date}_xy_top${top}.parquet`
}

/** Day files `{dir}/{date}_xy_top{N}.parquet`. */
export function diskDays(disk: Disk, dir: string, top: number): XyDays {
  return {
    async open(date) {
      const subject = `${dir}/${xyFile(date, top)}`
      const bytes = await disk.read(subject)
      if (bytes === undefined) return undefined
      const { metadata } = await decodeParquet(bytes, subject, [])
      const stated = metadata[COLUMNS_KEY] === undefined ? undefined : parseColumnFacts(metadata[COLUMNS_KEY], subject)
      const names = await parquetColumns(bytes, subject)
      return {
        date,
        subject,
        facts: (column) => stated?.get(column) ?? factsByName(column),
        names,
        async read(columns) {
          refuseAbsent(subject, columns, names)
          return (await decodeParquet(bytes, subject, columns)).table
        },
      }
    },
  }
}

function refuseAbsent(subject: string, wanted: readonly string[], names: readonly string[]): void {
  const there = new Set(names)
  const absent = wanted.filter((name) => !there.has(name))
  if (absent.length > 0) failAbsent(subject, absent)
}

/** Tables in memory, for tests and for tables that hold many days (see {@link splitDays}). */
export function memoryDays(tables: ReadonlyMap<string, Table>, stated?: ReadonlyMap<string, ColumnFacts>): XyDays {
  return {
    async open(date) {
      const table = tables.get(date)
      if (table === undefined) return undefined
      const subject = `table of ${date}`
      return {
        date,
        subject,
        facts: (column) => stated?.get(column) ?? factsByName(column),
        names: [...table.columns.keys()],
        async read(columns) {
          refuseAbsent(subject, columns, [...table.columns.keys()])
          return { rows: table.rows, columns: new Map(columns.map((name) => [name, table.columns.get(name)!])) }
        },
      }
    },
  }
}

/** Cuts a table of many days, sorted by `start_time_ms`, into day tables. */
export function splitDays(table: Table): Map<UtcDate, Table> {
  const time = numbers(table, 'start_time_ms')
  const rows = new Map<UtcDate, number[]>()
  for (let r = 0; r < time.length; r++) {
    const date = dateOf(time[r]!)
    const list = rows.get(date)
    if (list === undefined) rows.set(date, [r])
    else list.push(r)
  }
  return new Map([...rows].map(([date, index]) => [date, takeRows(table, index)]))
}

export interface DayKeys {
  readonly time: NumericData
  readonly symbol: readonly string[]
  readonly rows: number
}

/**
 * Time and symbol of each row. Error `E_FILE_CORRUPT` when rows are not strictly ascending by (time, symbol), so also for
 * a repeated row, or belong to another day: windows and borders hang on both.
 */
export async function readKeys(day: XyDay): Promise<DayKeys> {
  const table = await day.read(['start_time_ms', 'symbol'])
  const time = numbers(table, 'start_time_ms', day.subject)
  const symbol = strings(table, 'symbol', day.subject)
  const from = dateMs(day.date)
  for (let r = 0; r < time.length; r++) {
    const t = time[r]!
    if (!(t >= from && t < from + DAY_MS)) {
      fail('E_FILE_CORRUPT', { subject: day.subject, detail: `row ${r} has start_time_ms ${t}, not of ${day.date}` })
    }
    if (r > 0 && !(t > time[r - 1]! || (t === time[r - 1]! && symbol[r]! > symbol[r - 1]!))) {
      fail('E_FILE_CORRUPT', {
        subject: day.subject,
        detail: `row ${r} (${t}, ${symbol[r]}) does not come after the row before it in (start_time_ms, symbol)`,
      })
    }
  }
  return { time, symbol, rows: time.length }
}
