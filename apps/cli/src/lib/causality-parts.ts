/** The parts of a proof: done by any thread, kept on disk until the proof is whole. */
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { createPool, isError, type Json, mapLimited, type Progress, stableJson } from '@cointrader/core'
import {
  type CausalPipeline,
  type ColumnResult,
  type ProofDay,
  type ProofTask,
  runProofTask,
} from '@cointrader/features/causality/index'
import type { Disk } from '@cointrader/store'
import { type CausalitySpec, makePipeline } from './causality-spec.js'

export interface PartTask {
  readonly spec: CausalitySpec
  readonly day: ProofDay
  readonly task: ProofTask
}

/** Does parts; keeps the pipeline of the last spec. */
export function partRunner(): (task: PartTask) => Promise<ColumnResult[]> {
  let key = ''
  let pipeline: CausalPipeline | undefined
  return async ({ spec, day, task }) => {
    const wanted = JSON.stringify(spec)
    if (pipeline === undefined || wanted !== key) {
      pipeline = await makePipeline(spec)
      key = wanted
    }
    return runProofTask(pipeline, day, task)
  }
}

export interface PartsOptions {
  readonly spec: CausalitySpec
  readonly day: ProofDay
  readonly tasks: readonly ProofTask[]
  readonly workers: number
  readonly disk: Disk
  /** Folder of finished parts; undefined: they are not kept. */
  readonly keepIn: string | undefined
  /** Take over parts that are there. */
  readonly resume: boolean
  readonly progress: Progress
  readonly signal: AbortSignal
}

/** Results of all parts, in the order of the tasks. An abort keeps what is finished; a whole proof leaves nothing behind. */
export async function runParts(options: PartsOptions): Promise<ColumnResult[][]> {
  const { spec, day, tasks, workers, disk, keepIn, resume, progress, signal } = options
  const pool = createPool<PartTask, ColumnResult[]>({
    workers,
    url: new URL('./causality-worker.js', import.meta.url),
    inline: partRunner(),
  })
  const pathOf = (i: number) => (keepIn === undefined ? undefined : join(keepIn, `${i}.json`))
  progress.total(tasks.length)
  const results = new Array<ColumnResult[]>(tasks.length)
  try {
    await mapLimited(interleaved(tasks), Math.max(1, workers), async (i) => {
      // A breath between parts, so that Ctrl-C is heard in a single thread too.
      await new Promise((go) => setImmediate(go))
      signal.throwIfAborted()
      const path = pathOf(i)
      const kept = resume && path !== undefined ? parsed(await disk.read(path)) : undefined
      if (kept !== undefined) results[i] = kept
      else {
        results[i] = await pool.run({ spec, day, task: tasks[i]! })
        signal.throwIfAborted()
        // A folder that cannot be written costs the resume, not the proof.
        if (path !== undefined)
          await disk.writeAtomic(path, stableJson(results[i] as unknown as Json)).catch((error: unknown) => {
            if (!isError(error, 'E_DISK')) throw error
          })
      }
      progress.advance(1, tasks[i]!.kind)
    })
  } finally {
    await pool.close()
  }
  if (keepIn !== undefined) await rm(keepIn, { recursive: true, force: true })
  return results
}

/** Places of the tasks with the kinds spread evenly, so that the time left can be judged from the time taken. */
function interleaved(tasks: readonly ProofTask[]): number[] {
  const count = new Map<string, number>()
  for (const { kind } of tasks) count.set(kind, (count.get(kind) ?? 0) + 1)
  const seen = new Map<string, number>()
  const place = tasks.map(({ kind }) => {
    const k = seen.get(kind) ?? 0
    seen.set(kind, k + 1)
    return (k + 0.5) / count.get(kind)!
  })
  return [...tasks.keys()].sort((a, b) => place[a]! - place[b]! || a - b)
}

function parsed(bytes: Uint8Array | undefined): ColumnResult[] | undefined {
  if (bytes === undefined) return undefined
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(bytes))
    return Array.isArray(value) ? (value as ColumnResult[]) : undefined
  } catch {
    return undefined
  }
}
