/** @module A Binance-compatible exchange on localhost (archive, listing, market-data REST), with a seeded synthetic market. */
import { type ArchiveOptions, syntheticArchive } from './archive.js'
import { syntheticRest } from './restsynthetic.js'
import type { SimulatorSource } from './source.js'
import type { SyntheticMarket } from './synthetic.js'

export * from './archive.js'
export * from './bars.js'
export * from './csv.js'
export * from './defects.js'
export * from './faults.js'
export { folderSource } from './folder.js'
export type { Venue } from './klines.js'
export * from './limits.js'
export { bucketLister, type ListRequest } from './listing.js'
export type { FundingRow, MetricsRow } from './metrics.js'
export * from './rest.js'
export { defaultRoster } from './roster.js'
export * from './server.js'
export * from './source.js'
export * from './spec.js'
export * from './synthetic.js'
export * from './write.js'
export * from './zip.js'

/** A synthetic market as something to serve. */
export function syntheticSource(market: SyntheticMarket, options: ArchiveOptions = {}): SimulatorSource {
  return { archive: syntheticArchive(market, options), rest: syntheticRest(market) }
}
