/** Rows of a kline-shaped file onto the day's grid: which row serves which bar, and what was wrong. */

import type { KlineRows } from '@cointrader/binance'
import { DAY_MS, type Defect, dateMs, fail, type Interval, intervalMs, type UtcDate } from '@cointrader/core'
import { collectDefects } from './defects.js'

/** Names of the file's columns in defect entries. */
const COLUMN_NAMES = [
  'open_time',
  'open',
  'high',
  'low',
  'close',
  'volume_base',
  'close_time',
  'quote_volume',
  'num_trades',
  'taker_buy_base',
  'taker_buy_quote',
  '',
]

export interface DayBars {
  /** Row of the file for each bar of the grid, −1 where there is none. */
  readonly rowAt: Int32Array
  readonly bars: number
  readonly firstMs: number | null
  readonly lastMs: number | null
  readonly defects: readonly Defect[]
}

/**
 * Lays a file on the grid of its day. Left out and reported: rows of other days, off the grid, or unfinished (their
 * close time is not the end of the bar). Of two rows for a bar the later one serves. A file without a single row of the
 * day is refused (`E_WRONG_DAY`).
 */
export function layOnDay(
  rows: KlineRows,
  date: UtcDate,
  interval: Interval,
  symbol: string,
  source: string,
  subject: string,
): DayBars {
  const step = intervalMs(interval)
  const start = dateMs(date)
  const rowAt = new Int32Array(DAY_MS / step).fill(-1)
  const defects = collectDefects(symbol, source)
  const open = rows.columns[0]!
  const close = rows.columns[6]!
  let bars = 0
  let before = Number.NEGATIVE_INFINITY
  let outside = 0
  for (let i = 0; i < rows.rows; i++) {
    const ms = open[i]!
    if (ms < before) defects.add('unordered_rows', '', ms, step)
    before = ms
    if (ms < start || ms >= start + DAY_MS) {
      outside++
      defects.add('extra_bar', '', ms, step)
      continue
    }
    const slot = (ms - start) / step
    if (!Number.isInteger(slot)) {
      defects.add('shifted_label', '', ms, step, `off the ${interval} grid by ${ms % step} ms`)
      continue
    }
    if (close[i] !== ms + step - 1) {
      defects.add('unfinished_bar', '', ms, step, `close time is ${close[i]! - (ms + step - 1)} ms off`)
      continue
    }
    const other = rowAt[slot]!
    if (other < 0) bars++
    else defects.add(sameRow(rows, other, i) ? 'duplicate_bar' : 'conflicting_bar', '', ms, step)
    rowAt[slot] = i
  }
  for (const { row, column } of rows.bad) {
    if (column !== 0 && column !== 6) defects.add('bad_number', COLUMN_NAMES[column]!, open[row]!, step)
  }
  if (rows.rows > 0 && outside === rows.rows) {
    fail('E_WRONG_DAY', { subject, detail: `${rows.rows} rows, none of ${date}` })
  }
  const first = rowAt.findIndex((r) => r >= 0)
  const last = rowAt.findLastIndex((r) => r >= 0)
  return {
    rowAt,
    bars,
    firstMs: first < 0 ? null : start + first * step,
    lastMs: last < 0 ? null : start + last * step,
    defects: defects.done(),
  }
}

function sameRow(rows: KlineRows, a: number, b: number): boolean {
  return rows.columns.every((c, k) => k === 11 || Object.is(c[a], c[b]))
}
