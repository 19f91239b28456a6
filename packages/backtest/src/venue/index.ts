/** @module The replay venue: commands in, fills out; and the venue's rules read from its payloads. */
export * from './exits.js'
export * from './payloads.js'
export * from './venue.js'
