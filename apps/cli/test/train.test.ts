/** train and predict as a user runs them: on small XY tables, on bad input, killed and resumed. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { addDays, dateMs, parseDate, seededRandom } from '@cointrader/core'
import { type Column, decodeParquet, encodeParquet, makeTable, numbers } from '@cointrader/store'
import { beforeAll, describe, expect, it } from 'vitest'
import { cointrader, tempFolder } from './helpers.js'

const DAYS = 6
const SYMBOLS = ['AUSDT', 'BUSDT', 'CUSDT', 'DUSDT', 'EUSDT', 'FUSDT', 'GUSDT', 'HUSDT']
const first = parseDate('2026-02-01')

/** XY tables every 5 minutes: y_5m = x_5m_A + noise; x_5m_B is noise; x_60m_C is missing throughout. */
function writeTables(folder: string, change: (columns: Map<string, Column>, day: number) => void = () => {}): void {
  mkdirSync(folder, { recursive: true })
  for (let d = 0; d < DAYS; d++) {
    const date = addDays(first, d)
    const random = seededRandom(`train ${date}`)
    const rows = 288 * SYMBOLS.length
    const symbol: string[] = []
    const time = new Float64Array(rows)
    const a = new Float32Array(rows)
    const b = new Float32Array(rows)
    const y = new Float32Array(rows)
    for (let i = 0; i < rows; i++) {
      symbol.push(SYMBOLS[i % SYMBOLS.length]!)
      time[i] = dateMs(date) + Math.floor(i / SYMBOLS.length) * 300_000
      a[i] = random.next() * 2 - 1
      b[i] = random.next() * 2 - 1
      y[i] = 10 * a[i]! + 20 * (random.next() * 2 - 1)
    }
    const columns = new Map<string, Column>([
      ['symbol', { type: 'string', data: symbol }],
      ['start_time_ms', { type: 'int64', data: time }],
      ['close', { type: 'float64', data: Float64Array.from(a) }],
      ['secret', { type: 'float32', data: y }],
      ['x_5m_A', { type: 'float32', data: a }],
      ['x_5m_B', { type: 'float32', data: b }],
      ['x_60m_C', { type: 'float32', data: new Float32Array(rows).fill(Number.NaN) }],
      ['y_5m', { type: 'float32', data: y }],
    ])
    change(columns, d)
    writeFileSync(join(folder, `${date}_xy_top8.parquet`), encodeParquet(makeTable(columns)))
  }
}

const RANGES = [
  '--train-start',
  '2026-02-01',
  '--train-end',
  '2026-02-03',
  '--valid-start',
  '2026-02-04',
  '--valid-end',
  '2026-02-05',
  '--test-start',
  '2026-02-06',
  '--test-end',
  '2026-02-06',
]
const FAST = [
  '--num-boost-round',
  '60',
  '--early-stopping-rounds',
  '20',
  '--num-leaves',
  '8',
  '--min-data-in-leaf',
  '20',
  '--threads',
  '1',
]

describe('train and predict', () => {
  let xy: string
  let models: string
  const train = (family: string, ...more: string[]) =>
    cointrader([
      'train',
      family,
      ...RANGES,
      '--y-name',
      'y_5m',
      '--topn',
      '8',
      '--data-dir',
      xy,
      '--models-dir',
      models,
      ...more,
    ])
  const startTraining = (onStart: Parameters<typeof cointrader>[1], ...more: string[]) =>
    cointrader(
      [
        ...['train', 'lgbm', ...RANGES, '--y-name', 'y_5m', '--topn', '8', '--data-dir', xy, '--models-dir', models],
        ...[...FAST, ...more],
      ],
      onStart,
    )
  beforeAll(() => {
    const folder = tempFolder()
    xy = join(folder, 'xy')
    models = join(folder, 'models')
    writeTables(xy)
  })

  it('finds what is there, says what was purged, uses features only, and predicts with what it stored', async () => {
    const first = [...FAST, '--num-boost-round', '400', '--name', 'first', '--json']
    const done = await train('lgbm', ...first)
    expect(done.code, done.stderr).toBe(0)
    const result = JSON.parse(done.stdout)
    expect(result.model.features).toEqual(['x_5m_A', 'x_5m_B'])
    expect(result.importance[0].feature).toBe('x_5m_A')
    const entry = result.evaluation.test.entries.find((e: { role: string }) => e.role === 'model')
    expect(entry.sections.rank.value).toBeGreaterThan(0.3)
    expect(entry.sections.rank.t).toBeGreaterThan(10)
    expect(result.evaluation.test.entries.map((e: { name: string }) => e.name)).toEqual(
      expect.arrayContaining(['zero', 'constant', 'random']),
    )
    // The last bar whose label looks past midnight is 23:55.
    expect(result.model.data.splits.train.rows.purged).toBe(SYMBOLS.length)
    expect(result.model.knownAtMinutes).toBe(1)

    const out = join(models, 'p.parquet')
    const predicted = await cointrader([
      'predict',
      '--model',
      'first',
      '--infer-start',
      '2026-02-06',
      '--infer-end',
      '2026-02-06',
      '--topn',
      '8',
      '--data-dir',
      xy,
      '--models-dir',
      models,
      '--output',
      out,
      '--json',
    ])
    expect(predicted.code, predicted.stderr).toBe(0)
    expect(JSON.parse(predicted.stdout).rows).toBe(288 * SYMBOLS.length)
    const { table } = await decodeParquet(readFileSync(out), out)
    expect([...table.columns.keys()]).toEqual(['symbol', 'start_time_ms', 'prediction'])

    // The stored text is LightGBM's: as a foreign file it gives the same scores (and under the other names of the flags).
    const text = join(result.folder, 'model.txt')
    const again = join(models, 'q.parquet')
    const foreign = await cointrader([
      'predict',
      '--model',
      text,
      '--start-date',
      '2026-02-06',
      '--end-date',
      '2026-02-06',
      '--topn',
      '8',
      '--data-dir',
      xy,
      '--models-dir',
      models,
      '--output',
      again,
    ])
    expect(foreign.code, foreign.stderr).toBe(0)
    const other = await decodeParquet(readFileSync(again), again)
    // Training went on past the best iteration; the stored model does not hold what came after it.
    expect(result.stopped).toBe('early-stopping')
    expect(numbers(other.table, 'prediction')).toEqual(numbers(table, 'prediction'))

    const kept = await train('lgbm', ...first)
    expect(JSON.parse(kept.stdout).kept).toBe(true)
    writeFileSync(text, `${readFileSync(text, 'utf8')} `)
    const damaged = await cointrader([
      'predict',
      '--model',
      'first',
      '--infer-start',
      '2026-02-06',
      '--infer-end',
      '2026-02-06',
      '--topn',
      '8',
      '--data-dir',
      xy,
      '--models-dir',
      models,
    ])
    expect(damaged.code).toBe(1)
    expect(damaged.stderr).toMatch(/E_FILE_CORRUPT.*hash/)
  })

  it('trains linear models and chooses their strength without the test range', async () => {
    for (const family of ['ols', 'ridge', 'lasso', 'elastic_net']) {
      const done = await train('linear', '--family', family, '--name', family, '--json')
      expect(done.code, done.stderr).toBe(0)
      const { evaluation } = JSON.parse(done.stdout)
      const entry = evaluation.test.entries.find((e: { role: string }) => e.role === 'model')
      expect(entry.sections.rank.value).toBeGreaterThan(0.3)
    }
  })

  it('the number of threads changes no byte', async () => {
    const text = async (threads: string) => {
      const done = await train('lgbm', ...FAST, '--threads', threads, '--name', `t${threads}`, '--json')
      expect(done.code, done.stderr).toBe(0)
      return JSON.parse(done.stdout).model.files['model.txt']
    }
    expect(await text('2')).toBe(await text('1'))
  })

  it.each(['SIGINT', 'SIGKILL'] as const)(
    '%s after a checkpoint, then the same command: the same bytes',
    async (signal) => {
      const rounds = ['--num-boost-round', '1500', '--early-stopping-rounds', '0']
      const name = `cut-${signal}`
      const folder = join(models, name)
      const left = () =>
        existsSync(folder)
          ? readdirSync(folder).filter((version) => existsSync(join(folder, version, 'checkpoint.json')))
          : []
      let watch: NodeJS.Timeout | undefined
      const cut = await startTraining(
        (kill) => {
          watch = setInterval(() => {
            if (left().length === 0) return
            // Once: a second Ctrl-C ends a program at once.
            clearInterval(watch)
            kill(signal)
          }, 2)
        },
        ...rounds,
        '--name',
        name,
      )
      clearInterval(watch)
      if (signal === 'SIGINT') expect(cut.stderr).toMatch(/E_INTERRUPTED/)
      else expect(cut.signal).toBe('SIGKILL')
      expect(left()).toHaveLength(1)
      const version = left()[0]!
      const resumed = await train('lgbm', ...FAST, ...rounds, '--name', name)
      expect(resumed.code, resumed.stderr).toBe(0)
      expect(resumed.stdout).toContain('going on from a checkpoint')
      expect(left()).toEqual([])
      const whole = await train('lgbm', ...FAST, ...rounds, '--name', `whole-${signal}`)
      expect(whole.stdout).not.toContain('checkpoint')
      for (const file of ['model.txt', 'history.json', 'feature_importance.csv'])
        expect(
          readFileSync(join(folder, version, file), 'utf8') ===
            readFileSync(join(models, `whole-${signal}`, version, file), 'utf8'),
          file,
        ).toBe(true)
    },
  )

  it('a grid is chosen on validation, tested once, and goes on where it stopped, whatever the workers', async () => {
    const grid = join(xy, 'grid.json')
    writeFileSync(grid, JSON.stringify({ num_leaves: [4, 8], learning_rate: [0.05, 0.1] }))
    const tune = (name: string, workers: string) =>
      cointrader([
        ...['tune', 'lgbm', ...RANGES, '--y-name', 'y_5m', '--topn', '8', '--data-dir', xy, '--models-dir', models],
        ...['--grid', grid, '--num-boost-round', '30', '--early-stopping-rounds', '10', '--min-data-in-leaf', '20'],
        ...['--workers', workers, '--name', name, '--json'],
      ])
    const one = await tune('g1', '1')
    expect(one.code, one.stderr).toBe(0)
    const first = JSON.parse(one.stdout)
    expect(first.points).toHaveLength(4)
    const best = Math.max(...first.points.map((p: { valid: number }) => p.valid))
    expect(first.best.valid).toBe(best)
    expect(first.report.settings.trials).toBe(4)
    const two = JSON.parse((await tune('g2', '2')).stdout)
    expect(two.points).toEqual(first.points)
    expect(two.report).toEqual(first.report)
    // Points of an earlier run are not trained again: only the one that is gone is written.
    const grids = join(models, 'g1/grid')
    const stored = readdirSync(grids).filter((f) => f.startsWith('point-'))
    expect(stored).toHaveLength(4)
    const [gone, ...rest] = stored
    rmSync(join(grids, gone!))
    const inode = (f: string) => statSync(join(grids, f)).ino
    const before = rest.map(inode)
    const again = await tune('g1', '1')
    expect(JSON.parse(again.stdout).points).toEqual(first.points)
    // A write is a new file put in place of the old one.
    expect(rest.map(inode)).toEqual(before)
    expect(existsSync(join(grids, gone!))).toBe(true)
  })

  it.each([
    [
      'a constant label',
      (c: Map<string, Column>) => c.set('y_5m', { type: 'float32', data: new Float32Array(2304).fill(1) }),
      [],
      /E_(USAGE|TRAINING)/,
    ],
    [
      'an infinite feature',
      (c: Map<string, Column>) => {
        ;(numbers({ columns: c, rows: 2304 }, 'x_5m_B') as Float32Array)[5] = Number.POSITIVE_INFINITY
      },
      [],
      /E_TRAINING.*nfin/,
    ],
    ['a list that names an absent column', () => {}, ['--features', 'LIST'], /E_FILE_CORRUPT.*x_5m_Z/],
    ['a label that is not there', () => {}, ['--y-name', 'y_7m'], /y_7m/],
    ['ranges that share a day', () => {}, ['--valid-start', '2026-02-03'], /E_USAGE.*2026-02-03/],
    ['a range without tables', () => {}, ['--test-start', '2026-03-01', '--test-end', '2026-03-02'], /E_NOTHING_FOUND/],
    ['an unknown parameter', () => {}, ['--num-leafs', '4'], /E_USAGE.*num_leaf/],
    ['a label as a feature', () => {}, ['--features', 'LEAK'], /E_AVAILABILITY/],
  ] as const)('refuses %s by name', async (_, change, flags, expected) => {
    const folder = tempFolder()
    const dir = join(folder, 'xy')
    writeTables(dir, change as (c: Map<string, Column>) => void)
    writeFileSync(join(folder, 'LIST'), JSON.stringify(['x_5m_A', 'x_5m_Z']))
    writeFileSync(join(folder, 'LEAK'), JSON.stringify(['x_5m_A', 'y_5m']))
    const given = flags.map((f) => (f === 'LIST' || f === 'LEAK' ? join(folder, f) : f))
    const done = await cointrader([
      'train',
      'lgbm',
      ...RANGES,
      '--y-name',
      'y_5m',
      '--topn',
      '8',
      '--data-dir',
      dir,
      '--models-dir',
      join(folder, 'm'),
      ...FAST,
      ...given,
    ])
    expect([1, 2, 3]).toContain(done.code)
    expect(done.stderr).toMatch(expected)
    expect(done.stderr).not.toContain('E_INTERNAL')
  })
})
