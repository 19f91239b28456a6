/**
 * The trading core: `step(state, event) → {state, commands, decisions, closed}`. It has no clock and no I/O; backtest,
 * paper and live feed it the same events and carry out the same commands.
 *
 * Invariants (attacked by `test/invariants.test.ts`):
 * 1. Never two positions on a symbol, and never an entry order while a position of an earlier life is open.
 * 2. An open position whose plan demands protection has a stop known or under way (sent, live, unknown outcome), or a
 *    close under way, or is marked stranded: then every bar tries to close it again and says so.
 * 3. Equity = initial + realised + unrealised − fees + funding + adjustments = cash + unrealised, to 1e-9 relative,
 *    after every event.
 * 4. Every command names a decision record that exists.
 * 5. The same news twice changes nothing: orders by id and outcome, fills by trade id, funding by symbol and instant,
 *    adjustments by id. News of an earlier position never touches a later one.
 * 6. Unknown is never turned into refused: only the venue's word ends an order.
 * 7. Gates refuse entries, never exits: kill switches, the daily loss limit and halts leave stops, targets, reversals'
 *    first halves and closes at work (D-02, D-33).
 * 8. `step` leaves its arguments as they are; replaying the events after a snapshot gives the same state.
 *
 * Where a position stands still: a stop placed for a partial fill covers all of it (`closePosition`), and moves when the
 * mean entry moves (D-25). A reversal closes first; the re-entry passes the gates when flat and nothing is under way.
 */
import type {
  AdjustmentEvent,
  BarsEvent,
  FillEvent,
  FundingEvent,
  OperatorEvent,
  OrderEvent,
  Output,
  TradingEvent,
} from './events.js'
import { newOutput } from './events.js'
import { act, reenter } from './intents.js'
import { rearmDue, resetKill } from './kill.js'
import { cancel, firstSeen, type Here, liveOrder, place, REMEMBERED_IDS, record, retire } from './orders.js'
import { closePosition, fill, settle } from './positions.js'
import { reconcile } from './reconcile.js'
import { cloneState, dayOf, equity, opens, type TradingState } from './state.js'

/** Pure: the next state and what to do. The given state is not changed. */
export function step(state: TradingState, event: TradingEvent): { readonly state: TradingState } & Output {
  const next = cloneState(state)
  const out = newOutput()
  apply(next, event, out)
  return { state: next, ...out }
}

/** {@link step} on a state the caller owns: changes it in place and appends to `out`. */
export function apply(state: TradingState, event: TradingEvent, out: Output): void {
  if (event.time > state.time) state.time = event.time
  if (event.kind !== 'bars') rollDay(state)
  switch (event.kind) {
    case 'bars':
      bars(state, event, out)
      break
    case 'mark':
      if (event.price > 0 && Number.isFinite(event.price)) state.symbols[event.symbol]!.mark = event.price
      checkLimits(state, out)
      break
    case 'intents':
      act(state, event.intents, out)
      break
    case 'order':
      news({ state, out, s: event.symbol }, event)
      break
    case 'fill':
      filled({ state, out, s: event.symbol }, event)
      break
    case 'funding':
      funding(state, event)
      break
    case 'position':
      if (reconcile({ state, out, s: event.symbol }, event)) checkLimits(state, out)
      break
    case 'adjustment':
      adjust(state, event)
      break
    case 'day':
      break
    case 'operator':
      operate(state, event, out)
      break
  }
}

function rollDay(state: TradingState): void {
  const day = dayOf(state.time)
  if (day === state.day) return
  state.day = day
  state.dayEquity = equity(state)
  state.dailyLossAt = 0
}

function bars(state: TradingState, event: BarsEvent, out: Output): void {
  for (let s = 0; s < state.symbols.length; s++) {
    const close = event.close[s]!
    if (!(close > 0 && close < Number.POSITIVE_INFINITY)) continue
    const sym = state.symbols[s]!
    sym.mark = close
    sym.barEnd = event.time
  }
  // After the marks: the bar that ends at midnight is the day before's.
  rollDay(state)
  checkLimits(state, out)
  const { config } = state
  if (rearmDue(state.kill, config.killPortfolio, state.time)) {
    resetKill(state.kill)
    record(state, out, -1, 'note', 'noted', 'kill-reset')
  }
  for (let s = 0; s < state.symbols.length; s++) {
    const sym = state.symbols[s]!
    if (rearmDue(sym.kill, config.killSymbol, state.time)) {
      resetKill(sym.kill)
      record(state, out, s, 'note', 'noted', 'kill-reset')
    }
    const pos = sym.position
    if (pos === null) {
      if (sym.pending !== null) reenter({ state, out, s })
      continue
    }
    const here: Here = { state, out, s }
    if (pos.closeRefused) {
      pos.closeRefused = false
      if (pos.stranded) record(state, out, s, 'note', 'noted', 'stranded', { side: pos.side, qty: pos.qty })
      settle(here, pos.stranded ? 'emergency' : 'close')
    } else if (pos.closing === null && pos.plan.exitAfterMs > 0 && state.time >= pos.entryTime + pos.plan.exitAfterMs) {
      const decision = record(state, out, s, 'exit', 'accepted', 'time', { side: pos.side, qty: pos.qty })
      closePosition(here, 'time', decision, 'close')
    }
  }
}

/** Peak, daily loss, drawdown and ruin, on realised and unrealised together. */
function checkLimits(state: TradingState, out: Output): void {
  const { config } = state
  const now = equity(state)
  if (now > state.peak) state.peak = now
  if (
    config.maxDailyLoss !== null &&
    state.dailyLossAt === 0 &&
    now - state.dayEquity <= -config.maxDailyLoss * state.dayEquity
  ) {
    state.dailyLossAt = state.time
    record(state, out, -1, 'note', 'noted', 'daily-loss-reached')
  }
  if (state.stopped !== '') return
  if (now <= config.ruinBelow * config.initialBalance) state.stopped = 'ruin'
  else if (config.maxDrawdown !== null && now <= (1 - config.maxDrawdown) * state.peak) state.stopped = 'drawdown'
  if (state.stopped === '') return
  state.stoppedAt = state.time
  record(state, out, -1, 'note', 'noted', state.stopped)
  closeAll(state, out, 'loss-limit')
}

function closeAll(state: TradingState, out: Output, reason: 'loss-limit' | 'operator'): void {
  for (let s = 0; s < state.symbols.length; s++) closeOne({ state, out, s }, reason)
}

/** Closes a position and withdraws entries under way. */
function closeOne(here: Here, reason: 'loss-limit' | 'operator'): void {
  const { state, out, s } = here
  const sym = state.symbols[s]!
  sym.pending = null
  for (const o of [...sym.orders]) if (opens(o)) cancel(here, o)
  if (sym.position === null || sym.position.closing !== null) return
  const decision = record(state, out, s, 'exit', 'accepted', reason, { side: sym.position.side, qty: sym.position.qty })
  closePosition(here, reason, decision, 'close')
}

function filled(here: Here, event: FillEvent): void {
  const ended = fill(here, event)
  if (ended) checkLimits(here.state, here.out)
  reenter(here)
}

function news(here: Here, event: OrderEvent): void {
  const { state, out, s } = here
  const sym = state.symbols[s]!
  const order = sym.orders.find((o) => o.id === event.orderId)
  if (order === undefined) {
    if (event.orderId >= state.nextOrder) record(state, out, s, 'note', 'noted', 'unknown-order')
    return
  }
  if (event.outcome === 'accepted') {
    if (order.replacing !== 0) {
      order.price = order.replacing
      order.replacing = 0
    }
    if (order.status !== 'cancelling') order.status = 'live'
    return
  }
  if (event.outcome === 'unknown') {
    if (order.status !== 'cancelling') order.status = 'unknown'
    return
  }
  if (event.outcome === 'refused' && order.replacing !== 0) {
    order.replacing = 0
    if (order.status === 'unknown') order.status = 'live'
    return
  }
  // An order that cannot be cancelled any more has just filled: the fill is on its way.
  if (event.outcome === 'cancel-refused') return
  const asked = order.status === 'cancelling'
  retire(here, order)
  if (order.generation === sym.generation) lost(here, order.purpose, asked, order.decision, event.text ?? '')
  reenter(here)
}

/** An order of the position of now ended without (all of) its fill. */
function lost(here: Here, purpose: string, asked: boolean, decision: number, text: string): void {
  const { state, out, s } = here
  const pos = state.symbols[s]!.position
  if (pos === null) {
    if (!asked) record(state, out, s, 'note', 'noted', 'order-refused', { text })
    return
  }
  if (pos.qty > 0 && (purpose === 'stop' || purpose === 'target') && !asked) {
    const attempts = purpose === 'stop' ? ++pos.stopAttempts : ++pos.targetAttempts
    record(state, out, s, 'note', 'noted', purpose === 'stop' ? 'protection-refused' : 'target-refused', { text })
    if (attempts < state.config.protectionAttempts) {
      place(here, purpose, pos.side === 1 ? -1 : 1, pos.qty, decision, pos[purpose])
    } else if (purpose === 'stop' && !liveOrder(here, 'close') && !liveOrder(here, 'emergency')) {
      const emergency = record(state, out, s, 'exit', 'accepted', 'emergency', { side: pos.side, qty: pos.qty })
      closePosition(here, 'emergency', emergency, 'emergency')
    }
  } else if (purpose === 'close' || purpose === 'emergency') {
    pos.closeRefused = true
    pos.stranded = purpose === 'emergency' || (pos.plan.stopDistance > 0 && liveOrder(here, 'stop') === undefined)
    record(state, out, s, 'note', 'noted', pos.stranded ? 'stranded' : 'close-refused', { text })
  } else if (purpose !== 'stop' && purpose !== 'target' && !asked) {
    record(state, out, s, 'note', 'noted', 'order-refused', { text })
  }
  settle(here)
}

function funding(state: TradingState, event: FundingEvent): void {
  const sym = state.symbols[event.symbol]!
  if (event.time <= sym.lastFunding || !Number.isFinite(event.amount)) return
  sym.lastFunding = event.time
  state.cash += event.amount
  state.funding += event.amount
  if (sym.position !== null) sym.position.funding += event.amount
}

/** A deposit is no profit: limits are measured from where it left the account. */
function adjust(state: TradingState, event: AdjustmentEvent): void {
  if (!Number.isFinite(event.amount) || !firstSeen(state.adjustmentIds, event.id, REMEMBERED_IDS)) return
  state.cash += event.amount
  state.adjustments += event.amount
  state.dayEquity += event.amount
  state.peak += event.amount
}

function operate(state: TradingState, event: OperatorEvent, out: Output): void {
  const { action, symbol, time } = event
  if (action === 'halt' || action === 'resume') {
    state.halted = action === 'halt'
    return
  }
  if (action === 'close') {
    if (symbol >= 0) closeOne({ state, out, s: symbol }, 'operator')
    else closeAll(state, out, 'operator')
    return
  }
  const kill = symbol >= 0 ? state.symbols[symbol]!.kill : state.kill
  if (action === 'reset') {
    resetKill(kill)
    record(state, out, symbol, 'note', 'noted', 'kill-reset')
  } else if (kill.killedAt === 0) {
    kill.killedAt = time
    kill.reason = 'operator'
    record(state, out, symbol, 'note', 'noted', 'kill-operator')
  }
}
