import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import {
  exitCode,
  LIQUIDATED,
  parseExchangeRules,
  parseLeverageBrackets,
  STAY,
  STOPPED,
  slipped,
  stopReference,
  TARGETED,
} from '@cointrader/backtest/venue/index'
import { liquidationPrice, maintenance } from '@cointrader/trading'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { shared } from '../replay/shared.js'

describe('exits inside a bar', () => {
  it('in order: liquidation by the open, the nearer of stop and liquidation, then the target', () => {
    expect(exitCode(1, 100, 103, 97, 95, 110, 90, 0)).toBe(STAY)
    expect(exitCode(1, 100, 120, 94, 95, 110, 90, 0)).toBe(STOPPED)
    expect(exitCode(1, 100, 120, 80, 95, 110, 90, 0)).toBe(STOPPED)
    expect(exitCode(1, 89, 120, 80, 95, 110, 90, 0)).toBe(LIQUIDATED)
    expect(exitCode(1, 100, 120, 80, 85, 110, 90, 0)).toBe(LIQUIDATED)
    expect(exitCode(1, 100, 110, 96, 95, 110, 90, 0)).toBe(TARGETED)
    expect(exitCode(1, 100, 110, 96, 95, 110, 90, 0.1)).toBe(STAY)
    expect(exitCode(1, 100, 110, 96, 0, 0, 0, 0)).toBe(STAY)
  })
  it('shorts are longs in the mirror', () => {
    const price = fc.integer({ min: 50, max: 150 })
    fc.assert(
      fc.property(
        price,
        price,
        price,
        price,
        price,
        price,
        fc.integer({ min: 0, max: 3 }),
        (o, a, b, stop, target, liquidation, through) => {
          const high = Math.max(o, a, b)
          const low = Math.min(o, a, b)
          const m = (x: number) => 200 - x
          expect(exitCode(-1, m(o), m(low), m(high), m(stop), m(target), m(liquidation), through)).toBe(
            exitCode(1, o, high, low, stop, target, liquidation, through),
          )
        },
      ),
      { numRuns: 3000 },
    )
  })
  it('a stop fills at the worse of level and open; slippage and rounding are against the trader', () => {
    expect([
      stopReference(1, 95, 96),
      stopReference(1, 95, 90),
      stopReference(-1, 95, 90),
      stopReference(-1, 95, 99),
    ]).toEqual([95, 90, 95, 99])
    expect(slipped(100, 1, 0.00101, 0.1)).toBe(100.2)
    expect(slipped(100, -1, 0.00101, 0.1)).toBe(99.8)
    expect(slipped(100, 1, 0, 0.1)).toBe(100)
  })
})

describe('payloads', () => {
  const brackets = shared('data/payloads/recorded/leverage-brackets/GET_fapi_v1_leverageBracket_2026-05.json.gz')
  it.skipIf(!brackets)('leverage brackets of the venue: every symbol, continuous maintenance', () => {
    const json: unknown = JSON.parse(gunzipSync(readFileSync(brackets!)).toString())
    const parsed = parseLeverageBrackets(json, 'leverageBracket')
    expect(parsed.size).toBe(676)
    const xrp = parsed.get('XRPUSDT')!
    expect(xrp).toHaveLength(11)
    expect(maintenance(xrp, 1_000_000)).toBeCloseTo(1_000_000 * 0.02 - 3735, 6)
    let jumps = 0
    for (const list of parsed.values()) {
      for (let k = 1; k < list.length; k++) {
        const { notionalFloor: at } = list[k]!
        const below = at * list[k - 1]!.maintMarginRatio - list[k - 1]!.cum
        const above = at * list[k]!.maintMarginRatio - list[k]!.cum
        if (Math.abs(below - above) > 1e-6 * at + 1e-6) jumps++
      }
    }
    console.log(`${jumps} of the venue's own bracket borders have a jump in maintenance`)
    // 1,000 XRP at 2 with leverage 10: (200 − 2000) / (1000 · (0.005 − 1)).
    expect(liquidationPrice(xrp, 1, 1000, 2, 200)).toBeCloseTo(1800 / 995, 12)
  })

  const info = shared('data/payloads/recorded/usdm-2021-07-22/rest/GET_fapi_v1_exchangeInfo.json')
  it.skipIf(!info)('exchange filters of the venue', () => {
    const rules = parseExchangeRules(JSON.parse(readFileSync(info!, 'utf8')), 'exchangeInfo')
    expect(rules.size).toBe(122)
    expect(rules.get('XRPUSDT')).toMatchObject({ tickSize: 0.0001, stepSize: 0.1, minQty: 0.1, minNotional: 5 })
    expect(rules.get('BTCUSDT')).toMatchObject({ tickSize: 0.01, stepSize: 0.001 })
    for (const r of rules.values()) expect(r.maxQty).toBeGreaterThan(r.minQty)
  })

  it('what has not the shape is named', () => {
    expect(() => parseLeverageBrackets({}, 'x')).toThrow('E_BAD_PAYLOAD')
    expect(() => parseLeverageBrackets([{ symbol: 'A', brackets: [{ initialLeverage: 'many' }] }], 'x')).toThrow(
      'A bracket 1',
    )
    expect(() => parseExchangeRules([], 'x')).toThrow('E_BAD_PAYLOAD')
    const odd = { symbols: [{ symbol: 'A', filters: [{ filterType: 'LOT_SIZE', stepSize: 'one' }] }] }
    expect(() => parseExchangeRules(odd, 'x')).toThrow('A LOT_SIZE.stepSize')
  })
})
