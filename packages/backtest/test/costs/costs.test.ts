import {
  compileFunding,
  DEFAULT_COSTS,
  feeModel,
  fixedSlippage,
  fundingAmount,
  NO_FUNDING,
  volatilitySlippage,
  volumeShareSlippage,
} from '@cointrader/backtest/costs/index'
import { HOUR_MS } from '@cointrader/core'
import type { BarSet } from '@cointrader/strategies'
import { describe, expect, it } from 'vitest'
import { bar, barsOf, T0 } from '../replay/small.js'

const bars: BarSet = barsOf({
  A: [bar(100, 101), [101, 104, 100, 102, 50], bar(102), null, bar(102)],
  B: Array.from({ length: 5 }, () => bar(10)),
})

describe('slippage', () => {
  it('fixed: stops pay more', () => {
    const slip = fixedSlippage(2, 5).compile(bars)
    expect([slip(0, 1, 1, 'market'), slip(0, 1, 1, 'target'), slip(0, 1, 1, 'stop')]).toEqual([0.0002, 0.0002, 0.0005])
  })
  it('volatility: the mean range of the bars before, not of the bar itself; a missing bar is passed over', () => {
    const slip = volatilitySlippage(0.5, 2, 1, 3).compile(bars)
    const first = 1 / 101
    const second = 4 / 102
    expect(slip(0, 0, 1, 'market')).toBe(0.0001)
    expect(slip(0, 1, 1, 'market')).toBeCloseTo(0.5 * first, 12)
    expect(slip(0, 2, 1, 'stop')).toBeCloseTo((3 * 0.5 * (first + second)) / 2, 12)
    expect(slip(0, 4, 1, 'market')).toBe(0.0001)
  })
  it('volume share: the root of what is taken of the bar; no volume is the worst', () => {
    const slip = volumeShareSlippage(1, 50, 3).compile(bars)
    expect(slip(0, 1, 0.5, 'market')).toBeCloseTo(1e-4 * (1 + 50 * 0.1), 12)
    expect(slip(0, 1, 5000, 'stop')).toBeCloseTo(1e-4 * 54, 12)
    expect(slip(0, 3, 1, 'market')).toBeCloseTo(1e-4 * 51, 12)
  })
})

describe('funding', () => {
  const series = (...at: [number, number][]) => ({
    times: Float64Array.from(at, (x) => x[0]),
    rates: Float64Array.from(at, (x) => x[1]),
  })
  it('lays stamps with milliseconds on the bar they mean, once, inside the range only', () => {
    const rates = new Map([
      [
        'A',
        series(
          [T0 - HOUR_MS, 9],
          [T0 + HOUR_MS + 13, 1],
          [T0 + HOUR_MS + 20, 2],
          [T0 + 2.5 * HOUR_MS, 3],
          [T0 + 5 * HOUR_MS, 4],
        ),
      ],
    ])
    const { plans, absent } = compileFunding({ kind: 'recorded', rates }, bars, 0, 5)
    expect(plans[0]).toEqual({
      bar: Int32Array.of(1, 2),
      time: Float64Array.of(T0 + HOUR_MS, T0 + 2.5 * HOUR_MS),
      rate: Float64Array.of(1, 3),
      atOpen: Uint8Array.of(1, 0),
    })
    expect(absent).toEqual(['B'])
  })
  it('names symbols without rates, and symbols whose rates have gaps', () => {
    const long = barsOf({ A: Array.from({ length: 48 }, () => bar(1)), B: Array.from({ length: 48 }, () => bar(1)) })
    const every8 = Array.from({ length: 6 }, (_, k): [number, number] => [T0 + (4 + 8 * k) * HOUR_MS, 0.0001])
    const rates = new Map([
      ['A', series(...every8)],
      ['B', series(...every8.filter((_, k) => k !== 3))],
    ])
    expect(compileFunding({ kind: 'recorded', rates }, long, 0, 48)).toMatchObject({ absent: [], partial: ['B'] })
    expect(compileFunding(NO_FUNDING, long, 0, 48).absent).toEqual(['A', 'B'])
  })
  it('longs pay positive rates, shorts receive; assumed rates cost both', () => {
    expect(fundingAmount(1, 2, 100, 0.01, false)).toBe(-2)
    expect(fundingAmount(-1, 2, 100, 0.01, false)).toBe(2)
    expect(fundingAmount(-1, 2, 100, 0.01, true)).toBe(-2)
    const { describe: text, bothPay } = compileFunding(
      { kind: 'assumed', rate: 0.0001, intervalMs: 8 * HOUR_MS },
      bars,
      0,
      5,
    )
    expect(bothPay).toBe(true)
    expect(text).toBe('assumed: both sides pay 0.01 % every 8 h')
  })
})

it('defaults are named and cautious', () => {
  expect(DEFAULT_COSTS.fees).toEqual(feeModel(0.0002, 0.0005))
  expect(DEFAULT_COSTS.fees.describe).toBe('maker 0.02 %, taker 0.05 % of notional')
  expect(DEFAULT_COSTS.slippage.describe).toBe('fixed: 0.02 % market orders, 0.05 % stops')
  expect(DEFAULT_COSTS).toMatchObject({ lag: 1, throughTicks: 1 })
})
