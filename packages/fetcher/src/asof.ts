/** Metrics to bars (RP-05): each bar gets the newest metrics row known when it starts, if it is young enough. */

import { METRICS_PERIOD_MS, type MetricsRows } from '@cointrader/binance'
import { DAY_MS, type Defect, dateMs, type Interval, intervalMs, METRICS_FIELDS, type UtcDate } from '@cointrader/core'
import { collectDefects } from './defects.js'

/** Rows of one file with the instant each was known. */
export interface KnownRows {
  readonly knownMs: Float64Array
  readonly values: readonly Float64Array[]
}

/**
 * For each bar start `t` of the day: the newest row with `knownMs ≤ t` and `t − knownMs ≤ maxAgeMs`, else NaN. Of rows
 * with the same instant the one later in the order given wins; a blank cell stays missing for its period.
 */
export function asOfBars(
  files: readonly KnownRows[],
  date: UtcDate,
  interval: Interval,
  maxAgeMs: number,
): Float64Array[] {
  const start = dateMs(date)
  const step = intervalMs(interval)
  const bars = DAY_MS / step
  const index: { ms: number; file: KnownRows; row: number }[] = []
  for (const file of files)
    for (let row = 0; row < file.knownMs.length; row++) index.push({ ms: file.knownMs[row]!, file, row })
  // Stable: among equal instants the order given remains, so the last of them is the later one.
  index.sort((a, b) => a.ms - b.ms)
  const out = METRICS_FIELDS.map(() => new Float64Array(bars).fill(Number.NaN))
  let k = -1
  for (let b = 0; b < bars; b++) {
    const t = start + b * step
    while (k + 1 < index.length && index[k + 1]!.ms <= t) k++
    if (k < 0 || t - index[k]!.ms > maxAgeMs) continue
    const { file, row } = index[k]!
    for (let c = 0; c < out.length; c++) out[c]![b] = file.values[c]![row]!
  }
  return out
}

/** Defects of a metrics file that its minutes cannot show: order, duplicates, shifted stamps, unreadable cells, holes. */
export function metricsDefects(rows: MetricsRows, knownMs: Float64Array, date: UtcDate, symbol: string): Defect[] {
  const defects = collectDefects(symbol, 'metrics')
  const seen = new Set<number>()
  const covered = new Set<number>()
  let before = Number.NEGATIVE_INFINITY
  for (let i = 0; i < rows.rows; i++) {
    const ms = knownMs[i]!
    if (ms < before) defects.add('unordered_rows', '', ms, METRICS_PERIOD_MS)
    before = ms
    if (seen.has(ms)) defects.add('duplicate_metrics', '', ms, METRICS_PERIOD_MS)
    seen.add(ms)
    covered.add(Math.floor(ms / METRICS_PERIOD_MS))
    if (ms % METRICS_PERIOD_MS !== 0)
      defects.add('shifted_label', '', ms, METRICS_PERIOD_MS, `off the 5-minute grid by ${ms % METRICS_PERIOD_MS} ms`)
  }
  for (const { row, column } of rows.bad)
    defects.add('bad_number', METRICS_FIELDS[column]!, knownMs[row]!, METRICS_PERIOD_MS)
  // The day's rows are known from 00:05 to 24:00, whichever way the file stamps them (BX-05).
  const first = dateMs(date) + METRICS_PERIOD_MS
  for (let ms = first; ms <= dateMs(date) + DAY_MS; ms += METRICS_PERIOD_MS) {
    if (!covered.has(ms / METRICS_PERIOD_MS)) defects.add('missing_metrics', '', ms, METRICS_PERIOD_MS)
  }
  return defects.done()
}
