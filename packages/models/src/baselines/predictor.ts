/** One interface for everything that predicts rows of a data set: models and baselines alike. */
import type { Design } from '../linear/design.js'
import { type LinearModel, predictLinear } from '../linear/model.js'

/** Rows to predict; a `TrainingMatrix` fits. */
export interface PredictRows extends Design {
  /** Start of the bar, ms. */
  readonly time: Float64Array
  /** Symbol index from 0. */
  readonly symbol: Int32Array
  /**
   * Labels, for baselines that repeat outcomes already known. A predictor may use the label of a row only for rows that are
   * decided after that label ended.
   */
  readonly y?: Float64Array | Float32Array
}

export interface Predictor {
  readonly name: string
  /** What it does, one line. */
  readonly describe: string
  /** One finite number per row. */
  predict(rows: PredictRows): Float64Array
}

/** A linear model under the common interface. */
export function linearPredictor(name: string, model: LinearModel): Predictor {
  return {
    name,
    describe: `${model.family} on ${model.features.length} features`,
    predict: (rows) => predictLinear(model, rows),
  }
}
