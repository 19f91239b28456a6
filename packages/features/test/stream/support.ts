/** Three made-up days, their batch, and comparison with a stream, bit for bit. */
import { addDays, dateMs, MINUTE_MS, parseDate, type UtcDate } from '@cointrader/core'
import { BatchFeatures } from '@cointrader/features/batch'
import { makePanel } from '@cointrader/features/contract/panel'
import { DAY_MINUTES, type DayBars } from '@cointrader/features/daybars'
import type { FeatureSet } from '@cointrader/features/featureset'
import type { Bars } from '@cointrader/features/graph/evaluate'
import type { FeatureStream, MinuteBars, StreamRow } from '@cointrader/features/stream'

export const DATES: readonly UtcDate[] = [0, 1, 2].map((n) => addDays(parseDate('2026-02-10'), n))
export const FIRST_ROW = dateMs(DATES[0]!) / MINUTE_MS

export const threeDays = (symbols: number, seed = 'three days', defects?: number): Bars =>
  makePanel({
    seed,
    symbols,
    firstRow: FIRST_ROW,
    rows: 3 * DAY_MINUTES,
    ...(defects === undefined ? {} : { defects }),
  })

/** A copy of some symbols, in which `blank` rows (counted from the first) have nothing. */
export function withoutRows(bars: Bars, blank: (t: number) => boolean): Bars {
  const fields = Object.fromEntries(
    Object.entries(bars.fields).map(([name, data]) => [
      name,
      data!.map((v, i) => (blank(i % bars.rows) ? Number.NaN : v)),
    ]),
  )
  return { ...bars, fields }
}

/** The days of a block. */
export function daysOf(bars: Bars): DayBars[] {
  return DATES.map((date, d) => {
    const fields: Record<string, Float64Array> = {}
    for (const [name, data] of Object.entries(bars.fields)) {
      const day = new Float64Array(bars.symbols.length * DAY_MINUTES)
      bars.symbols.forEach((_, s) => {
        const at = s * bars.rows + d * DAY_MINUTES
        day.set(data!.subarray(at, at + DAY_MINUTES), s * DAY_MINUTES)
      })
      fields[name] = day
    }
    const present = new Uint8Array(bars.symbols.length * DAY_MINUTES).fill(1)
    return { date, symbols: bars.symbols, fields, present, offGrid: 0 }
  })
}

/** The block with `rows` rows of nothing before it. */
export function padded(bars: Bars, rows: number): Bars {
  const fields = Object.fromEntries(
    Object.entries(bars.fields).map(([name, data]) => {
      const out = new Float64Array(bars.symbols.length * (bars.rows + rows)).fill(Number.NaN)
      bars.symbols.forEach((_, s) => {
        out.set(data!.subarray(s * bars.rows, (s + 1) * bars.rows), s * (bars.rows + rows) + rows)
      })
      return [name, out]
    }),
  )
  return { ...bars, firstRow: bars.firstRow - rows, rows: bars.rows + rows, fields }
}

/** Base and neutralised columns of the whole block: element `s * rows + t` of column k. */
export function batch(set: FeatureSet, bars: Bars): Float64Array[] {
  const features = new BatchFeatures(set, bars.rows)
  const matrix = features.base(padded(bars, set.plan.warmup - 1), bars.firstRow, bars.firstRow + bars.rows)
  const neutral = matrix.values.map((_, k) => {
    const out = new Float64Array(matrix.symbols * matrix.rows)
    features.neutral(matrix, k, out)
    return out
  })
  return [...matrix.values, ...neutral]
}

/** Row t of the block, for a stream. */
export function minute(bars: Bars, t: number): MinuteBars {
  return Object.fromEntries(
    Object.entries(bars.fields).map(([name, data]) => [name, bars.symbols.map((_, s) => data![s * bars.rows + t]!)]),
  )
}

export const push = (stream: FeatureStream, bars: Bars, t: number): StreamRow =>
  stream.push((bars.firstRow + t) * MINUTE_MS, minute(bars, t))

/** The first column that differs in row t, or undefined. */
export function differing(row: StreamRow, set: FeatureSet, columns: readonly Float64Array[], bars: Bars, t: number) {
  const n = bars.symbols.length
  for (let k = 0; k < columns.length; k++) {
    for (let s = 0; s < n; s++) {
      const [a, b] = [row.values[k * n + s]!, columns[k]![s * bars.rows + t]!]
      if (Object.is(a, b)) continue
      const name = `${set.columns[k % set.columns.length]!.name}${k < set.columns.length ? '' : '_neut'}`
      return `${name} of ${bars.symbols[s]} in row ${t}: stream ${a}, batch ${b}`
    }
  }
  return undefined
}

/** Shares of cells that have a number, by column. */
export const filled = (column: Float64Array): number =>
  column.reduce((n, v) => n + (Number.isNaN(v) ? 0 : 1), 0) / column.length
