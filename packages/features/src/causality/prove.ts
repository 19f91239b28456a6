/** A whole proof in one thread: for tests, contract suites of plug-ins, and small days. */
import type { Json, UtcDate } from '@cointrader/core'
import { DAY_MINUTES, type DayBars } from '../daybars.js'
import { concludeProof, mergeResults, type Proof } from './certificate.js'
import { type ProofTask, proofInstants, proofTasks, referenceBuild, runProofTask } from './check.js'
import type { CausalPipeline, UniverseFacts } from './pipeline.js'
import { proveUniverse } from './universe.js'

export interface ProveOptions {
  readonly pipeline: CausalPipeline
  readonly date: UtcDate
  /** Raw blocks: context days, the date, following days; ascending. */
  readonly days: readonly DayBars[]
  /** Sorted; default: the pipeline's universe. */
  readonly members?: readonly string[]
  readonly facts: UniverseFacts
  /** Default: the date. */
  readonly seed?: string
  /** Seeded instants; default 64. */
  readonly instants?: number
  readonly dataIds?: Json
  readonly reachBudget?: number
  /** Called after each task. */
  readonly onTask?: (task: ProofTask, done: number, total: number) => void
}

/** Proves every column of a pipeline over one day, or finds where and how far it sees the future. */
export function prove(options: ProveOptions): Proof {
  const { pipeline, date, days, facts, seed = date } = options
  const members = [...(options.members ?? pipeline.universe(facts))].sort()
  const universe = proveUniverse(pipeline, facts)
  const reference = referenceBuild(pipeline, days, date, members)
  const day = { date, days, members, reference, seed }
  const instants = proofInstants(seed, options.instants)
  const tasks = proofTasks(instants)
  const parts = tasks.map((task, i) => {
    const part = runProofTask(pipeline, day, task)
    options.onTask?.(task, i + 1, tasks.length)
    return part
  })
  return concludeProof({
    pipeline,
    day,
    instants,
    universe,
    results: mergeResults(parts),
    dataIds: options.dataIds ?? null,
    rows: DAY_MINUTES,
    ...(options.reachBudget === undefined ? {} : { reachBudget: options.reachBudget }),
  })
}
