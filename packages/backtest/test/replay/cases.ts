/** Random markets, intents, rules and settings: small, and full of the corners that real data has few of. */

import {
  type FundingModel,
  feeModel,
  fixedSlippage,
  NO_SLIPPAGE,
  volatilitySlippage,
  volumeShareSlippage,
} from '@cointrader/backtest/costs/index'
import { type BacktestInput, intentStrategy } from '@cointrader/backtest/replay/index'
import { DAY_MS, HOUR_MS, type Random, seededRandom } from '@cointrader/core'
import type { BarColumns, BarSet, IntentColumns } from '@cointrader/strategies'
import {
  type LeverageBracket,
  LOOSE_RULES,
  makeConfig,
  type SymbolRules,
  type TradingConfig,
} from '@cointrader/trading'

export const START = Date.UTC(2026, 0, 1, 20)

/** Tight brackets, so that liquidations and caps happen at small sizes. */
export const BRACKETS: readonly LeverageBracket[] = [
  { initialLeverage: 50, notionalCap: 2000, notionalFloor: 0, maintMarginRatio: 0.01, cum: 0 },
  { initialLeverage: 20, notionalCap: 10_000, notionalFloor: 2000, maintMarginRatio: 0.025, cum: 30 },
  { initialLeverage: 5, notionalCap: 1e9, notionalFloor: 10_000, maintMarginRatio: 0.1, cum: 780 },
]

export function pick<T>(random: Random, from: readonly T[]): T {
  return from[random.int(from.length)]!
}

export function randomBars(random: Random, n: number, holes: number, deviation?: number): BarColumns {
  const out = {
    open: new Float64Array(n),
    high: new Float64Array(n),
    low: new Float64Array(n),
    close: new Float64Array(n),
    volume: new Float64Array(n),
  }
  const sigma = deviation ?? pick(random, [0.002, 0.01, 0.04])
  let price = pick(random, [0.5, 2, 100])
  const tick = price / 10_000
  const round = (x: number): number => Math.max(tick, Math.round(x / tick) * tick)
  for (let i = 0; i < n; i++) {
    const gap = random.next() < 0.1 ? random.normal() * sigma * 4 : 0
    const open = round(price * Math.exp(gap))
    const close = round(open * Math.exp(random.normal() * sigma))
    const up = Math.abs(random.normal()) * sigma * 0.5
    const down = Math.abs(random.normal()) * sigma * 0.5
    out.open[i] = open
    out.close[i] = close
    out.high[i] = round(Math.max(open, close) * (1 + up))
    out.low[i] = Math.min(open, close, round(Math.min(open, close) * (1 - down)))
    out.volume[i] = random.next() < 0.05 ? 0 : Math.floor(random.next() * 1000)
    price = close
    if (i < n - 1 && random.next() < holes) {
      for (const column of Object.values(out)) column[i] = Number.NaN
    }
  }
  return out
}

export function randomIntents(random: Random, c: BarColumns): IntentColumns {
  const n = c.close.length
  const density = pick(random, [0.05, 0.2, 0.6])
  const distance = pick(random, [0.003, 0.02, 0.1])
  const bare = random.next() < 0.15
  const side = new Int8Array(n)
  const stopDistance = new Float64Array(n)
  const targetDistance = new Float64Array(n)
  const probability = random.next() < 0.3 ? new Float64Array(n) : null
  for (let i = 0; i < n; i++) {
    if (random.next() < density) side[i] = random.next() < 0.5 ? 1 : -1
    stopDistance[i] = bare ? 0 : distance * c.close[i]! * (0.5 + random.next())
    targetDistance[i] = random.next() < 0.2 ? 0 : distance * c.close[i]! * (0.5 + 2 * random.next())
    if (random.next() < 0.01) stopDistance[i] = Number.NaN
    if (probability) probability[i] = random.next() < 0.1 ? Number.NaN : random.next()
  }
  const exitAfterMs = pick(random, [0, 0, HOUR_MS, 5 * HOUR_MS])
  return { side, stopDistance, targetDistance, probability, exitAfterMs, reverse: random.next() < 0.8 }
}

export function randomRules(random: Random): SymbolRules {
  if (random.next() < 0.3) return LOOSE_RULES
  return {
    tickSize: pick(random, [0.0001, 0.01, 0.05]),
    stepSize: pick(random, [0.001, 0.1, 1]),
    minQty: pick(random, [0.001, 1]),
    maxQty: pick(random, [50, 5000]),
    minNotional: pick(random, [5, 100]),
    percentDown: 0.9,
    percentUp: 1.1,
    brackets: BRACKETS,
  }
}

export function randomConfig(random: Random, symbols: readonly string[]): TradingConfig {
  const kill = {
    losses: pick(random, [0, 2, 4]),
    trades: pick(random, [0, 5]),
    profitFactor: 0.75,
    rearmAfterMs: pick(random, [null, 3 * HOUR_MS]),
  }
  return makeConfig(symbols, {
    initialBalance: pick(random, [20, 1000, 50_000]),
    leverage: pick(random, [1, 5, 20, 50]),
    sizing: pick(random, [
      { kind: 'dynamic-margin', max: 0.5, min: 0.2, decay: 0.0006 },
      { kind: 'fixed-risk', risk: 0.02 },
      { kind: 'fixed-share', share: 3 },
    ] as const),
    maxPositions: pick(random, [null, 1, 3]),
    maxSameDirection: pick(random, [null, 1, 2]),
    maxDailyLoss: pick(random, [null, 0.01, 0.05]),
    maxDrawdown: pick(random, [null, 0.1, 0.5]),
    ruinBelow: pick(random, [0, 0.1, 0.5]),
    killSymbol: pick(random, [null, kill]),
    killPortfolio: pick(random, [null, kill]),
    mlMissing: pick(random, ['refuse', 'allow'] as const),
    cooldownMs: pick(random, [0, 0, 2 * HOUR_MS]),
    maxDataAgeMs: pick(random, [HOUR_MS, DAY_MS]),
    reentryExpiryMs: pick(random, [0, HOUR_MS, DAY_MS]),
    targetOrder: pick(random, ['take-profit-market', 'limit'] as const),
    refuseStopBeyondLiquidation: random.next() < 0.5,
    takerFee: 0.0005,
    rules: symbols.map(() => randomRules(random)),
  })
}

export function randomFunding(random: Random, symbols: readonly string[], n: number, intervalMs: number): FundingModel {
  const kind = random.int(3)
  if (kind === 0) return { kind: 'assumed', rate: 0.0003, intervalMs: 8 * HOUR_MS }
  if (kind === 1) return { kind: 'recorded', rates: new Map() }
  const every = pick(random, [HOUR_MS, 4 * HOUR_MS, 8 * HOUR_MS])
  const times: number[] = []
  for (let t = Math.ceil(START / every) * every; t < START + n * intervalMs; t += every) times.push(t + random.int(40))
  const rates = Float64Array.from(times, () => random.normal() * 0.001)
  return { kind: 'recorded', rates: new Map(symbols.map((s) => [s, { times: Float64Array.from(times), rates }])) }
}

export function randomSlippage(random: Random) {
  return pick(random, [
    NO_SLIPPAGE,
    fixedSlippage(),
    fixedSlippage(20, 60),
    volatilitySlippage(),
    volumeShareSlippage(),
  ])
}

/** A case of one or more symbols; `seed` names it. */
export function randomCase(seed: number | string, symbolCount = 1): BacktestInput {
  const random = seededRandom(`backtest case ${seed}`)
  const n = 20 + random.int(120)
  const intervalMs = pick(random, [HOUR_MS / 4, HOUR_MS, 4 * HOUR_MS])
  const symbols = ['AAAUSDT', 'BBBUSDT', 'CCCUSDT', 'DDDUSDT'].slice(0, symbolCount)
  const holes = pick(random, [0, 0.02, 0.15])
  const columns = symbols.map(() => randomBars(random, n, holes))
  const times = Float64Array.from({ length: n }, (_, i) => START + i * intervalMs)
  const bars: BarSet = { intervalMs, times, symbols, columns }
  const strategy = intentStrategy(
    'random',
    columns.map((c) => randomIntents(random, c)),
  )
  const cut = random.next() < 0.4
  return {
    bars,
    strategy,
    config: randomConfig(random, symbols),
    costs: {
      fees: pick(random, [feeModel(0, 0), feeModel(0.0002, 0.0005)]),
      slippage: randomSlippage(random),
      funding: randomFunding(random, symbols, n, intervalMs),
      throughTicks: pick(random, [0, 1]),
    },
    ...(cut && { startMs: times[random.int(10)]!, endMs: times[n - 1 - random.int(5)]! + intervalMs }),
  }
}
