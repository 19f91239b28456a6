/**
 * Runs a sweep: score columns once per symbol, then the combinations in shares, by any number of workers over one copy of
 * the data. Shares do not depend on the number of workers, and a row on nothing but its combination, so that the result
 * is the same bytes for any of them, resumed or not.
 */
import { createPool, mapLimited, type Progress, silentProgress } from '@cointrader/core'
import { BLOCK_FIELDS, type BlockField, rowLength, type SweepSetup } from './cell.js'
import type { SharedMarket } from './market.js'
import type { SweepParams } from './parameters.js'
import type { SweepPlan } from './plan.js'
import type { CellStore } from './store.js'
import { runTask, type SweepTask } from './tasks.js'

export interface SweepInput {
  readonly market: SharedMarket
  readonly setup: SweepSetup
  readonly plan: SweepPlan
  readonly cells: readonly SweepParams[]
}

export interface SweepRunOptions {
  /** Worker threads; 0 or 1 runs in this thread. */
  readonly workers?: number
  /** Where finished shares are kept. */
  readonly store?: CellStore
  /** Counts combinations. */
  readonly progress?: Progress
  readonly signal?: AbortSignal
}

/** Rows of all combinations in grid order, to be read through {@link blockValue} and {@link blockReturns}. */
export interface SweepResults {
  readonly plan: SweepPlan
  readonly cells: readonly SweepParams[]
  readonly rows: Float64Array
  /** Of them: taken over from the store. */
  readonly resumed: number
}

/** Shares a sweep is cut into: enough that a kill costs little and workers end together. */
const SHARES = 64

/** Runs all combinations. Errors: `E_CONFIG` of settings out of range, `E_DISK` of the store, what `signal` aborts with. */
export async function runSweep(input: SweepInput, options: SweepRunOptions = {}): Promise<SweepResults> {
  const { market, setup, plan, cells } = input
  const { workers = 1, store, progress = silentProgress, signal } = options
  const length = rowLength(plan)
  const size = Math.max(1, Math.ceil(cells.length / SHARES))
  const shares = Array.from({ length: Math.ceil(cells.length / size) }, (_, k) => k)
  const rows = new Float64Array(cells.length * length)
  const missing: number[] = []
  let resumed = 0
  for (const k of shares) {
    const count = Math.min(size, cells.length - k * size)
    const kept = await store?.load(k, count * length)
    if (kept === undefined) missing.push(k)
    else {
      rows.set(kept, k * size * length)
      resumed += count
    }
  }
  progress.total(cells.length - resumed)
  if (resumed > 0) progress.note(`${resumed} of ${cells.length} combinations were done by an earlier run`)
  if (missing.length === 0) return { plan, cells, rows, resumed }
  const pool = createPool<SweepTask, Float64Array>({
    workers: Math.min(workers, Math.max(missing.length, market.symbols.length)),
    url: new URL('./worker.js', import.meta.url),
    inline: runTask,
  })
  const breath = async (): Promise<void> => {
    // So that Ctrl-C is heard in a single thread too.
    await new Promise((go) => setImmediate(go))
    signal?.throwIfAborted()
  }
  const each = Math.max(1, workers)
  try {
    if (market.scores !== null) {
      const { tieTolerance } = setup.base.score
      await mapLimited([...market.symbols.keys()], each, async (symbol) => {
        await breath()
        await pool.run({ kind: 'scores', market, symbol, tieTolerance })
      })
    }
    await mapLimited(missing, each, async (k) => {
      await breath()
      const share = cells.slice(k * size, (k + 1) * size)
      const done = await pool.run({ kind: 'cells', market, setup, plan, cells: share })
      rows.set(done, k * size * length)
      await store?.save(k, done)
      progress.advance(share.length, 'combinations')
    })
  } finally {
    await pool.close()
  }
  return { plan, cells, rows, resumed }
}

/** A figure of one combination in one block. */
export function blockValue(results: SweepResults, cell: number, block: number, field: BlockField): number {
  const at = cell * rowLength(results.plan) + block * BLOCK_FIELDS.length + BLOCK_FIELDS.indexOf(field)
  return results.rows[at]!
}

/** Daily returns of one combination over the blocks `from` … `to` (exclusive), as a view. */
export function blockReturns(results: SweepResults, cell: number, from: number, to: number): Float64Array {
  const { blocks, days } = results.plan
  const base = cell * rowLength(results.plan) + blocks.length * BLOCK_FIELDS.length
  const dayAt = (block: number): number => (block < blocks.length ? blocks[block]!.firstDay : days)
  return results.rows.subarray(base + dayAt(from), base + dayAt(to))
}
