/** The headline numbers, group by group; {@link statistics} joins them. Each key's formula is in `definitions.ts`. */
import { DAY_MS } from '@cointrader/core'
import { DEFINITIONS, type MeasureKey } from './definitions.js'
import { type Drawdowns, drawdowns } from './drawdown.js'
import { exposure } from './exposure.js'
import { DAYS_PER_YEAR, type DailySeries } from './grid.js'
import { absent, atLeast, type Measure, measured, type Spread } from './measure.js'
import { moments } from './moments.js'
import { wilson } from './proportion.js'
import { annualise, returnIntervals, sharpePerStep, sharpeStandardError, sortinoPerStep } from './ratios.js'
import { type DeflatedSharpe, deflatedSharpe, minimumTrackRecord, probabilisticSharpe } from './significance.js'
import type { BacktestResult } from './source.js'
import { medianDuration, netWithoutBest, profitFactorInterval, tradeBps, tradeTotals } from './trades.js'

/** Losing days below which a ratio over losses says nothing. */
const MINIMUM_LOSING_DAYS = 5

/** Drawdowns of a result's equity rows. */
export function equityDrawdowns(result: BacktestResult): Drawdowns {
  const { time, equity, count } = result.equity
  return drawdowns(time, equity, count, result.initialBalance, result.startMs)
}

type Part<K extends MeasureKey> = Record<K, Measure>

function spread(from: Spread | null | undefined): Spread {
  return from ?? {}
}

export function equityMeasures(
  result: BacktestResult,
  daily: DailySeries,
  days: number,
  options: { resamples: number; seed: number | string; level: number; block?: number },
) {
  const { returns, broke } = daily
  const n = returns.length
  const bars = result.equity.count
  const stepsPerYear = DAYS_PER_YEAR / daily.stepDays
  const fall = equityDrawdowns(result)
  const growth = result.finalEquity / result.initialBalance
  const annual = annualise(growth, days / DAYS_PER_YEAR)
  const flat = n >= 2 && moments(returns).deviation === 0
  const intervals = broke || flat ? null : returnIntervals(returns, stepsPerYear, options)
  const root = Math.sqrt(stepsPerYear)
  const onDays = (key: MeasureKey, make: () => Measure): Measure =>
    broke ? absent('equity fell to 0 or below', n) : atLeast(DEFINITIONS[key].minimum, 'days', n, make)
  const losingDays = returns.reduce((k, r) => k + (r < 0 ? 1 : 0), 0)
  const shape = moments(returns)
  const sharpe = sharpePerStep(returns)
  const out: Part<
    | 'totalReturn'
    | 'netProfit'
    | 'annualReturn'
    | 'volatility'
    | 'sharpe'
    | 'sortino'
    | 'calmar'
    | 'maxDrawdown'
    | 'ulcerIndex'
    | 'timeUnderWater'
    | 'longestUnderWater'
    | 'skewness'
    | 'kurtosis'
    | 'bestDay'
    | 'worstDay'
  > = {
    totalReturn: measured(growth - 1, bars),
    netProfit: measured(result.finalEquity - result.initialBalance, bars),
    annualReturn: atLeast(DEFINITIONS.annualReturn.minimum, 'days', n, () =>
      measured(annual, n, spread(intervals?.annualReturn)),
    ),
    volatility: onDays('volatility', () => measured(shape.deviation * root, n, spread(intervals?.volatility))),
    sharpe: onDays('sharpe', () =>
      flat
        ? absent('equity did not move', n)
        : measured(sharpe * root, n, {
            standardError: sharpeStandardError(sharpe, n) * root,
            low: intervals?.sharpe.low,
            high: intervals?.sharpe.high,
          }),
    ),
    sortino: onDays('sortino', () =>
      losingDays < MINIMUM_LOSING_DAYS
        ? absent(`${losingDays} losing days, at least ${MINIMUM_LOSING_DAYS} are needed`, n)
        : measured(sortinoPerStep(returns) * root, n, spread(intervals?.sortino)),
    ),
    calmar: atLeast(DEFINITIONS.calmar.minimum, 'days', n, () =>
      fall.max > 0 ? measured(annual / fall.max, n) : absent('no drawdown', n),
    ),
    maxDrawdown: bars === 0 ? absent('no bars') : measured(fall.max, bars),
    ulcerIndex: atLeast(DEFINITIONS.ulcerIndex.minimum, 'days', n, () => measured(fall.ulcer, n)),
    timeUnderWater: bars === 0 ? absent('no bars') : measured(fall.timeUnderWater, bars),
    longestUnderWater: bars === 0 ? absent('no bars') : measured(fall.longestMs / DAY_MS, bars),
    skewness: onDays('skewness', () => measured(shape.skewness, n)),
    kurtosis: onDays('kurtosis', () => measured(shape.kurtosis, n)),
    bestDay: onDays('bestDay', () =>
      measured(
        returns.reduce((a, b) => Math.max(a, b)),
        n,
      ),
    ),
    worstDay: onDays('worstDay', () =>
      measured(
        returns.reduce((a, b) => Math.min(a, b)),
        n,
      ),
    ),
  }
  return out
}

function sample(daily: DailySeries) {
  const { skewness, kurtosis, n } = moments(daily.returns)
  return { sharpe: sharpePerStep(daily.returns), skewness, kurtosis, n }
}

export function deflated(daily: DailySeries, trials: number, trialVariance: number | undefined): DeflatedSharpe | null {
  const facts = sample(daily)
  if (daily.broke || facts.n < DEFINITIONS.deflatedSharpe.minimum || !Number.isFinite(facts.sharpe)) return null
  return deflatedSharpe(facts, trials, trialVariance)
}

export function significanceMeasures(daily: DailySeries, trials: number, trialVariance: number | undefined) {
  const facts = sample(daily)
  const usable = (key: MeasureKey, make: () => Measure): Measure => {
    if (daily.broke) return absent('equity fell to 0 or below', facts.n)
    return atLeast(DEFINITIONS[key].minimum, 'days', facts.n, () =>
      Number.isFinite(facts.sharpe) ? make() : absent('equity did not move', facts.n),
    )
  }
  const out: Part<'probabilisticSharpe' | 'deflatedSharpe' | 'minimumTrackRecord'> = {
    probabilisticSharpe: usable('probabilisticSharpe', () => measured(probabilisticSharpe(facts), facts.n)),
    deflatedSharpe: usable('deflatedSharpe', () =>
      measured(deflatedSharpe(facts, trials, trialVariance).probability, facts.n),
    ),
    minimumTrackRecord: usable('minimumTrackRecord', () => {
      const steps = minimumTrackRecord(facts)
      return Number.isFinite(steps)
        ? measured(steps * daily.stepDays, facts.n)
        : absent('the Sharpe ratio is not above 0', facts.n)
    }),
  }
  return out
}

export function exposureMeasures(result: BacktestResult, days: number) {
  const e = exposure(result.equity)
  const bars = e.bars
  const onBars = (value: number): Measure => (bars === 0 ? absent('no bars') : measured(value, bars))
  const perYear = result.costs.turnover / e.meanEquity / (days / DAYS_PER_YEAR)
  const out: Part<'timeInMarket' | 'grossExposure' | 'netExposure' | 'maxGrossExposure' | 'turnover'> = {
    timeInMarket: onBars(e.timeInMarket),
    grossExposure: onBars(e.gross),
    netExposure: onBars(e.net),
    maxGrossExposure: onBars(e.maxGross),
    turnover: atLeast(DEFINITIONS.turnover.minimum, 'days', Math.floor(days), () =>
      e.meanEquity > 0 ? measured(perYear, Math.floor(days)) : absent('mean equity is not above 0'),
    ),
  }
  return out
}

export function tradeMeasures(
  result: BacktestResult,
  days: number,
  options: { resamples: number; seed: number | string; level: number },
) {
  const { trades, costs } = result
  const t = tradeTotals(trades)
  const n = t.count
  const bars = result.equity.count
  const need = (key: MeasureKey, make: () => Measure): Measure => atLeast(DEFINITIONS[key].minimum, 'trades', n, make)
  const net = trades.netPnl.subarray(0, n)
  const bps = Float64Array.from({ length: n }, (_, i) => tradeBps(trades, i))
  const error = (x: Float64Array): number => moments(x).deviation / Math.sqrt(n)
  const band = wilson(t.wins, n, options.level)
  const taken = t.fees - t.funding + t.slippage
  // Absent funding is not 0: it is unknown.
  const without = new Set(result.notes.flatMap((note) => (note.code === 'funding-absent' ? note.symbols : [])))
  const unfunded = result.symbols.every((s) => without.has(s))
  const onePeriod = (value: number): Measure => measured(value, bars)
  const out: Part<
    | 'trades'
    | 'tradesPerMonth'
    | 'winRate'
    | 'averageWin'
    | 'averageLoss'
    | 'payoff'
    | 'expectancy'
    | 'averageTradeBps'
    | 'profitFactor'
    | 'maxConsecutiveLosses'
    | 'averageDuration'
    | 'medianDuration'
    | 'netWithoutBest'
    | 'fees'
    | 'funding'
    | 'slippage'
    | 'costShare'
  > = {
    trades: measured(n, n),
    tradesPerMonth: need('tradesPerMonth', () => measured(n / (days / (DAYS_PER_YEAR / 12)), n)),
    winRate: need('winRate', () => measured(t.wins / n, n, band)),
    averageWin: need('averageWin', () =>
      t.wins > 0 ? measured(t.gains / t.wins, t.wins) : absent('no winning trade', n),
    ),
    averageLoss: need('averageLoss', () =>
      t.losses > 0 ? measured(-t.lost / t.losses, t.losses) : absent('no losing trade', n),
    ),
    payoff: need('payoff', () => {
      if (t.wins === 0) return absent('no winning trade', n)
      return t.losses === 0 ? absent('no losing trade', n) : measured(t.gains / t.wins / (t.lost / t.losses), n)
    }),
    expectancy: need('expectancy', () => measured(t.net / n, n, { standardError: error(net) })),
    averageTradeBps: need('averageTradeBps', () => measured(moments(bps).mean, n, { standardError: error(bps) })),
    profitFactor: need('profitFactor', () => {
      if (t.losses === 0) return absent('no losing trade', n)
      const interval = profitFactorInterval(net, options)
      return measured(t.gains / t.lost, n, spread(interval))
    }),
    maxConsecutiveLosses: need('maxConsecutiveLosses', () => measured(t.maxConsecutiveLosses, n)),
    averageDuration: need('averageDuration', () => measured(t.durationMs / n / 3_600_000, n)),
    medianDuration: need('medianDuration', () => measured(medianDuration(trades) / 3_600_000, n)),
    netWithoutBest: need('netWithoutBest', () => measured(netWithoutBest(trades, 5), n)),
    fees: onePeriod(costs.fees),
    funding: unfunded
      ? absent('no recorded rates for any symbol: nothing was charged', bars)
      : onePeriod(costs.fundingPaid - costs.fundingReceived),
    slippage: onePeriod(costs.slippage),
    costShare: need('costShare', () => {
      const before = t.net + taken
      return before > 0 ? measured(taken / before, n) : absent('nothing was gained before costs', n)
    }),
  }
  return out
}
