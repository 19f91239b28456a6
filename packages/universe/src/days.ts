/** What selection knows of a day. */
import type { Contract, UtcDate } from '@cointrader/core'

/** Volumes of one day table: parallel arrays, symbols in the order in which the table first names them. */
export interface DayVolumes {
  readonly date: UtcDate
  readonly symbols: readonly string[]
  /** Σ quote volume over the day, in quote currency; missing cells are skipped. */
  readonly quoteVolume: readonly number[]
  /** Number of rows; a symbol with at least one was alive. */
  readonly bars: readonly number[]
}

/** Date → volumes, for the days that have a table. */
export type VolumesByDate = ReadonlyMap<UtcDate, DayVolumes>
/** Date → banned symbols, as `banned_symbols.json` has them. */
export type BansByDate = Readonly<Record<string, readonly string[]>>
/** Symbol → contract facts, as `contracts.json` has them. */
export type Contracts = Readonly<Record<string, Contract>>

/** The universe of one date. */
export interface Selection {
  readonly date: UtcDate
  /** Members, largest volume first. */
  readonly symbols: readonly string[]
  /** Days whose volumes were ranked, ascending. */
  readonly days: readonly UtcDate[]
  readonly daysUsed: number
  /** Symbol seen on these days → why it is not a member. */
  readonly excluded: Readonly<Record<string, string>>
  /** What a reader should know, e.g. why the list is empty. */
  readonly note?: string
}
