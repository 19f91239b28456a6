import { existsSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { dateMs, MINUTE_MS, manualClock, parseDate, paths, silentProgress } from '@cointrader/core'
import {
  BatchFeatures,
  DAY_MINUTES,
  type DayBars,
  dayBars,
  dayFeatures,
  dayX,
  type FeatureSet,
  FeatureStream,
  joinDays,
  shippedFeatures,
} from '@cointrader/features'
import { fetchPool, fetchRange, folderArchive } from '@cointrader/fetcher'
import { decodeParquet, nodeDisk } from '@cointrader/store'
import { describe, expect, it } from 'vitest'
import { tempFolder } from './helpers.js'

const root = join(dirname(fileURLToPath(import.meta.url)), '../../..')
const archive = resolve(root, process.env.COINTRADER_SHARED ?? '../shared', 'data/binance-1m/archive')
const there = existsSync(archive)
if (!there) console.log(`skipped: no ${archive} (set COINTRADER_SHARED to the folder with the shared data)`)

const dates = ['2026-02-10', '2026-02-11'].map((text) => parseDate(text))

/** The two days as `cointrader fetch` makes them of the archive. */
async function realDays(): Promise<DayBars[]> {
  const dataDir = tempFolder()
  const nowMs = Date.UTC(2026, 10, 1)
  await fetchRange(
    {
      symbols: null,
      kinds: ['klines'],
      route: 'daily',
      interval: '1m',
      market: 'um',
      allowUnverified: false,
      compat: null,
      maxMetricsAgeMs: 600_000,
      startDate: dates[0]!,
      endDate: dates[1]!,
    },
    {
      disk: nodeDisk,
      clock: manualClock(nowMs),
      nowMs,
      source: folderArchive(nodeDisk, archive),
      rest: undefined,
      pool: fetchPool(0),
      workers: 1,
      progress: silentProgress,
      log: { write: async () => {} },
      signal: new AbortController().signal,
      dataDir,
      codeVersion: 'test',
    },
  )
  return Promise.all(
    dates.map(async (date) => {
      const bytes = await nodeDisk.read(join(dataDir, paths.dayTable(date)))
      return dayBars((await decodeParquet(bytes!, date)).table, date)
    }),
  )
}

describe('stream and batch on real klines', () => {
  it.skipIf(!there)('2026-02-10 and 11, seven coins, 258 columns: bit for bit', { timeout: 300_000 }, async () => {
    const days = await realDays()
    const symbols = days[0]!.symbols
    expect(symbols).toHaveLength(7)
    // Windows up to 60, and all ten where a stream that begins at the first minute is as warm as the batch.
    for (const set of [shippedFeatures([1, 5, 15, 30, 60]), shippedFeatures()]) check(set, days, symbols)
  })
})

function check(set: FeatureSet, days: readonly DayBars[], symbols: readonly string[]): void {
  const columns = set.columns.length
  const n = symbols.length
  const firstRow = dateMs(dates[0]!) / MINUTE_MS
  const rows = 2 * DAY_MINUTES
  const { warmup } = set.plan
  const bars = joinDays(days, symbols, firstRow - warmup + 1, firstRow + rows)
  const features = new BatchFeatures(set, rows)
  const matrix = features.base(bars, firstRow, firstRow + rows)
  const whole = [...matrix.values]
  for (let k = 0; k < columns; k++) {
    const out = new Float64Array(n * rows)
    features.neutral(matrix, k, out)
    whole.push(out)
  }

  const perDay = dayFeatures(set)
  dates.forEach((date, d) => {
    const x = dayX(perDay, days, date, symbols)
    ;[...x.base, ...x.neutral].forEach((column, k) => {
      for (let s = 0; s < n; s++)
        for (let m = 0; m < DAY_MINUTES; m++)
          if (!Object.is(column[s * DAY_MINUTES + m], whole[k]![s * rows + d * DAY_MINUTES + m]))
            expect.fail(`${date}: column ${k} of ${symbols[s]}, minute ${m}`)
    })
  })

  let numbers = 0
  let cells = 0
  // From the first minute, and from the middle of the first day with the look-back to warm up on.
  for (const start of [0, DAY_MINUTES + 77]) {
    const from = Math.max(0, start - warmup + 1)
    const stream = new FeatureStream(set, symbols)
    for (let t = from; t < rows; t++) {
      const at = t + warmup - 1
      const minute = Object.fromEntries(
        set.fields.map((f) => [f, symbols.map((_, s) => bars.fields[f]?.[s * bars.rows + at] ?? Number.NaN)]),
      )
      const { values } = stream.push((firstRow + t) * MINUTE_MS, minute)
      if (t < start) continue
      for (let k = 0; k < 2 * columns; k++)
        for (let s = 0; s < n; s++) {
          const [a, b] = [values[k * n + s]!, whole[k]![s * rows + t]!]
          if (!Object.is(a, b)) expect.fail(`column ${k} of ${symbols[s]}, row ${t}: stream ${a}, batch ${b}`)
          cells++
          if (!Number.isNaN(a)) numbers++
        }
    }
  }
  // The klines have no premium and no metrics: columns of those inputs are NaN, the others are whole after the warm-up.
  console.log(`${2 * columns} columns: ${cells} cells equal, ${((100 * numbers) / cells).toFixed(1)} % of them numbers`)
  expect(numbers / cells).toBeGreaterThan(0.4)
}
