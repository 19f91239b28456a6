/** @module Backtests: replay through the trading core, named costs, statistics with their uncertainty, reports. */
export * from './costs/index.js'
export * from './replay/index.js'
export { explainTrade } from './report/explain.js'
export * from './report/index.js'
export * from './statistics/index.js'
