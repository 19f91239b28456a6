/** @module Model families, evaluation, tuning and artefacts. */
export * from './artefact/index.js'
export * from './baselines/index.js'
export * from './bot/index.js'
export * from './evaluation/index.js'
export * from './linear/index.js'
export * from './registry/index.js'
export * from './train/index.js'
export * from './tune/index.js'
