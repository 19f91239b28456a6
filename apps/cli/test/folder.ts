/** Tiny data folders for the tests of verify, data and export. */
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DAY_COLUMNS, dateMs, intervalMs, MINUTE_MS, parseDate, paths, seededRandom, utcText } from '@cointrader/core'
import { type Column, encodeParquet, makeTable, nodeDisk, type Table, writeWithManifest } from '@cointrader/store'

export const newFolder = (): Promise<string> => mkdtemp(join(tmpdir(), 'cointrader-cli-'))

export interface Row {
  readonly symbol: string
  readonly ms: number
  readonly values?: Partial<Record<string, number>>
}

/** A day table of the given rows, as they come. Prices are a function of symbol and minute. */
export function dayTable(rows: readonly Row[]): Table {
  const random = new Map<string, number>()
  const value = ({ symbol, ms, values }: Row, name: string): number => {
    if (values && name in values) return values[name]!
    const key = `${symbol}${ms}`
    const base = random.get(key) ?? 100 + seededRandom(key).next()
    random.set(key, base)
    if (name === 'high') return base + 1
    if (name === 'low') return base - 1
    return name === 'num_trades' ? 7 : base
  }
  return makeTable(
    DAY_COLUMNS.map(([name, type]): [string, Column] => {
      if (name === 'symbol') return [name, { type: 'string', data: rows.map((r) => r.symbol) }]
      if (name === 'start_time_utc') return [name, { type: 'string', data: rows.map((r) => utcText(r.ms)) }]
      if (name === 'start_time_ms') return [name, { type: 'int64', data: Float64Array.from(rows, (r) => r.ms) }]
      const values = rows.map((r) => value(r, name))
      return [
        name,
        type === 'int32'
          ? { type, data: Int32Array.from(values) }
          : { type: 'float64', data: Float64Array.from(values) },
      ]
    }),
  )
}

/** Rows of the first `minutes` minutes of a day, all symbols, sorted as the layout wants. */
export function minutes(
  date: string,
  symbols: readonly string[],
  count: number,
  keep: (symbol: string, minute: number) => boolean = () => true,
): Row[] {
  const start = dateMs(parseDate(date))
  const sorted = [...symbols].sort()
  return Array.from({ length: count }, (_, m) =>
    sorted.filter((s) => keep(s, m)).map((symbol) => ({ symbol, ms: start + m * MINUTE_MS })),
  ).flat()
}

/** Writes a table with a true manifest. */
export async function writeTable(
  folder: string,
  path: string,
  table: Table,
  timeColumn: string,
  kind = 'day-table',
): Promise<void> {
  const times = table.columns.get(timeColumn)!.data as Float64Array
  await writeWithManifest(nodeDisk, join(folder, path), encodeParquet(table), {
    kind,
    command: 'test',
    codeVersion: 'test/1',
    seed: null,
    config: {},
    inputs: { path },
    rows: table.rows,
    columns: [...table.columns.keys()],
    timeRange: table.rows === 0 ? null : [Math.min(...times), Math.max(...times)],
    details: {},
  })
}

export const writeDay = (
  folder: string,
  date: string,
  rows: readonly Row[],
  interval: '1m' | '15m' = '1m',
): Promise<void> => writeTable(folder, paths.dayTable(parseDate(date), interval), dayTable(rows), 'start_time_ms')

export const MINUTES_15 = intervalMs('15m')
