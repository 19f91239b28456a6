/** The archive tree of a synthetic market: files are rendered when asked for and forgotten again. */
import { archivePath, isPublished, kindFolder, type Market, type Period } from '@cointrader/binance'
import {
  addDays,
  DAY_MS,
  dateMs,
  dateOf,
  daysOfMonth,
  HOUR_MS,
  type Interval,
  intervalMs,
  KINDS,
  type Kind,
  monthOf,
  sha256,
  stableJson,
  type UtcDate,
  type UtcMonth,
} from '@cointrader/core'
import { aggregate } from './bars.js'
import {
  type Cells,
  csvText,
  FUNDING_HEADER,
  fundingCells,
  HEADER_FROM,
  KLINE_HEADER,
  klineCells,
  METRICS_HEADER,
  metricsCells,
  SPOT_MICROS_FROM,
} from './csv.js'
import { type PlantedDefect, plant } from './defects.js'
import { lru } from './lru.js'
import { type ArchiveSource, byUtf8 } from './source.js'
import { isPerpetual, type SymbolSpec } from './spec.js'
import type { SyntheticMarket } from './synthetic.js'
import { zipOne } from './zip.js'

export const ARCHIVE_INTERVALS: readonly Interval[] = [
  '1m',
  '3m',
  '5m',
  '15m',
  '30m',
  '1h',
  '2h',
  '4h',
  '6h',
  '8h',
  '12h',
  '1d',
]

export interface ArchiveOptions {
  readonly defects?: readonly PlantedDefect[]
  /** How long after its day a daily file appears. Default 8 h. */
  readonly dailyLagMs?: number
  /** How long after its month a monthly file appears. Default 32 h. */
  readonly monthlyLagMs?: number
}

interface Target {
  readonly market: Market
  readonly kind: Kind
  readonly symbol: string
  readonly interval: Interval
  readonly period: Period
}

/** The archive of `market`, with the plan's defects in its files. */
export function syntheticArchive(market: SyntheticMarket, options: ArchiveOptions = {}): ArchiveSource {
  const { defects = [], dailyLagMs = 8 * HOUR_MS, monthlyLagMs = 32 * HOUR_MS } = options
  const zips = lru<Uint8Array>(48 * 1024 * 1024, (bytes) => bytes.byteLength)

  const publishedAt = (period: Period): number =>
    period.route === 'daily'
      ? dateMs(period.date) + DAY_MS + dailyLagMs
      : dateMs(daysOfMonth(period.month).at(-1)!) + DAY_MS + monthlyLagMs

  function has(venue: Market, kind: Kind, spec: SymbolSpec): boolean {
    if (venue === 'spot') return kind === 'klines' && isPerpetual(spec) && spec.underlyingType === 'COIN'
    return kind === 'klines' || kind === 'mark' || isPerpetual(spec)
  }

  /** First and last day with rows; a symbol that ends at midnight has none on that day. */
  function life(spec: SymbolSpec): { first: UtcDate; last: UtcDate | null } {
    return {
      first: dateOf(Math.max(spec.onboardMs, dateMs(market.startDate))),
      last: spec.endMs === null ? null : dateOf(spec.endMs - 1),
    }
  }

  /** The periods of a route that are published at `nowMs`, in order. */
  function periods(spec: SymbolSpec, route: Period['route'], nowMs: number): Period[] {
    const { first, last } = life(spec)
    const out: Period[] = []
    if (route === 'daily') {
      for (let date = first; last === null || date <= last; date = addDays(date, 1)) {
        if (publishedAt({ route, date }) > nowMs) break
        out.push({ route, date })
      }
      return out
    }
    for (let month = monthOf(first); last === null || month <= monthOf(last); month = nextMonth(month)) {
      if (publishedAt({ route, month }) > nowMs) break
      out.push({ route, month })
    }
    return out
  }

  function dayRows(target: Target, date: UtcDate): { rows: Cells[]; header: boolean } | undefined {
    const { kind, symbol } = target
    let rows: Cells[]
    if (kind === 'metrics') rows = market.metrics(symbol, date).map((row) => metricsCells(row, symbol))
    else if (kind === 'funding') rows = market.funding(symbol, date).map(fundingCells)
    else {
      const bars = kind === 'klines' ? market.klines(symbol, date, target.market) : market[kind](symbol, date)
      if (bars === undefined) return undefined
      const spot = target.market === 'spot'
      rows = klineCells(aggregate(bars, intervalMs(target.interval)), {
        micros: spot && date >= SPOT_MICROS_FROM,
        eight: spot,
      })
    }
    return defects.length === 0 || target.interval !== '1m'
      ? { rows, header: true }
      : plant(defects, kind, symbol, date, rows)
  }

  function render(target: Target): string | undefined {
    const { period, kind } = target
    const dates = period.route === 'daily' ? [period.date] : daysOfMonth(period.month)
    const rows: Cells[] = []
    const always = kind === 'metrics' || kind === 'funding'
    let header = always || (target.market !== 'spot' && dates[0]! >= HEADER_FROM)
    let found = false
    for (const date of dates) {
      if (date < market.startDate) continue
      const day = dayRows(target, date)
      if (day === undefined) continue
      found = true
      for (const row of day.rows) rows.push(row)
      if (period.route === 'daily') header &&= day.header
    }
    if (!found) return undefined
    const text = kind === 'metrics' ? METRICS_HEADER : kind === 'funding' ? FUNDING_HEADER : KLINE_HEADER
    return csvText(header ? text : null, rows)
  }

  function zip(path: string, nowMs: number): Uint8Array | undefined {
    const target = parseArchivePath(path)
    const spec = target && market.spec(target.symbol)
    if (target === undefined || spec === undefined || !has(target.market, target.kind, spec)) return undefined
    if (publishedAt(target.period) > nowMs) return undefined
    const cached = zips.get(path)
    if (cached !== undefined) return cached
    const csv = render(target)
    if (csv === undefined) return undefined
    return zips.put(path, zipOne(fileName(path).replace(/\.zip$/, '.csv'), Buffer.from(csv, 'utf8')))
  }

  function children(folder: string, nowMs: number): string[] {
    const fixed = FIXED[folder]
    if (fixed !== undefined) return [...fixed]
    const match = /^data\/(futures\/um|spot)\/(daily|monthly)\/(?:(\w+)\/)?(?:([^/]+)\/)?(?:(\w+)\/)?$/.exec(folder)
    if (match === null) return []
    const venue: Market = match[1] === 'spot' ? 'spot' : 'um'
    const route = match[2] as Period['route']
    const kinds = KINDS.filter((k) => isPublished(k, route, venue))
    if (match[3] === undefined) return kinds.map((k) => lastSegment(kindFolder(venue, route, k)))
    const kind = kinds.find((k) => lastSegment(kindFolder(venue, route, k)) === `${match[3]}/`)
    if (kind === undefined) return []
    if (match[4] === undefined) {
      return market.specs
        .filter((s) => has(venue, kind, s) && periods(s, route, nowMs).length > 0)
        .map((s) => `${s.symbol}/`)
    }
    const spec = market.spec(match[4])
    if (spec === undefined || !has(venue, kind, spec)) return []
    const published = periods(spec, route, nowMs)
    const flat = kind === 'metrics' || kind === 'funding'
    if (published.length === 0 || flat !== (match[5] === undefined)) {
      return published.length === 0 || flat ? [] : ARCHIVE_INTERVALS.map((i) => `${i}/`)
    }
    const interval = flat ? '1m' : ARCHIVE_INTERVALS.find((i) => i === match[5])
    if (interval === undefined) return []
    return published.flatMap((period) => {
      const name = fileName(archivePath(venue, kind, spec.symbol, interval, period))
      return [name, `${name}.CHECKSUM`]
    })
  }

  return {
    async read(path, nowMs) {
      if (!path.endsWith('.CHECKSUM')) return zip(path, nowMs)
      const file = path.slice(0, -'.CHECKSUM'.length)
      const bytes = zip(file, nowMs)
      return bytes && Buffer.from(checksumText(bytes, file))
    },
    list: async (folder, nowMs) => children(folder, nowMs).sort(byUtf8),
    publishedMs(path) {
      const target = parseArchivePath(path.replace(/\.CHECKSUM$/, ''))
      return target === undefined ? 0 : publishedAt(target.period)
    },
    exchangeInfo: async (nowMs) => Buffer.from(`${stableJson(market.exchangeInfo(nowMs, true), 1)}\n`),
  }
}

const FIXED: Readonly<Record<string, readonly string[]>> = {
  '': ['data/'],
  'data/': ['futures/', 'spot/'],
  'data/futures/': ['um/'],
  'data/futures/um/': ['daily/', 'monthly/'],
  'data/spot/': ['daily/', 'monthly/'],
}

/** Content of the `.CHECKSUM` beside an archive file: sha256, two spaces, file name, newline. */
export function checksumText(bytes: Uint8Array, path: string): string {
  return `${sha256(bytes)}  ${fileName(path)}\n`
}

/** What a logical archive path names, undefined for anything that is not in the layout. */
export function parseArchivePath(path: string): Target | undefined {
  const match =
    /^data\/(futures\/um|spot)\/(daily|monthly)\/(\w+)\/([^/]+)\/(?:(\w+)\/)?[^/]*-(\d{4}-\d{2}(?:-\d{2})?)\.zip$/.exec(
      path,
    )
  if (match === null) return undefined
  const market: Market = match[1] === 'spot' ? 'spot' : 'um'
  const route = match[2] as Period['route']
  const stamp = match[6]!
  const day = route === 'daily' ? stamp : `${stamp}-01`
  if (!/^\d{4}-\d{2}-\d{2}$/.test(day) || !isDay(day)) return undefined
  const period: Period = route === 'daily' ? { route, date: stamp as UtcDate } : { route, month: stamp as UtcMonth }
  const kind = KINDS.find(
    (k) => isPublished(k, route, market) && kindFolder(market, route, k).endsWith(`/${match[3]}/`),
  )
  const interval = ARCHIVE_INTERVALS.find((i) => i === (match[5] ?? '1m'))
  if (kind === undefined || interval === undefined) return undefined
  // Building the path again and comparing refuses every other spelling.
  const target = { market, kind, symbol: match[4]!, interval, period }
  return archivePath(market, kind, target.symbol, interval, period) === path ? target : undefined
}

function fileName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}

function lastSegment(folder: string): string {
  return `${folder.split('/').at(-2)}/`
}

function nextMonth(month: UtcMonth): UtcMonth {
  return monthOf(addDays(daysOfMonth(month).at(-1)!, 1))
}

function isDay(text: string): boolean {
  const ms = Date.parse(`${text}T00:00:00Z`)
  return !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(text)
}
