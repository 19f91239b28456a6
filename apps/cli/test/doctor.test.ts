/** Every check of doctor, sound and broken: as functions of facts, and as the command with the simulator and folders. */
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import type { Http, HttpAnswer } from '@cointrader/binance'
import { systemClock } from '@cointrader/cli/context'
import { checkLock, checkQuick } from '@cointrader/cli/lib/doctor-folder'
import {
  type Abilities,
  checkAbilities,
  checkMemory,
  checkNode,
  checkSpace,
  checkWrite,
  type Finding,
} from '@cointrader/cli/lib/doctor-machine'
import { checkNetwork, type NetworkOptions } from '@cointrader/cli/lib/doctor-network'
import { type ManualClock, manualClock, paths, silentProgress } from '@cointrader/core'
import {
  parseFault,
  type Simulator,
  startSimulator,
  syntheticMarket,
  syntheticSource,
  writeArchiveFolder,
} from '@cointrader/simulator'
import { nodeDisk } from '@cointrader/store'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { minutes, newFolder, writeDay } from './folder.js'
import { cointrader, tempFolder } from './helpers.js'

const GB = 1e9

describe('the machine', () => {
  it('Node from 20.19 on', () => {
    for (const [version, state] of [
      ['v20.19.0', 'ok'],
      ['v22.0.0', 'ok'],
      ['v20.18.3', 'fail'],
      ['v18.20.0', 'fail'],
    ])
      expect(checkNode(version!).state, version).toBe(state)
    expect(checkNode('v18.0.0').next).toMatch(/20\.19/)
  })

  it('threads are needed, WebAssembly is faster', () => {
    const all: Abilities = { threads: true, wasm: true, wasmSimd: true, sharedMemory: true, cores: 2 }
    expect(checkAbilities(all)).toMatchObject({ state: 'ok', found: expect.stringContaining('2 cores') })
    expect(checkAbilities({ ...all, threads: false }).state).toBe('fail')
    expect(checkAbilities({ ...all, wasm: false, wasmSimd: false, sharedMemory: false })).toMatchObject({
      state: 'warn',
      found: expect.stringMatching(/^no WebAssembly:/),
    })
    expect(checkAbilities({ ...all, wasmSimd: false }).found).toMatch(/^no WebAssembly SIMD:/)
    expect(checkAbilities({ ...all, sharedMemory: false }).state).toBe('warn')
  })

  it('memory and disk space have two thresholds', () => {
    expect([0.1, 0.5, 2].map((g) => checkMemory(g * GB, 8 * GB).state)).toEqual(['fail', 'warn', 'ok'])
    const at = (freeBytes: number) =>
      checkSpace('data', { folder: '/d', where: '/', space: { freeBytes, totalBytes: 9 * GB }, write: { ms: 1 } })
    expect([0.1, 1, 6].map((g) => at(g * GB).state)).toEqual(['fail', 'warn', 'ok'])
    expect(at(GB)).toMatchObject({ check: 'data space', next: expect.any(String) })
    expect(checkSpace('data', { folder: '/d', where: '/', space: null, write: { ms: 1 } }).state).toBe('warn')
  })

  it('a folder must take a write; a slow disk is a warning', () => {
    const facts = (write: { ms: number } | { error: string }, where = '/d') =>
      checkWrite('data', '--data-dir', { folder: '/d', where, space: null, write })
    expect(facts({ ms: 3 }).state).toBe('ok')
    expect(facts({ ms: 3 }, '/').found).toContain('not there yet')
    expect(facts({ ms: 1500 }).state).toBe('warn')
    expect(facts({ error: 'EROFS' })).toMatchObject({ state: 'fail', next: expect.stringContaining('--data-dir') })
  })
})

describe('the network', () => {
  const NOW = Date.UTC(2026, 1, 6, 12)
  const LIST = '<ListBucketResult><Contents><Key>data/a.zip.CHECKSUM</Key></Contents></ListBucketResult>'
  const SUM = `${'0'.repeat(64)}  a.zip\n`

  interface World {
    list?: string
    sum?: string
    time?: string
    date?: string
    status?: number
    /** One way, ms. */
    delay?: number
    down?: RegExp
  }
  function network(clock: ManualClock, world: World): Http {
    const { list = LIST, sum = SUM, time, date, status = 200, delay = 0, down } = world
    return {
      async get(url) {
        if (down?.test(url)) throw Object.assign(new TypeError('fetch failed'), { cause: { code: 'ECONNREFUSED' } })
        clock.advance(delay)
        const body = url.includes('?') ? list : url.endsWith('/time') ? (time ?? `{"serverTime":${clock.now()}}`) : sum
        const at = date ?? new Date(clock.now()).toUTCString()
        clock.advance(delay)
        const answer: HttpAnswer = {
          status,
          header: (name) => (name === 'date' ? at : null),
          body: new TextEncoder().encode(body),
        }
        return answer
      },
    }
  }
  async function look(world: World, options: Partial<NetworkOptions> = {}): Promise<[Finding, Finding]> {
    const clock = manualClock(NOW)
    const [archive, time] = await checkNetwork({
      http: network(clock, world),
      clock,
      disk: nodeDisk,
      archive: 'https://archive',
      listingUrl: 'https://listing',
      restUrl: 'https://venue',
      timeoutMs: 1000,
      unreachable: 'warn',
      ...options,
    })
    return [archive!, time!]
  }
  const ahead = (ms: number) => `{"serverTime":${NOW - ms}}`

  it('in order', async () => {
    const [archive, time] = await look({})
    expect(archive).toMatchObject({ check: 'archive', state: 'ok' })
    expect(time).toMatchObject({ check: 'clock', state: 'ok', facts: { from: 'https://venue', offsetMs: 0 } })
  })

  it('the clock: up to a second is fine, five are too many, in both directions', async () => {
    for (const [ms, state] of [
      [900, 'ok'],
      [1100, 'warn'],
      [-4900, 'warn'],
      [5100, 'fail'],
      [-86_400_000, 'fail'],
    ] as const) {
      const [, time] = await look({ time: ahead(ms) })
      expect(time.state, `${ms} ms`).toBe(state)
      if (state !== 'ok') expect(time.found).toContain(ms > 0 ? 'ahead of' : 'behind')
    }
  })

  it('the clock: a slow line is not a wrong clock', async () => {
    // The stamp is taken in the middle of 6 s: half of it is uncertain.
    const [, time] = await look({ delay: 3000, time: `{"serverTime":${NOW + 4 * 3000 + 3000 - 3900}}` })
    expect(time).toMatchObject({ state: 'ok', facts: { offsetMs: 3900, uncertainMs: 3000 } })
  })

  it('the clock: the archive tells it when the venue does not', async () => {
    const [, good] = await look({ down: /venue/ })
    expect(good).toMatchObject({ state: 'ok', facts: { from: 'https://archive (Date header)', uncertainMs: 500 } })
    const [, bad] = await look({ down: /venue/, date: new Date(NOW - 7000).toUTCString() })
    expect(bad.state).toBe('fail')
    const [, none] = await look({ down: /./ })
    expect(none).toMatchObject({ state: 'warn', found: expect.stringMatching(/nobody told the time.*ECONNREFUSED/) })
    const [, garbled] = await look({ time: '<html>', date: 'soon' })
    expect(garbled).toMatchObject({ state: 'warn', found: expect.stringContaining('does not say the time') })
  })

  it('the archive: proxies, empty mirrors and errors are told apart', async () => {
    for (const [world, said] of [
      [{ down: /listing/ }, /cannot be reached: ECONNREFUSED/],
      [{ list: '<html>log in</html>' }, /not an S3 listing/],
      [{ list: '<ListBucketResult></ListBucketResult>' }, /lists no file/],
      [{ sum: '<html>log in</html>' }, /not a checksum/],
      [{ status: 403 }, /HTTP 403/],
    ] as const) {
      const [archive] = await look(world)
      expect(archive).toMatchObject({ state: 'warn', found: expect.stringMatching(said), next: expect.any(String) })
      const [required] = await look(world, { unreachable: 'fail' })
      expect(required.state).toBe('fail')
    }
  })

  it('the archive as a folder', async () => {
    const folder = tempFolder()
    const [empty] = await look({}, { archive: folder })
    expect(empty).toMatchObject({ state: 'warn', found: expect.stringContaining('layout') })
    const [gone] = await look({}, { archive: join(folder, 'gone') })
    expect(gone).toMatchObject({ state: 'warn', found: expect.stringContaining('does not exist') })
    mkdirSync(join(folder, 'data/futures/um/daily'), { recursive: true })
    const [good] = await look({}, { archive: folder })
    expect(good.state).toBe('ok')
  })
})

describe('the data folder', () => {
  const look = (dataDir: string, left: string[] = []) =>
    checkQuick({
      disk: nodeDisk,
      dataDir,
      leftovers: async () => left,
      progress: silentProgress,
      signal: new AbortController().signal,
    })

  it('sound, absent, and broken in every way the sizes show', async () => {
    const folder = await newFolder()
    expect((await look(join(folder, 'gone'))).state).toBe('ok')
    await writeDay(folder, '2026-02-01', minutes('2026-02-01', ['BTCUSDT'], 3))
    await writeDay(folder, '2026-02-02', minutes('2026-02-02', ['BTCUSDT'], 3))
    await nodeDisk.writeAtomic(join(folder, '.run/cache/x.parquet'), 'scratch')
    expect(await look(folder, ['a.tmp'])).toMatchObject({
      state: 'ok',
      found: '2 tables of the size their manifests say; 1 leftovers of killed writes, which the next run replaces',
    })
    const day = join(folder, '1m_raw_data/2026-02-01.parquet')
    const bytes = await readFile(day)
    await writeFile(day, bytes.subarray(0, bytes.length - 1))
    expect(await look(folder)).toMatchObject({ state: 'fail', found: expect.stringContaining('the manifest says') })
    await rm(day)
    expect((await look(folder)).found).toContain('its manifest is there, the file is not')
    await writeFile(day, bytes)
    await writeFile(join(folder, '1m_raw_data/2026-02-03.parquet'), bytes)
    expect((await look(folder)).found).toMatch(/2026-02-03\.parquet: no manifest/)
    await writeFile(join(folder, '1m_raw_data/2026-02-03.manifest.json'), '{')
    expect((await look(folder)).found).toMatch(/2026-02-03\.manifest\.json: not a manifest/)
    await rm(folder, { recursive: true })
  })

  it('locks: free, held, left behind, pid given to another, of another machine, no lock at all', async () => {
    const folder = tempFolder()
    const look = () => checkLock('data', folder, 'here')
    const path = join(folder, paths.lock)
    const write = (owner: object) =>
      nodeDisk.writeAtomic(path, JSON.stringify({ host: 'here', command: 'cointrader fetch', started: '', ...owner }))
    expect(await look()).toMatchObject({ state: 'ok', found: 'free' })
    await write({ pid: process.pid })
    expect(await look()).toMatchObject({
      state: 'ok',
      found: `held by "cointrader fetch" (process ${process.pid} on here), which is running`,
    })
    const left = { state: 'warn', found: expect.stringContaining('left behind by "cointrader fetch"') }
    await write({ pid: 2 ** 22 + 1 })
    expect(await look()).toMatchObject(left)
    if (existsSync('/proc/self/stat')) {
      await write({ pid: process.pid, started: 'long ago' })
      expect(await look()).toMatchObject(left)
    }
    await write({ pid: 7, host: 'there' })
    expect(await look()).toMatchObject({ state: 'warn', next: expect.stringContaining(paths.lock) })
    await nodeDisk.writeAtomic(path, '{')
    expect(await look()).toMatchObject({ state: 'warn', found: expect.stringContaining('not a lock') })
    await rm(path)
    await mkdir(path)
    expect(await look()).toMatchObject({ state: 'warn', found: expect.stringContaining('cannot be read') })
  })
})

describe('the command', () => {
  const market = syntheticMarket({ seed: 'doctor', symbols: 3, startDate: '2026-02-01', days: 2 })
  let simulator: Simulator
  beforeAll(async () => {
    simulator = await startSimulator({ source: syntheticSource(market), clock: systemClock })
  })
  afterAll(() => simulator.close())

  async function doctor(folder: string, ...args: string[]) {
    const flags = ['--data-dir', join(folder, 'data'), '--models-dir', join(folder, 'models')]
    const { code, stdout, stderr } = await cointrader(['doctor', ...flags, '--json', ...args])
    const document = JSON.parse(stdout) as { findings: Finding[]; ok: number; warn: number; fail: number }
    const of = (check: string): Finding => document.findings.find((f) => f.check === check)!
    return { code, stderr, document, of }
  }

  it('with an archive that answers and an empty folder: nothing fails, nothing is left behind', async () => {
    const folder = tempFolder()
    const { code, stderr, document, of } = await doctor(folder, '--archive', simulator.url, '--require-network')
    expect(stderr).toBe('')
    expect(document.findings.filter((f) => f.state === 'fail')).toEqual([])
    expect(code).toBe(0)
    expect(of('archive')).toMatchObject({ state: 'ok' })
    expect(of('clock')).toMatchObject({ state: 'ok', facts: { from: simulator.url } })
    expect(of('threads').facts).toMatchObject({ threads: true, wasmSimd: true })
    expect(document.ok + document.warn + document.fail).toBe(document.findings.length)
    expect(readdirSync(folder)).toEqual([])
    // Every line says what to do unless it is fine.
    for (const f of document.findings) expect(f.next === undefined, f.check).toBe(f.state === 'ok')
  })

  it('without a network: warnings, and failures with --require-network', async () => {
    const folder = tempFolder()
    const nobody = 'http://127.0.0.1:9'
    const offline = await doctor(folder, '--archive', nobody)
    expect([offline.code, offline.of('archive').state, offline.of('clock').state]).toEqual([0, 'warn', 'warn'])
    const required = await doctor(folder, '--archive', nobody, '--require-network')
    expect([required.code, required.of('archive').state, required.of('clock').state]).toEqual([1, 'fail', 'fail'])
  })

  it('a clock that is off, a venue that refuses', async () => {
    const off = await startSimulator({
      source: syntheticSource(market),
      clock: systemClock,
      now: () => systemClock.now() - 60_000,
    })
    const { code, of } = await doctor(tempFolder(), '--archive', simulator.url, '--rest-url', off.url)
    await off.close()
    expect([code, of('clock').state]).toEqual([1, 'fail'])
    const refusing = await startSimulator({
      source: syntheticSource(market),
      clock: systemClock,
      faults: [parseFault('ban:/fapi')],
    })
    const banned = await doctor(tempFolder(), '--archive', refusing.url)
    await refusing.close()
    expect(banned.of('archive').state).toBe('ok')
    expect((banned.of('clock').facts as { from: string }).from).toContain('Date header')
  })

  it('a folder archive, a file in the place of a folder, a lock of a dead process', async () => {
    const folder = tempFolder()
    const archive = join(folder, 'archive')
    const from = '2026-02-01' as never
    await writeArchiveFolder(market, archive, nodeDisk, { kinds: ['klines'], routes: ['daily'], from, to: from })
    writeFileSync(join(folder, 'models'), 'not a folder')
    const gone = { pid: 2 ** 22 + 1, host: hostname(), command: 'cointrader fetch', started: '' }
    await nodeDisk.writeAtomic(join(folder, 'data', paths.lock), JSON.stringify(gone))
    const { code, of } = await doctor(folder, '--archive', archive, '--rest-url', simulator.url)
    expect(code).toBe(1)
    expect(of('archive').state).toBe('ok')
    expect(of('models folder')).toMatchObject({ state: 'fail', found: expect.stringContaining('ENOTDIR') })
    expect(of('data lock')).toMatchObject({ state: 'warn', found: expect.stringContaining('left behind') })
    expect(readdirSync(join(folder, 'data/.run'))).toEqual(['lock'])
  })

  it('--deep finds what sizes do not show', async () => {
    const folder = tempFolder()
    await writeDay(join(folder, 'data'), '2026-02-01', minutes('2026-02-01', ['BTCUSDT'], 1440))
    const day = join(folder, 'data/1m_raw_data/2026-02-01.parquet')
    const bytes = await readFile(day)
    expect((await doctor(folder, '--archive', simulator.url, '--deep')).of('data content')).toMatchObject({
      state: 'ok',
      facts: { tables: 1, rows: 1440 },
    })
    bytes[100] = bytes[100]! ^ 1
    await writeFile(day, bytes)
    const quick = await doctor(folder, '--archive', simulator.url)
    expect([quick.code, quick.of('data content').state]).toEqual([0, 'ok'])
    const deep = await doctor(folder, '--archive', simulator.url, '--deep')
    expect([deep.code, deep.of('data content').state]).toEqual([1, 'fail'])
    expect(deep.of('data content').found).toContain('sha256')
  })

  it('for people: a line each, the next step below, a sum at the end', async () => {
    const folder = tempFolder()
    const { code, stdout } = await cointrader([
      ...['doctor', '--data-dir', join(folder, 'd'), '--models-dir', join(folder, 'm'), '--archive', join(folder, 'a')],
      ...['--rest-url', simulator.url],
    ])
    expect(code).toBe(0)
    expect(stdout).toMatch(/^OK {4}node +v\d/m)
    expect(stdout).toMatch(/^WARN {2}archive +the folder .*\n +next: check --archive/m)
    expect(stdout).toMatch(/\n\d+ OK, \d+ WARN, 0 FAIL\n$/)
  })
})
