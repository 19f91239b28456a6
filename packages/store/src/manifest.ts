/**
 * Manifests: what an artefact is, what it was made from, and the hash that proves its bytes. Written after the
 * artefact, so a manifest that matches its file is the mark of a finished write. No wall time, host or path of this
 * machine in it: those belong in the run log.
 */
import { contentId, type Json, sha256, stableJson } from '@cointrader/core'
import type { Disk } from './disk.js'

export interface Manifest {
  readonly kind: string
  /** Hash of inputs' ids, config and code version. */
  readonly id: string
  /** The command that makes it, without paths of this machine. */
  readonly command: string
  readonly codeVersion: string
  readonly seed: number | null
  readonly config: Json
  /** Ids or sha256 of what it was made from. */
  readonly inputs: Json
  readonly file: string
  readonly sha256: string
  readonly bytes: number
  readonly rows: number
  readonly columns: readonly string[]
  /** First and last time (ms) of the rows, inclusive; null when empty or timeless. */
  readonly timeRange: readonly [number, number] | null
  /** Facts of the kind, e.g. one row per archive file. */
  readonly details: Json
}

/** What is hashed into `id`. */
export function manifestId(parts: { kind: string; inputs: Json; config: Json; codeVersion: string }): string {
  return contentId({ kind: parts.kind, inputs: parts.inputs, config: parts.config, codeVersion: parts.codeVersion })
}

/** `data/x/2026-02-01.parquet` → `data/x/2026-02-01.manifest.json`. */
export function manifestPath(artefact: string): string {
  return `${artefact.replace(/\.[^./]+$/, '')}.manifest.json`
}

/** Writes artefact then manifest, each atomically. */
export async function writeWithManifest(
  disk: Disk,
  path: string,
  bytes: Uint8Array | readonly Uint8Array[],
  facts: Omit<Manifest, 'id' | 'file' | 'sha256' | 'bytes'>,
): Promise<Manifest> {
  const manifest: Manifest = {
    ...facts,
    id: manifestId(facts),
    file: path.split('/').at(-1)!,
    sha256: sha256(bytes),
    bytes: bytes instanceof Uint8Array ? bytes.byteLength : bytes.reduce((n, part) => n + part.byteLength, 0),
  }
  await disk.writeAtomic(path, bytes)
  await disk.writeAtomic(manifestPath(path), `${stableJson(manifest as unknown as Json, 1)}\n`)
  return manifest
}

/** The manifest beside an artefact, or undefined when there is none or it cannot be read. */
export async function readManifest(disk: Disk, artefact: string): Promise<Manifest | undefined> {
  const bytes = await disk.read(manifestPath(artefact))
  if (bytes === undefined) return undefined
  try {
    return JSON.parse(new TextDecoder().decode(bytes)) as Manifest
  } catch {
    return undefined
  }
}

/** The manifest if the artefact is there with exactly its bytes, else undefined. */
export async function soundManifest(disk: Disk, artefact: string): Promise<Manifest | undefined> {
  const manifest = await readManifest(disk, artefact)
  if (manifest === undefined) return undefined
  const bytes = await disk.read(artefact)
  return bytes !== undefined && bytes.byteLength === manifest.bytes && sha256(bytes) === manifest.sha256
    ? manifest
    : undefined
}
