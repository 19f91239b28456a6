import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { type ExportOptions, exportBars } from '@cointrader/cli/lib/export-bars'
import { asOf } from '@cointrader/cli/lib/export-side'
import { verifyFolder } from '@cointrader/cli/lib/verify-folder'
import { HOUR_MS, MINUTE_MS, parseDate } from '@cointrader/core'
import { decodeParquet, makeTable, nodeDisk, numbers, soundManifest, type Table } from '@cointrader/store'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { dayTable, MINUTES_15, minutes, newFolder, type Row, writeDay, writeTable } from './folder.js'

const START = Date.UTC(2026, 1, 1)
const ALL = ['BTCUSDT', 'ETHUSDT', 'XRPUSDT']
/** The order of shared/data/binance-15m. */
const LAYOUT =
  'open,high,low,close,volume,open_btc,high_btc,low_btc,close_btc,volume_btc,open_eth,high_eth,low_eth,close_eth,volume_eth,oi_change,funding_rate,timestamp'

let folder: string
beforeEach(async () => {
  folder = await newFolder()
})
afterEach(() => rm(folder, { recursive: true }))

const run = (more: Partial<ExportOptions> = {}) =>
  exportBars({
    disk: nodeDisk,
    dataDir: folder,
    outDir: join(folder, 'export'),
    interval: '15m',
    symbols: ['XRPUSDT'],
    startDate: null,
    endDate: null,
    allowPartial: false,
    codeVersion: 'test/1',
    ...more,
  })

async function exported(name = 'XRPUSDT_15m'): Promise<Table> {
  return (await decodeParquet(await readFile(join(folder, `export/${name}.parquet`)), name)).table
}
const times = (t: Table) => [...numbers(t, 'timestamp')].map((ms) => (ms - START) / MINUTE_MS)

/** The bar of `symbol` that starts at `fromMs`, by the definition. */
function naive(rows: readonly Row[], symbol: string, fromMs: number) {
  const t = dayTable(rows.filter((r) => r.symbol === symbol && r.ms >= fromMs && r.ms < fromMs + MINUTES_15))
  const of = (name: string) => [...numbers(t, name)]
  return {
    open: of('open')[0],
    high: Math.max(...of('high')),
    low: Math.min(...of('low')),
    close: of('close').at(-1),
    volume: of('volume_base').reduce((a, b) => a + b),
  }
}

describe('bars', () => {
  test('equal the definition, with BTC and ETH beside them, in the layout of the bot data set, over two days', async () => {
    const first = minutes('2026-02-01', ALL, 1440)
    const second = minutes('2026-02-02', ALL, 60)
    await writeDay(folder, '2026-02-01', first)
    await writeDay(folder, '2026-02-02', second)
    const report = await run()
    expect(report.files).toEqual([
      {
        symbol: 'XRPUSDT',
        file: 'XRPUSDT_15m.parquet',
        bars: 100,
        incomplete: 0,
        absent: 92,
        withoutSide: 0,
        withoutOi: 100,
        withoutFunding: 100,
      },
    ])
    const t = await exported()
    expect([...t.columns.keys()].join()).toBe(LAYOUT)
    expect(times(t)).toEqual(Array.from({ length: 100 }, (_, i) => i * 15))
    const rows = [...first, ...second]
    for (const i of [0, 1, 57, 95, 96, 99]) {
      for (const [symbol, ending] of [
        ['XRPUSDT', ''],
        ['BTCUSDT', '_btc'],
        ['ETHUSDT', '_eth'],
      ] as const) {
        const bar = Object.entries(naive(rows, symbol, START + i * MINUTES_15))
        for (const [field, value] of bar)
          expect(numbers(t, `${field}${ending}`)[i], `${symbol} ${field} ${i}`).toBe(value)
      }
    }
    expect((await verifyFolder({ disk: nodeDisk, dataDir: folder })).problems).toEqual([])
  })

  test('a bar with a missing minute is left out and counted, unless partial ones are allowed', async () => {
    const keep = (s: string, m: number) => s !== 'XRPUSDT' || (m !== 15 && (m < 45 || m > 59))
    await writeDay(folder, '2026-02-01', minutes('2026-02-01', ALL, 70, keep))
    expect((await run()).files[0]).toMatchObject({ bars: 2, incomplete: 2, absent: 96 - 4 })
    expect(times(await exported())).toEqual([0, 30])
    expect((await run({ allowPartial: true })).files[0]).toMatchObject({ bars: 4, incomplete: 2 })
    const t = await exported()
    expect(times(t)).toEqual([0, 15, 30, 60])
    // Minute 15 is absent: the bar opens with minute 16.
    expect(numbers(t, 'open')[1]).toBe(
      numbers(dayTable([{ symbol: 'XRPUSDT', ms: START + 16 * MINUTE_MS }]), 'open')[0],
    )
  })

  test('a minute whose price is missing counts as absent', async () => {
    const rows = minutes('2026-02-01', ALL, 30).map((r) =>
      r.symbol === 'XRPUSDT' && r.ms === START + 3 * MINUTE_MS ? { ...r, values: { close: Number.NaN } } : r,
    )
    await writeDay(folder, '2026-02-01', rows)
    expect((await run()).files[0]).toMatchObject({ bars: 1, incomplete: 1 })
  })

  test('a bar without BTC or ETH is left out (inner join); without both in the data there are no such columns', async () => {
    await writeDay(
      folder,
      '2026-02-01',
      minutes('2026-02-01', ALL, 45, (s, m) => s !== 'ETHUSDT' || m !== 20),
    )
    expect((await run()).files[0]).toMatchObject({ bars: 2, withoutSide: 1 })
    expect(times(await exported())).toEqual([0, 30])
    await writeDay(folder, '2026-02-01', minutes('2026-02-01', ['XRPUSDT'], 45))
    expect(await run()).toMatchObject({ sides: [], files: [{ bars: 3, withoutSide: 0 }] })
    expect([...(await exported()).columns.keys()].join()).toBe(
      'open,high,low,close,volume,oi_change,funding_rate,timestamp',
    )
    expect((await soundManifest(nodeDisk, join(folder, 'export/XRPUSDT_15m.parquet')))?.details).toMatchObject({
      sides: expect.stringContaining('none'),
    })
  })

  test('dates, missing days, unknown symbols, a symbol without a complete bar', async () => {
    for (const d of ['2026-02-01', '2026-02-02', '2026-02-04'])
      await writeDay(
        folder,
        d,
        minutes(d, [...ALL, 'NEWUSDT'], 30, (s, m) => s !== 'NEWUSDT' || m < 5),
      )
    const report = await run({ startDate: parseDate('2026-02-02'), symbols: ['XRPUSDT', 'NEWUSDT', 'NOUSDT'] })
    expect(report).toMatchObject({
      from: '2026-02-02',
      to: '2026-02-04',
      missingDays: ['2026-02-03'],
      unknown: ['NOUSDT'],
    })
    expect(report.files.map((f) => [f.symbol, f.file, f.bars])).toEqual([
      ['NEWUSDT', null, 0],
      ['XRPUSDT', 'XRPUSDT_15m.parquet', 4],
    ])
    await expect(run({ endDate: parseDate('2026-01-31') })).rejects.toThrow('E_NOTHING_FOUND')
  })

  test('rows that go back in time are refused, not summed twice', async () => {
    const rows = minutes('2026-02-01', ['XRPUSDT'], 15)
    await writeDay(folder, '2026-02-01', [...rows, rows[3]!])
    await expect(run()).rejects.toThrow('E_FILE_CORRUPT')
  })

  test('the same input gives the same bytes, for one symbol or for all', async () => {
    await writeDay(folder, '2026-02-01', minutes('2026-02-01', ALL, 60))
    await run()
    const one = await readFile(join(folder, 'export/XRPUSDT_15m.parquet'))
    const manifest = await readFile(join(folder, 'export/XRPUSDT_15m.manifest.json'))
    expect((await run({ symbols: null })).files).toHaveLength(3)
    expect(await readFile(join(folder, 'export/XRPUSDT_15m.parquet'))).toEqual(one)
    expect(await readFile(join(folder, 'export/XRPUSDT_15m.manifest.json'))).toEqual(manifest)
  })
})

describe('side columns', () => {
  const collected = (known: readonly number[], value: readonly number[]) =>
    makeTable([
      ['symbol', { type: 'string', data: known.map(() => 'XRPUSDT') }],
      ['timestamp_ms', { type: 'int64', data: Float64Array.from(known, (k) => k - MINUTES_15) }],
      ['known_at_ms', { type: 'int64', data: Float64Array.from(known) }],
      ['open_interest', { type: 'float64', data: Float64Array.from(value) }],
      ['open_interest_usdt', { type: 'float64', data: Float64Array.from(value) }],
    ])

  test('oi_change: from what was known when the bar ended, 0 where a point is missing', async () => {
    await writeDay(folder, '2026-02-01', minutes('2026-02-01', ALL, 90))
    // Known at 00:00 (collected the day before), 00:15, 00:30; 00:45 is missing; 01:00 and 01:15.
    const at = (k: number) => START + k * MINUTES_15
    await writeTable(folder, 'collected/open_interest/2026-01-31.parquet', collected([at(0)], [100]), 'timestamp_ms')
    await writeTable(
      folder,
      'collected/open_interest/2026-02-01.parquet',
      collected([at(1), at(2), at(4), at(5)], [110, 99, 50, 75]),
      'timestamp_ms',
    )
    expect((await run()).files[0]).toMatchObject({ bars: 6, withoutOi: 3 })
    const change = [...numbers(await exported(), 'oi_change')]
    expect(change).toEqual([110 / 100 - 1, 99 / 110 - 1, 0, 0, 0.5, 0])
  })

  test('funding_rate: settled at or before the bar start whatever the jitter; not carried on for ever', async () => {
    await writeDay(folder, '2026-02-01', minutes('2026-02-01', ALL, 1440))
    await writeDay(folder, '2026-02-02', minutes('2026-02-02', ALL, 1440))
    const funding = makeTable([
      ['symbol', { type: 'string', data: ['XRPUSDT', 'XRPUSDT'] }],
      [
        'calc_time_ms',
        { type: 'int64', data: Float64Array.from([START + 8 * HOUR_MS + 7, START + 16 * HOUR_MS + 11]) },
      ],
      ['funding_rate', { type: 'float64', data: Float64Array.from([0.0001, -0.0002]) }],
    ])
    await writeTable(folder, 'funding/XRPUSDT.parquet', funding, 'calc_time_ms')
    const report = await run()
    const rate = [...numbers(await exported(), 'funding_rate')]
    expect([rate[31], rate[32], rate[63], rate[64], rate[64 + 96], rate[64 + 97]]).toEqual([
      0, 0.0001, 0.0001, -0.0002, -0.0002, 0,
    ])
    expect(report.files[0]!.withoutFunding).toBe(32 + (192 - 64 - 97))
  })

  test('asOf equals a search through all points', () => {
    const series = { timeMs: Float64Array.from([3, 4, 9, 20, 21]), value: Float64Array.from([1, 2, 3, 4, 5]) }
    for (const [from, step, age] of [
      [0, 1, 4],
      [2, 5, 5],
      [4, 3, 0],
      [30, 10, 100],
    ] as const) {
      const expected = Array.from({ length: 12 }, (_, i) => {
        const now = from + i * step
        const k = series.timeMs.findLastIndex((t) => t <= now)
        return k >= 0 && now - series.timeMs[k]! <= age ? series.value[k]! : Number.NaN
      })
      expect([...asOf(series, from, step, 12, age)]).toEqual(expected)
    }
  })
})
