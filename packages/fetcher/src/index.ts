/** @module Plan, download, verify, resume; long-term collectors. */
import { createPool, type Pool } from '@cointrader/core'
import type { Job, JobResult } from './jobs.js'
import { runJob } from './run-job.js'

export * from './acquire.js'
export * from './assemble.js'
export * from './day-store.js'
export * from './fetch.js'
export * from './jobs.js'
export * from './make-plan.js'
export * from './plan.js'
export * from './request.js'
export * from './source.js'

/** Workers for day and cut jobs; 0 or 1 works in this thread. */
export function fetchPool(workers: number): Pool<Job, JobResult> {
  return createPool<Job, JobResult>({ workers, url: new URL('./worker.js', import.meta.url), inline: runJob })
}
