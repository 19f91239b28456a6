/**
 * The compiled predictor: a {@link Model} laid out in a WebAssembly memory ({@link flatten}) and walked by the kernel of
 * `predict.as`. Raw scores are bit-identical to LightGBM's: the same decisions, leaf values added in the order of trees.
 *
 * A single row walks eight trees in step; many rows go through one tree at a time, block by block, as lists of rows.
 */
import { ModelError } from './errors.js'
import { fillSlot, flatten, slotValue } from './flatten.js'
import { countRows, type IterationRange, iterations, type Rows, type Values } from './input.js'
import type { Model } from './model.js'
import { outputTransform } from './objective.js'
import { PREDICT_KERNEL } from './predict-kernel.js'

export interface RowOptions extends IterationRange {
  /** Raw score instead of the prediction. */
  readonly raw?: boolean
  /** Where to put the `numOutputs` values; a new array when absent. */
  readonly out?: Float64Array
}

/** A model ready to predict. It keeps its own scratch memory, so one predictor serves one caller at a time. */
export interface Predictor {
  readonly numFeatures: number
  /** Values per row: 1, or the number of classes. */
  readonly numOutputs: number
  readonly numIterations: number
  /** Predicts one row of `numFeatures` values. */
  row(values: Values, options?: RowOptions): Float64Array
  /** Raw scores, `numRows * numOutputs`, row by row. As in LightGBM a sum of trees also for a random forest. */
  raw(rows: Rows, range?: IterationRange): Float64Array
  /** Predictions in the objective's units (probabilities, counts …), `numRows * numOutputs`, row by row. */
  predict(rows: Rows, range?: IterationRange): Float64Array
  /** Leaf index per tree of the range, `numRows * trees`, row by row. */
  leaves(rows: Rows, range?: IterationRange): Int32Array
}

/** The kernel's functions; see predict.as. Every number is an address in bytes, a tree or a count. */
interface Kernel {
  walkRow(
    pool: number,
    cats: number,
    slots: number,
    roots: number,
    plain: number,
    from: number,
    to: number,
    positions: number,
  ): void
  addRow(pool: number, positions: number, from: number, to: number, k: number, out: number): void
  addBlock(
    pool: number,
    cats: number,
    columns: number,
    stride: number,
    roots: number,
    from: number,
    to: number,
    k: number,
    count: number,
    iota: number,
    even: number,
    odd: number,
    stack: number,
    out: number,
  ): void
}

// TypeScript's ES library has no WebAssembly; this is the part used.
interface WasmNamespace {
  readonly Module: new (bytes: Uint8Array) => object
  readonly Instance: new (module: object, imports: object) => { readonly exports: unknown }
  readonly Memory: new (options: { initial: number }) => { readonly buffer: ArrayBuffer }
}

let kernelModule: object | undefined

/** Rows per block: 64 cache lines per column. */
const BLOCK = 512
/** Bytes that a block's columns may take, so that models with very many features stay small. */
const BLOCK_BYTES = 1 << 24
/** Fewer rows than this go one by one: lists of few rows do not pay for visiting every node (measured). */
const FEW_ROWS = 96

/**
 * Compiles a model.
 *
 * @throws ModelError when the model is not consistent, or its objective is unknown
 */
export function compile(model: Model): Predictor {
  const flat = flatten(model)
  const transform = outputTransform(model.objective)
  const { numFeatures, numTrees, treesPerIteration: k } = flat
  const numIterations = numTrees / k
  const numSlots = flat.slotFeature.length
  const block = Math.max(64, Math.min(BLOCK, Math.floor(BLOCK_BYTES / 8 / numSlots)))
  const stride = 8 * block
  const maxLeaves = model.trees.reduce((most, tree) => Math.max(most, tree.numLeaves), 1)

  let bytes = 0
  const place = (size: number): number => {
    const at = bytes
    bytes += Math.ceil(size / 64) * 64
    return at
  }
  const at = {
    pool: place(flat.values.byteLength),
    cats: place(flat.catWords.byteLength + 4),
    roots: place(4 * numTrees),
    plain: place(4 * numTrees),
    slots: place(8 * numSlots),
    positions: place(4 * numTrees),
    rowOut: place(8 * k),
    iota: place(2 * block),
    even: place(2 * block),
    odd: place(2 * block),
    stack: place(16 * maxLeaves),
    out: place(stride * k),
    columns: place(stride * numSlots),
  }
  const wasm = (globalThis as unknown as { readonly WebAssembly: WasmNamespace }).WebAssembly
  const memory = new wasm.Memory({ initial: Math.max(1, Math.ceil(bytes / 65536)) })
  const { buffer } = memory
  kernelModule ??= new wasm.Module(Uint8Array.from(atob(PREDICT_KERNEL), (c) => c.charCodeAt(0)))
  const kernel = new wasm.Instance(kernelModule, { env: { memory } }).exports as Kernel

  new Float64Array(buffer, at.pool, flat.values.length).set(flat.values)
  new Uint32Array(buffer, at.cats, flat.catWords.length).set(flat.catWords)
  new Int32Array(buffer, at.roots, numTrees).set(flat.roots.subarray(0, numTrees))
  const links = new Int32Array(buffer, at.pool, flat.links.length)
  flat.catStart.forEach((start, position) => {
    if (start < 0) return
    links[4 * position] = start
    links[4 * position + 1] = flat.catLength[position]!
    links[4 * position + 2] = ~flat.links[4 * position + 2]!
  })
  // How many trees without categorical nodes follow, this one included.
  const plain = new Int32Array(buffer, at.plain, numTrees)
  for (let t = numTrees - 1; t >= 0; t--) plain[t] = flat.hasCategories[t] ? 0 : 1 + (plain[t + 1] ?? 0)
  new Uint16Array(buffer, at.iota, block).forEach((_, i, iota) => {
    iota[i] = i
  })
  const slots = new Float64Array(buffer, at.slots, numSlots)
  const positions = new Int32Array(buffer, at.positions, numTrees)
  const rowOut = new Float64Array(buffer, at.rowOut, k)
  const blockOut = new Float64Array(buffer, at.out, block * k)
  const columns = new Float64Array(buffer, at.columns, block * numSlots)
  slots[0] = Number.NEGATIVE_INFINITY
  columns.fill(Number.NEGATIVE_INFINITY, 0, block)
  const { slotFeature, slotKind } = flat

  /** Walks the trees `from <= t < to` for the row in `slots`. */
  const walk = (from: number, to: number): void =>
    kernel.walkRow(at.pool, at.cats, at.slots, at.roots, at.plain, from, to, at.positions)

  const fillRow = (values: Values, offset: number): void => {
    for (let s = 1; s < numSlots; s++) slots[s] = slotValue(slotKind[s]!, values[offset + slotFeature[s]!]!)
  }
  const fillRowOf = (rows: Rows, r: number): void => {
    if ('data' in rows) fillRow(rows.data, r * numFeatures)
    else for (let s = 1; s < numSlots; s++) slots[s] = slotValue(slotKind[s]!, rows.columns[slotFeature[s]!]![r]!)
  }

  const finish = (scores: Float64Array, used: number): Float64Array => {
    if (model.averageOutput && used > 0) for (let i = 0; i < scores.length; i++) scores[i] = scores[i]! / used
    if (transform !== undefined) for (let i = 0; i < scores.length; i += k) transform(scores, i, k)
    return scores
  }

  const raw = (rows: Rows, range: IterationRange = {}): Float64Array => {
    const numRows = countRows(rows, numFeatures)
    const [first, last] = iterations(range, numIterations)
    const scores = new Float64Array(numRows * k)
    if (numRows < FEW_ROWS) {
      for (let r = 0; r < numRows; r++) {
        fillRowOf(rows, r)
        walk(first * k, last * k)
        rowOut.fill(0)
        kernel.addRow(at.pool, at.positions, first * k, last * k, k, at.rowOut)
        scores.set(rowOut, r * k)
      }
      return scores
    }
    for (let start = 0; start < numRows; start += block) {
      const count = Math.min(block, numRows - start)
      for (let s = 1; s < numSlots; s++) {
        const feature = slotFeature[s]!
        if ('data' in rows)
          fillSlot(slotKind[s]!, rows.data, start * numFeatures + feature, numFeatures, columns, s * block, count)
        else fillSlot(slotKind[s]!, rows.columns[feature]!, start, 1, columns, s * block, count)
      }
      blockOut.fill(0)
      kernel.addBlock(
        at.pool,
        at.cats,
        at.columns,
        stride,
        at.roots,
        first * k,
        last * k,
        k,
        count,
        at.iota,
        at.even,
        at.odd,
        at.stack,
        at.out,
      )
      for (let c = 0; c < k; c++) {
        for (let r = 0; r < count; r++) scores[(start + r) * k + c] = blockOut[c * block + r]!
      }
    }
    return scores
  }

  return {
    numFeatures,
    numOutputs: k,
    numIterations,
    raw,
    predict: (rows, range = {}) => {
      const [first, last] = iterations(range, numIterations)
      return finish(raw(rows, range), last - first)
    },
    row: (values, options = {}) => {
      if (values.length !== numFeatures)
        throw new ModelError(
          'E_MODEL_INPUT',
          'row',
          `${values.length} values, but the model has ${numFeatures} features`,
        )
      const { out = new Float64Array(k) } = options
      if (out.length !== k) throw new ModelError('E_MODEL_INPUT', 'out', `${out.length} places for ${k} outputs`)
      const [first, last] = iterations(options, numIterations)
      fillRow(values, 0)
      walk(first * k, last * k)
      rowOut.fill(0)
      kernel.addRow(at.pool, at.positions, first * k, last * k, k, at.rowOut)
      out.set(rowOut)
      return options.raw === true ? out : finish(out, last - first)
    },
    leaves: (rows, range = {}) => {
      const numRows = countRows(rows, numFeatures)
      const [first, last] = iterations(range, numIterations)
      const used = (last - first) * k
      const result = new Int32Array(numRows * used)
      for (let r = 0; r < numRows; r++) {
        fillRowOf(rows, r)
        walk(first * k, last * k)
        for (let t = 0; t < used; t++) result[r * used + t] = flat.leafIndex[positions[first * k + t]!]!
      }
      return result
    },
  }
}
