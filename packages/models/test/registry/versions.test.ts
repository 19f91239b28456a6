/** Listing, showing and naming versions, damaged ones included. */
import { join } from 'node:path'
import { dateMs, parseDate } from '@cointrader/core'
import { findModel, listModels, promoteModel, resolveVersion, showModel } from '@cointrader/models'
import { expect, it } from 'vitest'
import { codeOf, memoryDisk, messageOf, ROOT, store } from './support.js'

const by = { atMs: 1, reason: 'test', by: 'test' }
const list = async (disk: ReturnType<typeof memoryDisk>) => (await listModels(disk, ROOT))[0]!

it('lists nothing where there is nothing, and no folder that is no model', async () => {
  const disk = memoryDisk()
  expect(await listModels(disk, ROOT)).toEqual([])
  await disk.writeAtomic(join(ROOT, 'predictions/p.parquet'), 'x')
  await disk.writeAtomic(join(ROOT, '.run/lock'), 'x')
  await disk.writeAtomic(join(ROOT, 'tuned/grid/point-1.json'), 'x')
  expect(await listModels(disk, ROOT)).toEqual([])
  expect(await codeOf(resolveVersion(disk, ROOT, 'predictions'))).toBe('E_FILE_MISSING')
  expect(await codeOf(resolveVersion(disk, ROOT, '../m'))).toBe('E_USAGE')
})

it('gives the facts of the manifest, newest first by the end of the data', async () => {
  const disk = memoryDisk()
  const a = await store(disk, { seed: 1, end: '2026-02-08', metrics: { valid: { rank: 0.5 }, test: null } })
  const b = await store(disk, {
    seed: 2,
    end: '2026-02-09',
    metrics: { valid: { sectionRank: 9 }, test: { sectionRank: 0.03, sectionRankT: 2.5 } },
  })
  const c = await store(disk, {
    seed: 3,
    end: '2026-02-07',
    metrics: { threshold: 0.5, test: { signal: { auc: 0.6 } } },
  })
  const model = await list(disk)
  expect(model).toMatchObject({ name: 'm', active: null, latest: c.version, problem: null })
  expect(model.versions.map((v) => v.version)).toEqual([b.version, a.version, c.version])
  expect(model.versions.map((v) => v.headline)).toEqual([
    { split: 'test', score: 'section rank IC', value: 0.03, t: 2.5 },
    { split: 'valid', score: 'pooled rank IC', value: 0.5, t: null },
    { split: 'test', score: 'AUC, signal rows', value: 0.6, t: null },
  ])
  expect(model.versions[0]).toMatchObject({
    state: 'sound',
    problem: null,
    family: 'linear',
    label: { name: 'y_60m' },
    features: 2,
    seed: 2,
    dataEndMs: dateMs(parseDate('2026-02-09')),
    active: false,
    latest: false,
  })
  const files = [...disk.files].filter(([path]) => path.includes(b.version))
  expect(model.versions[0]!.bytes).toBe(files.reduce((n, [, bytes]) => n + bytes.byteLength, 0))
})

it('names versions of equal data by latest, then by promotion', async () => {
  const disk = memoryDisk()
  const all: Awaited<ReturnType<typeof store>>[] = []
  for (let seed = 0; seed < 4; seed++) all.push(await store(disk, { seed }))
  await promoteModel(disk, ROOT, { name: 'm', version: all[1]!.version, ...by })
  await promoteModel(disk, ROOT, { name: 'm', version: all[0]!.version, ...by })
  const order = (await list(disk)).versions.map((v) => v.version)
  expect(order).toEqual([3, 0, 1, 2].map((i) => all[i]!.version))
})

it.each([
  ['a changed file', 'model.json', '{}', 'damaged', /model.json is changed/],
  ['a missing file', 'model.json', undefined, 'damaged', /model.json is missing/],
  ['a manifest that is not JSON', 'manifest.json', '{', 'damaged', /not JSON/],
  ['another manifest', 'manifest.json', '{"kind":"klines"}', 'damaged', /not the manifest of a model/],
  ['no manifest', 'manifest.json', undefined, 'leftover', /without a manifest/],
] as const)('%s is named, not thrown', async (_, file, content, state, problem) => {
  const disk = memoryDisk()
  const { version } = await store(disk, { seed: 1 })
  const path = join(ROOT, 'm', version, file)
  if (content === undefined) await disk.remove(path)
  else await disk.writeAtomic(path, content)
  const [one] = (await list(disk)).versions
  expect(one).toMatchObject({ version, state })
  expect(one!.problem).toMatch(problem)
  const shown = await showModel(disk, ROOT, `m/${version}`)
  expect(shown).toMatchObject({ state, evaluation: null })
  expect(shown.checked.passed).toBe(false)
})

it('notices a manifest that was edited, moved, or names another model', async () => {
  const edit = async (change: (manifest: Record<string, unknown>) => void): Promise<string | null> => {
    const disk = memoryDisk()
    const { version } = await store(disk, { seed: 1 })
    const path = join(ROOT, 'm', version, 'manifest.json')
    const manifest = JSON.parse(new TextDecoder().decode(disk.files.get(path)))
    change(manifest)
    await disk.writeAtomic(path, JSON.stringify(manifest))
    return (await list(disk)).versions[0]!.problem
  }
  expect(await edit(() => {})).toBeNull()
  expect(await edit((m) => Object.assign(m, { features: ['x_1', 'x_3'] }))).toMatch(/was changed/)
  expect(await edit((m) => Object.assign(m, { seed: 9 }))).toMatch(/was changed/)
  expect(await edit((m) => Object.assign(m, { name: 'other' }))).toMatch(/is that of other/)
  expect(await edit((m) => Object.assign(m, { family: 'toString' }))).toMatch(/not known/)
  expect(await edit((m) => Object.assign(m, { files: {} }))).toMatch(/does not name model.json/)
})

it('a checkpoint without a manifest is a training that can go on', async () => {
  const disk = memoryDisk()
  await disk.writeAtomic(join(ROOT, 'm/0123456789ab/checkpoint.json'), '{}')
  expect((await list(disk)).versions[0]).toMatchObject({ state: 'unfinished', family: null, dataEndMs: null })
})

it('without verifying, only presence counts', async () => {
  const disk = memoryDisk()
  const { version } = await store(disk, { seed: 1 })
  await disk.writeAtomic(join(ROOT, 'm', version, 'model.json'), '{}')
  expect((await listModels(disk, ROOT, { verify: false }))[0]!.versions[0]!.state).toBe('sound')
  await disk.remove(join(ROOT, 'm', version, 'model.json'))
  expect((await listModels(disk, ROOT, { verify: false }))[0]!.versions[0]!.state).toBe('damaged')
})

it('names pointers that are no use', async () => {
  const disk = memoryDisk()
  const { version } = await store(disk, { seed: 1 })
  await promoteModel(disk, ROOT, { name: 'm', version, ...by })
  expect((await list(disk)).problem).toBeNull()
  const active = join(ROOT, 'm/active.json')
  const sound = disk.files.get(active)!
  await disk.writeAtomic(active, sound.slice(0, 40))
  expect((await list(disk)).problem).toMatch(/active.json is damaged/)
  expect(await codeOf(showModel(disk, ROOT, 'm'))).toBe('E_FILE_CORRUPT')
  await disk.writeAtomic(active, sound)
  await disk.writeAtomic(join(ROOT, 'm/latest.json'), '{"version":"../../etc"}')
  expect((await list(disk)).problem).toMatch(/latest.json is damaged/)
  await disk.writeAtomic(join(ROOT, 'm/latest.json'), '{"version":"0123456789ab"}')
  expect((await list(disk)).problem).toMatch(/0123456789ab, which is not there/)
  await disk.remove(join(ROOT, 'm', version))
  expect((await list(disk)).problem).toMatch(/active version .* is not there/)
})

it('finds versions the way a person names them; a bare name as predict does', async () => {
  const disk = memoryDisk()
  const a = await store(disk, { seed: 1 })
  const b = await store(disk, { seed: 2 })
  const found = async (ref: string) => (await resolveVersion(disk, ROOT, ref)).version
  expect(await found('m')).toBe(b.version)
  expect(await found('m/latest')).toBe(b.version)
  expect(await messageOf(found('m/active'))).toMatch(/no version is active.*m\//)
  await promoteModel(disk, ROOT, { name: 'm', version: a.version, ...by })
  expect(await found('m')).toBe(a.version)
  expect(await findModel(disk, ROOT, 'm')).toBe(join(ROOT, 'm', a.version))
  expect(await found('m/active')).toBe(a.version)
  expect(await found(`m/${b.version.slice(0, 6)}`)).toBe(b.version)
  expect(await codeOf(found('m/zzz'))).toBe('E_FILE_MISSING')
  expect(await codeOf(found('m/'))).toBe('E_USAGE')
  expect(await codeOf(found('n'))).toBe('E_FILE_MISSING')
  expect(await codeOf(found('m/a/b'))).toBe('E_USAGE')
  await disk.writeAtomic(join(ROOT, 'm', `${a.version.slice(0, 3)}000000000`, 'x'), '')
  expect(await messageOf(found(`m/${a.version.slice(0, 3)}`))).toMatch(/2 versions begin so/)
})

it('shows files, checks, evaluation and history', async () => {
  const disk = memoryDisk()
  const entry = (name: string, role: string, value: number) => ({
    name,
    role,
    sections: { rank: { value, t: 3 } },
    daily: { rankMean: value / 2 },
    pooled: { rank: { value: value / 4 } },
  })
  const report = {
    time: { firstMs: 1, lastMs: 2, instants: 2 },
    symbols: 7,
    entries: [entry('m', 'model', 0.04), entry('zero', 'baseline', 0)],
  }
  const { version } = await store(disk, { seed: 1, evaluation: { valid: report, test: { ...report, symbols: 8 } } })
  await disk.writeAtomic(join(ROOT, 'm', version, 'note.txt'), 'mine')
  await promoteModel(disk, ROOT, { name: 'm', version, atMs: 5, reason: 'first', by: 'me', evidence: { gain: 0.1 } })
  const shown = await showModel(disk, ROOT, 'm')
  expect(shown).toMatchObject({ name: 'm', version, state: 'sound', active: true })
  expect(shown.files.map((f) => [f.name, f.state])).toEqual([
    ['evaluation.json', 'holds'],
    ['model.json', 'holds'],
    ['note.txt', 'not in the manifest'],
  ])
  expect(shown.checked.checks.map((c) => [c.check, c.passed])).toEqual([
    ['manifest', true],
    ['files', true],
    ['opens', true],
    ['predicts', true],
  ])
  expect(shown.evaluation).toMatchObject({ split: 'test', symbols: 8 })
  expect(shown.evaluation!.lines[0]).toEqual({
    name: 'm',
    role: 'model',
    sectionRank: 0.04,
    sectionRankT: 3,
    dailyRank: 0.02,
    pooledRank: 0.01,
  })
  expect(shown.pointer!.history).toEqual([
    { action: 'promote', version, from: null, atMs: 5, reason: 'first', by: 'me', evidence: { gain: 0.1 } },
  ])
})
