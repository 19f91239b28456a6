/** X of many symbols over a range of minutes, as columns. */
import type { FeatureSet } from './featureset.js'
import { type Bars, Evaluator } from './graph/evaluate.js'
import { type CrossMoments, crossMoments, measureCross, neutralise } from './kernels/cross.js'
import type { View } from './kernels/rolling.js'
import { measureCrossCompiled, neutraliseCompiled } from './kernels/wasm/cross.js'
import { defaultKernels, type KernelKind } from './kernels/wasm/module.js'

/** Column k (base, in the set's order): `values[k][s * rows + t]`. */
export interface FeatureMatrix {
  readonly rows: number
  readonly symbols: number
  readonly values: readonly Float64Array[]
}

/** Computes ranges of a feature set again and again without allocating anew; one per thread. */
export class BatchFeatures {
  private readonly evaluator: Evaluator
  private scratch: CrossMoments | undefined

  /** `kernels`: see {@link Evaluator}. */
  constructor(
    readonly set: FeatureSet,
    maxRows: number,
    private readonly kernels: KernelKind = defaultKernels(maxRows),
  ) {
    this.evaluator = new Evaluator(set.plan, maxRows, kernels)
  }

  /**
   * Base features of every symbol for rows `[from, to)`. `bars` must start at least `plan.warmup - 1` rows before `from`.
   * Writes into `into` when given (it must fit).
   */
  base(bars: Bars, from: number, to: number, into?: FeatureMatrix): FeatureMatrix {
    const rows = to - from
    const symbols = bars.symbols.length
    const values = into?.values ?? this.set.columns.map(() => new Float64Array(rows * symbols))
    const view: View = { data: new Float64Array(0), off: 0 }
    this.evaluator.runAll(bars, from, to, (k, s) => {
      view.data = values[k]!
      view.off = s * rows - from
      return view
    })
    return { rows, symbols, values }
  }

  /** Neutralised column of one base column; same layout. Symbols must be in sorted order. */
  neutral({ rows, symbols, values }: FeatureMatrix, column: number, out: Float64Array): void {
    if (this.scratch === undefined || this.scratch.mean.length < rows) this.scratch = crossMoments(rows)
    const run = this.kernels === 'wasm' ? neutraliseCompiled : neutralise
    run(values[column]!, out, symbols, rows, this.set.flat, this.scratch)
  }

  /** What {@link neutral} divides by and subtracts, per row. */
  moments({ rows, symbols, values }: FeatureMatrix, column: number): CrossMoments {
    const moments = crossMoments(rows)
    const run = this.kernels === 'wasm' ? measureCrossCompiled : measureCross
    run(values[column]!, symbols, rows, this.set.flat, moments)
    return moments
  }
}
