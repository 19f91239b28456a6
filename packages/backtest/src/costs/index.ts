/** @module Cost models: named, swappable, cautious by default. */
import { type FeeModel, VIP0_FEES } from './fees.js'
import { type FundingModel, NO_FUNDING } from './funding.js'
import { fixedSlippage, type SlippageModel } from './slippage.js'

export * from './fees.js'
export * from './funding.js'
export * from './slippage.js'

/** Everything a backtest assumes about costs and fills. */
export interface CostSettings {
  readonly fees: FeeModel
  readonly slippage: SlippageModel
  readonly funding: FundingModel
  /** Bars between the bar whose end decided and the bar at whose open it fills; at least 1. */
  readonly lag: number
  /** Most a market order may take of a bar's volume; the rest waits for the next bar. null = no limit. */
  readonly participation: number | null
  /** Ticks by which price must trade through a limit target before it counts as filled (a touch may leave us in the queue). */
  readonly throughTicks: number
}

/** The cautious defaults. */
export const DEFAULT_COSTS: CostSettings = Object.freeze({
  fees: VIP0_FEES,
  slippage: fixedSlippage(),
  funding: NO_FUNDING,
  lag: 1,
  participation: null,
  throughTicks: 1,
})
