/** Tiny stored models, a disk in memory, and disks that fail. */
import { join } from 'node:path'
import { dateMs, fail, isError, type Json, parseDate } from '@cointrader/core'
import {
  type EvaluationReport,
  type LinearModel,
  linearToJson,
  type ModelFacts,
  type ModelManifest,
  saveModel,
} from '@cointrader/models'
import type { Disk } from '@cointrader/store'

export const ROOT = join('models')

/** A disk in memory: paths to bytes. A folder exists while it holds a file. */
export function memoryDisk(
  files: Map<string, Uint8Array> = new Map(),
): Disk & { readonly files: Map<string, Uint8Array> } {
  const bytesOf = (data: unknown): Uint8Array =>
    typeof data === 'string'
      ? new TextEncoder().encode(data)
      : Array.isArray(data)
        ? Uint8Array.from((data as Uint8Array[]).flatMap((part) => [...part]))
        : (data as Uint8Array).slice()
  return {
    files,
    read: async (path) => files.get(path),
    async writeAtomic(path, bytes) {
      files.set(path, bytesOf(bytes))
    },
    async append(path, text) {
      files.set(path, bytesOf(new TextDecoder().decode(files.get(path) ?? new Uint8Array()) + text))
    },
    async list(folder) {
      const below = `${folder.replace(/\/$/, '')}/`
      const names = [...files.keys()].filter((path) => path.startsWith(below)).map((path) => path.slice(below.length))
      return [...new Set(names.map((name) => name.replace(/\/.*/, '/')))].sort()
    },
    async remove(path) {
      for (const name of [...files.keys()]) if (name === path || name.startsWith(`${path}/`)) files.delete(name)
    },
    exists: async (path) => files.has(path) || [...files.keys()].some((name) => name.startsWith(`${path}/`)),
    async size(path) {
      return files.get(path)?.byteLength ?? fail('E_DISK', { subject: path, detail: 'ENOENT' })
    },
  }
}

/** Thrown where a process would be gone. */
export class Killed extends Error {}

export interface Fault {
  /** Changes (writes and removals) that still work. */
  readonly after: number
  /** `full`: the next write fails with ENOSPC, removals work. `dead`: nothing works any more, from the change on. */
  readonly kind: 'full' | 'dead'
}

/**
 * A disk with a fault. A dead one stops before the change (`after` counts what got through); a folder is removed file by
 * file, as a real one is, so that it may die in the middle.
 */
export function faultyDisk(
  inner: Disk & { readonly files: Map<string, Uint8Array> },
  fault: Fault,
): Disk & { changes: number } {
  const state = { changes: 0, dead: false }
  const change = (path: string, write: boolean): void => {
    if (state.dead) throw new Killed(path)
    if (state.changes >= fault.after) {
      if (fault.kind === 'dead') {
        state.dead = true
        throw new Killed(path)
      }
      if (write) fail('E_DISK', { subject: path, detail: 'ENOSPC' })
    }
    state.changes++
  }
  const alive = (path: string): void => {
    if (state.dead) throw new Killed(path)
  }
  return {
    get changes() {
      return state.changes
    },
    async read(path) {
      alive(path)
      return inner.read(path)
    },
    async writeAtomic(path, bytes) {
      change(path, true)
      await inner.writeAtomic(path, bytes)
    },
    async append(path, text) {
      change(path, true)
      await inner.append(path, text)
    },
    async list(folder) {
      alive(folder)
      return inner.list(folder)
    },
    async remove(path) {
      for (const name of [...inner.files.keys()])
        if (name === path || name.startsWith(`${path}/`)) {
          change(name, false)
          inner.files.delete(name)
        }
    },
    async exists(path) {
      alive(path)
      return inner.exists(path)
    },
    async size(path) {
      alive(path)
      return inner.size(path)
    },
  }
}

export interface Tiny {
  readonly name?: string
  /** Distinguishes versions; also the slope of the model. */
  readonly seed: number
  /** First day after the test range. Default 2026-02-07. */
  readonly end?: string
  readonly features?: readonly string[]
  readonly label?: Partial<ModelManifest['label']>
  readonly schemaHash?: string
  readonly knownAtMinutes?: number
  readonly data?: Json
  readonly metrics?: Json
  readonly change?: (model: LinearModel) => LinearModel
  readonly evaluation?: { readonly valid: unknown; readonly test?: unknown }
}

export const SPLITS = (end = '2026-02-07'): Json => ({
  splits: {
    train: { from: '2026-02-01', to: '2026-02-04', keepFromMs: dateMs(parseDate('2026-02-01')), keepToMs: null },
    valid: { from: '2026-02-04', to: '2026-02-06', keepFromMs: dateMs(parseDate('2026-02-04')), keepToMs: null },
    test: { from: '2026-02-06', to: end, keepFromMs: dateMs(parseDate('2026-02-06')), keepToMs: null },
  },
})

export function linearModel(seed: number, features: readonly string[]): LinearModel {
  return {
    kind: 'linear',
    version: 1,
    family: 'ridge',
    features,
    mean: features.map(() => 0),
    deviation: features.map(() => 1),
    coefficients: features.map((_, f) => (seed + 1) * (f + 1)),
    intercept: seed / 8,
    missing: 'mean',
    options: { alpha: 1, l1Ratio: 0, c: null, standardise: true },
    training: {
      rows: 10,
      weight: 10,
      withoutLabel: 0,
      dropped: 0,
      filledCells: {},
      constant: [],
      dependent: [],
      labelMean: 0,
      labelDeviation: 1,
      converged: true,
      iterations: 1,
      gap: 0,
      r2: 0,
    },
  }
}

export function tinyFacts(tiny: Tiny): ModelFacts {
  const features = tiny.features ?? ['x_1', 'x_2']
  return {
    family: 'linear',
    name: tiny.name ?? 'm',
    codeVersion: 'test/1',
    seed: tiny.seed,
    label: { name: 'y_60m', unit: 'bp', looksUntilMinutes: 61, ...tiny.label },
    features,
    schemaHash: tiny.schemaHash ?? `hash of ${features.join()}`,
    knownAtMinutes: tiny.knownAtMinutes ?? 1,
    params: { alpha: 1 },
    data: tiny.data ?? SPLITS(tiny.end),
    metrics: tiny.metrics ?? null,
  }
}

/** Stores a tiny linear model. */
export async function store(disk: Disk, tiny: Tiny): Promise<ModelManifest> {
  const facts = tinyFacts(tiny)
  const model = (tiny.change ?? ((m) => m))(linearModel(tiny.seed, facts.features))
  return saveModel(disk, ROOT, facts, [
    { name: 'model.json', bytes: linearToJson(model) },
    ...(tiny.evaluation === undefined
      ? []
      : [{ name: 'evaluation.json', bytes: JSON.stringify(tiny.evaluation as { valid: EvaluationReport }) }]),
  ])
}

/** Code of the error a promise ends with, or undefined. */
export async function codeOf(promise: Promise<unknown>): Promise<string | undefined> {
  try {
    await promise
    return undefined
  } catch (error) {
    if (isError(error)) return error.code
    throw error
  }
}

/** The error's message, or '' when there is none. */
export async function messageOf(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => '',
    (error) => (error as Error).message,
  )
}
