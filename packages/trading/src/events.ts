/** What goes into the trading core and what comes out. Plain data; time comes in with events. */
import type { Intent } from '@cointrader/strategies'
import type { DecisionRecord, ExitReason } from './reasons.js'

interface At {
  /** Instant at which it happened or was known, ms UTC. */
  readonly time: number
}

/** Bars of all symbols closed: `close[s]` by index, NaN where symbol `s` has no new bar. `time` is their end. */
export interface BarsEvent extends At {
  readonly kind: 'bars'
  readonly close: ArrayLike<number>
}

/** A mark price between bars. */
export interface MarkEvent extends At {
  readonly kind: 'mark'
  readonly symbol: number
  readonly price: number
}

/** What the strategies want, decided at `time`. */
export interface IntentsEvent extends At {
  readonly kind: 'intents'
  readonly intents: readonly Intent[]
}

/**
 * News of an order. `refused`, `cancelled` and `expired` end it; `unknown` leaves it open until the venue's word;
 * `cancel-refused` says that a cancel came too late.
 */
export interface OrderEvent extends At {
  readonly kind: 'order'
  readonly symbol: number
  readonly orderId: number
  readonly outcome: 'accepted' | 'refused' | 'cancelled' | 'expired' | 'unknown' | 'cancel-refused'
  readonly text?: string
}

/** One fill. `tradeId` is the venue's, unique per symbol: a second delivery changes nothing. */
export interface FillEvent extends At {
  readonly kind: 'fill'
  readonly symbol: number
  /** 0 for a fill without an order of ours: then `external` says why the venue traded. It may only reduce. */
  readonly orderId: number
  readonly tradeId: number
  readonly qty: number
  readonly price: number
  /** Paid, in quote. */
  readonly fee: number
  readonly external?: ExitReason
}

/** A funding payment; `amount` is signed (received is positive). One per symbol and instant counts. */
export interface FundingEvent extends At {
  readonly kind: 'funding'
  readonly symbol: number
  readonly amount: number
}

/** Deposit, withdrawal or correction. An id counts once. */
export interface AdjustmentEvent extends At {
  readonly kind: 'adjustment'
  readonly id: number
  readonly amount: number
}

/** Time passed: rolls the UTC day where no other event does. */
export interface DayEvent extends At {
  readonly kind: 'day'
}

export interface OperatorEvent extends At {
  readonly kind: 'operator'
  /** `kill`/`reset`: the kill switch; `halt`/`resume`: all entries; `close`: close now. `symbol` −1 is the portfolio. */
  readonly action: 'kill' | 'reset' | 'halt' | 'resume' | 'close'
  readonly symbol: number
}

/**
 * The venue's word about a position, asked for after a restart or when a record says that track was lost. The core
 * adopts it; a difference in cash follows as an adjustment. A position unknown to the core gets the given protection.
 */
export interface PositionEvent extends At {
  readonly kind: 'position'
  readonly symbol: number
  /** Signed; 0 = flat. */
  readonly qty: number
  readonly entryPrice: number
  readonly leverage: number
  /** For a position the core does not know: distances from `entryPrice`, 0 = none. */
  readonly stopDistance: number
  readonly targetDistance: number
}

export type TradingEvent =
  | PositionEvent
  | BarsEvent
  | MarkEvent
  | IntentsEvent
  | OrderEvent
  | FillEvent
  | FundingEvent
  | AdjustmentEvent
  | DayEvent
  | OperatorEvent

export type Purpose = 'entry' | 'add' | 'reduce' | 'close' | 'stop' | 'target' | 'emergency'
export type OrderType = 'market' | 'stop-market' | 'take-profit-market' | 'limit'

/** Place an order. Stops and targets close the whole position whatever its size then is (`closePosition`). */
export interface PlaceCommand {
  readonly kind: 'place'
  readonly symbol: number
  /** Ours, unique over the life of the state: live makes the client order id of it. */
  readonly orderId: number
  readonly side: 1 | -1
  readonly type: OrderType
  readonly purpose: Purpose
  readonly qty: number
  /** Trigger or limit price; 0 for market orders. */
  readonly price: number
  /** Everything but `entry` and `add`. */
  readonly reduceOnly: boolean
  /** Id of the decision record behind it. */
  readonly decision: number
}

export interface CancelCommand {
  readonly kind: 'cancel'
  readonly symbol: number
  readonly orderId: number
  readonly decision: number
}

/**
 * Move a protective order. It keeps its id, and the old one stays in force until the new one is: `accepted` means moved,
 * `refused` means it stands where it was.
 */
export interface ReplaceCommand {
  readonly kind: 'replace'
  readonly symbol: number
  readonly orderId: number
  readonly price: number
  readonly decision: number
}

export interface LeverageCommand {
  readonly kind: 'leverage'
  readonly symbol: number
  readonly leverage: number
  readonly marginMode: 'isolated' | 'cross'
  readonly decision: number
}

export type Command = PlaceCommand | CancelCommand | ReplaceCommand | LeverageCommand

/** A position that went from open to flat. */
export interface ClosedPosition {
  readonly symbol: number
  readonly side: 1 | -1
  readonly qty: number
  readonly entryTime: number
  readonly exitTime: number
  readonly entryPrice: number
  readonly exitPrice: number
  readonly grossPnl: number
  readonly entryFee: number
  readonly exitFee: number
  readonly funding: number
  readonly netPnl: number
  /** First protective levels, 0 = none. */
  readonly stop: number
  readonly target: number
  readonly reason: ExitReason
  readonly decision: number
  readonly exitDecision: number
  readonly probability: number
  readonly equityAtEntry: number
  readonly leverage: number
}

/** Everything one event led to, in order. */
export interface Output {
  commands: Command[]
  decisions: DecisionRecord[]
  closed: ClosedPosition[]
}

export function newOutput(): Output {
  return { commands: [], decisions: [], closed: [] }
}
