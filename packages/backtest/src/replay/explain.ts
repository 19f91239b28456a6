/** Everything behind one trade: `--explain TRADE`. */
import { fail } from '@cointrader/core'
import type { DecisionRecord } from '@cointrader/trading'
import { type BacktestResult, type FillRecord, type OrderRecord, type Trade, tradeAt } from './result.js'

export interface TradeStory {
  readonly trade: Trade
  /** What opened, changed and closed it, in order. */
  readonly decisions: readonly DecisionRecord[]
  /** Commands and news of its orders, in order. */
  readonly orders: readonly OrderRecord[]
  readonly fills: readonly FillRecord[]
}

/** The story of trade `i` of a result made with `record: 'full'`. `E_USAGE` without the record, or without that trade. */
export function explainTrade(result: BacktestResult, i: number): TradeStory {
  const { record, trades } = result
  if (record === null) {
    return fail('E_USAGE', {
      subject: `trade ${i}`,
      detail: 'the run kept no record',
      next: "run it with record: 'full'",
    })
  }
  if (!Number.isInteger(i) || i < 0 || i >= trades.count) {
    return fail('E_USAGE', {
      subject: `trade ${i}`,
      detail: `trades are numbered 0 to ${trades.count - 1}`,
      next: 'choose one of them',
    })
  }
  const trade = tradeAt(result, i)
  const symbol = trades.symbol[i]!
  const { decision: first, exitDecision: last } = trade
  const decisions = record.decisions.filter(
    (d) =>
      d.id === first ||
      d.id === last ||
      (d.symbol === symbol &&
        d.id > first &&
        d.time <= trade.exitTime &&
        (d.action === 'resize' || d.action === 'protect') &&
        d.verdict === 'accepted'),
  )
  const ids = new Set(decisions.map((d) => d.id))
  const orders = record.orders.filter((o) => o.symbol === trade.symbol && ids.has(o.decision))
  const placed = new Set(orders.map((o) => o.orderId))
  const fills = record.fills.filter(
    (f) => f.symbol === trade.symbol && (placed.has(f.orderId) || (f.orderId === 0 && f.time === trade.exitTime)),
  )
  return { trade, decisions, orders, fills }
}
