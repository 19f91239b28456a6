/** Facts about one backtest: equity, costs, trades by symbol and by fold. */
import { join } from 'node:path'
import { addDays, dateMs, fail, parseDate } from '@cointrader/core'
import { decodeParquet, numbers, strings } from '@cointrader/store'
import type { BacktestPlan } from '../plan/backtests.js'
import { type CollectRequest, readJson } from './artefacts.js'
import type { BacktestFacts, EquityPoint } from './facts.js'

const EQUITY_POINTS = 1500

export async function backtestFacts(
  { disk, roots, study }: CollectRequest,
  plan: BacktestPlan,
): Promise<BacktestFacts> {
  const folder = join(roots.study, 'backtests', plan.id)
  const document = await readJson<BacktestFacts['document'] & { summary: Record<string, unknown> }>(
    disk,
    join(folder, 'document.json'),
  )
  const table = async (name: string) => {
    const path = join(folder, `${name}.parquet`)
    const bytes = await disk.read(path)
    if (bytes === undefined) fail('E_FILE_MISSING', { subject: path, next: 'run the study again' })
    return { path, table: (await decodeParquet(bytes, path)).table }
  }
  const equity = await table('equity')
  const ms = numbers(equity.table, 'time_ms', equity.path)
  const value = numbers(equity.table, 'equity', equity.path)
  const trades = await table('trades')
  const column = (name: string) => numbers(trades.table, name, trades.path)
  const [qty, entry, exit, net, closed] = ['qty', 'entry_price', 'exit_price', 'net_pnl', 'exit_time_ms'].map(column)
  const symbol = strings(trades.table, 'symbol', trades.path)
  let turnover = 0
  const bySymbol = new Map<string, { net: number; trades: number }>()
  for (let i = 0; i < trades.table.rows; i++) {
    turnover += qty![i]! * (entry![i]! + exit![i]!)
    const one = bySymbol.get(symbol[i]!) ?? { net: 0, trades: 0 }
    bySymbol.set(symbol[i]!, { net: one.net + net![i]!, trades: one.trades + 1 })
  }
  const measure = (key: 'fees' | 'slippage' | 'funding' | 'netProfit') => document.statistics[key].value ?? 0
  const [fees, slippage, funding] = [measure('fees'), measure('slippage'), measure('funding')]
  const { settings } = plan
  return {
    id: plan.id,
    title: plan.title,
    role: plan.role,
    of: plan.of,
    changed: plan.changed,
    model: plan.model ?? null,
    initialBalance: settings.initial_balance,
    costBps: { fee: settings.fee_pct * 100, slippage: settings.slippage_pct * 100 },
    settings: Object.entries(settings)
      .filter(([key, v]) => v !== undefined && key !== 'models' && key !== 'baselines')
      .map(([key, v]) => [key, String(v)]),
    document: {
      summary: document.summary,
      statistics: document.statistics,
      validation: document.validation,
      notes: document.notes,
    },
    equity: thinned(ms, value),
    costs: { fees, slippage, funding, gross: measure('netProfit') + fees + slippage + funding, turnover },
    symbols: [...bySymbol]
      .map(([s, one]) => ({ symbol: s, ...one }))
      .sort((a, b) => b.net - a.net || (a.symbol < b.symbol ? -1 : 1)),
    folds: study.folds.map((f, i) => {
      const from = dateMs(parseDate(f.test.start))
      const to = dateMs(addDays(parseDate(f.test.end), 1))
      let n = 0
      for (const at of closed!) if (at > from && at <= to) n++
      return { fold: i + 1, totalReturn: returnBetween(ms, value, from, to, settings.initial_balance), trades: n }
    }),
  }
}

/** Equity at the end of a range over that at its start, less 1; rows stand at the end of their bar. */
function returnBetween(ms: ArrayLike<number>, equity: ArrayLike<number>, from: number, to: number, initial: number) {
  let before = initial
  let last: number | null = null
  for (let i = 0; i < ms.length; i++) {
    if (ms[i]! <= from) before = equity[i]!
    else if (ms[i]! <= to) last = equity[i]!
  }
  return last === null || before <= 0 ? null : last / before - 1
}

/** Every k-th point, the last one, and of each stretch the lowest, so that no drawdown is thinned away. */
function thinned(ms: ArrayLike<number>, value: ArrayLike<number>): EquityPoint[] {
  const n = ms.length
  const step = Math.max(1, Math.ceil((2 * n) / EQUITY_POINTS))
  const out: EquityPoint[] = []
  for (let from = 0; from < n; from += step) {
    const to = Math.min(n, from + step)
    let low = from
    for (let i = from; i < to; i++) if (value[i]! < value[low]!) low = i
    for (const i of [...new Set([low, to - 1])].sort((a, b) => a - b)) out.push({ ms: ms[i]!, equity: value[i]! })
  }
  return out
}
