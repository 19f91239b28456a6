/** Funding rates (BX-06): the interval stands in each row and may change inside a month. */
import { fail } from '@cointrader/core'
import { countLines, forEachRow, parseNumber, splitHeader } from './csv.js'

export interface FundingRows {
  readonly rows: number
  readonly header: boolean
  /** Instant of the settlement as published, with its jitter of milliseconds. */
  readonly calcMs: Float64Array
  /** Hours since the settlement before; NaN where the source does not say. */
  readonly intervalHours: Float64Array
  /** Fraction of notional per interval (0.0001 = 1 bp). */
  readonly rate: Float64Array
}

/** Parses `calc_time,funding_interval_hours,last_funding_rate`. Error `E_CSV`. */
export function parseFunding(bytes: Uint8Array, subject: string): FundingRows {
  const { dataStart, header } = splitHeader(bytes)
  const capacity = countLines(bytes, dataStart)
  const columns = [new Float64Array(capacity), new Float64Array(capacity), new Float64Array(capacity)] as const
  let rows = 0
  forEachRow(bytes, dataStart, (row, lineStart, ends, fields) => {
    if (fields !== 3) fail('E_CSV', { subject, detail: `data row ${row + 1} has ${fields} columns, not 3` })
    let from = lineStart
    for (let k = 0; k < 3; k++) {
      columns[k]![row] = parseNumber(bytes, from, ends[k]!)
      from = ends[k]! + 1
    }
    if (!(columns[0][row]! > 0) || Number.isNaN(columns[2][row])) {
      fail('E_CSV', { subject, detail: `data row ${row + 1} has no readable time or rate` })
    }
    rows = row + 1
  })
  const [calcMs, intervalHours, rate] = columns
  return {
    rows,
    header: header !== null,
    calcMs: calcMs.subarray(0, rows),
    intervalHours: intervalHours.subarray(0, rows),
    rate: rate.subarray(0, rows),
  }
}

/** Settlement without its jitter: the nearest full minute. Two rows of one settlement share it. */
export function settlementMs(calcMs: number): number {
  return Math.round(calcMs / 60_000) * 60_000
}

/** Hours between two settlements, rounded; the venue uses 1, 2, 4 and 8. */
export function hoursBetween(previousMs: number, ms: number): number {
  return Math.round((settlementMs(ms) - settlementMs(previousMs)) / 3_600_000)
}
