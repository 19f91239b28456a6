/** The baseline that repeats the last outcome known when the decision is made. */
import { fail, MINUTE_MS } from '@cointrader/core'
import type { Predictor } from './predictor.js'

export interface PersistenceOptions {
  /** How far the label looks, counted from the start of the bar: 61 for `y_60m`. */
  readonly looksUntilMinutes: number
  /** When the decision about bar t is made, in minutes after t. Default 1. */
  readonly decisionMinutes?: number
  /** A label that ended longer before the decision is too old. Default: no limit. */
  readonly maxAgeMinutes?: number
  /** Prediction where no label is known. Default 0. */
  readonly neutral?: number
  /** Earlier rows, usually those of training, so that the first rows have something to repeat. */
  readonly history?: { readonly time: Float64Array; readonly symbol: Int32Array; readonly y: ArrayLike<number> }
}

/**
 * The newest label of the same symbol that has ended by the decision: t' + looksUntil <= t + decision. Labels come from the
 * history and from the predicted rows themselves (only of earlier rows, by that rule). NaN labels are skipped.
 */
export function persistenceBaseline(options: PersistenceOptions): Predictor {
  const { looksUntilMinutes, decisionMinutes = 1, maxAgeMinutes = Number.POSITIVE_INFINITY, neutral = 0 } = options
  if (!(looksUntilMinutes > decisionMinutes)) {
    fail('E_USAGE', {
      subject: 'persistence',
      detail: `a label until t + ${looksUntilMinutes} that is known at t + ${decisionMinutes} is no forecast`,
    })
  }
  return {
    name: 'persistence',
    describe: 'the last outcome of the symbol that was known',
    predict(rows) {
      const known = new Map<number, { time: number; y: number }[]>()
      const add = (time: Float64Array, symbol: Int32Array, y: ArrayLike<number>): void => {
        for (let r = 0; r < y.length; r++) {
          if (!Number.isFinite(y[r])) continue
          const list = known.get(symbol[r])
          if (list === undefined) known.set(symbol[r], [{ time: time[r], y: y[r] }])
          else list.push({ time: time[r], y: y[r] })
        }
      }
      if (options.history !== undefined) add(options.history.time, options.history.symbol, options.history.y)
      if (rows.y !== undefined) add(rows.time, rows.symbol, rows.y)
      for (const list of known.values()) list.sort((a, b) => a.time - b.time)
      const out = new Float64Array(rows.rows).fill(neutral)
      for (let r = 0; r < rows.rows; r++) {
        const list = known.get(rows.symbol[r])
        if (list === undefined) continue
        const latest = rows.time[r] + (decisionMinutes - looksUntilMinutes) * MINUTE_MS
        let low = 0
        let high = list.length
        while (low < high) {
          const middle = (low + high) >> 1
          if (list[middle].time <= latest) low = middle + 1
          else high = middle
        }
        if (low === 0) continue
        const { time, y } = list[low - 1]
        if (latest - time <= maxAgeMinutes * MINUTE_MS) out[r] = y
      }
      return out
    },
  }
}
