/** Changing the active version: forward to a version that passes its checks, or back to the one before. */
import { fail, type Json } from '@cointrader/core'
import type { Disk } from '@cointrader/store'
import { isVersion } from '../artefact/index.js'
import { type CheckedVersion, checkVersion, failedChecks } from './check.js'
import { inspectVersion } from './inspect.js'
import { type ActivePointer, advance, type HistoryEntry, readPointer, rollbackTarget, writePointer } from './pointer.js'
import { schemaDifferences } from './schema.js'

export interface PromoteRequest {
  readonly name: string
  /** The whole version, 12 hex digits. */
  readonly version: string
  readonly atMs: number
  /** Kept in the history, in words. */
  readonly reason: string
  /** Kept in the history: the command. */
  readonly by: string
  /** Kept in the history: figures the decision rests on. */
  readonly evidence?: Json
  /** Features, units and availability may differ from those of the active version. Its label never may. Default false. */
  readonly allowSchemaChange?: boolean
}

export interface ActiveChange {
  /** False when the version was active already: nothing was written. */
  readonly changed: boolean
  readonly pointer: ActivePointer
  readonly checked: CheckedVersion
  /** What could not be checked, in words. */
  readonly notes: readonly string[]
}

/**
 * Makes a version active. The caller holds the lock of the root. All checks come before the one write, which is atomic: a
 * failure of any kind leaves the old version active. Errors: `E_FILE_MISSING` for a version that is not there, `E_VERIFY`
 * naming the checks it fails, `E_SCHEMA` when it is not what consumers of the active version expect, `E_FILE_CORRUPT` for
 * a damaged pointer, `E_DISK`.
 */
export async function promoteModel(disk: Disk, root: string, request: PromoteRequest): Promise<ActiveChange> {
  const { name, version, atMs, reason, by, evidence } = request
  const before = await readPointer(disk, root, name)
  const checked = await fit(disk, root, name, version)
  const notes: string[] = []
  if (before !== undefined && before.version !== version) {
    const { manifest: active } = await inspectVersion(disk, root, name, before.version, false)
    if (active === null)
      notes.push(`the active version ${before.version} cannot be read: label and features were not compared with it`)
    else refuseSchema(active, checked, request.allowSchemaChange === true)
  }
  if (before?.version === version) return { changed: false, pointer: before, checked, notes }
  const entry: HistoryEntry = {
    action: 'promote',
    version,
    from: before?.version ?? null,
    atMs,
    reason,
    by,
    ...(evidence === undefined ? {} : { evidence }),
  }
  const pointer = advance(before?.history ?? [], entry)
  await writePointer(disk, root, name, pointer)
  return { changed: true, pointer, checked, notes }
}

function refuseSchema(active: NonNullable<CheckedVersion['manifest']>, checked: CheckedVersion, allow: boolean): void {
  const { label, features } = schemaDifferences(active, checked.manifest!)
  const differences = allow ? label : [...label, ...features]
  if (differences.length === 0) return
  fail('E_SCHEMA', {
    subject: `${checked.name}/${checked.version}`,
    detail: `what uses ${checked.name} expects what ${active.version} is: ${differences.join('; ')}`,
    next:
      label.length > 0
        ? 'store models of another label under another name'
        : 'train it on the same features, or give --allow-schema-change',
  })
}

/** Error `E_FILE_MISSING` or `E_VERIFY` unless the version passes its checks. */
async function fit(disk: Disk, root: string, name: string, version: string): Promise<CheckedVersion> {
  const subject = `${name}/${version}`
  const next = 'choose another version (cointrader models list), or train it again'
  if (!isVersion(version)) fail('E_USAGE', { subject, detail: 'a version is 12 hexadecimal digits', next })
  const { state, bytes } = await inspectVersion(disk, root, name, version, false)
  if (state === 'leftover' && bytes === 0) fail('E_FILE_MISSING', { subject, detail: 'no such version', next })
  const checked = await checkVersion(disk, root, name, version)
  if (!checked.passed) fail('E_VERIFY', { subject, detail: failedChecks(checked), next })
  return checked
}

export interface RollbackRequest {
  readonly name: string
  readonly atMs: number
  readonly reason: string
  readonly by: string
}

/**
 * Makes the version active that was so before the present one was promoted ({@link rollbackTarget}). The caller holds the
 * lock of the root. Errors: `E_FILE_MISSING` when nothing is active, nothing was before, or its files are gone; `E_VERIFY`
 * when it fails its checks; `E_FILE_CORRUPT` for a damaged pointer; `E_DISK`. The present version then stays active.
 */
export async function rollbackModel(disk: Disk, root: string, request: RollbackRequest): Promise<ActiveChange> {
  const { name, atMs, reason, by } = request
  const before = await readPointer(disk, root, name)
  if (before === undefined)
    fail('E_FILE_MISSING', {
      subject: name,
      detail: 'no version of it is active, so there is nothing to go back from',
      next: `cointrader models promote ${name}/VERSION`,
    })
  const target = rollbackTarget(before.history)
  if (target === null)
    fail('E_FILE_MISSING', {
      subject: name,
      detail: `no version was active before ${before.version}`,
      next: `promote another one: cointrader models promote ${name}/VERSION`,
    })
  const checked = await fit(disk, root, name, target)
  const entry: HistoryEntry = { action: 'rollback', version: target, from: before.version, atMs, reason, by }
  const pointer = advance(before.history, entry)
  await writePointer(disk, root, name, pointer)
  return { changed: true, pointer, checked, notes: [] }
}
