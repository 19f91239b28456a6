/**
 * The course project's preprocessing, number by number (RP-07 … RP-10), for comparisons. It looks ahead (backward fill)
 * and fails a whole day for one symbol; the defaults of this package do neither.
 */
import { byCodeUnit, fail } from '@cointrader/core'
import { type Column, makeTable, strings, type Table } from '@cointrader/store'
import type { Ban } from '../bans.js'

const DAY_ROWS = 1440

/** Row numbers per symbol, in row order; symbols in first-seen order. */
function rowsBySymbol(table: Table, subject: string): Map<string, number[]> {
  const out = new Map<string, number[]>()
  strings(table, 'symbol', subject).forEach((symbol, row) => {
    const rows = out.get(symbol)
    if (rows === undefined) out.set(symbol, [row])
    else rows.push(row)
  })
  return out
}

/** RP-07: every symbol has exactly 1440 × `numDates` rows. Error `E_ROW_COUNT` naming the others. */
export function researchRowCheck(table: Table, numDates = 1, subject = 'table'): void {
  const wrong = [...rowsBySymbol(table, subject)].filter(([, rows]) => rows.length !== DAY_ROWS * numDates)
  if (wrong.length === 0) return
  const detail = wrong.map(([symbol, rows]) => `${symbol}: ${rows.length} rows, not ${DAY_ROWS * numDates}`).join('; ')
  fail('E_ROW_COUNT', { subject, detail })
}

/** RP-08: all numeric columns, per symbol, in row order: forward, then backward fill. Infinity counts as a value. */
export function researchFill(table: Table, subject = 'table'): Table {
  const groups = [...rowsBySymbol(table, subject).values()]
  const fill = (column: Column): Column => {
    if (column.type === 'string' || !(column.data as Float64Array).some(Number.isNaN)) return column
    const data = column.data.slice()
    for (const rows of groups) {
      for (let i = 1; i < rows.length; i++) if (Number.isNaN(data[rows[i]!])) data[rows[i]!] = data[rows[i - 1]!]!
      for (let i = rows.length - 2; i >= 0; i--) if (Number.isNaN(data[rows[i]!])) data[rows[i]!] = data[rows[i + 1]!]!
    }
    return { type: column.type, data } as Column
  }
  return makeTable([...table.columns].map(([name, column]) => [name, fill(column)] as const))
}

/** RP-09: no missing cell is left. Error `E_UNFILLED` naming symbols and columns. */
export function researchValidity(table: Table, subject = 'table'): void {
  const symbol = strings(table, 'symbol', subject)
  const left = new Set<string>()
  for (const [name, column] of table.columns) {
    if (column.type === 'string') continue
    column.data.forEach((x, row) => {
      if (Number.isNaN(x)) left.add(`${symbol[row]} ${name}`)
    })
  }
  if (left.size > 0) fail('E_UNFILLED', { subject, detail: [...left].sort(byCodeUnit).join(', ') })
}

/** `preprocess` of the original: RP-07, RP-08, RP-09 in this order. Errors `E_ROW_COUNT`, `E_UNFILLED`. */
export function researchPreprocess(table: Table, numDates = 1, subject = 'table'): Table {
  researchRowCheck(table, numDates, subject)
  const filled = researchFill(table, subject)
  researchValidity(filled, subject)
  return filled
}

/** Rows with at least one missing cell, per symbol (the count behind RP-10); symbols sorted. */
export function researchMissingRows(table: Table, subject = 'table'): Record<string, number> {
  const bad = new Uint8Array(table.rows)
  for (const column of table.columns.values()) {
    if (column.type === 'string') continue
    for (let i = 0; i < bad.length; i++) if (Number.isNaN(column.data[i]!)) bad[i] = 1
  }
  const groups = [...rowsBySymbol(table, subject)].sort(([a], [b]) => byCodeUnit(a, b))
  return Object.fromEntries(groups.map(([symbol, rows]) => [symbol, rows.reduce((n, row) => n + bad[row]!, 0)]))
}

/**
 * RP-10: symbols with `threshold` or more incomplete rows, alphabetically, then every symbol that starts with `USD`, in
 * row order. Error `E_ROW_COUNT` when RP-07 does not hold.
 */
export function researchBans(table: Table, threshold: number, subject = 'table'): Ban[] {
  researchRowCheck(table, 1, subject)
  const missing = Object.entries(researchMissingRows(table, subject))
  return [
    ...missing
      .filter(([, rows]) => rows >= threshold)
      .map(([symbol, rows]) => ({ symbol, reason: `${rows} rows with missing values (threshold ${threshold})` })),
    ...[...rowsBySymbol(table, subject).keys()]
      .filter((symbol) => symbol.startsWith('USD'))
      .map((symbol) => ({ symbol, reason: 'name starts with USD' })),
  ]
}
