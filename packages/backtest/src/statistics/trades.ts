/** What the closed trades say: counts, averages, streaks, and groups by side, reason and symbol. Net of all costs. */
import { blockBootstrap, MIN_BLOCKS } from '@cointrader/models/evaluation/bootstrap'
import { quantileOf } from '@cointrader/models/evaluation/numeric'
import { defaultBlock, type IntervalOptions } from './ratios.js'
import { type BacktestResult, EXIT_REASONS, type TradeColumns } from './source.js'

/** Sums of a set of trades; money in quote. A trade with a net result of exactly 0 is neither won nor lost. */
export interface TradeTotals {
  readonly count: number
  readonly wins: number
  readonly losses: number
  /** Σ of positive, and of negative (as a positive number) net results. */
  readonly gains: number
  readonly lost: number
  readonly net: number
  /** Σ |entry notional|. */
  readonly notional: number
  readonly fees: number
  /** Signed: received is positive. */
  readonly funding: number
  readonly slippage: number
  readonly durationMs: number
  readonly maxConsecutiveLosses: number
}

/** Totals of the trades with the row numbers `rows` (all of them without), in that order. */
export function tradeTotals(trades: TradeColumns, rows?: ArrayLike<number>): TradeTotals {
  const count = rows === undefined ? trades.count : rows.length
  let wins = 0
  let losses = 0
  let gains = 0
  let lost = 0
  let notional = 0
  let fees = 0
  let funding = 0
  let slippage = 0
  let durationMs = 0
  let run = 0
  let maxConsecutiveLosses = 0
  for (let k = 0; k < count; k++) {
    const i = rows === undefined ? k : rows[k]
    const net = trades.netPnl[i]
    if (net > 0) {
      wins++
      gains += net
      run = 0
    } else if (net < 0) {
      losses++
      lost -= net
      run++
      if (run > maxConsecutiveLosses) maxConsecutiveLosses = run
    }
    notional += trades.entryPrice[i] * trades.qty[i]
    fees += trades.entryFee[i] + trades.exitFee[i]
    funding += trades.funding[i]
    slippage += trades.slippageCost[i]
    durationMs += trades.exitTime[i] - trades.entryTime[i]
  }
  return {
    count,
    wins,
    losses,
    gains,
    lost,
    net: gains - lost,
    notional,
    fees,
    funding,
    slippage,
    durationMs,
    maxConsecutiveLosses,
  }
}

/** Net result of a trade per notional of all fills that opened or added to it, basis points. */
export function tradeBps(trades: TradeColumns, i: number): number {
  return (trades.netPnl[i] / (trades.entryPrice[i] * trades.qty[i])) * 1e4
}

/** One row of a breakdown; what has too small a sample is null. */
export interface TradeGroup {
  readonly name: string
  readonly trades: number
  readonly net: number
  readonly winRate: number
  /** Σ gains / Σ losses; null without a losing trade. */
  readonly profitFactor: number | null
  readonly averageBps: number
  readonly averageHours: number
  readonly fees: number
  readonly funding: number
  readonly slippage: number
}

export function tradeGroup(name: string, trades: TradeColumns, rows: ArrayLike<number>): TradeGroup {
  const t = tradeTotals(trades, rows)
  let bps = 0
  for (let k = 0; k < rows.length; k++) bps += tradeBps(trades, rows[k])
  return {
    name,
    trades: t.count,
    net: t.net,
    winRate: t.wins / t.count,
    profitFactor: t.lost > 0 ? t.gains / t.lost : null,
    averageBps: bps / t.count,
    averageHours: t.durationMs / t.count / 3_600_000,
    fees: t.fees,
    funding: t.funding,
    slippage: t.slippage,
  }
}

/** Groups of trades by a key, in the order of `names`; names without a trade are left out. */
function grouped(trades: TradeColumns, names: readonly string[], key: (i: number) => number): TradeGroup[] {
  const rows: number[][] = names.map(() => [])
  for (let i = 0; i < trades.count; i++) rows[key(i)].push(i)
  return names.flatMap((name, k) => (rows[k].length === 0 ? [] : [tradeGroup(name, trades, rows[k])]))
}

export interface Breakdowns {
  readonly bySide: readonly TradeGroup[]
  readonly byReason: readonly TradeGroup[]
  readonly bySymbol: readonly TradeGroup[]
}

export function breakdowns(result: Pick<BacktestResult, 'trades' | 'symbols'>): Breakdowns {
  const t = result.trades
  return {
    bySide: grouped(t, ['long', 'short'], (i) => (t.side[i] === 1 ? 0 : 1)),
    byReason: grouped(t, EXIT_REASONS, (i) => t.reason[i]),
    bySymbol: grouped(t, result.symbols, (i) => t.symbol[i]),
  }
}

/**
 * Interval of Σ gains / Σ losses: stationary block bootstrap over trades in order of exit (neighbours share a market).
 * Resamples without a losing trade have no value. Null below {@link MIN_BLOCKS} blocks.
 */
export function profitFactorInterval(
  net: Float64Array,
  options: IntervalOptions,
): { low: number; high: number; standardError: number } | null {
  const n = net.length
  const block = options.block ?? defaultBlock(n)
  if (n < MIN_BLOCKS * block) return null
  const statistic = (counts: Int32Array, out: Float64Array): void => {
    let gains = 0
    let lost = 0
    for (let i = 0; i < n; i++) {
      if (net[i] > 0) gains += counts[i] * net[i]
      else lost -= counts[i] * net[i]
    }
    out[0] = lost > 0 ? gains / lost : Number.NaN
  }
  const { resamples, seed, level } = options
  const [one] = blockBootstrap(n, 1, statistic, { block, resamples, seed: `${seed}/trades`, level })
  return one
}

/** Median holding time, ms. */
export function medianDuration(trades: TradeColumns): number {
  const sorted = new Float64Array(trades.count)
  for (let i = 0; i < trades.count; i++) sorted[i] = trades.exitTime[i] - trades.entryTime[i]
  return quantileOf(sorted.sort(), 0.5)
}

/** Net result without the `k` best trades: what is left when the lucky few are taken away. */
export function netWithoutBest(trades: TradeColumns, k: number): number {
  const sorted = trades.netPnl.slice(0, trades.count).sort()
  let sum = 0
  for (let i = 0; i < sorted.length - k; i++) sum += sorted[i]
  return sum
}
