/**
 * Audit of XY tables (RP-21): what is missing or infinite, which columns are dead, how many rows each day has. One day and
 * a few columns of it are in memory at a time.
 */
import { isError, type UtcDate } from '@cointrader/core'
import type { NumericData } from '@cointrader/store'
import type { GlobalBanDates } from './bans.js'
import type { ColumnRole } from './columns.js'
import { readKeys, type XyDay, type XyDays } from './days.js'
import { COLUMN_CHUNK } from './scan.js'
import { type DateSpan, spanDates } from './splits.js'

export interface ColumnAudit {
  readonly column: string
  readonly role: ColumnRole | undefined
  /** Cells seen. */
  readonly cells: number
  readonly nan: number
  readonly plusInfinity: number
  readonly minusInfinity: number
  /** Share of NaN and infinite cells, 0 to 1. */
  readonly badShare: number
  /** Days with at least one bad cell. */
  readonly badDays: number
  /** Days with a table that lacks the column. */
  readonly absentDays: number
  /** Extremes of the finite cells; NaN when there are none. */
  readonly min: number
  readonly max: number
  /** Dead: all finite cells are equal, or there are none. */
  readonly constant: boolean
  /** Days on which it was constant. */
  readonly constantDays: number
}

export interface DayAudit {
  readonly date: UtcDate
  readonly state: 'present' | 'absent' | 'damaged'
  readonly rows: number
  readonly symbols: number
  /** NaN and infinite cells of the audited columns. */
  readonly badCells: number
  readonly badColumns: number
  /** Why it is damaged. */
  readonly reason?: string
}

export interface XyAudit {
  readonly span: DateSpan
  readonly days: readonly DayAudit[]
  /** In order of first appearance. */
  readonly columns: readonly ColumnAudit[]
  /** What RP-21 writes: absent (here also damaged) dates, and per date the bad features in stored order. */
  readonly banDates: GlobalBanDates
}

interface Sums {
  role: ColumnRole | undefined
  cells: number
  nan: number
  plus: number
  minus: number
  badDays: number
  days: number
  min: number
  max: number
  constantDays: number
}

/**
 * Audits the tables of a span: features and labels (RP-21 itself looks at the columns that start with `x`; only features
 * and those enter `banDates`). A damaged table is reported with its reason and the audit goes on.
 */
export async function auditDays(days: XyDays, span: DateSpan): Promise<XyAudit> {
  const columns = new Map<string, Sums>()
  const list: DayAudit[] = []
  const missing: UtcDate[] = []
  const nan: Record<UtcDate, string[]> = {}
  const nothing = { rows: 0, symbols: 0, badCells: 0, badColumns: 0 }
  for (const date of spanDates(span)) {
    try {
      const day = await days.open(date)
      if (day === undefined) {
        missing.push(date)
        list.push({ date, state: 'absent', ...nothing })
        continue
      }
      const { symbol, rows } = await readKeys(day)
      const seen = await auditDay(day)
      let badCells = 0
      const bad: string[] = []
      for (const [name, one] of seen) {
        addTo(columns, name, one)
        const cells = one.nan + one.plus + one.minus
        badCells += cells
        if (cells > 0) bad.push(name)
      }
      const banned = bad.filter((name) => name.startsWith('x') || seen.get(name)!.role === 'feature')
      if (banned.length > 0) nan[date] = banned
      list.push({ date, state: 'present', rows, symbols: new Set(symbol).size, badCells, badColumns: bad.length })
    } catch (error) {
      if (!isError(error, 'E_FILE_CORRUPT')) throw error
      missing.push(date)
      list.push({ date, state: 'damaged', ...nothing, reason: error.message })
    }
  }
  const present = list.filter((day) => day.state === 'present').length
  return {
    span,
    days: list,
    columns: [...columns].map(([column, sums]) => summary(column, sums, present)),
    banDates: { missing_dates: missing, nan_dates: nan },
  }
}

/** Counts of one day per audited column. */
async function auditDay(day: XyDay): Promise<Map<string, Sums>> {
  const names = day.names.filter((name) => {
    const role = day.facts(name)?.role
    return role === 'feature' || role === 'label' || (role === undefined && name.startsWith('x'))
  })
  const out = new Map<string, Sums>()
  for (let from = 0; from < names.length; from += COLUMN_CHUNK) {
    const chunk = names.slice(from, from + COLUMN_CHUNK)
    const table = await day.read(chunk)
    for (const name of chunk) {
      const column = table.columns.get(name)!
      if (column.type !== 'string') out.set(name, countCells(column.data, day.facts(name)?.role))
    }
  }
  return out
}

function countCells(data: NumericData, role: ColumnRole | undefined): Sums {
  let nan = 0
  let plus = 0
  let minus = 0
  let min = Number.POSITIVE_INFINITY
  let max = Number.NEGATIVE_INFINITY
  for (let r = 0; r < data.length; r++) {
    const x = data[r]!
    if (x - x === 0) {
      if (x < min) min = x
      if (x > max) max = x
    } else if (x > 0) plus++
    else if (x < 0) minus++
    else nan++
  }
  const badDays = nan + plus + minus > 0 ? 1 : 0
  return { role, cells: data.length, nan, plus, minus, badDays, days: 1, min, max, constantDays: min < max ? 0 : 1 }
}

function addTo(columns: Map<string, Sums>, name: string, one: Sums): void {
  const all = columns.get(name)
  if (all === undefined) {
    columns.set(name, { ...one })
    return
  }
  for (const key of ['cells', 'nan', 'plus', 'minus', 'badDays', 'days', 'constantDays'] as const) all[key] += one[key]
  all.min = Math.min(all.min, one.min)
  all.max = Math.max(all.max, one.max)
}

function summary(column: string, sums: Sums, presentDays: number): ColumnAudit {
  const { role, cells, nan, plus, minus, badDays, min, max, constantDays } = sums
  const none = min > max
  return {
    column,
    role,
    cells,
    nan,
    plusInfinity: plus,
    minusInfinity: minus,
    badShare: cells === 0 ? 0 : (nan + plus + minus) / cells,
    badDays,
    absentDays: presentDays - sums.days,
    min: none ? Number.NaN : min,
    max: none ? Number.NaN : max,
    constant: none || min === max,
    constantDays,
  }
}
