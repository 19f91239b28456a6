/** What travels to and from the workers: plain data, one job per day (and one per monthly file to cut). */

import type { Market } from '@cointrader/binance'
import type { Defect, Interval, Kind, UtcDate, UtcMonth } from '@cointrader/core'

/** One row of a manifest: an archive file (or a REST range) as it was used. Without `defects` in a worker's input. */
export interface SourceRow {
  /** Logical archive path, or `rest:/fapi/v1/…`. */
  readonly path: string
  readonly kind: Kind
  readonly symbol: string
  readonly route: 'daily' | 'monthly' | 'rest'
  readonly etag: string | null
  readonly sha256: string
  readonly bytes: number
  readonly rows: number
  readonly firstMs: number | null
  readonly lastMs: number | null
  readonly header: boolean
  readonly verified: boolean
  /** The metrics of the day before, which serve the first minutes only. */
  readonly previousDay?: true
  readonly defects: readonly Defect[]
}

/** A file for one symbol, kind and day. */
export interface DayFile {
  readonly path: string
  readonly kind: Kind
  readonly route: SourceRow['route']
  readonly sha256: string
  readonly etag: string | null
  readonly verified: boolean
  /** `zip` as published; `csv` from REST; `slice` a deflated part of a monthly file, whose own facts are in `whole`. */
  readonly format: 'zip' | 'csv' | 'slice'
  readonly bytes: Uint8Array
  readonly whole?: Pick<SourceRow, 'bytes' | 'rows' | 'firstMs' | 'lastMs' | 'header'>
}

export interface SymbolJob {
  readonly symbol: string
  readonly files: readonly DayFile[]
  /** Metrics of the day before, for the minutes before the day's first row. */
  readonly previousMetrics: DayFile | null
}

export interface DayJob {
  readonly type: 'day'
  readonly date: UtcDate
  readonly market: Market
  readonly interval: Interval
  readonly kinds: readonly Kind[]
  readonly compat: 'research' | null
  readonly maxMetricsAgeMs: number
  readonly symbols: readonly SymbolJob[]
  /** An older table of the day whose other symbols stay. */
  readonly existing: { readonly bytes: Uint8Array; readonly keep: readonly string[] } | null
  readonly existingMark: { readonly bytes: Uint8Array; readonly keep: readonly string[] } | null
}

export interface BuiltTable {
  readonly parquet: Uint8Array
  readonly rows: number
  readonly columns: readonly string[]
  readonly timeRange: readonly [number, number] | null
  /** Symbols that have rows. */
  readonly symbols: readonly string[]
}

export interface DayResult {
  readonly type: 'day'
  readonly day: BuiltTable | null
  readonly mark: BuiltTable | null
  readonly sources: readonly SourceRow[]
  /** Hash of the day's rows per file: the same for daily, monthly and (where the text agrees) any other route. */
  readonly contents: readonly { readonly kind: Kind; readonly symbol: string; readonly sha256: string }[]
  /** Left out by a rule of the chosen compat mode. */
  readonly skipped: readonly { readonly kind: Kind; readonly symbol: string; readonly reason: string }[]
  readonly refused: readonly {
    readonly kind: Kind
    readonly symbol: string
    readonly path: string
    readonly code: string
    readonly message: string
  }[]
}

export interface CutJob {
  readonly type: 'cut'
  readonly path: string
  readonly month: UtcMonth
  readonly zip: Uint8Array
}

export interface CutResult {
  readonly type: 'cut'
  readonly rows: number
  readonly firstMs: number | null
  readonly lastMs: number | null
  readonly header: boolean
  /** Deflated CSV text per day that has rows; rows outside the month are under their own day and counted. */
  readonly slices: readonly { readonly date: UtcDate; readonly rows: number; readonly deflated: Uint8Array }[]
}

export type Job = DayJob | CutJob
export type JobResult = DayResult | CutResult
