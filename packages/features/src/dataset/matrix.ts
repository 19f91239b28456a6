/**
 * Training matrices from day files: rows x features in one Float32Array, or a day at a time. Two passes: the first decides
 * which rows qualify and are drawn, the second fills. In memory: the result, a byte per row read, and a few columns of one day.
 */
import { fail, seededRandom, type UtcDate } from '@cointrader/core'
import { numbers } from '@cointrader/store'
import type { ColumnFacts } from '../build/metadata.js'
import {
  asPurged,
  assertFits,
  type DatasetRequest,
  failNoDays,
  type ResolvedRequest,
  resolveRequest,
} from './request.js'
import { samplePositions } from './sample.js'
import { eachFeature, newCounts, ROW_END, type RowCounts, SymbolTable, scanDay } from './scan.js'
import { spanDates } from './splits.js'

export interface MatrixRequest extends DatasetRequest {
  /** `row`: x[row * F + feature] (default). `column`: x[feature * rows + row]. */
  readonly layout?: 'row' | 'column'
  /** Type of y. Default 64. */
  readonly labelBits?: 32 | 64
}

/** Rows in order of (time, symbol). */
export interface TrainingMatrix {
  readonly rows: number
  readonly features: readonly string[]
  readonly layout: 'row' | 'column'
  readonly x: Float32Array
  /** Unit: {@link TrainingMatrix.facts} of the label. Empty without a label. */
  readonly y: Float64Array | Float32Array
  /** Start of the bar, ms. */
  readonly time: Float64Array
  /** Index into `symbols`. */
  readonly symbol: Int32Array
  /** Symbols that were read, by name. */
  readonly symbols: readonly string[]
  readonly counts: Readonly<RowCounts>
  /** Dates of the range without a table. */
  readonly absentDates: readonly UtcDate[]
  /** Dates that the policy left out. */
  readonly skippedDates: readonly UtcDate[]
  /** Dates that the given universe does not know: they have no members. */
  readonly datesOutsideUniverse: readonly UtcDate[]
  readonly facts: ReadonlyMap<string, ColumnFacts | undefined>
}

/** Some rows of a range with their features. `symbol` counts in the names of the whole range. */
export type MatrixPart = Pick<
  TrainingMatrix,
  'rows' | 'features' | 'layout' | 'x' | 'y' | 'time' | 'symbol' | 'symbols'
>

/** All rows of a range, their features to be read a day at a time: for what need not be in memory at once. */
export interface MatrixRange extends Omit<TrainingMatrix, 'x' | 'layout'> {
  /** One part a day, in order; together they are the rows. Each call reads anew. */
  parts(): AsyncGenerator<MatrixPart>
}

/** One day as the first pass left it: the rows that qualify, ascending. */
interface ScannedDay {
  readonly date: UtcDate
  readonly rows: number
  ends: Int32Array
}

/** What the first pass found: which rows of which days are meant. */
interface Scan {
  readonly resolved: ResolvedRequest
  readonly days: readonly ScannedDay[]
  readonly symbols: SymbolTable
  /** What a matrix says beside its rows. */
  readonly about: Pick<
    TrainingMatrix,
    'counts' | 'absentDates' | 'skippedDates' | 'datesOutsideUniverse' | 'facts' | 'features'
  >
}

/** Loads the matrix. Errors: those of `resolveRequest`, `scanDay`, `assertFits`; `E_NOTHING_FOUND` without any table. */
export async function loadMatrix(request: MatrixRequest): Promise<TrainingMatrix> {
  const scan = await scanRange(request)
  const { resolved, days, about } = scan
  assertFits(resolved, about.counts.kept, about.features.length)
  return { ...about, ...(await fill(request, scan, days, about.features)) }
}

/** The rows of {@link loadMatrix}, with the features of one day at a time. Errors: the same, the size being that of a day. */
export async function openMatrix(request: MatrixRequest): Promise<MatrixRange> {
  const scan = await scanRange(request)
  const { resolved, days, about } = scan
  const { x: _, layout: __, ...keys } = await fill(request, scan, days, [])
  return {
    ...about,
    ...keys,
    async *parts() {
      for (const day of days) {
        if (day.ends.length === 0) continue
        assertFits(resolved, day.ends.length, about.features.length)
        yield { features: about.features, ...(await fill(request, scan, [day], about.features)) }
      }
    },
  }
}

async function scanRange(request: MatrixRequest): Promise<Scan> {
  const counts = newCounts()
  const symbols = new SymbolTable()
  const absentDates: UtcDate[] = []
  const skippedDates: UtcDate[] = []
  const scanned: ScannedDay[] = []
  let resolved: ResolvedRequest | undefined
  const range = asPurged(request.range)
  for (const date of spanDates(range, request.dateStep)) {
    if (request.policy?.skip(date)) {
      skippedDates.push(date)
      continue
    }
    const day = await request.days.open(date)
    if (day === undefined) {
      absentDates.push(date)
      continue
    }
    resolved ??= resolveRequest(request, day)
    const scan = await scanDay(day, resolved, symbols, counts)
    scanned.push({ date, rows: scan.flags.length, ends: flagged(scan.flags, ROW_END) })
  }
  if (resolved === undefined) failNoDays(range)
  const qualified = scanned.reduce((n, day) => n + day.ends.length, 0)
  if (request.maxRows !== undefined && request.maxRows < qualified) {
    const random = seededRandom(request.seed ?? 0).fork('rows')
    keepDrawn(scanned, samplePositions(qualified, request.maxRows, random))
  }
  const rows = scanned.reduce((n, day) => n + day.ends.length, 0)
  counts.kept = rows
  counts.sampledOut = qualified - rows
  const { universe } = request
  const known = (date: UtcDate) => universe === undefined || Object.hasOwn(universe, date)
  const datesOutsideUniverse = scanned.map((day) => day.date).filter((date) => !known(date))
  const { features, facts } = resolved
  const about = { counts, absentDates, skippedDates, datesOutsideUniverse, facts, features }
  return { resolved, days: scanned, symbols, about }
}

/** Positions whose flag is set, ascending. */
function flagged(flags: Uint8Array, flag: number): Int32Array {
  const out = new Int32Array(flags.length)
  let n = 0
  for (let r = 0; r < flags.length; r++) if ((flags[r]! & flag) !== 0) out[n++] = r
  return out.slice(0, n)
}

/** Leaves of all qualified rows, counted through the days, only the drawn ones. */
function keepDrawn(scanned: ScannedDay[], drawn: Int32Array): void {
  let offset = 0
  let d = 0
  for (const day of scanned) {
    const from = d
    while (d < drawn.length && drawn[d]! < offset + day.ends.length) d++
    const { ends } = day
    day.ends = drawn.subarray(from, d).map((position) => ends[position - offset]!)
    offset += ends.length
  }
}

/** The second pass, over some of the days. */
async function fill(
  request: MatrixRequest,
  { resolved, symbols }: Scan,
  scanned: readonly ScannedDay[],
  features: readonly string[],
) {
  const { label } = resolved
  const rows = scanned.reduce((n, day) => n + day.ends.length, 0)
  const layout = request.layout ?? 'row'
  const width = features.length
  const zeroBad = resolved.missingFeatures === 'zero'
  const x = new Float32Array(rows * width)
  const yLength = label === null ? 0 : rows
  const y = request.labelBits === 32 ? new Float32Array(yLength) : new Float64Array(yLength)
  const time = new Float64Array(rows)
  const symbol = new Int32Array(rows)
  const { names, place } = symbols.sorted()
  let base = 0
  for (const { date, rows: dayRows, ends } of scanned) {
    if (ends.length === 0) continue
    const day = await request.days.open(date)
    const table = await day?.read(['start_time_ms', 'symbol', ...(label === null ? [] : [label])])
    if (day === undefined || table?.rows !== dayRows) {
      fail('E_FILE_CORRUPT', { subject: day?.subject ?? date, detail: 'changed while it was read', next: 'run again' })
    }
    const dayTime = numbers(table, 'start_time_ms')
    const dayNames = table.columns.get('symbol')!.data as readonly string[]
    const dayLabel = label === null ? undefined : numbers(table, label, day.subject)
    for (let i = 0; i < ends.length; i++) {
      time[base + i] = dayTime[ends[i]!]!
      symbol[base + i] = place[symbols.id(dayNames[ends[i]!]!)]!
      if (dayLabel !== undefined) y[base + i] = dayLabel[ends[i]!]!
    }
    const stride = layout === 'row' ? width : 1
    await eachFeature(day, features, resolved.policy?.zeroed(date), (data, f) => {
      if (data === undefined) return
      let at = layout === 'row' ? base * width + f : f * rows + base
      for (let i = 0; i < ends.length; i++, at += stride) {
        const value = Math.fround(data[ends[i]!]!)
        x[at] = zeroBad && value - value !== 0 ? 0 : value
      }
    })
    base += ends.length
  }
  return { rows, layout, x, y, time, symbol, symbols: names }
}
