/** @module The study file: schema, reading, explaining. */
export { type Entry, type Explained, explainStudy, studyEntries, studyJsonSchema, studyYaml } from './explain.js'
export { environmentOverrides, flagOverride, type Override, type ReadStudy, readStudy } from './read.js'
export type { Span, Study, StudyBacktest, StudyFold, StudyModel } from './schema.js'
