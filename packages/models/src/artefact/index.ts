export * from './artefact.js'
export * from './predictor.js'
