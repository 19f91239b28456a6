/** `cointrader build-xy`: which days have to be built, from what, by whom; and what came of each. */
import { join } from 'node:path'
import {
  addDays,
  createPool,
  isError,
  type Json,
  mapLimited,
  type Progress,
  sha256,
  type UtcDate,
} from '@cointrader/core'
import { type Disk, manifestId, readManifest, soundManifest } from '@cointrader/store'
import { DAY_MINUTES, type DayBars } from '../daybars.js'
import { defaultRules } from './day.js'
import { neededDays } from './days.js'
import { type BuiltDay, importPlugins, type Job, type JobResult, makeJobs, manifestFacts } from './jobs.js'
import { type BuildSpec, type BuildTask, dayFileName } from './spec.js'

export interface BuildOptions {
  readonly disk: Disk
  readonly spec: BuildSpec
  readonly dates: readonly UtcDate[]
  /** Members by date; a date without an entry fails. */
  readonly universe: Readonly<Record<string, readonly string[]>>
  /** Path of a day table, or undefined when there is none. */
  readonly locate: (date: UtcDate) => Promise<string | undefined>
  readonly outDir: string
  readonly workers: number
  readonly codeVersion: string
  readonly progress?: Progress
  readonly signal?: AbortSignal
}

export interface DayReport {
  readonly date: UtcDate
  /** `kept`: the file was already there, made from the same inputs. */
  readonly state: 'built' | 'kept' | 'failed'
  readonly path: string
  readonly built: BuiltDay | null
  readonly error: { readonly code: string; readonly message: string } | null
}

/** Builds every date; a date that fails is reported and the others go on. Aborting leaves finished days as they are. */
export async function buildXy(options: BuildOptions): Promise<DayReport[]> {
  const { disk, spec, dates, universe, outDir, workers, codeVersion, progress, signal } = options
  const { before, after } = await reach(spec)
  const members = (date: UtcDate) => universe[date] ?? []
  const needed = neededDays(dates, members, before, after)
  const pool = createPool<Job, JobResult>({ workers, url: new URL('./worker.js', import.meta.url), inline: makeJobs() })
  const paths = new Map<UtcDate, Promise<string | undefined>>()
  const pathOf = (date: UtcDate) => once(paths, date, () => options.locate(date))
  const ids = new Map<UtcDate, Promise<string | undefined>>()
  const idOf = (date: UtcDate) =>
    once(ids, date, async () => {
      const path = await pathOf(date)
      return path === undefined ? undefined : await tableId(disk, path)
    })
  const loaded = new Map<UtcDate, Promise<DayBars | undefined>>()
  const load = (date: UtcDate) =>
    once(loaded, date, async () => {
      const path = await pathOf(date)
      if (path === undefined) return undefined
      const symbols = [...needed.get(date)!.symbols]
      return (await pool.run({ kind: 'load', path, date, symbols, shared: workers > 1 })) as DayBars | undefined
    })
  const release = (date: UtcDate) => {
    for (let k = -before; k <= after; k++) {
      const day = addDays(date, k)
      if (--needed.get(day)!.uses === 0) loaded.delete(day)
    }
  }
  progress?.total(dates.length)
  const one = async (date: UtcDate): Promise<DayReport> => {
    const path = join(outDir, dayFileName(date, spec))
    const failed = (code: string, message: string): DayReport => ({
      date,
      state: 'failed',
      path,
      built: null,
      error: { code, message },
    })
    signal?.throwIfAborted()
    try {
      if (universe[date] === undefined) return failed('E_NOTHING_FOUND', `${date}: the universe file has no entry`)
      if ((await pathOf(date)) === undefined) return failed('E_FILE_MISSING', `${date}: no day table`)
      const inputs: Record<string, string> = {}
      for (let k = -before; k <= after; k++) {
        const id = await idOf(addDays(date, k))
        if (id !== undefined) inputs[addDays(date, k)] = id
      }
      const task: BuildTask = { spec, date, members: members(date), path, inputs, codeVersion }
      const kept = await unchanged(disk, task)
      if (kept !== undefined) return { date, state: 'kept', path, built: kept, error: null }
      const days: DayBars[] = []
      for (let k = -before; k <= after; k++) {
        const day = await load(addDays(date, k))
        if (day !== undefined) days.push(day)
      }
      signal?.throwIfAborted()
      const built = (await pool.run({ kind: 'build', task, days })) as BuiltDay
      return { date, state: 'built', path, built, error: null }
    } catch (error) {
      if (!isError(error) || error.code === 'E_INTERRUPTED' || error.code === 'E_DISK' || error.code === 'E_INTERNAL')
        throw error
      return failed(error.code, error.message)
    } finally {
      release(date)
    }
  }
  try {
    return await mapLimited(dates, Math.max(1, workers), async (date) => {
      const report = await one(date)
      progress?.advance(1, date)
      return report
    })
  } finally {
    await pool.close()
  }
}

/** Days before and after the target that a spec reads. */
export async function reach(spec: BuildSpec): Promise<{ before: number; after: number }> {
  const after = spec.part === 'x' ? 0 : Math.ceil(Math.max(...spec.horizons) / DAY_MINUTES)
  if (spec.research) return { before: spec.part === 'y' ? 0 : 1, after: spec.part === 'x' ? 0 : 1 }
  if (spec.part === 'y') return { before: 0, after }
  const set = defaultRules(spec.rules).set(spec, await importPlugins(spec.plugins.map((p) => p.url)), () => true)
  return { before: Math.ceil((set.plan.warmup - 1) / DAY_MINUTES), after }
}

function once<K, V>(map: Map<K, Promise<V>>, key: K, make: () => Promise<V>): Promise<V> {
  let found = map.get(key)
  if (found === undefined) {
    found = make()
    // A failure is for those who asked; whoever asks later tries again.
    found.catch(() => map.delete(key))
    map.set(key, found)
  }
  return found
}

/** Hash of a day table: that of its manifest while the size agrees, else of its bytes. */
async function tableId(disk: Disk, path: string): Promise<string> {
  const manifest = await readManifest(disk, path)
  if (manifest !== undefined && manifest.bytes === (await disk.size(path))) return manifest.sha256
  return sha256((await disk.read(path))!)
}

/** The report of a finished day that was made from exactly these inputs, and is intact. */
async function unchanged(disk: Disk, task: BuildTask): Promise<BuiltDay | undefined> {
  const manifest = await readManifest(disk, task.path)
  if (
    manifest === undefined ||
    manifest.id !== manifestId(manifestFacts(task) as { kind: string; inputs: Json; config: Json; codeVersion: string })
  )
    return undefined
  if ((await soundManifest(disk, task.path)) === undefined) return undefined
  const { rows, columns, bytes, id } = manifest
  const { excluded, empty, cells, missing } = manifest.details as unknown as Pick<
    BuiltDay,
    'excluded' | 'empty' | 'cells' | 'missing'
  >
  return { rows, columns: columns.length, bytes, id, excluded, empty, cells, missing }
}
