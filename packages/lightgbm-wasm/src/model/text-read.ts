/**
 * Reading LightGBM's text model format, `version=v3` and `version=v4` (LightGBM 3.x and 4.x; the two differ in nothing read
 * here). A file is: a header of `key=value` lines ending in `tree_sizes` (bytes of each tree's text, from `Tree=` through
 * its two empty lines), the trees, `end of trees`, `feature_importances:`, and optionally `parameters:` … `end of
 * parameters` and what a caller appended (Python: `pandas_categorical:`).
 */
import { checkTree } from './check.js'
import { ModelError } from './errors.js'
import type { Model, Tree } from './model.js'

/** A file as lines, and where reading stands. Line numbers in errors count from 1. */
interface Lines {
  readonly lines: readonly string[]
  at: number
}

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i
const SPECIAL: Readonly<Record<string, number>> = {
  inf: Number.POSITIVE_INFINITY,
  '-inf': Number.NEGATIVE_INFINITY,
  nan: Number.NaN,
  '-nan': Number.NaN,
}

/** `key` → `value` and the line it stood on. */
type Entries = Map<string, { readonly value: string; readonly line: number }>

function real(token: string, key: string, line: number): number {
  if (NUMBER.test(token)) return Number(token)
  const special = SPECIAL[token]
  if (special === undefined)
    throw new ModelError('E_MODEL_FORMAT', key, `"${token.slice(0, 40)}" is not a number`, line)
  return special
}

function integer(entries: Entries, key: string, subject: string, line: number): number {
  const entry = entries.get(key)
  if (entry === undefined) throw new ModelError('E_MODEL_FORMAT', subject, `it has no ${key}`, line)
  if (!/^-?\d+$/.test(entry.value))
    throw new ModelError(
      'E_MODEL_FORMAT',
      subject,
      `${key}=${entry.value.slice(0, 40)} is not a whole number`,
      entry.line,
    )
  return Number(entry.value)
}

/** The numbers of one list. `count` entries are required; an absent optional list is all zeros. */
function list(entries: Entries, key: string, count: number, subject: string, line: number, optional = false): number[] {
  const entry = entries.get(key)
  if (entry === undefined) {
    if (optional) return new Array<number>(count).fill(0)
    throw new ModelError('E_MODEL_FORMAT', subject, `it has no ${key}`, line)
  }
  const tokens = entry.value === '' ? [] : entry.value.split(' ')
  if (tokens.length !== count)
    throw new ModelError(
      'E_MODEL_COUNT',
      subject,
      `${key} has ${tokens.length} entries instead of ${count}`,
      entry.line,
    )
  return tokens.map((token) => real(token, `${subject}: ${key}`, entry.line))
}

function whole(
  entries: Entries,
  key: string,
  count: number,
  subject: string,
  line: number,
  optional = false,
): number[] {
  const numbers = list(entries, key, count, subject, line, optional)
  for (const n of numbers) {
    if (!Number.isInteger(n))
      throw new ModelError('E_MODEL_FORMAT', subject, `${key} holds ${n}, not a whole number`, entries.get(key)!.line)
  }
  return numbers
}

function within(numbers: readonly number[], low: number, high: number, entries: Entries, key: string, subject: string) {
  for (const n of numbers) {
    if (n < low || n > high)
      throw new ModelError('E_MODEL_FORMAT', subject, `${key} holds ${n}, out of range`, entries.get(key)!.line)
  }
  return numbers
}

/** Reads `key=value` lines until an empty line (which it consumes) or the end. A line without `=` is a key alone. */
function readEntries(file: Lines): Entries {
  const entries: Entries = new Map()
  while (file.at < file.lines.length && file.lines[file.at] !== '') {
    const text = file.lines[file.at++]!
    const equals = text.indexOf('=')
    const key = equals < 0 ? text : text.slice(0, equals)
    if (entries.has(key)) throw new ModelError('E_MODEL_FORMAT', key, 'it stands here a second time', file.at)
    entries.set(key, { value: equals < 0 ? '' : text.slice(equals + 1), line: file.at })
  }
  return entries
}

const INT_MAX = 2 ** 31 - 1

function readTree(entries: Entries, numFeatures: number, subject: string, line: number): Tree {
  const linear = entries.get('is_linear')
  if (linear !== undefined && linear.value !== '0')
    throw new ModelError('E_MODEL_UNSUPPORTED', subject, 'linear trees (linear_tree=true)', linear.line)
  const numLeaves = integer(entries, 'num_leaves', subject, line)
  if (numLeaves < 1) throw new ModelError('E_MODEL_FORMAT', subject, `num_leaves=${numLeaves}`, line)
  const nodes = numLeaves - 1
  const numCat = entries.has('num_cat') ? integer(entries, 'num_cat', subject, line) : 0
  const nodeInts = (key: string) => {
    const numbers = whole(entries, key, nodes, subject, line)
    return Int32Array.from(within(numbers, -INT_MAX - 1, INT_MAX, entries, key, subject))
  }
  // A tree of one leaf may lack what describes splits; LightGBM itself writes its leaf_weight empty after reloading it.
  const stump = nodes === 0
  const optionalNodes = (key: string) => Float64Array.from(list(entries, key, nodes, subject, line, true))
  const optionalLeaves = (key: string) =>
    stump && entries.get(key)?.value === ''
      ? new Float64Array(0)
      : Float64Array.from(list(entries, key, numLeaves, subject, line, true))
  const decision = whole(entries, 'decision_type', nodes, subject, line, stump)
  const boundaries = numCat > 0 ? whole(entries, 'cat_boundaries', numCat + 1, subject, line) : []
  const words = numCat > 0 ? boundaries[numCat]! : 0
  const catThreshold = numCat > 0 ? whole(entries, 'cat_threshold', words, subject, line) : []
  const shrinkage = entries.get('shrinkage')
  const tree: Tree = {
    numLeaves,
    numCat,
    splitFeature: stump ? new Int32Array(0) : nodeInts('split_feature'),
    splitGain: optionalNodes('split_gain'),
    threshold: stump ? new Float64Array(0) : Float64Array.from(list(entries, 'threshold', nodes, subject, line)),
    decisionType: Uint8Array.from(within(decision, 0, 127, entries, 'decision_type', subject)),
    leftChild: stump ? new Int32Array(0) : nodeInts('left_child'),
    rightChild: stump ? new Int32Array(0) : nodeInts('right_child'),
    leafValue: Float64Array.from(list(entries, 'leaf_value', numLeaves, subject, line)),
    leafWeight: optionalLeaves('leaf_weight'),
    leafCount: optionalLeaves('leaf_count'),
    internalValue: optionalNodes('internal_value'),
    internalWeight: optionalNodes('internal_weight'),
    internalCount: optionalNodes('internal_count'),
    catBoundaries: Int32Array.from(within(boundaries, 0, INT_MAX, entries, 'cat_boundaries', subject)),
    catThreshold: Uint32Array.from(within(catThreshold, 0, 2 ** 32 - 1, entries, 'cat_threshold', subject)),
    shrinkage: shrinkage === undefined ? 1 : real(shrinkage.value, `${subject}: shrinkage`, shrinkage.line),
  }
  try {
    checkTree(tree, numFeatures, subject)
  } catch (error) {
    if (error instanceof ModelError) throw new ModelError(error.code, error.subject, error.detail, line)
    throw error
  }
  return tree
}

const KNOWN_HEADER = new Set([
  'tree',
  'version',
  'num_class',
  'num_tree_per_iteration',
  'label_index',
  'max_feature_idx',
  'objective',
  'average_output',
  'feature_names',
  'feature_infos',
  'tree_sizes',
])

/**
 * Reads a text model.
 *
 * @param text the whole file
 * @returns the model; unknown header lines are kept in `extraHeader`
 * @throws ModelError with the line number: `E_MODEL_FORMAT` (not such a file, a damaged value, a tree whose length is not
 *   the one `tree_sizes` states), `E_MODEL_TRUNCATED`, `E_MODEL_COUNT` (a list of the wrong length), `E_MODEL_TREE` (nodes
 *   that form no tree), `E_MODEL_UNSUPPORTED` (linear trees, other versions)
 */
export function readText(text: string): Model {
  const unix = text.includes('\r') ? text.replaceAll('\r\n', '\n') : text
  const file: Lines = { lines: unix.split('\n'), at: 0 }
  if (file.lines[0] !== 'tree')
    throw new ModelError(
      'E_MODEL_FORMAT',
      'model',
      `it starts with "${file.lines[0]!.slice(0, 40)}", not with "tree"`,
      1,
    )
  const header = readEntries(file)
  if (file.at >= file.lines.length)
    throw new ModelError('E_MODEL_TRUNCATED', 'header', 'no empty line ends the header', file.at)
  const version = header.get('version')
  if (version?.value !== 'v3' && version?.value !== 'v4')
    throw new ModelError(
      'E_MODEL_UNSUPPORTED',
      'version',
      `${version?.value ?? 'none'}, not v3 or v4`,
      version?.line ?? 1,
    )
  const numClass = integer(header, 'num_class', 'header', 1)
  const treesPerIteration = header.has('num_tree_per_iteration')
    ? integer(header, 'num_tree_per_iteration', 'header', 1)
    : numClass
  const labelIndex = integer(header, 'label_index', 'header', 1)
  const numFeatures = integer(header, 'max_feature_idx', 'header', 1) + 1
  const words = (key: string): string[] => {
    const entry = header.get(key)
    if (entry === undefined) throw new ModelError('E_MODEL_FORMAT', 'header', `it has no ${key}`, 1)
    const tokens = entry.value === '' ? [] : entry.value.split(' ')
    if (tokens.length !== numFeatures)
      throw new ModelError(
        'E_MODEL_COUNT',
        'header',
        `${key} has ${tokens.length} entries, not ${numFeatures}`,
        entry.line,
      )
    return tokens
  }
  const featureNames = words('feature_names')
  const featureInfos = words('feature_infos')
  const sizesEntry = header.get('tree_sizes')
  const sizeTokens = sizesEntry === undefined || sizesEntry.value === '' ? [] : sizesEntry.value.split(' ')
  const sizes = sizeTokens.map((s) => real(s, 'tree_sizes', sizesEntry!.line))
  const extraHeader: string[] = []
  for (const [key, { line }] of header) if (!KNOWN_HEADER.has(key)) extraHeader.push(file.lines[line - 1]!)

  const trees: Tree[] = []
  for (;;) {
    while (file.at < file.lines.length && file.lines[file.at] === '') file.at++
    const start = file.at
    const first = file.lines[start]
    if (first === undefined)
      throw new ModelError('E_MODEL_TRUNCATED', `tree ${trees.length}`, 'the file ends before "end of trees"', start)
    if (first === 'end of trees') break
    const subject = `tree ${trees.length}`
    if (first !== `Tree=${trees.length}`)
      throw new ModelError(
        'E_MODEL_FORMAT',
        subject,
        `"${first.slice(0, 40)}" instead of Tree=${trees.length}`,
        start + 1,
      )
    const entries = readEntries(file)
    if (file.at >= file.lines.length - 1)
      throw new ModelError('E_MODEL_TRUNCATED', subject, 'the file ends within it', file.lines.length)
    // The two empty lines after a tree belong to it.
    let bytes = file.lines[file.at] === '' && file.lines[file.at + 1] === '' ? 2 : 1
    for (let i = start; i < file.at; i++) bytes += file.lines[i]!.length + 1
    const tree = readTree(entries, numFeatures, subject, start + 1)
    const size = sizes[trees.length]
    if (sizesEntry !== undefined && size !== bytes)
      throw new ModelError(
        'E_MODEL_FORMAT',
        subject,
        size === undefined
          ? `tree_sizes names ${sizes.length} trees only`
          : `${bytes} bytes instead of the ${size} of tree_sizes: it was changed or damaged`,
        start + 1,
      )
    trees.push(tree)
  }
  if (sizesEntry !== undefined && sizes.length !== trees.length)
    throw new ModelError(
      'E_MODEL_COUNT',
      'model',
      `${trees.length} trees, but tree_sizes names ${sizes.length}`,
      sizesEntry.line,
    )
  if (treesPerIteration < 1 || trees.length % treesPerIteration !== 0)
    throw new ModelError(
      'E_MODEL_COUNT',
      'model',
      `${trees.length} trees with num_tree_per_iteration=${treesPerIteration}`,
      header.get('num_tree_per_iteration')?.line ?? 1,
    )
  return {
    trees,
    treesPerIteration,
    numClass,
    objective: header.get('objective')?.value ?? '',
    featureNames,
    featureInfos,
    averageOutput: header.has('average_output'),
    labelIndex,
    version: version.value,
    ...(extraHeader.length > 0 ? { extraHeader } : {}),
    ...readTail(file),
  }
}

/** The parameters block and what follows it. */
function readTail(file: Lines): { parameters: string; trailer: string } {
  const { lines } = file
  const start = lines.indexOf('parameters:', file.at)
  if (start < 0) {
    // After "end of trees": an empty line, the importances, their closing empty line, then a caller's own lines.
    let at = lines.indexOf('feature_importances:', file.at)
    if (at < 0) throw new ModelError('E_MODEL_TRUNCATED', 'feature_importances', 'the section is absent', lines.length)
    while (at < lines.length && lines[at] !== '') at++
    return { parameters: '', trailer: lines.slice(at + 1).join('\n') }
  }
  const end = lines.indexOf('end of parameters', start)
  if (end < 0) throw new ModelError('E_MODEL_TRUNCATED', 'parameters', 'no "end of parameters"', lines.length)
  // LightGBM closes the block with one empty line, which is not part of it.
  const last = lines[end - 1] === '' ? end - 1 : end
  return { parameters: lines.slice(start + 1, last).join('\n'), trailer: lines.slice(end + 1).join('\n') }
}
