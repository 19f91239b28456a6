/**
 * Sequence windows: T contiguous minutes of one symbol, or of all symbols of an instant (panels), for networks.
 * What is drawn is end points, not rows (RP-D09), and a window never crosses a gap, a row that the policy refuses, or a
 * minute in which the symbol was no member; it may cross midnight when both days are there.
 *
 * Rows stand once in memory, sorted by (symbol, time), and only those that some drawn window needs: a window is a slice.
 * Three passes: forward over the days (which rows can end a window), backward over one small array per day (which rows
 * the drawn windows need), forward again (fill).
 */
import { addDays, DAY_MS, fail, MINUTE_MS, seededRandom, type UtcDate } from '@cointrader/core'
import { numbers } from '@cointrader/store'
import { readKeys } from './days.js'
import {
  asPurged,
  assertFits,
  type DatasetRequest,
  failNoDays,
  type ResolvedRequest,
  resolveRequest,
} from './request.js'
import { samplePositions } from './sample.js'
import {
  type DayScan,
  eachFeature,
  newCounts,
  ROW_END,
  ROW_GOOD,
  type RowCounts,
  SymbolTable,
  scanDay,
} from './scan.js'
import { spanDates } from './splits.js'
import type { PanelSet, WindowSet, WindowStore } from './windowset.js'

export interface WindowRequest extends DatasetRequest {
  /** T: rows per window. */
  readonly length: number
  /** Whether a window may begin before the range (its end point may not). Default true: the past is known. */
  readonly reachBack?: boolean
  /** Minutes between the rows of a table. Default 1. */
  readonly stepMinutes?: number
}

export interface PanelRequest extends WindowRequest {
  /** An instant needs at least this many symbols. Default 1. */
  readonly minSymbols?: number
  /** N: at most this many symbols; the first by `symbols` if given, else by name. Default: as many as any instant has. */
  readonly nodes?: number
}

/** Windows of single symbols. Errors: those of the matrix loader, and `E_USAGE` for a bad length. */
export async function loadWindows(request: WindowRequest): Promise<WindowSet> {
  const plan = await scanWindows(request)
  const total = plan.days.reduce((n, day) => n + day.candidates.length, 0)
  const drawn = draw(request, total)
  const count = drawn.length
  plan.counts.kept = count
  plan.counts.sampledOut = total - count
  let at = 0
  let offset = 0
  for (const day of plan.days) {
    const from = at
    while (at < count && drawn[at]! < offset + day.candidates.length) at++
    const { candidates } = day
    day.ends = drawn.subarray(from, at).map((position) => candidates[position - offset]!)
    offset += candidates.length
  }
  const { store, endRow, endTime, endSymbol, endY } = await fillStore(request, plan, count)
  return { ...store, count, end: endRow, time: endTime, symbol: endSymbol, y: endY }
}

/** Windows of all symbols of an instant. Errors as {@link loadWindows}. */
export async function loadPanels(request: PanelRequest): Promise<PanelSet> {
  for (const [what, n] of Object.entries({ minSymbols: request.minSymbols ?? 1, nodes: request.nodes ?? 1 })) {
    if (!Number.isInteger(n) || n < 1) fail('E_USAGE', { subject: what, detail: `${n} is not a whole number above 0` })
  }
  const plan = await scanWindows(request)
  const groups = plan.days.map((day) => groupsOf(day, request.minSymbols ?? 1))
  const total = groups.reduce((n, list) => n + list.length, 0)
  const drawn = draw(request, total)
  const count = drawn.length
  const most = Math.max(0, ...groups.map((list) => list.reduce((n, [from, to]) => Math.max(n, to - from), 0)))
  const nodes = request.nodes ?? most
  const rank = request.symbols && new Map(request.symbols.map((name, i) => [name, i] as const))
  // Where each chosen end, in order of (day, row), goes among the slots.
  const slots: number[] = []
  let at = 0
  let offset = 0
  plan.days.forEach((day, d) => {
    const list = groups[d]!
    const ends: number[] = []
    for (; at < count && drawn[at]! < offset + list.length; at++) {
      const [from, to] = list[drawn[at]! - offset]!
      const group = [...day.candidates.subarray(from, to)]
      const order = rank === undefined ? group : preferred(group, (row) => rank.get(plan.nameOf(day, row))!)
      const slotOf = new Map(order.slice(0, nodes).map((row, slot) => [row, slot] as const))
      for (const row of group) {
        const slot = slotOf.get(row)
        if (slot === undefined) continue
        ends.push(row)
        slots.push(at * nodes + slot)
      }
    }
    offset += list.length
    day.ends = Int32Array.from(ends)
  })
  plan.counts.kept = slots.length
  const inGroups = groups.reduce((n, list) => n + list.reduce((m, [from, to]) => m + to - from, 0), 0)
  plan.counts.tooShort += plan.days.reduce((n, day) => n + day.candidates.length, 0) - inGroups
  plan.counts.sampledOut = inGroups - slots.length
  const { store, endRow, endTime, endSymbol, endY } = await fillStore(request, plan, slots.length)
  const end = new Int32Array(count * nodes).fill(-1)
  const symbol = new Int32Array(count * nodes).fill(-1)
  const y = new Float64Array(request.label === null ? 0 : count * nodes).fill(Number.NaN)
  const time = new Float64Array(count)
  slots.forEach((slot, i) => {
    end[slot] = endRow[i]!
    symbol[slot] = endSymbol[i]!
    time[Math.floor(slot / nodes)] = endTime[i]!
    if (request.label !== null) y[slot] = endY[i]!
  })
  return { ...store, count, nodes, time, end, symbol, y }
}

function preferred(rows: readonly number[], rank: (row: number) => number): number[] {
  return rows.toSorted((a, b) => rank(a) - rank(b))
}

/** Candidates of the same minute, as [from, to) places in the day's candidates. */
function groupsOf(day: WindowDay, minSymbols: number): (readonly [number, number])[] {
  const out: (readonly [number, number])[] = []
  for (let from = 0, to = 0; from < day.candidates.length; from = to) {
    while (to < day.candidates.length && day.candidateTime[to] === day.candidateTime[from]) to++
    if (to - from >= minSymbols) out.push([from, to])
  }
  return out
}

function draw(request: DatasetRequest, total: number): Int32Array {
  const random = seededRandom(request.seed ?? 0).fork('ends')
  return samplePositions(total, request.maxRows ?? total, random)
}

interface WindowDay {
  readonly date: UtcDate
  /** Symbol id per row. */
  readonly symbol: Uint16Array
  /** Rows that can end a window, ascending, and their times. */
  readonly candidates: Int32Array
  readonly candidateTime: Float64Array
  /** Of the candidates, those that were drawn. */
  ends: Int32Array
}

interface WindowPlan {
  readonly resolved: ResolvedRequest
  readonly days: WindowDay[]
  readonly symbols: SymbolTable
  readonly counts: RowCounts
  readonly absentDates: UtcDate[]
  readonly skippedDates: UtcDate[]
  nameOf(day: WindowDay, row: number): string
}

/** First pass: rows that can end a window. */
async function scanWindows(request: WindowRequest): Promise<WindowPlan> {
  const { length } = request
  if (!Number.isInteger(length) || length < 1) {
    fail('E_USAGE', { subject: 'window length', detail: `${length} is not a whole number above 0` })
  }
  const step = (request.stepMinutes ?? 1) * MINUTE_MS
  const range = asPurged(request.range)
  const endDates = new Set(spanDates(range, request.dateStep))
  const counts = newCounts()
  const symbols = new SymbolTable()
  const absentDates: UtcDate[] = []
  const skippedDates: UtcDate[] = []
  const days: WindowDay[] = []
  const runs = { length: [] as number[], last: [] as number[] }
  let resolved: ResolvedRequest | undefined
  for (const date of datesToRead(request, endDates, step)) {
    const isEnd = endDates.has(date)
    if (request.policy?.skip(date)) {
      if (isEnd) skippedDates.push(date)
      continue
    }
    const day = await request.days.open(date)
    if (day === undefined) {
      if (isEnd) absentDates.push(date)
      continue
    }
    resolved ??= resolveRequest(request, day)
    const scan = await scanDay(day, resolved, symbols, counts, isEnd)
    days.push({ date, symbol: scan.symbol, ...candidatesOf(scan, length, step, runs, counts), ends: new Int32Array(0) })
  }
  if (resolved === undefined) failNoDays(range)
  const nameOf = (day: WindowDay, row: number) => symbols.names[day.symbol[row]!]!
  return { resolved, days, symbols, counts, absentDates, skippedDates, nameOf }
}

/** The dates of end points and, if windows may reach back, the days before them that a window can touch. */
function datesToRead(request: WindowRequest, endDates: ReadonlySet<UtcDate>, step: number): UtcDate[] {
  const back = Math.ceil(((request.length - 1) * step) / DAY_MS)
  const dates = new Set<UtcDate>()
  for (const date of endDates) {
    for (let b = back; b >= 0; b--) {
      const d = addDays(date, -b)
      if (d >= request.range.from || (request.reachBack ?? true)) dates.add(d)
    }
  }
  return [...dates].sort()
}

/** Follows each symbol's run of contiguous good rows; `runs` goes on from day to day. */
function candidatesOf(
  scan: DayScan,
  length: number,
  step: number,
  runs: { length: number[]; last: number[] },
  counts: RowCounts,
): { candidates: Int32Array; candidateTime: Float64Array } {
  const rows = scan.flags.length
  const candidates = new Int32Array(rows)
  let n = 0
  for (let r = 0; r < rows; r++) {
    const id = scan.symbol[r]!
    const t = scan.time[r]!
    const flags = scan.flags[r]!
    if ((flags & ROW_GOOD) === 0) runs.length[id] = 0
    else {
      const run = t - (runs.last[id] ?? Number.NaN) === step ? runs.length[id]! + 1 : 1
      runs.length[id] = run
      if ((flags & ROW_END) !== 0) {
        if (run >= length) candidates[n++] = r
        else counts.tooShort++
      }
    }
    runs.last[id] = t
  }
  const found = candidates.slice(0, n)
  return { candidates: found, candidateTime: Float64Array.from(found, (r) => scan.time[r]!) }
}

/** Second and third pass: the rows that the chosen ends need, and their values. */
async function fillStore(request: WindowRequest, plan: WindowPlan, chosen: number) {
  const { resolved, days, symbols } = plan
  const { features, label, policy } = resolved
  const width = features.length
  const zeroBad = resolved.missingFeatures === 'zero'
  const needed = neededRows(days, request.length, symbols.names.length)
  const { names, place } = symbols.sorted()
  // Next free stored row of each symbol id: symbols by name, one after the other.
  const next = new Int32Array(names.length)
  const perPlace = new Int32Array(names.length)
  for (let id = 0; id < names.length; id++) perPlace[place[id]!] = needed.perSymbol[id]!
  const starts = new Int32Array(names.length)
  for (let p = 1; p < names.length; p++) starts[p] = starts[p - 1]! + perPlace[p - 1]!
  for (let id = 0; id < names.length; id++) next[id] = starts[place[id]!]!
  const rows = needed.perSymbol.reduce((a, b) => a + b, 0)
  assertFits(resolved, rows, width)

  const x = new Float32Array(rows * width)
  const rowTime = new Float64Array(rows)
  const endRow = new Int32Array(chosen)
  const endTime = new Float64Array(chosen)
  const endSymbol = new Int32Array(chosen)
  const endY = new Float64Array(label === null ? 0 : chosen)
  let e = 0
  for (const [d, { date, symbol, ends }] of days.entries()) {
    const from = needed.perDay[d]!
    if (from.length === 0) continue
    const day = await request.days.open(date)
    const keys = day && (await readKeys(day))
    if (day === undefined || keys?.rows !== symbol.length) {
      fail('E_FILE_CORRUPT', { subject: day?.subject ?? date, detail: 'changed while it was read', next: 'run again' })
    }
    const to = new Int32Array(from.length)
    const y = label === null || ends.length === 0 ? undefined : numbers(await day.read([label]), label, day.subject)
    const endBase = e
    for (let i = 0; i < from.length; i++) {
      const row = from[i]!
      to[i] = next[symbol[row]!]!++
      rowTime[to[i]!] = keys.time[row]!
      if (ends[e - endBase] !== row) continue
      endRow[e] = to[i]!
      endTime[e] = keys.time[row]!
      endSymbol[e] = place[symbol[row]!]!
      if (y !== undefined) endY[e] = y[row]!
      e++
    }
    await eachFeature(day, features, policy?.zeroed(date), (data, f) => {
      if (data === undefined) return
      for (let i = 0; i < from.length; i++) {
        const value = Math.fround(data[from[i]!]!)
        x[to[i]! * width + f] = zeroBad && value - value !== 0 ? 0 : value
      }
    })
  }
  const { universe } = request
  const ends = new Set(spanDates(request.range, request.dateStep))
  const outside = (date: UtcDate) => universe !== undefined && ends.has(date) && !Object.hasOwn(universe, date)
  const store: WindowStore = {
    length: request.length,
    features,
    x,
    rows,
    rowTime,
    symbols: names,
    counts: plan.counts,
    absentDates: plan.absentDates,
    skippedDates: plan.skippedDates,
    datesOutsideUniverse: days.map((day) => day.date).filter(outside),
    facts: resolved.facts,
  }
  return { store, endRow, endTime, endSymbol, endY }
}

/**
 * Backward over the days: an end needs its row and the T - 1 rows of its symbol before it. They are contiguous, since the
 * first pass found the run, so counting a symbol's rows is enough.
 */
function neededRows(days: readonly WindowDay[], length: number, symbolCount: number) {
  const left = new Int32Array(symbolCount)
  const perSymbol = new Int32Array(symbolCount)
  const perDay: Int32Array[] = days.map(() => new Int32Array(0))
  for (let d = days.length - 1; d >= 0; d--) {
    const { symbol, ends } = days[d]!
    const mark = new Uint8Array(symbol.length)
    let e = ends.length - 1
    let n = 0
    for (let r = symbol.length - 1; r >= 0; r--) {
      const id = symbol[r]!
      if (e >= 0 && ends[e] === r) {
        left[id] = length
        e--
      }
      if (left[id]! > 0) {
        left[id]!--
        perSymbol[id]!++
        mark[r] = 1
        n++
      }
    }
    const rows = new Int32Array(n)
    for (let r = 0, i = 0; r < mark.length; r++) if (mark[r] === 1) rows[i++] = r
    perDay[d] = rows
  }
  return { perSymbol, perDay }
}
