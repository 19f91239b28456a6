/** Indicators of price and volume: OBV (Granville 1963), MFI (Quong and Soudack 1989) and VWAP. */
import { commonLength } from './check.js'
import { SumStream } from './window.js'

export interface ObvOptions {
  /** Value at the first bar: 0 (default) or the first volume (TA-Lib). */
  readonly start?: 'zero' | 'volume'
}

/**
 * On-balance volume: the running sum of sign(change of close)·volume since the first bar, so a function of the start.
 * NaN rule: a bar with a NaN leaves the sum and the previous close as they were.
 */
export class ObvStream {
  private readonly fromVolume: boolean
  private sum = Number.NaN
  private last = Number.NaN

  constructor({ start = 'zero' }: ObvOptions = {}) {
    this.fromVolume = start === 'volume'
  }

  push(close: number, volume: number): number {
    if (Number.isNaN(close) || Number.isNaN(volume)) return this.sum
    if (Number.isNaN(this.last)) this.sum = this.fromVolume ? volume : 0
    else if (close > this.last) this.sum += volume
    else if (close < this.last) this.sum -= volume
    this.last = close
    return this.sum
  }
}

export function createObv(options?: ObvOptions): ObvStream {
  return new ObvStream(options)
}

/** Batch form of {@link createObv}. */
export function obv(close: ArrayLike<number>, volume: ArrayLike<number>, options?: ObvOptions): Float64Array {
  const out = new Float64Array(commonLength(close, volume))
  const stream = createObv(options)
  for (let i = 0; i < out.length; i++) out[i] = stream.push(close[i]!, volume[i]!)
  return out
}

/** A stream that takes bars with volume. */
export interface VolumeBarStream {
  push(high: number, low: number, close: number, volume: number): number
}

export interface MfiOptions {
  /** Default 14. */
  readonly length?: number
  /** Whether the first bar, which has no change, is left out (`none`, default) or counts as no flow (`zero`, CL-09). */
  readonly firstChange?: 'none' | 'zero'
  /** Added to the negative flow, default 0 (CL-09: 1e-8). */
  readonly epsilon?: number
  /** Value when the denominator is 0, default NaN. */
  readonly flat?: number
}

/**
 * Money flow index = 100·P/(P + N) of the flows (typical price · volume) of bars whose typical price rose or fell; a
 * bar with an unchanged one counts as neither. NaN rule: that of the window (`window.ts`), two bars per NaN bar.
 */
export class MfiStream implements VolumeBarStream {
  private readonly rising: SumStream
  private readonly falling: SumStream
  private readonly zeroFirst: boolean
  private readonly epsilon: number
  private readonly flat: number
  private started = false
  private last = Number.NaN

  constructor({ length = 14, firstChange = 'none', epsilon = 0, flat = Number.NaN }: MfiOptions = {}) {
    this.rising = new SumStream(length)
    this.falling = new SumStream(length)
    this.zeroFirst = firstChange === 'zero'
    this.epsilon = epsilon
    this.flat = flat
  }

  push(high: number, low: number, close: number, volume: number): number {
    const typical = (high + low + close) / 3
    const flow = typical * volume
    const change = !this.started && this.zeroFirst ? 0 : typical - this.last
    this.started = true
    this.last = typical
    const missing = Number.isNaN(change) || Number.isNaN(flow)
    const rising = this.rising.push(missing ? Number.NaN : change > 0 ? flow : 0)
    const falling = this.falling.push(missing ? Number.NaN : change < 0 ? flow : 0)
    const total = rising + (falling + this.epsilon)
    return total === 0 ? this.flat : (100 * rising) / total
  }
}

export function createMfi(options?: MfiOptions): MfiStream {
  return new MfiStream(options)
}

/** Batch form of {@link createMfi}. */
export function mfi(
  high: ArrayLike<number>,
  low: ArrayLike<number>,
  close: ArrayLike<number>,
  volume: ArrayLike<number>,
  options?: MfiOptions,
): Float64Array {
  const out = new Float64Array(commonLength(high, low, close, volume))
  const stream = createMfi(options)
  for (let i = 0; i < out.length; i++) out[i] = stream.push(high[i]!, low[i]!, close[i]!, volume[i]!)
  return out
}

export interface VwapOptions {
  /** Bars of a trailing window. Without it VWAP runs since the first bar of the session (or of the series). */
  readonly length?: number
}

/**
 * Volume-weighted average price, Σ typical·volume / Σ volume; NaN while no volume was traded. NaN rule: with a length
 * that of the window; without, a bar with a NaN is passed over and the last value repeated.
 */
export class VwapStream {
  private readonly value: SumStream | undefined
  private readonly weight: SumStream | undefined
  private session = Number.NaN
  private valueSum = 0
  private weightSum = 0

  constructor({ length }: VwapOptions = {}) {
    this.value = length === undefined ? undefined : new SumStream(length)
    this.weight = length === undefined ? undefined : new SumStream(length)
  }

  /** `session` is any number that names the session, for example the UTC day; a new one starts the sums anew. */
  push(high: number, low: number, close: number, volume: number, session = 0): number {
    const value = ((high + low + close) / 3) * volume
    if (this.value !== undefined && this.weight !== undefined) {
      const weight = this.weight.push(Number.isNaN(value) ? Number.NaN : volume)
      const sum = this.value.push(value)
      return weight === 0 ? Number.NaN : sum / weight
    }
    if (session !== this.session) {
      this.session = session
      this.valueSum = 0
      this.weightSum = 0
    }
    if (!Number.isNaN(value)) {
      this.valueSum += value
      this.weightSum += volume
    }
    return this.weightSum === 0 ? Number.NaN : this.valueSum / this.weightSum
  }
}

export function createVwap(options?: VwapOptions): VwapStream {
  return new VwapStream(options)
}

/** Batch form of {@link createVwap}; `sessions` has the session of each bar. */
export function vwap(
  high: ArrayLike<number>,
  low: ArrayLike<number>,
  close: ArrayLike<number>,
  volume: ArrayLike<number>,
  options?: VwapOptions,
  sessions?: ArrayLike<number>,
): Float64Array {
  const n = commonLength(high, low, close, volume, sessions ?? close)
  const out = new Float64Array(n)
  const stream = createVwap(options)
  for (let i = 0; i < n; i++) out[i] = stream.push(high[i]!, low[i]!, close[i]!, volume[i]!, sessions?.[i] ?? 0)
  return out
}
