/** @module Serving: the features of exactly one model, minute by minute, as live trading computes them. */
export * from './columns.js'
export * from './minutes.js'
export * from './server.js'
