import { autocorrelation, moments } from '@cointrader/backtest/statistics/moments'
import {
  annualise,
  defaultBlock,
  returnIntervals,
  rollingSharpe,
  sharpePerStep,
  sharpeStandardError,
  sortinoPerStep,
} from '@cointrader/backtest/statistics/ratios'
import { seededRandom } from '@cointrader/core'
import { expect, test } from 'vitest'

const R = [0.01, -0.02, 0.015, 0.003, -0.007, 0.022, -0.011, 0.004, 0.009, -0.013]

test('moments and ratios per step agree with NumPy and SciPy', () => {
  const m = moments(R)
  expect(m.mean).toBeCloseTo(0.0012, 16)
  expect(m.deviation).toBeCloseTo(0.013497324837825375, 16)
  expect(m.skewness).toBeCloseTo(-0.09277830107605538, 13)
  expect(m.kurtosis).toBeCloseTo(1.8693857283513842, 13)
  expect(sharpePerStep(R)).toBeCloseTo(0.0889065066165614, 15)
  expect(sortinoPerStep(R)).toBeCloseTo(0.13959151697106875, 15)
})

test('what does not vary has no ratio', () => {
  expect(sharpePerStep([0.1, 0.1, 0.1])).toBeNaN()
  expect(sharpePerStep([0.1])).toBeNaN()
  expect(sortinoPerStep([0.1, 0, 0.2])).toBeNaN()
  expect(autocorrelation([1, 1, 1], 1)).toBeNaN()
  expect(autocorrelation([1, -1, 1, -1], 1)).toBeCloseTo(-0.75, 15)
})

test('compound growth per year', () => {
  expect(annualise(1.21, 2)).toBeCloseTo(0.1, 15)
  expect(annualise(0, 2)).toBe(-1)
  expect(annualise(-0.4, 2)).toBe(-1)
})

test('Lo 2002, table 2: error of a monthly ratio of 0.2 in 60 months', () => {
  expect(sharpeStandardError(0.2, 60)).toBeCloseTo(Math.sqrt(1.02 / 60), 15)
})

test('the standard error is that of repeated samples', () => {
  const random = seededRandom('lo')
  const n = 250
  const draws = Float64Array.from({ length: 2000 }, () =>
    sharpePerStep(Float64Array.from({ length: n }, () => 0.1 + random.normal())),
  )
  expect(moments(draws).deviation / sharpeStandardError(0.1, n)).toBeCloseTo(1, 1)
})

test('bootstrap intervals cover the truth about as often as they say', () => {
  const random = seededRandom('coverage')
  const truth = 0.08 * Math.sqrt(365)
  let covered = 0
  const runs = 150
  for (let k = 0; k < runs; k++) {
    const r = Float64Array.from({ length: 300 }, () => 0.01 * (0.08 + random.normal()))
    const { sharpe } = returnIntervals(r, 365, { resamples: 300, seed: k, level: 0.9 })!
    expect(sharpe.estimate).toBeCloseTo(sharpePerStep(r) * Math.sqrt(365), 10)
    if (sharpe.low <= truth && truth <= sharpe.high) covered++
  }
  // 90 % of 150 with three standard errors of the count, and some room for the bootstrap's known shortfall.
  expect(covered / runs).toBeGreaterThan(0.8)
  expect(covered / runs).toBeLessThan(0.98)
})

test('no interval for a series shorter than five blocks', () => {
  expect(defaultBlock(365)).toBe(8)
  expect(returnIntervals(new Float64Array(10).fill(0.01), 365, { resamples: 10, seed: 0, level: 0.95 })).toBeNull()
})

test('the rolling ratio is the ratio of each window', () => {
  const r = Float64Array.from(R)
  const rolling = rollingSharpe(r, 4, 365)
  expect(rolling.subarray(0, 3).every(Number.isNaN)).toBe(true)
  for (let i = 3; i < R.length; i++) {
    expect(rolling[i]).toBe(sharpePerStep(R.slice(i - 3, i + 1)) * Math.sqrt(365))
  }
})
