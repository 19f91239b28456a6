import { isError, sha256 } from '@cointrader/core'
import { FAULTS, type Fault, faultBook, parseFault, unzipCsv } from '@cointrader/simulator'
import { describe, expect, it } from 'vitest'
import { get, serve } from './helpers.js'

const ZIP = '/data/futures/um/daily/klines/BTCUSDT/1m/BTCUSDT-1m-2026-02-02.zip'
const withFault = (fault: Fault) => serve({ faults: [fault] })

describe('faults over loopback HTTP', () => {
  it('not-found', async () => {
    const sim = await withFault({ kind: 'not-found', match: '\\.zip$', times: 1 })
    expect((await get(sim.url + ZIP)).status).toBe(404)
    expect((await get(sim.url + ZIP)).status).toBe(200)
    expect(sim.requests.map((r) => r.status)).toEqual([404, 200])
  })

  it('html', async () => {
    const sim = await withFault({ kind: 'html', match: 'klines' })
    const answer = await get(sim.url + ZIP)
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8'])
    expect(answer.text).toMatch(/^<!DOCTYPE html>/)
  })

  it('truncated-zip', async () => {
    const sim = await withFault({ kind: 'truncated-zip', match: 'BTCUSDT', times: 1 })
    // The checksum passes untouched and does not use the fault up.
    expect((await get(`${sim.url}${ZIP}.CHECKSUM`)).status).toBe(200)
    const half = await get(sim.url + ZIP)
    const whole = await get(sim.url + ZIP)
    expect(half.bytes.length).toBe(Math.floor(whole.bytes.length / 2))
    expect(() => unzipCsv(half.bytes, ZIP)).toThrow()
    expect(unzipCsv(whole.bytes, ZIP).length).toBeGreaterThan(1000)
  })

  it('wrong-checksum', async () => {
    const sim = await withFault({ kind: 'wrong-checksum', match: 'BTCUSDT', times: 1 })
    const zip = await get(sim.url + ZIP)
    const wrong = await get(`${sim.url}${ZIP}.CHECKSUM`)
    const right = await get(`${sim.url}${ZIP}.CHECKSUM`)
    expect(right.text.slice(0, 64)).toBe(sha256(zip.bytes))
    expect(wrong.text).toHaveLength(right.text.length)
    expect(wrong.text.slice(0, 64)).not.toBe(right.text.slice(0, 64))
    expect(wrong.text).toMatch(/^[0-9a-f]{64} {2}BTCUSDT-1m-2026-02-02\.zip\n$/)
  })

  it('slow', async () => {
    const sim = await withFault({ kind: 'slow', match: '\\.zip$', bytesPerSec: 2000 })
    const { bytes } = await get(sim.url + ZIP)
    const waited = sim.clock.slept.reduce((a, b) => a + b, 0)
    expect(waited).toBeCloseTo(bytes.length / 2, 6)
    expect(sim.clock.slept.length).toBeGreaterThan(50)
    expect(unzipCsv(bytes, ZIP).length).toBeGreaterThan(1000)
  })

  it('rate-limit and ban', async () => {
    const sim = await serve({
      faults: [
        { kind: 'rate-limit', match: '/fapi/v1/klines', times: 1, retryAfterSec: 17 },
        { kind: 'ban', match: '/fapi/v1/time', times: 1 },
      ],
    })
    const limited = await get(`${sim.url}/fapi/v1/klines?symbol=BTCUSDT&interval=1m`)
    expect([limited.status, limited.headers.get('retry-after'), limited.json<{ code: number }>().code]).toEqual([
      429,
      '17',
      -1003,
    ])
    expect((await get(`${sim.url}/fapi/v1/klines?symbol=BTCUSDT&interval=1m`)).status).toBe(200)
    const banned = await get(`${sim.url}/fapi/v1/time`)
    expect([banned.status, banned.headers.get('retry-after')]).toEqual([418, '120'])
    expect(banned.text).toContain(`banned until ${sim.clock.now() + 120_000}`)
    expect(sim.requests[0]).toEqual({
      path: '/fapi/v1/klines?symbol=BTCUSDT&interval=1m',
      atMs: sim.clock.now(),
      status: 429,
    })
  })

  it('reset, at once and in the middle of the body', async () => {
    const sim = await serve({
      faults: [
        { kind: 'reset', match: '\\.zip$', times: 1 },
        { kind: 'reset', match: '\\.zip$', times: 1, afterBytes: 5000 },
      ],
    })
    await expect(get(sim.url + ZIP)).rejects.toThrow()
    await expect(get(sim.url + ZIP)).rejects.toThrow()
    expect((await get(sim.url + ZIP)).status).toBe(200)
    expect(sim.requests.map((r) => r.status)).toEqual([0, 0, 200])
  })
})

describe('fault plans', () => {
  it('are read from the command line', () => {
    expect(parseFault('truncated-zip:BTCUSDT-1m:1')).toEqual({ kind: 'truncated-zip', match: 'BTCUSDT-1m', times: 1 })
    expect(parseFault('html:^/data/(?:futures|spot)')).toEqual({ kind: 'html', match: '^/data/(?:futures|spot)' })
    for (const bad of ['melt:x', 'html', 'html:', 'html:(']) {
      try {
        parseFault(bad)
        expect.unreachable(bad)
      } catch (error) {
        expect(isError(error, 'E_USAGE'), bad).toBe(true)
      }
    }
  })

  it('count down one by one, first match first', () => {
    const book = faultBook([
      { kind: 'html', match: 'a', times: 2 },
      { kind: 'reset', match: '.' },
    ])
    expect(['/a', '/b', '/a', '/a'].map((p) => book.take(p)?.kind)).toEqual(['html', 'reset', 'html', 'reset'])
  })

  it('every kind is described', () => {
    expect(Object.keys(FAULTS)).toHaveLength(8)
  })
})
