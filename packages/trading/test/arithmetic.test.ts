/** Rounding, margin, sizing and kill rules: the arithmetic that backtest and live share. */
import {
  bankruptcyPrice,
  bracketOf,
  ceilTo,
  DEFAULT_KILL,
  entrySize,
  FLAT_BRACKETS,
  floorTo,
  killReason,
  LOOSE_RULES,
  leverageFor,
  liquidationPrice,
  maintenance,
  makeConfig,
  newKill,
  notionalCap,
  PORTFOLIO_DEFAULTS,
  protectiveLevel,
  rearmDue,
  recordTrade,
  resetKill,
  roundAgainst,
  roundTo,
  type SizeInput,
  wantedNotional,
} from '@cointrader/trading'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

describe('rounding to steps', () => {
  it('is exact for decimal steps and tolerant of float noise', () => {
    expect(floorTo(0.3, 0.1)).toBe(0.3)
    expect(floorTo(0.1 + 0.2, 0.1)).toBe(0.3)
    expect(floorTo(0.7 / 0.1 / 10, 0.1)).toBe(0.7)
    expect(floorTo(12.349, 0.01)).toBe(12.34)
    expect(ceilTo(100 * 1.001, 0.1)).toBe(100.1)
    expect(ceilTo(100.1001, 0.1)).toBe(100.2)
    expect(floorTo(17, 5)).toBe(15)
    expect(roundTo(1.005, 0.01)).toBe(1)
    expect(floorTo(1.23456, 0)).toBe(1.23456)
    expect(roundAgainst(1.2345, 1, 0.001)).toBe(1.235)
    expect(roundAgainst(1.2345, -1, 0.001)).toBe(1.234)
    expect(protectiveLevel(1, -2, 0.01)).toBe(0.01)
  })
  it('floor ≤ x ≤ ceil, a step apart, and whole steps stay', () => {
    const step = fc.constantFrom(1, 0.1, 0.01, 0.001, 0.0001, 0.00001, 0.05, 0.5, 5, 10)
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1e7 }), fc.double({ min: 0, max: 1, noNaN: true }), step, (n, part, s) => {
        const x = (n + part) * s
        const low = floorTo(x, s)
        const high = ceilTo(x, s)
        expect(low).toBeLessThanOrEqual(x * (1 + 1e-8) + 1e-12)
        expect(high).toBeGreaterThanOrEqual(x * (1 - 1e-8) - 1e-12)
        expect(high - low).toBeLessThan(s * 1.0000001)
        expect(floorTo(low, s)).toBe(low)
        expect(ceilTo(low, s)).toBe(low)
        expect(floorTo(n * s, s)).toBeCloseTo(n * s, 9)
      }),
      { numRuns: 2000 },
    )
  })
})

const TIERS = [
  { initialLeverage: 100, notionalCap: 40_000, notionalFloor: 0, maintMarginRatio: 0.005, cum: 0 },
  { initialLeverage: 75, notionalCap: 80_000, notionalFloor: 40_000, maintMarginRatio: 0.006, cum: 40 },
  { initialLeverage: 50, notionalCap: 150_000, notionalFloor: 80_000, maintMarginRatio: 0.01, cum: 360 },
]

describe('margin', () => {
  it('brackets: maintenance is continuous, caps follow leverage', () => {
    expect(maintenance(TIERS, 40_000)).toBe(200)
    expect(maintenance(TIERS, 40_000 + 1e-6)).toBeCloseTo(200, 6)
    expect(maintenance(TIERS, 100_000)).toBe(640)
    expect(notionalCap(TIERS, 60)).toBe(80_000)
    expect(notionalCap(TIERS, 101)).toBe(0)
    expect(bracketOf(TIERS, 1e9)).toBe(TIERS[2])
  })
  it('at the liquidation price the margin left equals the maintenance margin', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(1 as const, -1 as const),
        fc.double({ min: 100, max: 100_000, noNaN: true }),
        fc.integer({ min: 2, max: 100 }),
        (side, notional, leverage) => {
          const entry = 2
          const qty = notional / entry
          const margin = notional / leverage
          const price = liquidationPrice(TIERS, side, qty, entry, margin)
          if (price === 0) return
          const left = margin + side * qty * (price - entry)
          const needed = maintenance(TIERS, qty * price)
          expect(left).toBeCloseTo(needed, 4)
          // Bankruptcy lies beyond liquidation.
          expect(side * (price - bankruptcyPrice(side, qty, entry, margin))).toBeGreaterThan(-1e-9)
        },
      ),
      { numRuns: 1000 },
    )
  })
  it('a long whose margin covers everything cannot be liquidated', () => {
    expect(liquidationPrice(FLAT_BRACKETS, 1, 10, 100, 1000)).toBe(0)
    expect(liquidationPrice(FLAT_BRACKETS, -1, 10, 100, 1000)).toBeCloseTo(200 / 1.025, 9)
  })
})

describe('sizing', () => {
  const x: SizeInput = { equity: 1000, free: 1000, price: 2, side: 1, stopDistance: 0.1, targetDistance: 0.1 }
  it('dynamic margin (TB-05.4): the ratio falls with growth, from clamp to clamp, on like and like (D-28)', () => {
    const config = makeConfig(['A', 'B'])
    expect(wantedNotional(config, x, 10)).toBe(500 * 0.5 * 10)
    expect(wantedNotional(config, { ...x, equity: 1100, free: 1100 }, 10)).toBeCloseTo(550 * 0.44 * 10, 9)
    expect(wantedNotional(config, { ...x, equity: 5000, free: 5000 }, 10)).toBe(2500 * 0.2 * 10)
    expect(wantedNotional(config, { ...x, equity: 500, free: 500 }, 10)).toBe(250 * 0.5 * 10)
    expect(wantedNotional(config, { ...x, free: 100 }, 10)).toBe(100 * 0.5 * 10)
  })
  it('fixed risk loses the stated share at the stop, fees included', () => {
    const config = makeConfig(['A'], { sizing: { kind: 'fixed-risk', risk: 0.02 } })
    const { qty } = entrySize(config, LOOSE_RULES, x)
    expect(qty * (0.1 + 2 * 0.0005 * 2)).toBeCloseTo(20, 9)
    expect(entrySize(config, LOOSE_RULES, { ...x, stopDistance: 0 }).reason).toBe('no-stop-for-risk')
  })
  it('refuses or cuts by the venue’s rules, with the reason', () => {
    const share = (s: number) => makeConfig(['A'], { sizing: { kind: 'fixed-share', share: s }, leverage: 5 })
    const rules = { ...LOOSE_RULES, stepSize: 1, minQty: 3, minNotional: 10, maxQty: 400 }
    expect(entrySize(share(1), rules, x)).toMatchObject({ qty: 400, reason: 'capped-quantity' })
    expect(entrySize(share(0.0049), rules, x).reason).toBe('min-quantity')
    expect(entrySize(share(0.008), rules, x).reason).toBe('min-notional')
    expect(entrySize(share(9), { ...rules, maxQty: 1e9 }, x)).toMatchObject({ reason: 'capped-margin', qty: 2487 })
    expect(
      entrySize(share(9), { ...rules, maxQty: 1e9, brackets: [{ ...TIERS[0]!, notionalCap: 700 }] }, x),
    ).toMatchObject({ qty: 350, reason: 'capped-bracket' })
    expect(entrySize(share(1), rules, { ...x, free: 0 }).reason).toBe('margin')
    expect(entrySize(share(1), rules, { ...x, stopDistance: 2 }).reason).toBe('bad-protection')
    expect(entrySize(share(1), rules, { ...x, side: -1, targetDistance: 3 }).reason).toBe('bad-protection')
    const limit = makeConfig(['A'], { targetOrder: 'limit' })
    expect(entrySize(limit, { ...rules, percentUp: 1.01 }, x).reason).toBe('percent-price')
    expect(leverageFor(makeConfig(['A'], { leverage: 120 }), { ...rules, brackets: TIERS })).toBe(100)
  })
  it('never asks for more margin than is free', () => {
    fc.assert(
      fc.property(
        fc.record({
          equity: fc.double({ min: 1, max: 1e6, noNaN: true }),
          part: fc.double({ min: 0, max: 1, noNaN: true }),
          price: fc.double({ min: 1e-4, max: 1e5, noNaN: true }),
          share: fc.double({ min: 0.01, max: 200, noNaN: true }),
          leverage: fc.integer({ min: 1, max: 125 }),
        }),
        ({ equity, part, price, share, leverage }) => {
          const config = makeConfig(['A'], {
            sizing: { kind: 'fixed-share', share },
            leverage,
            refuseStopBeyondLiquidation: false,
          })
          const free = equity * part
          const { qty, leverage: used } = entrySize(config, LOOSE_RULES, {
            equity,
            free,
            price,
            side: 1,
            stopDistance: price / 10,
            targetDistance: 0,
          })
          expect((qty * price) / used + 2 * config.takerFee * qty * price).toBeLessThanOrEqual(free * (1 + 1e-9))
        },
      ),
    )
  })
})

describe('kill switch (TB-05.6)', () => {
  it('eight losses in a row; zero is not a loss here', () => {
    expect(killReason(Array(8).fill(-1), DEFAULT_KILL)).toBe('losses')
    expect(killReason([...Array(7).fill(-1), 0], DEFAULT_KILL)).toBe('')
    expect(killReason(Array(7).fill(-1), DEFAULT_KILL)).toBe('')
  })
  it('profit factor of the last fifteen; no losses never kill', () => {
    const good = [...Array(10).fill(1), ...Array(5).fill(-2.6)]
    expect(killReason(good, DEFAULT_KILL)).toBe('')
    expect(killReason([...Array(10).fill(1), ...Array(5).fill(-2.7)], DEFAULT_KILL)).toBe('profit-factor')
    expect(killReason(Array(15).fill(1), DEFAULT_KILL)).toBe('')
    // 10 / 13.33… is exactly 0.75: not below.
    expect(killReason([...Array(12).fill(1), -8, -4, -4], DEFAULT_KILL)).toBe('')
  })
  it('keeps what it looks at, stays killed, resets with an empty history (D-38)', () => {
    const kill = newKill()
    for (let k = 0; k < 30; k++) recordTrade(kill, -1, DEFAULT_KILL, 100 + k)
    expect(kill).toMatchObject({ killedAt: 107, reason: 'losses' })
    expect(kill.history).toHaveLength(15)
    resetKill(kill)
    expect(recordTrade(kill, -1, DEFAULT_KILL, 200)).toBe(false)
    expect(kill.killedAt).toBe(0)
    const rule = { ...DEFAULT_KILL, rearmAfterMs: 10 }
    kill.killedAt = 100
    expect([rearmDue(kill, rule, 109), rearmDue(kill, rule, 110), rearmDue(kill, DEFAULT_KILL, 1e9)]).toEqual([
      false,
      true,
      false,
    ])
    kill.reason = 'operator'
    expect(rearmDue(kill, rule, 1e9)).toBe(false)
  })
})

describe('makeConfig', () => {
  it('names every wrong setting at once', () => {
    const wrong = { leverage: 0, maxDailyLoss: 2, sizing: { kind: 'fixed-risk', risk: 0 }, unknownThing: 1 } as const
    expect(() => makeConfig(['B', 'A'], wrong)).toThrow(/unknownThing.*ascending.*leverage.*sizing.*maxDailyLoss/)
  })
  it('a book of many symbols has a drawdown limit', () => {
    expect(makeConfig(['A'], {}, PORTFOLIO_DEFAULTS)).toMatchObject({
      maxDrawdown: 0.3,
      maxPositions: null,
      marginMode: 'cross',
    })
  })
})
