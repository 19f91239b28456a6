import { normalQuantile } from '@cointrader/backtest/statistics/normal'
import { deflatedSharpe, minimumTrackRecord, probabilisticSharpe } from '@cointrader/backtest/statistics/significance'
import { expect, test } from 'vitest'

/** Bailey and Lopez de Prado 2014, eq. 6: the approximation their example uses. */
const paper = (n: number): number => {
  const gamma = 0.5772156649015329
  return (1 - gamma) * normalQuantile(1 - 1 / n) + gamma * normalQuantile(1 - 1 / (n * Math.E))
}

test('the example of Bailey and Lopez de Prado 2014: annual ratio 2.5 in 1250 days, 100 trials with variance 1/2', () => {
  const sample = { sharpe: 2.5 / Math.sqrt(250), n: 1250, skewness: -3, kurtosis: 10 }
  const d = deflatedSharpe(sample, 100, 0.5 / 250, paper)
  expect(d.hurdle).toBeCloseTo(0.1132, 4)
  expect(d.probability).toBeCloseTo(0.9004, 4)
  // Their second figure: 46 trials would have been acceptable.
  expect(deflatedSharpe(sample, 46, 0.5 / 250, paper).probability).toBeCloseTo(0.9505, 4)
  // The exact expected maximum is a little lower than their approximation.
  expect(deflatedSharpe(sample, 100, 0.5 / 250).hurdle).toBeCloseTo(2.5076 / Math.sqrt(500), 5)
})

test('the example of Bailey and Lopez de Prado 2012: years needed for an annual ratio of 2 above 1', () => {
  const years = (perYear: number): number =>
    minimumTrackRecord({ sharpe: 2 / Math.sqrt(perYear), skewness: 0, kurtosis: 3 }, 1 / Math.sqrt(perYear)) / perYear
  expect(years(252)).toBeCloseTo(2.73, 2)
  expect(years(52)).toBeCloseTo(2.83, 2)
  expect(years(12)).toBeCloseTo(3.24, 2)
})

test('one trial needs no deflation; more trials need more', () => {
  const sample = { sharpe: 0.1, n: 400, skewness: 0, kurtosis: 3 }
  expect(deflatedSharpe(sample, 1).probability).toBe(probabilisticSharpe(sample))
  let last = 1
  for (const trials of [1, 2, 10, 324]) {
    const { probability } = deflatedSharpe(sample, trials)
    expect(probability).toBeLessThanOrEqual(last)
    last = probability
  }
})

test('a track record of the minimum length is just long enough', () => {
  const facts = { sharpe: 0.08, skewness: -0.7, kurtosis: 6 }
  const n = minimumTrackRecord(facts)
  expect(probabilisticSharpe({ ...facts, n })).toBeCloseTo(0.95, 10)
  expect(minimumTrackRecord({ ...facts, sharpe: -0.1 })).toBe(Number.POSITIVE_INFINITY)
})
