/** Several symbols, all settings at random: the invariants of the core after every event of a whole backtest. */
import { DEFAULT_COSTS } from '@cointrader/backtest/costs/index'
import {
  type BacktestInput,
  type BacktestResult,
  prepare,
  runBacktest,
  runReference,
  tradeRows,
} from '@cointrader/backtest/replay/index'
import { HOUR_MS, seededRandom } from '@cointrader/core'
import { crossSection, makeBarSet } from '@cointrader/strategies'
import { makeConfig, PORTFOLIO_DEFAULTS, type TradingState, unrealised } from '@cointrader/trading'
import { describe, expect, it } from 'vitest'
import { pick, randomBars, randomCase, randomFunding, randomRules, START } from './cases.js'

/** A book of `count` symbols with momentum scores. */
function book(seed: string, count: number, n: number): BacktestInput {
  const random = seededRandom(seed)
  const symbols = Array.from({ length: count }, (_, k) => `S${String(k).padStart(3, '0')}USDT`)
  const times = Float64Array.from({ length: n }, (_, i) => START + i * HOUR_MS)
  const bars = makeBarSet(
    HOUR_MS,
    symbols.map((symbol) => ({ symbol, times, ...randomBars(random, n, 0.01) })),
  )
  const scores = bars.columns.map(({ close }) => close.map((c, i) => (i < 5 ? Number.NaN : c / close[i - 5]! - 1)))
  const params = {
    long: 2,
    short: 2,
    holdingBars: pick(random, [3, 8]),
    offsetBars: random.int(3),
    weighting: pick(random, ['equal', 'proportional'] as const),
    gross: pick(random, [0.5, 1.5]),
    turnoverCap: pick(random, [null, 0.4]),
    minSymbols: 4,
  }
  const config = makeConfig(
    symbols,
    {
      maxDrawdown: pick(random, [0.2, 0.9]),
      marginMode: pick(random, ['cross', 'isolated'] as const),
      leverage: pick(random, [2, 10]),
      reentryExpiryMs: 24 * HOUR_MS,
      rules: symbols.map(() => randomRules(random)),
      initialBalance: pick(random, [1000, 100_000]),
    },
    PORTFOLIO_DEFAULTS,
  )
  const costs = {
    funding: randomFunding(random, symbols, n, HOUR_MS),
    lag: pick(random, [1, 2]),
    participation: pick(random, [null, 0.3]),
  }
  return { bars, strategy: crossSection(params), config, costs, scores }
}

/** Runs and holds the identity of the account and the venue's book after every event and bar. */
function watched(input: BacktestInput): BacktestResult {
  const seen = { events: 0 }
  const identity = (state: TradingState): void => {
    const left = state.config.initialBalance + state.realised + unrealised(state) - state.fees + state.funding
    const right = state.cash + unrealised(state)
    const scale = state.config.initialBalance + Math.abs(state.realised) + state.fees
    if (!(Math.abs(left - right) <= 1e-9 * scale)) throw new Error(`equity ${left} against ${right}`)
  }
  const result = runReference(prepare(input), {
    event(state, _event, out) {
      seen.events++
      identity(state)
      for (const c of out.commands)
        if (c.decision >= state.nextDecision) throw new Error('a command without a decision')
    },
    bar(state, venue) {
      for (const [s, { position }] of state.symbols.entries()) {
        const mine = venue.books[s]!
        const held = position === null ? 0 : position.qty
        if (held !== mine.qty && Math.abs(held - mine.qty) > 1e-9 * held)
          throw new Error(`symbol ${s}: ${held} against ${mine.qty}`)
        if (position !== null && position.side !== mine.side) throw new Error(`symbol ${s}: sides differ`)
        if (position !== null && position.plan.stopDistance > 0) {
          const stop = mine.orders.find((o) => o.purpose === 'stop')
          const going = mine.orders.some((o) => o.purpose === 'close')
          if (stop === undefined && !going) throw new Error(`symbol ${s}: no stop at the venue`)
        }
      }
      identity(state)
    },
  })
  const net = tradeRows(result).reduce((sum, t) => sum + t.netPnl, 0)
  expect(result.finalEquity).toBeCloseTo(result.initialBalance + net, 4)
  const { fees } = result.costs
  expect(tradeRows(result).reduce((sum, t) => sum + t.entryFee + t.exitFee, 0)).toBeCloseTo(fees, 4)
  expect(tradeRows(result).reduce((sum, t) => sum + t.slippageCost, 0)).toBeCloseTo(result.costs.slippage, 4)
  return result
}

describe('many symbols', () => {
  it('entry intents: account, venue and protection agree after every bar', () => {
    let trades = 0
    for (let seed = 0; seed < 250; seed++) {
      const input = randomCase(`many ${seed}`, 1 + (seed % 4))
      const lag = 1 + (seed % 3)
      const participation = seed % 5 === 0 ? 0.2 : null
      trades += watched({
        ...input,
        costs: { ...input.costs, lag, participation },
        config: { ...input.config, maxDataAgeMs: 24 * HOUR_MS, reentryExpiryMs: 24 * HOUR_MS },
      }).trades.count
    }
    expect(trades).toBeGreaterThan(1000)
  })

  it('target weights: the same, and equity is what cash and trades say', () => {
    let trades = 0
    for (let seed = 0; seed < 120; seed++) trades += watched(book(`weights ${seed}`, 6, 120)).trades.count
    expect(trades).toBeGreaterThan(500)
  })

  it('weights are reached: long and short sides of the gross exposure asked for', () => {
    const input = book('exact', 8, 60)
    const config = makeConfig(input.bars.symbols, { maxDrawdown: 0.99 }, PORTFOLIO_DEFAULTS)
    const strategy = crossSection({ long: 2, short: 2, holdingBars: 4, offsetBars: 0, gross: 1, minSymbols: 4 })
    const result = runBacktest({ ...input, config, strategy, costs: { ...DEFAULT_COSTS } })
    const { grossExposure, netExposure, equity: total, positions } = result.equity
    const held = positions.indexOf(4)
    expect(grossExposure[held]! / total[held]!).toBeGreaterThan(0.9)
    expect(grossExposure[held]! / total[held]!).toBeLessThan(1.1)
    expect(Math.abs(netExposure[held]! / total[held]!)).toBeLessThan(0.15)
    expect(new Set(tradeRows(result).map((t) => t.reason))).toContain('rebalance')
  })

  it('a strategy that exits by time only needs the portfolio’s loss limit', () => {
    const input = book('limit', 4, 30)
    const config = { ...input.config, maxDrawdown: null }
    expect(() => runBacktest({ ...input, config })).toThrow('maxDrawdown must be set')
  })

  it('symbol order and a second run change nothing', () => {
    const input = book('again', 6, 100)
    expect(runBacktest(input)).toEqual(runBacktest(input))
    const shuffled = makeBarSet(
      HOUR_MS,
      [...input.bars.symbols.keys()]
        .reverse()
        .map((s) => ({ symbol: input.bars.symbols[s]!, times: input.bars.times, ...input.bars.columns[s]! })),
    )
    expect(runBacktest({ ...input, bars: shuffled })).toEqual(runBacktest(input))
  })
})
