/** Baselines that look at nothing: a constant, zero, and seeded noise. */
import type { Predictor } from './predictor.js'
import { constantPrediction, randomPrediction } from './simple.js'

/** The same value for every row: the mean of the training labels, or the base rate of a classifier. */
export function constantBaseline(value: number): Predictor {
  return {
    name: 'constant',
    describe: `always ${value}, the training mean`,
    predict: (rows) => constantPrediction(value, rows.rows),
  }
}

/** Always 0: a return cannot be foreseen. */
export function zeroBaseline(): Predictor {
  return { name: 'zero', describe: 'always 0', predict: (rows) => constantPrediction(0, rows.rows) }
}

/**
 * Noise that depends on (seed, time, symbol) only, so on no order of rows: what a score looks like by luck. `uniform` in
 * [0, 1), or `normal` with deviation `scale`.
 */
export function randomBaseline(seed: number, kind: 'uniform' | 'normal' = 'normal', scale = 1): Predictor {
  return {
    name: 'random',
    describe: `${kind} noise of seed ${seed}`,
    predict(rows) {
      const out = randomPrediction(rows.time, rows.symbol, seed, kind)
      if (kind === 'normal') for (let i = 0; i < out.length; i++) out[i] *= scale
      return out
    },
  }
}
