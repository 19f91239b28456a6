/** What every command is given: the effects, the data folder, and one way to end. */
import { hostname } from 'node:os'
import { join, resolve } from 'node:path'
import type { Clock, Json, Progress } from '@cointrader/core'
import { paths } from '@cointrader/core/datafolder'
import { CointraderError, EXIT, type ExitCode, isError } from '@cointrader/core/errors'
import type { Disk, RunLog } from '@cointrader/store'

/** Enters artefact ids: bump it when the same inputs and settings give other bytes. */
export const CODE_VERSION = 'cointrader/0.1'

export interface Context {
  readonly disk: Disk
  readonly clock: Clock
  readonly progress: Progress
  readonly log: RunLog
  /** Aborts on Ctrl-C. */
  readonly signal: AbortSignal
  /** Absolute path of the data folder. */
  readonly dataDir: string
  readonly json: boolean
  /** A line for people; silent with --json. */
  print(text: string): void
  /** The one result of --json; silent without. */
  printJson(value: unknown): void
  readonly codeVersion: string
  readonly pid: number
  readonly host: string
}

export interface RunOptions {
  readonly dataDir: string
  readonly json?: boolean | undefined
  /** Seconds to wait for another run on the same folder; 0 refuses at once. */
  readonly wait?: number | undefined
  /** For the lock and the run log, e.g. `fetch`. */
  readonly command: string
  /** True when the command writes to the data folder. */
  readonly lock: boolean
}

export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: (ms, signal) =>
    new Promise((done, reject) => {
      if (signal?.aborted) return reject(signal.reason)
      const onAbort = () => {
        clearTimeout(timer)
        reject(signal?.reason)
      }
      const timer = setTimeout(() => {
        signal?.removeEventListener('abort', onAbort)
        done()
      }, ms)
      signal?.addEventListener('abort', onAbort, { once: true })
    }),
}

/** Composes the context, runs the body, reports errors by the catalogue, and sets the exit code. */
export async function runCommand(options: RunOptions, body: (context: Context) => Promise<ExitCode>): Promise<void> {
  const abort = new AbortController()
  const onSignal = () => {
    abort.abort(new CointraderError('E_INTERRUPTED', { subject: options.command }))
  }
  process.once('SIGINT', onSignal)
  process.once('SIGTERM', onSignal)
  // Loaded here and not above: every command file imports this one, and its help needs none of them.
  const [{ nodeDisk, runLog, takeLock }, { stableJson }, { terminalProgress }] = await Promise.all([
    import('@cointrader/store'),
    import('@cointrader/core/bytes'),
    import('./progress.js'),
  ])
  const dataDir = resolve(options.dataDir)
  const progress = terminalProgress(process.stderr, systemClock)
  const log = options.lock ? runLog(nodeDisk, join(dataDir, paths.runLog), systemClock) : { write: async () => {} }
  const context: Context = {
    disk: nodeDisk,
    clock: systemClock,
    progress,
    log,
    signal: abort.signal,
    dataDir,
    json: options.json === true,
    print: (text) => {
      if (options.json !== true) process.stdout.write(`${text}\n`)
    },
    printJson: (value) => {
      if (options.json === true) process.stdout.write(`${stableJson(value as Json, 1)}\n`)
    },
    codeVersion: CODE_VERSION,
    pid: process.pid,
    host: hostname(),
  }
  try {
    const lock = options.lock
      ? await takeLock({
          path: join(dataDir, paths.lock),
          command: `cointrader ${options.command}`,
          pid: context.pid,
          host: context.host,
          clock: systemClock,
          waitMs: (options.wait ?? 0) * 1000,
          onWait: (owner) => progress.note(`waiting for ${owner}`),
          signal: abort.signal,
        })
      : undefined
    try {
      await log.write('start', {
        command: options.command,
        argv: process.argv.slice(2),
        pid: context.pid,
        host: context.host,
      })
      process.exitCode = await body(context)
      await log.write('end', { command: options.command, exit: process.exitCode })
    } finally {
      await lock?.release()
    }
  } catch (error) {
    process.exitCode = report(await named(error), options.json === true)
    await log.write('failed', { command: options.command, error: String(error) }).catch(() => {})
  } finally {
    progress.end()
    process.removeListener('SIGINT', onSignal)
    process.removeListener('SIGTERM', onSignal)
  }
}

/** A mistake in a user's own feature or strategy is the user's, not a defect of ours: it is said with the file. */
async function named(error: unknown): Promise<unknown> {
  if (isError(error)) return error
  const { userCode } = await import('./lib/plugins.js')
  const place = await userCode(error)
  if (place === undefined) return error
  return new CointraderError('E_CONFIG', {
    subject: place,
    detail: String(error),
    next: 'mend the file and run again',
    cause: error,
  })
}

/** Prints an error the way of the catalogue; anything else is a defect of ours and shows its stack. */
export function report(error: unknown, json: boolean): ExitCode {
  if (isError(error)) {
    process.stderr.write(`${error.message}\n`)
    if (json) process.stdout.write(`${JSON.stringify({ error: error.toJSON() })}\n`)
    return error.exit
  }
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error)
  process.stderr.write(`E_INTERNAL: ${text}\nNext: report it with the command line and this text.\n`)
  if (json) process.stdout.write(`${JSON.stringify({ error: { code: 'E_INTERNAL', detail: String(error) } })}\n`)
  return EXIT.failed
}
