/** Parameter names, aliases, ranges and seeds. */
import { LightGbmError, resolveParams } from '@cointrader/lightgbm-wasm'
import { expect, it } from 'vitest'

function message(run: () => unknown): string {
  try {
    run()
  } catch (error) {
    if (error instanceof LightGbmError) return `${error.code}: ${error.message}`
    throw error
  }
  return 'accepted'
}

it('aliases, types and defaults', () => {
  const p = resolveParams({
    eta: '0.05',
    n_estimators: 7,
    min_child_samples: 3,
    objective: 'mse',
    metrics: 'l2,auc',
    verbose: -1,
  })
  expect([p.learning_rate, p.num_iterations, p.min_data_in_leaf, p.objective, p.metric, p.num_leaves]).toEqual([
    0.05,
    7,
    3,
    'regression',
    ['l2', 'auc'],
    31,
  ])
  expect(resolveParams({ objective: 'rmse' }).metric).toEqual(['rmse'])
  expect(resolveParams({ boosting: 'goss' }).data_sample_strategy).toBe('goss')
})

it('refuses what it does not know, and suggests', () => {
  expect(message(() => resolveParams({ num_leafs: 3 }))).toBe(
    'UnknownParameter: unknown parameter num_leafs; did you mean num_leaf?',
  )
  expect(message(() => resolveParams({ bagging_fraction: 0 }))).toBe(
    'BadParameter: bagging_fraction must be > 0, got 0',
  )
  expect(message(() => resolveParams({ num_leaves: 2.5 }))).toBe('BadParameter: num_leaves must be an integer, got 2.5')
  expect(message(() => resolveParams({ max_bin: 300 }))).toBe('BadParameter: max_bin must be <= 255, got 300')
  expect(message(() => resolveParams({ eta: 0.1, learning_rate: 0.2 }))).toMatch(
    /eta and learning_rate are the same parameter/,
  )
  expect(message(() => resolveParams({ boosting: 'dart' }))).toMatch(/^Unsupported: boosting=dart/)
  expect(message(() => resolveParams({ linear_tree: true }))).toMatch(/^Unsupported: linear_tree=true/)
  expect(message(() => resolveParams({ objective: 'poisson' }))).toMatch(/^Unsupported: objective=poisson/)
  expect(message(() => resolveParams({ linear_tree: false, device_type: 'cpu', force_row_wise: true }))).toBe(
    'accepted',
  )
})

it('derives the seeds from seed, in the order of LightGBM, and keeps those given', () => {
  const p = resolveParams({ seed: 42, bagging_seed: 9 })
  // Values printed by LightGBM 4.7 in the parameters of a model trained with seed=42.
  expect([p.data_random_seed, p.bagging_seed, p.feature_fraction_seed, p.extra_seed]).toEqual([175, 9, 30056, 12879])
})
