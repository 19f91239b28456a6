/** The shipped columns are proven, the research pipeline is not, and a proof does not depend on who did which part. */
import {
  ALL_WINDOWS,
  contextDays,
  DAY_MINUTES,
  DEFAULT_WINDOWS,
  dayFeatures,
  dayX,
  definitionGroups,
  makeFeatureSet,
  readRules,
  shippedFeatures,
} from '@cointrader/features'
import * as proof from '@cointrader/features/causality/index'
import { researchFill } from '@cointrader/preprocessor'
import type { Column } from '@cointrader/store'
import { describe, expect, test } from 'vitest'
import { DATE, factsOf, marketDays, product, quickProof, RULE } from './support.js'

const refusedOf = (p: proof.Proof) => p.certificates.filter((c) => c.verdict === 'refused')

test('258 columns x 8 symbols x one day, and their labels: proven, within a minute', () => {
  const days = marketDays(8, contextDays(shippedFeatures(DEFAULT_WINDOWS)), 1)
  const pipeline = product({ windows: DEFAULT_WINDOWS })
  const from = performance.now()
  const cpu = process.cpuUsage()
  const found = proof.prove({ pipeline, date: DATE, days, members: days[0]!.symbols, facts: factsOf(days) })
  const seconds = (performance.now() - from) / 1000
  const { user, system } = process.cpuUsage(cpu)
  console.log(
    `causality: ${found.certificates.length} columns in ${seconds.toFixed(1)} s, ${((user + system) / 1e6).toFixed(1)} s of CPU`,
  )
  expect(refusedOf(found)).toEqual([])
  expect(found.universe.verdict).toBe('proven')
  expect(found.certificates.filter((c) => c.kind === 'feature')).toHaveLength(258)
  expect(found.certificates.filter((c) => c.kind === 'label').map((c) => c.column)).toEqual([
    'y_1m',
    'y_5m',
    'y_15m',
    'y_30m',
    'y_60m',
    'y_240m',
  ])
  expect(found.certificates.every((c) => c.instants === 69 && c.rows === 1440)).toBe(true)
  expect(found.certificates.every((c) => c.values > 1000)).toBe(true)
  expect((user + system) / 1e6).toBeLessThan(60)
})

test('all windows, both generators', () => {
  const days = marketDays(3, contextDays(shippedFeatures(ALL_WINDOWS)), 1)
  const found = quickProof(product({ windows: ALL_WINDOWS, generator: 'both', horizons: [240] }), days, 0)
  expect(refusedOf(found)).toEqual([])
  expect(found.certificates).toHaveLength(516 + 200 + 1)
})

test('the graph alone, without the table, builds the same', () => {
  const days = marketDays(5, 1, 1)
  const set = makeFeatureSet({ groups: definitionGroups('base'), windows: [1, 5, 15], rules: readRules() })
  const options = { set, labels: { price: 'close', horizons: [5] }, rules: readRules(), universe: () => [] }
  const graph = proof.featurePipeline({ name: 'graph', ...options })
  const members = days[0]!.symbols
  const built = proof.referenceBuild(graph, days, DATE, members)
  const x = dayX(
    dayFeatures(set),
    days.filter((d) => d.date <= DATE),
    DATE,
    members,
  )
  const expected = [...x.base, ...x.neutral]
  const cells = members.length * DAY_MINUTES
  expected.forEach((column, c) => void expect(built.subarray(c * cells, (c + 1) * cells)).toEqual(column))
  expect(quickProof(graph, days, 4).verdict).toBe('proven')
})

test('the order of tasks changes nothing, and the same proof has the same id', () => {
  const days = marketDays(3, 1, 1)
  const members = days[0]!.symbols
  const pipeline = product({ windows: [1] })
  const reference = proof.referenceBuild(pipeline, days, DATE, members)
  const day = { date: DATE, days, members, reference, seed: 'x' }
  const instants = proof.proofInstants('x', 4)
  const universe = proof.proveUniverse(pipeline, factsOf(days))
  const conclude = (tasks: readonly proof.ProofTask[], dataIds: string) =>
    proof.concludeProof({
      pipeline,
      day,
      instants,
      universe,
      results: proof.mergeResults(tasks.map((task) => proof.runProofTask(pipeline, day, task))),
      dataIds,
      rows: DAY_MINUTES,
    })
  const a = conclude(proof.proofTasks(instants, 30), 'data')
  const b = conclude(proof.proofTasks(instants, 97).reverse(), 'data')
  expect(b).toEqual(a)
  expect(conclude(proof.proofTasks(instants, 480), 'other data').id).not.toBe(a.id)
})

test('instants: seeded, distinct, borders included', () => {
  const instants = proof.proofInstants('a')
  expect(instants).toHaveLength(69)
  expect(new Set(instants).size).toBe(69)
  expect(instants).toEqual(expect.arrayContaining([-1, 0, 1, 1438, 1439]))
  expect(proof.proofInstants('a')).toEqual(instants)
  expect(proof.proofInstants('b')).not.toEqual(instants)
})

test('who is in the cross-section of a minute does not hang on bars that come later in the day', () => {
  // A member whose last bar was yesterday's: its carried premium counts in the first minutes, as it does live.
  const days = marketDays(4, 1, 1, 0).map((d, k) => {
    if (k === 0) return d
    const [from, to] = [2 * DAY_MINUTES, 3 * DAY_MINUTES]
    const fields = Object.entries(d.fields).map(([name, data]) => [name, data.slice().fill(Number.NaN, from, to)])
    return { ...d, fields: Object.fromEntries(fields), present: d.present.slice().fill(0, from, to) }
  })
  expect(refusedOf(quickProof(product({ windows: [1] }), days, 2)).map((c) => [c.column, c.leak])).toEqual([])
})

describe('--compat research', () => {
  const pipeline = (generator: 'base' | 'added') =>
    proof.researchPipeline({
      windows: [5],
      generator,
      labels: { price: 'close', horizons: [1, 5] },
      has: () => true,
      universe: { ...RULE, top: 2 },
    })

  test('refused, by the universe and by the fills', () => {
    // The panel has no row missing at first, as the original demands; its cells have holes.
    const days = marketDays(3, 1, 1)
    const found = quickProof(pipeline('base'), days)
    expect(found.verdict).toBe('refused')
    expect(found.universe).toMatchObject({ verdict: 'refused', defect: 'RP-D02' })
    const inputs = refusedOf(found).filter((c) => c.kind === 'input')
    expect(inputs.length).toBeGreaterThan(0)
    for (const { leak } of inputs) expect(leak).toMatchObject({ defect: 'RP-D03', known: 'NaN' })
    for (const { leak } of inputs) expect(leak!.reachMinutes).toBeGreaterThan(0)
  })

  test('the added generator fills across midnight: what it sees of the day is only the universe', () => {
    const found = quickProof(pipeline('added'), marketDays(3, 1, 1))
    expect(found.universe.defect).toBe('RP-D02')
    expect(refusedOf(found).filter((c) => c.kind === 'feature')).toEqual([])
  })

  test('its fill is that of the preprocessor (RP-08)', () => {
    const [day] = marketDays(4, 0, 0, 0.01)
    const filled = proof.fillBothWays([day!])[0]!
    const cells = [...day!.present.keys()].filter((i) => day!.present[i] === 1)
    const column = (data: Float64Array) => ({
      type: 'float64' as const,
      data: Float64Array.from(cells, (i) => data[i]!),
    })
    const symbol = { type: 'string' as const, data: cells.map((i) => day!.symbols[Math.floor(i / DAY_MINUTES)]!) }
    const columns = new Map<string, Column>([
      ['symbol', symbol],
      ...Object.entries(day!.fields).map(([n, d]) => [n, column(d)] as const),
    ])
    const judged = researchFill({ rows: cells.length, columns } as Parameters<typeof researchFill>[0])
    for (const name of Object.keys(day!.fields))
      expect(column(filled.fields[name]!).data).toEqual(judged.columns.get(name)!.data)
  })
})

describe('known days', () => {
  const days = marketDays(2, 1, 1)
  test('nothing later is in memory, whatever is asked for', () => {
    const row = days.findIndex((d) => d.date === DATE)
    const first = Date.parse(`${DATE}T00:00:00Z`) / 60_000
    const known = new proof.KnownDays(days, first)
    expect(known.upTo(first - 1)).toEqual([days[0]])
    for (const t of [0, 1, 700, 1439]) {
      const [, today, ...later] = known.upTo(first + t)
      expect(later).toEqual([])
      for (const [name, data] of Object.entries(today!.fields)) {
        data.forEach((v, i) => {
          const there = i % DAY_MINUTES <= t ? days[row]!.fields[name]![i]! : Number.NaN
          if (!Object.is(v, there)) throw new Error(`${name} ${i} at ${t}`)
        })
        expect(data.buffer).not.toBe(days[row]!.fields[name]!.buffer)
      }
      today!.present.forEach((p, i) => {
        if (p !== (i % DAY_MINUTES <= t ? days[row]!.present[i] : 0)) throw new Error(`present ${i} at ${t}`)
      })
    }
    expect(known.upTo(first + 1440)).toHaveLength(3)
    expect(() => known.upTo(first)).toThrow(RangeError)
    known.forget()
    expect(known.upTo(first - 1)).toHaveLength(1)
  })

  test('poison begins right after the instant', () => {
    const first = Date.parse(`${DATE}T00:00:00Z`) / 60_000
    for (const value of proof.POISONS) {
      const [before, today, after] = proof.poisoned(days, first + 9, value)
      expect(before).toBe(days[0])
      for (const i of [0, 9, 1440, 1449]) expect(today!.fields.close![i]).toBe(days[1]!.fields.close![i])
      for (const i of [10, 1439, 1450, 2879]) {
        expect(today!.fields.close![i]).toBe(value)
        expect(today!.present[i]).toBe(Number.isNaN(value) ? 0 : 1)
      }
      expect(after!.fields.mt_oi!.every((v) => Object.is(v, value))).toBe(true)
    }
  })
})

test('furthest: the last cut that still changes the value', () => {
  for (const end of [1, 2, 10, 1440]) {
    for (let last = 0; last < end; last++) expect(proof.furthest((p) => p <= last, 0, end)).toBe(last)
    expect(proof.furthest(() => false, 0, end)).toBeUndefined()
  }
})
