/** Logistic regression with L2, L1 or mixed penalty by proximal Newton steps. */
import { fail } from '@cointrader/core'
import { BLOCK, type Design, type MissingCells, readBlock, standardiseBlock } from './design.js'
import { type Prepared, prepare, trainingFacts } from './fit.js'
import type { LinearModel } from './model.js'
import { addGram, mirror } from './moments.js'
import { coordinateDescent, multiply, solveCholesky } from './solve.js'

export interface LogisticOptions {
  /**
   * Inverse strength as in scikit-learn: minimises C sum w log loss + l1Ratio |c|_1 + (1 - l1Ratio) / 2 |c|^2, the intercept
   * not penalised. Finite and above 0, so that separated classes have a solution. Default 1.
   */
  readonly c?: number
  /** 0: L2 (default), 1: L1. */
  readonly l1Ratio?: number
  readonly standardise?: boolean
  readonly missing?: MissingCells
  readonly weight?: ArrayLike<number>
  readonly features?: readonly string[]
  /** Newton steps. Default 100. */
  readonly maxIterations?: number
  /** Stops when a step promises less than this share of the objective. Default 1e-12. */
  readonly tolerance?: number
}

interface Point {
  /** Mean weighted log loss. */
  readonly loss: number
  /** Its gradient and Hessian by (coefficients, intercept). */
  readonly gradient: Float64Array
  readonly hessian: Float64Array
}

/**
 * Fits. Each step minimises the quadratic model of the log loss plus the penalty (Lee, Sun and Saunders 2014, "Proximal
 * Newton-type methods"; without L1 it is IRLS), halved until the objective falls. Errors: those of `prepare`; `E_USAGE` for a
 * label that is not 0 or 1, or a bad option.
 */
export function fitLogistic(data: Design, y: ArrayLike<number>, options: LogisticOptions = {}): LinearModel {
  const { c: inverse = 1, l1Ratio = 0, maxIterations = 100, tolerance = 1e-12 } = options
  if (!(inverse > 0 && Number.isFinite(inverse))) fail('E_USAGE', { subject: 'C', detail: `${inverse} is not above 0` })
  if (!(l1Ratio >= 0 && l1Ratio <= 1)) fail('E_USAGE', { subject: 'l1Ratio', detail: `${l1Ratio} is not in [0, 1]` })
  for (let r = 0; r < y.length; r++) {
    if (y[r] !== 0 && y[r] !== 1 && !Number.isNaN(y[r])) {
      fail('E_USAGE', { subject: 'class label', detail: `row ${r} has ${y[r]}`, next: 'give 0 or 1' })
    }
  }
  const prepared = prepare(data, y, options)
  const { rows, weight, scaler, features, scale } = prepared
  const p = features.length
  let total = 0
  for (const r of rows) total += weight === undefined ? 1 : weight[r]
  const l1 = new Float64Array(p)
  const l2 = new Float64Array(p)
  for (let f = 0; f < p; f++) {
    const unit = options.standardise === false && scaler.deviation[f] > 0 ? 1 / scaler.deviation[f] : 1
    l1[f] = (l1Ratio / (inverse * total)) * unit
    l2[f] = ((1 - l1Ratio) / (inverse * total)) * unit * unit
  }
  const penalty = (c: Float64Array): number => {
    let sum = 0
    for (let f = 0; f < p; f++) sum += l1[f] * Math.abs(c[f]) + (l2[f] * c[f] * c[f]) / 2
    return sum
  }
  const base = scale.mean
  let coefficients = new Float64Array(p)
  let intercept = Math.log(base / (1 - base))
  let here = evaluatePoint(prepared, coefficients, intercept, total)
  const baseLoss = here.loss
  let objective = here.loss
  let decrement = Number.POSITIVE_INFINITY
  let iterations = 0
  let converged = false
  while (iterations < maxIterations && !converged) {
    iterations++
    const step = newtonStep(here, coefficients, l1, l2)
    let promised = step.intercept * here.gradient[p] + penalty(step.target) - penalty(coefficients)
    for (let f = 0; f < p; f++) promised += here.gradient[f] * (step.target[f] - coefficients[f])
    decrement = Math.max(0, -promised)
    converged = decrement <= tolerance * objective
    let size = 1
    let accepted = false
    for (let halving = 0; halving < 40 && !accepted; halving++, size /= 2) {
      const next = coefficients.map((c, f) => c + size * (step.target[f] - c))
      const nextIntercept = intercept + size * step.intercept
      const there = evaluatePoint(prepared, next, nextIntercept, total)
      const value = there.loss + penalty(next)
      if (value <= objective + 1e-4 * size * promised || (converged && value <= objective)) {
        coefficients = next
        intercept = nextIntercept
        here = there
        objective = value
        accepted = true
      }
    }
    // No step lowers the objective any more: rounding is all that is left.
    if (!accepted) {
      converged = decrement <= 1e-8 * objective
      break
    }
  }
  return {
    kind: 'linear',
    version: 1,
    family: 'logistic',
    features: [...features],
    mean: Array.from(scaler.mean),
    deviation: Array.from(scaler.deviation),
    coefficients: Array.from(coefficients),
    intercept,
    missing: options.missing ?? 'mean',
    options: { alpha: null, l1Ratio, c: inverse, standardise: options.standardise !== false },
    training: trainingFacts(prepared, total, {
      converged,
      iterations,
      gap: decrement,
      r2: 1 - here.loss / baseLoss,
      dependent: [],
    }),
  }
}

/** log(1 + exp(x)) without overflow. */
function softplus(x: number): number {
  return x > 0 ? x + Math.log1p(Math.exp(-x)) : Math.log1p(Math.exp(x))
}

function evaluatePoint(prepared: Prepared, c: Float64Array, intercept: number, total: number): Point {
  const { design, columns, rows, scaler, label, weight } = prepared
  const p = columns.length
  const width = p + 1
  const block = new Float64Array(width * BLOCK)
  const margin = new Float64Array(BLOCK)
  const root = new Float64Array(BLOCK)
  const hessian = new Float64Array(width * width)
  const gradient = new Float64Array(width)
  let loss = 0
  for (let from = 0; from < rows.length; from += BLOCK) {
    const to = Math.min(rows.length, from + BLOCK)
    const count = to - from
    readBlock(design, columns, rows, from, to, block)
    standardiseBlock(block, count, scaler)
    block.fill(1, p * BLOCK, p * BLOCK + count)
    margin.fill(intercept)
    for (let f = 0; f < p; f++) {
      if (c[f] === 0) continue
      for (let i = 0, at = f * BLOCK; i < count; i++, at++) margin[i] += c[f] * block[at]
    }
    for (let i = 0; i < count; i++) {
      const r = rows[from + i]
      const w = (weight === undefined ? 1 : weight[r]) / total
      const e = Math.exp(-Math.abs(margin[i]))
      const probability = margin[i] >= 0 ? 1 / (1 + e) : e / (1 + e)
      loss += w * (label[r] === 1 ? softplus(-margin[i]) : softplus(margin[i]))
      margin[i] = w * (probability - label[r])
      root[i] = Math.sqrt((w * e) / ((1 + e) * (1 + e)))
    }
    for (let f = 0; f < width; f++) {
      let sum = 0
      for (let i = 0, at = f * BLOCK; i < count; i++, at++) {
        sum += margin[i] * block[at]
        block[at] *= root[i]
      }
      gradient[f] += sum
    }
    addGram(block, width, count, hessian)
  }
  mirror(hessian, width)
  return { loss, gradient, hessian }
}

/** Minimises the quadratic model plus penalty; the intercept, which is not penalised, is eliminated first. */
function newtonStep(
  { gradient, hessian }: Point,
  c: Float64Array,
  l1: Float64Array,
  l2: Float64Array,
): { target: Float64Array; intercept: number } {
  const p = c.length
  const width = p + 1
  const corner = hessian[width * width - 1]
  if (!(corner > 0)) return { target: Float64Array.from(c), intercept: 0 }
  const a = new Float64Array(p * p)
  const slope = new Float64Array(p)
  for (let i = 0; i < p; i++) {
    const edge = hessian[i * width + p] / corner
    for (let j = 0; j < p; j++) a[i * p + j] = hessian[i * width + j] - edge * hessian[p * width + j]
    slope[i] = gradient[i] - edge * gradient[p]
  }
  const right = multiply(a, c)
  let yy = 0
  for (let f = 0; f < p; f++) right[f] -= slope[f]
  let target: Float64Array
  if (l1.every((v) => v === 0)) target = solveCholesky(a, right, l2).c
  else {
    // The model's "variance of the label": any bound serves as the unit of the gap.
    const unrestricted = solveCholesky(a, right, new Float64Array(p)).c
    for (let f = 0; f < p; f++) yy += unrestricted[f] * right[f]
    target = coordinateDescent(a, right, Math.max(yy, 1e-300), l1, l2, c, { tolerance: 1e-13 }).c
  }
  let change = gradient[p]
  for (let f = 0; f < p; f++) change += hessian[f * width + p] * (target[f] - c[f])
  return { target, intercept: -change / corner }
}
