/** Minute bars to longer bars, on a fixed grid and in bounded memory. */
import { fail, MINUTE_MS } from '@cointrader/core'
import { numbers, strings, type Table } from '@cointrader/store'

/** Columns of a day table that a bar is made of. */
export const BAR_SOURCE = ['symbol', 'start_time_ms', 'open', 'high', 'low', 'close', 'volume_base'] as const

/** Bars of one symbol on the grid `fromMs + i * stepMs`. A bar without a minute is NaN. */
export interface Bars {
  readonly open: Float64Array
  readonly high: Float64Array
  readonly low: Float64Array
  readonly close: Float64Array
  /** Sum of base-asset volume. */
  readonly volume: Float64Array
  /** Minutes that were there. */
  readonly minutes: Uint16Array
}

export interface BarMaker {
  /** Adds a day of minutes; days in order. Error `E_FILE_CORRUPT` for rows that go back in time. */
  add(table: Table, subject: string): void
  /** Bars of a symbol, undefined when none of its minutes came. */
  bars(symbol: string): Bars | undefined
}

/**
 * A maker for the given symbols and `count` bars of `stepMs` from `fromMs`. A minute with a missing price or volume
 * counts as absent. Open is the first minute's, close the last one's.
 */
export function barMaker(symbols: ReadonlySet<string>, fromMs: number, stepMs: number, count: number): BarMaker {
  const made = new Map<string, Bars & { last: number }>()
  const start = (symbol: string) => {
    const empty = () => new Float64Array(count).fill(Number.NaN)
    const bars = {
      open: empty(),
      high: empty(),
      low: empty(),
      close: empty(),
      volume: empty(),
      minutes: new Uint16Array(count),
      last: Number.NEGATIVE_INFINITY,
    }
    made.set(symbol, bars)
    return bars
  }
  return {
    bars: (symbol) => made.get(symbol),
    add(table, subject) {
      const names = strings(table, 'symbol', subject)
      const times = numbers(table, 'start_time_ms', subject)
      const [open, high, low, close, volume] = ['open', 'high', 'low', 'close', 'volume_base'].map((n) =>
        numbers(table, n, subject),
      ) as [Float64Array, Float64Array, Float64Array, Float64Array, Float64Array]
      for (let i = 0; i < table.rows; i++) {
        const name = names[i]!
        if (!symbols.has(name)) continue
        const bar = Math.floor((times[i]! - fromMs) / stepMs)
        if (!(bar >= 0 && bar < count)) continue
        const b = made.get(name) ?? start(name)
        if (times[i]! < b.last + MINUTE_MS)
          fail('E_FILE_CORRUPT', {
            subject,
            detail: `row ${i + 1}: ${name} ${times[i]} is not after the minute before`,
          })
        b.last = times[i]!
        // The sum is NaN when any of the five is missing.
        if (!Number.isFinite(open[i]! + high[i]! + low[i]! + close[i]! + volume[i]!)) continue
        if (b.minutes[bar]!++ === 0) {
          b.open[bar] = open[i]!
          b.high[bar] = high[i]!
          b.low[bar] = low[i]!
          b.volume[bar] = volume[i]!
        } else {
          if (high[i]! > b.high[bar]!) b.high[bar] = high[i]!
          if (low[i]! < b.low[bar]!) b.low[bar] = low[i]!
          b.volume[bar]! += volume[i]!
        }
        b.close[bar] = close[i]!
      }
    },
  }
}
