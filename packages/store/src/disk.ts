/** The disk as an interface, so that faults (full disk, kill between write and rename) can be injected. */
import { promises as fs } from 'node:fs'
import { dirname, join } from 'node:path'
import { fail } from '@cointrader/core'

/** Content of a file; a list is written part after part. */
export type Bytes = Uint8Array | string | readonly Uint8Array[]

export interface Disk {
  /** The bytes, or undefined when the file does not exist. */
  read(path: string): Promise<Uint8Array | undefined>
  /** All or nothing: after a kill at any moment the path holds its old bytes or the new ones. */
  writeAtomic(path: string, bytes: Bytes): Promise<void>
  /** Appends text (run logs only: not atomic). */
  append(path: string, text: string): Promise<void>
  /** Names in a folder, sorted by code unit; empty when it does not exist. Folders end in `/`. */
  list(folder: string): Promise<string[]>
  remove(path: string): Promise<void>
  exists(path: string): Promise<boolean>
  size(path: string): Promise<number>
}

/** Unfinished writes carry this ending; readers never look at such files and the next write replaces them. */
export const TEMP_SUFFIX = '.tmp'

function code(error: unknown): string {
  return (error as { code?: string }).code ?? ''
}

function refused(path: string, error: unknown): never {
  fail('E_DISK', { subject: path, detail: code(error) || String(error), cause: error })
}

/**
 * Makes a folder and those above it. Node's own recursive mkdir never ends where the system answers ENOENT below a folder that
 * is there, as /proc and dead mounts do. Errors: those of the system.
 */
export async function makeFolder(path: string): Promise<void> {
  const make = () =>
    fs.mkdir(path).catch((error: unknown) => {
      if (code(error) !== 'EEXIST' && code(error) !== 'EISDIR') throw error
    })
  try {
    await make()
  } catch (error) {
    const above = dirname(path)
    if (code(error) !== 'ENOENT' || above === path) throw error
    await makeFolder(above)
    await make()
  }
}

export const nodeDisk: Disk = {
  async read(path) {
    try {
      return await fs.readFile(path)
    } catch (error) {
      if (code(error) === 'ENOENT' || code(error) === 'ENOTDIR') return undefined
      refused(path, error)
    }
  },
  async writeAtomic(path, bytes) {
    const temp = `${path}${TEMP_SUFFIX}`
    try {
      await makeFolder(dirname(path))
      const handle = await fs.open(temp, 'w')
      try {
        for (const part of Array.isArray(bytes) ? bytes : [bytes]) await handle.writeFile(part as Uint8Array | string)
        await handle.sync()
      } finally {
        await handle.close()
      }
      await fs.rename(temp, path)
      await syncFolder(dirname(path))
    } catch (error) {
      await fs.rm(temp, { force: true }).catch(() => {})
      refused(path, error)
    }
  },
  async append(path, text) {
    try {
      await makeFolder(dirname(path))
      await fs.appendFile(path, text)
    } catch (error) {
      refused(path, error)
    }
  },
  async list(folder) {
    try {
      const entries = await fs.readdir(folder, { withFileTypes: true })
      return entries
        .filter((e) => !e.name.endsWith(TEMP_SUFFIX))
        .map((e) => (e.isDirectory() ? `${e.name}/` : e.name))
        .sort()
    } catch (error) {
      if (code(error) === 'ENOENT' || code(error) === 'ENOTDIR') return []
      refused(folder, error)
    }
  },
  async remove(path) {
    try {
      await fs.rm(path, { recursive: true, force: true })
    } catch (error) {
      refused(path, error)
    }
  },
  async exists(path) {
    return fs.access(path).then(
      () => true,
      () => false,
    )
  },
  async size(path) {
    try {
      return (await fs.stat(path)).size
    } catch (error) {
      refused(path, error)
    }
  },
}

/** A rename is durable only once its folder is synced; platforms that cannot open folders skip this. */
async function syncFolder(folder: string): Promise<void> {
  let handle: Awaited<ReturnType<typeof fs.open>> | undefined
  try {
    handle = await fs.open(folder, 'r')
    await handle.sync()
  } catch (error) {
    if (!['EISDIR', 'EPERM', 'EINVAL', 'EACCES'].includes(code(error))) throw error
  } finally {
    await handle?.close()
  }
}

/** All files below `folder` (paths relative to it, `/` separated, sorted); unfinished writes are left out. */
export async function walk(disk: Disk, folder: string, prefix = ''): Promise<string[]> {
  const out: string[] = []
  for (const name of await disk.list(join(folder, prefix))) {
    if (name.endsWith('/')) out.push(...(await walk(disk, folder, `${prefix}${name}`)))
    else out.push(`${prefix}${name}`)
  }
  return out
}
