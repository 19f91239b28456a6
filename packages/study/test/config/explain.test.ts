/** `config explain` and the JSON Schema: every entry, every value, where each comes from. */
import {
  environmentOverrides,
  explainStudy,
  flagOverride,
  readStudy,
  studyEntries,
  studyJsonSchema,
} from '@cointrader/study/config/index'
import { open } from '@cointrader/study/config/read'
import { studyObject } from '@cointrader/study/config/schema'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { z } from 'zod'
import { CONFIGS, problemsOf, read, SMALL, validStudy } from './studies.js'

/** Paths of the schema as `config explain` writes them, by a walk of its own. */
function schemaPaths(schema: z.core.$ZodType, above: string): string[] {
  const out: string[] = []
  for (const one of open(schema)) {
    const { def } = (one as unknown as { _zod: { def: { element?: z.core.$ZodType } } })._zod
    const { shape } = one as unknown as { shape?: Record<string, z.core.$ZodType> }
    if (def.element !== undefined) {
      const kinds = open(def.element)
      for (const kind of kinds) {
        const family = (kind as unknown as { shape?: { family?: { value: string } } }).shape?.family?.value
        out.push(...schemaPaths(kind, `${above}[${kinds.length > 1 ? family : ''}]`))
      }
    }
    for (const [key, inner] of Object.entries(shape ?? {})) {
      const path = above === '' ? key : `${above}.${key}`
      out.push(path, ...schemaPaths(inner, path))
    }
  }
  return out
}

describe('entries', () => {
  const entries = studyEntries()

  it('are those of the schema, each with a type and a description', () => {
    expect(entries.map((e) => e.path).sort()).toEqual(schemaPaths(studyObject, '').sort())
    expect(new Set(entries.map((e) => e.path)).size).toBe(entries.length)
    for (const e of entries) {
      expect(e.description, e.path).toMatch(/[.)]$/)
      expect(e.type, e.path).not.toBe('')
    }
    expect(entries.length).toBeGreaterThan(80)
  })

  it('state a default, or that there is none', () => {
    const of = (path: string) => entries.find((e) => e.path === path)!
    expect(of('universe.size')).toMatchObject({ type: 'whole number', fallback: '30', required: false })
    expect(of('study').required).toBe(true)
    expect(of('folds[].train.start')).toMatchObject({ type: 'date', required: true, fallback: '' })
    expect(of('models[lgbm].rounds').fallback).toBe('1000')
    expect(of('models[linear].kind').type).toBe('one of ols, ridge, lasso, elastic_net, logistic')
    expect(of('source.symbols')).toMatchObject({ type: 'all or list of string', fallback: 'all' })
    expect(of('features.windows').fallback).toBe('[ 1, 5, 15, 30, 60 ]')
    expect(of('backtest.fee_pct').fallback).toBe('0.05')
    expect(of('backtest.long')).toMatchObject({ required: false, fallback: '' })
    // What is stated is what a study without the entry gets.
    const { study } = readStudy(SMALL, 'small')
    for (const { path, fallback } of entries) {
      if (fallback === '' || path.includes('[')) continue
      const value = path.split('.').reduce<unknown>((at, key) => (at as Record<string, unknown>)[key], study)
      expect(parse(fallback), path).toEqual(value)
    }
  })

  it('that are required are those without which a study is refused', () => {
    const required = entries.filter((e) => e.required && !e.path.includes('.')).map((e) => e.path)
    expect(required).toEqual(['study', 'range', 'folds', 'models'])
  })
})

/** Leaves of a study: scalars, lists of scalars, and empty things. */
function leaves(value: unknown, path: string): string[] {
  const list = Array.isArray(value)
  if (typeof value !== 'object' || value === null || (list && !value.some((v) => typeof v === 'object'))) return [path]
  const inner = Object.entries(value)
  return inner.length === 0 ? [path] : inner.flatMap(([k, v]) => leaves(v, path === '' ? k : `${path}.${k}`))
}

describe('a study explained', () => {
  it('has every value with its source', () => {
    fc.assert(
      fc.property(validStudy, (stated) => {
        const done = read(stated)
        const explained = explainStudy(done)
        expect(explained.map((e) => e.path)).toEqual(leaves(done.study, ''))
        for (const { path, value, from } of explained) {
          const keys = path.split('.')
          const at = (root: unknown) =>
            keys.reduce<unknown>((v, k) => (v as Record<string, unknown> | undefined | null)?.[k], root)
          expect(parse(value), path).toEqual(at(done.study))
          // A value is its default exactly where the file does not state it.
          expect(from === 'default', `${path} from ${from}`).toBe(at(stated) === undefined)
          if (from !== 'default') expect(from).toMatch(/^line \d+$/)
        }
      }),
      { numRuns: 40 },
    )
  })

  it('names what set each value: line, flag, environment, default', () => {
    const explained = explainStudy(
      readStudy(`${SMALL}universe:\n  size: 3\n  buffer_days: 4\n`, 'f', [
        ...environmentOverrides({ COINTRADER_STUDY__SEED: '7' }),
        flagOverride('universe.size=8'),
        flagOverride('check={ban_minutes: 5}'),
        flagOverride('models.0.params={num_leaves: 7}'),
      ]),
    )
    const of = (path: string) => explained.find((e) => e.path === path)
    expect(of('universe.size')).toEqual({
      path: 'universe.size',
      value: '8',
      from: '--set universe.size=8',
      description: 'Most symbols of a day.',
    })
    expect(of('universe.buffer_days')?.from).toBe('line 12')
    expect(of('universe.min_history_days')?.from).toBe('default')
    expect(of('seed')?.from).toBe('environment COINTRADER_STUDY__SEED')
    expect(of('check.ban_minutes')?.from).toBe('--set check={ban_minutes: 5}')
    // A section set as a whole says nothing about what it leaves out, whatever the file said.
    expect(of('check.policies')?.from).toBe('default')
    const replaced = readStudy(`${SMALL}check: { policies: { missing_premium: none } }\n`, 'f', [
      flagOverride('check={ban_minutes: 5}'),
    ])
    expect(replaced.study.check.policies).toEqual({})
    expect(explainStudy(replaced).find((e) => e.path === 'check.policies')?.from).toBe('default')
    expect(of('models.0.params.num_leaves')?.from).toBe('--set models.0.params={num_leaves: 7}')
    expect(of('models.0.rounds')).toMatchObject({ from: 'default', description: /Most trees/ })
    expect(of('folds.0.test.end')).toMatchObject({ from: 'line 6', description: 'Last day, inclusive.' })
    expect(of('backtest.fee_pct')?.from).toBe('default')
  })
})

describe('an alias', () => {
  it('brings values that stand where it stands', () => {
    const text = `study: aliases
range: { start: 2026-02-01, end: 2026-02-04 }
labels: { horizons: [60] }
folds:
  - train: &day { start: 2026-02-02, end: 2026-02-02 }
    valid:
      *day
    test: { start: 2026-02-04, end: 2026-02-04 }
models: [{ name: trees, family: lgbm }]
`
    const set = ['folds.0.valid.start=2026-02-03', 'folds.0.valid.end=2026-02-03']
    const one = new Map(explainStudy(readStudy(text, 'f', set.map(flagOverride))).map((e) => [e.path, e.from]))
    expect(one.get('folds.0.valid.end')).toBe('--set folds.0.valid.end=2026-02-03')
    expect(one.get('folds.0.train.end')).toBe('line 5')
    expect(problemsOf(text)).toEqual(['line 7: folds.0.valid.start: training ends on 2026-02-02'])
    const shared = text
      .replace('[60] }', '[60], target: &name y_60m }')
      .concat('title: *name\n')
      .replace('*day', '{ start: 2026-02-03, end: 2026-02-03 }')
    const two = explainStudy(readStudy(shared, 'f')).find((e) => e.path === 'title')
    expect(two).toMatchObject({ value: 'y_60m', from: 'line 10' })
  })

  it('that stands inside of what it names is refused', () => {
    for (const bad of ['proof: &p { causality: *p }\n', 'proof: { causality: &c [*c] }\n'])
      expect(problemsOf(SMALL + bad)).toEqual(['an alias stands inside of what it names'])
  })
})

describe('the JSON Schema', () => {
  const schema = studyJsonSchema()
  // No validator of JSON Schema is among the dependencies: zod reads the schema back, and judges by it.
  const back = z.fromJSONSchema(schema as Parameters<typeof z.fromJSONSchema>[0])

  it('names its version and describes every entry', () => {
    expect(schema).toMatchObject({ $schema: 'https://json-schema.org/draft/2020-12/schema', title: 'cointrader study' })
    expect(JSON.stringify(schema)).not.toContain('undefined')
  })

  it.each(CONFIGS)('takes %s', (_, text) => {
    expect(back.safeParse(parse(text)).error?.issues).toBeUndefined()
  })

  it('takes what the reader takes', () => {
    fc.assert(
      fc.property(validStudy, (stated) => {
        expect(back.safeParse(JSON.parse(JSON.stringify(stated))).error?.issues).toBeUndefined()
      }),
      { numRuns: 30 },
    )
  })

  it.each([
    ['an unknown entry', { tilte: 'x' }],
    ['a wrong type', { seed: 'x' }],
    ['a number out of range', { universe: { size: 0 } }],
    ['an unknown choice', { source: { kinds: ['kline'] } }],
    ['an unknown model family', { models: [{ name: 'a', family: 'forest' }] }],
    ['a model with entries of the other family', { models: [{ name: 'a', family: 'linear', rounds: 5 }] }],
    ['no fold', { folds: [] }],
  ])('refuses %s', (_, change) => {
    expect(back.safeParse({ ...(parse(SMALL) as object), ...change }).success).toBe(false)
  })
})
