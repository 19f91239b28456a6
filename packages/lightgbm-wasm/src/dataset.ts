/**
 * Data sets: columns binned once, in shared memory, for any number of trainings (in this thread or others).
 * Bins are stored twice, a byte each: by column for partitions and scoring, and by row (see row-layout.ts) for the
 * histograms, which read a row's bins together.
 */
import { type BinMapper, findBins } from './binning.js'
import {
  type DatasetInput,
  readCategorical,
  readGroup,
  readInitScore,
  readLabel,
  readNames,
  readShape,
  readWeight,
  sampleRows,
  takeRows,
} from './dataset-input.js'
import { raise } from './errors.js'
import type { SharedMemory } from './kernels/kernels.js'
import { type Kernels, type Views, viewsOf } from './kernels/kernels.js'
import { typescriptKernels } from './kernels/typescript.js'
import { wasmKernels } from './kernels/wasm.js'
import { webAssembly } from './kernels/webassembly.js'
import { allocate, attachMemory, newMemory, release } from './memory.js'
import { resolveParams } from './params.js'
import { featureOffset, type RowLayout, rowLayout } from './row-layout.js'

/** What another thread needs to use a data set; can be posted to workers and costs nothing (memory is shared). */
export interface SharedDataset {
  readonly memory: unknown
  readonly columnsAt: number
  readonly rowsAt: number
  readonly numRows: number
  readonly featureNames: readonly string[]
  readonly mappers: readonly BinMapper[]
  readonly label: Float32Array | undefined
  readonly weight: Float32Array | undefined
  readonly boundaries: Int32Array | undefined
  readonly initScore: Float64Array | undefined
}

interface Fields {
  readonly memory: SharedMemory
  readonly columnsAt: number
  readonly rowsAt: number
  readonly numRows: number
  readonly featureNames: readonly string[]
  readonly mappers: readonly BinMapper[]
  readonly label: Float32Array | undefined
  readonly weight: Float32Array | undefined
  readonly boundaries: Int32Array | undefined
  readonly initScore: Float64Array | undefined
  readonly raw: ColumnReader | undefined
}

/** Value of feature `f` in row `r`. */
export type ColumnReader = (f: number, r: number) => number

/** A binned data set. Immutable; made by {@link Dataset.from}. */
export class Dataset {
  readonly memory: SharedMemory
  /** Address of the first column; columns are `numRows` bytes. */
  readonly columnsAt: number
  /** Address of the bins by row, laid out by `layout`. */
  readonly rowsAt: number
  readonly numRows: number
  readonly featureNames: readonly string[]
  /** One a feature. Trivial features (one bin) have no place in the blocks. */
  readonly mappers: readonly BinMapper[]
  readonly label: Float32Array | undefined
  readonly weight: Float32Array | undefined
  /** Ranking: first row of each query, and the number of rows. */
  readonly boundaries: Int32Array | undefined
  readonly initScore: Float64Array | undefined
  /** Reads the values as given; absent in a data set attached from another thread. */
  readonly raw: ColumnReader | undefined
  /** Features that are stored, ascending; entry `p` is column `p` and byte `p` of each row. Trivial ones are not. */
  readonly packed: Int32Array
  readonly layout: RowLayout

  private constructor(fields: Fields) {
    this.memory = fields.memory
    this.columnsAt = fields.columnsAt
    this.rowsAt = fields.rowsAt
    this.numRows = fields.numRows
    this.featureNames = fields.featureNames
    this.mappers = fields.mappers
    this.label = fields.label
    this.weight = fields.weight
    this.boundaries = fields.boundaries
    this.initScore = fields.initScore
    this.raw = fields.raw
    this.packed = packedFeatures(fields.mappers)
    this.layout = rowLayout(fields.numRows, this.packed.length)
  }

  get numFeatures(): number {
    return this.mappers.length
  }

  /** Address of the column of packed feature `p`. */
  column(p: number): number {
    return this.columnsAt + p * this.numRows
  }

  /** The bins of feature `f`, one a row (for tests and inspection). */
  binsOf(f: number): Uint8Array {
    const out = new Uint8Array(this.numRows)
    const p = this.packed.indexOf(f)
    if (p < 0) return out
    const u8 = new Uint8Array(this.memory.buffer)
    out.set(u8.subarray(this.column(p), this.column(p) + this.numRows))
    return out
  }

  /** A handle to post to another thread; see {@link Dataset.attach}. */
  share(): SharedDataset {
    const { columnsAt, rowsAt, numRows, featureNames, mappers, label, weight, boundaries, initScore } = this
    const memory = memoryHandle(this.memory)
    return { memory, columnsAt, rowsAt, numRows, featureNames, mappers, label, weight, boundaries, initScore }
  }

  /** The data set of a handle from {@link Dataset.share}, on the same memory. */
  static attach(shared: SharedDataset): Dataset {
    return new Dataset({ ...shared, memory: memoryFromHandle(shared.memory), raw: undefined })
  }

  /** A data set with other labels, weights or starting scores and the same bins (nothing is binned again). */
  with(change: Pick<DatasetInput, 'label' | 'weight' | 'initScore'>): Dataset {
    return new Dataset({
      ...this,
      ...(change.label === undefined ? {} : { label: readLabel(change.label, this.numRows) }),
      ...(change.weight === undefined ? {} : { weight: readWeight(change.weight, this.numRows) }),
      ...(change.initScore === undefined ? {} : { initScore: readInitScore(change.initScore, this.numRows) }),
    })
  }

  /**
   * Bins the data. Shapes: `columns[f][row]` or `rowMajor[row * numFeatures + f]`; label, weight: one a row.
   * Missing values are NaN. A feature with one distinct value, or only missing ones, is never split on.
   * Errors (`BadData`): no rows or features, unequal lengths, an infinite value (naming feature and row), a label that
   * is not finite, a negative weight, groups that do not add up, a duplicate name.
   */
  static async from(input: DatasetInput): Promise<Dataset> {
    const params = resolveParams(input.params ?? {})
    const { numRows, numFeatures, column, read } = readShape(input)
    const featureNames = readNames(input, numFeatures)
    const reference = input.reference
    if (reference !== undefined && reference.numFeatures !== numFeatures)
      raise('BadData', `this data has ${numFeatures} features, its reference ${reference.numFeatures}`)
    const categorical = readCategorical(input, featureNames)
    const rows = reference === undefined ? sampleRows(numRows, params) : undefined
    const memory = newMemory()
    const label = input.label === undefined ? undefined : readLabel(input.label, numRows)
    const weight = input.weight === undefined ? undefined : readWeight(input.weight, numRows)
    const boundaries = input.group === undefined ? undefined : readGroup(input.group, numRows)
    const initScore = input.initScore === undefined ? undefined : readInitScore(input.initScore, numRows)

    const columnsAt = allocate(memory, numRows * numFeatures)
    const scratch = allocate(memory, numRows * 8 + 256 * 8)
    const kernels = webAssembly === undefined ? typescriptKernels(memory) : wasmKernels(memory)
    const views = viewsOf(memory.buffer)
    const values = new Float64Array(memory.buffer, scratch, numRows)
    const mappers: BinMapper[] = []
    let packed = 0
    for (let f = 0; f < numFeatures; f++) {
      const x = column(f)
      for (let r = 0; r < numRows; r++)
        if (x[r] === Number.POSITIVE_INFINITY || x[r] === Number.NEGATIVE_INFINITY)
          raise('BadData', `feature ${featureNames[f]} is infinite in row ${r}; use NaN for missing`)
      const kind = categorical.has(f) ? 'categorical' : 'numerical'
      const mapper =
        reference === undefined
          ? findBins(rows === undefined ? x : takeRows(x, rows), kind, params)
          : reference.mappers[f]
      mappers.push(mapper)
      if (mapper.trivial) continue
      values.set(x)
      mapColumn(mapper, values, scratch, numRows, columnsAt + packed * numRows, kernels, views)
      packed++
    }
    release(memory, scratch)
    const rowsAt = allocate(memory, rowLayout(numRows, packed).bytes)
    transpose(kernels, columnsAt, numRows, packed, rowsAt)
    return new Dataset({
      memory,
      columnsAt,
      rowsAt,
      numRows,
      featureNames,
      mappers,
      label,
      weight,
      boundaries,
      initScore,
      raw: read,
    })
  }
}

function memoryHandle(memory: SharedMemory): unknown {
  return webAssembly === undefined ? memory.buffer : memory
}

/** The memory of a handle made by `share`. */
export function memoryFromHandle(handle: unknown): SharedMemory {
  return webAssembly === undefined ? attachMemory(handle as SharedArrayBuffer) : (handle as SharedMemory)
}

function packedFeatures(mappers: readonly BinMapper[]): Int32Array {
  return Int32Array.from(mappers.flatMap((m, f) => (m.trivial ? [] : [f])))
}

/** Bins of one column. The naive twin is `valueToBin`. */
function mapColumn(
  m: BinMapper,
  values: Float64Array,
  scratch: number,
  numRows: number,
  column: number,
  kernels: { mapBins(values: number, n: number, bounds: number, nanBin: number, out: number): void },
  views: Views,
): void {
  if (m.kind === 'categorical') {
    const binOf = new Map<number, number>()
    for (let b = 1; b < m.numBin; b++) binOf.set(m.categories[b], b)
    for (let r = 0; r < numRows; r++) views.u8[column + r] = binOf.get(Math.trunc(values[r])) ?? 0
    return
  }
  const bounds = scratch + numRows * 8
  const last = m.numBin - 1 - (m.missing === 2 ? 1 : 0)
  for (let b = 0; b < 256; b++) views.f64[bounds / 8 + b] = b < last ? m.upperBounds[b] : Number.POSITIVE_INFINITY
  kernels.mapBins(scratch, numRows, bounds, m.missing === 2 ? m.numBin - 1 : m.defaultBin, column)
}

/** Columns to rows, some thousand rows at a time so that they stay in the cache. */
function transpose(kernels: Kernels, columnsAt: number, numRows: number, features: number, rowsAt: number): void {
  const layout = rowLayout(numRows, features)
  const { stride } = layout
  for (let from = 0; from < numRows; from += 4096) {
    const n = Math.min(4096, numRows - from)
    for (let p = 0; p < features; p++)
      kernels.spread(columnsAt + p * numRows + from, 0, n, rowsAt + featureOffset(p, layout) + from * stride, stride)
  }
}
