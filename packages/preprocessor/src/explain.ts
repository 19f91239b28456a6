/**
 * Joins what the fetcher saw in the sources with what a scan of the table sees. A missing cell that a defect of its
 * source explains (the row was left out, the file was absent) is told once, by its cause.
 */
import { DAY_MS, type Defect, type DefectKind, dateMs, MINUTE_MS, type UtcDate } from '@cointrader/core'
import { TABLE_SOURCES, type TableSource } from './checks.js'
import { DAY_MINUTES, eachRun } from './daytable.js'

/**
 * A missing metrics row empties the minutes until the next row. The last row of a day is stamped 00:00 of the next one
 * and serves its first five minutes, so an absent file shows that much after its end.
 */
const METRICS_REACH_MS = 5 * MINUTE_MS
const REACHING: readonly DefectKind[] = ['missing_metrics', 'absent_source', 'shifted_label']

const LEFT_OUT: readonly DefectKind[] = ['shifted_label', 'unfinished_bar', 'bad_number', 'absent_source']
const EMPTY_CELL: readonly DefectKind[] = [
  ...LEFT_OUT,
  'blank_cell',
  'missing_bars',
  'missing_premium',
  'missing_metrics',
  'stale_metrics',
]

/** Kinds of source defects that explain a table defect; the others only explain their own kind. */
const CAUSES: Partial<Record<DefectKind, readonly DefectKind[]>> = {
  missing_bars: [...LEFT_OUT, 'missing_bars', 'extra_bar'],
  blank_cell: EMPTY_CELL,
  bad_number: EMPTY_CELL,
  missing_premium: EMPTY_CELL,
  stale_metrics: EMPTY_CELL,
}

/** The minutes `[from, to)` of the day that a defect can show in. */
export function affectedMinutes(defect: Defect, date: UtcDate): [from: number, to: number] {
  const start = dateMs(date)
  const reach = defect.source === 'metrics' && REACHING.includes(defect.kind) ? METRICS_REACH_MS : 0
  const end = Math.max(defect.toMs, defect.fromMs + 1) + reach
  const from = Math.floor((Math.max(defect.fromMs, start) - start) / MINUTE_MS)
  const to = Math.ceil((Math.min(end, start + DAY_MS) - start) / MINUTE_MS)
  return [from, Math.max(from, to)]
}

/** Source defects and the parts of the table's defects that they do not explain. */
export function mergeDefects(source: readonly Defect[], table: readonly Defect[], date: UtcDate): Defect[] {
  const bySymbol = new Map<string, Defect[]>()
  for (const defect of source) {
    const list = bySymbol.get(defect.symbol)
    if (list === undefined) bySymbol.set(defect.symbol, [defect])
    else list.push(defect)
  }
  return [...source, ...table.flatMap((defect) => remainder(defect, bySymbol.get(defect.symbol) ?? [], date))]
}

function remainder(defect: Defect, causes: readonly Defect[], date: UtcDate): Defect[] {
  const kinds = CAUSES[defect.kind] ?? [defect.kind]
  const relevant = causes.filter((c) => c.source === defect.source && kinds.includes(c.kind))
  if (relevant.length === 0) return [defect]
  const start = dateMs(date)
  // Whole-row defects are explained only where every column is.
  const columns = defect.column !== '' ? [defect.column] : (TABLE_SOURCES[defect.source as TableSource] ?? [''])
  const [from, to] = [Math.floor((defect.fromMs - start) / MINUTE_MS), Math.ceil((defect.toMs - start) / MINUTE_MS)]
  if (from < 0 || to > DAY_MINUTES) return relevant.some((c) => c.fromMs === defect.fromMs) ? [] : [defect]
  // One bit per column; the widest source has nine.
  const explained = new Uint16Array(DAY_MINUTES)
  for (const cause of relevant) {
    const [a, b] = affectedMinutes(cause, date)
    const bits = columns.reduce(
      (set, name, i) => (cause.column === '' || cause.column === name ? set | (1 << i) : set),
      0,
    )
    for (let m = Math.max(a, from); m < Math.min(b, to); m++) explained[m] = explained[m]! | bits
  }
  return pieces(defect, explained, from, to, start, (1 << columns.length) - 1)
}

function pieces(
  defect: Defect,
  explained: Uint16Array,
  from: number,
  to: number,
  start: number,
  all: number,
): Defect[] {
  const left = new Uint8Array(DAY_MINUTES)
  let count = 0
  for (let m = from; m < to; m++) if (explained[m] !== all) count += left[m] = 1
  if (count === to - from) return [defect]
  const out: Defect[] = []
  eachRun(left, (_, a, b) => {
    out.push({ ...defect, fromMs: start + a * MINUTE_MS, toMs: start + b * MINUTE_MS, count: b - a })
  })
  return out
}
