/** Day files of collected points: `collected/{kind}/{date}.parquet`. */
import { addDays, byCodeUnit, dateOf, fail, paths, sha256, type UtcDate } from '@cointrader/core'
import {
  type Column,
  type Disk,
  decodeParquet,
  encodeParquet,
  makeTable,
  numbers,
  readManifest,
  strings,
  writeWithManifest,
} from '@cointrader/store'
import {
  COLLECT_KINDS,
  COLLECT_PERIOD_MS,
  type CollectKind,
  type CollectPeriod,
  collectEndpoint,
} from './collect-kinds.js'
import type { CollectedPoint } from './collect-merge.js'

/**
 * Encodes the points of one day. Columns: `symbol`, `timestamp_ms` as the venue stamps it, `known_at_ms`, values.
 * The venue does not say whether a stamp is the start or the end of its period (the archive has changed its mind,
 * BX-05), so `known_at_ms` is the cautious one: stamp + period. It may be one period late, never early.
 */
export function encodePoints(kind: CollectKind, period: CollectPeriod, points: readonly CollectedPoint[]): Uint8Array {
  const stamp = Float64Array.from(points, (p) => p.timestampMs)
  const columns: [string, Column][] = [
    ['symbol', { type: 'string', data: points.map((p) => p.symbol) }],
    ['timestamp_ms', { type: 'int64', data: stamp }],
    ['known_at_ms', { type: 'int64', data: stamp.map((ms) => ms + COLLECT_PERIOD_MS[period]) }],
  ]
  for (const [k, name] of COLLECT_KINDS[kind].columns.entries()) {
    columns.push([name, { type: 'float64', data: Float64Array.from(points, (p) => p.values[k]!) }])
  }
  return encodeParquet(makeTable(columns), { 'cointrader.kind': kind, 'cointrader.period': period })
}

/**
 * Reads a day file; empty when there is none. Errors `E_FILE_CORRUPT` (it is left as it is), and `E_CONFIG` when it was
 * collected with another period: the taker ratio of 5 minutes and that of 15 are different quantities.
 */
export async function readPoints(
  disk: Disk,
  path: string,
  subject: string,
  kind: CollectKind,
  period: CollectPeriod,
): Promise<CollectedPoint[]> {
  const bytes = await disk.read(path)
  if (bytes === undefined) return []
  const names = COLLECT_KINDS[kind].columns
  const { table, metadata } = await decodeParquet(bytes, subject, ['symbol', 'timestamp_ms', 'known_at_ms', ...names])
  const symbol = strings(table, 'symbol', subject)
  const stamp = numbers(table, 'timestamp_ms', subject)
  const values = names.map((name) => numbers(table, name, subject))
  const known = numbers(table, 'known_at_ms', subject)
  const stored = metadata['cointrader.period']
  if (
    (stored !== undefined && stored !== period) ||
    (table.rows > 0 && known[0]! - stamp[0]! !== COLLECT_PERIOD_MS[period])
  ) {
    fail('E_CONFIG', {
      subject,
      detail: `it holds points of another period${stored ? ` (${stored})` : ''}, not of ${period}`,
      next: `collect with --period ${stored ?? 'as before'}, or into another --data-dir`,
    })
  }
  return Array.from(symbol, (name, i) => ({ symbol: name, timestampMs: stamp[i]!, values: values.map((v) => v[i]!) }))
}

/** Writes a day file with its manifest unless both are there with exactly these bytes. True when it wrote. */
export async function writePoints(
  options: { readonly disk: Disk; readonly dataDir: string; readonly codeVersion: string },
  kind: CollectKind,
  date: UtcDate,
  period: CollectPeriod,
  points: readonly CollectedPoint[],
): Promise<boolean> {
  const { disk, dataDir, codeVersion } = options
  const path = `${dataDir}/${paths.collected(kind, date)}`
  const bytes = encodePoints(kind, period, points)
  const hash = sha256(bytes)
  const onDisk = await disk.read(path)
  const manifest = await readManifest(disk, path)
  if (onDisk !== undefined && manifest?.sha256 === hash && sha256(onDisk) === hash) return false
  await writeWithManifest(disk, path, bytes, {
    kind: `collected/${kind}`,
    command: 'cointrader collect',
    codeVersion,
    seed: null,
    config: { date, period },
    // The venue's answers are gone in 30 days; what stands for them is the hash of what was kept.
    inputs: { endpoint: collectEndpoint(kind), content: hash },
    rows: points.length,
    columns: ['symbol', 'timestamp_ms', 'known_at_ms', ...COLLECT_KINDS[kind].columns],
    timeRange: points.length === 0 ? null : [points[0]!.timestampMs, points.at(-1)!.timestampMs],
    details: {
      symbols: [...new Set(points.map((p) => p.symbol))].sort(byCodeUnit),
      knownAt: 'timestamp_ms + period (the cautious reading of the stamp)',
    },
  })
  return true
}

/**
 * The newest stored stamp of each symbol at or after `fromMs`. Reads day files newest first and stops when every
 * symbol was seen. Error `E_FILE_CORRUPT`.
 */
export async function lastStamps(
  disk: Disk,
  dataDir: string,
  kind: CollectKind,
  symbols: readonly string[],
  fromMs: number,
  toMs: number,
): Promise<Map<string, number>> {
  const open = new Set(symbols)
  const last = new Map<string, number>()
  for (let date = dateOf(toMs); open.size > 0 && date >= dateOf(fromMs); date = addDays(date, -1)) {
    const name = paths.collected(kind, date)
    const bytes = await disk.read(`${dataDir}/${name}`)
    if (bytes === undefined) continue
    const { table } = await decodeParquet(bytes, name, ['symbol', 'timestamp_ms'])
    const symbol = strings(table, 'symbol', name)
    const stamp = numbers(table, 'timestamp_ms', name)
    for (let i = 0; i < table.rows; i++) {
      if (open.has(symbol[i]!) && !(last.get(symbol[i]!)! > stamp[i]!)) last.set(symbol[i]!, stamp[i]!)
    }
    for (const name of last.keys()) open.delete(name)
  }
  return last
}
