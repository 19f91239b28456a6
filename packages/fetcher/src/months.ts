/** Monthly files: acquired once, cut into day slices in the scratch folder, forgotten when the month is done. */
import { join } from 'node:path'
import { archivePath } from '@cointrader/binance'
import {
  type Json,
  type Kind,
  type Pool,
  paths,
  sha256,
  stableJson,
  type UtcDate,
  type UtcMonth,
} from '@cointrader/core'
import type { Disk } from '@cointrader/store'
import { type AcquireOptions, acquire, dropCache, isFileFault } from './acquire.js'
import type { CutResult, DayFile, Job, JobResult } from './jobs.js'
import type { FetchRequest } from './request.js'

/** A cut monthly file: its facts and where its slices are. */
interface CutFacts {
  readonly path: string
  readonly sha256: string
  readonly etag: string | null
  readonly verified: boolean
  readonly bytes: number
  readonly rows: number
  readonly firstMs: number | null
  readonly lastMs: number | null
  readonly header: boolean
  readonly slices: readonly { readonly date: UtcDate; readonly rows: number; readonly sha256: string }[]
}

export interface MonthFile {
  /** The day's slice, or undefined when the monthly file has no row of that day. */
  slice(date: UtcDate): Promise<{ readonly file: DayFile; readonly rows: number } | undefined>
}

export type MonthOutcome =
  | { readonly state: 'ok'; readonly file: MonthFile }
  | { readonly state: 'absent' }
  | { readonly state: 'refused'; readonly code: string; readonly message: string; readonly path: string }

const sliceFolder = (dataDir: string, path: string): string =>
  join(dataDir, paths.cache, 'slices', path.replace(/\.zip$/, ''))

export async function openMonth(
  request: FetchRequest,
  kind: Kind,
  symbol: string,
  month: UtcMonth,
  options: AcquireOptions,
  pool: Pool<Job, JobResult>,
): Promise<MonthOutcome> {
  const { disk, dataDir } = options
  const path = archivePath(request.market, kind, symbol, request.interval, { route: 'monthly', month })
  const folder = sliceFolder(dataDir, path)
  const factsPath = join(folder, 'facts.json')
  const before = await disk.read(factsPath)
  let facts: CutFacts
  if (before && options.source.remote) facts = JSON.parse(new TextDecoder().decode(before)) as CutFacts
  else {
    const got = await acquire(path, options)
    if (got.state === 'absent') return got
    if (got.state === 'refused') return { state: 'refused', code: got.error.code, message: got.error.message, path }
    const { bytes, ...file } = got.file
    try {
      const size = bytes.byteLength
      const cut = (await pool.run({ type: 'cut', path, month, zip: bytes })) as CutResult
      const slices = []
      for (const s of cut.slices) {
        await disk.writeAtomic(join(folder, `${s.date}.deflate`), s.deflated)
        slices.push({ date: s.date, rows: s.rows, sha256: sha256(s.deflated) })
      }
      facts = {
        ...file,
        bytes: size,
        rows: cut.rows,
        firstMs: cut.firstMs,
        lastMs: cut.lastMs,
        header: cut.header,
        slices,
      }
      await disk.writeAtomic(factsPath, stableJson(facts as unknown as Json))
      await dropCache(path, disk, dataDir)
    } catch (error) {
      if (!isFileFault(error)) throw error
      return { state: 'refused', code: error.code, message: error.message, path }
    }
  }
  return { state: 'ok', file: monthFile(facts, kind, folder, disk) }
}

function monthFile(facts: CutFacts, kind: Kind, folder: string, disk: Disk): MonthFile {
  return {
    async slice(date) {
      const slice = facts.slices.find((s) => s.date === date)
      if (!slice) return undefined
      const bytes = await disk.read(join(folder, `${date}.deflate`))
      if (!bytes || sha256(bytes) !== slice.sha256) return undefined
      const { path, sha256: hash, etag, verified, bytes: size, rows, firstMs, lastMs, header } = facts
      const file: DayFile = {
        path,
        kind,
        route: 'monthly',
        sha256: hash,
        etag,
        verified,
        format: 'slice',
        bytes,
        whole: { bytes: size, rows, firstMs, lastMs, header },
      }
      return { file, rows: slice.rows }
    },
  }
}

/** Removes the slices of a month that is safe in its day tables. */
export async function dropMonth(
  request: FetchRequest,
  kind: Kind,
  symbol: string,
  month: UtcMonth,
  disk: Disk,
  dataDir: string,
): Promise<void> {
  await disk.remove(
    sliceFolder(dataDir, archivePath(request.market, kind, symbol, request.interval, { route: 'monthly', month })),
  )
}
