/** One writer per folder. A lock left by a killed process is recognised (its process is gone) and taken over. */
import { promises as fs, readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { type Clock, fail } from '@cointrader/core'
import { makeFolder } from './disk.js'

export interface LockOwner {
  readonly pid: number
  /** Kernel start tick of the process (Linux), so that a reused pid is not taken for the owner; '' where it is not known. */
  readonly started: string
  readonly host: string
  readonly command: string
}

/** A lock as it lies in its folder. */
export interface LockState {
  /** Null when the file is not a lock that this program wrote. */
  readonly owner: LockOwner | null
  /** Nobody holds it: the next run takes it over. Of another machine always false, as its processes cannot be seen. */
  readonly gone: boolean
}

export interface LockOptions {
  readonly path: string
  readonly command: string
  readonly pid: number
  readonly host: string
  readonly clock: Clock
  /** How long to wait for another owner; 0 refuses at once. */
  readonly waitMs: number
  readonly onWait?: (owner: string) => void
  readonly signal?: AbortSignal
}

export interface Lock {
  release(): Promise<void>
}

/** Takes the lock. Errors `E_LOCKED` naming the owner, `E_DISK` where the folder cannot be made or written. */
export async function takeLock(options: LockOptions): Promise<Lock> {
  const { path, pid, host, command, clock } = options
  const refused = (error: unknown): never => fail('E_DISK', { subject: path, detail: String(error), cause: error })
  await makeFolder(dirname(path)).catch(refused)
  const mine: LockOwner = { pid, started: startTick(pid), host, command }
  const deadline = clock.now() + options.waitMs
  let told = false
  for (;;) {
    // Created whole under a private name and linked into place, so nobody ever reads a half-written owner.
    const draft = `${path}.${host}.${pid}.tmp`
    try {
      await fs.writeFile(draft, JSON.stringify(mine))
      await fs.link(draft, path)
      return { release: () => fs.rm(path, { force: true }).catch(refused) }
    } catch (error) {
      if ((error as { code?: string }).code !== 'EEXIST') refused(error)
    } finally {
      // What is left of it harms nobody, and the error that matters is the one above.
      await fs.rm(draft, { force: true }).catch(() => {})
    }
    const text = await readText(path)
    if (text === undefined) continue
    const { owner, gone } = judge(text, host)
    if (owner === null || gone) {
      await removeStale(path, text, `${path}.${host}.${pid}.stale`)
      continue
    }
    const name = `"${owner.command}" (process ${owner.pid} on ${owner.host})`
    if (clock.now() >= deadline) fail('E_LOCKED', { subject: dirname(dirname(path)), detail: `held by ${name}` })
    if (!told) options.onWait?.(name)
    told = true
    await clock.sleep(Math.min(250, deadline - clock.now()), options.signal)
  }
}

/**
 * Who holds the lock, as seen from the machine `host`, and whether that process is gone; undefined where there is no lock.
 * Only looks. Error `E_DISK` when it is there and cannot be read.
 */
export async function readLock(path: string, host: string): Promise<LockState | undefined> {
  const text = await readText(path)
  return text === undefined ? undefined : judge(text, host)
}

async function readText(path: string): Promise<string | undefined> {
  try {
    return await fs.readFile(path, 'utf8')
  } catch (error) {
    const { code } = error as { code?: string }
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
    return fail('E_DISK', { subject: path, detail: String(error), cause: error })
  }
}

function judge(text: string, host: string): LockState {
  const owner = parseOwner(text)
  return owner === undefined ? { owner: null, gone: true } : { owner, gone: isGone(owner, host) }
}

/**
 * Moves a dead owner's lock away. Two processes may both have read it: whoever moves a lock that is no longer the dead
 * one (the other was faster and already took over) puts it back.
 */
async function removeStale(path: string, seen: string, aside: string): Promise<void> {
  try {
    await fs.rename(path, aside)
  } catch {
    return
  }
  const moved = await fs.readFile(aside, 'utf8').catch(() => seen)
  if (moved !== seen) await fs.link(aside, path).catch(() => {})
  await fs.rm(aside, { force: true })
}

const MAX_PID = 2 ** 31 - 1

function parseOwner(text: string): LockOwner | undefined {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return undefined
  }
  const { pid, host, command, started = '' } = (value ?? {}) as Partial<Record<keyof LockOwner, unknown>>
  // To signal 0 or a negative number asks for a whole group of processes.
  if (typeof pid !== 'number' || !Number.isInteger(pid) || pid < 1 || pid > MAX_PID) return undefined
  if (typeof host !== 'string' || typeof command !== 'string' || typeof started !== 'string') return undefined
  return { pid, started, host, command }
}

function isGone(owner: LockOwner, host: string): boolean {
  // A lock of another machine (shared disk) cannot be judged from here.
  if (owner.host !== host) return false
  try {
    process.kill(owner.pid, 0)
  } catch (error) {
    if ((error as { code?: string }).code === 'ESRCH') return true
  }
  const tick = startTick(owner.pid)
  // A process that runs and does not show its start (another user's, where /proc hides them) keeps its lock.
  return owner.started !== '' && tick !== '' && tick !== owner.started
}

function startTick(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return fields[0] === 'Z' ? 'zombie' : (fields[19] ?? '')
  } catch {
    return ''
  }
}
