/** What a stage left behind: one record per stage, written when its outputs are there. No time, host or path of a machine. */
import { join, resolve } from 'node:path'
import { contentId, fail, type Json, sha256, stableJson } from '@cointrader/core'
import { type Disk, readManifest } from '@cointrader/store'
import type { OutputRule, Stage } from '../plan/stage.js'

export interface OutputFile {
  readonly root: OutputRule['root']
  /** Inside its root. */
  readonly path: string
  readonly sha256: string
  readonly bytes: number
}

export interface StageRecord {
  readonly id: string
  readonly title: string
  /** The command line with what its placeholders stood for; the data folder is written {raw}. */
  readonly argv: readonly string[]
  readonly needs: readonly string[]
  /** Hash of the command line, the code version, and the contents of what it read. */
  readonly key: string
  /** Hash over the outputs. */
  readonly content: string
  readonly outputs: readonly OutputFile[]
  /** Version of the model it trained. */
  readonly version: string | null
  /** What it could not do, in words; empty when complete. */
  readonly missing: readonly string[]
}

/** Where the two roots are. */
export interface Roots {
  readonly study: string
  readonly raw: string
}

/** `stages/train.trees.1.json`. */
export function recordPath(root: string, id: string): string {
  return join(root, 'stages', `${id.replaceAll('/', '.')}.json`)
}

/** The record of a stage, or undefined. A damaged one counts as none: the stage runs again. */
export async function readRecord(disk: Disk, root: string, id: string): Promise<StageRecord | undefined> {
  const bytes = await disk.read(recordPath(root, id))
  if (bytes === undefined) return undefined
  try {
    const record = JSON.parse(new TextDecoder().decode(bytes)) as StageRecord
    return record.id === id && Array.isArray(record.outputs) ? record : undefined
  } catch {
    return undefined
  }
}

export async function writeRecord(disk: Disk, root: string, record: StageRecord): Promise<void> {
  await disk.writeAtomic(recordPath(root, record.id), `${stableJson(record as unknown as Json, 1)}\n`)
}

/** Files that match the rules, sorted; `{version:…}` in a folder is replaced. */
export async function listOutputs(
  disk: Disk,
  roots: Roots,
  rules: readonly OutputRule[],
  version: string | null,
): Promise<{ root: OutputRule['root']; path: string }[]> {
  const out: { root: OutputRule['root']; path: string }[] = []
  for (const rule of rules) {
    const folder = rule.folder.replace(/\{version:[^}]*\}/, version ?? '')
    const pattern = new RegExp(`^(?:${rule.names})$`)
    for (const name of await disk.list(resolve(roots[rule.root], folder)))
      if (!name.endsWith('/') && pattern.test(name))
        out.push({ root: rule.root, path: folder === '.' ? name : `${folder}/${name}` })
  }
  return out.sort((a, b) => (a.root + a.path < b.root + b.path ? -1 : 1))
}

/** Hashes the outputs: by their manifest where one proves the size, else by their bytes. */
export async function hashOutputs(
  disk: Disk,
  roots: Roots,
  files: readonly { root: OutputRule['root']; path: string }[],
): Promise<OutputFile[]> {
  const out: OutputFile[] = []
  for (const { root, path } of files) {
    const full = resolve(roots[root], path)
    const bytes = await disk.size(full)
    const manifest = path.endsWith('.parquet') ? await readManifest(disk, full) : undefined
    if (manifest !== undefined && manifest.bytes === bytes) out.push({ root, path, sha256: manifest.sha256, bytes })
    else {
      const content = await disk.read(full)
      if (content === undefined) fail('E_FILE_MISSING', { subject: full, detail: 'it vanished during the run' })
      out.push({ root, path, sha256: sha256(content), bytes: content.byteLength })
    }
  }
  return out
}

export const contentOf = (outputs: readonly OutputFile[]): string =>
  contentId(outputs.map(({ root, path, sha256: hash }) => [root, path, hash]))

/** Whether all outputs of a record are there with their sizes. Bytes are checked by `reproduce` and `verify`. */
export async function outputsThere(disk: Disk, roots: Roots, record: StageRecord): Promise<boolean> {
  for (const { root, path, bytes } of record.outputs) {
    const full = resolve(roots[root], path)
    if (!(await disk.exists(full)) || (await disk.size(full)) !== bytes) return false
  }
  return true
}

/** Hash of what a stage is made from. `argv` has its placeholders replaced, but for the data folder. */
export function stageKey(
  stage: Pick<Stage, 'id'>,
  argv: readonly string[],
  codeVersion: string,
  inputs: Readonly<Record<string, string>>,
  files: Readonly<Record<string, string>>,
): string {
  return contentId({ stage: stage.id, argv: [...argv], codeVersion, inputs, files })
}
