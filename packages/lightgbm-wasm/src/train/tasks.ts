/**
 * What threads do in parallel: numbered tasks of one operation. A task touches memory that no other task of the same
 * operation writes, and its result does not depend on who runs it; so neither do the trees.
 */
import {
  BLOCK_HIST_BYTES,
  EPSILON,
  FEATURE_HIST_BYTES,
  type Kernels,
  type SharedMemory,
  type Views,
  viewsOf,
} from '../kernels/kernels.js'
import { blockOffset } from '../row-layout.js'
import {
  type FeatureMeta,
  findCategorical,
  findNumerical,
  type LeafStats,
  RECORD_SIZE,
  type SplitConfig,
} from './split.js'

export const OP = { histogram: 1, partition: 2, scatter: 3, gather: 4, repack: 5, gradientsL2: 6 } as const

/** Rows a chunk of a parallel pass over rows. */
export const CHUNK = 16384
/** Int32 fields of a feature in the table at `Layout.meta`. */
export const META = {
  numBin: 0,
  missing: 1,
  defaultBin: 2,
  mostFreqBin: 3,
  categorical: 4,
  monotone: 5,
  column: 6,
} as const
export const META_SIZE = 8
/** Bits of `Layout.active`: which leaf of the pair may split on the feature; whether its histogram is wanted. */
export const ACTIVE = { histogram: 1, small: 2, large: 4 } as const

/** Addresses of a training's working space. Posted to workers once. */
export interface Layout {
  /** Int32 fields, see `CONTROL` of pool.ts. */
  readonly control: number
  /** A cache line a thread: how many tasks of its share nobody has taken. */
  readonly claims: number
  /** Float64 arguments of the operation, see {@link JOB}. */
  readonly job: number
  /** Int32 `META_SIZE` a position. */
  readonly meta: number
  /** Uint8 a position. */
  readonly active: number
  /** Uint8 a position of each slot: whether some split beat the leaf's own gain. */
  readonly splittable: number
  /** Int32, two a position: random thresholds of extra_trees for the small and the large leaf. */
  readonly random: number
  /** Float64, two records a position. */
  readonly records: number
  /** Histograms: `slot * blocks * BLOCK_HIST_BYTES`. */
  readonly hist: number
  readonly idx: number
  readonly tmp: number
  readonly ordered: number
  /** Int32: left counts of the partition's chunks. */
  readonly chunks: number
  /** 256 bytes: whether a bin goes left. */
  readonly table: number
  readonly maxPositions: number
}

/** Float64 arguments of the operations. */
export const JOB = {
  /** Bins by row (see row-layout.ts): address, bytes from row to row, blocks of 8 features; tasks that share the blocks. */
  rowsAt: 0,
  stride: 1,
  blocks: 2,
  tasks: 3,
  positions: 4,
  idx: 5,
  /** Number of rows of the leaf. */
  rows: 6,
  /** Whether the leaf is all rows in order. */
  all: 7,
  pairs: 8,
  slotSmall: 9,
  slotLarge: 10,
  small: 11,
  large: 17,
  /** The bins that decide a partition and their distance. */
  column: 23,
  columnStride: 24,
  leftTotal: 25,
  scores: 26,
  labels: 27,
  group: 28,
  groupBytes: 29,
} as const

export interface TaskContext {
  readonly memory: SharedMemory
  readonly kernels: Kernels
  readonly layout: Layout
  readonly config: SplitConfig
  views: Views
}

function readLeaf(f64: Float64Array, at: number): LeafStats {
  return {
    sumG: f64[at],
    sumH: f64[at + 1],
    count: f64[at + 2],
    parentOutput: f64[at + 3],
    min: f64[at + 4],
    max: f64[at + 5],
  }
}

export function writeLeaf(f64: Float64Array, at: number, leaf: LeafStats): void {
  f64[at] = leaf.sumG
  f64[at + 1] = leaf.sumH
  f64[at + 2] = leaf.count
  f64[at + 3] = leaf.parentOutput
  f64[at + 4] = leaf.min
  f64[at + 5] = leaf.max
}

/** Runs one task of the operation whose arguments stand at `layout.job`. */
export function runTask(op: number, task: number, x: TaskContext): void {
  if (x.views.buffer !== x.memory.buffer) x.views = viewsOf(x.memory.buffer)
  const { layout, kernels, views } = x
  const f64 = views.f64
  const job = layout.job / 8
  const rows = f64[job + JOB.rows]
  const idx = f64[job + JOB.idx]
  const from = task * CHUNK
  const n = Math.min(rows, from + CHUNK) - from
  switch (op) {
    case OP.histogram:
      histograms(task, x, job)
      break
    case OP.partition:
      // Left rows go to the chunk's place in `ordered`, right rows to the same place of `tmp`.
      views.i32[layout.chunks / 4 + task] = kernels.partition(
        f64[job + JOB.column],
        f64[job + JOB.columnStride],
        idx + 4 * from,
        n,
        layout.table,
        layout.ordered + 4 * from,
        layout.tmp + 4 * from,
      )
      break
    case OP.scatter:
      scatter(task, x, from, n, idx, f64[job + JOB.leftTotal])
      break
    case OP.gather:
      kernels.gather(f64[job + JOB.pairs], idx + 4 * from, n, layout.ordered + 8 * from)
      break
    case OP.repack:
      repack(from, n, x, job)
      break
    case OP.gradientsL2:
      kernels.gradientsL2(f64[job + JOB.scores], f64[job + JOB.labels], from, from + n, f64[job + JOB.pairs])
      break
  }
}

/** Copies a chunk's left and right rows to their places in the leaf's range. */
function scatter(task: number, x: TaskContext, from: number, n: number, idx: number, leftTotal: number): void {
  const { i32 } = x.views
  const counts = x.layout.chunks / 4
  let left = 0
  for (let t = 0; t < task; t++) left += i32[counts + t]
  const right = leftTotal + (from - left)
  const k = i32[counts + task]
  x.kernels.copy(x.layout.ordered + 4 * from, idx + 4 * left, k)
  x.kernels.copy(x.layout.tmp + 4 * from, idx + 4 * right, n - k)
}

/** Copies the used columns of a chunk of rows into rows of their own. */
function repack(from: number, n: number, x: TaskContext, job: number): void {
  const { f64, i32 } = x.views
  const stride = f64[job + JOB.stride]
  const rows = f64[job + JOB.idx]
  const group = f64[job + JOB.group]
  const groupBytes = f64[job + JOB.groupBytes]
  for (let p = 0; p < f64[job + JOB.positions]; p++) {
    const column = i32[x.layout.meta / 4 + p * META_SIZE + META.column] >>> 0
    const to = f64[job + JOB.rowsAt] + blockOffset(Math.floor(p / 8), group, groupBytes) + (p % 8) + from * stride
    // Without a list of rows the chunk's rows follow one another.
    if (rows === 0) x.kernels.spread(column + from, 0, n, to, stride)
    else x.kernels.spread(column, rows + 4 * from, n, to, stride)
  }
}

/** Rows taken at a time: their lines of bins (64 bytes a row) stay in the second-level cache for the line's 8 blocks. */
const BATCH = 8192

/**
 * Histograms of some blocks of 8 features for the smaller leaf, by subtraction for the larger, and their best splits.
 * The rows are taken some thousand at a time, so that their bins are fetched from memory once for all blocks of the
 * task. How many blocks a task has changes nothing: each block's sums run over the rows in the same order.
 */
function histograms(task: number, x: TaskContext, job: number): void {
  const { layout, kernels } = x
  const { u8, f64 } = x.views
  const blocks = f64[job + JOB.blocks]
  const tasks = f64[job + JOB.tasks]
  const stride = f64[job + JOB.stride]
  const group = f64[job + JOB.group]
  const rows = f64[job + JOB.rows]
  const idx = f64[job + JOB.idx]
  const pairs = f64[job + JOB.pairs]
  const all = f64[job + JOB.all] === 1
  const slotBytes = blocks * BLOCK_HIST_BYTES
  const small = layout.hist + f64[job + JOB.slotSmall] * slotBytes
  const large = layout.hist + f64[job + JOB.slotLarge] * slotBytes
  const hints = [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY]
  const end = Math.floor(((task + 1) * blocks) / tasks)
  // Group by group, a batch of rows for all its blocks: a line is fetched from memory once.
  for (let first = Math.floor((task * blocks) / tasks), next = first; first < end; first = next) {
    next = Math.min(end, (Math.floor(first / group) + 1) * group)
    const wanted: number[] = []
    for (let b = first; b < next; b++) {
      let flags = 0
      for (let p = 8 * b; p < 8 * b + 8; p++) flags |= u8[layout.active + p]
      if ((flags & ACTIVE.histogram) !== 0) wanted.push(b)
    }
    for (let from = 0; from < rows; from += BATCH) {
      const n = Math.min(BATCH, rows - from)
      for (const b of wanted) {
        const bins = f64[job + JOB.rowsAt] + blockOffset(b, group, f64[job + JOB.groupBytes])
        const hist = small + b * BLOCK_HIST_BYTES
        if (from === 0) kernels.clear(hist, BLOCK_HIST_BYTES)
        if (all) kernels.histogramAll(bins + from * stride, stride, n, pairs + 8 * from, hist)
        else {
          if (b === wanted[0]) kernels.touch(bins, stride, idx + 4 * from, n)
          kernels.histogram(bins, stride, idx + 4 * from, n, pairs + 8 * from, hist)
        }
      }
    }
    for (const b of wanted) splits(b, x, job, small + b * BLOCK_HIST_BYTES, large + b * BLOCK_HIST_BYTES, hints)
  }
}

/**
 * The best splits of a block's features for the leaf whose histogram was just made, and for its sibling. `hints`: the
 * best gains so far of the two.
 */
function splits(b: number, x: TaskContext, job: number, small: number, large: number, hints: number[]): void {
  const { layout, kernels, config } = x
  const { u8, f64 } = x.views
  const first = 8 * b
  const slotSmall = f64[job + JOB.slotSmall]
  const slotLarge = f64[job + JOB.slotLarge]
  const leafSmall = readLeaf(f64, job + JOB.small)
  const leafLarge = readLeaf(f64, job + JOB.large)
  kernels.fixBins(small, layout.meta + first * META_SIZE * 4, layout.active + first, leafSmall.sumG, leafSmall.sumH)
  if (slotLarge >= 0) kernels.subtract(large, small)
  for (let p = first; p < Math.min(f64[job + JOB.positions], first + 8); p++) {
    if ((u8[layout.active + p] & ACTIVE.histogram) === 0) continue
    const h = (p - first) * FEATURE_HIST_BYTES
    find(x, p, small + h, leafSmall, slotSmall, 0, config, hints)
    if (slotLarge >= 0) find(x, p, large + h, leafLarge, slotLarge, 1, config, hints)
  }
}

function find(
  x: TaskContext,
  p: number,
  hist: number,
  leaf: LeafStats,
  slot: number,
  which: number,
  c: SplitConfig,
  hints: number[],
): void {
  const { layout, kernels } = x
  const { u8, i32, f64 } = x.views
  const m = layout.meta / 4 + p * META_SIZE
  const out = layout.records + (2 * p + which) * RECORD_SIZE * 8
  let splittable: number
  if (leaf.count < 2 * c.minData && c.plain) {
    // No split can leave both sides enough rows.
    splittable = 0
    f64[out / 8] = Number.NEGATIVE_INFINITY
  } else if (c.plain && i32[m + META.categorical] === 0) {
    splittable = kernels.findSplit(
      hist,
      i32[m + META.numBin],
      i32[m + META.missing],
      i32[m + META.defaultBin],
      i32[m + META.mostFreqBin] === 0 ? 1 : 0,
      leaf.sumG,
      leaf.sumH + 2 * EPSILON,
      leaf.count,
      c.l1,
      c.l2,
      c.minGain,
      c.minData,
      c.minHess,
      hints[which],
      out,
    )
    const allowed = u8[layout.active + p] & (which === 0 ? ACTIVE.small : ACTIVE.large)
    if (c.hints && allowed !== 0 && f64[out / 8] > hints[which]) hints[which] = f64[out / 8]
  } else {
    const meta = readMeta(i32, m)
    const random = i32[layout.random / 4 + 2 * p + which]
    const finder = meta.categorical ? findCategorical : findNumerical
    splittable = finder(f64, hist / 8, meta, leaf, c, random, out / 8) ? 1 : 0
  }
  u8[layout.splittable + slot * layout.maxPositions + p] = splittable
}

export function readMeta(i32: Int32Array, m: number): FeatureMeta {
  return {
    numBin: i32[m + META.numBin],
    missing: i32[m + META.missing],
    defaultBin: i32[m + META.defaultBin],
    mostFreqBin: i32[m + META.mostFreqBin],
    categorical: i32[m + META.categorical] === 1,
    monotone: i32[m + META.monotone],
  }
}
