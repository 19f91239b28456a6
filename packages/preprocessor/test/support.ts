/** Builds small but complete day tables, in memory. */
import { existsSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { DAY_COLUMNS, dateMs, MINUTE_MS, type UtcDate, utcText } from '@cointrader/core'
import { type Column, makeTable, type Table } from '@cointrader/store'

export const DATE = '2026-02-01' as UtcDate
export const START = dateMs(DATE)
export const at = (minute: number) => START + minute * MINUTE_MS
export const tempFolder = () => mkdtemp(join(tmpdir(), 'preprocessor-'))

/** Golden folder of the research pipeline, or undefined (the reason is printed). */
export function goldenFolder(): string | undefined {
  const shared = process.env.COINTRADER_SHARED ?? resolve(import.meta.dirname, '../../../../shared')
  const folder = join(shared, 'data/golden/research')
  if (existsSync(folder)) return folder
  console.warn(`golden tests skipped: ${folder} is not there (set COINTRADER_SHARED)`)
  return undefined
}

export type Row = Record<string, number | string>
/** Changes a sound row, or drops it (undefined). */
export type Edit = (row: Row, symbol: string, minute: number) => Row | undefined

/** A sound day of the symbols, each row passed through `edit`; `extra` rows are appended before sorting. */
export function dayTable(symbols: readonly string[], edit: Edit = (row) => row, extra: readonly Row[] = []): Table {
  const rows: Row[] = []
  for (let minute = 0; minute < 1440; minute++) {
    for (const symbol of [...symbols].sort()) {
      const row = edit(soundRow(symbol, minute), symbol, minute)
      if (row !== undefined) rows.push(row)
    }
  }
  return tableOf([...rows, ...extra])
}

export function soundRow(symbol: string, minute: number): Row {
  const price = 100 + Math.sin(minute / 50)
  return {
    symbol,
    start_time_ms: at(minute),
    start_time_utc: utcText(at(minute)),
    open: price,
    high: price + 1,
    low: price - 1,
    close: price + 0.25,
    volume_base: 10,
    quote_volume: 1000,
    num_trades: 7,
    taker_buy_base: 4,
    taker_buy_quote: 400,
    pm_open: 0.001,
    pm_high: 0.002,
    pm_low: -0.001,
    pm_close: 0.0005 + minute * 1e-6,
    mt_oi: 5e6 + Math.floor(minute / 5),
    mt_top_ls_ratio_cnt: 1.5,
    mt_top_ls_ratio: 1.2,
    mt_ls_ratio_cnt: 1.1,
    mt_ls_vol_ratio: 0.9,
  }
}

export function tableOf(rows: readonly Row[]): Table {
  return makeTable(
    DAY_COLUMNS.map(([name, type]) => {
      if (type === 'string') return [name, { type, data: rows.map((r) => r[name] as string) } as Column] as const
      const data = rows.map((r) => r[name] as number)
      return [
        name,
        { type, data: type === 'int32' ? Int32Array.from(data) : Float64Array.from(data) } as Column,
      ] as const
    }),
  )
}

export const PREMIUM = ['pm_open', 'pm_high', 'pm_low', 'pm_close']
export const METRICS = ['mt_oi', 'mt_top_ls_ratio_cnt', 'mt_top_ls_ratio', 'mt_ls_ratio_cnt', 'mt_ls_vol_ratio']

/** The row with the named columns empty. */
export const blank = (row: Row, names: readonly string[]): Row => ({
  ...row,
  ...Object.fromEntries(names.map((n) => [n, Number.NaN])),
})
