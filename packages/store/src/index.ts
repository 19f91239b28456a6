/** @module Tables on disk: Parquet in and out, atomic writes, manifests with lineage, locks. */
export * from './datedjson.js'
export * from './disk.js'
export * from './lock.js'
export * from './manifest.js'
export * from './parquet.js'
export * from './runlog.js'
export * from './table.js'
