/** build-xy over real files: what is skipped, rebuilt, refused; and what must not change a byte. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DAY_COLUMNS, dateMs, fail, parseDate, seededRandom, sha256, type UtcDate, utcText } from '@cointrader/core'
import {
  type BuildSpec,
  buildXy,
  DayBuilder,
  dayBars,
  defineFeature,
  readFacts,
  readRules,
  requireKnown,
} from '@cointrader/features'
import {
  type Column,
  decodeParquet,
  encodeParquet,
  makeTable,
  nodeDisk,
  numbers,
  strings,
  type Table,
} from '@cointrader/store'
import { afterAll, describe, expect, it } from 'vitest'

const made: string[] = []
const temp = () => {
  const folder = mkdtempSync(join(tmpdir(), 'cointrader-xy-'))
  made.push(folder)
  return folder
}
afterAll(() => {
  for (const f of made) rmSync(f, { recursive: true, force: true })
})

const DATES = ['2026-02-01', '2026-02-02', '2026-02-03', '2026-02-04'].map((d) => parseDate(d))
const SYMBOLS = ['AAAUSDT', 'BBBUSDT', 'CCCUSDT', 'DDDUSDT', 'ZZZUSDT']

/** A day table: random walks, a hole in BBB's premium, CCC without bars for an hour. */
function dayTable(date: UtcDate, symbols: readonly string[] = SYMBOLS): Table {
  const symbol: string[] = []
  const time: number[] = []
  const values = Object.fromEntries(DAY_COLUMNS.slice(3).map(([name]) => [name, [] as number[]]))
  const walks = new Map(symbols.map((s) => [s, { random: seededRandom(`${date}${s}`), price: 100 }]))
  for (let m = 0; m < 1440; m++) {
    for (const s of symbols) {
      const walk = walks.get(s)!
      const r = () => walk.random.next()
      const open = walk.price
      const close = open * (1 + (r() - 0.5) / 500)
      walk.price = close
      const bar = [open, Math.max(open, close) * 1.0001, Math.min(open, close) * 0.9999, close, 10 * r()]
      const quote = bar[4]! * close
      const row = [
        ...bar,
        quote,
        Math.ceil(20 * r()),
        bar[4]! * 0.4,
        quote * 0.4,
        ...[r(), r(), r(), r()],
        1e6 + m,
        r(),
        r(),
        r(),
        r(),
      ]
      if (s === 'CCCUSDT' && m >= 600 && m < 660) continue
      if (s === 'BBBUSDT' && m >= 30 && m < 40) for (let k = 9; k < 13; k++) row[k] = Number.NaN
      symbol.push(s)
      time.push(dateMs(date) + m * 60_000)
      Object.values(values).forEach((list, k) => void list.push(row[k]!))
    }
  }
  const columns: [string, Column][] = [
    ['symbol', { type: 'string', data: symbol }],
    ['start_time_ms', { type: 'int64', data: Float64Array.from(time) }],
    ['start_time_utc', { type: 'string', data: time.map(utcText) }],
  ]
  for (const [name, list] of Object.entries(values))
    columns.push([
      name,
      name === 'num_trades'
        ? { type: 'int32', data: Int32Array.from(list) }
        : { type: 'float64', data: Float64Array.from(list) },
    ])
  return makeTable(columns)
}

const spec = (over: Partial<BuildSpec> = {}): BuildSpec => ({
  top: 4,
  windows: [1, 5, 15],
  horizons: [1, 60],
  generator: 'base',
  price: 'close',
  how: 'inner',
  part: 'xy',
  float: 32,
  rules: readRules(),
  research: false,
  plugins: [],
  ...over,
})

function folderOfDays(symbols: readonly string[] = SYMBOLS): string {
  const folder = temp()
  for (const date of DATES) writeFileSync(join(folder, `${date}.parquet`), encodeParquet(dayTable(date, symbols)))
  return folder
}

const universe = Object.fromEntries(DATES.map((d) => [d, ['BBBUSDT', 'AAAUSDT', 'CCCUSDT']]))

const build = (folder: string, out: string, over: Partial<Parameters<typeof buildXy>[0]> = {}) =>
  buildXy({
    disk: nodeDisk,
    spec: spec(),
    dates: DATES.slice(1, 4),
    universe,
    locate: async (date) =>
      (await nodeDisk.exists(join(folder, `${date}.parquet`))) ? join(folder, `${date}.parquet`) : undefined,
    outDir: out,
    workers: 1,
    codeVersion: 'test',
    ...over,
  })

const hashesOf = (folder: string) =>
  Object.fromEntries(
    readdirSync(folder)
      .filter((f) => f.endsWith('.parquet'))
      .map((f) => [f, sha256(readFileSync(join(folder, f)))]),
  )
const tableHash = async (path: string) => {
  const { table } = await decodeParquet(readFileSync(path), path)
  return [...table.columns].map(([name, { data }]) => [
    name,
    sha256(Array.isArray(data) ? data.join() : new Uint8Array((data as Float32Array).buffer)),
  ])
}

describe('buildXy', () => {
  const days = folderOfDays()

  it('writes rows in order, keeps finished days, rebuilds what changed, whatever the number of workers', async () => {
    const [one, three] = [temp(), temp()]
    const first = await build(days, one)
    expect(first.map((d) => d.state)).toEqual(['built', 'built', 'built'])
    expect((await build(days, one)).map((d) => d.state)).toEqual(['kept', 'kept', 'kept'])
    await build(days, three, { workers: 3 })
    expect(hashesOf(three)).toEqual(hashesOf(one))

    const path = join(one, '2026-02-02_xy_top4.parquet')
    const { table, metadata } = await decodeParquet(readFileSync(path), path)
    const time = numbers(table, 'start_time_ms')
    const symbol = strings(table, 'symbol')
    for (let i = 1; i < table.rows; i++)
      if (!(time[i - 1]! < time[i]! || (time[i - 1] === time[i] && symbol[i - 1]! < symbol[i]!)))
        fail('E_INTERNAL', { subject: `row ${i}` })
    // CCC has no bars for an hour: its rows are not there, the others' are (RP-D19).
    expect(table.rows).toBe(3 * 1440 - 60)
    const facts = readFacts(metadata, path)!
    expect([...table.columns.keys()].sort()).toEqual([...facts.keys()].sort())
    expect(facts.get('y_60m')).toMatchObject({ role: 'label', unit: 'bp', looksUntilMinutes: 61 })
    expect(() => requireKnown(facts, ['x_5m_O2C'], 1)).not.toThrow()
    expect(() => requireKnown(facts, ['y_60m'], 1)).toThrow(/E_AVAILABILITY/)
    expect(() => requireKnown(facts, ['nothing'], 1)).toThrow(/E_AVAILABILITY/)

    // Another byte in the day after: only the days that look at it are built again.
    const changed = folderOfDays()
    const later = dayTable(parseDate('2026-02-04'))
    numbers(later, 'close')[100] = 99
    writeFileSync(join(changed, '2026-02-04.parquet'), encodeParquet(later))
    expect((await build(changed, one)).map((d) => d.state)).toEqual(['kept', 'built', 'built'])
  })

  it('does not depend on other symbols, on the order of the universe, or on rows of others', async () => {
    const out = temp()
    await build(days, out)
    const other = temp()
    const permuted = Object.fromEntries(DATES.map((d) => [d, ['CCCUSDT', 'BBBUSDT', 'AAAUSDT']]))
    await build(folderOfDays(['BBBUSDT', 'AAAUSDT', 'CCCUSDT', 'QQQUSDT']), other, { universe: permuted })
    for (const file of Object.keys(hashesOf(out)))
      expect(await tableHash(join(other, file))).toEqual(await tableHash(join(out, file)))
  })

  it('names a day that fails and goes on', async () => {
    const folder = folderOfDays()
    writeFileSync(join(folder, '2026-02-03.parquet'), 'no Parquet')
    const out = temp()
    const reports = await build(folder, out, { dates: DATES, universe: { ...universe, '2026-02-01': [] } })
    expect(reports.map((r) => [r.date, r.state, r.error?.code ?? null])).toEqual([
      ['2026-02-01', 'failed', 'E_NOTHING_FOUND'],
      // Its labels would look at the damaged day.
      ['2026-02-02', 'failed', 'E_FILE_CORRUPT'],
      ['2026-02-03', 'failed', 'E_FILE_CORRUPT'],
      ['2026-02-04', 'failed', 'E_FILE_CORRUPT'],
    ])
    const { [DATES[2]!]: _, ...without } = universe
    const partly = await build(days, out, { universe: without })
    expect(partly.map((r) => r.state)).toEqual(['built', 'failed', 'built'])
    expect(partly[1]!.error!.message).toContain('2026-02-03')
  })

  it('says why a column is empty and never puts a constant in its place', async () => {
    const bars = [DATES[0]!, DATES[1]!].map((d) => dayBars(dayTable(d), d))
    const absent = bars.map((b) => ({
      ...b,
      fields: Object.fromEntries(Object.entries(b.fields).filter(([name]) => !/^(pm|mt)_/.test(name))),
    }))
    const built = new DayBuilder(spec(), []).build(absent, DATES[1]!, ['AAAUSDT', 'BBBUSDT'])
    expect(built.empty.x_5m_RatioSkew_Z).toMatch(/mt_top_ls_ratio: the day tables do not have it/)
    const [group] = [...built.groups]
    for (const name of Object.keys(built.empty))
      expect((numbers(group!, name) as Float32Array).every(Number.isNaN)).toBe(true)
    const metrics = [...group!.columns.keys()].filter(
      (n) => /OI_|Ratio|Crowding|Premium|WhaleGap/.test(n) && !/EffRatio/.test(n),
    )
    expect(metrics.length).toBeGreaterThan(20)
    for (const name of metrics) expect(built.empty[name], name).toBeDefined()
  })

  it('tells a column that had too little history from one that gives no value at all', () => {
    const nothing = defineFeature({
      type: 'Nothing',
      title: 'no value, whatever it sees',
      unit: '1',
      windows: (w) => w > 1,
      inputs: ['close'],
      build: (x, w) => x.map('nothing', [x.mean(x.input('close'), w)], () => Number.NaN),
    })
    const one = dayTable(DATES[0]!)
    const late = Int32Array.from(
      Array.from(numbers(one, 'start_time_ms')).flatMap((t, i) => (t % 86_400_000 < 84_600_000 ? [] : [i])),
    )
    const lastHalfHour = makeTable(
      [...one.columns].map(([name, column]): [string, Column] => [
        name,
        { ...column, data: Array.from(late, (i) => column.data[i]!) } as Column,
      ]),
    )
    const windows = spec({ windows: [15, 60] })
    const why = (table: Table) =>
      new DayBuilder(windows, [nothing]).build([dayBars(table, DATES[0]!)], DATES[0]!, ['AAAUSDT']).empty
    expect(why(one)).toEqual(
      Object.fromEntries(
        ['x_15m_Nothing', 'x_15m_Nothing_neut', 'x_60m_Nothing', 'x_60m_Nothing_neut'].map((name) => [
          name,
          'it gave no value, though its history is there',
        ]),
      ),
    )
    const early = why(lastHalfHour)
    expect(early.x_15m_Nothing).toBe('it gave no value, though its history is there')
    expect(early.x_60m_Nothing).toBe('not enough history')
  })

  it('labels use observed prices only: none where either end is missing', () => {
    const bars = DATES.slice(1, 3).map((d) => dayBars(dayTable(d), d))
    const built = new DayBuilder(spec({ how: 'left', part: 'y', horizons: [1, 60] }), []).build(bars, DATES[1]!, [
      'AAAUSDT',
      'CCCUSDT',
    ])
    const group = [...built.groups][0]!
    const symbol = strings(group, 'symbol')
    const minute = Array.from(numbers(group, 'start_time_ms'), (t) => (t - dateMs(DATES[1]!)) / 60_000)
    const y = numbers(group, 'y_60m')
    for (let i = 0; i < group.rows; i++) {
      const gap = symbol[i] === 'CCCUSDT' && minute[i]! >= 540 && minute[i]! < 600
      expect(Number.isNaN(y[i]!)).toBe(gap)
    }
  })
})
