/** Bars as the original has them: the rows of a file one after the other, whatever is missing between them. */
import { fail } from '@cointrader/core'
import type { BotBars } from '@cointrader/features/bot/bars'
import { numbers, type Table } from '@cointrader/store'

export interface SeedSide {
  /** Prices at the times of the primary. */
  readonly high: Float64Array
  readonly low: Float64Array
  readonly close: Float64Array
}

/** Rows of one symbol, ascending. All columns have one length. */
export interface SeedBars {
  /** Bar starts, ms. */
  readonly times: Float64Array
  /** Prices in USDT. */
  readonly open: Float64Array
  readonly high: Float64Array
  readonly low: Float64Array
  readonly close: Float64Array
  /** Base asset. */
  readonly volume: Float64Array
  /** BTCUSDT and ETHUSDT: for the market context and the features of a model. */
  readonly btc?: SeedSide
  readonly eth?: SeedSide
  /** 0 is unknown, as the files have it (D-17). */
  readonly oiChange?: Float64Array
  readonly fundingRate?: Float64Array
}

/** Bars of each symbol. */
export type SeedMarket = Readonly<Record<string, SeedBars>>

const PRIMARY = ['open', 'high', 'low', 'close', 'volume'] as const

/**
 * Rows of a table in the layout of `shared/data/binance-15m` (`timestamp`, `open`, … `close_btc`, … `funding_rate`).
 * Error `E_FILE_CORRUPT`: a column is missing or times do not ascend.
 */
export function seedBarsOf(table: Table, subject: string): SeedBars {
  const column = (name: string): Float64Array => Float64Array.from(numbers(table, name, subject))
  const times = column('timestamp')
  for (let i = 1; i < times.length; i++) {
    if (times[i]! > times[i - 1]!) continue
    fail('E_FILE_CORRUPT', { subject, detail: `row ${i} starts at ${times[i]} ms, not after the row before it` })
  }
  const side = (name: string): SeedSide => ({
    high: column(`high_${name}`),
    low: column(`low_${name}`),
    close: column(`close_${name}`),
  })
  const has = (name: string): boolean => table.columns.has(name)
  return {
    times,
    ...(Object.fromEntries(PRIMARY.map((name) => [name, column(name)])) as Record<
      (typeof PRIMARY)[number],
      Float64Array
    >),
    ...(has('close_btc') && { btc: side('btc') }),
    ...(has('close_eth') && { eth: side('eth') }),
    ...(has('oi_change') && { oiChange: column('oi_change') }),
    ...(has('funding_rate') && { fundingRate: column('funding_rate') }),
  }
}

/** First index whose time is at or after `ms`. */
export function firstAtOrAfter(times: Float64Array, ms: number): number {
  let low = 0
  let high = times.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (times[middle]! < ms) low = middle + 1
    else high = middle
  }
  return low
}

/** The rows with `fromMs` ≤ start < `toMs`, as views of the same memory. */
export function sliceBars(bars: SeedBars, fromMs: number, toMs: number): SeedBars {
  const from = firstAtOrAfter(bars.times, fromMs)
  const to = Math.max(from, firstAtOrAfter(bars.times, toMs))
  const cut = (x: Float64Array): Float64Array => x.subarray(from, to)
  const cutSide = (s: SeedSide): SeedSide => ({ high: cut(s.high), low: cut(s.low), close: cut(s.close) })
  return {
    times: cut(bars.times),
    open: cut(bars.open),
    high: cut(bars.high),
    low: cut(bars.low),
    close: cut(bars.close),
    volume: cut(bars.volume),
    ...(bars.btc && { btc: cutSide(bars.btc) }),
    ...(bars.eth && { eth: cutSide(bars.eth) }),
    ...(bars.oiChange && { oiChange: cut(bars.oiChange) }),
    ...(bars.fundingRate && { fundingRate: cut(bars.fundingRate) }),
  }
}

/** The same rows for the shared indicators and features, which look at their order and not at their times. */
export function botBarsOf(bars: SeedBars): BotBars {
  const { times, high, low, close, volume, btc, eth, oiChange, fundingRate } = bars
  return {
    intervalMs: 900_000,
    ...{ times, high, low, close, volume },
    ...(btc && { btcClose: btc.close }),
    ...(eth && { ethClose: eth.close }),
    ...(oiChange && { oiChange }),
    ...(fundingRate && { fundingRate }),
  }
}
