/** A worker thread that trains one point of a grid on binned data it shares with the others. */
import { parentPort } from 'node:worker_threads'
import { serveTasks } from '@cointrader/core'
import { type GridTask, type GridTraining, trainPoint } from './lgbm-grid.js'

if (parentPort) serveTasks<GridTask, GridTraining>(parentPort, trainPoint, () => [])
