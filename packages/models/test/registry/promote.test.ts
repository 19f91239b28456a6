/** Promotion and rollback: what is refused, and what a full disk or a kill leaves. */
import { join } from 'node:path'
import { isError } from '@cointrader/core'
import { findModel, loadModel, promoteModel, readPointer, rollbackModel, rollbackTarget } from '@cointrader/models'
import { expect, it } from 'vitest'
import { codeOf, faultyDisk, Killed, memoryDisk, messageOf, ROOT, store } from './support.js'

const by = { reason: 'test', by: 'test' }
const promote = (disk: Parameters<typeof promoteModel>[0], version: string, atMs = 1, more = {}) =>
  promoteModel(disk, ROOT, { name: 'm', version, atMs, ...by, ...more })
const rollback = (disk: Parameters<typeof promoteModel>[0], atMs = 1) =>
  rollbackModel(disk, ROOT, { name: 'm', atMs, ...by })

async function three(disk: ReturnType<typeof memoryDisk>): Promise<string[]> {
  const out = []
  for (let seed = 0; seed < 3; seed++) out.push((await store(disk, { seed })).version)
  return out
}

it('the first promotion has no previous; a second keeps the first to go back to', async () => {
  const disk = memoryDisk()
  const [a, b] = await three(disk)
  const first = await promote(disk, a!, 10)
  expect(first).toMatchObject({ changed: true, pointer: { version: a, promotedAtMs: 10, previous: null } })
  const second = await promote(disk, b!, 20)
  expect(second.pointer).toMatchObject({ version: b, promotedAtMs: 20, previous: a, reason: 'test', by: 'test' })
  expect(await readPointer(disk, ROOT, 'm')).toEqual(second.pointer)
  expect(await findModel(disk, ROOT, 'm')).toBe(join(ROOT, 'm', b!))
})

it('promoting what is active writes nothing', async () => {
  const disk = memoryDisk()
  const [a] = await three(disk)
  await promote(disk, a!, 10)
  const before = disk.files.get(join(ROOT, 'm/active.json'))
  expect((await promote(disk, a!, 20)).changed).toBe(false)
  expect(disk.files.get(join(ROOT, 'm/active.json'))).toBe(before)
})

it('rollbacks go back one promotion each and never to what was given up', async () => {
  const disk = memoryDisk()
  const [a, b, c] = await three(disk)
  for (const [i, v] of [a, b, c].entries()) await promote(disk, v!, i)
  expect((await rollback(disk, 10)).pointer).toMatchObject({ version: b, previous: a, promotedAtMs: 10 })
  expect((await rollback(disk, 11)).pointer).toMatchObject({ version: a, previous: null })
  expect(await messageOf(rollback(disk))).toMatch(/^E_FILE_MISSING.*no version was active before/)
  expect((await promote(disk, c!, 12)).pointer.previous).toBe(a)
  const { history } = (await readPointer(disk, ROOT, 'm'))!
  expect(history.map((e) => [e.action, e.from, e.version])).toEqual([
    ['promote', null, a],
    ['promote', a, b],
    ['promote', b, c],
    ['rollback', c, b],
    ['rollback', b, a],
    ['promote', a, c],
  ])
  expect(rollbackTarget([])).toBeNull()
})

it('refuses a rollback without an active version, or to one that is damaged or gone, and changes nothing', async () => {
  const disk = memoryDisk()
  const [a, b] = await three(disk)
  expect(await messageOf(rollback(disk))).toMatch(/^E_FILE_MISSING.*no version of it is active/)
  await promote(disk, a!)
  await promote(disk, b!)
  const before = await readPointer(disk, ROOT, 'm')
  const model = join(ROOT, 'm', a!, 'model.json')
  const sound = disk.files.get(model)!
  await disk.writeAtomic(model, '{}')
  expect(await messageOf(rollback(disk))).toMatch(/^E_VERIFY.*model.json is changed/)
  await disk.remove(join(ROOT, 'm', a!))
  expect(await messageOf(rollback(disk))).toMatch(/^E_FILE_MISSING.*no such version/)
  expect(await readPointer(disk, ROOT, 'm')).toEqual(before)
  expect(sound.byteLength).toBeGreaterThan(0)
})

it.each([
  [
    'predicts infinity',
    { change: (m: object) => ({ ...m, intercept: 1e308, coefficients: [1, 1], mean: [-1e308, -1e308] }) },
  ],
  ['has features of its own', { change: (m: object) => ({ ...m, features: ['x_2', 'x_1'] }) }],
  ['refuses missing features', { change: (m: object) => ({ ...m, missing: 'refuse' }) }],
] as const)('refuses a model that %s', async (_, tiny) => {
  const disk = memoryDisk()
  const { version } = await store(disk, { seed: 1, ...tiny } as never)
  const message = await messageOf(promote(disk, version))
  expect(message).toMatch(/^E_VERIFY: m\/.*(predicts: a row of|opens: the features in its file)/)
  expect(await readPointer(disk, ROOT, 'm')).toBeUndefined()
})

it('refuses what is not there or not a version', async () => {
  const disk = memoryDisk()
  await three(disk)
  expect(await codeOf(promote(disk, '0123456789ab'))).toBe('E_FILE_MISSING')
  expect(await codeOf(promote(disk, '../../x'))).toBe('E_USAGE')
  expect(await codeOf(promoteModel(disk, ROOT, { name: '../m', version: '0123456789ab', atMs: 1, ...by }))).toBe(
    'E_USAGE',
  )
  await disk.writeAtomic(join(ROOT, 'm/0123456789ab/checkpoint.json'), '{}')
  expect(await messageOf(promote(disk, '0123456789ab'))).toMatch(/^E_VERIFY.*cut off/)
})

it('another label is never promoted over the active one, other features only when allowed', async () => {
  const disk = memoryDisk()
  const a = await store(disk, { seed: 1 })
  await promote(disk, a.version)
  for (const label of [{ name: 'y_5m' }, { unit: 'share' }, { looksUntilMinutes: 6 }]) {
    const { version } = await store(disk, { seed: 2, label })
    expect(await messageOf(promote(disk, version, 1, { allowSchemaChange: true }))).toMatch(/^E_SCHEMA.*label/)
  }
  for (const other of [
    { features: ['x_1'] },
    { features: ['x_1', 'x_2', 'x_3'] },
    { features: ['x_2', 'x_1'] },
    { schemaHash: 'other units' },
    { knownAtMinutes: 5 },
  ]) {
    const { version } = await store(disk, { seed: 3, end: `2026-03-0${Object.keys(other)[0]!.length % 9}`, ...other })
    expect(await codeOf(promote(disk, version)), JSON.stringify(other)).toBe('E_SCHEMA')
    expect((await promote(disk, version, 1, { allowSchemaChange: true })).changed).toBe(true)
    await rollback(disk)
  }
})

it('an active version that cannot be read does not stand in the way of its replacement', async () => {
  const disk = memoryDisk()
  const [a, b] = await three(disk)
  await promote(disk, a!)
  await disk.remove(join(ROOT, 'm', a!))
  const { changed, notes } = await promote(disk, b!)
  expect(changed).toBe(true)
  expect(notes[0]).toMatch(/cannot be read/)
})

it.each([
  ['not JSON', () => '{'],
  ['no history', (p: object) => JSON.stringify({ ...p, history: undefined })],
  ['another version', (p: object) => JSON.stringify({ ...p, version: '0123456789ab' })],
  ['another previous', (p: object) => JSON.stringify({ ...p, previous: '0123456789ab' })],
  ['a hole in the history', (p: { history: object[] }) => JSON.stringify({ ...p, history: p.history.slice(1) })],
  ['null', () => 'null'],
] as const)('a pointer with %s is refused, and nothing is written over it', async (_, change) => {
  const disk = memoryDisk()
  const [a, b, c] = await three(disk)
  await promote(disk, a!)
  await promote(disk, b!)
  const path = join(ROOT, 'm/active.json')
  await disk.writeAtomic(path, change(JSON.parse(new TextDecoder().decode(disk.files.get(path)))))
  const before = disk.files.get(path)
  expect(await codeOf(promote(disk, c!))).toBe('E_FILE_CORRUPT')
  expect(await codeOf(rollback(disk))).toBe('E_FILE_CORRUPT')
  expect(disk.files.get(path)).toBe(before)
})

it.each(['full', 'dead'] as const)(
  'storing a challenger and promoting it on a disk that is %s at any moment leaves the old or the new one active',
  async (kind) => {
    let failures = 0
    for (let after = 0; ; after++) {
      const inner = memoryDisk()
      const old = (await store(inner, { seed: 1 })).version
      await promote(inner, old)
      const disk = faultyDisk(inner, { after, kind })
      let fresh: string | undefined
      let done = false
      try {
        fresh = (await store(disk, { seed: 2 })).version
        await promote(disk, fresh, 2)
        done = true
      } catch (error) {
        if (!(error instanceof Killed) && !isError(error, 'E_DISK')) throw error
        failures++
      }
      const model = await loadModel(inner, ROOT, 'm')
      expect([old, fresh]).toContain(model.id)
      expect(model.id).toBe(done ? fresh : old)
      expect(Number.isFinite(model.predict({ rows: 1, columns: [Float64Array.of(1), Float64Array.of(1)] })[0])).toBe(
        true,
      )
      expect((await readPointer(inner, ROOT, 'm'))!.version).toBe(model.id)
      // What failed can be done again.
      const again = (await store(inner, { seed: 2 })).version
      await promote(inner, again, 3)
      expect((await rollback(inner, 4)).pointer.version).toBe(old)
      if (done) break
    }
    // The model file, the manifest, latest.json and the pointer.
    expect(failures).toBe(4)
  },
)
