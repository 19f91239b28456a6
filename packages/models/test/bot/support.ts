/** Shared data, a seeded market, and training tables made to measure, for the tests of this folder. */
import { existsSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { seededRandom } from '@cointrader/core'
import { BOT_FEATURE_NAMES, type BotBars } from '@cointrader/features/bot/index'
import { type Column, makeTable, type Table } from '@cointrader/store'

const root = join(dirname(fileURLToPath(import.meta.url)), '../../../..')

/** A path below the shared folder, or undefined (and a printed line) when it is not on this machine. */
export function shared(path: string): string | undefined {
  const full = resolve(root, process.env.COINTRADER_SHARED ?? '../shared', path)
  if (existsSync(full)) return full
  console.log(`skipped: no ${full} (set COINTRADER_SHARED to the folder with the shared data)`)
  return undefined
}

const STEP = 900_000
const START = Date.UTC(2026, 0, 5)

/** `n` bars of a coin that wanders at random beside BTC and ETH: nothing in it can be foreseen. */
export function market(n: number, seed: number): BotBars {
  const random = seededRandom(`market/${seed}`)
  const column = (): Float64Array => new Float64Array(n)
  const bars = {
    intervalMs: STEP,
    times: Float64Array.from({ length: n }, (_, i) => START + i * STEP),
    high: column(),
    low: column(),
    close: column(),
    volume: column(),
    btcClose: column(),
    ethClose: column(),
  }
  let [price, btc, eth] = [2, 90_000, 3000]
  for (let i = 0; i < n; i++) {
    const open = price
    const common = random.normal() * 0.002
    price *= Math.exp(common + random.normal() * 0.003)
    btc *= Math.exp(common + random.normal() * 0.001)
    eth *= Math.exp(common + random.normal() * 0.002)
    bars.close[i] = price
    bars.high[i] = Math.max(open, price) * (1 + Math.abs(random.normal()) * 0.002)
    bars.low[i] = Math.min(open, price) * (1 - Math.abs(random.normal()) * 0.002)
    bars.volume[i] = 1e6 * Math.exp(random.normal())
    bars.btcClose[i] = btc
    bars.ethClose[i] = eth
  }
  return bars
}

export interface Made {
  readonly rows: number
  readonly seed: number
  /** How much `rsi` says about the label: 0 nothing. */
  readonly skill: number
  /** Every so many rows one is a signal; default 2. */
  readonly signalEvery?: number
  /** Share of rows in which `funding_rate` is missing. Default 0.3; `oi_change` always is. */
  readonly missing?: number
  /** Bars between rows; default 3. */
  readonly every?: number
}

/** A table of the shape of `buildBotTable`, whose labels are won more often where `rsi` is high. */
export function madeTable({ rows, seed, skill, signalEvery = 2, missing = 0.3, every = 3 }: Made): Table {
  const random = seededRandom(`table/${seed}`)
  const columns = new Map(BOT_FEATURE_NAMES.map((name) => [name, new Float32Array(rows)]))
  const label = new Int32Array(rows)
  const looksUntil = new Float64Array(rows)
  const times = Float64Array.from({ length: rows }, (_, r) => START + r * every * STEP)
  const kind: string[] = []
  for (let r = 0; r < rows; r++) {
    for (const data of columns.values()) data[r] = random.normal()
    if (random.next() < missing) columns.get('funding_rate')![r] = Number.NaN
    for (const name of ['oi_change', 'oi_change_ma5', 'oi_price_spread'] as const) columns.get(name)![r] = Number.NaN
    label[r] = random.next() < 1 / (1 + Math.exp(-skill * columns.get('rsi')![r])) ? 1 : 0
    looksUntil[r] = times[r] + (2 + random.int(24)) * STEP
    kind.push(r % signalEvery === 0 ? 'signal' : 'hold')
  }
  const all: [string, Column][] = [
    ['start_time_ms', { type: 'int64', data: times }],
    ['symbol', { type: 'string', data: kind.map(() => 'TESTUSDT') }],
    ...[...columns].map(([name, data]): [string, Column] => [name, { type: 'float32', data }]),
    ['label', { type: 'int32', data: label }],
    ['weight', { type: 'float32', data: new Float32Array(rows).fill(1) }],
    ['kind', { type: 'string', data: kind }],
    ['looks_until_ms', { type: 'int64', data: looksUntil }],
  ]
  return makeTable(all)
}

/** The table with one column replaced. */
export function withColumn(table: Table, name: string, change: (value: number, row: number) => number): Table {
  return makeTable(
    [...table.columns].map(([n, column]): [string, Column] => {
      if (n !== name || column.type === 'string') return [n, column]
      return [n, { ...column, data: column.data.map((x, r) => change(x, r)) } as Column]
    }),
  )
}
