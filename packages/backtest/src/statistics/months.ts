/** Returns by calendar month and year (UTC), from equity at the borders; they compound to the total return. */
import type { GridSource } from './grid.js'

export interface MonthReturn {
  readonly year: number
  /** 1 … 12. */
  readonly month: number
  /** Share; null when equity at its start was not above 0. */
  readonly return: number | null
  /** False when the range covers only a part of the month. */
  readonly whole: boolean
}

export interface YearReturn {
  readonly year: number
  readonly return: number | null
}

export interface MonthTable {
  readonly months: readonly MonthReturn[]
  readonly years: readonly YearReturn[]
}

/** Months of the tested range, in order. */
export function monthTable(result: GridSource): MonthTable {
  const months: MonthReturn[] = []
  const years: YearReturn[] = []
  const { count, time, equity } = result.equity
  let row = 0
  let before = result.initialBalance
  let yearStart = before
  const first = new Date(result.startMs)
  for (let year = first.getUTCFullYear(), month = first.getUTCMonth(); ; month++) {
    if (month === 12) {
      month = 0
      year++
    }
    const from = Date.UTC(year, month, 1)
    const to = Date.UTC(year, month + 1, 1)
    if (from >= result.endMs) break
    while (row < count && time[row] <= to) row++
    const after = row === 0 ? result.initialBalance : equity[row - 1]
    const share = before > 0 ? after / before - 1 : null
    months.push({ year, month: month + 1, return: share, whole: from >= result.startMs && to <= result.endMs })
    before = after
    if (month === 11 || to >= result.endMs) {
      years.push({ year, return: yearStart > 0 ? after / yearStart - 1 : null })
      yearStart = after
    }
  }
  return { months, years }
}
