export * from './artefact.js'
