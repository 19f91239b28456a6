/** Adding a tree's outputs to scores of binned rows, without the raw values. */
import { type BinMapper, ZERO_THRESHOLD } from '../binning.js'
import type { Dataset } from '../dataset.js'
import { CATEGORICAL_BIT, DEFAULT_LEFT_BIT, type Tree } from '../model/model.js'

/** LightGBM's `AvoidInf`: thresholds of a model are at most 1e300 in size. */
export function avoidInf(x: number): number {
  return Math.min(1e300, Math.max(-1e300, x))
}

/** Whether the category is in a tree's bit set number `set`. */
export function inBitset(tree: Tree, set: number, category: number): boolean {
  const from = tree.catBoundaries[set]
  const word = category >> 5
  return (
    category >= 0 &&
    word < tree.catBoundaries[set + 1] - from &&
    ((tree.catThreshold[from + word] >>> (category & 31)) & 1) === 1
  )
}

/** For every bin of a feature, 1 if the node sends it left; undefined if the threshold is not a bound of the bins. */
function goesLeft(tree: Tree, node: number, m: BinMapper): Uint8Array | undefined {
  const out = new Uint8Array(256)
  const type = tree.decisionType[node]
  const missing = (type >> 2) & 3
  if ((type & CATEGORICAL_BIT) !== 0) {
    if (m.kind !== 'categorical') return undefined
    for (let b = 1; b < m.numBin; b++) out[b] = inBitset(tree, tree.threshold[node], m.categories[b]) ? 1 : 0
    return out
  }
  if (m.kind !== 'numerical') return undefined
  const defaultLeft = (type & DEFAULT_LEFT_BIT) !== 0 ? 1 : 0
  const values = m.numBin - (m.missing === 2 ? 1 : 0)
  let bin = -1
  for (let b = 0; b < values; b++) if (avoidInf(m.upperBounds[b]) === tree.threshold[node]) bin = b
  if (bin < 0 || (missing !== m.missing && !(missing === 0 && m.missing === 0))) return undefined
  for (let b = 0; b < values; b++) out[b] = b <= bin ? 1 : 0
  if (m.missing === 2) out[m.numBin - 1] = defaultLeft
  if (m.missing === 1) out[m.defaultBin] = defaultLeft
  return out
}

/** A tree prepared for one data set's bins; undefined if some threshold is not a bound of them. */
export interface BinnedTree {
  readonly tree: Tree
  /** Address of each node's column. */
  readonly columns: Float64Array
  readonly tables: Uint8Array
}

export function binTree(tree: Tree, data: Dataset): BinnedTree | undefined {
  const nodes = tree.numLeaves - 1
  const columns = new Float64Array(nodes)
  const tables = new Uint8Array(256 * nodes)
  for (let i = 0; i < nodes; i++) {
    const f = tree.splitFeature[i]
    const p = data.packed.indexOf(f)
    const table = p < 0 ? undefined : goesLeft(tree, i, data.mappers[f])
    if (table === undefined) return undefined
    columns[i] = data.column(p)
    tables.set(table, 256 * i)
  }
  return { tree, columns, tables }
}

/** `scores[offset + row] += output` for the given rows, or all. */
export function addBinned(
  b: BinnedTree,
  data: Dataset,
  scores: Float64Array,
  offset: number,
  rows?: Uint32Array,
): void {
  const { leftChild, rightChild, leafValue, numLeaves } = b.tree
  const n = rows === undefined ? data.numRows : rows.length
  if (numLeaves === 1) {
    for (let i = 0; i < n; i++) scores[offset + (rows === undefined ? i : rows[i])] += leafValue[0]
    return
  }
  const u8 = new Uint8Array(data.memory.buffer)
  const { columns, tables } = b
  for (let i = 0; i < n; i++) {
    const row = rows === undefined ? i : rows[i]
    let node = 0
    do node = tables[(node << 8) | u8[columns[node] + row]] === 1 ? leftChild[node] : rightChild[node]
    while (node >= 0)
    scores[offset + row] += leafValue[~node]
  }
}

/** The output of one tree for raw values: the plain definition (LightGBM's `Tree::Decision`). */
export function treeOutput(tree: Tree, value: (feature: number) => number): number {
  if (tree.numLeaves === 1) return tree.leafValue[0]
  let node = 0
  do {
    const type = tree.decisionType[node]
    const missing = (type >> 2) & 3
    let x = value(tree.splitFeature[node])
    let left: boolean
    if ((type & CATEGORICAL_BIT) !== 0) {
      left = !Number.isNaN(x) && inBitset(tree, tree.threshold[node], Math.trunc(x))
    } else {
      if (Number.isNaN(x) && missing !== 2) x = 0
      const isMissing = (missing === 1 && Math.abs(x) <= ZERO_THRESHOLD) || (missing === 2 && Number.isNaN(x))
      left = isMissing ? (type & DEFAULT_LEFT_BIT) !== 0 : x <= tree.threshold[node]
    }
    node = left ? tree.leftChild[node] : tree.rightChild[node]
  } while (node >= 0)
  return tree.leafValue[~node]
}

/** Adds a tree to the scores of all rows, by bins if its thresholds are bounds of them, otherwise by raw values. */
export function addTree(tree: Tree, data: Dataset, scores: Float64Array, offset: number, rows?: Uint32Array): boolean {
  const binned = binTree(tree, data)
  if (binned !== undefined) {
    addBinned(binned, data, scores, offset, rows)
    return true
  }
  const raw = data.raw
  if (raw === undefined) return false
  const n = rows === undefined ? data.numRows : rows.length
  for (let i = 0; i < n; i++) {
    const row = rows === undefined ? i : rows[i]
    scores[offset + row] += treeOutput(tree, (f) => raw(f, row))
  }
  return true
}
