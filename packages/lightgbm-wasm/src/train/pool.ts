/**
 * Threads for the parallel parts of a training. The calling thread works too; helpers are worker threads over the same
 * memory, woken through Atomics. Tasks are handed out by a counter, so a slow thread delays no one.
 */
import { Worker } from 'node:worker_threads'
import { type Kernels, type SharedMemory, viewsOf } from '../kernels/kernels.js'
import { typescriptKernels } from '../kernels/typescript.js'
import { wasmKernels } from '../kernels/wasm.js'
import type { SplitConfig } from './split.js'
import { type Layout, runTask, type TaskContext } from './tasks.js'

export const CONTROL = { generation: 0, done: 1, next: 2, tasks: 3, op: 4, stop: 5, failed: 6 } as const
/** Polls before a waiting thread goes to sleep: one or two hundred microseconds. */
const SPIN = 20_000

export type KernelKind = 'wasm' | 'typescript'

export interface WorkerStart {
  readonly memory: unknown
  readonly layout: Layout
  readonly config: SplitConfig
  readonly kernel: KernelKind
}

export function makeKernels(kind: KernelKind, memory: SharedMemory): Kernels {
  return kind === 'wasm' ? wasmKernels(memory) : typescriptKernels(memory)
}

export function makeContext(memory: SharedMemory, layout: Layout, config: SplitConfig, kind: KernelKind): TaskContext {
  return { memory, kernels: makeKernels(kind, memory), layout, config, views: viewsOf(memory.buffer) }
}

/** Takes and runs tasks until none is left. */
function drain(control: Int32Array, x: TaskContext): void {
  const op = control[CONTROL.op]
  const tasks = control[CONTROL.tasks]
  for (;;) {
    const task = Atomics.add(control, CONTROL.next, 1)
    if (task >= tasks) return
    runTask(op, task, x)
  }
}

/** The life of a helper thread: sleep, drain, report, until told to stop. */
export function serve(x: TaskContext): void {
  const control = new Int32Array(x.memory.buffer, x.layout.control, 16)
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
      drain(control, x)
    } catch (error) {
      Atomics.store(control, CONTROL.failed, 1)
      failure = error
    }
    Atomics.add(control, CONTROL.done, 1)
    Atomics.notify(control, CONTROL.done)
  }
}

export class Pool {
  readonly context: TaskContext
  readonly #control: Int32Array
  readonly #workers: Worker[] = []
  #failure: Error | undefined

  constructor(context: TaskContext) {
    this.context = context
    this.#control = new Int32Array(context.memory.buffer, context.layout.control, 16)
    this.#control.fill(0)
  }

  /** Starts `threads - 1` helpers and waits until they run. */
  async start(threads: number, start: WorkerStart): Promise<void> {
    const online: Promise<void>[] = []
    for (let i = 1; i < threads; i++) {
      // No inherited flags: some of them (--input-type, loaders) do not go with a plain JavaScript file.
      const worker = new Worker(new URL('./worker.js', import.meta.url), { workerData: start, execArgv: [] })
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
    const helpers = tasks > 1 ? this.#workers.length : 0
    if (helpers === 0) {
      for (let t = 0; t < tasks; t++) runTask(op, t, this.context)
      return
    }
    const c = this.#control
    c[CONTROL.op] = op
    c[CONTROL.tasks] = tasks
    Atomics.store(c, CONTROL.next, 0)
    Atomics.store(c, CONTROL.done, 0)
    Atomics.add(c, CONTROL.generation, 1)
    Atomics.notify(c, CONTROL.generation)
    drain(c, this.context)
    for (let i = 0; i < SPIN && Atomics.load(c, CONTROL.done) < helpers; i++);
    for (;;) {
      const done = Atomics.load(c, CONTROL.done)
      if (done >= helpers) {
        if (Atomics.load(c, CONTROL.failed) === 1) throw new Error('a training thread failed')
        return
      }
      Atomics.wait(c, CONTROL.done, done, 1000)
    }
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
