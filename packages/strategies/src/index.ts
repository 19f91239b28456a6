/** @module Strategies: what history they need, and a pure function from what is known to intents. */
export * from './bars.js'
export * from './check.js'
export * from './cross-section.js'
export * from './indicator-score.js'
export * from './intent.js'
export * from './mtf-pullback.js'
export * from './strategy.js'
export * from './view.js'
