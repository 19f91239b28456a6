/** Least squares with or without penalty: ordinary, ridge, lasso, elastic net. */
import { fail } from '@cointrader/core'
import {
  BLOCK,
  type Design,
  fitStandardiser,
  type MissingCells,
  readBlock,
  type Standardiser,
  standardiseBlock,
  usableRows,
} from './design.js'
import type { LinearFamily, LinearModel } from './model.js'
import { type Centred, centre, type LabelScale, momentsOf } from './moments.js'
import { coordinateDescent, type DescentOptions, solveCholesky } from './solve.js'

export interface LinearOptions extends DescentOptions {
  readonly family: Exclude<LinearFamily, 'logistic'>
  /**
   * Strength, as in scikit-learn. `lasso` and `elastic_net`: 1 / (2 W) sum w (y - f)^2 + alpha l1Ratio |c|_1 +
   * alpha (1 - l1Ratio) / 2 |c|^2, W being the sum of weights. `ridge`: sum w (y - f)^2 + alpha |c|^2. Default 1.
   */
  readonly alpha?: number
  /** Of `elastic_net`. Default 0.5. */
  readonly l1Ratio?: number
  /** Penalise coefficients of standardised features (default), or of the features as they are. */
  readonly standardise?: boolean
  /** Default `mean`. */
  readonly missing?: MissingCells
  /** One per row, not negative; 0 leaves the row out. Also used for mean and deviation. */
  readonly weight?: ArrayLike<number>
  /** Default: all of the matrix. */
  readonly features?: readonly string[]
}

/** Training data after the checks that all families share. */
export interface Prepared {
  readonly design: Design
  readonly features: readonly string[]
  readonly columns: Int32Array
  readonly rows: Int32Array
  readonly label: Float64Array
  readonly weight: Float64Array | undefined
  readonly scaler: Standardiser
  readonly scale: LabelScale
  readonly withoutLabel: number
  readonly dropped: number
}

/**
 * Chooses columns and rows, checks the label, fits the scaler. Errors: those of `usableRows` and `fitStandardiser`; `E_USAGE`
 * for an absent or repeated feature, no feature, or a constant label.
 */
export function prepare(
  data: Design,
  y: ArrayLike<number>,
  options: {
    readonly missing?: MissingCells
    readonly weight?: ArrayLike<number>
    readonly features?: readonly string[]
  },
): Prepared {
  const features = options.features ?? data.features
  const place = new Map(data.features.map((name, i) => [name, i]))
  const absent = features.filter((name) => !place.has(name))
  if (absent.length > 0 || features.length === 0 || new Set(features).size !== features.length) {
    fail('E_USAGE', {
      subject: 'features',
      detail:
        absent.length > 0
          ? `${absent.length} are absent: ${absent.slice(0, 10).join(', ')}`
          : features.length === 0
            ? 'none is named'
            : 'one is named twice',
      next: 'name columns of the data set, each once',
    })
  }
  const columns = Int32Array.from(features, (name) => place.get(name)!)
  // Rows are judged by the chosen columns only.
  const part = features.length === data.features.length ? data : pickColumns(data, columns, features)
  const own = part === data ? columns : Int32Array.from(features, (_, i) => i)
  const { rows, withoutLabel, dropped } = usableRows(part, y, options.weight, options.missing ?? 'mean')
  const label = Float64Array.from(y)
  const weight = options.weight === undefined ? undefined : Float64Array.from(options.weight)
  const scale = labelScale(label, rows, weight)
  if (scale.deviation === 0) {
    fail('E_USAGE', {
      subject: 'label',
      detail: `it is ${label[rows[0]]} in all ${rows.length} training rows`,
      next: 'give a range in which the outcome varies',
    })
  }
  const scaler = fitStandardiser(part, own, rows, weight)
  return { design: part, features, columns: own, rows, label, weight, scaler, scale, withoutLabel, dropped }
}

/** The named columns as a matrix of their own, column-major. */
function pickColumns(data: Design, columns: Int32Array, features: readonly string[]): Design {
  const x = new (data.x.constructor as new (n: number) => Float32Array)(data.rows * columns.length)
  const rowStride = data.layout === 'column' ? 1 : data.features.length
  const columnStride = data.layout === 'column' ? data.rows : 1
  for (let f = 0; f < columns.length; f++) {
    let at = columns[f] * columnStride
    for (let r = 0; r < data.rows; r++, at += rowStride) x[f * data.rows + r] = data.x[at]
  }
  return { rows: data.rows, features, x, layout: 'column' }
}

function labelScale(label: Float64Array, rows: Int32Array, weight: Float64Array | undefined): LabelScale {
  let constant = true
  let sum = 0
  let total = 0
  for (const r of rows) {
    if (label[r] !== label[rows[0]]) constant = false
    const w = weight === undefined ? 1 : weight[r]
    sum += w * label[r]
    total += w
  }
  const mean = sum / total
  if (constant) return { mean, deviation: 0 }
  let squares = 0
  for (const r of rows) squares += (weight === undefined ? 1 : weight[r]) * (label[r] - mean) ** 2
  return { mean, deviation: Math.sqrt(squares / total) }
}

/** Penalties per standardised coefficient, for a label of deviation 1. */
export function penalties(
  options: Pick<LinearOptions, 'family' | 'alpha' | 'l1Ratio' | 'standardise'>,
  scaler: Pick<Standardiser, 'deviation'>,
  labelDeviation: number,
  totalWeight: number,
): { l1: Float64Array; l2: Float64Array } {
  const alpha = options.family === 'ols' ? 0 : (options.alpha ?? 1)
  if (!(alpha >= 0 && Number.isFinite(alpha)))
    fail('E_USAGE', { subject: 'alpha', detail: `${alpha} is not a strength` })
  const ratio = ratioOf(options)
  const p = scaler.deviation.length
  const l1 = new Float64Array(p)
  const l2 = new Float64Array(p)
  for (let f = 0; f < p; f++) {
    // A coefficient of the feature itself is the standardised one over the deviation.
    const unit = options.standardise === false && scaler.deviation[f] > 0 ? 1 / scaler.deviation[f] : 1
    l1[f] = ((alpha * ratio) / labelDeviation) * unit
    l2[f] = (options.family === 'ridge' ? alpha / totalWeight : alpha * (1 - ratio)) * unit * unit
  }
  return { l1, l2 }
}

function ratioOf(options: Pick<LinearOptions, 'family' | 'l1Ratio'>): number {
  if (options.family === 'lasso') return 1
  if (options.family !== 'elastic_net') return 0
  const ratio = options.l1Ratio ?? 0.5
  if (!(ratio >= 0 && ratio <= 1)) fail('E_USAGE', { subject: 'l1Ratio', detail: `${ratio} is not in [0, 1]` })
  return ratio
}

/**
 * Fits a model with intercept. `ols` and `ridge` are solved by pivoted Cholesky on the Gram matrix of standardised rows and
 * refined once with residuals taken from the rows ("corrected semi-normal equations", Bjorck 1987), which brings them to the
 * accuracy of QR for condition numbers up to about 1e5; features that others explain get coefficient 0 and are named in
 * `training.dependent`. `lasso` and `elastic_net` by coordinate descent; `training.converged` says whether it got there.
 * Errors: see {@link prepare}.
 */
export function fitLinear(data: Design, y: ArrayLike<number>, options: LinearOptions): LinearModel {
  const prepared = prepare(data, y, options)
  const { design, columns, rows, scaler, label, scale, weight } = prepared
  const m = centre(momentsOf(design, columns, rows, scaler, label, scale, weight))
  const { l1, l2 } = penalties(options, scaler, scale.deviation, m.total)
  const p = columns.length
  if (l1.every((v) => v === 0)) {
    const solution = solveCholesky(m.cov, m.xy, l2)
    const c = Float64Array.from(solution.c)
    const gradient = residualGradient(prepared, c, m)
    for (let f = 0; f < p; f++) gradient[f] -= l2[f] * c[f]
    const step = solution.solve(gradient)
    for (let f = 0; f < p; f++) c[f] += step[f]
    const dependent = solution.dependent.filter((f) => scaler.deviation[f] > 0)
    return toModel(prepared, options, c, m, { converged: true, iterations: 1, gap: 0, dependent })
  }
  const { c, ...how } = coordinateDescent(m.cov, m.xy, m.yy, l1, l2, new Float64Array(p), options)
  return toModel(prepared, options, c, m, { ...how, dependent: [] })
}

/** Mean over rows of w z (t - fitted): what is left of the label in each feature. */
function residualGradient(prepared: Prepared, c: Float64Array, m: Centred): Float64Array {
  const { design, columns, rows, scaler, label, scale, weight } = prepared
  const p = columns.length
  const block = new Float64Array(p * BLOCK)
  const left = new Float64Array(BLOCK)
  const out = new Float64Array(p)
  let shift = m.meanY
  for (let f = 0; f < p; f++) shift -= c[f] * m.meanX[f]
  for (let from = 0; from < rows.length; from += BLOCK) {
    const to = Math.min(rows.length, from + BLOCK)
    const count = to - from
    readBlock(design, columns, rows, from, to, block)
    standardiseBlock(block, count, scaler)
    for (let i = 0; i < count; i++) left[i] = (label[rows[from + i]] - scale.mean) / scale.deviation - shift
    for (let f = 0; f < p; f++) {
      if (c[f] === 0) continue
      for (let i = 0, at = f * BLOCK; i < count; i++, at++) left[i] -= c[f] * block[at]
    }
    if (weight !== undefined) for (let i = 0; i < count; i++) left[i] *= weight[rows[from + i]]
    for (let f = 0; f < p; f++) {
      let sum = 0
      const mean = m.meanX[f]
      for (let i = 0, at = f * BLOCK; i < count; i++, at++) sum += (block[at] - mean) * left[i]
      out[f] += sum
    }
  }
  for (let f = 0; f < p; f++) out[f] /= m.total
  return out
}

/** Explained share of the label's variance. */
export function explained(c: Float64Array, m: Centred): number {
  const p = c.length
  let fitted = 0
  for (let i = 0; i < p; i++) {
    if (c[i] === 0) continue
    let row = 0
    for (let j = 0; j < p; j++) row += m.cov[i * p + j] * c[j]
    fitted += c[i] * (2 * m.xy[i] - row)
  }
  return fitted / m.yy
}

export function toModel(
  prepared: Prepared,
  options: LinearOptions,
  c: Float64Array,
  m: Centred,
  how: { converged: boolean; iterations: number; gap: number; dependent: readonly number[] },
): LinearModel {
  const { features, scaler, scale } = prepared
  let standardIntercept = m.meanY
  for (let f = 0; f < c.length; f++) standardIntercept -= c[f] * m.meanX[f]
  return {
    kind: 'linear',
    version: 1,
    family: options.family,
    features: [...features],
    mean: Array.from(scaler.mean),
    deviation: Array.from(scaler.deviation),
    coefficients: Array.from(c, (v) => v * scale.deviation),
    intercept: scale.mean + scale.deviation * standardIntercept,
    missing: options.missing ?? 'mean',
    options: {
      alpha: options.family === 'ols' ? 0 : (options.alpha ?? 1),
      l1Ratio: ratioOf(options),
      c: null,
      standardise: options.standardise !== false,
    },
    training: trainingFacts(prepared, m.total, { ...how, r2: explained(c, m) }),
  }
}

export function trainingFacts(
  prepared: Prepared,
  weight: number,
  how: { converged: boolean; iterations: number; gap: number; r2: number; dependent: readonly number[] },
): LinearModel['training'] {
  const { features, scaler, scale, rows, withoutLabel, dropped } = prepared
  const filled = features.flatMap((name, f) => (scaler.missing[f] > 0 ? [[name, scaler.missing[f]] as const] : []))
  return {
    rows: rows.length,
    weight,
    withoutLabel,
    dropped,
    filledCells: Object.fromEntries(filled),
    constant: features.filter((_, f) => scaler.deviation[f] === 0),
    dependent: how.dependent.map((f) => features[f]),
    labelMean: scale.mean,
    labelDeviation: scale.deviation,
    converged: how.converged,
    iterations: how.iterations,
    gap: how.gap,
    r2: how.r2,
  }
}
