/**
 * The bot's score and decision (TB-03.1, TB-03.2): pure functions of the indicators of one bar, so that training, backtest
 * and live decide alike.
 */
import type { BotIndicators } from './indicators.js'

/** 1 is LONG, −1 is SHORT. */
export type Side = 1 | -1
/** What is signalled: a side, or 0 for HOLD. */
export type Signal = Side | 0

/** What the score looks at: the indicators of the bar, and the MACD of the bar before. */
export type Scored = Pick<
  BotIndicators,
  | 'close'
  | 'rsi'
  | 'macd'
  | 'macdSignal'
  | 'previousMacd'
  | 'previousMacdSignal'
  | 'bbUpper'
  | 'bbLower'
  | 'ema9'
  | 'ema21'
  | 'ema50'
  | 'stochK'
  | 'stochD'
>

/**
 * K and D closer than this are equal, so neither side scores: where K stands still for three bars, D equals it up to
 * rounding and summation order would decide entries (TB-02.5, D-01). 0 gives the strict comparison of profile `ieee`.
 */
export const TIE_TOLERANCE = 1e-9

/** EMA stack: 1 when 9 > 21 > 50, −1 when reversed, else 0 (NaN compares false). */
export function emaAlign({ ema9, ema21, ema50 }: Pick<Scored, 'ema9' | 'ema21' | 'ema50'>): number {
  return ema9 > ema21 && ema21 > ema50 ? 1 : ema9 < ema21 && ema21 < ema50 ? -1 : 0
}

/** Points for a side (TB-03.1), 0…6. A comparison with NaN is false. */
export function points(x: Scored, side: Side, tieTolerance = TIE_TOLERANCE): number {
  const kAboveD = x.stochK > x.stochD && !(x.stochK - x.stochD < tieTolerance)
  const kBelowD = x.stochK < x.stochD && !(x.stochD - x.stochK < tieTolerance)
  let n = emaAlign(x) === side ? 1 : 0
  if (side === 1) {
    if (x.rsi < 35) n += 1
    if (x.previousMacd < x.previousMacdSignal && x.macd > x.macdSignal) n += 2
    if (x.close < x.bbLower) n += 1
    if (x.stochK < 20 && kAboveD) n += 1
  } else {
    if (x.rsi > 65) n += 1
    if (x.previousMacd > x.previousMacdSignal && x.macd < x.macdSignal) n += 2
    if (x.close > x.bbUpper) n += 1
    if (x.stochK > 80 && kBelowD) n += 1
  }
  return n
}

export interface Thresholds {
  /** Points that are enough when volume surges; one more is enough without. */
  readonly score: number
  /** HOLD below this ADX; 0 switches the gate off, and a NaN ADX passes. */
  readonly adx: number
  /** Volume surges above this many times its mean over 20 bars. */
  readonly volumeMultiplier: number
}

/** The bar's numbers besides the points that the decision looks at. */
export type Gated = Pick<BotIndicators, 'volume' | 'volMa20' | 'adx'>

/** True when the ADX gate holds the bar. */
export function adxHolds({ adx }: Gated, t: Thresholds): boolean {
  return t.adx > 0 && adx < t.adx
}

/** True when volume surges. */
export function surges({ volume, volMa20 }: Gated, t: Thresholds): boolean {
  return volume > volMa20 * t.volumeMultiplier
}

/** The signal for `long` and `short` points (TB-03.2). Both sides at once are HOLD, live as in the backtest (D-24). */
export function decide(long: number, short: number, bar: Gated, t: Thresholds): Signal {
  if (adxHolds(bar, t)) return 0
  const needed = surges(bar, t) ? t.score : t.score + 1
  if (long >= needed) return short >= needed ? 0 : 1
  return short >= needed ? -1 : 0
}

/** A decision and its reasons, for people and journals. */
export interface Explained {
  readonly signal: Signal
  readonly long: number
  readonly short: number
  readonly surge: boolean
  readonly adx: number | null
  /** Why it is HOLD; null for a signal. */
  readonly holdReason: string | null
}

/** {@link decide} with the detail of TB-03.2; points are told as they are also when the ADX gate holds. */
export function explain(x: Scored & Gated, t: Thresholds, tieTolerance = TIE_TOLERANCE): Explained {
  const long = points(x, 1, tieTolerance)
  const short = points(x, -1, tieTolerance)
  const signal = decide(long, short, x, t)
  const surge = surges(x, t)
  return { signal, long, short, surge, adx: Number.isNaN(x.adx) ? null : x.adx, holdReason: reason() }

  function reason(): string | null {
    if (signal !== 0) return null
    if (adxHolds(x, t)) return `ADX(${x.adx.toFixed(1)}) < ${t.adx}`
    const [side, best] = long >= short ? ['LONG', long] : ['SHORT', short]
    if (best < t.score) return `${side} score(${best}) < threshold(${t.score})`
    if (!surge && best < t.score + 1) return `volume not surging and ${side} score(${best}) < ${t.score + 1}`
    return `LONG score(${long}) and SHORT score(${short}) both qualify`
  }
}
