/**
 * A pool of worker threads for pure tasks: the same task gives the same result in any worker or in this thread, so the
 * number of workers never changes an artefact.
 */
import { type MessagePort, type TransferListItem, Worker } from 'node:worker_threads'
import { CointraderError, type ErrorCode, isError } from './errors.js'

export interface Pool<T, R> {
  /** Runs one task. Buffers in `transfer` move to the worker and are empty here afterwards. */
  run(task: T, transfer?: readonly TransferListItem[]): Promise<R>
  close(): Promise<void>
}

type Reply<R> =
  | { ok: true; result: R }
  | { ok: false; code: ErrorCode | null; facts: { subject: string; detail: string; next: string } }

export interface PoolOptions<T, R> {
  /** 0 or 1 runs tasks in this thread, one after the other. */
  readonly workers: number
  /** Module that calls `serveTasks`. */
  readonly url: URL
  readonly inline: (task: T) => Promise<R>
}

export function createPool<T, R>({ workers, url, inline }: PoolOptions<T, R>): Pool<T, R> {
  if (workers <= 1) {
    let last: Promise<unknown> = Promise.resolve()
    return {
      run(task) {
        const mine = last.then(() => inline(task))
        last = mine.catch(() => {})
        return mine
      },
      close: async () => {},
    }
  }
  const idle: Worker[] = []
  const all: Worker[] = []
  const queue: ((worker: Worker) => void)[] = []
  const start = (): Worker => {
    const fresh = new Worker(url)
    fresh.setMaxListeners(0)
    all.push(fresh)
    return fresh
  }
  const obtain = (): Promise<Worker> => {
    const worker = idle.pop()
    if (worker) return Promise.resolve(worker)
    if (all.length < workers) return Promise.resolve(start())
    return new Promise((resolve) => queue.push(resolve))
  }
  const giveBack = (worker: Worker): void => {
    const next = queue.shift()
    if (next) next(worker)
    else idle.push(worker)
  }
  /** A worker that died (out of memory) fails its own task only: whoever waits gets a new one. */
  const bury = (worker: Worker): void => {
    all.splice(all.indexOf(worker), 1)
    queue.shift()?.(start())
  }
  return {
    async run(task, transfer = []) {
      const worker = await obtain()
      let died = false
      try {
        const reply = await new Promise<Reply<R>>((resolve, reject) => {
          const settle = (act: () => void) => {
            worker.off('message', onMessage)
            worker.off('error', onError)
            worker.off('exit', onExit)
            act()
          }
          const onMessage = (message: Reply<R>) => settle(() => resolve(message))
          const onDeath = (error: Error) => {
            died = true
            settle(() => reject(error))
          }
          const onError = (error: Error) => onDeath(error)
          const onExit = (code: number) => onDeath(new Error(`worker ended with code ${code}`))
          worker.on('message', onMessage)
          worker.on('error', onError)
          worker.on('exit', onExit)
          worker.postMessage(task, transfer)
        })
        if (reply.ok) return reply.result
        if (reply.code !== null) throw new CointraderError(reply.code, reply.facts)
        throw new Error(reply.facts.detail)
      } finally {
        if (died) bury(worker)
        else giveBack(worker)
      }
    },
    async close() {
      await Promise.all(all.map((w) => w.terminate()))
    },
  }
}

/** The worker's side: answers each message with `handle`'s result; `transferOf` lists buffers that may move. */
export function serveTasks<T, R>(
  port: MessagePort,
  handle: (task: T) => Promise<R>,
  transferOf: (result: R) => TransferListItem[],
): void {
  port.on('message', async (task: T) => {
    try {
      const result = await handle(task)
      port.postMessage({ ok: true, result } satisfies Reply<R>, transferOf(result))
    } catch (error) {
      const facts = isError(error)
        ? { subject: error.subject, detail: error.detail, next: error.next }
        : { subject: '', detail: error instanceof Error ? (error.stack ?? error.message) : String(error), next: '' }
      port.postMessage({ ok: false, code: isError(error) ? error.code : null, facts } satisfies Reply<R>)
    }
  })
}
