import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { addDays, dateRange, paths, type UtcDate } from '@cointrader/core'
import { type Disk, encodeParquet, makeTable, nodeDisk } from '@cointrader/store'
import { buildUniverse, dayVolumes, type UniverseOptions } from '@cointrader/universe'
import { describe, expect, it } from 'vitest'
import { before, D, goldenFolder, tempFolder } from './support.js'

const put = (folder: string, date: UtcDate, rows: readonly (readonly [string, number])[]) =>
  nodeDisk.writeAtomic(
    join(folder, `${date}.parquet`),
    encodeParquet(
      makeTable([
        ['symbol', { type: 'string', data: rows.map(([s]) => s) }],
        ['quote_volume', { type: 'float64', data: Float64Array.from(rows, ([, v]) => v) }],
      ]),
    ),
  )

const options = (tables: string, folder: string, more: Partial<UniverseOptions> = {}): UniverseOptions => ({
  ...{ disk: nodeDisk, dates: [D], top: 3, bufferDays: 14, minHistoryDays: 1, research: false },
  locate: async (date) =>
    (await nodeDisk.exists(join(tables, `${date}.parquet`))) ? join(tables, `${date}.parquet`) : undefined,
  ...{ contractsPath: join(folder, paths.contracts), bannedPath: join(folder, paths.bannedSymbols) },
  ...{ outPath: join(folder, 'top3_universe.json'), cacheDir: join(folder, paths.cache), ...more },
})
const json = async (...path: string[]) => JSON.parse(await readFile(join(...path), 'utf8'))

describe('dayVolumes', () => {
  const rows = [
    ['BUSDT', 1.5],
    ['AUSDT', 2],
    ['BUSDT', Number.NaN],
    ['BUSDT', 0.25],
    ['币USDT', Number.NaN],
  ] as const
  const expected = { date: D, symbols: ['BUSDT', 'AUSDT', '币USDT'], quoteVolume: [1.75, 2, 0], bars: [3, 1, 1] }

  it('sums per symbol in first-seen order and skips missing cells', async () => {
    const folder = await tempFolder()
    await put(folder, D, rows)
    expect(await dayVolumes(nodeDisk, join(folder, `${D}.parquet`), D)).toEqual(expected)
    expect(await dayVolumes(nodeDisk, join(folder, 'none.parquet'), D)).toBeUndefined()
  })

  it('computes once per content: a second look reads the cache, a changed table or a damaged cache does not', async () => {
    const folder = await tempFolder()
    const path = join(folder, `${D}.parquet`)
    const cache = join(folder, 'cache')
    await put(folder, D, rows)
    const look = (disk: Disk = nodeDisk) => dayVolumes(disk, path, D, cache)
    expect(await look()).toEqual(expected)
    const [name] = await nodeDisk.list(cache)
    await writeFile(join(cache, name!), JSON.stringify({ symbols: ['CACHED'], quoteVolume: [1], bars: [1] }))
    expect((await look())?.symbols).toEqual(['CACHED'])
    await writeFile(join(cache, name!), '{"symbols": [')
    expect(await look()).toEqual(expected)
    await put(folder, D, [['XUSDT', 1]])
    expect((await look())?.symbols).toEqual(['XUSDT'])
  })

  it('works on a disk that refuses the cache', async () => {
    const folder = await tempFolder()
    await put(folder, D, rows)
    await writeFile(join(folder, 'file'), '')
    expect(await dayVolumes(nodeDisk, join(folder, `${D}.parquet`), D, join(folder, 'file', 'cache'))).toEqual(expected)
  })
})

describe('buildUniverse', () => {
  it('writes lists and reasons, merged, with non-ASCII names escaped, the same bytes again', async () => {
    const folder = await tempFolder()
    for (const n of [3, 2, 1])
      await put(folder, before(n), [
        ['AAAUSDT', n],
        ['币安人生USDT', 9],
        ['USDCUSDT', 99],
      ])
    await writeFile(join(folder, paths.bannedSymbols), JSON.stringify({ [before(2)]: ['AAAUSDT'], [before(1)]: [] }))
    await writeFile(join(folder, 'top3_universe.json'), `{"2020-01-01": ["OLDUSDT"], "${D}": ["WRONGUSDT"]}`)
    const dates = dateRange(before(3), D)
    const result = await buildUniverse(options(folder, folder, { dates }))
    expect(result.contractsKnown).toBe(false)
    const text = await readFile(join(folder, 'top3_universe.json'), 'utf8')
    expect(text).toContain('    "\\u5e01\\u5b89\\u4eba\\u751fUSDT",\n')
    expect(Object.entries(JSON.parse(text))).toEqual([
      ['2020-01-01', ['OLDUSDT']],
      [before(3), []],
      [before(2), ['币安人生USDT', 'AAAUSDT']],
      [before(1), ['币安人生USDT']],
      [D, ['币安人生USDT', 'AAAUSDT']],
    ])
    expect((await json(folder, 'top3_universe_reasons.json'))[before(1)]).toEqual({
      daysUsed: 2,
      days: [before(3), before(2)],
      excluded: { AAAUSDT: `banned on ${before(2)}`, USDCUSDT: 'stablecoin' },
    })
    expect((await json(folder, 'top3_universe_reasons.json'))[before(3)]).toEqual({
      daysUsed: 0,
      days: [],
      excluded: {},
      note: `no earlier day: nothing is known before ${before(3)}`,
    })
    // Date by date, in any order, without the cache: the same file.
    const other = await tempFolder()
    await writeFile(join(other, 'top3_universe.json'), '{"2020-01-01": ["OLDUSDT"]}')
    for (const date of [...dates].reverse()) {
      const bannedPath = join(folder, paths.bannedSymbols)
      await buildUniverse(options(folder, other, { dates: [date], bannedPath, cacheDir: undefined }))
    }
    for (const name of ['top3_universe.json', 'top3_universe_reasons.json']) {
      expect(await readFile(join(other, name), 'utf8')).toBe(await readFile(join(folder, name), 'utf8'))
    }
  })

  it('holds the volumes of one window only, and reads each table once', async () => {
    const folder = await tempFolder()
    const reads: string[] = []
    const disk: Disk = {
      ...nodeDisk,
      read: (path) => {
        if (path.endsWith('.parquet')) reads.push(path)
        return nodeDisk.read(path)
      },
    }
    for (let n = 20; n >= 0; n--) await put(folder, addDays(D, -n), [['AAAUSDT', 1]])
    await buildUniverse(options(folder, folder, { disk, bufferDays: 3, dates: dateRange(before(10), D) }))
    expect(new Set(reads).size).toBe(reads.length)
    expect(reads).toHaveLength(13)
  })

  it('names a damaged table or ban list', async () => {
    const folder = await tempFolder()
    await writeFile(join(folder, `${before(1)}.parquet`), 'nonsense')
    await expect(buildUniverse(options(folder, folder))).rejects.toThrow(/E_FILE_CORRUPT.*2026-02-14\.parquet/)
    await writeFile(join(folder, paths.bannedSymbols), '[]')
    await expect(buildUniverse(options(folder, folder))).rejects.toThrow(/E_FILE_CORRUPT.*banned_symbols/)
  })
})

const golden = goldenFolder()
describe.skipIf(golden === undefined)('golden research data', () => {
  const days = dateRange('2024-02-01' as UtcDate, '2024-02-03' as UtcDate)
  const goldenOptions = (folder: string, more: Partial<UniverseOptions>) =>
    options(join(golden!, 'raw'), folder, {
      dates: days,
      top: 8,
      bannedPath: join(golden!, 'banned_symbols.json'),
      outPath: join(folder, 'top8_universe.json'),
      ...more,
    })

  it('equals top8_universe.json (cases "universe …")', async () => {
    const folder = await tempFolder()
    await buildUniverse(goldenOptions(folder, { research: true }))
    expect(await json(folder, 'top8_universe.json')).toEqual(await json(golden!, 'top8_universe.json'))
    const cases = await json(golden!, 'cases.json')
    for (const date of days) expect(cases[`universe ${date}`]).toEqual({ ok: true })
  })

  it('differs by default: nothing of the day itself, and a coin that stopped is not a member', async () => {
    const folder = await tempFolder()
    await buildUniverse(goldenOptions(folder, { dates: dateRange(days[0]!, '2024-02-04' as UtcDate) }))
    const universe = await json(folder, 'top8_universe.json')
    const reasons = await json(folder, 'top8_universe_reasons.json')
    expect(universe['2024-02-01']).toEqual([])
    expect(universe['2024-02-02']).toEqual([
      'BTCUSDT',
      'ETHUSDT',
      'SOLUSDT',
      'XRPUSDT',
      'LINKUSDT',
      'DOGEUSDT',
      'ADAUSDT',
      '1000PEPEUSDT',
    ])
    expect(reasons['2024-02-02'].excluded).toMatchObject({
      CVCUSDT: 'banned on 2024-02-01',
      USDCUSDT: 'stablecoin',
      LTCUSDT: 'rank 9 > 8',
    })
    expect(reasons['2024-02-03'].excluded).toMatchObject({
      ADAUSDT: 'not trading on 2024-02-02',
      XRPUSDT: 'banned on 2024-02-02',
    })
    expect(universe['2024-02-04']).toContain('XRPUSDT')
  })
})
