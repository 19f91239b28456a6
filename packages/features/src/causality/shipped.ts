/** The product's own pipeline as something to be proved: read rules, feature graph, neutralisation, labels. */
import { KLINE_FIELDS, type UtcDate } from '@cointrader/core'
import { BatchFeatures, type FeatureMatrix } from '../batch.js'
import { DAY_MINUTES, type DayBars, joinDays } from '../daybars.js'
import type { FeatureSet } from '../featureset.js'
import { type Bars, Evaluator } from '../graph/evaluate.js'
import { Graph } from '../graph/graph.js'
import { makePlan } from '../graph/plan.js'
import { type ReadRules, readField } from '../graph/read.js'
import type { View } from '../kernels/rolling.js'
import { type LabelOptions, labels } from '../labels.js'
import { dayRow, dayY } from '../xy.js'
import { availability, type CausalColumn, type CausalPipeline, firstRowOf, type UniverseFacts } from './pipeline.js'

export interface FeaturePipelineOptions {
  readonly name: string
  readonly set: FeatureSet
  readonly labels: LabelOptions
  /** Rules that labels read prices by; undefined: as they are. */
  readonly rules: ReadRules | undefined
  readonly universe: (facts: UniverseFacts) => readonly string[]
  /** What is done to the raw blocks before features, or labels, read them. */
  readonly prepare?: {
    readonly features: (days: readonly DayBars[], date: UtcDate) => readonly DayBars[]
    readonly labels: (days: readonly DayBars[], date: UtcDate) => readonly DayBars[]
  }
  readonly defects?: CausalPipeline['defects']
}

/** Rows after the current one that a kernel could reach by mistake; they hold NaN unless the data has them. */
const AHEAD = 64

/**
 * X (base, then neutralised) and Y. The full build is that of `dayX` and `dayY`, with its large arrays reused. With
 * `prepare`, the prepared fields are columns of their own (`input`), in front.
 */
export function featurePipeline(options: FeaturePipelineOptions): CausalPipeline {
  return new FeaturePipeline(options)
}

class FeaturePipeline implements CausalPipeline {
  readonly name: string
  readonly columns: readonly CausalColumn[]
  readonly defects?: NonNullable<CausalPipeline['defects']>
  private readonly inputs: readonly string[]
  private batch: BatchFeatures | undefined
  private readonly narrow: BatchFeatures
  private readonly evaluator: Evaluator
  private readonly singles = new Map<number, { evaluator: Evaluator; fields: readonly string[]; lookback: number }>()
  private readonly window = new Map<number, Record<string, Float64Array>>()
  private readonly places = new WeakMap<readonly string[], Map<string, number>>()
  private readonly price: Evaluator | undefined
  private matrix: FeatureMatrix | undefined

  constructor(private readonly options: FeaturePipelineOptions) {
    const { set, labels: label, rules } = options
    this.name = options.name
    if (options.defects !== undefined) this.defects = options.defects
    this.inputs = options.prepare === undefined ? [] : [...new Set(set.fields)]
    this.columns = [
      ...this.inputs.map((name) => ({ name, kind: 'input' as const, knownAtMinutes: 1 })),
      ...availability(set, label.horizons).map(({ lookback, ...column }) =>
        options.prepare === undefined ? { ...column, ...(lookback && { lookback }) } : column,
      ),
    ]
    this.narrow = new BatchFeatures(set, 1)
    this.evaluator = new Evaluator(set.plan, 1)
    if (rules !== undefined && (KLINE_FIELDS as readonly string[]).includes(label.price)) {
      const graph = new Graph()
      this.price = new Evaluator(makePlan(graph, [readField(graph, label.price, rules)]), 2)
    }
  }

  universe(facts: UniverseFacts): readonly string[] {
    return this.options.universe(facts)
  }

  build(
    raw: readonly DayBars[],
    date: UtcDate,
    members: readonly string[],
    visit: (column: number, values: Float64Array) => void,
  ): void {
    const { set, labels: label, rules, prepare } = this.options
    const row = dayRow(date)
    const cells = members.length * DAY_MINUTES
    const days = prepare?.features(raw, date) ?? raw
    const first = this.inputs.length
    if (first > 0) {
      const { fields } = joinDays(days, members, row, row + DAY_MINUTES)
      this.inputs.forEach((name, c) => void visit(c, fields[name] ?? new Float64Array(cells).fill(Number.NaN)))
    }
    const bars = joinDays(days, members, row - set.plan.warmup + 1, row + DAY_MINUTES)
    this.batch ??= new BatchFeatures(set, DAY_MINUTES)
    const { batch } = this
    const room = this.matrix?.symbols === members.length ? this.matrix : undefined
    const matrix = batch.base(bars, row, row + DAY_MINUTES, room)
    this.matrix = matrix
    matrix.values.forEach((values, k) => void visit(first + k, values))
    const neutral = new Float64Array(cells)
    matrix.values.forEach((_, k) => {
      batch.neutral(matrix, k, neutral)
      visit(first + set.columns.length + k, neutral)
    })
    dayY(prepare?.labels(raw, date) ?? raw, date, members, label, rules).forEach((values, k) => {
      visit(first + 2 * set.columns.length + k, values)
    })
  }

  row(
    raw: readonly DayBars[],
    date: UtcDate,
    members: readonly string[],
    row: number,
    columns: readonly number[],
    out: Float64Array,
  ): void {
    const { set, prepare } = this.options
    const n = members.length
    const first = this.inputs.length
    const labelsFrom = first + 2 * set.columns.length
    if (columns.some((c) => c < labelsFrom)) {
      const days = prepare?.features(raw, date) ?? raw
      const base = columns.some((c) => c >= first) ? this.baseRow(days, members, row) : []
      const one = new Float64Array(n)
      for (const c of columns) {
        if (c < first) for (let s = 0; s < n; s++) out[c * n + s] = this.cell(days, members[s]!, this.inputs[c]!, row)
        else if (c < first + set.columns.length) out.set(base[c - first]!, c * n)
        else if (c < labelsFrom) {
          this.narrow.neutral({ rows: 1, symbols: n, values: base }, c - first - set.columns.length, one)
          out.set(one, c * n)
        }
      }
    }
    for (const c of columns) {
      if (c < labelsFrom) continue
      const days = prepare?.labels(raw, date) ?? raw
      out.set(this.labelRow(days, members, row, this.options.labels.horizons[c - labelsFrom]!), c * n)
    }
  }

  alone(
    days: readonly DayBars[],
    _date: UtcDate,
    members: readonly string[],
    row: number,
    column: number,
  ): Float64Array | undefined {
    const { set, prepare } = this.options
    const k = column - this.inputs.length
    // What prepares the blocks may look back without bound.
    if (prepare !== undefined || k < 0 || k >= set.columns.length) return undefined
    let single = this.singles.get(k)
    if (single === undefined) {
      const graph = new Graph()
      graph.nodes.push(...set.plan.nodes)
      const plan = makePlan(graph, [set.plan.outputs[k]!])
      const fields = plan.order.flatMap((i) => plan.nodes[i]!.field ?? [])
      single = { evaluator: new Evaluator(plan, 1), fields, lookback: set.columns[k]!.lookback }
      this.singles.set(k, single)
    }
    const { evaluator, fields, lookback } = single
    const rows = Math.max(lookback, evaluator.plan.warmup)
    const out = new Float64Array(members.length)
    const ahead = set.columns[k]!.knownAtMinutes - 1
    members.forEach((member, s) => {
      const bars = this.windowBars(days, member, fields, row - rows + 1, row + 1 + ahead, row - lookback + 1)
      evaluator.run(bars, 0, row, row + 1, () => ({ data: out, off: s - row }))
    })
    return out
  }

  /** Base columns of one row; each symbol from an array of its own that ends at the row (and NaN). */
  private baseRow(days: readonly DayBars[], members: readonly string[], row: number): Float64Array[] {
    const { set } = this.options
    const values = set.columns.map(() => new Float64Array(members.length))
    const view: View = { data: new Float64Array(0), off: 0 }
    members.forEach((member, s) => {
      const bars = this.windowBars(days, member, set.fields, row - set.plan.warmup + 1, row + 1 + AHEAD)
      this.evaluator.run(bars, 0, row, row + 1, (k) => {
        view.data = values[k]!
        view.off = s - row
        return view
      })
    })
    return values
  }

  /** Rows `[from, to)` of one symbol, NaN before `dataFrom` and where the blocks have nothing; the arrays are reused. */
  private windowBars(
    days: readonly DayBars[],
    symbol: string,
    names: readonly string[],
    from: number,
    to: number,
    dataFrom = from,
  ): Bars {
    const rows = to - from
    const arrays = this.window.get(rows) ?? {}
    this.window.set(rows, arrays)
    const fields: Record<string, Float64Array> = {}
    for (const name of names) {
      if (!days.some((d) => d.fields[name] !== undefined)) continue
      arrays[name] ??= new Float64Array(rows)
      fields[name] = arrays[name].fill(Number.NaN)
    }
    for (const day of days) {
      const s = this.place(day, symbol)
      const start = firstRowOf(day)
      const [a, b] = [Math.max(start, dataFrom), Math.min(start + DAY_MINUTES, to)]
      if (s === undefined || a >= b) continue
      const at = s * DAY_MINUTES - start
      for (const name of names) {
        const data = day.fields[name]
        if (data !== undefined) fields[name]!.set(data.subarray(at + a, at + b), a - from)
      }
    }
    return { firstRow: from, rows, symbols: [symbol], fields }
  }

  private labelRow(days: readonly DayBars[], members: readonly string[], row: number, horizon: number): Float64Array {
    const { price } = this.options.labels
    const at = (member: string, r: number): number => {
      if (this.price === undefined) return this.cell(days, member, price, r)
      const bars = this.windowBars(days, member, KLINE_FIELDS, r, r + 1)
      const out = { data: new Float64Array(1), off: -r }
      this.price.run(bars, 0, r, r + 1, () => out)
      return out.data[0]!
    }
    const rows = horizon + 1
    const data = new Float64Array(rows * members.length).fill(Number.NaN)
    members.forEach((member, s) => {
      data[s * rows] = at(member, row)
      data[s * rows + horizon] = at(member, row + horizon)
    })
    const bars: Bars = { firstRow: row, rows, symbols: members, fields: { [price]: data } }
    return labels(bars, { price, horizons: [horizon] }, row, row + 1)[0]!
  }

  private cell(days: readonly DayBars[], symbol: string, field: string, row: number): number {
    for (const day of days) {
      const minute = row - firstRowOf(day)
      const s = this.place(day, symbol)
      if (minute < 0 || minute >= DAY_MINUTES || s === undefined) continue
      return day.fields[field]?.[s * DAY_MINUTES + minute] ?? Number.NaN
    }
    return Number.NaN
  }

  private place(day: DayBars, symbol: string): number | undefined {
    let places = this.places.get(day.symbols)
    if (places === undefined) {
      places = new Map(day.symbols.map((s, i) => [s, i]))
      this.places.set(day.symbols, places)
    }
    return places.get(symbol)
  }
}
