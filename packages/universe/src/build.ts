/** `cointrader universe`: selects every date of a range and merges the results into the universe files. */
import { join } from 'node:path'
import { addDays, type Contract, fail, type Json, type Progress, paths, type UtcDate } from '@cointrader/core'
import { type Disk, mergeDatedJson, readDatedJson } from '@cointrader/store'
import { researchUniverse } from './compat/research.js'
import type { BansByDate, Contracts, DayVolumes, Selection } from './days.js'
import { selectUniverse } from './select.js'
import { dayVolumes } from './volumes.js'

export interface UniverseOptions {
  readonly disk: Disk
  /** Ascending, without repeats. */
  readonly dates: readonly UtcDate[]
  readonly top: number
  readonly bufferDays: number
  readonly minHistoryDays: number
  /** RP-12 with its look-ahead instead of the point-in-time rule. */
  readonly research: boolean
  /** Path of the day table of a date, undefined when there is none. */
  readonly locate: (date: UtcDate) => Promise<string | undefined>
  readonly contractsPath: string
  readonly bannedPath: string
  /** Path of the universe file; the reasons go beside it, `_reasons` before the ending. */
  readonly outPath: string
  readonly cacheDir?: string | undefined
  readonly progress?: Progress | undefined
  readonly signal?: AbortSignal | undefined
}

export interface UniverseResult {
  /** One per date that was written. */
  readonly selections: readonly Selection[]
  /** Dates without any day table in reach (`research` only: they are not written). */
  readonly skipped: readonly UtcDate[]
  /** False when there is no contract file: facts were then derived from names. */
  readonly contractsKnown: boolean
}

/** Default place of the universe file in a data folder. */
export function universePath(dataDir: string, top: number): string {
  return join(dataDir, paths.universe(top))
}

/** `x/top50_universe.json` → `x/top50_universe_reasons.json`. */
export function reasonsPath(outPath: string): string {
  return outPath.replace(/(\.json)?$/, '_reasons.json')
}

/**
 * Selects each date and merges the entries into the universe file (RP-43) and its reasons. Only the volumes of one
 * window are held. Errors `E_FILE_CORRUPT` for a damaged table, ban list, contract file or universe file.
 */
export async function buildUniverse(options: UniverseOptions): Promise<UniverseResult> {
  const { disk, dates, top, bufferDays, minHistoryDays, research, progress } = options
  const known = await readContracts(disk, options.contractsPath)
  const contracts = known ?? {}
  const bans = (await readDatedJson(disk, options.bannedPath)) as BansByDate
  const volumes = new Map<UtcDate, DayVolumes>()
  const looked = new Set<UtcDate>()
  const selections: Selection[] = []
  const skipped: UtcDate[] = []
  progress?.total(dates.length)
  for (const date of dates) {
    options.signal?.throwIfAborted()
    const first = addDays(date, -bufferDays)
    for (const old of [...looked]) {
      if (old >= first) continue
      looked.delete(old)
      volumes.delete(old)
    }
    for (let day = first; research ? day <= date : day < date; day = addDays(day, 1)) {
      if (looked.has(day)) continue
      looked.add(day)
      const path = await options.locate(day)
      const found = path === undefined ? undefined : await dayVolumes(disk, path, day, options.cacheDir)
      if (found !== undefined) volumes.set(day, found)
    }
    const selection = research
      ? researchUniverse({ date, top, bufferDays, volumes, bans })
      : selectUniverse({ date, top, bufferDays, minHistoryDays, volumes, contracts, bans })
    if (selection === undefined) skipped.push(date)
    else selections.push(selection)
    progress?.advance(1, date)
  }
  const entry = (of: (s: Selection) => Json) => Object.fromEntries(selections.map((s) => [s.date, of(s)]))
  await mergeDatedJson(disk, reasonsPath(options.outPath), entry(reasonsEntry))
  await mergeDatedJson(
    disk,
    options.outPath,
    entry((s) => s.symbols),
  )
  return { selections, skipped, contractsKnown: known !== undefined }
}

function reasonsEntry({ daysUsed, days, excluded, note }: Selection): Json {
  return { daysUsed, days, excluded, note }
}

async function readContracts(disk: Disk, path: string): Promise<Contracts | undefined> {
  const bytes = await disk.read(path)
  if (bytes === undefined) return undefined
  try {
    return JSON.parse(new TextDecoder().decode(bytes)) as Record<string, Contract>
  } catch (error) {
    fail('E_FILE_CORRUPT', { subject: path, detail: (error as Error).message, cause: error })
  }
}
