/** Removing old versions, never one that is or may be needed. */
import { join } from 'node:path'
import { fail } from '@cointrader/core'
import type { Disk } from '@cointrader/store'
import { checkModelName, failNoModel } from '../artefact/index.js'
import { listModels, type VersionSummary } from './list.js'
import { readPointer, rollbackTarget } from './pointer.js'
import { readLatest } from './versions.js'

export interface PruneRequest {
  readonly name: string
  /** How many sound versions stay, newest first (`newestFirst`), besides those that are always kept. */
  readonly keep: number
  /** Say what would go; remove nothing. */
  readonly dryRun?: boolean
  /** Remove damaged versions too. Default false: someone may want to see what happened to them. */
  readonly damaged?: boolean
}

/** `active`, `rollback` (where one would go) and `latest` are always kept, whatever their state. */
export type KeptWhy = 'active' | 'rollback' | 'latest' | 'newest' | 'damaged' | 'unfinished'

export interface PruneResult {
  readonly name: string
  readonly dryRun: boolean
  readonly removed: readonly {
    readonly version: string
    readonly why: 'old' | 'damaged' | 'leftover'
    readonly bytes: number
  }[]
  readonly kept: readonly { readonly version: string; readonly why: readonly KeptWhy[] }[]
  /** Bytes of the files that went, or would go. */
  readonly freedBytes: number
}

/**
 * Removes versions beyond the newest `keep`. The caller holds the lock of the root, so what has neither manifest nor
 * checkpoint is no running training but the rest of a killed store or prune, and goes. The manifest of a version is removed
 * first: from then on nothing takes the folder for a model, and a prune after a kill removes the rest. (The other order
 * would leave a manifest with files missing, a damaged model.) Errors: `E_USAGE` for a bad `keep`, `E_FILE_CORRUPT` when
 * a pointer is damaged, because then it is not known what is in use; `E_DISK`.
 */
export async function pruneModel(disk: Disk, root: string, request: PruneRequest): Promise<PruneResult> {
  const { name, keep, dryRun = false } = request
  checkModelName(name)
  if (!Number.isInteger(keep) || keep < 0)
    fail('E_USAGE', { subject: 'keep', detail: `${keep} is not a number of versions` })
  const pointer = await readPointer(disk, root, name)
  const latest = await readLatest(disk, root, name)
  const [summary] = await listModels(disk, root, { name })
  if (summary === undefined) return failNoModel(disk, root, name)
  const target = pointer === undefined ? null : rollbackTarget(pointer.history)
  const newest = new Set(summary.versions.filter((v) => v.state === 'sound').slice(0, keep))
  const removed: PruneResult['removed'][number][] = []
  const kept: PruneResult['kept'][number][] = []
  for (const one of summary.versions) {
    const { version, state, bytes } = one
    const why: KeptWhy[] = []
    if (version === pointer?.version) why.push('active')
    if (version === target) why.push('rollback')
    if (version === latest) why.push('latest')
    if (newest.has(one)) why.push('newest')
    if (state === 'unfinished') why.push('unfinished')
    if (state === 'damaged' && request.damaged !== true) why.push('damaged')
    if (why.length > 0) kept.push({ version, why })
    else removed.push({ version, why: reason(state), bytes })
  }
  // Oldest first, so that a cut prune has removed what matters least.
  if (!dryRun) for (const { version } of [...removed].reverse()) await removeVersion(disk, root, name, version)
  return { name, dryRun, removed, kept, freedBytes: removed.reduce((sum, one) => sum + one.bytes, 0) }
}

function reason(state: VersionSummary['state']): 'old' | 'damaged' | 'leftover' {
  return state === 'damaged' ? 'damaged' : state === 'sound' ? 'old' : 'leftover'
}

async function removeVersion(disk: Disk, root: string, name: string, version: string): Promise<void> {
  const folder = join(root, name, version)
  // A checkpoint left beside a finished model would make the rest look like a training that can go on.
  await disk.remove(join(folder, 'checkpoint.json'))
  await disk.remove(join(folder, 'manifest.json'))
  await disk.remove(folder)
}
