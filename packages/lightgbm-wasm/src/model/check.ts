/** Checks that a tree is a tree, so that no walk of it can run out of its arrays or never end. */
import { ModelError } from './errors.js'
import { CATEGORICAL_BIT, type Model, type Tree } from './model.js'

/**
 * Throws {@link ModelError} unless every array has its stated length, every child, feature and bit set exists, and every
 * node and leaf hangs on the root exactly once.
 *
 * @param tree the tree
 * @param numFeatures features of the model
 * @param subject names the tree in the error, e.g. `tree 3`
 */
export function checkTree(tree: Tree, numFeatures: number, subject: string): void {
  const bad = (detail: string): never => {
    throw new ModelError('E_MODEL_TREE', subject, detail)
  }
  const { numLeaves } = tree
  if (!Number.isInteger(numLeaves) || numLeaves < 1) bad(`${numLeaves} leaves`)
  const nodes = numLeaves - 1
  const lengths: [string, number, number][] = [
    ['splitFeature', tree.splitFeature.length, nodes],
    ['threshold', tree.threshold.length, nodes],
    ['decisionType', tree.decisionType.length, nodes],
    ['leftChild', tree.leftChild.length, nodes],
    ['rightChild', tree.rightChild.length, nodes],
    ['leafValue', tree.leafValue.length, numLeaves],
  ]
  for (const [name, got, want] of lengths) {
    if (got !== want) throw new ModelError('E_MODEL_COUNT', subject, `${name} has ${got} entries instead of ${want}`)
  }
  for (let i = 0; i < numLeaves; i++) if (Number.isNaN(tree.leafValue[i])) bad(`the value of leaf ${i} is not a number`)
  if (nodes === 0) return
  // Each of the other nodes and the leaves must be the child of exactly one node; together with reaching all of them
  // from the root (a closed loop has parents too, but is not reached), that makes a tree.
  const seenNode = new Uint8Array(nodes)
  const seenLeaf = new Uint8Array(numLeaves)
  const stack = [0]
  seenNode[0] = 1
  let reached = 0
  while (stack.length > 0) {
    const node = stack.pop()!
    reached++
    const feature = tree.splitFeature[node]!
    if (feature < 0 || feature >= numFeatures) bad(`node ${node} splits on feature ${feature} of ${numFeatures}`)
    const threshold = tree.threshold[node]!
    if (Number.isNaN(threshold)) bad(`the threshold of node ${node} is not a number`)
    if (tree.decisionType[node]! >> 2 > 2) bad(`node ${node} has the unknown decision type ${tree.decisionType[node]}`)
    if ((tree.decisionType[node]! & CATEGORICAL_BIT) !== 0) {
      const from = tree.catBoundaries[threshold]
      const to = tree.catBoundaries[threshold + 1]
      if (from === undefined || to === undefined || from < 0 || to < from || to > tree.catThreshold.length)
        bad(`node ${node} names the category set ${threshold}, which is not there`)
    }
    for (const child of [tree.leftChild[node]!, tree.rightChild[node]!]) {
      if (child >= 0) {
        if (child >= nodes) bad(`node ${node} has the child ${child} of ${nodes} nodes`)
        if (seenNode[child]) bad(`node ${child} has two parents or is its own ancestor`)
        seenNode[child] = 1
        stack.push(child)
      } else {
        const leaf = ~child
        if (leaf >= numLeaves) bad(`node ${node} has the leaf ${leaf} of ${numLeaves}`)
        if (seenLeaf[leaf]) bad(`leaf ${leaf} has two parents`)
        seenLeaf[leaf] = 1
      }
    }
  }
  if (reached !== nodes) bad(`${nodes - reached} of ${nodes} nodes do not hang on the root`)
}

/** {@link checkTree} for every tree, and the counts of the model itself. */
export function checkModel(model: Model): void {
  const k = model.treesPerIteration
  if (!Number.isInteger(k) || k < 1 || model.trees.length % k !== 0)
    throw new ModelError('E_MODEL_COUNT', 'model', `${model.trees.length} trees with ${k} trees per iteration`)
  if (model.featureInfos.length !== model.featureNames.length)
    throw new ModelError(
      'E_MODEL_COUNT',
      'model',
      `${model.featureInfos.length} feature_infos for ${model.featureNames.length} features`,
    )
  for (let i = 0; i < model.trees.length; i++) checkTree(model.trees[i]!, model.featureNames.length, `tree ${i}`)
}
