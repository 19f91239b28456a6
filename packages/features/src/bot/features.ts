/**
 * The bot's 26 features (TB-04.1) as one definition. Live feeds {@link BotFeatureStream} bar by bar; training runs the
 * same stream over history ({@link botFeatures}): equal bits when both start at the same bar (D-13). All values are
 * rounded to float32, as the models see them.
 */
import type { BotBars } from './bars.js'
import { BotIndicators } from './indicators.js'
import { decide, emaAlign, points, type Side, type Signal, type Thresholds, TIE_TOLERANCE } from './score.js'
import { TrailingMean, TrailingZ } from './trailing.js'

export interface FeatureFacts {
  readonly unit: string
  /** The column of {@link BotBars} without which the feature is NaN; undefined for those of the bars themselves. */
  readonly needs?: 'btcClose' | 'ethClose' | 'oiChange' | 'fundingRate'
  /** True where a row without a value is still used for training (TB-04.4). */
  readonly optional?: true
}

const z = (needs?: FeatureFacts['needs']): FeatureFacts => ({ unit: 'z-score', ...(needs && { needs }) })

/** Features in model order. */
export const BOT_FEATURES = {
  rsi: { unit: '0..100' },
  macd_hist: { unit: 'ATR (USDT with compat)' },
  bb_pct: { unit: 'share of band width' },
  ema_align: { unit: '-1, 0, 1' },
  stoch_k: { unit: '0..100' },
  stoch_d: { unit: '0..100' },
  atr_pct: z(),
  vol_ratio: z(),
  ret_1: z(),
  ret_3: z(),
  ret_5: z(),
  signal_strength: { unit: 'points 0..6' },
  side: { unit: '1 LONG, 0 else' },
  btc_ret_1: z('btcClose'),
  btc_ret_3: z('btcClose'),
  btc_ret_5: z('btcClose'),
  eth_ret_1: z('ethClose'),
  eth_ret_3: z('ethClose'),
  eth_ret_5: z('ethClose'),
  primary_btc_rs: z('btcClose'),
  primary_eth_rs: z('ethClose'),
  oi_change: { ...z('oiChange'), optional: true },
  funding_rate: { ...z('fundingRate'), optional: true },
  oi_change_ma5: { ...z('oiChange'), optional: true },
  oi_price_spread: { ...z('oiChange'), optional: true },
  adx: z(),
} as const satisfies Record<string, FeatureFacts>

export type BotFeature = keyof typeof BOT_FEATURES
/** Names in model order. */
export const BOT_FEATURE_NAMES = Object.keys(BOT_FEATURES) as readonly BotFeature[]
const STRENGTH = BOT_FEATURE_NAMES.indexOf('signal_strength')
const SIDE = BOT_FEATURE_NAMES.indexOf('side')

/** Window of the z-scores: 3 days of 15-minute bars; of open interest and funding: 1 day. */
const LONG_WINDOW = 288
const SHORT_WINDOW = 96

/**
 * First bar at which every window is full: `vol_ratio` has its first value at bar 19 and a window of 288 of them. Before
 * it features are those of a shorter past than live trading has.
 */
export const BOT_WARM_UP = 19 + LONG_WINDOW - 1

export interface FeatureOptions {
  /**
   * Unit of `macd_hist`: ATR (default), so that a model is not tied to one coin's price level, or the price's own
   * (original, D-21).
   */
  readonly macdUnit: 'atr' | 'price'
  /** The ratio of returns behind `primary_*_rs` is clipped to ± this: it explodes when BTC stands still (D-21). */
  readonly ratioLimit: number
  /** A return without its earlier close: NaN (default) or 0 (original). */
  readonly missingReturn: number
  /** See {@link TIE_TOLERANCE}. */
  readonly tieTolerance: number
}

export const FEATURE_DEFAULTS: FeatureOptions = {
  macdUnit: 'atr',
  ratioLimit: 10,
  missingReturn: Number.NaN,
  tieTolerance: TIE_TOLERANCE,
}

/** One closed bar. Absent side data is NaN. */
export interface BotBar {
  readonly high: number
  readonly low: number
  readonly close: number
  readonly volume: number
  readonly btcClose: number
  readonly ethClose: number
  readonly oiChange: number
  readonly fundingRate: number
}

/** Returns over 1, 3 and 5 bars. */
class Returns {
  /** Closes, newest first. */
  private readonly closes = new Float64Array(6).fill(Number.NaN)

  constructor(private readonly missing: number) {}

  push(close: number): void {
    this.closes.copyWithin(1, 0, 5)
    this.closes[0] = close
  }

  over(bars: 1 | 3 | 5): number {
    const r = this.closes[0]! / this.closes[bars]! - 1
    return Number.isNaN(r) ? this.missing : r
  }
}

function zScores(count: number, length: number): readonly TrailingZ[] {
  return Array.from({ length: count }, () => new TrailingZ(length))
}

/** Returns of a side symbol, in float32 as the original has them before scaling, and relative strength against it. */
class SideFeatures {
  private readonly returns: Returns
  private readonly scores = zScores(3, LONG_WINDOW)
  private readonly strength = new TrailingZ(LONG_WINDOW)

  constructor(private readonly options: FeatureOptions) {
    this.returns = new Returns(options.missingReturn)
  }

  /** Writes three returns at `at` and the relative strength at `strengthAt`. `own` is the primary's return, float32. */
  push(close: number, own: number, out: Float32Array, at: number, strengthAt: number): void {
    this.returns.push(close)
    const one = Math.fround(this.returns.over(1))
    out[at] = this.scores[0]!.push(one)
    out[at + 1] = this.scores[1]!.push(Math.fround(this.returns.over(3)))
    out[at + 2] = this.scores[2]!.push(Math.fround(this.returns.over(5)))
    const limit = this.options.ratioLimit
    const ratio = one === 0 ? own * 0 : Math.min(limit, Math.max(-limit, Math.fround(own / one)))
    out[strengthAt] = this.strength.push(ratio)
  }
}

/** The features of the last bar, in bounded memory. Feed every bar of the grid once, a missing one as NaN. */
export class BotFeatureStream {
  /** Indicators of the last bar. */
  readonly indicators = new BotIndicators()
  /** Points of TB-03.1 of the last bar. */
  long = 0
  short = 0
  private readonly values = new Float32Array(BOT_FEATURE_NAMES.length)
  private readonly options: FeatureOptions
  private readonly returns: Returns
  private readonly zs = zScores(6, LONG_WINDOW)
  private readonly oiScores = zScores(3, SHORT_WINDOW)
  private readonly oiMean = new TrailingMean(5)
  private readonly btc: SideFeatures
  private readonly eth: SideFeatures

  constructor(options: Partial<FeatureOptions> = {}) {
    this.options = { ...FEATURE_DEFAULTS, ...options }
    this.returns = new Returns(this.options.missingReturn)
    this.btc = new SideFeatures(this.options)
    this.eth = new SideFeatures(this.options)
  }

  push(bar: BotBar): void {
    const { indicators: x, values: out, returns, zs, options } = this
    x.push(bar.high, bar.low, bar.close, bar.volume)
    this.long = points(x, 1, options.tieTolerance)
    this.short = points(x, -1, options.tieTolerance)
    returns.push(bar.close)
    const ret1 = returns.over(1)
    out[0] = x.rsi
    out[1] = options.macdUnit === 'atr' ? x.macdHist / x.atr : x.macdHist
    out[2] = (bar.close - x.bbLower) / (x.bbUpper - x.bbLower + 1e-8)
    out[3] = emaAlign(x)
    out[4] = x.stochK
    out[5] = x.stochD
    out[6] = zs[0]!.push(x.atr / (bar.close + 1e-8))
    out[7] = zs[1]!.push(bar.volume / (x.volMa20 + 1e-8))
    out[8] = zs[2]!.push(ret1)
    out[9] = zs[3]!.push(returns.over(3))
    out[10] = zs[4]!.push(returns.over(5))
    const own = Math.fround(ret1)
    this.btc.push(bar.btcClose, own, out, 13, 19)
    this.eth.push(bar.ethClose, own, out, 16, 20)
    const oi = known(bar.oiChange)
    out[21] = this.oiScores[0]!.push(oi)
    out[22] = this.oiScores[1]!.push(known(bar.fundingRate))
    out[23] = this.oiScores[2]!.push(this.oiMean.push(oi))
    out[24] = out[21]! - out[8]!
    out[25] = zs[5]!.push(x.adx)
  }

  /** Points of the last bar for a side; 0 for HOLD. */
  pointsFor(side: Signal): number {
    return side === 1 ? this.long : side === -1 ? this.short : 0
  }

  /** The features of the last bar for a bet on `side`, in model order; valid until the next call of this stream. */
  row(side: Signal): Float32Array {
    this.values[STRENGTH] = this.pointsFor(side)
    this.values[SIDE] = side === 1 ? 1 : 0
    return this.values
  }
}

/** 0 stands for unknown: the collector writes it where the venue gave nothing (D-17, D-60). */
function known(x: number): number {
  return x === 0 ? Number.NaN : x
}

/** Features, points and signal of every bar. */
export interface BotFeatureColumns {
  /** By name; `signal_strength` and `side` are those of the signal, 0 on HOLD bars. */
  readonly columns: Record<BotFeature, Float32Array>
  readonly signal: Int8Array
  /** Points of both sides. */
  readonly long: Int8Array
  readonly short: Int8Array
  /** ATR in price units. */
  readonly atr: Float64Array
}

/** Runs {@link BotFeatureStream} over `bars`, deciding with `thresholds`. */
export function botFeatures(
  bars: BotBars,
  thresholds: Thresholds,
  options: Partial<FeatureOptions> = {},
): BotFeatureColumns {
  const n = bars.times.length
  const stream = new BotFeatureStream(options)
  const columns = BOT_FEATURE_NAMES.map(() => new Float32Array(n))
  const out = { signal: new Int8Array(n), long: new Int8Array(n), short: new Int8Array(n), atr: new Float64Array(n) }
  const bar = { ...MISSING_BAR }
  for (let i = 0; i < n; i++) {
    bar.high = bars.high[i]!
    bar.low = bars.low[i]!
    bar.close = bars.close[i]!
    bar.volume = bars.volume[i]!
    bar.btcClose = bars.btcClose?.[i] ?? Number.NaN
    bar.ethClose = bars.ethClose?.[i] ?? Number.NaN
    bar.oiChange = bars.oiChange?.[i] ?? Number.NaN
    bar.fundingRate = bars.fundingRate?.[i] ?? Number.NaN
    stream.push(bar)
    out.long[i] = stream.long
    out.short[i] = stream.short
    out.atr[i] = stream.indicators.atr
    // A bar that is missing signals nothing, whatever the carried averages say.
    out.signal[i] = Number.isNaN(bar.close) ? 0 : decide(stream.long, stream.short, stream.indicators, thresholds)
    const row = stream.row(out.signal[i] as Signal)
    for (let k = 0; k < columns.length; k++) columns[k]![i] = row[k]!
  }
  const named = Object.fromEntries(BOT_FEATURE_NAMES.map((name, k) => [name, columns[k]!]))
  return { columns: named as Record<BotFeature, Float32Array>, ...out }
}

/** A bar of which nothing is known. */
export const MISSING_BAR: { -readonly [K in keyof BotBar]: number } = {
  high: Number.NaN,
  low: Number.NaN,
  close: Number.NaN,
  volume: Number.NaN,
  btcClose: Number.NaN,
  ethClose: Number.NaN,
  oiChange: Number.NaN,
  fundingRate: Number.NaN,
}

/** Points of a bar for a side, from the columns. */
export function pointsAt(features: BotFeatureColumns, bar: number, side: Side): number {
  return (side === 1 ? features.long : features.short)[bar]!
}
