/** X of many symbols over a range of minutes, as columns. */
import type { FeatureSet } from './featureset.js'
import { type Bars, Evaluator } from './graph/evaluate.js'
import { type CrossMoments, crossMoments, neutralise } from './kernels/cross.js'
import type { View } from './kernels/rolling.js'

/** Column k (base, in the set's order): `values[k][s * rows + t]`. */
export interface FeatureMatrix {
  readonly rows: number
  readonly symbols: number
  readonly values: readonly Float64Array[]
}

/** Computes ranges of a feature set again and again without allocating anew; one per thread. */
export class BatchFeatures {
  private readonly evaluator: Evaluator
  private moments: CrossMoments | undefined

  constructor(
    readonly set: FeatureSet,
    maxRows: number,
  ) {
    this.evaluator = new Evaluator(set.plan, maxRows)
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
    for (let s = 0; s < symbols; s++) {
      this.evaluator.run(bars, s, from, to, (k) => {
        view.data = values[k]!
        view.off = s * rows - from
        return view
      })
    }
    return { rows, symbols, values }
  }

  /** Neutralised column of one base column; same layout. Symbols must be in sorted order. */
  neutral({ rows, symbols, values }: FeatureMatrix, column: number, out: Float64Array): void {
    if (this.moments === undefined || this.moments.mean.length < rows) this.moments = crossMoments(rows)
    neutralise(values[column]!, out, symbols, rows, this.set.flat, this.moments)
  }
}
