/**
 * Parquet in and out. Non-nullable PLAIN Snappy columns (missing is NaN, empty text is ''), text dictionary-encoded:
 * the settings measured fastest in shared/dependencies.md section C. The same table gives the same bytes.
 */
import { fail } from '@cointrader/core'
import { type AsyncBuffer, parquetMetadataAsync, parquetRead } from 'hyparquet'
import {
  ByteWriter,
  type ColumnSource,
  ParquetWriter,
  parquetWriteBuffer,
  schemaFromColumnData,
} from 'hyparquet-writer'
import { snappyCompress } from './snappy.js'
import { type Column, makeTable, type NumericData, type Table } from './table.js'

const WRITER_TYPE = { float64: 'DOUBLE', float32: 'FLOAT', int32: 'INT32', int64: 'INT64', string: 'STRING' } as const

/** Rows per group: a day of 400 symbols is one group. */
const ROW_GROUP_ROWS = 1 << 20

/**
 * No min/max statistics and one page per column chunk: nobody filters inside a day file, and both cost a pass over every
 * value (together a third of the writing time).
 */
const LEAN = { statistics: false, pageSize: 0, codec: 'SNAPPY', compressors: { SNAPPY: snappyCompress } } as const

/** Encodes a table. `metadata` becomes key/value pairs of the footer, sorted by key; keep wall time out of it. */
export function encodeParquet(table: Table, metadata: Readonly<Record<string, string>> = {}): Uint8Array {
  const columnData = columnSources(table)
  const kvMetadata = keyValues(metadata)
  return new Uint8Array(parquetWriteBuffer({ columnData, kvMetadata, rowGroupSize: ROW_GROUP_ROWS, ...LEAN }))
}

/**
 * Encodes a file whose rows do not fit in memory at once: one row group per table (at least one; same columns in all). The
 * parts, joined, are the file. Only the encoded form is held.
 */
export function encodeParquetGroups(
  groups: Iterable<Table>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array[] {
  const bytes = new PartWriter()
  let file: ParquetWriter | undefined
  let names = ''
  for (const table of groups) {
    const columnData = columnSources(table)
    const these = columnData.map((c) => `${c.name}:${c.type}`).join()
    if (file === undefined) {
      names = these
      const schema = schemaFromColumnData({ columnData })
      file = new ParquetWriter({ writer: bytes, schema, kvMetadata: keyValues(metadata), ...LEAN })
    }
    if (these !== names) fail('E_INTERNAL', { subject: 'row group', detail: "its columns differ from the first one's" })
    // The type belongs to the schema now.
    const data = columnData.map(({ type: _, nullable: __, ...column }) => column)
    file.write({ columnData: data, rowGroupSize: Math.max(1, table.rows), pageSize: LEAN.pageSize })
  }
  if (file === undefined) fail('E_INTERNAL', { subject: 'Parquet', detail: 'no row group' })
  file.finish()
  return bytes.parts()
}

/** Moves what is written to a list after each row group, so that no buffer grows by doubling to the whole file. */
class PartWriter extends ByteWriter {
  private readonly done: Uint8Array[] = []
  flush(): void {
    if (this.index > 0) this.done.push(new Uint8Array(this.buffer, 0, this.index).slice())
    this.index = 0
  }
  parts(): Uint8Array[] {
    this.flush()
    return this.done
  }
}

function keyValues(metadata: Readonly<Record<string, string>>) {
  return Object.keys(metadata)
    .sort()
    .map((key) => ({ key, value: metadata[key]! }))
}

function columnSources(table: Table): ColumnSource[] {
  return [...table.columns].map(([name, column]) => {
    const type = WRITER_TYPE[column.type]
    if (column.type === 'string') return { name, data: column.data as string[], type, nullable: false }
    const data = column.type === 'int64' ? toInt64(column.data) : column.data
    // A column without a single value (an absent source) shrinks to one dictionary entry.
    return { name, data, type, nullable: false, encoding: isAllNaN(column.data) ? 'RLE_DICTIONARY' : 'PLAIN' }
  })
}

/** Names of the columns of a file, in order. Error `E_FILE_CORRUPT` when it is not Parquet. */
export async function parquetColumns(bytes: Uint8Array, subject: string): Promise<string[]> {
  try {
    const metadata = await parquetMetadataAsync(bufferOf(bytes))
    return metadata.schema.slice(1).map((s) => s.name)
  } catch (error) {
    fail('E_FILE_CORRUPT', { subject, detail: (error as Error).message, cause: error })
  }
}

function bufferOf(bytes: Uint8Array): AsyncBuffer {
  return {
    byteLength: bytes.byteLength,
    slice: (start, end) => new Uint8Array(bytes.subarray(start, end)).buffer,
  }
}

/** Doubles that hold integers to int64, by halves: without a BigInt per value. Two's complement, little-endian. */
function toInt64(data: Float64Array): BigInt64Array {
  const halves = new Int32Array(data.length * 2)
  for (let i = 0; i < data.length; i++) {
    const high = Math.floor(data[i]! / 4294967296)
    halves[2 * i] = data[i]! - high * 4294967296
    halves[2 * i + 1] = high
  }
  return new BigInt64Array(halves.buffer)
}

function isAllNaN(data: NumericData): boolean {
  if (data.length === 0 || !Number.isNaN(data[0])) return false
  return data.every(Number.isNaN)
}

export interface ParquetContent {
  readonly table: Table
  readonly metadata: Readonly<Record<string, string>>
}

/**
 * Decodes a table (only the named columns if given). Nulls of foreign files become NaN or ''. Error `E_FILE_CORRUPT`
 * with `subject` when it is not Parquet, or lacks a wanted column.
 */
export async function decodeParquet(
  bytes: Uint8Array,
  subject: string,
  columns?: readonly string[],
): Promise<ParquetContent> {
  const file = bufferOf(bytes)
  try {
    const metadata = await parquetMetadataAsync(file)
    const rows = Number(metadata.num_rows)
    const schema = metadata.schema.slice(1)
    const wanted = columns ?? schema.map((s) => s.name)
    const builders = new Map<
      string,
      { type: Column['type']; data: Float64Array | Float32Array | Int32Array | string[] }
    >()
    for (const name of wanted) {
      const element = schema.find((s) => s.name === name)
      if (element === undefined) fail('E_FILE_CORRUPT', { subject, detail: `no column "${name}"` })
      builders.set(name, builderFor(element.type, rows, `${subject}: column ${name}`, subject))
    }
    if (rows > 0 && wanted.length > 0) {
      await parquetRead({
        file,
        metadata,
        columns: [...wanted],
        onChunk: ({ columnName, columnData, rowStart }) => copyChunk(builders.get(columnName)!, columnData, rowStart),
      })
    }
    const kv: Record<string, string> = {}
    for (const { key, value } of metadata.key_value_metadata ?? []) kv[key] = value ?? ''
    return { table: makeTable(wanted.map((name) => [name, builders.get(name)! as Column] as const)), metadata: kv }
  } catch (error) {
    if ((error as { name?: string }).name === 'CointraderError') throw error
    fail('E_FILE_CORRUPT', { subject, detail: (error as Error).message, cause: error })
  }
}

function builderFor(type: string | undefined, rows: number, place: string, subject: string) {
  switch (type) {
    case 'DOUBLE':
      return { type: 'float64' as const, data: new Float64Array(rows).fill(Number.NaN) }
    case 'FLOAT':
      return { type: 'float32' as const, data: new Float32Array(rows).fill(Number.NaN) }
    case 'INT32':
      return { type: 'int32' as const, data: new Int32Array(rows) }
    case 'INT64':
      return { type: 'int64' as const, data: new Float64Array(rows).fill(Number.NaN) }
    case 'BYTE_ARRAY':
      return { type: 'string' as const, data: new Array<string>(rows).fill('') }
    default:
      fail('E_FILE_CORRUPT', { subject, detail: `${place} has the unsupported type ${type}` })
  }
}

function copyChunk(
  target: { type: Column['type']; data: Float64Array | Float32Array | Int32Array | string[] },
  source: ArrayLike<unknown>,
  rowStart: number,
): void {
  const { data } = target
  if (target.type === 'string') {
    for (let i = 0; i < source.length; i++) (data as string[])[rowStart + i] = (source[i] as string | null) ?? ''
    return
  }
  const out = data as Float64Array
  if (ArrayBuffer.isView(source) && !(source instanceof BigInt64Array)) {
    out.set(source as unknown as Float64Array, rowStart)
    return
  }
  for (let i = 0; i < source.length; i++) {
    const value = source[i]
    if (value === null || value === undefined) continue
    out[rowStart + i] = value instanceof Date ? value.getTime() : Number(value)
  }
}
