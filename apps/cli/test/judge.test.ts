/** judge and features health as a user runs them: against what training says, from several tables, on bad input. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { HealthOptions } from '@cointrader/cli/commands/features-health'
import type { JudgeFlags } from '@cointrader/cli/commands/judge'
import type { Context } from '@cointrader/cli/context'
import { runHealth } from '@cointrader/cli/lib/features-health-run'
import { runJudge } from '@cointrader/cli/lib/judge-run'
import { addDays, parseDate, seededRandom } from '@cointrader/core'
import { columnHealth, diskDays } from '@cointrader/features'
import type { EvaluationReport } from '@cointrader/models'
import { decodeParquet, nodeDisk, numbers, strings } from '@cointrader/store'
import { beforeAll, describe, expect, it } from 'vitest'
import { cointrader, tempFolder } from './helpers.js'
import { type Scores, SYMBOLS, splitFlags, writeScores, writeXyTables } from './xy-tables.js'

let xy: string
let models: string
let scores: string

beforeAll(async () => {
  const folder = tempFolder()
  xy = join(folder, 'xy')
  models = join(folder, 'models')
  scores = join(folder, 'scores')
  await writeXyTables(xy, { days: 6, minutes: 10 })
})

async function readTable(path: string): Promise<Scores> {
  const { table } = await decodeParquet(readFileSync(path), path)
  return {
    symbol: strings(table, 'symbol'),
    time: numbers(table, 'start_time_ms'),
    prediction: numbers(table, 'prediction'),
  }
}

/** What a command's logic is given, for cases that need no process of their own. */
const context = {
  disk: nodeDisk,
  print: () => {},
  printJson: () => {},
} as unknown as Context

const entryOf = (report: EvaluationReport, name: string) => report.entries.find((e) => e.name === name)!

describe('judge', () => {
  let stored: EvaluationReport
  let whole: Scores
  let all: string
  let parts: string[]
  const judge = (...args: string[]) =>
    cointrader(['judge', '--y-name', 'y_5m', '--topn', '8', '--data-dir', xy, ...args])

  beforeAll(async () => {
    const trained = await cointrader([
      ...['train', 'linear', ...splitFlags(xy, models, '2026-02-06'), '--name', 'ridge', '--json'],
    ])
    expect(trained.code, trained.stderr).toBe(0)
    const { folder } = JSON.parse(trained.stdout) as { folder: string }
    stored = (JSON.parse(readFileSync(join(folder, 'evaluation.json'), 'utf8')) as { test: EvaluationReport }).test
    mkdirSync(scores, { recursive: true })
    all = join(scores, 'all.parquet')
    const predicted = await cointrader([
      ...['predict', '--model', 'ridge', '--infer-start', '2026-02-04', '--infer-end', '2026-02-06', '--topn', '8'],
      ...['--data-dir', xy, '--models-dir', models, '--output', all, '--no-evaluation'],
    ])
    expect(predicted.code, predicted.stderr).toBe(0)
    whole = await readTable(all)
    const border = Date.parse('2026-02-05T07:30:00Z')
    parts = [
      writeScores(join(scores, 'first.parquet'), whole, (i) => whole.time[i]! < border),
      writeScores(join(scores, 'second.parquet'), whole, (i) => whole.time[i]! >= border),
    ]
  })

  it('says of a model on the same rows what its training said, bit for bit, from one table or several', async () => {
    const out = join(tempFolder(), 'judged.json')
    const range = ['--train-start', '2026-02-01', '--train-end', '2026-02-02']
    const [one, two] = await Promise.all([
      judge('--predictions', `ridge=${all}`, ...range, '--json', '--out', out),
      judge('--predictions', `ridge=${parts[1]},${parts[0]}`, ...range, '--json'),
    ])
    expect(one.code, one.stderr).toBe(0)
    expect(two.stdout).toBe(one.stdout)
    const report = JSON.parse(one.stdout) as EvaluationReport
    expect(JSON.parse(readFileSync(out, 'utf8'))).toEqual(report)
    expect(readFileSync(out.replace('.json', '.html'), 'utf8')).toContain('ridge: y_5m')
    const [mine, theirs] = [entryOf(report, 'ridge'), entryOf(stored, 'ridge')]
    expect(theirs.pooled.rank.value).toBeGreaterThan(0.3)
    expect(mine.pooled.rank).toEqual(theirs.pooled.rank)
    expect(mine.pooled.pearson).toEqual(theirs.pooled.pearson)
    expect(theirs.sections).not.toBeNull()
    expect(mine.sections).toEqual(theirs.sections)
    expect(report.horizonMinutes).toBe(stored.horizonMinutes)
    // The same baselines stand beside it; momentum does not hang on the mean of training.
    expect(report.entries.map((e) => e.name)).toEqual(stored.entries.map((e) => e.name))
    for (const name of ['momentum x_5m_Close_Diff_Rate', 'reversal x_5m_Close_Diff_Rate', 'random', 'zero'])
      expect(entryOf(report, name).pooled.rank, name).toEqual(entryOf(stored, name).pooled.rank)
  })

  it('judges several models on the rows that all of them scored', async () => {
    const noise = seededRandom('noise')
    const worse = { ...whole, prediction: Array.from(whole.prediction, (p) => p + noise.normal() * 20) }
    const few = (i: number) => SYMBOLS.indexOf(whole.symbol[i]!) < 6
    const some = writeScores(join(scores, 'some.parquet'), worse, few)
    const [done, alone] = await Promise.all([
      judge('--predictions', `ridge=${all}`, '--predictions', `worse=${some}`, '--trials', '7', '--json'),
      judge('--predictions', `ridge=${writeScores(join(scores, 'few.parquet'), whole, few)}`, '--json'),
    ])
    expect(done.code, done.stderr).toBe(0)
    const report = JSON.parse(done.stdout) as EvaluationReport
    const [good, bad] = [entryOf(report, 'ridge'), entryOf(report, 'worse')]
    expect(good.pooled.rank).toEqual(entryOf(JSON.parse(alone.stdout) as EvaluationReport, 'ridge').pooled.rank)
    expect(bad.pooled.rank.value!).toBeLessThan(good.pooled.rank.value!)
    expect(bad.sections!.rank.value!).toBeLessThan(good.sections!.rank.value!)
    expect(report.settings.trials).toBe(7)
    expect(report.title).toBe('ridge, worse: y_5m')
  })

  it('refuses by name what it cannot judge', async () => {
    const later = { ...whole, time: Array.from(whole.time, (t) => t + 30 * 86_400_000) }
    const absent = writeScores(join(scores, 'absent.parquet'), later)
    writeFileSync(join(scores, 'broken.parquet'), 'no table')
    const flags = { yName: 'y_5m', topn: 8, dataDir: xy, seed: 42, delays: [] }
    const cases: [Partial<JudgeFlags>, number, RegExp][] = [
      [{ predictions: [`a=${all},${parts[0]}`] }, 2, /E_CONFIG.*first\.parquet.*a second score for AUSDT/],
      [{ predictions: [`a=${all}`, `a=${parts[0]}`] }, 2, /E_USAGE.*a name is there twice/],
      [{ predictions: ['a=/nowhere.parquet'] }, 1, /E_FILE_MISSING.*nowhere/],
      [{ predictions: [all] }, 2, /E_USAGE.*NAME=FILE/],
      [{ predictions: ['a='] }, 2, /E_USAGE.*NAME=FILE/],
      [{ predictions: ['a=,'] }, 2, /E_USAGE.*NAME=FILE/],
      [{ predictions: [`a=${absent}`] }, 1, /E_FILE_MISSING.*XY table of 2026-03-06/],
      [{ predictions: [`a=${join(scores, 'broken.parquet')}`] }, 1, /E_FILE_CORRUPT.*broken/],
      [{ predictions: [`a=${all}`], yName: 'y_7m' }, 1, /y_7m/],
      [{ predictions: [`a=${all}`], trainStart: '2026-02-01' }, 2, /E_USAGE.*--train-end/],
      [{ predictions: [`a=${all}`], trainStart: '2026-02-01', trainEnd: 'x' }, 2, /E_USAGE_DATE.*--train-end/],
    ]
    for (const [change, exit, expected] of cases) {
      const error = await runJudge({ ...flags, predictions: [], ...change }, context).catch((e: unknown) => e)
      expect(String(error)).toMatch(expected)
      expect((error as { exit?: number }).exit).toBe(exit)
    }
    const done = await judge()
    expect([done.code, done.stderr]).toEqual([2, expect.stringMatching(/E_USAGE.*--predictions/)])
  })
})

describe('features health', () => {
  const health = (...args: string[]) =>
    cointrader(['features', 'health', '--top', '8', '--data-dir', xy, '--end-date', '2026-02-03', ...args])

  it('prints and writes what the library finds, over inclusive days', async () => {
    const out = join(tempFolder(), 'health.json')
    const done = await health(
      ...['--start-date', '2026-02-01', '--against', '2026-02-04..2026-02-05', '--against', '2026-02-05..2026-02-05'],
      ...['--json', '--out', out],
    )
    expect(done.code, done.stderr).toBe(0)
    const days = diskDays(nodeDisk, xy, 8)
    const date = parseDate('2026-02-01')
    const expected = await columnHealth(days, { from: date, to: addDays(date, 3) }, [
      { from: addDays(date, 3), to: addDays(date, 5) },
    ])
    expect([expected.days, expected.laterDays]).toEqual([3, 2])
    expect(JSON.parse(done.stdout)).toEqual(expected)
    expect(JSON.parse(readFileSync(out, 'utf8'))).toEqual(expected)
    expect(expected.columns.map((c) => c.column)).toEqual(['x_5m_A', 'x_5m_Close_Diff_Rate', 'y_5m'])
    expect(expected.columns[0]!.missing).toBeGreaterThan(0.01)
  })

  it('refuses by name what it cannot measure', async () => {
    const flags = { startDate: '2026-02-01', endDate: '2026-02-03', against: [], top: 8, dataDir: xy }
    const cases: [Partial<HealthOptions>, number, RegExp][] = [
      [{ dataDir: '/nowhere' }, 3, /E_NOTHING_FOUND/],
      [{ against: ['2026-02-04'] }, 2, /E_USAGE.*2026-02-06\.\.2026-02-07/],
      [{ against: ['2026-02-04..2026-02-05..2026-02-06'] }, 2, /E_USAGE/],
      [{ against: ['2026-02-05..2026-02-03'] }, 2, /E_USAGE_RANGE/],
      [{ startDate: '2026-02-04' }, 2, /E_USAGE_RANGE/],
      [{ startDate: 'yesterday' }, 2, /E_USAGE_DATE/],
    ]
    for (const [change, exit, expected] of cases) {
      const error = await runHealth({ ...flags, ...change }, context).catch((e: unknown) => e)
      expect(String(error)).toMatch(expected)
      expect((error as { exit?: number }).exit).toBe(exit)
    }
  })
})
