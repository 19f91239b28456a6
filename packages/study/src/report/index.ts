/** @module The study report: findings in plain words, one HTML page, a summary for the terminal. */
export { findings, headline } from './findings.js'
export { studyHtml } from './html.js'
export { studyText } from './text.js'
