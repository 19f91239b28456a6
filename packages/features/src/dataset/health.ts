/**
 * Distribution of each feature and label over training days, and how far it has moved on later days. One day and a few columns
 * of it are in memory at a time; quantiles come from an even sample of rows.
 */
import type { UtcDate } from '@cointrader/core'
import type { ColumnRole } from './columns.js'
import type { XyDay, XyDays } from './days.js'
import { COLUMN_CHUNK } from './scan.js'
import { type DateSpan, spanDates } from './splits.js'

export interface ColumnDistribution {
  readonly column: string
  readonly role: ColumnRole | undefined
  readonly rows: number
  /** Share of NaN and infinite cells, 0 to 1. */
  readonly missing: number
  /** Of the finite cells; null without one. `deviation` divides by n - 1 and needs two. */
  readonly mean: number | null
  readonly deviation: number | null
  readonly p01: number | null
  readonly median: number | null
  readonly p99: number | null
  /** Mean over the later days minus mean, in deviations; null where one is not defined. */
  readonly shift: number | null
}

export interface Health {
  readonly days: number
  readonly laterDays: number
  readonly columns: readonly ColumnDistribution[]
}

/** Rows of a day that enter the quantiles, at most. */
const SAMPLE_PER_DAY = 2000
const GOLDEN = (Math.sqrt(5) - 1) / 2

interface Sums {
  role: ColumnRole | undefined
  rows: number
  bad: number
  n: number
  mean: number
  squares: number
  sample: number[]
  laterN: number
  laterMean: number
}

/** Distributions over `span`, and their shift on the days of `later`. Columns appear in stored order. */
export async function columnHealth(days: XyDays, span: DateSpan, later: readonly DateSpan[]): Promise<Health> {
  const columns = new Map<string, Sums>()
  const walk = async (dates: readonly UtcDate[], isLater: boolean): Promise<number> => {
    let seen = 0
    for (const date of dates) {
      const day = await days.open(date)
      if (day === undefined) continue
      seen++
      await addDay(day, columns, isLater)
    }
    return seen
  }
  const first = await walk(spanDates(span), false)
  const laterDays = await walk([...new Set(later.flatMap((s) => spanDates(s)))].sort(), true)
  return { days: first, laterDays, columns: [...columns].map(([column, sums]) => summary(column, sums)) }
}

async function addDay(day: XyDay, columns: Map<string, Sums>, isLater: boolean): Promise<void> {
  const names = day.names.filter((name) => {
    const role = day.facts(name)?.role
    return role === 'feature' || role === 'label'
  })
  for (let from = 0; from < names.length; from += COLUMN_CHUNK) {
    const chunk = names.slice(from, from + COLUMN_CHUNK)
    const table = await day.read(chunk)
    for (const name of chunk) {
      const column = table.columns.get(name)!
      if (column.type === 'string') continue
      let sums = columns.get(name)
      if (sums === undefined) {
        sums = {
          role: day.facts(name)?.role,
          rows: 0,
          bad: 0,
          n: 0,
          mean: 0,
          squares: 0,
          sample: [],
          laterN: 0,
          laterMean: 0,
        }
        columns.set(name, sums)
      }
      if (isLater) addLater(sums, column.data)
      else addCells(sums, column.data)
    }
  }
}

function addCells(sums: Sums, data: ArrayLike<number>): void {
  const draws = Math.min(data.length, SAMPLE_PER_DAY)
  let drawn = 0
  let next = place(0, draws, data.length)
  sums.rows += data.length
  for (let i = 0; i < data.length; i++) {
    const take = i === next
    if (take) next = place(++drawn, draws, data.length)
    const x = data[i]!
    if (x - x !== 0) {
      sums.bad++
      continue
    }
    // Welford (1962): no cancellation for columns far from zero.
    const d = x - sums.mean
    sums.mean += d / ++sums.n
    sums.squares += d * (x - sums.mean)
    if (take) sums.sample.push(x)
  }
}

/**
 * Row of the k-th draw: one in each of `draws` equal stretches, at a place in it that moves by the golden ratio. Rows stand
 * minute by minute with the symbols in order, and a fixed stride could meet the same few symbols in every minute.
 */
function place(k: number, draws: number, rows: number): number {
  const from = Math.floor((k * rows) / draws)
  const to = Math.floor(((k + 1) * rows) / draws)
  return from + Math.floor((to - from) * ((k * GOLDEN) % 1))
}

function addLater(sums: Sums, data: ArrayLike<number>): void {
  for (let i = 0; i < data.length; i++) {
    const x = data[i]!
    if (x - x === 0) sums.laterMean += (x - sums.laterMean) / ++sums.laterN
  }
}

function summary(column: string, s: Sums): ColumnDistribution {
  const sorted = Float64Array.from(s.sample).sort()
  const at = (q: number) => (sorted.length === 0 ? null : sorted[Math.round(q * (sorted.length - 1))]!)
  const deviation = s.n < 2 ? null : Math.sqrt(s.squares / (s.n - 1))
  return {
    column,
    role: s.role,
    rows: s.rows,
    missing: s.rows === 0 ? 1 : s.bad / s.rows,
    mean: s.n === 0 ? null : s.mean,
    deviation,
    p01: at(0.01),
    median: at(0.5),
    p99: at(0.99),
    shift: s.laterN === 0 || deviation === null || deviation === 0 ? null : (s.laterMean - s.mean) / deviation,
  }
}
