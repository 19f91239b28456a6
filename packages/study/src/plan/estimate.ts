/**
 * How long and how large the stages of a plan are, for `--dry-run`. Rates were measured (docs/scaling.md) on two cores of the
 * machine named there; they are for the order of magnitude, and say so.
 */
import type { Work } from './stage.js'

export interface Estimate {
  readonly seconds: number
  /** Written to disk. */
  readonly bytes: number
}

/** Seconds to start a process of the program. */
const START = 0.3
/** What a stage takes beside its rows: folders to make, bootstraps of an evaluation, a report. */
const FIXED = {
  fetch: 0.8,
  check: 0.1,
  build: 0.4,
  proof: 5,
  lgbm: 2.2,
  linear: 1.8,
  predict: 1.2,
  judge: 1,
  backtest: 0.4,
}
/** Per second of wall time, on two cores. */
const RATE = {
  /** Archive files of a local folder; over the internet it is the connection that counts. */
  files: 180,
  checkRows: 450_000,
  universeRows: 2_500_000,
  buildCells: 11_000_000,
  proofCells: 260_000,
  healthCells: 30_000_000,
  /** Reading, binning and judging of the rows a tree model is trained on. */
  treeCells: 6_000_000,
  /** Growing: cells × trees, at about 31 leaves; and trees, whose leaves cost something without rows. */
  grownCells: 400_000_000,
  trees: 50,
  linearCells: 1_500_000,
  predictCells: 7_000_000,
  judgeRows: 110_000,
  backtestBars: 150_000,
}
/** Bytes of a day table per archive file (three kinds make 90 bytes a row), and per cell of an XY table. */
const BYTES = { file: 43_000, cell: 4 }

export function estimate(work: Work): Estimate {
  const of = (seconds: number, bytes = 0): Estimate => ({ seconds: START + seconds, bytes })
  switch (work.kind) {
    case 'fetch':
      return of(FIXED.fetch + work.files / RATE.files, work.files * BYTES.file)
    case 'check':
      return of(FIXED.check + work.rows / RATE.checkRows)
    case 'universe':
      return of(work.rows / RATE.universeRows)
    case 'build':
      return of(FIXED.build + work.cells / RATE.buildCells, work.cells * BYTES.cell)
    case 'proof':
      return of(FIXED.proof + work.cells / RATE.proofCells)
    case 'health':
      return of(work.cells / RATE.healthCells)
    case 'lgbm':
      return of(
        FIXED.lgbm +
          work.cells / RATE.treeCells +
          (work.cells * work.rounds) / RATE.grownCells +
          work.rounds / RATE.trees,
      )
    case 'linear':
      return of(FIXED.linear + work.cells / RATE.linearCells)
    case 'predict':
      return of(FIXED.predict + work.cells / RATE.predictCells)
    case 'judge':
      return of(FIXED.judge + (work.rows * work.contenders) / RATE.judgeRows)
    case 'backtest':
      return of(FIXED.backtest + work.bars / RATE.backtestBars)
    case 'report':
      return of(0.2)
  }
}
