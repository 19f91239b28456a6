/** A number that says what it rests on, or why there is none. Plain JSON: what is absent is null, never NaN or Infinity. */

export interface Measure {
  /** Null: not available, and `reason` says why. */
  readonly value: number | null
  /** Size of the sample it rests on: days, trades or bars, as its definition says. */
  readonly n: number
  readonly reason: string | null
  readonly standardError: number | null
  /** Ends of the interval; null where none is given. */
  readonly low: number | null
  readonly high: number | null
}

export interface Spread {
  readonly standardError?: number | undefined
  readonly low?: number | undefined
  readonly high?: number | undefined
}

function orNull(x: number | undefined): number | null {
  return x !== undefined && Number.isFinite(x) ? x : null
}

/** No value, with the reason a reader sees beside `n/a`. */
export function absent(reason: string, n = 0): Measure {
  return { value: null, n, reason, standardError: null, low: null, high: null }
}

/** A value of a sample of `n`; absent when it is not finite. */
export function measured(value: number, n: number, spread: Spread = {}): Measure {
  if (!Number.isFinite(value)) return absent('not defined for this sample', n)
  return {
    value,
    n,
    reason: null,
    standardError: orNull(spread.standardError),
    low: orNull(spread.low),
    high: orNull(spread.high),
  }
}

/** {@link measured} when the sample has at least `minimum`; `what` names its members (`days`, `trades`). */
export function atLeast(minimum: number, what: string, n: number, measure: () => Measure): Measure {
  return n < minimum ? absent(`${n} ${what}, at least ${minimum} are needed`, n) : measure()
}
