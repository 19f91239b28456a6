/**
 * Where the bins of a row stand. Features come in blocks of 8; blocks come in groups; a group is stored row by row. Few
 * rows: one block a group, so that a block's bins are dense and stay in the second-level cache. Many rows: one group of
 * all blocks, so that a row fetched from memory is used for all its features.
 */

/** Rows up to which a block of its own (8 bytes a row) fits the second-level cache. */
const DENSE_ROWS = 150_000

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
  const group = rows <= DENSE_ROWS ? 1 : blocks
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
