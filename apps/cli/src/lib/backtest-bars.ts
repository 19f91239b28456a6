/** Bars for a backtest, from whatever folder the user has; and the funding that goes with them. */
import { join, resolve } from 'node:path'
import { gunzipSync } from 'node:zlib'
import type { FundingRates } from '@cointrader/backtest/costs/index'
import { parseExchangeRules, parseLeverageBrackets } from '@cointrader/backtest/venue/index'
import { DAY_MS, dateOf, didYouMean, fail, type Interval, intervalMs, sha256 } from '@cointrader/core'
import { decodeParquet, numbers } from '@cointrader/store'
import { type BarSet, makeBarSet, type SymbolBars } from '@cointrader/strategies'
import { LOOSE_RULES, type SymbolRules } from '@cointrader/trading'
import type { Context } from '../context.js'
import { BAR_SOURCE, barMaker } from './bar-maker.js'

export interface LoadedBars {
  readonly bars: BarSet
  /** File → sha256. */
  readonly inputs: Readonly<Record<string, string>>
}

/** `all` or a list. */
export type SymbolChoice = 'all' | readonly string[]

/**
 * Bars of the symbols from `{SYMBOL}_{interval}.parquet` (as `data export` writes them), `{SYMBOL}-{interval}.csv.gz`
 * (open_time, open, high, low, close, volume, …), or the day tables of a data folder. Errors `E_FILE_MISSING` naming the
 * symbols, `E_CSV`, `E_FILE_CORRUPT`.
 */
export async function loadBars(
  ctx: Context,
  folder: string,
  choice: SymbolChoice,
  interval: Interval,
): Promise<LoadedBars> {
  const dir = resolve(folder)
  const names = await ctx.disk.list(dir)
  const of = (suffix: string) => names.filter((n) => n.endsWith(suffix)).map((n) => n.slice(0, -suffix.length))
  const parquet = `_${interval}.parquet`
  const csv = `-${interval}.csv.gz`
  const inputs: Record<string, string> = {}
  if (of(parquet).length > 0) {
    const out: SymbolBars[] = []
    for (const symbol of chosen(choice, of(parquet), dir)) {
      const path = join(dir, symbol + parquet)
      const bytes = (await ctx.disk.read(path))!
      inputs[symbol + parquet] = sha256(bytes)
      const { table } = await decodeParquet(bytes, path, ['timestamp', 'open', 'high', 'low', 'close', 'volume'])
      const column = (name: string) => Float64Array.from(numbers(table, name, path))
      out.push(
        present({
          symbol,
          times: column('timestamp'),
          open: column('open'),
          high: column('high'),
          low: column('low'),
          close: column('close'),
          volume: column('volume'),
        }),
      )
    }
    return { bars: makeBarSet(intervalMs(interval), out), inputs }
  }
  if (of(csv).length > 0) {
    const out: SymbolBars[] = []
    for (const symbol of chosen(choice, of(csv), dir)) {
      const path = join(dir, symbol + csv)
      const bytes = (await ctx.disk.read(path))!
      inputs[symbol + csv] = sha256(bytes)
      out.push(csvBars(symbol, bytes, path))
    }
    return { bars: makeBarSet(intervalMs(interval), out), inputs }
  }
  if (names.includes('1m_raw_data/')) return dayTableBars(ctx, join(dir, '1m_raw_data'), choice, interval)
  fail('E_FILE_MISSING', {
    subject: dir,
    detail: `neither {SYMBOL}${parquet} nor {SYMBOL}${csv} nor 1m_raw_data/`,
    next: 'make bars with cointrader data export, or check --data and --interval',
  })
}

function chosen(choice: SymbolChoice, there: readonly string[], dir: string): readonly string[] {
  if (choice === 'all') return there
  const absent = choice.filter((s) => !there.includes(s))
  if (absent.length > 0)
    fail('E_FILE_MISSING', {
      subject: `bars of ${absent.join(', ')}`,
      detail: `none in ${dir}${didYouMean(absent[0]!, there)}`,
      next: 'make them with cointrader data export, or check --symbols',
    })
  return choice
}

/** Rows without a close are no bars. */
function present(bars: SymbolBars): SymbolBars {
  const keep = Array.from(bars.close, (c, i) => (Number.isNaN(c) ? -1 : i)).filter((i) => i >= 0)
  if (keep.length === bars.times.length) return bars
  const pick = (x: Float64Array) => Float64Array.from(keep, (i) => x[i]!)
  const { symbol, times, open, high, low, close, volume } = bars
  return {
    symbol,
    times: pick(times),
    open: pick(open),
    high: pick(high),
    low: pick(low),
    close: pick(close),
    volume: pick(volume),
  }
}

function csvBars(symbol: string, bytes: Uint8Array, path: string): SymbolBars {
  let text: string
  try {
    text = gunzipSync(bytes).toString('utf8')
  } catch (error) {
    fail('E_FILE_CORRUPT', { subject: path, detail: (error as Error).message, cause: error })
  }
  const lines = text.trim().split('\n')
  const head = lines[0]!.split(',')
  const place = ['open_time', 'open', 'high', 'low', 'close', 'volume'].map((name) => head.indexOf(name))
  if (place.some((p) => p < 0)) fail('E_CSV', { subject: `${path} row 1`, detail: `columns ${head.join(', ')}` })
  const columns = place.map(() => new Float64Array(lines.length - 1))
  for (let i = 1; i < lines.length; i++) {
    const cells = lines[i]!.split(',')
    for (let k = 0; k < place.length; k++) {
      const v = Number(cells[place[k]!])
      if (!Number.isFinite(v))
        fail('E_CSV', { subject: `${path} row ${i + 1}`, detail: `${head[place[k]!]}: ${cells[place[k]!]}` })
      columns[k]![i - 1] = v
    }
  }
  const [times, open, high, low, close, volume] = columns as [
    Float64Array,
    Float64Array,
    Float64Array,
    Float64Array,
    Float64Array,
    Float64Array,
  ]
  return { symbol, times, open, high, low, close, volume }
}

async function dayTableBars(ctx: Context, dir: string, choice: SymbolChoice, interval: Interval): Promise<LoadedBars> {
  const dates = (await ctx.disk.list(dir)).flatMap((n) => /^(\d{4}-\d{2}-\d{2})\.parquet$/.exec(n)?.[1] ?? [])
  if (dates.length === 0)
    fail('E_FILE_MISSING', { subject: dir, detail: 'no day tables', next: 'run cointrader fetch' })
  const step = intervalMs(interval)
  const from = Date.parse(`${dates[0]}T00:00Z`)
  const to = Date.parse(`${dates.at(-1)}T00:00Z`) + DAY_MS
  const inputs: Record<string, string> = {}
  let symbols = choice === 'all' ? undefined : new Set(choice)
  if (symbols === undefined) {
    symbols = new Set(await symbolsOf(ctx, join(dir, `${dates.at(-1)}.parquet`)))
  }
  const maker = barMaker(symbols, from, step, (to - from) / step)
  for (const date of dates) {
    const path = join(dir, `${date}.parquet`)
    const bytes = (await ctx.disk.read(path))!
    inputs[`${date}.parquet`] = sha256(bytes)
    maker.add((await decodeParquet(bytes, path, [...BAR_SOURCE])).table, path)
  }
  const out: SymbolBars[] = []
  const absent: string[] = []
  for (const symbol of [...symbols].sort()) {
    const made = maker.bars(symbol)
    if (made === undefined) absent.push(symbol)
    else {
      // A bar counts only when all of its minutes were there.
      const whole = step / 60_000
      const close = made.close.map((c, i) => (made.minutes[i] === whole ? c : Number.NaN))
      const times = Float64Array.from(close, (_, i) => from + i * step)
      out.push(present({ symbol, times, open: made.open, high: made.high, low: made.low, close, volume: made.volume }))
    }
  }
  if (choice !== 'all' && absent.length > 0)
    fail('E_FILE_MISSING', {
      subject: `bars of ${absent.join(', ')}`,
      detail: `none in ${dir}${didYouMean(absent[0]!, await symbolsOf(ctx, join(dir, `${dates.at(-1)}.parquet`)))}`,
      next: 'fetch them, or check --symbols',
    })
  return { bars: makeBarSet(step, out), inputs }
}

/** Symbols of a day table. */
async function symbolsOf(ctx: Context, path: string): Promise<string[]> {
  const { table } = await decodeParquet((await ctx.disk.read(path))!, path, ['symbol'])
  return [...new Set(table.columns.get('symbol')!.data as readonly string[])]
}

/** Settlements from `{SYMBOL}.parquet` of a funding folder; symbols without a file have none. */
export async function loadFunding(
  ctx: Context,
  folder: string | undefined,
  symbols: readonly string[],
): Promise<Map<string, FundingRates>> {
  const out = new Map<string, FundingRates>()
  if (folder === undefined) return out
  for (const symbol of symbols) {
    const path = join(resolve(folder), `${symbol}.parquet`)
    const bytes = await ctx.disk.read(path)
    if (bytes === undefined) continue
    const { table } = await decodeParquet(bytes, path, ['calc_time_ms', 'funding_rate'])
    out.set(symbol, {
      times: Float64Array.from(numbers(table, 'calc_time_ms', path)),
      rates: Float64Array.from(numbers(table, 'funding_rate', path)),
    })
  }
  return out
}

/** The venue's rules by symbol, from saved answers of exchangeInfo and leverageBracket; symbols without have loose ones. */
export async function loadRules(
  ctx: Context,
  files: { readonly exchangeInfo: string | undefined; readonly brackets: string | undefined },
): Promise<ReadonlyMap<string, SymbolRules>> {
  const read = async (path: string | undefined): Promise<unknown> => {
    if (path === undefined) return undefined
    const bytes = await ctx.disk.read(resolve(path))
    if (bytes === undefined) fail('E_FILE_MISSING', { subject: path, next: 'check the path' })
    try {
      return JSON.parse((path.endsWith('.gz') ? gunzipSync(bytes) : Buffer.from(bytes)).toString('utf8'))
    } catch (error) {
      fail('E_FILE_CORRUPT', { subject: path, detail: (error as Error).message, cause: error })
    }
  }
  const info = await read(files.exchangeInfo)
  const brackets = await read(files.brackets)
  const known = brackets === undefined ? undefined : parseLeverageBrackets(brackets, files.brackets!)
  if (info === undefined) {
    const out = new Map<string, SymbolRules>()
    for (const [symbol, list] of known ?? []) out.set(symbol, { ...LOOSE_RULES, brackets: list })
    return out
  }
  return parseExchangeRules(info, files.exchangeInfo!, known)
}

/** Day and minute for people. */
export const instantText = (ms: number): string => `${dateOf(ms)} ${new Date(ms).toISOString().slice(11, 16)}`
