/** One trade told from its records: why it was opened, what was sent, what was filled, what it cost (`--explain TRADE`). */
import { fail, utcText } from '@cointrader/core'
import { REASONS } from '@cointrader/trading'
import { type BacktestResult, tradeAt } from '../statistics/source.js'
import { decimal, duration, percent, price, signed } from './format.js'

/**
 * Text about trade number `id` (from 1, as in the report and the trades file). Without the full record (`record: 'full'`) it
 * says so in place of decisions, orders and fills. Error `E_USAGE` for a number that does not exist.
 */
export function explainTrade(result: BacktestResult, id: number): string {
  const { count } = result.trades
  if (!Number.isInteger(id) || id < 1 || id > count) {
    fail('E_USAGE', {
      subject: `trade ${id}`,
      detail: count === 0 ? 'the result has no trade' : `the result has trades 1 to ${count}`,
      next: 'take a number of the first column of the trades file',
    })
  }
  const t = tradeAt(result, id - 1)
  const level = (x: number): string => (Number.isFinite(x) && x > 0 ? price(x) : 'none')
  const notional = t.entryPrice * t.qty
  const risk = Math.abs(t.entryPrice - t.stop) * t.qty
  const lines = [
    `Trade ${id} of ${count}: ${t.symbol} ${t.side === 1 ? 'long' : 'short'}, ${result.strategy.name}`,
    `  entry  ${utcText(t.entryTime)} UTC  ${price(t.entryPrice)} x ${price(t.qty)} = ${decimal(notional)} (${decimal(notional / t.equityAtEntry)} x equity of ${decimal(t.equityAtEntry)}, leverage ${t.leverage})`,
    `  exit   ${utcText(t.exitTime)} UTC  ${price(t.exitPrice)}, ended by ${t.reason} after ${duration(t.exitTime - t.entryTime)} (${t.bars} bars)`,
    `  stop ${level(t.stop)}, target ${level(t.target)}; worst ${percent(t.mae)}, best ${percent(t.mfe)} from the entry`,
    '',
    'Result',
    `  before costs   ${signed(t.grossPnl + t.slippageCost)}`,
    `  slippage       ${signed(-t.slippageCost)}`,
    `  gross          ${signed(t.grossPnl)}`,
    `  entry fee      ${signed(-t.entryFee, 4)}`,
    `  exit fee       ${signed(-t.exitFee, 4)}`,
    `  funding        ${signed(t.funding, 4)}`,
    `  net            ${signed(t.netPnl)} (${signed((t.netPnl / notional) * 1e4, 1)} bps of notional${Number.isFinite(risk) && risk > 0 ? `, ${signed(t.netPnl / risk)} R` : ''})`,
  ]
  const { record } = result
  if (record === null) {
    return `${[...lines, '', 'Decisions, orders and fills were not kept: run with the full record to see them.'].join('\n')}\n`
  }
  // Orders carry the decision behind them; orders of the life of the position belong to it whatever decision moved them.
  const during = (time: number): boolean => time >= t.entryTime && time <= t.exitTime
  const ids = new Set([t.decision, t.exitDecision])
  const orders = record.orders.filter((o) => o.symbol === t.symbol && (ids.has(o.decision) || during(o.time)))
  const mine = new Set(orders.filter((o) => ids.has(o.decision)).map((o) => o.orderId))
  const fills = record.fills.filter((f) => f.symbol === t.symbol && (mine.has(f.orderId) || during(f.time)))
  const symbol = result.symbols.indexOf(t.symbol)
  const decisions = record.decisions.filter(
    (d) => ids.has(d.id) || (d.symbol === symbol && d.time > t.entryTime && d.time < t.exitTime),
  )
  lines.push('', 'Decisions')
  for (const d of decisions) {
    const p = Number.isNaN(d.probability) ? '' : `, probability ${d.probability}`
    lines.push(
      `  ${utcText(d.time)}  #${d.id} ${d.action} ${d.verdict}: ${d.reason} (${REASONS[d.reason]})`,
      `      price ${price(d.price)}, quantity ${price(d.qty)}, equity ${decimal(d.equity)}${p}${d.text === '' ? '' : `; "${d.text}"`}`,
    )
  }
  lines.push('', 'Orders')
  for (const o of orders) {
    const side = o.side === 1 ? 'buy' : 'sell'
    const at = o.price > 0 ? ` at ${price(o.price)}` : ''
    lines.push(
      `  ${utcText(o.time)}  order ${o.orderId} ${o.what}: ${o.purpose} ${o.type} ${side} ${price(o.qty)}${at}, decision #${o.decision}`,
    )
  }
  lines.push('', 'Fills')
  for (const f of fills) {
    const slip = f.side * (f.price / f.reference - 1) * 1e4
    lines.push(
      `  ${utcText(f.time)}  order ${f.orderId} ${f.purpose}: ${f.side === 1 ? 'bought' : 'sold'} ${price(f.qty)} at ${price(f.price)} (before slippage ${price(f.reference)}, ${signed(slip, 2)} bps), fee ${decimal(f.fee, 6)}`,
    )
  }
  return `${lines.join('\n')}\n`
}
