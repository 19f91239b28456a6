/** A worker thread that does the days it is sent, one at a time, on the real disk. */
import { parentPort } from 'node:worker_threads'
import { isError } from '@cointrader/core'
import { nodeDisk } from '@cointrader/store'
import { type DayReport, type DayTask, preprocessDay } from './preprocess.js'

/** What a worker answers. */
export type WorkerAnswer =
  | { readonly report: DayReport }
  | { readonly error: { readonly code?: string; readonly subject: string; readonly detail: string } }

parentPort?.on('message', (task: DayTask) => {
  preprocessDay(nodeDisk, task).then(
    (report) => parentPort!.postMessage({ report } satisfies WorkerAnswer),
    (error: unknown) => {
      const known = isError(error)
      const answer: WorkerAnswer = {
        error: known
          ? { code: error.code, subject: error.subject, detail: error.detail }
          : { subject: task.date, detail: error instanceof Error ? (error.stack ?? error.message) : String(error) },
      }
      parentPort!.postMessage(answer)
    },
  )
})
