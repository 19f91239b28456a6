/**
 * Block bootstrap over instants. Rows of one instant stay together (they share the market), and so do neighbouring instants
 * (their labels overlap). Seeded: every statistic judged with the same seed and number of instants sees the same resamples,
 * so models are compared pairwise.
 */
import { fail, type Random, seededRandom } from '@cointrader/core'
import { quantileOf } from './numeric.js'

export type BlockKind = 'stationary' | 'circular'

export interface BootstrapOptions {
  /** Instants per block (the mean, for `stationary`); at least the horizon of the label. */
  readonly block: number
  /**
   * `stationary`: blocks of geometric length (Politis and Romano 1994, "The stationary bootstrap"; default). `circular`:
   * moving blocks of one length, on the circle (Politis and Romano 1992). Both wrap round, so all instants count equally.
   */
  readonly kind?: BlockKind
  /** Default 1000. */
  readonly resamples?: number
  /** Default 0. */
  readonly seed?: number | string
  /** Coverage of the interval. Default 0.95. */
  readonly level?: number
}

export interface Interval {
  readonly estimate: number
  /** Percentiles of the resampled statistic. */
  readonly low: number
  readonly high: number
  readonly standardError: number
  /** Two-sided, of "the statistic is 0": share of resamples at least |estimate| from the estimate, counting the sample. */
  readonly pValue: number
  /** Resamples in which the statistic was defined. */
  readonly resamples: number
}

/** Fewest blocks a series must hold before its interval is worth anything. */
export const MIN_BLOCKS = 5

/** How often each instant is drawn, in one resample. */
export function drawBlocks(counts: Int32Array, block: number, kind: BlockKind, random: Random): void {
  const n = counts.length
  counts.fill(0)
  if (kind === 'circular') {
    for (let drawn = 0; drawn < n; ) {
      let at = random.int(n)
      for (let k = 0; k < block && drawn < n; k++, drawn++) {
        counts[at]++
        if (++at === n) at = 0
      }
    }
    return
  }
  let at = random.int(n)
  for (let drawn = 0; drawn < n; drawn++) {
    counts[at]++
    if (random.next() * block < 1) at = random.int(n)
    else if (++at === n) at = 0
  }
}

/**
 * Intervals of statistics that can be computed from how often each instant counts. `statistic(counts, out)` writes them to
 * `out`; with all counts 1 it gives the estimates. Statistics are judged one by one: an undefined (NaN) resample of one
 * leaves the others alone. Error `E_ROW_COUNT` when there are fewer than {@link MIN_BLOCKS} blocks.
 */
export function blockBootstrap(
  instants: number,
  statistics: number,
  statistic: (counts: Int32Array, out: Float64Array) => void,
  options: BootstrapOptions,
): Interval[] {
  const { block, kind = 'stationary', resamples = 1000, seed = 0, level = 0.95 } = options
  if (!(block >= 1)) fail('E_USAGE', { subject: 'bootstrap block', detail: `${block} is not a number of instants` })
  if (instants < MIN_BLOCKS * block) {
    fail('E_ROW_COUNT', {
      subject: 'block bootstrap',
      detail: `${instants} instants are fewer than ${MIN_BLOCKS} blocks of ${block}`,
      next: 'judge a longer range',
    })
  }
  const random = seededRandom(seed).fork('bootstrap')
  const out = new Float64Array(statistics)
  const counts = new Int32Array(instants).fill(1)
  statistic(counts, out)
  const estimates = Float64Array.from(out)
  const draws = Array.from({ length: statistics }, () => new Float64Array(resamples))
  for (let b = 0; b < resamples; b++) {
    drawBlocks(counts, block, kind, random)
    statistic(counts, out)
    for (let s = 0; s < statistics; s++) draws[s][b] = out[s]
  }
  return draws.map((all, s) => interval(estimates[s], all.filter(Number.isFinite).sort(), level))
}

function interval(estimate: number, sorted: Float64Array, level: number): Interval {
  const n = sorted.length
  let sum = 0
  let beyond = 0
  for (let i = 0; i < n; i++) {
    sum += sorted[i]
    if (Math.abs(sorted[i] - estimate) >= Math.abs(estimate)) beyond++
  }
  const mean = sum / n
  let squares = 0
  for (let i = 0; i < n; i++) squares += (sorted[i] - mean) * (sorted[i] - mean)
  const tail = (1 - level) / 2
  return {
    estimate,
    low: quantileOf(sorted, tail),
    high: quantileOf(sorted, 1 - tail),
    standardError: n < 2 ? Number.NaN : Math.sqrt(squares / (n - 1)),
    pValue: Number.isFinite(estimate) ? (1 + beyond) / (n + 1) : Number.NaN,
    resamples: n,
  }
}

/** Statistic for {@link blockBootstrap}: mean of a series with one value per instant, NaN left out. */
export function meanStatistic(values: Float64Array): (counts: Int32Array) => number {
  return (counts) => {
    let sum = 0
    let n = 0
    for (let i = 0; i < values.length; i++) {
      if (counts[i] === 0 || !Number.isFinite(values[i])) continue
      sum += counts[i] * values[i]
      n += counts[i]
    }
    return sum / n
  }
}

/**
 * Statistic for {@link blockBootstrap}: weighted Pearson correlation over all rows, from sums per instant. With ranks of the
 * whole sample for x and y it is Spearman's with the ranks held fixed.
 */
export function pearsonStatistic(
  offsets: Int32Array,
  x: Float64Array,
  y: Float64Array,
  weight?: Float64Array,
): (counts: Int32Array) => number {
  const instants = offsets.length - 1
  const centre = (v: Float64Array): { mean: number; scale: number } => {
    let sum = 0
    let total = 0
    for (let i = 0; i < v.length; i++) {
      const w = weight === undefined ? 1 : weight[i]
      sum += w * v[i]
      total += w
    }
    const mean = sum / total
    let squares = 0
    for (let i = 0; i < v.length; i++) squares += (weight === undefined ? 1 : weight[i]) * (v[i] - mean) ** 2
    return { mean, scale: Math.sqrt(squares / total) || 1 }
  }
  const cx = centre(x)
  const cy = centre(y)
  // Six sums per instant; values are centred and scaled first, so differences of sums lose nothing.
  const sums = new Float64Array(instants * 6)
  for (let s = 0; s < instants; s++) {
    for (let i = offsets[s]; i < offsets[s + 1]; i++) {
      const w = weight === undefined ? 1 : weight[i]
      const u = (x[i] - cx.mean) / cx.scale
      const v = (y[i] - cy.mean) / cy.scale
      sums[s * 6] += w
      sums[s * 6 + 1] += w * u
      sums[s * 6 + 2] += w * v
      sums[s * 6 + 3] += w * u * u
      sums[s * 6 + 4] += w * v * v
      sums[s * 6 + 5] += w * u * v
    }
  }
  return (counts) => {
    let n = 0
    let u = 0
    let v = 0
    let uu = 0
    let vv = 0
    let uv = 0
    for (let s = 0, k = 0; s < instants; s++, k += 6) {
      const c = counts[s]
      if (c === 0) continue
      n += c * sums[k]
      u += c * sums[k + 1]
      v += c * sums[k + 2]
      uu += c * sums[k + 3]
      vv += c * sums[k + 4]
      uv += c * sums[k + 5]
    }
    const varU = uu - (u * u) / n
    const varV = vv - (v * v) / n
    if (!(varU > 1e-12 * uu && varV > 1e-12 * vv)) return Number.NaN
    return (uv - (u * v) / n) / Math.sqrt(varU * varV)
  }
}
