/** Is a Sharpe ratio more than luck? Probabilistic and deflated Sharpe ratio, minimum track record length. */
import { expectedMaximum } from '@cointrader/models/evaluation/trials'
import { normalCdf, normalQuantile } from './normal.js'

/** Sample facts of returns: Sharpe ratio PER STEP (not annualised), number of steps, and shape (kurtosis 3 for a normal). */
export interface SharpeSample {
  readonly sharpe: number
  readonly n: number
  readonly skewness: number
  readonly kurtosis: number
}

/** 1 − γ₃·SR + (γ₄ − 1)/4·SR²: variance of √n·SR for skewed, fat-tailed returns (Mertens 2002). Below 0 only by noise. */
function inflation({ sharpe, skewness, kurtosis }: Omit<SharpeSample, 'n'>): number {
  return Math.max(1e-12, 1 - skewness * sharpe + ((kurtosis - 1) / 4) * sharpe * sharpe)
}

/**
 * Probability that the true Sharpe ratio is above `benchmark` (per step) given the sample (Bailey and Lopez de Prado 2012,
 * "The Sharpe ratio efficient frontier", eq. 11).
 */
export function probabilisticSharpe(sample: SharpeSample, benchmark = 0): number {
  return normalCdf(((sample.sharpe - benchmark) * Math.sqrt(sample.n - 1)) / Math.sqrt(inflation(sample)))
}

/**
 * Steps needed until a Sharpe ratio like this one is above `benchmark` with probability `confidence` (same paper, eq. 13).
 * Infinity when it is not above it.
 */
export function minimumTrackRecord(sample: Omit<SharpeSample, 'n'>, benchmark = 0, confidence = 0.95): number {
  if (!(sample.sharpe > benchmark)) return Number.POSITIVE_INFINITY
  return 1 + inflation(sample) * (normalQuantile(confidence) / (sample.sharpe - benchmark)) ** 2
}

export interface DeflatedSharpe {
  readonly trials: number
  /** Sharpe ratio per step that the best of so many trials without skill reaches on average. */
  readonly hurdle: number
  /** Probability that the true ratio is above the hurdle's luck. */
  readonly probability: number
}

/**
 * Probabilistic Sharpe ratio against what the best of `trials` reaches by luck (Bailey and Lopez de Prado 2014, "The
 * deflated Sharpe ratio", eq. 2). `trialVariance`: variance of the Sharpe ratios per step over the trials; without it, what
 * chance alone gives, 1 / (n − 1). The expected maximum is the exact one of independent normals; the paper's eq. 6 is an
 * approximation of it (2.531 for 2.508 at 100 trials); hand one in to use it.
 */
export function deflatedSharpe(
  sample: SharpeSample,
  trials: number,
  trialVariance: number = 1 / (sample.n - 1),
  expected: (trials: number) => number = expectedMaximum,
): DeflatedSharpe {
  const hurdle = Math.sqrt(trialVariance) * expected(trials)
  return { trials, hurdle, probability: probabilisticSharpe(sample, hurdle) }
}
