/** Whether a run came out the same: artefact by artefact. */
import type { OutputFile, StageRecord } from './records.js'

export interface Difference {
  readonly stage: string
  readonly path: string
  readonly what: 'differs' | 'is missing' | 'is new'
}

export interface Comparison {
  readonly same: number
  readonly differences: readonly Difference[]
  /** First stage, in order of the plan, with a difference: where to look. */
  readonly firstStage: string | null
}

/** Compares the records of two runs, in the order of the first. */
export function compareRuns(first: readonly StageRecord[], second: readonly StageRecord[]): Comparison {
  const differences: Difference[] = []
  let same = 0
  const other = new Map(second.map((r) => [r.id, r]))
  const name = (o: OutputFile) => `${o.root}/${o.path}`
  for (const record of first) {
    const found = new Map((other.get(record.id)?.outputs ?? []).map((o) => [name(o), o]))
    for (const output of record.outputs) {
      const twin = found.get(name(output))
      found.delete(name(output))
      if (twin === undefined) differences.push({ stage: record.id, path: output.path, what: 'is missing' })
      else if (twin.sha256 !== output.sha256) differences.push({ stage: record.id, path: output.path, what: 'differs' })
      else same++
    }
    for (const extra of found.values()) differences.push({ stage: record.id, path: extra.path, what: 'is new' })
    other.delete(record.id)
  }
  for (const record of other.values())
    for (const output of record.outputs) differences.push({ stage: record.id, path: output.path, what: 'is new' })
  return { same, differences, firstStage: differences[0]?.stage ?? null }
}
