/** What is in one version folder, and whether it holds. */
import { join } from 'node:path'
import { byCodeUnit, type Json, sha256, type UtcDate } from '@cointrader/core'
import { type Disk, walk } from '@cointrader/store'
import { MODEL_FILES, type ModelManifest, modelId } from '../artefact/index.js'
import { readText } from './pointer.js'

/**
 * `sound`: the manifest can be read and every file has the hash it names. `damaged`: there is a manifest and one of these
 * is not so. `unfinished`: no manifest, but the checkpoint of a training that was cut off and can go on. `leftover`: no
 * manifest and no checkpoint, what a kill in the middle of storing or pruning leaves.
 */
export type VersionState = 'sound' | 'damaged' | 'unfinished' | 'leftover'

/** What is in one version folder, and whether it holds. With `verify` false hashes are not computed, only presence. */
export interface VersionContent {
  readonly state: VersionState
  readonly problem: string | null
  readonly manifest: ModelManifest | null
  readonly files: readonly FileState[]
  readonly bytes: number
}

export interface FileState {
  readonly name: string
  readonly state: 'holds' | 'changed' | 'missing' | 'not in the manifest'
  /** 0 for a missing one. */
  readonly bytes: number
  /** That of the manifest; null for a file that is not in it. */
  readonly sha256: string | null
}

/** Reads a version folder and names what is wrong with it; throws only when the disk refuses (`E_DISK`). */
export async function inspectVersion(
  disk: Disk,
  root: string,
  name: string,
  version: string,
  verify = true,
): Promise<VersionContent> {
  const folder = join(root, name, version)
  const present = await walk(disk, folder)
  const size = new Map<string, number>()
  for (const file of present) size.set(file, await disk.size(join(folder, file)))
  const bytes = [...size.values()].reduce((sum, n) => sum + n, 0)
  const text = await readText(disk, join(folder, 'manifest.json'))
  if (text === undefined) {
    const unfinished = size.has('checkpoint.json')
    const problem =
      present.length === 0 && !unfinished
        ? 'an empty folder'
        : unfinished
          ? 'a training that was cut off: the same command goes on from its checkpoint'
          : 'files without a manifest, left by a kill'
    return { state: unfinished ? 'unfinished' : 'leftover', problem, manifest: null, files: [], bytes }
  }
  const damaged = (
    problem: string,
    manifest: ModelManifest | null = null,
    files: FileState[] = [],
  ): VersionContent => ({
    state: 'damaged',
    problem,
    manifest,
    files,
    bytes,
  })
  const parsed = parseManifest(text, name, version)
  if (typeof parsed === 'string') return damaged(parsed)
  const files: FileState[] = []
  for (const [file, expected] of Object.entries(parsed.files)) {
    const there = size.get(file)
    const content = there === undefined || !verify ? undefined : await disk.read(join(folder, file))
    const state =
      there === undefined ? 'missing' : content === undefined || sha256(content) === expected ? 'holds' : 'changed'
    files.push({ name: file, state, bytes: there ?? 0, sha256: expected })
  }
  for (const file of present)
    if (file !== 'manifest.json' && !Object.hasOwn(parsed.files, file))
      files.push({ name: file, state: 'not in the manifest', bytes: size.get(file)!, sha256: null })
  files.sort((a, b) => byCodeUnit(a.name, b.name))
  const bad = files.filter((f) => f.state === 'missing' || f.state === 'changed')
  if (bad.length > 0) return damaged(bad.map((f) => `${f.name} is ${f.state}`).join(', '), parsed, files)
  return { state: 'sound', problem: null, manifest: parsed, files, bytes }
}

/** The manifest, or what is wrong with it: it must be that of this folder, and its id that of what it says. */
function parseManifest(text: string, name: string, version: string): ModelManifest | string {
  let value: Partial<ModelManifest> | null
  try {
    value = JSON.parse(text) as Partial<ModelManifest> | null
  } catch (error) {
    return `manifest.json is not JSON (${(error as Error).message})`
  }
  if (
    value?.kind !== 'model' ||
    !Array.isArray(value.features) ||
    typeof value.files !== 'object' ||
    value.files === null ||
    typeof value.label?.looksUntilMinutes !== 'number' ||
    typeof value.id !== 'string'
  )
    return 'manifest.json is not the manifest of a model'
  const manifest = value as ModelManifest
  if (!Object.hasOwn(MODEL_FILES, manifest.family))
    return `manifest.json names the family ${manifest.family}, which is not known`
  if (manifest.name !== name || manifest.version !== version)
    return `manifest.json is that of ${manifest.name}/${manifest.version}`
  if (!manifest.id.startsWith(version) || modelId(manifest) !== manifest.id)
    return 'manifest.json was changed: its id is not that of what it says'
  if (!Object.hasOwn(manifest.files, MODEL_FILES[manifest.family]))
    return `manifest.json does not name ${MODEL_FILES[manifest.family]}`
  return manifest
}

type SplitFact = { readonly from?: UtcDate; readonly to?: UtcDate; readonly keepToMs?: number | null } | null

/** `data.splits` of a manifest, as `splitFacts` writes it; undefined where it has none (models of the bot). */
export function manifestSplits(
  manifest: Pick<ModelManifest, 'data'>,
): Readonly<Partial<Record<'train' | 'valid' | 'test', SplitFact>>> | undefined {
  const splits = (manifest.data as { readonly splits?: Json } | null)?.splits
  return typeof splits === 'object' && splits !== null ? (splits as never) : undefined
}
