/** Trailing statistics that pass over missing values. Functions of the last `length` inputs only. */
import { Window } from '@cointrader/indicators'

/** A deviation below this counts as this (TB-04.1): a constant window gives 0, not a division by 0. */
const LEAST_DEVIATION = 1e-8

/**
 * z-score of TB-04.1: (x − mean)/deviation over the numbers among the last `length` inputs, fewer at the start; divisor n.
 * A NaN input gives NaN.
 */
export class TrailingZ {
  private readonly window: Window

  constructor(length: number) {
    this.window = new Window(length)
  }

  push(x: number): number {
    const { window } = this
    window.push(x)
    if (Number.isNaN(x)) return Number.NaN
    const { values, start } = window
    const end = start + window.filled
    let count = 0
    let sum = 0
    let squares = 0
    if (window.hasMissing) {
      for (let i = start; i < end; i++) {
        if (Number.isNaN(values[i]!)) continue
        sum += values[i]!
        count++
      }
      const mean = sum / count
      for (let i = start; i < end; i++) if (!Number.isNaN(values[i]!)) squares += (values[i]! - mean) ** 2
    } else {
      count = end - start
      for (let i = start; i < end; i++) sum += values[i]!
      const mean = sum / count
      for (let i = start; i < end; i++) {
        const d = values[i]! - mean
        squares += d * d
      }
    }
    return (x - sum / count) / Math.max(Math.sqrt(squares / count), LEAST_DEVIATION)
  }
}

/** Mean of the numbers among the last `length` inputs; NaN when there is none. */
export class TrailingMean {
  private readonly window: Window

  constructor(length: number) {
    this.window = new Window(length)
  }

  push(x: number): number {
    const { window } = this
    window.push(x)
    let count = 0
    let sum = 0
    for (let i = window.start; i < window.start + window.filled; i++) {
      const v = window.values[i]!
      if (Number.isNaN(v)) continue
      sum += v
      count++
    }
    return sum / count
  }
}
