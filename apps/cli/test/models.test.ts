/** models list, show, promote, rollback and prune as a user runs them, on models that train made. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { addDays, dateMs, parseDate, seededRandom } from '@cointrader/core'
import { encodeParquet, makeTable } from '@cointrader/store'
import { beforeAll, describe, expect, it } from 'vitest'
import { cointrader, type Ended, tempFolder, treeOf } from './helpers.js'

const DAYS = 4
const SYMBOLS = ['AUSDT', 'BUSDT', 'CUSDT', 'DUSDT', 'EUSDT', 'FUSDT']

/** XY tables every 15 minutes: y_5m = x_5m_A + noise; y_15m is the same under another name. */
function writeTables(folder: string): void {
  mkdirSync(folder, { recursive: true })
  for (let d = 0; d < DAYS; d++) {
    const date = addDays(parseDate('2026-02-01'), d)
    const random = seededRandom(`models ${date}`)
    const rows = 96 * SYMBOLS.length
    const draw = () => Float32Array.from({ length: rows }, () => random.next() * 2 - 1)
    const [a, b, noise] = [draw(), draw(), draw()]
    const y = a.map((v, i) => 10 * v + 20 * noise[i]!)
    const table = makeTable([
      ['symbol', { type: 'string', data: Array.from(a, (_, i) => SYMBOLS[i % SYMBOLS.length]!) }],
      [
        'start_time_ms',
        {
          type: 'int64',
          data: Float64Array.from(a, (_, i) => dateMs(date) + Math.floor(i / SYMBOLS.length) * 900_000),
        },
      ],
      ['x_5m_A', { type: 'float32', data: a }],
      ['x_5m_B', { type: 'float32', data: b }],
      ['y_5m', { type: 'float32', data: y }],
      ['y_15m', { type: 'float32', data: y }],
    ])
    writeFileSync(join(folder, `${date}_xy_top6.parquet`), encodeParquet(table))
  }
}

describe('models', () => {
  const folder = tempFolder()
  const xy = join(folder, 'xy')
  const dir = join(folder, 'models')
  /** Versions in the order they were trained: two of trees, two linear, on growing data. */
  const versions: string[] = []

  async function train(family: string, testDays: number, ...more: string[]): Promise<string> {
    const ranges = ['--train-start', '2026-02-01', '--train-end', '2026-02-01', '--valid-start', '2026-02-02']
    const test = ['--test-start', '2026-02-03', '--test-end', `2026-02-0${2 + testDays}`]
    const done = await cointrader([
      ...['train', family, ...ranges, '--valid-end', '2026-02-02', ...test],
      ...['--topn', '6', '--data-dir', xy, '--models-dir', dir, '--name', 'm', '--json', ...more],
    ])
    expect(done.code, done.stderr).toBe(0)
    return JSON.parse(done.stdout).model.version
  }
  const models = (...args: string[]): Promise<Ended> => cointrader(['models', ...args, '--models-dir', dir])
  const json = async (...args: string[]) => {
    const done = await models(...args, '--json')
    expect(done.code, done.stderr).toBe(0)
    return JSON.parse(done.stdout)
  }
  const active = () => JSON.parse(readFileSync(join(dir, 'm/active.json'), 'utf8')).version

  beforeAll(async () => {
    writeTables(xy)
    const trees = ['--num-boost-round', '10', '--min-data-in-leaf', '20', '--num-leaves', '4', '--threads', '1']
    versions.push(await train('lgbm', 1, '--y-name', 'y_5m', ...trees))
    versions.push(await train('linear', 1, '--y-name', 'y_5m'))
    versions.push(await train('lgbm', 2, '--y-name', 'y_5m', ...trees))
    versions.push(await train('linear', 2, '--y-name', 'y_5m'))
  })

  it('lists them with their figures, and what train stored passes every check', async () => {
    const { models: all } = await json('list')
    expect(all).toHaveLength(1)
    expect(all[0]).toMatchObject({ name: 'm', active: null, latest: versions[3], problem: null })
    expect(all[0].versions.map((v: { state: string }) => v.state)).toEqual(['sound', 'sound', 'sound', 'sound'])
    expect(all[0].versions[0]).toMatchObject({ version: versions[3], dataEndMs: dateMs(parseDate('2026-02-05')) })
    expect(all[0].versions[0].headline).toMatchObject({ split: 'test', score: 'section rank IC' })
    expect(all[0].versions[0].headline.value).toBeGreaterThan(0.2)
    const text = await models('list')
    expect(text.stdout.split('\n')).toHaveLength(2 + 4 + 1)
    expect(text.stdout).toMatch(/lgbm +y_5m +2026-02-04 +test: section rank IC +0\.\d{4}/)
    for (const version of versions) {
      const shown = await json('show', `m/${version}`)
      expect(shown.checked.checks.map((c: { passed: boolean }) => c.passed)).toEqual([true, true, true, true])
      expect(shown.evaluation.lines.map((l: { name: string }) => l.name)).toEqual(
        expect.arrayContaining(['m', 'zero', 'constant', 'random']),
      )
    }
    const page = await models('show', 'm')
    for (const part of ['label:     y_5m', 'train:     [2026-02-01, 2026-02-02)', 'model.json', 'passed', 'rank IC'])
      expect(page.stdout).toContain(part)
  })

  it('promotes, which predict then uses, and rolls back', async () => {
    const [a, b] = versions as [string, string]
    const bare = await models('promote', 'm')
    expect([bare.code, bare.stderr]).toEqual([2, expect.stringMatching(/E_USAGE.*say which version/)])
    expect(await json('promote', `m/${a.slice(0, 8)}`, '--reason', 'first')).toMatchObject({
      changed: true,
      active: { version: a, previous: null, reason: 'first', by: 'models promote' },
    })
    const none = await models('rollback', 'm')
    expect([none.code, none.stderr]).toEqual([1, expect.stringMatching(/E_FILE_MISSING.*no version was active before/)])
    const second = await models('promote', `m/${b}`)
    expect(second.stdout).toContain(`m: ${b} is active now; a rollback goes to ${a}`)
    expect((await models('promote', `m/${b}`)).stdout).toContain('is active already')
    const scored = await cointrader([
      ...['predict', '--model', 'm', '--infer-start', '2026-02-04', '--infer-end', '2026-02-04', '--topn', '6'],
      ...['--data-dir', xy, '--models-dir', dir, '--output', join(folder, 'p.parquet'), '--json'],
    ])
    expect(JSON.parse(scored.stdout).id).toBe(b)
    expect(await json('rollback', 'm')).toMatchObject({ active: { version: a, previous: null } })
    expect(active()).toBe(a)
    const shown = await models('show', 'm/active')
    expect(shown.stdout).toMatch(new RegExp(`rollback +${b} +${a} +models rollback +by hand`))
    const now = JSON.parse(readFileSync(join(dir, 'm/active.json'), 'utf8')).promotedAtMs
    expect(Math.abs(Date.now() - now)).toBeLessThan(600_000)
  })

  it('refuses another label always and damaged versions by name, and leaves the active one', async () => {
    const before = active()
    const label = await train('linear', 2, '--y-name', 'y_15m')
    const other = await models('promote', `m/${label}`, '--allow-schema-change')
    expect([other.code, other.stderr]).toEqual([1, expect.stringMatching(/E_SCHEMA.*label y_15m instead of y_5m/)])
    const path = join(dir, 'm', versions[2]!, 'model.txt')
    const text = readFileSync(path, 'utf8')
    writeFileSync(path, `${text} `)
    const damaged = await models('promote', `m/${versions[2]}`, '--json')
    expect(damaged.code).toBe(1)
    expect(JSON.parse(damaged.stdout).error).toMatchObject({
      code: 'E_VERIFY',
      detail: expect.stringContaining('model.txt is changed'),
    })
    const list = await models('list')
    expect([list.code, list.stdout]).toEqual([
      3,
      expect.stringContaining(`${versions[2]}: damaged: model.txt is changed`),
    ])
    const shown = await models('show', `m/${versions[2]}`)
    expect([shown.code, shown.stdout]).toEqual([1, expect.stringMatching(/files +FAILED +model.txt is changed/)])
    for (const [args, code, expected] of [
      [['promote', 'm/000000000000'], 1, /E_FILE_MISSING.*no such version/],
      [['show', 'mm'], 1, /E_FILE_MISSING.*no model mm.*did you mean "m"/],
      [['list', 'nobody'], 1, /E_FILE_MISSING/],
      [['rollback', 'nobody'], 1, /E_FILE_MISSING.*no model nobody/],
      [['prune'], 2, /E_USAGE.*--all/],
      [['prune', 'm', '--keep', '0'], 2, /whole number from 1/],
      [['show'], 2, /missing required argument/],
    ] as const) {
      const done = await models(...args)
      expect([done.code, done.stderr]).toEqual([code, expect.stringMatching(expected)])
      expect(done.stderr).not.toContain('E_INTERNAL')
    }
    expect(active()).toBe(before)
    writeFileSync(path, text)
    rmSync(join(dir, 'm', label), { recursive: true })
    writeFileSync(join(dir, 'm/latest.json'), JSON.stringify({ version: versions[3] }))
    expect((await models('list')).code).toBe(0)
  })

  it('prunes what is old, shows it first, and never the active version or its way back', async () => {
    const [a, b, c, d] = versions as [string, string, string, string]
    await json('promote', `m/${b}`)
    mkdirSync(join(dir, 'm/0123456789ab'))
    writeFileSync(join(dir, 'm/0123456789ab/model.json'), 'half')
    const before = treeOf(dir)
    const plan = await json('prune', 'm', '--keep', '1', '--dry-run')
    expect(treeOf(dir)).toEqual(before)
    expect(plan.models[0].removed).toEqual([
      { version: c, why: 'old', bytes: plan.models[0].removed[0].bytes },
      { version: '0123456789ab', why: 'leftover', bytes: 4 },
    ])
    expect(plan.freedBytes).toBeGreaterThan(1000)
    const done = await models('prune', '--all', '--keep', '1')
    expect([done.code, done.stdout]).toEqual([0, expect.stringMatching(/2 versions, .* freed/)])
    const left = readdirSync(join(dir, 'm')).filter((f) => /^[0-9a-f]{12}$/.test(f))
    expect(left.sort()).toEqual([a, b, d].sort())
    expect(existsSync(join(dir, 'm', b, 'manifest.json'))).toBe(true)
    expect(await json('rollback', 'm')).toMatchObject({ active: { version: a } })
    expect((await json('prune', 'm', '--keep', '5')).freedBytes).toBe(0)
  })

  it('has nothing to say about an empty folder, and help with an example everywhere', async () => {
    const empty = tempFolder()
    const list = await cointrader(['models', 'list', '--models-dir', empty])
    expect([list.code, list.stdout]).toEqual([0, expect.stringContaining('no models in')])
    expect((await cointrader(['models', 'prune', '--all', '--models-dir', empty, '--json'])).code).toBe(0)
    for (const sub of ['list', 'show', 'promote', 'rollback', 'prune']) {
      const help = await cointrader(['models', sub, '--help'])
      expect(help.stdout).toMatch(new RegExp(`Example:\\n  cointrader models ${sub}`))
    }
    // The example of promote, as it stands in the help.
    const help = (await cointrader(['models', 'promote', '--help'])).stdout
    const example = /cointrader (models promote \S+) --reason "first one"/.exec(help)![1]!.replace('lgbm/', 'm/')
    const done = await cointrader([...example.split(' '), '--reason', 'first one', '--models-dir', dir])
    expect(done.code, done.stderr).toBe(0)
    expect(active()).toBe(versions[3])
  })
})
