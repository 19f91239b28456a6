import {
  archivePath,
  createClient,
  createLimiter,
  createRest,
  type Http,
  type HttpAnswer,
  METRICS_START_STAMPED_FROM,
  metricsKnownAt,
  parseExchangeInfo,
  parseFunding,
  parseKlines,
  parseListing,
  parseMetrics,
  readCsvFromZip,
  toMs,
  urlPath,
} from '@cointrader/binance'
import { countLines, forEachRow, parseNumber, splitHeader } from '@cointrader/binance/csv'
import { manualClock, parseDate } from '@cointrader/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

const bytes = (text: string) => new TextEncoder().encode(text)

describe('csv', () => {
  it('reads every decimal as the language does (naive twin: Number), 20,000 cases', () => {
    const text = fc.oneof(
      fc.tuple(fc.bigInt({ min: 0n, max: 10n ** 20n }), fc.nat(20)).map(([m, d]) => {
        const s = String(m).padStart(d + 1, '0')
        return d === 0 ? s : `${s.slice(0, -d)}.${s.slice(-d)}`
      }),
      fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
    )
    fc.assert(
      fc.property(text, fc.boolean(), (t, negative) => {
        const cell = negative && !t.startsWith('-') ? `-${t}` : t
        const b = bytes(cell)
        expect(Object.is(parseNumber(b, 0, b.length), Number(cell)) || Number(cell) === 0).toBe(true)
      }),
      { numRuns: 20_000 },
    )
    for (const bad of ['', '-', 'abc', '1.2.3', '1,2', '0x10', 'NaN'])
      expect(parseNumber(bytes(bad), 0, bad.length)).toBeNaN()
  })
  it('splits lines whatever their ending, skips empty ones, counts the last without a line break', () => {
    const seen: string[] = []
    const b = bytes('1,2\r\n\n3,4')
    forEachRow(b, 0, (_row, start, ends, n) =>
      seen.push(`${new TextDecoder().decode(b.subarray(start, ends[n - 1]!))}:${n}`),
    )
    expect(seen).toEqual(['1,2:2', '3,4:2'])
    expect(countLines(b, 0)).toBe(3)
    expect(splitHeader(bytes('\ufeffopen_time,open\n1,2')).header).toEqual(['open_time', 'open'])
  })
})

const kline = (open: number | string) => `${open},1,2,0.5,1.5,10,${Number(open) + 59_999},15,3,5,7.5,0\n`

describe('files', () => {
  it('klines: header or not, the same rows (BX-01); wrong columns and times are named', () => {
    const rows = kline(1_700_000_040_000) + kline(1_700_000_100_000)
    const head =
      'open_time,open,high,low,close,volume,close_time,quote_volume,count,taker_buy_volume,taker_buy_quote_volume,ignore\n'
    const a = parseKlines(bytes(rows), 'a')
    const b = parseKlines(bytes(head + rows), 'b')
    expect([a.header, b.header, a.rows, b.rows]).toEqual([false, true, 2, 2])
    expect(a.columns).toEqual(b.columns)
    expect(() => parseKlines(bytes(`${rows}1,2,3\n`), 'x.zip')).toThrow(/E_CSV: x.zip.*data row 3 has 3 columns/)
    expect(() => parseKlines(bytes('calc_time,a\n1,2\n'), 'x.zip')).toThrow(/named "calc_time"/)
    expect(parseKlines(bytes(rows.replace(',10,', ',oops,')), 'x').bad).toEqual([{ row: 0, column: 5 }])
  })
  it('microseconds come out in ms, a mixed file names the row (BX-02)', () => {
    expect(toMs(1_735_689_600_000_000, null, 'f', 0)).toEqual({ ms: 1_735_689_600_000, unit: 'us' })
    expect(() => parseKlines(bytes(kline(1_735_689_600_000) + kline('1735689660000000')), 'f.zip')).toThrow(
      /E_MIXED_TIME_UNITS: f.zip.*data row 2/,
    )
  })
  it('metrics: by name or by position, blanks are missing (BX-04), known when known (BX-05)', () => {
    const row = '2024-02-02 00:05:00,BTCUSDT,1,2,,4,5,6\n'
    const m = parseMetrics(bytes(row), 'm')
    expect(m.values.map((v) => v[0])).toEqual([2, Number.NaN, 4, 5, 6])
    expect(m.bad).toEqual([])
    expect(metricsKnownAt(0, parseDate('2026-06-24'))).toBe(0)
    expect(metricsKnownAt(0, METRICS_START_STAMPED_FROM)).toBe(300_000)
    expect(() => parseMetrics(bytes('create_time,symbol\n'), 'm')).toThrow(/no column sum_open_interest_value/)
  })
  it('funding keeps its interval (BX-06)', () => {
    const f = parseFunding(
      bytes('calc_time,funding_interval_hours,last_funding_rate\n1700000000003,4,0.0001\n1700014400001,8,-0.0002\n'),
      'f',
    )
    expect([...f.intervalHours, ...f.rate]).toEqual([4, 8, 0.0001, -0.0002])
  })
  it('a page is not a ZIP, a cut ZIP is damaged (BX-09)', async () => {
    await expect(readCsvFromZip(bytes('<!DOCTYPE html><title>login'), 'x.zip')).rejects.toThrow(
      /E_NOT_ZIP: x.zip.*starting "<!DOCTYPE/,
    )
    await expect(readCsvFromZip(bytes('PK\u0003\u0004rest'), 'x.zip')).rejects.toThrow(/E_ZIP_DAMAGED: x.zip/)
  })
  it('paths and URLs, non-ASCII included (BX-08)', () => {
    const path = archivePath('um', 'klines', '币安人生USDT', '1m', { route: 'daily', date: parseDate('2026-02-01') })
    expect(path).toBe('data/futures/um/daily/klines/币安人生USDT/1m/币安人生USDT-1m-2026-02-01.zip')
    expect(decodeURIComponent(urlPath(path))).toBe(path)
    expect(urlPath(path)).toMatch(/^[\x20-\x7e]+$/)
  })
  it('listings: pages, folders and escapes', () => {
    const page = parseListing(
      bytes(
        '<ListBucketResult><IsTruncated>true</IsTruncated><CommonPrefixes><Prefix>a/B&amp;C/</Prefix></CommonPrefixes><NextMarker>a/B&amp;C/</NextMarker></ListBucketResult>',
      ),
      'l',
    )
    expect(page).toEqual({ keys: [], folders: ['a/B&C/'], next: 'a/B&C/' })
    expect(() => parseListing(bytes('<html>'), 'l')).toThrow(/E_BAD_PAYLOAD/)
  })
  it('exchangeInfo: unknown fields pass, wrong ones are named', () => {
    const info = parseExchangeInfo(
      bytes(
        '{"symbols":[{"symbol":"A","contractType":"SOMETHING_NEW","deliveryDate":4133404800000,"x":1}],"rateLimits":[{"rateLimitType":"REQUEST_WEIGHT","interval":"MINUTE","intervalNum":1,"limit":2400}]}',
      ),
      'e',
    )
    expect(info.contracts[0]).toMatchObject({ contractType: 'SOMETHING_NEW', deliveryMs: null })
    expect(info.weightPerMinute).toBe(2400)
    expect(() => parseExchangeInfo(bytes('{"symbols":[{"symbol":7}]}'), 'e')).toThrow(
      /E_BAD_PAYLOAD: e.*symbols.0.symbol/,
    )
  })
})

describe('limiter and client', () => {
  it('never passes 80 % of the weight in a minute, whatever is asked (BX-25)', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 60 }),
        fc.nat(90),
        async (weights, other) => {
          const clock = manualClock(0)
          const limiter = createLimiter({ clock, weightPerMinute: 100 })
          limiter.report(other)
          const perMinute = new Map<number, number>([[0, other]])
          await Promise.all(
            weights.map(async (w) => {
              await limiter.acquire(w)
              const minute = Math.floor(clock.now() / 60_000)
              perMinute.set(minute, (perMinute.get(minute) ?? 0) + w)
            }),
          )
          for (const [minute, used] of perMinute)
            expect(minute === 0 && used === other ? 0 : used).toBeLessThanOrEqual(80)
        },
      ),
      { numRuns: 300 },
    )
  })

  const answer = (status: number, headers: Record<string, string> = {}, body = ''): HttpAnswer => ({
    status,
    header: (n) => headers[n] ?? null,
    body: bytes(body),
  })
  const scripted = (answers: (HttpAnswer | Error)[], at: number[], clock: { now(): number }): Http => ({
    async get() {
      at.push(clock.now())
      const next = answers.shift()!
      if (next instanceof Error) throw next
      return next
    },
  })

  it('obeys Retry-After as seconds or as a date, and gives up by name', async () => {
    const clock = manualClock(Date.UTC(2026, 0, 1))
    const at: number[] = []
    const http = scripted(
      [
        answer(429, { 'retry-after': '9' }),
        answer(418, { 'retry-after': 'Thu, 01 Jan 2026 00:02:00 GMT' }),
        answer(200),
      ],
      at,
      clock,
    )
    const client = createClient({ http, clock, limiter: createLimiter({ clock, weightPerMinute: 2400 }) })
    expect((await client.get('http://x/y', 1))!.status).toBe(200)
    expect(at.map((t) => t - Date.UTC(2026, 0, 1))).toEqual([0, 9000, 120_000])
    const banned = createClient({
      http: scripted([answer(418, { 'retry-after': '7200' })], at, clock),
      clock,
      limiter: createLimiter({ clock, weightPerMinute: 2400 }),
    })
    await expect(banned.get('http://x/y', 1)).rejects.toThrow(
      /E_BANNED: http:\/\/x\/y.*418.*free again at 2026-01-01T02:02:00/,
    )
  })
  it('retries transport failures and 5xx with growing waits; 404 is absence', async () => {
    const clock = manualClock(0)
    const at: number[] = []
    const http = scripted([new Error('reset'), answer(503), answer(404)], at, clock)
    const client = createClient({ http, clock, limiter: createLimiter({ clock, weightPerMinute: 2400 }) })
    expect(await client.get('http://x/y', 1)).toBeUndefined()
    expect(at).toEqual([0, 1000, 3000])
  })
  it('REST: a running bar never becomes a row (BX-46), queries are percent-encoded (BX-32)', async () => {
    const clock = manualClock(0)
    const urls: string[] = []
    const rows = [
      [0, '1', '2', '0.5', '1.5', '9', 59_999, '9', 1, '1', '1', '0'],
      [60_000, '1', '2', '0.5', '1.5', '9', 119_999, '9', 1, '1', '1', '0'],
    ]
    const http: Http = {
      async get(url) {
        urls.push(url)
        return answer(200, {}, JSON.stringify(rows))
      },
    }
    const rest = createRest(
      createClient({ http, clock, limiter: createLimiter({ clock, weightPerMinute: 2400 }) }),
      'http://x/',
    )
    const csv = new TextDecoder().decode(await rest.klinesCsv('klines', '币USDT', '1m', 0, 90_000))
    expect(csv.trim().split('\n')).toHaveLength(2)
    expect(urls[0]).toContain('symbol=%E5%B8%81USDT')
  })
})
