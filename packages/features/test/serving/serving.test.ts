import { dateMs, MINUTE_MS, seededRandom } from '@cointrader/core'
import { columnFacts } from '@cointrader/features/build/metadata'
import { defineFeature } from '@cointrader/features/catalogue/definition'
import { DAY_MINUTES, joinDays } from '@cointrader/features/daybars'
import { definitionGroups, type Generator, makeFeatureSet, neutralName } from '@cointrader/features/featureset'
import { readRules } from '@cointrader/features/graph/read'
import { FeatureServer, generatorOf, MinuteReader, newestRow, servingColumns } from '@cointrader/features/serving/index'
import { describe, expect, it } from 'vitest'
import { batch, DATES, daysOf, FIRST_ROW, threeDays } from '../stream/support.js'

const WINDOWS = [1, 5, 15, 30, 60]
const bars = threeDays(7, 'serving')
const days = daysOf(bars)
const symbols = [...bars.symbols].sort()

const mine = defineFeature({
  type: 'Mine',
  title: 'mean close, which the set of all features gets from the kernel of the deviation',
  unit: 'price',
  inputs: ['close'],
  knownAtMinutes: 3,
  build: (x, w) => x.mean(x.input('close'), w),
})

/** All columns of a generator, computed in one batch: what build-xy stores. */
function everything(generator: Generator) {
  const set = makeFeatureSet({ groups: definitionGroups(generator, [mine]), windows: WINDOWS, rules: readRules() })
  const columns = batch(set, bars)
  const names = [...set.columns.map((c) => c.name), ...set.columns.map((c) => neutralName(c.name))]
  return { set, names, of: new Map(names.map((name, k) => [name, columns[k]!])) }
}

/** Serves rows `[from, to)` of the block and compares with the batch. */
function expectServed(
  features: readonly string[],
  all: ReturnType<typeof everything>,
  generator: Generator,
  at: number,
) {
  const columns = servingColumns(features, { generator, plugins: [mine] })
  const server = new FeatureServer(columns, symbols)
  const reader = new MinuteReader(days, symbols, columns.set.fields)
  const which = Int32Array.from(symbols, (_, s) => s)
  server.warm(reader, FIRST_ROW + at)
  let numbers = 0
  for (let t = at; t < at + 20; t++) {
    server.push((FIRST_ROW + t) * MINUTE_MS, reader.at(FIRST_ROW + t))
    const wide = server.take(which, 64)
    const narrow = server.take(which)
    const zeroed = server.take(which, 32, 'zero')
    features.forEach((name, f) => {
      symbols.forEach((symbol, s) => {
        const want = all.of.get(name)![s * bars.rows + t]!
        if (!Object.is(wide[f]![s], want)) expect.fail(`${name} of ${symbol}, row ${t}: ${wide[f]![s]}, batch ${want}`)
        if (!Object.is(narrow[f]![s], Math.fround(want))) expect.fail(`${name} of ${symbol}: not rounded`)
        const filled = Number.isFinite(Math.fround(want)) ? Math.fround(want) : 0
        if (!Object.is(zeroed[f]![s], filled)) expect.fail(`${name} of ${symbol}: ${zeroed[f]![s]} for ${filled}`)
        if (Number.isFinite(want)) numbers++
      })
    })
  }
  return { columns, numbers, warmup: server.warmup }
}

describe('what a model is served', () => {
  it.each(['base', 'added', 'both'] as const)(
    'any features of generator %s, in any order, computed alone: the bits of the whole table',
    (generator) => {
      const all = everything(generator)
      const random = seededRandom(`serving ${generator}`)
      let numbers = 0
      for (let i = 0; i < 12; i++) {
        const size = 1 + random.int(i < 8 ? 5 : 60)
        const picked = new Set(Array.from({ length: size }, () => all.names[random.int(all.names.length)]!))
        const done = expectServed([...picked], all, generator, 900 + random.int(3000))
        numbers += done.numbers
        expect(done.warmup).toBeLessThanOrEqual(all.set.plan.warmup)
      }
      expect(numbers).toBeGreaterThan(1000)
    },
  )

  it('a mean is the same alone and beside the deviation whose kernel computes it', () => {
    const all = everything('base')
    expect(expectServed(['x_30m_Mine'], all, 'base', 2000).numbers).toBeGreaterThan(50)
  })

  it('looks back as far as its own features and no further, and reads their fields only', () => {
    const one = servingColumns(['x_5m_O2C_neut'])
    expect([one.set.columns.length, one.set.plan.warmup, one.generator]).toEqual([1, 5, 'base'])
    expect(one.set.fields).not.toContain('mt_oi')
    const two = servingColumns(['x_5m_O2C', 'x_60m_Vol'])
    expect(two.set.columns).toHaveLength(2)
    // The mean of 60 against its last ten windows.
    expect(two.set.plan.warmup).toBe(60 + 600 - 1)
    expect(two.knownAtMinutes).toBe(1)
    expect(servingColumns(['x_5m_Mine'], { plugins: [mine] }).knownAtMinutes).toBe(3)
  })

  it('states what build-xy states', () => {
    const set = makeFeatureSet({ groups: definitionGroups('both', [mine]), windows: WINDOWS, rules: readRules() })
    const stated = columnFacts(set, [], new Map())
    const features = [...stated].flatMap(([name, facts]) => (facts.role === 'id' ? [] : [name]))
    const { facts } = servingColumns(features, { generator: 'both', plugins: [mine] })
    for (const name of features) expect(facts.get(name), name).toEqual(stated.get(name))
  })

  it('raw fields may be features: read by the same rules', () => {
    const columns = servingColumns(['pm_close', 'x_1m_O2C', 'mt_oi'])
    const server = new FeatureServer(columns, symbols)
    const reader = new MinuteReader(days, symbols, columns.set.fields)
    let [carried, masked] = [0, 0]
    server.warm(reader, FIRST_ROW + 100)
    for (let t = 100; t < bars.rows; t++) {
      server.push((FIRST_ROW + t) * MINUTE_MS, reader.at(FIRST_ROW + t))
      const [premium, , interest] = server.take(Int32Array.of(0), 64)
      const raw = bars.fields.pm_close![t]!
      if (Number.isFinite(raw)) expect(premium![0]).toBe(raw)
      else if (Number.isFinite(premium![0]!)) carried++
      if (bars.fields.mt_oi![t] !== 0) continue
      expect(interest![0]).toBeNaN()
      masked++
    }
    expect(columns.facts.get('mt_oi')?.role).toBe('raw')
    expect(carried).toBeGreaterThan(0)
    expect(masked).toBeGreaterThan(0)
  })

  it('names say the generator where they can', () => {
    expect(generatorOf(['x_5m_O2C', 'x_60m_PctB_neut'])).toBe('base')
    expect(generatorOf(['x_5m_O2C', 'xa_5m_O2C'])).toBe('both')
    // Only the added definitions have a correlation over one minute.
    expect(generatorOf(['x_1m_OI_P_Corr'])).toBe('added')
    expect(servingColumns(['x_1m_OI_P_Corr', 'x_60m_PctB']).generator).toBe('added')
  })

  it('refuses features that nothing computes, by name', () => {
    expect(() => servingColumns(['x_5m_O2C', 'x_5m_Mine'])).toThrow(/E_SCHEMA: x_5m_Mine: .*--plugin FILE/)
    expect(() => servingColumns(['x_720m_Vol'])).toThrow(/E_SCHEMA: x_720m_Vol/)
    expect(() => servingColumns(['x_5m_O2C', 'rsi', 'y_5m'])).toThrow(/E_SCHEMA: 2 of 3 features.*rsi, y_5m.*build-xy/)
    for (const name of ['x_05m_O2C', 'x_5m_O2C_neut_neut', 'symbol', 'start_time_ms', 'xb_5m_O2C', 'xa_5m_O2C_x'])
      expect(() => servingColumns([name]), name).toThrow(/E_SCHEMA/)
  })
})

describe('minutes of days', () => {
  it('reads what joining the days gives, NaN where there is no day or symbol', () => {
    const names = [...symbols.slice(1, 4), 'ZZZUSDT']
    const reader = new MinuteReader([days[0]!, days[2]!], names, ['close', 'mt_oi'])
    const first = FIRST_ROW - 10
    const joined = joinDays([days[0]!, days[2]!], names, first, FIRST_ROW + 3 * DAY_MINUTES + 10)
    for (let row = first; row < first + joined.rows; row += 7) {
      const minute = reader.at(row)
      for (const field of ['close', 'mt_oi'])
        names.forEach((_, s) => {
          expect(minute[field]![s]).toBe(joined.fields[field]![s * joined.rows + row - first])
        })
    }
  })

  it('knows who has a bar, and the newest minute in which anybody has', () => {
    const present = new Uint8Array(days[1]!.present.length)
    const set = (s: number, m: number) => {
      present[s * DAY_MINUTES + m] = 1
    }
    set(0, 3)
    set(2, 3)
    set(6, 1000)
    const day = { ...days[1]!, present }
    const start = dateMs(DATES[1]!) / MINUTE_MS
    const reader = new MinuteReader([day], symbols, [])
    expect([...reader.present(start + 3)]).toEqual([0, 2])
    expect([...reader.present(start + 4)]).toEqual([])
    expect([...reader.present(start - DAY_MINUTES + 3)]).toEqual([])
    expect(newestRow(day, symbols, start + 5000)).toBe(start + 1000)
    expect(newestRow(day, symbols, start + 999)).toBe(start + 3)
    expect(newestRow(day, symbols.slice(3), start + 999)).toBe(undefined)
    expect(newestRow(day, symbols, start + 2)).toBe(undefined)
  })
})
