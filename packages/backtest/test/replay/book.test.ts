/**
 * A book of ten bars computed by hand: fees, funding, a partial fill, rounding, a gap through the stop, a liquidation and
 * a refusal by minimum notional. Numbers in the comments are the hand's.
 */
import { feeModel, fixedSlippage } from '@cointrader/backtest/costs/index'
import { runBacktest, tradeRows } from '@cointrader/backtest/replay/index'
import { HOUR_MS } from '@cointrader/core'
import { LOOSE_RULES } from '@cointrader/trading'
import { expect, it } from 'vitest'
import { small, T0 } from './small.js'

it('a book of ten bars equals the hand’s', () => {
  const input = small(
    {
      XUSDT: [
        [99.5, 100, 99.4, 99.9],
        [100, 101, 99, 100.5, 30],
        [100.4, 101.5, 100, 101, 100],
        [101, 102.5, 100.5, 102],
        [102, 103, 101, 101.5],
        [93, 94, 92.5, 93],
        [93.2, 95, 92, 94],
        [95, 102, 94, 100],
        [100, 101, 99, 100],
        [100, 101, 99, 100],
      ],
    },
    {
      XUSDT: [
        { at: 0, side: 1, stop: 5, target: 20 },
        { at: 5, side: -1, stop: 30, target: 10 },
        { at: 7, side: 1, stop: 5, target: 20 },
      ],
    },
    {
      sizing: { kind: 'fixed-share', share: 2 },
      leverage: 10,
      takerFee: 0.001,
      refuseStopBeyondLiquidation: false,
      rules: [
        {
          ...LOOSE_RULES,
          tickSize: 0.1,
          stepSize: 0.01,
          minQty: 0.01,
          minNotional: 1500,
          brackets: [{ initialLeverage: 20, notionalCap: 1e6, notionalFloor: 0, maintMarginRatio: 0.01, cum: 0 }],
        },
      ],
    },
    {
      fees: feeModel(0.0002, 0.001),
      slippage: fixedSlippage(10, 20),
      participation: 0.5,
      funding: {
        kind: 'recorded',
        rates: new Map([['XUSDT', { times: Float64Array.of(T0 + 4 * HOUR_MS + 3), rates: Float64Array.of(0.001) }]]),
      },
    },
    { record: 'full' },
  )
  const result = runBacktest(input)
  const [long, short, ...rest] = tradeRows(result)
  expect(rest).toEqual([])

  // 2000 / 99.9 = 20.02002… → 20.02. Half of 30 fills at 100 · 1.001 = 100.1; 5.02 at 100.4 · 1.001 = 100.5004 → 100.6.
  expect(result.record!.fills.map((f) => [f.side, f.qty, f.price])).toEqual([
    [1, 15, 100.1],
    [1, expect.closeTo(5.02, 12), 100.6],
    [-1, expect.closeTo(20.02, 12), 92.8],
    [-1, 18.18, 93.1],
    [1, 18.18, expect.closeTo(102.41, 12)],
  ])
  // The stop stands at 95.1 after the first fill and moves to 95.2 (100.22537 − 5) with the mean entry.
  expect(
    result
      .record!.orders.filter((o) => o.purpose === 'stop' && ['placed', 'replace', 'cancel'].includes(o.what))
      .map((o) => [o.what, o.price]),
  ).toEqual([
    ['placed', 95.1],
    ['replace', 95.2],
    ['placed', 123.1],
    ['cancel', 123.1],
  ])
  expect(long).toMatchObject({
    side: 1,
    entryTime: T0 + HOUR_MS,
    // Opens at 93, below the stop: 93 · 0.998 = 92.814 → 92.8.
    exitTime: T0 + 6 * HOUR_MS - 1,
    exitPrice: 92.8,
    stop: 95.1,
    target: 120.1,
    reason: 'stop',
    bars: 5,
  })
  // 2006.512 / 20.02; 1857.856 − 2006.512; 1.5015 + 0.505012; 92.8 · 20.02 / 1000; 20.02 · 102 / 1000.
  expect(long!.entryPrice).toBeCloseTo(100.22537462537463, 10)
  expect(long!.grossPnl).toBeCloseTo(-148.656, 9)
  expect(long!.entryFee).toBeCloseTo(2.006512, 12)
  expect(long!.exitFee).toBeCloseTo(1.857856, 12)
  expect(long!.funding).toBeCloseTo(-2.04204, 12)
  expect(long!.netPnl).toBeCloseTo(-154.562408, 9)
  // (100.1 − 100) · 15 + (100.6 − 100.4) · 5.02 + (93 − 92.8) · 20.02
  expect(long!.slippageCost).toBeCloseTo(1.5 + 1.004 + 4.004, 9)

  // 845.437592 · 2 / 93 = 18.1814… → 18.18 at 93.2 · 0.999 = 93.1068 → 93.1; margin 169.2558;
  // liquidation at (169.2558 + 1692.558) / (18.18 · 1.01) = 101.396; bar 7 reaches 102; bankruptcy at 93.1 + 9.31.
  expect(short).toMatchObject({ side: -1, qty: 18.18, entryPrice: 93.1, reason: 'liquidation', exitFee: 0, funding: 0 })
  expect(short!.exitPrice).toBeCloseTo(102.41, 10)
  expect(short!.grossPnl).toBeCloseTo(-169.2558, 9)
  expect(short!.netPnl).toBeCloseTo(-170.948358, 9)

  // 674.489234 · 2 = 1348.98 < 1500.
  expect(result.refusals).toEqual({ 'min-notional': 1 })
  const { equity, cash, unrealised, drawdown } = result.equity
  const hand: [number, number][] = [
    [1000, 0],
    [998.4985, 6],
    [997.993488, 15.508],
    [997.993488, 35.528],
    [995.951448, 25.518],
    [845.437592, 0],
    [843.745034, -16.362],
    [674.489234, 0],
    [674.489234, 0],
    [674.489234, 0],
  ]
  for (const [i, [c, u]] of hand.entries()) {
    expect(cash[i], `cash of bar ${i}`).toBeCloseTo(c, 9)
    expect(unrealised[i], `unrealised of bar ${i}`).toBeCloseTo(u, 9)
    expect(equity[i], `equity of bar ${i}`).toBeCloseTo(c + u, 9)
  }
  // The peak is 997.993488 + 35.528 at bar 3.
  expect(drawdown[9]).toBeCloseTo(1 - 674.489234 / 1033.521488, 12)
  expect(result.costs.liquidations).toBe(1)
  expect(result.costs.liquidationLoss).toBeCloseTo(169.2558, 9)
  expect(result.costs.fundingPaid).toBeCloseTo(2.04204, 12)
  expect(result.costs.fees).toBeCloseTo(2.006512 + 1.857856 + 1.692558, 9)
})
