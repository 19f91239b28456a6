import { seedCombinations } from '@cointrader/backtest/compat/index'
import {
  combinations,
  gridProblems,
  runSettings,
  SWEEP_GRID,
  sweepParameters,
  withParams,
} from '@cointrader/backtest/sweep/index'
import { makeConfig } from '@cointrader/trading'
import { expect, test } from 'vitest'

test('TB-05.13: 324 combinations in the nesting order of the original', () => {
  expect(combinations(SWEEP_GRID)).toEqual(seedCombinations())
  expect(gridProblems(SWEEP_GRID)).toEqual([])
})

test('each parameter changes its own setting', () => {
  const base = runSettings(makeConfig(['AUSDT']))
  const seen = withParams(base, { atr_sl_mult: 1.2, signal_threshold: 4, leverage: 3, margin_max_ratio: 0.4 })
  expect(seen.score).toEqual({ ...base.score, stopAtr: 1.2, score: 4 })
  expect(seen.pullback).toEqual({ ...base.pullback, stopAtr: 1.2 })
  expect(seen.config).toEqual({
    ...base.config,
    leverage: 3,
    sizing: { ...base.config.sizing, max: 0.4 },
  })
  for (const strategy of ['indicator-score', 'mtf-pullback'] as const) {
    for (const name of sweepParameters(strategy)) {
      expect(withParams(base, { [name]: 7 }), name).not.toEqual(base)
    }
  }
  expect(() => withParams(base, { atr_sl_mul: 1 })).toThrow(/E_CONFIG/)
})

test('says everything that is wrong with a grid', () => {
  expect(gridProblems({ leverage: [0, 5, 5], max_positions: [1.5], atr_sl_mult: [] })).toEqual([
    'leverage: a value twice',
    'leverage: 0 is not within 1 … 125',
    'max_positions: 1.5 is no whole number',
    'atr_sl_mult: no value',
  ])
})
