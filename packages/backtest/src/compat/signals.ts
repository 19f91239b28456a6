/**
 * What the original precomputes of one loaded slice (TB-05.2): indicators from its first row on (so each walk-forward fold
 * starts cold, D-05), points of both sides, and from those the signals for given thresholds.
 */
import { type BotIndicatorColumns, botIndicators } from '@cointrader/features/bot/indicators'
import { decide, points, type Scored, type Thresholds, TIE_TOLERANCE } from '@cointrader/features/bot/score'
import { botBarsOf, type SeedBars } from './bars.js'
import type { SeedConfig, SeedProfile } from './config.js'
import { fusedIndicators } from './fused.js'

/** The columns of TB-02.2 that trading looks at. */
export type SeedIndicators = Omit<BotIndicatorColumns, 'bb_mid'>

/** One symbol's slice, ready for any thresholds. */
export interface SeedSlice {
  readonly bars: SeedBars
  readonly indicators: SeedIndicators
  /** Points of TB-03.1 per bar. */
  readonly long: Int8Array
  readonly short: Int8Array
}

/** K and D closer than this are equal. */
export function tieToleranceOf(profile: SeedProfile): number {
  return profile === 'tol' ? TIE_TOLERANCE : 0
}

/** Indicators and points over all rows of `bars`. */
export function prepareSlice(bars: SeedBars, profile: SeedProfile): SeedSlice {
  const x: SeedIndicators = profile === 'fma' ? fusedIndicators(bars) : botIndicators(botBarsOf(bars))
  const n = bars.times.length
  const [long, short] = [new Int8Array(n), new Int8Array(n)]
  const tolerance = tieToleranceOf(profile)
  const bar = { close: 0, rsi: 0, macd: NaN, macdSignal: NaN, previousMacd: NaN, previousMacdSignal: NaN }
  const scored: { -readonly [K in keyof Scored]: number } = {
    ...bar,
    ...{ bbUpper: 0, bbLower: 0, ema9: 0, ema21: 0, ema50: 0, stochK: 0, stochD: 0 },
  }
  for (let i = 0; i < n; i++) {
    scored.close = bars.close[i]!
    scored.rsi = x.rsi[i]!
    scored.previousMacd = scored.macd
    scored.previousMacdSignal = scored.macdSignal
    scored.macd = x.macd[i]!
    scored.macdSignal = x.macd_signal[i]!
    scored.bbUpper = x.bb_upper[i]!
    scored.bbLower = x.bb_lower[i]!
    scored.ema9 = x.ema9[i]!
    scored.ema21 = x.ema21[i]!
    scored.ema50 = x.ema50[i]!
    scored.stochK = x.stoch_k[i]!
    scored.stochD = x.stoch_d[i]!
    long[i] = points(scored, 1, tolerance)
    short[i] = points(scored, -1, tolerance)
  }
  return { bars, indicators: x, long, short }
}

/** The thresholds of TB-03.2 in a configuration. */
export function thresholdsOf(config: SeedConfig): Thresholds {
  return {
    score: config.signal_threshold,
    adx: config.adx_threshold,
    volumeMultiplier: config.volume_multiplier,
  }
}

/** 1 LONG, −1 SHORT, 0 HOLD per bar (TB-03.2; both sides at once are HOLD, as in the original's backtest). */
export function signalsOf(slice: SeedSlice, thresholds: Thresholds): Int8Array {
  const { long, short, bars, indicators } = slice
  const out = new Int8Array(long.length)
  const bar = { volume: 0, volMa20: 0, adx: 0 }
  for (let i = 0; i < out.length; i++) {
    if (long[i]! < thresholds.score && short[i]! < thresholds.score) continue
    bar.volume = bars.volume[i]!
    bar.volMa20 = indicators.vol_ma20[i]!
    bar.adx = indicators.adx[i]!
    out[i] = decide(long[i]!, short[i]!, bar, thresholds)
  }
  return out
}
