/**
 * The result as one JSON document in the shape of TB-05.8, so that tools written for the original's files find their keys.
 * Values follow this project's definitions (D-09, D-10): Sharpe of daily returns, drawdown marked to market; what does not
 * exist is null, never Infinity. Nothing is rounded.
 */
import { utcText } from '@cointrader/core'
import { MEASURE_KEYS, type MeasureKey } from '../statistics/definitions.js'
import type { FoldStatistics } from '../statistics/folds.js'
import type { Measure } from '../statistics/measure.js'
import { type BacktestResult, tradeAt } from '../statistics/source.js'
import type { BacktestStatistics } from '../statistics/statistics.js'
import { tradeTotals } from '../statistics/trades.js'
import type { Validation } from '../statistics/validate.js'

/** Plain JSON. `mode` and `folds` are there for walk-forward runs. */
export interface ResultDocument {
  readonly mode?: 'walk_forward'
  readonly config: Readonly<Record<string, unknown>>
  readonly summary: Readonly<Record<string, unknown>>
  readonly statistics: Readonly<Record<MeasureKey, Measure>>
  readonly folds?: readonly Readonly<Record<string, unknown>>[]
  readonly trades: readonly Readonly<Record<string, unknown>>[]
  readonly validation: {
    readonly overall: 'PASS' | 'WARN' | 'FAIL'
    readonly checks: readonly {
      readonly name: string
      readonly level: 'FAIL' | 'WARNING'
      readonly passed: boolean
      readonly message: string
    }[]
  }
  readonly notes: BacktestResult['notes']
}

const orNull = (x: number): number | null => (Number.isFinite(x) ? x : null)

/** The document of a result, its statistics and its validation. */
export function resultDocument(
  result: BacktestResult,
  statistics: BacktestStatistics,
  validation: Validation,
  folds: readonly FoldStatistics[] = [],
): ResultDocument {
  const m = statistics.measures
  const totals = tradeTotals(result.trades)
  const foldOf = (exit: number): number | null =>
    folds.find((f) => exit >= f.testStartMs && exit < f.testEndMs)?.fold ?? null
  const hundred = (x: number | null): number | null => (x === null ? null : x * 100)
  const reasons: Record<string, number> = {}
  const trades = Array.from({ length: result.trades.count }, (_, i) => {
    const t = tradeAt(result, i)
    reasons[t.reason] = (reasons[t.reason] ?? 0) + 1
    return {
      symbol: t.symbol,
      side: t.side === 1 ? 'LONG' : 'SHORT',
      entry_time: utcText(t.entryTime),
      exit_time: utcText(t.exitTime),
      entry_price: t.entryPrice,
      exit_price: t.exitPrice,
      quantity: t.qty,
      sl: orNull(t.stop),
      tp: orNull(t.target),
      gross_pnl: t.grossPnl,
      entry_fee: t.entryFee,
      exit_fee: t.exitFee,
      funding: t.funding,
      slippage_cost: t.slippageCost,
      net_pnl: t.netPnl,
      close_reason: t.reason,
      ml_proba: orNull(t.probability),
      ...(folds.length === 0 ? {} : { fold: foldOf(t.exitTime) }),
    }
  })
  const { rules: _, ...core } = result.config
  return {
    ...(folds.length === 0 ? {} : { mode: 'walk_forward' as const }),
    config: {
      strategy: result.strategy.name,
      params: result.strategy.params,
      start: utcText(result.startMs),
      end: utcText(result.endMs),
      interval_ms: result.intervalMs,
      ...core,
      assumptions: result.assumptions,
    },
    summary: {
      total_trades: totals.count,
      total_pnl: totals.net,
      return_pct: hundred(m.totalReturn.value),
      win_rate: hundred(m.winRate.value),
      avg_win: m.averageWin.value,
      avg_loss: m.averageLoss.value,
      payoff_ratio: m.payoff.value,
      max_consecutive_losses: totals.maxConsecutiveLosses,
      profit_factor: m.profitFactor.value,
      max_drawdown_pct: hundred(m.maxDrawdown.value),
      sharpe_ratio: m.sharpe.value,
      total_fees: m.fees.value,
      close_reasons: reasons,
    },
    statistics: Object.fromEntries(MEASURE_KEYS.map((key) => [key, m[key]])) as Record<MeasureKey, Measure>,
    ...(folds.length === 0
      ? {}
      : {
          folds: folds.map((f) => ({
            fold: f.fold,
            train_period: `${utcText(f.trainStartMs)} ~ ${utcText(f.trainEndMs)}`,
            test_period: `${utcText(f.testStartMs)} ~ ${utcText(f.testEndMs)}`,
            test_start: new Date(f.testStartMs).toISOString(),
            test_end: new Date(f.testEndMs).toISOString(),
            chosen: f.chosen ?? null,
            summary: {
              total_trades: f.trades,
              total_pnl: f.net,
              return_pct: hundred(f.return),
              win_rate: hundred(f.winRate),
              profit_factor: f.profitFactor,
              max_drawdown_pct: f.maxDrawdown * 100,
              sharpe_ratio: f.sharpe,
            },
          })),
        }),
    trades,
    validation: {
      overall: validation.overall.toUpperCase() as 'PASS' | 'WARN' | 'FAIL',
      checks: validation.checks.map((c) => ({
        name: c.name,
        level: c.level === 'fail' ? 'FAIL' : 'WARNING',
        passed: c.passed,
        message: c.message,
      })),
    },
    notes: result.notes,
  }
}
