/** The original's summary of a trade list (TB-05.7), with its Sharpe per trade (D-09) and its drawdown (D-10). */
import { meanAndDeviation, numpyRound, pythonRound } from './decimal.js'
import type { SeedTrade } from './engine.js'

/** In the order of the result document. Money in USDT, `_pct` and `win_rate` in percent; Infinity where nothing was lost. */
export interface SeedSummary {
  readonly total_trades: number
  readonly total_pnl: number
  readonly return_pct: number
  readonly win_rate: number
  readonly avg_win: number
  readonly avg_loss: number
  /** Absent in older documents, as is `max_consecutive_losses`. */
  readonly payoff_ratio?: number
  readonly max_consecutive_losses?: number
  readonly profit_factor: number
  readonly max_drawdown_pct: number
  readonly sharpe_ratio: number
  readonly total_fees: number
  /** Counts, in order of first appearance. */
  readonly close_reasons: Readonly<Record<string, number>>
}

export interface SummaryOptions {
  readonly initialBalance: number
  /** Annualisation of the Sharpe ratio. */
  readonly barsPerYear: number
  /** Without `payoff_ratio` and `max_consecutive_losses`. */
  readonly older?: boolean
}

/** Summary of `trades` in list order, from their rounded `net_pnl`. An empty list gives zeros. */
export function seedSummary(trades: readonly SeedTrade[], o: SummaryOptions): SeedSummary {
  const count = trades.length
  let [total, wins, won, lost, fees] = [0, 0, 0, 0, 0]
  let [streak, longest] = [0, 0]
  let [cumulative, peak, drawdown] = [0, Number.NEGATIVE_INFINITY, 0]
  const reasons: Record<string, number> = {}
  for (const t of trades) {
    const net = t.net_pnl
    total += net
    fees += t.entry_fee + t.exit_fee
    if (net > 0) {
      wins++
      won += net
      streak = 0
    } else {
      lost += net
      longest = Math.max(longest, ++streak)
    }
    cumulative += net
    const equity = o.initialBalance + cumulative
    peak = Math.max(peak, equity)
    drawdown = Math.max(drawdown, (peak - equity) / peak)
    reasons[t.close_reason] = (reasons[t.close_reason] ?? 0) + 1
  }
  const averageWin = wins > 0 ? won / wins : 0
  const averageLoss = wins < count ? lost / (count - wins) : 0
  const { mean, deviation } = meanAndDeviation(trades.map((t) => t.net_pnl))
  const sharpe = count < 2 || deviation === 0 ? 0 : (mean / deviation) * Math.sqrt(o.barsPerYear)
  const none = count === 0
  const payoff = none ? 0 : averageLoss === 0 ? Number.POSITIVE_INFINITY : averageWin / Math.abs(averageLoss)
  const factor = none ? 0 : lost === 0 ? Number.POSITIVE_INFINITY : won / Math.abs(lost)
  return {
    total_trades: count,
    total_pnl: numpyRound(total, 4),
    return_pct: numpyRound((total / o.initialBalance) * 100, 2),
    win_rate: none ? 0 : pythonRound((wins / count) * 100, 2),
    avg_win: numpyRound(averageWin, 4),
    avg_loss: numpyRound(averageLoss, 4),
    ...(o.older !== true && { payoff_ratio: numpyRound(payoff, 2), max_consecutive_losses: longest }),
    profit_factor: numpyRound(factor, 2),
    max_drawdown_pct: numpyRound(drawdown * 100, 2),
    sharpe_ratio: numpyRound(sharpe, 2),
    total_fees: numpyRound(fees, 4),
    close_reasons: reasons,
  }
}
