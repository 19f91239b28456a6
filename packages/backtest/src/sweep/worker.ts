/** The worker thread's entry. */
import { parentPort } from 'node:worker_threads'
import { serveTasks } from '@cointrader/core'
import { runTask, type SweepTask } from './tasks.js'

if (parentPort) serveTasks<SweepTask, Float64Array>(parentPort, runTask, (rows) => [rows.buffer as ArrayBuffer])
