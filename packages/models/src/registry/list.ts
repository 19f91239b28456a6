/** All models and their versions, summed up. */
import { join } from 'node:path'
import { byCodeUnit, dateMs } from '@cointrader/core'
import type { Disk } from '@cointrader/store'
import { type ModelManifest, modelNames } from '../artefact/index.js'
import { inspectVersion, manifestSplits, type VersionState } from './inspect.js'
import { type ActivePointer, parsePointer, readText } from './pointer.js'
import { readLatest, versionFolders } from './versions.js'

/** The figure a list shows: the leading score of the test range, else of validation. */
export interface Headline {
  readonly split: 'test' | 'valid'
  /** `section rank IC`, `pooled rank IC`, or for classifiers of the bot `AUC, signal rows` or `AUC, all rows`. */
  readonly score: string
  readonly value: number
  /** Newey-West t of the mean, where there is one. */
  readonly t: number | null
}

export interface VersionSummary {
  readonly name: string
  readonly version: string
  readonly state: VersionState
  /** What is wrong, in words; null for a sound version. */
  readonly problem: string | null
  /** Null when the manifest cannot be read, as the facts below. */
  readonly family: ModelManifest['family'] | null
  readonly label: ModelManifest['label'] | null
  readonly codeVersion: string | null
  readonly seed: number | null
  /** Number of features. */
  readonly features: number | null
  /** End of the last day of training, validation and test, excluded, ms; null where the manifest does not say. */
  readonly dataEndMs: number | null
  readonly headline: Headline | null
  /** Of all files in the folder. */
  readonly bytes: number
  /** Whether the active pointer names it. */
  readonly active: boolean
  /** Whether `latest.json` names it: the training that was stored last. */
  readonly latest: boolean
}

export interface ModelSummary {
  readonly name: string
  readonly active: string | null
  /** Version `latest.json` names. */
  readonly latest: string | null
  /** Why the active or the latest pointer is no use (damaged, or to a version that is not there); null when they are. */
  readonly problem: string | null
  /** Newest first, see {@link newestFirst}. */
  readonly versions: readonly VersionSummary[]
}

function dataEnd(manifest: ModelManifest): number | null {
  const splits = manifestSplits(manifest)
  const ends = [splits?.train, splits?.valid, splits?.test].flatMap((one) =>
    one?.to === undefined ? [] : [dateMs(one.to)],
  )
  return ends.length === 0 || !ends.every(Number.isFinite) ? null : Math.max(...ends)
}

function headlineOf({ metrics }: ModelManifest): Headline | null {
  const number = (value: unknown): value is number => typeof value === 'number'
  for (const split of ['test', 'valid'] as const) {
    const one = (metrics as Record<string, Record<string, unknown> | null> | null)?.[split]
    if (one === null || one === undefined) continue
    const t = number(one.sectionRankT) ? one.sectionRankT : null
    if (number(one.sectionRank)) return { split, score: 'section rank IC', value: one.sectionRank, t }
    if (number(one.rank)) return { split, score: 'pooled rank IC', value: one.rank, t: null }
    for (const rows of ['signal', 'all'] as const) {
      const auc = (one[rows] as { auc?: unknown } | null | undefined)?.auc
      if (number(auc)) return { split, score: `AUC, ${rows} rows`, value: auc, t: null }
    }
  }
  return null
}

/**
 * Order of versions, newest first. Manifests hold no wall clock (the same training makes the same bytes), so newer is:
 * trained, validated and tested on data that ends later; of equal ends the one `latest.json` names; then the one promoted
 * last; then by version, so that the order is always the same.
 */
export function newestFirst(
  versions: readonly VersionSummary[],
  pointer: Pick<ActivePointer, 'history'> | undefined,
): VersionSummary[] {
  const promoted = new Map((pointer?.history ?? []).map((entry, i) => [entry.version, i + 1]))
  return [...versions].sort(
    (a, b) =>
      (b.dataEndMs ?? Number.NEGATIVE_INFINITY) - (a.dataEndMs ?? Number.NEGATIVE_INFINITY) ||
      Number(b.latest) - Number(a.latest) ||
      (promoted.get(b.version) ?? 0) - (promoted.get(a.version) ?? 0) ||
      byCodeUnit(a.version, b.version),
  )
}

export interface ListOptions {
  /** Only this model. */
  readonly name?: string
  /** False: do not read the files to compare hashes, only look whether they are there. Default true. */
  readonly verify?: boolean
}

/**
 * Every model below the root with its versions; damaged ones are named, not thrown. A name without anything gives an
 * empty list. Error `E_DISK`.
 */
export async function listModels(disk: Disk, root: string, options: ListOptions = {}): Promise<ModelSummary[]> {
  const names = (await modelNames(disk, root)).filter((name) => options.name === undefined || name === options.name)
  const out: ModelSummary[] = []
  for (const name of names) out.push(await summarise(disk, root, name, options.verify))
  return out
}

async function summarise(disk: Disk, root: string, name: string, verify = true): Promise<ModelSummary> {
  const problems: string[] = []
  const tolerant = async <T>(what: string, read: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await read()
    } catch (error) {
      if ((error as { code?: string }).code !== 'E_FILE_CORRUPT') throw error
      problems.push(`${what} is damaged (${(error as { detail?: string }).detail})`)
      return undefined
    }
  }
  const pointerPath = join(root, name, 'active.json')
  const pointer = await tolerant('active.json', async () => {
    const text = await readText(disk, pointerPath)
    return text === undefined ? undefined : parsePointer(text, pointerPath)
  })
  const latest = (await tolerant('latest.json', () => readLatest(disk, root, name))) ?? null
  const active = pointer?.version ?? null
  const versions: VersionSummary[] = []
  for (const version of await versionFolders(disk, root, name)) {
    const { state, problem, manifest, bytes } = await inspectVersion(disk, root, name, version, verify)
    versions.push({
      name,
      version,
      state,
      problem,
      family: manifest?.family ?? null,
      label: manifest?.label ?? null,
      codeVersion: manifest?.codeVersion ?? null,
      seed: manifest?.seed ?? null,
      features: manifest?.features.length ?? null,
      dataEndMs: manifest === null ? null : dataEnd(manifest),
      headline: manifest === null ? null : headlineOf(manifest),
      bytes,
      active: version === active,
      latest: version === latest,
    })
  }
  const there = new Set(versions.map((one) => one.version))
  if (active !== null && !there.has(active)) problems.push(`the active version ${active} is not there`)
  if (latest !== null && !there.has(latest)) problems.push(`latest.json names ${latest}, which is not there`)
  return {
    name,
    active,
    latest,
    problem: problems.length === 0 ? null : problems.join('; '),
    versions: newestFirst(versions, pointer),
  }
}
