/** Models over a range of strengths, and the strength chosen by cross-validation over blocks of time (LassoCV of RP-23). */
import { fail, MINUTE_MS } from '@cointrader/core'
import type { Design } from './design.js'
import { explained, type LinearOptions, type Prepared, penalties, prepare, toModel } from './fit.js'
import type { LinearModel } from './model.js'
import { type Centred, centre, combine, type Moments, momentsOf } from './moments.js'
import { coordinateDescent } from './solve.js'

/** `count` numbers from `high` down to `low`, equally far apart in the logarithm. RP-23: 30 from 1 to 1e-4. */
export function logSpaced(low: number, high: number, count: number): number[] {
  if (!(low > 0 && high >= low && count >= 1)) {
    fail('E_USAGE', { subject: 'strengths', detail: `${count} from ${low} to ${high}` })
  }
  const [a, b] = [Math.log10(low), Math.log10(high)]
  if (count === 1) return [high]
  return Array.from({ length: count }, (_, i) => 10 ** (b - ((b - a) * i) / (count - 1)))
}

export interface PathOptions extends Omit<LinearOptions, 'alpha' | 'family'> {
  readonly family: 'lasso' | 'elastic_net'
  /** Default: 100 from the least strength that leaves no feature down to 1e-3 of it. Any order; used descending. */
  readonly alphas?: readonly number[]
}

export interface PathPoint {
  readonly alpha: number
  /** Per deviation of each feature, in the unit of the label. */
  readonly coefficients: Float64Array
  readonly intercept: number
  readonly nonZero: number
  readonly r2: number
  readonly converged: boolean
}

/** Fits all strengths, from the strongest on, each starting where the last one ended. Errors: see `prepare`. */
export function regularisationPath(data: Design, y: ArrayLike<number>, options: PathOptions): PathPoint[] {
  const prepared = prepare(data, y, options)
  const { scaler, scale } = prepared
  const m = centre(allMoments(prepared))
  const alphas = descending(options.alphas ?? defaultAlphas(prepared, m, options))
  let c: Float64Array = new Float64Array(m.p)
  return alphas.map((alpha) => {
    const { l1, l2 } = penalties({ ...options, alpha }, scaler, scale.deviation, m.total)
    const solved = coordinateDescent(m.cov, m.xy, m.yy, l1, l2, c, options)
    c = solved.c
    const model = toModel(prepared, { ...options, alpha }, c, m, { ...solved, dependent: [] })
    return {
      alpha,
      coefficients: Float64Array.from(model.coefficients),
      intercept: model.intercept,
      nonZero: c.reduce((n, v) => n + (v === 0 ? 0 : 1), 0),
      r2: explained(c, m),
      converged: solved.converged,
    }
  })
}

function allMoments(p: Prepared): Moments {
  return momentsOf(p.design, p.columns, p.rows, p.scaler, p.label, p.scale, p.weight)
}

function descending(alphas: readonly number[]): number[] {
  if (alphas.length === 0 || !alphas.every((a) => a > 0 && Number.isFinite(a))) {
    fail('E_USAGE', { subject: 'strengths', detail: 'all must be above 0 and there must be one' })
  }
  return [...alphas].sort((a, b) => b - a)
}

function defaultAlphas({ scaler, scale }: Prepared, m: Centred, options: PathOptions): number[] {
  const ratio = options.family === 'lasso' ? 1 : (options.l1Ratio ?? 0.5)
  if (!(ratio > 0)) {
    fail('E_USAGE', { subject: 'strengths', detail: 'without an L1 part there is no strongest one', next: 'name them' })
  }
  const unit = penalties({ ...options, alpha: 1 }, scaler, scale.deviation, m.total).l1
  let largest = 0
  for (let f = 0; f < m.p; f++) largest = Math.max(largest, Math.abs(m.xy[f]) / unit[f])
  return logSpaced(largest * 1e-3, largest, 100)
}

export interface LassoCvOptions extends Omit<LinearOptions, 'alpha' | 'family' | 'l1Ratio'> {
  /** Default: 30 from 1 to 1e-4, log-spaced (RP-23). In the unit of the label. */
  readonly alphas?: readonly number[]
  /** Contiguous blocks of rows. Default 3. */
  readonly folds?: number
  /**
   * `label` (default): training rows whose label shares time with a label of the validation block are left out; rows must
   * come in order of time. `none`: the original's plain contiguous split, whose borders leak.
   */
  readonly purge?: 'label' | 'none'
  /** Start of the bar of each row, ms; for `purge`. */
  readonly time?: Float64Array
  /** How far the label looks, counted from the start of the bar; for `purge`. */
  readonly looksUntilMinutes?: number
  /**
   * `fold` (default): the penalty acts on features standardised over the training rows of the fold. `all`: over all rows, as
   * when data is standardised once before cross-validation (the original; the validation block is in the scaler).
   */
  readonly scaling?: 'fold' | 'all'
}

export interface LassoCvResult {
  /** Fitted on all rows with the chosen strength. */
  readonly model: LinearModel
  readonly alpha: number
  /** Descending. */
  readonly alphas: readonly number[]
  /** Mean over folds of the validation MSE, per strength. */
  readonly mse: readonly number[]
  /** foldMse[k][a]. */
  readonly foldMse: readonly (readonly number[])[]
  readonly folds: readonly { readonly train: number; readonly purged: number; readonly valid: number }[]
}

/**
 * LassoCV (RP-23): the strength of least mean validation MSE over contiguous folds, the strongest of equals; folds count
 * equally, or by weight where rows are weighted (scikit-learn's rule). One pass over the data gives the moments of every
 * fold; the rest is algebra on them. Errors: those of `prepare`; `E_USAGE` for rows out of order or a missing option;
 * `E_ROW_COUNT` for a fold that is left with fewer than two rows.
 */
export function lassoCv(data: Design, y: ArrayLike<number>, options: LassoCvOptions = {}): LassoCvResult {
  const prepared = prepare(data, y, options)
  const { rows, scaler, scale, weight, design, columns, label } = prepared
  const alphas = descending(options.alphas ?? logSpaced(1e-4, 1, 30))
  const bounds = foldBounds(rows.length, options.folds ?? 3)
  const count = bounds.length - 1
  const moments = (part: Int32Array): Moments => momentsOf(design, columns, part, scaler, label, scale, weight)
  const blocks = Array.from({ length: count }, (_, k) => moments(rows.subarray(bounds[k], bounds[k + 1])))
  const total = blocks.reduce((sum, one) => combine(sum, one, 1))
  const foldMse: number[][] = []
  const folds: { train: number; purged: number; valid: number }[] = []
  const foldWeight: number[] = []
  for (let k = 0; k < count; k++) {
    const [before, after] = purgedRows(rows, bounds[k], bounds[k + 1], options)
    let train = combine(total, blocks[k], -1)
    for (const part of [before, after]) if (part.length > 0) train = combine(train, moments(part), -1)
    const valid = bounds[k + 1] - bounds[k]
    const purged = before.length + after.length
    folds.push({ train: rows.length - valid - purged, purged, valid })
    if (folds[k].train < 2 || valid < 1) {
      fail('E_ROW_COUNT', {
        subject: `fold ${k + 1} of ${count}`,
        detail: `${folds[k].train} rows to train on after ${purged} were purged, ${valid} to judge by`,
        next: 'give more rows or fewer folds',
      })
    }
    const m = centre(train)
    foldMse.push(validationMse(m, blocks[k], alphas, prepared, options))
    foldWeight.push(weight === undefined ? 1 : blocks[k].g[blocks[k].g.length - 1])
  }
  const sum = foldWeight.reduce((a, b) => a + b, 0)
  const mse = alphas.map((_, a) => foldMse.reduce((total, one, k) => total + (foldWeight[k] / sum) * one[a], 0))
  const best = mse.reduce((least, value, a) => (value < mse[least] ? a : least), 0)
  const alpha = alphas[best]
  const m = centre(total)
  const { l1, l2 } = penalties({ ...options, family: 'lasso', alpha }, scaler, scale.deviation, m.total)
  const { c, ...how } = coordinateDescent(m.cov, m.xy, m.yy, l1, l2, new Float64Array(m.p), options)
  const model = toModel(prepared, { ...options, family: 'lasso', alpha }, c, m, { ...how, dependent: [] })
  return { model, alpha, alphas, mse, foldMse, folds }
}

/** Starts of contiguous folds; the first `rows % folds` hold one more (scikit-learn's KFold). */
function foldBounds(rows: number, folds: number): number[] {
  if (!Number.isInteger(folds) || folds < 2 || folds > rows) {
    fail('E_USAGE', { subject: 'folds', detail: `${folds} folds of ${rows} rows` })
  }
  const out = [0]
  for (let k = 0; k < folds; k++) out.push(out[k] + Math.floor(rows / folds) + (k < rows % folds ? 1 : 0))
  return out
}

/** Training rows next to the block rows[from..to) whose labels share time with labels of the block. */
function purgedRows(rows: Int32Array, from: number, to: number, options: LassoCvOptions): [Int32Array, Int32Array] {
  const none = rows.subarray(0, 0)
  if (options.purge === 'none') return [none, none]
  const { time, looksUntilMinutes } = options
  if (time === undefined || looksUntilMinutes === undefined) {
    fail('E_USAGE', {
      subject: 'LassoCV',
      detail: 'the purge between folds needs time and looksUntilMinutes',
      next: 'give both, or purge "none"',
    })
  }
  for (let i = 1; i < rows.length; i++) {
    if (time[rows[i]] < time[rows[i - 1]]) {
      fail('E_USAGE', {
        subject: 'LassoCV',
        detail: `row ${rows[i]} is earlier than the one before it`,
        next: 'sort by time',
      })
    }
  }
  const reach = looksUntilMinutes * MINUTE_MS
  let first = from
  while (first > 0 && time[rows[first - 1]] + reach > time[rows[from]]) first--
  let last = to
  while (last < rows.length && time[rows[last]] < time[rows[to - 1]] + reach) last++
  return [rows.subarray(first, from), rows.subarray(to, last)]
}

function validationMse(
  m: Centred,
  valid: Moments,
  alphas: readonly number[],
  { scaler, scale }: Prepared,
  options: LassoCvOptions,
): number[] {
  const { p } = m
  const width = p + 2
  // Deviation of each standardised feature within the training rows of the fold.
  const own = Float64Array.from({ length: p }, (_, f) => Math.sqrt(Math.max(0, m.cov[f * p + f])))
  const perFold = (options.scaling ?? 'fold') === 'fold' && options.standardise !== false
  let c: Float64Array = new Float64Array(p)
  return alphas.map((alpha) => {
    const { l1, l2 } = penalties({ ...options, family: 'lasso', alpha }, scaler, scale.deviation, m.total)
    if (perFold) for (let f = 0; f < p; f++) l1[f] *= own[f]
    c = coordinateDescent(m.cov, m.xy, m.yy, l1, l2, c, options).c
    // u'G u with u = (-c, 1, -intercept) is the sum of squared errors.
    const u = new Float64Array(width)
    let intercept = m.meanY
    for (let f = 0; f < p; f++) {
      u[f] = -c[f]
      intercept -= c[f] * m.meanX[f]
    }
    u[p] = 1
    u[p + 1] = -intercept
    let squares = 0
    for (let i = 0; i < width; i++) {
      if (u[i] === 0) continue
      let row = 0
      for (let j = 0; j < width; j++) row += valid.g[i * width + j] * u[j]
      squares += u[i] * row
    }
    return (Math.max(0, squares) / valid.g[width * width - 1]) * scale.deviation * scale.deviation
  })
}
