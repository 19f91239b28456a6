/** A worker thread that scores folds of the tuning. */
import { parentPort } from 'node:worker_threads'
import { serveTasks } from '@cointrader/core'
import { scoreFold } from './tune-fold.js'

if (parentPort !== null) serveTasks(parentPort, scoreFold, () => [])
