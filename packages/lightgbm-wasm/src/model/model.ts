/** The model: LightGBM's own representation, so that its text format, its predictor and its SHAP values follow from it. */

/** Bits of {@link Tree.decisionType}, as in LightGBM's `tree.h`. */
export const CATEGORICAL_BIT = 1
export const DEFAULT_LEFT_BIT = 2
/** `(decisionType >> 2) & 3`. */
export const MISSING = { none: 0, zero: 1, nan: 2 } as const

/**
 * One tree. Arrays of internal nodes have `numLeaves - 1` entries, arrays of leaves `numLeaves`. Children: `>= 0` an
 * internal node, `< 0` the leaf `~child`. A numerical node sends `value <= threshold` left; a categorical node's
 * `threshold` is the index of its bit set in `catBoundaries`/`catThreshold`.
 */
export interface Tree {
  readonly numLeaves: number
  readonly numCat: number
  readonly splitFeature: Int32Array
  readonly splitGain: Float64Array
  readonly threshold: Float64Array
  readonly decisionType: Uint8Array
  readonly leftChild: Int32Array
  readonly rightChild: Int32Array
  readonly leafValue: Float64Array
  /** Sum of hessians. */
  readonly leafWeight: Float64Array
  readonly leafCount: Float64Array
  readonly internalValue: Float64Array
  readonly internalWeight: Float64Array
  readonly internalCount: Float64Array
  readonly catBoundaries: Int32Array
  readonly catThreshold: Uint32Array
  readonly shrinkage: number
}

/** A trained ensemble. Tree `i` belongs to iteration `floor(i / treesPerIteration)` and output `i % treesPerIteration`. */
export interface Model {
  readonly trees: readonly Tree[]
  /** 1, or the number of classes. */
  readonly treesPerIteration: number
  readonly numClass: number
  /** LightGBM's objective line, e.g. `regression`, `binary sigmoid:1`, `multiclass num_class:3`. */
  readonly objective: string
  readonly featureNames: readonly string[]
  /** LightGBM's `feature_infos`: `[min:max]`, `none`, or `0:1:2` for categories. */
  readonly featureInfos: readonly string[]
  /** Mean of trees instead of their sum (random forest). */
  readonly averageOutput: boolean
  readonly labelIndex: number
  /** Text of the `parameters:` block, one `[name: value]` a line, or ''. */
  readonly parameters: string
  /** `v3` or `v4`; v4 when absent. */
  readonly version?: string
  /** Further lines of a text model's header (`monotone_constraints=...`), written again where LightGBM puts them. */
  readonly extraHeader?: readonly string[]
  /** What follows `end of parameters` in a text model (Python's `pandas_categorical:` line), written again. */
  readonly trailer?: string
}
