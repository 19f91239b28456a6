/** `cointrader backtest` as a user runs it: bars of a folder, strategies by name and file, reports, bad usage. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { seededRandom, sha256 } from '@cointrader/core'
import { decodeParquet, encodeParquet, makeTable, numbers } from '@cointrader/store'
import { beforeAll, describe, expect, it } from 'vitest'
import { cointrader, tempFolder } from './helpers.js'

const root = join(dirname(fileURLToPath(import.meta.url)), '../../..')
const SYMBOLS = ['AUSDT', 'BUSDT', 'CUSDT', 'DUSDT', 'EUSDT', 'FUSDT', 'GUSDT', 'HUSDT']
const DAYS = 150
const START = Date.UTC(2025, 8, 1)

/** 15-minute random walks with bursts of volume. */
function writeBars(folder: string): void {
  for (const symbol of SYMBOLS) {
    const random = seededRandom(`bars ${symbol}`)
    const rows = DAYS * 96
    const column = () => new Float64Array(rows)
    const [time, open, high, low, close, volume] = [column(), column(), column(), column(), column(), column()]
    let price = 100
    for (let i = 0; i < rows; i++) {
      time[i] = START + i * 900_000
      open[i] = price
      price *= 1 + (random.next() - 0.5) / 60
      close[i] = price
      high[i] = Math.max(open[i]!, price) * (1 + random.next() / 500)
      low[i] = Math.min(open[i]!, price) * (1 - random.next() / 500)
      volume[i] = 1000 * (random.next() < 0.1 ? 8 : 1) * random.next()
    }
    const table = makeTable(
      Object.entries({ timestamp: time, open, high, low, close, volume }).map(([name, data]) => [
        name,
        { type: name === 'timestamp' ? ('int64' as const) : ('float64' as const), data },
      ]),
    )
    writeFileSync(join(folder, `${symbol}_15m.parquet`), encodeParquet(table))
  }
}

describe('backtest', () => {
  let data: string
  let out: string
  beforeAll(() => {
    data = tempFolder()
    out = tempFolder()
    writeBars(data)
  })
  const run = (...args: string[]) => cointrader(['backtest', '--data', data, ...args])

  it('writes document, trades, equity and a report, the same bytes twice', async () => {
    const args = ['--symbols', 'AUSDT,BUSDT', '--adx-threshold', '0', '--signal-threshold', '2', '--json']
    const one = await run(...args, '--out', join(out, 'one'))
    expect(one.code, one.stderr).toBe(0)
    const two = await run(...args, '--out', join(out, 'two'))
    for (const name of ['document.json', 'trades.csv', 'equity.csv', 'report.html', 'trades.parquet'])
      expect(sha256(readFileSync(join(out, 'two', name)))).toEqual(sha256(readFileSync(join(out, 'one', name))))
    const document = JSON.parse(one.stdout)
    expect(document).toEqual(JSON.parse(two.stdout))
    expect(document.summary.total_trades).toBeGreaterThan(5)
    const { table } = await decodeParquet(readFileSync(join(out, 'one/equity.parquet')), 'equity')
    const equity = numbers(table, 'equity')
    const net = document.trades.reduce((n: number, t: { net_pnl: number }) => n + t.net_pnl, 0)
    expect(Math.abs(equity[table.rows - 1]! - 1000 - net)).toBeLessThan(1e-3)
    const html = readFileSync(join(out, 'one/report.html'), 'utf8')
    expect(html).not.toMatch(/<script[^>]+src=|https?:\/\/(?!www\.w3\.org)/)
    const explained = await run(...args.slice(0, -1), '--explain', '1')
    expect(explained.stdout).toMatch(/AUSDT|BUSDT/)
  })

  it('walks forward over everything after the first training window', async () => {
    const done = await run(
      '--symbols',
      'AUSDT',
      '--walk-forward',
      '--train-months',
      '2',
      '--test-months',
      '1',
      '--adx-threshold',
      '0',
      '--signal-threshold',
      '2',
      '--json',
      '--out',
      join(out, 'wf'),
    )
    expect(done.code, done.stderr).toBe(0)
    const { folds } = JSON.parse(done.stdout)
    expect(folds.length).toBe(3)
  })

  it('runs a cross-section of momentum, reversal and random scores, and a strategy of a user', async () => {
    for (const baseline of ['momentum', 'reversal', 'random']) {
      const done = await run(
        '--symbols',
        'all',
        '--strategy',
        'cross-section',
        '--baseline',
        baseline,
        '--json',
        '--out',
        join(out, baseline),
      )
      expect(done.code, done.stderr).toBe(0)
      expect(JSON.parse(done.stdout).summary.total_trades).toBeGreaterThan(50)
    }
    const file = join(root, 'examples/strategies/donchian-breakout.ts')
    const own = await run('--symbols', 'AUSDT', '--strategy', file, '--json', '--out', join(out, 'own'))
    expect(own.code, own.stderr).toBe(0)
  })

  it.each([
    [['--symbols', 'ZUSDT'], /E_FILE_MISSING.*ZUSDT/],
    [['--symbols', 'AUSDT', '--interval', '1h'], /E_FILE_MISSING.*1h/],
    [['--symbols', 'AUSDT', '--strategy', 'nonsense'], /E_USAGE.*indicator-score/],
    [['--symbols', 'AUSDT', '--start-date', '2030-01-01'], /E_USAGE_RANGE/],
    [['--symbols', 'AUSDT', '--leverage', '500'], /E_CONFIG.*leverage/],
    [['--symbols', 'AUSDT', '--funding', '/nowhere'], /E_FILE_MISSING/],
    [['--symbols', 'AUSDT', '--compat', 'seed'], /E_USAGE.*no-ml/],
  ])('refuses %j by name', async (args, expected) => {
    const done = await run(...args, '--out', join(out, 'bad'))
    expect(done.code).not.toBe(0)
    expect(done.stderr).toMatch(expected)
    expect(done.stderr).not.toContain('E_INTERNAL')
  })

  const shared = resolve(root, process.env.COINTRADER_SHARED ?? '../shared', 'data')
  it('gives the published walk-forward document', async () => {
    const golden = join(shared, 'golden/historical/XRPUSDT_wf_backtest_20260307_001513.json')
    if (!existsSync(golden)) return console.log(`skipped: no ${golden}`)
    const args = [
      '--no-ml',
      '--walk-forward',
      '--train-months',
      '3',
      '--test-months',
      '1',
      '--atr-sl-mult',
      '2',
      '--atr-tp-mult',
      '2',
      '--negative-ratio',
      '5',
    ]
    const done = await cointrader([
      'backtest',
      '--symbols',
      'XRPUSDT',
      '--data',
      join(shared, 'binance-15m'),
      '--compat',
      'published',
      ...args,
      '--out',
      join(out, 'seed'),
      '--json',
    ])
    expect(done.code, done.stderr).toBe(0)
    const ours = JSON.parse(done.stdout)
    const theirs = JSON.parse(readFileSync(golden, 'utf8'))
    expect(ours.summary).toEqual(theirs.summary)
    const plain = (d: { trades: Record<string, unknown>[] }) => d.trades.map(({ indicators: _, ...t }) => t)
    expect(plain(ours)).toEqual(plain(theirs))
    expect(ours.config).toEqual(theirs.config)
  })
})
