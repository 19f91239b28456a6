/**
 * Is the best of many better than a benchmark by more than luck? White's reality check and Hansen's test for superior
 * predictive ability, with the stationary bootstrap.
 */
import { fail, seededRandom } from '@cointrader/core'
import { drawBlocks, MIN_BLOCKS } from '@cointrader/models/evaluation/bootstrap'
import { defaultBlock } from './ratios.js'

export interface SuperiorityOptions {
  /** Mean block length, steps. Default {@link defaultBlock}. */
  readonly block?: number
  /** Default 1000. */
  readonly resamples?: number
  /** Default 0. */
  readonly seed?: number | string
}

export interface Superiority {
  readonly candidates: number
  readonly steps: number
  readonly block: number
  readonly resamples: number
  /** Candidate with the largest studentised mean difference, and that mean per step. */
  readonly best: number
  readonly bestMean: number
  /**
   * White 2000, "A reality check for data snooping": probability of a largest mean difference like this one when no
   * candidate beats the benchmark.
   */
  readonly realityCheck: number
  /** Hansen 2005, "A test for superior predictive ability": consistent p-value, and its lower and upper bound. */
  readonly spa: number
  readonly spaLower: number
  readonly spaUpper: number
}

/**
 * `differences[k]`: return of candidate k minus return of the benchmark, per step, all of one length. Candidates that never
 * differ from the benchmark count as mean 0. p-values count the sample itself: (1 + hits) / (1 + resamples).
 * Errors `E_USAGE` without candidates or for ragged input, `E_ROW_COUNT` below {@link MIN_BLOCKS} blocks.
 */
export function superiority(differences: readonly Float64Array[], options: SuperiorityOptions = {}): Superiority {
  const m = differences.length
  const n = differences[0]?.length ?? 0
  const { block = defaultBlock(n), resamples = 1000, seed = 0 } = options
  if (m === 0) fail('E_USAGE', { subject: 'superiority', detail: 'no candidate' })
  for (const [k, d] of differences.entries()) {
    if (d.length !== n || !d.every(Number.isFinite)) {
      fail('E_USAGE', { subject: `differences of candidate ${k}`, detail: `not ${n} finite numbers` })
    }
  }
  if (!(block >= 1) || n < MIN_BLOCKS * block) {
    fail('E_ROW_COUNT', {
      subject: 'superiority',
      detail: `${n} steps are fewer than ${MIN_BLOCKS} blocks of ${block}`,
      next: 'judge a longer range',
    })
  }
  const root = Math.sqrt(n)
  const mean = differences.map((d) => d.reduce((a, b) => a + b, 0) / n)
  const omega = differences.map((d, k) => Math.sqrt(longRunVariance(d, mean[k], 1 / block)))
  // Candidates clearly worse than the benchmark are not recentred (consistent), all are (upper), or only those above 0 (lower).
  const limit = Math.sqrt(2 * Math.log(Math.log(Math.max(n, 3))))
  const centre = mean.map((d, k) => ({
    upper: d,
    consistent: omega[k] > 0 && (root * d) / omega[k] <= -limit ? 0 : d,
    lower: Math.max(d, 0),
  }))
  let reality = Number.NEGATIVE_INFINITY
  let studentised = 0
  let best = 0
  let bestT = Number.NEGATIVE_INFINITY
  for (let k = 0; k < m; k++) {
    reality = Math.max(reality, root * mean[k])
    const t = omega[k] > 0 ? (root * mean[k]) / omega[k] : 0
    studentised = Math.max(studentised, t)
    if (t > bestT) {
      best = k
      bestT = t
    }
  }
  const random = seededRandom(seed).fork('superiority')
  const counts = new Int32Array(n)
  const hits = { reality: 0, lower: 0, consistent: 0, upper: 0 }
  for (let b = 0; b < resamples; b++) {
    drawBlocks(counts, block, 'stationary', random)
    let rc = Number.NEGATIVE_INFINITY
    let lower = 0
    let consistent = 0
    let upper = 0
    for (let k = 0; k < m; k++) {
      const d = differences[k]
      let sum = 0
      for (let i = 0; i < n; i++) sum += counts[i] * d[i]
      const drawn = sum / n
      rc = Math.max(rc, root * (drawn - mean[k]))
      if (omega[k] > 0) {
        const scale = root / omega[k]
        lower = Math.max(lower, scale * (drawn - centre[k].lower))
        consistent = Math.max(consistent, scale * (drawn - centre[k].consistent))
        upper = Math.max(upper, scale * (drawn - centre[k].upper))
      }
    }
    if (rc >= reality) hits.reality++
    if (lower >= studentised) hits.lower++
    if (consistent >= studentised) hits.consistent++
    if (upper >= studentised) hits.upper++
  }
  const p = (count: number): number => (1 + count) / (1 + resamples)
  return {
    candidates: m,
    steps: n,
    block,
    resamples,
    best,
    bestMean: mean[best],
    realityCheck: p(hits.reality),
    spa: p(hits.consistent),
    spaLower: p(hits.lower),
    spaUpper: p(hits.upper),
  }
}

/**
 * Variance of √n times the mean under the stationary bootstrap with restart probability `q`: γ₀ + 2 Σ κ(i) γᵢ,
 * κ(i) = (n − i)/n · (1 − q)^i + i/n · (1 − q)^(n − i) (Politis and Romano 1994, lemma 1; Hansen 2005, section 3). Summed
 * until the weights vanish.
 */
export function longRunVariance(x: Float64Array, mean: number, q: number): number {
  const n = x.length
  let variance = 0
  for (let lag = 0; lag < n; lag++) {
    const weight = lag === 0 ? 1 : ((n - lag) / n) * (1 - q) ** lag + (lag / n) * (1 - q) ** (n - lag)
    if (lag > 0 && weight < 1e-9) continue
    let gamma = 0
    for (let i = lag; i < n; i++) gamma += (x[i] - mean) * (x[i - lag] - mean)
    variance += (lag === 0 ? 1 : 2) * weight * (gamma / n)
  }
  return Math.max(0, variance)
}
