/** `cointrader verify`: re-proves a data folder offline. Reads everything, changes nothing. */
import { join } from 'node:path'
import { byCodeUnit, type Json, type Progress, sha256, silentProgress } from '@cointrader/core'
import {
  type Disk,
  decodeParquet,
  type Manifest,
  manifestId,
  manifestPath,
  RUN_FOLDER,
  type Table,
  walk,
} from '@cointrader/store'
import { classify, MANIFEST_SUFFIX } from './data-layout.js'
import { collectProblems, type Problem, type Problems } from './problems.js'
import { checkTable, timeRangeOf } from './verify-table.js'

export interface VerifyOptions {
  readonly disk: Disk
  readonly dataDir: string
  /** Unfinished writes below the folder (paths relative to it); they are named as notes, since readers skip them. */
  readonly leftovers?: () => Promise<readonly string[]>
  readonly progress?: Progress
  readonly signal?: AbortSignal
}

export interface VerifyReport {
  readonly files: number
  readonly tables: number
  readonly rows: number
  readonly bytes: number
  /** Empty when the folder is proved. */
  readonly problems: readonly Problem[]
  /** Worth knowing, but nothing wrong. */
  readonly notes: readonly string[]
}

/** JSON files whose keys are dates, in order (RP-43). */
const DATED_JSON = /^(top\d+_universe|banned_symbols)(_reasons)?\.json$/

/**
 * Proves each artefact: manifest there and true (hash, bytes, rows, columns, time range, id), rows sorted, unique, on
 * the grid and inside their day; no manifest without a file; JSON readable and in order of dates. Every problem is
 * listed; only the disk itself makes it stop (`E_DISK`).
 */
export async function verifyFolder(options: VerifyOptions): Promise<VerifyReport> {
  const { disk, dataDir, progress = silentProgress, signal } = options
  const problems = collectProblems()
  const all = (await walk(disk, dataDir)).filter((path) => !path.startsWith(`${RUN_FOLDER}/`))
  const there = new Set(all)
  const sum = { tables: 0, rows: 0, bytes: 0 }
  progress.total(all.length)
  for (const path of all) {
    signal?.throwIfAborted()
    progress.advance(1, path)
    const file = classify(path)
    if (file.type === 'manifest') {
      await checkManifestFile(path, there, options, problems)
      continue
    }
    if (file.type === 'json') {
      sum.bytes += await checkJson(path, options, problems)
      continue
    }
    if (file.type === 'other') continue
    const bytes = (await disk.read(join(dataDir, path))) ?? new Uint8Array()
    sum.tables++
    sum.bytes += bytes.byteLength
    let table: Table | undefined
    try {
      table = (await decodeParquet(bytes, path)).table
    } catch (error) {
      problems.file(path, `cannot be read: ${(error as { detail?: string }).detail ?? String(error)}`)
    }
    const manifest = there.has(manifestPath(path)) ? await manifestOf(manifestPath(path), options) : undefined
    if (!there.has(manifestPath(path))) problems.file(path, 'no manifest: an unfinished or foreign write')
    // An unreadable manifest is reported once, under its own name.
    else if (manifest !== undefined) checkManifest(path, bytes, table, manifest, problems)
    if (table === undefined) continue
    sum.rows += table.rows
    try {
      checkTable(path, file, table, problems)
    } catch (error) {
      problems.file(path, (error as { detail?: string }).detail || String(error))
    }
  }
  const notes = ((await options.leftovers?.()) ?? []).map(
    (path) => `${path}: left over from an interrupted write; harmless, and replaced by the next one`,
  )
  const list = [...problems.list].sort((a, b) => byCodeUnit(a.file, b.file) || (a.row ?? 0) - (b.row ?? 0))
  return { files: all.length, ...sum, problems: list, notes }
}

async function manifestOf(path: string, { disk, dataDir }: VerifyOptions): Promise<Manifest | undefined> {
  try {
    const value = JSON.parse(new TextDecoder().decode(await disk.read(join(dataDir, path)))) as Manifest
    const sound = typeof value.file === 'string' && typeof value.sha256 === 'string' && Array.isArray(value.columns)
    return sound ? value : undefined
  } catch {
    return undefined
  }
}

/** A manifest must be readable and stand beside its file. */
async function checkManifestFile(
  path: string,
  there: ReadonlySet<string>,
  options: VerifyOptions,
  problems: Problems,
): Promise<void> {
  const manifest = await manifestOf(path, options)
  if (manifest === undefined) return problems.file(path, 'not a manifest')
  const file = `${path.slice(0, path.lastIndexOf('/') + 1)}${manifest.file}`
  if (!there.has(file)) problems.file(path, `its file ${manifest.file} is not there`)
  else if (manifestPath(file) !== path) problems.file(path, `it is about ${manifest.file}, which has another manifest`)
  const { kind, inputs, config, codeVersion } = manifest
  if (manifest.id !== manifestId({ kind, inputs, config, codeVersion }))
    problems.file(path, 'its id is not the hash of inputs, config and code version')
}

function checkManifest(
  path: string,
  bytes: Uint8Array,
  table: Table | undefined,
  manifest: Manifest,
  problems: Problems,
): void {
  if (bytes.byteLength !== manifest.bytes)
    problems.file(path, `${bytes.byteLength} bytes, the manifest says ${manifest.bytes}`)
  if (sha256(bytes) !== manifest.sha256) problems.file(path, 'sha256 is not that of the manifest')
  if (table === undefined) return
  if (table.rows !== manifest.rows) problems.file(path, `${table.rows} rows, the manifest says ${manifest.rows}`)
  const columns = [...table.columns.keys()].join(',')
  if (columns !== manifest.columns.join(','))
    problems.file(path, `columns ${columns}, the manifest says ${manifest.columns.join(',')}`)
  const range = timeRangeOf(table)
  if (range !== undefined && JSON.stringify(range) !== JSON.stringify(manifest.timeRange)) {
    problems.file(path, `time range ${JSON.stringify(range)}, the manifest says ${JSON.stringify(manifest.timeRange)}`)
  }
}

/** Parses a JSON file and, where its keys are dates, their order. Gives its size. */
async function checkJson(path: string, { disk, dataDir }: VerifyOptions, problems: Problems): Promise<number> {
  const bytes = (await disk.read(join(dataDir, path))) ?? new Uint8Array()
  let value: Json
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)) as Json
  } catch (error) {
    problems.file(path, `not JSON: ${(error as Error).message}`)
    return bytes.byteLength
  }
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
  if (DATED_JSON.test(path)) {
    if (!isObject) problems.file(path, 'not an object of dates')
    const keys = isObject ? Object.keys(value as object) : []
    for (const [i, key] of keys.entries()) {
      if (!isDate(key)) problems.file(path, `"${key}" is not a date`)
      if (i > 0 && key <= keys[i - 1]!) problems.file(path, `${key} comes after ${keys[i - 1]}`)
    }
  } else if (path === 'contracts.json') {
    if (!isObject) problems.file(path, 'not an object of contracts')
    for (const [symbol, contract] of Object.entries(isObject ? (value as object) : {})) {
      if ((contract as { symbol?: unknown } | null)?.symbol !== symbol)
        problems.file(path, `the entry "${symbol}" is not about ${symbol}`)
    }
  }
  const manifestThere = await disk.exists(join(dataDir, path.replace(/\.json$/, MANIFEST_SUFFIX)))
  const manifest = manifestThere ? await manifestOf(manifestPath(path), { disk, dataDir }) : undefined
  if (manifest !== undefined && manifest.file === path.split('/').at(-1))
    checkManifest(path, bytes, undefined, manifest, problems)
  return bytes.byteLength
}

function isDate(text: string): boolean {
  const ms = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : Number.NaN
  return !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(text)
}
