/** @module Which symbols a day is about: a point-in-time selection with a reason for each exclusion. */
export * from './build.js'
export * from './compat/research.js'
export * from './days.js'
export * from './select.js'
export * from './stablecoins.js'
export * from './volumes.js'
