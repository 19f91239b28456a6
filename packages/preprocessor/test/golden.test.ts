import { cp, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseDate, type UtcDate } from '@cointrader/core'
import {
  dayTablePath,
  preprocess,
  RESEARCH_POLICIES,
  researchBans,
  researchFill,
  researchMissingRows,
  researchPreprocess,
  sequentialRunner,
} from '@cointrader/preprocessor'
import { decodeParquet, encodeParquet, nodeDisk, numbers, strings, type Table, takeRows } from '@cointrader/store'
import { describe, expect, it } from 'vitest'
import { goldenFolder, tempFolder } from './support.js'

const golden = goldenFolder()
const dates = ['2024-02-01', '2024-02-02', '2024-02-03'].map((d) => parseDate(d))
const json = async (name: string) => JSON.parse(await readFile(join(golden!, name), 'utf8'))
const raw = async (date: string): Promise<Table> => {
  const path = await dayTablePath(nodeDisk, join(golden!, 'raw'), date as UtcDate)
  return (await decodeParquet((await nodeDisk.read(path!))!, date)).table
}
const only = (table: Table, wanted: readonly string[]): Table =>
  takeRows(
    table,
    strings(table, 'symbol').flatMap((s, i) => (wanted.includes(s) ? [i] : [])),
  )

describe.skipIf(golden === undefined)('golden research data', () => {
  it('counts the rows with missing cells', async () => {
    const counts: Record<string, unknown> = {}
    for (const date of dates) counts[date] = researchMissingRows(await raw(date))
    expect(counts).toEqual(await json('nan_rows_per_symbol.json'))
  })

  it('bans what the original bans, in its order (cases "ban …")', async () => {
    const cases = await json('cases.json')
    const bans: Record<string, string[]> = {}
    for (const date of dates) {
      bans[date] = researchBans(await raw(date), 30).map((b) => b.symbol)
      expect(cases[`ban ${date}`]).toEqual({ ok: true })
    }
    expect(bans).toEqual(await json('banned_symbols.json'))
  })

  it('writes banned_symbols.json through the command, merged over what was there', async () => {
    const folder = await tempFolder()
    await mkdir(join(folder, 'data'))
    await cp(join(golden!, 'raw'), join(folder, 'raw'), { recursive: true })
    await writeFile(join(folder, 'data/banned_symbols.json'), '{"2024-02-02": ["OLDUSDT"], "2023-01-01": ["KEPTUSDT"]}')
    const result = await preprocess({
      disk: nodeDisk,
      dates: [...dates, parseDate('2024-02-04')],
      dataDir: join(folder, 'raw'),
      outDir: join(folder, 'data'),
      threshold: 30,
      research: true,
      policies: RESEARCH_POLICIES,
      codeVersion: 'test',
      runner: sequentialRunner(nodeDisk),
    })
    expect(result.missing).toEqual(['2024-02-04'])
    expect(result.failed).toEqual([])
    const written = JSON.parse(await readFile(join(folder, 'data/banned_symbols.json'), 'utf8'))
    expect(written).toEqual({ '2023-01-01': ['KEPTUSDT'], ...(await json('banned_symbols.json')) })
  })

  it('refuses to ban on a file where one symbol has 1439 rows, and gives the date no entry', async () => {
    const table = await raw('2024-02-02')
    const short = takeRows(
      table,
      Array.from({ length: table.rows - 1 }, (_, i) => i),
    )
    expect((await json('cases.json'))['ban of a file where one symbol has 1439 rows'].ok).toBe(false)
    expect(() => researchBans(short, 30)).toThrow(/E_ROW_COUNT.*1439 rows/)
    const folder = await tempFolder()
    await writeFile(join(folder, '2024-02-02.parquet'), encodeParquet(short))
    const result = await preprocess({
      disk: nodeDisk,
      dates: [parseDate('2024-02-02')],
      dataDir: folder,
      outDir: folder,
      threshold: 30,
      research: true,
      policies: RESEARCH_POLICIES,
      codeVersion: 'test',
      runner: sequentialRunner(nodeDisk),
    })
    expect(result.failed).toEqual(['2024-02-02'])
    expect(result.days[0]!.error?.code).toBe('E_ROW_COUNT')
    expect(await nodeDisk.exists(join(folder, 'banned_symbols.json'))).toBe(false)
  })

  it('fills exactly the cells of filled_cells.parquet (case "preprocess x_universe")', async () => {
    const { scenario } = await json('scenario.json')
    const table = only(await raw('2024-02-02'), scenario.x_universe)
    const filled = researchPreprocess(table)
    const symbol = strings(table, 'symbol')
    const time = numbers(table, 'start_time_ms')
    const found: string[] = []
    for (const [name, column] of filled.columns) {
      if (column.type === 'string') continue
      const before = numbers(table, name)
      column.data.forEach((x, i) => {
        if (!Object.is(x, before[i])) found.push([symbol[i], time[i], name, x].join(' '))
      })
    }
    const expected = (
      await decodeParquet((await nodeDisk.read(join(golden!, 'filled_cells.parquet')))!, 'filled_cells')
    ).table
    const [s, t, c, v] = [
      strings(expected, 'symbol'),
      numbers(expected, 'start_time_ms'),
      strings(expected, 'column'),
      numbers(expected, 'value'),
    ]
    expect(found.sort()).toEqual(
      Array.from({ length: expected.rows }, (_, i) => [s[i], t[i], c[i], v[i]].join(' ')).sort(),
    )
    expect(expected.rows).toBe(346)
  })

  it('fails the whole table over a symbol that cannot be filled (case "preprocess every symbol of the day")', async () => {
    const table = await raw('2024-02-02')
    expect((await json('cases.json'))['preprocess every symbol of the day'].ok).toBe(false)
    expect(() => researchPreprocess(table)).toThrow(/E_UNFILLED.*CVCUSDT mt_ls_ratio_cnt/)
    expect(numbers(researchFill(table), 'pm_open').some(Number.isNaN)).toBe(false)
  })
})
