export * from './artefact.js'
export { failNoModel, isVersion, modelNames } from './names.js'
export * from './predictor.js'
