/** Row and column sampling with LightGBM's generators, so that equal seeds give equal samples. */
import { raise } from '../errors.js'
import type { Params } from '../params.js'
import { LgbRandom } from '../random.js'

/** Rows that share one generator (`bagging_rand_block_`). */
const BLOCK = 1024

export interface RowSamplerState {
  readonly random: readonly number[]
  readonly drawn: boolean
}

/** Rows of each iteration: bagging.hpp and goss.hpp. */
export class RowSampler {
  readonly #p: Params
  readonly #n: number
  readonly #positive: Float32Array | undefined
  readonly #random: LgbRandom[]
  readonly #goss: boolean
  readonly #bagging: boolean
  #before: readonly number[]
  #rows: Uint32Array | undefined

  /** `label` decides between `pos_bagging_fraction` and `neg_bagging_fraction`, for binary objectives. */
  constructor(p: Params, n: number, label: Float32Array | undefined) {
    this.#p = p
    this.#n = n
    this.#goss = p.data_sample_strategy === 'goss'
    const balanced = p.objective === 'binary' && (p.pos_bagging_fraction < 1 || p.neg_bagging_fraction < 1)
    this.#positive = balanced && (label?.some((y) => y > 0) ?? false) ? label : undefined
    this.#bagging = p.bagging_freq > 0 && (p.bagging_fraction < 1 || this.#positive !== undefined)
    const blocks = this.#goss || this.#bagging ? Math.ceil(n / BLOCK) : 0
    this.#random = Array.from({ length: blocks }, (_, i) => new LgbRandom(p.bagging_seed + i))
    this.#before = this.#random.map((r) => r.state)
  }

  /** For checkpoints: the generators' states before the rows now in use were drawn, and whether any were. */
  get state(): RowSamplerState {
    return { random: this.#before, drawn: this.#rows !== undefined }
  }

  set state(s: RowSamplerState) {
    if (s.random.length !== this.#random.length)
      raise('BadModel', 'the checkpoint is of other rows or sampling parameters')
    s.random.forEach((x, i) => {
      this.#random[i].state = x
    })
    this.#before = [...s.random]
    if (s.drawn) this.#rows = this.#bag()
  }

  /**
   * The rows of this iteration, ascending; undefined for all. GOSS scales the pairs of the rows it samples.
   * `pairs` is interleaved and class-major with `outputs` classes.
   */
  rows(iteration: number, pairs: Float32Array, outputs: number): Uint32Array | undefined {
    if (this.#goss) {
      if (iteration < Math.trunc(1 / this.#p.learning_rate)) return undefined
      const rows = this.#gossRows(pairs, outputs)
      this.#before = this.#random.map((r) => r.state)
      return rows
    }
    if (this.#bagging && iteration % this.#p.bagging_freq === 0) {
      this.#before = this.#random.map((r) => r.state)
      this.#rows = this.#bag()
    }
    return this.#bagging ? this.#rows : undefined
  }

  #bag(): Uint32Array {
    const out = new Uint32Array(this.#n)
    const { bagging_fraction, pos_bagging_fraction, neg_bagging_fraction } = this.#p
    let k = 0
    for (let r = 0; r < this.#n; r++) {
      const positive = this.#positive
      const fraction =
        positive === undefined ? bagging_fraction : positive[r] > 0 ? pos_bagging_fraction : neg_bagging_fraction
      if (this.#random[Math.floor(r / BLOCK)].nextFloat() < fraction) out[k++] = r
    }
    if (k === 0) raise('BadData', `bagging_fraction ${bagging_fraction} of ${this.#n} rows left none: too few rows`)
    return out.slice(0, k)
  }

  #gossRows(pairs: Float32Array, outputs: number): Uint32Array {
    const n = this.#n
    const { top_rate, other_rate } = this.#p
    const size = new Float32Array(n)
    for (let c = 0; c < outputs; c++)
      for (let r = 0; r < n; r++) {
        const a = 2 * (c * n + r)
        size[r] += Math.abs(Math.fround(pairs[a] * pairs[a + 1]))
      }
    const top = Math.max(1, Math.trunc(n * top_rate))
    const other = Math.trunc(n * other_rate)
    const threshold = size.slice().sort()[n - top]
    const multiply = Math.fround(Math.fround(n - top) / other)
    const out = new Uint32Array(n)
    let k = 0
    let big = 0
    for (let r = 0; r < n; r++) {
      if (size[r] >= threshold) {
        out[k++] = r
        big++
        continue
      }
      const probability = (other - (k - big)) / (n - r - (top - big))
      if (!(this.#random[Math.floor(r / BLOCK)].nextFloat() < probability)) continue
      out[k++] = r
      for (let c = 0; c < outputs; c++) {
        const a = 2 * (c * n + r)
        pairs[a] *= multiply
        pairs[a + 1] *= multiply
      }
    }
    return out.slice(0, k)
  }
}

/** Columns of each tree and node: col_sampler.hpp. Works on indices into the features that can be split on. */
export class ColumnSampler {
  readonly #n: number
  readonly #byTree: number
  readonly #byNode: number
  readonly #random: LgbRandom
  #used: Int32Array

  constructor(p: Params, n: number) {
    this.#n = n
    this.#byTree = p.feature_fraction
    this.#byNode = p.feature_fraction_bynode
    this.#random = new LgbRandom(p.feature_fraction_seed)
    this.#used = Int32Array.from({ length: n }, (_, i) => i)
    // LightGBM draws once when it is given the data and throws the draw away.
    this.nextTree()
  }

  get state(): number {
    return this.#random.state
  }

  set state(x: number) {
    this.#random.state = x
  }

  static #count(n: number, fraction: number): number {
    return Math.max(Math.trunc(n * fraction + 0.5), Math.min(2, n))
  }

  /** The features of the next tree, ascending. */
  nextTree(): Int32Array {
    if (this.#byTree < 1) this.#used = this.#random.sample(this.#n, ColumnSampler.#count(this.#n, this.#byTree))
    return this.#used
  }

  /** The features of the next node; undefined for all of the tree's. */
  nextNode(): Int32Array | undefined {
    if (this.#byNode >= 1) return undefined
    const from = this.#used
    return this.#random.sample(from.length, ColumnSampler.#count(from.length, this.#byNode)).map((i) => from[i])
  }
}
