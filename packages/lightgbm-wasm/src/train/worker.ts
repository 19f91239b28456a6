/** Entry of a helper thread; started by `pool.ts`. */
import { parentPort, workerData } from 'node:worker_threads'
import { memoryFromHandle } from '../dataset.js'
import { makeContext, serve, type WorkerStart } from './pool.js'

const start = workerData as WorkerStart
const context = makeContext(memoryFromHandle(start.memory), start.layout, start.config, start.kernel)
parentPort?.postMessage('ready')
serve(context, start.threads, start.thread)
