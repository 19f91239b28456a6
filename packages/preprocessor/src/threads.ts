/** Days in parallel: a few worker threads, each holding one day at a time. The result does not depend on their number. */
import { Worker } from 'node:worker_threads'
import { CointraderError, type ErrorCode, fail } from '@cointrader/core'
import type { DayReport, DayRunner, DayTask } from './preprocess.js'
import type { WorkerAnswer } from './worker.js'

/** A runner with `workers` threads on the real disk. Memory is bounded by `workers` days. */
export function threadRunner(workers: number): DayRunner {
  return async (tasks, onDone, signal) => {
    const reports = new Array<DayReport>(tasks.length)
    let next = 0
    let stopped = false
    const serve = async (): Promise<void> => {
      const worker = new Worker(new URL('./worker.js', import.meta.url))
      try {
        for (;;) {
          if (stopped) return
          signal?.throwIfAborted()
          const index = next++
          if (index >= tasks.length) return
          reports[index] = await ask(worker, tasks[index]!)
          onDone(reports[index]!)
        }
      } finally {
        stopped = true
        await worker.terminate()
      }
    }
    const ends = await Promise.allSettled(Array.from({ length: Math.min(workers, tasks.length) }, serve))
    for (const end of ends) if (end.status === 'rejected') throw end.reason
    return reports
  }
}

function ask(worker: Worker, task: DayTask): Promise<DayReport> {
  return new Promise((resolve, reject) => {
    const end = () => {
      worker.off('message', onMessage)
      worker.off('error', onError)
      worker.off('exit', onExit)
    }
    const onMessage = (answer: WorkerAnswer) => {
      end()
      if ('report' in answer) resolve(answer.report)
      else {
        const { code, subject, detail } = answer.error
        reject(new CointraderError((code as ErrorCode | undefined) ?? 'E_INTERNAL', { subject, detail }))
      }
    }
    const onError = (error: unknown) => {
      end()
      reject(error)
    }
    const onExit = (code: number) => {
      end()
      try {
        fail('E_INTERNAL', { subject: task.date, detail: `a worker ended with code ${code}` })
      } catch (error) {
        reject(error)
      }
    }
    worker.on('message', onMessage)
    worker.on('error', onError)
    worker.on('exit', onExit)
    worker.postMessage(task)
  })
}
