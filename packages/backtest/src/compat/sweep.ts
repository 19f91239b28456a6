/**
 * The original's parameter sweep (TB-05.13) and symbol comparison (TB-05.14), which rank combinations on the months they
 * are then quoted on (D-12). Indicators and points are computed once per fold, signals once per set of thresholds.
 */
import { fail } from '@cointrader/core'
import { summaryOptions, switchesOf } from './backtest.js'
import type { SeedMarket } from './bars.js'
import { checkSeedConfig, SEED_WALK_FORWARD_DEFAULTS, type SeedOptions, type SeedWalkForwardConfig } from './config.js'
import { pythonRound } from './decimal.js'
import { runEvents } from './engine.js'
import { signalsOf, thresholdsOf } from './signals.js'
import { type SeedSummary, seedSummary } from './summary.js'
import { prepareFolds } from './walk-forward.js'

/** One combination, in the order of the result rows. */
export interface SeedParams {
  readonly atr_sl_mult: number
  readonly atr_tp_mult: number
  readonly signal_threshold: number
  readonly adx_threshold: number
  readonly volume_multiplier: number
}

/** Values per parameter. */
export type SeedGrid = { readonly [K in keyof SeedParams]: readonly number[] }

/** The original's grid: 324 combinations. */
export const SEED_GRID: SeedGrid = {
  atr_sl_mult: [1, 1.5, 2],
  atr_tp_mult: [2, 3, 4],
  signal_threshold: [3, 4, 5],
  adx_threshold: [0, 20, 25, 30],
  volume_multiplier: [1.5, 2, 2.5],
}

/** Combinations, the first parameter outermost. */
export function seedCombinations(grid: SeedGrid = SEED_GRID): SeedParams[] {
  const out: SeedParams[] = []
  for (const atr_sl_mult of grid.atr_sl_mult)
    for (const atr_tp_mult of grid.atr_tp_mult)
      for (const signal_threshold of grid.signal_threshold)
        for (const adx_threshold of grid.adx_threshold)
          for (const volume_multiplier of grid.volume_multiplier)
            out.push({ atr_sl_mult, atr_tp_mult, signal_threshold, adx_threshold, volume_multiplier })
  return out
}

export interface SeedSweepRow {
  readonly params: SeedParams
  readonly summary: SeedSummary
}

/** The sweep's walk-forward: 3/1 and no model. */
export const SEED_SWEEP_DEFAULTS: SeedWalkForwardConfig = {
  ...SEED_WALK_FORWARD_DEFAULTS,
  use_ml: false,
  train_months: 3,
}

/**
 * Cuts the folds once and returns the function from a combination to its walk-forward summary. Combinations do not hang on
 * each other, so workers may each make one and take a share of them. Errors as `seedWalkForward`.
 */
export function seedSweepCell(
  config: SeedWalkForwardConfig,
  market: SeedMarket,
  options: SeedOptions = {},
): (params: SeedParams) => SeedSummary {
  checkSeedConfig(config)
  if (config.use_ml) fail('E_USAGE', { subject: 'sweep', detail: 'use_ml is set', next: 'set use_ml to false' })
  const switches = switchesOf(options)
  const folds = prepareFolds(config, market, options.profile ?? 'ieee')
  const known = new Map<string, Int8Array[][]>()
  return (params) => {
    const cell = { ...config, ...params }
    const key = `${params.signal_threshold}/${params.adx_threshold}/${params.volume_multiplier}`
    let signals = known.get(key)
    if (signals === undefined) {
      const thresholds = thresholdsOf(cell)
      signals = folds.map(({ slices }) => slices.map(({ slice }) => signalsOf(slice, thresholds)))
      known.set(key, signals)
    }
    const trades = folds.flatMap(({ slices }, f) => {
      const feeds = slices.map(({ symbol, slice }, s) => ({ symbol, slice, signals: signals[f]![s]! }))
      return runEvents(cell, feeds, switches).trades
    })
    return seedSummary(trades, summaryOptions(cell, switches))
  }
}

/** Infinity counts as 999 in rankings. */
const rankOf = (factor: number): number => (factor === Number.POSITIVE_INFINITY ? 999 : factor)

/** Rows by profit factor (two decimals), largest first; ties keep their order. */
export function seedRanked(rows: readonly SeedSweepRow[]): SeedSweepRow[] {
  return [...rows].sort((a, b) => rankOf(b.summary.profit_factor) - rankOf(a.summary.profit_factor))
}

/** The sweep, ranked. (The original gives a combination that failed a summary of zeros; here an error is an error.) */
export function seedSweep(
  market: SeedMarket,
  config: SeedWalkForwardConfig = SEED_SWEEP_DEFAULTS,
  combinations: readonly SeedParams[] = seedCombinations(),
  options: SeedOptions = {},
): SeedSweepRow[] {
  const summaryOf = seedSweepCell(config, market, options)
  return seedRanked(combinations.map((params) => ({ params, summary: summaryOf(params) })))
}

export interface SeedCombinedRow {
  readonly params: SeedParams
  readonly combined_pf: number
  readonly combined_trades: number
  readonly combined_pnl: number
  readonly per_symbol: Readonly<Record<string, SeedSummary>>
}

export interface SeedCombinedOptions extends SeedOptions {
  /** A symbol counts from this profit factor on, default 0.9. */
  readonly minPf?: number
  /** So many symbols must count, default 2. */
  readonly minPfCount?: number
}

/**
 * Each symbol swept for itself, then put together (`--combined`). Gross profit and loss are rebuilt from rounded averages,
 * as the original does (D-23).
 */
export function seedSweepCombined(
  market: SeedMarket,
  config: SeedWalkForwardConfig = SEED_SWEEP_DEFAULTS,
  combinations: readonly SeedParams[] = seedCombinations(),
  { minPf = 0.9, minPfCount = 2, ...options }: SeedCombinedOptions = {},
): SeedCombinedRow[] {
  const cells = config.symbols.map(
    (symbol) => [symbol, seedSweepCell({ ...config, symbols: [symbol] }, market, options)] as const,
  )
  const rows: SeedCombinedRow[] = []
  for (const params of combinations) {
    const per_symbol = Object.fromEntries(cells.map(([symbol, summaryOf]) => [symbol, summaryOf(params)]))
    const summaries = Object.values(per_symbol)
    const counting = summaries.filter((s) => s.total_trades > 0 && s.profit_factor >= minPf).length
    if (counting >= minPfCount) rows.push({ params, ...seedCombine(summaries), per_symbol })
  }
  return rows.sort((a, b) => rankOf(b.combined_pf) - rankOf(a.combined_pf))
}

/** Figures of several symbols in one, from their rounded summaries. */
export function seedCombine(
  summaries: readonly SeedSummary[],
): Pick<SeedCombinedRow, 'combined_pf' | 'combined_trades' | 'combined_pnl'> {
  let [gained, lost, trades, pnl] = [0, 0, 0, 0]
  for (const s of summaries) {
    const wins = pythonRound((s.win_rate / 100) * s.total_trades, 0)
    gained += wins * s.avg_win
    lost += (s.total_trades - wins) * Math.abs(s.avg_loss)
    trades += s.total_trades
    pnl += s.total_pnl
  }
  const factor = lost === 0 ? (gained > 0 ? Number.POSITIVE_INFINITY : 0) : gained / lost
  return { combined_pf: pythonRound(factor, 2), combined_trades: trades, combined_pnl: pythonRound(pnl, 2) }
}

export interface SeedComparedSymbol {
  readonly symbol: string
  readonly best_params: SeedParams
  readonly summary: SeedSummary
}

/** Combinations with fewer trades are not compared. */
const LEAST_TRADES = 5

/**
 * The best combination of each symbol (TB-05.14): by profit factor, then payoff ratio, then win rate; the first of equals.
 * A symbol without a combination of at least 5 trades is left out.
 */
export function seedCompareSymbols(
  market: SeedMarket,
  config: SeedWalkForwardConfig = SEED_SWEEP_DEFAULTS,
  combinations: readonly SeedParams[] = seedCombinations(),
  options: SeedOptions = {},
): SeedComparedSymbol[] {
  const out: SeedComparedSymbol[] = []
  for (const symbol of config.symbols) {
    const summaryOf = seedSweepCell({ ...config, symbols: [symbol] }, market, options)
    let best: SeedComparedSymbol | undefined
    for (const best_params of combinations) {
      const summary = summaryOf(best_params)
      if (summary.total_trades < LEAST_TRADES) continue
      if (best === undefined || isBetter(summary, best.summary)) best = { symbol, best_params, summary }
    }
    if (best !== undefined) out.push(best)
  }
  return out
}

function isBetter(a: SeedSummary, b: SeedSummary): boolean {
  const key = (s: SeedSummary): number[] => [rankOf(s.profit_factor), s.payoff_ratio ?? 0, s.win_rate]
  const [x, y] = [key(a), key(b)]
  for (let k = 0; k < x.length; k++) if (x[k] !== y[k]) return x[k]! > y[k]!
  return false
}
