/**
 * Feature selection by correlation (RP-22) over rolling windows of whole months, inside a training range only (RP-D17).
 *
 * A window's rows are drawn first and then read a day at a time into one array per column, so memory is bounded by
 * `maxRows`. Correlations between features are computed only against features already taken. The original draws with
 * pandas' `DataFrame.sample(random_state)`, whose generator is not reproduced: with `fraction` 1 the result equals the
 * original's, below 1 it is another sample of the same size.
 */
import { dateMs, fail, MINUTE_MS, parseDate, seededRandom, type UtcDate } from '@cointrader/core'
import type { NumericData } from '@cointrader/store'
import type { ColumnFacts } from '../build/metadata.js'
import { labelLooksUntil } from './columns.js'
import { correlation, moments } from './correlation.js'
import { readKeys, type XyDay, type XyDays } from './days.js'
import { failAvailability, failOverlap } from './errors.js'
import { assertSameFacts } from './request.js'
import { samplePositions } from './sample.js'
import { eachFeature } from './scan.js'
import { type DateSpan, spanDates, spansOverlap, spanText } from './splits.js'

export interface SelectionRequest {
  readonly days: XyDays
  readonly label: string
  /** See {@link monthWindows}. */
  readonly windows: readonly DateSpan[]
  /** All windows must lie inside. */
  readonly training: DateSpan
  /** Ranges that are kept for validation or test: no window may touch them, and rows whose label looks into one go. */
  readonly heldOut: readonly DateSpan[]
  /** Candidates. Default: all feature columns of the first day of each window. */
  readonly features?: readonly string[]
  /** a: least |correlation| with the label. Default 0.02. */
  readonly minCorrelation?: number
  /** b: largest |correlation| with a feature already taken. Default 0.9. */
  readonly maxMutual?: number
  /** Share of a window's rows, drawn before rows are dropped. Default 1. */
  readonly fraction?: number
  /** At most this many drawn rows per window: bounds the memory. Default 200,000. */
  readonly maxRows?: number
  readonly seed?: number
  /**
   * Infinite cells: `drop` their rows (default), or `keep` them as pandas does: the column's correlation is then NaN and it
   * is no candidate in that window.
   */
  readonly infinite?: 'drop' | 'keep'
}

export interface TakenFeature {
  readonly feature: string
  /** Signed Pearson correlation with the label. */
  readonly correlation: number
}

export interface WindowSelection {
  readonly span: DateSpan
  readonly absentDates: readonly UtcDate[]
  /** Rows of the window, those whose label looks into a held-out range, those drawn, those without a missing cell. */
  readonly rows: number
  readonly purged: number
  readonly drawn: number
  readonly used: number
  /** Left out before rows are dropped: no finite cell among the drawn rows (one such column would drop every row). */
  readonly empty: readonly string[]
  /** Left out: one value in all rows used. */
  readonly constant: readonly string[]
  /** Number of features with |correlation| >= a. */
  readonly candidates: number
  /** In the order taken: by descending |correlation|. */
  readonly taken: readonly TakenFeature[]
}

export interface RankedFeature {
  readonly feature: string
  /** Windows in which it was taken. */
  readonly windows: number
  /** Mean |correlation| with the label over those windows. */
  readonly meanCorrelation: number
}

export interface Selection {
  readonly windows: readonly WindowSelection[]
  /** By number of windows, then mean |correlation|, descending, then name. */
  readonly ranking: readonly RankedFeature[]
}

/** Windows of `months` whole months, `step` months apart, from `first` (YYYY-MM). RP-22: 4, 2, 5 from 2024-06. */
export function monthWindows(first: string, months = 4, step = 2, count = 5): DateSpan[] {
  const start = parseDate(`${first}-01`, 'first month')
  for (const [what, n] of Object.entries({ months, step, count })) {
    if (!Number.isInteger(n) || n < 1) fail('E_USAGE', { subject: what, detail: `${n} is not a whole number above 0` })
  }
  const year = Number(start.slice(0, 4))
  const month = Number(start.slice(5, 7)) - 1
  const at = (offset: number): UtcDate => {
    const m = month + offset
    return parseDate(`${year + Math.floor(m / 12)}-${String((m % 12) + 1).padStart(2, '0')}-01`)
  }
  return Array.from({ length: count }, (_, i) => ({ from: at(i * step), to: at(i * step + months) }))
}

/** Features taken in at least `k` windows, best first: lists of a smaller k begin with those of a larger one. */
export function selectionList(ranking: readonly RankedFeature[], k: number): string[] {
  return ranking.filter((one) => one.windows >= k).map((one) => one.feature)
}

/**
 * Selects. Errors: `E_USAGE` when a window is not inside the training range or touches a held-out one; `E_NOTHING_FOUND`
 * naming a window without tables or without a complete row; `E_AVAILABILITY` for a candidate that is a label.
 */
export async function selectByCorrelation(request: SelectionRequest): Promise<Selection> {
  for (const span of request.windows) {
    spanDates(span)
    if (span.from < request.training.from || span.to > request.training.to) {
      failOverlap(`selection window ${spanText(span)}`, `not inside the training range ${spanText(request.training)}`)
    }
  }
  for (const held of request.heldOut) {
    const touched = [request.training, ...request.windows].find((span) => spansOverlap(span, held))
    if (touched !== undefined) {
      failOverlap(`selection on ${spanText(touched)}`, `overlaps the held-out range ${spanText(held)}`)
    }
  }
  const windows: WindowSelection[] = []
  for (const span of request.windows) windows.push(await selectWindow(request, span))
  return { windows, ranking: rankFeatures(windows) }
}

/** Counts and averages over windows. */
export function rankFeatures(windows: readonly WindowSelection[]): RankedFeature[] {
  const sums = new Map<string, { windows: number; sum: number }>()
  for (const { taken } of windows) {
    for (const { feature, correlation: r } of taken) {
      const sum = sums.get(feature) ?? { windows: 0, sum: 0 }
      sums.set(feature, { windows: sum.windows + 1, sum: sum.sum + Math.abs(r) })
    }
  }
  return [...sums]
    .map(([feature, s]) => ({ feature, windows: s.windows, meanCorrelation: s.sum / s.windows }))
    .sort((a, b) => b.windows - a.windows || b.meanCorrelation - a.meanCorrelation || (a.feature < b.feature ? -1 : 1))
}

async function selectWindow(request: SelectionRequest, span: DateSpan): Promise<WindowSelection> {
  const { label } = request
  const subject = `selection window ${spanText(span)}`
  const absentDates: UtcDate[] = []
  const kept: { date: UtcDate; rows: Int32Array }[] = []
  let rows = 0
  let qualified = 0
  let features: readonly string[] | undefined
  let facts: ReadonlyMap<string, ColumnFacts | undefined> | undefined
  for (const date of spanDates(span)) {
    const day = await request.days.open(date)
    if (day === undefined) {
      absentDates.push(date)
      continue
    }
    features ??= candidateColumns(request, day)
    facts ??= new Map([...features, label].map((name) => [name, day.facts(name)]))
    assertSameFacts(facts, span, day)
    const { time } = await readKeys(day)
    const own = notLookingInto(request.heldOut, time, labelLooksUntil(label, day.facts(label), day.subject))
    rows += time.length
    qualified += own.length
    kept.push({ date, rows: own })
  }
  if (features === undefined) fail('E_NOTHING_FOUND', { subject, detail: 'no XY table of these dates' })
  const wanted = Math.min(Math.round((request.fraction ?? 1) * qualified), request.maxRows ?? 200_000)
  const drawn = samplePositions(qualified, wanted, seededRandom(request.seed ?? 0).fork(`select ${span.from}`))
  const data = await readDrawn(request, features, kept, drawn)
  const result = greedy(features, data, request, subject)
  return { span, absentDates, rows, purged: rows - qualified, drawn: drawn.length, ...result }
}

function candidateColumns(request: SelectionRequest, day: XyDay): readonly string[] {
  const features = request.features ?? day.names.filter((name) => day.facts(name)?.role === 'feature')
  const leak = features.find((name) => day.facts(name)?.role === 'label')
  if (leak !== undefined) failAvailability(day.subject, `${leak} is a label, not a candidate`)
  return features
}

/**
 * Rows that share no minute of outcome with a held-out range: the label of a row before it must end by its start, and a row
 * after it must not begin before the held-out labels have ended.
 */
function notLookingInto(heldOut: readonly DateSpan[], time: NumericData, looksUntilMinutes: number): Int32Array {
  const reach = looksUntilMinutes * MINUTE_MS
  const bounds = heldOut.map((span) => [dateMs(span.from), dateMs(span.to)] as const)
  const out = new Int32Array(time.length)
  let n = 0
  for (let r = 0; r < time.length; r++) {
    const t = time[r]!
    if (bounds.every(([from, to]) => t + reach <= from || t >= to - MINUTE_MS + reach)) out[n++] = r
  }
  return out.slice(0, n)
}

/** The drawn rows as columns: features in order, the label last; float32 columns stay float32. */
async function readDrawn(
  request: SelectionRequest,
  features: readonly string[],
  kept: readonly { date: UtcDate; rows: Int32Array }[],
  drawn: Int32Array,
): Promise<NumericData[]> {
  const names = [...features, request.label]
  const columns: (Float64Array | Float32Array | undefined)[] = names.map(() => undefined)
  let at = 0
  let offset = 0
  for (const { date, rows } of kept) {
    const from = at
    while (at < drawn.length && drawn[at]! < offset + rows.length) at++
    const start = offset
    offset += rows.length
    if (at === from) continue
    const day = (await request.days.open(date))!
    await eachFeature(day, names, undefined, (data, f) => {
      let column = columns[f]
      if (column === undefined) {
        column = data instanceof Float32Array ? new Float32Array(drawn.length) : new Float64Array(drawn.length)
      } else if (column instanceof Float32Array && data instanceof Float64Array) column = Float64Array.from(column)
      columns[f] = column
      for (let i = from; i < at; i++) column[i] = data![rows[drawn[i]! - start]!]!
    })
  }
  return columns.map((column) => column ?? new Float64Array(0))
}

function greedy(features: readonly string[], data: NumericData[], request: SelectionRequest, subject: string) {
  const keepInfinite = request.infinite === 'keep'
  const empty = features.filter((_, f) => !data[f]!.some((x) => Number.isFinite(x)))
  const isEmpty = new Set(empty)
  const used = features.map((_, f) => f).filter((f) => !isEmpty.has(features[f]!))
  const y = data[features.length]!
  const rows = completeRows([...used.map((f) => data[f]!), y], keepInfinite)
  if (rows.length === 0) {
    fail('E_NOTHING_FOUND', { subject, detail: 'no row without a missing cell', next: 'leave out columns with gaps' })
  }
  for (const f of [...used, features.length]) data[f] = compact(data[f]!, rows)
  const target = data[features.length]!
  const targetMoments = moments(target)
  const constant: string[] = []
  const candidates: { f: number; r: number; moments: ReturnType<typeof moments> }[] = []
  for (const f of used) {
    const own = moments(data[f]!)
    if (own.constant) constant.push(features[f]!)
    else {
      const r = correlation(data[f]!, own, target, targetMoments)
      if (Math.abs(r) >= (request.minCorrelation ?? 0.02)) candidates.push({ f, r, moments: own })
    }
  }
  candidates.sort((a, b) => Math.abs(b.r) - Math.abs(a.r))
  const limit = request.maxMutual ?? 0.9
  const taken: typeof candidates = []
  for (const one of candidates) {
    const near = (other: (typeof candidates)[number]): boolean =>
      Math.abs(correlation(data[one.f]!, one.moments, data[other.f]!, other.moments)) <= limit
    if (taken.every(near)) taken.push(one)
  }
  return {
    used: rows.length,
    empty,
    constant,
    candidates: candidates.length,
    taken: taken.map(({ f, r }) => ({ feature: features[f]!, correlation: r })),
  }
}

function completeRows(columns: readonly NumericData[], keepInfinite: boolean): Int32Array {
  const rows = columns[0]?.length ?? 0
  const bad = new Uint8Array(rows)
  for (const data of columns) {
    for (let r = 0; r < rows; r++) {
      const x = data[r]!
      if (keepInfinite ? Number.isNaN(x) : x - x !== 0) bad[r] = 1
    }
  }
  const out = new Int32Array(rows)
  let n = 0
  for (let r = 0; r < rows; r++) if (bad[r] === 0) out[n++] = r
  return out.slice(0, n)
}

/** Moves the rows to the front, in place. */
function compact(data: NumericData, rows: Int32Array): NumericData {
  for (let i = 0; i < rows.length; i++) data[i] = data[rows[i]!]!
  return data.subarray(0, rows.length)
}
