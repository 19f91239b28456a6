/** Named columns of equal length: the one shape for everything stored or exchanged. */
import { fail } from '@cointrader/core'

/** Physical column types. `int64` is held in float64 (all our integers are below 2^53). */
export type ColumnType = 'float64' | 'float32' | 'int32' | 'int64' | 'string'

export type NumericData = Float64Array | Float32Array | Int32Array
export type Column =
  | { readonly type: 'float64' | 'int64'; readonly data: Float64Array }
  | { readonly type: 'float32'; readonly data: Float32Array }
  | { readonly type: 'int32'; readonly data: Int32Array }
  | { readonly type: 'string'; readonly data: readonly string[] }

export interface Table {
  /** In stored order. */
  readonly columns: ReadonlyMap<string, Column>
  readonly rows: number
}

/** A table from `[name, column]` pairs; all columns must have the same length. */
export function makeTable(columns: Iterable<readonly [string, Column]>): Table {
  const map = new Map<string, Column>()
  let rows = -1
  for (const [name, column] of columns) {
    if (rows >= 0 && column.data.length !== rows) {
      fail('E_INTERNAL', {
        subject: `column ${name}`,
        detail: `${column.data.length} values, other columns have ${rows}`,
      })
    }
    rows = column.data.length
    map.set(name, column)
  }
  return { columns: map, rows: Math.max(0, rows) }
}

/** The numeric data of a column; error `E_FILE_CORRUPT` if it is absent or text. */
export function numbers(table: Table, name: string, subject = 'table'): NumericData {
  const column = table.columns.get(name)
  if (column === undefined || column.type === 'string') {
    fail('E_FILE_CORRUPT', { subject, detail: `no numeric column "${name}"` })
  }
  return column.data
}

/** The text of a column; error `E_FILE_CORRUPT` if it is absent or numeric. */
export function strings(table: Table, name: string, subject = 'table'): readonly string[] {
  const column = table.columns.get(name)
  if (column?.type !== 'string') fail('E_FILE_CORRUPT', { subject, detail: `no text column "${name}"` })
  return column.data
}

/** The rows listed in `index`, in that order. */
export function takeRows(table: Table, index: Int32Array | readonly number[]): Table {
  const pick = (column: Column): Column => {
    if (column.type === 'string') return { type: 'string', data: Array.from(index, (i) => column.data[i]!) }
    const data = new (column.data.constructor as new (n: number) => Float64Array)(index.length)
    for (let k = 0; k < index.length; k++) data[k] = column.data[index[k]!]!
    return { type: column.type, data } as Column
  }
  return makeTable([...table.columns].map(([name, column]) => [name, pick(column)] as const))
}
