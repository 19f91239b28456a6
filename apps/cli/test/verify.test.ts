import { copyFile, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { problemText } from '@cointrader/cli/lib/problems'
import { tempFiles } from '@cointrader/cli/lib/temp-files'
import { verifyFolder } from '@cointrader/cli/lib/verify-folder'
import { MINUTE_MS } from '@cointrader/core'
import { encodeParquet, makeTable, nodeDisk, takeRows } from '@cointrader/store'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { dayTable, minutes, newFolder, type Row, writeDay, writeTable } from './folder.js'

const DAY = '1m_raw_data/2026-02-01.parquet'
const START = Date.UTC(2026, 1, 1)
let folder: string
beforeEach(async () => {
  folder = await newFolder()
  await writeDay(folder, '2026-02-01', minutes('2026-02-01', ['BTCUSDT', 'ETHUSDT'], 5))
})
afterEach(() => rm(folder, { recursive: true }))

const verify = () => verifyFolder({ disk: nodeDisk, dataDir: folder, leftovers: () => tempFiles(folder) })
const problems = async () => (await verify()).problems.map(problemText)
const put = (rows: readonly Row[]) => writeDay(folder, '2026-02-01', rows)

test('a sound folder has no problem, whatever lies in .run', async () => {
  await nodeDisk.writeAtomic(join(folder, '.run/lock'), 'not json')
  await nodeDisk.writeAtomic(join(folder, 'top2_universe.json'), '{"2026-02-01":[],"2026-02-02":["BTCUSDT"]}')
  await nodeDisk.writeAtomic(join(folder, 'contracts.json'), '{"BTCUSDT":{"symbol":"BTCUSDT"}}')
  const report = await verify()
  expect(report.problems).toEqual([])
  expect(report).toMatchObject({ files: 4, tables: 1, rows: 10, notes: [] })
})

describe('manifests', () => {
  test('a flipped byte', async () => {
    const bytes = await readFile(join(folder, DAY))
    bytes[40]! ^= 1
    await writeFile(join(folder, DAY), bytes)
    expect((await problems()).join('\n')).toContain(`${DAY}: sha256 is not that of the manifest`)
  })

  test('a truncated file', async () => {
    await writeFile(join(folder, DAY), (await readFile(join(folder, DAY))).subarray(0, 500))
    const found = (await problems()).join('\n')
    expect(found).toContain('500 bytes, the manifest says')
    expect(found).toContain('cannot be read')
  })

  test('another sound table under this name', async () => {
    const bytes = encodeParquet(dayTable(minutes('2026-02-01', ['BTCUSDT'], 6)))
    await writeFile(join(folder, DAY), bytes)
    const found = (await problems()).join('\n')
    expect(found).toContain('6 rows, the manifest says 10')
    expect(found).toContain(
      `time range [${START},${START + 5 * MINUTE_MS}], the manifest says [${START},${START + 4 * MINUTE_MS}]`,
    )
  })

  test('a file without manifest, a manifest without file, an unreadable manifest', async () => {
    const manifest = join(folder, '1m_raw_data/2026-02-01.manifest.json')
    await rename(manifest, join(folder, '1m_raw_data/2026-02-02.manifest.json'))
    expect(await problems()).toEqual([
      `${DAY}: no manifest: an unfinished or foreign write`,
      '1m_raw_data/2026-02-02.manifest.json: it is about 2026-02-01.parquet, which has another manifest',
    ])
    await rm(join(folder, DAY))
    expect(await problems()).toEqual(['1m_raw_data/2026-02-02.manifest.json: its file 2026-02-01.parquet is not there'])
    await writeFile(join(folder, '1m_raw_data/2026-02-02.manifest.json'), '{')
    expect(await problems()).toEqual(['1m_raw_data/2026-02-02.manifest.json: not a manifest'])
  })

  test('a manifest whose inputs were changed', async () => {
    const path = join(folder, '1m_raw_data/2026-02-01.manifest.json')
    await writeFile(path, (await readFile(path, 'utf8')).replace('"test/1"', '"test/2"'))
    expect(await problems()).toEqual([
      '1m_raw_data/2026-02-01.manifest.json: its id is not the hash of inputs, config and code version',
    ])
  })

  test('leftovers of an interrupted write are named, and are no problem', async () => {
    await copyFile(join(folder, DAY), join(folder, `${DAY}.tmp`))
    const report = await verify()
    expect(report.problems).toEqual([])
    expect(report.notes).toEqual([
      `${DAY}.tmp: left over from an interrupted write; harmless, and replaced by the next one`,
    ])
  })
})

describe('rows', () => {
  const good = minutes('2026-02-01', ['BTCUSDT', 'ETHUSDT'], 3)

  test.each<[string, Row[], string]>([
    [
      'unsorted times',
      [...good.slice(2), ...good.slice(0, 2)],
      `row 5: order: BTCUSDT ${START} comes after ETHUSDT ${START + 2 * MINUTE_MS}`,
    ],
    [
      'unsorted symbols',
      [good[1]!, good[0]!, ...good.slice(2)],
      `row 2: order: BTCUSDT ${START} comes after ETHUSDT ${START}`,
    ],
    ['a duplicate', [good[0]!, ...good], `row 2: duplicate: BTCUSDT ${START} stands in the row before too`],
    [
      'off the grid',
      [{ symbol: 'BTCUSDT', ms: START + 1000 }, ...good.slice(2)],
      `row 1: time grid: BTCUSDT ${START + 1000} is not a multiple of 60000 ms`,
    ],
    [
      'the next day',
      [...good, { symbol: 'BTCUSDT', ms: START + 86_400_000 }],
      `row 7: day: BTCUSDT ${START + 86_400_000} is not in 2026-02-01`,
    ],
    ['an empty symbol', [{ symbol: '', ms: START }, ...good], 'row 1: symbol: empty'],
  ])('%s', async (_, rows, text) => {
    await put(rows)
    expect(await problems()).toEqual([`${DAY}, ${text}`])
  })

  test('many wrong rows are one problem with a count', async () => {
    await put(minutes('2026-02-01', ['BTCUSDT'], 5).map((r) => ({ ...r, ms: r.ms + 1 })))
    expect(await problems()).toEqual([
      `${DAY}, row 1: time grid: BTCUSDT ${START + 1} is not a multiple of 60000 ms (5 rows in all)`,
    ])
  })

  test('text that does not say the instant', async () => {
    const table = dayTable(good)
    const text = [...(table.columns.get('start_time_utc')!.data as string[])]
    text[3] = '2026-02-01 00:02:00'
    await writeTable(
      folder,
      DAY,
      makeTable(
        [...table.columns].map(([n, c]) => [n, n === 'start_time_utc' ? { type: 'string', data: text } : c] as const),
      ),
      'start_time_ms',
    )
    expect(await problems()).toEqual([
      `${DAY}, row 4: start_time_utc: "2026-02-01 00:02:00" is not ${START + MINUTE_MS} (2026-02-01 00:01:00)`,
    ])
  })

  test('columns of another type or missing', async () => {
    const { columns } = dayTable(good)
    const other = [...columns]
      .filter(([n]) => n !== 'mt_oi')
      .map(
        ([n, c]) =>
          [
            n,
            n === 'num_trades' ? { type: 'float64' as const, data: Float64Array.from(c.data as Int32Array) } : c,
          ] as const,
      )
    await writeTable(folder, DAY, makeTable(other), 'start_time_ms')
    expect(await problems()).toEqual([
      `${DAY}: columns are not those of the layout: without num_trades:int32, without mt_oi:float64, with num_trades:float64`,
    ])
  })

  test('15-minute tables have their own grid; an empty table is sound', async () => {
    await writeDay(folder, '2026-02-01', good, '15m')
    await writeTable(folder, '1m_raw_data/2026-02-02.parquet', takeRows(dayTable(good), []), 'start_time_ms')
    expect(await problems()).toEqual([
      `15m_raw_data/2026-02-01.parquet, row 3: time grid: BTCUSDT ${START + MINUTE_MS} is not a multiple of 900000 ms (4 rows in all)`,
    ])
  })

  test('collected points: sorted, on the grid, known after their stamp', async () => {
    const table = (stamps: number[], known: number[]) =>
      makeTable([
        ['symbol', { type: 'string', data: stamps.map(() => 'BTCUSDT') }],
        ['timestamp_ms', { type: 'int64', data: Float64Array.from(stamps) }],
        ['known_at_ms', { type: 'int64', data: Float64Array.from(known) }],
        ['buy_sell_ratio', { type: 'float64', data: Float64Array.from(stamps, () => 1) }],
      ])
    const path = 'collected/taker_ratio/2026-02-01.parquet'
    const [a, b, c] = [START, START + 900_000, START + 1_800_000]
    await writeTable(folder, path, table([a, b], [b, c]), 'timestamp_ms')
    expect(await problems()).toEqual([])
    await writeTable(folder, path, table([b, a], [c, a]), 'timestamp_ms')
    expect((await problems()).map((p) => p.replace(/: .*/, ''))).toEqual([`${path}, row 2`, `${path}, row 2`])
    await writeTable(folder, path, table([a], [a]), 'timestamp_ms')
    expect(await problems()).toEqual([
      `${path}, row 1: instant of knowledge: known_at_ms ${a} is not after timestamp_ms ${a}`,
    ])
  })
})

test('JSON: readable, dates in order, contracts about themselves', async () => {
  await nodeDisk.writeAtomic(join(folder, 'banned_symbols.json'), '{"2026-02-02":[],"2026-02-01":[],"2026-02-30":[]}')
  await nodeDisk.writeAtomic(join(folder, 'top8_universe.json'), '[]')
  await nodeDisk.writeAtomic(join(folder, 'top9_universe.json'), '{"2026-')
  await nodeDisk.writeAtomic(join(folder, 'contracts.json'), '{"A":{"symbol":"B"}}')
  expect((await problems()).map((p) => p.replace(/(not JSON): .*/, '$1'))).toEqual([
    'banned_symbols.json: 2026-02-01 comes after 2026-02-02',
    'banned_symbols.json: "2026-02-30" is not a date',
    'contracts.json: the entry "A" is not about A',
    'top8_universe.json: not an object of dates',
    'top9_universe.json: not JSON',
  ])
})
