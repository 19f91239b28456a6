/** @module Tuning: purged walk-forward folds, a resumable grid, and TPE with median pruning. */
export * from './folds.js'
export * from './grid.js'
export * from './search.js'
export * from './space.js'
export * from './store.js'
export * from './tpe.js'
