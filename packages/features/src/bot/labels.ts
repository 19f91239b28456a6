/** Stop/target labels (TB-04.3): would a bet at the close of a bar reach its target before its stop? */
import type { BotBars } from './bars.js'
import type { Side } from './score.js'

export interface LabelOptions {
  /** Distance of the stop and of the target from the entry, in ATR of the entry bar. */
  readonly stopAtr: number
  readonly targetAtr: number
  /** Bars after the entry bar that are looked at. */
  readonly horizon: number
  /**
   * A bet that reaches neither: it leaves at the close of the last bar and has won if that is a profit (`time-exit`,
   * default), or counts as lost (`loss`, original: a bet that no trade makes, D-20).
   */
  readonly noHit: 'time-exit' | 'loss'
}

export const LABEL_DEFAULTS: LabelOptions = { stopAtr: 2, targetAtr: 2, horizon: 24, noHit: 'time-exit' }

/** A label per bar. */
export interface BotLabels {
  /** 1 won, 0 lost, −1 unknown: no ATR, or a bar among the `horizon` next ones is missing or lies past the end. */
  readonly label: Int8Array
  /** The bar at which the bet was decided; the label is known at its end. The bar itself where it is unknown. */
  readonly exit: Int32Array
}

/**
 * Labels of a bet on `side` at every bar. Entry is the close; the entry bar itself never ends a bet; within one bar the
 * stop comes first. The label never looks over a missing bar: the stop may have been hit in it.
 */
export function stopTargetLabels(bars: BotBars, atr: Float64Array, side: Side, options: LabelOptions): BotLabels {
  const { high, low, close } = bars
  const n = close.length
  const { stopAtr, targetAtr, horizon, noHit } = options
  const label = new Int8Array(n).fill(-1)
  const exit = Int32Array.from(label, (_, i) => i)
  // From the end: bars in a row that follow bar i and are all there.
  for (let i = n - 1, following = 0; i >= 0; i--) {
    if (following >= horizon && atr[i]! > 0 && !Number.isNaN(close[i]!)) {
      const stop = close[i]! - side * atr[i]! * stopAtr
      const target = close[i]! + side * atr[i]! * targetAtr
      const against = side === 1 ? low : high
      const inFavour = side === 1 ? high : low
      let j = i + 1
      for (; j <= i + horizon; j++) {
        if (side * (against[j]! - stop) <= 0) {
          label[i] = 0
          break
        }
        if (side * (inFavour[j]! - target) >= 0) {
          label[i] = 1
          break
        }
      }
      if (j > i + horizon) {
        j = i + horizon
        label[i] = noHit === 'time-exit' && side * (close[j]! - close[i]!) > 0 ? 1 : 0
      }
      exit[i] = j
    }
    const there = !Number.isNaN(high[i]! + low[i]! + close[i]!)
    following = there ? following + 1 : 0
  }
  return { label, exit }
}
