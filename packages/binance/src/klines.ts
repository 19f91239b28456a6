/** Kline-shaped CSV (klines, premium, mark): twelve columns by position, header or not (RP-03, BX-01, BX-02). */
import { fail } from '@cointrader/core'
import { countLines, forEachRow, type NumberParser, parseNumber, splitHeader } from './csv.js'
import { type TimeUnit, toMs } from './instants.js'

/** Columns of the file by position; `columns[0]` is open time and `columns[6]` close time, both in ms. */
export interface KlineRows {
  readonly rows: number
  readonly header: boolean
  readonly columns: readonly Float64Array[]
  /** Cells that were not numbers: data row, column. Stored as NaN. */
  readonly bad: readonly { readonly row: number; readonly column: number }[]
}

export const KLINE_COLUMN_COUNT = 12

/** Parses a whole file. Errors: `E_CSV` for a wrong column count or an unreadable time, `E_MIXED_TIME_UNITS`. */
export function parseKlines(bytes: Uint8Array, subject: string, toNumber: NumberParser = parseNumber): KlineRows {
  const { dataStart, header } = splitHeader(bytes)
  if (header !== null && !/^open[_ ]?time$/.test(header[0]!)) {
    fail('E_CSV', { subject, detail: `the first column is named "${header[0]}", not open_time` })
  }
  const capacity = countLines(bytes, dataStart)
  const columns = Array.from({ length: KLINE_COLUMN_COUNT }, () => new Float64Array(capacity))
  const bad: { row: number; column: number }[] = []
  let unit: TimeUnit = null
  let rows = 0
  forEachRow(bytes, dataStart, (row, lineStart, ends, fields) => {
    if (fields !== KLINE_COLUMN_COUNT)
      fail('E_CSV', { subject, detail: `data row ${row + 1} has ${fields} columns, not 12` })
    let from = lineStart
    for (let k = 0; k < 11; k++) {
      const value = toNumber(bytes, from, ends[k]!)
      columns[k]![row] = value
      if (Number.isNaN(value)) bad.push({ row, column: k })
      from = ends[k]! + 1
    }
    const open = columns[0]![row]!
    if (!(open > 0)) fail('E_CSV', { subject, detail: `data row ${row + 1} has no readable open time` })
    const time = toMs(open, unit, subject, row)
    unit = time.unit
    columns[0]![row] = time.ms
    // Close time in µs is …999999: floor keeps it in its millisecond.
    columns[6]![row] = unit === 'us' ? Math.floor(columns[6]![row]! / 1000) : columns[6]![row]!
    rows = row + 1
  })
  return { rows, header: header !== null, columns: columns.map((c) => c.subarray(0, rows)), bad }
}

/** The header line of today's archive files, used where we write such a file (REST days). */
export const KLINE_HEADER =
  'open_time,open,high,low,close,volume,close_time,quote_volume,count,taker_buy_volume,taker_buy_quote_volume,ignore\n'
