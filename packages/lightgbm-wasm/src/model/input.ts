/** Rows of feature values, and ranges of iterations, checked. */
import { ModelError } from './errors.js'

/** Feature values of many rows. */
export type Values = Float64Array | Float32Array | readonly number[]

/**
 * Rows to predict: `data` row by row (`numRows` times the number of features), or one array per feature. Features are in
 * the model's order. NaN is a missing value.
 */
export type Rows =
  | { readonly data: Values; readonly numRows: number }
  | { readonly columns: readonly (Float64Array | Float32Array)[] }

/** Which iterations to use: `numIteration` (all when absent or not positive) from `startIteration` (0). */
export interface IterationRange {
  readonly startIteration?: number
  readonly numIteration?: number
}

/** Number of rows. @throws ModelError `E_MODEL_INPUT` when the shape does not fit `numFeatures` */
export function countRows(rows: Rows, numFeatures: number): number {
  if ('data' in rows) {
    const { data, numRows } = rows
    if (!Number.isInteger(numRows) || numRows < 0 || data.length !== numRows * numFeatures)
      throw new ModelError(
        'E_MODEL_INPUT',
        'rows',
        `${data.length} values are not ${numRows} rows of ${numFeatures} features`,
      )
    return numRows
  }
  const { columns } = rows
  if (columns.length !== numFeatures)
    throw new ModelError(
      'E_MODEL_INPUT',
      'columns',
      `${columns.length} columns, but the model has ${numFeatures} features`,
    )
  const numRows = columns[0]?.length ?? 0
  const other = columns.findIndex((column) => column.length !== numRows)
  if (other >= 0)
    throw new ModelError(
      'E_MODEL_INPUT',
      `column ${other}`,
      `${columns[other]!.length} rows, but column 0 has ${numRows}`,
    )
  return numRows
}

/** First and last-plus-one iteration of a range, cut to what the model has, as LightGBM cuts it. */
export function iterations(range: IterationRange, numIterations: number): [number, number] {
  const { startIteration = 0, numIteration = 0 } = range
  for (const [name, value] of Object.entries({ startIteration, numIteration })) {
    if (!Number.isInteger(value)) throw new ModelError('E_MODEL_INPUT', name, `${value} is not a whole number`)
  }
  const start = Math.min(Math.max(startIteration, 0), numIterations)
  return [start, numIteration > 0 ? Math.min(start + numIteration, numIterations) : numIterations]
}
