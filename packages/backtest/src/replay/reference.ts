/**
 * The reference loop: strategy → trading core → venue → trading core, event by event, over one or many symbols in time
 * order; at one instant symbols go by name (TB-05.2). Per bar:
 *
 * 1. At the open: funding due at this instant, then market orders (entries fill, protection is placed).
 * 2. Inside: funding due inside the bar, then liquidation, stop, target.
 * 3. At the end: marks, UTC day, limits, time exits; the account is recorded; the strategy decides.
 *
 * The last bar decides nothing: its orders would fill outside the range. What is open then is closed at its close.
 */
import { type AccountView, deriveColumns, type Intent, MarketView, type Memory } from '@cointrader/strategies'
import {
  apply,
  blocked,
  equity,
  newOutput,
  newState,
  type Output,
  opens,
  type TradingEvent,
  type TradingState,
  unrealised,
} from '@cointrader/trading'
import { fundingAmount } from '../costs/index.js'
import { type Phase, ReplayVenue, type VenueEvent } from '../venue/index.js'
import type { Prepared } from './input.js'
import { Recorder } from './recorder.js'
import type { BacktestResult } from './result.js'

/** Watches a run from outside: tests check invariants after every event with it. */
export interface Observer {
  event?(state: TradingState, event: TradingEvent, out: Output): void
  bar?(state: TradingState, venue: ReplayVenue, bar: number): void
}

export function runReference(prepared: Prepared, observer: Observer = {}): BacktestResult {
  const { input, costs, funding, from, to, lastBar } = prepared
  const { bars, strategy, config, scores = null } = input
  const { columns, times, intervalMs } = bars
  const count = bars.symbols.length
  const state = newState(config)
  const venue = new ReplayVenue({ bars, rules: config.rules, marginMode: config.marginMode, costs, lastBar })
  const rec = new Recorder(prepared)
  const account: AccountView = {
    equity: () => equity(state),
    quantity: (s) => {
      const pos = state.symbols[s]!.position
      return pos === null ? 0 : pos.side * pos.qty
    },
    entryPrice: (s) => state.symbols[s]!.position?.entryPrice ?? 0,
    pending: (s) => state.symbols[s]!.orders.some((o) => opens(o) || o.purpose === 'close' || o.purpose === 'reduce'),
  }
  const data = { bars, derived: deriveColumns(bars, strategy.needs.columns), scores }
  const view = new MarketView(data, strategy.needs, account)
  const { warmUp, scope } = strategy.needs
  const memories: Memory[] = Array.from({ length: scope === 'symbol' ? count : 1 }, () => strategy.memory)
  const cursors = new Int32Array(count)
  const closes = new Float64Array(count)

  for (let i = Math.max(0, from - 1); i < to; i++) {
    const end = times[i]! + intervalMs
    if (i >= from) {
      pay(i, true)
      venue.open(i)
      pump('open', i)
      pay(i, false)
      venue.inside(i)
      pump('inside', i)
      for (let s = 0; s < count; s++) {
        if (state.symbols[s]!.position === null) continue
        const { high, low } = columns[s]!
        rec.lived(s, high[i]!, low[i]!)
      }
    }
    for (let s = 0; s < count; s++) closes[s] = columns[s]!.close[i]!
    feed({ kind: 'bars', time: end, close: closes }, 'close', i)
    pump('close', i)
    if (i >= from && config.marginMode === 'cross') {
      if (venue.crossLiquidation(i, equity(state), (s) => state.symbols[s]!.mark)) pump('close', i)
    }
    if (i === to - 1) {
      venue.endOfData(i)
      pump('close', i)
    }
    if (i >= from) {
      recordBar(i, end)
      observer.bar?.(state, venue, i)
    }
    if (i < to - 1) decideAt(i, end)
  }
  return rec.result('reference', state)

  /** Runs one event through the core and its commands to the venue. */
  function feed(event: TradingEvent, phase: Phase, i: number): void {
    const out = newOutput()
    apply(state, event, out)
    for (const c of out.closed) rec.closed(c)
    for (const d of out.decisions) {
      if (d.verdict === 'refused') rec.refused(d.reason)
      if (d.reason === 'kill-losses' || d.reason === 'kill-profit-factor') noteKill(d.symbol, d.time)
      rec.record?.decisions.push(d)
    }
    observer.event?.(state, event, out)
    for (const c of out.commands) {
      rec.command(c, state.time)
      venue.submit(c, phase, i, state.time)
    }
  }

  /** Delivers the venue's answers until it has none. */
  function pump(phase: Phase, i: number): void {
    for (let k = 0; k < venue.queue.length; k++) deliver(venue.queue[k]!, phase, i)
    venue.queue.length = 0
  }

  function deliver(event: VenueEvent, phase: Phase, i: number): void {
    const s = event.symbol
    if (event.kind === 'fill') {
      const pos = state.symbols[s]!.position
      rec.fill(s, event.side, event.qty, event.price, event.reference, event.fee, pos === null)
      // The bar's open was seen by whoever held it into an exit inside the bar.
      if (phase === 'inside' && pos !== null) rec.seen(s, columns[s]!.open[i]!)
      if (pos !== null) rec.seen(s, event.price)
      if (rec.record !== null) {
        const { time, orderId, tradeId, side, qty, price, reference, fee, purpose } = event
        rec.record.fills.push({
          time,
          symbol: bars.symbols[s]!,
          orderId,
          tradeId,
          side,
          qty,
          price,
          reference,
          fee,
          purpose,
        })
      }
    } else rec.outcome(event)
    feed(event, phase, i)
  }

  function pay(i: number, atOpen: boolean): void {
    for (let s = 0; s < count; s++) {
      const plan = funding.plans[s]!
      let k = cursors[s]!
      while (k < plan.bar.length && plan.bar[k]! === i && (plan.atOpen[k] === 1) === atOpen) {
        const { position, mark } = state.symbols[s]!
        if (position !== null) {
          const open = columns[s]!.open[i]!
          const price = Number.isNaN(open) ? mark : open
          const amount = fundingAmount(position.side, position.qty, price, plan.rate[k]!, funding.bothPay)
          rec.funding(amount)
          feed({ kind: 'funding', time: plan.time[k]!, symbol: s, amount }, 'inside', i)
        }
        k++
      }
      cursors[s] = k
    }
  }

  function recordBar(i: number, end: number): void {
    let gross = 0
    let net = 0
    let positions = 0
    for (let s = 0; s < count; s++) {
      const { position, mark } = state.symbols[s]!
      const cover = rec.coverage[s]!
      if (Number.isNaN(columns[s]!.close[i]!)) cover.missing++
      if (position === null) continue
      cover.inPosition++
      positions++
      gross += position.qty * mark
      net += position.side * position.qty * mark
    }
    rec.row(end, state.cash, unrealised(state), gross, net, positions)
  }

  function decideAt(i: number, end: number): void {
    if (i + 1 < warmUp) return
    const intents: Intent[] = []
    for (let s = 0; s < count; s++) {
      if (Number.isNaN(columns[s]!.close[i]!)) continue
      const cover = rec.coverage[s]!
      cover.decidable++
      const why = blocked(state, s)
      if (why === 'killed-portfolio' || why === 'killed-symbol') cover.blockedByKill++
      else if (why === 'daily-loss') cover.blockedByDailyLoss++
      else if (why !== '') cover.blockedByStop++
      if (scope === 'symbol') ask(i, s, s, intents)
    }
    if (scope === 'universe') ask(i, 0, 0, intents)
    if (intents.length === 0) return
    feed({ kind: 'intents', time: end, intents }, 'close', i)
    pump('close', i)
  }

  function ask(i: number, s: number, m: number, intents: Intent[]): void {
    const said = strategy.decide(view.moveTo(i, s), memories[m]!)
    memories[m] = said.memory
    for (const intent of said.intents) intents.push(intent)
  }

  function noteKill(symbol: number, time: number): void {
    for (let s = 0; s < count; s++) {
      const cover = rec.coverage[s]!
      if ((symbol === s || symbol < 0) && Number.isNaN(cover.firstKill)) cover.firstKill = time
    }
  }
}
