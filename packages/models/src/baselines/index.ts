/** @module Trivial predictors that every evaluation shows beside a model. */
export * from './constant.js'
export * from './momentum.js'
export * from './persistence.js'
export * from './predictor.js'
export { constantPrediction, randomPrediction } from './simple.js'
