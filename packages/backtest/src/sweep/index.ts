/** @module Sweeps: a grid of parameters over one shared copy of the data, chosen on train and quoted on test (TB-05.13, D-12). */
export * from './cell.js'
export * from './market.js'
export * from './nested.js'
export * from './parameters.js'
export * from './plan.js'
export * from './run.js'
export * from './store.js'
