/** The bot's training set (TB-04.4) as a table like any other: features, label, weight and kind per row. */
import { fail, MINUTE_MS, type Random, seededRandom } from '@cointrader/core'
import { type Column, makeTable, type Table } from '@cointrader/store'
import { COLUMNS_KEY, type ColumnFacts } from '../dataset/columns.js'
import type { BotBars } from './bars.js'
import {
  BOT_FEATURE_NAMES,
  BOT_FEATURES,
  BOT_WARM_UP,
  type BotFeature,
  type BotFeatureColumns,
  botFeatures,
  FEATURE_DEFAULTS,
  type FeatureFacts,
  type FeatureOptions,
  pointsAt,
} from './features.js'
import { type BotLabels, LABEL_DEFAULTS, type LabelOptions, stopTargetLabels } from './labels.js'
import type { Side, Thresholds } from './score.js'

/** What a row that comes from a HOLD bar says. */
export interface HoldRow {
  readonly label: number
  /** The bar whose end makes the label known. */
  readonly exit: number
  /** Its `signal_strength`. */
  readonly strength: number
}

/** Makes the row of HOLD bar `bar` for the drawn side, whose label and points were measured as for a signal. */
export type HoldRule = (bar: number, measured: HoldRow) => HoldRow

export interface BotTableOptions {
  readonly thresholds: Thresholds
  readonly features: FeatureOptions
  readonly labels: LabelOptions
  /** The first bar that may become a row. */
  readonly warmUp: number
  /** Rows from HOLD bars per row from a signal; 0 leaves them out. */
  readonly negativeRatio: number
  /**
   * The default takes what price did: a HOLD row is a bet on a drawn side with its own points and outcome. (The original
   * calls every one lost and gives it no points, so that a model learns to tell "is it a signal": D-11, D-19.)
   */
  readonly holdRow: HoldRule
  /** Steepness of the time weights; 0 weighs all rows alike. */
  readonly decay: number
  readonly weights: (rows: number, decay: number) => Float32Array
  /** Seeds the draw of HOLD bars and their sides. */
  readonly seed: number | string
}

/** Defaults of TB-04.4 (looser thresholds than trading, on purpose), with the remedies of TB-12 in place of its defects. */
export const BOT_TABLE_DEFAULTS: BotTableOptions = {
  thresholds: { score: 2, adx: 15, volumeMultiplier: 1.5 },
  features: FEATURE_DEFAULTS,
  labels: LABEL_DEFAULTS,
  warmUp: BOT_WARM_UP,
  negativeRatio: 3,
  holdRow: (_bar, measured) => measured,
  decay: 2,
  weights: timeWeights,
  seed: 42,
}

/** Weights exp(decay · i/(n − 1)) over their mean; 1 when `decay` is 0 or there is one row. */
export function timeWeights(rows: number, decay: number): Float32Array {
  const out = new Float32Array(rows).fill(1)
  if (!(decay > 0) || rows < 2) return out
  let sum = 0
  for (let i = 0; i < rows; i++) sum += Math.exp((decay * i) / (rows - 1))
  for (let i = 0; i < rows; i++) out[i] = Math.exp((decay * i) / (rows - 1)) / (sum / rows)
  return out
}

/** `count` of `candidates`, without replacement, ascending. */
function draw(candidates: readonly number[], count: number, random: Random): number[] {
  const pool = [...candidates]
  for (let k = 0; k < count; k++) {
    const other = k + random.int(pool.length - k)
    const kept = pool[other]!
    pool[other] = pool[k]!
    pool[k] = kept
  }
  return pool.slice(0, count).sort((a, b) => a - b)
}

interface Row {
  readonly bar: number
  readonly side: Side
  readonly kind: 'signal' | 'hold'
  readonly said: HoldRow
}

export interface BotTableRequest {
  readonly symbol: string
  readonly bars: BotBars
  readonly options?: Partial<BotTableOptions>
}

/**
 * The training set of one symbol, ascending by `start_time_ms` (bar start): `symbol`, the 26 features (float32), `label`
 * (1 won, 0 lost), `weight`, `kind` (`signal` or `hold`) and `looks_until_ms`, the instant at which the label is known,
 * for purging. A row is known at the end of its bar. Rows need every feature whose input exists, save those of open
 * interest and funding. Error `E_USAGE` for options without sense.
 */
export function buildBotTable({ symbol, bars, options = {} }: BotTableRequest): Table {
  const o: BotTableOptions = { ...BOT_TABLE_DEFAULTS, ...options }
  if (!(o.negativeRatio >= 0) || !(o.warmUp >= 0) || !Number.isInteger(o.labels.horizon) || o.labels.horizon < 1) {
    fail('E_USAGE', {
      subject: 'options of the bot table',
      detail: 'negativeRatio and warmUp are at least 0, horizon is a whole number of at least 1',
      next: 'mend the options',
    })
  }
  const features = botFeatures(bars, o.thresholds, o.features)
  const labels = new Map<Side, BotLabels>([
    [1, stopTargetLabels(bars, features.atr, 1, o.labels)],
    [-1, stopTargetLabels(bars, features.atr, -1, o.labels)],
  ])
  const measure = (bar: number, side: Side): HoldRow => {
    const { label, exit } = labels.get(side)!
    return { label: label[bar]!, exit: exit[bar]!, strength: pointsAt(features, bar, side) }
  }
  const rows: Row[] = []
  const held: number[] = []
  for (const bar of usableBars(bars, features, o)) {
    const signal = features.signal[bar]!
    if (signal === 0) held.push(bar)
    else rows.push({ bar, side: signal as Side, kind: 'signal', said: measure(bar, signal as Side) })
  }
  const random = seededRandom(`${o.seed}/bot/${symbol}`)
  const sides = random.fork('side')
  const count = Math.min(held.length, Math.floor(rows.length * o.negativeRatio))
  for (const bar of draw(held, count, random.fork('hold'))) {
    const side: Side = sides.int(2) === 1 ? 1 : -1
    rows.push({ bar, side, kind: 'hold', said: o.holdRow(bar, measure(bar, side)) })
  }
  rows.sort((a, b) => a.bar - b.bar)
  return toTable(symbol, bars, features, rows, o)
}

/** Bars that may become rows: past the warm-up, with a known label and all features that are asked for. */
function usableBars(bars: BotBars, { columns, atr }: BotFeatureColumns, o: BotTableOptions): number[] {
  const needed = BOT_FEATURE_NAMES.filter((name) => {
    const { needs, optional }: FeatureFacts = BOT_FEATURES[name]
    return !optional && (needs === undefined || bars[needs] !== undefined)
  }).map((name) => columns[name])
  // Whether the label is known hangs on the bars and the ATR, not on the side.
  const { label } = stopTargetLabels(bars, atr, 1, o.labels)
  const out: number[] = []
  for (let i = o.warmUp; i < bars.times.length; i++) {
    if (label[i] !== -1 && needed.every((column) => !Number.isNaN(column[i]!))) out.push(i)
  }
  return out
}

function toTable(symbol: string, bars: BotBars, features: BotFeatureColumns, rows: readonly Row[], o: BotTableOptions) {
  const pick = (value: (row: Row) => number): Float64Array => Float64Array.from(rows, value)
  const special: Partial<Record<BotFeature, (row: Row) => number>> = {
    signal_strength: (row) => row.said.strength,
    side: (row) => (row.side === 1 ? 1 : 0),
  }
  const columns: [string, Column][] = [
    ['start_time_ms', { type: 'int64', data: pick((row) => bars.times[row.bar]!) }],
    ['symbol', { type: 'string', data: rows.map(() => symbol) }],
    ...BOT_FEATURE_NAMES.map((name): [string, Column] => {
      const column = features.columns[name]
      const value = special[name] ?? ((row: Row): number => column[row.bar]!)
      return [name, { type: 'float32', data: Float32Array.from(rows, value) }]
    }),
    ['label', { type: 'int32', data: Int32Array.from(rows, (row) => row.said.label) }],
    ['weight', { type: 'float32', data: o.weights(rows.length, o.decay) }],
    ['kind', { type: 'string', data: rows.map((row) => row.kind) }],
    ['looks_until_ms', { type: 'int64', data: pick((row) => bars.times[row.said.exit]! + bars.intervalMs) }],
  ]
  return makeTable(columns)
}

/** Footer of the file: what each column is, from when it is known, how far it looks, and why some are empty. */
export function botTableMetadata(bars: BotBars, options: Partial<BotTableOptions> = {}): Record<string, string> {
  const o: BotTableOptions = { ...BOT_TABLE_DEFAULTS, ...options }
  const bar = bars.intervalMs / MINUTE_MS
  const ahead = (o.labels.horizon + 1) * bar
  const id: ColumnFacts = { role: 'id', unit: '', knownAtMinutes: 0 }
  const facts: Record<string, ColumnFacts> = { start_time_ms: { ...id, unit: 'ms' }, symbol: id }
  const empty: Record<string, string> = {}
  for (const name of BOT_FEATURE_NAMES) {
    const { needs, unit }: FeatureFacts = BOT_FEATURES[name]
    facts[name] = { role: 'feature', unit, knownAtMinutes: bar }
    if (name === 'macd_hist') facts[name] = { ...facts[name], unit: o.features.macdUnit === 'atr' ? 'ATR' : 'USDT' }
    const column = needs && bars[needs]
    if (needs && column === undefined) empty[name] = `no column for ${needs}`
    else if (column?.every((x) => Number.isNaN(x) || x === 0)) empty[name] = `${needs} has no value in any bar`
  }
  const label: ColumnFacts = { role: 'label', unit: '', knownAtMinutes: ahead, looksUntilMinutes: ahead }
  facts.label = { ...label, unit: '1 won, 0 lost' }
  facts.weight = { ...id, unit: 'mean 1' }
  facts.kind = { role: 'raw', unit: '', knownAtMinutes: bar }
  facts.looks_until_ms = { ...label, unit: 'ms' }
  const { thresholds, features, labels, warmUp, negativeRatio, decay, seed } = o
  return {
    [COLUMNS_KEY]: JSON.stringify(facts),
    'cointrader.empty': JSON.stringify(empty),
    // JSON has neither NaN nor Infinity: as text.
    'cointrader.bot': JSON.stringify(
      { thresholds, features, labels, warmUp, negativeRatio, decay, seed },
      (_, value: unknown) => (typeof value === 'number' && !Number.isFinite(value) ? String(value) : value),
    ),
  }
}
