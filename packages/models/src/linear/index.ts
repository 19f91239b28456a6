/** @module Linear models: ordinary, ridge, lasso, elastic net, logistic; LassoCV and the selection of RP-23. */
export type { Design, MissingCells } from './design.js'
export { fitLinear, type LinearOptions } from './fit.js'
export { fitLogistic, type LogisticOptions } from './logistic.js'
export * from './model.js'
export * from './path.js'
export * from './select.js'
