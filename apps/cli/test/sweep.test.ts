/** sweep, compare-symbols and position-size as a user runs them: killed and resumed, on bad input, against the golden files. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { DAY_MS, seededRandom } from '@cointrader/core'
import { decodeParquet, encodeParquet, makeTable, numbers } from '@cointrader/store'
import { beforeAll, describe, expect, it } from 'vitest'
import { cointrader, tempFolder, treeOf } from './helpers.js'

const DAYS = 150
const INTERVAL = 900_000
let data: string

/** Bars in which the indicator score trades often. */
function writeBars(folder: string, symbol: string, days: number): void {
  const random = seededRandom(`bars ${symbol}`)
  const n = (days * DAY_MS) / INTERVAL
  const columns = Object.fromEntries(
    ['timestamp', 'open', 'high', 'low', 'close', 'volume'].map((name) => [name, new Float64Array(n)]),
  ) as Record<string, Float64Array>
  let price = 3
  for (let i = 0; i < n; i++) {
    const open = price
    price *= Math.exp(0.004 * random.normal())
    const row = {
      timestamp: Date.UTC(2025, 0, 1) + i * INTERVAL,
      open,
      high: Math.max(open, price) * (1 + 0.002 * random.next()),
      low: Math.min(open, price) * (1 - 0.002 * random.next()),
      close: price,
      volume: 1000 * Math.exp(random.normal()),
    }
    for (const [name, value] of Object.entries(row)) columns[name]![i] = value
  }
  mkdirSync(folder, { recursive: true })
  const table = makeTable(Object.entries(columns).map(([name, values]) => [name, { type: 'float64', data: values }]))
  writeFileSync(join(folder, `${symbol}_15m.parquet`), encodeParquet(table))
}

function gridFile(grid: object): string {
  const path = join(tempFolder(), 'grid.json')
  writeFileSync(path, JSON.stringify(grid))
  return path
}

/** 320 combinations: 64 shares. */
const GRID = {
  atr_sl_mult: [1, 1.5, 2, 2.5],
  atr_tp_mult: [2, 3, 4, 5],
  adx_threshold: [0, 10, 20, 25, 30],
  volume_multiplier: [1, 1.25, 1.5, 2],
}
const MONTHS = ['--train-months', '2', '--test-months', '1']

beforeAll(() => {
  data = tempFolder()
  writeBars(data, 'AUSDT', DAYS)
  writeBars(data, 'BUSDT', DAYS)
  writeBars(data, 'CUSDT', 40)
})

describe('sweep', () => {
  const args = (out: string, ...more: string[]) => [
    ...['sweep', '--symbols', 'AUSDT', '--data', data, ...MONTHS, '--out', out, ...more],
  ]

  it('killed and resumed equals undisturbed, with any number of workers', async () => {
    const grid = ['--grid', gridFile(GRID)]
    const whole = tempFolder()
    const undisturbed = await cointrader(args(whole, ...grid, '--workers', '1'))
    expect(undisturbed.stderr).toBe('')
    expect(undisturbed.code).toBe(0)
    expect(readdirSync(whole)).toEqual([
      'cells.csv',
      'cells.parquet',
      'document.json',
      'document.manifest.json',
      'report.html',
    ])
    const cut = tempFolder()
    const cells = join(cut, '.cells')
    // The folders come one after the other, and go when the sweep is done: neither is an error of the watcher.
    const finished = (): number => {
      try {
        const [inner] = readdirSync(cells)
        return inner === undefined ? 0 : readdirSync(join(cells, inner)).length
      } catch {
        return 0
      }
    }
    let watch: NodeJS.Timeout | undefined
    const killed = await cointrader(args(cut, ...grid, '--workers', '1'), (kill) => {
      watch = setInterval(() => {
        if (finished() >= 5) kill('SIGKILL')
      }, 2)
    })
    clearInterval(watch)
    expect(killed.signal).toBe('SIGKILL')
    expect(existsSync(join(cut, 'document.json'))).toBe(false)
    const resumed = await cointrader(args(cut, ...grid, '--workers', '2'))
    expect(resumed.code).toBe(0)
    expect(resumed.stderr).toMatch(/^\d+ of 320 combinations were done by an earlier run/)
    expect(resumed.stdout.replaceAll(cut, whole)).toBe(undisturbed.stdout)
    expect(treeOf(cut)).toEqual(treeOf(whole))
  })

  it('quotes the nested outcome first, then folds and combinations with their trades; the files agree', async () => {
    const out = tempFolder()
    const grid = { atr_sl_mult: [1, 2], volume_multiplier: [1, 1.5] }
    const flags = ['--grid', gridFile(grid), '--metric', 'sharpe', '--adx-threshold', '10', '--min-trades', '25']
    const { stdout, code } = await cointrader(args(out, ...flags))
    expect(code).toBe(0)
    const first = stdout.indexOf('Chosen on train, quoted on test, 3 folds joined')
    expect(first).toBeGreaterThan(0)
    expect(stdout.indexOf('chosen on train')).toBeGreaterThan(first)
    expect(stdout.indexOf('Ranking of combinations')).toBeGreaterThan(stdout.indexOf('chosen on train'))
    expect(stdout).toContain('no funding rates for these symbols')
    const document = JSON.parse(readFileSync(join(out, 'document.json'), 'utf8'))
    expect(document).toMatchObject({ kind: 'sweep', metric: 'sharpe', minimum_trades: 25, grid })
    expect(document.config.params).toMatchObject({ adx: 10 })
    expect(document.cells).toHaveLength(4)
    expect(document.nested.folds).toHaveLength(3)
    for (const cell of document.cells) {
      expect(cell.place === null).toBe(cell.train_trades < 25 || cell.train_score === null)
    }
    const { table } = await decodeParquet(readFileSync(join(out, 'cells.parquet')), 'cells.parquet')
    expect([...numbers(table, 'test_trades')]).toEqual(
      document.cells.map((c: { test_trades: number }) => c.test_trades),
    )
    const html = readFileSync(join(out, 'report.html'), 'utf8')
    expect(html).toContain('Chosen on train, quoted on test')
    expect(html).not.toMatch(/https?:\/\/(?!www\.w3\.org)/)
  })

  it('--json prints the document and nothing else; several symbols are one portfolio', async () => {
    const out = tempFolder()
    const { stdout, code } = await cointrader([
      ...['sweep', '--symbols', 'AUSDT,BUSDT', '--data', data, ...MONTHS, '--out', out, '--json'],
      ...['--grid', gridFile({ volume_multiplier: [1, 1.5] })],
    ])
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toEqual(JSON.parse(readFileSync(join(out, 'document.json'), 'utf8')))
    expect(JSON.parse(stdout).symbols).toEqual(['AUSDT', 'BUSDT'])
  })

  it('names everything wrong with a grid, and flags that the grid varies', async () => {
    const wrong = gridFile({ atr_sl_mul: [1], leverage: [0], adx_threshold: 'x' })
    const bad = await cointrader(args(tempFolder(), '--grid', wrong))
    expect(bad.code).toBe(2)
    expect(bad.stderr).toMatch(/atr_sl_mul: not a parameter \(did you mean "atr_sl_mult"\?\)/)
    expect(bad.stderr).toMatch(/adx_threshold: not a list of numbers; leverage: 0 is not within 1/)
    expect((await cointrader(args(tempFolder(), '--grid', gridFile([])))).stderr).toContain('not an object of lists')
    const both = await cointrader(args(tempFolder(), '--atr-sl-mult', '2'))
    expect(both.code).toBe(2)
    expect(both.stderr).toContain('given as a flag and varied by the grid')
    const short = await cointrader(args(tempFolder(), '--train-months', '12'))
    expect(short.code).toBe(2)
    expect(short.stderr).toContain('E_USAGE_RANGE')
  })
})

describe('compare-symbols', () => {
  const args = () => ['compare-symbols', '--symbols', 'all', '--data', data, ...MONTHS]

  it('ranks what training chose, on test; a symbol without history is named and left out', async () => {
    const out = tempFolder()
    const grid = gridFile({ volume_multiplier: [1, 1.5], atr_sl_mult: [1, 2] })
    const { stdout, code } = await cointrader([...args(), '--grid', grid, '--adx-threshold', '0', '--out', out])
    expect(stdout).toContain('CUSDT is left out')
    expect(code).toBe(3)
    const document = JSON.parse(readFileSync(join(out, 'document.json'), 'utf8'))
    const [a, b] = document.symbols
    expect([a.symbol, b.symbol].sort()).toEqual(['AUSDT', 'BUSDT'])
    expect(a.score).toBeGreaterThanOrEqual(b.score)
    expect([a.place, b.place]).toEqual([1, 2])
    const alone = tempFolder()
    const sweep = ['sweep', '--symbols', 'AUSDT', '--data', data, ...MONTHS, '--grid', grid, '--adx-threshold', '0']
    await cointrader([...sweep, '--out', alone])
    const { nested } = JSON.parse(readFileSync(join(alone, 'document.json'), 'utf8'))
    const row = document.symbols.find((s: { symbol: string }) => s.symbol === 'AUSDT')
    expect(row).toMatchObject({ net: nested.net, trades: nested.trades, chance_net: nested.chance_net })
  })

  it('--fixed runs the parameters of the flags; too few trades are shown, not ranked', async () => {
    const out = tempFolder()
    const { code } = await cointrader([
      ...args(),
      '--fixed',
      '--vol-multiplier',
      '1',
      '--min-trades',
      '1000',
      '--out',
      out,
    ])
    expect(code).toBe(0)
    const document = JSON.parse(readFileSync(join(out, 'document.json'), 'utf8'))
    expect(document.symbols.map((s: { place: unknown }) => s.place)).toEqual([null, null, null])
    expect(document.symbols[0].trades).toBeGreaterThan(10)
    expect(document).toMatchObject({ fixed: true, train_months: null, grid: {} })
  })
})

describe('position-size', () => {
  it('of a run, and of the document of the same backtest: equal figures', async () => {
    const flags = ['--symbols', 'AUSDT', '--data', data, '--vol-multiplier', '1', '--adx-threshold', '0']
    const few = ['--paths', '300', '--length', '50']
    const [run, backtest, document] = [tempFolder(), tempFolder(), tempFolder()]
    const ran = await cointrader(['position-size', ...flags, ...few, '--out', run])
    expect(ran.code).toBe(0)
    expect(ran.stdout).toMatch(/^(No risk per trade is recommended|Risk at most)/)
    await cointrader(['backtest', ...flags, '--no-kill-switch', '--no-ml', '--out', backtest])
    const trades = ['--trades', join(backtest, 'document.json')]
    expect((await cointrader(['position-size', ...trades, ...few, '--out', document])).code).toBe(0)
    const read = (folder: string) => JSON.parse(readFileSync(join(folder, 'document.json'), 'utf8'))
    const { notes: _, ...one } = read(run)
    const { notes: __, ...two } = read(document)
    expect(two).toEqual(one)
    expect(one.outcomes).toHaveLength(9)
    expect(readFileSync(join(run, 'report.html'), 'utf8')).toContain('Position size: AUSDT')
  })

  it('refuses too few trades, a file that is no document, and nothing at all', async () => {
    const few = await cointrader(['position-size', '--symbols', 'CUSDT', '--data', data, '--out', tempFolder()])
    expect(few.code).toBe(1)
    expect(few.stderr).toMatch(/E_ROW_COUNT.*at least 30 are needed/)
    const foreign = await cointrader(['position-size', '--trades', gridFile({ config: {}, trades: [{ symbol: 'A' }] })])
    expect(foreign.stderr).toMatch(/E_FILE_CORRUPT.*trade 1: entry_price is undefined/)
    expect((await cointrader(['position-size'])).code).toBe(2)
  })
})

const root = join(dirname(fileURLToPath(import.meta.url)), '../../..')
function shared(path: string): string | undefined {
  const full = resolve(root, process.env.COINTRADER_SHARED ?? '../shared', path)
  if (existsSync(full)) return full
  console.log(`skipped: no ${full} (set COINTRADER_SHARED to the folder with the shared data)`)
  return undefined
}
const golden = shared('data/golden/regenerated')
const real = shared('data/binance-15m')

describe.skipIf(golden === undefined || real === undefined)('--compat seed, golden', () => {
  const wanted = (name: string) => JSON.parse(readFileSync(join(golden!, name), 'utf8'))
  const run = async (...args: string[]) => {
    const ended = await cointrader([...args, '--compat', 'seed', '--data', real!, '--out', tempFolder(), '--json'])
    expect(ended.stderr).toBe('')
    expect(ended.code).toBe(0)
    return JSON.parse(ended.stdout)
  }

  it('sweep: 324 rows in order', async () => {
    const rows = await run('sweep', '--symbols', 'XRPUSDT')
    expect(rows).toEqual(wanted('XRPUSDT_sweep324_wf31_kill.ieee.json'))
  })

  it('compare-symbols: the best row of the sweep with 5 trades, and ties by payoff', async () => {
    const [xrp] = await run('compare-symbols', '--symbols', 'XRPUSDT')
    const rows = wanted('XRPUSDT_sweep324_wf31_kill.ieee.json') as {
      params: object
      summary: { total_trades: number; profit_factor: number }
    }[]
    const [best] = rows.filter((r) => r.summary.total_trades >= 5)
    expect(xrp).toEqual({ symbol: 'XRPUSDT', best_params: best!.params, summary: best!.summary })
  })

  it('position-size: R-multiples to 1e-9, Monte Carlo digit by digit', async () => {
    const study = await run('position-size', '--symbols', 'XRPUSDT')
    const gold = wanted('XRPUSDT_position_sizing.json')
    expect(study).toMatchObject({ symbol: gold.symbol, params: gold.params, n: gold.n })
    expect(study.r_multiples).toHaveLength(gold.r_multiples.length)
    for (const [k, r] of gold.r_multiples.entries()) expect(Math.abs(study.r_multiples[k] / r - 1)).toBeLessThan(1e-9)
    for (const row of gold.monte_carlo) {
      expect(study.monte_carlo.find((o: { risk_pct: number }) => o.risk_pct === row.risk_pct)).toEqual(row)
    }
  })
})
