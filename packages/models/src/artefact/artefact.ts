/**
 * Trained models on disk: `models/{name}/{version}/` with a manifest written last, and `models/{name}/latest.json`. The
 * version is the head of the id, which is the hash of inputs, settings and code: the same training makes the same version.
 */
import { join } from 'node:path'
import { contentId, fail, type Json, sha256, stableJson } from '@cointrader/core'
import type { Disk } from '@cointrader/store'

export interface ModelManifest {
  readonly kind: 'model'
  readonly family: 'lgbm' | 'linear' | 'bot'
  readonly name: string
  readonly version: string
  readonly id: string
  readonly codeVersion: string
  readonly seed: number | null
  readonly label: {
    readonly name: string
    readonly unit: string
    /** Minutes after the start of bar t until which it looks. */
    readonly looksUntilMinutes: number
  }
  /** In the model's order. */
  readonly features: readonly string[]
  /** Hash of names, units and availability of the features: data that differs in them is refused. */
  readonly schemaHash: string
  /** Minutes after the start of bar t at which every feature is known: no decision may fall earlier. */
  readonly knownAtMinutes: number
  readonly params: Json
  /** Ranges, rows read and removed, hashes of the tables. */
  readonly data: Json
  readonly metrics: Json
  /** Iterations to predict with; trees only. */
  readonly bestIteration?: number
  /** Name in the folder → sha256. */
  readonly files: Readonly<Record<string, string>>
}

export interface ModelFile {
  readonly name: string
  readonly bytes: Uint8Array | string
}

export type ModelFacts = Omit<ModelManifest, 'kind' | 'version' | 'id' | 'files'>

/** Units and availability of a feature, as far as its table states them. */
export interface FeatureFacts {
  readonly unit?: string | undefined
  readonly knownAtMinutes?: number | undefined
}

/** Hash of what the features are. */
export function schemaHash(features: readonly string[], facts: (name: string) => FeatureFacts | undefined): string {
  return contentId(
    features.map((name) => {
      const f = facts(name)
      return [name, f?.unit ?? null, f?.knownAtMinutes ?? null]
    }),
  )
}

/** Id of a training: of what goes in, not of what comes out. */
export function modelId({ family, codeVersion, seed, label, features, params, data }: ModelFacts): string {
  return contentId({ family, codeVersion, seed, label, features, params, data })
}

/** `models/{name}/{version}`. */
export function modelFolder(root: string, name: string, id: string): string {
  return join(root, name, id.slice(0, 12))
}

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]*$/

/** Error `E_USAGE` for a name that is no folder name. */
export function checkModelName(name: string): string {
  if (!NAME.test(name))
    fail('E_USAGE', { subject: `model name "${name}"`, detail: 'letters, digits, ".", "_" and "-"' })
  return name
}

/** Writes the files, then the manifest, then the pointer to the newest version. */
export async function saveModel(
  disk: Disk,
  root: string,
  facts: ModelFacts,
  files: readonly ModelFile[],
): Promise<ModelManifest> {
  const id = modelId(facts)
  const folder = modelFolder(root, checkModelName(facts.name), id)
  for (const { name, bytes } of files) await disk.writeAtomic(join(folder, name), bytes)
  const manifest: ModelManifest = {
    ...facts,
    kind: 'model',
    version: id.slice(0, 12),
    id,
    files: Object.fromEntries(files.map(({ name, bytes }) => [name, sha256(bytes)])),
  }
  await disk.writeAtomic(join(folder, 'manifest.json'), `${stableJson(manifest as unknown as Json, 1)}\n`)
  await disk.writeAtomic(join(root, facts.name, 'latest.json'), `${stableJson({ version: manifest.version })}\n`)
  return manifest
}

async function json(disk: Disk, path: string): Promise<unknown> {
  const bytes = await disk.read(path)
  if (bytes === undefined) return undefined
  try {
    return JSON.parse(new TextDecoder().decode(bytes))
  } catch (error) {
    fail('E_FILE_CORRUPT', { subject: path, detail: (error as Error).message, cause: error })
  }
}

export interface StoredModel {
  readonly folder: string
  readonly manifest: ModelManifest
  /** Bytes of one of its files, checked against the manifest. Error `E_FILE_CORRUPT`. */
  file(name: string): Promise<Uint8Array>
}

/** Opens a model folder. Errors `E_FILE_MISSING`, `E_FILE_CORRUPT`. */
export async function openModel(disk: Disk, folder: string): Promise<StoredModel> {
  const path = join(folder, 'manifest.json')
  const manifest = (await json(disk, path)) as ModelManifest | undefined
  if (manifest === undefined) fail('E_FILE_MISSING', { subject: path, next: 'train the model, or check --model' })
  if (manifest.kind !== 'model' || !Array.isArray(manifest.features))
    fail('E_FILE_CORRUPT', { subject: path, detail: 'not the manifest of a model' })
  return {
    folder,
    manifest,
    async file(name) {
      const bytes = await disk.read(join(folder, name))
      const expected = manifest.files[name]
      if (bytes === undefined || expected === undefined)
        fail('E_FILE_MISSING', { subject: join(folder, name), next: 'train the model again' })
      if (sha256(bytes) !== expected)
        fail('E_FILE_CORRUPT', {
          subject: join(folder, name),
          detail: 'its hash is not that of the manifest',
          next: 'train the model again',
        })
      return bytes
    },
  }
}

/**
 * Folder of `name`, `name/version`, or a path to a model folder; `name` alone is its active version, else its newest.
 * Undefined when there is none.
 */
export async function findModel(disk: Disk, root: string, name: string): Promise<string | undefined> {
  if (await disk.exists(join(name, 'manifest.json'))) return name
  if (await disk.exists(join(root, name, 'manifest.json'))) return join(root, name)
  for (const pointer of ['active.json', 'latest.json']) {
    const path = join(root, name, pointer)
    const found = (await json(disk, path)) as { version?: unknown } | null | undefined
    if (found === undefined) continue
    // A damaged pointer must not send anyone to another version.
    if (typeof found?.version !== 'string') fail('E_FILE_CORRUPT', { subject: path, detail: 'it names no version' })
    return join(root, name, found.version)
  }
  return undefined
}
