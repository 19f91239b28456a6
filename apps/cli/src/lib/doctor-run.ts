/** What `cointrader doctor` does: gathers facts of the machine, asks the checks, prints a line each. */
import { promises as fs } from 'node:fs'
import { availableParallelism, freemem, totalmem } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { Worker } from 'node:worker_threads'
import { fetchHttp } from '@cointrader/binance'
import { EXIT, type ExitCode, type Json } from '@cointrader/core'
import { RUN_FOLDER, TEMP_SUFFIX } from '@cointrader/store'
import type { DoctorFlags } from '../commands/doctor.js'
import type { Context } from '../context.js'
import { checkDeep, checkLock, checkQuick } from './doctor-folder.js'
import {
  type Abilities,
  checkAbilities,
  checkMemory,
  checkNode,
  checkSpace,
  checkWrite,
  type Finding,
  type FolderFacts,
  type State,
} from './doctor-machine.js'
import { checkNetwork } from './doctor-network.js'
import { PUBLIC_ARCHIVE, PUBLIC_LISTING, PUBLIC_REST } from './flags.js'
import { tempFiles } from './temp-files.js'

const LABEL: Record<State, string> = { ok: 'OK', warn: 'WARN', fail: 'FAIL' }

export async function runDoctor(flags: DoctorFlags, ctx: Context): Promise<ExitCode> {
  const findings: Finding[] = []
  const tell = (finding: Finding): void => {
    findings.push(finding)
    ctx.print(`${LABEL[finding.state].padEnd(6)}${finding.check.padEnd(15)}${finding.found}`)
    if (finding.next !== undefined) ctx.print(`${' '.repeat(21)}next: ${finding.next}`)
  }
  tell(checkNode(process.version))
  tell(checkAbilities(await abilities()))
  tell(checkMemory(availableBytes(), totalmem()))
  const modelsDir = resolve(flags.modelsDir)
  const places = [
    ['data', '--data-dir', ctx.dataDir],
    ['models', '--models-dir', modelsDir],
  ] as const
  for (const [name, flag, folder] of places) {
    const facts = await folderFacts(folder, ctx)
    tell(checkWrite(name, flag, facts))
    tell(checkSpace(name, facts))
  }
  const look = {
    disk: ctx.disk,
    dataDir: ctx.dataDir,
    leftovers: () => tempFiles(ctx.dataDir),
    progress: ctx.progress,
    signal: ctx.signal,
  }
  tell(await (flags.deep ? checkDeep(look) : checkQuick(look)))
  for (const [name, , folder] of places) tell(await checkLock(name, folder, ctx.host))
  const isUrl = /^https?:\/\//.test(flags.archive)
  const isPublic = flags.archive === PUBLIC_ARCHIVE
  const network = await checkNetwork({
    http: fetchHttp,
    clock: ctx.clock,
    disk: ctx.disk,
    archive: flags.archive,
    listingUrl: flags.listingUrl ?? (isPublic ? PUBLIC_LISTING : flags.archive),
    restUrl: flags.restUrl ?? (isPublic || !isUrl ? PUBLIC_REST : flags.archive),
    timeoutMs: flags.timeout * 1000,
    unreachable: flags.requireNetwork ? 'fail' : 'warn',
    signal: ctx.signal,
  })
  for (const finding of network) tell(finding)
  const of = (state: State): number => findings.filter((f) => f.state === state).length
  ctx.print(`\n${of('ok')} OK, ${of('warn')} WARN, ${of('fail')} FAIL`)
  ctx.printJson({ findings: findings as unknown as Json, ok: of('ok'), warn: of('warn'), fail: of('fail') })
  return of('fail') > 0 ? EXIT.failed : EXIT.done
}

/** Memory a new process may use, limits of a container included where Node knows them (20.13). */
function availableBytes(): number {
  const { availableMemory } = process as { availableMemory?: () => number }
  return availableMemory?.() ?? freemem()
}

/** Tries what the packages rely on rather than asking for version numbers. */
async function abilities(): Promise<Abilities> {
  const api = (globalThis as { WebAssembly?: { Memory: new (d: object) => { buffer: unknown } } }).WebAssembly
  const { Heap } = await import('@cointrader/features/kernels/wasm/module')
  let sharedMemory = false
  try {
    sharedMemory =
      api !== undefined && new api.Memory({ initial: 1, maximum: 1, shared: true }).buffer instanceof SharedArrayBuffer
  } catch {
    // The refusal is the answer: there is none, and the line of `doctor` says so.
  }
  return {
    threads: await threadsWork(),
    wasm: api !== undefined,
    wasmSimd: Heap.make() !== undefined,
    sharedMemory,
    cores: availableParallelism(),
  }
}

/** A thread writes into memory that this one reads. */
async function threadsWork(): Promise<boolean> {
  try {
    const cell = new Int32Array(new SharedArrayBuffer(4))
    const code = "Atomics.store(require('node:worker_threads').workerData, 0, 42)"
    const worker = new Worker(code, { eval: true, workerData: cell })
    await new Promise<void>((done, failed) => worker.once('exit', () => done()).once('error', failed))
    return Atomics.load(cell, 0) === 42
  } catch {
    return false
  }
}

async function folderFacts(folder: string, { clock, pid }: Context): Promise<FolderFacts> {
  let where = folder
  while (!(await isThere(where)) && dirname(where) !== where) where = dirname(where)
  const space = await fs.statfs(where).then(
    (s) => ({ freeBytes: s.bavail * s.bsize, totalBytes: s.blocks * s.bsize }),
    () => null,
  )
  // Readers pass over names with this ending, should the process be killed between the two.
  const scratch = (await isThere(join(where, RUN_FOLDER))) ? join(where, RUN_FOLDER) : where
  const [first, second] = [0, 1].map((n) => join(scratch, `.doctor-${pid}-${n}${TEMP_SUFFIX}`)) as [string, string]
  const started = clock.now()
  try {
    const handle = await fs.open(first, 'wx')
    try {
      await handle.writeFile('cointrader doctor\n')
      await handle.sync()
    } finally {
      await handle.close()
    }
    await fs.rename(first, second)
    return { folder, where, space, write: { ms: clock.now() - started } }
  } catch (error) {
    return { folder, where, space, write: { error: (error as { code?: string }).code ?? String(error) } }
  } finally {
    for (const path of [first, second]) await fs.rm(path, { force: true }).catch(() => {})
  }
}

const isThere = (path: string): Promise<boolean> =>
  fs.access(path).then(
    () => true,
    () => false,
  )
