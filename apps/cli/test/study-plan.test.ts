/** The command lines of plans against the definitions of the commands: what a study plans can be run. */
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { flagsOf } from '@cointrader/cli/lib/flags'
import { commandPaths, makeProgram, wholeProgram } from '@cointrader/cli/lib/program'
import { estimateText, planTable } from '@cointrader/cli/lib/study-plan'
import { COMMANDS } from '@cointrader/cli/registry'
import { DEFECT_KINDS } from '@cointrader/core'
import { nodeDisk } from '@cointrader/store'
import { planStudy, readStudy, retrainStudy, type Stage, type Study, writeRecord } from '@cointrader/study'
import type { Command } from 'commander'
import { describe, expect, it } from 'vitest'
import { tempFolder } from './helpers.js'

const configs = join(dirname(fileURLToPath(import.meta.url)), '../../../configs/studies')
const STUDIES = readdirSync(configs)
  .filter((f) => f.endsWith('.yaml'))
  .map((f): [string, Study] => [f, readStudy(readFileSync(join(configs, f), 'utf8'), f).study])
const OPTIONS = { workers: 2, wait: 60 }

/** Uses every entry of the schema that becomes a flag. */
const FULL = `study: full
source:
  symbols: [AUSDT, BUSDT, CUSDT]
  kinds: [klines, premium, metrics, funding, mark]
  route: daily
  allow_unverified: true
  listing_url: http://127.0.0.1:1/list
  rest_url: http://127.0.0.1:1
range: { start: 2026-02-01, end: 2026-02-08 }
check: { ban_minutes: 60, policies: { ${Object.keys(DEFECT_KINDS)
  .map((k) => `${k}: none`)
  .join(', ')} } }
universe: { size: 3, buffer_days: 5, min_history_days: 2 }
features: { windows: all, generator: both, plugins: [/a.ts, /b c.js], list: /list.json }
labels: { horizons: [60, 5], target: y_60m_neut, price: open }
proof: { causality: [2026-02-03, 2026-02-04] }
embargo_minutes: 30
tried_before: 3
title: "-5 % in a month"
folds:
  - train: { start: 2026-02-02, end: 2026-02-03 }
    valid: { start: 2026-02-04, end: 2026-02-04 }
    test: { start: 2026-02-05, end: 2026-02-05 }
  - train: { start: 2026-02-02, end: 2026-02-04 }
    valid: { start: 2026-02-05, end: 2026-02-05 }
    test: { start: 2026-02-06, end: 2026-02-08 }
models:
  - { name: trees, family: lgbm, max_rows: 1000, sample_by_day: true, missing: zero, early_stopping: 0,
      params: { num_leaves: 7, learning_rate: 0.1, extra_trees: true, boosting: gbdt, min_gain_to_split: 1e-7 } }
${['ols', 'ridge', 'lasso', 'elastic_net', 'logistic'].map((kind) => `  - { name: ${kind}, family: linear, kind: ${kind}, alpha: 0.5, l1_ratio: 0.3, missing: drop }`).join('\n')}
backtest: { interval: 1h, models: [ridge, trees], long: 2, short: 1, gross: 1.5, turnover_cap: 0.5, kill_switch: false,
  funding: none, max_daily_loss: 0, strategy: /own/strategy.ts }
sensitivity: { of: trees, fee_pct: [0, 0.1], slippage_pct: [0.1], holding_bars: [24], gross: [2] }
`
STUDIES.push(['one with every entry', readStudy(FULL, 'full').study])

const loaded = new Map<string, () => Promise<Command>>(COMMANDS.map((c) => [c.name, c.load]))

/** What the program makes of a command line: the command that is reached, its flags, and what is left over. */
async function parse(
  words: readonly string[],
): Promise<{ path: string; flags: Record<string, unknown>; rest: string[] }> {
  const load = loaded.get(words[0]!)
  const program = makeProgram(load === undefined ? new Map() : new Map([[words[0]!, await load()]]))
  let reached: Awaited<ReturnType<typeof parse>> | undefined
  const disarm = (command: Command, path: string): void => {
    if ((command as unknown as { _actionHandler: unknown })._actionHandler !== null)
      command.action(() => {
        reached = { path, flags: flagsOf(command), rest: command.args }
      })
    for (const sub of command.commands) disarm(sub, `${path} ${sub.name()}`)
  }
  for (const command of program.commands) disarm(command, command.name())
  await program.parseAsync([...words], { from: 'user' })
  if (reached === undefined) throw new Error(`no command was reached by ${words.join(' ')}`)
  return reached
}

const paths = commandPaths(await wholeProgram()).map(({ path }) => path.join(' '))

async function check(study: Study, stages: readonly Stage[]): Promise<void> {
  for (const stage of stages) {
    const words = [...stage.argv, ...stage.extra, '--json']
    const { path, flags, rest } = await parse(words)
    expect(paths).toContain(path)
    expect(flags.json, stage.id).toBe(true)
    const model = study.models.find((m) => stage.id.startsWith(`train/${m.name}/`))
    // Parameters of trees are passed on; the trainer judges them. Nothing else is left over.
    const params = model?.family === 'lgbm' ? Object.entries(model.params) : []
    expect(rest, stage.id).toEqual(
      params
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .flatMap(([name, value]) => [`--${name.replaceAll('_', '-')}`, String(value)]),
    )
  }
}

describe('every planned command line', () => {
  it.each(STUDIES)('of %s is one of the program', async (_, study) => {
    await check(study, planStudy(study, OPTIONS))
    await check(study, planStudy(study, { ...OPTIONS, archive: '/archive', incremental: true }))
  })

  it.each(STUDIES)('of a retraining with %s', async (_, study) => {
    const rolling = retrainStudy(study, Date.parse('2026-06-01T06:00:00Z'))
    for (const until of ['build-xy', 'train'] as const)
      await check(
        rolling,
        planStudy(rolling, { ...OPTIONS, until, incremental: true, modelsDir: '/models', modelFolder: () => 'm' }),
      )
  })

  it('can fail: a flag that is none, a missing one, a wrong value', async () => {
    await expect(parse(['judge', '--nonsense', '1'])).rejects.toThrow(/unknown option/)
    await expect(parse(['train', 'lgbm', '--train-start', '2026-02-01'])).rejects.toThrow(/required option/)
    await expect(parse(['train', 'linear', '--family', 'forest'])).rejects.toThrow(/Allowed choices/)
    await expect(parse(['features', 'health', '--start-date', '2026-02-01'])).rejects.toThrow(/required option/)
  })

  it('carries the settings of the study', async () => {
    const study = STUDIES.at(-1)![1]
    const of = async (id: string) => {
      const stage = planStudy(study, OPTIONS).find((s) => s.id === id)!
      return (await parse([...stage.argv, ...stage.extra])).flags
    }
    expect(await of('judge')).toMatchObject({ title: '-5 % in a month', trials: 14, yName: 'y_60m_neut', topn: 3 })
    expect(await of('build-xy')).toMatchObject({ plugin: ['/a.ts', '/b c.js'], priceCol: 'open', generator: 'both' })
    expect(await of('train/trees/2')).toMatchObject({
      ...{ maxRows: 1000, sampleByDay: true, missing: 'zero', embargo: 30, earlyStoppingRounds: 0 },
      ...{ name: 'trees-2', features: '/list.json', evaluation: 'quick' },
    })
    expect(await of('train/logistic/1')).toMatchObject({
      family: 'logistic',
      alpha: 0.5,
      l1Ratio: 0.3,
      missing: 'drop',
    })
    expect(await of('backtest/trees-gross-2')).toMatchObject({
      ...{ gross: 2, killSwitch: false, funding: 'none', long: 2, short: 1, turnoverCap: 0.5, maxDailyLossPct: 0 },
      ...{ startDate: '2026-02-05', endDate: '2026-02-08', interval: '1h', strategy: '/own/strategy.ts' },
    })
    expect(await of('fetch')).toMatchObject({ route: 'daily', allowUnverified: true, symbols: 'AUSDT,BUSDT,CUSDT' })
  })
})

describe('the printed plan', () => {
  it('has each stage with its command, its estimate, and whether it was done before', async () => {
    const [, study] = STUDIES.find(([name]) => name === 'tiny.yaml')!
    const folder = tempFolder()
    const roots = { study: folder, raw: join(folder, 'data') }
    const stages = planStudy(study, OPTIONS)
    const record = { key: '', content: '', outputs: [], version: null, missing: [] }
    await writeRecord(nodeDisk, folder, { ...record, id: 'fetch', title: '', argv: [], needs: [] })
    const { text, json } = await planTable(nodeDisk, study, { roots, stages }, 'code')
    const plan = json as { seconds: number; bytes: number; stages: Record<string, unknown>[] }
    expect(plan.stages.map((s) => s.id)).toEqual(stages.map((s) => s.id))
    // Its record is of something else: fetch is made, and what follows hangs on it.
    expect(plan.stages.map((s) => s.state)).toEqual(stages.map((s) => (s.id === 'fetch' ? 'made' : 'follows')))
    expect(plan.seconds).toBeCloseTo(
      plan.stages.reduce((n, s) => n + (s.seconds as number), 0),
      9,
    )
    expect(JSON.stringify(plan)).not.toContain('{raw}')
    for (const { id } of stages) expect(text).toContain(id)
    expect(estimateText(stages.at(-1)!)).toBe('')
    expect(estimateText({ ...stages[0]!, work: { kind: 'fetch', files: 60_000 } })).toMatch(/^ \(about .+\)$/)
  })
})
