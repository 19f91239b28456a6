/** The original's studies against their golden files: sweep, sizing, market context, weekly report's trades, MTF. */
import {
  MTF_DEFAULTS,
  mtfBacktest,
  SEED_SIZING_DEFAULTS,
  SEED_SWEEP_DEFAULTS,
  type SeedBars,
  type SeedRiskOutcome,
  type SeedSweepRow,
  seedCombinations,
  seedObserved,
  seedPositionSizing,
  seedRanked,
  seedSweep,
  seedSweepCell,
  seedWalkForward,
} from '@cointrader/backtest/compat/index'
import { beforeAll, describe, expect, it } from 'vitest'
import { barsFrom, differences, documentTolerance, readJson, shared } from './shared.js'

const golden = shared('data/golden/regenerated')
const data = shared('data/binance-15m')

describe.skipIf(golden === undefined || data === undefined)('golden, studies of the original', () => {
  let XRPUSDT: SeedBars

  beforeAll(async () => {
    XRPUSDT = await barsFrom(data!, 'XRPUSDT')
  })

  it('sweep: 324 rows in order, every field', () => {
    const wanted = readJson<SeedSweepRow[]>(`${golden}/XRPUSDT_sweep324_wf31_kill.ieee.json`)
    const rows = seedSweep({ XRPUSDT })
    expect(rows).toHaveLength(324)
    expect(differences(rows, wanted)).toEqual([])
  })

  it('sweep: a cell equals the walk-forward run of its parameters, and shares ranked together equal the whole', () => {
    const cell = seedSweepCell(SEED_SWEEP_DEFAULTS, { XRPUSDT })
    const rows = seedCombinations().map((params) => ({ params, summary: cell(params) }))
    for (let k = 0; k < rows.length; k += 29) {
      const config = { ...SEED_SWEEP_DEFAULTS, ...rows[k]!.params }
      expect(rows[k]!.summary).toEqual(seedWalkForward(config, { XRPUSDT }).summary)
    }
    expect(seedRanked(rows)).toEqual(seedSweep({ XRPUSDT }))
  })

  it('position sizing: R-multiples and observed figures to 1e-9, Monte Carlo digit by digit', () => {
    interface Golden extends Record<string, unknown> {
      readonly params: object
      readonly monte_carlo: readonly SeedRiskOutcome[]
    }
    const { symbol: _, params, monte_carlo, ...observed } = readJson<Golden>(`${golden}/XRPUSDT_position_sizing.json`)
    const { trades } = seedWalkForward({ ...SEED_SIZING_DEFAULTS, ...params }, { XRPUSDT })
    const seen = seedObserved(trades)
    const order = Object.fromEntries(Object.keys(observed).map((key) => [key, seen[key as keyof typeof seen]]))
    expect(differences(order, observed, () => 1e-9)).toEqual([])
    const study = seedPositionSizing(trades)
    const outcomes = monte_carlo.map(({ risk_pct }) => study.monte_carlo.find((o) => o.risk_pct === risk_pct))
    expect(differences(outcomes, monte_carlo)).toEqual([])
    // Nothing is to be won at the worst corner: its Kelly is 0 and does not count.
    expect(study.worst_kelly).toBe(0)
    expect(study.recommended_risk).toBeGreaterThanOrEqual(0.005)
  })

  it('market context of the three folds', () => {
    const wanted = readJson<{ fold: number; market_context: Record<string, unknown> }[]>(
      `${golden}/XRPUSDT_wf31_market_context.json`,
    )
    const regimes: Record<string, string> = { 횡보: 'sideways', '상승 추세': 'uptrend', '하락 추세': 'downtrend' }
    const { folds } = seedWalkForward(SEED_SWEEP_DEFAULTS, { XRPUSDT }, { context: {} })
    const seen = folds.map(({ fold, market_context }) => ({ fold, market_context }))
    const ours = wanted.map(({ fold, market_context: context }) => ({
      fold,
      market_context: { ...context, market_regime: regimes[context.market_regime as string] },
    }))
    expect(differences(seen, ours)).toEqual([])
  })

  it('weekly report: its 28 trades', () => {
    const { backtest } = readJson<{ backtest: { trades: object[]; per_symbol: Record<string, object> } }>(
      `${golden}/XRPUSDT_weekly_report.json`,
    )
    const config = { ...SEED_SWEEP_DEFAULTS, atr_sl_mult: 1.5, atr_tp_mult: 4 }
    const { trades, summary } = seedWalkForward(config, { XRPUSDT })
    expect(trades).toHaveLength(28)
    expect(differences({ trades }, { trades: backtest.trades }, documentTolerance)).toEqual([])
    expect(differences(summary, backtest.per_symbol.XRPUSDT)).toEqual([])
  })

  it('MTF pull-back: 35 trades and all metrics', () => {
    const wanted = readJson<object>(`${golden}/XRPUSDT_mtf_backtest.json`)
    // Prices derived from the ATR are unrounded in this file; the ATR may differ by 1e-9 (golden README).
    const loose = (path: string): number => (/\.(sl|tp|exit_price|pnl_pct)$/.test(path) ? 1e-12 : 0)
    expect(differences(mtfBacktest(XRPUSDT, MTF_DEFAULTS), wanted, loose)).toEqual([])
  })
})
