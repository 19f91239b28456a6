/**
 * The original's walk-forward (TB-05.9) with its defects: folds are `train_months` apart, so that 3/1 tests three months
 * of twelve (D-04); each fold starts cold and its last midnight belongs to the next one's days too (D-05); the test begins
 * at 00:00 of a day whose hours were trained on (D-06).
 */
import { DAY_MS, dateOf, utcText } from '@cointrader/core'
import {
  barsFor,
  feedOf,
  requireModels,
  type SeedDocument,
  type SeedModel,
  shapedConfig,
  shapedTrades,
  summaryOptions,
  switchesOf,
} from './backtest.js'
import { type SeedBars, type SeedMarket, sliceBars } from './bars.js'
import { checkSeedConfig, type SeedOptions, type SeedProfile, type SeedWalkForwardConfig, seedRange } from './config.js'
import { runEvents, type SeedTrade } from './engine.js'
import { type SeedMarketContext, type SeedRatios, seedMarketContext } from './market-context.js'
import { prepareSlice, type SeedSlice } from './signals.js'
import { type SeedSummary, seedSummary } from './summary.js'
import { seedValidate } from './validator.js'

/** A window: training [trainStart, testStart), test [testStart, testEnd), instants in ms. */
export interface SeedWindow {
  /** From 1. */
  readonly fold: number
  readonly trainStart: number
  readonly testStart: number
  readonly testEnd: number
}

export interface SeedFold {
  readonly fold: number
  readonly train_period: string
  readonly test_period: string
  /** ISO without zone; absent in older documents. */
  readonly test_start?: string
  readonly test_end?: string
  readonly summary: SeedSummary
  /** Only when asked for; null when the fold has fewer than 20 bars. */
  readonly market_context?: SeedMarketContext | null
}

export interface SeedWalkForwardDocument extends SeedDocument {
  readonly mode: 'walk_forward'
  readonly config: Partial<SeedWalkForwardConfig>
  readonly folds: readonly SeedFold[]
}

/** What a model of one fold and symbol may be trained on. */
export interface SeedTraining {
  readonly fold: number
  readonly symbol: string
  /** Rows with training start ≤ t < training end. */
  readonly bars: SeedBars
  readonly config: SeedWalkForwardConfig
}

/** Trains a model; null when it fails, and the symbol then trades unfiltered. */
export type SeedTrainer = (training: SeedTraining) => SeedModel | null

export interface SeedWalkForwardOptions extends SeedOptions {
  /** Required when `config.use_ml` is set. */
  readonly train?: SeedTrainer
  /** Adds the market context to each fold; `ratios` are the long/short ratios, if there are any. */
  readonly context?: { readonly ratios?: SeedRatios }
}

/** Fewer training rows than this give no model. */
const LEAST_TRAINING_ROWS = 200

/** `ms` moved by calendar months, keeping the time of day; the day is clipped to the month's last. */
export function addMonths(ms: number, months: number): number {
  const date = new Date(ms)
  const month = date.getUTCFullYear() * 12 + date.getUTCMonth() + months
  const [y, m] = [Math.floor(month / 12), ((month % 12) + 12) % 12]
  const day = Math.min(date.getUTCDate(), new Date(Date.UTC(y, m + 1, 0)).getUTCDate())
  const timeOfDay = ((ms % DAY_MS) + DAY_MS) % DAY_MS
  return Date.UTC(y, m, day) + timeOfDay
}

/** Windows over the range that all symbols share within that of the configuration. */
export function seedWindows(config: SeedWalkForwardConfig, market: SeedMarket): SeedWindow[] {
  const { from, to } = seedRange(config)
  const all = config.symbols.map((symbol) => sliceBars(barsFor(market, symbol), from, to).times)
  if (all.some((times) => times.length === 0)) return []
  const last = Math.min(...all.map((times) => times[times.length - 1]!))
  const windows: SeedWindow[] = []
  let cursor = Math.max(...all.map((times) => times[0]!))
  for (;;) {
    const testStart = addMonths(cursor, config.train_months)
    const testEnd = addMonths(testStart, config.test_months)
    if (testEnd > last || testStart <= cursor) return windows
    windows.push({ fold: windows.length + 1, trainStart: cursor, testStart, testEnd })
    cursor = testStart
  }
}

/** A fold's slices: the days from that of its test start to midnight of its test end, inclusive. */
export interface PreparedFold {
  readonly window: SeedWindow
  readonly slices: readonly { readonly symbol: string; readonly slice: SeedSlice }[]
}

/** Cuts the folds and computes indicators and points; what follows depends on thresholds and multiples only. */
export function prepareFolds(config: SeedWalkForwardConfig, market: SeedMarket, profile: SeedProfile): PreparedFold[] {
  const midnight = (ms: number): number => Math.floor(ms / DAY_MS) * DAY_MS
  return seedWindows(config, market).map((window) => ({
    window,
    slices: config.symbols.map((symbol) => {
      const bars = sliceBars(barsFor(market, symbol), midnight(window.testStart), midnight(window.testEnd) + 1)
      return { symbol, slice: prepareSlice(bars, profile) }
    }),
  }))
}

/** The original's walk-forward over `market` between `config.start` and `config.end`. Errors as `seedBacktest`. */
export function seedWalkForward(
  config: SeedWalkForwardConfig,
  market: SeedMarket,
  options: SeedWalkForwardOptions = {},
): SeedWalkForwardDocument {
  checkSeedConfig(config)
  const { train, context } = options
  const profile = options.profile ?? 'ieee'
  requireModels(config, train !== undefined, profile)
  const switches = switchesOf(options)
  const folds: SeedFold[] = []
  const trades: SeedTrade[] = []
  for (const { window, slices } of prepareFolds(config, market, profile)) {
    const { fold, trainStart, testStart, testEnd } = window
    const feeds = slices.map(({ symbol, slice }) => {
      const bars = sliceBars(barsFor(market, symbol), trainStart, testStart)
      const trains = config.use_ml && train !== undefined && bars.times.length >= LEAST_TRAINING_ROWS
      const model = trains ? train({ fold, symbol, bars, config }) : null
      return feedOf(config, symbol, slice, profile, model ?? undefined)
    })
    const run = runEvents(config, feeds, switches)
    for (const trade of run.trades) trades.push({ ...trade, fold })
    folds.push({
      fold,
      train_period: `${dateOf(trainStart)} ~ ${dateOf(testStart)}`,
      test_period: `${dateOf(testStart)} ~ ${dateOf(testEnd)}`,
      ...(switches.shape === 'seed' && { test_start: isoText(testStart), test_end: isoText(testEnd) }),
      summary: seedSummary(run.trades, summaryOptions(config, switches)),
      ...(context && {
        market_context: seedMarketContext(market[config.symbols[0]!]!, testStart, testEnd, context.ratios),
      }),
    })
  }
  const summary = seedSummary(trades, summaryOptions(config, switches))
  return {
    mode: 'walk_forward',
    config: shapedConfig(config, switches),
    summary,
    folds,
    trades: shapedTrades(trades, switches),
    validation: seedValidate(trades, summary, config.initial_balance),
  }
}

const isoText = (ms: number): string => utcText(ms).replace(' ', 'T')

export type SeedMlVerdict = 'undecided' | 'worth it' | 'conditional' | 'negligible'

export interface SeedMlComparison {
  /** The document of TB-05.12 but its time stamp, which is the caller's to add. */
  readonly document: {
    readonly symbols: readonly string[]
    readonly ml_off: SeedSummary
    readonly ml_on: SeedSummary
  }
  readonly verdict: SeedMlVerdict
}

/** Two walk-forward runs, without and with a model (TB-05.12). */
export function seedCompareMl(
  config: SeedWalkForwardConfig,
  market: SeedMarket,
  train: SeedTrainer,
  options: SeedOptions = {},
): SeedMlComparison {
  const off = seedWalkForward({ ...config, use_ml: false }, market, options).summary
  const on = seedWalkForward({ ...config, use_ml: true }, market, { ...options, train }).summary
  return { document: { symbols: config.symbols, ml_off: off, ml_on: on }, verdict: seedMlVerdict(off, on) }
}

/** The original's verdict on two summaries. */
export function seedMlVerdict(off: SeedSummary, on: SeedSummary): SeedMlVerdict {
  if (!Number.isFinite(off.profit_factor) || !Number.isFinite(on.profit_factor)) return 'undecided'
  if (off.profit_factor === 0) return 'undecided'
  const better = [
    on.profit_factor - off.profit_factor > 0.1,
    on.win_rate - off.win_rate > 2,
    off.max_drawdown_pct - on.max_drawdown_pct > 1,
  ].filter((x) => x).length
  return better >= 2 ? 'worth it' : better === 1 ? 'conditional' : 'negligible'
}
