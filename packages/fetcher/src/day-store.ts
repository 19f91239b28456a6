/** Day tables on disk: what is there, and writing one with its manifest. */
import { join } from 'node:path'
import { addDays, byCodeUnit, dateMs, type Json, type Kind, paths, stableJson, type UtcDate } from '@cointrader/core'
import { type Disk, type Manifest, soundManifest, writeWithManifest } from '@cointrader/store'
import type { BuiltTable, DayResult, SourceRow } from './jobs.js'
import type { DayState } from './plan.js'
import type { DayConfig, FetchRequest } from './request.js'

/** Absent or young files are asked for again only while the archive may still publish them. */
const PUBLICATION_DAYS = 10

/** `details` of a day table's manifest. */
export interface DayDetails {
  readonly kinds: readonly Kind[]
  readonly symbols: readonly string[]
  readonly sources: readonly SourceRow[]
  readonly absent: readonly { readonly kind: Kind; readonly symbol: string; readonly reason: string }[]
  readonly refused: DayResult['refused']
}

export function tablePath(
  config: Pick<DayConfig, 'market' | 'interval'>,
  date: UtcDate,
  table: 'day' | 'mark',
): string {
  const path = table === 'day' ? paths.dayTable(date, config.interval) : paths.markTable(date, config.interval)
  return config.market === 'spot' ? `spot/${path}` : path
}

export interface StoredDay {
  readonly manifest: Manifest
  readonly details: DayDetails
}

/** The sound table of a day, or undefined. */
export async function storedDay(
  disk: Disk,
  dataDir: string,
  config: DayConfig,
  date: UtcDate,
  table: 'day' | 'mark',
): Promise<StoredDay | undefined> {
  const manifest = await soundManifest(disk, join(dataDir, tablePath(config, date, table)))
  return manifest && { manifest, details: manifest.details as unknown as DayDetails }
}

/** True when the stored day was made with the same settings. */
export function sameConfig(manifest: Manifest, config: DayConfig): boolean {
  return stableJson(manifest.config) === stableJson(config as unknown as Json)
}

/** What the planner needs to know. A day with REST rows, refusals or recent absences is looked at again. */
export function stateOf(stored: StoredDay, date: UtcDate, nowMs: number): DayState {
  const { details } = stored
  const young = nowMs < dateMs(addDays(date, PUBLICATION_DAYS))
  const open =
    details.refused.length > 0 ||
    (young && (details.absent.length > 0 || details.sources.some((s) => s.route === 'rest')))
  return { symbols: details.symbols, kinds: details.kinds, complete: !open }
}

export interface WriteDay {
  readonly disk: Disk
  readonly dataDir: string
  readonly request: FetchRequest
  readonly config: DayConfig
  readonly codeVersion: string
  readonly date: UtcDate
  readonly table: 'day' | 'mark'
  readonly built: BuiltTable
  readonly details: DayDetails
  readonly contents: DayResult['contents']
  /** Ids of kept rows' origin: the table they were taken from. */
  readonly kept: readonly Json[]
}

const bySourceOrder = (
  a: { symbol: string; kind: string; path?: string },
  b: { symbol: string; kind: string; path?: string },
): number => byCodeUnit(a.symbol, b.symbol) || byCodeUnit(a.kind, b.kind) || byCodeUnit(a.path ?? '', b.path ?? '')

export async function writeDay(w: WriteDay): Promise<Manifest> {
  const details: DayDetails = {
    kinds: [...w.details.kinds].sort(byCodeUnit),
    symbols: [...w.details.symbols].sort(byCodeUnit),
    sources: [...w.details.sources].sort(bySourceOrder),
    absent: [...w.details.absent].sort(bySourceOrder),
    refused: [...w.details.refused].sort(bySourceOrder),
  }
  return writeWithManifest(w.disk, join(w.dataDir, tablePath(w.config, w.date, w.table)), w.built.parquet, {
    kind: w.table === 'day' ? 'day-table' : 'mark-table',
    command: 'cointrader fetch',
    codeVersion: w.codeVersion,
    seed: null,
    config: w.config as unknown as Json,
    inputs: [...[...w.contents].sort(bySourceOrder), ...w.kept] as unknown as Json,
    rows: w.built.rows,
    columns: w.built.columns,
    timeRange: w.built.timeRange,
    details: details as unknown as Json,
  })
}
