import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { addDays, DEFECT_KINDS, type Defect, paths, type UtcDate } from '@cointrader/core'
import {
  BANNED_REASONS,
  type DayRunner,
  DEFAULT_POLICIES,
  decodeLedger,
  defectId,
  type PreprocessOptions,
  preprocess,
  readPolicies,
  sequentialRunner,
  threadRunner,
} from '@cointrader/preprocessor'
import {
  encodeParquet,
  nodeDisk,
  readManifest,
  soundManifest,
  type Table,
  walk,
  writeWithManifest,
} from '@cointrader/store'
import { describe, expect, it } from 'vitest'
import { at, blank, DATE, dayTable, METRICS, PREMIUM, START, tempFolder } from './support.js'

const defect = (
  kind: Defect['kind'],
  source: string,
  from: number,
  to: number,
  column = '',
  symbol = 'AAAUSDT',
): Defect => ({
  ...{ kind, symbol, source, column, fromMs: at(from), toMs: at(to), count: to - from, detail: `planted ${kind}` },
})

async function putDay(folder: string, date: UtcDate, table: Table, details?: object): Promise<void> {
  const path = join(folder, paths.dayTable(date))
  const bytes = encodeParquet(table)
  if (details === undefined) return nodeDisk.writeAtomic(path, bytes)
  const facts = {
    kind: 'day',
    command: 'fetch',
    codeVersion: 't',
    seed: null,
    config: {},
    inputs: [],
    rows: table.rows,
  }
  await writeWithManifest(nodeDisk, path, bytes, {
    ...facts,
    columns: [...table.columns.keys()],
    timeRange: null,
    details: details as never,
  })
}

const options = (folder: string, more: Partial<PreprocessOptions> = {}): PreprocessOptions => ({
  ...{
    disk: nodeDisk,
    dates: [DATE],
    dataDir: folder,
    outDir: folder,
    threshold: 30,
    research: false,
    codeVersion: 'test',
  },
  ...{ policies: DEFAULT_POLICIES, runner: sequentialRunner(nodeDisk), ...more },
})

const ledger = async (folder: string, date = DATE) =>
  decodeLedger((await nodeDisk.read(join(folder, paths.ledger(date))))!, date)
const json = async (folder: string, name: string) => JSON.parse(await readFile(join(folder, name), 'utf8'))

/** A day with one defect of every kind of the catalogue: seen in the sources, in the table, or both. */
function everyKind(): { table: Table; details: object } {
  const table = dayTable(['AAAUSDT', 'BBBUSDT'], (row, symbol, m) => {
    if (symbol === 'BBBUSDT') return row
    if ([100, 101, 120, 130].includes(m)) return undefined
    if (m === 140) return blank(row, ['volume_base'])
    if (m === 150) return { ...row, high: 1 }
    if (m >= 200 && m < 205) return blank(row, ['mt_ls_ratio_cnt'])
    if (m >= 300 && m < 305) return { ...row, mt_oi: 0 }
    if (m >= 410 && m < 420) return blank(row, METRICS)
    if (m >= 500 && m < 520) return blank(row, METRICS)
    if (m >= 600 && m < 607) return blank(row, PREMIUM)
    return row
  })
  const path = 'data/futures/um/daily/klines/AAAUSDT/1m/AAAUSDT-1m-2026-02-01.zip'
  const seen = [
    defect('missing_bars', 'klines', 100, 102),
    defect('duplicate_bar', 'klines', 110, 111),
    defect('conflicting_bar', 'klines', 112, 113),
    defect('extra_bar', 'klines', 1440, 1441),
    { ...defect('shifted_label', 'klines', 120, 121), fromMs: at(120) + 500 },
    defect('unfinished_bar', 'klines', 130, 131),
    defect('unordered_rows', 'klines', 10, 20),
    defect('bad_number', 'klines', 140, 141, 'volume_base'),
    defect('duplicate_metrics', 'metrics', 250, 251),
    defect('missing_metrics', 'metrics', 400, 420),
  ]
  const absent = [
    { kind: 'premium', symbol: 'CCCUSDT', path: 'x/CCCUSDT-1m-2026-02-01.zip', reason: 'E_NOT_PUBLISHED' },
  ]
  return { table, details: { kinds: ['klines', 'premium', 'metrics'], sources: [{ path, defects: seen }], absent } }
}

describe('preprocess', () => {
  it('yields exactly one row per planted defect, of every kind, with id, place, reason, policy and action', async () => {
    const folder = await tempFolder()
    const { table, details } = everyKind()
    await putDay(folder, DATE, table, details)
    const result = await preprocess(options(folder))
    const rows = await ledger(folder)
    const minute = (ms: number) => Math.floor((ms - START) / 60_000)
    expect(rows.map((r) => [r.kind, r.symbol, r.column, minute(r.fromMs), r.count, r.policy, r.action])).toEqual([
      ['unordered_rows', 'AAAUSDT', '', 10, 10, 'none', 'sorted'],
      ['missing_bars', 'AAAUSDT', '', 100, 2, 'none', 'kept missing'],
      ['duplicate_bar', 'AAAUSDT', '', 110, 1, 'none', 'one row kept'],
      ['conflicting_bar', 'AAAUSDT', '', 112, 1, 'none', 'later row kept'],
      ['shifted_label', 'AAAUSDT', '', 120, 1, 'none', 'row left out'],
      ['unfinished_bar', 'AAAUSDT', '', 130, 1, 'none', 'row left out'],
      ['bad_number', 'AAAUSDT', 'volume_base', 140, 1, 'forward-fill:10', 'kept missing'],
      ['impossible_bar', 'AAAUSDT', '', 150, 1, 'mask', 'masked'],
      ['blank_cell', 'AAAUSDT', 'mt_ls_ratio_cnt', 200, 5, 'forward-fill:10', 'filled'],
      ['duplicate_metrics', 'AAAUSDT', '', 250, 1, 'none', 'later row kept'],
      ['zero_open_interest', 'AAAUSDT', 'mt_oi', 300, 5, 'mask', 'masked'],
      ['missing_metrics', 'AAAUSDT', '', 400, 20, 'none', 'kept missing'],
      ['stale_metrics', 'AAAUSDT', '', 500, 20, 'none', 'kept missing'],
      ['missing_premium', 'AAAUSDT', '', 600, 7, 'forward-fill:5', 'filled 20 of 28 cells'],
      ['extra_bar', 'AAAUSDT', '', 1440, 1, 'none', 'row left out'],
      ['absent_source', 'CCCUSDT', '', 0, 1, 'none', 'kept missing'],
    ])
    expect(new Set(rows.map((r) => r.kind))).toEqual(new Set(Object.keys(DEFECT_KINDS)))
    expect(
      rows.every((r) => r.id === defectId(r) && /^[0-9a-f]{16}$/.test(r.id) && r.detail !== '' && r.date === DATE),
    ).toBe(true)
    expect(new Set(rows.map((r) => r.id)).size).toBe(rows.length)
    expect(result.days[0]).toMatchObject({ state: 'done', symbols: 2, ledgerRows: 16 })
    expect(await soundManifest(nodeDisk, join(folder, paths.ledger(DATE)))).toMatchObject({ kind: 'ledger', rows: 16 })
  })

  it('writes the same bytes for 1 and 4 workers, in any order of the dates, and again', async () => {
    const runs: [DayRunner, (d: UtcDate[]) => UtcDate[]][] = [
      [sequentialRunner(nodeDisk), (d) => d],
      [threadRunner(4), (d) => d],
      [threadRunner(2), (d) => [...d].reverse()],
    ]
    const trees: Record<string, string>[] = []
    for (const [runner, order] of runs) {
      const folder = await tempFolder()
      const dates = Array.from({ length: 5 }, (_, i) => addDays(DATE, i))
      const { table, details } = everyKind()
      for (const date of dates) await putDay(folder, date, table, date === dates[2] ? undefined : details)
      await preprocess(options(folder, { dates: order(dates), runner }))
      await preprocess(options(folder, { dates: order(dates), runner }))
      const tree: Record<string, string> = {}
      for (const name of await walk(nodeDisk, folder)) tree[name] = (await readFile(join(folder, name))).toString('hex')
      trees.push(tree)
    }
    expect(Object.keys(trees[0]!).filter((n) => n.startsWith('ledger/'))).toHaveLength(10)
    expect(trees[1]).toEqual(trees[0])
    expect(trees[2]).toEqual(trees[0])
  })

  it('stops with the whole list when a kind has no policy, and writes nothing for that day', async () => {
    for (const runner of [sequentialRunner(nodeDisk), threadRunner(2)]) {
      const folder = await tempFolder()
      const { table, details } = everyKind()
      const dates = [DATE, addDays(DATE, 1)]
      await putDay(folder, DATE, table, details)
      await putDay(folder, dates[1]!, dayTable(['AAAUSDT']))
      const policies = readPolicies('{"strict": true, "policies": {"missing_bars": "none"}}')
      await expect(preprocess(options(folder, { dates, policies, runner }))).rejects.toThrow(
        /E_NO_POLICY.*zero_open_interest × 1, first AAAUSDT metrics mt_oi from 2026-02-01 05:00:00/,
      )
      expect(await nodeDisk.exists(join(folder, paths.ledger(DATE)))).toBe(false)
      expect(await nodeDisk.exists(join(folder, paths.bannedSymbols))).toBe(false)
    }
  })

  it('bans the symbol with too many bad minutes, with a reason, and no other (29 is fine, 30 is not)', async () => {
    const folder = await tempFolder()
    const symbols = ['A29USDT', 'B30USDT', 'C30USDT', 'D30USDT', 'USDCUSDT', '龙USDT']
    const table = dayTable(symbols, (row, symbol, m) => {
      if (symbol === 'A29USDT') return m < 29 ? blank(row, PREMIUM) : row
      if (symbol === 'B30USDT') return m < 30 ? blank(row, ['mt_oi']) : row
      if (symbol === 'C30USDT') return m < 15 ? undefined : m < 30 ? blank(row, ['open']) : row
      if (symbol === 'D30USDT') return m < 30 ? undefined : row
      if (symbol === '龙USDT') return m >= 700 ? undefined : row
      return row
    })
    await putDay(folder, DATE, table)
    await writeFile(
      join(folder, 'contracts.json'),
      JSON.stringify({ D30USDT: { symbol: 'D30USDT', onboardMs: at(30), deliveryMs: null } }),
    )
    await preprocess(options(folder))
    expect(await json(folder, 'banned_symbols.json')).toEqual({ [DATE]: ['B30USDT', 'C30USDT', '龙USDT'] })
    expect(await json(folder, BANNED_REASONS)).toEqual({
      [DATE]: {
        B30USDT: '30 minutes with missing values (threshold 30)',
        C30USDT: '15 minutes without a bar, 15 minutes with missing values (threshold 30)',
        龙USDT: '740 minutes without a bar (threshold 30)',
      },
    })
    const text = await readFile(join(folder, 'banned_symbols.json'), 'utf8')
    expect(text).toBe(`{\n  "${DATE}": [\n    "B30USDT",\n    "C30USDT",\n    "\\u9f99USDT"\n  ]\n}\n`)
  })

  it('bans only for kinds that were requested', async () => {
    const folder = await tempFolder()
    const details = { kinds: ['klines'], sources: [], absent: [] }
    await putDay(
      folder,
      DATE,
      dayTable(['AAAUSDT'], (row) => blank(row, [...PREMIUM, ...METRICS])),
      details,
    )
    await preprocess(options(folder))
    expect(await json(folder, 'banned_symbols.json')).toEqual({ [DATE]: [] })
    expect(await ledger(folder)).toEqual([])
  })

  it('bans what a policy excludes', async () => {
    const folder = await tempFolder()
    await putDay(
      folder,
      DATE,
      dayTable(['AAAUSDT', 'BBBUSDT'], (row, s, m) => (s === 'AAAUSDT' && m === 3 ? { ...row, low: -1 } : row)),
    )
    await preprocess(options(folder, { policies: readPolicies(undefined, ['impossible_bar=exclude-symbol']) }))
    expect(await json(folder, BANNED_REASONS)).toEqual({
      [DATE]: { AAAUSDT: 'policy: impossible_bar excludes the symbol' },
    })
    expect((await ledger(folder)).map((r) => r.action)).toEqual(['symbol excluded'])
  })

  it('skips a missing day, reports a damaged one, and does the others', async () => {
    const folder = await tempFolder()
    const dates = [DATE, addDays(DATE, 1), addDays(DATE, 2)]
    await mkdir(join(folder, '1m_raw_data'))
    await putDay(folder, dates[0]!, dayTable(['AAAUSDT']))
    await writeFile(join(folder, paths.dayTable(dates[1]!)), 'not parquet')
    const result = await preprocess(options(folder, { dates }))
    expect(result.days.map((d) => d.state)).toEqual(['done', 'failed', 'missing'])
    expect(result.days[1]!.error?.code).toBe('E_FILE_CORRUPT')
    expect(result.missing).toEqual([dates[2]])
    expect(Object.keys(await json(folder, 'banned_symbols.json'))).toEqual([DATE])
  })

  it('refuses to overwrite a ban list that is not one', async () => {
    const folder = await tempFolder()
    await putDay(folder, DATE, dayTable(['AAAUSDT']))
    await writeFile(join(folder, 'banned_symbols.json'), '{"2026-')
    await expect(preprocess(options(folder))).rejects.toThrow(/E_FILE_CORRUPT.*banned_symbols\.json/)
  })

  it('has an id that later facts about other days do not change', async () => {
    const folder = await tempFolder()
    await putDay(
      folder,
      DATE,
      dayTable(['AAAUSDT'], (row, _, m) => (m < 3 ? undefined : row)),
    )
    const idWith = async (deliveryMs: number | null) => {
      await writeFile(
        join(folder, 'contracts.json'),
        JSON.stringify({ AAAUSDT: { symbol: 'AAAUSDT', onboardMs: null, deliveryMs } }),
      )
      await preprocess(options(folder))
      return (await readManifest(nodeDisk, join(folder, paths.ledger(DATE))))!.id
    }
    const first = await idWith(null)
    expect(await idWith(at(5000))).toBe(first)
    expect(await idWith(at(1000))).not.toBe(first)
  })

  it('stops at once when interrupted', async () => {
    const folder = await tempFolder()
    const abort = new AbortController()
    abort.abort(new Error('interrupted'))
    for (const runner of [sequentialRunner(nodeDisk), threadRunner(2)]) {
      await expect(preprocess(options(folder, { runner, signal: abort.signal }))).rejects.toThrow('interrupted')
    }
  })
})
