/** One decision and one walk, written as LightGBM states them (`tree.h`: `Decision`, `GetLeaf`). */
import { ZERO_THRESHOLD } from './flatten.js'
import { CATEGORICAL_BIT, DEFAULT_LEFT_BIT, MISSING, type Tree } from './model.js'

/** The child (`>= 0` a node, `< 0` the leaf `~child`) that `value` of the node's feature goes to. */
export function decide(tree: Tree, node: number, value: number): number {
  const type = tree.decisionType[node]!
  const left = tree.leftChild[node]!
  const right = tree.rightChild[node]!
  if ((type & CATEGORICAL_BIT) !== 0) {
    if (!(value > -1 && value < 2147483648)) return right
    const category = Math.trunc(value)
    const set = tree.threshold[node]!
    const word = tree.catBoundaries[set]! + (category >>> 5)
    if (word >= tree.catBoundaries[set + 1]!) return right
    return ((tree.catThreshold[word]! >>> (category & 31)) & 1) === 1 ? left : right
  }
  const missing = (type >> 2) & 3
  const x = Number.isNaN(value) && missing !== MISSING.nan ? 0 : value
  const isMissing =
    (missing === MISSING.zero && x >= -ZERO_THRESHOLD && x <= ZERO_THRESHOLD) ||
    (missing === MISSING.nan && Number.isNaN(x))
  if (isMissing) return (type & DEFAULT_LEFT_BIT) !== 0 ? left : right
  return x <= tree.threshold[node]! ? left : right
}

/** The leaf that a row falls into. `row[offset + feature]` are the feature values. */
export function leafOf(tree: Tree, row: ArrayLike<number>, offset = 0): number {
  if (tree.numLeaves === 1) return 0
  let node = 0
  while (node >= 0) node = decide(tree, node, row[offset + tree.splitFeature[node]!]!)
  return ~node
}
