/** Planted leaks: each must be found, with its first row, its symbol and how far it sees. */
import {
  DAY_MINUTES,
  type DayBars,
  defineFeature,
  type FeatureBuilder,
  type FeatureDefinition,
  makeFeatureSet,
  readRules,
  type View,
} from '@cointrader/features'
import * as proof from '@cointrader/features/causality/index'
import { beforeAll, describe, expect, test } from 'vitest'
import { DATE, factsOf, marketDays, minuteOf, product, quickProof, RULE } from './support.js'

/** Flawless bars of 3 symbols: the first leaking row is then the first one at all. */
const days = marketDays(3, 1, 1, 0)
const symbols = days[0]!.symbols

type Value = (data: Float64Array, at: number, row: number) => number

/** A feature of one input with a kernel that may do as it likes; it claims a look-back of 2. */
const feature = (type: string, value: Value, input = 'close', node?: (x: FeatureBuilder) => number) =>
  defineFeature({
    type,
    title: type,
    unit: '1',
    inputs: [input],
    build: (x) =>
      x.kernel({
        name: type,
        args: [node?.(x) ?? x.raw(input)],
        lookback: 6,
        range: ([a]: readonly View[], out: View, from: number, to: number) => {
          for (let t = from; t < to; t++) out.data[out.off + t] = value(a!.data, a!.off + t, t)
        },
      }),
  })

/** A feature whose kernel sees the range it is called with. */
const ranged = (type: string, range: (a: View, out: View, from: number, to: number) => void): FeatureDefinition =>
  defineFeature({
    type,
    title: type,
    unit: '1',
    inputs: ['close'],
    build: (x) =>
      x.kernel({ name: type, args: [x.raw('close')], lookback: 1, range: ([a], out, f, t) => range(a!, out, f, t) }),
  })

const clean = feature('Clean', (d, i) => d[i]! / d[i - 5]! - 1)

describe('features', () => {
  /** Name, definition, first minute, minutes seen ahead. */
  const planted: readonly (readonly [string, FeatureDefinition, number, number | null])[] = [
    ['a kernel that reads one row ahead', feature('Ahead', (d, i) => d[i + 1]!), 0, 1],
    [
      'a centred window',
      feature('Centred', (d, i) => (d[i - 2]! + d[i - 1]! + d[i]! + d[i + 1]! + d[i + 2]!) / 5),
      0,
      2,
    ],
    ['a shifted label', feature('Label', (d, i) => d[i + 5]! / d[i]! - 1), 0, 5],
    [
      'shift by -1 of a mean',
      feature(
        'Minus',
        (d, i) => d[i + 1]!,
        'close',
        (x) => x.mean(x.raw('close'), 5),
      ),
      0,
      1,
    ],
    ['a bar aligned to its end', feature('Bar5', (d, i, t) => d[i - (t % 5) + 4]!), 0, 4],
    [
      'a leak at midnight only',
      feature('Midnight', (d, i, t) => Math.max(d[i]!, t % DAY_MINUTES === 0 ? d[i + 1]! : 0)),
      0,
      1,
    ],
    ['a leak in one minute of the day', feature('Noon', (d, i, t) => d[t % DAY_MINUTES === 720 ? i + 3 : i]!), 720, 3],
    ['a leak hidden under a large sum', feature('Tiny', (d, i) => d[i]! + 1e-9 * d[i + 1]!), 0, 1],
    [
      'a full-day normaliser',
      ranged('Normal', ({ data, off }, out, from, to) => {
        let sum = 0
        for (let t = from; t < to; t++) sum += data[off + t]!
        for (let t = from; t < to; t++) out.data[out.off + t] = (data[off + t]! * (to - from)) / sum
      }),
      0,
      1439,
    ],
    [
      'a rank over the day',
      ranged('Rank', ({ data, off }, out, from, to) => {
        const sorted = data.slice(off + from, off + to).sort()
        for (let t = from; t < to; t++) out.data[out.off + t] = sorted.indexOf(data[off + t]!)
      }),
      0,
      1439,
    ],
    [
      'the maximum of the rest of the day',
      ranged('Rest', ({ data, off }, out, from, to) => {
        let most = 0
        for (let t = to - 1; t >= from; t--) {
          most = Math.max(most, data[off + t]!)
          out.data[out.off + t] = most
        }
      }),
      0,
      1439,
    ],
  ]

  let found: proof.Proof
  beforeAll(() => {
    found = quickProof(product({ plugins: [...planted.map(([, definition]) => definition), clean] }), days)
  })

  test.each(planted)('%s', (_, { type }, minute, reach) => {
    for (const column of [`x_5m_${type}`, `x_5m_${type}_neut`]) {
      const certificate = found.certificates.find((c) => c.column === column)!
      expect(certificate).toMatchObject({ verdict: 'refused', leak: { method: 'truncation', symbol: symbols[0] } })
      const leak = certificate.leak!
      expect(minuteOf(leak)).toBe(minute)
      expect(leak.built).not.toBe(leak.known)
      if (!column.endsWith('_neut')) expect(leak.reachMinutes).toBe(reach)
    }
  })

  test('the clean one among them is proven', () => {
    expect(found.verdict).toBe('refused')
    const good = found.certificates.filter((c) => c.verdict === 'proven')
    expect(good.map((c) => c.column)).toEqual(['x_5m_Clean', 'x_5m_Clean_neut'])
    for (const c of good) expect(c).toMatchObject({ rows: 1440, instants: 11, knownAtMinutes: 1, lookback: 6 })
  })

  test('memory: a kernel that remembers what it was shown before', () => {
    let most = 0
    const memory = ranged('Memory', ({ data, off }, out, from, to) => {
      for (let t = from; t < to; t++) most = Math.max(most, data[off + t]!)
      for (let t = from; t < to; t++) out.data[out.off + t] = most
    })
    expect(quickProof(product({ plugins: [memory] }), days).verdict).toBe('refused')
  })

  test('a look-back that is longer than declared', () => {
    const far = feature('Far', (d, i) => d[i]! - d[i - 60]!)
    const wide = feature(
      'Wide',
      (d, i) => d[i]!,
      'close',
      (x) => x.mean(x.raw('close'), 240),
    )
    const found = quickProof(product({ plugins: [far, wide] }), days)
    expect(found.certificates[0]).toMatchObject({ verdict: 'refused', lookback: 6 })
    expect(found.certificates[0]!.leak).toMatchObject({ method: 'look-back', known: 'NaN', reachMinutes: null })
    expect(found.certificates[1]).toMatchObject({ verdict: 'proven', lookback: 245 })
  })

  test('a clean plug-in passes, also one that is known later than its bar', () => {
    const late = { ...feature('Late', (d, i) => d[i - 1]!), knownAtMinutes: 3 }
    const found = quickProof(product({ plugins: [clean, late] }), marketDays(5, 1, 1))
    expect(found.certificates.map((c) => [c.column, c.knownAtMinutes, c.verdict])).toEqual([
      ['x_5m_Clean', 1, 'proven'],
      ['x_5m_Late', 3, 'proven'],
      ['x_5m_Clean_neut', 1, 'proven'],
      ['x_5m_Late_neut', 3, 'proven'],
    ])
    expect(found).toMatchObject({ verdict: 'proven', universe: { verdict: 'proven' } })
  })
})

/** A pipeline in which a row is what a build over the known blocks gives: for leaks of whole stages. */
function byBuild(inner: proof.CausalPipeline, change: Partial<proof.CausalPipeline>): proof.CausalPipeline {
  const { name, columns } = inner
  const pipeline: proof.CausalPipeline = {
    name,
    columns,
    universe: (facts) => inner.universe(facts),
    build: (...args) => inner.build(...args),
    row(data, date, members, row, wanted, out) {
      const n = members.length
      const t = row % DAY_MINUTES
      pipeline.build(data, date, members, (c, values) => {
        if (wanted.includes(c)) for (let s = 0; s < n; s++) out[c * n + s] = values[s * DAY_MINUTES + t]!
      })
    },
    ...change,
  }
  return pipeline
}

const verdictsOf = (p: proof.Proof) => Object.fromEntries(p.certificates.map((c) => [c.column, c.verdict]))

const one = (type: string, horizons: readonly number[] = [5], prepare?: proof.FeaturePipelineOptions['prepare']) => {
  const x = defineFeature({ type, title: type, unit: '1', inputs: ['mt_oi'], build: (b) => b.input('mt_oi') })
  return proof.featurePipeline({
    name: type,
    set: makeFeatureSet({ groups: [{ prefix: 'x', definitions: [x] }], windows: [1], rules: readRules() }),
    labels: { price: 'close', horizons },
    rules: readRules(),
    universe: proof.pointInTimeUniverse(RULE),
    ...(prepare && { prepare }),
  })
}

/** The two fields that the stages below read: the fewer, the quicker. */
const slim = days.map((d): DayBars => ({ ...d, fields: { close: d.fields.close!, mt_oi: d.fields.mt_oi! } }))
const change = (day: DayBars, field: string, data: Float64Array): DayBars => ({
  ...day,
  fields: { ...day.fields, [field]: data },
})
/** Empties cells of the date. */
const holed = (field: string, from: number, to: number): DayBars[] =>
  slim.map((d) => (d.date === DATE ? change(d, field, d.fields[field]!.slice().fill(Number.NaN, from, to)) : d))
const filledBack = (all: readonly DayBars[]): DayBars[] =>
  all.flatMap((d) => (d.date === DATE ? proof.fillBothWays([d]) : [d]))

describe('stages', () => {
  test('backward fill', () => {
    const prepare = { features: filledBack, labels: same }
    const data = holed('mt_oi', DAY_MINUTES, DAY_MINUTES + 7)
    const found = quickProof(one('Back', [5], prepare), data)
    expect(verdictsOf(found)).toMatchObject({
      mt_oi: 'refused',
      x_1m_Back: 'refused',
      x_1m_Back_neut: 'refused',
      y_5m: 'proven',
    })
    const leak = found.certificates[0]!.leak!
    expect(leak).toMatchObject({ method: 'truncation', symbol: symbols[1], known: 'NaN', reachMinutes: 7 })
    expect(leak.built).toBe(String(data[1]!.fields.mt_oi![DAY_MINUTES + 7]))
    expect(minuteOf(leak)).toBe(0)
    // On days without a hole the copy with holes shows it.
    expect(quickProof(one('Back', [5], prepare), slim).certificates[0]!.leak).toMatchObject({ method: 'holes' })
  })

  test('metrics of the future by as-of', () => {
    const early = (all: readonly DayBars[]) =>
      all.map((d) =>
        change(
          d,
          'mt_oi',
          d.fields.mt_oi!.map((_, i, a) => a[i + 5] ?? Number.NaN),
        ),
      )
    const found = quickProof(one('AsOf', [5], { features: early, labels: same }), slim)
    const x = found.certificates.find((c) => c.column === 'x_1m_AsOf')
    expect(x!.leak).toMatchObject({ symbol: symbols[0], reachMinutes: 5 })
  })

  test('neutralisation by the moments of the whole day', () => {
    const inner = one('Whole')
    const pipeline = byBuild(inner, {
      build: (data, date, members, visit) =>
        inner.build(data, date, members, (c, values) => {
          if (c !== 0) return visit(c, values)
          const there = values.filter((v) => !Number.isNaN(v))
          const mean = there.reduce((a, b) => a + b, 0) / there.length
          visit(
            c,
            values.map((v) => v - mean),
          )
        }),
    })
    const found = quickProof(pipeline, slim, 2)
    expect(found.certificates.map((c) => c.verdict)).toEqual(['refused', 'proven', 'proven'])
    expect(minuteOf(found.certificates[0]!.leak!)).toBe(0)
    expect(found.certificates[0]!.leak!.reachMinutes).toBe(1439)
  })

  test('one cell of one symbol', () => {
    const inner = product({ plugins: [clean] })
    const pipeline: proof.CausalPipeline = {
      ...inner,
      build: (data, date, members, visit) =>
        inner.build(data, date, members, (c, values) => {
          const out = values.slice()
          if (c === 0) out[2 * DAY_MINUTES + 777] = values[2 * DAY_MINUTES + 778]!
          visit(c, out)
        }),
    }
    const [bad, good] = quickProof(pipeline, days).certificates
    expect(bad!.leak).toMatchObject({
      symbol: symbols[2],
      method: 'truncation',
      reachMinutes: 1,
      time: '2026-02-10 12:57:00',
    })
    expect(good!.verdict).toBe('proven')
  })

  test('a label that looks one minute too far', () => {
    const inner = one('Six', [6])
    const columns = inner.columns.map((c) => (c.kind === 'label' ? { ...c, name: 'y_5m', knownAtMinutes: 6 } : c))
    const pipeline: proof.CausalPipeline = {
      name: 'six',
      columns,
      universe: (f) => inner.universe(f),
      build: (...args) => inner.build(...args),
      row: (...args) => inner.row(...args),
    }
    const found = quickProof(pipeline, slim)
    expect(found.certificates.map((c) => c.verdict)).toEqual(['proven', 'proven', 'refused'])
    expect(found.certificates[2]!.leak).toMatchObject({ reachMinutes: 6 })
    expect(found.certificates[2]!.knownAtMinutes).toBe(6)
  })

  test('a label over filled prices', () => {
    const found = quickProof(one('Filled', [5], { features: same, labels: filledBack }), holed('close', 0, 20))
    const leak = found.certificates.at(-1)!.leak!
    expect(leak).toMatchObject({ known: 'NaN', symbol: symbols[0] })
    // It sees the first price there is, at minute 20.
    expect(minuteOf(leak) + leak.reachMinutes!).toBe(20)
  })

  test('a feature may read ahead as far as it says', () => {
    const inner = one('Said')
    const shifted = (known: number) =>
      byBuild(inner, {
        columns: [{ name: 'ahead', kind: 'feature', knownAtMinutes: known }],
        build: (data, date, members, visit) =>
          inner.build(data, date, members, (c, values) => {
            if (c === 0)
              visit(
                0,
                values.map((_, i) => ((i + 1) % DAY_MINUTES === 0 ? Number.NaN : values[i + 1]!)),
              )
          }),
      })
    expect(quickProof(shifted(2), slim, 2).verdict).toBe('proven')
    expect(quickProof(shifted(1), slim, 2).certificates[0]!.leak).toMatchObject({ reachMinutes: 1 })
  })
})

const same = (all: readonly DayBars[]) => all

describe('universe', () => {
  const many = marketDays(6, 2, 0, 0)
  const prove = (universe: proof.CausalPipeline['universe'], more: Partial<proof.UniverseFacts> = {}) =>
    proof.proveUniverse({ ...one('U'), name: 'u', columns: [], universe }, { ...factsOf(many), ...more })

  test('of earlier days: proven', () => {
    expect(prove(proof.pointInTimeUniverse({ ...RULE, top: 3 }))).toMatchObject({
      members: 3,
      verdict: 'proven',
      leaks: [],
    })
  })

  test("by the day's own volume", () => {
    const found = prove(proof.lookAheadUniverse({ ...RULE, top: 3 }), { bans: { [DATE]: [] } })
    const [table, ban] = found.leaks
    expect(found.verdict).toBe('refused')
    expect(table).toMatchObject({ source: 'table', reachMinutes: 1440 })
    expect([table!.built, table!.known]).toContain(null)
    expect(ban).toMatchObject({ source: 'ban list', known: null, reachMinutes: null })
  })

  test('by the first hour of the day', () => {
    const first = (facts: proof.UniverseFacts) => {
      const [today] = facts.after
      const cut = today && { ...today, present: today.present.map((p, i) => (i % DAY_MINUTES < 60 ? p : 0)) }
      if (cut === undefined) return []
      const volumes = proof.volumesOfBars(cut)
      return [...volumes.symbols].sort((a, b) => of(b) - of(a)).slice(0, 3)
      function of(s: string) {
        return volumes.quoteVolume[volumes.symbols.indexOf(s)]!
      }
    }
    expect(prove(first).leaks[0]).toMatchObject({ source: 'table', reachMinutes: 60 })
  })

  test('by a settlement that had not happened', () => {
    const gone = { deliveryMs: Date.parse(`${DATE}T12:00:00Z`) }
    const contracts = { [symbols[0]!]: gone } as unknown as proof.UniverseFacts['contracts']
    const rule = proof.pointInTimeUniverse(RULE)
    const alive = (facts: proof.UniverseFacts) => rule(facts).filter((s) => !facts.contracts[s]?.deliveryMs)
    expect(prove(alive, { contracts }).leaks[0]).toMatchObject({
      source: 'contract facts',
      symbol: symbols[0],
      built: null,
    })
    expect(prove(rule, { contracts }).verdict).toBe('proven')
  })
})
