/** Moving averages, MACD and Bollinger bands: batch and streaming form. NaN rules: `window.ts` and `ewm.ts`. */
import { commonLength } from './check.js'
import { createEma, createWilder, type EmaOptions, type EwmStream, type Seed } from './ewm.js'
import { DeviationStream, type Divisor, SmaStream } from './window.js'

/** A stream with one input and one output. */
export interface ValueStream {
  /** Takes the next value and returns the indicator at it. */
  push(x: number): number
}

/** Runs a stream over a column: this is the batch form of every single-input indicator. */
export function runValues(stream: ValueStream, x: ArrayLike<number>): Float64Array {
  const out = new Float64Array(x.length)
  for (let i = 0; i < out.length; i++) out[i] = stream.push(x[i]!)
  return out
}

export interface LengthOptions {
  /** Bars in the window. */
  readonly length: number
}

/** Simple moving average over the last `length` values, first at `length − 1`. */
export function createSma(options: LengthOptions): SmaStream {
  return new SmaStream(options.length)
}

/** Batch form of {@link createSma}. */
export function sma(x: ArrayLike<number>, options: LengthOptions): Float64Array {
  return runValues(createSma(options), x)
}

/** Mean volume over the last `length` bars (default 20): {@link sma} under the name the field uses. */
export function volumeMean(volume: ArrayLike<number>, options: LengthOptions = { length: 20 }): Float64Array {
  return sma(volume, options)
}

/** Streaming form of {@link volumeMean}. */
export function createVolumeMean(options: LengthOptions = { length: 20 }): SmaStream {
  return createSma(options)
}

/** Exponential moving average (batch form of `createEma`). */
export function ema(x: ArrayLike<number>, options: EmaOptions): Float64Array {
  return runValues(createEma(options), x)
}

/** Wilder's average (batch form of `createWilder`). */
export function wilder(x: ArrayLike<number>, options: EmaOptions): Float64Array {
  return runValues(createWilder(options), x)
}

export interface MacdOptions {
  /** Default 12. */
  readonly fast?: number
  /** Default 26. */
  readonly slow?: number
  /** Default 9. */
  readonly signal?: number
  /** Seed of all three averages, default `sma`. The signal line counts from the first MACD value. */
  readonly seed?: Seed
}

/** Moving average convergence/divergence (Appel 1979). `push` returns the MACD line; signal and histogram stand beside it. */
export class MacdStream {
  private readonly fast: EwmStream
  private readonly slow: EwmStream
  private readonly line: EwmStream
  /** EMA of the MACD line at the last bar. */
  signal = Number.NaN
  /** MACD − signal at the last bar. */
  histogram = Number.NaN

  constructor({ fast = 12, slow = 26, signal = 9, seed = 'sma' }: MacdOptions = {}) {
    this.fast = createEma({ length: fast, seed })
    this.slow = createEma({ length: slow, seed })
    this.line = createEma({ length: signal, seed })
  }

  push(close: number): number {
    const macd = this.fast.push(close) - this.slow.push(close)
    this.signal = this.line.push(macd)
    this.histogram = macd - this.signal
    return macd
  }
}

export function createMacd(options?: MacdOptions): MacdStream {
  return new MacdStream(options)
}

export interface MacdColumns {
  readonly macd: Float64Array
  readonly signal: Float64Array
  readonly histogram: Float64Array
}

/** Batch form of {@link createMacd}. */
export function macd(close: ArrayLike<number>, options?: MacdOptions): MacdColumns {
  const n = commonLength(close)
  const stream = createMacd(options)
  const out = { macd: new Float64Array(n), signal: new Float64Array(n), histogram: new Float64Array(n) }
  for (let i = 0; i < n; i++) {
    out.macd[i] = stream.push(close[i]!)
    out.signal[i] = stream.signal
    out.histogram[i] = stream.histogram
  }
  return out
}

export interface BollingerOptions {
  /** Default 20. */
  readonly length?: number
  /** Deviations between the middle and a band, default 2. */
  readonly width?: number
  /** Default `population` (Bollinger 2001, TA-Lib); pandas and TB-02 use `sample`. */
  readonly divisor?: Divisor
}

/** Bollinger bands. `push` returns the middle line; `upper` and `lower` stand beside it. */
export class BollingerStream {
  private readonly deviation: DeviationStream
  private readonly width: number
  upper = Number.NaN
  lower = Number.NaN

  constructor({ length = 20, width = 2, divisor = 'population' }: BollingerOptions = {}) {
    this.deviation = new DeviationStream(length, divisor)
    this.width = width
  }

  push(close: number): number {
    const reach = this.width * this.deviation.push(close)
    const middle = this.deviation.mean
    this.upper = middle + reach
    this.lower = middle - reach
    return middle
  }
}

export function createBollinger(options?: BollingerOptions): BollingerStream {
  return new BollingerStream(options)
}

export interface BollingerColumns {
  readonly middle: Float64Array
  readonly upper: Float64Array
  readonly lower: Float64Array
}

/** Batch form of {@link createBollinger}. */
export function bollinger(close: ArrayLike<number>, options?: BollingerOptions): BollingerColumns {
  const n = commonLength(close)
  const stream = createBollinger(options)
  const out = { middle: new Float64Array(n), upper: new Float64Array(n), lower: new Float64Array(n) }
  for (let i = 0; i < n; i++) {
    out.middle[i] = stream.push(close[i]!)
    out.upper[i] = stream.upper
    out.lower[i] = stream.lower
  }
  return out
}
