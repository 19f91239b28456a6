/** The worker thread's entry: day and cut jobs. */
import { parentPort } from 'node:worker_threads'
import { serveTasks } from '@cointrader/core'
import type { Job, JobResult } from './jobs.js'
import { runJob, transferOf } from './run-job.js'

if (parentPort) serveTasks<Job, JobResult>(parentPort, runJob, transferOf)
