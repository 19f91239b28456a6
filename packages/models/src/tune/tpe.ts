/**
 * Tree-structured Parzen estimator (Bergstra, Bardenet, Bengio, Kegl 2011, "Algorithms for Hyper-Parameter Optimization"),
 * each dimension for itself, with the settings of Optuna's `TPESampler` that the original uses: 10 random trials first,
 * the best min(ceil(0.1 n), 25) trials against the rest, 24 candidates, a prior of weight 1, widths clipped from below.
 */
import type { Random } from '@cointrader/core'
import { normalCdf } from '../evaluation/numeric.js'
import { boundsOf, clamp, type Dimension, type Drawn, drawUniform, type Space } from './space.js'

export interface TpeOptions {
  /** Random trials before the estimator is asked. */
  readonly startupTrials: number
  readonly candidates: number
}

export const TPE_DEFAULTS: TpeOptions = { startupTrials: 10, candidates: 24 }

/** Suggests a point, given the points tried so far, best first. */
export function suggest(space: Space, ranked: readonly Drawn[], random: Random, options = TPE_DEFAULTS): Drawn {
  const drawn: Record<string, number> = {}
  const good = Math.min(Math.ceil(0.1 * ranked.length), 25)
  for (const dimension of space) {
    const stream = random.fork(dimension.name)
    drawn[dimension.name] =
      ranked.length < options.startupTrials
        ? drawUniform(dimension, drawn, stream)
        : drawByRatio(dimension, drawn, ranked, good, stream, options.candidates)
  }
  return drawn
}

/** The candidate, drawn from the good trials' density, at which that density most exceeds the others'. */
function drawByRatio(
  dimension: Dimension,
  drawn: Drawn,
  ranked: readonly Drawn[],
  good: number,
  random: Random,
  candidates: number,
): number {
  const bounds = boundsOf(dimension, drawn)
  if (bounds[0] === bounds[1]) return bounds[0]
  const values = ranked.map((p) => p[dimension.name])
  const better = new Parzen(dimension, bounds, values.slice(0, good))
  const worse = new Parzen(dimension, bounds, values.slice(good))
  let best = Number.NaN
  let bestRatio = Number.NEGATIVE_INFINITY
  for (let c = 0; c < candidates; c++) {
    const x = better.draw(random)
    const ratio = better.logDensity(x) - worse.logDensity(x)
    if (ratio > bestRatio) {
      bestRatio = ratio
      best = x
    }
  }
  return best
}

/**
 * A mixture of normal densities cut off at the bounds: one about each value seen, and a wide prior about the middle. Each
 * is as wide as the larger gap to its neighbours, at least the range over min(100, 1 + number of densities).
 */
export class Parzen {
  private readonly low: number
  private readonly high: number
  private readonly means: Float64Array
  private readonly widths: Float64Array
  /** Mass of each density within the bounds. */
  private readonly mass: Float64Array

  constructor(
    private readonly dimension: Dimension,
    private readonly bounds: readonly [number, number],
    values: readonly number[],
  ) {
    const { kind } = dimension
    // A whole number stands for the unit interval about it.
    this.low = kind === 'log' ? Math.log(bounds[0]) : kind === 'int' ? bounds[0] - 0.5 : bounds[0]
    this.high = kind === 'log' ? Math.log(bounds[1]) : kind === 'int' ? bounds[1] + 0.5 : bounds[1]
    const seen = values
      .filter((x) => x >= bounds[0] && x <= bounds[1])
      .map((x) => ({ mean: kind === 'log' ? Math.log(x) : x, prior: false }))
    const span = this.high - this.low
    const all = [...seen, { mean: (this.low + this.high) / 2, prior: true }].sort((a, b) => a.mean - b.mean)
    const least = span / Math.min(100, 1 + all.length)
    this.means = Float64Array.from(all, (m) => m.mean)
    this.widths = Float64Array.from(all, ({ mean, prior }, i) => {
      if (prior) return span
      const left = i > 0 ? mean - all[i - 1].mean : 0
      const right = i + 1 < all.length ? all[i + 1].mean - mean : 0
      return clamp(Math.max(left, right), least, span)
    })
    this.mass = this.means.map(
      (mean, i) => normalCdf((this.high - mean) / this.widths[i]) - normalCdf((this.low - mean) / this.widths[i]),
    )
  }

  /** A draw from the mixture, by rejection of what lies outside (at least a third lies inside). */
  draw(random: Random): number {
    const i = random.int(this.means.length)
    let x = Number.NaN
    while (!(x >= this.low && x <= this.high)) x = this.means[i] + this.widths[i] * random.normal()
    const { kind } = this.dimension
    const value = kind === 'log' ? Math.exp(x) : kind === 'int' ? Math.round(x) : x
    return clamp(value, this.bounds[0], this.bounds[1])
  }

  /** Logarithm of the density at `value`; of the probability, for whole numbers. */
  logDensity(value: number): number {
    const { kind } = this.dimension
    const x = kind === 'log' ? Math.log(value) : value
    let sum = 0
    for (let i = 0; i < this.means.length; i++) {
      const [mean, width] = [this.means[i], this.widths[i]]
      const here =
        kind === 'int'
          ? normalCdf((x + 0.5 - mean) / width) - normalCdf((x - 0.5 - mean) / width)
          : Math.exp(-0.5 * ((x - mean) / width) ** 2) / (width * Math.sqrt(2 * Math.PI))
      sum += here / this.mass[i]
    }
    // A value so far from everything that its density underflows is merely very unlikely.
    return Math.log(Math.max(sum / this.means.length, Number.MIN_VALUE))
  }
}
