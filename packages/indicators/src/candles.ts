/**
 * Candle patterns: 1 where the last bar (or the last two) have the shape, else 0. Thresholds are those of CL-08 unless
 * given. NaN rule: NaN when a bar the pattern looks at is missing or has a NaN.
 *
 * b = |close − open|, u = high − max(open, close), l = min(open, close) − low, r = high − low.
 */
import { commonLength } from './check.js'

export interface CandleOptions {
  /** Doji: b < this share of r. Default 0.1. */
  readonly dojiBody?: number
  /** The long shadow of hammer, inverted hammer and shooting star is above this many bodies. Default 2. */
  readonly longShadow?: number
  /** The short shadow of hammer and inverted hammer is below this many bodies. Default 0.5. */
  readonly shortShadow?: number
  /** The lower shadow of a shooting star is below this share of r. Default 0.1. */
  readonly starShadow?: number
  /** An engulfing body is above this many previous bodies. Default 1.5. */
  readonly engulfing?: number
}

/** Two bars in a row; `previous…` is the older one. */
interface Shape {
  open: number
  close: number
  body: number
  upper: number
  lower: number
  range: number
  previousOpen: number
  previousClose: number
}

type Test = (s: Shape, o: Required<CandleOptions>) => boolean

const TESTS = {
  doji: (s, o) => s.body < o.dojiBody * s.range,
  hammer: (s, o) => s.lower > o.longShadow * s.body && s.upper < o.shortShadow * s.body && s.close > s.open,
  inverted_hammer: (s, o) => s.upper > o.longShadow * s.body && s.lower < o.shortShadow * s.body && s.close > s.open,
  shooting_star: (s, o) => s.upper > o.longShadow * s.body && s.lower < o.starShadow * s.range && s.close < s.open,
  bullish_engulfing: (s, o) =>
    s.previousClose < s.previousOpen &&
    s.close > s.open &&
    s.body > o.engulfing * Math.abs(s.previousClose - s.previousOpen) &&
    s.open < s.previousClose &&
    s.close > s.previousOpen,
  bearish_engulfing: (s, o) =>
    s.previousClose > s.previousOpen &&
    s.close < s.open &&
    s.body > o.engulfing * Math.abs(s.previousClose - s.previousOpen) &&
    s.open > s.previousClose &&
    s.close < s.previousOpen,
} satisfies Record<string, Test>

export type CandlePattern = keyof typeof TESTS

/** Names of the patterns. */
export const CANDLE_PATTERNS = Object.keys(TESTS) as readonly CandlePattern[]

const DEFAULTS: Required<CandleOptions> = {
  dojiBody: 0.1,
  longShadow: 2,
  shortShadow: 0.5,
  starShadow: 0.1,
  engulfing: 1.5,
}

/** One candle pattern over a stream of bars. */
export class CandleStream {
  private readonly pair: boolean
  private readonly options: Required<CandleOptions>
  private readonly shape: Shape = {
    open: Number.NaN,
    close: Number.NaN,
    body: 0,
    upper: 0,
    lower: 0,
    range: 0,
    previousOpen: 0,
    previousClose: 0,
  }

  constructor(
    private readonly pattern: CandlePattern,
    options: CandleOptions = {},
  ) {
    this.pair = pattern.endsWith('engulfing')
    this.options = { ...DEFAULTS, ...options }
  }

  push(open: number, high: number, low: number, close: number): number {
    const s = this.shape
    s.previousOpen = s.open
    s.previousClose = s.close
    s.open = open
    s.close = close
    s.body = Math.abs(close - open)
    s.upper = high - Math.max(open, close)
    s.lower = Math.min(open, close) - low
    s.range = high - low
    const known = this.pair ? s.body + s.previousOpen + s.previousClose : s.upper + s.lower
    if (Number.isNaN(known)) return Number.NaN
    return TESTS[this.pattern](s, this.options) ? 1 : 0
  }
}

export function createCandlePattern(pattern: CandlePattern, options?: CandleOptions): CandleStream {
  return new CandleStream(pattern, options)
}

/** Batch form of {@link createCandlePattern}. */
export function candlePattern(
  pattern: CandlePattern,
  open: ArrayLike<number>,
  high: ArrayLike<number>,
  low: ArrayLike<number>,
  close: ArrayLike<number>,
  options?: CandleOptions,
): Float64Array {
  const out = new Float64Array(commonLength(open, high, low, close))
  const stream = createCandlePattern(pattern, options)
  for (let i = 0; i < out.length; i++) out[i] = stream.push(open[i]!, high[i]!, low[i]!, close[i]!)
  return out
}
