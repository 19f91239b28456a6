/** @module Replaying bars through the trading core: the loops, their input and result. */
export * from './explain.js'
export * from './fast.js'
export * from './input.js'
export * from './intent-strategy.js'
export * from './recorder.js'
export * from './reference.js'
export * from './result.js'
export * from './run.js'
