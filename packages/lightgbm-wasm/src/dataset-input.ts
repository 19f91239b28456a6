/** What a data set is made of, and the checks of what a caller gives. */
import type { Dataset } from './dataset.js'
import { raise } from './errors.js'
import type { ParamInput, Params } from './params.js'
import { LgbRandom } from './random.js'

export type FloatArray = Float32Array | Float64Array
export type Numbers = ArrayLike<number>

export interface DatasetInput {
  /** One array a feature, all of the same length. NaN is missing. */
  readonly columns?: readonly FloatArray[]
  /** Or one array of rows, `numFeatures` values each. */
  readonly rowMajor?: FloatArray
  readonly numFeatures?: number
  /** Default `Column_0`, `Column_1`, … as LightGBM names them. */
  readonly featureNames?: readonly string[]
  /** One value a row: the target, 0/1, the class 0..K-1, or a relevance grade. Stored as float32, as in LightGBM. */
  readonly label?: Numbers
  /** Sample weights, not negative. */
  readonly weight?: Numbers
  /** Ranking: rows of each query, in order. */
  readonly group?: Numbers
  /** Starting scores: one a row, or class-major `class * rows + row`. */
  readonly initScore?: Numbers
  /** Features that are categories (integers >= 0), by name or index. */
  readonly categorical?: readonly (string | number)[]
  /** Only the parameters of binning matter here (`max_bin`, `min_data_in_bin`, `use_missing`, …). */
  readonly params?: ParamInput
  /** For validation data: bin with this data set's mappers. */
  readonly reference?: Dataset
}

export function readShape(input: DatasetInput) {
  const { columns, rowMajor } = input
  if (columns !== undefined && rowMajor !== undefined) raise('BadData', 'give columns or rowMajor, not both')
  if (columns !== undefined) {
    const numFeatures = columns.length
    if (numFeatures === 0) raise('BadData', 'the data has no features')
    const numRows = columns[0].length
    for (let f = 0; f < numFeatures; f++)
      if (columns[f].length !== numRows)
        raise('BadData', `column ${f} has ${columns[f].length} rows, column 0 has ${numRows}`)
    if (numRows === 0) raise('BadData', 'the data has no rows')
    return { numRows, numFeatures, column: (f: number) => columns[f], read: (f: number, r: number) => columns[f][r] }
  }
  if (rowMajor === undefined) return raise('BadData', 'no data: give columns or rowMajor')
  const numFeatures = input.numFeatures ?? input.featureNames?.length ?? 0
  if (numFeatures <= 0) raise('BadData', 'rowMajor needs numFeatures')
  const numRows = rowMajor.length / numFeatures
  if (!Number.isInteger(numRows)) raise('BadData', `${rowMajor.length} values are not rows of ${numFeatures} features`)
  if (numRows === 0) raise('BadData', 'the data has no rows')
  const buffer = rowMajor instanceof Float32Array ? new Float32Array(numRows) : new Float64Array(numRows)
  const column = (f: number): FloatArray => {
    for (let r = 0, a = f; r < numRows; r++, a += numFeatures) buffer[r] = rowMajor[a]
    return buffer
  }
  return { numRows, numFeatures, column, read: (f: number, r: number) => rowMajor[r * numFeatures + f] }
}

export function readNames(input: DatasetInput, numFeatures: number): readonly string[] {
  const names = input.featureNames ?? input.reference?.featureNames
  if (names === undefined) return Array.from({ length: numFeatures }, (_, f) => `Column_${f}`)
  if (names.length !== numFeatures) raise('BadData', `${names.length} feature names for ${numFeatures} features`)
  const seen = new Set<string>()
  for (const name of names) {
    if (seen.has(name)) raise('BadData', `feature name ${name} occurs twice`)
    if (/[\s",:[\]{}]/.test(name))
      raise('BadData', `feature name ${JSON.stringify(name)} has a character a model file cannot hold`)
    seen.add(name)
  }
  return [...names]
}

export function readCategorical(input: DatasetInput, names: readonly string[]): ReadonlySet<number> {
  const out = new Set<number>()
  for (const c of input.categorical ?? []) {
    const f = typeof c === 'number' ? c : names.indexOf(c)
    if (!Number.isInteger(f) || f < 0 || f >= names.length)
      raise('BadData', `categorical feature ${c} is not in the data`)
    out.add(f)
  }
  return out
}

export function sampleRows(numRows: number, params: Params): Int32Array | undefined {
  const k = params.bin_construct_sample_cnt
  return numRows <= k ? undefined : new LgbRandom(params.data_random_seed).sample(numRows, k)
}

export function takeRows(x: FloatArray, rows: Int32Array): FloatArray {
  const out = x instanceof Float32Array ? new Float32Array(rows.length) : new Float64Array(rows.length)
  for (let i = 0; i < rows.length; i++) out[i] = x[rows[i]]
  return out
}

export function readLabel(label: Numbers, numRows: number): Float32Array {
  return readFinite('label', label, numRows)
}

export function readWeight(weight: Numbers, numRows: number): Float32Array {
  const out = readFinite('weight', weight, numRows)
  let sum = 0
  for (let r = 0; r < numRows; r++) {
    if (out[r] < 0) raise('BadData', `weight of row ${r} is negative`)
    sum += out[r]
  }
  if (sum === 0) raise('BadData', 'all weights are 0')
  return out
}

export function readFinite(what: string, x: Numbers, numRows: number): Float32Array {
  if (x.length !== numRows) raise('BadData', `${x.length} values of ${what} for ${numRows} rows`)
  const out = new Float32Array(numRows)
  for (let r = 0; r < numRows; r++) {
    out[r] = x[r]
    if (!Number.isFinite(out[r])) raise('BadData', `${what} of row ${r} is ${x[r]}`)
  }
  return out
}

export function readGroup(group: Numbers, numRows: number): Int32Array {
  const out = new Int32Array(group.length + 1)
  for (let q = 0; q < group.length; q++) {
    if (!Number.isInteger(group[q]) || group[q] <= 0) raise('BadData', `query ${q} has ${group[q]} rows`)
    out[q + 1] = out[q] + group[q]
  }
  if (out[group.length] !== numRows) raise('BadData', `groups add up to ${out[group.length]} of ${numRows} rows`)
  return out
}

export function readInitScore(x: Numbers, numRows: number): Float64Array {
  if (x.length === 0 || x.length % numRows !== 0) raise('BadData', `${x.length} starting scores for ${numRows} rows`)
  const out = Float64Array.from(x)
  for (let i = 0; i < out.length; i++)
    if (!Number.isFinite(out[i])) raise('BadData', `starting score ${i} is ${out[i]}`)
  return out
}
