/** Runs one stage of a study as a process of its own: its memory is its own, and what it prints is kept apart. */
import { spawn } from 'node:child_process'
import { CATALOGUE, type Clock, CointraderError, type ErrorCode, EXIT } from '@cointrader/core'
import type { Ended, Stage } from '@cointrader/study'
import type { StageUsage } from './stage-child.js'

export interface StageProcess {
  /** Compiled command line. */
  readonly main: string
  /** Folder in which relative paths of the command line begin. */
  readonly cwd: string
  readonly clock: Clock
  /** Lines of the stage's own progress. */
  onLine(line: string): void
}

const TAIL = 20

/**
 * Starts `cointrader ARGV` and waits. Ctrl-C and termination are passed on once (the child has a process group of its own, so
 * that a terminal does not send them twice). Errors: what the child reported, with the stage's name; `E_INTERRUPTED`.
 */
export function runStage(
  options: StageProcess,
  stage: Stage,
  argv: readonly string[],
  signal: AbortSignal,
): Promise<Ended> {
  const { main, cwd, clock, onLine } = options
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason)
    const started = clock.now()
    const words = argv.includes('--json') ? argv : [...argv, '--json']
    const child = spawn(process.execPath, [...process.execArgv, main, ...words], {
      cwd,
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      env: { ...process.env, COINTRADER_STAGE: stage.id },
      detached: true,
    })
    let stdout = ''
    let usage: StageUsage | undefined
    const tail: string[] = []
    let rest = ''
    child.stdout!.setEncoding('utf8').on('data', (text: string) => {
      stdout += text
    })
    child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      const lines = (rest + text).split('\n')
      rest = lines.pop()!
      for (const line of lines) {
        tail.push(line)
        if (tail.length > TAIL) tail.shift()
        onLine(line)
      }
    })
    child.on('message', (m: StageUsage) => {
      usage = m
    })
    const stop = () => child.kill('SIGINT')
    signal.addEventListener('abort', stop, { once: true })
    child.once('error', (error) => reject(error))
    child.once('close', (code, killed) => {
      signal.removeEventListener('abort', stop)
      if (rest !== '') tail.push(rest)
      if (signal.aborted) return reject(signal.reason)
      const result = parsed(stdout)
      if (code === EXIT.done || code === EXIT.partly)
        return resolve({
          exit: code,
          result,
          stdout,
          missing: code === EXIT.partly ? missingOf(stage.id, result, tail) : [],
          usage: {
            ms: clock.now() - started,
            cpuMs: usage?.cpuMs ?? null,
            maxRssMb: usage?.maxRssMb ?? null,
          },
        })
      reject(childError(stage, result, tail, killed))
    })
  })
}

function parsed(stdout: string): unknown {
  try {
    return JSON.parse(stdout)
  } catch {
    return undefined
  }
}

/** The child's error, as ours. */
function childError(stage: Stage, result: unknown, tail: readonly string[], killed: NodeJS.Signals | null): Error {
  const error = (result as { error?: { code?: string; subject?: string; detail?: string; next?: string } } | undefined)
    ?.error
  const code = error?.code !== undefined && error.code in CATALOGUE ? (error.code as ErrorCode) : 'E_INTERNAL'
  const detail =
    error?.detail ??
    (killed !== null
      ? `it was ended by ${killed}${killed === 'SIGKILL' ? ' (out of memory?)' : ''}`
      : tail.slice(-5).join(' | '))
  return new CointraderError(code, {
    subject: error?.subject === undefined ? `stage ${stage.id}` : `stage ${stage.id}: ${error.subject}`,
    ...(detail === '' ? {} : { detail }),
    ...(error?.next === undefined ? {} : { next: error.next }),
  })
}

/** What a stage that was only partly done says of it: the fields that results name such things by, else its last lines. */
function missingOf(id: string, result: unknown, tail: readonly string[]): string[] {
  const lines = tail.filter((l) => l.trim() !== '' && !/^\d+\/\d+/.test(l)).slice(-8)
  const named = result as { missing?: unknown; failed?: unknown } | undefined
  const list = [named?.missing, named?.failed].find((x) => Array.isArray(x) && x.length > 0) as unknown[] | undefined
  if (list !== undefined) return list.slice(0, 20).map((x) => `${id}: ${typeof x === 'string' ? x : JSON.stringify(x)}`)
  return lines.length > 0 ? lines.map((l) => `${id}: ${l}`) : [`${id}: partly done`]
}
