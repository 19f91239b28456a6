/**
 * Relative strength index (Wilder 1978) and the stochastic RSI (Chande and Kroll 1994).
 *
 * NaN rule: a NaN close makes two changes unknown (into it and out of it); the averages treat them as `ewm.ts`
 * (Wilder: the last value is repeated) or `window.ts` (simple) says.
 */
import { runValues, type ValueStream } from './averages.js'
import { checkLength, commonLength } from './check.js'
import { createWilder, type Seed } from './ewm.js'
import { ExtremeStream, SmaStream } from './window.js'

export interface RsiOptions {
  /** Default 14. */
  readonly length?: number
  /** Averages of gains and losses: Wilder's (default) or plain means of the last `length` changes. */
  readonly average?: 'wilder' | 'simple'
  /** Seed of Wilder's averages, default `sma`: first value at bar `length`. TB-02 has `first`: first value at bar 1. */
  readonly seed?: Seed
  /** Whether the first bar, which has no change, is left out (`none`, default) or counts as no change (`zero`, CL-07). */
  readonly firstChange?: 'none' | 'zero'
  /** Value when there was neither gain nor loss, default NaN. Without losses RSI is 100 in every convention. */
  readonly flat?: number
}

/** RSI = 100·G/(G + L), the form in which no loss needs no special case. */
export class RsiStream {
  private readonly gains: ValueStream
  private readonly losses: ValueStream
  private readonly flat: number
  private readonly zeroFirst: boolean
  private started = false
  private last = Number.NaN

  constructor({
    length = 14,
    average = 'wilder',
    seed = 'sma',
    firstChange = 'none',
    flat = Number.NaN,
  }: RsiOptions = {}) {
    const make = (): ValueStream => (average === 'simple' ? new SmaStream(length) : createWilder({ length, seed }))
    this.gains = make()
    this.losses = make()
    this.flat = flat
    this.zeroFirst = firstChange === 'zero'
  }

  push(close: number): number {
    const change = !this.started && this.zeroFirst ? 0 : close - this.last
    this.started = true
    this.last = close
    // Math.max hands a NaN change on to the averages.
    const gain = this.gains.push(Math.max(change, 0))
    const loss = this.losses.push(Math.max(-change, 0))
    return gain + loss === 0 ? this.flat : (100 * gain) / (gain + loss)
  }
}

export function createRsi(options?: RsiOptions): RsiStream {
  return new RsiStream(options)
}

/** Batch form of {@link createRsi}. */
export function rsi(close: ArrayLike<number>, options?: RsiOptions): Float64Array {
  return runValues(createRsi(options), close)
}

export interface StochRsiOptions {
  readonly rsi?: RsiOptions
  /** RSI values among which the extremes are sought, default 14. */
  readonly length?: number
  /** Smoothing of K, default 3. */
  readonly k?: number
  /** Smoothing of D, default 3. */
  readonly d?: number
  /** Raw value when the extremes are equal, default NaN (TB-02: 0). */
  readonly flat?: number
}

/**
 * Stochastic RSI. `push` returns K in 0…100; `d` stands beside it. K and D can be equal up to rounding for bars on end
 * (TB-02.5): compare them with a tolerance.
 */
export class StochRsiStream {
  private readonly index: RsiStream
  private readonly high: ExtremeStream
  private readonly low: ExtremeStream
  private readonly smoothK: SmaStream
  private readonly smoothD: SmaStream
  private readonly flat: number
  d = Number.NaN

  constructor({ rsi, length = 14, k = 3, d = 3, flat = Number.NaN }: StochRsiOptions = {}) {
    checkLength(length)
    this.index = new RsiStream(rsi)
    this.high = new ExtremeStream(length, 'max')
    this.low = new ExtremeStream(length, 'min')
    this.smoothK = new SmaStream(k)
    this.smoothD = new SmaStream(d)
    this.flat = flat
  }

  push(close: number): number {
    const r = this.index.push(close)
    const high = this.high.push(r)
    const low = this.low.push(r)
    const k = this.smoothK.push(high === low ? this.flat : (100 * (r - low)) / (high - low))
    this.d = this.smoothD.push(k)
    return k
  }
}

export function createStochRsi(options?: StochRsiOptions): StochRsiStream {
  return new StochRsiStream(options)
}

/** Batch form of {@link createStochRsi}. */
export function stochRsi(close: ArrayLike<number>, options?: StochRsiOptions): { k: Float64Array; d: Float64Array } {
  const n = commonLength(close)
  const stream = createStochRsi(options)
  const out = { k: new Float64Array(n), d: new Float64Array(n) }
  for (let i = 0; i < n; i++) {
    out.k[i] = stream.push(close[i]!)
    out.d[i] = stream.d
  }
  return out
}
