export * from './report/facts.js'
