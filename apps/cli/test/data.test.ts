import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describeFolder, describeSymbols } from '@cointrader/cli/lib/describe-folder'
import { MINUTE_MS } from '@cointrader/core'
import { makeTable, nodeDisk } from '@cointrader/store'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { minutes, newFolder, writeDay, writeTable } from './folder.js'

const START = Date.UTC(2026, 1, 1)
const DAY = 86_400_000
let folder: string
beforeEach(async () => {
  folder = await newFolder()
  await writeDay(
    folder,
    '2026-02-01',
    minutes('2026-02-01', ['BTCUSDT', 'ETHUSDT'], 1440, (s, m) => s === 'BTCUSDT' || m >= 1000),
  )
  await writeDay(
    folder,
    '2026-02-03',
    minutes('2026-02-03', ['BTCUSDT'], 10, (_, m) => m < 3 || m > 5),
  )
})
afterEach(() => rm(folder, { recursive: true }))

test('groups: days, missing days, symbols, rows, bytes', async () => {
  const funding = makeTable([
    ['symbol', { type: 'string', data: ['BTCUSDT', 'BTCUSDT'] }],
    ['calc_time_ms', { type: 'int64', data: Float64Array.from([START, START + 5 * DAY]) }],
  ])
  await writeTable(folder, 'funding/BTCUSDT.parquet', funding, 'calc_time_ms', 'funding-table')
  await writeFile(join(folder, 'banned_symbols.json'), '{"2026-02-01":[],"2026-02-02":[]}')
  await nodeDisk.writeAtomic(join(folder, '.run/cache/1m_raw_data/2026-02-09.parquet'), 'scratch')
  const facts = await describeFolder({ disk: nodeDisk, dataDir: folder })
  const bytes =
    (await nodeDisk.size(join(folder, '1m_raw_data/2026-02-01.parquet'))) +
    (await nodeDisk.size(join(folder, '1m_raw_data/2026-02-03.parquet')))
  expect(facts.groups).toMatchObject([
    {
      group: '1m_raw_data',
      from: '2026-02-01',
      to: '2026-02-03',
      files: 2,
      missingDays: ['2026-02-02'],
      symbols: 2,
      rows: 1440 + 440 + 7,
      bytes,
    },
    { group: 'funding', from: '2026-02-01', to: '2026-02-06', files: 1, missingDays: [], symbols: 1, rows: 2 },
  ])
  expect(facts.files).toEqual([{ file: 'banned_symbols.json', entries: 2, bytes: 33 }])
  expect(facts.damaged).toEqual([])
})

test('a damaged table is named', async () => {
  await writeFile(join(folder, '1m_raw_data/2026-02-02.parquet'), 'not parquet')
  const facts = await describeFolder({ disk: nodeDisk, dataDir: folder })
  expect(facts.damaged).toEqual(['1m_raw_data/2026-02-02.parquet'])
  expect(facts.groups[0]).toMatchObject({ files: 3, missingDays: [], rows: 1887 })
})

test('symbols: span, bars, gaps over days', async () => {
  const symbols = await describeSymbols({ disk: nodeDisk, dataDir: folder })
  const at = (day: number, minute: number) => START + day * DAY + minute * MINUTE_MS
  expect(symbols).toEqual([
    {
      group: '1m_raw_data',
      symbol: 'BTCUSDT',
      firstMs: START,
      lastMs: at(2, 9),
      bars: 1447,
      expected: 2 * 1440 + 10,
      gaps: 2,
      longestGap: [at(1, 0), at(2, 0)],
    },
    {
      group: '1m_raw_data',
      symbol: 'ETHUSDT',
      firstMs: at(0, 1000),
      lastMs: at(0, 1439),
      bars: 440,
      expected: 440,
      gaps: 0,
      longestGap: null,
    },
  ])
})

test('an empty folder holds nothing', async () => {
  expect(await describeFolder({ disk: nodeDisk, dataDir: join(folder, 'nowhere') })).toEqual({
    groups: [],
    files: [],
    damaged: [],
  })
})
