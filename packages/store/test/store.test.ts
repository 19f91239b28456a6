import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { manualClock } from '@cointrader/core'
import {
  type Disk,
  decodeParquet,
  encodeParquet,
  makeTable,
  nodeDisk,
  soundManifest,
  takeLock,
  takeRows,
  walk,
  writeWithManifest,
} from '@cointrader/store'
import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'

const folder = mkdtempSync(join(tmpdir(), 'cointrader-store-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const facts = {
  kind: 'test',
  command: 'test',
  codeVersion: '1',
  seed: null,
  config: {},
  inputs: [],
  rows: 1,
  columns: ['a'],
  timeRange: null,
  details: {},
}

describe('parquet', () => {
  it('gives back every table, bit for bit, and the same bytes each time', async () => {
    const row = fc.record({ a: fc.double(), b: fc.float(), c: fc.integer(), d: fc.maxSafeInteger(), e: fc.string() })
    await fc.assert(
      fc.asyncProperty(fc.array(row, { maxLength: 50 }), async (rows) => {
        const table = makeTable([
          ['a', { type: 'float64', data: Float64Array.from(rows, (r) => r.a) }],
          ['b', { type: 'float32', data: Float32Array.from(rows, (r) => r.b) }],
          ['c', { type: 'int32', data: Int32Array.from(rows, (r) => r.c) }],
          ['d', { type: 'int64', data: Float64Array.from(rows, (r) => r.d) }],
          ['e', { type: 'string', data: rows.map((r) => Buffer.from(r.e).toString()) }],
        ])
        const bytes = encodeParquet(table, { z: '1', a: '2' })
        expect(Buffer.compare(bytes, encodeParquet(table, { a: '2', z: '1' }))).toBe(0)
        const back = await decodeParquet(bytes, 'test')
        expect(back.metadata).toMatchObject({ a: '2', z: '1' })
        expect(back.table.columns).toEqual(table.columns)
      }),
      { numRuns: 200 },
    )
  })
  it('reads only the wanted columns, keeps all-NaN columns, names what is wrong', async () => {
    const table = makeTable([
      ['a', { type: 'float64', data: new Float64Array(5).fill(Number.NaN) }],
      ['b', { type: 'int32', data: Int32Array.of(1, 2, 3, 4, 5) }],
    ])
    const bytes = encodeParquet(table)
    expect([...(await decodeParquet(bytes, 't', ['a'])).table.columns.get('a')!.data]).toEqual(
      new Array(5).fill(Number.NaN),
    )
    await expect(decodeParquet(bytes, 'file.parquet', ['c'])).rejects.toThrow(
      /E_FILE_CORRUPT: file.parquet.*no column "c"/,
    )
    await expect(decodeParquet(bytes.subarray(0, 40), 'cut.parquet')).rejects.toThrow(/E_FILE_CORRUPT: cut.parquet/)
  })
  it('takes rows', () => {
    const t = takeRows(
      makeTable([
        ['s', { type: 'string', data: ['x', 'y', 'z'] }],
        ['v', { type: 'int32', data: Int32Array.of(1, 2, 3) }],
      ]),
      [2, 0],
    )
    expect(t.columns.get('s')!.data).toEqual(['z', 'x'])
    expect([...t.columns.get('v')!.data]).toEqual([3, 1])
  })
})

describe('manifests', () => {
  it('a file without its exact bytes or without its manifest is not sound', async () => {
    const path = join(folder, 'm/a.parquet')
    await writeWithManifest(nodeDisk, path, new Uint8Array([1, 2, 3]), facts)
    expect((await soundManifest(nodeDisk, path))?.rows).toBe(1)
    writeFileSync(path, new Uint8Array([1, 2, 4]))
    expect(await soundManifest(nodeDisk, path)).toBeUndefined()
  })
  it('a disk that fails between the two writes leaves nothing that passes for finished', async () => {
    const path = join(folder, 'm/b.parquet')
    await writeWithManifest(nodeDisk, path, new Uint8Array([1]), facts)
    const full: Disk = {
      ...nodeDisk,
      writeAtomic: (p, b) => (p.endsWith('.json') ? Promise.reject(new Error('full')) : nodeDisk.writeAtomic(p, b)),
    }
    await expect(writeWithManifest(full, path, new Uint8Array([2]), facts)).rejects.toThrow('full')
    expect(await soundManifest(nodeDisk, path)).toBeUndefined()
  })
})

describe('disk', () => {
  it('a failed write leaves the old file and no leftovers', async () => {
    const path = join(folder, 'd/x')
    await nodeDisk.writeAtomic(path, 'old')
    await nodeDisk.writeAtomic(join(folder, 'd/dir/y'), 'inside')
    await expect(nodeDisk.writeAtomic(join(folder, 'd/dir'), 'a folder is in the way')).rejects.toThrow(/E_DISK/)
    expect(readFileSync(path, 'utf8')).toBe('old')
    expect(readdirSync(join(folder, 'd')).filter((n) => n.endsWith('.tmp'))).toEqual([])
    expect(await walk(nodeDisk, join(folder, 'd'))).toEqual(['dir/y', 'x'])
  })
  it('absent files are undefined, not errors', async () => {
    expect(await nodeDisk.read(join(folder, 'nothing/here'))).toBeUndefined()
    expect(await nodeDisk.list(join(folder, 'nothing'))).toEqual([])
  })
})

describe('lock', () => {
  const options = {
    path: join(folder, 'l/.run/lock'),
    command: 'cointrader fetch',
    pid: process.pid,
    host: 'here',
    waitMs: 0,
  }
  it('refuses by name while held, waits when asked, and is free after release', async () => {
    const clock = manualClock(0)
    const lock = await takeLock({ ...options, clock })
    await expect(takeLock({ ...options, clock })).rejects.toThrow(
      new RegExp(`E_LOCKED.*"cointrader fetch" \\(process ${process.pid} on here\\)`),
    )
    const told: string[] = []
    await expect(takeLock({ ...options, clock, waitMs: 1000, onWait: (o) => told.push(o) })).rejects.toThrow(/E_LOCKED/)
    expect(clock.now()).toBe(1000)
    expect(told).toHaveLength(1)
    await lock.release()
    await (await takeLock({ ...options, clock })).release()
  })
  it('takes over from a process that is gone, also when its pid was given to another', async () => {
    const clock = manualClock(0)
    for (const owner of [
      { pid: 2 ** 30, started: '1' },
      { pid: process.pid, started: 'long ago' },
    ]) {
      await nodeDisk.writeAtomic(options.path, JSON.stringify({ ...owner, host: 'here', command: 'old' }))
      await (await takeLock({ ...options, clock })).release()
    }
    await nodeDisk.writeAtomic(
      options.path,
      JSON.stringify({ pid: 2 ** 30, started: '1', host: 'elsewhere', command: 'old' }),
    )
    await expect(takeLock({ ...options, clock })).rejects.toThrow(/E_LOCKED.*on elsewhere/)
  })
})
