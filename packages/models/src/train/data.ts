/** Training, validation and test matrices of one label, purged against each other, with what was removed and why. */
import { addDays, fail, type Json, type UtcDate } from '@cointrader/core'
import {
  type ColumnFacts,
  type DateSpan,
  dayRanges,
  labelLooksUntil,
  loadMatrix,
  type MatrixPart,
  type MatrixRange,
  type MatrixRequest,
  type MissingPolicy,
  openMatrix,
  type PurgedRange,
  splitRanges,
  type TrainingMatrix,
  type XyDays,
} from '@cointrader/features'

/** First and last day, both included, as on the command line. */
export interface DayRange {
  readonly start: UtcDate
  readonly end: UtcDate
}

export type SplitName = 'train' | 'valid' | 'test'

export interface SplitRequest {
  readonly days: XyDays
  readonly ranges: { readonly train: DayRange; readonly valid: DayRange; readonly test?: DayRange }
  readonly label: string
  /** Absent: every feature column of the tables. */
  readonly features?: readonly string[]
  readonly maxRows?: number
  /** `maxRows / days` rows of every training day instead of a draw over all. */
  readonly sampleByDay?: boolean
  readonly missingFeatures: MissingPolicy
  readonly embargoMinutes?: number
  readonly seed: number
  /** Most bytes that the features of one split may take; default: that of the loader. */
  readonly maxBytes?: number
}

export interface Splits {
  readonly train: TrainingMatrix
  readonly valid: TrainingMatrix
  /** Only ever scored: its features are read a day at a time. */
  readonly test: MatrixRange | undefined
  readonly ranges: Readonly<Partial<Record<SplitName, PurgedRange>>>
  readonly features: readonly string[]
  /** Features without a single finite value in the training rows: left out. */
  readonly emptyFeatures: readonly string[]
  readonly label: { readonly name: string; readonly unit: string; readonly looksUntilMinutes: number }
  readonly facts: (name: string) => ColumnFacts | undefined
}

const span = ({ start, end }: DayRange): DateSpan => ({ from: start, to: addDays(end, 1) })

/**
 * Loads the splits. Ranges that share days, or whose purge leaves nothing, are refused by name (`E_USAGE`,
 * `E_USAGE_RANGE`), as are features known after the decision (`E_AVAILABILITY`). Error `E_NOTHING_FOUND` for a split
 * without rows.
 */
export async function loadSplits(request: SplitRequest): Promise<Splits> {
  const { days, label, missingFeatures, seed } = request
  const { train, valid, test } = request.ranges
  const first = await firstDay(days, span(train))
  const facts = (name: string) => first.facts(name)
  const looksUntilMinutes = labelLooksUntil(label, first.facts(label), first.subject)
  const spans = { train: span(train), valid: span(valid), ...(test === undefined ? {} : { test: span(test) }) }
  const ranges = splitRanges(spans, looksUntilMinutes, { embargoMinutes: request.embargoMinutes ?? 0 })
  const base = {
    ...(request.maxBytes === undefined ? {} : { maxBytes: request.maxBytes }),
    days,
    label,
    ...(request.features === undefined ? {} : { features: request.features }),
    missingFeatures,
    seed,
    layout: 'column',
  } satisfies Omit<MatrixRequest, 'range'>
  const allRows =
    request.maxRows === undefined
      ? await loadMatrix({ ...base, range: ranges.train })
      : request.sampleByDay
        ? await byDay(base, ranges.train, request.maxRows)
        : await loadMatrix({ ...base, range: ranges.train, maxRows: request.maxRows })
  const emptyFeatures = allRows.features.filter((_, f) => !hasValue(allRows.x, f * allRows.rows, allRows.rows))
  if (emptyFeatures.length === allRows.features.length && allRows.rows > 0)
    fail('E_NOTHING_FOUND', { subject: 'train range', detail: 'no feature has a value' })
  const trainRows = without(allRows, new Set(emptyFeatures))
  // Later days must have what the first one had: the list is settled once.
  const features = trainRows.features
  const validRows = await loadMatrix({ ...base, features, range: ranges.valid })
  const testRange = (ranges as { test?: PurgedRange }).test
  const testRows = testRange === undefined ? undefined : await openMatrix({ ...base, features, range: testRange })
  for (const [name, rows] of Object.entries({ train: trainRows, valid: validRows, test: testRows }))
    if (rows !== undefined && rows.rows === 0)
      fail('E_NOTHING_FOUND', {
        subject: `${name} range`,
        detail: `no row with a label and features (${countsText(rows)})`,
      })
  return {
    train: trainRows,
    valid: validRows,
    test: testRows,
    ranges,
    features,
    emptyFeatures,
    label: { name: label, unit: facts(label)?.unit ?? '', looksUntilMinutes },
    facts,
  }
}

function hasValue(x: Float32Array, from: number, rows: number): boolean {
  for (let i = from; i < from + rows; i++) if (Number.isFinite(x[i]!)) return true
  return false
}

/** The column-major matrix without some features. */
function without(matrix: TrainingMatrix, names: ReadonlySet<string>): TrainingMatrix {
  if (names.size === 0) return matrix
  const kept = matrix.features.flatMap((name, f) => (names.has(name) ? [] : [f]))
  const x = new Float32Array(kept.length * matrix.rows)
  kept.forEach((f, k) => {
    x.set(matrix.x.subarray(f * matrix.rows, (f + 1) * matrix.rows), k * matrix.rows)
  })
  return { ...matrix, features: kept.map((f) => matrix.features[f]!), x }
}

async function firstDay(days: XyDays, range: DateSpan) {
  for (let date = range.from; date < range.to; date = addDays(date, 1)) {
    const day = await days.open(date)
    if (day !== undefined) return day
  }
  fail('E_NOTHING_FOUND', { subject: `${range.from} to ${range.to}`, detail: 'no XY table of these dates' })
}

/** The same number of rows of every day (RP-39), in order of time. */
async function byDay(base: Omit<MatrixRequest, 'range'>, range: PurgedRange, maxRows: number): Promise<TrainingMatrix> {
  const parts: TrainingMatrix[] = []
  const daily = dayRanges(range)
  const each = Math.max(1, Math.floor(maxRows / daily.length))
  for (const day of daily) {
    try {
      const features = parts[0]?.features
      parts.push(await loadMatrix({ ...base, ...(features ? { features } : {}), range: day, maxRows: each }))
    } catch (error) {
      if ((error as { code?: string }).code !== 'E_NOTHING_FOUND') throw error
    }
  }
  if (parts.length === 0) fail('E_NOTHING_FOUND', { subject: `${range.from} to ${range.to}`, detail: 'no XY table' })
  return concat(parts)
}

/** Joins column-major matrices of the same features. */
function concat(parts: readonly TrainingMatrix[]): TrainingMatrix {
  const rows = parts.reduce((n, p) => n + p.rows, 0)
  const { features } = parts[0]!
  const symbols = [...new Set(parts.flatMap((p) => p.symbols))].sort()
  const x = new Float32Array(rows * features.length)
  const y = new Float64Array(rows)
  const time = new Float64Array(rows)
  const symbol = new Int32Array(rows)
  const counts = { ...parts[0]!.counts }
  for (const key of Object.keys(counts) as (keyof typeof counts)[])
    counts[key] = parts.reduce((n, p) => n + p.counts[key], 0)
  let at = 0
  for (const p of parts) {
    for (let f = 0; f < features.length; f++) x.set(p.x.subarray(f * p.rows, (f + 1) * p.rows), f * rows + at)
    y.set(p.y, at)
    time.set(p.time, at)
    for (let i = 0; i < p.rows; i++) symbol[at + i] = symbols.indexOf(p.symbols[p.symbol[i]!]!)
    at += p.rows
  }
  const all = <K extends 'absentDates' | 'skippedDates' | 'datesOutsideUniverse'>(key: K) =>
    parts.flatMap((p) => p[key])
  return {
    ...parts[0]!,
    rows,
    x,
    y,
    time,
    symbol,
    symbols,
    counts,
    absentDates: all('absentDates'),
    skippedDates: all('skippedDates'),
    datesOutsideUniverse: all('datesOutsideUniverse'),
  }
}

/** One array a feature, without copying. Column-major matrices only. */
export function columnsOf(matrix: MatrixPart): Float32Array[] {
  return matrix.features.map((_, f) => matrix.x.subarray(f * matrix.rows, (f + 1) * matrix.rows))
}

/** `120 read, 3 purged, …`, zero counts left out. */
export function countsText({ counts }: Pick<TrainingMatrix, 'counts'>): string {
  return Object.entries(counts)
    .filter(([, n]) => n > 0)
    .map(([what, n]) => `${n.toLocaleString('en-US')} ${what}`)
    .join(', ')
}

/** For the manifest. */
export function splitFacts({ train, valid, test, ranges }: Splits): Json {
  const one = (name: SplitName, matrix: Omit<TrainingMatrix, 'x' | 'layout'> | undefined): Json => {
    const range = ranges[name]
    if (matrix === undefined || range === undefined) return null
    const { from, to, keepFromMs, keepToMs } = range
    return {
      from,
      to,
      keepFromMs,
      keepToMs: Number.isFinite(keepToMs) ? keepToMs : null,
      rows: { ...matrix.counts },
      symbols: matrix.symbols.length,
      absentDates: [...matrix.absentDates],
    }
  }
  return { train: one('train', train), valid: one('valid', valid), test: one('test', test) }
}
