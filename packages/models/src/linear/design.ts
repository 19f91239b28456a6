/** Rows and features as linear models read them: in blocks, standardised in float64, missing cells counted and filled. */
import { fail } from '@cointrader/core'

/** A matrix of any layout; a `TrainingMatrix` fits. Row-major unless `layout` says `column`. */
export interface Design {
  readonly rows: number
  readonly features: readonly string[]
  readonly x: Float32Array | Float64Array
  readonly layout?: 'row' | 'column'
}

/**
 * What is done with a NaN or infinite cell in training. `mean`: it counts as the mean of its column (0 after standardising),
 * counted per feature. `drop`: its row is left out. `refuse`: an error that names feature and row. In prediction a NaN or
 * infinite cell counts as the training mean for the first two, and is refused for the last.
 */
export type MissingCells = 'mean' | 'drop' | 'refuse'

/** Mean and deviation of each column over the training rows: the one scaler of a model, stored with it (RP-D10). */
export interface Standardiser {
  readonly mean: Float64Array
  /** Population deviation; 0 where the column is constant. */
  readonly deviation: Float64Array
  /** NaN and infinite cells per column. */
  readonly missing: Int32Array
}

/** Rows per block: eight columns of a block fit in the first-level cache. */
export const BLOCK = 256

/** True unless NaN or infinite. */
function isBad(x: number): boolean {
  return x - x !== 0
}

/** Error `E_USAGE` unless array and shape agree. */
export function assertDesign(design: Design): void {
  const cells = design.rows * design.features.length
  if (design.x.length !== cells) {
    fail('E_USAGE', {
      subject: 'matrix',
      detail: `${design.x.length} cells for ${design.rows} x ${design.features.length}`,
    })
  }
  const seen = new Set<string>()
  for (const name of design.features) {
    if (seen.has(name)) fail('E_USAGE', { subject: name, detail: 'this feature stands twice in the matrix' })
    seen.add(name)
  }
}

/** Copies rows[from..to) to `out`, column by column: out[f * BLOCK + i]. `columns` picks and orders columns of the design. */
export function readBlock(
  design: Design,
  columns: Int32Array,
  rows: Int32Array,
  from: number,
  to: number,
  out: Float64Array,
): void {
  const { x } = design
  const width = design.features.length
  const rowStride = design.layout === 'column' ? 1 : width
  const columnStride = design.layout === 'column' ? design.rows : 1
  if (rowStride === 1) {
    for (let f = 0; f < columns.length; f++) {
      const base = columns[f] * columnStride
      for (let i = from, at = f * BLOCK; i < to; i++, at++) out[at] = x[base + rows[i]]
    }
    return
  }
  for (let i = from; i < to; i++) {
    const base = rows[i] * rowStride
    for (let f = 0, at = i - from; f < columns.length; f++, at += BLOCK) out[at] = x[base + columns[f]]
  }
}

/** 0 to n - 1. */
export function countUp(n: number): Int32Array {
  const out = new Int32Array(n)
  for (let i = 0; i < n; i++) out[i] = i
  return out
}

/**
 * Rows that training uses, ascending: finite label, positive weight, and under `drop` no bad cell. Errors `E_USAGE`: an
 * infinite label, a negative or NaN weight, under `refuse` the first bad cell; `E_NOTHING_FOUND` when no row is left.
 */
export function usableRows(
  design: Design,
  y: ArrayLike<number>,
  weight: ArrayLike<number> | undefined,
  missing: MissingCells,
): { rows: Int32Array; withoutLabel: number; dropped: number } {
  assertDesign(design)
  if (y.length !== design.rows || (weight !== undefined && weight.length !== design.rows)) {
    fail('E_USAGE', {
      subject: 'training rows',
      detail: `${design.rows} rows, ${y.length} labels, ${weight?.length ?? design.rows} weights`,
    })
  }
  const bad = new Uint8Array(design.rows)
  let withoutLabel = 0
  for (let r = 0; r < design.rows; r++) {
    if (isBad(y[r])) {
      if (!Number.isNaN(y[r])) {
        fail('E_USAGE', {
          subject: 'label',
          detail: `row ${r} is ${y[r]}`,
          next: 'mend the label or leave the row out',
        })
      }
      bad[r] = 1
      withoutLabel++
    } else if (weight !== undefined && !(weight[r] > 0)) {
      if (!(weight[r] >= 0)) fail('E_USAGE', { subject: 'sample weight', detail: `row ${r} has ${weight[r]}` })
      bad[r] = 1
    }
  }
  const width = design.features.length
  let dropped = 0
  if (missing !== 'mean') {
    const { x } = design
    const byColumn = design.layout === 'column'
    for (let k = 0; k < x.length; k++) {
      if (!isBad(x[k])) continue
      const r = byColumn ? k % design.rows : Math.floor(k / width)
      if (bad[r] === 1) continue
      if (missing === 'refuse') {
        const name = design.features[byColumn ? Math.floor(k / design.rows) : k % width]
        fail('E_USAGE', {
          subject: name,
          detail: `row ${r} is ${x[k]}`,
          next: 'leave the feature out, or train with missing cells as "mean" or "drop"',
        })
      }
      bad[r] = 1
      dropped++
    }
  }
  const rows = new Int32Array(design.rows)
  let n = 0
  for (let r = 0; r < design.rows; r++) if (bad[r] === 0) rows[n++] = r
  if (n === 0) {
    fail('E_NOTHING_FOUND', {
      subject: 'training rows',
      detail: `${design.rows} rows, ${withoutLabel} without label, ${dropped} with a missing cell`,
      next: 'leave out features with gaps, or give another range',
    })
  }
  return { rows: rows.slice(0, n), withoutLabel, dropped }
}

/**
 * Fits mean and population deviation over the given rows, weighted, finite cells only, two-pass. A deviation below 1e-12 of
 * the mean is rounding (RP-D08) and counts as constant. Error `E_NOTHING_FOUND` naming columns without any finite cell.
 */
export function fitStandardiser(
  design: Design,
  columns: Int32Array,
  rows: Int32Array,
  weight: Float64Array | undefined,
): Standardiser {
  const width = columns.length
  const mean = new Float64Array(width)
  const deviation = new Float64Array(width)
  const missing = new Int32Array(width)
  const total = new Float64Array(width)
  const block = new Float64Array(width * BLOCK)
  for (let from = 0; from < rows.length; from += BLOCK) {
    const to = Math.min(rows.length, from + BLOCK)
    readBlock(design, columns, rows, from, to, block)
    for (let f = 0; f < width; f++) {
      let sum = 0
      let weights = 0
      for (let i = from, at = f * BLOCK; i < to; i++, at++) {
        const x = block[at]
        if (x - x !== 0) {
          missing[f]++
          continue
        }
        const w = weight === undefined ? 1 : weight[rows[i]]
        sum += w * x
        weights += w
      }
      mean[f] += sum
      total[f] += weights
    }
  }
  const empty = Array.from(columns, (c) => design.features[c]).filter((_, f) => missing[f] === rows.length)
  if (empty.length > 0) {
    fail('E_NOTHING_FOUND', {
      subject: empty.slice(0, 10).join(', '),
      detail: `no finite cell in ${rows.length} training rows`,
      next: 'leave these features out',
    })
  }
  for (let f = 0; f < width; f++) mean[f] /= total[f]
  for (let from = 0; from < rows.length; from += BLOCK) {
    const to = Math.min(rows.length, from + BLOCK)
    readBlock(design, columns, rows, from, to, block)
    for (let f = 0; f < width; f++) {
      const m = mean[f]
      let sum = 0
      for (let i = from, at = f * BLOCK; i < to; i++, at++) {
        const d = block[at] - m
        if (d - d === 0) sum += (weight === undefined ? 1 : weight[rows[i]]) * d * d
      }
      deviation[f] += sum
    }
  }
  for (let f = 0; f < width; f++) {
    const d = Math.sqrt(deviation[f] / total[f])
    deviation[f] = d > 1e-12 * Math.abs(mean[f]) ? d : 0
  }
  return { mean, deviation, missing }
}

/** (x - mean) / deviation in place for the first `count` rows of a block; 0 for a bad cell or a constant column. */
export function standardiseBlock(block: Float64Array, count: number, scaler: Standardiser): void {
  for (let f = 0; f < scaler.mean.length; f++) {
    const m = scaler.mean[f]
    const factor = scaler.deviation[f] === 0 ? 0 : 1 / scaler.deviation[f]
    for (let at = f * BLOCK, end = at + count; at < end; at++) {
      const z = (block[at] - m) * factor
      block[at] = z - z === 0 ? z : 0
    }
  }
}
