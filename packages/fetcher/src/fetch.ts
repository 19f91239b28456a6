/**
 * Carrying out a fetch plan: months one after the other, a few days at once, each day's files acquired, handed to a
 * worker, written with its manifest. Memory holds a bounded number of days whatever the range; a kill loses at most the
 * days in flight, and what they downloaded is kept in the scratch folder.
 */
import { join } from 'node:path'
import { archivePath, isPublished, type MarketDataRest } from '@cointrader/binance'
import {
  addDays,
  barsPerDay,
  byCodeUnit,
  type Clock,
  dateMs,
  type Json,
  KINDS,
  type Kind,
  mapLimited,
  type Pool,
  type Progress,
  semaphore,
  type UtcDate,
} from '@cointrader/core'
import type { Disk, RunLog } from '@cointrader/store'
import { type AcquireOptions, acquire, dropCache, isFileFault } from './acquire.js'
import { type DayDetails, storedDay, tablePath, writeDay } from './day-store.js'
import { fetchFunding } from './fetch-funding.js'
import type { DayFile, DayResult, Job, JobResult, SymbolJob } from './jobs.js'
import { makePlan } from './make-plan.js'
import { dropMonth, type MonthOutcome, openMonth } from './months.js'
import type { DatePlan, FetchPlan, MonthPlan } from './plan.js'
import { dayConfig, type FetchRequest } from './request.js'
import { restDay } from './rest-day.js'
import type { ArchiveSource } from './source.js'
import { type SymbolChoice, saveContracts } from './symbols.js'

export interface FetchDeps {
  readonly disk: Disk
  readonly clock: Clock
  /** The venue's time where it is known: it decides which days have ended and which may still be published. */
  readonly nowMs: number
  readonly source: ArchiveSource
  readonly rest: MarketDataRest | undefined
  readonly pool: Pool<Job, JobResult>
  readonly workers: number
  readonly progress: Progress
  readonly log: RunLog
  readonly signal: AbortSignal
  readonly dataDir: string
  readonly codeVersion: string
}

export interface Refusal {
  readonly symbol: string
  readonly kind: Kind
  readonly path: string
  readonly code: string
  readonly message: string
}

export interface FetchReport {
  readonly choice: SymbolChoice
  readonly plan: FetchPlan
  readonly days: readonly {
    readonly date: UtcDate
    readonly rows: number
    readonly symbols: number
    readonly skipped: boolean
  }[]
  readonly files: number
  readonly bytes: number
  readonly unverified: number
  /** Kinds that no symbol had on any day. */
  readonly absentKinds: readonly Kind[]
  /** Symbols that were named and have no klines at all. */
  readonly absentSymbols: readonly string[]
  readonly refused: readonly Refusal[]
  readonly emptyDays: readonly UtcDate[]
  readonly absent: number
}

/** Files asked for at once; enough to hide latency, few enough to be polite. */
const CONNECTIONS = 8

export async function fetchRange(request: FetchRequest, deps: FetchDeps): Promise<FetchReport> {
  const { plan, choice } = await makePlan(request, deps)
  await saveContracts(deps.disk, deps.dataDir, choice.contracts)
  deps.progress.total(plan.files)
  const run = new Run(request, deps)
  for (const date of plan.done) await run.countDone(date)
  for (const month of plan.months) await run.month(month)
  if (plan.fundingMonths.length > 0) await run.funding(plan)
  return run.report(plan, choice)
}

class Run {
  private readonly days: { date: UtcDate; rows: number; symbols: number; skipped: boolean }[] = []
  private readonly present = new Map<Kind, number>()
  private readonly haveBars = new Set<string>()
  private readonly refused: Refusal[] = []
  private readonly empty: UtcDate[] = []
  private readonly slot = semaphore(CONNECTIONS)
  private files = 0
  private bytes = 0
  private unverified = 0
  private absent = 0

  constructor(
    private readonly request: FetchRequest,
    private readonly deps: FetchDeps,
  ) {}

  private get acquireOptions(): AcquireOptions {
    const { source, disk, dataDir } = this.deps
    return { source, disk, dataDir, allowUnverified: this.request.allowUnverified }
  }

  /** A day that is complete already counts towards what was found. */
  async countDone(date: UtcDate): Promise<void> {
    const { disk, dataDir } = this.deps
    for (const table of ['day', 'mark'] as const) {
      const stored = await storedDay(disk, dataDir, dayConfig(this.request), date, table)
      if (!stored) continue
      if (table === 'day')
        this.days.push({ date, rows: stored.manifest.rows, symbols: stored.details.symbols.length, skipped: true })
      this.countSources(stored.details)
    }
  }

  private countSources({ sources, absent }: Pick<DayDetails, 'sources' | 'absent'>): void {
    for (const { kind, symbol, rows, previousDay } of sources) {
      if (rows === 0 || previousDay) continue
      this.present.set(kind, (this.present.get(kind) ?? 0) + 1)
      if (kind === 'klines') this.haveBars.add(symbol)
    }
    this.absent += absent.length
  }

  async month({ month, monthlyKinds, dates }: MonthPlan): Promise<void> {
    const { deps, request } = this
    const opened = new Map<string, MonthOutcome>()
    const pairs = monthlyKinds.flatMap((kind) => dates[0]!.symbols.map((symbol) => ({ kind, symbol })))
    await mapLimited(pairs, CONNECTIONS, async ({ kind, symbol }) => {
      deps.signal.throwIfAborted()
      const outcome = await openMonth(request, kind, symbol, month, this.acquireOptions, deps.pool)
      opened.set(`${kind}|${symbol}`, outcome)
      deps.progress.advance(1, `${symbol} ${kind} ${month}`)
    })
    for (const outcome of opened.values())
      if (outcome.state === 'refused') deps.progress.note(`${outcome.message} Using daily files instead.`)
    // One day more than there are workers: the next day's files arrive while these are parsed.
    await mapLimited(dates, deps.workers + 1, (date) => this.day(date, opened))
    for (const { kind, symbol } of pairs) await dropMonth(request, kind, symbol, month, deps.disk, deps.dataDir)
  }

  private async day(plan: DatePlan, months: ReadonlyMap<string, MonthOutcome>): Promise<void> {
    const { deps, request } = this
    deps.signal.throwIfAborted()
    const config = dayConfig(request)
    const absent: { kind: Kind; symbol: string; reason: string }[] = []
    const refused: Refusal[] = []
    const downloaded: string[] = []
    const symbols = await Promise.all(
      plan.symbols.map(async (symbol): Promise<SymbolJob> => {
        const files = await Promise.all(
          plan.kinds.map(async (kind) => {
            const month = months.get(`${kind}|${symbol}`)
            const found = await this.slot(() => this.dayFile(kind, symbol, plan.date, month, refused, downloaded))
            if (month === undefined) deps.progress.advance(1, `${symbol} ${kind} ${plan.date}`)
            if (found === undefined && !refused.some((r) => r.symbol === symbol && r.kind === kind))
              absent.push({ kind, symbol, reason: 'not in the archive' })
            return found
          }),
        )
        const previous = plan.kinds.includes('metrics')
          ? await this.slot(() => this.previousMetrics(symbol, plan.date, refused, downloaded))
          : null
        return { symbol, files: files.filter((f): f is DayFile => f !== undefined), previousMetrics: previous }
      }),
    )
    deps.signal.throwIfAborted()
    const result = (await deps.pool.run({
      type: 'day',
      date: plan.date,
      ...config,
      kinds: KINDS.filter((k) => plan.kinds.includes(k)),
      symbols,
      existing: await this.existing(plan, 'day'),
      existingMark: await this.existing(plan, 'mark'),
    })) as DayResult
    await this.store(plan, result, [...absent, ...result.skipped], [...refused, ...result.refused])
    for (const path of downloaded) await dropCache(path, deps.disk, deps.dataDir)
  }

  /** The day's file: from the month's slices, else daily (also to fill a hole of the monthly file, BX-03), else REST. */
  private async dayFile(
    kind: Kind,
    symbol: string,
    date: UtcDate,
    month: MonthOutcome | undefined,
    refused: Refusal[],
    downloaded: string[],
  ): Promise<DayFile | undefined> {
    const { deps, request } = this
    deps.signal.throwIfAborted()
    const slice = month?.state === 'ok' ? await month.file.slice(date) : undefined
    if (slice && slice.rows >= barsPerDay(request.interval)) return this.count(slice.file)
    if (isPublished(kind, 'daily', request.market)) {
      const path = archivePath(request.market, kind, symbol, request.interval, { route: 'daily', date })
      const got = await acquire(path, this.acquireOptions)
      if (got.state === 'ok') {
        downloaded.push(path)
        return this.count({ ...got.file, kind, route: 'daily', format: 'zip' })
      }
      if (got.state === 'refused' && !slice) {
        refused.push({ symbol, kind, path, code: got.error.code, message: got.error.message })
        return undefined
      }
    }
    if (slice) return this.count(slice.file)
    try {
      const file = await restDay(request, kind, symbol, date, deps.rest, deps.nowMs)
      return file && this.count(file)
    } catch (error) {
      if (!isFileFault(error)) throw error
      refused.push({ symbol, kind, path: `rest:${kind}`, code: error.code, message: error.message })
      return undefined
    }
  }

  /** Last rows of the day before, for the first minutes (RP-05). Absence is no fault; a refused file is named. */
  private async previousMetrics(
    symbol: string,
    date: UtcDate,
    refused: Refusal[],
    downloaded: string[],
  ): Promise<DayFile | null> {
    const path = archivePath(this.request.market, 'metrics', symbol, this.request.interval, {
      route: 'daily',
      date: addDays(date, -1),
    })
    const got = await acquire(path, this.acquireOptions)
    if (got.state === 'refused')
      refused.push({ symbol, kind: 'metrics', path, code: got.error.code, message: got.error.message })
    if (got.state !== 'ok') return null
    downloaded.push(path)
    return { ...got.file, kind: 'metrics', route: 'daily', format: 'zip' }
  }

  private count(file: DayFile): DayFile {
    this.files++
    this.bytes += file.bytes.byteLength
    if (!file.verified) this.unverified++
    return file
  }

  private async existing(
    plan: DatePlan,
    table: 'day' | 'mark',
  ): Promise<{ bytes: Uint8Array; keep: readonly string[] } | null> {
    if (plan.keep.length === 0) return null
    const bytes = await this.deps.disk.read(
      join(this.deps.dataDir, tablePath(dayConfig(this.request), plan.date, table)),
    )
    return bytes ? { bytes, keep: plan.keep } : null
  }

  private async store(
    plan: DatePlan,
    result: DayResult,
    absent: DayDetails['absent'],
    refused: readonly Refusal[],
  ): Promise<void> {
    const { deps, request } = this
    const config = dayConfig(request)
    for (const table of ['day', 'mark'] as const) {
      const built = result[table]
      const mine = (kind: Kind): boolean => (kind === 'mark') === (table === 'mark')
      const kinds = plan.kinds.filter(mine)
      if (kinds.length === 0) continue
      const old = plan.keep.length > 0 ? await storedDay(deps.disk, deps.dataDir, config, plan.date, table) : undefined
      const keep = new Set(plan.keep)
      const fromOld = <T extends { symbol: string }>(rows: readonly T[] | undefined): T[] =>
        (rows ?? []).filter((r) => keep.has(r.symbol))
      const details: DayDetails = {
        kinds,
        symbols: [...plan.symbols, ...plan.keep],
        sources: [...result.sources.filter((s) => mine(s.kind)), ...fromOld(old?.details.sources)],
        absent: [...absent.filter((a) => mine(a.kind)), ...fromOld(old?.details.absent)],
        refused: [...refused.filter((r) => mine(r.kind)), ...fromOld(old?.details.refused)],
      }
      this.countSources(details)
      this.refused.push(...refused.filter((r) => mine(r.kind)))
      if (built === null) {
        if (table === 'day') this.empty.push(plan.date)
        continue
      }
      const kept = ((old?.manifest.inputs ?? []) as Json[]).filter((i) => keep.has((i as { symbol: string }).symbol))
      await writeDay({
        disk: deps.disk,
        dataDir: deps.dataDir,
        request,
        config,
        codeVersion: deps.codeVersion,
        date: plan.date,
        table,
        built,
        details,
        contents: result.contents.filter((c) => mine(c.kind)),
        kept,
      })
      if (table === 'day')
        this.days.push({ date: plan.date, rows: built.rows, symbols: built.symbols.length, skipped: false })
      await deps.log.write('day', { date: plan.date, table, rows: built.rows })
    }
  }

  async funding(plan: FetchPlan): Promise<void> {
    const { deps, request } = this
    const from = dateMs(request.startDate)
    const to = dateMs(addDays(request.endDate, 1))
    await mapLimited(plan.symbols, CONNECTIONS, async (symbol) => {
      deps.signal.throwIfAborted()
      const got = await fetchFunding({
        request,
        symbol,
        months: plan.fundingMonths,
        fromMs: from,
        toMs: to,
        options: this.acquireOptions,
        rest: deps.rest,
        nowMs: deps.nowMs,
        codeVersion: deps.codeVersion,
      })
      this.refused.push(...got.refused)
      if (got.rows > 0) this.present.set('funding', (this.present.get('funding') ?? 0) + 1)
      deps.progress.advance(plan.fundingMonths.length, `${symbol} funding`)
    })
  }

  report(plan: FetchPlan, choice: SymbolChoice): FetchReport {
    const { request } = this
    const absentKinds = request.kinds.filter((k) => !this.present.has(k))
    const named = request.symbols !== null && request.kinds.includes('klines')
    return {
      choice,
      plan,
      days: this.days.sort((a, b) => byCodeUnit(a.date, b.date)),
      files: this.files,
      bytes: this.bytes,
      unverified: this.unverified,
      absentKinds,
      absentSymbols: named ? choice.symbols.filter((s) => !this.haveBars.has(s)) : [],
      refused: this.refused.sort((a, b) => byCodeUnit(a.path, b.path)),
      emptyDays: this.empty.sort(byCodeUnit),
      absent: this.absent,
    }
  }
}
