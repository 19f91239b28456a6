/** Baselines that say: what moved will go on (momentum), or come back (reversal). */
import { fail } from '@cointrader/core'
import type { Design } from '../linear/design.js'
import { fitLinear } from '../linear/fit.js'
import { rawCoefficients } from '../linear/model.js'
import type { Predictor } from './predictor.js'

export interface MomentumOptions {
  /** Past return over the window meant, for example a column `x_60m_…`. Its sign must be that of the return. */
  readonly column: string
  readonly direction: 'momentum' | 'reversal'
  /** Label units per unit of the column, above 0. Default 1; see {@link momentumScale}. */
  readonly scale?: number
  /** Prediction where the column is 0, and where it is NaN or infinite. Default 0. */
  readonly neutral?: number
  /** Default: direction and column. */
  readonly name?: string
}

/** neutral + scale * column, or neutral - scale * column. Error `E_USAGE` for an absent column or a scale not above 0. */
export function momentumBaseline(options: MomentumOptions): Predictor {
  const { column, direction, scale = 1, neutral = 0 } = options
  if (!(scale > 0 && Number.isFinite(scale)))
    fail('E_USAGE', { subject: 'momentum scale', detail: `${scale} is not above 0` })
  const slope = direction === 'momentum' ? scale : -scale
  return {
    name: options.name ?? `${direction} ${column}`,
    describe: `${direction} of ${column}, times ${scale}`,
    predict(rows) {
      const values = columnOf(rows, column)
      for (let r = 0; r < values.length; r++) {
        const x = values[r]
        values[r] = x - x === 0 ? neutral + slope * x : neutral
      }
      return values
    },
  }
}

/**
 * Size of the move per unit of the column: |slope| of label on column over training rows. Only the size is fitted; the
 * direction is the hypothesis, so that the baseline cannot turn into its opposite. 1 where the slope is 0. Errors: those of
 * `fitLinear`.
 */
export function momentumScale(training: Design, label: ArrayLike<number>, column: string): number {
  const model = fitLinear(training, label, { family: 'ols', features: [column] })
  return Math.abs(rawCoefficients(model).coefficients[0]) || 1
}

/** A copy of a column. Error `E_USAGE` when it is absent. */
export function columnOf(data: Design, name: string): Float64Array {
  const f = data.features.indexOf(name)
  if (f < 0) {
    fail('E_USAGE', { subject: name, detail: 'this column is not in the data set', next: 'name a column it has' })
  }
  const stride = data.layout === 'column' ? 1 : data.features.length
  const out = new Float64Array(data.rows)
  for (let r = 0, at = data.layout === 'column' ? f * data.rows : f; r < data.rows; r++, at += stride)
    out[r] = data.x[at]
  return out
}
