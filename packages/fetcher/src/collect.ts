/**
 * The long-term collectors (TB-07.4, BX-29): one cycle asks the venue for what is new since the last stored point of
 * each symbol and series, and upserts it into day files. A cycle that is killed, repeated or run late goes on from the
 * files; the caller holds the folder's lock. Without the defects of the original: the point of a period that has not
 * ended is not stored and the newest points are asked again (D-16); an empty answer is a failure, not a zero (D-17).
 */
import type { MarketDataRest, RatioRow } from '@cointrader/binance'
import {
  byCodeUnit,
  CointraderError,
  DAY_MS,
  dateOf,
  type ErrorCode,
  fail,
  isError,
  type Progress,
  silentProgress,
  type UtcDate,
} from '@cointrader/core'
import type { Disk } from '@cointrader/store'
import {
  COLLECT_KIND_NAMES,
  COLLECT_KINDS,
  COLLECT_PERIOD_MS,
  type CollectKind,
  type CollectPeriod,
  REACH_MS,
  valueCount,
} from './collect-kinds.js'
import { type CollectedPoint, type MergeCounts, mergePoints } from './collect-merge.js'
import { lastStamps, readPoints, writePoints } from './collect-table.js'

export * from './collect-kinds.js'
export * from './collect-pace.js'

export interface CollectOptions {
  /** Its server time decides which periods have ended, so the clock of this machine does not matter. */
  readonly rest: Pick<MarketDataRest, 'ratioSeries' | 'serverTime'>
  readonly disk: Disk
  readonly dataDir: string
  readonly symbols: readonly string[]
  readonly period: CollectPeriod
  /** How far back to ask, ms; without it, since the last stored point (and at most 29.5 days). */
  readonly backMs?: number | undefined
  readonly codeVersion: string
  readonly progress?: Progress
  readonly signal?: AbortSignal
}

/** What was asked for one symbol and kind, and what came. */
export interface CollectedSeries {
  readonly kind: CollectKind
  readonly symbol: string
  /** First and last stamp asked for, inclusive. */
  readonly fromMs: number
  readonly toMs: number
  readonly points: number
  /** Points between the first one answered and `toMs` that the answer does not have. */
  readonly missing: number
  /** Points after the last stored one that are out of the venue's reach: lost for good. */
  readonly lost: number
}

export interface CollectFailure {
  readonly kind: CollectKind
  /** `*` when the whole kind failed. */
  readonly symbol: string
  readonly code: ErrorCode
  readonly message: string
}

export interface CollectReport extends MergeCounts {
  readonly period: CollectPeriod
  /** The venue's clock when the cycle began. */
  readonly nowMs: number
  readonly series: readonly CollectedSeries[]
  readonly failures: readonly CollectFailure[]
  /** Day files written, relative to the data folder. Empty when nothing changed. */
  readonly written: readonly string[]
  /** The first cells where the venue contradicts an old stored value, as text. */
  readonly examples: readonly string[]
}

/** Periods whose point the venue may still correct: the two that ended last. */
const REVISABLE_PERIODS = 2
/** How far back stored points are looked for: further than the venue reaches, so that a lost stretch is noticed. */
const LOOK_BACK_MS = 90 * DAY_MS
/** After so many failures of the network in a row the rest of the cycle is given up: each one costs several retries. */
const NETWORK_PATIENCE = 3

/**
 * One cycle over all kinds and symbols. A failing symbol or kind is reported and does not stop the others; a ban, a
 * rate limit or a dead network ends the asking, and what was fetched until then is stored. Errors: `E_NETWORK`,
 * `E_HTTP` … when not even the venue's time can be had, `E_USAGE`, `E_INTERRUPTED`, `E_DISK`.
 */
export async function collect(options: CollectOptions): Promise<CollectReport> {
  const { rest, disk, dataDir, period, signal, progress = silentProgress } = options
  const symbols = [...new Set(options.symbols)].sort(byCodeUnit)
  if (symbols.length === 0) fail('E_USAGE', { subject: 'collect', detail: 'no symbols' })
  const step = COLLECT_PERIOD_MS[period]
  const nowMs = await rest.serverTime()
  const lastComplete = Math.floor(nowMs / step) * step - step
  const earliest = Math.ceil((nowMs - REACH_MS) / step) * step
  const revisableFrom = lastComplete - (REVISABLE_PERIODS - 1) * step

  const series: CollectedSeries[] = []
  const failures: CollectFailure[] = []
  const written: string[] = []
  const examples: string[] = []
  const counts: MergeCounts = { added: 0, filled: 0, revised: 0, differing: 0 }
  let stop: ErrorCode | undefined
  let networkFailures = 0

  const failed = (kind: CollectKind, symbol: string, error: unknown): void => {
    if (!isError(error) || signal?.aborted) throw error
    failures.push({ kind, symbol, code: error.code, message: error.message })
    networkFailures = error.code === 'E_NETWORK' ? networkFailures + 1 : 0
    if (error.code === 'E_BANNED' || error.code === 'E_RATE_LIMITED' || networkFailures >= NETWORK_PATIENCE)
      stop = error.code
  }

  async function ask(kind: CollectKind, symbol: string, last: number | undefined): Promise<CollectedPoint[]> {
    const resume = last === undefined ? earliest : last - (REVISABLE_PERIODS - 1) * step
    const wanted = options.backMs === undefined ? resume : Math.ceil((nowMs - options.backMs) / step) * step
    const fromMs = Math.min(lastComplete, Math.max(earliest, wanted))
    const rows = await rest.ratioSeries(COLLECT_KINDS[kind].series, symbol, period, fromMs, lastComplete + 1)
    if (rows.length === 0) {
      fail('E_NOTHING_FOUND', {
        subject: `${symbol} ${kind}`,
        detail: `the venue has no point from ${iso(fromMs)} to ${iso(lastComplete)}`,
        next: 'check the symbol; a delisted one has no series any more',
      })
    }
    const { points, bad } = readRows(kind, symbol, rows, step)
    const first = points[0]?.timestampMs ?? lastComplete
    series.push({
      kind,
      symbol,
      fromMs,
      toMs: lastComplete,
      points: points.length,
      missing: (lastComplete - first) / step + 1 - new Set(points.map((p) => p.timestampMs)).size,
      lost: last === undefined ? 0 : Math.max(0, (earliest - last) / step - 1),
    })
    if (bad !== undefined) failures.push({ kind, symbol, code: bad.code, message: bad.message })
    return points
  }

  async function store(kind: CollectKind, fresh: readonly CollectedPoint[]): Promise<void> {
    const byDay = new Map<UtcDate, CollectedPoint[]>()
    for (const point of fresh) {
      const date = dateOf(point.timestampMs)
      const day = byDay.get(date)
      if (day) day.push(point)
      else byDay.set(date, [point])
    }
    // Oldest day first: after a kill the last stored point is then never beyond a day that is still missing.
    for (const date of [...byDay.keys()].sort(byCodeUnit)) {
      signal?.throwIfAborted()
      const name = `collected/${kind}/${date}.parquet`
      const stored = await readPoints(disk, `${dataDir}/${name}`, name, kind, period)
      const merged = mergePoints(stored, byDay.get(date)!, revisableFrom)
      if (await writePoints(options, kind, date, period, merged.points)) written.push(name)
      for (const key of Object.keys(counts) as (keyof MergeCounts)[]) counts[key] += merged.counts[key]
      examples.push(...merged.examples.map((text) => `${kind} ${text}`))
    }
  }

  progress.total(COLLECT_KIND_NAMES.length * symbols.length)
  for (const kind of COLLECT_KIND_NAMES) {
    const fresh: CollectedPoint[] = []
    try {
      const last = await lastStamps(disk, dataDir, kind, symbols, nowMs - LOOK_BACK_MS, nowMs)
      for (const symbol of symbols) {
        signal?.throwIfAborted()
        progress.advance(1, `${kind} ${symbol}`)
        if (stop !== undefined) {
          failures.push({ kind, symbol, code: stop, message: `not asked after ${stop}` })
          continue
        }
        try {
          fresh.push(...(await ask(kind, symbol, last.get(symbol))))
          networkFailures = 0
        } catch (error) {
          failed(kind, symbol, error)
        }
      }
      await store(kind, fresh)
    } catch (error) {
      // A damaged or foreign day file spoils its own kind only: the others must not age out of the venue's reach.
      if (!isError(error, 'E_FILE_CORRUPT') && !isError(error, 'E_CONFIG')) throw error
      failed(kind, '*', error)
    }
  }
  return { period, nowMs, series, failures, written, examples, ...counts }
}

/** Rows to points. Rows off the grid or without readable, non-negative values are left out and named in `bad`. */
function readRows(kind: CollectKind, symbol: string, rows: readonly RatioRow[], step: number) {
  const points: CollectedPoint[] = []
  let wrong = 0
  let example = ''
  for (const [i, row] of rows.entries()) {
    const values = row.values.map((text) => (text.trim() === '' ? Number.NaN : Number(text)))
    const good =
      row.timestamp % step === 0 &&
      values.length === valueCount(kind) &&
      values.every((v) => Number.isFinite(v) && v >= 0)
    if (good) points.push({ symbol, timestampMs: row.timestamp, values })
    else if (wrong++ === 0) example = `row ${i + 1}: timestamp ${row.timestamp}, values ${JSON.stringify(row.values)}`
  }
  const bad =
    wrong === 0
      ? undefined
      : new CointraderError('E_BAD_PAYLOAD', {
          subject: `${symbol} ${kind}`,
          detail: `${wrong} of ${rows.length} points cannot be used and are left out, first ${example}`,
        })
  return { points, bad }
}

function iso(ms: number): string {
  return new Date(ms).toISOString().slice(0, 16)
}
