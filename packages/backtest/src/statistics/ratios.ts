/** Return, risk and their ratios from returns per step (days), with errors and intervals. Risk-free rate 0 throughout. */
import { type BlockKind, blockBootstrap, type Interval, MIN_BLOCKS } from '@cointrader/models/evaluation/bootstrap'
import { moments } from './moments.js'

/** Mean / deviation (divisor n − 1) per step (Sharpe 1994, "The Sharpe ratio"). NaN below two values or without variation. */
export function sharpePerStep(returns: ArrayLike<number>): number {
  const { mean, deviation } = moments(returns)
  return deviation > 0 ? mean / deviation : Number.NaN
}

/**
 * Standard error of a Sharpe ratio per step, for independent normal returns: √((1 + SR²/2) / n) (Lo 2002, "The statistics
 * of Sharpe ratios", eq. 9). Fat tails and autocorrelation make the truth larger: see the bootstrap interval.
 */
export function sharpeStandardError(sharpe: number, n: number): number {
  return Math.sqrt((1 + (sharpe * sharpe) / 2) / n)
}

/**
 * Mean / √(mean of min(r, 0)²), over all steps, per step (Sortino and Price 1994, "Performance measurement in a downside
 * risk framework", target 0). NaN when no return is negative.
 */
export function sortinoPerStep(returns: ArrayLike<number>): number {
  let sum = 0
  let below = 0
  for (let i = 0; i < returns.length; i++) {
    sum += returns[i]
    if (returns[i] < 0) below += returns[i] * returns[i]
  }
  return below > 0 ? sum / returns.length / Math.sqrt(below / returns.length) : Number.NaN
}

/** Compound growth per year: (final / initial)^(1 / years) − 1; −1 when nothing is left. */
export function annualise(growth: number, years: number): number {
  return growth <= 0 ? -1 : growth ** (1 / years) - 1
}

/** Blocks of about n^(1/3) steps, the rate that Hall, Horowitz and Jing (1995) give for a variance; at least `least`. */
export function defaultBlock(n: number, least = 1): number {
  return Math.max(least, Math.ceil(Math.cbrt(n)))
}

export interface ReturnIntervals {
  readonly block: number
  readonly annualReturn: Interval
  readonly volatility: Interval
  readonly sharpe: Interval
  readonly sortino: Interval
}

export interface IntervalOptions {
  readonly resamples: number
  readonly seed: number | string
  readonly level: number
  readonly block?: number | undefined
  readonly kind?: BlockKind
}

/**
 * Intervals of the annualised figures by the stationary block bootstrap over steps; all figures see the same resamples.
 * `stepsPerYear` annualises. Null when the series is shorter than {@link MIN_BLOCKS} blocks.
 */
export function returnIntervals(
  returns: Float64Array,
  stepsPerYear: number,
  options: IntervalOptions,
): ReturnIntervals | null {
  const n = returns.length
  const block = options.block ?? defaultBlock(n)
  if (n < MIN_BLOCKS * block || n < 2) return null
  const logs = returns.map((r) => Math.log1p(r))
  const root = Math.sqrt(stepsPerYear)
  const statistic = (counts: Int32Array, out: Float64Array): void => {
    let sum = 0
    let log = 0
    let below = 0
    for (let i = 0; i < n; i++) {
      const c = counts[i]
      if (c === 0) continue
      const r = returns[i]
      sum += c * r
      log += c * logs[i]
      if (r < 0) below += c * r * r
    }
    const mean = sum / n
    let squares = 0
    for (let i = 0; i < n; i++) squares += counts[i] * (returns[i] - mean) ** 2
    const deviation = Math.sqrt(squares / (n - 1))
    out[0] = Math.expm1((log / n) * stepsPerYear)
    out[1] = deviation * root
    // A resample without variation or without a loss has no ratio; it is left out of that ratio's interval.
    out[2] = squares > 1e-24 * n ? (mean / deviation) * root : Number.NaN
    out[3] = below > 0 ? (mean / Math.sqrt(below / n)) * root : Number.NaN
  }
  const { resamples, seed, level, kind = 'stationary' } = options
  const [annualReturn, volatility, sharpe, sortino] = blockBootstrap(n, 4, statistic, {
    block,
    kind,
    resamples,
    seed,
    level,
  })
  return { block, annualReturn, volatility, sharpe, sortino }
}

/** Annualised Sharpe ratio of the last `window` returns at each step; NaN before and where nothing varies. */
export function rollingSharpe(returns: Float64Array, window: number, stepsPerYear: number): Float64Array {
  const out = new Float64Array(returns.length).fill(Number.NaN)
  // Each window anew: sums carried along would drift, and there are only days.
  for (let i = window - 1; i < returns.length; i++) {
    out[i] = sharpePerStep(returns.subarray(i - window + 1, i + 1)) * Math.sqrt(stepsPerYear)
  }
  return out
}
