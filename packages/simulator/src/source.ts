/** What the simulator serves from: an archive tree and, if the source can, market data for REST. */
import type { Json, Kind } from '@cointrader/core'
import type { Cells } from './csv.js'

/** The tree of data.binance.vision. Paths are logical (UTF-8, not percent-encoded). */
export interface ArchiveSource {
  /** Bytes of a `.zip` or `.CHECKSUM`, undefined when it is not published at `nowMs`. */
  read(path: string, nowMs: number): Promise<Uint8Array | undefined>
  /** Names in a folder ('' is the root, others end in `/`) at `nowMs`, in UTF-8 byte order; folders end in `/`. */
  list(folder: string, nowMs: number): Promise<string[]>
  /** When the file appeared (ms). */
  publishedMs(path: string): number
  /** Content of `exchangeInfo.json`, undefined when the source has none. */
  exchangeInfo(nowMs: number): Promise<Uint8Array | undefined>
}

export type BarKind = Extract<Kind, 'klines' | 'premium' | 'mark'>

/** A metrics row as REST needs it. Ratios and amounts are decimal text. */
export interface RestMetrics {
  /** End of the 5-minute period. */
  readonly instantMs: number
  readonly openInterest: string
  readonly openInterestValue: string
  readonly topAccounts: string
  readonly topPositions: string
  readonly accounts: string
  /** Taker volume of the 5 minutes; null when the source only has the ratio. */
  readonly taker: { readonly buy: number; readonly sell: number; readonly decimals: number } | null
}

export interface RestFunding {
  readonly fundingMs: number
  readonly rate: string
  readonly mark: string
}

/** Market data by UTC day. `undefined` means the source cannot know this kind at all (REST answers 404, code −5000). */
export interface RestData {
  exchangeInfo(nowMs: number): Promise<Json | undefined>
  isListed(symbol: string, nowMs: number): Promise<boolean>
  listed(nowMs: number): Promise<string[]>
  /** First and last day (start of day, ms) that may hold rows. */
  span(kind: Kind, symbol: string, nowMs: number): Promise<{ fromMs: number; toMs: number } | undefined>
  /** Twelve cells per bar, up to and with the running one. */
  bars(kind: BarKind, symbol: string, stepMs: number, dayMs: number, nowMs: number): Promise<Cells[]>
  metrics(symbol: string, dayMs: number, nowMs: number): Promise<RestMetrics[]>
  funding(symbol: string, dayMs: number, nowMs: number): Promise<RestFunding[]>
  /** Funding interval, undefined when there is no funding. */
  fundingHours(symbol: string, nowMs: number): Promise<number | undefined>
}

export interface SimulatorSource {
  readonly archive: ArchiveSource
  readonly rest: RestData
}

/** Orders names as S3 does: by UTF-8 bytes. */
export function byUtf8(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a, 'utf8'), Buffer.from(b, 'utf8'))
}
