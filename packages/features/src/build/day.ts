/** One day of X and Y as row groups of a table, from blocks of bars. Pure. */
import { byCodeUnit, fail, type Json, stableJson, type UtcDate, utcText } from '@cointrader/core'
import { type Column, makeTable, type Table } from '@cointrader/store'
import { BatchFeatures, type FeatureMatrix } from '../batch.js'
import type { FeatureDefinition } from '../catalogue/definition.js'
import { DAY_MINUTES, type DayBars, joinDays } from '../daybars.js'
import { definitionGroups, type FeatureSet, makeFeatureSet, neutralName } from '../featureset.js'
import { Evaluator } from '../graph/evaluate.js'
import { Graph } from '../graph/graph.js'
import { makePlan } from '../graph/plan.js'
import { type ReadRules, readField } from '../graph/read.js'
import { type Floats, RowGroup } from '../kernels/wasm/gather.js'
import { labelColumns } from '../labels.js'
import { dayRow, dayY } from '../xy.js'
import { BUILD_KEY, COLUMNS_KEY, columnFacts, factsText, RAW_COLUMNS } from './metadata.js'
import { type BuildSpec, specConfig } from './spec.js'

/** Rows of a row group: 16 MB of 258 float32 columns. */
const GROUP_ROWS = 1 << 14

export interface DayBuild {
  readonly rows: number
  readonly columns: readonly string[]
  readonly groups: Iterable<Table>
  readonly metadata: Readonly<Record<string, string>>
  /** First and last time, ms. */
  readonly timeRange: readonly [number, number] | null
  /** Member → why it has no rows. */
  readonly excluded: Readonly<Record<string, string>>
  /** Column → why it holds no value. */
  readonly empty: Readonly<Record<string, string>>
  /** Share of missing cells among features and labels; known once the groups were consumed. */
  readonly missing: () => { readonly cells: number; readonly missing: number }
}

/**
 * How bars become features and labels: the default reads them minute by minute (`graph/read.ts`); the originals' rules are
 * other implementations, in `compat/`.
 */
export interface DayRules {
  /** Bars for X, from the blocks up to the date: as they are, or filled by somebody's rules. */
  barsForX(days: readonly DayBars[], date: UtcDate, symbols: readonly string[]): readonly DayBars[]
  /** Bars for Y, from the date on. */
  barsForY(days: readonly DayBars[], date: UtcDate, symbols: readonly string[]): readonly DayBars[]
  /** The feature set, for tables that have these fields. */
  set(spec: BuildSpec, plugins: readonly FeatureDefinition[], has: (field: string) => boolean): FeatureSet
  /** How fields are read from these bars; undefined: as they are. */
  readonly read: ReadRules | undefined
}

/** The default. */
export function defaultRules(read: ReadRules): DayRules {
  return {
    barsForX: (days) => days,
    barsForY: (days) => days,
    set: ({ generator, windows }, plugins) =>
      makeFeatureSet({ groups: definitionGroups(generator, plugins), windows, rules: read }),
    read,
  }
}

/** Builds days of one spec; keeps its buffers, so make one per thread. */
export class DayBuilder {
  private features: BatchFeatures | undefined
  private fieldsKey = ''

  constructor(
    readonly spec: BuildSpec,
    private readonly plugins: readonly FeatureDefinition[],
    private readonly rules: DayRules = defaultRules(spec.rules),
  ) {}

  /**
   * `days` hold the members' bars of the date, of the days before it and of those after it, as far as they exist. Errors:
   * `E_NOTHING_FOUND` when no member has a row on the date; those of the rules.
   */
  build(days: readonly DayBars[], date: UtcDate, members: readonly string[]): DayBuild {
    const { spec } = this
    const symbols = [...new Set(members)].sort(byCodeUnit)
    const today = days.find((d) => d.date === date)
    const rowsOf = (s: string) => {
      const i = today?.symbols.indexOf(s) ?? -1
      return i < 0 ? 0 : today!.present.subarray(i * DAY_MINUTES, (i + 1) * DAY_MINUTES).reduce((n, p) => n + p, 0)
    }
    const excluded = Object.fromEntries(symbols.filter((s) => rowsOf(s) === 0).map((s) => [s, 'no bars on the day']))
    if (symbols.length === Object.keys(excluded).length)
      fail('E_NOTHING_FOUND', {
        subject: date,
        detail: symbols.length === 0 ? 'the universe is empty' : 'no member has bars',
      })
    // All members take part in every cross-section, also those without a row: whether a row comes later in the day is not
    // known at its beginning. Rows are chosen afterwards.
    const x = spec.part === 'y' ? undefined : this.x(days, date, symbols)
    const y = spec.part === 'x' ? [] : this.y(days, date, symbols)
    const index = this.rowIndex(symbols, today!, y, days, date)
    return this.assemble(date, symbols, index, x, y, excluded)
  }

  private x(all: readonly DayBars[], date: UtcDate, symbols: readonly string[]): Parts {
    const before = all.filter((d) => d.date <= date)
    const days = this.rules.barsForX(before, date, symbols)
    const has = (field: string) => days.some((d) => d.fields[field] !== undefined)
    const key = RAW_COLUMNS.filter(has).join()
    if (this.features === undefined || key !== this.fieldsKey) {
      this.features = new BatchFeatures(this.rules.set(this.spec, this.plugins, has), DAY_MINUTES)
      this.fieldsKey = key
    }
    const { set } = this.features
    const row = dayRow(date)
    const bars = joinDays(days, symbols, row - Math.max(1, set.plan.warmup) + 1 - CARRY, row + DAY_MINUTES)
    const matrix = this.features.base(bars, row, row + DAY_MINUTES)
    // The raw columns as features see them.
    const graph = new Graph()
    const nodes = RAW_COLUMNS.map((f) => fieldOf(graph, f, this.rules.read))
    const reader = new Evaluator(makePlan(graph, nodes), DAY_MINUTES)
    const raw = RAW_COLUMNS.map(() => new Float64Array(symbols.length * DAY_MINUTES))
    symbols.forEach((_, s) => {
      reader.run(bars, s, row, row + DAY_MINUTES, (k) => ({ data: raw[k]!, off: s * DAY_MINUTES - row }))
    })
    const absent = new Set(RAW_COLUMNS.filter((f) => !has(f)))
    return { set, matrix, raw, absent, history: row + DAY_MINUTES - firstRow(days) }
  }

  private y(all: readonly DayBars[], date: UtcDate, symbols: readonly string[]): Float64Array[] {
    const { spec } = this
    const from = this.rules.barsForY(
      all.filter((d) => d.date >= date),
      date,
      symbols,
    )
    const { price, horizons } = spec
    return dayY(from, date, symbols, { price, horizons }, this.rules.read)
  }

  /** Cells (symbol-major) of the rows to write, in the order (time, symbol). */
  private rowIndex(
    symbols: readonly string[],
    today: DayBars,
    y: readonly Float64Array[],
    days: readonly DayBars[],
    date: UtcDate,
  ): Int32Array {
    const { spec } = this
    const place = symbols.map((s) => today.symbols.indexOf(s))
    const needsLabel = spec.part === 'y' || (spec.part === 'xy' && spec.how !== 'left')
    const price = needsLabel && y.length > 0 ? this.observed(days, date, symbols) : undefined
    const out = new Int32Array(symbols.length * DAY_MINUTES)
    let n = 0
    for (let m = 0; m < DAY_MINUTES; m++) {
      for (let s = 0; s < symbols.length; s++) {
        if (place[s]! < 0 || today.present[place[s]! * DAY_MINUTES + m] === 0) continue
        const cell = s * DAY_MINUTES + m
        if (price !== undefined && Number.isNaN(price[cell]!)) continue
        out[n++] = cell
      }
    }
    return out.subarray(0, n)
  }

  /** The label's price at t, as observed: a row without one has no label. */
  private observed(days: readonly DayBars[], date: UtcDate, symbols: readonly string[]): Float64Array {
    const row = dayRow(date)
    const today = this.rules.barsForY(
      days.filter((d) => d.date >= date),
      date,
      symbols,
    )
    const before = days.filter((d) => d.date < date)
    const bars = joinDays([...before, ...today], symbols, row - CARRY, row + DAY_MINUTES)
    const graph = new Graph()
    const reader = new Evaluator(makePlan(graph, [fieldOf(graph, this.spec.price, this.rules.read)]), DAY_MINUTES)
    const out = new Float64Array(symbols.length * DAY_MINUTES)
    symbols.forEach((_, s) => {
      reader.run(bars, s, row, row + DAY_MINUTES, () => ({ data: out, off: s * DAY_MINUTES - row }))
    })
    return out
  }

  private assemble(
    date: UtcDate,
    symbols: readonly string[],
    index: Int32Array,
    x: Parts | undefined,
    y: readonly Float64Array[],
    excluded: Readonly<Record<string, string>>,
  ): DayBuild {
    const { spec } = this
    const horizons = spec.part === 'x' ? [] : labelColumns(spec.horizons)
    const empty = emptyColumns(x)
    horizons.forEach((l, k) => {
      if (y[k]!.every(Number.isNaN)) empty.set(l.name, 'no price at the end of any horizon')
    })
    const facts = columnFacts(x?.set, horizons, empty)
    const order = [...facts.keys()].filter((c) => spec.part !== 'y' || c !== 'start_time_utc')
    const start = dayRow(date) * 60_000
    const times = Float64Array.from({ length: DAY_MINUTES }, (_, m) => start + m * 60_000)
    const texts = Array.from(times, utcText)
    const counts = { cells: 0, missing: 0 }
    const take = (from: number, to: number): Table => {
      const cells = index.subarray(from, to)
      const columns: [string, Column][] = [
        ['symbol', { type: 'string', data: Array.from(cells, (c) => symbols[Math.floor(c / DAY_MINUTES)]!) }],
        ['start_time_ms', { type: 'int64', data: Float64Array.from(cells, (c) => times[c % DAY_MINUTES]!) }],
      ]
      if (spec.part !== 'y')
        columns.push(['start_time_utc', { type: 'string', data: Array.from(cells, (c) => texts[c % DAY_MINUTES]!) }])
      const room = (): Floats => (spec.float === 32 ? new Float32Array(cells.length) : new Float64Array(cells.length))
      const made = (data: Floats, missing: number): Column => {
        counts.missing += missing
        counts.cells += data.length
        return { type: spec.float === 32 ? 'float32' : 'float64', data } as Column
      }
      if (x !== undefined) {
        RAW_COLUMNS.forEach((name, k) => {
          const data = x.raw[k]!
          columns.push([name, { type: 'float64', data: picked(data, cells, new Float64Array(cells.length)) }])
        })
        const group = new RowGroup(cells, symbols.length, DAY_MINUTES, x.set.flat)
        const scores: [string, Column][] = []
        x.set.columns.forEach(({ name }, k) => {
          const [plain, scored] = [room(), room()]
          const missing = group.column(x.matrix.values[k]!, plain, scored)
          columns.push([name, made(plain, missing)])
          scores.push([neutralName(name), made(scored, 0)])
        })
        columns.push(...scores)
      }
      horizons.forEach(({ name }, k) => {
        const data = picked(y[k]!, cells, room())
        columns.push([name, made(data, missingIn(data))])
      })
      return makeTable(columns)
    }
    function* groups(): Generator<Table> {
      for (let from = 0; from < Math.max(1, index.length); from += GROUP_ROWS)
        yield take(from, Math.min(index.length, from + GROUP_ROWS))
    }
    const rowTime = (i: number) => times[index[i]! % DAY_MINUTES]!
    return {
      rows: index.length,
      columns: order,
      groups: { [Symbol.iterator]: groups },
      metadata: {
        [COLUMNS_KEY]: factsText(facts),
        [BUILD_KEY]: stableJson({ date, symbols, spec: specConfig(spec) } as Json),
      },
      timeRange: index.length === 0 ? null : [rowTime(0), rowTime(index.length - 1)],
      excluded,
      empty: Object.fromEntries(empty),
      missing: () => counts,
    }
  }
}

/** The cells' values, to `out`. */
function picked<T extends Floats>(data: Float64Array, cells: Int32Array, out: T): T {
  for (let i = 0; i < cells.length; i++) out[i] = data[cells[i]!]!
  return out
}

function missingIn(data: Floats): number {
  let n = 0
  for (let i = 0; i < data.length; i++) if (Number.isNaN(data[i]!)) n++
  return n
}

const fieldOf = (graph: Graph, field: string, read: ReadRules | undefined) =>
  read === undefined ? graph.raw(field) : readField(graph, field, read)

/** Rows that the reader of raw columns looks back beyond the first row. */
const CARRY = 64

interface Parts {
  readonly set: FeatureSet
  readonly matrix: FeatureMatrix
  readonly raw: readonly Float64Array[]
  /** Fields that no table has. */
  readonly absent: ReadonlySet<string>
  /** Minutes from the first bar of any member to the end of the day. */
  readonly history: number
}

/** The first row with a bar, in minutes since 1970; Infinity without one. `days` ascend. */
function firstRow(days: readonly DayBars[]): number {
  for (const { date, present } of days) {
    let first = DAY_MINUTES
    for (let from = 0; from < present.length; from += DAY_MINUTES) {
      const at = present.subarray(from, from + DAY_MINUTES).indexOf(1)
      if (at >= 0 && at < first) first = at
    }
    if (first < DAY_MINUTES) return dayRow(date) + first
  }
  return Number.POSITIVE_INFINITY
}

/** Columns without a value, with the reason: an input that is absent or empty, or too short a history for it. */
function emptyColumns(x: Parts | undefined): Map<string, string> {
  const out = new Map<string, string>()
  if (x === undefined) return out
  RAW_COLUMNS.forEach((field, k) => {
    if (x.absent.has(field)) out.set(field, 'the day tables do not have it')
    else if (x.raw[k]!.every(Number.isNaN)) out.set(field, 'no value on the day')
  })
  x.set.columns.forEach(({ name, inputs, lookback }, k) => {
    if (!x.matrix.values[k]!.every(Number.isNaN)) return
    const input = inputs.find((i) => out.has(i))
    const short = lookback > x.history ? 'not enough history' : 'it gave no value, though its history is there'
    const why = input === undefined ? short : `${input}: ${out.get(input)!}`
    out.set(name, why)
    out.set(neutralName(name), why)
  })
  return out
}
