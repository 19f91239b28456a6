/**
 * The replay venue: carries out commands against bars and answers with the events a real venue would send.
 *
 * - A market order sent at a bar's end fills at the open of the `lag`-th bar after it, `participation` permitting; one that
 *   follows from a fill at a bar's open (the second half of a reversal) fills at the same open; one that follows from a fill
 *   inside a bar fills at the next open. A missing bar fills nothing: orders wait.
 * - Protective orders are in force from the fill they belong to, on the entry bar too (`exits.ts` has the conditions).
 * - Isolated: a liquidation costs the whole margin of the position, clearance fee included, and no more. Cross: checked on
 *   the account at each bar's end (`replay/run.ts`).
 * - It keeps a book of its own; the tests hold it equal to the core's after every bar.
 */
import type { BarSet } from '@cointrader/strategies'
import {
  bankruptcyPrice,
  type Command,
  type ExitReason,
  type FillEvent,
  floorTo,
  liquidationPrice,
  maintenance,
  type OrderEvent,
  type OrderType,
  type PlaceCommand,
  type Purpose,
  type SymbolRules,
} from '@cointrader/trading'
import type { CostSettings, Slip, SlipKind } from '../costs/index.js'
import { exitCode, LIQUIDATED, STAY, STOPPED, slipped, stopReference } from './exits.js'

/** Where in a bar a command is given. */
export type Phase = 'open' | 'inside' | 'close'

/** A fill with what only the venue knows of it. */
export interface VenueFill extends FillEvent {
  /** Price before slippage and rounding. */
  readonly reference: number
  readonly purpose: Purpose | ExitReason
  readonly side: 1 | -1
}

export type VenueEvent = OrderEvent | VenueFill

interface Working {
  readonly id: number
  readonly side: 1 | -1
  readonly type: OrderType
  readonly purpose: Purpose
  readonly reduceOnly: boolean
  left: number
  price: number
  /** First bar it may fill in. */
  due: number
}

/** The venue's own view of a position. */
export interface VenueBook {
  side: 1 | -1
  qty: number
  entry: number
  leverage: number
  /** 0 (long) or Infinity (short) when there is none. */
  liquidation: number
  orders: Working[]
  /** Base asset taken of the bar `takenBar` by orders limited by participation. */
  taken: number
  takenBar: number
}

export interface VenueSettings {
  readonly bars: BarSet
  readonly rules: readonly SymbolRules[]
  readonly marginMode: 'isolated' | 'cross'
  readonly costs: CostSettings
  /** Last present bar of each symbol within the range; later ones mean it was delisted. */
  readonly lastBar: Int32Array
}

export class ReplayVenue {
  /** Answers not yet delivered, oldest first. */
  readonly queue: VenueEvent[] = []
  readonly books: VenueBook[]
  private readonly slip: Slip
  private nextTrade = 1

  constructor(private readonly settings: VenueSettings) {
    this.slip = settings.costs.slippage.compile(settings.bars)
    this.books = settings.bars.symbols.map(
      (): VenueBook => ({ side: 1, qty: 0, entry: 0, leverage: 1, liquidation: 0, orders: [], taken: 0, takenBar: -1 }),
    )
  }

  /** Takes a command during `phase` of bar `bar`, at `time`. */
  submit(command: Command, phase: Phase, bar: number, time: number): void {
    const book = this.books[command.symbol]!
    const answer = (orderId: number, outcome: OrderEvent['outcome']): void => {
      this.queue.push({ kind: 'order', time, symbol: command.symbol, orderId, outcome })
    }
    if (command.kind === 'leverage') book.leverage = command.leverage
    else if (command.kind === 'place') this.place(command, phase, bar, time, answer)
    else {
      const order = book.orders.find((o) => o.id === command.orderId)
      if (command.kind === 'cancel') {
        if (order !== undefined) book.orders.splice(book.orders.indexOf(order), 1)
        answer(command.orderId, order === undefined ? 'cancel-refused' : 'cancelled')
      } else {
        if (order !== undefined) order.price = command.price
        answer(command.orderId, order === undefined ? 'refused' : 'accepted')
      }
    }
  }

  private place(
    c: PlaceCommand,
    phase: Phase,
    bar: number,
    time: number,
    answer: (id: number, outcome: OrderEvent['outcome']) => void,
  ): void {
    const book = this.books[c.symbol]!
    const market = c.type === 'market'
    const due = phase === 'open' ? bar : phase === 'inside' || !market ? bar + 1 : bar + this.settings.costs.lag
    const order: Working = {
      id: c.orderId,
      side: c.side,
      type: c.type,
      purpose: c.purpose,
      reduceOnly: c.reduceOnly,
      left: c.qty,
      price: c.price,
      due,
    }
    book.orders.push(order)
    answer(c.orderId, 'accepted')
    if (market && phase === 'open') this.market(c.symbol, order, bar, time)
  }

  /** Market orders due at the open of bar `bar`; the settlement of symbols that were delisted before it. */
  open(bar: number): void {
    const { bars, lastBar } = this.settings
    const time = bars.times[bar]!
    for (let s = 0; s < this.books.length; s++) {
      const book = this.books[s]!
      if (book.orders.length === 0 && book.qty === 0) continue
      if (bar > lastBar[s]!) {
        for (const o of [...book.orders]) if (o.type === 'market' && !o.reduceOnly) this.expire(s, o, time)
        if (book.qty > 0) this.settleAt(s, lastBar[s]!, time, 'delisted')
        continue
      }
      if (Number.isNaN(bars.columns[s]!.open[bar]!)) continue
      for (const o of [...book.orders]) if (o.type === 'market' && o.due <= bar) this.market(s, o, bar, time)
    }
  }

  /** Stops, targets and liquidations inside bar `bar`. */
  inside(bar: number): void {
    const { bars, rules, costs } = this.settings
    const time = bars.times[bar]! + bars.intervalMs - 1
    for (let s = 0; s < this.books.length; s++) {
      const book = this.books[s]!
      if (book.qty === 0) continue
      const { open, high, low } = bars.columns[s]!
      if (Number.isNaN(open[bar]!)) continue
      let stop: Working | undefined
      let target: Working | undefined
      for (const o of book.orders) {
        if (o.due > bar) continue
        if (o.purpose === 'stop') stop = o
        else if (o.purpose === 'target') target = o
      }
      const tick = rules[s]!.tickSize
      const through = target?.type === 'limit' ? costs.throughTicks * tick : 0
      const { side, qty } = book
      const levels = [stop?.price ?? 0, target?.price ?? 0, book.liquidation] as const
      const code = exitCode(side, open[bar]!, high[bar]!, low[bar]!, ...levels, through)
      if (code === STAY) continue
      const orderSide = side === 1 ? -1 : 1
      if (code === LIQUIDATED) this.liquidate(s, time)
      else if (code === STOPPED) {
        const reference = stopReference(side, stop!.price, open[bar]!)
        const price = slipped(reference, orderSide, this.slip(s, bar, qty, 'stop'), tick)
        this.fill(s, stop!, qty, price, reference, costs.fees.taker, time)
      } else if (target!.type === 'limit') {
        this.fill(s, target!, qty, target!.price, target!.price, costs.fees.maker, time)
      } else {
        const price = slipped(target!.price, orderSide, this.slip(s, bar, qty, 'target'), tick)
        this.fill(s, target!, qty, price, target!.price, costs.fees.taker, time)
      }
    }
  }

  /** Closes what is open at the close of its last bar up to `bar`: an accounting convention, with costs. */
  endOfData(bar: number): void {
    const { bars } = this.settings
    const time = bars.times[bar]! + bars.intervalMs
    for (let s = 0; s < this.books.length; s++) if (this.books[s]!.qty > 0) this.settleAt(s, bar, time, 'end-of-data')
  }

  /** Cross margin at the end of bar `bar`: everything goes when equity does not cover maintenance. True when it did not. */
  crossLiquidation(bar: number, equity: number, marks: (symbol: number) => number): boolean {
    const { bars, rules } = this.settings
    let needed = 0
    for (let s = 0; s < this.books.length; s++) {
      const { qty } = this.books[s]!
      if (qty > 0) needed += maintenance(rules[s]!.brackets, qty * marks(s))
    }
    if (needed === 0 || equity > needed) return false
    const time = bars.times[bar]! + bars.intervalMs
    for (let s = 0; s < this.books.length; s++) if (this.books[s]!.qty > 0) this.settleAt(s, bar, time, 'liquidation')
    return true
  }

  private market(s: number, order: Working, bar: number, time: number): void {
    const { bars, rules, costs } = this.settings
    const book = this.books[s]!
    const { open, volume } = bars.columns[s]!
    if (order.reduceOnly && (book.qty === 0 || book.side === order.side)) {
      this.expire(s, order, time)
      return
    }
    let qty = order.reduceOnly ? Math.min(order.left, book.qty) : order.left
    if (costs.participation !== null) {
      if (book.takenBar !== bar) {
        book.takenBar = bar
        book.taken = 0
      }
      const room = floorTo(Math.max(0, costs.participation * volume[bar]! - book.taken), rules[s]!.stepSize)
      qty = Math.min(qty, room)
      if (!(qty > 0)) return
      book.taken += qty
    }
    const reference = open[bar]!
    const price = slipped(reference, order.side, this.slip(s, bar, qty, 'market'), rules[s]!.tickSize)
    this.fill(s, order, qty, price, reference, costs.fees.taker, time)
  }

  private expire(s: number, order: Working, time: number): void {
    const { orders } = this.books[s]!
    orders.splice(orders.indexOf(order), 1)
    this.queue.push({ kind: 'order', time, symbol: s, orderId: order.id, outcome: 'expired' })
  }

  private fill(
    s: number,
    order: Working,
    qty: number,
    price: number,
    reference: number,
    fee: number,
    time: number,
  ): void {
    const book = this.books[s]!
    if (order.purpose === 'stop' || order.purpose === 'target') order.left = 0
    else order.left = order.left - qty > qty * 1e-9 ? order.left - qty : 0
    if (order.left === 0) book.orders.splice(book.orders.indexOf(order), 1)
    this.change(s, order.side, qty, price)
    this.queue.push({
      kind: 'fill',
      time,
      symbol: s,
      orderId: order.id,
      tradeId: this.nextTrade++,
      qty,
      price,
      fee: price * qty * fee,
      reference,
      purpose: order.purpose,
      side: order.side,
    })
  }

  private external(s: number, price: number, reference: number, fee: number, time: number, reason: ExitReason): void {
    const { side, qty } = this.books[s]!
    const orderSide = side === 1 ? -1 : 1
    this.change(s, orderSide, qty, price)
    const tradeId = this.nextTrade++
    this.queue.push({
      kind: 'fill',
      time,
      symbol: s,
      orderId: 0,
      tradeId,
      qty,
      price,
      fee: price * qty * fee,
      external: reason,
      reference,
      purpose: reason,
      side: orderSide,
    })
  }

  private liquidate(s: number, time: number): void {
    const { side, qty, entry, leverage } = this.books[s]!
    const price = bankruptcyPrice(side, qty, entry, (qty * entry) / leverage)
    this.external(s, price, price, 0, time, 'liquidation')
  }

  private settleAt(s: number, bar: number, time: number, reason: ExitReason): void {
    const { bars, rules, costs } = this.settings
    const { close } = bars.columns[s]!
    let last = bar
    while (Number.isNaN(close[last]!)) last--
    const { side, qty } = this.books[s]!
    const kind: SlipKind = reason === 'liquidation' ? 'stop' : 'market'
    const price = slipped(close[last]!, side === 1 ? -1 : 1, this.slip(s, last, qty, kind), rules[s]!.tickSize)
    this.external(s, price, close[last]!, costs.fees.taker, time, reason)
  }

  private change(s: number, orderSide: 1 | -1, qty: number, price: number): void {
    const book = this.books[s]!
    if (book.qty === 0) {
      book.side = orderSide
      book.qty = qty
      book.entry = price
    } else if (book.side === orderSide) {
      book.entry = (book.entry * book.qty + price * qty) / (book.qty + qty)
      book.qty += qty
    } else {
      const rest = book.qty - qty
      book.qty = rest > qty * 1e-9 ? rest : 0
    }
    if (book.qty === 0) return
    const none = book.side === 1 ? 0 : Number.POSITIVE_INFINITY
    const { rules, marginMode } = this.settings
    if (marginMode === 'cross') book.liquidation = none
    else {
      const margin = (book.qty * book.entry) / book.leverage
      book.liquidation = liquidationPrice(rules[s]!.brackets, book.side, book.qty, book.entry, margin) || none
    }
  }
}
