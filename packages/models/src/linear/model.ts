/** A fitted linear model as plain JSON, and its predictions. */
import { fail } from '@cointrader/core'
import { assertDesign, type Design, type MissingCells } from './design.js'

export type LinearFamily = 'ols' | 'ridge' | 'lasso' | 'elastic_net' | 'logistic'

export interface LinearModel {
  readonly kind: 'linear'
  readonly version: 1
  readonly family: LinearFamily
  readonly features: readonly string[]
  /** Of the training rows. */
  readonly mean: readonly number[]
  /** Population deviation of the training rows; 0 where the feature was constant (it then has no coefficient). */
  readonly deviation: readonly number[]
  /** Change of the prediction (of the log odds, for `logistic`) per deviation of the feature. */
  readonly coefficients: readonly number[]
  /** Prediction (log odds) when every feature is at its mean. */
  readonly intercept: number
  /** How NaN and infinite cells are treated; see `MissingCells`. */
  readonly missing: MissingCells
  readonly options: {
    /** Strength in scikit-learn's convention; 0 for `ols`, null for `logistic`. */
    readonly alpha: number | null
    /** Share of the L1 part. */
    readonly l1Ratio: number
    /** Inverse strength of `logistic`, else null. */
    readonly c: number | null
    /** Whether the penalty is on coefficients of standardised features. */
    readonly standardise: boolean
  }
  readonly training: {
    readonly rows: number
    /** Sum of weights. */
    readonly weight: number
    readonly withoutLabel: number
    /** Rows left out for a missing cell. */
    readonly dropped: number
    /** Cells that counted as their mean, of features that have any. */
    readonly filledCells: Readonly<Record<string, number>>
    /** Features with one value in all rows. */
    readonly constant: readonly string[]
    /** Features that others explain (`ols`, `ridge`): coefficient 0. */
    readonly dependent: readonly string[]
    readonly labelMean: number
    readonly labelDeviation: number
    readonly converged: boolean
    readonly iterations: number
    /** Duality gap over variance of the label (L1), or last Newton decrement (`logistic`); 0 for a direct solution. */
    readonly gap: number
    /** 1 - residual variance / variance of the label in training; for `logistic` 1 - deviance / that of the base rate. */
    readonly r2: number
  }
}

function logistic(x: number): number {
  return x >= 0 ? 1 / (1 + Math.exp(-x)) : Math.exp(x) / (1 + Math.exp(x))
}

function refuseCell(model: LinearModel, f: number, row: number | null, value: number): never {
  fail('E_USAGE', {
    subject: model.features[f],
    detail: `${row === null ? 'the row has' : `row ${row} is`} ${value}; the model was trained to refuse missing cells`,
    next: 'fill the feature, or train with missing cells as "mean"',
  })
}

/**
 * Predictions of all rows: expected label, or probability of class 1 for `logistic` (`raw`: log odds). Columns are found by
 * name; further ones are ignored. Error `E_USAGE` naming absent features.
 */
export function predictLinear(model: LinearModel, data: Design, raw = false): Float64Array {
  assertDesign(data)
  const place = new Map(data.features.map((name, i) => [name, i]))
  const absent = model.features.filter((name) => !place.has(name))
  if (absent.length > 0) {
    fail('E_USAGE', {
      subject: 'features',
      detail: `${absent.length} of the model are absent: ${absent.slice(0, 10).join(', ')}`,
      next: 'predict with the features the model was trained on',
    })
  }
  const { rows, x } = data
  const out = new Float64Array(rows).fill(model.intercept)
  const rowStride = data.layout === 'column' ? 1 : data.features.length
  const columnStride = data.layout === 'column' ? rows : 1
  // Rows in blocks, so that a row-major matrix is read once through the cache.
  const size = 1024
  for (let from = 0; from < rows; from += size) {
    const to = Math.min(rows, from + size)
    for (let f = 0; f < model.features.length; f++) {
      const slope = slopeOf(model, f)
      const mean = model.mean[f]
      const refuse = model.missing === 'refuse'
      if (slope === 0 && !refuse) continue
      let at = place.get(model.features[f])! * columnStride + from * rowStride
      for (let r = from; r < to; r++, at += rowStride) {
        const d = x[at] - mean
        if (d - d === 0) out[r] += slope * d
        else if (refuse) refuseCell(model, f, r, x[at])
      }
    }
  }
  if (model.family === 'logistic' && !raw) for (let r = 0; r < rows; r++) out[r] = logistic(out[r])
  return out
}

/** Prediction of one row; `values` in the order of `model.features`, or by name. Same numbers as {@link predictLinear}. */
export function predictLinearRow(
  model: LinearModel,
  values: ArrayLike<number> | Readonly<Record<string, number>>,
  raw = false,
): number {
  const ordered = 'length' in values
  if (ordered && (values as ArrayLike<number>).length !== model.features.length) {
    fail('E_USAGE', {
      subject: 'row',
      detail: `${(values as ArrayLike<number>).length} values for ${model.features.length} features`,
    })
  }
  let sum = model.intercept
  for (let f = 0; f < model.features.length; f++) {
    const name = model.features[f]
    const value = ordered ? (values as ArrayLike<number>)[f] : (values as Readonly<Record<string, number>>)[name]
    if (value === undefined) {
      fail('E_USAGE', { subject: name, detail: 'the row does not have this feature of the model' })
    }
    const d = value - model.mean[f]
    if (d - d === 0) sum += slopeOf(model, f) * d
    else if (model.missing === 'refuse') refuseCell(model, f, null, value)
  }
  return model.family === 'logistic' && !raw ? logistic(sum) : sum
}

function slopeOf(model: LinearModel, f: number): number {
  return model.deviation[f] === 0 ? 0 : model.coefficients[f] / model.deviation[f]
}

/** Coefficients per unit of the feature itself, and the intercept that belongs to them. */
export function rawCoefficients(model: LinearModel): { coefficients: Float64Array; intercept: number } {
  const coefficients = Float64Array.from(model.features, (_, f) => slopeOf(model, f))
  let intercept = model.intercept
  for (let f = 0; f < coefficients.length; f++) intercept -= coefficients[f] * model.mean[f]
  return { coefficients, intercept }
}

/** Reads a model that was written as JSON. Error `E_FILE_CORRUPT` naming what is wrong with it. */
export function linearFromJson(text: string, subject = 'linear model'): LinearModel {
  const bad = (detail: string): never => fail('E_FILE_CORRUPT', { subject, detail, next: 'train the model again' })
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    bad((error as Error).message)
  }
  if (typeof value !== 'object' || value === null) return bad('not an object')
  const model = value as Partial<LinearModel>
  if (model.kind !== 'linear' || model.version !== 1) return bad('not a linear model of version 1')
  if (!['ols', 'ridge', 'lasso', 'elastic_net', 'logistic'].includes(model.family as string)) {
    return bad(`unknown family ${JSON.stringify(model.family)}`)
  }
  const { features } = model
  if (!Array.isArray(features) || !features.every((name) => typeof name === 'string')) return bad('no feature names')
  for (const key of ['mean', 'deviation', 'coefficients'] as const) {
    const list: unknown = model[key]
    if (!Array.isArray(list) || list.length !== features.length || !list.every(Number.isFinite)) {
      return bad(`${key}: not ${features.length} numbers`)
    }
  }
  if (!Number.isFinite(model.intercept)) return bad('intercept: not a number')
  if (!['mean', 'drop', 'refuse'].includes(model.missing as string)) return bad('missing: unknown treatment')
  if (typeof model.options !== 'object' || typeof model.training !== 'object')
    return bad('no options or training facts')
  return value as LinearModel
}

/** The model as JSON text with a line per top-level entry; equal models give equal text. */
export function linearToJson(model: LinearModel): string {
  const lines = Object.entries(model).map(([key, value]) => `  ${JSON.stringify(key)}: ${JSON.stringify(value)}`)
  return `{\n${lines.join(',\n')}\n}\n`
}

/** Features with their coefficients, largest |coefficient| first, zeros left out: the importance of a linear model. */
export function linearImportance(model: LinearModel): { feature: string; coefficient: number }[] {
  return model.features
    .map((feature, f) => ({ feature, coefficient: model.coefficients[f] }))
    .filter((one) => one.coefficient !== 0)
    .sort((a, b) => Math.abs(b.coefficient) - Math.abs(a.coefficient) || (a.feature < b.feature ? -1 : 1))
}
