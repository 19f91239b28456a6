/**
 * One test per fault the simulator offers and per archive fact BX-01…BX-09: what the user sees, and that nothing wrong is
 * stored. One file because every case is a variation of the same one-day set-up.
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { createClient, createLimiter, createRest, fetchHttp, readCsvFromZip } from '@cointrader/binance'
import { type ManualClock, manualClock, parseDate, sha256, silentProgress } from '@cointrader/core'
import { type FetchReport, type FetchRequest, fetchPool, fetchRange, urlArchive } from '@cointrader/fetcher'
import {
  type Fault,
  type PlantedDefect,
  type Simulator,
  startSimulator,
  syntheticMarket,
  syntheticSource,
  zipOne,
} from '@cointrader/simulator'
import { decodeParquet, nodeDisk, numbers, strings, type Table } from '@cointrader/store'
import { afterEach, describe, expect, it } from 'vitest'
import { systemClock } from '../dist/context.js'
import { cointrader, tempFolder } from './helpers.js'

const DAY = parseDate('2026-02-02')
const NOW = Date.UTC(2026, 2, 15)
const market = syntheticMarket({ seed: 'faults', symbols: 3, startDate: '2026-02-01', days: 6 })
const SYMBOLS = ['BTCUSDT', 'ETHUSDT']

let simulator: Simulator
afterEach(() => simulator.close())

interface Setup {
  readonly faults?: readonly Fault[]
  readonly defects?: readonly PlantedDefect[]
  readonly request?: Partial<FetchRequest>
  readonly now?: number
  readonly dataDir?: string
  readonly timeoutMs?: number
  readonly retries?: number
  /** The simulator lives in real time: slow bytes must be slow for the client's time limit. */
  readonly realTime?: boolean
  readonly market?: typeof market
}

async function run(setup: Setup = {}): Promise<{ report: FetchReport; dataDir: string; clock: ManualClock }> {
  const clock = manualClock(setup.now ?? NOW)
  simulator = await startSimulator({
    source: syntheticSource(setup.market ?? market, { defects: setup.defects ?? [] }),
    clock: setup.realTime ? systemClock : clock,
    now: () => clock.now(),
    faults: setup.faults ?? [],
  })
  const limiter = createLimiter({ clock, weightPerMinute: 2400 })
  const client = createClient({
    http: fetchHttp,
    clock,
    limiter,
    timeoutMs: setup.timeoutMs ?? 20_000,
    retries: setup.retries ?? 4,
  })
  const rest = createRest(client, simulator.url)
  const dataDir = setup.dataDir ?? tempFolder()
  const report = await fetchRange(
    {
      startDate: DAY,
      endDate: DAY,
      symbols: SYMBOLS,
      kinds: ['klines'],
      route: 'daily',
      interval: '1m',
      market: 'um',
      allowUnverified: false,
      compat: null,
      maxMetricsAgeMs: 600_000,
      ...setup.request,
    },
    {
      disk: nodeDisk,
      clock,
      nowMs: clock.now(),
      source: urlArchive({ client, baseUrl: simulator.url, listingUrl: simulator.url, rest }),
      rest,
      pool: fetchPool(0),
      workers: 1,
      progress: silentProgress,
      log: { write: async () => {} },
      signal: new AbortController().signal,
      dataDir,
      codeVersion: 'test',
    },
  )
  return { report, dataDir, clock }
}

async function table(dataDir: string, path = `1m_raw_data/${DAY}.parquet`): Promise<Table> {
  return (await decodeParquet((await nodeDisk.read(join(dataDir, path)))!, path)).table
}
const symbolsOf = (t: Table) => [...new Set(strings(t, 'symbol'))]
const defectsOf = (dataDir: string) =>
  nodeDisk.read(join(dataDir, `1m_raw_data/${DAY}.manifest.json`)).then((b) =>
    (
      JSON.parse(new TextDecoder().decode(b)) as {
        details: { sources: { defects: { kind: string; symbol: string; count: number }[] }[] }
      }
    ).details.sources.flatMap((s) => s.defects),
  )

describe('faults of the wire', () => {
  it('404: absent, named, not an error of the run (BX-09)', async () => {
    const { report, dataDir } = await run({ faults: [{ match: 'klines/ETHUSDT/', kind: 'not-found' }] })
    expect(report.absentSymbols).toEqual(['ETHUSDT'])
    expect(report.refused).toEqual([])
    expect(symbolsOf(await table(dataDir))).toEqual(['BTCUSDT'])
  })

  it('200 with HTML: E_NOT_ZIP, the other symbol is stored, nothing of this one (BX-09)', async () => {
    const { report, dataDir } = await run({ faults: [{ match: 'ETHUSDT-1m-.*\\.zip$', kind: 'html' }] })
    expect(report.refused.map((r) => [r.symbol, r.code])).toEqual([['ETHUSDT', 'E_NOT_ZIP']])
    expect(symbolsOf(await table(dataDir))).toEqual(['BTCUSDT'])
    expect(existsSync(join(dataDir, '.run/cache/archive/data/futures/um/daily/klines/ETHUSDT'))).toBe(false)
  })

  it('truncated ZIP once: downloaded a second time and accepted', async () => {
    const { report, dataDir } = await run({ faults: [{ match: 'ETHUSDT', kind: 'truncated-zip', times: 1 }] })
    expect(report.refused).toEqual([])
    expect(symbolsOf(await table(dataDir))).toEqual(SYMBOLS)
  })

  it('truncated ZIP always: E_CHECKSUM, or E_ZIP_DAMAGED where there is no checksum to compare', async () => {
    const { report } = await run({ faults: [{ match: 'ETHUSDT', kind: 'truncated-zip' }] })
    expect(report.refused.map((r) => r.code)).toEqual(['E_CHECKSUM'])
    await simulator.close()
    const faults: Fault[] = [
      { match: 'ETHUSDT.*CHECKSUM', kind: 'not-found' },
      { match: 'ETHUSDT', kind: 'truncated-zip' },
    ]
    const unverified = await run({ faults, request: { allowUnverified: true } })
    expect(unverified.report.refused.map((r) => r.code)).toEqual(['E_ZIP_DAMAGED'])
    expect(symbolsOf(await table(unverified.dataDir))).toEqual(['BTCUSDT'])
  })

  it('wrong checksum: one second download, then refused and recorded; the next run asks again (BX-03)', async () => {
    const { report, dataDir } = await run({ faults: [{ match: 'ETHUSDT', kind: 'wrong-checksum' }] })
    expect(report.refused.map((r) => r.code)).toEqual(['E_CHECKSUM'])
    expect(simulator.requests.filter((r) => /ETHUSDT.*\.zip$/.test(r.path))).toHaveLength(2)
    await simulator.close()
    const again = await run({ dataDir })
    expect(again.report.refused).toEqual([])
    expect(symbolsOf(await table(dataDir))).toEqual(SYMBOLS)
  })

  it('slow bytes: the time limit ends the request, E_NETWORK after the retries', async () => {
    const { report, dataDir } = await run({
      faults: [{ match: 'ETHUSDT.*zip$', kind: 'slow', bytesPerSec: 500 }],
      retries: 1,
      timeoutMs: 400,
      realTime: true,
    })
    expect(report.refused.map((r) => r.code)).toEqual(['E_NETWORK'])
    expect(symbolsOf(await table(dataDir))).toEqual(['BTCUSDT'])
  })

  it('a connection cut in the middle of a file: retried, never half a file', async () => {
    const { report, dataDir } = await run({
      faults: [{ match: 'ETHUSDT.*zip$', kind: 'reset', afterBytes: 100, times: 1 }],
    })
    expect(report.refused).toEqual([])
    expect(symbolsOf(await table(dataDir))).toEqual(SYMBOLS)
  })

  it('connection reset: retried with growing waits, then fine', async () => {
    const { report, clock } = await run({ faults: [{ match: 'ETHUSDT.*zip$', kind: 'reset', times: 2 }] })
    expect(report.refused).toEqual([])
    expect(clock.slept.slice(0, 2)).toEqual([1000, 2000])
  })

  it.each([
    ['rate-limit', 429, 7],
    ['ban', 418, 130],
  ] as const)('%s: no request leaves before Retry-After is up (BX-25)', async (kind, status, retryAfterSec) => {
    const { report } = await run({ faults: [{ match: 'ETHUSDT.*zip$', kind, times: 1, retryAfterSec }] })
    expect(report.refused).toEqual([])
    const at = simulator.requests.findIndex((r) => r.status === status)
    const told = simulator.requests[at]!
    // Requests already on the wire may arrive; each later one must be at or after the allowed instant.
    const inFlight = simulator.requests.slice(at + 1).filter((r) => r.atMs < told.atMs + retryAfterSec * 1000)
    expect(inFlight.length).toBe(0)
    expect(simulator.requests.length).toBeGreaterThan(at + 1)
  })

  it('a ban longer than we wait: E_BANNED with the instant it ends, and not one request more', async () => {
    await expect(run({ faults: [{ match: 'zip$', kind: 'ban', retryAfterSec: 86_400 }] })).rejects.toThrow(
      /E_BANNED.*free again at 2026-03-16T00:00:00/,
    )
    expect(simulator.requests.filter((r) => r.status === 418).length).toBeLessThanOrEqual(2)
  })
})

describe('weights', () => {
  it('REST days stay under 80 % of the limit in every minute (BX-25)', async () => {
    const clockNow = Date.UTC(2026, 1, 4, 6)
    const many = syntheticMarket({ seed: 'weights', symbols: 12, startDate: '2026-02-01', days: 6 })
    const { report } = await run({
      market: many,
      now: clockNow,
      request: { symbols: null, kinds: ['klines', 'premium', 'mark'] },
      faults: [{ match: '^/data/', kind: 'not-found' }],
    })
    expect(report.days[0]!.rows).toBe(12 * 1440)
    const perMinute = new Map<number, number>()
    for (const r of simulator.requests) {
      if (!r.path.startsWith('/fapi')) continue
      const weight = /klines|premiumIndexKlines|markPriceKlines/i.test(r.path) ? 10 : 1
      const minute = Math.floor(r.atMs / 60_000)
      perMinute.set(minute, (perMinute.get(minute) ?? 0) + weight)
      expect(r.status).toBe(200)
    }
    for (const used of perMinute.values()) expect(used).toBeLessThanOrEqual(0.8 * 2400)
  })
})

describe('facts of the archive', () => {
  it('BX-01: a file without a header keeps its first row', async () => {
    const { dataDir } = await run({ defects: [{ kind: 'no-header', symbol: 'ETHUSDT', date: DAY }] })
    const t = await table(dataDir)
    expect(strings(t, 'symbol').filter((s) => s === 'ETHUSDT')).toHaveLength(1440)
    expect(numbers(t, 'start_time_ms')[0]).toBe(Date.UTC(2026, 1, 2))
  })

  it('BX-02: spot is in microseconds and comes out in milliseconds; a mixed file is refused with its row', async () => {
    const { report, dataDir } = await run({ request: { market: 'spot' } })
    expect(report.refused).toEqual([])
    const t = await table(dataDir, `spot/1m_raw_data/${DAY}.parquet`)
    expect(numbers(t, 'start_time_ms')[0]).toBe(Date.UTC(2026, 1, 2))
    await simulator.close()
    const mixed = await run({ defects: [{ kind: 'mixed-units', symbol: 'ETHUSDT', date: DAY, fromMinute: 700 }] })
    expect(mixed.report.refused.map((r) => r.code)).toEqual(['E_MIXED_TIME_UNITS'])
    expect(mixed.report.refused[0]!.message).toContain('data row 701')
    expect(symbolsOf(await table(mixed.dataDir))).toEqual(['BTCUSDT'])
  })

  it('BX-03: a day that the monthly file lacks is filled from the daily file; an absent month falls back to daily', async () => {
    const long = syntheticMarket({ seed: 'monthly', symbols: 2, startDate: '2026-01-31', days: 30 })
    const clock = manualClock(NOW)
    const archive = syntheticSource(long).archive
    const folder = tempFolder()
    const monthly = 'data/futures/um/monthly/klines/BTCUSDT/1m/BTCUSDT-1m-2026-02.zip'
    const whole = await readCsvFromZip((await archive.read(monthly, NOW))!, monthly)
    const from = Date.UTC(2026, 1, 2)
    const lines = new TextDecoder()
      .decode(whole)
      .split('\n')
      .filter((l) => !(Number(l.split(',')[0]) >= from && Number(l.split(',')[0]) < from + 86_400_000))
    const holed = zipOne('BTCUSDT-1m-2026-02.csv', new TextEncoder().encode(lines.join('\n')))
    const replaced: Record<string, Uint8Array> = {
      [monthly]: holed,
      [`${monthly}.CHECKSUM`]: new TextEncoder().encode(`${sha256(holed)}  BTCUSDT-1m-2026-02.zip\n`),
    }
    simulator = await startSimulator({
      source: {
        ...syntheticSource(long),
        archive: {
          ...archive,
          read: async (path, now) =>
            replaced[path] ?? (/monthly\/klines\/ETHUSDT/.test(path) ? undefined : archive.read(path, now)),
        },
      },
      clock,
    })
    const client = createClient({ http: fetchHttp, clock, limiter: createLimiter({ clock, weightPerMinute: 2400 }) })
    const report = await fetchRange(
      {
        startDate: DAY,
        endDate: parseDate('2026-02-03'),
        symbols: SYMBOLS,
        kinds: ['klines'],
        route: 'monthly',
        interval: '1m',
        market: 'um',
        allowUnverified: false,
        compat: null,
        maxMetricsAgeMs: 600_000,
      },
      {
        disk: nodeDisk,
        clock,
        nowMs: NOW,
        source: urlArchive({ client, baseUrl: simulator.url, listingUrl: simulator.url, rest: undefined }),
        rest: undefined,
        pool: fetchPool(0),
        workers: 1,
        progress: silentProgress,
        log: { write: async () => {} },
        signal: new AbortController().signal,
        dataDir: folder,
        codeVersion: 'test',
      },
    )
    expect(report.refused).toEqual([])
    expect(report.days.map((d) => d.rows)).toEqual([2880, 2880])
    const zips = simulator.requests
      .filter((r) => r.status === 200 && r.path.endsWith('.zip'))
      .map((r) => r.path.split('/').at(-1))
      .sort()
    expect(zips).toEqual([
      'BTCUSDT-1m-2026-02-02.zip',
      'BTCUSDT-1m-2026-02.zip',
      'ETHUSDT-1m-2026-02-02.zip',
      'ETHUSDT-1m-2026-02-03.zip',
    ])
  })

  it('BX-04: holes, zeros, blanks and duplicates of metrics are stored as they are or missing, never invented', async () => {
    const { dataDir } = await run({
      request: { kinds: ['klines', 'metrics'] },
      defects: [
        { kind: 'missing-metrics', symbol: 'ETHUSDT', date: DAY, fromMinute: 300, count: 6 },
        { kind: 'zero-oi', symbol: 'BTCUSDT', date: DAY, fromMinute: 600, count: 2 },
        { kind: 'duplicate-metrics', symbol: 'BTCUSDT', date: DAY, fromMinute: 900 },
        { kind: 'shifted-time', symbol: 'BTCUSDT', date: DAY, fromMinute: 1000, source: 'metrics' },
      ],
    })
    const kinds = (await defectsOf(dataDir)).map((d) => d.kind)
    expect(kinds).toEqual(expect.arrayContaining(['missing_metrics', 'duplicate_metrics', 'shifted_label']))
    const t = await table(dataDir)
    const oi = (symbol: string, minute: number) => {
      const i = strings(t, 'symbol').findIndex(
        (s, k) => s === symbol && numbers(t, 'start_time_ms')[k] === Date.UTC(2026, 1, 2) + minute * 60_000,
      )
      return numbers(t, 'mt_oi')[i]!
    }
    expect(oi('BTCUSDT', 601)).toBe(0)
    // The row of 295 serves until it is ten minutes old; the next is that of 330.
    expect(oi('ETHUSDT', 305)).toBeGreaterThan(0)
    expect(oi('ETHUSDT', 306)).toBeNaN()
    expect(oi('ETHUSDT', 330)).toBeGreaterThan(0)
  })

  it('BX-05: metrics are known when they are known, on both sides of the switch of 2026-06-25', async () => {
    const around = syntheticMarket({ seed: 'switch', symbols: 1, startDate: '2026-06-22', days: 6 })
    const { dataDir } = await run({
      market: around,
      now: Date.UTC(2026, 7, 1),
      request: {
        startDate: parseDate('2026-06-24'),
        endDate: parseDate('2026-06-26'),
        symbols: ['BTCUSDT'],
        kinds: ['klines', 'metrics'],
      },
    })
    const truth = new Map<number, number>()
    for (const day of ['2026-06-23', '2026-06-24', '2026-06-25', '2026-06-26']) {
      for (const row of around.metrics('BTCUSDT', parseDate(day)))
        truth.set(row.instantMs, row.openInterestValue / 10 ** row.valueDecimals)
    }
    let checked = 0
    for (const day of ['2026-06-24', '2026-06-25', '2026-06-26']) {
      const t = await table(dataDir, `1m_raw_data/${day}.parquet`)
      const time = numbers(t, 'start_time_ms')
      const oi = numbers(t, 'mt_oi')
      for (let i = 0; i < t.rows; i++) {
        // The newest period that has ended by the bar's start.
        const known = truth.get(Math.floor(time[i]! / 300_000) * 300_000)!
        expect(Math.abs(oi[i]! - known)).toBeLessThanOrEqual(1e-6 * known)
        checked++
      }
    }
    expect(checked).toBe(3 * 1440)
  })

  it('BX-06: funding keeps its real interval, row by row', async () => {
    const { dataDir } = await run({
      request: {
        symbols: null,
        kinds: ['funding'],
        startDate: parseDate('2026-02-01'),
        endDate: parseDate('2026-02-05'),
      },
    })
    const seen = new Set<number>()
    for (const symbol of market.specs.map((s) => s.symbol)) {
      const t = await table(dataDir, `funding/${symbol}.parquet`)
      for (const h of numbers(t, 'interval_hours')) seen.add(h)
      expect(numbers(t, 'interval_stated').every((x) => x === 1)).toBe(true)
    }
    expect([...seen].every((h) => [1, 2, 4, 8].includes(h))).toBe(true)
  })

  it('BX-07: a premium file with a hole is data, and the minutes are missing', async () => {
    const { report, dataDir } = await run({
      request: { kinds: ['klines', 'premium'] },
      defects: [{ kind: 'premium-gap', symbol: 'ETHUSDT', date: DAY, fromMinute: 100, count: 50 }],
    })
    expect(report.refused).toEqual([])
    const t = await table(dataDir)
    expect(numbers(t, 'pm_close').filter((x) => Number.isNaN(x)).length).toBe(50)
    expect(t.rows).toBe(2 * 1440)
  })

  it('a refused metrics file of the day before is named; only the first minutes are missing', async () => {
    const { report, dataDir } = await run({
      request: { kinds: ['klines', 'metrics'] },
      faults: [{ match: 'ETHUSDT-metrics-2026-02-01', kind: 'wrong-checksum' }],
    })
    expect(report.refused.map((r) => [r.code, r.path.split('/').at(-1)])).toEqual([
      ['E_CHECKSUM', 'ETHUSDT-metrics-2026-02-01.zip'],
    ])
    const t = await table(dataDir)
    const missing = (symbol: string) =>
      numbers(t, 'mt_oi').filter((x, i) => strings(t, 'symbol')[i] === symbol && Number.isNaN(x)).length
    expect([missing('BTCUSDT'), missing('ETHUSDT')]).toEqual([0, 5])
  })

  it('an exchangeInfo that does not answer: contract facts come from the names, and that is reported', async () => {
    const { report } = await run({ faults: [{ match: 'exchangeInfo', kind: 'not-found' }], request: { symbols: null } })
    expect(report.choice.derived).toEqual(report.choice.symbols)
    expect(report.days[0]!.symbols).toBe(3)
  })

  it('a symbol that the venue does not list is named with the nearest one it does', async () => {
    const clock = manualClock(NOW)
    simulator = await startSimulator({ source: syntheticSource(market), clock, now: () => clock.now() })
    const day = ['--start-date', DAY, '--end-date', DAY, '--kinds', 'klines', '--archive', simulator.url]
    const done = await cointrader(['fetch', ...day, '--symbols', 'BTCUSDT,ETHUSD', '--data-dir', tempFolder()])
    expect(done.code, done.stderr).toBe(3)
    expect(done.stderr).toContain('symbol ETHUSD: no klines in the whole range (did you mean "ETHUSDT"?)')
    // No request is made for a date that does not exist.
    const before = simulator.requests.length
    const wrong = await cointrader(['fetch', '--start-date', '2026-02-30', '--archive', simulator.url])
    expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringMatching(/E_USAGE_DATE.*2026-02-30/)])
    expect(simulator.requests).toHaveLength(before)
  })

  it('BX-08: delisted and non-ASCII symbols come from the listing, with percent-encoded URLs', async () => {
    const wide = syntheticMarket({ seed: 'names', symbols: 2, startDate: '2026-02-01', days: 6, extras: true })
    const { report, dataDir } = await run({ market: wide, request: { symbols: null } })
    const chinese = report.choice.symbols.filter((s) => /[^\x20-\x7e]/.test(s))
    expect(chinese.length).toBe(1)
    expect(symbolsOf(await table(dataDir))).toContain(chinese[0])
    expect(Object.keys(report.choice.left).length).toBeGreaterThan(0)
  })
})
