/** The bot's bars: one symbol on a time grid, beside the closes of BTC and ETH and its open interest and funding. */
import { join } from 'node:path'
import { fail, type Interval, intervalMs, sha256 } from '@cointrader/core'
import { type Disk, decodeParquet, numbers, type Table } from '@cointrader/store'

/**
 * Bars without holes: `times[i] = times[0] + i · intervalMs`, and a bar that is missing is a row of NaN. All columns have
 * one length. A column whose source is absent is undefined.
 */
export interface BotBars {
  readonly intervalMs: number
  /** Bar starts, ms. A bar is known at its end. */
  readonly times: Float64Array
  /** Prices in USDT. */
  readonly high: Float64Array
  readonly low: Float64Array
  readonly close: Float64Array
  /** Base asset. */
  readonly volume: Float64Array
  /** Closes of BTCUSDT and ETHUSDT at the same times. */
  readonly btcClose?: Float64Array
  readonly ethClose?: Float64Array
  /** Relative change of open interest from bar to bar; 0 means unknown, as the files of the original have it (D-17). */
  readonly oiChange?: Float64Array
  /** Last funding rate settled; 0 means unknown. */
  readonly fundingRate?: Float64Array
}

const COLUMNS = {
  high: 'high',
  low: 'low',
  close: 'close',
  volume: 'volume',
  btcClose: 'close_btc',
  ethClose: 'close_eth',
  oiChange: 'oi_change',
  fundingRate: 'funding_rate',
} as const
const REQUIRED = ['high', 'low', 'close', 'volume'] as const

/**
 * Lays rows in the layout of `cointrader data export` (`timestamp`, `high`, … `close_btc`, … `funding_rate`) on a grid
 * without holes. Errors `E_FILE_CORRUPT`: a required column is missing, times do not ascend, or lie off the grid.
 */
export function barsOf(table: Table, interval: Interval, subject: string): BotBars {
  const step = intervalMs(interval)
  const starts = numbers(table, 'timestamp', subject)
  const first = starts[0] ?? 0
  const length = table.rows === 0 ? 0 : Math.round((starts[table.rows - 1]! - first) / step) + 1
  const place = new Int32Array(table.rows)
  for (let i = 0; i < place.length; i++) {
    const at = (starts[i]! - first) / step
    if (starts[i]! % step !== 0 || (i > 0 && at <= place[i - 1]!)) {
      const detail = `row ${i} starts at ${starts[i]} ms: not after the row before it, or not a whole ${interval}`
      fail('E_FILE_CORRUPT', { subject, detail, next: 'rebuild the file with cointrader data export' })
    }
    place[i] = at
  }
  const lay = (name: string): Float64Array => {
    const data = numbers(table, name, subject)
    const out = new Float64Array(length).fill(Number.NaN)
    for (let i = 0; i < place.length; i++) out[place[i]!] = data[i]!
    return out
  }
  const columns: Partial<Record<keyof typeof COLUMNS, Float64Array>> = {}
  for (const field of REQUIRED) columns[field] = lay(COLUMNS[field])
  for (const [field, name] of Object.entries(COLUMNS)) {
    if (table.columns.has(name)) columns[field as keyof typeof COLUMNS] = lay(name)
  }
  const times = Float64Array.from({ length }, (_, i) => first + i * step)
  return { intervalMs: step, times, ...columns } as BotBars
}

export interface BarsFile {
  readonly bars: BotBars
  /** Path below the folder and hash of the bytes, for the manifest. */
  readonly path: string
  readonly sha256: string
}

/** Reads `{symbol}_{interval}.parquet` of `folder`. Errors `E_FILE_MISSING`, and those of {@link barsOf}. */
export async function readBars(
  disk: Disk,
  folder: string,
  symbol: string,
  interval: Interval = '15m',
): Promise<BarsFile> {
  const path = `${symbol}_${interval}.parquet`
  const bytes = await disk.read(join(folder, path))
  if (bytes === undefined) {
    fail('E_FILE_MISSING', {
      subject: join(folder, path),
      next: 'make it with cointrader data export, or check --data',
    })
  }
  const { table } = await decodeParquet(bytes, path)
  return { bars: barsOf(table, interval, path), path, sha256: sha256(bytes) }
}

/**
 * A side symbol's column on the grid of another symbol, matched by time (the original matches by position from the end);
 * NaN where the side has no bar.
 */
export function alignByTime(times: Float64Array, sideTimes: Float64Array, side: Float64Array): Float64Array {
  const out = new Float64Array(times.length).fill(Number.NaN)
  for (let i = 0, k = 0; i < times.length; i++) {
    while (k < sideTimes.length && sideTimes[k]! < times[i]!) k++
    if (sideTimes[k] === times[i]) out[i] = side[k]!
  }
  return out
}
