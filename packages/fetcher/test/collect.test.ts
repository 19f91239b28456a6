import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  createClient,
  createLimiter,
  createRest,
  type Http,
  RATIO_SERIES,
  type RatioRow,
  type RatioSeries,
} from '@cointrader/binance'
import { CointraderError, type ErrorCode, manualClock } from '@cointrader/core'
import { COLLECT_KIND_NAMES, type CollectOptions, collect, pacedClient } from '@cointrader/fetcher/collect'
import { type Disk, decodeParquet, nodeDisk, numbers, soundManifest, strings, walk } from '@cointrader/store'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'

const STEP = 15 * 60_000
const DAY = 86_400_000
/** 2026-02-10 12:07:30: the period that began at 12:00 is running. */
const NOW = Date.UTC(2026, 1, 10, 12, 7, 30)
const LAST = Date.UTC(2026, 1, 10, 11, 45)

type Change = (series: RatioSeries, symbol: string, row: RatioRow) => RatioRow | undefined
interface Fake {
  now: number
  readonly asked: string[]
  rest: CollectOptions['rest']
}

/** A venue that has a point for every period up to and including the running one, for 30 days back. */
function fakeVenue(
  options: { change?: Change; fails?: (series: RatioSeries, symbol: string) => ErrorCode | undefined } = {},
): Fake {
  const fake: Fake = {
    now: NOW,
    asked: [],
    rest: {
      serverTime: async () => fake.now,
      async ratioSeries(series, symbol, period, fromMs, toMs) {
        fake.asked.push(`${series} ${symbol} ${period} ${new Date(fromMs).toISOString()}`)
        const code = options.fails?.(series, symbol)
        if (code) throw new CointraderError(code, { subject: `${series} ${symbol}` })
        if (fromMs < fake.now - 30 * DAY) throw new CointraderError('E_HTTP', { subject: series, detail: 'too old' })
        const rows: RatioRow[] = []
        for (let t = Math.ceil(fromMs / STEP) * STEP; t < toMs && t <= fake.now; t += STEP) {
          const value = 1 + ((t / STEP) % 97) / 100 + symbol.length
          const row = { timestamp: t, values: RATIO_SERIES[series].map((_, k) => (value * (k + 1)).toFixed(4)) }
          const kept = options.change ? options.change(series, symbol, row) : row
          if (kept) rows.push(kept)
        }
        return rows
      },
    },
  }
  return fake
}

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'collect-'))
})
afterEach(() => rm(folder, { recursive: true }))

const run = (fake: Fake, more: Partial<CollectOptions> = {}) =>
  collect({
    rest: fake.rest,
    disk: nodeDisk,
    dataDir: folder,
    symbols: ['XRPUSDT', 'BTCUSDT'],
    period: '15m',
    codeVersion: 'test/1',
    ...more,
  })

async function table(name: string) {
  const { table } = await decodeParquet(await readFile(join(folder, name)), name)
  return table
}

async function tree(): Promise<Record<string, string>> {
  const out: Record<string, string> = {}
  for (const name of await walk(nodeDisk, folder)) out[name] = (await readFile(join(folder, name))).toString('base64')
  return out
}

/** Value of one stored cell, or undefined when there is no such row. */
async function cell(
  kind: string,
  date: string,
  symbol: string,
  timestampMs: number,
  column: string,
): Promise<number | undefined> {
  const t = await table(`collected/${kind}/${date}.parquet`)
  const at = numbers(t, 'timestamp_ms').findIndex((ms, i) => ms === timestampMs && strings(t, 'symbol')[i] === symbol)
  return at < 0 ? undefined : numbers(t, column)[at]
}

describe('one cycle', () => {
  test('stores five kinds, sorted, with the cautious instant of knowledge and a sound manifest', async () => {
    const report = await run(fakeVenue(), { backMs: 3 * 3_600_000 })
    expect(report.failures).toEqual([])
    expect(report.written).toEqual(COLLECT_KIND_NAMES.map((k) => `collected/${k}/2026-02-10.parquet`))
    const t = await table('collected/open_interest/2026-02-10.parquet')
    expect([...t.columns.keys()]).toEqual([
      'symbol',
      'timestamp_ms',
      'known_at_ms',
      'open_interest',
      'open_interest_usdt',
    ])
    const stamps = numbers(t, 'timestamp_ms')
    const names = strings(t, 'symbol')
    expect([names[0], names[1]]).toEqual(['BTCUSDT', 'XRPUSDT'])
    expect(stamps[0]).toBe(Date.UTC(2026, 1, 10, 9, 15))
    // 12:00 has begun and not ended: it is not stored.
    expect(stamps.at(-1)).toBe(LAST)
    expect(numbers(t, 'known_at_ms')[0]).toBe(stamps[0]! + STEP)
    for (let i = 0; i < t.rows; i++)
      expect(numbers(t, 'open_interest_usdt')[i]).toBeCloseTo(2 * numbers(t, 'open_interest')[i]!, 3)
    const manifest = await soundManifest(nodeDisk, join(folder, 'collected/taker_ratio/2026-02-10.parquet'))
    expect(manifest).toMatchObject({
      rows: 22,
      timeRange: [stamps[0], LAST],
      columns: ['symbol', 'timestamp_ms', 'known_at_ms', 'buy_sell_ratio'],
    })
  })

  test('asks 29.5 days back at first, never 30 (D-17), and then from the last stored point', async () => {
    const fake = fakeVenue()
    const first = await run(fake, { symbols: ['XRPUSDT'] })
    expect(first.failures).toEqual([])
    expect(fake.asked[0]).toBe('openInterestHist XRPUSDT 15m 2026-01-12T00:15:00.000Z')
    expect(first.series[0]).toMatchObject({ points: 2831, missing: 0, lost: 0 })
    fake.asked.length = 0
    fake.now += 2 * STEP
    const second = await run(fake, { symbols: ['XRPUSDT'] })
    expect(fake.asked[0]).toBe('openInterestHist XRPUSDT 15m 2026-02-10T11:30:00.000Z')
    expect(second.added).toBe(2 * 5)
    expect(second.written).toHaveLength(5)
  })

  test('a repeated cycle writes nothing; the same cycle elsewhere gives equal bytes', async () => {
    await run(fakeVenue(), { backMs: DAY })
    const before = await tree()
    expect(Object.keys(before)).toHaveLength(2 * 2 * 5)
    const again = await run(fakeVenue(), { backMs: DAY })
    expect([again.written, again.added]).toEqual([[], 0])
    expect(await tree()).toEqual(before)
    await rm(folder, { recursive: true })
    await run(fakeVenue(), { backMs: DAY, symbols: ['BTCUSDT', 'XRPUSDT', 'BTCUSDT'] })
    expect(await tree()).toEqual(before)
  })

  test('a gap of the venue is counted, and filled by --back later; an outage beyond 30 days is named as lost', async () => {
    const hole = LAST - 4 * STEP
    const holey = await run(fakeVenue({ change: (_s, _y, row) => (row.timestamp === hole ? undefined : row) }), {
      backMs: 3 * 3_600_000,
      symbols: ['XRPUSDT'],
    })
    expect(holey.series.map((s) => s.missing)).toEqual([1, 1, 1, 1, 1])
    const mended = await run(fakeVenue(), { backMs: 3 * 3_600_000, symbols: ['XRPUSDT'] })
    expect(mended.added).toBe(5)
    expect(await cell('taker_ratio', '2026-02-10', 'XRPUSDT', hole, 'buy_sell_ratio')).toBeGreaterThan(1)
    const late = fakeVenue()
    late.now += 40 * DAY
    expect((await run(late, { symbols: ['XRPUSDT'] })).series[0]!.lost).toBe(10.5 * 96 + 1)
  })
})

describe('upsert', () => {
  const target = LAST - 6 * STEP
  const at =
    (ms: number, values: string[]): Change =>
    (_s, _y, row) =>
      row.timestamp === ms ? { ...row, values: values.slice(0, row.values.length) } : row
  const back = { backMs: 4 * 3_600_000, symbols: ['XRPUSDT'] }

  test('a stored 0 is replaced; a stored value is not replaced by 0', async () => {
    await run(fakeVenue({ change: at(target, ['0', '0']) }), back)
    expect(await cell('open_interest', '2026-02-10', 'XRPUSDT', target, 'open_interest')).toBe(0)
    expect((await run(fakeVenue(), back)).filled).toBe(6)
    const value = await cell('open_interest', '2026-02-10', 'XRPUSDT', target, 'open_interest')
    expect(value).toBeGreaterThan(1)
    expect(await run(fakeVenue({ change: at(target, ['0', '0']) }), back)).toMatchObject({
      filled: 0,
      differing: 0,
      written: [],
    })
    expect(await cell('open_interest', '2026-02-10', 'XRPUSDT', target, 'open_interest')).toBe(value)
  })

  test('an old value stays and the difference is reported; the two newest periods follow the venue', async () => {
    await run(fakeVenue(), back)
    const old = await cell('taker_ratio', '2026-02-10', 'XRPUSDT', target, 'buy_sell_ratio')
    const differing = await run(fakeVenue({ change: at(target, ['5.5', '6.5']) }), back)
    expect(differing).toMatchObject({ differing: 6, revised: 0, written: [] })
    expect(differing.examples[0]).toContain('venue now 5.5')
    expect(await cell('taker_ratio', '2026-02-10', 'XRPUSDT', target, 'buy_sell_ratio')).toBe(old)
    const newest: Change = (_s, _y, row) =>
      row.timestamp >= LAST - 2 * STEP ? { ...row, values: row.values.map(() => '7.5') } : row
    expect(await run(fakeVenue({ change: newest }), back)).toMatchObject({ revised: 2 * 6, differing: 6 })
    const ratios = [LAST, LAST - STEP, LAST - 2 * STEP].map((ms) =>
      cell('taker_ratio', '2026-02-10', 'XRPUSDT', ms, 'buy_sell_ratio'),
    )
    expect((await Promise.all(ratios)).map((v) => v === 7.5)).toEqual([true, true, false])
  })

  test('symbols collected in turn share the day files and lose nothing', async () => {
    await run(fakeVenue(), { backMs: DAY, symbols: ['XRPUSDT'] })
    await run(fakeVenue(), { backMs: DAY, symbols: ['BTCUSDT'] })
    const apart = await tree()
    await rm(folder, { recursive: true })
    await run(fakeVenue(), { backMs: DAY })
    expect(await tree()).toEqual(apart)
  })
})

describe('failures', () => {
  test('a failing symbol does not drop the others', async () => {
    const report = await run(fakeVenue({ fails: (_s, y) => (y === 'BTCUSDT' ? 'E_HTTP' : undefined) }), { backMs: DAY })
    expect(report.failures.map((f) => `${f.kind} ${f.symbol} ${f.code}`)).toEqual(
      COLLECT_KIND_NAMES.map((k) => `${k} BTCUSDT E_HTTP`),
    )
    expect(new Set(strings(await table('collected/taker_ratio/2026-02-10.parquet'), 'symbol'))).toEqual(
      new Set(['XRPUSDT']),
    )
  })

  test('an empty answer is a failure, never a zero (D-17)', async () => {
    const report = await run(fakeVenue({ change: (_s, y, row) => (y === 'XRPUSDT' ? undefined : row) }), {
      backMs: DAY,
    })
    expect(report.failures).toHaveLength(5)
    expect(report.failures[0]).toMatchObject({ symbol: 'XRPUSDT', code: 'E_NOTHING_FOUND' })
  })

  test('unreadable points are left out and named, the rest is stored', async () => {
    const bad: Change = (series, symbol, row) => {
      if (symbol !== 'XRPUSDT' || series !== 'takerlongshortRatio') return row
      if (row.timestamp === LAST) return { ...row, values: [''] }
      if (row.timestamp === LAST - STEP) return { ...row, values: ['NaN'] }
      if (row.timestamp === LAST - 2 * STEP) return { ...row, values: ['-1'] }
      return row.timestamp === LAST - 3 * STEP ? { ...row, timestamp: row.timestamp + 1 } : row
    }
    const report = await run(fakeVenue({ change: bad }), { backMs: DAY })
    expect(report.failures).toHaveLength(1)
    expect(report.failures[0]).toMatchObject({ kind: 'taker_ratio', symbol: 'XRPUSDT', code: 'E_BAD_PAYLOAD' })
    expect(report.failures[0]!.message).toContain('4 of 95')
    expect(await cell('taker_ratio', '2026-02-10', 'XRPUSDT', LAST - 4 * STEP, 'buy_sell_ratio')).toBeDefined()
    expect(await cell('taker_ratio', '2026-02-10', 'XRPUSDT', LAST - STEP, 'buy_sell_ratio')).toBeUndefined()
    expect(await cell('taker_ratio', '2026-02-10', 'BTCUSDT', LAST - STEP, 'buy_sell_ratio')).toBeDefined()
  })

  test('a ban ends the asking and keeps what was fetched', async () => {
    const fake = fakeVenue({
      fails: (s, y) => (s === 'topLongShortAccountRatio' && y === 'XRPUSDT' ? 'E_BANNED' : undefined),
    })
    const report = await run(fake, { backMs: DAY })
    expect(fake.asked).toHaveLength(4)
    expect(report.failures).toHaveLength(1 + 3 * 2)
    expect(report.written).toEqual(
      ['open_interest', 'top_account_ratio'].flatMap((k) =>
        ['09', '10'].map((d) => `collected/${k}/2026-02-${d}.parquet`),
      ),
    )
  })

  test('a dead network is given up after three failures in a row', async () => {
    const fake = fakeVenue({ fails: () => 'E_NETWORK' })
    expect((await run(fake)).failures).toHaveLength(10)
    expect(fake.asked).toHaveLength(3)
  })

  test('a damaged day file is left as it is and spoils only its kind', async () => {
    await run(fakeVenue(), { backMs: 3_600_000 })
    const path = join(folder, 'collected/open_interest/2026-02-10.parquet')
    await writeFile(path, 'not parquet')
    const fake = fakeVenue()
    fake.now += STEP
    const report = await run(fake)
    expect(report.failures.map((f) => [f.kind, f.symbol, f.code])).toEqual([['open_interest', '*', 'E_FILE_CORRUPT']])
    expect(report.added).toBe(4 * 2)
    expect(await readFile(path, 'utf8')).toBe('not parquet')
  })

  test('points of another period are not mixed in', async () => {
    await run(fakeVenue(), { backMs: 3_600_000 })
    const before = await tree()
    const report = await run(fakeVenue(), { period: '5m', backMs: 3_600_000 })
    expect(new Set(report.failures.map((f) => f.code))).toEqual(new Set(['E_CONFIG']))
    expect(await tree()).toEqual(before)
  })

  test('killed between two writes, the next cycle ends in the same tree', async () => {
    await run(fakeVenue(), { backMs: 3 * DAY })
    const whole = await tree()
    for (let survive = 0; survive < 40; survive += 7) {
      await rm(folder, { recursive: true })
      let writes = 0
      const dying: Disk = {
        ...nodeDisk,
        async writeAtomic(path, bytes) {
          if (writes++ >= survive) throw new Error('killed')
          await nodeDisk.writeAtomic(path, bytes)
        },
      }
      await expect(run(fakeVenue(), { backMs: 3 * DAY, disk: dying })).rejects.toThrow('killed')
      await run(fakeVenue(), { backMs: 3 * DAY })
      expect(await tree()).toEqual(whole)
    }
  })
})

test('over the real client: pages of 500, and the limit of its own that /futures/data has', async () => {
  const clock = manualClock(NOW)
  const urls: URL[] = []
  const http: Http = {
    async get(text) {
      const url = new URL(text)
      urls.push(url)
      const from = Number(url.searchParams.get('startTime'))
      const to = Number(url.searchParams.get('endTime'))
      const rows: unknown[] = []
      for (let t = Math.ceil(from / STEP) * STEP; t <= to && rows.length < 500; t += STEP) {
        rows.push({
          symbol: 'XRPUSDT',
          longShortRatio: '1.1',
          buySellRatio: '0.9',
          sumOpenInterest: '5',
          sumOpenInterestValue: '6',
          timestamp: t,
        })
      }
      const body = url.pathname.endsWith('/time') ? { serverTime: NOW } : rows
      return { status: 200, header: () => null, body: new TextEncoder().encode(JSON.stringify(body)) }
    },
  }
  const client = createClient({ http, clock, limiter: createLimiter({ clock, weightPerMinute: 2400 }) })
  const rest = createRest(pacedClient(client, { clock, requests: 16, windowMs: 300_000 }), 'http://127.0.0.1:1')
  const report = await run({ now: NOW, asked: [], rest }, { symbols: ['XRPUSDT'] })
  expect(report.failures).toEqual([])
  expect(report.series.map((s) => s.points)).toEqual([2831, 2831, 2831, 2831, 2831])
  // 6 pages for each of 5 series: 16 leave at once, 14 when the window has passed.
  expect(urls).toHaveLength(1 + 30)
  expect(clock.slept).toEqual([300_000])
})
