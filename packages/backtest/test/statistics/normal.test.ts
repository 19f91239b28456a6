import { normalCdf, normalQuantile } from '@cointrader/backtest/statistics/normal'
import { wilson } from '@cointrader/backtest/statistics/proportion'
import fc from 'fast-check'
import { expect, test } from 'vitest'

// SciPy 1.17: scipy.stats.norm.ppf and .cdf.
const QUANTILES: [number, number][] = [
  [1e-300, -37.0470962993612],
  [1e-20, -9.262340089798409],
  [1e-9, -5.9978070150076865],
  [0.001, -3.090232306167813],
  [0.025, -1.9599639845400545],
  [0.075, -1.4395314709384563],
  [0.3, -0.5244005127080409],
  [0.5, 0],
  [0.925, 1.4395314709384563],
  [0.975, 1.959963984540054],
  [0.999999, 4.753424308817087],
]
const CDF: [number, number][] = [
  [-10, 7.61985302416047e-24],
  [-5, 2.866515718791933e-7],
  [-1.96, 0.024997895148220435],
  [-0.3, 0.3820885778110474],
  [0, 0.5],
  [0.7, 0.758036347776927],
  [3, 0.9986501019683699],
  [6, 0.9999999990134123],
]

test('normal quantile and distribution agree with SciPy', () => {
  for (const [p, x] of QUANTILES) {
    expect(Math.abs(normalQuantile(p) - x), `quantile of ${p}`).toBeLessThanOrEqual(2e-15 * Math.max(1, Math.abs(x)))
  }
  for (const [x, p] of CDF) expect(Math.abs(normalCdf(x) - p) / p, `cdf of ${x}`).toBeLessThan(1e-12)
  expect(normalQuantile(0)).toBe(Number.NEGATIVE_INFINITY)
  expect(normalQuantile(1)).toBe(Number.POSITIVE_INFINITY)
  expect(() => normalQuantile(1.1)).toThrow(/E_USAGE/)
})

test('each undoes the other', () => {
  fc.assert(
    fc.property(fc.double({ min: 1e-12, max: 1 - 1e-12, noNaN: true }), (p) => {
      expect(Math.abs(normalCdf(normalQuantile(p)) - p)).toBeLessThan(1e-12)
    }),
  )
})

test("Wilson's interval agrees with SciPy's binomtest", () => {
  const cases: [number, number, number, number][] = [
    [0, 10, 0, 0.27753279986288926],
    [3, 10, 0.10779126740630102, 0.6032218525388546],
    [47, 99, 0.3791745577347588, 0.5722069176222021],
    [20, 20, 0.8388748419471808, 1],
  ]
  for (const [k, n, low, high] of cases) {
    const band = wilson(k, n)
    expect(band.low).toBeCloseTo(low, 13)
    expect(band.high).toBeCloseTo(high, 13)
  }
  expect(wilson(0, 0)).toEqual({ low: 0, high: 1 })
})
