/** A row of a sweep against the backtest it stands for, written the naive way. */
import { runBacktest } from '@cointrader/backtest/replay/index'
import { dailySeries, tradeTotals } from '@cointrader/backtest/statistics/index'
import {
  type BlockField,
  blockReturns,
  blockValue,
  costsOf,
  runSweep,
  type SweepInput,
  withParams,
} from '@cointrader/backtest/sweep/index'
import { type BarSet, indicatorScore, mtfPullback } from '@cointrader/strategies'
import { expect, test } from 'vitest'
import { bars, GRID_CELLS, setupOf, sweepOf } from './market.js'

/** Every cell and block by the reference loop over the whole bars, indicators computed by the strategy itself. */
async function expectEqual(input: SweepInput, set: BarSet): Promise<number> {
  const results = await runSweep(input)
  let trades = 0
  for (const [c, params] of input.cells.entries()) {
    const { score, pullback, config } = withParams(input.setup.base, params)
    for (const [b, { startMs, endMs }] of input.plan.blocks.entries()) {
      const whole = runBacktest({
        bars: set,
        strategy:
          input.setup.strategy === 'mtf-pullback' ? mtfPullback(pullback, set.intervalMs) : indicatorScore(score),
        config,
        costs: costsOf(input.setup.costs, input.market),
        startMs,
        endMs,
        path: 'reference',
      })
      const totals = tradeTotals(whole.trades)
      const wanted: Record<BlockField, number> = {
        trades: totals.count,
        wins: totals.wins,
        gains: totals.gains,
        lost: totals.lost,
        fees: totals.fees,
        funding: totals.funding,
        liquidations: whole.costs.liquidations,
        killed: whole.coverage.some((x) => !Number.isNaN(x.firstKill)) ? 1 : 0,
        stopped: whole.stopped === null ? 0 : 1,
      }
      for (const [field, value] of Object.entries(wanted)) {
        expect(blockValue(results, c, b, field as BlockField), `${field} of cell ${c} in block ${b}`).toBe(value)
      }
      expect([...blockReturns(results, c, b, b + 1)]).toEqual([...dailySeries(whole).returns])
      trades += totals.count
    }
  }
  return trades
}

test('one symbol: equal to the reference loop, bit by bit', async () => {
  const set = bars(['AUSDT'], 110)
  expect(await expectEqual(sweepOf(set, { cells: GRID_CELLS.filter((_, k) => k % 5 === 0) }), set)).toBeGreaterThan(200)
})

test('two symbols are one portfolio; kill switches count', async () => {
  const set = bars(['AUSDT', 'BUSDT'], 100)
  const kill = { losses: 3, trades: 0, profitFactor: 0, rearmAfterMs: null }
  const setup = setupOf(set.symbols, { killSymbol: kill })
  const input = sweepOf(set, { cells: [{ volume_multiplier: 1, adx_threshold: 0 }], setup })
  expect(await expectEqual(input, set)).toBeGreaterThan(20)
})

test('costs and missing bars', async () => {
  const set = bars(['AUSDT'], 100)
  for (const i of [3000, 3001, 4500, set.times.length - 1]) {
    for (const column of Object.values(set.columns[0]!)) (column as Float64Array)[i] = Number.NaN
  }
  const setup = { ...setupOf(set.symbols), costs: { taker: 0.001, slippageBps: 3, stopSlippageBps: 9 } }
  await expectEqual(sweepOf(set, { cells: [{ volume_multiplier: 1 }], setup }), set)
})

test('the pull-back strategy', async () => {
  const set = bars(['AUSDT'], 100)
  const setup = { ...setupOf(set.symbols), strategy: 'mtf-pullback' as const }
  const input = sweepOf(set, { cells: [{ adx_threshold: 0, dry_share: 2 }], setup })
  expect(await expectEqual(input, set)).toBeGreaterThan(5)
})
