/** Placing, moving, cancelling and retiring orders, and the records that every command must name. */
import type { Output, Purpose } from './events.js'
import type { DecisionRecord, Reason } from './reasons.js'
import { equity, type Order, opens, type Plan, type TradingState } from './state.js'

/** Ended orders remembered per symbol. */
const REMEMBERED = 16
/** Ids of adjustments and of fills without an order that are remembered. */
export const REMEMBERED_IDS = 256

export type RecordFields = Partial<Pick<DecisionRecord, 'side' | 'qty' | 'probability' | 'text'>>

/** Writes a decision record and returns its id. */
export function record(
  state: TradingState,
  out: Output,
  symbol: number,
  action: DecisionRecord['action'],
  verdict: DecisionRecord['verdict'],
  reason: Reason,
  fields: RecordFields = {},
): number {
  const id = state.nextDecision++
  out.decisions.push({
    id,
    time: state.time,
    symbol,
    action,
    verdict,
    reason,
    side: fields.side ?? 0,
    qty: fields.qty ?? 0,
    price: symbol < 0 ? 0 : state.symbols[symbol]!.mark,
    equity: equity(state),
    probability: fields.probability ?? Number.NaN,
    text: fields.text ?? '',
  })
  return id
}

/** The state, where things go, and the symbol dealt with. */
export interface Here {
  readonly state: TradingState
  readonly out: Output
  readonly s: number
}

export function place(
  { state, out, s }: Here,
  purpose: Purpose,
  side: 1 | -1,
  qty: number,
  decision: number,
  price = 0,
  plan: Plan | null = null,
): Order {
  const type =
    purpose === 'stop' ? 'stop-market' : purpose === 'target' ? state.config.targetOrder : ('market' as const)
  const sym = state.symbols[s]!
  const order: Order = {
    id: state.nextOrder++,
    generation: sym.generation,
    purpose,
    side,
    type,
    qty,
    decision,
    price,
    replacing: 0,
    filled: 0,
    status: 'sent',
    trades: [],
    excessQty: 0,
    excessPrice: 0,
    plan,
  }
  sym.orders.push(order)
  const reduceOnly = !opens(order)
  out.commands.push({
    kind: 'place',
    symbol: s,
    orderId: order.id,
    side,
    type,
    purpose,
    qty,
    price,
    reduceOnly,
    decision,
  })
  return order
}

export function cancel({ out, s }: Here, order: Order): void {
  if (order.status === 'cancelling') return
  order.status = 'cancelling'
  out.commands.push({ kind: 'cancel', symbol: s, orderId: order.id, decision: order.decision })
}

export function move({ out, s }: Here, order: Order, price: number, decision: number): void {
  order.replacing = price
  out.commands.push({ kind: 'replace', symbol: s, orderId: order.id, price, decision })
}

/** The order of a purpose that is still under way and belongs to the position of now. */
export function liveOrder({ state, s }: Here, purpose: Purpose): Order | undefined {
  const sym = state.symbols[s]!
  for (const o of sym.orders) {
    if (o.purpose === purpose && o.generation === sym.generation && o.status !== 'cancelling') return o
  }
  return undefined
}

/** From the live ones to the remembered ones. */
export function retire({ state, s }: Here, order: Order): void {
  const sym = state.symbols[s]!
  const at = sym.orders.indexOf(order)
  if (at >= 0) sym.orders.splice(at, 1)
  sym.done.push(order)
  if (sym.done.length > REMEMBERED) sym.done.shift()
}

/** Adds an id; false when it was there. With `most` the oldest are forgotten beyond that many. */
export function firstSeen(list: number[], id: number, most = Number.POSITIVE_INFINITY): boolean {
  if (list.includes(id)) return false
  list.push(id)
  if (list.length > most) list.shift()
  return true
}
