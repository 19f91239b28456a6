import { archivePath, type Period, urlPath } from '@cointrader/binance'
import {
  DAY_MS,
  dateMs,
  HOUR_MS,
  type Interval,
  type Kind,
  parseDate,
  sha256,
  type UtcDate,
  type UtcMonth,
} from '@cointrader/core'
import {
  folderSource,
  KLINE_HEADER,
  METRICS_HEADER,
  parseArchivePath,
  type SyntheticMarket,
  syntheticArchive,
  unzipCsv,
  writeArchiveFolder,
  zipOne,
} from '@cointrader/simulator'
import { nodeDisk, walk } from '@cointrader/store'
import { describe, expect, it } from 'vitest'
import { get, marketOf, serve, tempFolder } from './helpers.js'

const daily = (date: string): Period => ({ route: 'daily', date: date as UtcDate })
const monthly = (month: string): Period => ({ route: 'monthly', month: month as UtcMonth })
const FAR = dateMs(parseDate('2027-01-01'))

async function csv(
  market: SyntheticMarket,
  kind: Kind,
  symbol: string,
  period: Period,
  options: { nowMs?: number; interval?: Interval; venue?: 'um' | 'spot' } = {},
): Promise<string[] | undefined> {
  const path = archivePath(options.venue ?? 'um', kind, symbol, options.interval ?? '1m', period)
  const zip = await syntheticArchive(market).read(path, options.nowMs ?? FAR)
  return zip && unzipCsv(zip, path).toString('utf8').trimEnd().split('\n')
}

describe('archive files', () => {
  const market = marketOf(28)

  it('a month is its days joined, for every kind and an interval', async () => {
    for (const [kind, interval] of [
      ['klines', '1m'],
      ['premium', '1m'],
      ['mark', '1m'],
      ['klines', '15m'],
    ] as [Kind, Interval][]) {
      const month = (await csv(market, kind, 'ETHUSDT', monthly('2026-02'), { interval }))!
      const days: string[] = []
      for (let d = 1; d <= 28; d++)
        days.push(
          ...(await csv(market, kind, 'ETHUSDT', daily(`2026-02-${String(d).padStart(2, '0')}`), { interval }))!.slice(
            1,
          ),
        )
      expect(month[0]).toBe(KLINE_HEADER)
      expect(month.slice(1)).toEqual(days)
      expect(days).toHaveLength(interval === '1m' ? 28 * 1440 : 28 * 96)
    }
  })

  it('writes klines as Binance does: 12 cells, fixed decimals, closed minutes', async () => {
    const rows = (await csv(market, 'klines', 'BTCUSDT', daily('2026-02-03')))!
    expect(rows).toHaveLength(1441)
    const start = dateMs(parseDate('2026-02-03'))
    expect(rows[1]).toMatch(
      new RegExp(
        `^${start},\\d+\\.\\d,\\d+\\.\\d,\\d+\\.\\d,\\d+\\.\\d,\\d+\\.\\d{3},${start + 59_999},\\d+\\.\\d{4},\\d+,\\d+\\.\\d{3},\\d+\\.\\d{4},0$`,
      ),
    )
    const premium = (await csv(market, 'premium', 'BTCUSDT', daily('2026-02-03')))!
    expect(premium[1]).toMatch(/^\d{13},-?0\.\d{8},-?0\.\d{8},-?0\.\d{8},-?0\.\d{8},0,\d{13},0,12,0,0,0$/)
  })

  it('has no header before 2022-05, and spot has none ever and microseconds from 2025', async () => {
    const old = marketOf(5, 2, '2022-04-29')
    expect((await csv(old, 'klines', 'BTCUSDT', daily('2022-04-30')))![0]).toMatch(/^1651276800000,/)
    expect((await csv(old, 'klines', 'BTCUSDT', daily('2022-05-01')))![0]).toBe(KLINE_HEADER)
    expect((await csv(old, 'metrics', 'BTCUSDT', daily('2022-04-30')))![0]).toBe(METRICS_HEADER)
    const turn = marketOf(5, 2, '2024-12-30')
    const before = (await csv(turn, 'klines', 'BTCUSDT', daily('2024-12-31'), { venue: 'spot' }))!
    const after = (await csv(turn, 'klines', 'BTCUSDT', daily('2025-01-01'), { venue: 'spot' }))!
    expect(before).toHaveLength(1440)
    expect(before[0]!.split(',')[0]).toBe('1735603200000')
    expect(after[0]!.split(',').filter((_, i) => i === 0 || i === 6)).toEqual(['1735689600000000', '1735689659999999'])
    expect(after[0]!.split(',')[1]).toMatch(/\.\d{8}$/)
  })

  it('stamps metrics with the end of the period, from 2026-06-25 with the start (BX-05)', async () => {
    const turn = marketOf(5, 1, '2026-06-23')
    const stamps = async (date: string): Promise<string[]> =>
      (await csv(turn, 'metrics', 'BTCUSDT', daily(date)))!.slice(1).map((r) => r.slice(0, 19))
    const before = await stamps('2026-06-24')
    const after = await stamps('2026-06-25')
    expect([before.length, before[0], before.at(-1)]).toEqual([288, '2026-06-24 00:05:00', '2026-06-25 00:00:00'])
    expect([after.length, after[0], after.at(-1)]).toEqual([288, '2026-06-25 00:00:00', '2026-06-25 23:55:00'])
    expect((await csv(turn, 'metrics', 'BTCUSDT', daily('2026-06-24')))![1]).toMatch(
      /^2026-06-24 00:05:00,BTCUSDT,\d+\.\d{16},\d+\.\d{16},\d\.\d{8},\d\.\d{8},\d\.\d{8},\d+\.\d{8}$/,
    )
  })

  it('publishes funding by the month, with a changed interval and jittered times', async () => {
    const rows = (await csv(marketOf(28, 5), 'funding', 'DOGEUSDT', monthly('2026-02')))!
    expect(rows[0]).toBe('calc_time,funding_interval_hours,last_funding_rate')
    expect(new Set(rows.slice(1).map((r) => r.split(',')[1]))).toEqual(new Set(['8', '4']))
    expect(rows[1]).toMatch(/^\d{13},8,-?0\.\d{8}$/)
    expect(await csv(marketOf(28, 5), 'funding', 'DOGEUSDT', daily('2026-02-03'))).toBeUndefined()
  })

  it('answers nothing before a file is published', async () => {
    const end = dateMs(parseDate('2026-02-03'))
    expect(
      await csv(market, 'klines', 'BTCUSDT', daily('2026-02-02'), { nowMs: end + 8 * HOUR_MS - 1 }),
    ).toBeUndefined()
    expect(await csv(market, 'klines', 'BTCUSDT', daily('2026-02-02'), { nowMs: end + 8 * HOUR_MS })).toHaveLength(1441)
    expect(
      await csv(market, 'klines', 'BTCUSDT', monthly('2026-02'), { nowMs: dateMs(parseDate('2026-03-01')) }),
    ).toBeUndefined()
    expect(await csv(market, 'klines', 'BTCUSDT', daily('2026-01-31'))).toBeUndefined()
    expect(await csv(market, 'klines', 'NOPEUSDT', daily('2026-02-02'))).toBeUndefined()
  })

  it('parses only paths of the layout', () => {
    expect(parseArchivePath('data/futures/um/daily/klines/BTCUSDT/1m/BTCUSDT-1m-2026-02-30.zip')).toBeUndefined()
    expect(parseArchivePath('data/futures/um/daily/klines/BTCUSDT/1m/ETHUSDT-1m-2026-02-20.zip')).toBeUndefined()
    expect(parseArchivePath('data/futures/um/monthly/metrics/BTCUSDT/BTCUSDT-metrics-2026-02.zip')).toBeUndefined()
    expect(parseArchivePath('data/spot/monthly/klines/BTCUSDT/1h/BTCUSDT-1h-2026-02.zip')).toMatchObject({
      market: 'spot',
      interval: '1h',
    })
  })

  it('renders the same bytes twice, whatever was rendered between', async () => {
    const read = async (m: SyntheticMarket): Promise<string[]> => {
      const archive = syntheticArchive(m)
      const out: string[] = []
      for (const kind of ['klines', 'metrics'] as Kind[])
        out.push(sha256((await archive.read(archivePath('um', kind, 'ETHUSDT', '1m', daily('2026-02-04')), FAR))!))
      return out
    }
    const other = marketOf(28)
    other.klines('BTCUSDT', '2026-02-20' as UtcDate)
    expect(await read(other)).toEqual(await read(market))
  })
})

describe('zip', () => {
  it('round-trips and names what is damaged', () => {
    const zip = zipOne('币安人生USDT-1m.csv', Buffer.from('a,b\n1,2\n'))
    expect(unzipCsv(zip, 'x').toString()).toBe('a,b\n1,2\n')
    expect(() => unzipCsv(zip.subarray(0, 20), 'half.zip')).toThrow(/half\.zip/)
  })
})

describe('archive over HTTP', () => {
  it('serves zips, checksums and ETags, also for a non-ASCII symbol', async () => {
    const market = marketOf(5, 2, '2026-02-01', true)
    const sim = await serve({ market })
    for (const symbol of ['BTCUSDT', '币安人生USDT', 'ETHUSDT_260327']) {
      const path = archivePath('um', 'klines', symbol, '1m', daily('2026-02-02'))
      const zip = await get(`${sim.url}/${urlPath(path)}`)
      const sum = await get(`${sim.url}/${urlPath(path)}.CHECKSUM`)
      expect(zip.status).toBe(200)
      expect(sum.text).toBe(`${sha256(zip.bytes)}  ${symbol}-1m-2026-02-02.zip\n`)
      expect(zip.headers.get('etag')).toMatch(/^"[0-9a-f]{32}"$/)
      expect(sim.requests.at(-2)).toMatchObject({ path: `/${path}`, status: 200 })
    }
    const absent = await get(`${sim.url}/data/futures/um/daily/klines/BTCUSDT/1m/BTCUSDT-1m-2026-03-02.zip`)
    expect([absent.status, absent.text.includes('NoSuchKey')]).toEqual([404, true])
    const info = (await get(`${sim.url}/exchangeInfo.json`)).json<{ symbols: { symbol: string }[] }>()
    expect(info.symbols.map((s) => s.symbol)).toContain('TSLAUSDT')
  })

  it('lists folders and pages of at most 1,000 keys', async () => {
    const market = marketOf(600, 3, '2024-07-01')
    const sim = await serve({ market })
    const list = async (query: string): Promise<string> => (await get(`${sim.url}/?${query}`)).text
    const names = (xml: string, tag: string): string[] =>
      [...xml.matchAll(new RegExp(`<${tag}>([^<]*)</${tag}>`, 'g'))].map((m) => m[1]!)
    const kinds = await list('prefix=data/futures/um/daily/&delimiter=/')
    expect(names(kinds, 'Prefix').slice(1)).toEqual(
      ['klines', 'markPriceKlines', 'metrics', 'premiumIndexKlines'].map((k) => `data/futures/um/daily/${k}/`),
    )
    const symbols = await list('prefix=data/futures/um/daily/klines/&delimiter=/')
    expect(names(symbols, 'Prefix').slice(1)).toEqual(
      ['BTCUSDT', 'ETHUSDT', 'SOLUSDT'].map((s) => `data/futures/um/daily/klines/${s}/`),
    )
    const prefix = 'data/futures/um/daily/klines/BTCUSDT/1d/'
    const keys: string[] = []
    let marker = ''
    for (let page = 0; page < 3; page++) {
      const xml = await list(`prefix=${prefix}&delimiter=/&marker=${marker}`)
      const found = names(xml, 'Key')
      keys.push(...found)
      if (names(xml, 'IsTruncated')[0] === 'false') break
      expect(found).toHaveLength(1000)
      marker = names(xml, 'NextMarker')[0]!
      expect(marker).toBe(found.at(-1))
    }
    expect(keys).toHaveLength(1200)
    expect(keys).toEqual([...keys].sort())
    expect(new Set(keys).size).toBe(1200)
    // A page without delimiter crosses folders and carries no NextMarker.
    const flat = await list('prefix=data/futures/um/monthly/fundingRate/&max-keys=45')
    expect(names(flat, 'Key')).toHaveLength(45)
    expect(names(flat, 'NextMarker')).toEqual([])
    const next = await list(`prefix=data/futures/um/monthly/fundingRate/&marker=${names(flat, 'Key').at(-1)}`)
    expect(names(next, 'Key').length + 45).toBe(3 * 19 * 2)
    const zip = await get(`${sim.url}/${keys[0]}`)
    const first = await list(`prefix=${keys[0]}&delimiter=/`)
    expect(names(first, 'Size')[0]).toBe(String(zip.bytes.length))
    expect(names(first, 'ETag')[0]!.replaceAll('&quot;', '"')).toBe(zip.headers.get('etag'))
  })

  it('does not list what is not published or not there yet', async () => {
    const market = marketOf(9, 13)
    const sim = await serve({ market, nowMs: dateMs(parseDate('2026-02-03')) + 9 * HOUR_MS })
    const xml = (await get(`${sim.url}/?prefix=data/futures/um/daily/klines/&delimiter=/`)).text
    expect(xml).toContain('/BTCUSDT/')
    expect(xml).not.toContain(`/${market.specs[11]!.symbol}/`)
    expect(
      (await get(`${sim.url}/?prefix=data/futures/um/daily/klines/BTCUSDT/1m/&delimiter=/`)).text.match(/<Key>/g),
    ).toHaveLength(4)
  })
})

describe('folders', () => {
  it('writes the tree and serves it again, byte for byte', async () => {
    const dir = tempFolder()
    const market = marketOf(28, 2)
    const written = await writeArchiveFolder(market, dir, nodeDisk, {
      kinds: ['klines', 'metrics', 'funding'],
      from: '2026-02-26',
      to: '2026-02-28',
      routes: ['daily', 'monthly'],
    })
    const files = await walk(nodeDisk, dir)
    // 2 symbols × (3 days × 2 kinds + a month of klines and of funding) × (zip, checksum), and exchangeInfo.json.
    expect(files).toHaveLength(2 * (3 * 2 + 2) * 2 + 1)
    expect(written.files).toBe(files.length)
    const nowMs = dateMs(parseDate('2026-03-05'))
    const [real, copy] = [await serve({ market, nowMs }), await serve({ source: folderSource(dir, nodeDisk), nowMs })]
    for (const file of files.filter((f) => f !== 'exchangeInfo.json')) {
      expect((await get(`${copy.url}/${file}`)).bytes.equals((await get(`${real.url}/${file}`)).bytes), file).toBe(true)
    }
    const queries = [
      `/fapi/v1/klines?symbol=ETHUSDT&interval=1m&startTime=${dateMs(parseDate('2026-02-27'))}&limit=1500`,
      `/fapi/v1/fundingRate?symbol=ETHUSDT&startTime=${dateMs(parseDate('2026-02-20'))}&endTime=${dateMs(parseDate('2026-02-28')) + DAY_MS - 1}`,
      `/futures/data/globalLongShortAccountRatio?symbol=ETHUSDT&period=15m&startTime=${dateMs(parseDate('2026-02-26')) + 1}&endTime=${dateMs(parseDate('2026-03-01'))}&limit=500`,
    ]
    for (const query of queries) {
      const [a, b] = [(await get(real.url + query)).json<object[]>(), (await get(copy.url + query)).json<object[]>()]
      expect(a.length, query).toBeGreaterThan(20)
      const plain = (rows: object[]): object[] => rows.map((r) => ({ ...r, markPrice: '' }))
      expect(plain(b), query).toEqual(plain(a))
    }
    expect(
      (await get(`${copy.url}/futures/data/takerlongshortRatio?symbol=ETHUSDT&period=5m`)).json<{ code: number }>()
        .code,
    ).toBe(-5000)
    expect((await get(`${copy.url}/%2e%2e%2fsecret`)).status).toBe(404)
    expect((await get(`${copy.url}/data/..%2f..%2fetc/passwd`)).status).toBe(404)
  })
})
