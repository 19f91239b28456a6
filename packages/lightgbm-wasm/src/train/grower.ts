/**
 * Grows one tree: LightGBM's serial tree learner (leaf-wise, or depth-wise on request). The main thread decides; the
 * pool fills histograms and finds each feature's best split. Kept whole because one tree's state lives here.
 */

import { cannotSplit } from '../binning.js'
import type { Dataset } from '../dataset.js'
import { BLOCK_HIST_BYTES, EPSILON, FEATURE_HIST_BYTES } from '../kernels/kernels.js'
import { allocate, release } from '../memory.js'
import type { Params } from '../params.js'
import { LgbRandom } from '../random.js'
import { featureOffset, type RowLayout, rowLayout } from '../row-layout.js'
import { type KernelKind, makeContext, Pool } from './pool.js'
import type { ColumnSampler } from './sampling.js'
import { avoidInf } from './score.js'
import {
  boundedOutput,
  type FeatureMeta,
  type LeafStats,
  leafOutput,
  leftBins,
  outputL2,
  RECORD,
  RECORD_SIZE,
  type SplitConfig,
  splitConfig,
} from './split.js'
import { ACTIVE, CHUNK, JOB, type Layout, META, META_SIZE, OP, readMeta, type TaskContext, writeLeaf } from './tasks.js'
import { TreeBuilder } from './tree-builder.js'

/** Below this share of used features a tree's columns (and rows) are copied together before it is grown. */
const REPACK_BELOW = 0.65
/** Rows of a leaf whose lines of bins stay in the second-level cache. */
const CACHED_ROWS = 8192

interface Best {
  readonly gain: number
  readonly position: number
  readonly threshold: number
  readonly defaultLeft: boolean
  readonly leftG: number
  readonly leftH: number
  /** Rows on the left as estimated from hessians. */
  readonly leftCount: number
  readonly catDirection: number
}

const NO_SPLIT: Best = {
  gain: Number.NEGATIVE_INFINITY,
  position: -1,
  threshold: 0,
  defaultLeft: false,
  leftG: 0,
  leftH: 0,
  leftCount: 0,
  catDirection: 0,
}

interface Leaf {
  readonly begin: number
  readonly count: number
  slot: number
  readonly stats: LeafStats
  best: Best
}

/** The matrix a tree is grown on: the data set's own rows, or a copy of some features and rows. */
interface Matrix {
  readonly rowsAt: number
  readonly layout: RowLayout
  readonly rows: number
  /** Feature of each position. */
  readonly features: Int32Array
  readonly pairs: number
  /** Data set row of each matrix row; undefined if they are the same. */
  readonly map: Uint32Array | undefined
}

export interface Grown {
  readonly builder: TreeBuilder
  /** Whether rows in leaves are addressed by `idx` directly in data set rows. */
  readonly direct: boolean
  readonly leaves: readonly { readonly begin: number; readonly count: number }[]
}

export class Grower {
  readonly data: Dataset
  readonly pool: Pool
  readonly scores: Float64Array
  readonly pairs: Float32Array
  /** Features that can be split on at all, ascending. */
  readonly inner: Int32Array
  readonly #p: Params
  readonly #config: SplitConfig
  readonly #layout: Layout
  readonly #pieces: number[]
  readonly #scoresAt: number
  readonly #pairsAt: number
  readonly #labelAt: number
  readonly #rowsAt: number
  readonly #repackAt: number
  readonly #repackRows: number
  readonly #random: LgbRandom[]
  readonly #threads: number
  #matrix: Matrix
  #slots = 0
  #freeSlots: number[] = []

  private constructor(data: Dataset, p: Params, outputs: number, threads: number, kind: KernelKind) {
    this.data = data
    this.#p = p
    this.#threads = threads
    this.#config = splitConfig(p)
    const n = data.numRows
    const positions = Math.ceil(Math.max(1, data.packed.length) / 8) * 8
    this.#pieces = []
    const take = (bytes: number): number => {
      const at = allocate(data.memory, bytes)
      this.#pieces.push(at)
      return at
    }
    const small = take(
      4096 +
        positions * (META_SIZE * 4 + 1 + 8 + 2 * RECORD_SIZE * 8) +
        p.num_leaves * positions +
        4 * Math.ceil(n / CHUNK) +
        64 * (16 + threads),
    )
    let at = small
    const part = (bytes: number): number => {
      const here = at
      at += Math.ceil(bytes / 64) * 64
      return here
    }
    const blocks = positions / 8
    this.#layout = {
      control: part(64),
      claims: part(64 * threads),
      job: part(64 * 8),
      meta: part(positions * META_SIZE * 4),
      active: part(positions),
      splittable: part(p.num_leaves * positions),
      random: part(positions * 8),
      records: part(positions * 2 * RECORD_SIZE * 8),
      chunks: part(4 * Math.ceil(n / CHUNK)),
      table: part(256),
      hist: take(p.num_leaves * blocks * BLOCK_HIST_BYTES),
      idx: take(n * 4),
      tmp: take(n * 4),
      ordered: take(n * 8),
      maxPositions: positions,
    }
    this.#pairsAt = take(outputs * n * 8)
    this.#scoresAt = take(outputs * n * 8)
    this.#labelAt = take(n * 4)
    this.#rowsAt = take(n * 4)
    const wanted = p.feature_fraction <= REPACK_BELOW && data.packed.length > 8
    const fraction = p.bagging_freq > 0 ? Math.max(p.bagging_fraction, 0) : 1
    // Bags vary in size; one that is too large for the copy is grown in place.
    this.#repackRows = wanted ? Math.min(n, Math.ceil(n * fraction + 6 * Math.sqrt(n) + 1024)) : 0
    const width = rowLayout(1, Math.ceil(data.packed.length * REPACK_BELOW)).bytes
    this.#repackAt = wanted ? take(this.#repackRows * (width + 8)) : 0
    this.pool = new Pool(makeContext(data.memory, this.#layout, this.#config, kind), threads)
    const buffer = data.memory.buffer
    this.scores = new Float64Array(buffer, this.#scoresAt, outputs * n)
    this.pairs = new Float32Array(buffer, this.#pairsAt, outputs * n * 2)
    this.scores.fill(0)
    if (data.label !== undefined) new Float32Array(buffer, this.#labelAt, n).set(data.label)
    const filter = (f: number): boolean => {
      const m = data.mappers[f]
      const minData = Math.trunc((p.min_data_in_leaf * m.sampleSize) / n)
      return !(p.feature_pre_filter && cannotSplit(m, minData))
    }
    this.inner = data.packed.filter(filter)
    this.#random = p.extra_trees ? Array.from(this.inner, (_, i) => new LgbRandom(p.extra_seed + i)) : []
    this.#matrix = this.#whole(0)
  }

  static async create(data: Dataset, p: Params, outputs: number, threads: number, kind: KernelKind): Promise<Grower> {
    const grower = new Grower(data, p, outputs, threads, kind)
    const memory = data.share().memory
    await grower.pool.start({ memory, layout: grower.#layout, config: grower.#config, kernel: kind })
    return grower
  }

  /** Ends the threads and gives the memory back. */
  async close(): Promise<void> {
    await this.pool.stop()
    for (const piece of this.#pieces) release(this.data.memory, piece)
  }

  /** States of the extra_trees generators, for checkpoints. */
  get randomState(): readonly number[] {
    return this.#random.map((r) => r.state)
  }

  set randomState(states: readonly number[]) {
    states.forEach((x, i) => {
      this.#random[i].state = x
    })
  }

  /** Squared-error gradients of unweighted rows, in parallel. */
  gradientsL2(): void {
    this.#job({
      [JOB.scores]: this.#scoresAt,
      [JOB.labels]: this.#labelAt,
      [JOB.pairs]: this.#pairsAt,
      [JOB.rows]: this.data.numRows,
    })
    this.pool.run(OP.gradientsL2, Math.ceil(this.data.numRows / CHUNK))
  }

  #job(values: Readonly<Record<number, number>>): void {
    const f64 = this.pool.context.views.f64
    const at = this.#layout.job / 8
    for (const [k, v] of Object.entries(values)) f64[at + Number(k)] = v
  }

  #whole(output: number): Matrix {
    const { rowsAt, layout, numRows, packed } = this.data
    return {
      rowsAt,
      layout,
      rows: numRows,
      features: packed,
      pairs: this.#pairsAt + output * numRows * 8,
      map: undefined,
    }
  }

  #writeMeta(features: Int32Array): void {
    const { i32 } = this.pool.context.views
    const { packed } = this.data
    features.forEach((f, position) => {
      const m = this.data.mappers[f]
      const at = this.#layout.meta / 4 + position * META_SIZE
      i32[at + META.numBin] = m.numBin
      i32[at + META.missing] = m.missing
      i32[at + META.defaultBin] = m.defaultBin
      i32[at + META.mostFreqBin] = m.mostFreqBin
      i32[at + META.categorical] = m.kind === 'categorical' ? 1 : 0
      i32[at + META.monotone] = m.kind === 'categorical' ? 0 : (this.#p.monotone_constraints[f] ?? 0)
      i32[at + META.column] = this.data.column(packed.indexOf(f)) | 0
    })
  }

  /** Chooses the matrix of a tree and fills `idx`. Returns which positions the tree may use. */
  #prepare(output: number, used: Int32Array, rows: Uint32Array | undefined): Uint8Array {
    const x = this.pool.context
    const { u32 } = x.views
    const idx = this.#layout.idx / 4
    const m = rows === undefined ? this.data.numRows : rows.length
    const whole = this.#whole(output)
    const share = used.length / Math.max(1, this.data.packed.length)
    const repack = m <= this.#repackRows && share <= REPACK_BELOW
    if (rows !== undefined) u32.set(rows, this.#rowsAt / 4)
    if (!repack) {
      this.#matrix = { ...whole, rows: m }
      this.#writeMeta(whole.features)
      if (rows === undefined) for (let i = 0; i < m; i++) u32[idx + i] = i
      else u32.set(rows, idx)
      const mask = new Uint8Array(whole.features.length)
      for (const i of used) mask[whole.features.indexOf(this.inner[i])] = 1
      return mask
    }
    const features = used.map((i) => this.inner[i])
    this.#writeMeta(features)
    const layout = rowLayout(m, features.length)
    this.#job({
      [JOB.positions]: features.length,
      [JOB.idx]: rows === undefined ? 0 : this.#rowsAt,
      [JOB.rows]: m,
      [JOB.rowsAt]: this.#repackAt,
      [JOB.stride]: layout.stride,
      [JOB.group]: layout.group,
      [JOB.groupBytes]: layout.groupBytes,
    })
    this.pool.run(OP.repack, Math.ceil(m / CHUNK))
    let pairs = whole.pairs
    if (rows !== undefined) {
      pairs = this.#repackAt + layout.bytes
      x.kernels.gather(whole.pairs, this.#rowsAt, m, pairs)
    }
    for (let i = 0; i < m; i++) u32[idx + i] = i
    this.#matrix = { rowsAt: this.#repackAt, layout, rows: m, features, pairs, map: rows }
    return new Uint8Array(features.length).fill(1)
  }

  /**
   * Grows a tree for one output from its pairs. `rows`: the rows to use, ascending; undefined for all.
   */
  grow(output: number, rows: Uint32Array | undefined, columns: ColumnSampler): Grown {
    const p = this.#p
    const used = columns.nextTree()
    const mask = this.#prepare(output, used, rows)
    const builder = new TreeBuilder()
    this.#slots = 0
    this.#freeSlots = []
    const root = this.#root()
    builder.leafValue[0] = root.stats.parentOutput
    const leaves: Leaf[] = [root]
    if (root.count >= 2 * p.min_data_in_leaf) this.#evaluate(mask, columns, root, undefined, 0)
    while (leaves.length < p.num_leaves) {
      const chosen = this.#choose(leaves, builder)
      if (chosen < 0) break
      const pair = this.#split(builder, leaves, chosen)
      if (pair === undefined) continue
      // The children of the last split need no search (and must draw no random columns).
      if (leaves.length === p.num_leaves) break
      const [left, right] = pair
      const depth = builder.leafDepth[chosen]
      const tooDeep = p.max_depth > 0 && depth >= p.max_depth
      const tooFew = left.count < 2 * p.min_data_in_leaf && right.count < 2 * p.min_data_in_leaf
      if (tooDeep || tooFew) {
        this.#freeSlots.push(left.slot)
        continue
      }
      const [small, large] = left.count < right.count ? [left, right] : [right, left]
      this.#evaluate(mask, columns, small, large, depth)
    }
    return {
      builder,
      direct: this.#matrix.map === undefined,
      leaves: leaves.map(({ begin, count }) => ({ begin, count })),
    }
  }

  /** Data set rows of a leaf. */
  leafRows(grown: Grown, leaf: number): Uint32Array {
    const { begin, count } = grown.leaves[leaf]
    const rows = new Uint32Array(this.data.memory.buffer, this.#layout.idx + 4 * begin, count)
    const map = this.#matrix.map
    return map === undefined ? rows : rows.map((r) => map[r])
  }

  /** Adds the tree's leaf values to the scores of the rows it was grown on. */
  addToScores(grown: Grown, output: number): void {
    const { kernels } = this.pool.context
    const at = this.#scoresAt + output * this.data.numRows * 8
    grown.leaves.forEach(({ begin, count }, i) => {
      const value = grown.builder.leafValue[i]
      if (grown.direct) kernels.addToRows(at, this.#layout.idx + 4 * begin, count, value)
      else for (const row of this.leafRows(grown, i)) this.scores[output * this.data.numRows + row] += value
    })
  }

  #root(): Leaf {
    const { rows, pairs } = this.#matrix
    const { f32, u32 } = this.pool.context.views
    const idx = this.#layout.idx / 4
    const at = pairs / 4
    let sumG = 0
    let sumH = 0
    for (let i = 0; i < rows; i++) {
      const a = at + 2 * u32[idx + i]
      sumG += f32[a]
      sumH += f32[a + 1]
    }
    const c = { ...this.#config, smooth: 0 }
    const parentOutput = leafOutput(c, sumG, sumH, c.l2, rows, 0)
    const stats = { sumG, sumH, count: rows, parentOutput, min: -Number.MAX_VALUE, max: Number.MAX_VALUE }
    return { begin: 0, count: rows, slot: -1, stats, best: NO_SPLIT }
  }

  /** The leaf to split next, or -1. Ties go to the feature with the lower index, then to the older leaf. */
  #choose(leaves: readonly Leaf[], builder: TreeBuilder): number {
    let chosen = -1
    const byDepth = this.#p.grow_policy === 'depthwise'
    for (let i = 0; i < leaves.length; i++) {
      const { gain, position } = leaves[i].best
      if (!(gain > 0)) continue
      if (chosen < 0) {
        chosen = i
        continue
      }
      const old = leaves[chosen].best
      const depth = byDepth ? builder.leafDepth[chosen] - builder.leafDepth[i] : 0
      if (depth > 0 || (depth === 0 && (gain > old.gain || (gain === old.gain && position < old.position)))) chosen = i
    }
    return chosen
  }

  /** Histograms and best splits of a leaf and, by subtraction from their parent, its sibling. */
  #evaluate(mask: Uint8Array, columns: ColumnSampler, small: Leaf, large: Leaf | undefined, depth: number): void {
    const x = this.pool.context
    const { layout } = x
    const { u8, i32, f64 } = x.views
    const { features, rowsAt, layout: rowsLayout, pairs } = this.#matrix
    const parentSlot = large === undefined ? -1 : large.slot >= 0 ? large.slot : small.slot
    small.slot = this.#freeSlots.pop() ?? this.#slots++
    if (large !== undefined) large.slot = parentSlot
    const nodeSmall = this.#nodeMask(columns.nextNode())
    const nodeLarge = large === undefined ? undefined : this.#nodeMask(columns.nextNode())
    // Lanes past the last feature belong to its block but hold nothing.
    u8.fill(0, layout.active + features.length, layout.active + layout.maxPositions)
    for (let p = 0; p < features.length; p++) {
      let bits = 0
      if (mask[p] === 1) {
        const wanted = parentSlot < 0 || u8[layout.splittable + parentSlot * layout.maxPositions + p] === 1
        if (wanted)
          bits =
            ACTIVE.histogram | (nodeSmall?.[p] === 0 ? 0 : ACTIVE.small) | (nodeLarge?.[p] === 0 ? 0 : ACTIVE.large)
        else u8[layout.splittable + small.slot * layout.maxPositions + p] = 0
      }
      u8[layout.active + p] = bits
      if (bits !== 0 && this.#config.extraTrees) this.#drawThresholds(i32, p, large !== undefined)
    }
    const all =
      large === undefined &&
      this.#matrix.rows === (this.#matrix.map === undefined ? this.data.numRows : this.#matrix.map.length)
    const blocks = Math.ceil(features.length / 8)
    // One thread fetches a row's lines once each; several share the blocks in tasks, some each for balance. A line whose
    // blocks go to two tasks is fetched twice, which costs little while the leaf's rows stay in the cache.
    const perThread = small.count > CACHED_ROWS ? 2 : 4
    const tasks = this.#threads === 1 ? 1 : Math.min(blocks, perThread * this.#threads)
    const idx = layout.idx + 4 * small.begin
    const job = layout.job / 8
    f64[job + JOB.rows] = small.count
    f64[job + JOB.idx] = idx
    f64[job + JOB.pairs] = pairs
    if (!all) {
      this.pool.run(OP.gather, Math.ceil(small.count / CHUNK))
      f64[job + JOB.pairs] = layout.ordered
    }
    f64[job + JOB.rowsAt] = rowsAt
    f64[job + JOB.stride] = rowsLayout.stride
    f64[job + JOB.group] = rowsLayout.group
    f64[job + JOB.groupBytes] = rowsLayout.groupBytes
    f64[job + JOB.blocks] = blocks
    f64[job + JOB.tasks] = tasks
    f64[job + JOB.positions] = features.length
    f64[job + JOB.all] = all ? 1 : 0
    f64[job + JOB.slotSmall] = small.slot
    f64[job + JOB.slotLarge] = large === undefined ? -1 : large.slot
    writeLeaf(f64, job + JOB.small, small.stats)
    if (large !== undefined) writeLeaf(f64, job + JOB.large, large.stats)
    this.pool.run(OP.histogram, tasks)
    small.best = this.#best(x, 0, depth)
    if (large !== undefined) large.best = this.#best(x, 1, depth)
  }

  /** Which positions a node may split on; undefined for all. */
  #nodeMask(drawn: Int32Array | undefined): Uint8Array | undefined {
    if (drawn === undefined) return undefined
    const { features } = this.#matrix
    const out = new Uint8Array(features.length)
    for (const i of drawn) out[features.indexOf(this.inner[i])] = 1
    return out
  }

  #drawThresholds(i32: Int32Array, position: number, two: boolean): void {
    const f = this.#matrix.features[position]
    const m = this.data.mappers[f]
    const random = this.#random[this.inner.indexOf(f)]
    for (let which = 0; which < (two ? 2 : 1); which++) {
      let value = 0
      if (m.kind === 'categorical') value = random.int()
      else if (m.numBin > 2) value = random.nextInt(0, m.numBin - 2)
      i32[this.#layout.random / 4 + 2 * position + which] = value
    }
  }

  /** The best of the features' records. */
  #best(x: TaskContext, which: number, depth: number): Best {
    const { layout } = x
    const { u8, i32, f64 } = x.views
    const bit = which === 0 ? ACTIVE.small : ACTIVE.large
    const { features } = this.#matrix
    let best = -1
    let bestGain = Number.NEGATIVE_INFINITY
    for (let p = 0; p < features.length; p++) {
      if ((u8[layout.active + p] & bit) === 0) continue
      let gain = f64[layout.records / 8 + (2 * p + which) * RECORD_SIZE]
      if (this.#p.feature_contri.length > 0) gain *= this.#p.feature_contri[features[p]]
      if (this.#config.monotone && i32[layout.meta / 4 + p * META_SIZE + META.monotone] !== 0)
        gain *= monotonePenalty(this.#p.monotone_penalty, depth)
      if (gain > bestGain) {
        bestGain = gain
        best = p
      }
    }
    if (best < 0) return NO_SPLIT
    const r = layout.records / 8 + (2 * best + which) * RECORD_SIZE
    return {
      gain: bestGain,
      position: best,
      threshold: f64[r + RECORD.threshold],
      defaultLeft: f64[r + RECORD.defaultLeft] === 1,
      leftG: f64[r + RECORD.leftG],
      leftH: f64[r + RECORD.leftH],
      leftCount: f64[r + RECORD.leftCount],
      catDirection: f64[r + RECORD.catDirection],
    }
  }

  /** Splits a leaf; undefined (and the leaf is final) if one side turns out empty. */
  #split(builder: TreeBuilder, leaves: Leaf[], chosen: number): readonly [Leaf, Leaf] | undefined {
    const x = this.pool.context
    const { layout } = x
    const leaf = leaves[chosen]
    const { best, stats } = leaf
    const feature = this.#matrix.features[best.position]
    const mapper = this.data.mappers[feature]
    const meta = readMeta(x.views.i32, layout.meta / 4 + best.position * META_SIZE)
    const bins = meta.categorical ? this.#leftBins(leaf, meta) : undefined
    this.#fillTable(meta, best, bins)
    const nLeft = this.#partition(leaf, best.position)
    if (nLeft === 0 || nLeft === leaf.count) {
      leaf.best = NO_SPLIT
      return undefined
    }
    const c = this.#config
    const l2 = outputL2(c, meta)
    const nRight = leaf.count - nLeft
    const rightG = stats.sumG - best.leftG
    const rightH = stats.sumH + 2 * EPSILON - best.leftH
    // Outputs and smoothing use the counts that the finder estimated from hessians, as LightGBM does.
    const estimated = best.leftCount
    const leftValue = boundedOutput(c, best.leftG, best.leftH, l2, estimated, stats)
    const rightValue = boundedOutput(c, rightG, rightH, l2, leaf.count - estimated, stats)
    const right = builder.split(chosen, {
      feature,
      threshold: meta.categorical ? 0 : avoidInf(mapper.upperBounds[best.threshold]),
      missing: meta.missing,
      defaultLeft: best.defaultLeft,
      categories: bins?.map((b) => mapper.categories[b]),
      gain: best.gain + this.#p.min_gain_to_split,
      leftValue,
      rightValue,
      leftWeight: best.leftH - EPSILON,
      rightWeight: rightH - EPSILON,
      leftCount: nLeft,
      rightCount: nRight,
      bin: best.threshold,
    })
    const bounds = monotoneBounds(meta, stats, leftValue, rightValue)
    const leftLeaf: Leaf = {
      begin: leaf.begin,
      count: nLeft,
      slot: leaf.slot,
      best: NO_SPLIT,
      stats: { sumG: best.leftG, sumH: best.leftH - EPSILON, count: nLeft, parentOutput: leftValue, ...bounds.left },
    }
    const rightLeaf: Leaf = {
      begin: leaf.begin + nLeft,
      count: nRight,
      slot: leaf.slot,
      best: NO_SPLIT,
      stats: { sumG: rightG, sumH: rightH - EPSILON, count: nRight, parentOutput: rightValue, ...bounds.right },
    }
    leaves[chosen] = leftLeaf
    leaves[right] = rightLeaf
    return [leftLeaf, rightLeaf]
  }

  #leftBins(leaf: Leaf, meta: FeatureMeta): readonly number[] {
    const { position, threshold, catDirection } = leaf.best
    const blocks = Math.ceil(this.#matrix.features.length / 8)
    const hist = this.#layout.hist + leaf.slot * blocks * BLOCK_HIST_BYTES + position * FEATURE_HIST_BYTES
    return leftBins(this.pool.context.views.f64, hist / 8, meta, leaf.stats, this.#config, threshold, catDirection)
  }

  #fillTable(meta: FeatureMeta, best: Best, bins: readonly number[] | undefined): void {
    const { u8 } = this.pool.context.views
    const at = this.#layout.table
    u8.fill(0, at, at + 256)
    if (bins !== undefined) {
      for (const b of bins) u8[at + b] = 1
      return
    }
    u8.fill(1, at, at + best.threshold + 1)
    if (meta.missing === 1) u8[at + meta.defaultBin] = best.defaultLeft ? 1 : 0
    if (meta.missing === 2) u8[at + meta.numBin - 1] = best.defaultLeft ? 1 : 0
  }

  /** Moves the leaf's rows that go left to the front, in order; returns how many. */
  #partition(leaf: Leaf, position: number): number {
    const x = this.pool.context
    const { layout, kernels } = x
    const { i32, f64 } = x.views
    const { rowsAt, layout: rowsLayout, features, map } = this.#matrix
    // A matrix with rows of its own has no columns.
    const column =
      map === undefined
        ? this.data.column(this.data.packed.indexOf(features[position]))
        : rowsAt + featureOffset(position, rowsLayout)
    const stride = map === undefined ? 1 : rowsLayout.stride
    const idx = layout.idx + 4 * leaf.begin
    if (this.#threads === 1 || leaf.count <= CHUNK) {
      const left = kernels.partition(column, stride, idx, leaf.count, layout.table, idx, layout.tmp)
      kernels.copy(layout.tmp, idx + 4 * left, leaf.count - left)
      return left
    }
    const chunks = Math.ceil(leaf.count / CHUNK)
    const job = layout.job / 8
    f64[job + JOB.column] = column
    f64[job + JOB.columnStride] = stride
    f64[job + JOB.idx] = idx
    f64[job + JOB.rows] = leaf.count
    this.pool.run(OP.partition, chunks)
    let left = 0
    for (let t = 0; t < chunks; t++) left += i32[layout.chunks / 4 + t]
    f64[job + JOB.leftTotal] = left
    this.pool.run(OP.scatter, chunks)
    return left
  }
}

function monotonePenalty(penalty: number, depth: number): number {
  if (penalty >= depth + 1) return EPSILON
  if (penalty <= 1) return 1 - penalty / 2 ** depth + EPSILON
  return 1 - 2 ** (penalty - 1 - depth) + EPSILON
}

/** The children's bounds under the "basic" method: the middle of their outputs. */
function monotoneBounds(meta: FeatureMeta, s: LeafStats, left: number, right: number) {
  const same = { min: s.min, max: s.max }
  if (meta.monotone === 0) return { left: same, right: same }
  const middle = (left + right) / 2
  const below = { min: s.min, max: Math.min(s.max, middle) }
  const above = { min: Math.max(s.min, middle), max: s.max }
  return meta.monotone > 0 ? { left: below, right: above } : { left: above, right: below }
}
