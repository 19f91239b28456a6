/** Fills into positions: mean cost, protection, excess fills, and the end of a position. */
import type { FillEvent } from './events.js'
import { recordTrade } from './kill.js'
import { cancel, firstSeen, type Here, liveOrder, move, place, REMEMBERED_IDS, record, retire } from './orders.js'
import type { ExitReason } from './reasons.js'
import { protectiveLevel } from './rules.js'
import { type Order, opens, type Plan, type Position, type TradingState } from './state.js'

/** Quantities closer than this share are equal. */
const NEARLY = 1e-9

/** A fill of an order of ours, or one of the venue's own. Returns true when a position ended. */
export function fill(here: Here, e: FillEvent): boolean {
  const { state, s } = here
  const sym = state.symbols[s]!
  if (!(e.qty > 0 && e.price > 0 && Number.isFinite(e.qty + e.price + e.fee))) {
    record(state, here.out, s, 'note', 'noted', 'bad-news', { text: `fill of ${e.qty} at ${e.price}, fee ${e.fee}` })
    return false
  }
  if (e.orderId === 0) return externalFill(here, e)
  const live = sym.orders.find((o) => o.id === e.orderId)
  const order = live ?? sym.done.find((o) => o.id === e.orderId)
  if (order === undefined) {
    // Known ids that were forgotten are duplicates of long ago; higher ids were never ours.
    if (e.orderId >= state.nextOrder) record(state, here.out, s, 'note', 'noted', 'unknown-order', { qty: e.qty })
    return false
  }
  if (!firstSeen(order.trades, e.tradeId)) return false
  if (order.generation !== sym.generation) {
    record(state, here.out, s, 'note', 'noted', 'stale-fill', { qty: e.qty })
    return false
  }
  order.filled += e.qty
  if (opens(order)) {
    open(here, order, e)
    if (order.filled >= order.qty * (1 - NEARLY) && live) retire(here, order)
    const pos = sym.position!
    absorb(here, pos)
    if (!pos.exiting) protect(here, pos, order.decision)
  } else {
    if (sym.position === null) {
      order.excessQty += e.qty
      order.excessPrice = e.price
      pay(state, e.fee)
      record(state, here.out, s, 'note', 'noted', 'excess-fill', { qty: e.qty })
      return false
    }
    close(here, sym.position, order, e)
    // A protective order covers whatever is open, so only a flat position ends it.
    const complete = order.price === 0 && order.filled >= order.qty * (1 - NEARLY)
    if (live && (complete || sym.position.qty === 0)) retire(here, order)
  }
  return settle(here)
}

function pay(state: TradingState, fee: number): void {
  state.cash -= fee
  state.fees += fee
}

function open({ state, s }: Here, order: Order, e: FillEvent): void {
  const sym = state.symbols[s]!
  pay(state, e.fee)
  const pos = sym.position
  if (pos === null) {
    sym.position = newPosition(order.side, e.qty, e.price, e.time, order.plan!, order.decision)
    sym.position.entryFee = e.fee
    return
  }
  pos.entryPrice = (pos.entryPrice * pos.qty + e.price * e.qty) / (pos.qty + e.qty)
  pos.qty += e.qty
  pos.openedPrice = (pos.openedPrice * pos.openedQty + e.price * e.qty) / (pos.openedQty + e.qty)
  pos.openedQty += e.qty
  pos.entryFee += e.fee
}

export function newPosition(
  side: 1 | -1,
  qty: number,
  price: number,
  time: number,
  plan: Plan,
  decision: number,
): Position {
  return {
    side,
    plan,
    decision,
    entryTime: time,
    qty,
    entryPrice: price,
    openedQty: qty,
    openedPrice: price,
    closedQty: 0,
    closedPrice: 0,
    realised: 0,
    entryFee: 0,
    exitFee: 0,
    funding: 0,
    firstStop: 0,
    firstTarget: 0,
    stop: 0,
    target: 0,
    moved: false,
    stopAttempts: 0,
    targetAttempts: 0,
    exiting: false,
    closing: null,
    closeRefused: false,
    stranded: false,
    exitReason: 'manual',
    exitDecision: decision,
  }
}

/** Takes what is known to be open; the rest waits as excess. */
function close({ state }: Here, pos: Position, order: Order, e: FillEvent): void {
  const taken = reduce(state, pos, e.qty, e.price)
  pay(state, e.fee)
  pos.exitFee += e.fee
  const rest = e.qty - taken
  if (rest > e.qty * NEARLY) {
    order.excessPrice = (order.excessPrice * order.excessQty + e.price * rest) / (order.excessQty + rest)
    order.excessQty += rest
  }
  if (order.purpose !== 'reduce') pos.exiting = true
  pos.exitReason = reasonOf(order, pos)
  pos.exitDecision = order.purpose === 'close' || order.purpose === 'emergency' ? order.decision : pos.exitDecision
  if (order.purpose === 'reduce') pos.exitDecision = order.decision
}

function reasonOf(order: Order, pos: Position): ExitReason {
  if (order.purpose === 'stop' || order.purpose === 'target' || order.purpose === 'emergency') return order.purpose
  return order.purpose === 'close' ? (pos.closing?.reason ?? 'signal') : 'rebalance'
}

/** Realises up to `qty` at `price`; returns how much. */
export function reduce(state: TradingState, pos: Position, qty: number, price: number): number {
  const taken = Math.min(qty, pos.qty)
  if (taken === 0) return 0
  const realised = pos.side * taken * (price - pos.entryPrice)
  state.cash += realised
  state.realised += realised
  pos.realised += realised
  pos.closedPrice =
    pos.closedQty === 0 ? price : (pos.closedPrice * pos.closedQty + price * taken) / (pos.closedQty + taken)
  pos.closedQty += taken
  const rest = pos.qty - taken
  pos.qty = rest > pos.openedQty * NEARLY ? rest : 0
  return taken
}

/** Excess fills meet the entry fill that explains them. */
function absorb({ state, s }: Here, pos: Position): void {
  const sym = state.symbols[s]!
  for (const list of [sym.orders, sym.done]) {
    for (const o of list) {
      if (o.generation !== sym.generation || o.excessQty === 0 || opens(o)) continue
      const taken = reduce(state, pos, o.excessQty, o.excessPrice)
      o.excessQty = o.excessQty - taken > taken * NEARLY ? o.excessQty - taken : 0
      if (o.purpose !== 'reduce') pos.exiting = true
      pos.exitReason = reasonOf(o, pos)
    }
  }
}

/** Liquidation, auto-deleveraging, manual trades: the venue's word about a position of ours. */
function externalFill(here: Here, e: FillEvent): boolean {
  const { state, out, s } = here
  const sym = state.symbols[s]!
  if (!firstSeen(sym.externals, e.tradeId, REMEMBERED_IDS)) return false
  const pos = sym.position
  if (pos === null) {
    record(state, out, s, 'note', 'noted', 'unknown-order', { qty: e.qty, text: e.external ?? '' })
    return false
  }
  const taken = reduce(state, pos, e.qty, e.price)
  pay(state, e.fee)
  pos.exitFee += e.fee
  pos.exitReason = e.external ?? 'manual'
  if (e.qty - taken > e.qty * NEARLY) record(state, out, s, 'note', 'noted', 'excess-fill', { qty: e.qty - taken })
  if (pos.qty === 0) pos.exiting = true
  return settle(here)
}

/** Places or moves the protective orders to where the plan and the mean entry put them. */
export function protect(here: Here, pos: Position, decision: number): void {
  const { state, s } = here
  const tick = state.config.rules[s]!.tickSize
  if (!pos.moved) {
    if (pos.plan.stopDistance > 0) pos.stop = protectiveLevel(pos.entryPrice, -pos.side * pos.plan.stopDistance, tick)
    if (pos.plan.targetDistance > 0)
      pos.target = protectiveLevel(pos.entryPrice, pos.side * pos.plan.targetDistance, tick)
  }
  const opposite = pos.side === 1 ? -1 : 1
  for (const purpose of ['stop', 'target'] as const) {
    const level = pos[purpose]
    if (!(level > 0)) continue
    const order = liveOrder(here, purpose)
    if (order === undefined) place(here, purpose, opposite, pos.qty, decision, level)
    else if (level !== (order.replacing || order.price)) move(here, order, level, decision)
  }
  if (pos.firstStop === 0) pos.firstStop = pos.stop
  if (pos.firstTarget === 0) pos.firstTarget = pos.target
}

/** Asks for the close of a position at market; one close at a time, kept up until flat. */
export function closePosition(here: Here, reason: ExitReason, decision: number, purpose: 'close' | 'emergency'): void {
  const pos = here.state.symbols[here.s]!.position
  if (pos === null) return
  if (pos.closing === null || purpose === 'emergency') pos.closing = { reason, decision }
  pos.exiting = true
  // Without protection there is no waiting for the next bar.
  if (purpose === 'emergency') pos.closeRefused = false
  settle(here, purpose)
}

/**
 * What a changed position needs: entries under way are withdrawn when it is to go, a wanted close is sent, and a flat
 * position without entries under way ends. Returns true when it ended.
 */
export function settle(here: Here, purpose: 'close' | 'emergency' = 'close'): boolean {
  const { state, s } = here
  const sym = state.symbols[s]!
  const pos = sym.position
  if (pos === null || !pos.exiting) return false
  let opening = false
  for (const o of [...sym.orders]) {
    if (!opens(o) || o.generation !== sym.generation) continue
    opening = true
    cancel(here, o)
  }
  if (pos.qty > 0) {
    // Entry fills that came after the exit: nothing covers them any more.
    if (pos.closing === null && !liveOrder(here, 'stop') && (pos.plan.stopDistance > 0 || !liveOrder(here, 'target'))) {
      pos.closing = { reason: pos.exitReason, decision: pos.exitDecision }
    }
    const wanted = pos.closing
    if (wanted !== null && !pos.closeRefused && !liveOrder(here, 'close') && !liveOrder(here, 'emergency')) {
      place(here, purpose, pos.side === 1 ? -1 : 1, pos.qty, wanted.decision)
    }
    return false
  }
  if (opening) return false
  end(here, pos)
  return true
}

function end(here: Here, pos: Position): void {
  const { state, out, s } = here
  const { config, time } = state
  const sym = state.symbols[s]!
  const netPnl = pos.realised - pos.entryFee - pos.exitFee + pos.funding
  out.closed.push({
    symbol: s,
    side: pos.side,
    qty: pos.openedQty,
    entryTime: pos.entryTime,
    exitTime: time,
    entryPrice: pos.openedPrice,
    exitPrice: pos.closedPrice,
    grossPnl: pos.realised,
    entryFee: pos.entryFee,
    exitFee: pos.exitFee,
    funding: pos.funding,
    netPnl,
    stop: pos.firstStop,
    target: pos.firstTarget,
    reason: pos.exitReason,
    decision: pos.decision,
    exitDecision: pos.exitDecision,
    probability: pos.plan.probability ?? Number.NaN,
    equityAtEntry: pos.plan.equityAtEntry,
    leverage: pos.plan.leverage,
  })
  sym.position = null
  sym.lastExit = time
  for (const list of [sym.orders, sym.done]) {
    for (const o of list) {
      if (o.generation !== sym.generation || o.excessQty === 0) continue
      record(state, out, s, 'note', 'noted', 'excess-fill', { qty: o.excessQty })
      o.excessQty = 0
    }
  }
  sym.generation++
  for (const o of [...sym.orders]) cancel(here, o)
  if (recordTrade(sym.kill, netPnl, config.killSymbol, time)) {
    record(state, out, s, 'note', 'noted', sym.kill.reason === 'losses' ? 'kill-losses' : 'kill-profit-factor')
  }
  if (recordTrade(state.kill, netPnl, config.killPortfolio, time)) {
    record(state, out, -1, 'note', 'noted', state.kill.reason === 'losses' ? 'kill-losses' : 'kill-profit-factor')
  }
}
