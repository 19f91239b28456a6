/** Day tables as the preprocessor sees them: where they are, and the rows of each symbol on the minute grid of the day. */
import { join } from 'node:path'
import { byCodeUnit, DAY_MS, dateMs, MINUTE_MS, paths, type UtcDate } from '@cointrader/core'
import { type Disk, numbers, strings, type Table, takeRows } from '@cointrader/store'

/** Minutes of a UTC day. */
export const DAY_MINUTES = DAY_MS / MINUTE_MS

/**
 * Path of a day table: in a data folder `1m_raw_data/{date}.parquet`, else `{date}.parquet` directly in the folder
 * (a folder of day tables). Undefined when neither exists.
 */
export async function dayTablePath(disk: Disk, dataDir: string, date: UtcDate): Promise<string | undefined> {
  for (const path of [join(dataDir, paths.dayTable(date)), join(dataDir, `${date}.parquet`)]) {
    if (await disk.exists(path)) return path
  }
  return undefined
}

/** The rows of one symbol. */
export interface SymbolRows {
  readonly symbol: string
  /** Row numbers in row order, all of them. */
  readonly rows: Int32Array
  /** Row number of each minute of the day, -1 where there is none; of two rows for a minute the later one. */
  readonly at: Int32Array
}

/**
 * Groups the rows of a table by symbol (sorted by code unit) and lays them on the day's minutes. Rows off the grid or of
 * another day are in `rows` but not in `at`.
 */
export function symbolRows(table: Table, date: UtcDate, subject: string = date): SymbolRows[] {
  const symbol = strings(table, 'symbol', subject)
  const time = numbers(table, 'start_time_ms', subject)
  const start = dateMs(date)
  const counts = new Map<string, number>()
  for (let i = 0; i < table.rows; i++) counts.set(symbol[i]!, (counts.get(symbol[i]!) ?? 0) + 1)
  const groups = new Map<string, { rows: Int32Array; at: Int32Array; filled: number }>()
  for (const [name, count] of counts) {
    groups.set(name, { rows: new Int32Array(count), at: new Int32Array(DAY_MINUTES).fill(-1), filled: 0 })
  }
  for (let i = 0; i < table.rows; i++) {
    const group = groups.get(symbol[i]!)!
    group.rows[group.filled++] = i
    const minute = (time[i]! - start) / MINUTE_MS
    if (Number.isInteger(minute) && minute >= 0 && minute < DAY_MINUTES) group.at[minute] = i
  }
  return [...groups].sort(([a], [b]) => byCodeUnit(a, b)).map(([name, { rows, at }]) => ({ symbol: name, rows, at }))
}

/**
 * The table with exactly one row per symbol and minute, sorted by (time, symbol): rows off the grid, of other days and
 * superseded doubles are left out. A sound table is returned as it is.
 */
export function cleanRows(table: Table, date: UtcDate): Table {
  const groups = symbolRows(table, date)
  const index = new Int32Array(table.rows)
  let n = 0
  let ordered = true
  for (let minute = 0; minute < DAY_MINUTES; minute++) {
    for (const { at } of groups) {
      if (at[minute]! < 0) continue
      ordered &&= at[minute] === n
      index[n++] = at[minute]!
    }
  }
  return ordered && n === table.rows ? table : takeRows(table, index.subarray(0, n))
}

/**
 * Calls `found` for every maximal run `[from, to)` of equal codes other than 0.
 */
export function eachRun(codes: Uint8Array, found: (code: number, from: number, to: number) => void): void {
  for (let i = 0; i < codes.length; ) {
    const code = codes[i]!
    let end = i + 1
    while (end < codes.length && codes[end] === code) end++
    if (code !== 0) found(code, i, end)
    i = end
  }
}
