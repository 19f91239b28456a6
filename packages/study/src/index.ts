/** @module Studies: one validated file to a plan of stages, its run, and the report of all of it. */
export * from './config/index.js'
export * from './plan/estimate.js'
export * from './plan/stages.js'
export * from './report/collect.js'
export * from './report/facts.js'
export * from './run/compare.js'
export * from './run/execute.js'
export * from './run/records.js'
