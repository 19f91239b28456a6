/** Studies as plans: order, names, what each stage is told to read and write. */
import { dateRange, parseDate } from '@cointrader/core'
import { readStudy, type Study } from '@cointrader/study/config/index'
import { planBacktests } from '@cointrader/study/plan/backtests'
import { testDates, xyDates } from '@cointrader/study/plan/dates'
import type { Stage } from '@cointrader/study/plan/stage'
import { planStudy } from '@cointrader/study/plan/stages'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CONFIGS, read, SMALL, validStudy } from '../config/studies.js'

const OPTIONS = { workers: 2, wait: 60 }
const studies = CONFIGS.map(([name, text]): [string, Study] => [name, readStudy(text, name).study])
const small = readStudy(SMALL, 'small').study

/** What every plan must be. */
function sound(study: Study, stages: readonly Stage[]): void {
  const place = new Map(stages.map((s, i) => [s.id, i]))
  expect(place.size, 'ids are unique').toBe(stages.length)
  const records = stages.map((s) => s.id.replaceAll('/', '.'))
  expect(new Set(records).size, 'names of records are unique').toBe(stages.length)
  for (const [i, stage] of stages.entries()) {
    for (const id of stage.needs) expect(place.get(id), `${stage.id} needs ${id}`).toBeLessThan(i)
    expect(new Set(stage.needs).size, stage.id).toBe(stage.needs.length)
    expect(stage.outputs.length, stage.id).toBeGreaterThan(0)
    const words = [...stage.argv, ...stage.extra]
    expect(
      words.every((w) => typeof w === 'string' && !/undefined|NaN|\[object/.test(w)),
      words.join(' '),
    ).toBe(true)
    // The version of a model comes from a stage that this one waits for.
    for (const { 1: id } of words.join(' ').matchAll(/\{version:([^}]+)\}/g)) expect(stage.needs).toContain(id)
    if (words.some((w) => w.includes('{members}'))) expect(stage.needs).toContain('universe')
    if (words.some((w) => w.includes('{raw}')))
      expect(stage.id === 'fetch' || reaches(stages, stage, 'fetch')).toBe(true)
    for (const file of stage.files) expect(words, `${stage.id} is given ${file}`).toContain(file)
    for (const rule of [...stage.outputs, ...stage.fresh]) new RegExp(rule.names)
  }
  // One stage writes a file, and no other.
  const rules = stages.flatMap((s) => s.outputs.map((o) => `${o.root} ${o.folder} ${o.names}`))
  expect(new Set(rules).size).toBe(rules.length)
  expect(stages.filter((s) => s.id.startsWith('train/')).length).toBe(study.models.length * study.folds.length)
}

function reaches(stages: readonly Stage[], from: Stage, id: string): boolean {
  return from.needs.some((n) => n === id || reaches(stages, stages.find((s) => s.id === n)!, id))
}

describe('a plan', () => {
  it.each(studies)('of %s: each stage after those it needs, under a name of its own', (_, study) => {
    const stages = planStudy(study, OPTIONS)
    sound(study, stages)
    expect(stages.map((s) => s.id).slice(0, 4)).toEqual(['fetch', 'preprocess', 'universe', 'build-xy'])
    expect(stages.filter((s) => s.id.startsWith('backtest/')).length).toBe(planBacktests(study).length)
  })

  it('of any sound study', () => {
    fc.assert(
      fc.property(validStudy, fc.boolean(), (stated, incremental) => {
        const { study } = read(stated)
        sound(study, planStudy(study, { ...OPTIONS, incremental }))
        const training = planStudy(study, { ...OPTIONS, until: 'train' })
        sound(study, training)
        expect(training.at(-1)!.id).toMatch(/^train\//)
        const build = planStudy(study, { ...OPTIONS, until: 'build-xy' })
        expect(build.map((s) => s.id)).toEqual(['fetch', 'preprocess', 'universe', 'build-xy'])
      }),
      { numRuns: 60 },
    )
  })

  it('has in `extra` what changes no byte, and nothing of it in the command', () => {
    const study: Study = { ...small, source: { ...small.source, listing_url: 'http://l', rest_url: 'http://r' } }
    const one = planStudy(study, OPTIONS)
    const other = planStudy(study, { archive: '/archive', workers: 7, wait: 5 })
    expect(other.map((s) => s.argv)).toEqual(one.map((s) => s.argv))
    const words = (stages: readonly Stage[]) => stages.find((s) => s.id === 'fetch')!.extra
    expect(words(one)).toEqual(expect.arrayContaining([small.source.archive, 'http://l', 'http://r']))
    // Another archive has other addresses.
    expect(words(other)).toContain('/archive')
    expect(words(other).some((w) => w.startsWith('http'))).toBe(false)
  })

  it('begins files that merge from nothing, but not in a shared folder, nor day after day', () => {
    const fresh = (stages: readonly Stage[], id: string) => stages.find((s) => s.id === id)!.fresh
    expect(fresh(planStudy(small, OPTIONS), 'fetch')).toEqual([{ root: 'raw', folder: 'funding', names: '.+' }])
    expect(fresh(planStudy(small, OPTIONS), 'universe')).toHaveLength(1)
    const shared: Study = { ...small, source: { ...small.source, folder: '/data' } }
    expect(fresh(planStudy(shared, OPTIONS), 'fetch')).toEqual([])
    expect(fresh(planStudy(shared, OPTIONS), 'preprocess')).toHaveLength(2)
    for (const s of planStudy(small, { ...OPTIONS, incremental: true })) expect(s.fresh, s.id).toEqual([])
    for (const s of planStudy(shared, OPTIONS))
      expect(
        s.fresh.some((r) => r.root === 'raw'),
        `${s.id} removes nothing that others share`,
      ).toBe(false)
  })

  it('names the tables of exactly its days as outputs', () => {
    const xy = planStudy(small, OPTIONS).find((s) => s.id === 'build-xy')!.outputs[0]!
    const match = (name: string) => new RegExp(`^(?:${xy.names})$`).test(name)
    expect(match('2026-02-02_xy_top30.parquet')).toBe(true)
    expect(match('2026-02-02_xy_top30.manifest.json')).toBe(true)
    expect(match('2026-02-01_xy_top30.parquet')).toBe(false)
    expect(match('2026-02-02_xy_top5.parquet')).toBe(false)
    expect(match('2026-02-02_xy_top30.parquet.tmp')).toBe(false)
  })

  it('has the days of features from the first training to the last test, and tests each day once', () => {
    const two = read({
      ...small,
      range: { start: '2026-02-01', end: '2026-02-12' },
      folds: [
        {
          train: { start: '2026-02-04', end: '2026-02-05' },
          valid: { start: '2026-02-06', end: '2026-02-06' },
          test: { start: '2026-02-07', end: '2026-02-08' },
        },
        {
          train: { start: '2026-02-03', end: '2026-02-06' },
          valid: { start: '2026-02-08', end: '2026-02-08' },
          test: { start: '2026-02-10', end: '2026-02-11' },
        },
      ],
    }).study
    const days = (a: string, b: string) => dateRange(parseDate(a), parseDate(b))
    expect(xyDates(two)).toEqual(days('2026-02-03', '2026-02-11'))
    expect(testDates(two)).toEqual([...days('2026-02-07', '2026-02-08'), ...days('2026-02-10', '2026-02-11')])
  })

  it('counts as trials the models, the variants, and what was tried before', () => {
    const study: Study = {
      ...small,
      tried_before: 3,
      sensitivity: { fee_pct: [0, 0.05], slippage_pct: [0.1], holding_bars: [], gross: [] },
    }
    const judge = planStudy(study, OPTIONS).find((s) => s.id === 'judge')!.argv
    // One model, two variants (a fee of 0.05 is the setting itself), three before.
    expect(judge[judge.indexOf('--trials') + 1]).toBe('6')
  })

  it('gives each backtest its settings, and a variant one that differs', () => {
    const study: Study = { ...small, sensitivity: { fee_pct: [0], slippage_pct: [], holding_bars: [48], gross: [] } }
    const stages = planStudy(study, OPTIONS)
    const flag = (id: string, name: string) => {
      const { argv } = stages.find((s) => s.id === `backtest/${id}`)!
      return argv[argv.indexOf(name) + 1]
    }
    expect([flag('trees', '--fee-pct'), flag('trees', '--holding-bars')]).toEqual(['0.05', '12'])
    expect([flag('trees-fee-0', '--fee-pct'), flag('trees-fee-0', '--holding-bars')]).toEqual(['0', '12'])
    expect([flag('trees-holding-48', '--fee-pct'), flag('trees-holding-48', '--holding-bars')]).toEqual(['0.05', '48'])
    expect(flag('trees', '--scores')).toBe('predictions/trees-1.parquet')
    expect(flag('baseline-random', '--baseline')).toBe('random')
    expect(planStudy({ ...small, backtest: null }, OPTIONS).some((s) => s.id.startsWith('backtest'))).toBe(false)
  })
})
