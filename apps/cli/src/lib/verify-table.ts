/** Checks of a table's rows against what its place in the data folder promises. */
import { byCodeUnit, DAY_COLUMNS, DAY_MS, dateMs, intervalMs, type UtcDate, utcText } from '@cointrader/core'
import { numbers, strings, type Table } from '@cointrader/store'
import type { DataFile } from './data-layout.js'
import type { Problems } from './problems.js'

const MARK_COLUMNS = DAY_COLUMNS.slice(0, 7)

/** Time columns by preference: the one a manifest's `timeRange` is about. */
const TIME_COLUMNS = ['start_time_ms', 'timestamp_ms', 'calc_time_ms', 'from_ms', 'timestamp'] as const

/** Minimum and maximum of the table's time column; null when it has none, or no rows. */
export function timeRangeOf(table: Table): readonly [number, number] | null | undefined {
  const name = TIME_COLUMNS.find((n) => table.columns.get(n)?.type === 'int64')
  if (name === undefined) return undefined
  const times = numbers(table, name)
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (let i = 0; i < times.length; i++) {
    low = Math.min(low, times[i]!)
    high = Math.max(high, times[i]!)
  }
  return times.length === 0 ? null : [low, high]
}

/** Runs the checks for the kind of file. */
export function checkTable(path: string, file: DataFile, table: Table, problems: Problems): void {
  switch (file.type) {
    case 'day':
    case 'mark': {
      const wanted = file.type === 'day' ? DAY_COLUMNS : MARK_COLUMNS
      if (!columnsAre(path, table, wanted, problems)) return
      checkTimes(path, table, 'start_time_ms', file.date, intervalMs(file.interval), problems)
      checkText(path, table, problems)
      return
    }
    case 'collected': {
      if (!hasColumns(path, table, ['symbol', 'timestamp_ms', 'known_at_ms'], problems) || table.rows === 0) return
      const stamp = numbers(table, 'timestamp_ms')
      const known = numbers(table, 'known_at_ms')
      const period = known[0]! - stamp[0]!
      if (!(period > 0)) {
        const text = `known_at_ms ${known[0]} is not after timestamp_ms ${stamp[0]}`
        problems.row(path, 'instant of knowledge', 0, text)
        return
      }
      for (let i = 0; i < table.rows; i++) {
        const delay = known[i]! - stamp[i]!
        if (delay === period) continue
        problems.row(path, 'instant of knowledge', i, `known ${delay} ms after its stamp, row 1 ${period} ms`)
      }
      checkTimes(path, table, 'timestamp_ms', file.date, period, problems)
      return
    }
    case 'ledger': {
      if (!hasColumns(path, table, ['id', 'date'], problems)) return
      const ids = new Set<string>()
      const id = strings(table, 'id')
      const date = strings(table, 'date')
      for (let i = 0; i < table.rows; i++) {
        if (date[i] !== file.date) problems.row(path, 'date', i, `"${date[i]}" is not the file's date`)
        if (ids.has(id[i]!)) problems.row(path, 'duplicate', i, `id ${id[i]}`)
        ids.add(id[i]!)
      }
      return
    }
    case 'funding': {
      if (!hasColumns(path, table, ['symbol', 'calc_time_ms', 'funding_rate'], problems)) return
      const symbol = strings(table, 'symbol')
      for (let i = 0; i < table.rows; i++)
        if (symbol[i] !== file.symbol) problems.row(path, 'symbol', i, `"${symbol[i]}" is not the file's symbol`)
      ascending(path, table, 'calc_time_ms', problems)
      return
    }
    case 'export': {
      if (!hasColumns(path, table, ['timestamp', 'open', 'high', 'low', 'close', 'volume'], problems)) return
      const times = numbers(table, 'timestamp')
      const step = intervalMs(file.interval)
      for (let i = 0; i < table.rows; i++)
        if (times[i]! % step !== 0)
          problems.row(path, 'time grid', i, `${times[i]} is not a bar start of ${file.interval}`)
      ascending(path, table, 'timestamp', problems)
      return
    }
    default:
  }
}

function columnsAre(
  path: string,
  table: Table,
  wanted: readonly (readonly [string, string])[],
  problems: Problems,
): boolean {
  const have = [...table.columns].map(([name, column]) => `${name}:${column.type}`)
  const want = wanted.map(([name, type]) => `${name}:${type}`)
  if (have.join() === want.join()) return true
  const odd = [
    ...want.filter((w) => !have.includes(w)).map((w) => `without ${w}`),
    ...have.filter((h) => !want.includes(h)).map((h) => `with ${h}`),
  ]
  problems.file(path, `columns are not those of the layout: ${odd.length > 0 ? odd.join(', ') : 'another order'}`)
  return hasColumns(path, table, ['symbol', 'start_time_ms', 'start_time_utc'], { ...problems, file: () => {} })
}

function hasColumns(path: string, table: Table, names: readonly string[], problems: Problems): boolean {
  const absent = names.filter((name) => !table.columns.has(name))
  if (absent.length > 0) problems.file(path, `no column ${absent.join(', ')}`)
  return absent.length === 0
}

/** Sorted by (time, symbol) without duplicates, on the grid, inside the day. */
function checkTimes(path: string, table: Table, column: string, date: UtcDate, step: number, problems: Problems): void {
  const times = numbers(table, column, path)
  const symbol = strings(table, 'symbol', path)
  const start = dateMs(date)
  for (let i = 0; i < table.rows; i++) {
    const ms = times[i]!
    if (!(ms >= start && ms < start + DAY_MS)) problems.row(path, 'day', i, `${symbol[i]} ${ms} is not in ${date}`)
    if ((ms - start) % step !== 0)
      problems.row(path, 'time grid', i, `${symbol[i]} ${ms} is not a multiple of ${step} ms`)
    if (symbol[i] === '') problems.row(path, 'symbol', i, 'empty')
    if (i === 0) continue
    const order = times[i - 1]! - ms || byCodeUnit(symbol[i - 1]!, symbol[i]!)
    if (order === 0) problems.row(path, 'duplicate', i, `${symbol[i]} ${ms} stands in the row before too`)
    else if (!(order < 0))
      problems.row(path, 'order', i, `${symbol[i]} ${ms} comes after ${symbol[i - 1]} ${times[i - 1]}`)
  }
}

function checkText(path: string, table: Table, problems: Problems): void {
  const times = numbers(table, 'start_time_ms', path)
  const text = strings(table, 'start_time_utc', path)
  let ms = Number.NaN
  let expected = ''
  for (let i = 0; i < table.rows; i++) {
    // Rows of one minute stand together: one text for hundreds of them.
    if (times[i] !== ms) {
      ms = times[i]!
      expected = Number.isFinite(ms) ? utcText(ms) : ''
    }
    if (text[i] !== expected) problems.row(path, 'start_time_utc', i, `"${text[i]}" is not ${ms} (${expected})`)
  }
}

function ascending(path: string, table: Table, column: string, problems: Problems): void {
  const times = numbers(table, column, path)
  for (let i = 1; i < times.length; i++) {
    if (!(times[i]! > times[i - 1]!)) problems.row(path, 'order', i, `${column} ${times[i]} after ${times[i - 1]}`)
  }
}
