/**
 * Exponentially weighted means: the primitive of TB-02.1 (that of pandas' `ewm(ignore_na=False)`), EMA and Wilder's
 * average. Recursive: a value is a function of all inputs since the first one, so two series agree when they start at
 * the same bar.
 *
 * NaN rule of this file: before the seed is complete a NaN starts its count anew and the output is NaN; afterwards a
 * NaN input repeats the last value, and the weight of the past goes on decaying, as if the missing input had passed.
 */
import { checkLength } from './check.js'

/**
 * How a recursive average starts.
 * - `sma`: with the plain mean of the first `length` numbers in a row (Wilder 1978, TA-Lib, TB-02's EMA and ATR).
 * - `first`: with the first number itself (pandas `ewm(adjust=False)`, TB-02's RMA).
 * - `adjusted`: with the first number, and weights of the young average rescaled to sum to 1 (pandas `ewm(adjust=True)`).
 */
export type Seed = 'sma' | 'first' | 'adjusted'

/** The primitive: `alpha` is the weight of the newest value; the seed is the mean of the first `seedCount` numbers. */
export class EwmStream {
  private value = Number.NaN
  private weight = 1
  private seen = 0
  private seedSum = 0

  constructor(
    private readonly alpha: number,
    private readonly seedCount = 1,
    private readonly adjusted = false,
  ) {
    checkLength(seedCount)
  }

  push(x: number): number {
    if (this.seen < this.seedCount) {
      if (Number.isNaN(x)) {
        this.seen = 0
        this.seedSum = 0
        return Number.NaN
      }
      this.seen++
      this.seedSum += x
      if (this.seen < this.seedCount) return Number.NaN
      this.value = this.seedSum / this.seedCount
      return this.value
    }
    this.weight *= 1 - this.alpha
    if (!Number.isNaN(x)) {
      const fresh = this.adjusted ? 1 : this.alpha
      // The order of TB-02.1: products, then sum, then division.
      if (this.value !== x) this.value = (this.weight * this.value + fresh * x) / (this.weight + fresh)
      this.weight = this.adjusted ? this.weight + 1 : 1
    }
    return this.value
  }
}

export interface EmaOptions {
  readonly length: number
  /** Default `sma`. */
  readonly seed?: Seed
}

/** Exponential moving average with span `length`: alpha = 2/(length + 1). */
export function createEma(options: EmaOptions): EwmStream {
  checkLength(options.length)
  return seeded(1 / (1 + (options.length - 1) / 2), options)
}

/** Wilder's average (also RMA, SMMA) of `length`: alpha = 1/length, computed through com = (1 − 1/L)/(1/L) as TB-02.1. */
export function createWilder(options: EmaOptions): EwmStream {
  const { length } = options
  checkLength(length)
  return seeded(1 / (1 + (1 - 1 / length) / (1 / length)), options)
}

function seeded(alpha: number, { length, seed = 'sma' }: EmaOptions): EwmStream {
  return new EwmStream(alpha, seed === 'sma' ? length : 1, seed === 'adjusted')
}
