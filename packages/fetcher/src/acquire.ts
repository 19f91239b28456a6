/** One archive file, verified: checksum, one second download on mismatch, then refusal by name (BX-03, BX-09). */
import { join } from 'node:path'
import { CointraderError, isError, type Json, paths, sha256, stableJson } from '@cointrader/core'
import type { Disk } from '@cointrader/store'
import type { ArchiveSource } from './source.js'

/** A verified (or knowingly unverified) ZIP. */
export interface Acquired {
  readonly path: string
  readonly bytes: Uint8Array
  readonly sha256: string
  readonly etag: string | null
  readonly verified: boolean
}

export type Acquisition =
  | { readonly state: 'ok'; readonly file: Acquired }
  | { readonly state: 'absent' }
  | { readonly state: 'refused'; readonly error: CointraderError }

export interface AcquireOptions {
  readonly source: ArchiveSource
  readonly disk: Disk
  readonly dataDir: string
  readonly allowUnverified: boolean
}

/** Codes that condemn one file, not the run. */
const FILE_FAULTS = new Set([
  'E_NOT_ZIP',
  'E_CHECKSUM',
  'E_UNVERIFIED',
  'E_ZIP_DAMAGED',
  'E_NETWORK',
  'E_HTTP',
  'E_CSV',
  'E_MIXED_TIME_UNITS',
  'E_WRONG_DAY',
  'E_BAD_PAYLOAD',
])

export function isFileFault(error: unknown): error is CointraderError {
  return isError(error) && FILE_FAULTS.has(error.code)
}

/** Fetches and verifies a file. Network bans and interrupts are thrown; faults of this file are returned. */
export async function acquire(path: string, options: AcquireOptions): Promise<Acquisition> {
  const cached = await readCache(path, options)
  if (cached) return { state: 'ok', file: cached }
  try {
    let verdict = await attempt(path, options)
    // A file may be regenerated between the two requests, or arrive damaged: look once more before judging.
    if (verdict.state === 'refused' && verdict.error.code !== 'E_UNVERIFIED') verdict = await attempt(path, options)
    if (verdict.state === 'ok' && options.source.remote) await writeCache(verdict.file, options)
    return verdict
  } catch (error) {
    if (isFileFault(error)) return { state: 'refused', error }
    throw error
  }
}

async function attempt(path: string, { source, allowUnverified }: AcquireOptions): Promise<Acquisition> {
  const answer = await source.get(path)
  if (answer === undefined) return { state: 'absent' }
  const { bytes, etag } = answer
  const refuse = (code: 'E_NOT_ZIP' | 'E_CHECKSUM' | 'E_UNVERIFIED', detail: string): Acquisition => ({
    state: 'refused',
    error: new CointraderError(code, { subject: path, detail }),
  })
  if (bytes[0] !== 0x50 || bytes[1] !== 0x4b) {
    const start = new TextDecoder('latin1').decode(bytes.subarray(0, 40)).replace(/\s+/g, ' ')
    return refuse('E_NOT_ZIP', `${bytes.length} bytes, starting "${start}"`)
  }
  const hash = sha256(bytes)
  const checksum = await source.get(`${path}.CHECKSUM`)
  if (checksum === undefined) {
    if (!allowUnverified) return refuse('E_UNVERIFIED', 'no .CHECKSUM beside it')
    return { state: 'ok', file: { path, bytes, etag, sha256: hash, verified: false } }
  }
  const wanted = /^\s*([0-9a-f]{64})\b/i.exec(new TextDecoder().decode(checksum.bytes))?.[1]?.toLowerCase()
  if (wanted === undefined) return refuse('E_CHECKSUM', 'the .CHECKSUM file does not hold a sha256')
  if (wanted !== hash)
    return refuse('E_CHECKSUM', `sha256 is ${hash.slice(0, 12)}…, .CHECKSUM says ${wanted.slice(0, 12)}…`)
  return { state: 'ok', file: { path, bytes, etag, sha256: hash, verified: true } }
}

const cachePath = (path: string, dataDir: string): string => join(dataDir, paths.cache, 'archive', path)

async function readCache(path: string, { source, disk, dataDir }: AcquireOptions): Promise<Acquired | undefined> {
  if (!source.remote) return undefined
  const file = cachePath(path, dataDir)
  const facts = await disk.read(`${file}.json`)
  const bytes = facts && (await disk.read(file))
  if (!facts || !bytes) return undefined
  const {
    etag,
    sha256: hash,
    verified,
  } = JSON.parse(new TextDecoder().decode(facts)) as Omit<Acquired, 'bytes' | 'path'>
  return sha256(bytes) === hash ? { path, bytes, etag, sha256: hash, verified } : undefined
}

async function writeCache(file: Acquired, { disk, dataDir }: AcquireOptions): Promise<void> {
  const { bytes, etag, sha256: hash, verified } = file
  const path = cachePath(file.path, dataDir)
  await disk.writeAtomic(path, bytes)
  await disk.writeAtomic(`${path}.json`, stableJson({ etag, sha256: hash, verified } as Json))
}

/** Forgets a cached download once what was made of it is safe. */
export async function dropCache(path: string, disk: Disk, dataDir: string): Promise<void> {
  const file = cachePath(path, dataDir)
  await disk.remove(file)
  await disk.remove(`${file}.json`)
}
