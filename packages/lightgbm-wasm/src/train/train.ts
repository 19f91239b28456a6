/**
 * The boosting loop: LightGBM's `GBDT::TrainOneIter` and Python's `lightgbm.train` with early stopping, callbacks,
 * continued training and checkpoints. Kept whole because it is one loop and the state it carries.
 */
import { type BinMapper, featureInfo } from '../binning.js'
import type { Dataset } from '../dataset.js'
import { raise } from '../errors.js'
import { EPSILON } from '../kernels/kernels.js'
import { webAssembly } from '../kernels/webassembly.js'
import { formatHigh } from '../model/format.js'
import type { Model, Tree } from '../model/model.js'
import { type ParamInput, type Params, paramsText, resolveParams } from '../params.js'
import { EarlyStopping, type EarlyStoppingState } from './early-stopping.js'
import { Grower } from './grower.js'
import { type Metric, makeMetrics } from './metric.js'
import { type CustomObjective, makeObjective, type Objective } from './objective.js'
import { percentile, weightedPercentile } from './percentile.js'
import type { KernelKind } from './pool.js'
import { ColumnSampler, RowSampler, type RowSamplerState } from './sampling.js'
import { addTree } from './score.js'
import { constantTree, type TreeBuilder } from './tree-builder.js'

/** One metric of one data set after an iteration. */
export interface Evaluation {
  readonly data: string
  readonly metric: string
  readonly value: number
  readonly higherIsBetter: boolean
}

/** Values by data set name, then metric name, one an iteration. */
export type History = Record<string, Record<string, number[]>>

/** What a callback sees after iteration `iteration` (from 0). */
export interface IterationInfo {
  readonly iteration: number
  readonly evaluations: readonly Evaluation[]
  /** The model so far. */
  model(): Model
  /** Everything needed to go on from here later, see {@link TrainOptions.resume}. */
  checkpoint(): Checkpoint
}

/** Called after each iteration; returning `'stop'` ends the training as if `num_iterations` were reached. */
export type Callback = (info: IterationInfo) => unknown

/** A training's state after an iteration. `state` is plain JSON; the model can be stored as text. */
export interface Checkpoint {
  readonly model: Model
  readonly state: CheckpointState
}

export interface CheckpointState {
  /** Iterations done by this training (trees of an initial model not counted). */
  readonly iteration: number
  /** Trees that came from an initial model. */
  readonly initialTrees: number
  readonly rows: RowSamplerState
  readonly columns: number
  readonly extra: readonly number[]
  readonly history: History
  readonly earlyStopping: EarlyStoppingState
}

export interface TrainOptions {
  /** Validation sets (made with `reference`), or the training set itself, with names; early stopping skips the latter. */
  readonly valid?: readonly { readonly name: string; readonly data: Dataset }[]
  /** Further metrics, after those of the parameters. */
  readonly metrics?: readonly Metric[]
  /** Gradients of an own objective; needs `objective: 'custom'`. */
  readonly objective?: CustomObjective
  readonly callbacks?: readonly Callback[]
  readonly signal?: AbortSignal
  /** Continue from this model: its trees come first and its predictions are the starting scores. */
  readonly initModel?: Model
  /** Go on from a checkpoint of the same data, parameters and options; the result equals an undisturbed run. */
  readonly resume?: Checkpoint
  /** Default `wasm` where there is WebAssembly. Both give the same trees. */
  readonly kernel?: KernelKind
}

export interface TrainResult {
  /** All trees. */
  readonly model: Model
  /** Iterations to predict with: the best one under early stopping, otherwise all. */
  readonly bestIteration: number
  readonly history: History
  /** Why training ended. */
  readonly stopped: 'iterations' | 'early-stopping' | 'callback' | 'no-split'
  readonly params: Params
}

/**
 * Trains a model. Parameters are LightGBM's (see `params.ts`); the same data, parameters and seed give the same model
 * whatever `num_threads` and kernel. A constant label, or data nothing can be split on, gives one constant tree.
 * Errors: those of the parameters; `BadData` for labels that do not suit the objective, validation data binned
 * differently; `BadModel` for an initial model or checkpoint that does not fit; `Aborted`.
 */
export async function train(input: ParamInput, data: Dataset, options: TrainOptions = {}): Promise<TrainResult> {
  const params = resolveParams(input)
  checkFit(params, data)
  const objective = makeObjective(params, data, options.objective)
  for (const v of options.valid ?? []) checkAligned(v.name, v.data, data)
  const kernel = options.kernel ?? (webAssembly === undefined ? 'typescript' : 'wasm')
  const grower = await Grower.create(data, params, objective.outputs, Math.max(1, params.num_threads), kernel)
  try {
    return await new Training(params, data, options, objective, grower).run()
  } finally {
    await grower.close()
  }
}

function checkFit(p: Params, data: Dataset): void {
  if (p.monotone_constraints.length > 0 && p.monotone_constraints.length !== data.numFeatures)
    raise('BadParameter', `${p.monotone_constraints.length} monotone_constraints for ${data.numFeatures} features`)
  if (p.feature_contri.length > 0 && p.feature_contri.length !== data.numFeatures)
    raise('BadParameter', `${p.feature_contri.length} feature_contri for ${data.numFeatures} features`)
  p.monotone_constraints.forEach((c, f) => {
    if (c !== 0 && data.mappers[f].kind === 'categorical')
      raise('BadParameter', `feature ${data.featureNames[f]} is categorical and cannot be monotone`)
  })
}

function sameMapper(a: BinMapper, b: BinMapper): boolean {
  if (a === b) return true
  if (a.kind !== b.kind || a.numBin !== b.numBin || a.missing !== b.missing) return false
  return (
    a.upperBounds.every((x, i) => Object.is(x, b.upperBounds[i])) && a.categories.every((x, i) => x === b.categories[i])
  )
}

function checkAligned(name: string, valid: Dataset, data: Dataset): void {
  if (valid.numFeatures !== data.numFeatures || !data.mappers.every((m, f) => sameMapper(m, valid.mappers[f])))
    raise('BadData', `validation data ${name} is binned differently: make it with reference: the training data`)
  if (valid.label === undefined) raise('BadData', `validation data ${name} has no label`)
}

interface Scored {
  readonly name: string
  readonly data: Dataset
  readonly scores: Float64Array
}

class Training {
  readonly #p: Params
  readonly #data: Dataset
  readonly #options: TrainOptions
  readonly #objective: Objective
  readonly #grower: Grower
  readonly #rows: RowSampler
  readonly #columns: ColumnSampler
  readonly #metrics: readonly Metric[]
  readonly #valid: readonly Scored[]
  readonly #trees: Tree[] = []
  readonly #history: History = {}
  readonly #stopping: EarlyStopping
  #initialTrees = 0
  #iteration = 0

  constructor(p: Params, data: Dataset, options: TrainOptions, objective: Objective, grower: Grower) {
    this.#p = p
    this.#data = data
    this.#options = options
    this.#objective = objective
    this.#grower = grower
    this.#rows = new RowSampler(p, data.numRows, data.label)
    this.#columns = new ColumnSampler(p, grower.inner.length)
    this.#metrics = [...makeMetrics(p), ...(options.metrics ?? [])]
    this.#stopping = new EarlyStopping(p)
    this.#valid = (options.valid ?? []).map(({ name, data: d }) => {
      const scores = d === data ? grower.scores : new Float64Array(objective.outputs * d.numRows)
      return { name, data: d, scores }
    })
  }

  get #outputs(): number {
    return this.#objective.outputs
  }

  /** Every set of scores once: the training scores, then those of other data. */
  get #all(): readonly Scored[] {
    const own = { name: 'training', data: this.#data, scores: this.#grower.scores }
    return [own, ...this.#valid.filter((v) => v.data !== this.#data)]
  }

  async run(): Promise<TrainResult> {
    const p = this.#p
    const started = this.#start()
    let stopped: TrainResult['stopped'] = 'iterations'
    while (this.#iteration < p.num_iterations) {
      if (this.#options.signal?.aborted) raise('Aborted', `training was stopped after ${this.#iteration} iterations`)
      const split = this.#iterate(started)
      if (!split) {
        stopped = 'no-split'
        break
      }
      this.#iteration++
      const evaluations = this.#evaluate()
      const last = this.#iteration === p.num_iterations
      const stop = this.#stopping.update(
        this.#iteration,
        evaluations.filter((e) => !this.#isTraining(e.data)),
        last,
      )
      let byCallback = false
      for (const callback of this.#options.callbacks ?? []) {
        if (callback(this.#info(evaluations)) === 'stop') byCallback = true
      }
      if (stop) {
        stopped = 'early-stopping'
        break
      }
      if (byCallback) {
        stopped = 'callback'
        break
      }
      // Lets signals and timers of the caller's thread in.
      await new Promise<void>((resolve) => setImmediate(resolve))
    }
    const all = (this.#trees.length - this.#initialTrees) / this.#outputs
    const bestIteration = this.#initialTrees / this.#outputs + (this.#stopping.best ?? all)
    return { model: this.#model(), bestIteration, history: this.#history, stopped, params: p }
  }

  #isTraining(name: string): boolean {
    return this.#valid.some((v) => v.name === name && v.data === this.#data)
  }

  /** Starting scores, the initial model, or the checkpoint. Returns whether scores start from something given. */
  #start(): boolean {
    const { initModel, resume } = this.#options
    const k = this.#outputs
    let given = false
    for (const s of this.#all) {
      const init = s.data.initScore
      if (init === undefined) continue
      if (init.length !== k * s.data.numRows)
        raise('BadData', `${s.name}: ${init.length} starting scores for ${k} outputs`)
      s.scores.set(init)
      if (s.data === this.#data) given = true
    }
    const model = resume?.model ?? initModel
    if (model !== undefined) {
      if (model.treesPerIteration !== k)
        raise('BadModel', `the model has ${model.treesPerIteration} trees an iteration, the objective ${k}`)
      if (model.featureNames.length !== this.#data.numFeatures)
        raise('BadModel', `the model has ${model.featureNames.length} features, the data ${this.#data.numFeatures}`)
      model.trees.forEach((tree, i) => {
        for (const s of this.#all) {
          if (!addTree(tree, s.data, s.scores, (i % k) * s.data.numRows))
            raise(
              'BadModel',
              `tree ${i} of the model has other thresholds than the bins of ${s.name}, which has no raw values`,
            )
        }
      })
      this.#trees.push(...model.trees)
      this.#initialTrees = resume?.state.initialTrees ?? model.trees.length
    }
    if (resume !== undefined) this.#restore(resume.state)
    return given || this.#initialTrees > 0
  }

  #restore(s: CheckpointState): void {
    this.#iteration = s.iteration
    if (this.#trees.length !== this.#initialTrees + s.iteration * this.#outputs)
      raise('BadModel', `the checkpoint has ${this.#trees.length} trees for ${s.iteration} iterations`)
    this.#rows.state = s.rows
    this.#columns.state = s.columns
    this.#grower.randomState = s.extra
    Object.assign(this.#history, structuredClone(s.history))
    this.#stopping.state = s.earlyStopping
  }

  /** One iteration; false if no tree could be split (its trees are then dropped, except the very first). */
  #iterate(started: boolean): boolean {
    const { numRows } = this.#data
    const k = this.#outputs
    const grower = this.#grower
    const biases = new Float64Array(k)
    const first = this.#trees.length === 0 && !started
    const boost = this.#p.boost_from_average || grower.inner.length === 0
    if (first && boost) for (let c = 0; c < k; c++) biases[c] = this.#addInitialScore(c)
    if (this.#objective.text === 'regression' && this.#data.weight === undefined) grower.gradientsL2()
    else this.#objective.gradients(grower.scores, grower.pairs)
    const rows = this.#rows.rows(this.#iteration, grower.pairs, k)
    const outOfBag = rows === undefined ? undefined : complement(rows, numRows)
    let any = false
    for (let c = 0; c < k; c++) {
      const trains = this.#objective.needsTraining(c) && grower.inner.length > 0
      const grown = trains ? grower.grow(c, rows, this.#columns) : undefined
      if (grown !== undefined && grown.builder.numLeaves > 1) {
        any = true
        const { builder } = grown
        this.#renew(builder, (leaf) => grower.leafRows(grown, leaf))
        builder.shrink(this.#p.learning_rate)
        const plain = builder.finish()
        grower.addToScores(grown, c)
        if (outOfBag !== undefined) addTree(plain, this.#data, grower.scores, c * numRows, outOfBag)
        for (const s of this.#all.slice(1)) addTree(plain, s.data, s.scores, c * s.data.numRows)
        if (Math.abs(biases[c]) > EPSILON) builder.addBias(biases[c])
        this.#trees.push(builder.finish())
      } else {
        if (first && !boost) biases[c] = this.#addInitialScore(c)
        this.#trees.push(constantTree(first ? biases[c] : 0, numRows))
      }
    }
    if (!any && this.#trees.length > k) this.#trees.length -= k
    return any
  }

  #addInitialScore(output: number): number {
    const value = this.#objective.initialScore(output)
    if (!(Math.abs(value) > EPSILON)) return 0
    for (const s of this.#all) {
      const n = s.data.numRows
      for (let r = output * n; r < (output + 1) * n; r++) s.scores[r] += value
    }
    return value
  }

  /** Leaf values of l1 and quantile: the percentile of the leaf's residuals. */
  #renew(builder: TreeBuilder, rowsOf: (leaf: number) => Uint32Array): void {
    const alpha = this.#objective.renewAlpha
    if (alpha === undefined) return
    const { label, weight } = this.#data
    if (label === undefined) return
    const { scores } = this.#grower
    for (let leaf = 0; leaf < builder.numLeaves; leaf++) {
      const rows = rowsOf(leaf)
      const residuals = Float64Array.from(rows, (r) => label[r] - scores[r])
      builder.leafValue[leaf] =
        weight === undefined
          ? percentile(residuals, alpha)
          : weightedPercentile(
              residuals,
              Float64Array.from(rows, (r) => weight[r]),
              alpha,
            )
    }
  }

  #evaluate(): readonly Evaluation[] {
    const out: Evaluation[] = []
    for (const v of this.#valid) {
      if (this.#metrics.length === 0) break
      const predictions = this.#objective.transform(v.scores, v.data.numRows)
      this.#history[v.name] ??= {}
      for (const m of this.#metrics) {
        const value = m.evaluate(predictions, v.data)
        out.push({ data: v.name, metric: m.name, value, higherIsBetter: m.higherIsBetter })
        this.#history[v.name][m.name] ??= []
        this.#history[v.name][m.name].push(value)
      }
    }
    return out
  }

  #info(evaluations: readonly Evaluation[]): IterationInfo {
    return {
      iteration: this.#iteration - 1,
      evaluations,
      model: () => this.#model(),
      checkpoint: () => ({
        model: this.#model(),
        state: {
          iteration: this.#iteration,
          initialTrees: this.#initialTrees,
          rows: this.#rows.state,
          columns: this.#columns.state,
          extra: this.#grower.randomState,
          history: structuredClone(this.#history),
          earlyStopping: this.#stopping.state,
        },
      }),
    }
  }

  #model(): Model {
    const inner = new Set(this.#grower.inner)
    const { featureNames, mappers } = this.#data
    return {
      trees: [...this.#trees],
      treesPerIteration: this.#outputs,
      numClass: this.#outputs,
      objective: this.#objective.text,
      featureNames,
      featureInfos: mappers.map((m, f) => (inner.has(f) ? featureInfo(m, formatHigh) : 'none')),
      averageOutput: false,
      labelIndex: 0,
      parameters: paramsText(this.#p),
    }
  }
}

function complement(rows: Uint32Array, n: number): Uint32Array {
  const out = new Uint32Array(n - rows.length)
  let k = 0
  let j = 0
  for (let r = 0; r < n; r++) {
    if (j < rows.length && rows[j] === r) j++
    else out[k++] = r
  }
  return out
}
