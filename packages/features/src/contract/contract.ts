/**
 * What every feature must keep, shipped or plugged in, checked on made-up bars: that it reads what it declares, looks
 * back as far as it declares and never ahead, gives the same bits in batch, in pieces and in a stream, and is missing
 * where its inputs are. Needs no test framework: {@link checkFeature} returns what failed.
 */
import { isError, MINUTE_MS, seededRandom } from '@cointrader/core'
import { BatchFeatures } from '../batch.js'
import { defineFeature, type FeatureDefinition } from '../catalogue/definition.js'
import { type FeatureSet, makeFeatureSet } from '../featureset.js'
import type { Bars } from '../graph/evaluate.js'
import { type ReadRules, readRules } from '../graph/read.js'
import { FeatureStream } from '../stream.js'
import { makePanel } from './panel.js'

/** The clauses, in the order in which they are checked. */
export const CONTRACT = {
  definition: 'the definition is well-formed and builds',
  inputs: 'it reads the fields that it declares, and no others',
  finite: 'every value is finite or NaN',
  absent: 'without one of its inputs it is NaN, never a constant',
  repeats: 'the same bars give the same bits again',
  chunks: 'ranges of rows give the bits of the whole',
  stream: 'the stream gives the bits of the batch',
  future: 'nothing after a row changes it',
  lookback: 'nothing before its look-back changes it',
  symbols: 'other symbols and their order do not change a base column',
  neutral: 'neutralised rows have mean 0 and deviation 1, or are 0 where all values are equal',
} as const
export type Clause = keyof typeof CONTRACT

export interface ContractFailure {
  readonly clause: Clause
  /** Column, or the type when no column could be built. */
  readonly column: string
  readonly detail: string
}

export interface ContractReport {
  readonly type: string
  readonly columns: readonly string[]
  readonly failures: readonly ContractFailure[]
  /** Allowed, but worth knowing: columns without any value or with one value only. */
  readonly notes: readonly string[]
}

export interface ContractOptions {
  /** Windows (minutes) to build; those that the definition excludes are left out. Default 1, 5, 15, 60. */
  readonly windows?: readonly number[]
  /** Default `contract`; others give other bars. */
  readonly seed?: number | string
}

const SYMBOLS = 5
/** Rows that are judged; the look-back comes before them. */
const ROWS = 160
const INSTANTS = 6

/** Checks a definition. */
export function checkFeature(definition: FeatureDefinition, options: ContractOptions = {}): ContractReport {
  const { windows = [1, 5, 15, 60], seed = 'contract' } = options
  const failures: ContractFailure[] = []
  const columns: string[] = []
  const notes: string[] = []
  const { type } = definition
  const build = (window: number, rules: ReadRules | undefined): FeatureSet => {
    const groups = [{ prefix: 'x', definitions: [definition] }]
    return makeFeatureSet({ groups, windows: [window], rules })
  }
  for (const window of windows) {
    let set: FeatureSet
    let bare: FeatureSet
    try {
      defineFeature(definition)
      set = build(window, readRules())
      bare = build(window, undefined)
    } catch (e) {
      const detail = isError(e) || e instanceof Error ? e.message : String(e)
      failures.push({ clause: 'definition', column: type, detail: `window ${window}: ${detail}` })
      continue
    }
    const column = set.columns[0]?.name
    if (column === undefined) continue
    columns.push(column)
    const fail = (clause: Clause, detail: string) => failures.push({ clause, column, detail })
    try {
      checkInputs(definition, bare, fail)
      checkColumn(definition, set, `${seed} ${window}`, fail, (note) => notes.push(`${column} ${note}`))
    } catch (e) {
      fail('definition', `it fails while computing: ${e instanceof Error ? e.message : String(e)}`)
    }
  }
  if (columns.length === 0 && failures.length === 0)
    failures.push({
      clause: 'definition',
      column: type,
      detail: `it exists for none of the windows ${windows.join(', ')}`,
    })
  return { type, columns, failures, notes }
}

/** A report as text, one line per failure; empty when there is none. */
export function contractText({ failures }: ContractReport): string {
  return failures.map((f) => `${f.column}: ${CONTRACT[f.clause]} (${f.clause}): ${f.detail}`).join('\n')
}

type Fail = (clause: Clause, detail: string) => void

function checkInputs({ inputs }: FeatureDefinition, { fields }: FeatureSet, fail: Fail): void {
  for (const f of fields) if (!inputs.includes(f)) fail('inputs', `it reads ${f}, which it does not declare`)
  for (const f of inputs) if (!fields.includes(f)) fail('inputs', `it declares ${f} and does not read it`)
}

/** Base values `s * ROWS + t` and their neutralised twins. */
interface Values {
  readonly base: Float64Array
  readonly neutral: Float64Array
}

function checkColumn(
  { inputs }: FeatureDefinition,
  set: FeatureSet,
  seed: string,
  fail: Fail,
  note: (text: string) => void,
): void {
  const { warmup } = set.plan
  const lookback = set.columns[0]!.lookback
  const random = seededRandom(seed)
  const before = warmup - 1
  // An odd first row: blocks of windows begin anywhere.
  const bars = makePanel({ seed, symbols: SYMBOLS, firstRow: 29_000_003 + random.int(9_999), rows: before + ROWS })
  const from = bars.firstRow + before
  const features = new BatchFeatures(set, ROWS)
  const compute = (source: Bars): Values => {
    const matrix = features.base(source, from, from + ROWS)
    const neutral = new Float64Array(matrix.values[0]!.length)
    features.neutral(matrix, 0, neutral)
    return { base: matrix.values[0]!, neutral }
  }
  const place = (i: number) => `${bars.symbols[Math.floor(i / ROWS)]}, row ${i % ROWS} of ${ROWS}`
  /** Compares cells for which `where` holds. */
  const same = (clause: Clause, a: Float64Array, b: Float64Array, what: string, where = (_t: number) => true): void => {
    for (let i = 0; i < b.length; i++) {
      if (Object.is(a[i], b[i]) || !where(i % ROWS)) continue
      fail(clause, `${what}: ${a[i]} instead of ${b[i]} (${place(i)})`)
      return
    }
  }

  const { base, neutral } = compute(bars)
  const infinite = base.findIndex((v) => !Number.isFinite(v) && !Number.isNaN(v))
  if (infinite >= 0) fail('finite', `${base[infinite]} (${place(infinite)})`)
  const numbers = new Set(base.filter((v) => !Number.isNaN(v)))
  if (numbers.size === 0) note('has no value on the made-up bars')
  else if (numbers.size === 1) note(`is always ${[...numbers][0]} on the made-up bars`)

  for (const field of inputs) {
    const without = compute({ ...bars, fields: { ...bars.fields, [field]: undefined } }).base
    const i = without.findIndex((v) => !Number.isNaN(v))
    if (i >= 0) fail('absent', `${without[i]} without ${field} (${place(i)})`)
  }

  same('repeats', compute(bars).base, base, 'the second time')

  const pieces = new Float64Array(base.length)
  for (let t = 0; t < ROWS; ) {
    const length = Math.min(ROWS - t, 1 + random.int(40))
    const part = features.base(bars, from + t, from + t + length).values[0]!
    for (let s = 0; s < SYMBOLS; s++) pieces.set(part.subarray(s * length, (s + 1) * length), s * ROWS + t)
    t += length
  }
  same('chunks', pieces, base, 'in pieces')

  const streamed = stream(set, bars, before)
  same('stream', streamed.base, base, 'streamed')
  same('stream', streamed.neutral, neutral, 'streamed and neutralised')

  for (let i = 0; i < INSTANTS; i++) {
    const t = i === 0 ? ROWS - 1 : i === 1 ? 0 : random.int(ROWS)
    for (const value of [Number.NaN, 1e9]) {
      const later = compute(poisoned(bars, before + t + 1, bars.rows, value)).base
      same('future', later, base, `with ${value} after row ${t}`, (row) => row <= t)
      const older = compute(poisoned(bars, 0, before + t - lookback + 1, value)).base
      same('lookback', older, base, `with ${value} more than ${lookback} bars back of row ${t}`, (row) => row === t)
    }
  }

  const reversed = compute(permuted(bars, (s) => SYMBOLS - 1 - s)).base
  const back = new Float64Array(base.length)
  for (let s = 0; s < SYMBOLS; s++)
    back.set(reversed.subarray((SYMBOLS - 1 - s) * ROWS, (SYMBOLS - s) * ROWS), s * ROWS)
  same('symbols', back, base, 'with the symbols in reverse')

  checkNeutral(base, neutral, fail)
}

function checkNeutral(base: Float64Array, neutral: Float64Array, fail: Fail): void {
  const problems: string[] = []
  for (let t = 0; t < ROWS; t++) {
    const scores: number[] = []
    for (let s = 0; s < SYMBOLS; s++) {
      const score = neutral[s * ROWS + t]!
      if (Number.isNaN(base[s * ROWS + t]!) !== Number.isNaN(score))
        problems.push(`row ${t}: ${score} for ${base[s * ROWS + t]}`)
      if (!Number.isNaN(score)) scores.push(score)
    }
    if (scores.every((v) => v === 0)) continue
    const mean = scores.reduce((a, b) => a + b) / scores.length
    const square = scores.reduce((a, b) => a + b * b, 0) / scores.length
    if (!(Math.abs(mean) <= 1e-6 && Math.abs(square - 1) <= 1e-6))
      problems.push(`row ${t}: mean ${mean}, mean square ${square}`)
  }
  if (problems.length > 0) fail('neutral', problems[0]!)
}

/** The block minute by minute; the first `before` rows only warm up. */
function stream(set: FeatureSet, bars: Bars, before: number): Values {
  const twin = new FeatureStream(set, bars.symbols)
  const base = new Float64Array(SYMBOLS * ROWS)
  const neutral = new Float64Array(SYMBOLS * ROWS)
  const names = set.fields
  for (let t = 0; t < bars.rows; t++) {
    const minute: Record<string, Float64Array> = {}
    for (const name of names)
      minute[name] = Float64Array.from(bars.symbols, (_, s) => bars.fields[name]?.[s * bars.rows + t] ?? Number.NaN)
    const { values } = twin.push((bars.firstRow + t) * MINUTE_MS, minute)
    if (t < before) continue
    for (let s = 0; s < SYMBOLS; s++) {
      base[s * ROWS + t - before] = values[s]!
      neutral[s * ROWS + t - before] = values[SYMBOLS + s]!
    }
  }
  return { base, neutral }
}

const mapFields = (bars: Bars, f: (data: Float64Array) => Float64Array): Bars => ({
  ...bars,
  fields: Object.fromEntries(Object.entries(bars.fields).map(([name, data]) => [name, data && f(data)])),
})

/** A copy with `value` in rows `[from, to)` of every field. */
const poisoned = (bars: Bars, from: number, to: number, value: number): Bars =>
  mapFields(bars, (data) => {
    const copy = data.slice()
    for (let s = 0; s < bars.symbols.length; s++)
      copy.fill(value, s * bars.rows + from, s * bars.rows + Math.max(from, to))
    return copy
  })

/** A copy in which symbol `place(s)` stands at place s. */
const permuted = (bars: Bars, place: (s: number) => number): Bars =>
  mapFields({ ...bars, symbols: bars.symbols.map((_, s) => bars.symbols[place(s)]!) }, (data) => {
    const copy = new Float64Array(data.length)
    for (let s = 0; s < bars.symbols.length; s++)
      copy.set(data.subarray(place(s) * bars.rows, (place(s) + 1) * bars.rows), s * bars.rows)
    return copy
  })
