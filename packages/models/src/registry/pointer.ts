/**
 * `models/{name}/active.json`: which version is used, and how it came to be. Pointer and history are one file, written
 * atomically, so that a kill or a full disk leaves the old state or the new one and they can never disagree.
 */
import { join } from 'node:path'
import { fail, type Json, stableJson } from '@cointrader/core'
import type { Disk } from '@cointrader/store'
import { checkModelName } from '../artefact/index.js'

/** One change of the active version. Entries are only ever appended. */
export interface HistoryEntry {
  readonly action: 'promote' | 'rollback'
  /** Active after it. */
  readonly version: string
  /** Active before it; null for the first. */
  readonly from: string | null
  readonly atMs: number
  /** In words. */
  readonly reason: string
  /** Who did it: a command, e.g. `models promote` or `retrain`. */
  readonly by: string
  /** Figures the decision rests on. */
  readonly evidence?: Json
}

export interface ActivePointer {
  /** What `findModel` reads. */
  readonly version: string
  readonly promotedAtMs: number
  readonly reason: string
  /** Where a rollback goes: see {@link rollbackTarget}. */
  readonly previous: string | null
  readonly by: string
  /** Oldest first; the last entry made `version` active. */
  readonly history: readonly HistoryEntry[]
}

/**
 * Where a rollback goes, by the history: to the version that was active when the present one was promoted. Promotions stack
 * up and each rollback takes one off, so that two rollbacks go back twice and never return to what was given up. Null when
 * nothing is left.
 */
export function rollbackTarget(history: readonly HistoryEntry[]): string | null {
  const stack: string[] = []
  for (const { action, version } of history) {
    if (action === 'promote') stack.push(version)
    else stack.pop()
  }
  return stack.at(-2) ?? null
}

/** The pointer after one more entry. */
export function advance(history: readonly HistoryEntry[], entry: HistoryEntry): ActivePointer {
  const all = [...history, entry]
  return {
    version: entry.version,
    promotedAtMs: entry.atMs,
    reason: entry.reason,
    previous: rollbackTarget(all),
    by: entry.by,
    history: all,
  }
}

export async function readText(disk: Disk, path: string): Promise<string | undefined> {
  const bytes = await disk.read(path)
  return bytes === undefined ? undefined : new TextDecoder().decode(bytes)
}

const path = (root: string, name: string): string => join(root, checkModelName(name), 'active.json')

/** The pointer of a model, or undefined when none was ever promoted. Error `E_FILE_CORRUPT`. */
export async function readPointer(disk: Disk, root: string, name: string): Promise<ActivePointer | undefined> {
  const text = await readText(disk, path(root, name))
  return text === undefined ? undefined : parsePointer(text, path(root, name))
}

/** Checks the shape, and that version, time and rollback target are those of the history. Error `E_FILE_CORRUPT`. */
export function parsePointer(text: string, subject: string): ActivePointer {
  const broken = (detail: string): never =>
    fail('E_FILE_CORRUPT', {
      subject,
      detail,
      next: 'restore it from a backup, or delete it (the history goes with it) and promote a version',
    })
  let value: Partial<ActivePointer> | null = null
  try {
    value = JSON.parse(text) as Partial<ActivePointer> | null
  } catch (error) {
    broken((error as Error).message)
  }
  const history = value?.history
  if (!Array.isArray(history) || history.length === 0 || !history.every(isEntry))
    return broken('it has no sound history')
  let active: string | null = null
  for (const [i, entry] of history.entries()) {
    if (entry.from !== active) broken(`entry ${i} of its history does not follow from the one before`)
    if (entry.action === 'rollback' && entry.version !== rollbackTarget(history.slice(0, i)))
      broken(`entry ${i} of its history goes back to a version that was not active before`)
    active = entry.version
  }
  const expected = advance(history.slice(0, -1), history.at(-1)!)
  for (const key of ['version', 'promotedAtMs', 'previous', 'reason', 'by'] as const)
    if (value?.[key] !== expected[key]) broken(`${key} is not that of its history`)
  return expected
}

function isEntry(value: unknown): value is HistoryEntry {
  const e = value as Partial<HistoryEntry> | null
  return (
    typeof e === 'object' &&
    e !== null &&
    (e.action === 'promote' || e.action === 'rollback') &&
    typeof e.version === 'string' &&
    /^[0-9a-f]{12}$/.test(e.version) &&
    (e.from === null || typeof e.from === 'string') &&
    typeof e.atMs === 'number' &&
    typeof e.reason === 'string' &&
    typeof e.by === 'string'
  )
}

/** Writes the pointer, all or nothing. Error `E_DISK`; the old pointer is then still there. */
export async function writePointer(disk: Disk, root: string, name: string, pointer: ActivePointer): Promise<void> {
  await disk.writeAtomic(path(root, name), `${stableJson(pointer as unknown as Json, 1)}\n`)
}
