/** What the best of many tries reaches by luck alone. */
import { fail } from '@cointrader/core'
import { normalCdf, twoSided } from './numeric.js'

/**
 * Expected largest of `trials` independent standard normals, by integration of x d(Phi(x)^n) (Simpson, error below 1e-10; the
 * approximation of Bailey and Lopez de Prado 2014, "The deflated Sharpe ratio", eq. 6, is off by 0.04 at two trials).
 * Error `E_USAGE` unless it is a whole number from 1.
 */
export function expectedMaximum(trials: number): number {
  if (!Number.isInteger(trials) || trials < 1) {
    fail('E_USAGE', { subject: 'trials', detail: `${trials} is not a whole number above 0` })
  }
  if (trials === 1) return 0
  // E[max] = integral over x > 0 of (1 - Phi^n) minus integral over x < 0 of Phi^n.
  const steps = 4000
  const h = 12 / steps
  let sum = 0
  for (let i = 0; i <= steps; i++) {
    const x = i * h
    const weight = i === 0 || i === steps ? 1 : i % 2 === 1 ? 4 : 2
    // 1 - (1 - q)^n without cancellation, q being the upper tail.
    const upper = -Math.expm1(trials * Math.log1p(-normalCdf(-x)))
    sum += weight * (upper - normalCdf(-x) ** trials)
  }
  return (sum * h) / 3
}

export interface Deflated {
  /** Number of things tried, this one included. */
  readonly trials: number
  /** t that the best of so many tries without skill reaches on average. */
  readonly hurdle: number
  readonly t: number
  /** t - hurdle: above 0 the score beats the luck of the best. */
  readonly excess: number
  /** 1 - (1 - p)^trials (Sidak 1967): chance that the best of so many has this |t|; tries taken as independent. */
  readonly pAdjusted: number
}

/** Judges a t-statistic as the best of `trials` tries. */
export function deflate(t: number, trials: number): Deflated {
  const hurdle = expectedMaximum(trials)
  const p = twoSided(t)
  return { trials, hurdle, t, excess: t - hurdle, pAdjusted: -Math.expm1(trials * Math.log1p(-Math.min(p, 1 - 1e-16))) }
}
