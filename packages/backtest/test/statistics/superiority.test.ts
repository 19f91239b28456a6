import { longRunVariance, superiority } from '@cointrader/backtest/statistics/superiority'
import { seededRandom } from '@cointrader/core'
import { drawBlocks } from '@cointrader/models/evaluation/bootstrap'
import { expect, test } from 'vitest'

const noise = (candidates: number, steps: number, seed: string, drift: (k: number) => number = () => 0) => {
  const random = seededRandom(seed)
  return Array.from({ length: candidates }, (_, k) =>
    Float64Array.from({ length: steps }, () => drift(k) + random.normal()),
  )
}

test('without skill a p-value below 10 % comes about one time in ten', () => {
  let reality = 0
  let spa = 0
  const runs = 200
  for (let k = 0; k < runs; k++) {
    const s = superiority(noise(8, 150, `null ${k}`), { resamples: 200, seed: k, block: 2 })
    if (s.realityCheck <= 0.1) reality++
    if (s.spa <= 0.1) spa++
    expect(s.spaLower).toBeLessThanOrEqual(s.spa)
    expect(s.spa).toBeLessThanOrEqual(s.spaUpper)
  }
  // Three standard errors of a count with p = 0.1, and the excess of a finite sample.
  expect(reality / runs).toBeLessThan(0.19)
  expect(spa / runs).toBeLessThan(0.19)
  expect(reality / runs).toBeGreaterThan(0.02)
})

test('a better candidate is found; hopeless ones beside it hurt the reality check more than the SPA test', () => {
  const good = superiority(
    noise(5, 300, 'good', (k) => (k === 3 ? 0.3 : 0)),
    { resamples: 500 },
  )
  expect(good.best).toBe(3)
  expect(good.spa).toBeLessThan(0.01)
  expect(good.realityCheck).toBeLessThan(0.01)
  // Candidate 0 is a little good; 40 are wild and bad.
  const random = seededRandom('wild')
  const all = Array.from({ length: 41 }, (_, k) =>
    Float64Array.from({ length: 300 }, () => (k === 0 ? 0.15 + random.normal() : -3 + 10 * random.normal())),
  )
  const mixed = superiority(all, { resamples: 500 })
  expect(mixed.best).toBe(0)
  expect(mixed.spa).toBeLessThan(mixed.realityCheck)
})

test('nothing that beats the benchmark is p = 1; candidates equal to it are mean 0', () => {
  const s = superiority([new Float64Array(100), new Float64Array(100).fill(-0.1)])
  expect(s.spa).toBe(1)
  expect(() => superiority([])).toThrow(/E_USAGE/)
  expect(() => superiority(noise(1, 10, 'short'), { block: 5 })).toThrow(/E_ROW_COUNT/)
})

test('the long-run variance is that of the mean under the stationary bootstrap itself', () => {
  const [x] = noise(1, 60, 'variance')
  // Autocorrelated, so that blocks matter.
  for (let i = 1; i < x.length; i++) x[i] += 0.7 * x[i - 1]
  const mean = x.reduce((a, b) => a + b, 0) / x.length
  const random = seededRandom('variance draws')
  const counts = new Int32Array(x.length)
  const draws = 20_000
  let squares = 0
  for (let b = 0; b < draws; b++) {
    drawBlocks(counts, 5, 'stationary', random)
    let sum = 0
    for (let i = 0; i < x.length; i++) sum += counts[i] * x[i]
    squares += (sum / x.length - mean) ** 2
  }
  expect(((squares / draws) * x.length) / longRunVariance(x, mean, 1 / 5)).toBeCloseTo(1, 1)
})

test('p-values agree with the Python package arch 8.0.0 (SPA, stationary, 5000 draws)', () => {
  // Measured on these very numbers. arch does not studentise the maximum: for Hansen's p-values its input was divided by the
  // long-run deviation of each candidate; White's is its unstudentised upper one. Draws differ: 5 standard errors apart.
  const expected = [
    { spaLower: 0.0622, spa: 0.0758, spaUpper: 0.1836, realityCheck: 0.5044 },
    { spaLower: 0.341, spa: 0.5372, spaUpper: 0.5786, realityCheck: 0.479 },
    { spaLower: 0.0134, spa: 0.031, spaUpper: 0.0354, realityCheck: 0.0794 },
    { spaLower: 0.3554, spa: 0.4966, spaUpper: 0.645, realityCheck: 0.7708 },
    { spaLower: 0.3662, spa: 0.3712, spaUpper: 0.4196, realityCheck: 0.3302 },
  ]
  const random = seededRandom('spa ref')
  const cases = [
    [5, 200, 0.05],
    [10, 250, 0],
    [8, 300, 0.1],
    [3, 150, -0.05],
    [6, 200, 0.12],
  ]
  cases.forEach(([m, n, drift], c) => {
    const differences = Array.from({ length: m }, (_, k) => {
      let p = 0
      return Float64Array.from({ length: n }, () => {
        p = 0.3 * p + random.normal()
        return p * (1 + k) + drift * (k % 3) * (1 + k) * 0.7 - (k === m - 1 ? 1.2 * (1 + k) * 0.5 : 0)
      })
    })
    const s = superiority(differences, { block: 6, resamples: 5000, seed: 1 })
    for (const key of ['spaLower', 'spa', 'spaUpper', 'realityCheck'] as const) {
      const p = expected[c][key]
      expect(Math.abs(s[key] - p), `case ${c}, ${key}`).toBeLessThan(5 * Math.sqrt((2 * p * (1 - p)) / 5000))
    }
  })
})
