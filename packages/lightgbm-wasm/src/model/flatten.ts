/**
 * A model laid out for walking.
 *
 * Two ideas make a step of the walk `next = child + (value <= threshold ? 0 : 1)` for every numerical node:
 *
 * 1. **Slots.** What LightGBM's `Tree::NumericalDecision` does with a missing value depends only on the feature, the
 *    node's missing type and its default side. So each such combination in use is one slot, filled once per row: a value
 *    that counts as missing becomes -Infinity (`<=` every threshold: left) or NaN (`<=` none: right).
 * 2. **One pool.** Nodes and leaves of a tree stand breadth first with siblings side by side, 16 bytes each: the threshold
 *    (a leaf's value), the slot, the position of the left child. A leaf is its own left child and compares slot 0, which
 *    is always -Infinity, so that walks of several trees can go on in step until the last one has arrived.
 */
import { checkModel } from './check.js'
import { CATEGORICAL_BIT, DEFAULT_LEFT_BIT, MISSING, type Model } from './model.js'

/** LightGBM's `kZeroThreshold`: the float 1e-35f. Values this near zero are zero. */
export const ZERO_THRESHOLD = Math.fround(1e-35)

/** How a slot treats its feature's value. */
export const SLOT = { none: 0, nanLeft: 1, nanRight: 2, zeroLeft: 3, zeroRight: 4, category: 5 } as const

export interface FlatModel {
  readonly numFeatures: number
  readonly treesPerIteration: number
  readonly numTrees: number
  /** Feature and {@link SLOT} kind of each slot; slot 0 is the constant -Infinity. */
  readonly slotFeature: Int32Array
  readonly slotKind: Uint8Array
  /** Position of each tree's root, and behind them the end of the pool. */
  readonly roots: Int32Array
  /** `[2 n]`: threshold of node `n`, or value of leaf `n`. Shares its memory with {@link links}. */
  readonly values: Float64Array
  /** `[4 n + 2]`: slot of node `n`; `[4 n + 3]`: position of its left child, the right one follows. */
  readonly links: Int32Array
  /** LightGBM's index of the leaf at a position, -1 for nodes. */
  readonly leafIndex: Int32Array
  /** Whether the tree has categorical nodes. */
  readonly hasCategories: Uint8Array
  /** First word of a categorical node's bit set in {@link catWords}, -1 for other nodes; its length in words. */
  readonly catStart: Int32Array
  readonly catLength: Int32Array
  readonly catWords: Uint32Array
}

/** Lays a model out. @throws ModelError when the model is not consistent */
export function flatten(model: Model): FlatModel {
  checkModel(model)
  const slotOf = new Map<number, number>()
  const slotFeature = [0]
  const slotKind: number[] = [SLOT.none]
  const slot = (feature: number, kind: number): number => {
    const key = feature * 8 + kind
    let found = slotOf.get(key)
    if (found === undefined) {
      found = slotFeature.length
      slotFeature.push(feature)
      slotKind.push(kind)
      slotOf.set(key, found)
    }
    return found
  }
  const size = model.trees.reduce((sum, tree) => sum + 2 * tree.numLeaves - 1, 0)
  const pool = new ArrayBuffer(16 * size)
  const values = new Float64Array(pool)
  const links = new Int32Array(pool)
  const roots = new Int32Array(model.trees.length + 1)
  const leafIndex = new Int32Array(size).fill(-1)
  const hasCategories = new Uint8Array(model.trees.length)
  const catStart = new Int32Array(size).fill(-1)
  const catLength = new Int32Array(size)
  const catWords: number[] = []
  let end = 0
  model.trees.forEach((tree, t) => {
    roots[t] = end
    // `children[i]` is the original node (or `~leaf`) that goes to position `roots[t] + i`.
    const children = [tree.numLeaves === 1 ? -1 : 0]
    for (let i = 0; i < children.length; i++) {
      const position = roots[t]! + i
      const node = children[i]!
      if (node < 0) {
        values[2 * position] = tree.leafValue[~node]!
        links[4 * position + 3] = position
        leafIndex[position] = ~node
        continue
      }
      const type = tree.decisionType[node]!
      const missing = (type >> 2) & 3
      const left = (type & DEFAULT_LEFT_BIT) !== 0
      let kind: number = SLOT.none
      if ((type & CATEGORICAL_BIT) !== 0) {
        kind = SLOT.category
        hasCategories[t] = 1
        const set = tree.threshold[node]!
        catStart[position] = catWords.length
        catLength[position] = tree.catBoundaries[set + 1]! - tree.catBoundaries[set]!
        for (let w = tree.catBoundaries[set]!; w < tree.catBoundaries[set + 1]!; w++)
          catWords.push(tree.catThreshold[w]!)
      } else if (missing === MISSING.nan) kind = left ? SLOT.nanLeft : SLOT.nanRight
      else if (missing === MISSING.zero) kind = left ? SLOT.zeroLeft : SLOT.zeroRight
      values[2 * position] = tree.threshold[node]!
      links[4 * position + 2] = slot(tree.splitFeature[node]!, kind)
      links[4 * position + 3] = roots[t]! + children.length
      children.push(tree.leftChild[node]!, tree.rightChild[node]!)
    }
    end += children.length
  })
  roots[model.trees.length] = end
  return {
    numFeatures: model.featureNames.length,
    treesPerIteration: model.treesPerIteration,
    numTrees: model.trees.length,
    slotFeature: Int32Array.from(slotFeature),
    slotKind: Uint8Array.from(slotKind),
    roots,
    values,
    links,
    leafIndex,
    hasCategories,
    catStart,
    catLength,
    catWords: Uint32Array.from(catWords),
  }
}

/**
 * Fills one slot for `count` rows: `to[toStart + i] = slot value of from[fromStart + i * stride]`.
 *
 * A category becomes the whole number towards zero, or -1 (right) when it is missing, negative or beyond 31 bits, as
 * LightGBM's `static_cast<int>` gives it.
 */
export function fillSlot(
  kind: number,
  from: ArrayLike<number>,
  fromStart: number,
  stride: number,
  to: Float64Array,
  toStart: number,
  count: number,
): void {
  for (let i = 0, at = fromStart; i < count; i++, at += stride) to[toStart + i] = slotValue(kind, from[at]!)
}

/** The value a slot of this kind holds for the feature's value `x`. */
export function slotValue(kind: number, x: number): number {
  switch (kind) {
    case SLOT.none:
      return Number.isNaN(x) ? 0 : x
    case SLOT.nanLeft:
      return Number.isNaN(x) ? Number.NEGATIVE_INFINITY : x
    case SLOT.nanRight:
      return x
    case SLOT.zeroLeft:
      return Number.isNaN(x) || (x >= -ZERO_THRESHOLD && x <= ZERO_THRESHOLD) ? Number.NEGATIVE_INFINITY : x
    case SLOT.zeroRight:
      return x >= -ZERO_THRESHOLD && x <= ZERO_THRESHOLD ? Number.NaN : x
    default:
      return x > -1 && x < 2147483648 ? Math.trunc(x) : -1
  }
}
