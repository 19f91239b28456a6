/** One report and one sweep of synthetic data, with everything a page can show. */
import { backtestHtml, type ReportExtras } from '@cointrader/backtest/report/backtest-html'
import { sweepHtml } from '@cointrader/backtest/report/sweep-html'
import { type FoldWindow, foldStatistics } from '@cointrader/backtest/statistics/folds'
import { statistics } from '@cointrader/backtest/statistics/statistics'
import { judgeSweep, type SweepCell } from '@cointrader/backtest/statistics/sweep'
import { validate } from '@cointrader/backtest/statistics/validate'
import { DAY_MS, seededRandom } from '@cointrader/core'
import { syntheticResult } from '../statistics/fixture.js'

export const HOSTILE = '<img src=x onerror=alert(1)>"\'&'

export function sampleReport(extras: Partial<ReportExtras> = {}) {
  const { result, prices } = syntheticResult({ skill: 0.0003 })
  const stats = statistics(result, { prices, trials: 324, resamples: 200 })
  const folds: FoldWindow[] = Array.from({ length: 8 }, (_, k) => ({
    fold: k + 1,
    trainStartMs: result.startMs - 90 * DAY_MS,
    trainEndMs: result.startMs + k * 50 * DAY_MS,
    testStartMs: result.startMs + k * 50 * DAY_MS,
    testEndMs: result.startMs + (k + 1) * 50 * DAY_MS,
    chosen: `stop ${1 + k / 10}`,
  }))
  const validation = validate(result, stats, { folds })
  const html = backtestHtml(result, stats, {
    validation,
    folds: foldStatistics(result, folds),
    command: `cointrader backtest --strategy ${HOSTILE}`,
    lineage: [
      { name: 'Data', id: 'a'.repeat(64) },
      { name: 'Model', id: HOSTILE },
    ],
    comparisons: [
      {
        title: `ML on and off ${HOSTILE}`,
        columns: ['', 'off', 'on'],
        rows: [
          ['Trades', '40', '12'],
          ['Profit factor', '1.10', '1.25'],
        ],
        verdict: HOSTILE,
      },
    ],
    ...extras,
  })
  return { result, stats, validation, html }
}

export function sampleCells(days = 120): SweepCell[] {
  const random = seededRandom('sweep')
  const cells: SweepCell[] = []
  for (const atr_sl_mult of [1, 1.5, 2]) {
    for (const atr_tp_mult of [2, 3, 4]) {
      for (const adx_threshold of [0, 25]) {
        const drift = 0.0004 * (atr_sl_mult - 1)
        const returns = Float64Array.from({ length: days }, () => 0.01 * random.normal() + drift)
        cells.push({
          params: { atr_sl_mult, atr_tp_mult, adx_threshold },
          trainTrades: 20 + random.int(60),
          trades: 10 + random.int(30),
          trainScore: 1 + drift * 300 + 0.2 * random.normal(),
          testScore: 1 + drift * 200 + 0.2 * random.normal(),
          net: 1000 * returns.reduce((a, b) => a + b, 0),
          returns,
        })
      }
    }
  }
  return cells
}

export function sampleSweep(nested = true): string {
  return sweepHtml({
    title: `Sweep ${HOSTILE}`,
    metric: 'profit factor',
    neutral: 1,
    judgement: judgeSweep(sampleCells(), { resamples: 100, nested }),
    facts: [['Period', '2025-01-01 to 2026-01-01']],
    notes: [HOSTILE],
  })
}
