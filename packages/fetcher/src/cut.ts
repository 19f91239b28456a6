/** Cuts a monthly CSV at UTC midnight into day slices, text unchanged, so that daily and monthly meet in one parser. */
import { deflateRawSync } from 'node:zlib'
import { readCsvFromZip, type TimeUnit, toMs } from '@cointrader/binance'
import { forEachRow, parseNumber, splitHeader } from '@cointrader/binance/csv'
import { dateOf, fail, type UtcDate } from '@cointrader/core'
import type { CutJob, CutResult } from './jobs.js'

export async function cutMonth(job: CutJob): Promise<CutResult> {
  const csv = await readCsvFromZip(job.zip, job.path)
  const { dataStart, header } = splitHeader(csv)
  // Runs of consecutive rows of one day; usually one per day.
  const runs = new Map<UtcDate, { from: number; to: number; rows: number }[]>()
  let unit: TimeUnit = null
  let rows = 0
  let firstMs = Number.POSITIVE_INFINITY
  let lastMs = Number.NEGATIVE_INFINITY
  let dayStart = Number.NaN
  let run: { from: number; to: number; rows: number } | undefined
  forEachRow(csv, dataStart, (row, lineStart, ends, fields) => {
    const open = parseNumber(csv, lineStart, ends[0]!)
    if (!(open > 0)) fail('E_CSV', { subject: job.path, detail: `data row ${row + 1} has no readable open time` })
    const time = toMs(open, unit, job.path, row)
    unit = time.unit
    firstMs = Math.min(firstMs, time.ms)
    lastMs = Math.max(lastMs, time.ms)
    const start = Math.floor(time.ms / 86_400_000)
    if (start !== dayStart || run === undefined) {
      dayStart = start
      const date = dateOf(time.ms)
      run = { from: lineStart, to: lineStart, rows: 0 }
      runs.set(date, [...(runs.get(date) ?? []), run])
    }
    // Up to and including the line's end: the next line's start is where the last cell (and its CR) and LF end.
    let end = ends[fields - 1]!
    while (end < csv.length && csv[end] !== 10) end++
    run.to = Math.min(end + 1, csv.length)
    run.rows++
    rows = row + 1
  })
  const slices = [...runs]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([date, parts]) => ({
      date,
      rows: parts.reduce((n, p) => n + p.rows, 0),
      // Level 1: these live for minutes on the local disk.
      deflated: new Uint8Array(
        deflateRawSync(Buffer.concat(parts.map((p) => csv.subarray(p.from, p.to))), { level: 1 }),
      ),
    }))
  return {
    type: 'cut',
    rows,
    firstMs: rows ? firstMs : null,
    lastMs: rows ? lastMs : null,
    header: header !== null,
    slices,
  }
}
