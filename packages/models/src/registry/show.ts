/** One version in full. */
import { join } from 'node:path'
import type { Disk } from '@cointrader/store'
import { type ModelManifest, openModel } from '../artefact/index.js'
import type { EvaluationReport } from '../evaluation/index.js'
import { type CheckedVersion, checkVersion } from './check.js'
import { type FileState, inspectVersion, type VersionState } from './inspect.js'
import { type ActivePointer, readPointer } from './pointer.js'
import { resolveVersion } from './versions.js'

/** One contender of the stored evaluation. */
export interface EvaluationLine {
  readonly name: string
  readonly role: 'model' | 'baseline'
  /** Mean cross-sectional rank IC; null where cross-sections were refused. */
  readonly sectionRank: number | null
  readonly sectionRankT: number | null
  /** Mean over UTC days of the rank IC pooled within the day. */
  readonly dailyRank: number | null
  readonly pooledRank: number | null
}

export interface EvaluationHeadline {
  readonly split: 'test' | 'valid'
  readonly firstMs: number
  readonly lastMs: number
  readonly instants: number
  readonly symbols: number
  readonly lines: readonly EvaluationLine[]
}

export interface ModelDetails {
  readonly name: string
  readonly version: string
  readonly folder: string
  readonly state: VersionState
  readonly problem: string | null
  readonly manifest: ModelManifest | null
  readonly files: readonly FileState[]
  readonly bytes: number
  /** The same checks that promoting makes. */
  readonly checked: CheckedVersion
  /** Of the stored `evaluation.json`; null for models that have none (those of the bot) and damaged ones. */
  readonly evaluation: EvaluationHeadline | null
  readonly active: boolean
  /** Of the model's name; null when no version was ever promoted. */
  readonly pointer: ActivePointer | null
}

/**
 * Everything about one version; `ref` as in `resolveVersion`. A damaged version is shown with what is wrong. Errors of
 * `resolveVersion`, `E_FILE_CORRUPT` for a damaged pointer, `E_DISK`.
 */
export async function showModel(disk: Disk, root: string, ref: string): Promise<ModelDetails> {
  const { name, version } = await resolveVersion(disk, root, ref)
  const pointer = (await readPointer(disk, root, name)) ?? null
  const { state, problem, manifest, files, bytes } = await inspectVersion(disk, root, name, version)
  const checked = await checkVersion(disk, root, name, version)
  const evaluation = state === 'sound' ? await readEvaluation(disk, join(root, name, version)) : null
  return {
    name,
    version,
    folder: join(root, name, version),
    state,
    problem,
    manifest,
    files,
    bytes,
    checked,
    evaluation: evaluation === null ? null : headlineOf(evaluation),
    active: pointer?.version === version,
    pointer,
  }
}

export type StoredEvaluation = { readonly valid: EvaluationReport; readonly test?: EvaluationReport }

/** `evaluation.json` of a model folder; null when the model has none. Errors of `openModel`. */
export async function readEvaluation(disk: Disk, folder: string): Promise<StoredEvaluation | null> {
  const model = await openModel(disk, folder)
  if (!Object.hasOwn(model.manifest.files, 'evaluation.json')) return null
  return JSON.parse(new TextDecoder().decode(await model.file('evaluation.json'))) as StoredEvaluation
}

function headlineOf({ valid, test }: StoredEvaluation): EvaluationHeadline {
  const report = test ?? valid
  return {
    split: test === undefined ? 'valid' : 'test',
    firstMs: report.time.firstMs,
    lastMs: report.time.lastMs,
    instants: report.time.instants,
    symbols: report.symbols,
    lines: report.entries.map((e) => ({
      name: e.name,
      role: e.role,
      sectionRank: e.sections?.rank.value ?? null,
      sectionRankT: e.sections?.rank.t ?? null,
      dailyRank: e.daily.rankMean,
      pooledRank: e.pooled.rank.value,
    })),
  }
}
