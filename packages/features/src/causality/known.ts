/** Copies of raw blocks of which part is not there, or is poison: what was known at an instant, in memory of its own. */
import { KLINE_FIELDS, METRICS_FIELDS, PREMIUM_FIELDS, type Random } from '@cointrader/core'
import { DAY_MINUTES, type DayBars } from '../daybars.js'
import { firstRowOf } from './pipeline.js'

/** An empty block of the shape of `day`. */
function blank(day: DayBars): DayBars {
  const fields = Object.fromEntries(
    Object.entries(day.fields).map(([name, data]) => [name, new Float64Array(data.length).fill(Number.NaN)]),
  )
  return { ...day, fields, present: new Uint8Array(day.present.length) }
}

function copyOf(day: DayBars): DayBars {
  const fields = Object.fromEntries(Object.entries(day.fields).map(([name, data]) => [name, Float64Array.from(data)]))
  return { ...day, fields, present: Uint8Array.from(day.present) }
}

/**
 * The blocks as they were when the bar of a row had just ended. Rows are copied in one by one as time goes on: what comes
 * later is in none of its arrays. Days before `fixedBefore` are taken as they are; a day that has not begun is not in
 * the list at all.
 */
export class KnownDays {
  private readonly grown: readonly { readonly source: DayBars; readonly copy: DayBars; readonly first: number }[]
  private readonly fixed: readonly DayBars[]
  private last: number

  constructor(
    days: readonly DayBars[],
    private readonly fixedBefore: number,
  ) {
    this.fixed = days.filter((d) => firstRowOf(d) < fixedBefore)
    this.grown = days
      .filter((d) => firstRowOf(d) >= fixedBefore)
      .map((source) => ({ source, copy: blank(source), first: firstRowOf(source) }))
    this.last = fixedBefore - 1
  }

  /** The blocks known at the end of bar `row`. Rows may only ascend between two calls of {@link forget}. */
  upTo(row: number): readonly DayBars[] {
    if (row < this.last) throw new RangeError('what was known cannot be forgotten in part')
    for (const { source, copy, first } of this.grown) {
      const from = Math.max(this.last + 1, first) - first
      const to = Math.min(row + 1, first + DAY_MINUTES) - first
      if (from >= to) continue
      for (let s = 0; s < source.symbols.length; s++) {
        const at = s * DAY_MINUTES
        for (const name in copy.fields) {
          const data = source.fields[name]!
          const out = copy.fields[name]!
          for (let i = at + from; i < at + to; i++) out[i] = data[i]!
        }
        for (let i = at + from; i < at + to; i++) copy.present[i] = source.present[i]!
      }
    }
    this.last = row
    return [...this.fixed, ...this.grown.filter((g) => g.first <= row).map((g) => g.copy)]
  }

  /** Back to the state before the first grown row. */
  forget(): void {
    for (const { copy } of this.grown) {
      for (const data of Object.values(copy.fields)) data.fill(Number.NaN)
      copy.present.fill(0)
    }
    this.last = this.fixedBefore - 1
  }
}

/** What stands in for the future: nothing at all (rows absent too), or one absurd number in every cell of every row. */
export const POISONS = [Number.NaN, 1e9] as const

/** The blocks with everything after `row` replaced by `poison`; blocks without such rows are the originals. */
export function poisoned(days: readonly DayBars[], row: number, poison: number): DayBars[] {
  return days.map((day) => {
    const from = Math.max(0, row + 1 - firstRowOf(day))
    if (from >= DAY_MINUTES) return day
    const copy = copyOf(day)
    for (let s = 0; s < day.symbols.length; s++) {
      const [a, b] = [s * DAY_MINUTES + from, (s + 1) * DAY_MINUTES]
      for (const data of Object.values(copy.fields)) data.fill(poison, a, b)
      copy.present.fill(Number.isNaN(poison) ? 0 : 1, a, b)
    }
    return copy
  })
}

/** Longest run of minutes that {@link punched} empties. */
const LONGEST_HOLE = 12

/**
 * A copy with holes in every symbol: blank cells of premium and metrics in the first minutes of the day and in random
 * runs, missing rows, zero open interest, contradictory bars. A day that happens to be complete would not show a fill that
 * looks ahead.
 */
export function punched(day: DayBars, random: Random): DayBars {
  const copy = copyOf(day)
  const groups: readonly (readonly string[])[] = [KLINE_FIELDS, PREMIUM_FIELDS, METRICS_FIELDS]
  for (let s = 0; s < day.symbols.length; s++) {
    const at = s * DAY_MINUTES
    const empty = (fields: readonly string[], from: number, rows: number) => {
      for (const name of fields) copy.fields[name]?.fill(Number.NaN, at + from, at + Math.min(DAY_MINUTES, from + rows))
    }
    for (const group of groups.slice(1)) {
      empty(group, 0, 1 + random.int(LONGEST_HOLE))
      for (let k = 0; k < 8; k++) empty(group, random.int(DAY_MINUTES), 1 + random.int(LONGEST_HOLE))
      for (const name of group) for (let k = 0; k < 4; k++) empty([name], random.int(DAY_MINUTES), 1 + random.int(3))
    }
    for (let k = 0; k < 4; k++) {
      const from = random.int(DAY_MINUTES)
      const rows = 1 + random.int(LONGEST_HOLE)
      empty(Object.keys(copy.fields), from, rows)
      copy.present.fill(0, at + from, at + Math.min(DAY_MINUTES, from + rows))
    }
    for (let k = 0; k < 4; k++) {
      const i = at + random.int(DAY_MINUTES)
      if (copy.fields.mt_oi !== undefined) copy.fields.mt_oi[i] = 0
      const j = at + random.int(DAY_MINUTES)
      if (copy.fields.high !== undefined && copy.fields.low !== undefined) copy.fields.high[j] = copy.fields.low[j]! / 2
    }
  }
  return copy
}
