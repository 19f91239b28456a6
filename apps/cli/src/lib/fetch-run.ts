/** What `cointrader fetch` does: composes sources, workers and the fetcher; prints the plan or the outcome. */
import { availableParallelism } from 'node:os'
import { createClient, createLimiter, createRest, fetchHttp, type MarketDataRest } from '@cointrader/binance'
import {
  addDays,
  barsPerDay,
  DAY_MS,
  dateMs,
  dateOf,
  didYouMean,
  EXIT,
  type ExitCode,
  fail,
  isError,
  KINDS,
  type Kind,
  parseDate,
  parseInterval,
} from '@cointrader/core'
import {
  type ArchiveSource,
  type FetchReport,
  type FetchRequest,
  fetchPool,
  fetchRange,
  folderArchive,
  makePlan,
  urlArchive,
} from '@cointrader/fetcher'
import type { FetchFlags } from '../commands/fetch.js'
import type { Context } from '../context.js'
import { bytesText, textTable } from '../table.js'
import { PUBLIC_ARCHIVE, PUBLIC_LISTING, PUBLIC_REST } from './flags.js'

/** Until exchangeInfo says otherwise (BX-25). */
const WEIGHT_PER_MINUTE = 2400

function requestOf(options: FetchFlags, nowMs: number): FetchRequest {
  const interval = parseInterval(options.interval)
  const yesterday = addDays(dateOf(nowMs), -1)
  if (options.startDate !== undefined && options.target !== undefined)
    fail('E_USAGE', { subject: '--target', detail: 'give either --target or --start-date' })
  const endDate = options.endDate === undefined ? yesterday : parseDate(options.endDate, '--end-date')
  if (options.startDate === undefined && options.endDate !== undefined && options.target === undefined)
    fail('E_USAGE', { subject: '--end-date', detail: 'give --start-date too' })
  const perDay = barsPerDay(interval)
  const startDate =
    options.target !== undefined
      ? addDays(endDate, 1 - Math.max(1, Math.ceil(options.target / perDay)))
      : options.startDate === undefined
        ? yesterday
        : parseDate(options.startDate, '--start-date')
  if (endDate < startDate)
    fail('E_USAGE_RANGE', { subject: `${startDate}…${endDate}`, detail: 'the end date is before the start date' })
  const kinds = list(options.kinds)
  const unknown = kinds.filter((k) => !(KINDS as readonly string[]).includes(k))
  if (unknown.length > 0 || kinds.length === 0)
    fail('E_USAGE', { subject: '--kinds', detail: `"${options.kinds}": known kinds are ${KINDS.join(', ')}` })
  if (options.market === 'spot' && kinds.some((k) => k !== 'klines'))
    fail('E_USAGE', { subject: '--market spot', detail: 'spot has klines only', next: 'add --kinds klines' })
  if (options.symbols !== undefined && options.all)
    fail('E_USAGE', { subject: '--all', detail: 'give either --all or --symbols' })
  return {
    startDate,
    endDate,
    interval,
    symbols: options.symbols === undefined ? null : list(options.symbols),
    kinds: KINDS.filter((k) => kinds.includes(k)) as Kind[],
    route: options.route,
    market: options.market,
    allowUnverified: options.allowUnverified === true,
    compat: options.compat ?? null,
    maxMetricsAgeMs: options.metricsMaxAge * 60_000,
  }
}

const list = (text: string): string[] =>
  text
    .split(',')
    .map((s) => s.trim())
    .filter((s) => s !== '')

export async function runFetch(options: FetchFlags, ctx: Context): Promise<ExitCode> {
  const limiter = createLimiter({ clock: ctx.clock, weightPerMinute: WEIGHT_PER_MINUTE })
  const client = createClient({
    http: fetchHttp,
    clock: ctx.clock,
    limiter,
    signal: ctx.signal,
    timeoutMs: options.timeout * 1000,
    onWait: ctx.progress.note,
  })
  const isUrl = /^https?:\/\//.test(options.archive)
  const restUrl =
    options.restUrl ?? (!isUrl ? undefined : options.archive === PUBLIC_ARCHIVE ? PUBLIC_REST : options.archive)
  const rest = restUrl === undefined ? undefined : createRest(client, restUrl)
  const listingUrl = options.listingUrl ?? (options.archive === PUBLIC_ARCHIVE ? PUBLIC_LISTING : options.archive)
  const source: ArchiveSource = isUrl
    ? urlArchive({ client, baseUrl: options.archive, listingUrl, rest, limiter })
    : folderArchive(ctx.disk, options.archive)
  if (!isUrl && !(await ctx.disk.exists(options.archive)))
    fail('E_FILE_MISSING', { subject: options.archive, detail: 'the archive folder does not exist' })

  // A misspelt date is told before anyone is asked for the time.
  if (options.startDate !== undefined) parseDate(options.startDate, '--start-date')
  if (options.endDate !== undefined) parseDate(options.endDate, '--end-date')
  const nowMs = await venueTime(rest, ctx)
  const request = requestOf(options, nowMs)
  if (options.dryRun) {
    const { plan, choice } = await makePlan(request, { ...ctx, nowMs, source })
    const days = plan.months.flatMap((m) => m.dates.map((d) => d.date))
    ctx.print(
      `${days.length} days to fetch (${plan.done.length} are complete), ${plan.symbols.length} symbols, at most ${plan.files} files`,
    )
    for (const m of plan.months)
      ctx.print(
        `${m.month}: ${m.dates.length} days${m.monthlyKinds.length ? `, monthly files for ${m.monthlyKinds.join(', ')}` : ', daily files'}`,
      )
    ctx.printJson({ days, done: plan.done, symbols: plan.symbols, files: plan.files, derived: choice.derived })
    return EXIT.done
  }
  const workers = options.workers ?? defaultWorkers(request)
  const pool = fetchPool(workers)
  try {
    const report = await fetchRange(request, {
      ...ctx,
      nowMs,
      source,
      rest,
      pool,
      workers: Math.max(1, workers),
    })
    return present(report, request, ctx)
  } finally {
    await pool.close()
  }
}

/** A second worker pays for its start-up and compilation only on more than a month of days. */
function defaultWorkers({ startDate, endDate, symbols }: FetchRequest): number {
  const files = ((dateMs(endDate) - dateMs(startDate)) / DAY_MS + 1) * (symbols?.length ?? 10)
  return Math.max(1, Math.min(availableParallelism(), 8, Math.floor(files / 300)))
}

/** The venue's clock where it answers (BX-26: this machine's may be off), else ours. */
async function venueTime(rest: MarketDataRest | undefined, ctx: Context): Promise<number> {
  try {
    return (await rest?.serverTime()) ?? ctx.clock.now()
  } catch (error) {
    if (!isError(error, 'E_NETWORK') && !isError(error, 'E_HTTP') && !isError(error, 'E_BAD_PAYLOAD')) throw error
    ctx.progress.note(`the venue's clock does not answer (${error.code}); using this machine's`)
    return ctx.clock.now()
  }
}

function present(report: FetchReport, request: FetchRequest, ctx: Context): ExitCode {
  ctx.progress.end()
  const { choice } = report
  if (choice.derived.length > 0)
    ctx.print(
      `contract facts of ${choice.derived.length} symbols were derived from their names (the source has no exchangeInfo entry): ${short(choice.derived)}`,
    )
  for (const [why, count] of Object.entries(choice.left)) ctx.print(`left out: ${count} symbols (${why})`)
  if (report.days.length > 0) {
    const shown = report.days.length > 40 ? [...report.days.slice(0, 20), ...report.days.slice(-20)] : report.days
    ctx.print(
      textTable(
        ['day', 'rows', 'symbols', ''],
        shown.map((d) => [d.date, d.rows, d.symbols, d.skipped ? 'complete already' : 'fetched']),
      ),
    )
  }
  ctx.print(
    `${report.files} files, ${bytesText(report.bytes)}${report.unverified ? `, ${report.unverified} of them unverified` : ''}; ${report.absent} symbol-days absent for a kind`,
  )
  const problems = [
    ...report.absentKinds.map((k) => `kind ${k}: absent for every symbol`),
    ...report.absentSymbols.map((s) => `symbol ${s}: no klines in the whole range${meant(s, choice)}`),
    ...report.emptyDays.map((d) => `day ${d}: no rows`),
    ...report.refused.map((r) => r.message),
  ]
  for (const p of problems) process.stderr.write(`missing: ${p}\n`)
  ctx.print(`data folder: ${ctx.dataDir}`)
  const exit = problems.length > 0 ? EXIT.partly : EXIT.done
  ctx.printJson({
    exit,
    days: report.days,
    files: report.files,
    bytes: report.bytes,
    unverified: report.unverified,
    absent: report.absent,
    absentKinds: report.absentKinds,
    absentSymbols: report.absentSymbols,
    emptyDays: report.emptyDays,
    refused: report.refused,
    derivedContracts: choice.derived,
    kinds: request.kinds,
    symbols: choice.symbols,
  })
  return exit
}

/** The venue's nearest symbol, where it lists some and not this one. */
function meant(symbol: string, { contracts, derived }: FetchReport['choice']): string {
  const listed = contracts.map((c) => c.symbol).filter((s) => !derived.includes(s))
  return listed.length === 0 || listed.includes(symbol) ? '' : didYouMean(symbol, listed)
}

const short = (names: readonly string[]): string =>
  names.length > 8 ? `${names.slice(0, 8).join(', ')}, …` : names.join(', ')
