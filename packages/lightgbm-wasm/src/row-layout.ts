/**
 * Where the bins of a row stand. Features come in blocks of 8; blocks come in groups of 8, so that a row of a group is
 * one cache line; a group is stored row by row. A line that a leaf fetches is used for 64 features, whatever share of
 * the rows the leaf has. Few features: one group, without the padding.
 */

/** Blocks a cache line. */
const LINE_BLOCKS = 8

export interface RowLayout {
  readonly blocks: number
  /** Blocks a group. */
  readonly group: number
  /** Bytes from row to row of a group. */
  readonly stride: number
  readonly groupBytes: number
  readonly bytes: number
}

/** The layout of `rows` rows of `features` features. */
export function rowLayout(rows: number, features: number): RowLayout {
  const blocks = Math.max(1, Math.ceil(features / 8))
  const group = Math.min(blocks, LINE_BLOCKS)
  const stride = 8 * group
  const groupBytes = rows * stride
  return { blocks, group, stride, groupBytes, bytes: Math.ceil(blocks / group) * groupBytes }
}

/** Offset of block `b` of row 0. */
export function blockOffset(b: number, group: number, groupBytes: number): number {
  return Math.floor(b / group) * groupBytes + (b % group) * 8
}

/** Offset of feature `p` of row 0. */
export function featureOffset(p: number, layout: RowLayout): number {
  return blockOffset(Math.floor(p / 8), layout.group, layout.groupBytes) + (p % 8)
}
