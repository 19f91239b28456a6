/** What a strategy wants. It becomes a decision only after the gates of the trading core. */

/**
 * Open a position. Distances are in price units from the real mean fill price (D-25), on the losing and the winning
 * side; 0 means the plan has no such order. A plan without a stop is "exit by time only": the core accepts it only where
 * a portfolio loss limit protects it.
 */
export interface EnterIntent {
  readonly kind: 'enter'
  /** Index into the symbols of the view. */
  readonly symbol: number
  readonly side: 1 | -1
  readonly stopDistance: number
  readonly targetDistance: number
  /** Close this long after the entry fill at the next bar's end, ms; 0 = no time exit. */
  readonly exitAfterMs?: number
  /**
   * Probability of a filter model that the trade wins. Left out: the strategy has no filter. NaN: the model has no
   * answer; what then happens is the core's `mlMissing`.
   */
  readonly probability?: number
  /** Close an opposite position first (default true); false leaves it alone and drops the intent. */
  readonly reverse?: boolean
  readonly reason: string
}

/** Close the position of a symbol, and any entry under way. */
export interface ExitIntent {
  readonly kind: 'exit'
  readonly symbol: number
  readonly reason: string
}

/** Hold this share of equity, signed (−0.1 = short 10 % of equity); the core trades the difference. */
export interface TargetIntent {
  readonly kind: 'target'
  readonly symbol: number
  readonly weight: number
  readonly reason: string
}

/** Move the protective orders of an open position to these prices; 0 leaves a level where it is. */
export interface ProtectIntent {
  readonly kind: 'protect'
  readonly symbol: number
  readonly stop: number
  readonly target: number
  readonly reason: string
}

export type Intent = EnterIntent | ExitIntent | TargetIntent | ProtectIntent

/**
 * A stream of at most one entry intent per bar of one symbol, known in advance: what the fast path of the backtest runs
 * on. Row `i` is decided at the end of bar `i`. Must equal what `decide` returns there (the contract suite checks it).
 */
export interface IntentColumns {
  /** 1, −1, or 0 for nothing. */
  readonly side: Int8Array
  readonly stopDistance: Float64Array
  readonly targetDistance: Float64Array
  /** Null: the strategy has no filter. */
  readonly probability: Float64Array | null
  readonly exitAfterMs: number
  readonly reverse: boolean
}
