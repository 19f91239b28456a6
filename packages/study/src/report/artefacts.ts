/** Where the artefacts of a run lie, and how they are read. */
import { fail } from '@cointrader/core'
import type { Disk } from '@cointrader/store'
import type { Study } from '../config/schema.js'
import type { Stage } from '../plan/stage.js'
import type { Roots, StageRecord } from '../run/records.js'

export interface CollectRequest {
  readonly disk: Disk
  readonly roots: Roots
  /** As it was run. */
  readonly study: Study
  readonly stages: readonly Stage[]
  readonly records: readonly StageRecord[]
  readonly codeVersion: string
  readonly commit: string
}

/** A JSON artefact. Errors `E_FILE_MISSING`, `E_FILE_CORRUPT`. */
export async function readJson<T>(disk: Disk, path: string): Promise<T> {
  const bytes = await disk.read(path)
  if (bytes === undefined)
    fail('E_FILE_MISSING', { subject: path, next: 'run the study again: it makes what is absent' })
  try {
    return JSON.parse(new TextDecoder().decode(bytes)) as T
  } catch (error) {
    fail('E_FILE_CORRUPT', { subject: path, detail: (error as Error).message, cause: error })
  }
}
