/**
 * Carries out a plan: keeps what is there and still right, runs the rest, records what came out. A stage is right when its
 * command line, the code and the contents it reads are what they were, and its outputs are there. Killed at any moment, the
 * next run goes on: a stage without its record runs again, and the commands themselves keep what they had finished.
 */
import { join } from 'node:path'
import { fail, isError, sha256 } from '@cointrader/core'
import type { Disk } from '@cointrader/store'
import type { Stage } from '../plan/stage.js'
import {
  contentOf,
  hashOutputs,
  listOutputs,
  outputsThere,
  type Roots,
  readRecord,
  recordPath,
  type StageRecord,
  stageKey,
  writeRecord,
} from './records.js'

/** What a stage's process ended with. */
export interface Ended {
  /** 0 done, 3 partly done; everything else is thrown by the runner as the error the process reported. */
  readonly exit: 0 | 3
  /** What it printed with --json; undefined when that is not JSON. */
  readonly result: unknown
  readonly stdout: string
  /** What it could not do, in words. */
  readonly missing: readonly string[]
  readonly usage: Usage
}

export interface Usage {
  readonly ms: number
  readonly cpuMs: number | null
  readonly maxRssMb: number | null
}

export interface ExecuteRequest {
  readonly disk: Disk
  readonly roots: Roots
  readonly stages: readonly Stage[]
  readonly codeVersion: string
  /** Runs one command line; the data folder is filled in. Errors pass through. */
  run(stage: Stage, argv: readonly string[], signal: AbortSignal): Promise<Ended>
  /** Symbols that are members on a test day. */
  members(): Promise<readonly string[]>
  /** Light stages at once. */
  readonly jobs: number
  /** Stage ids (or `train` for all that start with `train/`) to run again although they are there. */
  readonly again?: readonly string[]
  readonly signal: AbortSignal
  started?(stage: Stage, position: number): void
  ended?(stage: Stage, record: StageRecord, usage: Usage | undefined): void
}

export interface Executed {
  readonly records: ReadonlyMap<string, StageRecord>
  readonly kept: readonly string[]
  readonly ran: readonly string[]
  readonly missing: readonly string[]
}

/** Runs the stages. The first error stops the run; stages that are running are told to stop and waited for. */
export async function executeStages(request: ExecuteRequest): Promise<Executed> {
  const { stages, jobs } = request
  const records = new Map<string, StageRecord>()
  const kept: string[] = []
  const ran: string[] = []
  const waiting = [...stages]
  const running = new Map<Stage, Promise<void>>()
  const stop = new AbortController()
  const signal = AbortSignal.any([request.signal, stop.signal])
  let failure: unknown
  const ready = (s: Stage): boolean =>
    s.needs.every((id) => records.has(id)) &&
    (running.size === 0 || (s.light && running.size < jobs && [...running.keys()].every((r) => r.light)))
  while (waiting.length > 0 || running.size > 0) {
    for (;;) {
      const next = failure === undefined && !signal.aborted ? waiting.find(ready) : undefined
      if (next === undefined) break
      waiting.splice(waiting.indexOf(next), 1)
      const one = runOrKeep(next, { ...request, signal }, records)
        .then(({ record, usage }) => {
          records.set(next.id, record)
          ;(usage === undefined ? kept : ran).push(next.id)
          request.ended?.(next, record, usage)
        })
        .catch((error: unknown) => {
          // What the others say when they are told to stop is not the reason.
          failure ??= error
          stop.abort(error)
        })
        .finally(() => running.delete(next))
      running.set(next, one)
    }
    if (running.size === 0) break
    await Promise.race(running.values())
  }
  request.signal.throwIfAborted()
  if (failure !== undefined) throw failure
  if (waiting.length > 0)
    fail('E_INTERNAL', {
      subject: 'plan',
      detail: `stages that wait for each other: ${waiting.map((s) => s.id).join(', ')}`,
    })
  return { records, kept, ran, missing: [...records.values()].flatMap((r) => r.missing) }
}

type Place = Pick<ExecuteRequest, 'disk' | 'roots' | 'codeVersion' | 'members'>

/** What a stage's outputs depend on, given the records of those it needs. */
async function keyOf(stage: Stage, request: Place, records: ReadonlyMap<string, StageRecord>) {
  const { disk, codeVersion } = request
  const argv = await filled(stage, request, records)
  const inputs = Object.fromEntries(stage.needs.map((id) => [id, records.get(id)!.content]))
  const files: Record<string, string> = {}
  for (const [i, path] of stage.files.entries()) {
    const bytes = await disk.read(path)
    if (bytes === undefined) fail('E_FILE_MISSING', { subject: path, next: 'check the study file' })
    files[String(i)] = sha256(bytes)
  }
  // A file counts by its bytes: where it lies is another machine's business.
  const place = new Map(stage.files.map((path, i) => [path, `{file:${i}}`]))
  const key = stageKey(
    stage,
    argv.map((a) => place.get(a) ?? a),
    codeVersion,
    inputs,
    files,
  )
  return { key, argv, place }
}

/**
 * What a run would do, without doing it: `kept`, `made` because something it depends on has changed or is not there, or `follows`
 * when it hangs on a stage that will be made: if that comes out the same, it is kept.
 */
export async function previewStages(
  stages: readonly Stage[],
  request: Place,
): Promise<Map<string, 'kept' | 'made' | 'follows'>> {
  const { disk, roots } = request
  const out = new Map<string, 'kept' | 'made' | 'follows'>()
  const records = new Map<string, StageRecord>()
  for (const stage of stages) {
    if (!stage.needs.every((id) => records.has(id))) {
      out.set(stage.id, 'follows')
      continue
    }
    const record = await readRecord(disk, roots.study, stage.id)
    const there =
      record !== undefined &&
      record.missing.length === 0 &&
      (await keyOf(stage, request, records)).key === record.key &&
      (await outputsThere(disk, roots, record))
    out.set(stage.id, there ? 'kept' : 'made')
    if (there) records.set(stage.id, record)
  }
  return out
}

async function runOrKeep(
  stage: Stage,
  request: ExecuteRequest,
  records: ReadonlyMap<string, StageRecord>,
): Promise<{ record: StageRecord; usage: Usage | undefined }> {
  const { disk, roots } = request
  const { key, argv, place } = await keyOf(stage, request, records)
  const before = await readRecord(disk, roots.study, stage.id)
  const again = request.again?.some((id) => stage.id === id || stage.id.startsWith(`${id}/`)) === true
  if (!again && before?.key === key && before.missing.length === 0 && (await outputsThere(disk, roots, before)))
    return { record: before, usage: undefined }
  request.started?.(stage, 0)
  // What was only partly done goes on; everything else begins anew, and without its record, which would speak of files that
  // are being replaced by others of the same size.
  if (before?.key !== key || before.missing.length === 0) {
    if (before !== undefined) await disk.remove(recordPath(roots.study, stage.id))
    for (const { root, path } of await listOutputs(disk, roots, stage.fresh, null))
      await disk.remove(join(roots[root], path))
  }
  const real = [...argv, ...stage.extra].map((a) => a.replaceAll('{raw}', roots.raw))
  const ended = await request.run(stage, real, request.signal)
  if (stage.stdout !== undefined) await disk.writeAtomic(join(roots.study, stage.stdout), ended.stdout)
  const version = versionOf(ended.result)
  const outputs = await hashOutputs(disk, roots, await listOutputs(disk, roots, stage.outputs, version))
  if (outputs.length === 0)
    fail('E_NOTHING_FOUND', {
      subject: `stage ${stage.id}`,
      detail: ended.missing.length > 0 ? ended.missing.join('; ') : 'it ended well and wrote nothing',
      next:
        stage.id === 'fetch'
          ? 'check the connection, or give --archive URL-or-folder (cointrader sim makes a market to try with)'
          : 'run its command by hand',
    })
  const record: StageRecord = {
    id: stage.id,
    title: stage.title,
    argv: argv.map((a) => place.get(a) ?? a),
    needs: stage.needs,
    key,
    content: contentOf(outputs),
    outputs,
    version,
    missing: ended.exit === 3 ? (ended.missing.length > 0 ? ended.missing : [`${stage.id}: partly done`]) : [],
  }
  await writeRecord(disk, roots.study, record)
  return { record, usage: ended.usage }
}

/** Version of the model in a training's printed result. */
function versionOf(result: unknown): string | null {
  const version = (result as { model?: { version?: unknown } } | null | undefined)?.model?.version
  return typeof version === 'string' ? version : null
}

async function filled(stage: Stage, request: Place, records: ReadonlyMap<string, StageRecord>): Promise<string[]> {
  const out: string[] = []
  for (const word of stage.argv) {
    let text = word.replaceAll(/\{version:([^}]+)\}/g, (_, id: string) => records.get(id)?.version ?? '')
    if (text.includes('{members}')) text = text.replaceAll('{members}', (await request.members()).join(','))
    out.push(text)
  }
  return out
}

/** True for the error of a run that was told to stop. */
export const interrupted = (error: unknown): boolean => isError(error, 'E_INTERRUPTED')
