/** Pruning, and random sequences of everything that changes a registry. */
import { join } from 'node:path'
import { isError } from '@cointrader/core'
import {
  findModel,
  listModels,
  loadModel,
  openModel,
  promoteModel,
  pruneModel,
  readLatest,
  readPointer,
  rollbackModel,
  rollbackTarget,
} from '@cointrader/models'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { codeOf, faultyDisk, Killed, memoryDisk, messageOf, ROOT, store } from './support.js'

const by = { atMs: 1, reason: 'test', by: 'test' }
const day = (i: number): string => `2026-03-${String(i + 10)}`

/** Versions 0 … n - 1, the last on the newest data. */
async function many(disk: ReturnType<typeof memoryDisk>, n: number): Promise<string[]> {
  const out = []
  for (let i = 0; i < n; i++) out.push((await store(disk, { seed: i, end: day(i) })).version)
  return out
}

const present = async (disk: ReturnType<typeof memoryDisk>): Promise<Set<string>> =>
  new Set((await listModels(disk, ROOT))[0]!.versions.map((v) => v.version))

it('keeps the newest, the active one, and where a rollback would go; a dry run only says so', async () => {
  const disk = memoryDisk()
  const v = await many(disk, 7)
  await promoteModel(disk, ROOT, { name: 'm', version: v[1]!, ...by })
  await promoteModel(disk, ROOT, { name: 'm', version: v[0]!, ...by })
  const before = new Map(disk.files)
  const plan = await pruneModel(disk, ROOT, { name: 'm', keep: 2, dryRun: true })
  expect(disk.files).toEqual(before)
  expect(plan.removed.map((r) => r.version)).toEqual([v[4], v[3], v[2]])
  expect(plan.kept).toEqual([
    { version: v[6], why: ['latest', 'newest'] },
    { version: v[5], why: ['newest'] },
    { version: v[1], why: ['rollback'] },
    { version: v[0], why: ['active'] },
  ])
  const done = await pruneModel(disk, ROOT, { name: 'm', keep: 2 })
  expect(done).toEqual({ ...plan, dryRun: false })
  const total = (files: Map<string, Uint8Array>) => [...files.values()].reduce((n, b) => n + b.byteLength, 0)
  expect(total(before) - total(disk.files)).toBe(plan.freedBytes)
  expect(await present(disk)).toEqual(new Set([v[0], v[1], v[5], v[6]]))
  expect((await rollbackModel(disk, ROOT, { name: 'm', ...by })).pointer.version).toBe(v[1])
})

it('what a bare name opens stays, also with nothing active and nothing to keep', async () => {
  const disk = memoryDisk()
  const v = await many(disk, 3)
  const { removed } = await pruneModel(disk, ROOT, { name: 'm', keep: 0 })
  expect(removed.map((r) => r.version)).toEqual([v[1], v[0]])
  expect((await loadModel(disk, ROOT, 'm')).id).toBe(v[2])
})

it('damaged versions take no place among the newest and go only when asked to', async () => {
  const disk = memoryDisk()
  const v = await many(disk, 4)
  await disk.writeAtomic(join(ROOT, 'm', v[2]!, 'model.json'), '{}')
  await disk.writeAtomic(join(ROOT, 'm/0123456789ab/checkpoint.json'), '{}')
  await disk.writeAtomic(join(ROOT, 'm/ba9876543210/model.json'), '{}')
  const { removed, kept } = await pruneModel(disk, ROOT, { name: 'm', keep: 2 })
  expect(removed.map((r) => [r.version, r.why])).toEqual([
    [v[0], 'old'],
    ['ba9876543210', 'leftover'],
  ])
  expect(kept.map((k) => [k.version, k.why.at(-1)])).toEqual([
    [v[3], 'newest'],
    [v[2], 'damaged'],
    [v[1], 'newest'],
    ['0123456789ab', 'unfinished'],
  ])
  const more = await pruneModel(disk, ROOT, { name: 'm', keep: 2, damaged: true })
  expect(more.removed).toMatchObject([{ version: v[2], why: 'damaged' }])
})

it('a damaged active version is kept', async () => {
  const disk = memoryDisk()
  const v = await many(disk, 2)
  await promoteModel(disk, ROOT, { name: 'm', version: v[0]!, ...by })
  await disk.writeAtomic(join(ROOT, 'm', v[0]!, 'model.json'), '{}')
  const { removed } = await pruneModel(disk, ROOT, { name: 'm', keep: 0, damaged: true })
  expect(removed).toEqual([])
})

it('refuses while it cannot tell what is in use', async () => {
  const disk = memoryDisk()
  await many(disk, 3)
  await disk.writeAtomic(join(ROOT, 'm/active.json'), '{')
  expect(await codeOf(pruneModel(disk, ROOT, { name: 'm', keep: 0 }))).toBe('E_FILE_CORRUPT')
  await disk.remove(join(ROOT, 'm/active.json'))
  await disk.writeAtomic(join(ROOT, 'm/latest.json'), '{}')
  expect(await codeOf(pruneModel(disk, ROOT, { name: 'm', keep: 0 }))).toBe('E_FILE_CORRUPT')
  expect(await present(disk)).toHaveProperty('size', 3)
  expect(await codeOf(pruneModel(disk, ROOT, { name: 'm', keep: -1 }))).toBe('E_USAGE')
  expect(await messageOf(pruneModel(disk, ROOT, { name: 'n', keep: 1 }))).toMatch(/^E_FILE_MISSING.*no model n/)
})

it('killed at any moment, it leaves no half version that looks like a model, and the next one finishes', async () => {
  for (let after = 0; ; after++) {
    const inner = memoryDisk()
    const v = await many(inner, 3)
    // As a training leaves it that was killed between its manifest and the removal of its checkpoint.
    await inner.writeAtomic(join(ROOT, 'm', v[0]!, 'checkpoint.json'), '{}')
    const request = { name: 'm', keep: 1 }
    const done = await pruneModel(faultyDisk(inner, { after, kind: 'dead' }), ROOT, request).then(
      () => true,
      (error) => {
        if (!(error instanceof Killed)) throw error
        return false
      },
    )
    for (const one of (await listModels(inner, ROOT))[0]!.versions) expect(['sound', 'leftover']).toContain(one.state)
    for (const version of v) {
      const opened = await codeOf(openModel(inner, join(ROOT, 'm', version)))
      expect([undefined, 'E_FILE_MISSING']).toContain(opened)
      if (opened === undefined) expect((await loadModel(inner, ROOT, join(ROOT, 'm', version))).id).toBe(version)
    }
    await pruneModel(inner, ROOT, request)
    expect([...inner.files.keys()].filter((path) => path.includes(v[0]!) || path.includes(v[1]!))).toEqual([])
    if (done) break
  }
})

type Step =
  | { readonly do: 'train' | 'promote' | 'damage'; readonly which: number }
  | { readonly do: 'prune'; readonly keep: number }
  | { readonly do: 'rollback' }

const steps = fc.array(
  fc.record({
    step: fc.oneof(
      { weight: 3, arbitrary: fc.record({ do: fc.constant<'train'>('train'), which: fc.nat(4) }) },
      { weight: 4, arbitrary: fc.record({ do: fc.constant<'promote'>('promote'), which: fc.nat(4) }) },
      { weight: 1, arbitrary: fc.record({ do: fc.constant<'damage'>('damage'), which: fc.nat(4) }) },
      { weight: 2, arbitrary: fc.record({ do: fc.constant<'prune'>('prune'), keep: fc.nat(3) }) },
      { weight: 3, arbitrary: fc.record({ do: fc.constant<'rollback'>('rollback') }) },
    ) as fc.Arbitrary<Step>,
    fault: fc.oneof(
      { weight: 2, arbitrary: fc.constant(null) },
      {
        weight: 1,
        arbitrary: fc.record({ after: fc.nat(4), kind: fc.constantFrom<'full' | 'dead'>('full', 'dead') }),
      },
    ),
  }),
  { minLength: 8, maxLength: 25 },
)

it('whatever is done in whatever order, with faults: the active model opens and nothing in use is removed', async () => {
  let changes = 0
  let faults = 0
  await fc.assert(
    fc.asyncProperty(steps, async (all) => {
      const inner = memoryDisk()
      const known: string[] = []
      /** The naive twin of the history: versions that were active, the present one last. */
      let stack: string[] = []
      for (let i = 0; i < 3; i++) known.push((await store(inner, { seed: i, end: day(i) })).version)
      for (const { step, fault } of all) {
        const disk = fault === null ? inner : faultyDisk(inner, fault)
        const before = await readPointer(inner, ROOT, 'm')
        const name = 'm'
        let ended: string
        try {
          if (step.do === 'train')
            known[step.which] = (await store(disk, { seed: step.which, end: day(step.which) })).version
          else if (step.do === 'promote')
            await promoteModel(disk, ROOT, { name, version: known[step.which] ?? '0123456789ab', ...by })
          else if (step.do === 'rollback') await rollbackModel(disk, ROOT, { name, ...by })
          else if (step.do === 'prune') await pruneModel(disk, ROOT, { name, keep: step.keep })
          else {
            const version = known[step.which]
            // Damage to what is in use is another test's: here the invariant is that the active model opens.
            if (version !== undefined && version !== before?.version)
              await inner.writeAtomic(join(ROOT, name, version, 'model.json'), 'damaged')
          }
          ended = 'done'
        } catch (error) {
          if (!(error instanceof Killed) && !isError(error)) throw error
          ended = 'refused'
          if (error instanceof Killed || isError(error, 'E_DISK')) faults++
        }
        const after = await readPointer(inner, ROOT, 'm')
        if (ended === 'refused' || (step.do !== 'promote' && step.do !== 'rollback')) expect(after).toEqual(before)
        else if (step.do === 'promote') {
          const version = known[step.which]!
          if (stack.at(-1) !== version) stack.push(version)
          changes++
        } else {
          stack = stack.slice(0, -1)
          changes++
        }
        expect(after?.version).toBe(stack.at(-1))
        if (after === undefined) continue
        expect(rollbackTarget(after.history)).toBe(stack.at(-2) ?? null)
        const model = await loadModel(inner, ROOT, 'm')
        expect(model.id).toBe(after.version)
        expect(await findModel(inner, ROOT, 'm')).toBe(join(ROOT, 'm', after.version))
        expect(model.predict({ rows: 1, columns: [Float64Array.of(1), Float64Array.of(0)] })[0]).toSatisfy(
          Number.isFinite,
        )
        // Prune takes neither the rollback target nor the latest.
        if (step.do === 'prune' && ended === 'done') {
          const versions = await present(inner)
          const latest = await readLatest(inner, ROOT, 'm')
          if (latest !== null) expect(versions).toContain(latest)
          for (const { state, version } of (await listModels(inner, ROOT))[0]!.versions)
            if (state === 'leftover') expect([after.version, after.previous, latest]).toContain(version)
        }
      }
      // A rollback after a promotion restores what was active.
      const last = await readPointer(inner, ROOT, 'm')
      const fresh = (await store(inner, { seed: 77 })).version
      if (last === undefined || last.version === fresh) return
      await promoteModel(inner, ROOT, { name: 'm', version: fresh, ...by })
      await pruneModel(inner, ROOT, { name: 'm', keep: 0, damaged: true })
      const back = await rollbackModel(inner, ROOT, { name: 'm', ...by })
      expect(back.pointer).toMatchObject({ version: last.version, previous: last.previous })
    }),
    { numRuns: 150, seed: 20260201 },
  )
  expect(changes).toBeGreaterThan(300)
  expect(faults).toBeGreaterThan(100)
})
