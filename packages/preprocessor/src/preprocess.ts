/** `cointrader preprocess`: per day, independent of the others, ledger and bans; then the ban lists of all days at once. */
import { join } from 'node:path'
import {
  type Contract,
  DAY_COLUMNS,
  type Defect,
  type DefectKind,
  dateOf,
  fail,
  isError,
  type Json,
  type Progress,
  paths,
  sha256,
  type UtcDate,
} from '@cointrader/core'
import {
  type Disk,
  decodeParquet,
  type Manifest,
  mergeDatedJson,
  readManifest,
  strings,
  type Table,
  writeWithManifest,
} from '@cointrader/store'
import { type Ban, banSymbols } from './bans.js'
import { scanDay } from './checks.js'
import { researchBans } from './compat/research.js'
import { dayTablePath } from './daytable.js'
import { mergeDefects } from './explain.js'
import { fillDay } from './fill.js'
import { distinctDefects, encodeLedger, LEDGER_COLUMNS, ledgerRows } from './ledger.js'
import { type PolicyTable, policyText, requirePolicies, sumUnpoliced, type Unpoliced, unpoliced } from './policies.js'
import { type LiveSpan, liveSpans, sourceFacts } from './sources.js'

/** Why each ban: `{ date: { symbol: reason } }`, beside `banned_symbols.json`. */
export const BANNED_REASONS = 'banned_symbols_reasons.json'

/** One day's work, as plain data (it crosses to worker threads). */
export interface DayTask {
  readonly dataDir: string
  /** Folder that gets `ledger/`; usually `dataDir`. */
  readonly outDir: string
  readonly date: UtcDate
  readonly threshold: number
  /** RP-10 instead of the default ban rule. */
  readonly research: boolean
  readonly policies: PolicyTable
  readonly live: Readonly<Record<string, LiveSpan>>
  readonly codeVersion: string
}

export interface DayReport {
  readonly date: UtcDate
  /** `missing`: no day table; `unpoliced`: nothing was written; `failed`: the ban rule refused the table. */
  readonly state: 'done' | 'missing' | 'unpoliced' | 'failed'
  readonly symbols: number
  /** Rows of the ledger, in all and by kind. */
  readonly ledgerRows: number
  readonly byKind: Readonly<Partial<Record<DefectKind, number>>>
  readonly banned: readonly Ban[]
  readonly unpoliced: readonly Unpoliced[]
  readonly error: { readonly code: string; readonly message: string } | null
}

/**
 * Does one day: reads the table and its manifest, writes the ledger, decides the bans. A table that is damaged, or that
 * the original's ban rule refuses, is reported as `failed` (RP-11: the date gets no entry, the others go on).
 */
export async function preprocessDay(disk: Disk, task: DayTask): Promise<DayReport> {
  const { date } = task
  const report: DayReport = {
    date,
    state: 'done',
    symbols: 0,
    ledgerRows: 0,
    byKind: {},
    banned: [],
    unpoliced: [],
    error: null,
  }
  const path = await dayTablePath(disk, task.dataDir, date)
  const bytes = path === undefined ? undefined : await disk.read(path)
  if (path === undefined || bytes === undefined) return { ...report, state: 'missing' }
  let found: Partial<DayReport> = {}
  try {
    // The text form of the time is not looked at, and is a sixth of the file.
    const names = DAY_COLUMNS.map(([name]) => name).filter((name) => name !== 'start_time_utc')
    const { table } = await decodeParquet(bytes, path, names)
    const ledger = await writeLedger(disk, task, table, sha256(bytes), await readManifest(disk, path))
    if ('unpoliced' in ledger) return { ...report, state: 'unpoliced', unpoliced: ledger.unpoliced }
    found = ledger.report
    const banned = task.research ? researchBans(table, task.threshold, date) : banSymbols(table, ledger.banOptions)
    return { ...report, ...found, banned }
  } catch (error) {
    if (!isError(error, 'E_FILE_CORRUPT') && !isError(error, 'E_ROW_COUNT')) throw error
    return { ...report, ...found, state: 'failed', error: { code: error.code, message: error.message } }
  }
}

async function writeLedger(disk: Disk, task: DayTask, table: Table, tableSha: string, manifest: Manifest | undefined) {
  const { date, policies, live, threshold } = task
  const { kinds, defects: seen } = sourceFacts(manifest?.details, date, live, date)
  const defects = distinctDefects(mergeDefects(seen, scanDay(table, { date, kinds, live }), date))
  const missing = unpoliced(defects, policies)
  if (missing.length > 0) return { unpoliced: missing }

  const { outcome } = fillDay(table, date, policies, defects)
  const rows = ledgerRows(defects, date, policies, outcome)
  const times = rows.map((row) => row.fromMs)
  await writeWithManifest(disk, join(task.outDir, paths.ledger(date)), encodeLedger(rows), {
    kind: 'ledger',
    command: 'preprocess',
    codeVersion: task.codeVersion,
    seed: null,
    config: { policies: policyTexts(policies), live: partialSpans(live, date, defects) },
    inputs: { table: tableSha, sources: manifest === undefined ? null : sha256(JSON.stringify(manifest.details)) },
    rows: rows.length,
    columns: [...LEDGER_COLUMNS],
    timeRange:
      times.length === 0 ? null : [times.reduce((a, b) => Math.min(a, b)), times.reduce((a, b) => Math.max(a, b))],
    details: {},
  })
  const byKind: Partial<Record<DefectKind, number>> = {}
  for (const { kind } of rows) byKind[kind] = (byKind[kind] ?? 0) + 1
  const symbols = new Set(strings(table, 'symbol')).size
  return {
    report: { symbols, ledgerRows: rows.length, byKind },
    banOptions: { date, threshold, kinds, live, defects, policies },
  }
}

const policyTexts = (table: PolicyTable): Json =>
  Object.fromEntries(Object.entries(table).map(([kind, policy]) => [kind, policyText(policy)]))

/** Trading spans that cut this day short for a symbol with a defect: later facts about other days change no id. */
function partialSpans(live: Readonly<Record<string, LiveSpan>>, date: UtcDate, defects: readonly Defect[]): Json {
  const inside = (ms: number | null) => (ms !== null && dateOf(ms) === date ? ms : null)
  const out: Record<string, Json> = {}
  for (const { symbol } of defects) {
    const [from, to] = (live[symbol] ?? [null, null]).map(inside)
    if (from != null || to != null) out[symbol] = [from ?? null, to ?? null]
  }
  return out
}

/** Runs tasks and gives their reports in the order of the tasks. */
export type DayRunner = (
  tasks: readonly DayTask[],
  onDone: (report: DayReport) => void,
  signal?: AbortSignal,
) => Promise<DayReport[]>

/** One day after the other in this thread. */
export function sequentialRunner(disk: Disk): DayRunner {
  return async (tasks, onDone, signal) => {
    const out: DayReport[] = []
    for (const task of tasks) {
      signal?.throwIfAborted()
      const report = await preprocessDay(disk, task)
      onDone(report)
      out.push(report)
    }
    return out
  }
}

export interface PreprocessOptions extends Omit<DayTask, 'date' | 'live'> {
  readonly disk: Disk
  readonly dates: readonly UtcDate[]
  readonly runner: DayRunner
  readonly progress?: Progress | undefined
  readonly signal?: AbortSignal | undefined
}

export interface PreprocessResult {
  readonly days: readonly DayReport[]
  readonly missing: readonly UtcDate[]
  readonly failed: readonly UtcDate[]
}

/**
 * Does all days and merges their bans into `banned_symbols.json` and `banned_symbols_reasons.json` (RP-43). A missing
 * day is skipped and reported. Error `E_NO_POLICY` (after all days were looked at, nothing is banned then) lists every
 * kind without a policy.
 */
export async function preprocess(options: PreprocessOptions): Promise<PreprocessResult> {
  const { disk, dates, dataDir, outDir, threshold, research, policies, codeVersion, progress } = options
  const live = await readLiveSpans(disk, dataDir)
  progress?.total(dates.length)
  const tasks = dates.map((date) => ({ dataDir, outDir, date, threshold, research, policies, live, codeVersion }))
  const days = await options.runner(tasks, (report) => progress?.advance(1, report.date), options.signal)
  requirePolicies(sumUnpoliced(days.map((day) => day.unpoliced)))
  const done = days.filter((day) => day.state === 'done')
  const banned = Object.fromEntries(done.map((day) => [day.date, day.banned.map((ban) => ban.symbol)]))
  const reasons = Object.fromEntries(done.map((day) => [day.date, reasonsOf(day.banned)]))
  await mergeDatedJson(disk, join(outDir, paths.bannedSymbols), banned)
  await mergeDatedJson(disk, join(outDir, BANNED_REASONS), reasons)
  const of = (state: DayReport['state']) => days.filter((day) => day.state === state).map((day) => day.date)
  return { days, missing: of('missing'), failed: of('failed') }
}

/** A symbol can be banned for two reasons (RP-10 lists it twice). */
function reasonsOf(bans: readonly Ban[]): Record<string, string> {
  const out: Record<string, string> = {}
  for (const { symbol, reason } of bans) out[symbol] = out[symbol] === undefined ? reason : `${out[symbol]}; ${reason}`
  return out
}

async function readLiveSpans(disk: Disk, dataDir: string): Promise<Record<string, LiveSpan>> {
  const path = join(dataDir, paths.contracts)
  const bytes = await disk.read(path)
  if (bytes === undefined) return {}
  try {
    return liveSpans(JSON.parse(new TextDecoder().decode(bytes)) as Record<string, Contract>)
  } catch (error) {
    if (isError(error)) throw error
    fail('E_FILE_CORRUPT', { subject: path, detail: (error as Error).message, cause: error })
  }
}
