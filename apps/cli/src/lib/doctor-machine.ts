/** Checks of `cointrader doctor` that look at this machine: Node, threads, memory, disks. Facts in, findings out. */
import type { Json } from '@cointrader/core'
import { bytesText } from '../table.js'

export type State = 'ok' | 'warn' | 'fail'

export interface Finding {
  /** Short name of the check, e.g. `clock`. */
  readonly check: string
  readonly state: State
  readonly found: string
  /** What to do; only where the state is not `ok`. */
  readonly next?: string
  /** Numbers behind `found`, for programs. */
  readonly facts?: Json
}

const MB = 1e6
const GB = 1e9
/** Oldest Node the code is tested with (package.json, `engines`). */
const OLDEST_NODE = [20, 19] as const
/** Below these a small study still runs, or nothing does. */
const MEMORY = { warn: GB, fail: 256 * MB }
const SPACE = { warn: 5 * GB, fail: 200 * MB }
/** An fsync that takes longer makes every day table wait for it. */
const SLOW_SYNC_MS = 1000

export function checkNode(version: string): Finding {
  const [major = 0, minor = 0] = version.replace(/^v/, '').split('.').map(Number)
  const [oldMajor, oldMinor] = OLDEST_NODE
  if (major > oldMajor || (major === oldMajor && minor >= oldMinor))
    return { check: 'node', state: 'ok', found: version, facts: { version } }
  return {
    check: 'node',
    state: 'fail',
    found: `${version}, which is older than ${oldMajor}.${oldMinor}`,
    next: 'install Node 20.19 or newer',
    facts: { version },
  }
}

export interface Abilities {
  /** A worker thread ran and answered through shared memory. */
  readonly threads: boolean
  readonly wasm: boolean
  /** The kernels of the features package, which need SIMD. */
  readonly wasmSimd: boolean
  /** WebAssembly memory that threads share. */
  readonly sharedMemory: boolean
  readonly cores: number
}

/** Everything runs without WebAssembly too, in TypeScript with the same bits, only slower. */
export function checkAbilities(a: Abilities): Finding {
  const facts = { ...a }
  if (!a.threads)
    return {
      check: 'threads',
      state: 'fail',
      found: 'worker threads with shared memory do not work',
      next: 'run a plain Node, without flags that switch threads or SharedArrayBuffer off',
      facts,
    }
  const slow = [
    a.wasm ? '' : 'no WebAssembly',
    a.wasm && !a.wasmSimd ? 'no WebAssembly SIMD' : '',
    a.wasm && !a.sharedMemory ? 'no shared WebAssembly memory' : '',
  ].filter((t) => t !== '')
  if (slow.length > 0)
    return {
      check: 'threads',
      state: 'warn',
      found: `${slow.join(', ')}: features and training take several times as long, with the same results`,
      next: 'run Node without --jitless',
      facts,
    }
  return { check: 'threads', state: 'ok', found: `${a.cores} cores, worker threads, WebAssembly with SIMD`, facts }
}

export function checkMemory(freeBytes: number, totalBytes: number): Finding {
  const facts = { freeBytes, totalBytes }
  const found = `${bytesText(freeBytes)} free of ${bytesText(totalBytes)}`
  const next = 'end other programs, or work on fewer symbols and days at once'
  if (freeBytes < MEMORY.fail) return { check: 'memory', state: 'fail', found, next, facts }
  if (freeBytes < MEMORY.warn) return { check: 'memory', state: 'warn', found, next, facts }
  return { check: 'memory', state: 'ok', found, facts }
}

/** `where` is the folder itself, or the one above it that exists. */
export interface FolderFacts {
  readonly folder: string
  readonly where: string
  readonly space: { readonly freeBytes: number; readonly totalBytes: number } | null
  /** Time of a write with fsync and rename, or why it was refused. */
  readonly write: { readonly ms: number } | { readonly error: string }
}

export function checkSpace(name: string, { where, space }: FolderFacts): Finding {
  const check = `${name} space`
  if (space === null)
    return { check, state: 'warn', found: `unknown at ${where}`, next: 'look at the free space yourself (df)' }
  const facts = { where, ...space }
  const found = `${bytesText(space.freeBytes)} free of ${bytesText(space.totalBytes)} at ${where}`
  const next = 'make room, or choose a folder on another disk'
  if (space.freeBytes < SPACE.fail) return { check, state: 'fail', found, next, facts }
  if (space.freeBytes < SPACE.warn) return { check, state: 'warn', found, next, facts }
  return { check, state: 'ok', found, facts }
}

export function checkWrite(name: string, flag: string, { folder, where, write }: FolderFacts): Finding {
  const check = `${name} folder`
  const there = where === folder ? folder : `${folder} (not there yet)`
  if ('error' in write)
    return {
      check,
      state: 'fail',
      found: `${there} cannot be written: ${write.error}`,
      next: `check owner and permissions of ${where}, or give another ${flag}`,
      facts: { folder, where, error: write.error },
    }
  const facts = { folder, where, writeMs: write.ms }
  if (write.ms > SLOW_SYNC_MS)
    return {
      check,
      state: 'warn',
      found: `${there} is writable, but a small file took ${(write.ms / 1000).toFixed(1)} s to reach the disk`,
      next: 'use a local disk; every table is synced to it',
      facts,
    }
  return { check, state: 'ok', found: `${there} is writable and syncs`, facts }
}
