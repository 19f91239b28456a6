/** Grid search of tree parameters (spec RP-41): one binned data set for all points, chosen on validation, tested once. */
import { createPool, type Json } from '@cointrader/core'
import type { MatrixPart } from '@cointrader/features'
import { compile, Dataset, type ParamInput, readText, type SharedDataset } from '@cointrader/lightgbm-wasm'
import type { EvaluationReport } from '../evaluation/index.js'
import {
  type GridPoint,
  type GridResult,
  gridPoints,
  gridSearch,
  RESEARCH_GRID,
  type ResultStore,
} from '../tune/index.js'
import { columnsOf, type Splits } from './data.js'
import { judge } from './judge.js'
import { binSplits, LGBM_DEFAULTS, namedTraining, trainBinned } from './lgbm.js'

/** One point, for a worker: everything but the point is shared memory. */
export interface GridTask {
  readonly train: SharedDataset
  readonly valid: SharedDataset
  readonly params: ParamInput
  readonly rounds: number
  readonly earlyStopping: number
  readonly seed: number
}

export interface GridTraining {
  readonly text: string
  readonly bestIteration: number
  /** Best value of the first validation metric, and whether more is better. */
  readonly valid: number
  readonly higherIsBetter: boolean
}

/** Trains one point with one thread. */
export async function trainPoint(task: GridTask): Promise<GridTraining> {
  return namedTraining(async () => {
    const data = { train: Dataset.attach(task.train), valid: Dataset.attach(task.valid) }
    const done = await trainBinned(data, { ...task, threads: 1 })
    const [metric, values] = Object.entries(done.history.valid ?? {})[0] ?? ['', []]
    const higherIsBetter = /auc|ndcg|map|average_precision/.test(metric)
    const valid = higherIsBetter ? Math.max(...values) : Math.min(...values)
    return { text: done.text, bestIteration: done.bestIteration, valid, higherIsBetter }
  })
}

export interface LgbmGridOptions {
  /** Parameter → values; default: the research pipeline's 32 points. */
  readonly grid?: Readonly<Record<string, readonly Json[]>>
  /** The same for all points. */
  readonly params: ParamInput
  readonly rounds: number
  readonly earlyStopping: number
  readonly seed: number
  readonly workers: number
  readonly store: ResultStore
  /** Hash of the data and ranges. */
  readonly dataId: string
  readonly signal?: AbortSignal
  readonly onPoint?: (point: GridPoint<Record<string, Json>>, reused: boolean) => void
}

export interface LgbmGridResult extends GridResult<Record<string, Json>> {
  /** Evaluation of the chosen point on the test range, deflated by the number of points; null without a test range. */
  readonly report: EvaluationReport | null
}

/** Searches. The choice is the best validation metric; the test range is looked at once, for the chosen point. */
export async function searchLgbmGrid(splits: Splits, options: LgbmGridOptions): Promise<LgbmGridResult> {
  const { seed, rounds, earlyStopping, workers, store } = options
  const points = gridPoints(options.grid ?? RESEARCH_GRID)
  const base: ParamInput = { ...LGBM_DEFAULTS, ...options.params }
  const binned = await binSplits(splits, base)
  const shared = { train: binned.train.share(), valid: binned.valid.share() }
  const task = (point: Record<string, Json>): GridTask => ({
    ...shared,
    params: { ...base, ...(point as ParamInput) },
    rounds,
    earlyStopping,
    seed,
  })
  const pool = createPool<GridTask, GridTraining>({
    workers,
    url: new URL('./lgbm-worker.js', import.meta.url),
    inline: trainPoint,
  })
  let report: EvaluationReport | null = null
  try {
    const result = await gridSearch<Record<string, Json>>({
      points,
      store,
      workers,
      settings: { base: base as Json, rounds, earlyStopping, seed, data: options.dataId },
      ...(options.signal === undefined ? {} : { signal: options.signal }),
      ...(options.onPoint === undefined ? {} : { onPoint: options.onPoint }),
      async evaluate(point) {
        const { valid, higherIsBetter, bestIteration } = await pool.run(task(point))
        return { valid: higherIsBetter ? valid : -valid, detail: { metric: valid, bestIteration } }
      },
      async test(point) {
        if (splits.test === undefined) return null
        const { text } = await pool.run(task(point))
        const predictor = compile(readText(text))
        const predict = (rows: MatrixPart) => predictor.predict({ columns: columnsOf(rows) })
        report = await judge(splits, 'test', predict, { name: 'chosen', seed, trials: points.length })
        return report as unknown as Json
      },
    })
    return { ...result, report }
  } finally {
    await pool.close()
  }
}
