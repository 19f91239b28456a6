/** The life of orders, step by step: what live will need of the core (TB-06, TB-12.2). */
import { DAY_MS, HOUR_MS } from '@cointrader/core'
import type { EnterIntent } from '@cointrader/strategies'
import {
  apply,
  type Command,
  LOOSE_RULES,
  makeConfig,
  newOutput,
  newState,
  type Output,
  type PlaceCommand,
  type TradingConfig,
  type TradingEvent,
  type TradingState,
} from '@cointrader/trading'
import { describe, expect, it } from 'vitest'

const T0 = Date.UTC(2026, 0, 1, 12)
const RULES = { ...LOOSE_RULES, tickSize: 0.01, stepSize: 0.1 }

/** A core with one symbol at price 100, and what it said last. */
class Bench {
  readonly state: TradingState
  time = T0
  trade = 1
  all: Command[] = []
  constructor(config: Partial<TradingConfig> = {}, symbols = ['A', 'B']) {
    this.state = newState(makeConfig(symbols, { rules: symbols.map(() => RULES), leverage: 5, ...config }))
    this.bars(100, 100)
  }
  feed(event: TradingEvent): Output {
    const out = newOutput()
    apply(this.state, event, out)
    this.all.push(...out.commands)
    return out
  }
  bars(...close: number[]): Output {
    this.time += HOUR_MS
    return this.feed({ kind: 'bars', time: this.time, close })
  }
  enter(side: 1 | -1, more: Partial<EnterIntent> = {}): Output {
    const intent: EnterIntent = {
      kind: 'enter',
      symbol: 0,
      side,
      stopDistance: 5,
      targetDistance: 8,
      reason: 'test',
      ...more,
    }
    return this.feed({ kind: 'intents', time: this.time, intents: [intent] })
  }
  fill(orderId: number, qty: number, price: number, tradeId = this.trade++): Output {
    return this.feed({ kind: 'fill', time: this.time, symbol: 0, orderId, tradeId, qty, price, fee: 0.1 })
  }
  order(
    orderId: number,
    outcome: 'accepted' | 'refused' | 'cancelled' | 'expired' | 'unknown' | 'cancel-refused',
  ): Output {
    return this.feed({ kind: 'order', time: this.time, symbol: 0, orderId, outcome })
  }
  /** Enters and fills; returns entry, stop and target orders. */
  opened(side: 1 | -1 = 1, more: Partial<EnterIntent> = {}): [PlaceCommand, PlaceCommand, PlaceCommand] {
    const entry = placed(this.enter(side, more))[0]!
    const [stop, target] = placed(this.fill(entry.orderId, entry.qty, 100))
    return [entry, stop!, target!]
  }
  get position() {
    return this.state.symbols[0]!.position
  }
}

function placed(out: Output): PlaceCommand[] {
  return out.commands.filter((c) => c.kind === 'place')
}
const why = (out: Output): string[] => out.decisions.map((d) => `${d.verdict} ${d.reason}`)

describe('an entry', () => {
  it('sets leverage once, places, then protects the fill', () => {
    const bench = new Bench()
    const out = bench.enter(1)
    expect(out.commands.map((c) => c.kind)).toEqual(['leverage', 'place'])
    expect(out.commands[0]).toMatchObject({ leverage: 5, marginMode: 'isolated' })
    const entry = placed(out)[0]!
    expect(entry).toMatchObject({ purpose: 'entry', side: 1, type: 'market', reduceOnly: false, decision: 1 })
    const [stop, target] = placed(bench.fill(entry.orderId, entry.qty, 100.5))
    expect(stop).toMatchObject({
      purpose: 'stop',
      side: -1,
      type: 'stop-market',
      price: 95.5,
      reduceOnly: true,
      decision: 1,
    })
    expect(target).toMatchObject({ purpose: 'target', type: 'take-profit-market', price: 108.5 })
    expect(bench.enter(1).decisions[0]).toMatchObject({ verdict: 'refused', reason: 'position-open' })
  })

  it('in pieces: the stop is there from the first and moves with the mean', () => {
    const bench = new Bench()
    const entry = placed(bench.enter(1))[0]!
    const first = placed(bench.fill(entry.orderId, 1, 100))
    expect(first.map((c) => c.price)).toEqual([95, 108])
    const more = bench.fill(entry.orderId, 1, 101)
    expect(more.commands).toMatchObject([
      { kind: 'replace', orderId: first[0]!.orderId, price: 95.5 },
      { kind: 'replace', orderId: first[1]!.orderId, price: 108.5 },
    ])
    // A refused move leaves the stop where it was, and it is still known.
    bench.order(first[0]!.orderId, 'refused')
    expect(bench.state.symbols[0]!.orders.find((o) => o.purpose === 'stop')).toMatchObject({ price: 95, replacing: 0 })
  })

  it('TB-12.4.14: partial fills sum up to one trade', () => {
    const bench = new Bench()
    const [entry, stop] = bench.opened()
    bench.fill(stop.orderId, 1, 95)
    bench.fill(stop.orderId, 1, 94.9)
    const out = bench.fill(stop.orderId, entry.qty - 2, 94.8)
    expect(out.closed).toHaveLength(1)
    const gross = 95 - 100 + (94.9 - 100) + (entry.qty - 2) * (94.8 - 100)
    expect(out.closed[0]!.grossPnl).toBeCloseTo(gross, 9)
    expect(out.closed[0]).toMatchObject({ reason: 'stop', qty: entry.qty })
    expect(out.closed[0]!.exitFee).toBeCloseTo(0.3, 12)
  })

  it('an unknown outcome blocks the symbol until the venue speaks', () => {
    const bench = new Bench()
    const entry = placed(bench.enter(1))[0]!
    bench.order(entry.orderId, 'unknown')
    expect(why(bench.enter(-1))).toEqual(['refused unknown-outcome'])
    bench.bars(100, 100)
    bench.bars(100, 100)
    expect(why(bench.enter(1))).toEqual(['refused unknown-outcome'])
    expect(placed(bench.fill(entry.orderId, entry.qty, 100)).map((c) => c.purpose)).toEqual(['stop', 'target'])
  })

  it('a refused one leaves nothing behind', () => {
    const bench = new Bench()
    const entry = placed(bench.enter(1))[0]!
    expect(why(bench.order(entry.orderId, 'refused'))).toEqual(['noted order-refused'])
    expect(why(bench.enter(1))).toEqual(['accepted accepted'])
  })
})

describe('protection', () => {
  it('refused stops are tried again, then the position is closed at market (TB-06.5)', () => {
    const bench = new Bench({ protectionAttempts: 3 })
    const [entry, stop] = bench.opened()
    let last = stop.orderId
    for (let k = 0; k < 2; k++) {
      const again = placed(bench.order(last, 'refused'))
      expect(again).toMatchObject([{ purpose: 'stop', price: 95 }])
      last = again[0]!.orderId
    }
    const out = bench.order(last, 'refused')
    expect(placed(out)).toMatchObject([
      { purpose: 'emergency', side: -1, type: 'market', qty: entry.qty, reduceOnly: true },
    ])
    expect(why(out)).toEqual(['noted protection-refused', 'accepted emergency'])
    const closed = bench.fill(placed(out)[0]!.orderId, entry.qty, 99)
    expect(closed.closed[0]!.reason).toBe('emergency')
  })

  it('a stop that was cancelled by somebody else comes back', () => {
    const bench = new Bench()
    const [, stop] = bench.opened()
    expect(placed(bench.order(stop.orderId, 'cancelled'))).toMatchObject([{ purpose: 'stop', price: 95 }])
  })

  it('an emergency close that is refused is tried at every bar, and says so', () => {
    const bench = new Bench({ protectionAttempts: 1 })
    const [, stop] = bench.opened()
    const emergency = placed(bench.order(stop.orderId, 'refused'))[0]!
    expect(why(bench.order(emergency.orderId, 'refused'))).toEqual(['noted stranded'])
    const out = bench.bars(100, 100)
    expect(why(out)).toContain('noted stranded')
    expect(placed(out)).toMatchObject([{ purpose: 'emergency' }])
  })

  it('moves on request, and what is filled later does not move it back', () => {
    const bench = new Bench()
    const entry = placed(bench.enter(1))[0]!
    const [stop] = placed(bench.fill(entry.orderId, 1, 100))
    const out = bench.feed({
      kind: 'intents',
      time: bench.time,
      intents: [{ kind: 'protect', symbol: 0, stop: 99, target: 0, reason: 'trail' }],
    })
    expect(out.commands).toMatchObject([{ kind: 'replace', orderId: stop!.orderId, price: 99 }])
    expect(bench.fill(entry.orderId, 1, 105).commands).toEqual([])
  })
})

describe('reverse re-entry (TB-06.8)', () => {
  it('closes, waits until the old protection is gone, then enters with the same intent', () => {
    const bench = new Bench()
    const [entry, stop, target] = bench.opened()
    const close = placed(bench.enter(-1))
    expect(close).toMatchObject([{ purpose: 'close', side: -1, qty: entry.qty }])
    const out = bench.fill(close[0]!.orderId, entry.qty, 101)
    expect(out.closed[0]).toMatchObject({ reason: 'reverse', exitDecision: 2 })
    expect(out.commands).toMatchObject([
      { kind: 'cancel', orderId: stop.orderId },
      { kind: 'cancel', orderId: target.orderId },
    ])
    expect(bench.order(stop.orderId, 'cancelled').commands).toEqual([])
    expect(placed(bench.order(target.orderId, 'cancelled'))).toMatchObject([{ purpose: 'entry', side: -1 }])
  })

  it('TB-12.4.15: late news of the old position never touches the new one', () => {
    const bench = new Bench()
    const [entry, stop, target] = bench.opened()
    const close = placed(bench.enter(-1))[0]!
    bench.fill(close.orderId, entry.qty, 101)
    bench.order(stop.orderId, 'cancelled')
    const next = placed(bench.order(target.orderId, 'cancelled'))[0]!
    bench.fill(next.orderId, next.qty, 101)
    const before = JSON.stringify(bench.position)
    expect(why(bench.fill(stop.orderId, entry.qty, 95))).toEqual(['noted stale-fill'])
    bench.order(stop.orderId, 'expired')
    expect(JSON.stringify(bench.position)).toBe(before)
  })

  it('is dropped when it could not start in time, or the kill switch went off in between', () => {
    const bench = new Bench({ reentryExpiryMs: HOUR_MS })
    const [entry, stop, target] = bench.opened()
    const close = placed(bench.enter(-1))[0]!
    bench.bars(100, 100)
    bench.bars(100, 100)
    bench.fill(close.orderId, entry.qty, 101)
    bench.order(stop.orderId, 'cancelled')
    expect(why(bench.order(target.orderId, 'cancelled'))).toEqual(['refused reentry-expired'])
    const other = new Bench({ killSymbol: { losses: 1, trades: 0, profitFactor: 0, rearmAfterMs: null } })
    const [first, s2, t2] = other.opened()
    const close2 = placed(other.enter(-1))[0]!
    expect(why(other.fill(close2.orderId, first.qty, 99))).toEqual(['noted kill-losses'])
    other.order(s2.orderId, 'cancelled')
    expect(why(other.order(t2.orderId, 'cancelled'))).toEqual(['refused killed-symbol'])
  })

  it('works when the stop was quicker than the close', () => {
    const bench = new Bench()
    const [entry, stop, target] = bench.opened()
    const close = placed(bench.enter(-1))[0]!
    const out = bench.fill(stop.orderId, entry.qty, 98)
    expect(out.closed[0]!.reason).toBe('stop')
    bench.order(close.orderId, 'expired')
    expect(placed(bench.order(target.orderId, 'cancelled'))).toMatchObject([{ purpose: 'entry', side: -1 }])
  })
})

describe('out of order', () => {
  it('the stop fills all of it before the second half of the entry is reported', () => {
    const bench = new Bench()
    const entry = placed(bench.enter(1))[0]!
    const [stop] = placed(bench.fill(entry.orderId, entry.qty / 2, 100))
    const out = bench.fill(stop!.orderId, entry.qty, 95)
    expect(out.closed).toEqual([])
    expect(out.commands).toMatchObject([{ kind: 'cancel', orderId: entry.orderId }])
    const late = bench.fill(entry.orderId, entry.qty / 2, 102)
    expect(late.closed[0]).toMatchObject({ reason: 'stop', qty: entry.qty, entryPrice: 101, exitPrice: 95 })
    expect(late.closed[0]!.grossPnl).toBeCloseTo(-6 * entry.qty, 9)
  })

  it('an entry that fills after its cancel is closed at once, under cover of nothing else', () => {
    const bench = new Bench()
    const entry = placed(bench.enter(1))[0]!
    const [stop] = placed(bench.fill(entry.orderId, entry.qty / 2, 100))
    bench.fill(stop!.orderId, entry.qty / 2, 95)
    const late = bench.fill(entry.orderId, entry.qty / 2, 100)
    expect(placed(late)).toMatchObject([{ purpose: 'close', side: -1, qty: entry.qty / 2 }])
  })
})

describe('news that makes no sense', () => {
  it('a fill without price or quantity changes nothing and is told (D-57)', () => {
    const bench = new Bench()
    const entry = placed(bench.enter(1))[0]!
    const cash = bench.state.cash
    expect(why(bench.fill(entry.orderId, entry.qty, 0))).toEqual(['noted bad-news'])
    expect(why(bench.fill(entry.orderId, Number.NaN, 100))).toEqual(['noted bad-news'])
    expect(why(bench.fill(99, 1, 100))).toEqual(['noted unknown-order'])
    expect(bench.state.cash).toBe(cash)
    expect(bench.position).toBeNull()
  })
  it('an order of a hundred fills counts each of them once', () => {
    const bench = new Bench()
    const entry = placed(bench.enter(1))[0]!
    for (let k = 1; k <= 100; k++) bench.fill(entry.orderId, entry.qty / 100, 100, k)
    for (let k = 1; k <= 100; k++) bench.fill(entry.orderId, entry.qty / 100, 100, k)
    expect(bench.position!.qty).toBeCloseTo(entry.qty, 9)
    expect(bench.state.fees).toBeCloseTo(10, 9)
  })
})

describe('limits and the operator', () => {
  it('the daily limit falls at 00:00 UTC, with the equity of then as its base (D-39)', () => {
    const bench = new Bench({ maxDailyLoss: 0.05 })
    const [entry] = bench.opened()
    const drop = 60 / entry.qty
    expect(why(bench.bars(100 - drop, 100))).toEqual(['noted daily-loss-reached'])
    expect(why(bench.enter(1, { symbol: 1 }))).toEqual(['refused daily-loss'])
    bench.feed({ kind: 'day', time: Math.ceil(bench.time / DAY_MS) * DAY_MS })
    expect(bench.state.dayEquity).toBeCloseTo(1000 - 60 - 0.1, 6)
    expect(bench.state.dailyLossAt).toBe(0)
  })

  it('kill and reset by hand, per symbol and for all; halts; closes', () => {
    const bench = new Bench()
    const op = (action: 'kill' | 'reset' | 'halt' | 'resume' | 'close', symbol: number) =>
      bench.feed({ kind: 'operator', time: bench.time, action, symbol })
    op('kill', 0)
    expect(why(bench.enter(1))).toEqual(['refused killed-symbol'])
    expect(why(bench.enter(1, { symbol: 1 }))).toEqual(['accepted accepted'])
    op('reset', 0)
    op('kill', -1)
    expect(why(bench.enter(1))).toEqual(['refused killed-portfolio'])
    op('reset', -1)
    op('halt', -1)
    expect(why(bench.enter(1))).toEqual(['refused halted'])
    op('resume', -1)
    const [entry] = bench.opened()
    op('kill', -1)
    const out = op('close', 0)
    expect(placed(out)).toMatchObject([{ purpose: 'close', qty: entry.qty }])
  })

  it('stale data refuses entries, exits still go', () => {
    const bench = new Bench({ maxDataAgeMs: HOUR_MS })
    bench.opened()
    bench.time += 2 * HOUR_MS
    const late = { kind: 'intents', time: bench.time } as const
    const enter: EnterIntent = { kind: 'enter', symbol: 1, side: 1, stopDistance: 5, targetDistance: 0, reason: '' }
    expect(why(bench.feed({ ...late, intents: [enter] }))).toEqual(['refused stale-data'])
    expect(placed(bench.feed({ ...late, intents: [{ kind: 'exit', symbol: 0, reason: '' }] }))).toMatchObject([
      { purpose: 'close' },
    ])
  })

  it('funding counts once per instant, adjustments once per id', () => {
    const bench = new Bench()
    bench.opened()
    for (let k = 0; k < 2; k++) {
      bench.feed({ kind: 'funding', time: bench.time, symbol: 0, amount: -1.5 })
      bench.feed({ kind: 'adjustment', time: bench.time, id: 7, amount: 100 })
    }
    expect(bench.state.cash).toBeCloseTo(1000 - 0.1 - 1.5 + 100, 9)
    expect(bench.position!.funding).toBe(-1.5)
  })
})

describe('the venue’s word (D-30, D-31)', () => {
  it('a position found at start is adopted, counted and protected', () => {
    const bench = new Bench({ maxPositions: 1 })
    const out = bench.feed({
      kind: 'position',
      time: bench.time,
      symbol: 0,
      qty: -3,
      entryPrice: 101,
      leverage: 5,
      stopDistance: 4,
      targetDistance: 0,
    })
    expect(placed(out)).toMatchObject([{ purpose: 'stop', side: 1, qty: 3, price: 105 }])
    expect(why(bench.enter(1, { symbol: 1 }))).toEqual(['refused max-positions'])
  })
  it('one that is gone is booked at the mark', () => {
    const bench = new Bench()
    const [entry] = bench.opened()
    bench.bars(98, 100)
    const out = bench.feed({
      kind: 'position',
      time: bench.time,
      symbol: 0,
      qty: 0,
      entryPrice: 0,
      leverage: 5,
      stopDistance: 0,
      targetDistance: 0,
    })
    expect(out.closed[0]).toMatchObject({ reason: 'manual', exitPrice: 98, qty: entry.qty })
    expect(
      why(
        bench.feed({
          kind: 'position',
          time: bench.time,
          symbol: 0,
          qty: 0,
          entryPrice: 0,
          leverage: 5,
          stopDistance: 0,
          targetDistance: 0,
        }),
      ),
    ).toEqual([])
  })
})
