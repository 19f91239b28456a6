/** The evaluation report: plain JSON. Undefined numbers are null. Correlations are fractions, times ms, labels in `unit`. */

type N = number | null

export interface ReportInterval {
  readonly low: N
  readonly high: N
  readonly standardError: N
  readonly pValue: N
}

export interface ReportBand {
  readonly scheme: 'within' | 'blocks'
  readonly low: N
  readonly high: N
  readonly mean: N
  readonly deviation: N
  readonly pValue: N
  /** Whether the score lies in the band, as a score without skill does. */
  readonly inside: boolean
}

export interface ReportScore {
  readonly value: N
  /** Block bootstrap; null when the range holds too few blocks. */
  readonly interval: ReportInterval | null
  /** Shuffled labels; null when they cannot be shuffled this way. */
  readonly band: ReportBand | null
}

/** A score taken at many instants. */
export interface ReportSeries extends ReportScore {
  /** Instants at which it is defined, and those at which prediction or label is constant. */
  readonly n: number
  readonly undefined: number
  readonly deviation: N
  readonly standardError: N
  /** Newey-West with `lag` steps; null below 10 values or 10 horizons of time. */
  readonly t: N
  readonly lag: number
  readonly sharePositive: N
  /** Over the means of UTC days. */
  readonly daily: { readonly n: number; readonly mean: N; readonly t: N; readonly sharePositive: N }
}

/** RP-38: correlation pooled within each UTC day. */
export interface ReportDaily {
  readonly n: number
  readonly pearsonMean: N
  readonly pearsonStd: N
  readonly rankMean: N
  readonly rankStd: N
  /** Newey-West t of the daily Pearson values. */
  readonly pearsonT: N
  readonly rankT: N
  readonly sharePositive: N
}

export interface ReportQuantile {
  /** 0 has the lowest predictions. */
  readonly quantile: number
  readonly mean: N
  readonly standardError: N
}

export interface ReportSpread {
  readonly quantiles: number
  readonly buckets: readonly ReportQuantile[]
  /** Mean of top minus bottom. */
  readonly value: N
  readonly interval: ReportInterval | null
  readonly t: N
  readonly lag: number
  readonly n: number
  readonly monotonicity: N
}

export interface ReportPortfolio {
  readonly every: number
  readonly rebalancings: number
  readonly turnover: N
  readonly rankAutocorrelation: N
  readonly meanReturn: N
  readonly breakEvenCost: N
}

export interface ReportErrors {
  readonly mse: N
  readonly rmse: N
  readonly mae: N
  readonly bias: N
  readonly r2Zero: N
  readonly r2TrainMean: N
  readonly hitRate: N
  readonly hitRows: number
}

export interface ReportDecay {
  readonly label: string
  readonly horizonMinutes: number
  readonly rows: number
  readonly pearson: N
  readonly rank: N
  /** Mean over cross-sections, and its Newey-West t. */
  readonly sectionRank: N
  readonly sectionRankT: N
}

/** The score when the prediction is used so many minutes after it is known. */
export interface ReportDelay {
  readonly minutes: number
  readonly rows: number
  /** Over all rows. */
  readonly rank: N
  /** Mean over cross-sections with its Newey-West error and t; null where cross-sections are refused. */
  readonly sectionRank: N
  readonly sectionRankError: N
  readonly sectionRankT: N
}

export interface ReportThreshold {
  readonly threshold: number
  readonly called: number
  readonly precision: N
  readonly recall: N
  readonly f1: N
  readonly accuracy: N
  readonly confusion: { readonly tp: number; readonly fp: number; readonly fn: number; readonly tn: number }
}

export interface ReportClassifier {
  readonly baseRate: number
  readonly auc: ReportScore
  readonly averagePrecision: N
  /** Null when predictions are not probabilities. */
  readonly logLoss: N
  readonly brier: N
  readonly ece: N
  readonly calibration: readonly { readonly rows: number; readonly predicted: number; readonly observed: number }[]
  readonly thresholds: readonly ReportThreshold[]
}

export interface ReportDay {
  readonly dayMs: number
  readonly rows: number
  /** Pooled within the day. */
  readonly pearson: N
  readonly rank: N
  /** Mean of the cross-sectional rank IC over the day, and its Newey-West error. Null when cross-sections are refused. */
  readonly sectionRank: N
  readonly sectionRankError: N
}

export interface ReportResiduals {
  readonly mean: N
  readonly deviation: N
  readonly skewness: N
  readonly excessKurtosis: N
  readonly autocorrelation: N
  readonly histogram: { readonly edges: readonly number[]; readonly counts: readonly number[] }
  readonly byPrediction: readonly {
    readonly prediction: N
    readonly p10: N
    readonly median: N
    readonly p90: N
  }[]
}

export interface ReportEntry {
  readonly name: string
  readonly role: 'model' | 'baseline'
  readonly pooled: { readonly pearson: ReportScore; readonly rank: ReportScore }
  /** Null when cross-sections are refused. */
  readonly sections: { readonly pearson: ReportSeries; readonly rank: ReportSeries } | null
  readonly daily: ReportDaily
  readonly spread: ReportSpread | null
  /** Mean label by predicted quantile over all rows (RP-42). */
  readonly pooledQuantiles: { readonly buckets: readonly ReportQuantile[]; readonly monotonicity: N }
  readonly portfolio: { readonly perStep: ReportPortfolio; readonly perHorizon: ReportPortfolio } | null
  readonly errors: ReportErrors
  readonly classifier: ReportClassifier | null
  readonly decay: readonly ReportDecay[]
  /** Only of models, and where asked for; absent in reports made before it was measured. */
  readonly delays?: readonly ReportDelay[]
  /** Of the t of the cross-sectional rank IC, or of the daily rank IC where cross-sections are refused; null without t. */
  readonly deflated: {
    readonly of: string
    readonly trials: number
    readonly hurdle: number
    readonly t: N
    readonly excess: N
    readonly pAdjusted: N
  } | null
  /** For plots. */
  readonly days: readonly ReportDay[]
  /** Cumulative sum of the IC over time, thinned: of sections where they are used, else of days. */
  readonly cumulative: readonly { readonly ms: number; readonly pearson: number; readonly rank: number }[]
  readonly months: readonly { readonly month: string; readonly rows: number; readonly rmse: N; readonly rmseZero: N }[]
  readonly residuals: ReportResiduals | null
}

export interface EvaluationReport {
  readonly version: 1
  readonly title: string
  readonly task: 'regression' | 'binary'
  readonly label: string
  readonly unit: string
  readonly horizonMinutes: number
  readonly rows: {
    readonly given: number
    readonly withoutLabel: number
    /** Labelled rows for which the named one has no prediction; all entries are judged on the rows all have. */
    readonly withoutPrediction: Readonly<Record<string, number>>
    readonly judged: number
  }
  readonly time: {
    readonly firstMs: number
    readonly lastMs: number
    readonly instants: number
    readonly days: number
    /** Most frequent distance of instants; null for one instant. */
    readonly stepMs: N
  }
  readonly symbols: number
  readonly crossSections: {
    readonly used: number
    readonly tooSmall: number
    readonly minSymbols: number
    readonly medianSize: number
    /** Why cross-sectional figures are absent, or null. */
    readonly refusal: string | null
  }
  readonly settings: {
    readonly seed: number
    readonly level: number
    readonly resamples: number
    readonly permutations: number
    /** Instants per block of bootstrap and null band. */
    readonly block: number
    readonly sectionBlock: N
    readonly quantiles: number
    readonly trials: number
    readonly trainMean: N
  }
  readonly entries: readonly ReportEntry[]
  readonly notes: readonly string[]
}
