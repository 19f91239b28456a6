/** The reader's side of the policies: a day table with its contradictions masked and its short holes filled. */
import { type Defect, KLINE_FIELDS, MINUTE_MS, type UtcDate } from '@cointrader/core'
import { type Column, makeTable, numbers, type Table } from '@cointrader/store'
import { scanDay, TABLE_SOURCES, type TableSource } from './checks.js'
import { cleanRows, symbolRows } from './daytable.js'
import { affectedMinutes } from './explain.js'
import type { Policy, PolicyTable } from './policies.js'

/** Every filled cell, so that a reader knows how stale it is. Parallel arrays, ordered by column, symbol, time. */
export interface FilledCells {
  /** Row number in the filled table. */
  readonly row: readonly number[]
  readonly column: readonly string[]
  /** Minutes since the value was observed; negative when it was taken from a later minute (`research` only). */
  readonly ageMinutes: readonly number[]
}

export interface FilledDay {
  readonly table: Table
  readonly filled: FilledCells
  /** Per defect given (or found): cells that are empty or masked, and how many of them were filled. */
  readonly outcome: readonly { readonly cells: number; readonly filled: number }[]
  readonly defects: readonly Defect[]
}

const FILL_NOTHING = 0
const FILL_BOTH_WAYS = -1
const isKline = (column: string) => (KLINE_FIELDS as readonly string[]).includes(column)

/**
 * Applies the policies to the cells of the defects (those of the day's ledger; absent: what a scan of the table finds).
 * The input is not changed; rows that a sound day table would not have are left out. `forward-fill` looks back by time,
 * per symbol, within the day, never further than its maximum age, and never touches klines; a masked or missing cell
 * that nothing reaches stays NaN. Where defects overlap the more generous fill holds.
 */
export function fillDay(raw: Table, date: UtcDate, policies: PolicyTable, known?: readonly Defect[]): FilledDay {
  const defects = known ?? scanDay(raw, { date })
  const table = cleanRows(raw, date)
  const groups = symbolRows(table, date)
  const places = new Map(groups.map((g) => [g.symbol, g]))
  const working = new Map<string, Working>()
  const cellsOf = (defect: Defect): Cells => {
    const rows: number[] = []
    const at = places.get(defect.symbol)?.at
    if (at !== undefined) {
      const [from, to] = affectedMinutes(defect, date)
      for (let m = from; m < to; m++) if (at[m]! >= 0) rows.push(at[m]!)
    }
    return {
      columns: rows.length === 0 ? [] : columnsOf(defect).flatMap((name) => working.get(name) ?? open(name)),
      rows,
    }
  }
  const open = (name: string): Working[] => {
    const column = table.columns.get(name)
    if (column === undefined || column.type === 'string') return []
    const integer = column.type === 'int32'
    const made = { name, integer, data: Float64Array.from(column.data), reach: new Int32Array(table.rows) }
    working.set(name, made)
    return [made]
  }

  const cellsAt = defects.map((defect) => {
    const name = policies[defect.kind]?.name
    return name === undefined || name === 'exclude-symbol' ? { columns: [], rows: [] } : cellsOf(defect)
  })
  // Masks first: a cell that one defect empties may be filled by the policy of another.
  defects.forEach((defect, i) => void mask(defect, policies[defect.kind], cellsAt[i]!))
  const cells = defects.map((defect, i) => mark(policies[defect.kind], cellsAt[i]!))
  const filled = { row: [] as number[], column: [] as string[], ageMinutes: [] as number[] }
  const time = numbers(table, 'start_time_ms')
  for (const { name, data, reach } of [...working.values()]) {
    for (const group of groups) fillColumn(name, data, reach, group.rows, time, filled)
  }
  const outcome = cells.map((list) => ({
    cells: list.length,
    filled: list.reduce((n, [column, row]) => n + (Number.isNaN(column.data[row]!) ? 0 : 1), 0),
  }))
  const columns = [...table.columns].map(([name, column]) => [name, rebuilt(column, working.get(name))] as const)
  return { table: makeTable(columns), filled, outcome, defects }
}

interface Working {
  readonly name: string
  readonly integer: boolean
  readonly data: Float64Array
  /** Per row: how old a value may be that fills it. */
  readonly reach: Int32Array
}

function columnsOf(defect: Defect): readonly string[] {
  if (defect.column !== '') return [defect.column]
  return TABLE_SOURCES[defect.source as TableSource] ?? []
}

interface Cells {
  readonly columns: readonly Working[]
  readonly rows: readonly number[]
}

/** Empties the contradictory cells of a defect. */
function mask(defect: Defect, policy: Policy | undefined, { columns, rows }: Cells): void {
  const wanted =
    policy?.name === 'mask' ||
    (policy?.name === 'forward-fill' && ['zero_open_interest', 'bad_number'].includes(defect.kind))
  // An integer column cannot hold a missing value: what the source did not have is stored as 0.
  const unwritten = defect.kind === 'bad_number' || defect.kind === 'blank_cell'
  for (const { data, integer } of columns) {
    for (const row of rows) {
      const value = data[row]!
      if ((wanted && contradicts(defect, value)) || (integer && unwritten && value === 0)) data[row] = Number.NaN
    }
  }
}

/** Notes how far the empty cells of a defect may look for a value, and returns them. */
function mark(policy: Policy | undefined, { columns, rows }: Cells): [Working, number][] {
  const out: [Working, number][] = []
  for (const column of columns) {
    const carried = policy?.name === 'forward-fill' && !isKline(column.name)
    const reach = policy?.name === 'research' ? FILL_BOTH_WAYS : carried ? policy.maxAgeMinutes : FILL_NOTHING
    for (const row of rows) {
      if (!Number.isNaN(column.data[row]!)) continue
      out.push([column, row])
      const before = column.reach[row]!
      column.reach[row] =
        before === FILL_BOTH_WAYS || reach === FILL_BOTH_WAYS ? FILL_BOTH_WAYS : Math.max(before, reach)
    }
  }
  return out
}

function contradicts(defect: Defect, value: number): boolean {
  if (defect.kind === 'zero_open_interest') return value === 0
  if (defect.kind === 'bad_number') return !Number.isFinite(value)
  return defect.kind === 'impossible_bar'
}

function fillColumn(
  name: string,
  data: Float64Array,
  reach: Int32Array,
  rows: Int32Array,
  time: ArrayLike<number>,
  filled: { row: number[]; column: string[]; ageMinutes: number[] },
): void {
  const put = (row: number, from: number): void => {
    data[row] = data[from]!
    filled.row.push(row)
    filled.column.push(name)
    filled.ageMinutes.push((time[row]! - time[from]!) / MINUTE_MS)
  }
  let last = -1
  const leading: number[] = []
  for (const row of rows) {
    if (!Number.isNaN(data[row]!)) {
      for (const early of leading.splice(0)) put(early, row)
      last = row
      continue
    }
    const limit = reach[row]!
    if (last < 0) {
      if (limit === FILL_BOTH_WAYS) leading.push(row)
    } else if (limit === FILL_BOTH_WAYS || (limit > 0 && (time[row]! - time[last]!) / MINUTE_MS <= limit)) {
      put(row, last)
    }
  }
}

/** A changed integer column becomes float64 where it now has missing cells. */
function rebuilt(column: Column, working: Working | undefined): Column {
  if (working === undefined || column.type === 'string') return column
  if (column.type === 'int32' && !working.data.some(Number.isNaN))
    return { type: 'int32', data: Int32Array.from(working.data) }
  if (column.type === 'float32') return { type: 'float32', data: Float32Array.from(working.data) }
  return { type: column.type === 'int64' ? 'int64' : 'float64', data: working.data }
}
