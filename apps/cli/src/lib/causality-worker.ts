/** A worker thread that does parts of causality proofs. The days and the reference build are shared memory. */
import { parentPort } from 'node:worker_threads'
import { serveTasks } from '@cointrader/core'
import { type PartTask, partRunner } from './causality-parts.js'

const run = partRunner()
if (parentPort !== null)
  serveTasks(
    parentPort,
    (task: PartTask) => run(task),
    () => [],
  )
