/** @module Honest evaluation: scores with uncertainty, beside baselines and shuffled labels; table and HTML page. */
export * from './bootstrap.js'
export * from './classifier.js'
export { type Contender, contender, type EvaluateRequest } from './contenders.js'
export * from './evaluate.js'
export * from './html.js'
export * from './ic.js'
export * from './multiclass.js'
export * from './neweywest.js'
export * from './nullband.js'
export {
  deviation,
  float64,
  mean,
  meanRanks,
  type Numbers,
  normalCdf,
  pearson,
  quantileOf,
  spearman,
  twoSided,
} from './numeric.js'
export * from './portfolio.js'
export * from './regression.js'
export * from './report.js'
export * from './sections.js'
export * from './spread.js'
export { evaluationTable, reportFacts } from './table.js'
export * from './trials.js'
