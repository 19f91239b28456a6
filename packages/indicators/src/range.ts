/**
 * Indicators of high, low and close: true range, ATR and ADX (Wilder 1978), the stochastic oscillator (Lane) and
 * Williams %R.
 *
 * NaN rule: a bar with a NaN gives a NaN range and movement; the averages treat it as `ewm.ts` or `window.ts` says. A
 * bar after a NaN close is treated as one without a bar before it.
 */
import { commonLength } from './check.js'
import { createWilder, EwmStream, type Seed } from './ewm.js'
import { ExtremeStream, SmaStream } from './window.js'

/** A stream that takes bars. */
export interface RangeStream {
  /** Takes the next bar (prices) and returns the indicator at it. */
  push(high: number, low: number, close: number): number
}

/** Runs a stream over bars: this is the batch form of every indicator of high, low and close. */
export function runRanges(
  stream: RangeStream,
  high: ArrayLike<number>,
  low: ArrayLike<number>,
  close: ArrayLike<number>,
): Float64Array {
  const out = new Float64Array(commonLength(high, low, close))
  for (let i = 0; i < out.length; i++) out[i] = stream.push(high[i]!, low[i]!, close[i]!)
  return out
}

export interface TrueRangeOptions {
  /** The range of a bar without a previous close: its high − low, or `none` (NaN: Wilder, TA-Lib; default). */
  readonly firstRange?: 'high-low' | 'none'
}

/** TR = max(high − low, |high − previous close|, |previous close − low|). */
export class TrueRangeStream implements RangeStream {
  private readonly alone: boolean
  private last = Number.NaN

  constructor({ firstRange = 'none' }: TrueRangeOptions = {}) {
    this.alone = firstRange === 'high-low'
  }

  push(high: number, low: number, close: number): number {
    const last = this.last
    this.last = close
    if (Number.isNaN(last)) return this.alone ? high - low : Number.NaN
    return Math.max(high - low, Math.abs(high - last), Math.abs(last - low))
  }
}

export function createTrueRange(options?: TrueRangeOptions): TrueRangeStream {
  return new TrueRangeStream(options)
}

/** Batch form of {@link createTrueRange}. */
export function trueRange(
  high: ArrayLike<number>,
  low: ArrayLike<number>,
  close: ArrayLike<number>,
  options?: TrueRangeOptions,
): Float64Array {
  return runRanges(createTrueRange(options), high, low, close)
}

export interface AtrOptions extends TrueRangeOptions {
  /** Default 14. */
  readonly length?: number
  /** Wilder's average (default) or a plain mean (CL-07). */
  readonly average?: 'wilder' | 'simple'
  /** Seed of Wilder's average, default `sma`. */
  readonly seed?: Seed
}

/** Average true range, in price units. */
export class AtrStream implements RangeStream {
  private readonly range: TrueRangeStream
  private readonly mean: { push(x: number): number }

  constructor({ length = 14, average = 'wilder', seed = 'sma', firstRange = 'none' }: AtrOptions = {}) {
    this.range = new TrueRangeStream({ firstRange })
    this.mean = average === 'simple' ? new SmaStream(length) : createWilder({ length, seed })
  }

  push(high: number, low: number, close: number): number {
    return this.mean.push(this.range.push(high, low, close))
  }
}

export function createAtr(options?: AtrOptions): AtrStream {
  return new AtrStream(options)
}

/** Batch form of {@link createAtr}. */
export function atr(
  high: ArrayLike<number>,
  low: ArrayLike<number>,
  close: ArrayLike<number>,
  options?: AtrOptions,
): Float64Array {
  return runRanges(createAtr(options), high, low, close)
}

export interface AdxOptions {
  /** Default 14. */
  readonly length?: number
  /**
   * `wilder` (default): ranges, movements and DX each start with a mean of `length` values: DI from bar `length`, ADX
   * from 2·`length` − 1. `pandas-ta` (TB-02.3): the range starts with the mean of `length` − 1 values, movements and DX
   * with their first value: all from bar `length` − 1.
   */
  readonly seeding?: 'wilder' | 'pandas-ta'
}

/** Average directional index, 0…100. `push` returns ADX; `plusDi` and `minusDi` (0…100) stand beside it. */
export class AdxStream implements RangeStream {
  private readonly range = new TrueRangeStream()
  private readonly meanRange: EwmStream
  private readonly meanUp: EwmStream
  private readonly meanDown: EwmStream
  private readonly meanDx: EwmStream
  private readonly least: number
  private lastHigh = Number.NaN
  private lastLow = Number.NaN
  plusDi = Number.NaN
  minusDi = Number.NaN

  constructor({ length = 14, seeding = 'wilder' }: AdxOptions = {}) {
    const original = seeding === 'pandas-ta'
    const seed = original ? 'first' : 'sma'
    this.meanRange = original
      ? new EwmStream(1 / (1 + (1 - 1 / length) / (1 / length)), length - 1)
      : createWilder({ length })
    this.meanUp = createWilder({ length, seed })
    this.meanDown = createWilder({ length, seed })
    this.meanDx = createWilder({ length, seed })
    // pandas-ta takes movements below the machine epsilon for none.
    this.least = original ? Number.EPSILON : 0
  }

  push(high: number, low: number, close: number): number {
    const range = this.meanRange.push(this.range.push(high, low, close))
    const up = high - this.lastHigh
    const down = this.lastLow - low
    this.lastHigh = high
    this.lastLow = low
    const missing = Number.isNaN(up) || Number.isNaN(down)
    const plus = this.meanUp.push(missing ? Number.NaN : up > down && up > this.least ? up : 0)
    const minus = this.meanDown.push(missing ? Number.NaN : down > up && down > this.least ? down : 0)
    const scale = 100 / range
    this.plusDi = scale * plus
    this.minusDi = scale * minus
    return this.meanDx.push((100 * Math.abs(this.plusDi - this.minusDi)) / (this.plusDi + this.minusDi))
  }
}

export function createAdx(options?: AdxOptions): AdxStream {
  return new AdxStream(options)
}

export interface AdxColumns {
  readonly adx: Float64Array
  readonly plusDi: Float64Array
  readonly minusDi: Float64Array
}

/** Batch form of {@link createAdx}. */
export function adx(
  high: ArrayLike<number>,
  low: ArrayLike<number>,
  close: ArrayLike<number>,
  options?: AdxOptions,
): AdxColumns {
  const n = commonLength(high, low, close)
  const stream = createAdx(options)
  const out = { adx: new Float64Array(n), plusDi: new Float64Array(n), minusDi: new Float64Array(n) }
  for (let i = 0; i < n; i++) {
    out.adx[i] = stream.push(high[i]!, low[i]!, close[i]!)
    out.plusDi[i] = stream.plusDi
    out.minusDi[i] = stream.minusDi
  }
  return out
}

export interface WilliamsROptions {
  /** Default 14. */
  readonly length?: number
  /** Added to the range in the denominator, default 0 (CL-09: 1e-8). */
  readonly epsilon?: number
  /** Value when the denominator is 0, default NaN. */
  readonly flat?: number
}

/** Williams %R = −100·(highest high − close)/(highest high − lowest low), −100…0. */
export class WilliamsRStream implements RangeStream {
  private readonly high: ExtremeStream
  private readonly low: ExtremeStream
  private readonly epsilon: number
  private readonly flat: number

  constructor({ length = 14, epsilon = 0, flat = Number.NaN }: WilliamsROptions = {}) {
    this.high = new ExtremeStream(length, 'max')
    this.low = new ExtremeStream(length, 'min')
    this.epsilon = epsilon
    this.flat = flat
  }

  push(high: number, low: number, close: number): number {
    const top = this.high.push(high)
    const span = top - this.low.push(low) + this.epsilon
    return span === 0 ? this.flat : (-100 * (top - close)) / span
  }
}

export function createWilliamsR(options?: WilliamsROptions): WilliamsRStream {
  return new WilliamsRStream(options)
}

/** Batch form of {@link createWilliamsR}. */
export function williamsR(
  high: ArrayLike<number>,
  low: ArrayLike<number>,
  close: ArrayLike<number>,
  options?: WilliamsROptions,
): Float64Array {
  return runRanges(createWilliamsR(options), high, low, close)
}

export interface StochasticOptions {
  /** Bars among which the extremes are sought, default 14. */
  readonly length?: number
  /** Smoothing of D, default 3. */
  readonly d?: number
  /** K when the extremes are equal, default NaN. */
  readonly flat?: number
}

/** Fast stochastic oscillator: `push` returns K = 100·(close − lowest)/(highest − lowest); `d`, its mean, stands beside it. */
export class StochasticStream implements RangeStream {
  private readonly high: ExtremeStream
  private readonly low: ExtremeStream
  private readonly smooth: SmaStream
  private readonly flat: number
  d = Number.NaN

  constructor({ length = 14, d = 3, flat = Number.NaN }: StochasticOptions = {}) {
    this.high = new ExtremeStream(length, 'max')
    this.low = new ExtremeStream(length, 'min')
    this.smooth = new SmaStream(d)
    this.flat = flat
  }

  push(high: number, low: number, close: number): number {
    const top = this.high.push(high)
    const bottom = this.low.push(low)
    const k = top === bottom ? this.flat : (100 * (close - bottom)) / (top - bottom)
    this.d = this.smooth.push(k)
    return k
  }
}

export function createStochastic(options?: StochasticOptions): StochasticStream {
  return new StochasticStream(options)
}

/** Batch form of {@link createStochastic}. */
export function stochastic(
  high: ArrayLike<number>,
  low: ArrayLike<number>,
  close: ArrayLike<number>,
  options?: StochasticOptions,
): { k: Float64Array; d: Float64Array } {
  const n = commonLength(high, low, close)
  const stream = createStochastic(options)
  const out = { k: new Float64Array(n), d: new Float64Array(n) }
  for (let i = 0; i < n; i++) {
    out.k[i] = stream.push(high[i]!, low[i]!, close[i]!)
    out.d[i] = stream.d
  }
  return out
}
