/** Bars of one or many symbols on a common time grid: what strategies see and backtests replay. */
import { fail } from '@cointrader/core'

/** Columns of one symbol, one value per bar of the grid; a missing bar is NaN in all of them. */
export interface BarColumns {
  readonly open: Float64Array
  readonly high: Float64Array
  readonly low: Float64Array
  readonly close: Float64Array
  /** Base asset. */
  readonly volume: Float64Array
}

export interface BarSet {
  readonly intervalMs: number
  /** Bar starts, ms, ascending by exactly `intervalMs`. The bar at `times[i]` is known at `times[i] + intervalMs`. */
  readonly times: Float64Array
  /** Names in ascending order: ties in time are broken by it (TB-05.2). */
  readonly symbols: readonly string[]
  /** By index of `symbols`. */
  readonly columns: readonly BarColumns[]
}

export const BAR_FIELDS = ['open', 'high', 'low', 'close', 'volume'] as const
export type BarField = (typeof BAR_FIELDS)[number]

/** One closed bar. */
export interface Bar {
  readonly time: number
  readonly open: number
  readonly high: number
  readonly low: number
  readonly close: number
  readonly volume: number
}

/** One symbol's bars on their own times, ascending. */
export interface SymbolBars extends BarColumns {
  readonly symbol: string
  readonly times: Float64Array
}

/**
 * Lays symbols on one grid from the first bar of any to the last of any; missing bars become NaN; symbols are sorted.
 * Errors `E_FILE_CORRUPT`: a time off the interval's grid, not ascending, or a name twice.
 */
export function makeBarSet(intervalMs: number, symbols: readonly SymbolBars[]): BarSet {
  const sorted = [...symbols].sort((a, b) => (a.symbol < b.symbol ? -1 : a.symbol > b.symbol ? 1 : 0))
  let first = Number.POSITIVE_INFINITY
  let last = Number.NEGATIVE_INFINITY
  for (const [k, s] of sorted.entries()) {
    if (k > 0 && sorted[k - 1]!.symbol === s.symbol) corrupt(s.symbol, 'given twice')
    for (let i = 0; i < s.times.length; i++) {
      const t = s.times[i]!
      if (t % intervalMs !== 0) corrupt(s.symbol, `bar ${i} starts at ${t} ms, off the grid of ${intervalMs} ms`)
      if (i > 0 && t <= s.times[i - 1]!) corrupt(s.symbol, `bar ${i} does not start after the one before it`)
    }
    if (s.times.length === 0) continue
    first = Math.min(first, s.times[0]!)
    last = Math.max(last, s.times[s.times.length - 1]!)
  }
  const length = last >= first ? (last - first) / intervalMs + 1 : 0
  const times = Float64Array.from({ length }, (_, i) => first + i * intervalMs)
  const columns = sorted.map((s): BarColumns => {
    if (s.times.length === length) {
      const { open, high, low, close, volume } = s
      return { open, high, low, close, volume }
    }
    const lay = (from: Float64Array): Float64Array => {
      const out = new Float64Array(length).fill(Number.NaN)
      for (let i = 0; i < from.length; i++) out[(s.times[i]! - first) / intervalMs] = from[i]!
      return out
    }
    return { open: lay(s.open), high: lay(s.high), low: lay(s.low), close: lay(s.close), volume: lay(s.volume) }
  })
  return { intervalMs, times, symbols: sorted.map((s) => s.symbol), columns }
}

function corrupt(subject: string, detail: string): never {
  fail('E_FILE_CORRUPT', { subject: `bars of ${subject}`, detail })
}

/** The first `bars` bars of a set, copied. */
export function firstBars(set: BarSet, bars: number): BarSet {
  return mapColumns({ ...set, times: set.times.slice(0, bars) }, (x) => x.slice(0, bars))
}

/** Every column through `f`. */
export function mapColumns(
  set: BarSet,
  f: (column: Float64Array, field: BarField, symbol: number) => Float64Array,
): BarSet {
  const columns = set.columns.map(
    (c, s): BarColumns => ({
      open: f(c.open, 'open', s),
      high: f(c.high, 'high', s),
      low: f(c.low, 'low', s),
      close: f(c.close, 'close', s),
      volume: f(c.volume, 'volume', s),
    }),
  )
  return { ...set, columns }
}
