/** Days of bars as a stream takes them: one minute of all symbols after the other. */
import { dateMs, MINUTE_MS } from '@cointrader/core'
import { DAY_MINUTES, type DayBars } from '../daybars.js'
import type { MinuteBars } from '../stream.js'

interface OpenDay {
  readonly day: DayBars
  /** Place of each symbol in the day; -1: it is not there. */
  readonly place: Int32Array
}

/** Reads minutes of loaded days. Days that are not there, and symbols that a day does not have, are NaN. */
export class MinuteReader {
  private readonly days = new Map<number, OpenDay>()
  private readonly minute: Record<string, Float64Array> = {}

  /** `symbols` in the stream's order; `fields`: those that are read. */
  constructor(
    days: readonly DayBars[],
    private readonly symbols: readonly string[],
    fields: readonly string[],
  ) {
    for (const day of days) {
      const index = new Map(day.symbols.map((s, i) => [s, i]))
      const place = Int32Array.from(symbols, (s) => index.get(s) ?? -1)
      this.days.set(dateMs(day.date) / MINUTE_MS / DAY_MINUTES, { day, place })
    }
    for (const field of fields) this.minute[field] = new Float64Array(symbols.length)
  }

  /** The minute of row `row` (minutes since 1970). The arrays are overwritten by the next call. */
  at(row: number): MinuteBars {
    const open = this.days.get(Math.floor(row / DAY_MINUTES))
    const m = row % DAY_MINUTES
    for (const [field, out] of Object.entries(this.minute)) {
      const data = open?.day.fields[field]
      for (let s = 0; s < out.length; s++) {
        const p = open?.place[s] ?? -1
        out[s] = data === undefined || p < 0 ? Number.NaN : data[p * DAY_MINUTES + m]!
      }
    }
    return this.minute
  }

  /** Indices of the symbols that have a bar in row `row`, ascending: the rows that build-xy would write. */
  present(row: number): Int32Array {
    const open = this.days.get(Math.floor(row / DAY_MINUTES))
    const m = row % DAY_MINUTES
    const out: number[] = []
    this.symbols.forEach((_, s) => {
      const p = open?.place[s] ?? -1
      if (p >= 0 && open!.day.present[p * DAY_MINUTES + m] === 1) out.push(s)
    })
    return Int32Array.from(out)
  }
}

/** The newest row `≤ limit` of the day in which any of `symbols` has a bar; undefined when there is none. */
export function newestRow(day: DayBars, symbols: readonly string[], limit: number): number | undefined {
  const first = dateMs(day.date) / MINUTE_MS
  const reader = new MinuteReader([day], symbols, [])
  for (let row = Math.min(limit, first + DAY_MINUTES - 1); row >= first; row--)
    if (reader.present(row).length > 0) return row
  return undefined
}
