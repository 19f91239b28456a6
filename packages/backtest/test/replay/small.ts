/** Small markets written by hand. */

import { type CostSettings, feeModel, NO_SLIPPAGE } from '@cointrader/backtest/costs/index'
import { type BacktestInput, intentStrategy } from '@cointrader/backtest/replay/index'
import { HOUR_MS } from '@cointrader/core'
import type { BarSet, IntentColumns } from '@cointrader/strategies'
import { makeConfig, type TradingConfig } from '@cointrader/trading'

/** Open, high, low, close, volume (1e9 when left out); null is a missing bar. */
export type Row = readonly [number, number, number, number, number?] | null

export const T0 = Date.UTC(2026, 0, 1, 4)

export function barsOf(rows: Readonly<Record<string, readonly Row[]>>, intervalMs = HOUR_MS, start = T0): BarSet {
  const symbols = Object.keys(rows).sort()
  const length = Math.max(...symbols.map((s) => rows[s]!.length))
  const times = Float64Array.from({ length }, (_, i) => start + i * intervalMs)
  const columns = symbols.map((s) => {
    const at = (k: number): Float64Array =>
      Float64Array.from({ length }, (_, i) => {
        const row = rows[s]![i]
        return row ? (row[k] ?? 1e9) : Number.NaN
      })
    return { open: at(0), high: at(1), low: at(2), close: at(3), volume: at(4) }
  })
  return { intervalMs, times, symbols, columns }
}

/** A bar that moves from `open` to `close` and nowhere else. */
export function bar(open: number, close = open): Row {
  return [open, Math.max(open, close), Math.min(open, close), close]
}

/** What is wanted at the end of bar `at`. */
export interface Want {
  readonly at: number
  readonly side: 1 | -1
  readonly stop?: number
  readonly target?: number
  readonly probability?: number
}

export function intentsOf(length: number, wants: readonly Want[], more: Partial<IntentColumns> = {}): IntentColumns {
  const side = new Int8Array(length)
  const stopDistance = new Float64Array(length)
  const targetDistance = new Float64Array(length)
  const filtered = wants.some((w) => w.probability !== undefined)
  const probability = filtered ? new Float64Array(length).fill(Number.NaN) : null
  for (const w of wants) {
    side[w.at] = w.side
    stopDistance[w.at] = w.stop ?? 0
    targetDistance[w.at] = w.target ?? 0
    if (probability && w.probability !== undefined) probability[w.at] = w.probability
  }
  return { side, stopDistance, targetDistance, probability, exitAfterMs: 0, reverse: true, ...more }
}

/** Nothing that costs, nothing that limits: a test switches on what it is about. */
export const FREE: Partial<CostSettings> = { fees: feeModel(0, 0), slippage: NO_SLIPPAGE }

export const OPEN: Partial<TradingConfig> = {
  leverage: 1,
  sizing: { kind: 'fixed-share', share: 1 },
  maxPositions: null,
  maxSameDirection: null,
  maxDailyLoss: null,
  maxDrawdown: null,
  ruinBelow: 0,
  killSymbol: null,
  killPortfolio: null,
  takerFee: 0,
  maxDataAgeMs: 24 * HOUR_MS,
}

export function small(
  rows: Readonly<Record<string, readonly Row[]>>,
  wants: Readonly<Record<string, readonly Want[]>>,
  config: Partial<TradingConfig> = {},
  costs: Partial<CostSettings> = {},
  more: Partial<BacktestInput> & { intents?: Partial<IntentColumns> } = {},
): BacktestInput {
  const bars = barsOf(rows)
  const { intents, ...rest } = more
  const columns = bars.symbols.map((s) => intentsOf(bars.times.length, wants[s] ?? [], intents))
  return {
    bars,
    strategy: intentStrategy('by-hand', columns),
    config: makeConfig(bars.symbols, { ...OPEN, ...config }),
    costs: { ...FREE, ...costs },
    ...rest,
  }
}
