/** The Newey-West test of a mean, where the series is long enough for one. */
import { horizonLag, type MeanTest, neweyWest } from './neweywest.js'

/** Fewest values, and fewest horizons of time, that a t-statistic is reported for: below, its error is itself a guess. */
const MIN_FOR_T = 10
const MIN_HORIZONS = 10

/** Newey-West test of a series of scores; no t for a series too short to know its own variance. */
export function meanTest(
  values: Float64Array,
  times: Float64Array,
  stepMs: number,
  horizonSteps: number,
  lagHorizons?: number,
): MeanTest {
  const lag = horizonLag(horizonSteps, values.length, lagHorizons)
  const test = neweyWest(values, { lag, times, step: stepMs })
  const span = times.length === 0 ? 0 : (times[times.length - 1] - times[0]) / stepMs + 1
  const enough = test.n >= MIN_FOR_T && span >= MIN_HORIZONS * horizonSteps
  return enough ? test : { ...test, standardError: Number.NaN, t: Number.NaN }
}
