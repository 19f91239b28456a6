/** One run of the original's backtester over loaded bars, and its result document (TB-05.8). */
import { fail } from '@cointrader/core'
import { ORIGINAL_FEATURES } from '@cointrader/features/bot/compat/trading-bot'
import { BOT_FEATURE_NAMES, botFeatures } from '@cointrader/features/bot/features'
import { botBarsOf, type SeedBars, type SeedMarket, sliceBars } from './bars.js'
import {
  checkSeedConfig,
  SEED_SWITCHES,
  type SeedConfig,
  type SeedOptions,
  type SeedProfile,
  type SeedSwitches,
  seedRange,
} from './config.js'
import { numpyRound } from './decimal.js'
import { runEvents, type SeedFeed, type SeedProbability, type SeedRun, type SeedTrade } from './engine.js'
import { prepareSlice, type SeedSlice, signalsOf, thresholdsOf, tieToleranceOf } from './signals.js'
import { type SeedSummary, seedSummary } from './summary.js'
import { type SeedValidation, seedValidate } from './validator.js'

/** The document of a single run. Infinity is a number here; {@link seedJson} writes it as the original does. */
export interface SeedDocument {
  readonly config: Partial<SeedConfig>
  readonly summary: SeedSummary
  readonly trades: readonly SeedTrade[]
  readonly validation: SeedValidation
}

/** A run: the document, and what the original keeps in memory only. */
export interface SeedResult extends Pick<SeedRun, 'killed' | 'killedAt' | 'equity' | 'equityTimes'> {
  readonly document: SeedDocument
}

/**
 * A model of one symbol: the probability for one row of the 26 features in model order (float32, NaN is missing; valid
 * during the call), or null when it fails. On failure the original lets the trade through (TB-05.4).
 */
export type SeedModel = (features: Float32Array) => number | null

export interface SeedRunOptions extends SeedOptions {
  /** Loaded models by symbol; a symbol without one trades unfiltered. Required when `config.use_ml` is set. */
  readonly models?: Readonly<Record<string, SeedModel>>
  /** Also return the equity curve, one point per event. */
  readonly keepEquity?: boolean
}

/** The switches with defaults filled in. */
export function switchesOf(options: SeedOptions): SeedSwitches {
  return { ...SEED_SWITCHES, ...options.switches }
}

/**
 * Runs the original's backtester on `market` between `config.start` and `config.end`. Errors `E_USAGE`: a field without
 * sense, a symbol without bars, or `use_ml` without models.
 */
export function seedBacktest(config: SeedConfig, market: SeedMarket, options: SeedRunOptions = {}): SeedResult {
  checkSeedConfig(config)
  requireModels(config, options.models !== undefined, options.profile)
  const { from, to } = seedRange(config)
  const profile = options.profile ?? 'ieee'
  const feeds = config.symbols.map((symbol): SeedFeed => {
    const slice = prepareSlice(sliceBars(barsFor(market, symbol), from, to), profile)
    return feedOf(config, symbol, slice, profile, config.use_ml ? options.models?.[symbol] : undefined)
  })
  const switches = switchesOf(options)
  const run = runEvents(config, feeds, switches, options.keepEquity)
  const summary = seedSummary(run.trades, summaryOptions(config, switches))
  const document = {
    config: shapedConfig(config, switches),
    summary,
    trades: shapedTrades(run.trades, switches),
    validation: seedValidate(run.trades, summary, config.initial_balance),
  }
  return { document, killed: run.killed, killedAt: run.killedAt, equity: run.equity, equityTimes: run.equityTimes }
}

/** Bars of a symbol. Error `E_USAGE`. */
export function barsFor(market: SeedMarket, symbol: string): SeedBars {
  const bars = market[symbol]
  if (bars === undefined || bars.times.length === 0) {
    fail('E_USAGE', { subject: symbol, detail: 'no bars', next: 'hand in bars of every configured symbol' })
  }
  return bars
}

/** Error `E_USAGE` where the configuration asks for a filter that cannot be there. */
export function requireModels(config: SeedConfig, given: boolean, profile: SeedProfile = 'ieee'): void {
  if (!config.use_ml) return
  const refuse = (detail: string, next: string): never => fail('E_USAGE', { subject: 'config.use_ml', detail, next })
  if (!given) refuse('no models were handed in', 'set use_ml to false, or hand in models')
  if (profile === 'fma') refuse('profile fma has no features', 'use profile ieee or tol')
}

/** A symbol's slice with its signals, and its model if there is one. */
export function feedOf(
  config: SeedConfig,
  symbol: string,
  slice: SeedSlice,
  profile: SeedProfile,
  model: SeedModel | undefined,
): SeedFeed {
  const signals = signalsOf(slice, thresholdsOf(config))
  if (model === undefined) return { symbol, slice, signals }
  return { symbol, slice, signals, probability: probabilityOf(config, slice, profile, model) }
}

/** Asks the model about the features of the slice, computed when the first question comes. */
function probabilityOf(config: SeedConfig, slice: SeedSlice, profile: SeedProfile, model: SeedModel): SeedProbability {
  let columns: Float32Array[] | undefined
  const row = new Float32Array(BOT_FEATURE_NAMES.length)
  return (index) => {
    if (columns === undefined) {
      const options = { ...ORIGINAL_FEATURES, tieTolerance: tieToleranceOf(profile) }
      const features = botFeatures(botBarsOf(slice.bars), thresholdsOf(config), options)
      columns = BOT_FEATURE_NAMES.map((name) => features.columns[name])
    }
    for (let k = 0; k < row.length; k++) row[k] = columns[k]![index]!
    return model(row)
  }
}

export function summaryOptions(config: SeedConfig, switches: SeedSwitches) {
  const { barsPerYear, shape } = switches
  return { initialBalance: config.initial_balance, barsPerYear, older: shape !== 'seed' }
}

/** The configuration as the document of that age has it. */
export function shapedConfig<T extends SeedConfig>(config: T, { shape }: SeedSwitches): Partial<T> {
  if (shape !== '2026-03-06') return config
  const { signal_threshold: _, adx_threshold: __, volume_multiplier: ___, ...rest } = config
  return rest as Partial<T>
}

export function shapedTrades(trades: readonly SeedTrade[], { shape }: SeedSwitches): readonly SeedTrade[] {
  if (shape !== '2026-03-06') return trades
  return trades.map((t) => ({ ...t, entry_time: `${t.entry_time}+00:00`, exit_time: `${t.exit_time}+00:00` }))
}

/** The document as JSON text: indent 2, ±Infinity as text. A whole number has no `.0`, unlike Python's. */
export function seedJson(document: unknown): string {
  const infinite = (_: string, value: unknown): unknown =>
    value === Number.POSITIVE_INFINITY ? 'Infinity' : value === Number.NEGATIVE_INFINITY ? '-Infinity' : value
  return JSON.stringify(document, infinite, 2)
}

/** Facts about an equity curve, four decimals: what the golden files' `meta.equity` has. */
export interface SeedEquityFacts {
  readonly points: number
  readonly first: number
  readonly last: number
  readonly min: number
  readonly max: number
  /** Largest fall from the highest point so far, percent. */
  readonly mark_to_market_mdd_pct: number
}

/** Facts about `equity`, which has at least one point. */
export function seedEquityFacts(equity: Float64Array): SeedEquityFacts {
  let [min, max, drawdown] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0]
  for (const x of equity) {
    min = Math.min(min, x)
    max = Math.max(max, x)
    drawdown = Math.max(drawdown, (max - x) / max)
  }
  return {
    points: equity.length,
    first: numpyRound(equity[0]!, 4),
    last: numpyRound(equity[equity.length - 1]!, 4),
    min: numpyRound(min, 4),
    max: numpyRound(max, 4),
    mark_to_market_mdd_pct: numpyRound(drawdown * 100, 4),
  }
}
