/**
 * Threads for the parallel parts of a training. The calling thread works too; helpers are worker threads over the same
 * memory, woken through Atomics. Each thread has a share of the tasks (neighbouring tasks, which read the same cache
 * lines) and, when that is done, helps with the others'. A helper that wakes late delays no one: whoever is awake takes
 * its share, and the operation ends when all tasks are done, not when all threads have come.
 */
import { Worker } from 'node:worker_threads'
import { type Kernels, type SharedMemory, viewsOf } from '../kernels/kernels.js'
import { typescriptKernels } from '../kernels/typescript.js'
import { wasmKernels } from '../kernels/wasm.js'
import type { SplitConfig } from './split.js'
import { type Layout, runTask, type TaskContext } from './tasks.js'

export const CONTROL = { generation: 0, done: 1, tasks: 2, op: 3, stop: 4, failed: 5 } as const
/** Int32 from one thread's claims to the next's: a cache line. */
const CLAIM = 16
/** Polls before a waiting thread goes to sleep: one or two hundred microseconds. */
const SPIN = 20_000

export type KernelKind = 'wasm' | 'typescript'

export interface WorkerStart {
  readonly memory: unknown
  readonly layout: Layout
  readonly config: SplitConfig
  readonly kernel: KernelKind
  readonly threads: number
  /** Which thread this is: 1, 2, … */
  readonly thread: number
}

export function makeKernels(kind: KernelKind, memory: SharedMemory): Kernels {
  return kind === 'wasm' ? wasmKernels(memory) : typescriptKernels(memory)
}

export function makeContext(memory: SharedMemory, layout: Layout, config: SplitConfig, kind: KernelKind): TaskContext {
  return { memory, kernels: makeKernels(kind, memory), layout, config, views: viewsOf(memory.buffer) }
}

/** The end of thread `t`'s share of the tasks; the next thread's begins there. */
function shareEnd(t: number, tasks: number, threads: number): number {
  return Math.floor(((t + 1) * tasks) / threads)
}

/** One thread's view of the tasks. */
class Share {
  readonly #x: TaskContext
  readonly #control: Int32Array
  readonly #claims: Int32Array
  readonly #threads: number
  readonly #thread: number

  constructor(x: TaskContext, control: Int32Array, threads: number, thread: number) {
    this.#x = x
    this.#control = control
    this.#claims = new Int32Array(x.memory.buffer, x.layout.claims, CLAIM * threads)
    this.#threads = threads
    this.#thread = thread
  }

  /** Offers the tasks of a new operation. Only when all tasks of the one before are done. */
  offer(tasks: number): void {
    let from = 0
    for (let t = 0; t < this.#threads; t++) {
      const end = shareEnd(t, tasks, this.#threads)
      Atomics.store(this.#claims, CLAIM * t, end - from)
      from = end
    }
  }

  /**
   * Takes and runs tasks until none is left: first the own share, then the others'. What the operation is, is read after
   * a task was taken: until that task is done, it cannot change, however late this thread came.
   */
  drain(): void {
    const c = this.#control
    for (let i = 0; i < this.#threads; i++) {
      const t = (this.#thread + i) % this.#threads
      for (;;) {
        const left = Atomics.load(this.#claims, CLAIM * t)
        if (left <= 0) break
        if (Atomics.compareExchange(this.#claims, CLAIM * t, left, left - 1) !== left) continue
        const tasks = c[CONTROL.tasks]
        try {
          runTask(c[CONTROL.op], shareEnd(t, tasks, this.#threads) - left, this.#x)
        } catch (error) {
          Atomics.store(c, CONTROL.failed, 1)
          throw error
        } finally {
          if (Atomics.add(c, CONTROL.done, 1) + 1 === tasks) Atomics.notify(c, CONTROL.done)
        }
      }
    }
  }
}

/** The life of a helper thread: sleep, take tasks, until told to stop. */
export function serve(x: TaskContext, threads: number, thread: number): void {
  const control = new Int32Array(x.memory.buffer, x.layout.control, 16)
  const share = new Share(x, control, threads, thread)
  let seen = 0
  let failure: unknown
  for (;;) {
    for (let i = 0; i < SPIN && Atomics.load(control, CONTROL.generation) === seen; i++);
    while (Atomics.load(control, CONTROL.generation) === seen) Atomics.wait(control, CONTROL.generation, seen)
    seen = Atomics.load(control, CONTROL.generation)
    if (Atomics.load(control, CONTROL.stop) === 1) {
      // Reaches the main thread as the worker's error.
      if (failure !== undefined) throw failure
      return
    }
    try {
      share.drain()
    } catch (error) {
      failure = error
    }
  }
}

export class Pool {
  readonly context: TaskContext
  readonly #control: Int32Array
  readonly #share: Share
  readonly #threads: number
  readonly #workers: Worker[] = []
  #failure: Error | undefined

  constructor(context: TaskContext, threads: number) {
    this.context = context
    this.#threads = threads
    this.#control = new Int32Array(context.memory.buffer, context.layout.control, 16)
    this.#control.fill(0)
    this.#share = new Share(context, this.#control, threads, 0)
    this.#share.offer(0)
  }

  /** Starts the helpers and waits until they run. */
  async start(start: Omit<WorkerStart, 'threads' | 'thread'>): Promise<void> {
    const online: Promise<void>[] = []
    for (let thread = 1; thread < this.#threads; thread++) {
      const workerData: WorkerStart = { ...start, threads: this.#threads, thread }
      // No inherited flags: some of them (--input-type, loaders) do not go with a plain JavaScript file.
      const worker = new Worker(new URL('./worker.js', import.meta.url), { workerData, execArgv: [] })
      worker.on('error', (error) => {
        this.#failure = error
      })
      online.push(
        new Promise((resolve, reject) => {
          worker.once('message', () => resolve())
          worker.once('error', reject)
        }),
      )
      this.#workers.push(worker)
    }
    await Promise.all(online)
  }

  /** Runs tasks `0..tasks-1` of an operation on all threads and waits for them. */
  run(op: number, tasks: number): void {
    if (tasks <= 1 || this.#workers.length === 0) {
      for (let t = 0; t < tasks; t++) runTask(op, t, this.context)
      return
    }
    const c = this.#control
    c[CONTROL.op] = op
    c[CONTROL.tasks] = tasks
    Atomics.store(c, CONTROL.done, 0)
    this.#share.offer(tasks)
    Atomics.add(c, CONTROL.generation, 1)
    Atomics.notify(c, CONTROL.generation)
    this.#share.drain()
    for (let i = 0; i < SPIN && Atomics.load(c, CONTROL.done) < tasks; i++);
    for (;;) {
      const done = Atomics.load(c, CONTROL.done)
      if (done >= tasks) break
      Atomics.wait(c, CONTROL.done, done, 1000)
    }
    if (Atomics.load(c, CONTROL.failed) === 1) throw new Error('a training thread failed')
  }

  /** Ends the helpers; must be called, or the process does not end. */
  async stop(): Promise<void> {
    Atomics.store(this.#control, CONTROL.stop, 1)
    Atomics.add(this.#control, CONTROL.generation, 1)
    Atomics.notify(this.#control, CONTROL.generation)
    await Promise.all(this.#workers.map((w) => new Promise<void>((resolve) => w.once('exit', () => resolve()))))
    if (this.#failure !== undefined) throw this.#failure
  }
}
