/** First pass over one day, shared by the loaders: which rows qualify, and why the others do not. Columns, not rows. */
import { fail, MINUTE_MS } from '@cointrader/core'
import { type NumericData, numbers } from '@cointrader/store'
import { readKeys, type XyDay } from './days.js'
import { assertSameFacts, type ResolvedRequest } from './request.js'
import { assertWithin } from './splits.js'

/** Columns decoded at once: bounds what a day with hundreds of columns takes while it is read. */
export const COLUMN_CHUNK = 32

/** Row may stand inside a window: member, and its features pass the policy. */
export const ROW_GOOD = 1
/** Row may be a sample or the end of a window: good, in the purged range, and its label passes the policy. */
export const ROW_END = 2

/** Symbols get numbers in order of appearance while reading; {@link SymbolTable.sorted} renumbers them by name at the end. */
export class SymbolTable {
  private readonly ids = new Map<string, number>()
  readonly names: string[] = []

  id(name: string): number {
    let id = this.ids.get(name)
    if (id === undefined) {
      id = this.names.length
      if (id > 65_535) fail('E_USAGE', { subject: 'symbols', detail: 'more than 65,536 symbols in one data set' })
      this.ids.set(name, id)
      this.names.push(name)
    }
    return id
  }

  /** Names by code unit, and for each id its place among them: the same whatever days came first. */
  sorted(): { names: string[]; place: Int32Array } {
    const names = [...this.names].sort()
    const place = new Int32Array(names.length)
    names.forEach((name, i) => {
      place[this.ids.get(name)!] = i
    })
    return { names, place }
  }
}

/** Rows by what became of them; each row is counted once, by the first reason in this order. */
export interface RowCounts {
  /** Rows of the dates of the range. */
  read: number
  notMember: number
  /** Outside of the purged range. */
  purged: number
  missingLabel: number
  missingFeatures: number
  /** Windows: fewer than T good minutes in a row end here. Panels: too few symbols at this minute. */
  tooShort: number
  /** Qualified, but not drawn. */
  sampledOut: number
  kept: number
}

export function newCounts(): RowCounts {
  return {
    read: 0,
    notMember: 0,
    purged: 0,
    missingLabel: 0,
    missingFeatures: 0,
    tooShort: 0,
    sampledOut: 0,
    kept: 0,
  }
}

export interface DayScan {
  readonly time: NumericData
  /** Ids of a {@link SymbolTable}. */
  readonly symbol: Uint16Array
  /** {@link ROW_GOOD}, {@link ROW_END}. */
  readonly flags: Uint8Array
}

/** Calls `visit` with each feature column of a day (undefined: counts as 0 that day), a few decoded at a time. */
export async function eachFeature(
  day: XyDay,
  features: readonly string[],
  zeroed: ReadonlySet<string> | undefined,
  visit: (data: NumericData | undefined, feature: number) => void,
): Promise<void> {
  for (let from = 0; from < features.length; from += COLUMN_CHUNK) {
    const chunk = features.slice(from, from + COLUMN_CHUNK)
    const table = await day.read(chunk)
    chunk.forEach((name, i) => {
      visit(zeroed?.has(name) ? undefined : numbers(table, name, day.subject), from + i)
    })
  }
}

/** Marks cells that are missing as float32: NaN, infinite, or too large for it. */
function markMissing(data: NumericData, missing: Uint8Array): void {
  for (let r = 0; r < data.length; r++) {
    // x - x is 0 for finite x, else NaN.
    const x = Math.fround(data[r]!)
    if (x - x !== 0) missing[r] = 1
  }
}

/**
 * Scans a day. With `countEnds` false the day only gives context to windows: no row of it is an end and none is counted.
 * Error `E_AVAILABILITY` when the label of a row that the purge has left looks past the border of the range.
 */
export async function scanDay(
  day: XyDay,
  resolved: ResolvedRequest,
  symbols: SymbolTable,
  counts: RowCounts,
  countEnds = true,
): Promise<DayScan> {
  assertSameFacts(resolved.facts, resolved.range, day)
  const { time, symbol: names, rows } = await readKeys(day)
  const { range } = resolved
  const members = resolved.members(day.date)
  const missing = new Uint8Array(rows)
  if (resolved.missingFeatures === 'drop') {
    const zeroed = resolved.policy?.zeroed(day.date)
    await eachFeature(day, resolved.features, zeroed, (data) => {
      if (data !== undefined) markMissing(data, missing)
    })
  }
  const label =
    countEnds && resolved.label !== null
      ? numbers(await day.read([resolved.label]), resolved.label, day.subject)
      : undefined
  const flags = new Uint8Array(rows)
  const symbol = new Uint16Array(rows)
  const ends: number[] = []
  for (let r = 0; r < rows; r++) {
    symbol[r] = symbols.id(names[r]!)
    if (countEnds) counts.read++
    if (members !== undefined && !members.has(names[r]!)) {
      if (countEnds) counts.notMember++
      continue
    }
    const good = missing[r] === 0 ? ROW_GOOD : 0
    flags[r] = good
    if (!countEnds) continue
    const t = time[r]!
    if (t < range.keepFromMs || t >= range.keepToMs) counts.purged++
    else if (label !== undefined && resolved.dropMissingLabel && !Number.isFinite(label[r]!)) counts.missingLabel++
    else if (good === 0) counts.missingFeatures++
    else {
      flags[r] = good | ROW_END
      if (t + resolved.looksUntilMinutes * MINUTE_MS > range.borderMs) ends.push(t)
    }
  }
  if (ends.length > 0) assertWithin(range, ends, resolved.looksUntilMinutes)
  return { time, symbol, flags }
}
