/** Buy and hold: what doing nothing clever would have given, on the same days, and how the strategy compares with it. */
import { fail } from '@cointrader/core'
import { automaticLag, neweyWest } from '@cointrader/models/evaluation/neweywest'
import { twoSided } from '@cointrader/models/evaluation/numeric'
import { type DailySeries, dailySeries } from './grid.js'
import { type Measure, measured } from './measure.js'
import { moments } from './moments.js'
import { sharpePerStep } from './ratios.js'
import type { BacktestResult } from './source.js'
import { superiority } from './superiority.js'

/** Prices of the tested symbols: `close[s][i]` of symbol s known at `time[i]` (ends of bars, ascending), NaN where missing. */
export interface Prices {
  readonly symbols: readonly string[]
  readonly time: Float64Array
  readonly close: readonly Float64Array[]
}

/** Equity rows of holding a basket. */
export interface HeldBasket {
  readonly time: Float64Array
  readonly equity: Float64Array
  readonly symbols: readonly string[]
}

/**
 * Buys equal amounts of every symbol that has a price at the first instant, with the whole balance and without leverage,
 * and keeps them: no rebalancing, no funding. `cost` is the share of notional paid at entry and at exit (fee and slippage);
 * the exit is charged from the start, so the curve is what one could walk away with. A missing price keeps the last.
 * Error `E_ROW_COUNT` when no symbol has a price at the first instant.
 */
export function buyAndHold(prices: Prices, initialBalance: number, cost: number): HeldBasket {
  const held = prices.symbols.flatMap((_, s) => (prices.close[s][0] > 0 ? [s] : []))
  if (held.length === 0) {
    fail('E_ROW_COUNT', { subject: 'buy and hold', detail: 'no symbol has a price at the start of the range' })
  }
  const each = initialBalance / held.length
  const qty = held.map((s) => (each * (1 - cost)) / prices.close[s][0])
  const last = held.map((s) => prices.close[s][0])
  const equity = new Float64Array(prices.time.length)
  for (let i = 0; i < equity.length; i++) {
    let value = 0
    for (let h = 0; h < held.length; h++) {
      const price = prices.close[held[h]][i]
      if (price > 0) last[h] = price
      value += qty[h] * last[h]
    }
    equity[i] = value * (1 - cost)
  }
  return { time: prices.time, equity, symbols: held.map((s) => prices.symbols[s]) }
}

export interface BenchmarkComparison {
  readonly name: string
  readonly totalReturn: number
  readonly maxDrawdown: number
  readonly sharpe: number | null
  /** Strategy minus benchmark, per year (mean daily difference · 365), with Newey-West error. */
  readonly excess: Measure
  readonly t: number | null
  readonly pValue: number | null
  /** Of the strategy's daily returns on the benchmark's (least squares); alpha per year. */
  readonly beta: number | null
  readonly alpha: number | null
  readonly correlation: number | null
  /** Mean difference / deviation of differences · √365. */
  readonly informationRatio: number | null
  /** Hansen's test of one candidate against the benchmark. */
  readonly spa: number | null
  /** Daily rows of the benchmark, for charts. */
  readonly daily: DailySeries
}

/** Least days for a comparison. */
const MINIMUM_DAYS = 30

/** The strategy's days beside those of a held basket; figures are null below 30 common days. */
export function compareWithHolding(
  result: BacktestResult,
  strategy: DailySeries,
  basket: HeldBasket,
  options: { readonly seed: number | string; readonly resamples: number },
): BenchmarkComparison {
  const { initialBalance, startMs, endMs, intervalMs } = result
  const daily = dailySeries({
    initialBalance,
    startMs,
    endMs,
    intervalMs,
    equity: { count: basket.equity.length, time: basket.time, equity: basket.equity },
  })
  const a = strategy.returns
  const b = daily.returns
  const n = a.length
  const perYear = 365 / strategy.stepDays
  let peak = initialBalance
  let maxDrawdown = 0
  for (const value of basket.equity) {
    peak = Math.max(peak, value)
    maxDrawdown = Math.max(maxDrawdown, 1 - value / peak)
  }
  const head = {
    name: `buy and hold ${basket.symbols.length === 1 ? basket.symbols[0] : `${basket.symbols.length} symbols, equal amounts`}`,
    totalReturn: (basket.equity[basket.equity.length - 1] ?? initialBalance) / initialBalance - 1,
    maxDrawdown,
    daily,
  }
  if (n < MINIMUM_DAYS || strategy.broke || daily.broke) {
    const reason = n < MINIMUM_DAYS ? `${n} days, at least ${MINIMUM_DAYS} are needed` : 'equity fell to 0'
    const none = {
      t: null,
      pValue: null,
      beta: null,
      alpha: null,
      correlation: null,
      informationRatio: null,
      spa: null,
    }
    return {
      ...head,
      ...none,
      sharpe: null,
      excess: { value: null, n, reason, standardError: null, low: null, high: null },
    }
  }
  const difference = Float64Array.from(a, (r, i) => r - b[i])
  const test = neweyWest(difference, { lag: automaticLag(n) })
  const ma = moments(a)
  const mb = moments(b)
  let covariance = 0
  for (let i = 0; i < n; i++) covariance += (a[i] - ma.mean) * (b[i] - mb.mean)
  covariance /= n - 1
  const beta = mb.deviation > 0 ? covariance / mb.deviation ** 2 : Number.NaN
  const finite = (x: number): number | null => (Number.isFinite(x) ? x : null)
  const md = moments(difference)
  return {
    ...head,
    sharpe: finite(sharpePerStep(b) * Math.sqrt(perYear)),
    excess: measured(test.mean * perYear, n, { standardError: test.standardError * perYear }),
    t: finite(test.t),
    pValue: finite(twoSided(test.t)),
    beta: finite(beta),
    alpha: finite((ma.mean - beta * mb.mean) * perYear),
    correlation: finite(covariance / (ma.deviation * mb.deviation)),
    informationRatio: finite((md.mean / md.deviation) * Math.sqrt(perYear)),
    spa: superiority([difference], { seed: options.seed, resamples: options.resamples }).spa,
  }
}
