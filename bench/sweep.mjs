// bench/sweep: the 324 combinations on the XRP year, indicators included, by 1 and 2 workers (equal rows first); and the
// memory that each further worker adds to one shared copy of ≥ 500 MB of synthetic bars.
// Alone: node bench/sweep.mjs [time|memory]. One measurement of memory: node bench/sweep.mjs child WORKERS.
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  combinations,
  runSettings,
  runSweep,
  SWEEP_GRID,
  sharedBytes,
  shareMarket,
  sweepPlan,
} from '../packages/backtest/dist/sweep/index.js'
import { seededRandom } from '../packages/core/dist/index.js'
import { decodeParquet, numbers } from '../packages/store/dist/index.js'
import { makeBarSet } from '../packages/strategies/dist/index.js'
import { makeConfig } from '../packages/trading/dist/index.js'
import { median, row } from './table.mjs'

const here = fileURLToPath(import.meta.url)
const FIELDS = ['open', 'high', 'low', 'close', 'volume']
const setupOf = (symbols) => ({ strategy: 'indicator-score', base: runSettings(makeConfig(symbols)), costs: {} })

async function xrpYear(shared) {
  const path = join(shared, 'data/binance-15m/XRPUSDT_15m.parquet')
  const { table } = await decodeParquet(readFileSync(path), path, ['timestamp', ...FIELDS])
  const column = (name) => Float64Array.from(numbers(table, name, path))
  return makeBarSet(900_000, [
    { symbol: 'XRPUSDT', times: column('timestamp'), ...Object.fromEntries(FIELDS.map((f) => [f, column(f)])) },
  ])
}

/** Wall seconds from bars in memory to the rows of all combinations; workers start and indicators are computed inside. */
async function timeSweep(bars, workers) {
  const start = process.hrtime.bigint()
  const market = shareMarket(bars, new Map(), true)
  const plan = sweepPlan(market, { trainMonths: 6, testMonths: 1 })
  const input = { market, setup: setupOf(bars.symbols), plan, cells: combinations(SWEEP_GRID) }
  const { rows } = await runSweep(input, { workers })
  return { seconds: Number(process.hrtime.bigint() - start) / 1e9, rows }
}

/** 1-minute bars of one symbol, made in shared memory at once, so that there never is a second copy. */
function synthetic(count) {
  const column = () => new Float64Array(new SharedArrayBuffer(8 * count))
  const bars = Object.fromEntries(['times', ...FIELDS].map((f) => [f, column()]))
  const random = seededRandom('sweep memory')
  let price = 100
  for (let i = 0; i < count; i++) {
    const open = price
    price *= 1 + 0.002 * (random.next() - 0.5)
    bars.times[i] = Date.UTC(2012, 0, 1) + i * 60_000
    bars.open[i] = open
    bars.close[i] = price
    bars.high[i] = Math.max(open, price) * 1.0003
    bars.low[i] = Math.min(open, price) * 0.9997
    bars.volume[i] = 100 * (1 + 3 * random.next() ** 4)
  }
  const { times, ...columns } = bars
  return { intervalMs: 60_000, symbols: ['MADEUSDT'], times, columns: [columns] }
}

const BARS = 6_900_000

async function child(workers) {
  const bars = synthetic(BARS)
  const market = shareMarket(bars, new Map(), true)
  const plan = sweepPlan(market, { trainMonths: 6, testMonths: 1 })
  const cells = combinations({ atr_sl_mult: [1, 2], atr_tp_mult: [2, 4], adx_threshold: [0, 25] })
  const { rows } = await runSweep({ market, setup: setupOf(bars.symbols), plan, cells }, { workers })
  const sum = rows.reduce((a, x) => a + (Number.isFinite(x) ? x : 0), 0)
  console.log(
    JSON.stringify({
      bytes: sharedBytes(market),
      peakMb: process.resourceUsage().maxRSS / 1024,
      sum,
      blocks: plan.blocks.length,
    }),
  )
}

function memory(table = []) {
  const out = []
  let first
  for (const workers of [1, 2, 4]) {
    const done = spawnSync(process.execPath, [here, 'child', String(workers)], { encoding: 'utf8', timeout: 600_000 })
    if (done.status !== 0) throw new Error(`memory with ${workers} workers: ${done.stderr}`)
    const seen = JSON.parse(done.stdout)
    first ??= seen
    if (seen.sum !== first.sum) throw new Error(`${workers} workers give other rows`)
    const dataMb = seen.bytes / 1e6
    const limit = 64 + dataMb / 10
    const each = workers === 1 ? 0 : (seen.peakMb - first.peakMb) / (workers - 1)
    out.push([
      `memory, ${dataMb.toFixed(0)} MB shared, ${workers} workers`,
      `peak ${seen.peakMb.toFixed(0)} MB`,
      workers === 1 ? '' : `${each.toFixed(0)} MB per further worker`,
      workers === 1 ? '' : `limit ${limit.toFixed(0)} MB: ${each <= limit ? 'kept' : 'BROKEN'}`,
    ])
    if (workers > 1)
      table.push(
        row({
          ...{ bench: 'sweep', name: `each worker beyond the first, of ${workers}: memory`, value: each, unit: 'MB' },
          ...{ by: 'the bars, shared', reference: dataMb, aim: `≤ ${limit.toFixed(0)} MB`, met: each <= limit },
          equal: 'sum of the rows of 1 worker',
        }),
      )
  }
  return out
}

async function times(shared, table = [], runs = 5) {
  if (!existsSync(join(shared, 'data/binance-15m'))) {
    const note = `no ${join(shared, 'data/binance-15m')}`
    table.push(row({ bench: 'sweep', name: '324 combinations × one year of 15 m', unit: 's', equal: false, note }))
    return [['324 combinations', `skipped: ${note}`, '', '']]
  }
  const bars = await xrpYear(shared)
  const out = []
  let first
  let alone
  for (const workers of [1, 2]) {
    const seconds = []
    for (let k = 0; k < runs; k++) {
      const run = await timeSweep(bars, workers)
      first ??= run.rows
      if (run.rows.some((x, i) => !Object.is(x, first[i]))) throw new Error(`${workers} workers give other rows`)
      seconds.push(run.seconds)
    }
    const s = median(seconds)
    const spread = `${Math.min(...seconds).toFixed(2)} … ${Math.max(...seconds).toFixed(2)} s of ${runs}`
    out.push([
      `324 combinations × ${bars.times.length} bars, ${workers} workers`,
      `${s.toFixed(2)} s`,
      spread,
      s < 5 ? 'aim of 5 s kept' : 'aim of 5 s missed',
    ])
    table.push(
      row({
        ...{ bench: 'sweep', name: `324 combinations × one year of 15 m, ${workers} worker${workers > 1 ? 's' : ''}` },
        ...{ value: s, unit: 's', aim: '< 5 s', met: s < 5 },
        ...(alone === undefined ? {} : { by: '1 worker', reference: alone, equal: 'rows of 1 worker' }),
      }),
    )
    alone ??= s
  }
  return out
}

export async function benchSweep({ shared }) {
  const table = []
  return {
    head: ['sweep', 'median', 'spread', 'aim'],
    rows: [...(await times(shared, table)), ...memory(table)],
    table,
  }
}

if (process.argv[1] === here) {
  const [what, workers] = process.argv.slice(2)
  const shared = resolve(dirname(here), '..', process.env.COINTRADER_SHARED ?? '../shared')
  if (what === 'child') await child(Number(workers))
  else for (const row of what === 'memory' ? memory() : await times(shared)) console.log(row.join(' | '))
}
