/** What a file of X and Y says about its columns: unit, availability, and why one is empty. */
import { DAY_COLUMNS, fail, type Json, stableJson } from '@cointrader/core'
import { type FeatureSet, neutralName } from '../featureset.js'
import type { LabelColumn } from '../labels.js'

/** Key of the Parquet footer. */
export const COLUMNS_KEY = 'cointrader.columns'
export const BUILD_KEY = 'cointrader.build'

/** Facts of a column. Minutes count from the start of the row's bar. */
export interface ColumnFacts {
  readonly role: 'id' | 'raw' | 'feature' | 'label'
  readonly unit: string
  /** When the value could first be known. */
  readonly knownAtMinutes: number
  /** Bars behind a feature, the current one included. */
  readonly lookbackMinutes?: number
  /** The last instant a label looks at. */
  readonly looksUntilMinutes?: number
  /** Field whose score within the minute this is. */
  readonly neutralOf?: string
  /** Horizon and neutralisation of a label. */
  readonly horizonMinutes?: number
  readonly neutralisation?: string
  /** Why the column holds no value. */
  readonly empty?: string
}

const RAW_UNITS: Readonly<Record<string, string>> = {
  open: 'price',
  high: 'price',
  low: 'price',
  close: 'price',
  volume_base: 'base currency',
  quote_volume: 'quote currency',
  num_trades: 'trades',
  taker_buy_base: 'base currency',
  taker_buy_quote: 'quote currency',
  mt_oi: 'base currency',
}

/** Identifier columns: known before the bar is. */
export const ID_COLUMNS: readonly string[] = ['symbol', 'start_time_ms', 'start_time_utc']
export const RAW_COLUMNS: readonly string[] = DAY_COLUMNS.map(([name]) => name).filter((n) => !ID_COLUMNS.includes(n))

/** Facts of all columns, in the order of the file. `empty` gives the reason for columns without a value. */
export function columnFacts(
  set: FeatureSet | undefined,
  labels: readonly LabelColumn[],
  empty: ReadonlyMap<string, string>,
): Map<string, ColumnFacts> {
  const out = new Map<string, ColumnFacts>()
  const reason = (name: string) => (empty.has(name) ? { empty: empty.get(name)! } : {})
  for (const name of ID_COLUMNS)
    out.set(name, { role: 'id', unit: name === 'symbol' ? 'text' : 'time', knownAtMinutes: 0 })
  if (set !== undefined) {
    for (const name of RAW_COLUMNS)
      out.set(name, { role: 'raw', unit: RAW_UNITS[name] ?? 'ratio', knownAtMinutes: 1, ...reason(name) })
    for (const c of set.columns) {
      const { name, unit, knownAtMinutes, lookback } = c
      out.set(name, { role: 'feature', unit, knownAtMinutes, lookbackMinutes: lookback, ...reason(name) })
    }
    for (const { name, knownAtMinutes, lookback } of set.columns) {
      out.set(neutralName(name), {
        role: 'feature',
        unit: 'deviations of the cross-section',
        knownAtMinutes,
        lookbackMinutes: lookback,
        neutralOf: name,
        ...reason(name),
      })
    }
  }
  for (const { name, horizon, looksUntilMinutes } of labels) {
    out.set(name, {
      role: 'label',
      unit: 'bp',
      knownAtMinutes: looksUntilMinutes,
      looksUntilMinutes,
      horizonMinutes: horizon,
      neutralisation: 'mean over the universe at t subtracted',
      ...reason(name),
    })
  }
  return out
}

export function factsText(facts: ReadonlyMap<string, ColumnFacts>): string {
  return stableJson(Object.fromEntries(facts) as unknown as Json)
}

/** Reads the facts back; undefined for files without them. Error `E_FILE_CORRUPT` for damaged ones. */
export function readFacts(
  metadata: Readonly<Record<string, string>>,
  subject: string,
): Map<string, ColumnFacts> | undefined {
  const text = metadata[COLUMNS_KEY]
  if (text === undefined) return undefined
  try {
    return new Map(Object.entries(JSON.parse(text) as Record<string, ColumnFacts>))
  } catch (error) {
    fail('E_FILE_CORRUPT', { subject, detail: `${COLUMNS_KEY}: ${(error as Error).message}`, cause: error })
  }
}

/**
 * Refuses columns that were not yet known at a decision taken `decisionMinutes` after the start of bar t (1: at its end).
 * Models and backtests call it with their inputs. Error `E_AVAILABILITY` naming the first column.
 */
export function requireKnown(
  facts: ReadonlyMap<string, ColumnFacts>,
  columns: readonly string[],
  decisionMinutes: number,
): void {
  for (const name of columns) {
    const fact = facts.get(name)
    if (fact === undefined) fail('E_AVAILABILITY', { subject: name, detail: 'nothing says when it is known' })
    if (fact.role === 'label' || fact.knownAtMinutes > decisionMinutes) {
      const detail = `known ${fact.knownAtMinutes} min after the start of its bar, the decision falls at ${decisionMinutes}`
      fail('E_AVAILABILITY', { subject: name, detail })
    }
  }
}
