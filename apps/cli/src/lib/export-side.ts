/** The columns of an export that are not bars: open-interest change and funding rate, each by the instant it was known. */
import { join } from 'node:path'
import { settlementMs } from '@cointrader/binance'
import { addDays, dateOf, HOUR_MS, MINUTE_MS, paths, sha256 } from '@cointrader/core'
import { type Disk, decodeParquet, numbers, strings } from '@cointrader/store'

/** Points of one symbol in order of time. */
export interface Series {
  readonly timeMs: Float64Array
  readonly value: Float64Array
}

export interface SideColumn {
  /** 0 where nothing is known, as in the layout this follows. */
  readonly values: Float64Array
  readonly known: Uint8Array
}

/** A rate older than this is not carried on: the venue settles every 8 hours at most. */
const FUNDING_MAX_AGE_MS = 24 * HOUR_MS
const OI_MAX_AGE_MS = 15 * MINUTE_MS

interface Reader {
  readonly disk: Disk
  readonly dataDir: string
}

/** Collected open interest in coins by `known_at_ms`, of `symbols`, for `[fromMs, toMs]`; and what was read (path → sha256). */
export async function readOpenInterest(
  { disk, dataDir }: Reader,
  symbols: ReadonlySet<string>,
  fromMs: number,
  toMs: number,
) {
  const points = new Map<string, { time: number[]; value: number[] }>()
  const inputs: Record<string, string> = {}
  for (let date = addDays(dateOf(fromMs), -1); date <= dateOf(toMs); date = addDays(date, 1)) {
    const path = paths.collected('open_interest', date)
    const bytes = await disk.read(join(dataDir, path))
    if (bytes === undefined) continue
    inputs[path] = sha256(bytes)
    const { table } = await decodeParquet(bytes, path, ['symbol', 'known_at_ms', 'open_interest'])
    const name = strings(table, 'symbol', path)
    const known = numbers(table, 'known_at_ms', path)
    const value = numbers(table, 'open_interest', path)
    for (let i = 0; i < table.rows; i++) {
      if (!symbols.has(name[i]!) || !(value[i]! > 0)) continue
      const list = points.get(name[i]!) ?? { time: [], value: [] }
      list.time.push(known[i]!)
      list.value.push(value[i]!)
      points.set(name[i]!, list)
    }
  }
  const series = new Map(
    [...points].map(([s, p]): [string, Series] => [
      s,
      { timeMs: Float64Array.from(p.time), value: Float64Array.from(p.value) },
    ]),
  )
  return { series, inputs }
}

/** Funding settlements of a symbol (instants without their jitter), or undefined when there is no file. */
export async function readFunding(
  { disk, dataDir }: Reader,
  symbol: string,
): Promise<{ series: Series; sha256: string } | undefined> {
  const path = paths.funding(symbol)
  const bytes = await disk.read(join(dataDir, path))
  if (bytes === undefined) return undefined
  const { table } = await decodeParquet(bytes, path, ['calc_time_ms', 'funding_rate'])
  const timeMs = Float64Array.from(numbers(table, 'calc_time_ms', path), settlementMs)
  return { series: { timeMs, value: Float64Array.from(numbers(table, 'funding_rate', path)) }, sha256: sha256(bytes) }
}

/** For each of `count` instants `fromMs + i * stepMs`, the newest value at or before it that is young enough; else NaN. */
export function asOf(series: Series, fromMs: number, stepMs: number, count: number, maxAgeMs: number): Float64Array {
  const out = new Float64Array(count).fill(Number.NaN)
  for (let i = 0, k = -1; i < count; i++) {
    const now = fromMs + i * stepMs
    while (k + 1 < series.timeMs.length && series.timeMs[k + 1]! <= now) k++
    if (k >= 0 && now - series.timeMs[k]! <= maxAgeMs) out[i] = series.value[k]!
  }
  return out
}

/**
 * `oi_change` of TB-07.2: relative change of open interest in coins from bar to bar, from the newest points known when
 * each bar ended. Open interest in USDT is not used instead: its change contains that of the price.
 */
export function openInterestChange(
  series: Series | undefined,
  fromMs: number,
  stepMs: number,
  count: number,
): SideColumn {
  const side = { values: new Float64Array(count), known: new Uint8Array(count) }
  if (series === undefined) return side
  // One bar further back, so that the first bar has a change too where there is data before it.
  const maxAge = Math.max(0, Math.max(stepMs, OI_MAX_AGE_MS) - 1)
  const at = asOf(series, fromMs, stepMs, count + 1, maxAge)
  for (let i = 0; i < count; i++) {
    const change = at[i + 1]! / at[i]! - 1
    if (!Number.isFinite(change)) continue
    side.values[i] = change
    side.known[i] = 1
  }
  return side
}

/** `funding_rate` of TB-07.2: the last rate settled at or before the bar's start, without the milliseconds that made it a bar late. */
export function fundingRate(series: Series | undefined, fromMs: number, stepMs: number, count: number): SideColumn {
  const side = { values: new Float64Array(count), known: new Uint8Array(count) }
  if (series === undefined) return side
  const at = asOf(series, fromMs, stepMs, count, FUNDING_MAX_AGE_MS)
  for (let i = 0; i < count; i++) {
    if (Number.isNaN(at[i]!)) continue
    side.values[i] = at[i]!
    side.known[i] = 1
  }
  return side
}
