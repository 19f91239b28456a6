/** The statistics of one backtest: every headline number with its sample, error and interval, and the tables behind them. */
import { DAY_MS } from '@cointrader/core'
import { type BenchmarkComparison, buyAndHold, compareWithHolding, type Prices } from './benchmark.js'
import type { MeasureKey } from './definitions.js'
import type { DrawdownPeriod } from './drawdown.js'
import { DAYS_PER_YEAR, type DailySeries, dailySeries } from './grid.js'
import type { Measure } from './measure.js'
import {
  deflated,
  equityDrawdowns,
  equityMeasures,
  exposureMeasures,
  significanceMeasures,
  tradeMeasures,
} from './measures.js'
import { type MonthTable, monthTable } from './months.js'
import { MINIMUM_RANDOM_TRADES, type RandomEntryTest, randomEntries } from './random-entries.js'
import { defaultBlock, rollingSharpe } from './ratios.js'
import type { DeflatedSharpe } from './significance.js'
import type { BacktestResult } from './source.js'
import { type Breakdowns, breakdowns } from './trades.js'

export interface StatisticsOptions {
  /** Bootstrap and Monte Carlo draws. Default 1000. */
  readonly resamples?: number
  /** Default 0. */
  readonly seed?: number | string
  /** Coverage of intervals. Default 0.95. */
  readonly level?: number
  /** Mean block of the daily bootstrap, days. Default ⌈days^(1/3)⌉. */
  readonly block?: number
  /** Strategies and parameter sets tried until this one was chosen, this one included. Default 1. */
  readonly trials?: number
  /** Variance of the trials' daily Sharpe ratios. Default: what chance gives. */
  readonly trialVariance?: number
  /** Prices of the tested range: adds buy and hold and random entries. */
  readonly prices?: Prices
  /** Share of notional that buy and hold pays at entry and at exit. Default 0.0006. */
  readonly holdingCost?: number
  /** Window of the rolling Sharpe ratio, days. Default 60. */
  readonly rollingDays?: number
  /** Drawdowns listed. Default 10. */
  readonly drawdowns?: number
}

export interface RollingPoint {
  readonly time: number
  readonly value: number
}

/** Costs of the whole run and what they were taken from; money in quote, costs positive. */
export interface CostSummary {
  readonly fees: number
  readonly fundingPaid: number
  readonly fundingReceived: number
  readonly slippage: number
  readonly liquidationLoss: number
  readonly liquidations: number
  readonly turnover: number
  /** (fees + funding + slippage) / turnover, basis points; null without turnover. */
  readonly bpsOfTurnover: number | null
}

export interface BacktestStatistics {
  readonly version: 1
  readonly range: {
    readonly startMs: number
    readonly endMs: number
    readonly days: number
    readonly bars: number
    /** Daily returns used. */
    readonly returns: number
    /** Hours at the ends of the range that are no whole day. */
    readonly leftOutHours: number
  }
  readonly settings: {
    readonly resamples: number
    readonly seed: number | string
    readonly level: number
    readonly block: number
    readonly trials: number
    readonly daysPerYear: number
    readonly rollingDays: number
  }
  readonly measures: Readonly<Record<MeasureKey, Measure>>
  readonly deflated: DeflatedSharpe | null
  readonly drawdowns: readonly DrawdownPeriod[]
  readonly monthly: MonthTable
  readonly groups: Breakdowns
  readonly costs: CostSummary
  readonly rolling: readonly RollingPoint[]
  readonly daily: DailySeries
  readonly benchmark: BenchmarkComparison | null
  readonly random: RandomEntryTest | null
  /** Why a comparison is missing, and what else a reader must know about the numbers. */
  readonly remarks: readonly string[]
}

/** All statistics of a result. Pure and seeded: same input, same output. Errors only for wrong options (`E_USAGE`). */
export function statistics(result: BacktestResult, options: StatisticsOptions = {}): BacktestStatistics {
  const { resamples = 1000, seed = 0, level = 0.95, trials = 1, rollingDays = 60 } = options
  const daily = dailySeries(result)
  const remarks: string[] = []
  const days = (result.endMs - result.startMs) / DAY_MS
  const measures = {
    ...equityMeasures(result, daily, days, { ...options, resamples, seed, level }),
    ...significanceMeasures(daily, trials, options.trialVariance),
    ...exposureMeasures(result, days),
    ...tradeMeasures(result, days, { resamples, seed, level }),
  }
  const stepsPerYear = DAYS_PER_YEAR / daily.stepDays
  const rolling: RollingPoint[] = []
  if (!daily.broke && daily.returns.length >= rollingDays) {
    rollingSharpe(daily.returns, rollingDays, stepsPerYear).forEach((value, i) => {
      if (Number.isFinite(value)) rolling.push({ time: daily.time[i], value })
    })
  }
  let benchmark: BenchmarkComparison | null = null
  let random: RandomEntryTest | null = null
  const { prices } = options
  if (prices === undefined) remarks.push('no prices were handed in: not compared with buy and hold and random entries')
  else {
    const basket = buyAndHold(prices, result.initialBalance, options.holdingCost ?? 0.0006)
    benchmark = compareWithHolding(result, daily, basket, { seed, resamples })
    if (basket.symbols.length < prices.symbols.length) {
      const late = prices.symbols.filter((s) => !basket.symbols.includes(s))
      remarks.push(`buy and hold leaves out symbols without a price at the start: ${late.join(', ')}`)
    }
    if (result.trades.count >= MINIMUM_RANDOM_TRADES) random = randomEntries(result, prices, { resamples, seed })
    else remarks.push(`${result.trades.count} trades are too few to compare with random entries`)
  }
  if (daily.broke) remarks.push('equity fell to 0 or below: ratios of daily returns do not exist')
  const c = result.costs
  return {
    version: 1,
    range: {
      startMs: result.startMs,
      endMs: result.endMs,
      days,
      bars: result.equity.count,
      returns: daily.returns.length,
      leftOutHours: daily.leftOutMs / 3_600_000,
    },
    settings: {
      resamples,
      seed,
      level,
      block: options.block ?? defaultBlock(daily.returns.length),
      trials,
      daysPerYear: DAYS_PER_YEAR,
      rollingDays,
    },
    measures,
    deflated: deflated(daily, trials, options.trialVariance),
    drawdowns: equityDrawdowns(result).periods.slice(0, options.drawdowns ?? 10),
    monthly: monthTable(result),
    groups: breakdowns(result),
    costs: {
      fees: c.fees,
      fundingPaid: c.fundingPaid,
      fundingReceived: c.fundingReceived,
      slippage: c.slippage,
      liquidationLoss: c.liquidationLoss,
      liquidations: c.liquidations,
      turnover: c.turnover,
      bpsOfTurnover:
        c.turnover > 0 ? ((c.fees + c.slippage + c.fundingPaid - c.fundingReceived) / c.turnover) * 1e4 : null,
    },
    rolling,
    daily,
    benchmark,
    random,
    remarks,
  }
}
