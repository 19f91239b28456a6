/**
 * How long and how large the stages of a plan are, for `--dry-run`. Rates were measured (docs/scaling.md) on two cores of the
 * machine named there; they are for the order of magnitude, and say so.
 */
import type { Work } from './stages.js'

export interface Estimate {
  readonly seconds: number
  /** Written to disk. */
  readonly bytes: number
}

/** Seconds to start a process of the program. */
const START = 0.35
const RATE = {
  /** Archive files per second on a loopback; over the internet it is the connection that counts. */
  files: 60,
  checkRows: 900_000,
  universeRows: 3_000_000,
  buildCells: 9_000_000,
  proofCells: 900_000,
  healthCells: 25_000_000,
  treeCells: 250_000_000,
  linearCells: 12_000_000,
  predictCells: 25_000_000,
  judgeRows: 45_000,
  backtestBars: 450_000,
}
/** Bytes per cell of a day table and of an XY table as Parquet stores them. */
const BYTES = { raw: 90, cell: 3.7 }

export function estimate(work: Work): Estimate {
  const of = (seconds: number, bytes = 0): Estimate => ({ seconds: START + seconds, bytes })
  switch (work.kind) {
    case 'fetch':
      return of(work.files / RATE.files, (work.files / 4) * 1440 * BYTES.raw)
    case 'check':
      return of(work.rows / RATE.checkRows)
    case 'universe':
      return of(work.rows / RATE.universeRows)
    case 'build':
      return of(work.cells / RATE.buildCells, work.cells * BYTES.cell)
    case 'proof':
      return of(work.cells / RATE.proofCells)
    case 'health':
      return of(work.cells / RATE.healthCells)
    case 'lgbm':
      return of((work.cells * work.rounds) / RATE.treeCells / 20 + work.cells / RATE.linearCells)
    case 'linear':
      return of(work.cells / RATE.linearCells)
    case 'predict':
      return of(work.cells / RATE.predictCells)
    case 'judge':
      return of((work.rows * work.contenders) / RATE.judgeRows)
    case 'backtest':
      return of(work.bars / RATE.backtestBars)
    case 'report':
      return of(1)
  }
}
