/** Is a version fit to be used: it opens, its files hold, and it predicts. */
import { join } from 'node:path'
import { isError } from '@cointrader/core'
import type { Disk } from '@cointrader/store'
import { isVersion, type LoadedModel, loadModel, type ModelManifest } from '../artefact/index.js'
import { inspectVersion } from './inspect.js'

export interface ModelCheck {
  readonly check: 'manifest' | 'files' | 'opens' | 'predicts'
  readonly passed: boolean
  /** What was seen, in words. */
  readonly detail: string
}

export interface CheckedVersion {
  readonly name: string
  readonly version: string
  /** Null when it cannot be read. */
  readonly manifest: ModelManifest | null
  /** In order; those after a failed one that need it are left out. */
  readonly checks: readonly ModelCheck[]
  readonly passed: boolean
}

/**
 * Checks one version: `manifest` is there and its own, `files` have the hashes it names, it `opens` with the features of
 * the manifest, and `predicts` a finite number for a row of zeros and for one with every feature missing (NaN), which are
 * what a dead feed looks like. Never throws for a bad model, only `E_DISK`.
 */
export async function checkVersion(disk: Disk, root: string, name: string, version: string): Promise<CheckedVersion> {
  const checks: ModelCheck[] = []
  const add = (check: ModelCheck['check'], passed: boolean, detail: string): boolean => {
    checks.push({ check, passed, detail })
    return passed
  }
  const content = isVersion(version) ? await inspectVersion(disk, root, name, version) : undefined
  const manifest = content?.manifest ?? null
  const done = (): CheckedVersion => ({ name, version, manifest, checks, passed: checks.every((one) => one.passed) })
  if (content === undefined || manifest === null) {
    add('manifest', false, content?.problem ?? `"${version}" is not a version`)
    return done()
  }
  add('manifest', true, `${manifest.family}, ${manifest.features.length} features, label ${manifest.label.name}`)
  const listed = Object.keys(manifest.files).length
  if (!add('files', content.state === 'sound', content.problem ?? `${listed} files hold their hashes`)) return done()
  let model: LoadedModel
  try {
    model = await loadModel(disk, root, join(root, name, version))
  } catch (error) {
    if (isError(error, 'E_DISK')) throw error
    add('opens', false, (error as Error).message)
    return done()
  }
  const same =
    model.features.length === manifest.features.length && model.features.every((f, i) => f === manifest.features[i])
  const opened = same ? `${model.outputs} value(s) a row` : 'the features in its file are not those of its manifest'
  if (!add('opens', same, opened)) return done()
  const bad = probe(model)
  add('predicts', bad === null, bad ?? 'finite for a row of zeros and for one with every feature missing')
  return done()
}

/** Why the model is no use, or null: predictions for zeros and for nothing known. */
function probe(model: LoadedModel): string | null {
  for (const [what, value] of [
    ['zeros', 0],
    ['missing features', Number.NaN],
  ] as const) {
    let out: Float64Array
    try {
      out = model.predict({ rows: 1, columns: model.features.map(() => Float64Array.of(value)) })
    } catch (error) {
      return `a row of ${what} makes it fail: ${(error as Error).message}`
    }
    if (out.length !== model.outputs || !out.every(Number.isFinite))
      return `a row of ${what} gives ${Array.from(out).join(', ') || 'nothing'}`
  }
  return null
}

/** `files: model.txt is changed; …` of the checks that failed. */
export function failedChecks(checked: CheckedVersion): string {
  return checked.checks
    .filter((one) => !one.passed)
    .map((one) => `${one.check}: ${one.detail}`)
    .join('; ')
}
