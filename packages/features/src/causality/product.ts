/** What `build-xy` makes, row selection and exclusions of members included, as something to be proved. */
import { isError, MINUTE_MS } from '@cointrader/core'
import { numbers, strings } from '@cointrader/store'
import { DayBuilder, defaultRules } from '../build/day.js'
import type { BuildSpec } from '../build/spec.js'
import type { FeatureDefinition } from '../catalogue/definition.js'
import { DAY_MINUTES } from '../daybars.js'
import { dayRow } from '../xy.js'
import type { CausalPipeline, UniverseFacts } from './pipeline.js'
import { featurePipeline } from './shipped.js'

export interface ProductOptions {
  /** Windows, horizons, generator, price and rules; rows and precision are the proof's. */
  readonly spec: Pick<BuildSpec, 'windows' | 'horizons' | 'generator' | 'price' | 'rules'>
  readonly plugins?: readonly FeatureDefinition[]
  readonly universe: (facts: UniverseFacts) => readonly string[]
  /** Proves the plug-ins' columns only. */
  readonly pluginsOnly?: boolean
}

/**
 * The full build is the table that `build-xy` writes (every row that has a bar, 64 bits); a row that is not in it is NaN
 * throughout. A single row is computed from the graph, symbol by symbol, for all members.
 */
export function productPipeline({ spec, plugins = [], universe, pluginsOnly = false }: ProductOptions): CausalPipeline {
  const full: BuildSpec = { ...spec, top: 0, how: 'left', part: 'xy', float: 64, research: false, plugins: [] }
  const builder = new DayBuilder(full, plugins)
  const set = defaultRules(full.rules).set(full, plugins, () => true)
  const labels = { price: spec.price, horizons: spec.horizons }
  const graph = featurePipeline({ name: 'build-xy', set, labels, rules: spec.rules, universe })
  const own = new Set(plugins.map((p) => p.type))
  const base = set.columns.length
  const kept = graph.columns
    .map((_, k) => k)
    .filter((k) => !pluginsOnly || (k < 2 * base && own.has(set.columns[k % base]!.type)))
  const columns = kept.map((k) => graph.columns[k]!)
  const columnOf = new Map(kept.map((k, c) => [k, c]))
  let room = new Float64Array(0)
  return {
    name: pluginsOnly ? 'plug-ins' : 'build-xy',
    columns,
    universe,
    build(days, date, members, visit) {
      const cells = members.length * DAY_MINUTES
      if (room.length !== columns.length * cells) room = new Float64Array(columns.length * cells)
      room.fill(Number.NaN)
      const place = new Map(members.map((m, s) => [m, s * DAY_MINUTES]))
      const start = dayRow(date) * MINUTE_MS
      try {
        for (const table of builder.build(days, date, members).groups) {
          const time = numbers(table, 'start_time_ms')
          const cell = Int32Array.from(
            strings(table, 'symbol'),
            (m, i) => place.get(m)! + (time[i]! - start) / MINUTE_MS,
          )
          columns.forEach(({ name }, c) => {
            const data = numbers(table, name)
            const at = c * cells
            for (let i = 0; i < cell.length; i++) room[at + cell[i]!] = data[i]!
          })
        }
      } catch (error) {
        // No member has a bar: there is no table, so no value.
        if (!isError(error, 'E_NOTHING_FOUND')) throw error
      }
      columns.forEach((_, c) => void visit(c, room.subarray(c * cells, (c + 1) * cells)))
    },
    rebuild(days, date, members, visit) {
      const today = days.find((d) => d.date === date)
      const absent: number[] = []
      members.forEach((m, s) => {
        const place = today?.symbols.indexOf(m) ?? -1
        for (let t = 0; t < DAY_MINUTES; t++)
          if (place < 0 || today!.present[place * DAY_MINUTES + t] === 0) absent.push(s * DAY_MINUTES + t)
      })
      const masked = new Float64Array(members.length * DAY_MINUTES)
      graph.build(days, date, members, (k, values) => {
        const c = columnOf.get(k)
        if (c === undefined) return
        masked.set(values)
        for (const cell of absent) masked[cell] = Number.NaN
        visit(c, masked)
      })
    },
    row(days, date, members, row, wanted, out) {
      const n = members.length
      const all = new Float64Array(graph.columns.length * n)
      graph.row(
        days,
        date,
        members,
        row,
        wanted.map((c) => kept[c]!),
        all,
      )
      const absent = absentAt(days, date, members, row)
      for (const c of wanted)
        for (let s = 0; s < n; s++) out[c * n + s] = absent[s] === 1 ? Number.NaN : all[kept[c]! * n + s]!
    },
    alone(days, date, members, row, column) {
      const values = graph.alone?.(days, date, members, row, kept[column]!)
      const absent = absentAt(days, date, members, row)
      return values?.map((v, s) => (absent[s] === 1 ? Number.NaN : v))
    },
  }
}

/** 1 for members without a bar at a row of the date. */
function absentAt(
  days: Parameters<CausalPipeline['row']>[0],
  date: Parameters<CausalPipeline['row']>[1],
  members: readonly string[],
  row: number,
): Uint8Array {
  const day = days.find((d) => d.date === date)
  const minute = row - dayRow(date)
  return Uint8Array.from(members, (m) => {
    const s = day?.symbols.indexOf(m) ?? -1
    return s < 0 || day!.present[s * DAY_MINUTES + minute] === 0 ? 1 : 0
  })
}
