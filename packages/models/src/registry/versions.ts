/**
 * The versions of a model on disk: `models/{name}/{version}/`, a version being the first 12 hex digits of its id. Whoever
 * changes anything below a models root holds its lock (`takeLock` on `{root}/.run/lock`); readers need none.
 */
import { join } from 'node:path'
import { fail } from '@cointrader/core'
import type { Disk } from '@cointrader/store'
import { checkModelName, failNoModel, isVersion } from '../artefact/index.js'
import { parsePointer, readText } from './pointer.js'

/** Version folders of a name, sorted, of whatever state. */
export async function versionFolders(disk: Disk, root: string, name: string): Promise<string[]> {
  const entries = await disk.list(join(root, checkModelName(name)))
  return entries.filter((one) => one.endsWith('/') && isVersion(one.slice(0, -1))).map((one) => one.slice(0, -1))
}

/** Version `latest.json` names, or null. Error `E_FILE_CORRUPT`. */
export async function readLatest(disk: Disk, root: string, name: string): Promise<string | null> {
  const path = join(root, checkModelName(name), 'latest.json')
  const text = await readText(disk, path)
  if (text === undefined) return null
  const broken = (detail: string): never =>
    fail('E_FILE_CORRUPT', { subject: path, detail, next: 'delete it: the next training writes it again' })
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    broken((error as Error).message)
  }
  const version = (value as { version?: unknown } | null)?.version
  return typeof version === 'string' && isVersion(version) ? version : broken('it does not name a version')
}

export interface VersionRef {
  readonly name: string
  readonly version: string
}

/**
 * What a person means: `NAME/VERSION` (a version may be cut short as long as it is the only one that begins so),
 * `NAME/latest`, `NAME/active`, or `NAME` alone, which is what `predict --model NAME` uses: the active version, else the
 * latest. Errors `E_FILE_MISSING` when there is none, `E_USAGE` when several fit, `E_FILE_CORRUPT` for a damaged pointer.
 */
export async function resolveVersion(disk: Disk, root: string, ref: string): Promise<VersionRef> {
  const [name = '', wanted, ...rest] = ref.split('/')
  if (rest.length > 0 || wanted === '') fail('E_USAGE', { subject: ref, detail: 'write NAME or NAME/VERSION' })
  checkModelName(name)
  const all = await versionFolders(disk, root, name)
  if (all.length === 0) await failNoModel(disk, root, name)
  const pointed = async (which: 'active' | 'latest'): Promise<string | undefined> => {
    if (which === 'latest') return (await readLatest(disk, root, name)) ?? undefined
    const path = join(root, name, 'active.json')
    const text = await readText(disk, path)
    return text === undefined ? undefined : parsePointer(text, path).version
  }
  if (wanted === 'active' || wanted === 'latest' || wanted === undefined) {
    const version =
      wanted === undefined ? ((await pointed('active')) ?? (await pointed('latest'))) : await pointed(wanted)
    if (version !== undefined) return { name, version }
    fail('E_FILE_MISSING', {
      subject: ref,
      detail: wanted === 'active' ? 'no version is active' : 'no version is marked as the latest',
      next: `name one of ${all.map((v) => `${name}/${v}`).join(', ')}`,
    })
  }
  const fitting = all.filter((version) => version.startsWith(wanted))
  if (fitting.length === 1) return { name, version: fitting[0]! }
  if (fitting.length === 0)
    fail('E_FILE_MISSING', {
      subject: ref,
      detail: 'no such version',
      next: `name one of ${all.map((v) => `${name}/${v}`).join(', ')}`,
    })
  fail('E_USAGE', {
    subject: ref,
    detail: `${fitting.length} versions begin so: ${fitting.join(', ')}`,
    next: 'write more of it',
  })
}
