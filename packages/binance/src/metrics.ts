/** The 5-minute metrics file (RP-05, BX-04): open interest and long/short ratios. */
import { fail } from '@cointrader/core'
import { countLines, forEachRow, type NumberParser, parseNumber, splitHeader } from './csv.js'
import { parseCreateTime } from './instants.js'

/** Archive names in the file's own order; without a header the first eight columns are these. */
const ARCHIVE_COLUMNS = [
  'create_time',
  'symbol',
  'sum_open_interest',
  'sum_open_interest_value',
  'count_toptrader_long_short_ratio',
  'sum_toptrader_long_short_ratio',
  'count_long_short_ratio',
  'sum_taker_long_short_vol_ratio',
] as const

/** Archive columns in the order of core's METRICS_FIELDS. */
const STORED = [
  'sum_open_interest_value',
  'count_toptrader_long_short_ratio',
  'sum_toptrader_long_short_ratio',
  'count_long_short_ratio',
  'sum_taker_long_short_vol_ratio',
] as const

export interface MetricsRows {
  readonly rows: number
  readonly header: boolean
  /** `create_time` as the file says it (ms); see `metricsKnownAt` for what it means. */
  readonly createMs: Float64Array
  /** In the order of METRICS_FIELDS; NaN for a blank or unreadable cell. */
  readonly values: readonly Float64Array[]
  /** Data rows (0-based) and stored columns whose cell is not empty and not a number. */
  readonly bad: readonly { readonly row: number; readonly column: number }[]
}

/** Parses a whole file. Error `E_CSV` for missing columns or an unreadable time. */
export function parseMetrics(bytes: Uint8Array, subject: string, toNumber: NumberParser = parseNumber): MetricsRows {
  const { dataStart, header } = splitHeader(bytes)
  const names: readonly string[] = header ?? ARCHIVE_COLUMNS
  const place = (name: string): number => {
    const k = names.indexOf(name)
    if (k < 0) fail('E_CSV', { subject, detail: `no column ${name}` })
    return k
  }
  const timeAt = place('create_time')
  const stored = STORED.map(place)
  const capacity = countLines(bytes, dataStart)
  const createMs = new Float64Array(capacity)
  const values = STORED.map(() => new Float64Array(capacity))
  const bad: { row: number; column: number }[] = []
  let rows = 0
  forEachRow(bytes, dataStart, (row, lineStart, ends, fields) => {
    if (fields < names.length)
      fail('E_CSV', { subject, detail: `data row ${row + 1} has ${fields} columns, not ${names.length}` })
    const start = (k: number) => (k === 0 ? lineStart : ends[k - 1]! + 1)
    const text = Buffer.from(bytes.buffer, bytes.byteOffset + start(timeAt), ends[timeAt]! - start(timeAt)).toString(
      'latin1',
    )
    createMs[row] = parseCreateTime(text)
    if (Number.isNaN(createMs[row])) fail('E_CSV', { subject, detail: `data row ${row + 1}: create_time "${text}"` })
    for (let c = 0; c < stored.length; c++) {
      const k = stored[c]!
      const value = toNumber(bytes, start(k), ends[k]!)
      values[c]![row] = value
      if (Number.isNaN(value) && ends[k]! > start(k)) bad.push({ row, column: c })
    }
    rows = row + 1
  })
  return {
    rows,
    header: header !== null,
    createMs: createMs.subarray(0, rows),
    values: values.map((v) => v.subarray(0, rows)),
    bad,
  }
}

export const METRICS_HEADER = `${ARCHIVE_COLUMNS.join(',')}\n`
