/** What a worker does: fill the score columns of a symbol, or run a share of the combinations. */
import { scoreColumns } from '@cointrader/strategies'
import { cellRunner, rowLength, type SweepSetup } from './cell.js'
import type { SharedMarket } from './market.js'
import type { SweepParams } from './parameters.js'
import type { SweepPlan } from './plan.js'

export type SweepTask =
  | { readonly kind: 'scores'; readonly market: SharedMarket; readonly symbol: number; readonly tieTolerance: number }
  | {
      readonly kind: 'cells'
      readonly market: SharedMarket
      readonly setup: SweepSetup
      readonly plan: SweepPlan
      readonly cells: readonly SweepParams[]
    }

/** Rows of the cells one after the other; empty for `scores`, whose result is in shared memory. */
export async function runTask(task: SweepTask): Promise<Float64Array> {
  const { market } = task
  if (task.kind === 'scores') {
    const made = scoreColumns(market, task.symbol, task.tieTolerance)
    const out = market.scores![task.symbol]!
    for (const name of ['long', 'short', 'volMa20', 'adx', 'atr'] as const) out[name].set(made[name])
    return new Float64Array(0)
  }
  const run = cellRunner(market, task.setup, task.plan)
  const length = rowLength(task.plan)
  const out = new Float64Array(task.cells.length * length)
  for (const [k, params] of task.cells.entries()) run(params, out.subarray(k * length, (k + 1) * length))
  return out
}
