/**
 * The research pipeline's preprocessing of the days it joins (RP-07 … RP-09, RP-14, RP-18, RP-19): forward, then backward
 * fill, prices too; one symbol with a hole in its rows fails the date. It looks ahead (RP-D03).
 */
import { fail } from '@cointrader/core'
import { DAY_MINUTES, type DayBars } from '../daybars.js'

/** Each day by itself. */
export function researchDays(days: readonly DayBars[], symbols: readonly string[]): DayBars[] {
  return days.flatMap((day) => researchJoined([day], 1, symbols))
}

/**
 * Days filled as one series. Error `E_ROW_COUNT` when a symbol that has rows lacks some of `numDates` × 1440;
 * `E_UNFILLED` when a cell stays empty.
 */
export function researchJoined(days: readonly DayBars[], numDates: number, symbols: readonly string[]): DayBars[] {
  const out = days.map((day) => ({
    ...day,
    fields: Object.fromEntries(Object.entries(day.fields).map(([name, data]) => [name, data.slice()])),
  }))
  for (const symbol of symbols) {
    const places = out.map((day) => day.symbols.indexOf(symbol))
    const counts = out.map((day, d) => {
      const at = places[d]! * DAY_MINUTES
      return places[d]! < 0 ? 0 : day.present.subarray(at, at + DAY_MINUTES).reduce((n, p) => n + p, 0)
    })
    const rows = counts.reduce((a, b) => a + b, 0)
    if (rows === 0) continue
    if (rows !== numDates * DAY_MINUTES) {
      const detail = `${rows} rows, not ${numDates * DAY_MINUTES}`
      fail('E_ROW_COUNT', { subject: `${symbol} on ${days.map((d) => d.date).join(', ')}`, detail })
    }
    const pieces = out.flatMap((day, d) => (counts[d]! > 0 ? [{ day, at: places[d]! * DAY_MINUTES }] : []))
    for (const field of Object.keys(pieces[0]!.day.fields)) {
      const arrays = pieces.map(({ day, at }) => day.fields[field]!.subarray(at, at + DAY_MINUTES))
      if (!fillBothWays(arrays))
        fail('E_UNFILLED', { subject: `${symbol} on ${pieces.map((p) => p.day.date).join(', ')}`, detail: field })
    }
  }
  return out
}

/** False when there is no value at all. */
function fillBothWays(arrays: readonly Float64Array[]): boolean {
  let last = Number.NaN
  for (const a of arrays)
    for (let i = 0; i < a.length; i++) {
      if (Number.isNaN(a[i]!)) a[i] = last
      else last = a[i]!
    }
  if (Number.isNaN(last)) return false
  for (const a of arrays.toReversed())
    for (let i = a.length - 1; i >= 0; i--) {
      if (Number.isNaN(a[i]!)) a[i] = last
      else last = a[i]!
    }
  return true
}
