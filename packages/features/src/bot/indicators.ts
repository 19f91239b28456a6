/** The bot's indicator set (TB-02) as one stream, and the same over whole columns. */
import {
  type AdxStream,
  type AtrStream,
  type BollingerStream,
  createAdx,
  createAtr,
  createBollinger,
  createEma,
  createMacd,
  createRsi,
  createStochRsi,
  createVolumeMean,
  type EwmStream,
  type MacdStream,
  type RsiStream,
  type SmaStream,
  type StochRsiStream,
  TB_02,
} from '@cointrader/indicators'
import type { BotBars } from './bars.js'

/** Indicators of the last bar; fields are NaN until their first valid bar (TB-02.2). Feed every closed bar once. */
export class BotIndicators {
  private readonly rsiStream: RsiStream = createRsi(TB_02.rsi)
  private readonly macdStream: MacdStream = createMacd(TB_02.macd)
  private readonly bands: BollingerStream = createBollinger(TB_02.bollinger)
  private readonly ema9Stream: EwmStream = createEma(TB_02.ema9)
  private readonly ema21Stream: EwmStream = createEma(TB_02.ema21)
  private readonly ema50Stream: EwmStream = createEma(TB_02.ema50)
  private readonly atrStream: AtrStream = createAtr(TB_02.atr)
  private readonly adxStream: AdxStream = createAdx(TB_02.adx)
  private readonly stochastic: StochRsiStream = createStochRsi(TB_02.stochRsi)
  private readonly volumes: SmaStream = createVolumeMean(TB_02.volumeMean)
  close = Number.NaN
  volume = Number.NaN
  rsi = Number.NaN
  macd = Number.NaN
  macdSignal = Number.NaN
  macdHist = Number.NaN
  previousMacd = Number.NaN
  previousMacdSignal = Number.NaN
  bbUpper = Number.NaN
  bbMid = Number.NaN
  bbLower = Number.NaN
  ema9 = Number.NaN
  ema21 = Number.NaN
  ema50 = Number.NaN
  atr = Number.NaN
  volMa20 = Number.NaN
  stochK = Number.NaN
  stochD = Number.NaN
  adx = Number.NaN

  push(high: number, low: number, close: number, volume: number): void {
    this.close = close
    this.volume = volume
    this.rsi = this.rsiStream.push(close)
    this.previousMacd = this.macd
    this.previousMacdSignal = this.macdSignal
    this.macd = this.macdStream.push(close)
    this.macdSignal = this.macdStream.signal
    this.macdHist = this.macdStream.histogram
    this.bbMid = this.bands.push(close)
    this.bbUpper = this.bands.upper
    this.bbLower = this.bands.lower
    this.ema9 = this.ema9Stream.push(close)
    this.ema21 = this.ema21Stream.push(close)
    this.ema50 = this.ema50Stream.push(close)
    this.atr = this.atrStream.push(high, low, close)
    this.adx = this.adxStream.push(high, low, close)
    this.stochK = this.stochastic.push(close)
    this.stochD = this.stochastic.d
    this.volMa20 = this.volumes.push(volume)
  }
}

/** Indicator columns, by the names of the original. */
export const BOT_INDICATORS = {
  rsi: 'rsi',
  macd: 'macd',
  macd_signal: 'macdSignal',
  macd_hist: 'macdHist',
  bb_upper: 'bbUpper',
  bb_mid: 'bbMid',
  bb_lower: 'bbLower',
  ema9: 'ema9',
  ema21: 'ema21',
  ema50: 'ema50',
  atr: 'atr',
  vol_ma20: 'volMa20',
  stoch_k: 'stochK',
  stoch_d: 'stochD',
  adx: 'adx',
} as const satisfies Record<string, keyof BotIndicators>

export type BotIndicatorColumns = Record<keyof typeof BOT_INDICATORS, Float64Array>

/** All columns of {@link BOT_INDICATORS} over `bars`: the stream run from the first bar to the last. */
export function botIndicators(bars: BotBars): BotIndicatorColumns {
  const n = bars.times.length
  const stream = new BotIndicators()
  const names = Object.keys(BOT_INDICATORS) as (keyof typeof BOT_INDICATORS)[]
  const out = Object.fromEntries(names.map((name) => [name, new Float64Array(n)])) as BotIndicatorColumns
  for (let i = 0; i < n; i++) {
    stream.push(bars.high[i]!, bars.low[i]!, bars.close[i]!, bars.volume[i]!)
    for (const name of names) out[name][i] = stream[BOT_INDICATORS[name]]
  }
  return out
}
