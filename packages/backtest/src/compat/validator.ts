/**
 * The original's validator (TB-05.10) with its defects: it passes a run that was killed after a few trades (D-07) and an
 * empty one, and its overall verdict counts warnings. Check names, levels and order are the original's, messages ours.
 */
import { DAY_MS, parseUtcText } from '@cointrader/core'
import type { SeedTrade } from './engine.js'
import type { SeedSummary } from './summary.js'

export interface SeedCheck {
  readonly name: string
  readonly passed: boolean
  readonly level: 'FAIL' | 'WARNING'
  readonly message: string
}

export interface SeedValidation {
  readonly overall: 'PASS' | 'FAIL'
  readonly checks: readonly SeedCheck[]
}

/** Checks a trade list and its summary. */
export function seedValidate(
  trades: readonly SeedTrade[],
  summary: SeedSummary,
  initialBalance: number,
): SeedValidation {
  const checks: SeedCheck[] = []
  const add = (level: SeedCheck['level'], name: string, passed: boolean, message: string): void => {
    checks.push({ name, passed, level, message })
  }
  const counted = (name: string, bad: number, what: string): void =>
    add('FAIL', name, bad === 0, bad === 0 ? `no trade ${what}` : `${bad} of ${trades.length} trades ${what}`)
  const count = (test: (t: SeedTrade) => boolean): number => trades.reduce((n, t) => n + (test(t) ? 1 : 0), 0)

  if (trades.length === 0) {
    add('FAIL', 'trade_count', true, 'no trades')
    return { overall: 'PASS', checks }
  }
  // Times are UTC text of one shape, so they compare as text.
  counted(
    'exit_after_entry',
    count((t) => t.exit_time < t.entry_time),
    'exits before its entry',
  )
  const misplaced = (t: SeedTrade): boolean =>
    t.side === 'LONG'
      ? !(t.sl < t.entry_price && t.entry_price < t.tp)
      : !(t.tp < t.entry_price && t.entry_price < t.sl)
  counted('sl_tp_direction', count(misplaced), 'has stop or target on the wrong side')
  counted('no_overlap', overlaps(trades), 'opens before the one before it on its symbol is closed')
  counted(
    'positive_fees',
    count((t) => !(t.entry_fee > 0 && t.exit_fee > 0)),
    'has a fee of 0 or less',
  )
  let balance = initialBalance
  let lowest = balance
  for (const t of trades) {
    balance += t.net_pnl
    lowest = Math.min(lowest, balance)
  }
  add('FAIL', 'no_negative_balance', lowest >= 0, `lowest balance ${lowest.toFixed(2)}`)

  const wins = (count((t) => t.net_pnl > 0) / trades.length) * 100
  add('WARNING', 'win_rate_high', wins <= 80, `win rate ${wins.toFixed(1)} %, at most 80 % is credible`)
  add('WARNING', 'win_rate_low', wins >= 20, `win rate ${wins.toFixed(1)} %, at least 20 % is expected`)
  const drawdown = summary.max_drawdown_pct
  add('WARNING', 'mdd_nonzero', drawdown > 0, `largest drawdown ${drawdown.toFixed(1)} %, 0 is not credible`)
  if (trades.length >= 2) {
    const first = parseUtcText(trades[0]!.entry_time.slice(0, 19))
    const last = parseUtcText(trades[trades.length - 1]!.entry_time.slice(0, 19))
    // Python's timedelta.days: whole days, downwards.
    const months = Math.max(1, Math.floor((last - first) / DAY_MS) / 30)
    const perMonth = trades.length / months
    add('WARNING', 'trade_frequency', perMonth >= 5, `${perMonth.toFixed(1)} trades a month, at least 5 are expected`)
  }
  const factor = summary.profit_factor
  if (factor !== Number.POSITIVE_INFINITY) {
    add('WARNING', 'profit_factor_high', factor <= 5, `profit factor ${factor.toFixed(2)}, at most 5 is credible`)
  }
  return { overall: checks.every((c) => c.passed) ? 'PASS' : 'FAIL', checks }
}

/** Trades that open before the earlier one of their symbol was closed. */
function overlaps(trades: readonly SeedTrade[]): number {
  const bySymbol = new Map<string, SeedTrade[]>()
  for (const t of trades) {
    const list = bySymbol.get(t.symbol)
    if (list === undefined) bySymbol.set(t.symbol, [t])
    else list.push(t)
  }
  let found = 0
  for (const list of bySymbol.values()) {
    list.sort((a, b) => (a.entry_time < b.entry_time ? -1 : a.entry_time > b.entry_time ? 1 : 0))
    for (let k = 1; k < list.length; k++) if (list[k - 1]!.exit_time > list[k]!.entry_time) found++
  }
  return found
}
