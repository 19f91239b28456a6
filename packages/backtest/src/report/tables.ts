/** Trades and equity as tables (for Parquet) and as CSV text. */

import { utcText } from '@cointrader/core'
import { type Column, makeTable, type Table } from '@cointrader/store'
import { type BacktestResult, EXIT_REASONS } from '../statistics/source.js'

const float = (data: Float64Array): Column => ({ type: 'float64', data })
const whole = (data: Float64Array): Column => ({ type: 'int64', data })

/**
 * One row per trade, in order of exit; `trade` counts from 1 and is the number that `--explain` takes. Times are ms UTC,
 * `side` is `long` or `short`, what does not exist is NaN.
 */
export function tradesTable(result: Pick<BacktestResult, 'trades' | 'symbols'>): Table {
  const t = result.trades
  const n = t.count
  const rows = Array.from({ length: n }, (_, i) => i)
  const cut = (x: Float64Array): Float64Array => x.slice(0, n)
  return makeTable([
    ['trade', { type: 'int32', data: Int32Array.from(rows, (i) => i + 1) }],
    ['symbol', { type: 'string', data: rows.map((i) => result.symbols[t.symbol[i]]) }],
    ['side', { type: 'string', data: rows.map((i) => (t.side[i] === 1 ? 'long' : 'short')) }],
    ['entry_time_ms', whole(cut(t.entryTime))],
    ['exit_time_ms', whole(cut(t.exitTime))],
    ['entry_price', float(cut(t.entryPrice))],
    ['exit_price', float(cut(t.exitPrice))],
    ['qty', float(cut(t.qty))],
    ['stop', float(cut(t.stop))],
    ['target', float(cut(t.target))],
    ['gross_pnl', float(cut(t.grossPnl))],
    ['entry_fee', float(cut(t.entryFee))],
    ['exit_fee', float(cut(t.exitFee))],
    ['funding', float(cut(t.funding))],
    ['slippage_cost', float(cut(t.slippageCost))],
    ['net_pnl', float(cut(t.netPnl))],
    ['close_reason', { type: 'string', data: rows.map((i) => EXIT_REASONS[t.reason[i]]) }],
    ['decision', { type: 'int32', data: t.decision.slice(0, n) }],
    ['exit_decision', { type: 'int32', data: t.exitDecision.slice(0, n) }],
    ['mae', float(cut(t.mae))],
    ['mfe', float(cut(t.mfe))],
    ['bars', { type: 'int32', data: t.bars.slice(0, n) }],
    ['probability', float(cut(t.probability))],
    ['equity_at_entry', float(cut(t.equityAtEntry))],
    ['leverage', float(cut(t.leverage))],
  ])
}

/** One row per bar: the account at its end. */
export function equityTable(result: Pick<BacktestResult, 'equity'>): Table {
  const e = result.equity
  const cut = (x: Float64Array): Column => float(x.slice(0, e.count))
  return makeTable([
    ['time_ms', whole(e.time.slice(0, e.count))],
    ['equity', cut(e.equity)],
    ['cash', cut(e.cash)],
    ['unrealised', cut(e.unrealised)],
    ['drawdown', cut(e.drawdown)],
    ['gross_exposure', cut(e.grossExposure)],
    ['net_exposure', cut(e.netExposure)],
    ['positions', { type: 'int32', data: e.positions.slice(0, e.count) }],
  ])
}

/** Text that a spreadsheet must not take for a formula or two cells (RFC 4180). */
function csvText(value: string): string {
  const safe = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

/**
 * A table as CSV (RFC 4180, line feed): a header, then rows. Numbers in the shortest text that reads back the same; NaN and
 * infinities are empty. A column whose name ends in `_ms` gets its instant as UTC text beside it, without `_ms`.
 */
export function tableCsv(table: Table): string {
  const columns = [...table.columns]
  const head = columns.flatMap(([name]) =>
    name.endsWith('_ms') ? [csvText(name), csvText(name.slice(0, -3))] : [csvText(name)],
  )
  const lines = [head.join(',')]
  for (let i = 0; i < table.rows; i++) {
    const cells: string[] = []
    for (const [name, column] of columns) {
      if (column.type === 'string') cells.push(csvText(column.data[i]))
      else {
        const value = column.data[i]
        cells.push(Number.isFinite(value) ? String(value) : '')
        if (name.endsWith('_ms')) cells.push(Number.isFinite(value) ? utcText(value) : '')
      }
    }
    lines.push(cells.join(','))
  }
  return `${lines.join('\n')}\n`
}
