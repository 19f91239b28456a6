/** A seeded synthetic market for tests. */
import type { BotBars } from '@cointrader/features/bot/index'

export type MutableBars = { -readonly [K in keyof BotBars]: BotBars[K] }

export const STEP = 900_000
export const START = Date.UTC(2026, 0, 5)
export const PRICES = ['high', 'low', 'close', 'volume', 'btcClose', 'ethClose', 'oiChange', 'fundingRate'] as const

/** `n` consistent bars with fat moves, so that every rule of the score is met now and then. */
export function market(n: number, seed = 1): BotBars {
  let state = seed >>> 0
  const next = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
  const column = (): Float64Array => new Float64Array(n)
  const bars = {
    intervalMs: STEP,
    times: Float64Array.from({ length: n }, (_, i) => START + i * STEP),
    high: column(),
    low: column(),
    close: column(),
    volume: column(),
    btcClose: column(),
    ethClose: column(),
    oiChange: column(),
    fundingRate: column(),
  }
  let [price, btc, eth, trend] = [2, 90_000, 3_000, 0]
  for (let i = 0; i < n; i++) {
    if (next() < 0.02) trend = (next() - 0.5) * 0.01
    const open = price
    const common = (next() - 0.5) * 0.006 + trend
    price *= 1 + common + (next() - 0.5) * 0.006
    btc *= 1 + common / 2
    eth *= 1 + common + (next() - 0.5) * 0.002
    bars.close[i] = price
    bars.high[i] = Math.max(open, price) * (1 + next() * 0.003)
    bars.low[i] = Math.min(open, price) * (1 - next() * 0.003)
    bars.volume[i] = 1000 * (next() < 0.1 ? 5 : 1) * (0.5 + next())
    bars.btcClose[i] = btc
    bars.ethClose[i] = eth
    bars.oiChange[i] = next() < 0.1 ? 0 : (next() - 0.5) * 0.02
    bars.fundingRate[i] = (Math.floor(i / 32) % 5) * 1e-4 - 2e-4
  }
  return bars
}

/** A copy in which the bars `from … to − 1` are missing. */
export function withGap(bars: BotBars, from: number, to: number): BotBars {
  return edit(bars, (column) => column.fill(Number.NaN, from, to))
}

/** A copy whose columns (not the times) were changed. */
export function edit(bars: BotBars, change: (column: Float64Array) => void): BotBars {
  const out: MutableBars = { ...bars }
  for (const name of PRICES) {
    const column = bars[name]?.slice()
    if (column === undefined) continue
    change(column)
    out[name] = column
  }
  return out
}

/** The bars `from … to − 1`. */
export function part(bars: BotBars, from: number, to: number): BotBars {
  const out: MutableBars = { ...bars, times: bars.times.slice(from, to) }
  for (const name of PRICES) {
    const column = bars[name]
    if (column !== undefined) out[name] = column.slice(from, to)
  }
  return out
}
