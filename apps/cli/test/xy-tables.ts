/** Small XY tables on a disk: eight symbols every five minutes, with a label that can be learned. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { addDays, dateMs, type Json, MINUTE_MS, parseDate, seededRandom } from '@cointrader/core'
import { type Column, encodeParquet, makeTable, nodeDisk, writeWithManifest } from '@cointrader/store'

export const SYMBOLS = ['AUSDT', 'BUSDT', 'CUSDT', 'DUSDT', 'EUSDT', 'FUSDT', 'GUSDT', 'HUSDT']
const FIRST = parseDate('2026-02-01')

/** `build` is what a manifest says of the settings of the build; without it there is no manifest. */
export interface TablesOptions {
  readonly days: number
  readonly minutes?: number
  readonly build?: (day: number) => Json
}

/** y_5m = x_5m_A + noise, x_5m_Close_Diff_Rate is a little of it; some labels and features are missing. */
export async function writeXyTables(folder: string, { days, minutes = 5, build }: TablesOptions): Promise<void> {
  mkdirSync(folder, { recursive: true })
  for (let d = 0; d < days; d++) {
    const date = addDays(FIRST, d)
    const random = seededRandom(`xy ${date}`)
    const rows = Math.floor(1440 / minutes) * SYMBOLS.length
    const symbol = Array.from({ length: rows }, (_, i) => SYMBOLS[i % SYMBOLS.length]!)
    const time = Float64Array.from(
      { length: rows },
      (_, i) => dateMs(date) + Math.floor(i / SYMBOLS.length) * minutes * MINUTE_MS,
    )
    const [a, past, y] = [new Float32Array(rows), new Float32Array(rows), new Float32Array(rows)]
    for (let i = 0; i < rows; i++) {
      a[i] = random.next() * 2 - 1
      y[i] = random.next() < 0.02 ? Number.NaN : 10 * a[i]! + 20 * (random.next() * 2 - 1)
      past[i] = 5 * (random.next() * 2 - 1) + (Number.isNaN(y[i]!) ? 0 : y[i]! / 10)
      if (random.next() < 0.02) a[i] = Number.NaN
    }
    const bytes = encodeParquet(
      makeTable(
        new Map<string, Column>([
          ['symbol', { type: 'string', data: symbol }],
          ['start_time_ms', { type: 'int64', data: time }],
          ['x_5m_A', { type: 'float32', data: a }],
          ['x_5m_Close_Diff_Rate', { type: 'float32', data: past }],
          ['y_5m', { type: 'float32', data: y }],
        ]),
      ),
    )
    const path = join(folder, `${date}_xy_top8.parquet`)
    if (build === undefined) writeFileSync(path, bytes)
    else
      await writeWithManifest(nodeDisk, path, bytes, {
        kind: 'xy',
        command: 'test',
        codeVersion: 'test/1',
        seed: null,
        config: build(d),
        inputs: {},
        rows,
        columns: ['symbol', 'start_time_ms', 'x_5m_A', 'x_5m_Close_Diff_Rate', 'y_5m'],
        timeRange: [time[0]!, time.at(-1)!],
        details: {},
      })
  }
}

/** Flags of a training on days 1 to 2, validated on day 3, tested from day 4 to `last`. */
export const splitFlags = (xy: string, models: string, last: string): string[] => [
  ...['--train-start', '2026-02-01', '--train-end', '2026-02-02', '--valid-start', '2026-02-03'],
  ...['--valid-end', '2026-02-03', '--test-start', '2026-02-04', '--test-end', last],
  ...['--y-name', 'y_5m', '--topn', '8', '--data-dir', xy, '--models-dir', models],
]

/** A table of predictions. */
export interface Scores {
  readonly symbol: readonly string[]
  readonly time: ArrayLike<number>
  readonly prediction: ArrayLike<number>
}

/** Writes the rows of a table of predictions that are kept; gives the path. */
export function writeScores(path: string, from: Scores, keep: (i: number) => boolean = () => true): string {
  const rows = from.symbol.flatMap((_, i) => (keep(i) ? [i] : []))
  const table = makeTable([
    ['symbol', { type: 'string', data: rows.map((i) => from.symbol[i]!) }],
    ['start_time_ms', { type: 'int64', data: Float64Array.from(rows, (i) => from.time[i]!) }],
    ['prediction', { type: 'float64', data: Float64Array.from(rows, (i) => from.prediction[i]!) }],
  ])
  writeFileSync(path, encodeParquet(table))
  return path
}
