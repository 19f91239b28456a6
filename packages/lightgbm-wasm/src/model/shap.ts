/**
 * SHAP values of trees, as LightGBM's `predict(pred_contrib=True)`: Lundberg, Erion, Lee, "Consistent individualized
 * feature attribution for tree ensembles" (arXiv:1802.03888), algorithm 2, on training counts as background, as
 * LightGBM's `Tree::TreeSHAP` does it (divisions by small whole numbers are products with their inverses).
 */
import { checkModel } from './check.js'
import { decide } from './decide.js'
import { ModelError } from './errors.js'
import { countRows, type IterationRange, iterations, type Rows } from './input.js'
import type { Model, Tree } from './model.js'

/**
 * The unique features on the way from the root, one list per depth behind the other: list `d` starts at `d (d + 1) / 2`,
 * a copy of list `d - 1` extended by one, as LightGBM lays them out.
 */
interface Path {
  readonly feature: Int32Array
  readonly zero: Float64Array
  readonly one: Float64Array
  readonly weight: Float64Array
  /** `1 / i`. */
  readonly inverse: Float64Array
}

function extend(path: Path, start: number, depth: number, zero: number, one: number, feature: number): void {
  const { weight } = path
  path.feature[start + depth] = feature
  path.zero[start + depth] = zero
  path.one[start + depth] = one
  weight[start + depth] = depth === 0 ? 1 : 0
  const share = path.inverse[depth + 1]!
  for (let i = depth - 1; i >= 0; i--) {
    const w = weight[start + i]! * share
    weight[start + i + 1] = weight[start + i + 1]! + one * w * (i + 1)
    weight[start + i] = zero * w * (depth - i)
  }
}

/** `one` is 0 or 1: the row goes this way at every split on the feature, or not. */
function unwind(path: Path, start: number, depth: number, index: number): void {
  const { weight, inverse, feature } = path
  const zero = path.zero[start + index]!
  if (path.one[start + index] !== 0) {
    let next = weight[start + depth]!
    const share = zero * inverse[depth + 1]!
    for (let i = depth - 1; i >= 0; i--) {
      const part = next * (depth + 1) * inverse[i + 1]!
      next = weight[start + i]! - part * share * (depth - i)
      weight[start + i] = part
    }
  } else {
    const factor = (depth + 1) / zero
    for (let i = depth - 1; i >= 0; i--) weight[start + i] = weight[start + i]! * factor * inverse[depth - i]!
  }
  for (let i = start + index; i < start + depth; i++) {
    feature[i] = feature[i + 1]!
    path.zero[i] = path.zero[i + 1]!
    path.one[i] = path.one[i + 1]!
  }
}

/** Sum of the weights as {@link unwind} would leave them. */
function unwoundSum(path: Path, start: number, depth: number, index: number): number {
  const { weight, inverse } = path
  const zero = path.zero[start + index]!
  let total = 0
  if (path.one[start + index] !== 0) {
    let next = weight[start + depth]!
    const share = zero * inverse[depth + 1]!
    for (let i = depth - 1; i >= 0; i--) {
      const part = next * (depth + 1) * inverse[i + 1]!
      total += part
      next = weight[start + i]! - part * share * (depth - i)
    }
    return total
  }
  for (let i = depth - 1; i >= 0; i--) total += weight[start + i]! * inverse[depth - i]!
  return total * ((depth + 1) / zero)
}

function maxDepth(tree: Tree): number {
  if (tree.numLeaves === 1) return 0
  let most = 0
  const stack: [number, number][] = [[0, 1]]
  for (let top = stack.pop(); top !== undefined; top = stack.pop()) {
    const [node, depth] = top
    most = Math.max(most, depth)
    for (const child of [tree.leftChild[node]!, tree.rightChild[node]!]) if (child >= 0) stack.push([child, depth + 1])
  }
  return most
}

/** Mean of the leaf values over the training rows (LightGBM `Tree::ExpectedValue`). */
export function expectedValue(tree: Tree): number {
  if (tree.numLeaves === 1) return tree.leafValue[0]!
  const total = tree.internalCount[0]!
  let sum = 0
  for (let i = 0; i < tree.numLeaves; i++) sum += (tree.leafCount[i]! / total) * tree.leafValue[i]!
  return sum
}

/**
 * Contributions of every feature to the raw score.
 *
 * @param rows feature values; NaN is missing
 * @param range which iterations; all when absent
 * @returns `numRows × outputs × (features + 1)` values, last index fastest; the last column is the expected value, and a
 *   row's values sum to its raw score
 * @throws ModelError `E_MODEL_INPUT` for a wrong shape or a model without the training counts
 */
export function contributions(model: Model, rows: Rows, range: IterationRange = {}): Float64Array {
  checkModel(model)
  const numFeatures = model.featureNames.length
  const k = model.treesPerIteration
  const numRows = countRows(rows, numFeatures)
  const [first, last] = iterations(range, model.trees.length / k)
  const width = numFeatures + 1
  const result = new Float64Array(numRows * k * width)
  const trees = model.trees.slice(first * k, last * k)
  trees.forEach((tree, t) => {
    const counts = [...tree.internalCount, ...(tree.numLeaves > 1 ? tree.leafCount : [])]
    if (
      counts.length !== Math.max(0, 2 * tree.numLeaves - 1 - (tree.numLeaves === 1 ? 1 : 0)) ||
      !counts.every((c) => c > 0)
    )
      throw new ModelError(
        'E_MODEL_INPUT',
        `tree ${first * k + t}`,
        'SHAP values need positive counts of every node and leaf',
      )
  })
  const length = trees.reduce((most, tree) => Math.max(most, maxDepth(tree)), 0) + 2
  const size = (length * (length + 1)) / 2
  const path: Path = {
    feature: new Int32Array(size),
    zero: new Float64Array(size),
    one: new Float64Array(size),
    weight: new Float64Array(size),
    inverse: Float64Array.from({ length: length + 2 }, (_, i) => 1 / i),
  }
  const row = new Float64Array(numFeatures)
  for (let r = 0; r < numRows; r++) {
    for (let f = 0; f < numFeatures; f++)
      row[f] = 'data' in rows ? rows.data[r * numFeatures + f]! : rows.columns[f]![r]!
    trees.forEach((tree, t) => {
      const at = (r * k + (t % k)) * width
      result[at + numFeatures] = result[at + numFeatures]! + expectedValue(tree)
      if (tree.numLeaves > 1) visit(tree, row, result, at, path, 0, 0, 0, 1, 1, -1)
    })
  }
  return result
}

/** `Tree::TreeSHAP`. `parent` is where the parent's list starts, `depth` its length. */
function visit(
  tree: Tree,
  row: Float64Array,
  phi: Float64Array,
  at: number,
  path: Path,
  node: number,
  depth: number,
  parent: number,
  zero: number,
  one: number,
  feature: number,
): void {
  const start = parent + depth
  for (let i = 0; i < depth; i++) {
    path.feature[start + i] = path.feature[parent + i]!
    path.zero[start + i] = path.zero[parent + i]!
    path.one[start + i] = path.one[parent + i]!
    path.weight[start + i] = path.weight[parent + i]!
  }
  extend(path, start, depth, zero, one, feature)
  if (node < 0) {
    const value = tree.leafValue[~node]!
    for (let i = 1; i <= depth; i++) {
      const w = unwoundSum(path, start, depth, i)
      const to = at + path.feature[start + i]!
      phi[to] = phi[to]! + w * (path.one[start + i]! - path.zero[start + i]!) * value
    }
    return
  }
  const split = tree.splitFeature[node]!
  const hot = decide(tree, node, row[split]!)
  const cold = hot === tree.leftChild[node] ? tree.rightChild[node]! : tree.leftChild[node]!
  const total = tree.internalCount[node]!
  const hotZero = (hot >= 0 ? tree.internalCount[hot]! : tree.leafCount[~hot]!) / total
  const coldZero = (cold >= 0 ? tree.internalCount[cold]! : tree.leafCount[~cold]!) / total
  let inZero = 1
  let inOne = 1
  let length = depth
  // A feature that was split on before: that split is undone.
  let index = 0
  while (index <= depth && path.feature[start + index] !== split) index++
  if (index <= depth) {
    inZero = path.zero[start + index]!
    inOne = path.one[start + index]!
    unwind(path, start, depth, index)
    length--
  }
  visit(tree, row, phi, at, path, hot, length + 1, start, hotZero * inZero, inOne, split)
  visit(tree, row, phi, at, path, cold, length + 1, start, coldZero * inZero, 0, split)
}
