import {
  addDays,
  barsPerDay,
  byCodeUnit,
  CATALOGUE,
  CointraderError,
  contractFromName,
  createPool,
  dateMs,
  dateOf,
  dateRange,
  daysOfMonth,
  etaText,
  isError,
  manualClock,
  mapLimited,
  parseDate,
  parseInterval,
  parseUtcText,
  seededRandom,
  semaphore,
  stableJson,
  toPanel,
  type UtcMonth,
  utcText,
} from '@cointrader/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

describe('dates', () => {
  it('parses real days only', () => {
    expect(parseDate('2024-02-29')).toBe('2024-02-29')
    for (const bad of ['2023-02-29', '2024-13-01', '2024-2-1', 'yesterday', ''])
      expect(() => parseDate(bad)).toThrow(/E_USAGE_DATE/)
  })
  it('a range holds both ends; every day round-trips', () => {
    expect(dateRange(parseDate('2024-02-28'), parseDate('2024-03-01'))).toEqual([
      '2024-02-28',
      '2024-02-29',
      '2024-03-01',
    ])
    expect(() => dateRange(parseDate('2024-02-02'), parseDate('2024-02-01'))).toThrow(/E_USAGE_RANGE/)
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 30_000 }), fc.integer({ min: -500, max: 500 }), (day, n) => {
        const date = dateOf(day * 86_400_000)
        expect(dateOf(dateMs(date))).toBe(date)
        expect((dateMs(addDays(date, n)) - dateMs(date)) / 86_400_000).toBe(n)
      }),
    )
  })
  it('text of an instant round-trips', () => {
    expect(parseUtcText(utcText(1706832300000))).toBe(1706832300000)
    expect(parseUtcText('24:00')).toBeNaN()
  })
  it('months know their days', () => expect(daysOfMonth('2024-02' as UtcMonth)).toHaveLength(29))
  it('intervals divide a day', () => {
    expect(barsPerDay(parseInterval('15m'))).toBe(96)
    expect(() => parseInterval('7m')).toThrow(/E_USAGE_INTERVAL.*15m/)
  })
})

describe('errors', () => {
  it('say what, to what and what next, and survive a worker boundary', () => {
    const e = new CointraderError('E_CHECKSUM', { subject: 'a.zip', detail: 'x' })
    expect(e.message).toBe(`E_CHECKSUM: a.zip: ${CATALOGUE.E_CHECKSUM.what} (x). Next: ${CATALOGUE.E_CHECKSUM.next}.`)
    expect(isError({ name: 'CointraderError', code: 'E_CHECKSUM' }, 'E_CHECKSUM')).toBe(true)
    expect(isError(e, 'E_DISK')).toBe(false)
  })
})

describe('random', () => {
  it('the same seed gives the same numbers, forks are independent of use', () => {
    const a = seededRandom(1)
    const b = seededRandom(1)
    b.next()
    expect(a.fork('x').next()).toBe(b.fork('x').next())
    expect(seededRandom(1).next()).not.toBe(seededRandom(2).next())
  })
  it('uniform and normal have their moments', () => {
    const r = seededRandom('moments')
    const n = 100_000
    let u = 0
    let m = 0
    let v = 0
    for (let i = 0; i < n; i++) {
      const x = r.next()
      if (x < 0 || x >= 1) throw new Error('out of range')
      u += x
      const z = r.normal()
      m += z
      v += z * z
    }
    expect(Math.abs(u / n - 0.5)).toBeLessThan(0.005)
    expect(Math.abs(m / n)).toBeLessThan(0.015)
    expect(Math.abs(v / n - 1)).toBeLessThan(0.02)
  })
})

describe('json, panel, async', () => {
  it('stable JSON does not depend on key order', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.integer()), (o) => {
        const reversed = Object.fromEntries(Object.entries(o).reverse())
        expect(stableJson(reversed)).toBe(stableJson(o))
        expect(JSON.parse(stableJson(o))).toEqual(o)
      }),
    )
    expect(stableJson(JSON.parse('{"b":1,"__proto__":0}'))).toBe('{"__proto__":0,"b":1}')
    expect(['b', 'a', 'B'].sort(byCodeUnit)).toEqual(['B', 'a', 'b'])
  })
  it('a panel is symbol-major, with NaN where there is no row', () => {
    const p = toPanel(
      { symbol: ['B', 'A', 'X'], time: Float64Array.of(60, 0, 0), values: { close: Float64Array.of(1, 2, 3) } },
      Float64Array.of(0, 60),
      ['A', 'B'],
    )
    expect([...p.fields.close!]).toEqual([2, Number.NaN, Number.NaN, 1])
  })
  it('mapLimited keeps places and never runs more than the limit', async () => {
    let running = 0
    let most = 0
    const out = await mapLimited([5, 4, 3, 2, 1], 2, async (x) => {
      most = Math.max(most, ++running)
      await Promise.resolve()
      running--
      return x * 2
    })
    expect(out).toEqual([10, 8, 6, 4, 2])
    expect(most).toBe(2)
    await expect(mapLimited([1, 2], 1, () => Promise.reject(new Error('no')))).rejects.toThrow('no')
  })
  it('a semaphore lets the waiting ones in, also after an error', async () => {
    const slot = semaphore(1)
    await expect(slot(() => Promise.reject(new Error('no')))).rejects.toThrow('no')
    expect(await slot(async () => 1)).toBe(1)
  })
  it('an inline pool runs one task after the other', async () => {
    const order: string[] = []
    const pool = createPool<number, number>({
      workers: 0,
      url: new URL('file:///none'),
      inline: async (x) => {
        order.push(`start ${x}`)
        await Promise.resolve()
        order.push(`end ${x}`)
        return x
      },
    })
    expect(await Promise.all([pool.run(1), pool.run(2)])).toEqual([1, 2])
    expect(order).toEqual(['start 1', 'end 1', 'start 2', 'end 2'])
  })
  it('a worker that dies fails its own task; the ones behind it get a new worker', async () => {
    const source = `import { parentPort } from 'node:worker_threads'
      parentPort.on('message', (x) => (x === 0 ? process.exit(3) : parentPort.postMessage({ ok: true, result: x * 2 })))`
    const url = new URL(`data:text/javascript,${encodeURIComponent(source)}`)
    const pool = createPool<number, number>({ workers: 2, url, inline: async () => Number.NaN })
    const results = await Promise.allSettled([0, 0, 1, 2, 3].map((x) => pool.run(x)))
    await pool.close()
    expect(results.map((r) => (r.status === 'fulfilled' ? r.value : String(r.reason)))).toEqual([
      'Error: worker ended with code 3',
      'Error: worker ended with code 3',
      2,
      4,
      6,
    ])
  })
  it('ETA is the mean speed carried on', () => expect(etaText(1, 4, 10_000)).toBe('ETA 30s'))
  it('a manual clock moves only when slept on', async () => {
    const clock = manualClock(5)
    await clock.sleep(7)
    expect([clock.now(), ...clock.slept]).toEqual([12, 7])
  })
  it('contract facts from names', () => {
    expect(contractFromName('ETHUSDT_240329')).toMatchObject({
      contractType: 'QUARTER',
      baseAsset: 'ETH',
      quoteAsset: 'USDT',
    })
    expect(contractFromName('1000PEPEUSDT')).toMatchObject({
      contractType: 'PERPETUAL',
      baseAsset: '1000PEPE',
      quoteAsset: 'USDT',
    })
  })
})
