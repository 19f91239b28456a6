/** Checks of `cointrader doctor` on what lies in the folders: manifests against files, leftovers, locks. */
import { join } from 'node:path'
import { type Progress, paths } from '@cointrader/core'
import { type Disk, type LockState, type Manifest, manifestPath, RUN_FOLDER, readLock, walk } from '@cointrader/store'
import { classify } from './data-layout.js'
import type { Finding } from './doctor-machine.js'
import { problemText } from './problems.js'
import { verifyFolder } from './verify-folder.js'

export interface FolderOptions {
  readonly disk: Disk
  readonly dataDir: string
  /** Unfinished writes below the folder. */
  readonly leftovers: () => Promise<readonly string[]>
  readonly progress: Progress
  readonly signal: AbortSignal
}

const CHECK = 'data content'
/** Problems that are shown; the rest is counted. */
const SHOWN = 3

/** Every table has a manifest and the size it says: seconds where `verify` reads all bytes. */
export async function checkQuick({ disk, dataDir, leftovers, signal }: FolderOptions): Promise<Finding> {
  if (!(await disk.exists(dataDir))) return { check: CHECK, state: 'ok', found: 'nothing there yet' }
  const files = (await walk(disk, dataDir)).filter((path) => !path.startsWith(`${RUN_FOLDER}/`))
  const there = new Set(files)
  const problems: string[] = []
  let tables = 0
  for (const path of files) {
    signal.throwIfAborted()
    const { type } = classify(path)
    if (type === 'manifest') {
      const manifest = await readOne(disk, join(dataDir, path))
      if (manifest === undefined) {
        problems.push(`${path}: not a manifest`)
        continue
      }
      const file = `${path.slice(0, path.lastIndexOf('/') + 1)}${manifest.file}`
      if (!there.has(file)) problems.push(`${file}: its manifest is there, the file is not`)
      else {
        const size = await disk.size(join(dataDir, file))
        if (size !== manifest.bytes) problems.push(`${file}: ${size} bytes, the manifest says ${manifest.bytes}`)
      }
    } else if (path.endsWith('.parquet')) {
      tables++
      if (!there.has(manifestPath(path))) problems.push(`${path}: no manifest, so the write was not finished`)
    }
  }
  const left = await leftovers()
  const facts = { tables, problems, leftovers: [...left] }
  if (problems.length > 0) return broken(problems, facts)
  const rest = left.length > 0 ? `; ${left.length} leftovers of killed writes, which the next run replaces` : ''
  return { check: CHECK, state: 'ok', found: `${tables} tables of the size their manifests say${rest}`, facts }
}

/** What `cointrader verify` proves. */
export async function checkDeep({ disk, dataDir, leftovers, progress, signal }: FolderOptions): Promise<Finding> {
  if (!(await disk.exists(dataDir))) return { check: CHECK, state: 'ok', found: 'nothing there yet' }
  const report = await verifyFolder({ disk, dataDir, leftovers, progress, signal })
  progress.end()
  const problems = report.problems.map(problemText)
  const facts = { tables: report.tables, rows: report.rows, problems, notes: [...report.notes] }
  if (problems.length > 0) return broken(problems, facts)
  const rows = report.rows.toLocaleString('en-US')
  return { check: CHECK, state: 'ok', found: `${report.tables} tables proved, ${rows} rows`, facts }
}

function broken(problems: readonly string[], facts: Finding['facts'] & object): Finding {
  const more = problems.length > SHOWN ? `; and ${problems.length - SHOWN} more` : ''
  return {
    check: CHECK,
    state: 'fail',
    found: `${problems.slice(0, SHOWN).join('; ')}${more}`,
    next: 'cointrader verify names every problem; rebuild the files with the command that writes them',
    facts,
  }
}

async function readOne(disk: Disk, path: string): Promise<Manifest | undefined> {
  try {
    const value = JSON.parse(new TextDecoder().decode(await disk.read(path))) as Manifest
    return typeof value.file === 'string' && typeof value.bytes === 'number' ? value : undefined
  } catch {
    return undefined
  }
}

/** A lock that nobody holds is only worth a word: the next run takes it over by itself. */
export async function checkLock(name: string, folder: string, host: string): Promise<Finding> {
  const check = `${name} lock`
  const path = join(folder, paths.lock)
  let lock: LockState | undefined
  try {
    lock = await readLock(path, host)
  } catch (error) {
    return {
      check,
      state: 'warn',
      found: `${path} cannot be read: ${(error as Error).message}`,
      next: 'look at what stands in the place of the lock, and at its permissions',
    }
  }
  if (lock === undefined) return { check, state: 'ok', found: 'free' }
  const { owner, gone } = lock
  if (owner === null)
    return { check, state: 'warn', found: `${path} is not a lock of this program`, next: 'the next run replaces it' }
  const who = `"${owner.command}" (process ${owner.pid} on ${owner.host})`
  const facts = { pid: owner.pid, host: owner.host, command: owner.command }
  if (owner.host !== host)
    return {
      check,
      state: 'warn',
      found: `held by ${who}, which cannot be judged from here`,
      next: `if that machine is not working on the folder, delete ${path}`,
      facts,
    }
  if (!gone) return { check, state: 'ok', found: `held by ${who}, which is running`, facts }
  return {
    check,
    state: 'warn',
    found: `left behind by ${who}, which has ended`,
    next: 'run the command again: it takes the lock over and goes on where it stopped',
    facts,
  }
}
