/**
 * Walk-forward folds and splits over rows in order of time, purged: a training row whose label looks past the start of
 * what is tested is taken out (Lopez de Prado, "Advances in Financial Machine Learning", 2018, section 7.4.1). The purge
 * goes by the instant at which a label is known, never by a number of rows (TB-12, D-15).
 */
import { fail } from '@cointrader/core'

/** Rows in order of time. Rows of one instant are never parted. */
export interface TimedRows {
  /** Instant of each row (start of its bar), ms, ascending; equal instants are allowed. */
  readonly times: ArrayLike<number>
  /** Instant at which the label of each row is known, ms. */
  readonly looksUntil: ArrayLike<number>
}

/** Rows of one fold, ascending row numbers. */
export interface Fold {
  /** From 1. */
  readonly fold: number
  readonly train: Int32Array
  readonly test: Int32Array
  /** Rows taken out of training because their label looks into the test. */
  readonly purged: number
  /** Rows taken out of the test by the embargo. */
  readonly embargoed: number
}

export interface FoldOptions {
  readonly folds: number
  /** Share of the rows before the first test block. Default 0.6. */
  readonly trainShare?: number
  /** Rows of a test block that start less than this after the border are left out. Default 0. */
  readonly embargoMs?: number
}

/** First row of the instant that row `at` belongs to, so that a border parts no instant. */
function borderAt(times: ArrayLike<number>, at: number): number {
  let row = at
  while (row > 0 && row < times.length && times[row - 1] === times[row]) row--
  return row
}

function range(from: number, to: number): Int32Array {
  return Int32Array.from({ length: Math.max(0, to - from) }, (_, i) => from + i)
}

/** Error `E_USAGE` when rows are not in order of time or a label is known before its row. */
export function assertTimed({ times, looksUntil }: TimedRows): void {
  if (times.length !== looksUntil.length)
    fail('E_USAGE', { subject: 'rows', detail: `${times.length} times, ${looksUntil.length} instants of knowledge` })
  for (let r = 0; r < times.length; r++) {
    if (r > 0 && !(times[r] >= times[r - 1]))
      fail('E_USAGE', { subject: 'rows', detail: `row ${r} is earlier than the row before it`, next: 'sort by time' })
    if (!(looksUntil[r] >= times[r]))
      fail('E_USAGE', { subject: 'rows', detail: `the label of row ${r} is known before the row starts` })
  }
}

/** Rows of `from <= r < to` whose label is known at `borderMs` at the latest. */
export function purgedBefore(rows: TimedRows, from: number, to: number, borderMs: number): Int32Array {
  return range(from, to).filter((r) => rows.looksUntil[r] <= borderMs)
}

/**
 * Walk-forward folds: training grows, the test blocks lie one behind the other and reach to the last row. Exactly
 * `folds` of them, or an error: `E_TRAINING` when a fold would be empty, `E_USAGE` for options without sense.
 */
export function walkForwardFolds(rows: TimedRows, options: FoldOptions): Fold[] {
  const { folds, trainShare = 0.6, embargoMs = 0 } = options
  if (!Number.isInteger(folds) || folds < 1 || !(trainShare > 0 && trainShare < 1) || !(embargoMs >= 0))
    fail('E_USAGE', {
      subject: 'walk-forward folds',
      detail: `${folds} folds, training share ${trainShare}, embargo ${embargoMs} ms`,
      next: 'give at least 1 fold, a share between 0 and 1 and an embargo of 0 or more',
    })
  assertTimed(rows)
  const { times } = rows
  const n = times.length
  const first = Math.floor(n * trainShare)
  const border = (i: number): number =>
    i === folds ? n : borderAt(times, first + Math.floor(((n - first) * i) / folds))
  const out: Fold[] = []
  for (let i = 0; i < folds; i++) {
    const [from, to] = [border(i), border(i + 1)]
    if (from <= 0 || from >= to) tooFew(n, i + 1, folds)
    const train = purgedBefore(rows, 0, from, times[from])
    const test = range(from, to).filter((r) => times[r] >= times[from] + embargoMs)
    if (train.length === 0 || test.length === 0) tooFew(n, i + 1, folds)
    out.push({ fold: i + 1, train, test, purged: from - train.length, embargoed: to - from - test.length })
  }
  return out
}

function tooFew(rows: number, fold: number, folds: number): never {
  fail('E_TRAINING', {
    subject: `fold ${fold} of ${folds}`,
    detail: `nothing is left to train or to test on (${rows} rows)`,
    next: 'ask for fewer folds, or give more rows',
  })
}

/** Row numbers of training, validation and test, in this order of time. */
export interface ThreeWay {
  readonly train: Int32Array
  /** What early stopping and thresholds are chosen on. */
  readonly valid: Int32Array
  /** What is looked at once, at the end. */
  readonly test: Int32Array
  /** Rows taken out of training and of validation. */
  readonly purged: { readonly train: number; readonly valid: number }
}

/**
 * Splits rows by time into training, the last-but-one `validShare` and the last `testShare`; each part is purged against
 * the next. A share of 0 leaves the part empty. Errors `E_USAGE`, `E_TRAINING` for a part that would be empty.
 */
export function threeWaySplit(
  rows: TimedRows,
  { validShare, testShare }: { readonly validShare: number; readonly testShare: number },
): ThreeWay {
  if (!(validShare >= 0) || !(testShare >= 0) || !(validShare + testShare < 1))
    fail('E_USAGE', {
      subject: 'split',
      detail: `validation share ${validShare} and test share ${testShare}`,
      next: 'give shares of 0 or more that leave something to train on',
    })
  assertTimed(rows)
  const { times } = rows
  const n = times.length
  const border = (share: number): number => (share === 0 ? n : borderAt(times, Math.floor(n * (1 - share))))
  const toTest = border(testShare)
  const toValid = validShare === 0 ? toTest : border(validShare + testShare)
  const start = (row: number): number => (row < n ? times[row] : Number.POSITIVE_INFINITY)
  const train = purgedBefore(rows, 0, toValid, start(toValid))
  const valid = purgedBefore(rows, toValid, toTest, start(toTest))
  const test = range(toTest, n)
  for (const [name, part, wanted] of [
    ['training', train, true],
    ['validation', valid, validShare > 0],
    ['test', test, testShare > 0],
  ] as const)
    if (wanted && part.length === 0)
      fail('E_TRAINING', { subject: `${name} part`, detail: `no row is left of ${n}`, next: 'give more rows' })
  return { train, valid, test, purged: { train: toValid - train.length, valid: toTest - toValid - valid.length } }
}
