/** Intents into orders: entries through the gates, exits past them, targets as differences. */
import {
  type EnterIntent,
  type ExitIntent,
  type Intent,
  type ProtectIntent,
  problem,
  type TargetIntent,
} from '@cointrader/strategies'
import type { Output } from './events.js'
import { blocked, busy, crowded, entryGate, unknownPrice } from './gates.js'
import { cancel, type Here, place, record } from './orders.js'
import { closePosition, protect } from './positions.js'
import type { Reason } from './reasons.js'
import { floorTo, roundTo } from './rules.js'
import { entrySize, leverageFor } from './sizing.js'
import { equity, freeMargin, opens, type Plan, type TradingState } from './state.js'

/** Acts on intents: what reduces first, then what enlarges, each in the order given. */
export function act(state: TradingState, intents: readonly Intent[], out: Output): void {
  for (const intent of intents) if (!enlarges(state, intent)) one(state, intent, out)
  for (const intent of intents) if (enlarges(state, intent)) one(state, intent, out)
}

function enlarges(state: TradingState, intent: Intent): boolean {
  if (intent.kind === 'enter') return true
  if (intent.kind !== 'target') return false
  const sym = state.symbols[intent.symbol]
  const pos = sym?.position
  if (!sym || !pos) return intent.weight !== 0
  return Math.sign(intent.weight) === pos.side && Math.abs(intent.weight) * equity(state) > pos.qty * sym.mark
}

function one(state: TradingState, intent: Intent, out: Output): void {
  const wrong = problem(intent, state.symbols.length)
  if (wrong !== null) {
    record(state, out, -1, 'note', 'refused', 'bad-intent', { text: wrong })
    return
  }
  const here: Here = { state, out, s: intent.symbol }
  if (intent.kind === 'enter') enter(here, intent)
  else if (intent.kind === 'exit') exit(here, intent)
  else if (intent.kind === 'target') resize(here, intent)
  else moveProtection(here, intent)
}

function refuse({ state, out, s }: Here, intent: EnterIntent | TargetIntent, reason: Reason): void {
  const enter = intent.kind === 'enter'
  record(state, out, s, enter ? 'enter' : 'resize', 'refused', reason, {
    side: enter ? intent.side : intent.weight < 0 ? -1 : intent.weight > 0 ? 1 : 0,
    probability: enter ? (intent.probability ?? Number.NaN) : Number.NaN,
    text: intent.reason,
  })
}

function enter(here: Here, intent: EnterIntent): void {
  const { state, out, s } = here
  const { config } = state
  const sym = state.symbols[s]!
  const pos = sym.position
  if (pos !== null) {
    if (pos.side === intent.side) {
      refuse(here, intent, 'position-open')
      return
    }
    if (intent.reverse === false) {
      refuse(here, intent, 'opposite-open')
      return
    }
    if (pos.closing !== null || pos.exiting) {
      refuse(here, intent, busy(state, s) || 'order-pending')
      return
    }
    sym.pending = { intent, time: state.time }
    const decision = record(state, out, s, 'exit', 'accepted', 'reverse', {
      side: pos.side,
      qty: pos.qty,
      text: intent.reason,
    })
    closePosition(here, 'reverse', decision, 'close')
    return
  }
  const why = entryGate(state, s, intent)
  if (why !== '') {
    refuse(here, intent, why)
    return
  }
  const rules = config.rules[s]!
  const now = equity(state)
  const size = entrySize(config, rules, {
    equity: now,
    free: freeMargin(state),
    price: sym.mark,
    side: intent.side,
    stopDistance: intent.stopDistance,
    targetDistance: intent.targetDistance,
  })
  if (size.qty === 0) {
    refuse(here, intent, size.reason || 'min-quantity')
    return
  }
  const plan: Plan = {
    stopDistance: intent.stopDistance,
    targetDistance: intent.targetDistance,
    exitAfterMs: intent.exitAfterMs ?? 0,
    probability: intent.probability === undefined || Number.isNaN(intent.probability) ? null : intent.probability,
    equityAtEntry: now,
    leverage: size.leverage,
  }
  const decision = record(state, out, s, 'enter', 'accepted', size.reason || 'accepted', {
    side: intent.side,
    qty: size.qty,
    probability: intent.probability ?? Number.NaN,
    text: intent.reason,
  })
  openWith(here, 'entry', intent.side, size.qty, decision, plan)
}

function openWith(here: Here, purpose: 'entry' | 'add', side: 1 | -1, qty: number, decision: number, plan: Plan): void {
  const { state, out, s } = here
  const sym = state.symbols[s]!
  // A new life: late fills of an entry that was cancelled may be of the other side.
  if (purpose === 'entry') sym.generation++
  if (sym.leverage !== plan.leverage) {
    sym.leverage = plan.leverage
    const { marginMode } = state.config
    out.commands.push({ kind: 'leverage', symbol: s, leverage: plan.leverage, marginMode, decision })
  }
  place(here, purpose, side, qty, decision, 0, plan)
}

function exit(here: Here, intent: ExitIntent): void {
  const { state, out, s } = here
  const sym = state.symbols[s]!
  sym.pending = null
  const pos = sym.position
  if (pos === null) {
    const opening = sym.orders.filter(opens)
    for (const o of opening) cancel(here, o)
    if (opening.length === 0) record(state, out, s, 'exit', 'refused', 'no-position', { text: intent.reason })
    return
  }
  if (pos.closing !== null) {
    record(state, out, s, 'exit', 'refused', 'order-pending', { text: intent.reason })
    return
  }
  const decision = record(state, out, s, 'exit', 'accepted', 'signal', {
    side: pos.side,
    qty: pos.qty,
    text: intent.reason,
  })
  closePosition(here, 'signal', decision, 'close')
}

function resize(here: Here, intent: TargetIntent): void {
  const { state, out, s } = here
  const { config } = state
  const sym = state.symbols[s]!
  const pos = sym.position
  const rules = config.rules[s]!
  if (pos !== null && (pos.closing !== null || pos.exiting)) {
    refuse(here, intent, busy(state, s) || 'order-pending')
    return
  }
  if (pos !== null && (intent.weight === 0 || Math.sign(intent.weight) !== pos.side)) {
    if (intent.weight !== 0) sym.pending = { intent, time: state.time }
    const decision = record(state, out, s, 'exit', 'accepted', 'target', {
      side: pos.side,
      qty: pos.qty,
      text: intent.reason,
    })
    closePosition(here, 'rebalance', decision, 'close')
    return
  }
  const missing = unknownPrice(state, s)
  if (missing !== '') {
    refuse(here, intent, missing)
    return
  }
  const under = busyOpening(here)
  if (under !== '') {
    refuse(here, intent, under)
    return
  }
  const now = equity(state)
  const held = pos?.qty ?? 0
  const change = (Math.abs(intent.weight) * now) / sym.mark - held
  const smallest = Math.max(config.minWeightChange * now, rules.minNotional)
  const qty = floorTo(Math.abs(change), rules.stepSize)
  if (!(qty > 0) || qty < rules.minQty || qty * sym.mark < smallest) {
    refuse(here, intent, 'no-change')
    return
  }
  // Without a position `change` is negative only when equity is: there is nothing to reduce.
  if (pos === null && !(change > 0)) {
    refuse(here, intent, 'no-change')
    return
  }
  if (change < 0) {
    const decision = record(state, out, s, 'resize', 'accepted', 'target', {
      side: pos!.side,
      qty: -qty,
      text: intent.reason,
    })
    place(here, 'reduce', pos!.side === 1 ? -1 : 1, Math.min(qty, rules.maxQty), decision)
    return
  }
  const side = intent.weight > 0 ? 1 : -1
  const why = blocked(state, s) || (pos === null ? crowded(state, side) : '')
  if (why !== '') {
    refuse(here, intent, why)
    return
  }
  if (config.maxDrawdown === null) {
    refuse(here, intent, 'no-protection')
    return
  }
  const leverage = pos?.plan.leverage ?? leverageFor(config, rules)
  const affordable = floorTo(freeMargin(state, true) / (1 / leverage + 2 * config.takerFee) / sym.mark, rules.stepSize)
  const taken = Math.min(qty, affordable, floorTo(rules.maxQty, rules.stepSize))
  if (!(taken > 0) || taken * sym.mark < rules.minNotional) {
    refuse(here, intent, 'margin')
    return
  }
  const decision = record(
    state,
    out,
    s,
    pos === null ? 'enter' : 'resize',
    'accepted',
    taken < qty ? 'capped-margin' : 'accepted',
    {
      side,
      qty: taken,
      text: intent.reason,
    },
  )
  const plan: Plan = pos?.plan ?? {
    stopDistance: 0,
    targetDistance: 0,
    exitAfterMs: 0,
    probability: null,
    equityAtEntry: now,
    leverage,
  }
  openWith(here, pos === null ? 'entry' : 'add', side, taken, decision, plan)
}

/** Orders that change the size; protective ones of an open position are no hindrance. */
function busyOpening({ state, s }: Here): Reason | '' {
  const { orders, position } = state.symbols[s]!
  const changing = orders.filter((o) => position === null || (o.purpose !== 'stop' && o.purpose !== 'target'))
  if (changing.length === 0) return ''
  return changing.some((o) => o.status === 'unknown') ? 'unknown-outcome' : 'order-pending'
}

function moveProtection(here: Here, intent: ProtectIntent): void {
  const { state, out, s } = here
  const pos = state.symbols[s]!.position
  if (pos === null || pos.exiting) {
    record(state, out, s, 'protect', 'refused', pos === null ? 'no-position' : 'order-pending', { text: intent.reason })
    return
  }
  const tick = state.config.rules[s]!.tickSize
  pos.moved = true
  if (intent.stop > 0) pos.stop = roundTo(intent.stop, tick)
  if (intent.target > 0) pos.target = roundTo(intent.target, tick)
  const decision = record(state, out, s, 'protect', 'accepted', 'moved', {
    side: pos.side,
    qty: pos.qty,
    text: intent.reason,
  })
  protect(here, pos, decision)
}

/** The second half of a reversal, once flat and with nothing under way. */
export function reenter(here: Here): void {
  const { state, s } = here
  const sym = state.symbols[s]!
  const { pending } = sym
  if (pending === null || sym.position !== null || sym.orders.length > 0) return
  sym.pending = null
  const { intent, time } = pending
  if (state.time - time > state.config.reentryExpiryMs) {
    refuse(here, intent, 'reentry-expired')
    return
  }
  if (intent.kind === 'enter') enter(here, intent)
  else resize(here, intent)
}
