/**
 * The research pipeline under proof (`--compat research`), so that its look-ahead is shown by values, not asserted: the
 * universe ranks the day itself (RP-12, RP-D02), and empty cells are filled forward and then backward (RP-08, RP-D03),
 * for X each day by itself, for the added generator and for labels over two days.
 *
 * One difference: RP-07 and RP-09 fail a whole day for one absent row, which is a look-ahead too, but would make every
 * truncated day fail for that reason alone. Here a row that is absent stays absent.
 */
import { addDays } from '@cointrader/core'
import { researchUniverse, selectUniverse } from '@cointrader/universe'
import { researchAdded, researchBase } from '../compat/research-features.js'
import { DAY_MINUTES, type DayBars } from '../daybars.js'
import { type DefinitionGroup, makeFeatureSet } from '../featureset.js'
import type { LabelOptions } from '../labels.js'
import { type CausalPipeline, type UniverseFacts, volumesOfBars } from './pipeline.js'
import { featurePipeline } from './shipped.js'

/** How members are chosen. */
export interface UniverseRule {
  readonly top: number
  readonly bufferDays: number
  readonly minHistoryDays: number
}

/** The default rule: earlier days only. */
export function pointInTimeUniverse({ top, bufferDays, minHistoryDays }: UniverseRule) {
  return ({ date, before, bans, contracts }: UniverseFacts): readonly string[] =>
    selectUniverse({ date, top, bufferDays, minHistoryDays, volumes: before, contracts, bans }).symbols
}

/** RP-12. */
export function lookAheadUniverse({ top, bufferDays }: UniverseRule) {
  return ({ date, before, after, bans }: UniverseFacts): readonly string[] => {
    const volumes = new Map(before)
    for (const day of after) volumes.set(day.date, volumesOfBars(day))
    return researchUniverse({ date, top, bufferDays, volumes, bans })?.symbols ?? []
  }
}

export interface ResearchPipelineOptions {
  readonly windows: readonly number[]
  readonly generator: 'base' | 'added'
  readonly labels: LabelOptions
  /** Fields that the tables have. */
  readonly has: (field: string) => boolean
  readonly universe: UniverseRule
}

export function researchPipeline(options: ResearchPipelineOptions): CausalPipeline {
  const base = options.generator === 'base'
  const definitions = base ? researchBase(options.has) : researchAdded()
  const groups: DefinitionGroup[] = [{ prefix: 'x', definitions }]
  const set = makeFeatureSet({ groups, windows: options.windows, flat: 0 })
  const filled = new WeakMap<DayBars, readonly DayBars[]>()
  /** Finished days are the same block again and again. */
  const once = (day: DayBars): readonly DayBars[] => {
    const known = filled.get(day) ?? fillBothWays([day], set.fields)
    filled.set(day, known)
    return known
  }
  return featurePipeline({
    name: 'research',
    set,
    labels: options.labels,
    rules: undefined,
    universe: lookAheadUniverse(options.universe),
    prepare: {
      features: (days, date) => {
        const context = days.filter((d) => d.date === addDays(date, -1))
        const today = days.filter((d) => d.date === date)
        return base
          ? [...context.flatMap(once), ...fillBothWays(today, set.fields)]
          : fillBothWays([...context, ...today], set.fields)
      },
      labels: (days, date) =>
        fillBothWays(
          days.filter((d) => d.date === date || d.date === addDays(date, 1)),
          [options.labels.price],
        ),
    },
    defects: { universe: 'RP-D02', input: 'RP-D03' },
  })
}

/**
 * RP-08 over the rows of consecutive days: per symbol and field (absent: every one) forward, then backward. Infinity
 * counts as a value. Returns copies; fields that are not filled are the originals.
 */
export function fillBothWays(days: readonly DayBars[], names?: readonly string[]): DayBars[] {
  const fields = [...new Set(days.flatMap((d) => Object.keys(d.fields)))].filter((f) => names?.includes(f) ?? true)
  const copies = days.map((day) => {
    const copied = Object.entries(day.fields).map(([name, data]) => [
      name,
      fields.includes(name) ? Float64Array.from(data) : data,
    ])
    return { ...day, fields: Object.fromEntries(copied) as Record<string, Float64Array> }
  })
  const backwards = [...copies].reverse()
  for (const symbol of new Set(days.flatMap((d) => d.symbols))) {
    const first = new Map(copies.map((day) => [day, day.symbols.indexOf(symbol) * DAY_MINUTES]))
    for (const name of fields) {
      let last = Number.NaN
      for (const day of copies) last = carry(day, name, first.get(day)!, 1, last)
      last = Number.NaN
      for (const day of backwards) last = carry(day, name, first.get(day)!, -1, last)
    }
  }
  return copies
}

/** Carries values over empty cells of the rows of one symbol (from index `first`, none if negative). */
function carry({ fields, present }: DayBars, name: string, first: number, step: 1 | -1, before: number): number {
  const data = fields[name]
  if (data === undefined || first < 0) return before
  let last = before
  for (let k = 0, i = step === 1 ? first : first + DAY_MINUTES - 1; k < DAY_MINUTES; k++, i += step) {
    if (present[i] === 0) continue
    const v = data[i]!
    if (Number.isNaN(v)) data[i] = last
    else last = v
  }
  return last
}
