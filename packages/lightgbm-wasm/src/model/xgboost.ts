/**
 * Reads XGBoost's JSON models (`Booster.save_model('….json')`, written and tried with 3.2.0).
 *
 * What differs from LightGBM, and how it is mapped:
 * - XGBoost rounds a value to float32 and goes left when it is `< condition`. The threshold here is the largest double that
 *   rounds to a float32 below the condition, so that `value <= threshold` decides the same for every double.
 * - A missing value (NaN) goes the node's default way: missing type NaN.
 * - XGBoost sends a category of the node's set right, LightGBM left: the children of a categorical node are swapped.
 * - The base score becomes part of the leaf values of the first iteration.
 * - Trees of a boosted forest (`num_parallel_tree`) become iterations of their own; dart weights are multiplied in.
 * - Counts are XGBoost's covers (sums of hessians), which is what its own SHAP values use.
 * Predictions then equal XGBoost's up to its float32 sums.
 */
import { checkModel } from './check.js'
import { ModelError } from './errors.js'
import { CATEGORICAL_BIT, DEFAULT_LEFT_BIT, MISSING, type Model, type Tree } from './model.js'

type Json = Readonly<Record<string, unknown>>

const bad = (subject: string, detail: string): never => {
  throw new ModelError('E_MODEL_FORMAT', subject, detail)
}
const unsupported = (detail: string): never => {
  throw new ModelError('E_MODEL_UNSUPPORTED', 'XGBoost model', detail)
}

function object(value: unknown, subject: string): Json {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) bad(subject, 'it is not an object')
  return value as Json
}
const child = (parent: Json, key: string, subject: string): Json => object(parent[key], `${subject}.${key}`)

/** A list of numbers (booleans count as 0 and 1). */
function numbers(parent: Json, key: string, subject: string): number[] {
  const list = parent[key]
  if (!Array.isArray(list)) bad(subject, `it has no list ${key}`)
  return (list as unknown[]).map((x) => {
    const n = typeof x === 'boolean' ? Number(x) : x
    if (typeof n !== 'number') bad(subject, `${key} holds ${String(x)}`)
    return n as number
  })
}

function number(text: unknown, subject: string): number {
  const n = Number(text)
  if (text === undefined || text === '' || !Number.isFinite(n)) bad(subject, `${String(text)} is not a number`)
  return n
}

const f32 = new Float32Array(1)
const u32 = new Uint32Array(f32.buffer)

/** The next float32 below a float32. */
export function previousFloat32(value: number): number {
  if (value === Number.NEGATIVE_INFINITY) return value
  f32[0] = value === 0 ? 0 : value
  if (f32[0] === 0) return -(2 ** -149)
  u32[0] = f32[0] > 0 ? u32[0]! - 1 : u32[0]! + 1
  return f32[0]
}

const f64 = new Float64Array(1)
const u64 = new BigUint64Array(f64.buffer)

/** The largest double that rounds to a float32 below `condition` (itself a float32 above -Infinity). */
export function thresholdBelow(condition: number): number {
  if (condition === Number.NEGATIVE_INFINITY) return condition
  // For rounding, the infinities of float32 stand at 2^128. Half way is exact in double and rounds to the even neighbour.
  const middle = (Math.max(previousFloat32(condition), -(2 ** 128)) + Math.min(condition, 2 ** 128)) / 2
  if (Math.fround(middle) < condition) return middle
  f64[0] = middle
  u64[0] = middle > 0 ? u64[0]! - 1n : u64[0]! + 1n
  return f64[0]
}

/** LightGBM objective line, and the raw score of a base score; XGBoost's objectives of the same output. */
function objective(name: string, numClass: number): { line: string; margin: (base: number) => number } {
  const same = (line: string) => ({ line, margin: (base: number) => base })
  const logit = (line: string) => ({ line, margin: (base: number) => -Math.log(1 / base - 1) })
  switch (name) {
    case 'reg:squarederror':
    case 'reg:linear':
    case 'reg:squaredlogerror':
    case 'binary:logitraw':
      return name === 'binary:logitraw' ? logit('regression') : same('regression')
    case 'reg:absoluteerror':
      return same('regression_l1')
    case 'reg:pseudohubererror':
      return same('huber')
    case 'reg:quantileerror':
      return same('quantile')
    case 'reg:logistic':
      return logit('cross_entropy')
    case 'binary:logistic':
      return logit('binary sigmoid:1')
    case 'multi:softprob':
    case 'multi:softmax':
      return same(`multiclass num_class:${numClass}`)
    case 'count:poisson':
      return { line: 'poisson', margin: Math.log }
    case 'reg:gamma':
      return { line: 'gamma', margin: Math.log }
    case 'reg:tweedie':
      return { line: 'tweedie', margin: Math.log }
    case 'rank:pairwise':
    case 'rank:ndcg':
    case 'rank:map':
      return same('lambdarank')
    default:
      return unsupported(`objective ${name}`)
  }
}

/** One tree; leaf values are multiplied by `weight`. */
function readTree(json: Json, subject: string, weight: number): Tree {
  const lefts = numbers(json, 'left_children', subject)
  const rights = numbers(json, 'right_children', subject)
  const features = numbers(json, 'split_indices', subject)
  const conditions = numbers(json, 'split_conditions', subject)
  const defaultLeft = numbers(json, 'default_left', subject)
  const gains = numbers(json, 'loss_changes', subject)
  const covers = numbers(json, 'sum_hessian', subject)
  const values = numbers(json, 'base_weights', subject)
  const types = json.split_type === undefined ? lefts.map(() => 0) : numbers(json, 'split_type', subject)
  for (const list of [rights, features, conditions, defaultLeft, gains, covers, values, types]) {
    if (list.length !== lefts.length || list.length === 0)
      throw new ModelError('E_MODEL_COUNT', subject, `lists of ${lefts.length} and ${list.length} nodes`)
  }
  const sets = readCategories(json, subject)
  // Nodes in order of first sight from the root: deleted nodes are left out.
  const nodes: number[] = []
  const leaves: number[] = []
  const place = new Map<number, number>()
  const visit = [0]
  for (let at = visit.pop(); at !== undefined; at = visit.pop()) {
    if (place.has(at) || at >= lefts.length || at < 0)
      throw new ModelError('E_MODEL_TREE', subject, `node ${at} has two parents or is not there`)
    if (lefts[at] === -1) {
      place.set(at, ~leaves.length)
      leaves.push(at)
    } else {
      place.set(at, nodes.length)
      nodes.push(at)
      visit.push(rights[at]!, lefts[at]!)
    }
  }
  const catBoundaries = [0]
  const catThreshold: number[] = []
  const threshold = nodes.map((node) => {
    if (types[node] !== 1) return thresholdBelow(Math.fround(conditions[node]!))
    const set = sets.get(node) ?? []
    if (!defaultLeft[node])
      unsupported(`${subject}: node ${node} sends missing categories with its set; LightGBM's sets cannot`)
    const bits = new Uint32Array(set.length === 0 ? 1 : (Math.max(...set) >>> 5) + 1)
    for (const category of set) bits[category >>> 5] = bits[category >>> 5]! | (1 << (category & 31))
    catThreshold.push(...bits)
    catBoundaries.push(catThreshold.length)
    return catBoundaries.length - 2
  })
  const numCat = catBoundaries.length - 1
  const is = (node: number) => types[node] === 1
  const of = (list: readonly number[], ids: readonly number[]) => Float64Array.from(ids, (id) => list[id]!)
  return {
    numLeaves: leaves.length,
    numCat,
    splitFeature: Int32Array.from(nodes, (id) => features[id]!),
    splitGain: of(gains, nodes),
    threshold: Float64Array.from(threshold),
    decisionType: Uint8Array.from(nodes, (id) =>
      is(id) ? CATEGORICAL_BIT | (MISSING.nan << 2) : (MISSING.nan << 2) | (defaultLeft[id] ? DEFAULT_LEFT_BIT : 0),
    ),
    leftChild: Int32Array.from(nodes, (id) => place.get(is(id) ? rights[id]! : lefts[id]!)!),
    rightChild: Int32Array.from(nodes, (id) => place.get(is(id) ? lefts[id]! : rights[id]!)!),
    leafValue: Float64Array.from(leaves, (id) => weight * Math.fround(conditions[id]!)),
    leafWeight: of(covers, leaves),
    leafCount: of(covers, leaves),
    internalValue: of(values, nodes),
    internalWeight: of(covers, nodes),
    internalCount: of(covers, nodes),
    catBoundaries: Int32Array.from(numCat > 0 ? catBoundaries : []),
    catThreshold: Uint32Array.from(catThreshold),
    shrinkage: 1,
  }
}

/** Categories of each categorical node. */
function readCategories(json: Json, subject: string): Map<number, number[]> {
  const sets = new Map<number, number[]>()
  if (json.categories_nodes === undefined) return sets
  const all = numbers(json, 'categories', subject)
  const segments = numbers(json, 'categories_segments', subject)
  const sizes = numbers(json, 'categories_sizes', subject)
  numbers(json, 'categories_nodes', subject).forEach((node, i) => {
    const set = all.slice(segments[i]!, segments[i]! + sizes[i]!)
    if (set.length !== sizes[i] || set.some((c) => !Number.isInteger(c) || c < 0 || c >= 2 ** 24))
      bad(subject, `the categories of node ${node} are damaged`)
    sets.set(node, set)
  })
  return sets
}

/** `base_score`: one number, or (since 3.1) a list of one per output, as text. */
function baseScores(text: unknown, k: number): number[] {
  const list = String(text)
    .replace(/^\[|\]$/g, '')
    .split(',')
    .map((t) => number(t.trim(), 'base_score'))
  if (list.length === 1) return new Array<number>(k).fill(list[0]!)
  if (list.length !== k) bad('base_score', `${list.length} values for ${k} outputs`)
  return list
}

/**
 * Reads an XGBoost JSON model of booster `gbtree` or `dart`.
 *
 * `multi:softmax` predicts the probabilities of `multi:softprob` here, not the label. Features without a name are `f0`,
 * `f1` …; their `feature_infos` are `none` (XGBoost does not keep their ranges).
 *
 * @param text the whole file
 * @throws ModelError `E_MODEL_FORMAT`, `E_MODEL_COUNT`, `E_MODEL_TREE` for a damaged file; `E_MODEL_UNSUPPORTED` for
 *   `gblinear`, vector leaves, several targets, objectives LightGBM has no counterpart for, and categorical nodes whose
 *   default direction is that of their set
 */
export function readXgboost(text: string): Model {
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch (error) {
    throw new ModelError('E_MODEL_FORMAT', 'XGBoost model', `not JSON: ${(error as Error).message}`)
  }
  const learner = child(object(parsed, 'XGBoost model'), 'learner', 'model')
  const parameters = child(learner, 'learner_model_param', 'learner')
  const booster = child(learner, 'gradient_booster', 'learner')
  const dart = booster.name === 'dart'
  if (!dart && booster.name !== 'gbtree') unsupported(`booster ${String(booster.name)}`)
  const content = child(dart ? child(booster, 'gbtree', 'dart') : booster, 'model', 'gradient_booster')
  if (number(parameters.num_target ?? 1, 'num_target') > 1) unsupported('several targets')
  const k = Math.max(1, number(parameters.num_class, 'num_class'))
  const name = String(child(learner, 'objective', 'learner').name)
  const { line, margin } = objective(name, k)
  const numFeatures = number(parameters.num_feature, 'num_feature')
  const info = numbers(content, 'tree_info', 'model')
  const jsonTrees = content.trees
  if (!Array.isArray(jsonTrees) || jsonTrees.length !== info.length)
    throw new ModelError('E_MODEL_COUNT', 'model', `tree_info names ${info.length} trees`)
  const weights = dart ? numbers(booster, 'weight_drop', 'dart') : info.map(() => 1)
  const perOutput: Tree[][] = Array.from({ length: k }, () => [])
  jsonTrees.forEach((value: unknown, t) => {
    const subject = `tree ${t}`
    const json = object(value, subject)
    if (number(child(json, 'tree_param', subject).size_leaf_vector ?? 1, subject) > 1) unsupported('vector leaves')
    const output = perOutput[info[t]!]
    if (output === undefined) throw new ModelError('E_MODEL_COUNT', subject, `output ${info[t]} of ${k}`)
    output.push(readTree(json, subject, weights[t]!))
  })
  const rounds = perOutput[0]!.length
  if (perOutput.some((list) => list.length !== rounds))
    throw new ModelError('E_MODEL_COUNT', 'model', 'outputs have different numbers of trees')
  baseScores(parameters.base_score, k).forEach((base, c) => {
    const bias = margin(base)
    if (!Number.isFinite(bias)) bad('base_score', `${base} is impossible with ${name}`)
    const first = perOutput[c]![0]
    if (first === undefined) perOutput[c]!.push(constantTree(bias))
    else for (let i = 0; i < first.numLeaves; i++) first.leafValue[i] = first.leafValue[i]! + bias
  })
  const trees: Tree[] = []
  for (let i = 0; i < perOutput[0]!.length; i++) for (const list of perOutput) trees.push(list[i]!)
  const names = Array.isArray(learner.feature_names) ? learner.feature_names.map(String) : []
  if (names.length !== 0 && names.length !== numFeatures)
    throw new ModelError('E_MODEL_COUNT', 'feature_names', `${names.length} names for ${numFeatures} features`)
  const model: Model = {
    trees,
    treesPerIteration: k,
    numClass: k,
    objective: line,
    featureNames: names.length > 0 ? names : Array.from({ length: numFeatures }, (_, i) => `f${i}`),
    featureInfos: new Array<string>(numFeatures).fill('none'),
    averageOutput: false,
    labelIndex: 0,
    parameters: '',
  }
  checkModel(model)
  return model
}

function constantTree(value: number): Tree {
  const none = new Float64Array(0)
  const noInts = new Int32Array(0)
  return {
    numLeaves: 1,
    numCat: 0,
    splitFeature: noInts,
    splitGain: none,
    threshold: none,
    decisionType: new Uint8Array(0),
    leftChild: noInts,
    rightChild: noInts,
    leafValue: Float64Array.of(value),
    leafWeight: new Float64Array(1),
    leafCount: new Float64Array(1),
    internalValue: none,
    internalWeight: none,
    internalCount: none,
    catBoundaries: noInts,
    catThreshold: new Uint32Array(0),
    shrinkage: 1,
  }
}
