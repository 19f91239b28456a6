/**
 * Bin mappers: how a feature's values become at most 255 bins. LightGBM's rules (io/bin.cpp: `GreedyFindBin`,
 * `FindBinWithZeroAsOneBin`, `BinMapper::FindBin`), so that equal data gives equal bins and thresholds.
 */
import { raise } from './errors.js'
import { MISSING } from './model/model.js'
import { sortFloats } from './sort.js'

/** LightGBM's `kZeroThreshold`, a float constant: values this close to 0 are 0. */
export const ZERO_THRESHOLD = Math.fround(1e-35)
/** A feature whose most frequent bin holds less than this share keeps the bin of 0 as its "most frequent" bin. */
const SPARSE_THRESHOLD = 0.7
const NONE = MISSING.none
const ZERO = MISSING.zero
const NAN = MISSING.nan

export interface BinMapper {
  readonly kind: 'numerical' | 'categorical'
  readonly numBin: number
  /** {@link MISSING}: how a missing value is told from others. */
  readonly missing: 0 | 1 | 2
  /** Numerical: bin `b` holds values `<= upperBounds[b]` above the bound before; NaN bins have bound NaN. */
  readonly upperBounds: Float64Array
  /** Categorical: the category of each bin; bin 0 (-1) holds missing, rare and unseen categories. */
  readonly categories: Int32Array
  readonly min: number
  readonly max: number
  /** Bin of the value 0. */
  readonly defaultBin: number
  readonly mostFreqBin: number
  /** Only one bin: nothing to split. */
  readonly trivial: boolean
  /** Rows of the sample in each bin. */
  readonly counts: Float64Array
  readonly sampleSize: number
}

export interface BinParams {
  readonly max_bin: number
  readonly min_data_in_bin: number
  readonly use_missing: boolean
  readonly zero_as_missing: boolean
}

const f64 = new Float64Array(1)
const u64 = new BigInt64Array(f64.buffer)

/** The next double above `x` (C's `nextafter(x, inf)`). */
export function nextUp(x: number): number {
  if (x === Number.POSITIVE_INFINITY || Number.isNaN(x)) return x
  if (x === 0) return Number.MIN_VALUE
  f64[0] = x
  u64[0] += x > 0 ? 1n : -1n
  return f64[0]
}

/** `CheckDoubleEqualOrdered`: for `a <= b`, whether `b` is `a` or the next double. */
function sameOrNext(a: number, b: number): boolean {
  if (a === b) return true
  if (b - a > Math.abs(a) * 5e-16 + Number.MIN_VALUE) return false
  return b <= nextUp(a)
}

/** Distinct values `from..from+n` with counts into at most `maxBin` bins; the last bound is infinity. */
function greedyBounds(
  values: Float64Array,
  counts: Float64Array,
  from: number,
  n: number,
  maxBin: number,
  total: number,
  minDataInBin: number,
): number[] {
  const bounds: number[] = []
  const push = (low: number, high: number): boolean => {
    const bound = nextUp((low + high) / 2)
    if (bounds.length > 0 && sameOrNext(bounds[bounds.length - 1], bound)) return false
    bounds.push(bound)
    return true
  }
  if (n <= maxBin) {
    let inBin = 0
    for (let i = from; i < from + n - 1; i++) {
      inBin += counts[i]
      if (inBin >= minDataInBin && push(values[i], values[i + 1])) inBin = 0
    }
    bounds.push(Number.POSITIVE_INFINITY)
    return bounds
  }
  const bins = Math.max(1, Math.min(maxBin, Math.trunc(total / minDataInBin)))
  let mean = total / bins
  let restBins = bins
  let rest = total
  const big = new Uint8Array(n)
  for (let i = 0; i < n; i++) {
    if (counts[from + i] >= mean) {
      big[i] = 1
      restBins--
      rest -= counts[from + i]
    }
  }
  mean = rest / restBins
  const upper: number[] = []
  const lower = [values[from]]
  let inBin = 0
  for (let i = 0; i < n - 1; i++) {
    const count = counts[from + i]
    if (big[i] === 0) rest -= count
    inBin += count
    if (big[i] === 1 || inBin >= mean || (big[i + 1] === 1 && inBin >= Math.max(1, mean * 0.5))) {
      upper.push(values[from + i])
      lower.push(values[from + i + 1])
      if (upper.length >= bins - 1) break
      inBin = 0
      if (big[i] === 0) {
        restBins--
        mean = rest / restBins
      }
    }
  }
  for (let i = 0; i < upper.length; i++) push(upper[i], lower[i + 1])
  bounds.push(Number.POSITIVE_INFINITY)
  return bounds
}

/** Bounds with 0 in a bin of its own. */
function boundsAroundZero(
  values: Float64Array,
  counts: Float64Array,
  n: number,
  maxBin: number,
  total: number,
  minDataInBin: number,
): number[] {
  let leftData = 0
  let zeros = 0
  let rightData = 0
  let left = n
  let right = -1
  for (let i = 0; i < n; i++) {
    if (values[i] <= -ZERO_THRESHOLD) leftData += counts[i]
    else if (values[i] > ZERO_THRESHOLD) rightData += counts[i]
    else zeros += counts[i]
    if (left === n && values[i] > -ZERO_THRESHOLD) left = i
    if (right < 0 && values[i] > ZERO_THRESHOLD) right = i
  }
  let bounds: number[] = []
  if (left > 0 && maxBin > 1) {
    const leftMax = Math.max(1, Math.trunc((leftData / (total - zeros)) * (maxBin - 1)))
    bounds = greedyBounds(values, counts, 0, left, leftMax, leftData, minDataInBin)
    bounds[bounds.length - 1] = -ZERO_THRESHOLD
  }
  const rightMax = maxBin - 1 - bounds.length
  if (right >= 0 && rightMax > 0) {
    const above = greedyBounds(values, counts, right, n - right, rightMax, rightData, minDataInBin)
    bounds.push(ZERO_THRESHOLD, ...above)
  } else {
    bounds.push(Number.POSITIVE_INFINITY)
  }
  return bounds
}

/** Distinct values and counts of a sample; `sorted` has neither NaN nor zeros, which are counted in `zeros`. */
function distinct(sorted: Float32Array | Float64Array, n: number, zeros: number) {
  const values = new Float64Array(n + 2)
  const counts = new Float64Array(n + 2)
  let k = 0
  const push = (value: number, count: number): void => {
    values[k] = value
    counts[k++] = count
  }
  if (n === 0 || (sorted[0] > 0 && zeros > 0)) push(0, zeros)
  if (n > 0) push(sorted[0], 1)
  for (let i = 1; i < n; i++) {
    const a = sorted[i - 1]
    const b = sorted[i]
    if (a === b || sameOrNext(a, b)) {
      values[k - 1] = b
      counts[k - 1]++
    } else {
      if (a < 0 && b > 0) push(0, zeros)
      push(b, 1)
    }
  }
  if (n > 0 && sorted[n - 1] < 0 && zeros > 0) push(0, zeros)
  return { values, counts, n: k }
}

/**
 * The mapper of one feature from a sample of its values (any order, NaN for missing; the array is not changed).
 * Source: LightGBM io/bin.cpp `BinMapper::FindBin`. Errors: `BadData` for a categorical feature with more than 256 bins.
 */
export function findBins(
  sample: Float32Array | Float64Array,
  kind: 'numerical' | 'categorical',
  p: BinParams,
): BinMapper {
  const total = sample.length
  const kept = sample.slice()
  let n = 0
  let nans = 0
  for (let i = 0; i < total; i++) {
    const v = kept[i]
    if (Number.isNaN(v)) nans++
    else if (Math.abs(v) > ZERO_THRESHOLD) kept[n++] = v
  }
  const sorted = sortFloats(kept.subarray(0, n))
  let missing: 0 | 1 | 2 = NONE
  if (p.use_missing) missing = p.zero_as_missing ? ZERO : nans > 0 ? NAN : NONE
  // NaN is told apart only when missing is NaN; otherwise it counts as a zero (`ValueToBin`).
  const na = missing === NAN ? nans : 0
  const d = distinct(sorted, n, total - n - na)
  const common = { kind, min: d.values[0], max: d.values[d.n - 1], sampleSize: total }
  return kind === 'numerical' ? numerical(d, missing, na, total, p, common) : categorical(d, na, total, p, common)
}

type Common = Pick<BinMapper, 'kind' | 'min' | 'max' | 'sampleSize'>
type Distinct = ReturnType<typeof distinct>

function numerical(
  d: Distinct,
  missingIn: 0 | 1 | 2,
  na: number,
  total: number,
  p: BinParams,
  common: Common,
): BinMapper {
  let missing = missingIn
  const isNan = missing === NAN
  const bounds = boundsAroundZero(d.values, d.counts, d.n, p.max_bin - (isNan ? 1 : 0), total - na, p.min_data_in_bin)
  if (missing === ZERO && bounds.length === 2) missing = NONE
  if (isNan) bounds.push(Number.NaN)
  const numBin = bounds.length
  const counts = new Float64Array(numBin)
  let bin = 0
  for (let i = 0; i < d.n; i++) {
    while (d.values[i] > bounds[bin] && bin < numBin - 1) bin++
    counts[bin] += d.counts[i]
  }
  if (isNan) counts[numBin - 1] = na
  const mapper = {
    ...common,
    numBin,
    missing,
    upperBounds: Float64Array.from(bounds),
    categories: new Int32Array(0),
    counts,
  }
  return finish(mapper, total)
}

function categorical(d: Distinct, nanCount: number, total: number, p: BinParams, common: Common): BinMapper {
  let na = nanCount
  const seen: { category: number; count: number }[] = []
  for (let i = 0; i < d.n; i++) {
    const category = Math.trunc(d.values[i])
    if (category > 0x7fffffff) raise('BadData', `category ${d.values[i]} is not an integer below 2^31`)
    if (category < 0) na += d.counts[i]
    else if (seen.length === 0 || seen[seen.length - 1].category !== category)
      seen.push({ category, count: d.counts[i] })
    else seen[seen.length - 1].count += d.counts[i]
  }
  const categories = [-1]
  const counts = [0]
  let used = 0
  let missing: 0 | 1 | 2 = NAN
  if (total - na > 0) {
    seen.sort((a, b) => b.count - a.count)
    const cut = Math.trunc(Math.fround(Math.fround(total - na) * Math.fround(0.99)) + 0.5)
    const maxBin = Math.min(seen.length + (na > 0 ? 1 : 0), p.max_bin)
    let k = 0
    for (; k < seen.length && (used < cut || categories.length < maxBin); k++) {
      if (seen[k].count < p.min_data_in_bin && k > 1) break
      categories.push(seen[k].category)
      counts.push(seen[k].count)
      used += seen[k].count
    }
    if (k === seen.length && na === 0) missing = NONE
    counts[0] = total - used
  }
  if (categories.length > 256)
    raise(
      'BadData',
      `a categorical feature needs ${categories.length} bins; at most 256 fit. Merge its rare categories`,
    )
  const numBin = total - na > 0 ? categories.length : 0
  const mapper = {
    ...common,
    numBin,
    missing,
    upperBounds: new Float64Array(0),
    categories: Int32Array.from(categories),
    counts: Float64Array.from(counts),
  }
  return finish(mapper, total)
}

function finish(m: Omit<BinMapper, 'defaultBin' | 'mostFreqBin' | 'trivial'>, total: number): BinMapper {
  if (m.numBin <= 1) return { ...m, defaultBin: 0, mostFreqBin: 0, trivial: true }
  const mapper: BinMapper = { ...m, defaultBin: 0, mostFreqBin: 0, trivial: false }
  const defaultBin = valueToBin(mapper, 0)
  let mostFreqBin = 0
  for (let b = 1; b < m.numBin; b++) if (m.counts[b] > m.counts[mostFreqBin]) mostFreqBin = b
  if (mostFreqBin !== defaultBin && m.counts[mostFreqBin] / total < SPARSE_THRESHOLD) mostFreqBin = defaultBin
  return { ...mapper, defaultBin, mostFreqBin }
}

/** The bin of one value: the plain definition that the fast column mapper must equal. */
export function valueToBin(m: BinMapper, x: number): number {
  if (m.kind === 'categorical') {
    const category = Number.isNaN(x) ? -1 : Math.trunc(x)
    const bin = category < 0 ? 0 : m.categories.indexOf(category)
    return Math.max(0, bin)
  }
  let value = x
  if (Number.isNaN(value)) {
    if (m.missing === NAN) return m.numBin - 1
    value = 0
  }
  let low = 0
  let high = m.numBin - 1 - (m.missing === NAN ? 1 : 0)
  while (low < high) {
    const mid = (low + high) >> 1
    if (value <= m.upperBounds[mid]) high = mid
    else low = mid + 1
  }
  return low
}

/**
 * LightGBM's pre-filter (`NeedFilter`): whether no split of this feature could leave `minData` sampled rows on both
 * sides, so that the feature is left out altogether.
 */
export function cannotSplit(m: BinMapper, minData: number): boolean {
  if (m.kind === 'categorical' && m.counts.length > 2) return false
  let left = 0
  for (let b = 0; b < m.counts.length - 1; b++) {
    left = m.kind === 'numerical' ? left + m.counts[b] : m.counts[b]
    if (left >= minData && m.sampleSize - left >= minData) return false
  }
  return true
}

/** LightGBM's `feature_infos` entry; `format` prints a double so that it reads back the same. */
export function featureInfo(m: BinMapper, format: (x: number) => string): string {
  if (m.kind === 'categorical') return [...m.categories].join(':')
  return `[${format(m.min)}:${format(m.max)}]`
}
