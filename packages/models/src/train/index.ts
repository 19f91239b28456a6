export * from './data.js'
export * from './judge.js'
export * from './lgbm.js'
export * from './linear.js'
