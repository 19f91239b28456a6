/** `cointrader data`: what a data folder holds, per group of files and per symbol. */
import { join } from 'node:path'
import {
  byCodeUnit,
  dateOf,
  dateRange,
  type Interval,
  intervalMs,
  isError,
  type Json,
  type Progress,
  silentProgress,
  type UtcDate,
} from '@cointrader/core'
import { type Disk, decodeParquet, numbers, RUN_FOLDER, readManifest, strings, walk } from '@cointrader/store'
import { classify } from './data-layout.js'

export interface DescribeOptions {
  readonly disk: Disk
  readonly dataDir: string
  readonly progress?: Progress
  readonly signal?: AbortSignal
}

/** One folder of tables. Dates are the days of its files, or of its rows where files are per symbol. */
export interface GroupFacts {
  /** Folder relative to the data folder, e.g. `1m_raw_data`, `collected/taker_ratio`. */
  readonly group: string
  readonly from: UtcDate | null
  readonly to: UtcDate | null
  readonly files: number
  /** Days between `from` and `to` without a file; empty for files per symbol. */
  readonly missingDays: readonly UtcDate[]
  readonly symbols: number
  readonly rows: number
  readonly bytes: number
}

export interface SymbolFacts {
  readonly group: string
  readonly symbol: string
  /** Start of the first and the last bar, ms. */
  readonly firstMs: number
  readonly lastMs: number
  readonly bars: number
  /** Bars from the first to the last one if none were missing. */
  readonly expected: number
  /** Runs of missing bars between the first and the last, and the longest of them (`[from, to)`, ms). */
  readonly gaps: number
  readonly longestGap: readonly [number, number] | null
}

export interface FolderFacts {
  readonly groups: readonly GroupFacts[]
  /** Other files at the top: universes, bans, contracts. */
  readonly files: readonly { readonly file: string; readonly entries: number; readonly bytes: number }[]
  /** Tables that cannot be read. */
  readonly damaged: readonly string[]
}

interface TableFacts {
  readonly symbols: readonly string[]
  readonly rows: number
  readonly timeRange: readonly [number, number] | null
}

/** Rows, symbols and time range of a table: from its manifest where that tells, else from the table. */
async function tableFacts(disk: Disk, dataDir: string, path: string): Promise<TableFacts> {
  const manifest = await readManifest(disk, join(dataDir, path))
  const file = classify(path)
  const perSymbol = file.type === 'funding' || file.type === 'export'
  const listed = (manifest?.details as { symbols?: Json } | null | undefined)?.symbols
  const symbols = perSymbol ? [file.symbol] : Array.isArray(listed) ? (listed as string[]) : undefined
  if (manifest !== undefined && symbols !== undefined)
    return { symbols, rows: manifest.rows, timeRange: manifest.timeRange }
  const bytes = (await disk.read(join(dataDir, path))) ?? new Uint8Array()
  const { table } = await decodeParquet(bytes, path)
  const column = table.columns.get('symbol')
  return {
    symbols: symbols ?? (column?.type === 'string' ? [...new Set(column.data)].filter((s) => s !== '') : []),
    rows: table.rows,
    timeRange: manifest?.timeRange ?? null,
  }
}

/** Groups of tables by folder, sorted, and the dated JSON files. Damaged tables are named, not fatal. */
export async function describeFolder({
  disk,
  dataDir,
  progress = silentProgress,
  signal,
}: DescribeOptions): Promise<FolderFacts> {
  const paths = (await walk(disk, dataDir)).filter((p) => !p.startsWith(`${RUN_FOLDER}/`))
  const byGroup = new Map<
    string,
    { days: Set<UtcDate>; ranges: number[]; symbols: Set<string>; files: number; rows: number; bytes: number }
  >()
  const files: { file: string; entries: number; bytes: number }[] = []
  const damaged: string[] = []
  progress.total(paths.length)
  for (const path of paths) {
    signal?.throwIfAborted()
    progress.advance(1, path)
    const file = classify(path)
    if (file.type === 'json' && file.group === '') {
      const bytes = (await disk.read(join(dataDir, path))) ?? new Uint8Array()
      files.push({ file: path, entries: entriesOf(bytes), bytes: bytes.byteLength })
    }
    if (file.type === 'manifest' || file.type === 'json' || file.type === 'other') continue
    let group = byGroup.get(file.group)
    if (group === undefined) {
      group = { days: new Set(), ranges: [], symbols: new Set(), files: 0, rows: 0, bytes: 0 }
      byGroup.set(file.group, group)
    }
    group.files++
    group.bytes += await disk.size(join(dataDir, path))
    if ('date' in file) group.days.add(file.date)
    try {
      const facts = await tableFacts(disk, dataDir, path)
      group.rows += facts.rows
      for (const symbol of facts.symbols) group.symbols.add(symbol)
      if (facts.timeRange) group.ranges.push(...facts.timeRange)
    } catch (error) {
      if (!isError(error, 'E_FILE_CORRUPT')) throw error
      damaged.push(path)
    }
  }
  const groups = [...byGroup]
    .sort((a, b) => byCodeUnit(a[0], b[0]))
    .map(([name, g]): GroupFacts => {
      const dated = g.days.size > 0
      const days = dated ? [...g.days].sort(byCodeUnit) : g.ranges.sort((a, b) => a - b).map((ms) => dateOf(ms))
      const [from, to] = [days[0] ?? null, days.at(-1) ?? null]
      return {
        group: name,
        from,
        to,
        files: g.files,
        missingDays: dated ? dateRange(from!, to!).filter((d) => !g.days.has(d)) : [],
        symbols: g.symbols.size,
        rows: g.rows,
        bytes: g.bytes,
      }
    })
  return { groups, files, damaged }
}

function entriesOf(bytes: Uint8Array): number {
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(bytes))
    return typeof value === 'object' && value !== null ? Object.keys(value).length : 1
  } catch {
    return 0
  }
}

interface Track {
  first: number
  last: number
  bars: number
  gaps: number
  longest: readonly [number, number] | null
}

/** Span and gaps of each symbol in the day and mark tables. One day is in memory at a time. */
export async function describeSymbols({
  disk,
  dataDir,
  progress = silentProgress,
  signal,
}: DescribeOptions): Promise<SymbolFacts[]> {
  const tables = (await walk(disk, dataDir)).flatMap((path) => {
    const file = classify(path)
    return file.type === 'day' || file.type === 'mark' ? [{ path, ...file }] : []
  })
  const groups = new Map<string, { interval: Interval; symbols: Map<string, Track> }>()
  progress.total(tables.length)
  // walk() sorts by name, so the days of a group come in order.
  for (const { path, group, interval } of tables) {
    signal?.throwIfAborted()
    progress.advance(1, path)
    const { table } = await decodeParquet((await disk.read(join(dataDir, path))) ?? new Uint8Array(), path, [
      'symbol',
      'start_time_ms',
    ])
    let known = groups.get(group)
    if (known === undefined) {
      known = { interval, symbols: new Map() }
      groups.set(group, known)
    }
    const step = intervalMs(interval)
    const symbol = strings(table, 'symbol', path)
    const time = numbers(table, 'start_time_ms', path)
    for (let i = 0; i < table.rows; i++) track(known.symbols, symbol[i]!, time[i]!, step)
  }
  return [...groups].flatMap(([group, { interval, symbols }]) =>
    [...symbols]
      .sort((a, b) => byCodeUnit(a[0], b[0]))
      .map(([symbol, t]) => ({
        group,
        symbol,
        firstMs: t.first,
        lastMs: t.last,
        bars: t.bars,
        expected: (t.last - t.first) / intervalMs(interval) + 1,
        gaps: t.gaps,
        longestGap: t.longest,
      })),
  )
}

function track(symbols: Map<string, Track>, symbol: string, ms: number, step: number): void {
  const t = symbols.get(symbol)
  if (t === undefined) {
    symbols.set(symbol, { first: ms, last: ms, bars: 1, gaps: 0, longest: null })
    return
  }
  t.bars++
  const from = t.last + step
  if (ms > from) {
    t.gaps++
    if (t.longest === null || ms - from > t.longest[1] - t.longest[0]) t.longest = [from, ms]
  }
  t.last = Math.max(t.last, ms)
}
