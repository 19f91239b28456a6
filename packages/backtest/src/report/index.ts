/** @module Reports of backtests and sweeps: self-contained HTML, tables for Parquet, CSV text, one trade explained. */
export * from './backtest-html.js'
export * from './document.js'
export * from './downsample.js'
export * from './explain.js'
export * from './study-html.js'
export * from './sweep-html.js'
export * from './tables.js'
export { plainWords } from './words.js'
