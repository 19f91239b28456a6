/**
 * Is this result fit to be believed? The checks of TB-05.10 without their defects: an empty result fails, equity is marked
 * to market (D-10), a kill that left the period untraded fails (D-07), so do ruin and liquidation (D-03), and a walk-forward
 * that does not cover its range (D-04). Failures are about the result being wrong or not what it claims; warnings about a
 * result that deserves doubt.
 */
import { DAY_MS } from '@cointrader/core'
import { type FoldWindow, foldCoverage } from './folds.js'
import { type BacktestResult, EXIT_REASONS } from './source.js'
import type { BacktestStatistics } from './statistics.js'
import { tradeTotals } from './trades.js'

export interface Check {
  readonly name: string
  readonly level: 'fail' | 'warning'
  readonly passed: boolean
  readonly message: string
}

export interface Validation {
  /** `fail` when a check of level fail did not pass, else `warn` when a warning did not. */
  readonly overall: 'pass' | 'warn' | 'fail'
  readonly checks: readonly Check[]
}

export interface ValidateOptions {
  /** Windows of a walk-forward. */
  readonly folds?: readonly FoldWindow[]
  /** Share of the decidable bars of a symbol that a kill may block. Default 0.1. */
  readonly maxUntraded?: number
  /** Trades below which numbers mean little. Default 30. */
  readonly minimumTrades?: number
  /** Trades a month (of 365/12 days) that are expected. Default 5. */
  readonly tradesPerMonth?: number
}

/** A liquidation takes the margin, its fee included. */
const LIQUIDATION = EXIT_REASONS.indexOf('liquidation')

const percent = (x: number, digits = 1): string => `${(x * 100).toFixed(digits)} %`

function names(all: readonly string[], most = 5): string {
  return all.length <= most ? all.join(', ') : `${all.slice(0, most).join(', ')} and ${all.length - most} more`
}

/** Checks a result. `statistics` of the same result. */
export function validate(
  result: BacktestResult,
  statistics: Pick<BacktestStatistics, 'measures'>,
  options: ValidateOptions = {},
): Validation {
  const { maxUntraded = 0.1, minimumTrades = 30, tradesPerMonth = 5 } = options
  const checks: Check[] = []
  const add = (level: Check['level'], name: string, passed: boolean, message: string): void => {
    checks.push({ name, level, passed, message })
  }
  const t = result.trades
  const totals = tradeTotals(t)
  const n = totals.count
  const each = (test: (i: number) => boolean): number => {
    let bad = 0
    for (let i = 0; i < n; i++) if (test(i)) bad++
    return bad
  }
  const none = (name: string, bad: number, what: string): void =>
    add('fail', name, bad === 0, bad === 0 ? `no trade ${what}` : `${bad} of ${n} trades ${what}`)

  add('fail', 'trade_count', n > 0, n > 0 ? `${n} trades` : 'no trade was made: there is nothing to judge')
  none(
    'exit_after_entry',
    each((i) => !(t.exitTime[i] >= t.entryTime[i])),
    'ends before it began',
  )
  // A plan may have no stop or no target (NaN); a level that exists must lie on its side.
  none(
    'sl_tp_direction',
    each((i) => {
      const away = (level: number, sign: number): boolean => (level - t.entryPrice[i]) * t.side[i] * sign <= 0
      return away(t.stop[i], -1) || away(t.target[i], 1)
    }),
    'has its stop or target on the wrong side of the entry',
  )
  none('no_overlap', overlaps(result), 'begins before the one before it in its symbol ended')
  none(
    'positive_fees',
    each((i) => !(t.entryFee[i] > 0 && (t.exitFee[i] > 0 || t.reason[i] === LIQUIDATION))),
    'paid no fee',
  )
  add('fail', 'money_adds_up', ...moneyAddsUp(result))

  const lowest = result.equity.equity
    .subarray(0, result.equity.count)
    .reduce((a, b) => Math.min(a, b), result.initialBalance)
  add('fail', 'no_negative_balance', lowest >= 0, `lowest equity ${lowest.toFixed(2)}, marked to market`)
  const ruined = result.stopped?.reason === 'ruin'
  add('fail', 'no_ruin', !ruined, ruined ? `ruined ${instant(result.stopped!.time)}: trading stopped` : 'never ruined')
  const { liquidations, liquidationLoss } = result.costs
  add(
    'fail',
    'no_liquidation',
    liquidations === 0,
    liquidations === 0 ? 'nothing was liquidated' : `${liquidations} liquidations took ${liquidationLoss.toFixed(2)}`,
  )
  add('fail', 'kill_untraded', ...untraded(result, maxUntraded, 'kill'))
  add('fail', 'stop_untraded', ...untraded(result, maxUntraded, 'stop'))
  if (options.folds !== undefined) addCoverage(add, options.folds, result.endMs)
  else {
    const whole = result.coverage.every((c) => c.bars > 0) && result.equity.count > 0
    add('fail', 'coverage', whole, whole ? 'one run over the whole range' : 'symbols without a single bar')
  }

  const bars = result.coverage.reduce((a, c) => a + c.bars, 0)
  const missing = result.coverage.reduce((a, c) => a + c.missing, 0)
  const gaps = result.coverage.filter((c) => c.missing > 0).map((c) => c.symbol)
  add(
    'warning',
    'bars_complete',
    missing === 0,
    missing === 0 ? 'no bar is missing' : `${missing} of ${bars} bars are missing: ${names(gaps)}`,
  )
  const blind = result.coverage.reduce((a, c) => a + (c.bars - c.missing - c.decidable), 0)
  add(
    'warning',
    'history_at_start',
    blind <= 0,
    blind <= 0
      ? 'the strategy had its history from the first bar on'
      : `${percent(blind / Math.max(1, bars))} of the bars passed before the strategy had its history: load bars before the range`,
  )
  const absentFunding = result.notes.filter((note) => note.code === 'funding-absent' || note.code === 'funding-partial')
  add(
    'warning',
    'funding_known',
    absentFunding.length === 0,
    absentFunding.length === 0
      ? 'funding was charged by recorded rates, or assumed as stated'
      : `funding is absent for ${names([...new Set(absentFunding.flatMap((note) => note.symbols))])}: not taken as 0 in silence, but not charged`,
  )
  if (n > 0) {
    const wins = totals.wins / n
    add('warning', 'win_rate_high', wins <= 0.8, `win rate ${percent(wins)}; above 80 % look for a look-ahead`)
    add('warning', 'win_rate_low', wins >= 0.2, `win rate ${percent(wins)}; below 20 % results rest on few trades`)
    const fall = statistics.measures.maxDrawdown.value ?? 0
    add('warning', 'mdd_nonzero', fall > 0, `largest drawdown ${percent(fall)}; none at all is not credible`)
    const perMonth = n / Math.max(1, (result.endMs - result.startMs) / DAY_MS / (365 / 12))
    add(
      'warning',
      'trade_frequency',
      perMonth >= tradesPerMonth,
      `${perMonth.toFixed(1)} trades a month of the tested range, ${tradesPerMonth} are expected`,
    )
    add(
      'warning',
      'minimum_trades',
      n >= minimumTrades,
      `${n} trades; below ${minimumTrades} the averages are mostly luck`,
    )
    add(
      'warning',
      'profit_factor_high',
      totals.lost > 0 && totals.gains / totals.lost <= 5,
      totals.lost > 0
        ? `profit factor ${(totals.gains / totals.lost).toFixed(2)}; above 5 look for a look-ahead`
        : 'not one losing trade: look for a look-ahead',
    )
  }
  const failed = checks.filter((c) => !c.passed)
  const overall = failed.some((c) => c.level === 'fail') ? 'fail' : failed.length > 0 ? 'warn' : 'pass'
  return { overall, checks }
}

function instant(ms: number): string {
  return `on ${new Date(ms).toISOString().slice(0, 16).replace('T', ' ')} UTC`
}

/** Initial balance + net results = final equity, where no position was left open. */
function moneyAddsUp(result: BacktestResult): [boolean, string] {
  const { count, positions } = result.equity
  if (count > 0 && positions[count - 1] > 0) return [true, 'positions are open at the end: not comparable by trades']
  let net = 0
  for (let i = 0; i < result.trades.count; i++) net += result.trades.netPnl[i]
  const difference = result.initialBalance + net - result.finalEquity
  const ok = Math.abs(difference) <= 1e-6 * Math.max(1, Math.abs(result.initialBalance))
  return [
    ok,
    ok ? 'initial balance + net results = final equity' : `trades and equity differ by ${difference.toFixed(6)}`,
  ]
}

/** Trades that begin before the earlier one of their symbol ended. */
function overlaps({ trades: t }: BacktestResult): number {
  const order = Int32Array.from({ length: t.count }, (_, i) => i).sort(
    (a, b) => t.symbol[a] - t.symbol[b] || t.entryTime[a] - t.entryTime[b] || t.exitTime[a] - t.exitTime[b],
  )
  let found = 0
  let until = Number.NEGATIVE_INFINITY
  for (let k = 0; k < order.length; k++) {
    const i = order[k]
    if (k === 0 || t.symbol[order[k - 1]] !== t.symbol[i]) until = Number.NEGATIVE_INFINITY
    if (t.entryTime[i] < until) found++
    until = Math.max(until, t.exitTime[i])
  }
  return found
}

/** Share of the bars on which a symbol could have decided, but was kept from it by a kill switch or by the end of trading. */
function untraded(result: BacktestResult, most: number, by: 'kill' | 'stop'): [boolean, string] {
  const of = (c: BacktestResult['coverage'][number]): number => (by === 'kill' ? c.blockedByKill : c.blockedByStop)
  const shares = result.coverage.map((c) => ({ symbol: c.symbol, share: c.decidable > 0 ? of(c) / c.decidable : 0, c }))
  const over = shares.filter((s) => s.share > most).sort((a, b) => b.share - a.share)
  const word = by === 'kill' ? 'a kill switch' : 'the end of trading'
  if (over.length === 0) {
    const largest = shares.reduce((a, s) => Math.max(a, s.share), 0)
    return [true, `${word} blocked at most ${percent(largest)} of the period in any symbol`]
  }
  const worst = over.map((s) => {
    const since = by === 'kill' && Number.isFinite(s.c.firstKill) ? ` (first ${instant(s.c.firstKill)})` : ''
    return `${s.symbol} ${percent(s.share)}${since}`
  })
  return [false, `${word} left more than ${percent(most, 0)} of the period untraded: ${names(worst)}`]
}

function addCoverage(
  add: (level: Check['level'], name: string, passed: boolean, message: string) => void,
  folds: readonly FoldWindow[],
  endMs: number,
): void {
  const { covered, overlapMs, leaks } = foldCoverage(folds, endMs)
  const hours = overlapMs / 3_600_000
  add(
    'fail',
    'coverage',
    covered === 1,
    `${folds.length} test windows cover ${percent(covered, 2)} of the range after the first training`,
  )
  add(
    'fail',
    'folds_disjoint',
    overlapMs === 0,
    overlapMs === 0 ? 'no bar is tested twice' : `${hours} hours are tested twice`,
  )
  add(
    'fail',
    'train_before_test',
    leaks === 0,
    leaks === 0 ? 'training ends before every test window' : `${leaks} test windows begin before their training ended`,
  )
}
