/** How tables were built: models record it, training refuses a mixture, prediction refuses other tables. */
import { join } from 'node:path'
import {
  type BuildConfig,
  buildDifference,
  buildOfDays,
  FEATURE_KEYS,
  modelBuild,
} from '@cointrader/cli/lib/build-config'
import { isError, type Json } from '@cointrader/core'
import { nodeDisk } from '@cointrader/store'
import { beforeAll, describe, expect, it } from 'vitest'
import { cointrader, tempFolder } from './helpers.js'
import { splitFlags, writeXyTables } from './xy-tables.js'

const BUILD = { top: 8, generator: 'base', rules: 'default', research: false, plugins: ['aaaa'], price: 'close' }
const tables = async (change: (day: number) => Json | undefined = () => undefined): Promise<string> => {
  const folder = join(tempFolder(), 'xy')
  await writeXyTables(folder, { days: 4, minutes: 30, build: (d) => change(d) ?? BUILD })
  return folder
}
const DATES = ['2026-02-01', '2026-02-02', '2026-02-03', '2026-02-04']

describe('the build of tables', () => {
  it('differs in what decides the values of a column', () => {
    const other = (change: Partial<BuildConfig>): BuildConfig => ({ ...BUILD, ...change })
    expect(buildDifference(BUILD, BUILD)).toBeUndefined()
    // Key order is nothing, and the size of the universe names the table.
    expect(buildDifference(other({ rules: { a: 1, b: 2 } }), other({ rules: { b: 2, a: 1 } }))).toBeUndefined()
    expect(buildDifference(BUILD, other({ top: 30 }))).toBeUndefined()
    for (const [key, value] of Object.entries({
      generator: 'both',
      rules: null,
      research: true,
      plugins: [],
      price: 'open',
    }))
      expect(buildDifference(BUILD, other({ [key]: value }))).toBe(`other ${key}`)
    expect(buildDifference(BUILD, other({ plugins: [], generator: 'both' }))).toBe('other generator, plugins')
    expect(buildDifference(BUILD, other({ price: 'open' }), FEATURE_KEYS)).toBeUndefined()
  })

  it('is that of all days that say it, or none', async () => {
    const folder = await tables()
    expect(await buildOfDays(nodeDisk, folder, 8, DATES)).toEqual(BUILD)
    expect(await buildOfDays(nodeDisk, folder, 8, ['2026-03-01'])).toBeUndefined()
    expect(await buildOfDays(nodeDisk, folder, 9, DATES)).toBeUndefined()
    const mixed = await tables((d) => (d === 2 ? { ...BUILD, plugins: ['bbbb'] } : undefined))
    const error = await buildOfDays(nodeDisk, mixed, 8, DATES).catch((e: unknown) => e)
    expect(isError(error, 'E_SCHEMA')).toBe(true)
    expect(String(error)).toMatch(/2026-02-03_xy_top8\.parquet.*other plugins, unlike 2026-02-01_xy_top8\.parquet/)
    // Of a manifest that is silent nothing is known.
    const silent = await tables((d) => (d === 2 ? { top: 8 } : undefined))
    expect(await buildOfDays(nodeDisk, silent, 8, DATES)).toEqual(BUILD)
  })

  it('is unknown of models that were made before it was recorded', () => {
    for (const data of [undefined, null, {}, { build: null }] as (Json | undefined)[])
      expect(modelBuild(data)).toBeUndefined()
    expect(modelBuild({ build: BUILD })).toEqual(BUILD)
  })
})

describe('a model', () => {
  let models: string
  let xy: string
  const train = (data: string, name: string) =>
    cointrader([
      'train',
      'linear',
      ...splitFlags(data, models, '2026-02-04'),
      '--wait',
      '60',
      '--evaluation',
      'quick',
      '--name',
      name,
      '--json',
    ])
  const predict = (data: string, model: string) =>
    cointrader([
      ...['predict', '--model', model, '--infer-start', '2026-02-03', '--infer-end', '2026-02-04', '--topn', '8'],
      ...[
        '--data-dir',
        data,
        '--models-dir',
        models,
        '--output',
        join(tempFolder(), 'p.parquet'),
        '--no-evaluation',
        '--json',
      ],
    ])
  beforeAll(async () => {
    models = tempFolder()
    xy = await tables()
    const made = await train(xy, 'known')
    expect(made.code, made.stderr).toBe(0)
    expect(JSON.parse(made.stdout).model.data.build).toEqual(BUILD)
  })

  it('is not trained on days that were built in different ways', async () => {
    const changes: [Json, RegExp][] = [
      [{ ...BUILD, generator: 'added' }, /other generator, unlike/],
      [{ ...BUILD, plugins: [] }, /other plugins, unlike/],
      [{ ...BUILD, price: 'open' }, /other price, unlike/],
    ]
    await Promise.all(
      changes.map(async ([build, expected], k) => {
        const done = await train(await tables((d) => (d === 2 ? build : undefined)), `mixed-${k}`)
        expect(done.code).toBe(1)
        expect(done.stderr).toMatch(/E_SCHEMA: \S*2026-02-03_xy_top8\.parquet/)
        expect(done.stderr).toMatch(expected)
      }),
    )
  })

  it('scores tables that are built as its own, at any price, and refuses others by name', async () => {
    const cases: [Json, RegExp | undefined][] = [
      [BUILD, undefined],
      [{ ...BUILD, price: 'open' }, undefined],
      [{ top: 8 }, undefined],
      [
        { ...BUILD, generator: 'both' },
        /E_SCHEMA: \S*2026-02-03_xy_top8\.parquet.*other generator than the tables known/,
      ],
      [{ ...BUILD, plugins: ['bbbb'] }, /E_SCHEMA.*other plugins than/],
      [{ ...BUILD, research: true }, /E_SCHEMA.*other research than/],
    ]
    await Promise.all(
      cases.map(async ([build, refused]) => {
        const done = await predict(await tables(() => build), 'known')
        if (refused === undefined) expect(done.code, done.stderr).toBe(0)
        else {
          expect(done.code).toBe(1)
          expect(done.stderr).toMatch(refused)
        }
      }),
    )
  })

  it('trained on tables that say nothing says nothing, and scores any', async () => {
    const folder = join(tempFolder(), 'xy')
    await writeXyTables(folder, { days: 4, minutes: 30 })
    const made = await train(folder, 'unknown')
    expect(made.code, made.stderr).toBe(0)
    expect(JSON.parse(made.stdout).model.data.build).toBeNull()
    expect((await predict(xy, 'unknown')).code).toBe(0)
  })
})
