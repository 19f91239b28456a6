/** @module The trading bot's indicators, score, features, labels and training set: one definition for training and live. */
export * from './bars.js'
export * from './dataset.js'
export * from './features.js'
export * from './indicators.js'
export * from './labels.js'
export * from './score.js'
export * from './trailing.js'
