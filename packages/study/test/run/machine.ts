/** A disk in memory that can die, and stages whose runner makes files from what it is given. */
import { join } from 'node:path'
import { sha256, stableJson } from '@cointrader/core'
import type { Disk } from '@cointrader/store'
import type { Stage } from '@cointrader/study/plan/stage'
import { type Ended, type Executed, type ExecuteRequest, executeStages } from '@cointrader/study/run/execute'
import { recordPath, type StageRecord } from '@cointrader/study/run/records'

export const ROOTS = { study: '/study', raw: '/raw' }

const bytesOf = (content: unknown): Uint8Array =>
  typeof content === 'string' ? new TextEncoder().encode(content) : Buffer.concat([content as Uint8Array].flat())

export class Killed extends Error {}

/** `dieAt`: the k-th write or removal is the last thing that happens (`late`) or the first that does not. */
export function memoryDisk(files: Map<string, Uint8Array>, dieAt = Number.POSITIVE_INFINITY, late = false): Disk {
  let writes = 0
  const effect = (act: () => void): void => {
    writes++
    if (writes > dieAt || (writes === dieAt && !late)) throw new Killed(`write ${writes}`)
    act()
    if (writes === dieAt) throw new Killed(`write ${writes}`)
  }
  return {
    read: async (path) => files.get(path),
    async writeAtomic(path, bytes) {
      effect(() => files.set(path, bytesOf(bytes)))
    },
    async append() {},
    async list(folder) {
      const names = new Set<string>()
      for (const path of files.keys())
        if (path.startsWith(`${folder}/`)) {
          const [name, ...below] = path.slice(folder.length + 1).split('/')
          names.add(below.length > 0 ? `${name}/` : name!)
        }
      return [...names].sort()
    },
    async remove(path) {
      effect(() => {
        for (const other of [...files.keys()]) if (other === path || other.startsWith(`${path}/`)) files.delete(other)
      })
    },
    exists: async (path) => files.has(path),
    async size(path) {
      const found = files.get(path)
      if (found === undefined) throw new Error(`no ${path}`)
      return found.byteLength
    },
  }
}

/** A stage `id` that writes `id.txt` and `id.log`, each 64 bytes long whatever they hold. */
export function stage(id: string, needs: readonly string[], more: Partial<Stage> = {}): Stage {
  const file = id.replaceAll('/', '.')
  return {
    id,
    title: `the ${id}`,
    argv: ['make', id],
    extra: [],
    needs,
    outputs: [{ root: 'study', folder: 'out', names: `${file}\\.(?:txt|log)` }],
    files: [],
    fresh: [],
    light: false,
    work: { kind: 'report' },
    ...more,
  }
}

export interface Machine {
  readonly files: Map<string, Uint8Array>
  /** Stage ids in the order in which they were run. */
  readonly calls: string[]
  /** Command lines as they were run. */
  readonly lines: Map<string, readonly string[]>
}

export const machine = (files = new Map<string, Uint8Array>()): Machine => ({ files, calls: [], lines: new Map() })

/**
 * What a stage writes is a hash of its command line, its files and the outputs of those it needs, so that a stage that should
 * have run again and did not shows in the bytes of the end. Of a setting `coarse=N` only N / 2, rounded down, counts.
 */
export function runner(stages: readonly Stage[], on: Machine, disk: Disk): ExecuteRequest['run'] {
  return async (one, argv) => {
    on.calls.push(one.id)
    on.lines.set(one.id, argv)
    const text = async (path: string) => new TextDecoder().decode((await disk.read(path)) ?? new Uint8Array())
    const settings = argv
      .slice(0, argv.length - one.extra.length)
      .filter((a) => !one.files.includes(a))
      .map((a) => a.replace(/^coarse=(\d+)$/, (_, n) => `coarse=${Math.floor(Number(n) / 2)}`))
    const inputs: string[] = []
    for (const id of one.needs)
      for (const { root, path } of filesOf(stages.find((s) => s.id === id)!, on.files))
        inputs.push(path, await text(join(ROOTS[root], path)))
    for (const file of one.files) inputs.push(await text(file))
    const name = join(ROOTS.study, 'out', one.id.replaceAll('/', '.'))
    const made = (what: string) => sha256(stableJson([what, settings, inputs]))
    const lines = [made('text')]
    // Files that begin anew are those that add to what they find.
    if (one.fresh.length > 0) lines.push(...(await text(`${name}.txt`)).split('\n').filter((l) => l !== ''))
    await disk.writeAtomic(`${name}.txt`, [...new Set(lines)].sort().join('\n'))
    await disk.writeAtomic(`${name}.log`, made('log'))
    return done()
  }
}

export const done = (more: Partial<Ended> = {}): Ended => ({
  exit: 0,
  result: undefined,
  stdout: '',
  missing: [],
  usage: { ms: 1, cpuMs: 1, maxRssMb: 1 },
  ...more,
})

function filesOf(one: Stage, files: ReadonlyMap<string, Uint8Array>): { root: 'study' | 'raw'; path: string }[] {
  return one.outputs.flatMap(({ root, folder, names }) =>
    [...files.keys()]
      .filter((p) => new RegExp(`^${ROOTS[root]}/${folder}/(?:${names})$`).test(p))
      .sort()
      .map((p) => ({ root, path: p.slice(ROOTS[root].length + 1) })),
  )
}

export type Settings = Partial<ExecuteRequest> & { readonly dieAt?: number; readonly late?: boolean }

/** Executes on a machine; `ran` is sorted by the plan. */
export async function execute(stages: readonly Stage[], on: Machine, settings: Settings = {}): Promise<Executed> {
  const { dieAt, late, ...more } = settings
  const disk = memoryDisk(on.files, dieAt, late)
  return executeStages({
    disk,
    roots: ROOTS,
    stages,
    codeVersion: 'code/1',
    run: runner(stages, on, disk),
    members: async () => ['AUSDT', 'BUSDT'],
    jobs: 2,
    signal: new AbortController().signal,
    ...more,
  })
}

/** Ids that ran, in the order of the plan. */
export async function ranOf(stages: readonly Stage[], on: Machine, settings: Settings = {}): Promise<string[]> {
  const { ran } = await execute(stages, on, settings)
  return stages.map((s) => s.id).filter((id) => ran.includes(id))
}

export const recordOf = (on: Machine, id: string): StageRecord =>
  JSON.parse(new TextDecoder().decode(on.files.get(recordPath(ROOTS.study, id)))) as StageRecord

/** Content of everything there is, for comparison. */
export const snapshot = (on: Machine): Record<string, string> =>
  Object.fromEntries(
    [...on.files].sort(([a], [b]) => (a < b ? -1 : 1)).map(([k, v]) => [k, new TextDecoder().decode(v)]),
  )

/** raw → xy (plug-in) → two models → scores → judge; a backtest of one. */
export function study(change: Partial<Record<string, Partial<Stage>>> = {}): Stage[] {
  const list: [string, string[], Partial<Stage>?][] = [
    ['fetch', [], { argv: ['fetch', 'coarse=2'] }],
    ['xy', ['fetch'], { argv: ['xy', '--plugin', '/plug.ts'], files: ['/plug.ts'] }],
    ['train/a', ['xy'], { argv: ['train', '--rounds', '10'] }],
    ['train/b', ['xy']],
    ['predict/a', ['train/a'], { light: true }],
    ['predict/b', ['train/b'], { light: true }],
    ['backtest/a', ['fetch', 'predict/a'], { light: true }],
    ['judge', ['xy', 'predict/a', 'predict/b'], { light: true }],
  ]
  return list.map(([id, needs, more]) => stage(id, needs, { ...more, ...change[id] }))
}

/** The plug-in's file. */
export const plugin = (text: string): [string, Uint8Array] => ['/plug.ts', new TextEncoder().encode(text)]

/** What a folder that was never used before would hold. */
export async function clean(
  stages: readonly Stage[],
  files: readonly [string, Uint8Array][],
): Promise<Record<string, string>> {
  const on = machine(new Map(files))
  await execute(stages, on)
  return snapshot(on)
}
