/**
 * The state of the trading core: plain, JSON-safe data (finite numbers, text, null), so that a snapshot is its text and
 * `restore(snapshot(state))` is equal to it. Only functions of this package change it.
 */
import { DAY_MS, fail } from '@cointrader/core'
import type { EnterIntent, TargetIntent } from '@cointrader/strategies'
import type { TradingConfig } from './config.js'
import type { OrderType, Purpose } from './events.js'
import { type KillState, newKill } from './kill.js'
import type { ExitReason } from './reasons.js'

/** What a position is meant to live by. */
export interface Plan {
  /** Price units from the mean entry; 0 = none. */
  readonly stopDistance: number
  readonly targetDistance: number
  readonly exitAfterMs: number
  readonly probability: number | null
  readonly equityAtEntry: number
  readonly leverage: number
}

export interface Order {
  readonly id: number
  /** The life of the symbol's position it belongs to: news of an earlier one never touches a later one (D-34). */
  readonly generation: number
  readonly purpose: Purpose
  readonly side: 1 | -1
  readonly type: OrderType
  readonly qty: number
  readonly decision: number
  /** Level in force; 0 for market orders. */
  price: number
  /** Level asked for by a replace that has no answer yet, else 0. */
  replacing: number
  filled: number
  status: 'sent' | 'live' | 'cancelling' | 'unknown'
  /** Venue trade ids seen. */
  trades: number[]
  /** Reported as filled, but more than is known to be open: waits for the entry fill that explains it. */
  excessQty: number
  excessPrice: number
  readonly plan: Plan | null
}

export interface Position {
  readonly side: 1 | -1
  readonly plan: Plan
  readonly decision: number
  readonly entryTime: number
  qty: number
  /** Mean cost of what is open. */
  entryPrice: number
  /** Σ opened and their mean price; the same for what was closed. */
  openedQty: number
  openedPrice: number
  closedQty: number
  closedPrice: number
  realised: number
  entryFee: number
  exitFee: number
  funding: number
  /** First protective levels, 0 = none. */
  firstStop: number
  firstTarget: number
  /** Levels wanted; 0 = none. */
  stop: number
  target: number
  /** True once a `protect` intent set them: later fills then do not move them. */
  moved: boolean
  stopAttempts: number
  targetAttempts: number
  /** True when all of it is to go: by an order of ours or because a protective order filled. */
  exiting: boolean
  /** The close we want, kept until flat. */
  closing: { readonly reason: ExitReason; readonly decision: number } | null
  /** A close was refused: the next bar tries again. */
  closeRefused: boolean
  stranded: boolean
  /** Of the last fill that reduced it. */
  exitReason: ExitReason
  exitDecision: number
}

export interface SymbolState {
  /** Last price known, 0 = none yet. */
  mark: number
  /** End of the last closed bar, 0 = none yet. */
  barEnd: number
  generation: number
  position: Position | null
  /** Under way, in order of placing. */
  orders: Order[]
  /** Ended not long ago: late fills still find them. */
  done: Order[]
  /** What to do once flat: the second half of a reversal. */
  pending: { readonly intent: EnterIntent | TargetIntent; readonly time: number } | null
  /** Leverage last asked of the venue, 0 = never. */
  leverage: number
  lastExit: number
  lastFunding: number
  /** Trade ids of fills without an order. */
  externals: number[]
  kill: KillState
}

export interface TradingState {
  readonly version: 1
  readonly config: TradingConfig
  /** Latest instant seen; late news does not turn it back. */
  time: number
  /** UTC day number and the equity it began with. */
  day: number
  dayEquity: number
  /** Instant at which today's loss limit was reached, 0 = not. */
  dailyLossAt: number
  cash: number
  realised: number
  fees: number
  funding: number
  adjustments: number
  /** Highest equity at a bar or mark. */
  peak: number
  /** Why trading stopped for good. */
  stopped: '' | 'ruin' | 'drawdown'
  stoppedAt: number
  halted: boolean
  kill: KillState
  nextOrder: number
  nextDecision: number
  adjustmentIds: number[]
  symbols: SymbolState[]
}

/** A fresh account. */
export function newState(config: TradingConfig): TradingState {
  return {
    version: 1,
    config,
    time: 0,
    day: 0,
    dayEquity: config.initialBalance,
    dailyLossAt: 0,
    cash: config.initialBalance,
    realised: 0,
    fees: 0,
    funding: 0,
    adjustments: 0,
    peak: config.initialBalance,
    stopped: '',
    stoppedAt: 0,
    halted: false,
    kill: newKill(),
    nextOrder: 1,
    nextDecision: 1,
    adjustmentIds: [],
    symbols: config.symbols.map(
      (): SymbolState => ({
        mark: 0,
        barEnd: 0,
        generation: 1,
        position: null,
        orders: [],
        done: [],
        pending: null,
        leverage: 0,
        lastExit: 0,
        lastFunding: 0,
        externals: [],
        kill: newKill(),
      }),
    ),
  }
}

/** The state as text. */
export function snapshot(state: TradingState): string {
  return JSON.stringify(state)
}

/** The state of a snapshot. `E_FILE_CORRUPT` when it is not one, or of another version. */
export function restore(text: string): TradingState {
  let state: TradingState
  try {
    state = JSON.parse(text) as TradingState
  } catch (cause) {
    return fail('E_FILE_CORRUPT', { subject: 'snapshot of the trading core', detail: 'not JSON', cause })
  }
  if (state === null || typeof state !== 'object' || state.version !== 1 || !Array.isArray(state.symbols)) {
    return fail('E_FILE_CORRUPT', {
      subject: 'snapshot of the trading core',
      detail: 'not a snapshot of version 1',
      next: 'rebuild the state by reconciling with the venue',
    })
  }
  return state
}

/** A copy that shares only the configuration, which nothing changes. */
export function cloneState(state: TradingState): TradingState {
  const { config, ...rest } = state
  // In the order of the fields of the original, so that equal states have equal snapshots.
  return { ...state, ...structuredClone(rest), config }
}

/** Unrealised result of a position at a mark. Every caller uses this one expression, so that paths agree to the bit. */
export function unrealisedOf(side: number, qty: number, entry: number, mark: number): number {
  return side * qty * (mark - entry)
}

/** Σ unrealised at the marks, symbols in order. */
export function unrealised(state: TradingState): number {
  let sum = 0
  for (const { position, mark } of state.symbols) {
    if (position !== null) sum += unrealisedOf(position.side, position.qty, position.entryPrice, mark)
  }
  return sum
}

/** cash + unrealised. */
export function equity(state: TradingState): number {
  return state.cash + unrealised(state)
}

/** True for an order that may still open or enlarge a position. */
export function opens(order: Order): boolean {
  return order.purpose === 'entry' || order.purpose === 'add'
}

/**
 * min(cash, equity) − margins of positions − margins reserved by entries under way. With `reductionsDone` the margin of
 * what orders under way will close counts as free: a rebalancing sends its reductions first, and where one has not filled
 * in time the venue refuses the increase.
 */
export function freeMargin(state: TradingState, reductionsDone = false): number {
  let free = Math.min(state.cash, equity(state))
  for (const { position, orders, mark } of state.symbols) {
    let held = position?.qty ?? 0
    for (const o of orders) {
      if (opens(o)) free -= ((o.qty - o.filled) * mark) / (o.plan?.leverage ?? 1)
      else if (reductionsDone && o.type === 'market') held -= o.qty - o.filled
    }
    if (position !== null && held > 0) free -= (held * position.entryPrice) / position.plan.leverage
  }
  return free
}

/** UTC day number of an instant. */
export function dayOf(time: number): number {
  return Math.floor(time / DAY_MS)
}
