import { readFileSync } from 'node:fs'
import { fitLinear, fitLogistic, type LinearModel, lassoCv, rawCoefficients } from '@cointrader/models/linear/index'
import { describe, expect, it } from 'vitest'
import { matrix } from './support.js'

interface Solution {
  readonly coef: number[]
  readonly intercept: number
  readonly on: 'raw' | 'standard'
}
type Fixture = Record<string, Solution> & {
  features: string[]
  x: number[][]
  y: number[]
  weight: number[]
  class: number[]
  lasso_cv: Solution & { alpha: number; alphas: number[]; mse: number[][] }
}
const fixture = JSON.parse(readFileSync(new URL('fixtures/sklearn.json', import.meta.url), 'utf8')) as Fixture
const data = matrix(fixture.x, 'column', fixture.features)
const weight = fixture.weight

/** Largest difference, relative to the size of the coefficient or 1. */
function distance(model: LinearModel, solution: Solution): number {
  const own =
    solution.on === 'raw' ? rawCoefficients(model) : { coefficients: model.coefficients, intercept: model.intercept }
  let worst = Math.abs(own.intercept - solution.intercept) / Math.max(1, Math.abs(solution.intercept))
  solution.coef.forEach((c, f) => {
    worst = Math.max(worst, Math.abs(own.coefficients[f]! - c) / Math.max(1, Math.abs(c)))
  })
  return worst
}

describe('parity with scikit-learn', () => {
  it.each([
    ['ols', () => fitLinear(data, fixture.y, { family: 'ols' })],
    ['ols_weighted', () => fitLinear(data, fixture.y, { family: 'ols', weight })],
    ['ridge_raw', () => fitLinear(data, fixture.y, { family: 'ridge', alpha: 5, standardise: false })],
    ['ridge_raw_weighted', () => fitLinear(data, fixture.y, { family: 'ridge', alpha: 5, standardise: false, weight })],
    ['ridge_standard', () => fitLinear(data, fixture.y, { family: 'ridge', alpha: 5 })],
    ['lasso_standard', () => fitLinear(data, fixture.y, { family: 'lasso', alpha: 0.15 })],
    ['lasso_raw', () => fitLinear(data, fixture.y, { family: 'lasso', alpha: 0.15, standardise: false })],
    [
      'lasso_raw_weighted',
      () => fitLinear(data, fixture.y, { family: 'lasso', alpha: 0.15, standardise: false, weight }),
    ],
    ['elastic_standard', () => fitLinear(data, fixture.y, { family: 'elastic_net', alpha: 0.3, l1Ratio: 0.4 })],
    [
      'elastic_raw_weighted',
      () => fitLinear(data, fixture.y, { family: 'elastic_net', alpha: 0.3, l1Ratio: 0.4, standardise: false, weight }),
    ],
    ['logistic_l2', () => fitLogistic(data, fixture.class, { c: 0.7 })],
    ['logistic_l2_weighted_raw', () => fitLogistic(data, fixture.class, { c: 0.7, standardise: false, weight })],
    ['logistic_l1', () => fitLogistic(data, fixture.class, { c: 0.3, l1Ratio: 1 })],
    ['logistic_elastic', () => fitLogistic(data, fixture.class, { c: 0.3, l1Ratio: 0.5 })],
  ] as const)('%s agrees to 1e-6', (name, fit) => {
    const model = fit()
    expect(model.training.converged).toBe(true)
    expect(distance(model, fixture[name]!)).toBeLessThan(1e-6)
  })

  it('LassoCV: strengths, errors of every fold, choice and coefficients, with the original rules', () => {
    const expected = fixture.lasso_cv
    const result = lassoCv(data, fixture.y, { purge: 'none', scaling: 'all' })
    expect(result.alphas.length).toBe(30)
    result.alphas.forEach((alpha, a) => {
      expect(alpha).toBeCloseTo(expected.alphas[a]!, 12)
    })
    result.foldMse.forEach((fold, k) => {
      fold.forEach((mse, a) => {
        expect(Math.abs(mse / expected.mse[k]![a]! - 1)).toBeLessThan(1e-8)
      })
    })
    expect(result.alpha).toBeCloseTo(expected.alpha, 12)
    expect(distance(result.model, expected)).toBeLessThan(1e-6)
  })
})
