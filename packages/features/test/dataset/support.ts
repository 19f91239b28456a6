/** Shared data, an in-memory disk, and small synthetic XY tables. */
import { existsSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { addDays, dateMs, MINUTE_MS, type Random, type UtcDate } from '@cointrader/core'
import { type Column, type Disk, encodeParquet, makeTable, type Table } from '@cointrader/store'

const root = join(dirname(fileURLToPath(import.meta.url)), '../../../..')

/** A path below the shared folder, or undefined (and a printed line) when it is not on this machine. */
export function shared(path: string): string | undefined {
  const full = resolve(root, process.env.COINTRADER_SHARED ?? '../shared', path)
  if (existsSync(full)) return full
  console.log(`skipped: no ${full} (set COINTRADER_SHARED to the folder with the shared data)`)
  return undefined
}

export function date(text: string): UtcDate {
  return text as UtcDate
}

export function memoryDisk(files: Map<string, Uint8Array> = new Map()): Disk & { files: Map<string, Uint8Array> } {
  return {
    files,
    read: async (path) => files.get(path),
    writeAtomic: async (path, bytes) => {
      files.set(path, typeof bytes === 'string' ? new TextEncoder().encode(bytes) : Buffer.concat([bytes].flat()))
    },
    append: async () => {},
    list: async () => [],
    remove: async (path) => {
      files.delete(path)
    },
    exists: async (path) => files.has(path),
    size: async (path) => files.get(path)?.length ?? 0,
  }
}

export interface Row {
  readonly t: number
  readonly symbol: string
  /** Features in order, then the label. */
  readonly values: readonly number[]
}

export const FEATURES = ['x_1m_A', 'x_5m_B', 'x_5m_B_neut']
export const LABEL = 'y_5m'

/** A day table from rows in any order: ids, one raw column, features, label, and a numeric column nobody knows. */
export function tableOf(rows: readonly Row[], bits: 32 | 64 = 32, features = FEATURES): Table {
  const sorted = rows.toSorted((a, b) => a.t - b.t || (a.symbol < b.symbol ? -1 : 1))
  const floats = (pick: (row: Row) => number): Column =>
    bits === 32
      ? { type: 'float32', data: Float32Array.from(sorted, pick) }
      : { type: 'float64', data: Float64Array.from(sorted, pick) }
  return makeTable([
    ['symbol', { type: 'string', data: sorted.map((row) => row.symbol) }],
    ['start_time_ms', { type: 'int64', data: Float64Array.from(sorted, (row) => row.t) }],
    ['close', floats((row) => row.t % 97)],
    ...features.map((name, f) => [name, floats((row) => row.values[f]!)] as const),
    [LABEL, floats((row) => row.values[features.length]!)],
    ['planted', floats(() => 1)],
  ])
}

/** Random days: `minutes` per day counted back from midnight and forward from it, with gaps and bad cells. */
export function randomRows(
  random: Random,
  options: { days: number; symbols: number; minutes: number; gap: number; bad: number; start?: string },
): Map<UtcDate, Row[]> {
  const out = new Map<UtcDate, Row[]>()
  for (let d = 0; d < options.days; d++) {
    const day = addDays(date(options.start ?? '2026-03-01'), d)
    const rows: Row[] = []
    for (let m = 0; m < 1440; m++) {
      if (m >= options.minutes && m < 1440 - options.minutes) continue
      for (let s = 0; s < options.symbols; s++) {
        if (random.next() < options.gap) continue
        const cell = (): number => {
          if (random.next() >= options.bad) return random.normal()
          return [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY][random.int(3)]!
        }
        const values = [...FEATURES, LABEL].map(cell)
        rows.push({ t: dateMs(day) + m * MINUTE_MS, symbol: `S${s}`, values })
      }
    }
    out.set(day, rows)
  }
  return out
}

export function tablesOf(days: ReadonlyMap<UtcDate, readonly Row[]>, bits: 32 | 64 = 32): Map<UtcDate, Table> {
  return new Map([...days].map(([day, rows]) => [day, tableOf(rows, bits)]))
}

export function filesOf(tables: ReadonlyMap<UtcDate, Table>, metadata?: Record<string, string>) {
  const files = new Map<string, Uint8Array>()
  for (const [day, table] of tables) files.set(`xy/${day}_xy_top3.parquet`, encodeParquet(table, metadata ?? {}))
  return files
}
