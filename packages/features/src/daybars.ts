/** Day tables as blocks of minutes × symbols, in memory that threads can share. */
import { byCodeUnit, DAY_COLUMNS, DAY_MS, dateMs, MINUTE_MS, type UtcDate } from '@cointrader/core'
import { numbers, strings, type Table } from '@cointrader/store'
import type { Bars } from './graph/evaluate.js'

/** Minutes of a UTC day. */
export const DAY_MINUTES = DAY_MS / MINUTE_MS

/** Numeric fields of a day table, in its order. */
export const BAR_FIELDS: readonly string[] = DAY_COLUMNS.filter(
  ([name, type]) => type !== 'string' && name !== 'start_time_ms',
).map(([name]) => name)

/** One day of some symbols: `fields[name][s * 1440 + minute]`, NaN where there is nothing. */
export interface DayBars {
  readonly date: UtcDate
  /** Sorted by code unit. */
  readonly symbols: readonly string[]
  /** Fields that the table has. */
  readonly fields: Readonly<Record<string, Float64Array>>
  /** 1 where the table has a row. */
  readonly present: Uint8Array
  /** Rows of the table that were left out: off the minute grid or of another day. */
  readonly offGrid: number
}

/**
 * Lays the rows of `symbols` (absent: all of the table) on the minutes of the day. Of two rows for one minute the later
 * counts. `shared` puts the numbers into shared memory.
 */
export function dayBars(table: Table, date: UtcDate, symbols?: readonly string[], shared = false): DayBars {
  const names = strings(table, 'symbol', date)
  const time = numbers(table, 'start_time_ms', date)
  const sorted = [...new Set(symbols ?? names)].sort(byCodeUnit)
  const place = new Map(sorted.map((s, i) => [s, i]))
  const cells = sorted.length * DAY_MINUTES
  const make = (bytes: number): ArrayBufferLike => (shared ? new SharedArrayBuffer(bytes) : new ArrayBuffer(bytes))
  const start = dateMs(date)
  const target = new Int32Array(table.rows)
  const present = new Uint8Array(make(cells))
  let offGrid = 0
  for (let i = 0; i < table.rows; i++) {
    const s = place.get(names[i]!)
    const minute = (time[i]! - start) / MINUTE_MS
    const onGrid = Number.isInteger(minute) && minute >= 0 && minute < DAY_MINUTES
    if (s !== undefined && !onGrid) offGrid++
    target[i] = s === undefined || !onGrid ? -1 : s * DAY_MINUTES + minute
    if (target[i]! >= 0) present[target[i]!] = 1
  }
  const fields: Record<string, Float64Array> = {}
  for (const name of BAR_FIELDS) {
    if (!table.columns.has(name)) continue
    const source = numbers(table, name, date)
    const out = new Float64Array(make(cells * 8)).fill(Number.NaN)
    for (let i = 0; i < target.length; i++) if (target[i]! >= 0) out[target[i]!] = source[i]!
    fields[name] = out
  }
  return { date, symbols: sorted, fields, present, offGrid }
}

/**
 * Joins days into one block for `symbols` (sorted) over rows `[firstRow, lastRow)`; what no day has is NaN. A field is
 * absent when no day has it.
 */
export function joinDays(
  days: readonly DayBars[],
  symbols: readonly string[],
  firstRow: number,
  lastRow: number,
): Bars {
  const rows = lastRow - firstRow
  const fields: Record<string, Float64Array> = {}
  for (const name of BAR_FIELDS) {
    if (!days.some((d) => d.fields[name] !== undefined)) continue
    fields[name] = new Float64Array(rows * symbols.length).fill(Number.NaN)
  }
  for (const day of days) {
    const place = new Map(day.symbols.map((s, i) => [s, i]))
    const dayRow = dateMs(day.date) / MINUTE_MS
    const from = Math.max(dayRow, firstRow)
    const to = Math.min(dayRow + DAY_MINUTES, lastRow)
    if (from >= to) continue
    symbols.forEach((symbol, s) => {
      const i = place.get(symbol)
      if (i === undefined) return
      for (const [name, data] of Object.entries(day.fields)) {
        const at = i * DAY_MINUTES - dayRow
        fields[name]!.set(data.subarray(at + from, at + to), s * rows + from - firstRow)
      }
    })
  }
  return { firstRow, rows, symbols, fields }
}
