/** The comparison itself: what the golden tests rely on must see a difference. */
import { describe, expect, it } from 'vitest'
import { differences, documentTolerance, firstDifference } from './shared.js'

describe('comparison with golden documents', () => {
  const document = (change: object = {}, passed = true) => ({
    summary: { a: 1, b: Number.POSITIVE_INFINITY },
    trades: [
      { symbol: 'A', net_pnl: 1 },
      { symbol: 'B', net_pnl: 2, indicators: { rsi: 50 }, ...change },
    ],
    validation: { overall: 'PASS', checks: [{ name: 'x', passed, level: 'FAIL', message: `${passed}` }] },
  })

  it('sees none where there is none, whatever the messages say', () => {
    const other = document()
    other.validation.checks[0]!.message = 'in other words'
    expect(firstDifference(document(), other)).toBeUndefined()
  })

  it('names the first differing trade and field', () => {
    expect(firstDifference(document({ net_pnl: 2.000001 }), document())).toMatch(
      /1 differences; first trade 1, field net_pnl/,
    )
    expect(firstDifference(document({ extra: null }), document())).toMatch(/first trade 1/)
    expect(firstDifference(document({}, false), document())).toMatch(/validation.checks.0.passed: false, golden true/)
  })

  it('counts order of keys, length, types and the tolerance of indicators', () => {
    expect(differences({ a: 1, b: 2 }, { b: 2, a: 1 })).toHaveLength(1)
    expect(differences([1], [1, 2])).toHaveLength(1)
    expect(differences([], {})).toHaveLength(1)
    expect(differences(null, 0)).toHaveLength(1)
    expect(differences(Number.POSITIVE_INFINITY, 1)).toHaveLength(1)
    const rsi = (value: number) => document({ indicators: { rsi: value } })
    expect(differences(rsi(50 * (1 + 5e-10)), rsi(50), documentTolerance)).toEqual([])
    expect(differences(rsi(50 * (1 + 5e-9)), rsi(50), documentTolerance)).toHaveLength(1)
    expect(differences(rsi(Number.NaN), rsi(50), documentTolerance)).toHaveLength(1)
  })
})
