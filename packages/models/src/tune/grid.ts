/**
 * Grid search (RP-41), resumable: each finished point is stored atomically, and a search that was killed and run again
 * equals an undisturbed one. The winner is chosen on validation. The test is not open to the choice: it is looked at once,
 * for the winner, by a function that runs after the choice (the original ranks by mean test figures).
 */
import { contentId, fail, isError, type Json, mapLimited } from '@cointrader/core'
import { asStored, type ResultStore } from './store.js'

export type Direction = 'maximise' | 'minimise'

/** What one point is worth. */
export interface GridScore {
  /** On validation data. NaN, or another number that is not finite: never chosen. */
  readonly valid: number
  /** Whatever the report wants to show. */
  readonly detail?: Json
}

export interface GridRequest<P extends Json> {
  readonly points: readonly P[]
  readonly evaluate: (point: P, index: number) => Promise<GridScore>
  readonly store: ResultStore
  /** Points evaluated at once; the result does not depend on it. */
  readonly workers: number
  /** Default `maximise`. */
  readonly direction?: Direction
  /** What a point's result hangs on besides the point: data ids, ranges, seed, code. Enters the key of a stored point. */
  readonly settings: Json
  /** Looks at the test data: called once, for the chosen point, after the choice. */
  readonly test?: (point: P) => Promise<Json>
  readonly signal?: AbortSignal
  readonly onPoint?: (result: GridPoint<P>, reused: boolean) => void
}

export interface GridPoint<P extends Json> {
  readonly index: number
  readonly point: P
  /** Null when it is not a number or the point failed. */
  readonly valid: number | null
  readonly detail: Json
  /** Why the point could not be trained; null when it could. */
  readonly failed: string | null
}

export interface GridResult<P extends Json> {
  /** In the order of the points. */
  readonly points: readonly GridPoint<P>[]
  readonly best: GridPoint<P>
  /** Of the best point only; null without `test`. */
  readonly test: Json
  /** Points tried: what a deflated statistic needs to know. */
  readonly tried: number
}

/** All combinations of the values, the last name changing fastest. */
export function gridPoints(axes: Readonly<Record<string, readonly Json[]>>): Record<string, Json>[] {
  let out: Record<string, Json>[] = [{}]
  for (const [name, values] of Object.entries(axes)) {
    if (values.length === 0) fail('E_USAGE', { subject: `grid axis ${name}`, detail: 'no value' })
    out = out.flatMap((point) => values.map((value) => ({ ...point, [name]: value })))
  }
  return out
}

/** The 32 points of the original's grid in code (RP-39, RP-41). */
export const RESEARCH_GRID = {
  learning_rate: [0.01, 0.03],
  num_leaves: [31, 63],
  min_data_in_leaf: [20, 200],
  feature_fraction: [0.2, 0.4],
  bagging_fraction: [0.2, 0.4],
} as const

/**
 * Evaluates every point and chooses the best on validation; of equal ones the first. A point that cannot be trained
 * (`E_TRAINING`) is kept with its reason; any other error ends the search, and what was finished is kept.
 * Errors: `E_USAGE` for no points or two equal ones, `E_TRAINING` when no point has a validation score, `E_INTERRUPTED`.
 */
export async function gridSearch<P extends Json>(request: GridRequest<P>): Promise<GridResult<P>> {
  const { points, evaluate, store, workers, direction = 'maximise', settings, signal, onPoint } = request
  if (points.length === 0) fail('E_USAGE', { subject: 'grid', detail: 'no points' })
  const keys = points.map((point) => `point-${contentId({ point, settings }).slice(0, 24)}`)
  keys.forEach((key, i) => {
    const other = keys.indexOf(key)
    if (other !== i) fail('E_USAGE', { subject: 'grid', detail: `points ${other} and ${i} are the same` })
  })
  const done = await mapLimited(points, workers, async (point, index): Promise<GridPoint<P>> => {
    const stored = await store.load(keys[index])
    if (stored !== undefined) {
      const { valid, detail, failed } = stored as unknown as GridPoint<P>
      const result = { index, point, valid, detail, failed }
      onPoint?.(result, true)
      return result
    }
    if (signal?.aborted) fail('E_INTERRUPTED', { subject: 'grid search', cause: signal.reason })
    const result = asStored({ index, point, ...(await scored(() => evaluate(point, index))) })
    // The place of a point may change when the grid grows, so it is not part of what is kept.
    const { valid, detail, failed } = result
    await store.save(keys[index], { point, valid, detail, failed })
    onPoint?.(result, false)
    return result
  })
  const sign = direction === 'maximise' ? 1 : -1
  let best: GridPoint<P> | undefined
  for (const p of done)
    if (p.valid !== null && (best === undefined || sign * p.valid > sign * (best.valid as number))) best = p
  if (best === undefined)
    fail('E_TRAINING', {
      subject: 'grid search',
      detail: `no point has a validation score${done[0].failed === null ? '' : `; the first says: ${done[0].failed}`}`,
    })
  const test = request.test === undefined ? null : asStored(await request.test(best.point))
  return { points: done, best, test, tried: done.length }
}

async function scored(
  run: () => Promise<GridScore>,
): Promise<{ readonly valid: number | null; readonly detail: Json; readonly failed: string | null }> {
  try {
    const { valid, detail = null } = await run()
    return { valid: Number.isFinite(valid) ? valid : null, detail, failed: null }
  } catch (error) {
    if (!isError(error, 'E_TRAINING')) throw error
    return { valid: null, detail: null, failed: error.message }
  }
}
