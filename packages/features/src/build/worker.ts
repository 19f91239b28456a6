/** The worker thread's entry: reads day tables into shared memory and builds days. */
import { parentPort } from 'node:worker_threads'
import { serveTasks } from '@cointrader/core'
import { type Job, type JobResult, makeJobs } from './jobs.js'

if (parentPort) serveTasks<Job, JobResult>(parentPort, makeJobs(), () => [])
