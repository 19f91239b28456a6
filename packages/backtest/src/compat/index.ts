/**
 * @module `--compat seed`: the original trading bot's backtester and studies, number by number, defects included (TB-05,
 * TB-10.2, TB-12.1). It has its own event loop and shares nothing with the default path; nothing but the command that
 * offers it may import it.
 */
export * from './backtest.js'
export * from './bars.js'
export * from './config.js'
export * from './engine.js'
export * from './market-context.js'
export * from './mtf.js'
export * from './pcg64.js'
export * from './position-sizing.js'
export * from './signals.js'
export * from './summary.js'
export * from './sweep.js'
export * from './training.js'
export * from './validator.js'
export * from './walk-forward.js'
