/**
 * The commands between training and trading as a user runs them: judge, features health, config; and backtest on a universe
 * and on several tables of scores.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { HealthOptions } from '@cointrader/cli/commands/features-health'
import type { JudgeFlags } from '@cointrader/cli/commands/judge'
import type { Context } from '@cointrader/cli/context'
import { runHealth } from '@cointrader/cli/lib/features-health-run'
import { runJudge } from '@cointrader/cli/lib/judge-run'
import { addDays, dateOf, MINUTE_MS, parseDate, seededRandom } from '@cointrader/core'
import { columnHealth, diskDays } from '@cointrader/features'
import type { EvaluationReport } from '@cointrader/models'
import { decodeParquet, encodeParquet, makeTable, nodeDisk, numbers, strings } from '@cointrader/store'
import { studyEntries, studyJsonSchema } from '@cointrader/study'
import { beforeAll, describe, expect, it } from 'vitest'
import { cointrader, tempFolder } from './helpers.js'
import { SYMBOLS, splitFlags, writeXyTables } from './xy-tables.js'

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

interface Scores {
  readonly symbol: readonly string[]
  readonly time: ArrayLike<number>
  readonly prediction: ArrayLike<number>
}

async function readTable(path: string): Promise<Scores> {
  const { table } = await decodeParquet(readFileSync(path), path)
  return {
    symbol: strings(table, 'symbol'),
    time: numbers(table, 'start_time_ms'),
    prediction: numbers(table, 'prediction'),
  }
}

/** Rows of a table of scores that are kept. */
function writeScores(path: string, from: Scores, keep: (i: number) => boolean = () => true): string {
  mkdirSync(scores, { recursive: true })
  const rows = from.symbol.flatMap((_, i) => (keep(i) ? [i] : []))
  const table = makeTable([
    ['symbol', { type: 'string', data: rows.map((i) => from.symbol[i]!) }],
    ['start_time_ms', { type: 'int64', data: Float64Array.from(rows, (i) => from.time[i]!) }],
    ['prediction', { type: 'float64', data: Float64Array.from(rows, (i) => from.prediction[i]!) }],
  ])
  const full = join(scores, path)
  writeFileSync(full, encodeParquet(table))
  return full
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
      writeScores('first.parquet', whole, (i) => whole.time[i]! < border),
      writeScores('second.parquet', whole, (i) => whole.time[i]! >= border),
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
    const some = writeScores('some.parquet', worse, few)
    const [done, alone] = await Promise.all([
      judge('--predictions', `ridge=${all}`, '--predictions', `worse=${some}`, '--trials', '7', '--json'),
      judge('--predictions', `ridge=${writeScores('few.parquet', whole, few)}`, '--json'),
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
    const absent = writeScores('absent.parquet', later)
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

describe('config', () => {
  const tiny = join(import.meta.dirname, '../../../configs/studies/tiny.yaml')
  let bad: string
  beforeAll(() => {
    bad = join(tempFolder(), 'bad.yaml')
    writeFileSync(bad, `${readFileSync(tiny, 'utf8').replace('family: lgbm', 'family: lgmb')}\nunivers: { size: 3 }\n`)
  })

  it('explains every entry there is, and every value of a file with its source', async () => {
    const [entries, file] = await Promise.all([
      cointrader(['config', 'explain', '--json']),
      cointrader(['config', 'explain', tiny, '--set', 'seed=7', '--json']),
    ])
    expect([entries.code, file.code], file.stderr).toEqual([0, 0])
    expect(JSON.parse(entries.stdout)).toEqual(studyEntries())
    const values = JSON.parse(file.stdout) as { path: string; value: string; from: string }[]
    expect(values.find((v) => v.path === 'seed')).toMatchObject({ value: '7', from: '--set seed=7' })
    expect(values.find((v) => v.path === 'universe.size')).toMatchObject({ value: '5', from: /^line \d+$/ })
    expect(values.find((v) => v.path === 'universe.buffer_days')).toMatchObject({ value: '14', from: 'default' })
  })

  it('prints tables for people', async () => {
    const [entries, file] = await Promise.all([
      cointrader(['config', 'explain']),
      cointrader(['config', 'explain', tiny]),
    ])
    expect(entries.stdout).toMatch(/models\[lgbm\]\.rounds +whole number +1000 +Most trees/)
    expect(file.stdout).toMatch(/universe\.size +5 +line \d+ +Most symbols of a day/)
  })

  it('checks: nothing, or every problem at once, with exit 2', async () => {
    const [good, broken, absent] = await Promise.all([
      cointrader(['config', 'check', tiny, '--json']),
      cointrader(['config', 'check', bad, '--set', 'seed=x', '--json']),
      cointrader(['config', 'check', '/nowhere.yaml']),
    ])
    expect(good.code).toBe(0)
    expect(JSON.parse(good.stdout)).toEqual({ study: 'tiny', problems: [] })
    expect(broken.code).toBe(2)
    const { error } = JSON.parse(broken.stdout) as { error: { code: string; detail: string } }
    expect(error.code).toBe('E_CONFIG')
    expect(error.detail).toMatch(/^3 problems/)
    expect(error.detail).toMatch(
      /line \d+: models\.0\.family: "lgmb" is not one of lgbm, linear \(did you mean "lgbm"\?\)/,
    )
    expect(error.detail).toMatch(/line \d+: univers: not a known entry \(did you mean "universe"\?\)/)
    expect(error.detail).toMatch(/--set seed=x: seed: must be number, received string/)
    expect(broken.stderr).toContain('bad.yaml')
    expect(absent.code).toBe(1)
    expect(absent.stderr).toMatch(/E_FILE_MISSING.*nowhere/)
  })

  it('gives the JSON Schema, printed or written', async () => {
    const out = join(tempFolder(), 'study.schema.json')
    const [printed, written] = await Promise.all([
      cointrader(['config', 'schema']),
      cointrader(['config', 'schema', '--output', out]),
    ])
    expect([printed.code, written.code]).toEqual([0, 0])
    expect(JSON.parse(printed.stdout)).toEqual(studyJsonSchema())
    expect(readFileSync(out, 'utf8')).toBe(printed.stdout)
  })
})

describe('backtest', () => {
  const START = Date.UTC(2026, 1, 4)
  const BARS = 3 * 288
  let bars: string
  let universe: string
  let table: Scores

  beforeAll(() => {
    bars = tempFolder()
    for (const [s, symbol] of SYMBOLS.entries()) {
      const random = seededRandom(`bars ${symbol}`)
      const column = () => new Float64Array(BARS)
      const [time, open, high, low, close, volume] = [column(), column(), column(), column(), column(), column()]
      let price = 100 + s
      for (let i = 0; i < BARS; i++) {
        time[i] = START + i * 300_000
        open[i] = price
        price *= 1 + (random.next() - 0.5) / 100
        close[i] = price
        high[i] = Math.max(open[i]!, price)
        low[i] = Math.min(open[i]!, price)
        volume[i] = 1000
      }
      const columns = { timestamp: time, open, high, low, close, volume }
      const list = Object.entries(columns).map(
        ([name, data]) =>
          [name, { type: name === 'timestamp' ? ('int64' as const) : ('float64' as const), data }] as const,
      )
      writeFileSync(join(bars, `${symbol}_5m.parquet`), encodeParquet(makeTable(list)))
    }
    // A and B are in on all days, C and D on the 5th only, E to H never; of the 6th there is no entry for the others.
    universe = join(bars, 'universe.json')
    writeFileSync(
      universe,
      JSON.stringify({
        '2026-02-04': ['AUSDT', 'BUSDT'],
        '2026-02-05': ['AUSDT', 'BUSDT', 'CUSDT', 'DUSDT'],
        '2026-02-06': ['BUSDT', 'AUSDT'],
      }),
    )
    const symbol: string[] = []
    const time: number[] = []
    const prediction: number[] = []
    const random = seededRandom('scores')
    for (let m = 4; m < BARS * 5; m += 5)
      for (const [s, name] of SYMBOLS.entries()) {
        symbol.push(name)
        time.push(START + m * MINUTE_MS)
        // The symbols that are not in have the most extreme scores.
        prediction.push(random.normal() + (s >= 4 ? (s % 2 === 0 ? 9 : -9) : 0))
      }
    table = { symbol, time, prediction }
  })

  interface Trade {
    readonly symbol: string
    readonly entry_time_ms: number
    readonly exit_time_ms: number
  }
  async function run(
    ...args: string[]
  ): Promise<{ code: number | null; stderr: string; trades: Trade[]; bytes: string }> {
    const out = join(tempFolder(), 'out')
    const done = await cointrader([
      ...['backtest', '--strategy', 'cross-section', '--symbols', 'all', '--data', bars, '--interval', '5m'],
      ...['--holding-bars', '1', '--long', '1', '--short', '1', '--no-kill-switch', '--max-daily-loss-pct', '0'],
      ...['--out', out, ...args],
    ])
    const path = join(out, 'trades.parquet')
    if (!existsSync(path)) return { ...done, trades: [], bytes: '' }
    const bytes = readFileSync(path)
    const { table: t } = await decodeParquet(bytes, path)
    const [entry, exit] = [numbers(t, 'entry_time_ms'), numbers(t, 'exit_time_ms')]
    const trades = strings(t, 'symbol').map((s, i) => ({ symbol: s, entry_time_ms: entry[i]!, exit_time_ms: exit[i]! }))
    return { ...done, trades, bytes: bytes.toString('base64') }
  }

  it('trades members of the day only: scores of a table and of every baseline', async () => {
    const file = writeScores('bt.parquet', table)
    const cases = [['--scores', file], ...['momentum', 'reversal', 'random'].map((b) => ['--baseline', b])]
    const [free, ...masked] = await Promise.all([
      run('--scores', file),
      ...cases.map((c) => run(...c, '--universe', universe)),
    ])
    // Without a universe the most extreme scores are traded.
    expect(new Set(free!.trades.map((t) => t.symbol))).toEqual(new Set(['EUSDT', 'FUSDT', 'GUSDT', 'HUSDT']))
    const members = JSON.parse(readFileSync(universe, 'utf8')) as Record<string, string[]>
    for (const [k, { code, stderr, trades }] of masked.entries()) {
      expect(code, stderr).toBe(0)
      expect(trades.length, `${cases[k]}`).toBeGreaterThan(20)
      expect(new Set(trades.map((t) => t.symbol))).toEqual(new Set(['AUSDT', 'BUSDT', 'CUSDT', 'DUSDT']))
      for (const t of trades) {
        // Decided at the end of a bar, filled at the open of the next: the same instant, one ms before which the bar ended.
        const day = dateOf(t.entry_time_ms - 1)
        expect(members[day], `${t.symbol} on ${new Date(t.entry_time_ms).toISOString()}`).toContain(t.symbol)
      }
    }
  })

  it('reads several tables as if they were one, and refuses a score that is there twice', async () => {
    const border = START + 400 * 5 * MINUTE_MS
    const file = writeScores('bt-all.parquet', table)
    const a = writeScores('bt-a.parquet', table, (i) => table.time[i]! < border)
    const b = writeScores('bt-b.parquet', table, (i) => table.time[i]! >= border)
    const [one, two, twice, absent, none] = await Promise.all([
      run('--scores', file),
      run('--scores', `${b},${a}`),
      run('--scores', `${file},${a}`),
      run('--scores', `${a},/nowhere.parquet`),
      run('--baseline', 'random', '--universe', '/nowhere.json'),
    ])
    expect(one!.trades.length).toBeGreaterThan(20)
    expect(two!.bytes).toBe(one!.bytes)
    expect([twice!.code, absent!.code, none!.code]).toEqual([2, 1, 1])
    expect(twice!.stderr).toMatch(/E_CONFIG.*bt-a\.parquet.*a second score for AUSDT at 2026-02-04/)
    expect(absent!.stderr).toMatch(/E_FILE_MISSING.*nowhere\.parquet/)
    expect(none!.stderr).toMatch(/E_FILE_MISSING.*nowhere\.json/)
  })
})
