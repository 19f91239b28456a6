/**
 * Trailing windows. What they return is a function of the last `length` inputs only: every value is computed anew from
 * the window, oldest input first, so nothing drifts and the start of the series leaves no trace. Mean and deviation
 * cost `length` operations per value, the extremes a constant number.
 *
 * NaN rule of this file: fewer than `length` inputs, or a NaN among the last `length`, give NaN.
 */
import { checkLength } from './check.js'

/** The last `length` values, oldest first, in one contiguous stretch: each value is written twice, `length` apart. */
export class Window {
  readonly values: Float64Array
  /** Values held, at most `length`. */
  filled = 0
  private missing = 0
  private next = 0

  constructor(readonly length: number) {
    checkLength(length)
    this.values = new Float64Array(2 * length)
  }

  push(x: number): void {
    const { values, length, next } = this
    if (this.filled < length) this.filled++
    else if (Number.isNaN(values[next]!)) this.missing--
    if (Number.isNaN(x)) this.missing++
    values[next] = x
    values[next + length] = x
    this.next = next + 1 === length ? 0 : next + 1
  }

  /** Index in `values` of the oldest value; the window is `values[start … start + filled - 1]`. */
  get start(): number {
    return this.filled < this.length ? 0 : this.next
  }

  /** True when `length` values are there and none is NaN. */
  get complete(): boolean {
    return this.filled === this.length && this.missing === 0
  }

  /** True when a NaN is among the values held. */
  get hasMissing(): boolean {
    return this.missing > 0
  }
}

/** Simple moving average: Σ x·(1/length), added from the oldest to the newest (TB-02.1). */
export class SmaStream {
  private readonly window: Window

  constructor(length: number) {
    this.window = new Window(length)
  }

  push(x: number): number {
    const { window } = this
    window.push(x)
    if (!window.complete) return Number.NaN
    const { values, start, length } = window
    const share = 1 / length
    let sum = 0
    for (let i = start; i < start + length; i++) sum += values[i]! * share
    return sum
  }
}

/** Sum over the window, added from the oldest to the newest. */
export class SumStream {
  private readonly window: Window

  constructor(length: number) {
    this.window = new Window(length)
  }

  push(x: number): number {
    const { window } = this
    window.push(x)
    if (!window.complete) return Number.NaN
    const { values, start, length } = window
    let sum = 0
    for (let i = start; i < start + length; i++) sum += values[i]!
    return sum
  }
}

/** Which divisor a standard deviation has: n (`population`) or n − 1 (`sample`). */
export type Divisor = 'population' | 'sample'

/**
 * Standard deviation of the window, two passes around its oldest value: exactly 0 when all values are equal. The mean,
 * equal to that of {@link SmaStream}, stands beside it.
 */
export class DeviationStream {
  private readonly window: Window
  mean = Number.NaN

  constructor(
    length: number,
    private readonly divisor: Divisor,
  ) {
    checkLength(length, divisor === 'sample' ? 2 : 1)
    this.window = new Window(length)
  }

  push(x: number): number {
    const { window } = this
    window.push(x)
    this.mean = Number.NaN
    if (!window.complete) return Number.NaN
    const { values, start, length } = window
    const end = start + length
    const origin = values[start]!
    const share = 1 / length
    let mean = 0
    let moved = 0
    for (let i = start; i < end; i++) {
      mean += values[i]! * share
      moved += values[i]! - origin
    }
    this.mean = mean
    moved /= length
    let squares = 0
    for (let i = start; i < end; i++) {
      const d = values[i]! - origin - moved
      squares += d * d
    }
    return Math.sqrt(squares / (this.divisor === 'sample' ? length - 1 : length))
  }
}

/**
 * Largest (or smallest) value of the window by a monotonic queue (Lemire 2006, "Streaming maximum-minimum filter using
 * no more than three comparisons per element").
 */
export class ExtremeStream {
  private readonly values: Float64Array
  private readonly places: Float64Array
  private head = 0
  private size = 0
  private count = 0
  private lastMissing = -1

  constructor(
    private readonly length: number,
    private readonly kind: 'max' | 'min',
  ) {
    checkLength(length)
    this.values = new Float64Array(length)
    this.places = new Float64Array(length)
  }

  push(x: number): number {
    const { values, places, length } = this
    const place = this.count++
    if (this.size > 0 && places[this.head]! <= place - length) {
      this.head = this.head + 1 === length ? 0 : this.head + 1
      this.size--
    }
    if (Number.isNaN(x)) this.lastMissing = place
    else {
      const largest = this.kind === 'max'
      let at = this.head + this.size
      if (at >= length) at -= length
      while (this.size > 0) {
        const back = at === 0 ? length - 1 : at - 1
        if (largest ? values[back]! > x : values[back]! < x) break
        at = back
        this.size--
      }
      values[at] = x
      places[at] = place
      this.size++
    }
    if (this.count < length || (this.lastMissing >= 0 && this.lastMissing > place - length)) return Number.NaN
    return values[this.head]!
  }
}
