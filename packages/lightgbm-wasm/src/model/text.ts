/** LightGBM's text model format, read and written. */
export { readText } from './text-read.js'
export { writeText } from './text-write.js'
