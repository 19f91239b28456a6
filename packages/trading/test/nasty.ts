/**
 * An exchange that is right but nasty: it fills in pieces, refuses, answers late, twice, out of order, or with "unknown"
 * first, liquidates, and lets cancels come too late. Its own book is the truth the core must arrive at.
 */
import type { Random } from '@cointrader/core'
import type { Command, FillEvent, PlaceCommand, TradingEvent } from '@cointrader/trading'

interface Resting extends PlaceCommand {
  left: number
  open: boolean
}

export class NastyExchange {
  /** Signed position per symbol. */
  readonly truth: number[]
  /** Sent and not yet delivered. */
  readonly wire: TradingEvent[] = []
  readonly orders: Resting[] = []
  private trade = 1

  constructor(
    symbols: number,
    private readonly random: Random,
    /** Share of placements refused. */
    private readonly refusals: number,
    readonly prices: number[],
  ) {
    this.truth = Array.from({ length: symbols }, () => 0)
  }

  take(command: Command, time: number): void {
    const { random } = this
    if (command.kind === 'leverage') return
    const { symbol, orderId } = command
    const say = (outcome: 'accepted' | 'refused' | 'cancelled' | 'unknown' | 'cancel-refused'): void => {
      this.wire.push({ kind: 'order', time, symbol, orderId, outcome })
    }
    if (command.kind === 'place') {
      if (random.next() < 0.1) say('unknown')
      if (random.next() < this.refusals) {
        say('refused')
        return
      }
      say('accepted')
      const order: Resting = { ...command, left: command.qty, open: true }
      this.orders.push(order)
      if (command.type === 'market') this.work(order, time)
      return
    }
    const order = this.orders.find((o) => o.orderId === orderId && o.open)
    if (command.kind === 'cancel') {
      if (order === undefined) say('cancel-refused')
      else if (random.next() < 0.2 && order.type === 'market') this.work(order, time)
      else {
        order.open = false
        say('cancelled')
      }
    } else say(order !== undefined && random.next() > this.refusals ? 'accepted' : 'refused')
  }

  /** Fills a market order, or some of it. */
  work(order: Resting, time: number): void {
    const pieces = 1 + this.random.int(3)
    for (let k = 0; k < pieces && order.open; k++) {
      if (k > 0 && this.random.next() < 0.3) return
      this.fill(order, k === pieces - 1 ? order.left : order.left * this.random.next(), time)
    }
  }

  /** Something happens by itself. */
  happen(time: number): void {
    const { random } = this
    const s = random.int(this.truth.length)
    const resting = this.orders.filter((o) => o.open && o.symbol === s)
    const order = resting[random.int(Math.max(1, resting.length))]
    if (order !== undefined && random.next() < 0.8) {
      if (order.type === 'market') this.work(order, time)
      else if (random.next() < 0.15) {
        order.open = false
        this.wire.push({ kind: 'order', time, symbol: s, orderId: order.orderId, outcome: 'expired' })
      } else this.fill(order, Math.abs(this.truth[s]!) * (random.next() < 0.5 ? 1 : random.next()), time)
    } else if (random.next() < 0.15 && this.truth[s] !== 0) {
      const side = this.truth[s]! > 0 ? -1 : 1
      const qty = Math.abs(this.truth[s]!)
      this.truth[s] = 0
      const price = this.prices[s]!
      const tradeId = this.trade++
      this.wire.push({
        kind: 'fill',
        time,
        symbol: s,
        orderId: 0,
        tradeId,
        qty,
        price,
        fee: 0.1,
        external: 'liquidation',
      })
      void side
      this.clean(s, time)
    }
  }

  /** Everything still resting fills or goes; afterwards only the wire has news. */
  finish(time: number): void {
    for (const o of this.orders) if (o.open && o.type === 'market') this.fill(o, o.left, time)
  }

  private fill(order: Resting, asked: number, time: number): void {
    const { symbol, side } = order
    const held = this.truth[symbol]!
    let qty = order.type === 'market' ? Math.min(asked, order.left) : asked
    if (order.reduceOnly) qty = held * side < 0 ? Math.min(qty, Math.abs(held)) : 0
    if (!(qty > 1e-9)) {
      if (order.reduceOnly && order.type === 'market') {
        order.open = false
        this.wire.push({ kind: 'order', time, symbol, orderId: order.orderId, outcome: 'expired' })
      }
      return
    }
    order.left -= qty
    if (order.type === 'market' && order.left < 1e-9 * order.qty) order.open = false
    const next = held + side * qty
    this.truth[symbol] = Math.abs(next) < 1e-9 ? 0 : next
    if (order.type !== 'market' && this.truth[symbol] === 0) order.open = false
    const price = this.prices[symbol]! * (1 + 0.001 * this.random.normal())
    const event: FillEvent = {
      kind: 'fill',
      time,
      symbol,
      orderId: order.orderId,
      tradeId: this.trade++,
      qty,
      price,
      fee: qty * price * 0.0005,
    }
    this.wire.push(event)
    if (this.random.next() < 0.2) this.wire.push({ ...event })
  }

  /** A liquidated symbol has no orders left. */
  private clean(s: number, time: number): void {
    for (const o of this.orders) {
      if (!o.open || o.symbol !== s) continue
      o.open = false
      this.wire.push({ kind: 'order', time, symbol: s, orderId: o.orderId, outcome: 'expired' })
    }
  }
}
