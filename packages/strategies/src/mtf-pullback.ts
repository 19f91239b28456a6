/**
 * The multi-timeframe pull-back (TB-10.2): trade with the trend of the hour after a dry pull-back on the traded interval.
 * One function for backtest and live (D-53), on closed bars only (D-51): the hour is known at its own end.
 *
 * - Meta (hour): EMA50 above EMA200 allows longs, below allows shorts; ADX(14) under the threshold or missing allows none.
 * - Arm: close on the pull-back side of EMA20 and volume below `dryShare` of its mean over 20 bars.
 * - Enter: armed, and the close is back over (under) EMA20. Stop and target in ATR(14) of the hour, from the real fill.
 * - Disarm: on entry, when the meta side changes or has no answer. While a position is open nothing is armed.
 */
import { HOUR_MS } from '@cointrader/core'
import {
  type AdxStream,
  type AtrStream,
  createAdx,
  createAtr,
  createEma,
  createVolumeMean,
  type EwmStream,
  type SmaStream,
  TB_02,
} from '@cointrader/indicators'
import type { Bar } from './bars.js'
import type { Intent } from './intent.js'
import { type ColumnStream, type Decided, defineStrategy, type Strategy } from './strategy.js'

export interface MtfPullbackParams {
  readonly adx: number
  readonly stopAtr: number
  readonly targetAtr: number
  readonly dryShare: number
  /** Length of the EMA on the traded interval. */
  readonly ema: number
  /** Length of the slow bar, ms. */
  readonly slowMs: number
  readonly slowFast: number
  readonly slowSlow: number
  /** Bars before the first decision; 250 hours of 15-minute bars by default (TB-10.2). */
  readonly warmUp: number
}

export const MTF_PULLBACK_DEFAULTS: MtfPullbackParams = Object.freeze({
  adx: 20,
  stopAtr: 1.5,
  targetAtr: 2.3,
  dryShare: 0.5,
  ema: 20,
  slowMs: HOUR_MS,
  slowFast: 50,
  slowSlow: 200,
  warmUp: 1000,
})

const COLUMNS = ['ema', 'volumeMean', 'meta', 'slowAtr'] as const

class PullbackStream implements ColumnStream {
  private readonly ema: EwmStream
  private readonly volumes: SmaStream = createVolumeMean({ length: 20 })
  private readonly fast: EwmStream
  private readonly slow: EwmStream
  private readonly adx: AdxStream = createAdx(TB_02.adx)
  private readonly atr: AtrStream = createAtr(TB_02.atr)
  private high = Number.NaN
  private low = Number.NaN
  private close = Number.NaN
  private readonly row = new Float64Array(COLUMNS.length).fill(Number.NaN)

  constructor(
    private readonly params: MtfPullbackParams,
    private readonly intervalMs: number,
  ) {
    this.ema = createEma({ length: params.ema, seed: 'sma' })
    this.fast = createEma({ length: params.slowFast, seed: 'sma' })
    this.slow = createEma({ length: params.slowSlow, seed: 'sma' })
  }

  push(bar: Bar): void {
    this.row[0] = this.ema.push(bar.close)
    this.row[1] = this.volumes.push(bar.volume)
    if (!Number.isNaN(bar.close)) {
      this.high = Number.isNaN(this.high) ? bar.high : Math.max(this.high, bar.high)
      this.low = Number.isNaN(this.low) ? bar.low : Math.min(this.low, bar.low)
      this.close = bar.close
    }
    if ((bar.time + this.intervalMs) % this.params.slowMs !== 0) return
    // An hour without any bar stays a missing hour.
    const fast = this.fast.push(this.close)
    const slow = this.slow.push(this.close)
    const adx = this.adx.push(this.high, this.low, this.close)
    this.row[3] = this.atr.push(this.high, this.low, this.close)
    const trending = adx >= this.params.adx
    this.row[2] = !trending ? 0 : fast > slow ? 1 : fast < slow ? -1 : 0
    this.high = Number.NaN
    this.low = Number.NaN
    this.close = Number.NaN
  }

  write(out: Float64Array): void {
    out.set(this.row)
  }
}

/** The strategy `mtf-pullback` for bars of `intervalMs`. */
export function mtfPullback(overrides: Partial<MtfPullbackParams> = {}, intervalMs = HOUR_MS / 4): Strategy {
  const params: MtfPullbackParams = { ...MTF_PULLBACK_DEFAULTS, ...overrides }
  return defineStrategy({
    name: 'mtf-pullback',
    params: { ...params, intervalMs },
    warmUp: params.warmUp,
    columns: { names: COLUMNS, create: () => new PullbackStream(params, intervalMs) },
    memory: 0,
    decide(view, memory): Decided {
      if (view.quantity() !== 0 || view.pending()) return { intents: [], memory: 0 }
      const ema = view.column(0)
      const mean = view.column(1)
      const meta = view.column(2)
      const atr = view.column(3)
      const close = view.close()
      if (Number.isNaN(ema + mean + close) || !(atr > 0) || !(meta === 1 || meta === -1))
        return { intents: [], memory: 0 }
      if (memory === meta && meta * (close - ema) > 0) return { intents: [enter(view.symbol, meta, atr)], memory: 0 }
      if (meta * (close - ema) < 0 && view.volume() < params.dryShare * mean) return { intents: [], memory: meta }
      return { intents: [], memory: memory === meta ? memory : 0 }
    },
  })

  function enter(symbol: number, side: 1 | -1, atr: number): Intent {
    return {
      kind: 'enter',
      symbol,
      side,
      stopDistance: atr * params.stopAtr,
      targetDistance: atr * params.targetAtr,
      reverse: false,
      reason: `pull-back ended with the trend of the hour, ATR ${atr.toPrecision(4)}`,
    }
  }
}
