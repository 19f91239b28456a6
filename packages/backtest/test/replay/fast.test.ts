import { type BacktestResult, fastReason, prepare, runFast, runReference } from '@cointrader/backtest/replay/index'
import { describe, expect, it } from 'vitest'
import { randomCase } from './cases.js'

/** Everything but the name of the path. */
function comparable(result: BacktestResult): object {
  return { ...result, path: '' }
}

describe('fast path', () => {
  it('equals the reference path bit for bit on 12,000 random cases', () => {
    let ran = 0
    let trades = 0
    const reasons = new Set<number>()
    const refusals = new Set<string>()
    let stopped = 0
    let liquidated = 0
    for (let seed = 0; ran < 12_000; seed++) {
      const prepared = prepare(randomCase(seed))
      if (fastReason(prepared) !== null) continue
      ran++
      const fast = runFast(prepared)
      const reference = runReference(prepared)
      if (!same(fast, reference)) expect(comparable(fast), `case ${seed}`).toEqual(comparable(reference))
      trades += fast.trades.count
      for (const r of fast.trades.reason) reasons.add(r)
      for (const r of Object.keys(fast.refusals)) refusals.add(r)
      if (fast.stopped) stopped++
      liquidated += fast.costs.liquidations
    }
    console.log(
      `${ran} cases, ${trades} trades, ${stopped} stopped, ${liquidated} liquidations, refusals: ${[...refusals].sort().join(' ')}`,
    )
    // The cases reach the corners: every way out that one symbol without an operator has, and most gates.
    expect(reasons.size).toBeGreaterThanOrEqual(7)
    expect(refusals.size).toBeGreaterThanOrEqual(15)
  })
})

/** Deep equality of plain data, NaN equal to NaN, typed arrays by value; several times faster than a matcher. */
function same(a: BacktestResult, b: BacktestResult): boolean {
  return equal(comparable(a), comparable(b))
}

function equal(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  if (ArrayBuffer.isView(a)) {
    const x = a as unknown as ArrayLike<number>
    const y = b as unknown as ArrayLike<number>
    if (x.length !== y.length) return false
    for (let i = 0; i < x.length; i++) if (!Object.is(x[i], y[i])) return false
    return true
  }
  const keys = Object.keys(a)
  if (keys.length !== Object.keys(b).length) return false
  return keys.every((k) => equal((a as Record<string, unknown>)[k], (b as Record<string, unknown>)[k]))
}
