/** A synthetic day with every plantable defect, through real HTTP and the command line, for 1 and 4 workers. */
import { join } from 'node:path'
import { dateMs, parseDate } from '@cointrader/core'
import {
  type PlantedDefect,
  type Simulator,
  startSimulator,
  syntheticMarket,
  syntheticSource,
} from '@cointrader/simulator'
import { decodeParquet, nodeDisk, numbers, strings } from '@cointrader/store'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { systemClock } from '../dist/context.js'
import { cointrader, tempFolder, treeOf } from './helpers.js'

const DAY = parseDate('2026-02-03')
const market = syntheticMarket({ seed: 'ledger', symbols: 3, startDate: '2026-02-01', days: 5 })
const [A, B, C] = ['BTCUSDT', 'ETHUSDT', 'SOLUSDT'] as const
/** Planted, and the one ledger row it must become: kind, symbol, source, column, minute, rows. */
const CASES: readonly [
  PlantedDefect['kind'],
  string,
  number,
  number,
  readonly [string, string, string, number, number],
][] = [
  ['missing-minutes', A, 100, 4, ['missing_bars', 'klines', '', 100, 4]],
  ['duplicate-row', A, 200, 2, ['duplicate_bar', 'klines', '', 200, 2]],
  ['conflicting-row', A, 300, 1, ['conflicting_bar', 'klines', '', 300, 1]],
  ['extra-row', B, 0, 1, ['extra_bar', 'klines', '', 1440, 1]],
  ['bad-number', B, 500, 3, ['bad_number', 'klines', 'volume_base', 500, 3]],
  ['premium-gap', C, 600, 20, ['missing_premium', 'premium', '', 600, 20]],
  ['zero-oi', C, 700, 1, ['zero_open_interest', 'metrics', 'mt_oi', 700, 5]],
  ['shifted-time', B, 800, 1, ['shifted_label', 'klines', '', 800.5, 1]],
  ['unfinished-bar', C, 850, 1, ['unfinished_bar', 'klines', '', 850, 1]],
  ['unordered', C, 1000, 3, ['unordered_rows', 'klines', '', 1000, 2]],
  ['blank-metrics', B, 1100, 1, ['blank_cell', 'metrics', 'mt_top_ls_ratio_cnt', 1100, 5]],
  ['missing-metrics', B, 1200, 4, ['missing_metrics', 'metrics', '', 1200, 4]],
  ['duplicate-metrics', A, 900, 1, ['duplicate_metrics', 'metrics', '', 900, 1]],
]

let simulator: Simulator
beforeAll(async () => {
  const defects = CASES.map(
    ([kind, symbol, fromMinute, count]): PlantedDefect => ({ kind, symbol, date: DAY, fromMinute, count }),
  )
  simulator = await startSimulator({
    source: syntheticSource(market, { defects }),
    clock: systemClock,
    now: () => Date.UTC(2026, 2, 15),
  })
})
afterAll(() => simulator.close())

async function build(workers: string): Promise<string> {
  const dataDir = tempFolder()
  const range = [
    '--start-date',
    '2026-02-02',
    '--end-date',
    '2026-02-04',
    '--data-dir',
    dataDir,
    '--workers',
    workers,
    '--json',
  ]
  for (const args of [
    ['fetch', '--archive', simulator.url, ...range],
    ['preprocess', ...range],
  ]) {
    const done = await cointrader(args)
    expect(done.code, done.stderr).toBe(0)
  }
  return dataDir
}

describe('ledger', () => {
  it('holds exactly the planted defects, and 1 and 4 workers give the same bytes', { timeout: 120_000 }, async () => {
    const one = await build('1')
    const four = await build('4')
    expect(treeOf(four)).toEqual(treeOf(one))
    const path = join(one, `ledger/${DAY}.parquet`)
    const { table } = await decodeParquet((await nodeDisk.read(path))!, path)
    const minute = (ms: number) => (ms - dateMs(DAY)) / 60_000
    const rows = Array.from({ length: table.rows }, (_, i) =>
      [
        strings(table, 'kind')[i],
        strings(table, 'symbol')[i],
        strings(table, 'source')[i],
        strings(table, 'column')[i],
        minute(numbers(table, 'from_ms')[i]!),
        numbers(table, 'count')[i],
      ].join(' '),
    ).sort()
    const expected = CASES.map(([, symbol, , , [kind, source, column, from, count]]) =>
      [kind, symbol, source, column, from, count].join(' '),
    ).sort()
    expect(rows).toEqual(expected)
    expect(strings(table, 'policy').every((p) => p !== '')).toBe(true)
    expect(new Set(strings(table, 'id')).size).toBe(table.rows)
  })
})
