/**
 * Export to ONNX (`ai.onnx.ml` operators `TreeEnsembleRegressor` and `TreeEnsembleClassifier`, opset 3; onnx.ai operator
 * pages). Input `X`: float32 `[rows, features]`.
 *
 * These operators hold float32 numbers. A threshold is rounded down to float32, so that every float32 input takes the path
 * it takes in the model; a double input must be rounded to float32 first, and may then take another. Leaf values are
 * rounded to float32 and summed in it: outputs agree to about 1e-6 of the sum of the leaf values' sizes.
 *
 * ONNX knows no zero-as-missing and no sets of categories. Such a node becomes a chain of `<=` nodes over the intervals
 * that go left and right, all of which lead to the same two children.
 */
import { checkModel } from './check.js'
import { ModelError } from './errors.js'
import { ZERO_THRESHOLD } from './flatten.js'
import { CATEGORICAL_BIT, DEFAULT_LEFT_BIT, MISSING, type Model, type Tree } from './model.js'
import { Message } from './protobuf.js'
import { previousFloat32 } from './xgboost.js'

/** The largest float32 not above `value`. */
export function floorFloat32(value: number): number {
  const rounded = Math.fround(value)
  return rounded > value ? previousFloat32(rounded) : rounded
}

/** Where a node sends float32 values: side `i % 2 === 0 ? first : other` up to `bounds[i]`; NaN as `nanLeft` says. */
interface Intervals {
  readonly bounds: readonly number[]
  readonly firstLeft: boolean
  readonly nanLeft: boolean
}

function intervals(tree: Tree, node: number): Intervals {
  const type = tree.decisionType[node]!
  const threshold = tree.threshold[node]!
  if ((type & CATEGORICAL_BIT) !== 0) return categoryIntervals(tree, threshold)
  const missing = (type >> 2) & 3
  const defaultLeft = (type & DEFAULT_LEFT_BIT) !== 0
  const bound = floorFloat32(threshold)
  if (missing === MISSING.none) return { bounds: [bound], firstLeft: true, nanLeft: 0 <= threshold }
  if (missing === MISSING.nan) return { bounds: [bound], firstLeft: true, nanLeft: defaultLeft }
  // Zero as missing: the interval around zero goes the default way whatever the threshold.
  const below = previousFloat32(-ZERO_THRESHOLD)
  let bounds: number[]
  if (defaultLeft) {
    if (bound < below) bounds = [bound, below, ZERO_THRESHOLD]
    else bounds = [Math.max(bound, ZERO_THRESHOLD)]
  } else if (bound > ZERO_THRESHOLD) bounds = [below, ZERO_THRESHOLD, bound]
  else bounds = [Math.min(bound, below)]
  return { bounds, firstLeft: true, nanLeft: defaultLeft }
}

/** Category `c` is every value in `[c, c + 1)` (the fraction is dropped), 0 also `(-1, 0)`; all else goes right. */
function categoryIntervals(tree: Tree, set: number): Intervals {
  const from = tree.catBoundaries[set]!
  const words = tree.catBoundaries[set + 1]! - from
  const has = (c: number) => c >= 0 && c < 32 * words && ((tree.catThreshold[from + (c >>> 5)]! >>> (c & 31)) & 1) === 1
  const bounds: number[] = []
  for (let c = 0; c <= 32 * words; c++) {
    if (has(c) === has(c - 1)) continue
    // The float32 numbers below 2^24 include every whole number; beyond, categories would merge.
    if (c > 2 ** 24)
      throw new ModelError('E_MODEL_UNSUPPORTED', 'ONNX', `category ${c} is beyond float32's whole numbers`)
    bounds.push(c === 0 ? -1 : previousFloat32(c))
  }
  // An empty set sends everything right: one bound with nothing to its left but what goes right anyway is not needed.
  return { bounds, firstLeft: false, nanLeft: false }
}

/** The node attributes of an ensemble. */
interface Nodes {
  readonly trees: number[]
  readonly ids: number[]
  readonly features: number[]
  readonly values: number[]
  readonly modes: string[]
  readonly trueIds: number[]
  readonly falseIds: number[]
  readonly missingTrue: number[]
  readonly leafTrees: number[]
  readonly leafIds: number[]
  readonly leafOutputs: number[]
  readonly leafWeights: number[]
}

function addTree(nodes: Nodes, tree: Tree, t: number, output: number, scale: number): void {
  // Id of a child's first node: the root is 0, then nodes and leaves in the order they are asked for.
  const ids = new Map<number, number>()
  const waiting: number[] = []
  let next = 0
  const idOf = (childNode: number): number => {
    let id = ids.get(childNode)
    if (id === undefined) {
      id = next
      // A node takes one id per bound of its chain.
      next += childNode < 0 ? 1 : Math.max(1, intervals(tree, childNode).bounds.length)
      ids.set(childNode, id)
      waiting.push(childNode)
    }
    return id
  }
  const push = (id: number, mode: string, feature: number, value: number, yes: number, no: number, nan: boolean) => {
    nodes.trees.push(t)
    nodes.ids.push(id)
    nodes.modes.push(mode)
    nodes.features.push(feature)
    nodes.values.push(value)
    nodes.trueIds.push(yes)
    nodes.falseIds.push(no)
    nodes.missingTrue.push(nan ? 1 : 0)
  }
  idOf(tree.numLeaves === 1 ? -1 : 0)
  for (let i = 0; i < waiting.length; i++) {
    const node = waiting[i]!
    const id = ids.get(node)!
    if (node < 0) {
      push(id, 'LEAF', 0, 0, 0, 0, false)
      nodes.leafTrees.push(t)
      nodes.leafIds.push(id)
      nodes.leafOutputs.push(output)
      nodes.leafWeights.push(Math.fround(scale * tree.leafValue[~node]!))
      continue
    }
    const { bounds, firstLeft, nanLeft } = intervals(tree, node)
    const left = idOf(tree.leftChild[node]!)
    const right = idOf(tree.rightChild[node]!)
    const feature = tree.splitFeature[node]!
    if (bounds.length === 0) {
      // Nothing goes left.
      push(id, 'BRANCH_LEQ', feature, Number.NEGATIVE_INFINITY, right, right, true)
      continue
    }
    // NaN goes with the first interval from every link of the chain, or with the last one.
    const nanFirst = nanLeft === firstLeft
    for (let b = 0; b < bounds.length; b++) {
      const side = (b % 2 === 0) === firstLeft ? left : right
      const rest = (b % 2 === 0) === firstLeft ? right : left
      push(id + b, 'BRANCH_LEQ', feature, bounds[b]!, side, b === bounds.length - 1 ? rest : id + b + 1, nanFirst)
    }
  }
}

const FLOAT = 1
const attribute = (name: string, type: number) => new Message().string(1, name).int(20, type)
const ints = (name: string, values: readonly number[]) => attribute(name, 7).ints(8, values)
const floats = (name: string, values: readonly number[]) => attribute(name, 6).floats(7, values)
const text = (name: string, value: string) => attribute(name, 3).string(4, value)
function strings(name: string, values: readonly string[]): Message {
  const message = attribute(name, 8)
  for (const value of values) message.string(9, value)
  return message
}

function operator(type: string, inputs: string[], outputs: string[], attributes: Message[] = [], domain = ''): Message {
  const message = new Message()
  for (const input of inputs) message.string(1, input)
  for (const output of outputs) message.string(2, output)
  message.string(3, `${type}_${outputs[0]}`).string(4, type)
  for (const a of attributes) message.message(5, a)
  return domain === '' ? message : message.string(7, domain)
}

function tensorInfo(name: string, elementType: number, width: number | undefined): Message {
  const shape = new Message().message(1, new Message().string(2, 'N'))
  if (width !== undefined) shape.message(1, new Message().int(1, width))
  const tensor = new Message().int(1, elementType).message(2, shape)
  return new Message().string(1, name).message(2, new Message().message(1, tensor))
}

/** What follows the sum of trees: classifier or not, and operators on a regressor's output. */
interface Shape {
  readonly classifier: boolean
  readonly postTransform: string
  /** Raw scores are multiplied by this (LightGBM's `sigmoid`). */
  readonly scale: number
  readonly after: readonly string[]
}

function shapeOf(objective: string): Shape {
  const [name, ...rest] = objective.split(' ')
  const sigmoid = Number(rest.find((token) => token.startsWith('sigmoid:'))?.slice(8) ?? 1)
  const plain = { classifier: false, postTransform: 'NONE', scale: 1 }
  switch (name) {
    case 'binary':
    case 'multiclassova':
      return { classifier: true, postTransform: 'LOGISTIC', scale: sigmoid, after: [] }
    case 'multiclass':
      return { classifier: true, postTransform: 'SOFTMAX', scale: 1, after: [] }
    case 'cross_entropy':
      return { ...plain, after: ['Sigmoid'] }
    case 'cross_entropy_lambda':
      return { ...plain, after: ['Softplus'] }
    case 'poisson':
    case 'gamma':
    case 'tweedie':
      return { ...plain, after: ['Exp'] }
    default:
      return { ...plain, after: rest.includes('sqrt') ? ['SignedSquare'] : [] }
  }
}

/**
 * The model as an ONNX file.
 *
 * Regressors have the output `variable` (`[rows, outputs]`), classifiers `label` (int64) and `probabilities`
 * (`[rows, classes]`; two columns for `binary`).
 *
 * @returns the bytes of the file
 * @throws ModelError when the model is not consistent, or a category is beyond 2^24
 */
export function writeOnnx(model: Model): Uint8Array {
  checkModel(model)
  const k = model.treesPerIteration
  const shape = shapeOf(model.objective)
  const scale = shape.scale / (model.averageOutput ? Math.max(1, model.trees.length / k) : 1)
  const nodes: Nodes = {
    trees: [],
    ids: [],
    features: [],
    values: [],
    modes: [],
    trueIds: [],
    falseIds: [],
    missingTrue: [],
    leafTrees: [],
    leafIds: [],
    leafOutputs: [],
    leafWeights: [],
  }
  model.trees.forEach((tree, t) => {
    addTree(nodes, tree, t, t % k, scale)
  })
  const kind = shape.classifier ? 'class' : 'target'
  const attributes = [
    ints('nodes_treeids', nodes.trees),
    ints('nodes_nodeids', nodes.ids),
    ints('nodes_featureids', nodes.features),
    floats('nodes_values', nodes.values),
    strings('nodes_modes', nodes.modes),
    ints('nodes_truenodeids', nodes.trueIds),
    ints('nodes_falsenodeids', nodes.falseIds),
    ints('nodes_missing_value_tracks_true', nodes.missingTrue),
    ints(`${kind}_treeids`, nodes.leafTrees),
    ints(`${kind}_nodeids`, nodes.leafIds),
    ints(`${kind}_ids`, nodes.leafOutputs),
    floats(`${kind}_weights`, nodes.leafWeights),
    text('post_transform', shape.postTransform),
  ]
  const graph = new Message()
  const domain = 'ai.onnx.ml'
  if (shape.classifier) {
    const classes = Math.max(2, k)
    attributes.push(
      ints(
        'classlabels_int64s',
        Array.from({ length: classes }, (_, i) => i),
      ),
    )
    graph.message(1, operator('TreeEnsembleClassifier', ['X'], ['label', 'probabilities'], attributes, domain))
    graph.string(2, 'trees').message(11, tensorInfo('X', FLOAT, model.featureNames.length))
    graph.message(12, tensorInfo('label', 7, undefined)).message(12, tensorInfo('probabilities', FLOAT, classes))
  } else {
    attributes.push(attribute('n_targets', 2).int(3, k))
    const [after] = shape.after
    const raw = after === undefined ? 'variable' : 'raw'
    graph.message(1, operator('TreeEnsembleRegressor', ['X'], [raw], attributes, domain))
    if (after === 'SignedSquare') {
      graph.message(1, operator('Abs', [raw], ['size']))
      graph.message(1, operator('Mul', [raw, 'size'], ['variable']))
    } else if (after !== undefined) graph.message(1, operator(after, [raw], ['variable']))
    graph.string(2, 'trees').message(11, tensorInfo('X', FLOAT, model.featureNames.length))
    graph.message(12, tensorInfo('variable', FLOAT, k))
  }
  const opset = (name: string, version: number) => new Message().string(1, name).int(2, version)
  return new Message()
    .int(1, 8)
    .string(2, 'lightgbm-wasm')
    .message(7, graph)
    .message(8, opset('', 15))
    .message(8, opset(domain, 3))
    .finish()
}
