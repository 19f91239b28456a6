/** Records and their comparison. */
import { sha256, stableJson } from '@cointrader/core'
import { compareRuns } from '@cointrader/study/run/compare'
import {
  contentOf,
  hashOutputs,
  listOutputs,
  type OutputFile,
  outputsThere,
  readRecord,
  recordPath,
  type StageRecord,
  stageKey,
  writeRecord,
} from '@cointrader/study/run/records'
import { describe, expect, it } from 'vitest'
import { memoryDisk, ROOTS } from './machine.js'

const file = (path: string, content: string, root: OutputFile['root'] = 'study'): OutputFile => ({
  root,
  path,
  sha256: sha256(content),
  bytes: content.length,
})
const record = (id: string, ...outputs: OutputFile[]): StageRecord => ({
  id,
  title: id,
  argv: [id],
  needs: [],
  key: id,
  content: contentOf(outputs),
  outputs,
  version: null,
  missing: [],
})
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

describe('compareRuns', () => {
  const run = [record('a', file('x', '1'), file('x', '1', 'raw')), record('b', file('y', '2'), file('z', '3'))]

  it('finds a run equal to itself, whatever the order of stages and files', () => {
    expect(compareRuns(run, run)).toEqual({ same: 4, differences: [], firstStage: null })
    const other = [...run].reverse().map((r) => ({ ...r, outputs: [...r.outputs].reverse() }))
    expect(compareRuns(run, other).differences).toEqual([])
    expect(compareRuns([], [])).toEqual({ same: 0, differences: [], firstStage: null })
  })

  it('names what differs, is missing or new, and the first stage of the plan where', () => {
    const other = [
      record('c', file('n', '9')),
      record('b', file('y', 'other'), file('w', '4')),
      record('a', file('x', '1'), file('x', '1', 'raw')),
    ]
    expect(compareRuns(run, other)).toEqual({
      same: 2,
      differences: [
        { stage: 'b', path: 'y', what: 'differs' },
        { stage: 'b', path: 'z', what: 'is missing' },
        { stage: 'b', path: 'w', what: 'is new' },
        { stage: 'c', path: 'n', what: 'is new' },
      ],
      firstStage: 'b',
    })
  })

  it('keeps the two roots apart, and misses a stage that is not there', () => {
    expect(compareRuns(run, [record('a', file('x', '1')), run[1]!])).toMatchObject({
      same: 3,
      differences: [{ stage: 'a', path: 'x', what: 'is missing' }],
    })
    expect(compareRuns(run, [run[0]!]).differences.map((d) => d.what)).toEqual(['is missing', 'is missing'])
  })
})

describe('records', () => {
  it('are read as they were written; one of another stage or without its list counts as none', async () => {
    const files = new Map<string, Uint8Array>()
    const disk = memoryDisk(files)
    const one = record('train/trees/1', file('a', '1'))
    await writeRecord(disk, ROOTS.study, one)
    expect([...files.keys()]).toEqual(['/study/stages/train.trees.1.json'])
    expect(recordPath('/study', 'train/trees/1')).toBe('/study/stages/train.trees.1.json')
    expect(await readRecord(disk, ROOTS.study, one.id)).toEqual(one)
    expect(await readRecord(disk, ROOTS.study, 'other')).toBeUndefined()
    files.set('/study/stages/other.json', files.get('/study/stages/train.trees.1.json')!)
    expect(await readRecord(disk, ROOTS.study, 'other')).toBeUndefined()
    for (const text of ['', '{', '{"id":"other"}', '{"id":"other","outputs":3}']) {
      files.set('/study/stages/other.json', bytes(text))
      expect(await readRecord(disk, ROOTS.study, 'other'), text).toBeUndefined()
    }
  })

  it('know their outputs by size', async () => {
    const files = new Map([
      ['/study/a', bytes('1')],
      ['/raw/b', bytes('22')],
    ])
    const disk = memoryDisk(files)
    const one = record('s', file('a', '1'), file('b', '22', 'raw'))
    expect(await outputsThere(disk, ROOTS, one)).toBe(true)
    files.set('/raw/b', bytes('333'))
    expect(await outputsThere(disk, ROOTS, one)).toBe(false)
    files.delete('/raw/b')
    expect(await outputsThere(disk, ROOTS, one)).toBe(false)
  })

  it('hash an output by its bytes, or by its manifest where that proves the size', async () => {
    const manifest = (size: number) => bytes(stableJson({ sha256: 'of-the-manifest', bytes: size }))
    const files = new Map([
      ['/study/d/a.parquet', bytes('table')],
      ['/study/d/a.manifest.json', manifest(5)],
      ['/study/d/b.parquet', bytes('table')],
      ['/study/d/b.manifest.json', manifest(6)],
      ['/study/d/c.json', bytes('table')],
      ['/study/d/c.manifest.json', manifest(5)],
    ])
    const disk = memoryDisk(files)
    const list = ['d/a.parquet', 'd/b.parquet', 'd/c.json'].map((path) => ({ root: 'study' as const, path }))
    const hashes = (await hashOutputs(disk, ROOTS, list)).map((o) => o.sha256)
    expect(hashes).toEqual(['of-the-manifest', sha256('table'), sha256('table')])
    await expect(hashOutputs(disk, ROOTS, [{ root: 'study', path: 'd/gone' }])).rejects.toThrow()
  })

  it('list files by whole names, without folders, in the folder of a version', async () => {
    const names = ['/study/models/m/v1/model.txt', '/study/models/m/v1/.hidden', '/study/models/m/v2/model.txt']
    const files = new Map(
      [...names, '/study/top.json', '/study/top.json.old', '/raw/funding/A.parquet'].map((n) => [n, bytes('')]),
    )
    const disk = memoryDisk(files)
    const list = (root: OutputFile['root'], folder: string, pattern: string, version: string | null = null) =>
      listOutputs(disk, ROOTS, [{ root, folder, names: pattern }], version).then((l) => l.map((o) => o.path))
    expect(await list('study', 'models/m/{version:train/m/1}', '[^.].*', 'v1')).toEqual(['models/m/v1/model.txt'])
    expect(await list('study', '.', 'top\\.json')).toEqual(['top.json'])
    expect(await list('study', '.', '.*')).toEqual(['top.json', 'top.json.old'])
    expect(await list('raw', 'funding', '.+\\.(?:parquet|manifest\\.json)')).toEqual(['funding/A.parquet'])
    expect(await list('raw', 'nowhere', '.*')).toEqual([])
  })

  it('have a key of everything a stage is made from', () => {
    const key = (...change: [number, unknown][]) => {
      const all: unknown[] = [{ id: 's' }, ['a', 'b'], 'code/1', { x: '1' }, { 0: 'hash' }]
      for (const [i, v] of change) all[i] = v
      return stageKey(...(all as Parameters<typeof stageKey>))
    }
    const others = [
      key([0, { id: 't' }]),
      key([1, ['a', 'c']]),
      key([1, ['ab']]),
      key([2, 'code/2']),
      key([3, { x: '2' }]),
      key([3, {}]),
      key([4, { 0: 'other' }]),
    ]
    expect(new Set([key(), ...others]).size).toBe(others.length + 1)
    expect(key()).toBe(key())
    const [a, b] = [file('a', '1'), file('b', '1')]
    expect(contentOf([a])).not.toBe(contentOf([b]))
    expect(contentOf([{ ...a, bytes: 7 }])).toBe(contentOf([a]))
  })
})
