/** The test of a mean, and when it says nothing. */
import { MINUTE_MS, seededRandom } from '@cointrader/core'
import { neweyWest } from '@cointrader/models/evaluation/index'
import { meanTest } from '@cointrader/models/evaluation/meantest'
import { expect, it } from 'vitest'
import { naiveMean, naiveNeweyWest } from './support.js'

const random = seededRandom('meantest')
const values = (n: number): Float64Array => Float64Array.from({ length: n }, () => 0.3 + random.normal())
const times = (n: number): Float64Array => Float64Array.from({ length: n }, (_, i) => i * MINUTE_MS)

it('is the Newey-West test with two horizons, less 1, or the horizons asked for', () => {
  const x = values(400)
  const two = meanTest(x, times(400), MINUTE_MS, 5)
  expect(two).toEqual(neweyWest(x, { lag: 9, times: times(400), step: MINUTE_MS }))
  expect(two.t).toBeCloseTo(naiveNeweyWest([...x], 9), 10)
  expect(meanTest(x, times(400), MINUTE_MS, 5, 3).lag).toBe(14)
  expect(meanTest(x, times(400), MINUTE_MS, 5, 3).t).toBeCloseTo(naiveNeweyWest([...x], 14), 10)
})

it('gives the mean without an error below ten values, below ten horizons of time, and for nothing at all', () => {
  const nine = values(9)
  const few = meanTest(nine, times(9), MINUTE_MS, 1)
  expect(few).toMatchObject({ n: 9, standardError: Number.NaN, t: Number.NaN })
  expect(few.mean).toBeCloseTo(naiveMean([...nine]), 14)
  expect(meanTest(values(10), times(10), MINUTE_MS, 1).t).not.toBeNaN()
  // 49 minutes are less than ten horizons of five, 50 are enough.
  expect(meanTest(values(49), times(49), MINUTE_MS, 5).t).toBeNaN()
  expect(meanTest(values(50), times(50), MINUTE_MS, 5).t).not.toBeNaN()
  // Values that are none do not count.
  const holes = values(12).map((v, i) => (i < 4 ? Number.NaN : v))
  expect(meanTest(holes, times(12), MINUTE_MS, 1)).toMatchObject({ n: 8, t: Number.NaN })
  expect(meanTest(new Float64Array(), new Float64Array(), MINUTE_MS, 5)).toMatchObject({
    n: 0,
    mean: Number.NaN,
    standardError: Number.NaN,
    t: Number.NaN,
  })
})
