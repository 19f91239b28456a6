/** Dispatches a job; the same code in a worker and in the main thread. */
import type { TransferListItem } from 'node:worker_threads'
import { assembleDay } from './assemble.js'
import { cutMonth } from './cut.js'
import type { Job, JobResult } from './jobs.js'

export function runJob(job: Job): Promise<JobResult> {
  return job.type === 'day' ? assembleDay(job) : cutMonth(job)
}

/** Buffers of a result that may move instead of being copied. */
export function transferOf(result: JobResult): TransferListItem[] {
  if (result.type === 'cut') return result.slices.map((s) => s.deflated.buffer as ArrayBuffer)
  return [result.day, result.mark].flatMap((t) => (t ? [t.parquet.buffer as ArrayBuffer] : []))
}
