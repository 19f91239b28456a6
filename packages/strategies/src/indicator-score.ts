/**
 * The scored indicator signal (TB-03): points for RSI, MACD cross, Bollinger, EMA stack and stochastic RSI, gated by ADX
 * and volume; stop and target in ATR of the signal's bar, from the real fill (D-25). Both sides at once are HOLD (D-24).
 */
import {
  BotIndicators,
  decide,
  points,
  type Signal,
  type Thresholds,
  TIE_TOLERANCE,
} from '@cointrader/features/bot/index'
import type { Bar, BarSet } from './bars.js'
import type { Intent, IntentColumns } from './intent.js'
import { type ColumnStream, defineStrategy, type Strategy } from './strategy.js'

export interface IndicatorScoreParams extends Thresholds {
  /** Stop and target distance in ATR. */
  readonly stopAtr: number
  readonly targetAtr: number
  /** Bars after the entry at which to leave; 0 = no time exit. */
  readonly exitAfterBars: number
  /** True: the scores handed in are the filter model's probability that the signal wins. */
  readonly filter: boolean
  /** {@link TIE_TOLERANCE}; 0 is the strict comparison of profile `ieee`. */
  readonly tieTolerance: number
  /** Bars before the first decision. */
  readonly warmUp: number
}

/** The one source of the defaults (TB-05.1; D-26). */
export const INDICATOR_SCORE_DEFAULTS: IndicatorScoreParams = Object.freeze({
  score: 3,
  adx: 25,
  volumeMultiplier: 2.5,
  stopAtr: 2,
  targetAtr: 2,
  exitAfterBars: 0,
  filter: false,
  tieTolerance: TIE_TOLERANCE,
  warmUp: 60,
})

const COLUMNS = ['long', 'short', 'close', 'volume', 'volMa20', 'adx', 'atr', 'rsi', 'macdHist'] as const
const AT = Object.fromEntries(COLUMNS.map((name, k) => [name, k])) as Record<(typeof COLUMNS)[number], number>

class ScoreStream implements ColumnStream {
  private readonly indicators = new BotIndicators()
  private long = 0
  private short = 0

  constructor(private readonly tieTolerance: number) {}

  push(bar: Bar): void {
    this.indicators.push(bar.high, bar.low, bar.close, bar.volume)
    this.long = points(this.indicators, 1, this.tieTolerance)
    this.short = points(this.indicators, -1, this.tieTolerance)
  }

  write(out: Float64Array): void {
    const x = this.indicators
    out[AT.long] = this.long
    out[AT.short] = this.short
    out[AT.close] = x.close
    out[AT.volume] = x.volume
    out[AT.volMa20] = x.volMa20
    out[AT.adx] = x.adx
    out[AT.atr] = x.atr
    out[AT.rsi] = x.rsi
    out[AT.macdHist] = x.macdHist
  }
}

/** The score's inputs of every bar: what a sweep computes once and decides many times ({@link scoreIntents}). */
export interface ScoreColumns {
  readonly long: Int8Array
  readonly short: Int8Array
  readonly volume: Float64Array
  readonly volMa20: Float64Array
  readonly adx: Float64Array
  readonly atr: Float64Array
  readonly close: Float64Array
}

/** {@link ScoreColumns} of one symbol, by the stream that live trading feeds. */
export function scoreColumns(bars: BarSet, symbol: number, tieTolerance = TIE_TOLERANCE): ScoreColumns {
  const { high, low, close, volume } = bars.columns[symbol]!
  const n = close.length
  const out = {
    long: new Int8Array(n),
    short: new Int8Array(n),
    volume,
    close,
    volMa20: new Float64Array(n),
    adx: new Float64Array(n),
    atr: new Float64Array(n),
  }
  const x = new BotIndicators()
  for (let i = 0; i < n; i++) {
    x.push(high[i]!, low[i]!, close[i]!, volume[i]!)
    out.long[i] = points(x, 1, tieTolerance)
    out.short[i] = points(x, -1, tieTolerance)
    out.volMa20[i] = x.volMa20
    out.adx[i] = x.adx
    out.atr[i] = x.atr
  }
  return out
}

/** The intents of every bar for given thresholds. `probability` holds the filter's answers where `params.filter` is on. */
export function scoreIntents(
  x: ScoreColumns,
  intervalMs: number,
  params: IndicatorScoreParams,
  probability: Float64Array | null = null,
): IntentColumns {
  const n = x.long.length
  const side = new Int8Array(n)
  const stopDistance = new Float64Array(n)
  const targetDistance = new Float64Array(n)
  const bar = { volume: 0, volMa20: 0, adx: 0 }
  for (let i = params.warmUp - 1; i < n; i++) {
    const long = x.long[i]!
    const short = x.short[i]!
    // Most bars have too few points on both sides: nothing else needs a look.
    if (long < params.score && short < params.score) continue
    bar.volume = x.volume[i]!
    bar.volMa20 = x.volMa20[i]!
    bar.adx = x.adx[i]!
    const signal = usable(x.close[i]!, x.atr[i]!) ? decide(long, short, bar, params) : 0
    if (signal === 0) continue
    side[i] = signal
    stopDistance[i] = x.atr[i]! * params.stopAtr
    targetDistance[i] = x.atr[i]! * params.targetAtr
  }
  const exitAfterMs = params.exitAfterBars * intervalMs
  return {
    side,
    stopDistance,
    targetDistance,
    probability: params.filter ? probability : null,
    exitAfterMs,
    reverse: true,
  }
}

/** A missing bar signals nothing, whatever the carried averages say; without ATR there is no stop. */
function usable(close: number, atr: number): boolean {
  return !Number.isNaN(close) && atr > 0
}

/** The strategy `indicator-score`. */
export function indicatorScore(overrides: Partial<IndicatorScoreParams> = {}): Strategy {
  const params: IndicatorScoreParams = { ...INDICATOR_SCORE_DEFAULTS, ...overrides }
  return defineStrategy({
    name: 'indicator-score',
    params: { ...params },
    warmUp: params.warmUp,
    scores: params.filter ? 'required' : 'none',
    columns: { names: COLUMNS, create: () => new ScoreStream(params.tieTolerance) },
    decide(view): Intent[] {
      const atr = view.column(AT.atr)
      if (!usable(view.close(), atr)) return []
      const bar = { volume: view.column(AT.volume), volMa20: view.column(AT.volMa20), adx: view.column(AT.adx) }
      const long = view.column(AT.long)
      const short = view.column(AT.short)
      const signal: Signal = decide(long, short, bar, params)
      if (signal === 0) return []
      return [
        {
          kind: 'enter',
          symbol: view.symbol,
          side: signal,
          stopDistance: atr * params.stopAtr,
          targetDistance: atr * params.targetAtr,
          exitAfterMs: params.exitAfterBars * view.intervalMs,
          ...(params.filter && { probability: view.score() }),
          reason: `L=${long} S=${short} ADX=${bar.adx.toFixed(1)} RSI=${view.column(AT.rsi).toFixed(1)}`,
        },
      ]
    },
    precompute: (bars, symbol, scores) =>
      scoreIntents(scoreColumns(bars, symbol, params.tieTolerance), bars.intervalMs, params, scores),
  })
}
