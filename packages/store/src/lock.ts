/** One writer per folder. A lock left by a killed process is recognised (its process is gone) and taken over. */
import { promises as fs, readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { type Clock, fail } from '@cointrader/core'

interface Owner {
  readonly pid: number
  /** Kernel start tick of the process (Linux), so that a reused pid is not taken for the owner. */
  readonly started: string
  readonly host: string
  readonly command: string
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

/** Takes the lock or throws `E_LOCKED` naming the owner. */
export async function takeLock(options: LockOptions): Promise<Lock> {
  const { path, pid, host, command, clock } = options
  await fs.mkdir(dirname(path), { recursive: true })
  const mine: Owner = { pid, started: startTick(pid), host, command }
  const deadline = clock.now() + options.waitMs
  let told = false
  for (;;) {
    // Created whole under a private name and linked into place, so nobody ever reads a half-written owner.
    const draft = `${path}.${host}.${pid}.tmp`
    await fs.writeFile(draft, JSON.stringify(mine))
    try {
      await fs.link(draft, path)
      return { release: () => fs.rm(path, { force: true }) }
    } catch (error) {
      if ((error as { code?: string }).code !== 'EEXIST')
        fail('E_DISK', { subject: path, detail: String(error), cause: error })
    } finally {
      await fs.rm(draft, { force: true })
    }
    const text = await fs.readFile(path, 'utf8').catch(() => undefined)
    if (text === undefined) continue
    const owner = parseOwner(text)
    if (owner === undefined || isGone(owner, host)) {
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

function parseOwner(text: string): Owner | undefined {
  try {
    return JSON.parse(text) as Owner
  } catch {
    return undefined
  }
}

function isGone(owner: Owner, host: string): boolean {
  // A lock of another machine (shared disk) cannot be judged from here.
  if (owner.host !== host) return false
  try {
    process.kill(owner.pid, 0)
  } catch (error) {
    if ((error as { code?: string }).code === 'ESRCH') return true
  }
  return owner.started !== '' && startTick(owner.pid) !== owner.started
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
