/** Made-up days with everything that real ones have, and quick proofs over them. */
import { addDays, MINUTE_MS, parseDate, type UtcDate } from '@cointrader/core'
import {
  DAY_MINUTES,
  type DayBars,
  DEFAULT_HORIZONS,
  dayRow,
  type FeatureDefinition,
  labelDays,
  readRules,
} from '@cointrader/features'
import * as proof from '@cointrader/features/causality/index'
import { makePanel } from '@cointrader/features/contract/panel'

export const DATE = parseDate('2026-02-10')

/** Days `before … after` around {@link DATE}, with the defects of the panel. */
export function marketDays(
  symbols: number,
  before: number,
  after: number,
  defects?: number,
  seed = 'proof',
): DayBars[] {
  const first = dayRow(addDays(DATE, -before))
  const rows = (before + 1 + after) * DAY_MINUTES
  const bars = makePanel({ seed, symbols, firstRow: first, rows, ...(defects === undefined ? {} : { defects }) })
  return Array.from({ length: before + 1 + after }, (_, d): DayBars => {
    const fields: Record<string, Float64Array> = {}
    const present = new Uint8Array(symbols * DAY_MINUTES)
    for (const [name, data] of Object.entries(bars.fields)) {
      const out = new Float64Array(symbols * DAY_MINUTES)
      for (let s = 0; s < symbols; s++)
        out.set(data!.subarray(s * rows + d * DAY_MINUTES, s * rows + (d + 1) * DAY_MINUTES), s * DAY_MINUTES)
      for (let i = 0; i < out.length; i++) if (!Number.isNaN(out[i]!)) present[i] = 1
      fields[name] = out
    }
    const date = addDays(DATE, d - before) as UtcDate
    return { date, symbols: bars.symbols, fields, present, offGrid: 0 }
  })
}

export const minuteOf = (leak: proof.Leak): number => leak.timeMs / MINUTE_MS - dayRow(DATE)

export const factsOf = (days: readonly DayBars[]): proof.UniverseFacts => ({
  date: DATE,
  before: new Map(days.filter((d) => d.date < DATE).map((d) => [d.date, proof.volumesOfBars(d)])),
  after: days.filter((d) => d.date >= DATE),
  bans: {},
  contracts: {},
})

export const RULE: proof.UniverseRule = { top: 50, bufferDays: 14, minHistoryDays: 1 }

export interface Quick {
  readonly windows?: readonly number[]
  readonly horizons?: readonly number[]
  readonly generator?: 'base' | 'added' | 'both'
  readonly plugins?: readonly FeatureDefinition[]
  readonly pluginsOnly?: boolean
}

/** The product's pipeline. */
export const product = ({
  windows = [5],
  horizons = DEFAULT_HORIZONS,
  generator = 'base',
  plugins = [],
  pluginsOnly = plugins.length > 0,
}: Quick): proof.CausalPipeline =>
  proof.productPipeline({
    spec: { windows, horizons, generator, price: 'close', rules: readRules() },
    plugins,
    pluginsOnly,
    universe: proof.pointInTimeUniverse(RULE),
  })

/** Proves a pipeline over few symbols and instants. */
export function quickProof(pipeline: proof.CausalPipeline, days: readonly DayBars[], instants = 6): proof.Proof {
  return proof.prove({ pipeline, date: DATE, days, members: days[0]!.symbols, facts: factsOf(days), instants })
}

export const daysAfter = (horizons: readonly number[]): number => labelDays(horizons)
