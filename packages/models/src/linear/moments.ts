/**
 * Second moments of standardised rows: the Gram matrix that every linear model here is solved from. Sums in float64 over blocks
 * of rows, always in the same order, so results do not depend on how rows are stored.
 */
import { BLOCK, type Design, readBlock, type Standardiser, standardiseBlock } from './design.js'

/**
 * Sums of w u u' over rows, with u = (z_1 .. z_p, t, 1): standardised features, standardised label, and 1. Row-major, full and
 * symmetric, (p + 2) x (p + 2). Moments of disjoint rows add.
 */
export interface Moments {
  readonly features: number
  readonly g: Float64Array
}

/** Adds the upper triangle of block * block' to `g`; `width` columns of stride BLOCK, `count` rows of which are set. */
export function addGram(block: Float64Array, width: number, count: number, g: Float64Array): void {
  let i = 0
  for (; i + 3 < width; i += 4) {
    const i0 = i * BLOCK
    const i1 = i0 + BLOCK
    const i2 = i1 + BLOCK
    const i3 = i2 + BLOCK
    // Tiles of 4 x 2; those on the diagonal also write below it, which `mirror` overwrites.
    let j = i
    for (; j + 1 < width; j += 2) {
      const j0 = j * BLOCK
      const j1 = j0 + BLOCK
      let s00 = 0
      let s01 = 0
      let s10 = 0
      let s11 = 0
      let s20 = 0
      let s21 = 0
      let s30 = 0
      let s31 = 0
      for (let r = 0; r < count; r++) {
        const b0 = block[j0 + r]
        const b1 = block[j1 + r]
        const a0 = block[i0 + r]
        const a1 = block[i1 + r]
        const a2 = block[i2 + r]
        const a3 = block[i3 + r]
        s00 += a0 * b0
        s01 += a0 * b1
        s10 += a1 * b0
        s11 += a1 * b1
        s20 += a2 * b0
        s21 += a2 * b1
        s30 += a3 * b0
        s31 += a3 * b1
      }
      const at = i * width + j
      g[at] += s00
      g[at + 1] += s01
      g[at + width] += s10
      g[at + width + 1] += s11
      g[at + 2 * width] += s20
      g[at + 2 * width + 1] += s21
      g[at + 3 * width] += s30
      g[at + 3 * width + 1] += s31
    }
    for (; j < width; j++) for (let k = i; k < i + 4; k++) g[k * width + j] += dot(block, k * BLOCK, j * BLOCK, count)
  }
  for (; i < width; i++) for (let j = i; j < width; j++) g[i * width + j] += dot(block, i * BLOCK, j * BLOCK, count)
}

function dot(block: Float64Array, a: number, b: number, count: number): number {
  let sum = 0
  for (let r = 0; r < count; r++) sum += block[a + r] * block[b + r]
  return sum
}

/** Copies the upper triangle to the lower one. */
export function mirror(g: Float64Array, width: number): void {
  for (let i = 0; i < width; i++) for (let j = 0; j < i; j++) g[i * width + j] = g[j * width + i]
}

/** Label and scale of its standardised form. */
export interface LabelScale {
  readonly mean: number
  readonly deviation: number
}

/** Moments of the given rows. `label` by row of the design; `weight` too. */
export function momentsOf(
  design: Design,
  columns: Int32Array,
  rows: Int32Array,
  scaler: Standardiser,
  label: Float64Array,
  scale: LabelScale,
  weight: Float64Array | undefined,
): Moments {
  const p = columns.length
  const width = p + 2
  const block = new Float64Array(width * BLOCK)
  const g = new Float64Array(width * width)
  for (let from = 0; from < rows.length; from += BLOCK) {
    const to = Math.min(rows.length, from + BLOCK)
    const count = to - from
    readBlock(design, columns, rows, from, to, block)
    standardiseBlock(block, count, scaler)
    for (let i = 0; i < count; i++) {
      block[p * BLOCK + i] = (label[rows[from + i]] - scale.mean) / scale.deviation
      block[(p + 1) * BLOCK + i] = 1
    }
    if (weight !== undefined) {
      for (let i = 0; i < count; i++) {
        const root = Math.sqrt(weight[rows[from + i]])
        for (let f = 0, at = i; f < width; f++, at += BLOCK) block[at] *= root
      }
    }
    addGram(block, width, count, g)
  }
  mirror(g, width)
  return { features: p, g }
}

/** a + factor * b. */
export function combine(a: Moments, b: Moments, factor: number): Moments {
  return { features: a.features, g: a.g.map((v, k) => v + factor * b.g[k]) }
}

/** Moments about the weighted means: a regression with intercept, per unit of weight. */
export interface Centred {
  readonly p: number
  /** Sum of weights. */
  readonly total: number
  /** Covariance of features, p x p. */
  readonly cov: Float64Array
  /** Covariance of features with the label. */
  readonly xy: Float64Array
  /** Variance of the label. */
  readonly yy: number
  readonly meanX: Float64Array
  readonly meanY: number
}

/** Centres moments, in the standardised coordinates they were taken in. */
export function centre({ features: p, g }: Moments): Centred {
  const width = p + 2
  const total = g[width * width - 1]
  const meanOf = (k: number): number => g[k * width + p + 1] / total
  const meanX = Float64Array.from({ length: p }, (_, k) => meanOf(k))
  const meanY = meanOf(p)
  const cov = new Float64Array(p * p)
  const xy = new Float64Array(p)
  for (let i = 0; i < p; i++) {
    for (let j = 0; j < p; j++) cov[i * p + j] = g[i * width + j] / total - meanX[i] * meanX[j]
    xy[i] = g[i * width + p] / total - meanX[i] * meanY
  }
  return { p, total, cov, xy, yy: g[p * width + p] / total - meanY * meanY, meanX, meanY }
}
