/** One combination in one block: a backtest on a fresh account, reduced to the figures a sweep keeps. */
import { type IntentColumns, mtfPullback, scoreIntents } from '@cointrader/strategies'
import { makeConfig } from '@cointrader/trading'
import { feeModel } from '../costs/fees.js'
import { type CostSettings, DEFAULT_COSTS } from '../costs/index.js'
import { fixedSlippage } from '../costs/slippage.js'
import { intentStrategy } from '../replay/intent-strategy.js'
import type { BacktestResult } from '../replay/result.js'
import { runBacktest } from '../replay/run.js'
import { dailySeries } from '../statistics/grid.js'
import { tradeTotals } from '../statistics/trades.js'
import { barsBetween, type SharedMarket, scoresBetween } from './market.js'
import { type RunSettings, type SweepParams, type SweepStrategy, withParams } from './parameters.js'
import type { SweepBlock, SweepPlan } from './plan.js'

/** Costs as plain data, so that they can be posted to a worker. */
export interface SweepCosts {
  /** Shares of notional; the default are those of a regular user. */
  readonly maker?: number
  readonly taker?: number
  /** Basis points. */
  readonly slippageBps?: number
  readonly stopSlippageBps?: number
}

/** What all combinations have in common. */
export interface SweepSetup {
  readonly strategy: SweepStrategy
  /** Settings that the grid does not vary. */
  readonly base: RunSettings
  readonly costs: SweepCosts
}

/** Figures kept per block; money in quote currency. `killed` and `stopped` (ruin or drawdown limit) are 0 or 1. */
export const BLOCK_FIELDS = [
  'trades',
  'wins',
  'gains',
  'lost',
  'fees',
  'funding',
  'liquidations',
  'killed',
  'stopped',
] as const
export type BlockField = (typeof BLOCK_FIELDS)[number]

/** Values a combination takes: the fields of each block, then the daily returns of all blocks. */
export function rowLength(plan: SweepPlan): number {
  return plan.blocks.length * BLOCK_FIELDS.length + plan.days
}

export function costsOf(costs: SweepCosts, market: SharedMarket): CostSettings {
  const { maker, taker, slippageBps, stopSlippageBps } = costs
  return {
    ...DEFAULT_COSTS,
    fees:
      maker === undefined && taker === undefined
        ? DEFAULT_COSTS.fees
        : feeModel(maker ?? DEFAULT_COSTS.fees.maker, taker ?? DEFAULT_COSTS.fees.taker),
    slippage:
      slippageBps === undefined && stopSlippageBps === undefined
        ? DEFAULT_COSTS.slippage
        : fixedSlippage(slippageBps, stopSlippageBps),
    funding: { kind: 'recorded', rates: new Map(market.funding) },
  }
}

/** The function that runs one combination in all blocks and writes its row. Errors `E_CONFIG` of settings out of range. */
export function cellRunner(
  market: SharedMarket,
  setup: SweepSetup,
  plan: SweepPlan,
): (params: SweepParams, row: Float64Array) => void {
  const costs = costsOf(setup.costs, market)
  return (params, row) => {
    const settings = withParams(setup.base, params)
    const { symbols: _, ...fields } = settings.config
    const config = makeConfig(market.symbols, fields)
    for (const [b, block] of plan.blocks.entries()) {
      const result = runBlock(market, setup.strategy, { ...settings, config }, costs, block)
      keep(result, row, b, plan)
    }
  }
}

/** The backtest of one block: the decision at the end of the bar before it is its first. */
export function runBlock(
  market: SharedMarket,
  strategy: SweepStrategy,
  settings: RunSettings,
  costs: CostSettings,
  block: SweepBlock,
): BacktestResult {
  const { config } = settings
  const range = { startMs: block.startMs, endMs: block.endMs }
  if (strategy === 'mtf-pullback') {
    // Its indicators and their hour need the history from the start; it has no intents in advance.
    const bars = barsBetween(market, 0, block.to)
    return runBacktest({ bars, strategy: mtfPullback(settings.pullback, market.intervalMs), config, costs, ...range })
  }
  const from = Math.max(0, block.from - 1)
  const bars = barsBetween(market, from, block.to)
  const params = { ...settings.score, warmUp: Math.max(1, settings.score.warmUp - from) }
  const intents = market.scores!.map(
    (x): IntentColumns => scoreIntents(scoresBetween(x, from, block.to), market.intervalMs, params),
  )
  return runBacktest({ bars, strategy: intentStrategy('indicator-score', intents), config, costs, ...range })
}

function keep(result: BacktestResult, row: Float64Array, b: number, plan: SweepPlan): void {
  const { blocks } = plan
  const totals = tradeTotals(result.trades)
  const values: Record<BlockField, number> = {
    trades: totals.count,
    wins: totals.wins,
    gains: totals.gains,
    lost: totals.lost,
    fees: totals.fees,
    funding: totals.funding,
    liquidations: result.costs.liquidations,
    killed: result.coverage.some((c) => !Number.isNaN(c.firstKill)) ? 1 : 0,
    stopped: result.stopped === null ? 0 : 1,
  }
  for (const [k, field] of BLOCK_FIELDS.entries()) row[b * BLOCK_FIELDS.length + k] = values[field]
  row.set(dailySeries(result).returns, blocks.length * BLOCK_FIELDS.length + blocks[b]!.firstDay)
}
