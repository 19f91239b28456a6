import { DAY_MS, dateMs, HOUR_MS, MINUTE_MS, parseDate } from '@cointrader/core'
import { describe, expect, it } from 'vitest'
import { get, marketOf, serve } from './helpers.js'

type Row = (string | number)[]
const START = dateMs(parseDate('2026-02-01'))
const NOW = START + 3 * DAY_MS + 10 * HOUR_MS + 30 * MINUTE_MS + 15_000

describe('klines', () => {
  it('gives the newest 500 with the running bar last', async () => {
    const sim = await serve({ nowMs: NOW })
    const answer = await get(`${sim.url}/fapi/v1/klines?symbol=BTCUSDT&interval=1m`)
    const rows = answer.json<Row[]>()
    expect(rows).toHaveLength(500)
    const last = rows.at(-1)!
    expect(last[0]).toBe(NOW - 15_000)
    expect(last[6]).toBe(NOW + 44_999)
    expect(last.map((x) => typeof x)).toEqual([
      'number',
      'string',
      'string',
      'string',
      'string',
      'string',
      'number',
      'string',
      'number',
      'string',
      'string',
      'string',
    ])
    const later = await serve({ nowMs: NOW + 45_000 })
    const closed = (
      await get(`${later.url}/fapi/v1/klines?symbol=BTCUSDT&interval=1m&startTime=${NOW - 15_000}&limit=1`)
    ).json<Row[]>()[0]!
    expect(Number(closed[5])).toBeGreaterThan(Number(last[5]))
    expect(closed[1]).toBe(last[1])
  })

  it('pages through a range without gap or overlap, and equals the archive rows', async () => {
    const market = marketOf()
    const sim = await serve({ market, nowMs: NOW })
    const rows: Row[] = []
    for (let from = START; ; ) {
      const page = (
        await get(
          `${sim.url}/fapi/v1/klines?symbol=ETHUSDT&interval=1m&startTime=${from}&endTime=${START + 2 * DAY_MS - 1}&limit=1500`,
        )
      ).json<Row[]>()
      rows.push(...page)
      if (page.length < 1500) break
      from = Number(page.at(-1)![0]) + MINUTE_MS
    }
    expect(rows.map((r) => r[0])).toEqual(Array.from({ length: 2880 }, (_, i) => START + i * MINUTE_MS))
    const { syntheticArchive, unzipCsv } = await import('@cointrader/simulator')
    const path = 'data/futures/um/daily/klines/ETHUSDT/1m/ETHUSDT-1m-2026-02-02.zip'
    const csv = unzipCsv((await syntheticArchive(market).read(path, NOW))!, path)
      .toString()
      .trimEnd()
      .split('\n')
      .slice(1)
    expect(rows.slice(1440).map((r) => r.join(','))).toEqual(csv)
  })

  it('ends at endTime when only that is given, and knows premium, mark and other intervals', async () => {
    const sim = await serve({ nowMs: NOW })
    const end = START + DAY_MS + 2 * HOUR_MS
    const rows = (await get(`${sim.url}/fapi/v1/klines?symbol=BTCUSDT&interval=1h&endTime=${end}&limit=5`)).json<
      Row[]
    >()
    expect(rows.map((r) => r[0])).toEqual([4, 3, 2, 1, 0].map((h) => end - h * HOUR_MS))
    const premium = (await get(`${sim.url}/fapi/v1/premiumIndexKlines?symbol=BTCUSDT&interval=1m&limit=2`)).json<
      Row[]
    >()
    expect(String(premium[0]![1])).toMatch(/^-?0\.\d{8}$/)
    const mark = (await get(`${sim.url}/fapi/v1/markPriceKlines?symbol=BTCUSDT&interval=5m&limit=2`)).json<Row[]>()
    expect(mark[0]![8]).toBe(300)
  })

  it('refuses in the words of the venue', async () => {
    const sim = await serve({ nowMs: NOW })
    const refusals: [string, number, number][] = [
      ['/fapi/v1/klines?symbol=NOPEUSDT&interval=1m', 400, -1121],
      ['/fapi/v1/klines?interval=1m', 400, -1102],
      ['/fapi/v1/klines?symbol=BTCUSDT&interval=7m', 400, -1120],
      ['/fapi/v1/klines?symbol=BTCUSDT&interval=1m&limit=1501', 400, -1130],
      ['/fapi/v1/klines?symbol=BTCUSDT&interval=1m&limit=ten', 400, -1100],
      ['/fapi/v1/klines?symbol=BTCUSDT&interval=1m&startTime=2&endTime=1', 400, -1023],
      ['/futures/data/openInterestHist?symbol=BTCUSDT&period=5m&limit=501', 400, -1130],
      ['/futures/data/openInterestHist?symbol=BTCUSDT&period=7m', 400, -1130],
      ['/fapi/v1/fundingRate?symbol=BTCUSDT&limit=1001', 400, -1130],
      ['/fapi/v1/nothing', 404, -5000],
    ]
    for (const [path, status, code] of refusals) {
      const answer = await get(sim.url + path)
      expect([path, answer.status, answer.json<{ code: number }>().code]).toEqual([path, status, code])
    }
  })

  it('takes a percent-encoded non-ASCII symbol', async () => {
    const sim = await serve({ market: marketOf(5, 1, '2026-02-01', true), nowMs: NOW })
    const rows = (
      await get(`${sim.url}/fapi/v1/klines?symbol=${encodeURIComponent('币安人生USDT')}&interval=1d&limit=9`)
    ).json<Row[]>()
    expect(rows).toHaveLength(4)
  })
})

describe('the other endpoints', () => {
  it('time, exchangeInfo and fundingInfo', async () => {
    const market = marketOf(5, 20)
    const sim = await serve({ market, nowMs: NOW })
    expect((await get(`${sim.url}/fapi/v1/time`)).json()).toEqual({ serverTime: NOW })
    const info = (await get(`${sim.url}/fapi/v1/exchangeInfo`)).json<{
      serverTime: number
      rateLimits: object[]
      symbols: Record<string, unknown>[]
    }>()
    expect(info.rateLimits[0]).toEqual({
      rateLimitType: 'REQUEST_WEIGHT',
      interval: 'MINUTE',
      intervalNum: 1,
      limit: 2400,
    })
    expect(info.symbols[0]).toMatchObject({
      symbol: 'BTCUSDT',
      pair: 'BTCUSDT',
      contractType: 'PERPETUAL',
      status: 'TRADING',
      quoteAsset: 'USDT',
      marginAsset: 'USDT',
      deliveryDate: 4133404800000,
    })
    const filters = (info.symbols[0]!.filters as { filterType: string; tickSize?: string }[]).map((f) => f.filterType)
    expect(filters).toEqual(expect.arrayContaining(['PRICE_FILTER', 'LOT_SIZE', 'MARKET_LOT_SIZE', 'MIN_NOTIONAL']))
    const funding = (await get(`${sim.url}/fapi/v1/fundingInfo`)).json<
      { symbol: string; fundingIntervalHours: number }[]
    >()
    expect(funding.find((f) => f.symbol === 'PIPPINUSDT')?.fundingIntervalHours).toBe(1)
    expect(funding.find((f) => f.symbol === 'BTCUSDT')).toBeUndefined()
  })

  it('fundingRate pages upwards from startTime and gives the newest without it', async () => {
    const sim = await serve({ market: marketOf(30, 20), nowMs: START + 30 * DAY_MS })
    type Funding = { symbol: string; fundingTime: number; fundingRate: string; markPrice: string }
    const ask = async (q: string): Promise<Funding[]> =>
      (await get(`${sim.url}/fapi/v1/fundingRate?symbol=PIPPINUSDT${q}`)).json()
    const all = await ask(`&startTime=${START}&limit=1000`)
    expect(all.length).toBeGreaterThanOrEqual(30 * 24)
    expect(all.length).toBeLessThanOrEqual(30 * 24 + 1)
    expect(await ask('')).toEqual(all.slice(-100))
    const first = await ask(`&startTime=${START}&limit=100`)
    const second = await ask(`&startTime=${first.at(-1)!.fundingTime + 1}&limit=100`)
    expect([...first, ...second]).toEqual(all.slice(0, 200))
    expect(all[0]!.fundingRate).toMatch(/^-?0\.\d{8}$/)
  })

  it('ratios: at most 500, newest of the window, 30 days back only (BX-29)', async () => {
    const nowMs = START + 40 * DAY_MS
    const sim = await serve({ market: marketOf(41), nowMs })
    type Point = {
      timestamp: number
      sumOpenInterest: string
      longAccount: string
      shortAccount: string
      buyVol: string
    }
    const ask = (series: string, q: string) => get(`${sim.url}/futures/data/${series}?symbol=BTCUSDT&${q}`)
    for (const series of [
      'openInterestHist',
      'topLongShortAccountRatio',
      'topLongShortPositionRatio',
      'globalLongShortAccountRatio',
      'takerlongshortRatio',
    ]) {
      const rows = (await ask(series, 'period=5m')).json<Point[]>()
      expect(rows.map((r) => r.timestamp)).toEqual(Array.from({ length: 30 }, (_, i) => nowMs - (29 - i) * 300_000))
    }
    const window = (
      await ask(
        'openInterestHist',
        `period=5m&limit=500&startTime=${nowMs - 10 * DAY_MS}&endTime=${nowMs - 5 * DAY_MS}`,
      )
    ).json<Point[]>()
    expect([window.length, window.at(-1)!.timestamp]).toEqual([500, nowMs - 5 * DAY_MS])
    const hours = (await ask('takerlongshortRatio', `period=1h&limit=2`)).json<Point[]>()
    const fives = (await ask('takerlongshortRatio', `period=5m&limit=12`)).json<Point[]>()
    expect(fives.reduce((a, r) => a + Number(r.buyVol), 0)).toBeCloseTo(Number(hours[1]!.buyVol), 6)
    const share = (await ask('globalLongShortAccountRatio', 'period=15m&limit=1')).json<Point[]>()[0]!
    expect(Number(share.longAccount) + Number(share.shortAccount)).toBeCloseTo(1, 3)
    const tooOld = await ask('openInterestHist', `period=5m&startTime=${nowMs - 30 * DAY_MS - 1}`)
    expect([tooOld.status, tooOld.json()]).toEqual([400, { code: -1130, msg: "parameter 'startTime' is invalid." }])
    expect((await ask('openInterestHist', `period=5m&startTime=${nowMs - 30 * DAY_MS}`)).status).toBe(200)
  })
})

describe('limits (BX-25)', () => {
  it('weighs klines by limit and shows the used weight of the minute', async () => {
    const sim = await serve({ nowMs: NOW })
    let used = 0
    for (const [limit, weight] of [
      [99, 1],
      [100, 2],
      [499, 2],
      [500, 5],
      [1000, 5],
      [1001, 10],
      [1500, 10],
    ] as const) {
      const answer = await get(`${sim.url}/fapi/v1/klines?symbol=BTCUSDT&interval=1m&limit=${limit}`)
      used += weight
      expect([limit, answer.headers.get('x-mbx-used-weight-1m')]).toEqual([limit, String(used)])
    }
    sim.clock.advance(60_000)
    expect((await get(`${sim.url}/fapi/v1/time`)).headers.get('x-mbx-used-weight-1m')).toBe('1')
    // The ratio endpoints have a pool of their own.
    expect(
      (await get(`${sim.url}/futures/data/openInterestHist?symbol=BTCUSDT&period=5m`)).headers.get(
        'x-mbx-used-weight-1m',
      ),
    ).toBe('1')
  })

  it('answers 429 until the minute is over, and 418 to those who go on', async () => {
    const sim = await serve({ nowMs: NOW, limits: { weightLimit: 20, forgiven: 3 } })
    const ask = () => get(`${sim.url}/fapi/v1/klines?symbol=BTCUSDT&interval=1m&limit=1500`)
    sim.clock.advance(30_000)
    expect((await ask()).status).toBe(200)
    expect((await ask()).status).toBe(200)
    const limited = await ask()
    expect([limited.status, limited.headers.get('retry-after'), limited.json<{ code: number }>().code]).toEqual([
      429,
      '30',
      -1003,
    ])
    sim.clock.advance(30_000)
    expect((await ask()).status).toBe(200)
    await ask()
    const statuses: number[] = []
    for (let i = 0; i < 5; i++) statuses.push((await ask()).status)
    expect(statuses).toEqual([429, 429, 429, 429, 418])
    sim.clock.advance(60_000)
    const banned = await ask()
    expect([banned.status, banned.headers.get('retry-after')]).toEqual([418, '60'])
    expect(banned.text).toContain('banned until')
    sim.clock.advance(60_000)
    expect((await ask()).status).toBe(200)
  })

  it('the archive is not limited', async () => {
    const sim = await serve({ limits: { weightLimit: 0 } })
    expect((await get(`${sim.url}/exchangeInfo.json`)).status).toBe(200)
    expect((await get(`${sim.url}/fapi/v1/time`)).status).toBe(429)
  })
})
