/** Property tests of the numbered invariants in `core.ts`. */
import { DAY_MS, HOUR_MS, type Random, seededRandom } from '@cointrader/core'
import type { Intent } from '@cointrader/strategies'
import {
  apply,
  type Command,
  cloneState,
  equity,
  makeConfig,
  newOutput,
  newState,
  restore,
  snapshot,
  step,
  type TradingConfig,
  type TradingEvent,
  type TradingState,
} from '@cointrader/trading'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { broken } from './invariants.js'
import { NastyExchange } from './nasty.js'

const SYMBOLS = ['AAAUSDT', 'BBBUSDT', 'CCCUSDT']
const START = Date.UTC(2026, 0, 1)

function config(random: Random): TradingConfig {
  const kill = { losses: 3, trades: 6, profitFactor: 0.75, rearmAfterMs: random.next() < 0.5 ? 6 * HOUR_MS : null }
  return makeConfig(SYMBOLS, {
    leverage: 1 + random.int(20),
    maxPositions: 1 + random.int(3),
    maxSameDirection: 1 + random.int(3),
    maxDailyLoss: random.next() < 0.5 ? 0.05 : null,
    maxDrawdown: random.next() < 0.7 ? 0.3 : null,
    killSymbol: random.next() < 0.5 ? kill : null,
    killPortfolio: random.next() < 0.5 ? kill : null,
    protectionAttempts: 1 + random.int(3),
    maxDataAgeMs: DAY_MS,
    refuseStopBeyondLiquidation: false,
    sizing:
      random.next() < 0.5
        ? { kind: 'fixed-risk', risk: 0.05 }
        : { kind: 'dynamic-margin', max: 0.5, min: 0.2, decay: 0 },
  })
}

function someIntents(random: Random, prices: readonly number[]): Intent[] {
  const symbol = random.int(SYMBOLS.length)
  const side = random.next() < 0.5 ? 1 : -1
  const price = prices[symbol]!
  const kind = random.next()
  if (kind < 0.55) {
    const stopDistance = random.next() < 0.85 ? price * 0.02 * (0.5 + random.next()) : 0
    const targetDistance = random.next() < 0.7 ? price * 0.03 : 0
    const exitAfterMs = random.next() < 0.2 ? 2 * HOUR_MS : 0
    return [
      {
        kind: 'enter',
        symbol,
        side,
        stopDistance,
        targetDistance,
        exitAfterMs,
        reverse: random.next() < 0.8,
        reason: 'x',
      },
    ]
  }
  if (kind < 0.65) return [{ kind: 'exit', symbol, reason: 'x' }]
  if (kind < 0.75) return [{ kind: 'protect', symbol, stop: price * (1 - side * 0.01), target: 0, reason: 'x' }]
  return SYMBOLS.map((_, s) => ({
    kind: 'target',
    symbol: s,
    weight: random.next() < 0.3 ? 0 : random.normal() * 0.3,
    reason: 'x',
  }))
}

/** Records by which the core asks for a reconciliation with the venue. */
const LOST_TRACK: ReadonlySet<string> = new Set(['excess-fill', 'stale-fill', 'unknown-order'])

interface Run {
  readonly state: TradingState
  readonly log: TradingEvent[]
  readonly exchange: NastyExchange
  readonly problems: string[]
  /** Notes that ask for a reconciliation: the core has said that it lost track. */
  readonly lostTrack: boolean
}

/** Runs `steps` random happenings; `check` sees every event. */
function nastyRun(seed: string, steps: number, refusals: number): Run {
  const random = seededRandom(seed)
  const state = newState(config(random))
  const prices = SYMBOLS.map((_, s) => 10 ** s)
  const exchange = new NastyExchange(SYMBOLS.length, random.fork('exchange'), refusals, prices)
  const known = new Set<number>()
  const log: TradingEvent[] = []
  const problems: string[] = []
  let time = START
  let lostTrack = false
  const feed = (event: TradingEvent): void => {
    if (problems.length > 0) return
    log.push(event)
    const out = newOutput()
    apply(state, event, out)
    for (const found of broken(state, out, known))
      problems.push(`event ${log.length} ${JSON.stringify(event)}: ${found}`)
    if (out.decisions.some((d) => LOST_TRACK.has(d.reason))) lostTrack = true
    for (const command of out.commands) exchange.take(command, time)
  }
  const deliver = (k: number): void => {
    const [event] = exchange.wire.splice(k, 1)
    if (event !== undefined) feed(event)
  }
  const bar = (): void => {
    time += HOUR_MS
    for (let s = 0; s < prices.length; s++) prices[s]! *= Math.exp(random.normal() * 0.01)
    feed({ kind: 'bars', time, close: [...prices] })
  }
  bar()
  for (let k = 0; k < steps && problems.length === 0; k++) {
    const what = random.next()
    if (what < 0.45 && exchange.wire.length > 0) {
      // Mostly in order, sometimes not.
      deliver(random.next() < 0.75 ? 0 : random.int(exchange.wire.length))
    } else if (what < 0.6) exchange.happen(time)
    else if (what < 0.75) feed({ kind: 'intents', time, intents: someIntents(random, prices) })
    else if (what < 0.85) bar()
    else if (what < 0.88) feed({ kind: 'funding', time, symbol: random.int(3), amount: random.normal() })
    else if (what < 0.9) feed({ kind: 'adjustment', time, id: random.int(5), amount: 10 * random.normal() })
    else if (what < 0.92) {
      const action = (['kill', 'reset', 'halt', 'resume', 'close'] as const)[random.int(5)]!
      feed({ kind: 'operator', time, action, symbol: random.int(4) - 1 })
    } else if (what < 0.95) feed({ kind: 'mark', time, symbol: random.int(3), price: prices[random.int(1)]! })
    else if (log.length > 0) feed(log[random.int(log.length)]!)
  }
  // Let everything settle: the exchange works off its orders and the wire is delivered in order.
  for (let k = 0; k < 40 && problems.length === 0; k++) {
    exchange.finish(time)
    while (exchange.wire.length > 0 && problems.length === 0) deliver(0)
  }
  return { state, log, exchange, problems, lostTrack }
}

describe('invariants 1–4 after every event', () => {
  it('hold against an exchange that is late, out of order, repetitive and refuses', () => {
    let orders = 0
    let closes = 0
    fc.assert(
      fc.property(fc.nat(), fc.constantFrom(0, 0.1, 0.5), (seed, refusals) => {
        const run = nastyRun(`nasty ${seed}`, 250, refusals)
        expect(run.problems).toEqual([])
        orders += run.state.nextOrder
        closes += run.log.length
      }),
      { numRuns: 600 },
    )
    console.log(`600 runs: ${orders} orders, ${closes} events`)
  })

  it('hold against events that make no sense at all', () => {
    const id = fc.integer({ min: 0, max: 12 })
    const symbol = fc.integer({ min: 0, max: 2 })
    const time = fc.integer({ min: START, max: START + 3 * DAY_MS })
    const price = fc.double({ min: 0.5, max: 2, noNaN: true })
    const qty = fc.double({ min: 0.001, max: 500, noNaN: true })
    const event: fc.Arbitrary<TradingEvent> = fc.oneof(
      fc.record({
        kind: fc.constant('bars' as const),
        time,
        close: fc.array(fc.oneof(price, fc.constant(Number.NaN)), { minLength: 3, maxLength: 3 }),
      }),
      fc.record({
        kind: fc.constant('fill' as const),
        time,
        symbol,
        orderId: id,
        tradeId: id,
        qty,
        price,
        fee: fc.double({ min: 0, max: 1, noNaN: true }),
      }),
      fc.record({
        kind: fc.constant('order' as const),
        time,
        symbol,
        orderId: id,
        outcome: fc.constantFrom('accepted', 'refused', 'cancelled', 'expired', 'unknown', 'cancel-refused'),
      }),
      fc.record({
        kind: fc.constant('intents' as const),
        time,
        intents: fc.array(
          fc.record({
            kind: fc.constant('enter' as const),
            symbol: fc.integer({ min: -1, max: 3 }),
            side: fc.constantFrom(1 as const, -1 as const),
            stopDistance: fc.constantFrom(0.01, 0.02, Number.NaN),
            targetDistance: fc.constantFrom(0, 0.05),
            reason: fc.constant('x'),
          }),
          { maxLength: 3 },
        ),
      }),
    )
    fc.assert(
      fc.property(fc.array(event, { maxLength: 60 }), (events) => {
        const state = newState(makeConfig(SYMBOLS, { maxDataAgeMs: 10 * DAY_MS }))
        const known = new Set<number>()
        for (const e of events) {
          const out = newOutput()
          apply(state, e, out)
          expect(broken(state, out, known)).toEqual([])
        }
      }),
      { numRuns: 1500 },
    )
  })
})

it('once all news is in, the core holds what the exchange holds, or has said that it lost track and can be told', () => {
  let compared = 0
  fc.assert(
    fc.property(fc.nat(), (seed) => {
      const { state, exchange, lostTrack, problems } = nastyRun(`truth ${seed}`, 200, 0.05)
      expect(problems).toEqual([])
      if (lostTrack) {
        for (const [s, qty] of exchange.truth.entries()) {
          const told = {
            symbol: s,
            qty,
            entryPrice: exchange.prices[s]!,
            leverage: 5,
            stopDistance: 1,
            targetDistance: 0,
          }
          const out = newOutput()
          const known = new Set(Array.from({ length: state.nextDecision }, (_, k) => k))
          apply(state, { kind: 'position', time: state.time, ...told }, out)
          expect(broken(state, out, known)).toEqual([])
        }
      } else compared++
      for (const [s, { position }] of state.symbols.entries()) {
        const held = position === null ? 0 : position.side * position.qty
        expect(Math.abs(held - exchange.truth[s]!)).toBeLessThan(1e-6 * (1 + Math.abs(held)))
      }
    }),
    { numRuns: 400 },
  )
  console.log(`${compared} of 400 runs compared`)
  expect(compared).toBeGreaterThan(200)
})

describe('invariant 5: the same news twice changes nothing', () => {
  it('for fills, outcomes, funding and adjustments', () => {
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        const { log } = nastyRun(`twice ${seed}`, 120, 0.1)
        const state = newState(config(seededRandom(`twice ${seed}`)))
        for (const event of log) {
          apply(state, event, newOutput())
          if (event.kind !== 'fill' && event.kind !== 'funding' && event.kind !== 'adjustment') continue
          const before = snapshot(state)
          const out = newOutput()
          apply(state, event, out)
          expect(snapshot(state)).toBe(before)
          expect(out).toEqual(newOutput())
        }
      }),
      { numRuns: 150 },
    )
  })
})

describe('invariant 8', () => {
  it('step leaves its arguments as they are and equals apply; snapshots round-trip; replay gives the same state', () => {
    fc.assert(
      fc.property(fc.nat(), fc.nat({ max: 119 }), (seed, cut) => {
        const { log, state: end } = nastyRun(`replay ${seed}`, 120, 0.1)
        const owned = newState(config(seededRandom(`replay ${seed}`)))
        let stored = snapshot(owned)
        const commands: Command[] = []
        let after: Command[] = []
        for (const [k, event] of log.entries()) {
          const before = snapshot(owned)
          const frozen = JSON.stringify(event)
          const pure = step(owned, event)
          expect(snapshot(owned)).toBe(before)
          expect(JSON.stringify(event)).toBe(frozen)
          const out = newOutput()
          apply(owned, event, out)
          expect(pure.commands).toEqual(out.commands)
          expect(snapshot(pure.state)).toBe(snapshot(owned))
          commands.push(...out.commands)
          if (k === cut) {
            stored = snapshot(owned)
            after = []
          } else after.push(...out.commands)
        }
        expect(snapshot(owned)).toBe(snapshot(end))
        const again = restore(stored)
        expect(snapshot(again)).toBe(stored)
        const replayed: Command[] = []
        for (const event of log.slice(cut < log.length ? cut + 1 : 0)) {
          const out = newOutput()
          apply(again, event, out)
          replayed.push(...out.commands)
        }
        expect(snapshot(again)).toBe(snapshot(owned))
        expect(replayed).toEqual(after)
      }),
      { numRuns: 60 },
    )
  })

  it('refuses what is no snapshot', () => {
    expect(() => restore('{}')).toThrow('E_FILE_CORRUPT')
    expect(() => restore('no')).toThrow('E_FILE_CORRUPT')
  })

  it('a clone is independent', () => {
    const state = newState(makeConfig(SYMBOLS))
    const copy = cloneState(state)
    apply(copy, { kind: 'adjustment', time: START, id: 1, amount: 5 }, newOutput())
    expect(equity(state)).toBe(1000)
    expect(equity(copy)).toBe(1005)
  })
})
