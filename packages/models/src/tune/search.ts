/**
 * A search over a space: TPE with median pruning (TB-04.9), resumable, and the same for a seed whatever the number of
 * workers. Trials come in batches: those of a batch see the results of earlier batches only, so neither the order in
 * which they finish nor a kill between two of them changes what is suggested or pruned.
 */
import { contentId, fail, isError, type Json, mapLimited, seededRandom } from '@cointrader/core'
import type { Direction } from './grid.js'
import type { Drawn, Space } from './space.js'
import { asStored, type ResultStore } from './store.js'
import { suggest, TPE_DEFAULTS, type TpeOptions } from './tpe.js'

export interface Trial {
  /** From 0. */
  readonly number: number
  readonly params: Drawn
  readonly state: 'complete' | 'pruned' | 'failed'
  /** Null unless complete with a number. */
  readonly score: number | null
  /** `[step, value]` as reported, in order. */
  readonly reports: readonly (readonly [number, number])[]
  readonly detail: Json
  /** Why it failed, else null. */
  readonly failed: string | null
}

export interface TrialHandle {
  readonly number: number
  /** Tells an intermediate value (higher is better when maximising); true means: give up, return `'pruned'`. */
  report(step: number, value: number): boolean
}

export interface TrialScore {
  /** On validation data. */
  readonly score: number
  readonly detail?: Json
}

export interface PruneOptions {
  /** Nothing is pruned before so many trials are complete. */
  readonly startupTrials: number
  /** Nothing is pruned at steps below this. */
  readonly warmupSteps: number
}

/** Optuna's median pruner as the original sets it (TB-04.9). */
export const MEDIAN_PRUNING: PruneOptions = { startupTrials: 5, warmupSteps: 3 }

export interface SearchRequest {
  readonly space: Space
  readonly trials: number
  readonly evaluate: (params: Drawn, trial: TrialHandle) => Promise<TrialScore | 'pruned'>
  readonly store: ResultStore
  readonly seed: number | string
  /** Trials at once; the result does not depend on it. More than `batch` are of no use. */
  readonly workers: number
  /** Trials that are suggested together. Part of what the result depends on. Default 2. */
  readonly batch?: number
  /** Default `maximise`. */
  readonly direction?: Direction
  /** What results hang on besides the parameters: data ids, folds, code. */
  readonly settings: Json
  readonly sampler?: TpeOptions
  /** Null: no pruning. */
  readonly pruning?: PruneOptions | null
  readonly signal?: AbortSignal
  readonly onTrial?: (trial: Trial, reused: boolean) => void
}

export interface SearchResult {
  readonly trials: readonly Trial[]
  /** Of the complete trials, the best; of equal ones the first. */
  readonly best: Trial
}

/**
 * Runs the search. A trial that cannot be trained (`E_TRAINING`) is kept as failed; other errors end the search, and what
 * was finished is kept. Errors: `E_USAGE` for options without sense, `E_TRAINING` when no trial is complete,
 * `E_FILE_CORRUPT` when the store holds a trial of other parameters, `E_INTERRUPTED`.
 */
export async function tpeSearch(request: SearchRequest): Promise<SearchResult> {
  const { space, trials, store, seed, workers, batch = 2, direction = 'maximise', settings, signal } = request
  const { sampler = TPE_DEFAULTS, pruning = MEDIAN_PRUNING } = request
  if (!Number.isInteger(trials) || trials < 1 || !Number.isInteger(batch) || batch < 1)
    fail('E_USAGE', { subject: 'search', detail: `${trials} trials in batches of ${batch}` })
  const sign = direction === 'maximise' ? 1 : -1
  const id = contentId({
    settings,
    seed: String(seed),
    batch,
    direction,
    sampler: { ...sampler },
    pruning: pruning === null ? null : { ...pruning },
    // Bounds that are functions cannot be hashed: their text is.
    space: space.map((d) => [d.name, d.kind, typeof d.bounds === 'function' ? String(d.bounds) : [...d.bounds]]),
  }).slice(0, 16)
  const random = seededRandom(`${seed}/search`)
  const done: Trial[] = []
  while (done.length < trials) {
    const ranked = rank(done, sign).map((t) => t.params)
    const numbers = Array.from({ length: Math.min(batch, trials - done.length) }, (_, k) => done.length + k)
    const complete = done.filter((t) => t.state === 'complete')
    const batchDone = await mapLimited(numbers, workers, async (number): Promise<Trial> => {
      const params = suggest(space, ranked, random.fork(`trial ${number}`), sampler)
      const key = `${id}-${String(number).padStart(5, '0')}`
      const stored = (await store.load(key)) as unknown as Trial | undefined
      if (stored !== undefined) {
        if (contentId(stored.params) !== contentId(params))
          fail('E_FILE_CORRUPT', { subject: key, detail: 'a stored trial of other parameters', next: 'remove it' })
        request.onTrial?.(stored, true)
        return stored
      }
      if (signal?.aborted) fail('E_INTERRUPTED', { subject: 'search', cause: signal.reason })
      const trial = asStored(await runTrial(number, params, request.evaluate, complete, pruning, sign))
      await store.save(key, trial as unknown as Json)
      request.onTrial?.(trial, false)
      return trial
    })
    done.push(...batchDone)
  }
  const best = rank(done, sign)[0]
  if (best?.state !== 'complete')
    fail('E_TRAINING', {
      subject: 'search',
      detail: `none of ${trials} trials is complete; the first says: ${done[0].failed ?? done[0].state}`,
    })
  return { trials: done, best }
}

async function runTrial(
  number: number,
  params: Drawn,
  evaluate: SearchRequest['evaluate'],
  complete: readonly Trial[],
  pruning: PruneOptions | null,
  sign: number,
): Promise<Trial> {
  const reports: [number, number][] = []
  const base = { number, params, reports, detail: null, failed: null, score: null }
  try {
    const result = await evaluate(params, {
      number,
      report(step, value) {
        if (!Number.isFinite(value)) return false
        reports.push([step, value])
        return pruning !== null && shouldPrune(reports, step, complete, pruning, sign)
      },
    })
    if (result === 'pruned') return { ...base, state: 'pruned' }
    if (!Number.isFinite(result.score)) return { ...base, state: 'failed', failed: `the score is ${result.score}` }
    return { ...base, state: 'complete', score: result.score, detail: result.detail ?? null }
  } catch (error) {
    if (!isError(error, 'E_TRAINING')) throw error
    return { ...base, state: 'failed', failed: error.message }
  }
}

/** Median rule: the best value so far is worse than the median of what complete trials reported at this step. */
export function shouldPrune(
  reports: readonly (readonly [number, number])[],
  step: number,
  complete: readonly Pick<Trial, 'reports'>[],
  pruning: PruneOptions,
  sign = 1,
): boolean {
  if (complete.length < pruning.startupTrials || step < pruning.warmupSteps) return false
  const others = complete.flatMap((t) => {
    const at = t.reports.find(([s]) => s === step)
    return at === undefined ? [] : [sign * at[1]]
  })
  if (others.length === 0) return false
  others.sort((a, b) => a - b)
  const middle = (others[(others.length - 1) >> 1] + others[others.length >> 1]) / 2
  return Math.max(...reports.map(([, value]) => sign * value)) < middle
}

/** Best first: complete trials by score, then pruned ones by how far they came and how well they stood; failed ones out. */
function rank(trials: readonly Trial[], sign: number): Trial[] {
  const last = (t: Trial): readonly [number, number] => t.reports.at(-1) ?? [Number.NEGATIVE_INFINITY, 0]
  return trials
    .filter((t) => t.state !== 'failed')
    .sort((a, b) => {
      if (a.state !== b.state) return a.state === 'complete' ? -1 : 1
      if (a.score !== null && b.score !== null) return sign * (b.score - a.score) || a.number - b.number
      const [x, y] = [last(a), last(b)]
      if (x[0] !== y[0]) return y[0] - x[0]
      return sign * (y[1] - x[1]) || a.number - b.number
    })
}
