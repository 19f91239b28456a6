/**
 * `cointrader predict --latest`: the cross-section of scores for the newest minute, computed as live trading will: the
 * feature stream warmed up with just the history that the model needs, one minute pushed, the stored model asked.
 */
import { join, resolve } from 'node:path'
import {
  byCodeUnit,
  dateOf,
  EXIT,
  type ExitCode,
  fail,
  MINUTE_MS,
  paths,
  type UtcDate,
  utcText,
} from '@cointrader/core'
import type { DayBars, Generator } from '@cointrader/features'
import { importPlugins } from '@cointrader/features/build/jobs'
import {
  FeatureServer,
  MinuteReader,
  newestRow,
  type ServedBits,
  type ServingColumns,
  servingColumns,
} from '@cointrader/features/serving/index'
import { type LoadedModel, loadModel, schemaHash } from '@cointrader/models'
import { readDatedJson } from '@cointrader/store'
import type { Context } from '../context.js'
import { pluginModules } from './plugins.js'
import { missingOf, modelName, type Scored, writePredictions } from './predict-common.js'
import { type BarSource, datesOfRows, folderBars, restBars, restOf } from './predict-latest-data.js'
import { servedSettings, trainedTables } from './predict-latest-lineage.js'
import { ageText, type Latest, type LatestRow, showLatest } from './predict-latest-report.js'

export interface PredictLatest {
  model: string
  modelsDir: string
  dataDir: string
  /** Undefined: that of the training's tables, else 30. */
  topn: number | undefined
  universe?: string
  plugin: readonly string[]
  generator?: Generator
  float: ServedBits
  /** Start of a bar, ms; undefined: the newest. */
  at: number | undefined
  /** The clock, ms; undefined: the venue's or this machine's. */
  now: number | undefined
  /** Minutes; undefined: older data than {@link DEFAULT_MAX_AGE} is warned of, not refused. */
  maxAge: number | undefined
  repeat: number
  restUrl?: string
  output?: string
}

/** Minutes after which data is called old. */
export const DEFAULT_MAX_AGE = 5
const DEFAULT_TOP = 30

export async function runLatest(options: PredictLatest, ctx: Context): Promise<ExitCode> {
  const modelsDir = resolve(options.modelsDir)
  const dataDir = resolve(options.dataDir)
  const model = await loadModel(ctx.disk, modelsDir, await modelName(ctx.disk, modelsDir, options.model))
  if (model.manifest?.family === 'bot')
    fail('E_SCHEMA', {
      subject: model.name,
      detail:
        "a classifier of the signal bot: it scores that strategy's signals on longer bars, not a universe of minutes",
      next: 'give a model of train lgbm or train linear; the bot uses its classifier in cointrader backtest',
    })
  const tables = await trainedTables(ctx.disk, join(dataDir, 'xy'), model)
  const modules = await pluginModules(ctx.disk, options.plugin)
  const settings = servedSettings(tables, options.generator, modules)
  const plugins = await importPlugins(modules.map((m) => m.url))
  const columns = servingColumns(model.features, { generator: settings.generator, plugins, rules: settings.rules })
  checkSchema(model, columns)

  const fields = [...new Set([...columns.set.fields, 'close'])]
  const rest = options.restUrl === undefined ? undefined : restOf(ctx, options.restUrl)
  const now = options.now ?? (await rest?.serverTime()) ?? ctx.clock.now()
  const folder = folderBars(ctx, dataDir, fields)
  const bars = rest === undefined ? folder : restBars(ctx, folder, rest, fields, now)
  const top = options.topn ?? tables?.top ?? DEFAULT_TOP
  const universe = await universeOf(ctx, resolve(options.universe ?? join(dataDir, paths.universe(top))))

  const started = performance.now()
  const row = await chooseRow(options.at, now, columns.knownAtMinutes, bars, universe, dataDir)
  const ageMs = now - (row + 1) * MINUTE_MS
  if (options.maxAge !== undefined && ageMs > options.maxAge * MINUTE_MS)
    fail('E_STALE', {
      subject: `minute ${utcText(row * MINUTE_MS)}`,
      detail: `its bar ended ${ageText(ageMs)} ago, --max-age is ${options.maxAge} min`,
      next: 'bring the data up to date with cointrader fetch, or give --rest-url',
    })
  const first = row - options.repeat + 1
  const dates = datesOfRows(first, row)
  const symbols = [...new Set(dates.flatMap((d) => [...universe(d)]))].sort(byCodeUnit)
  const server = new FeatureServer(columns, symbols)
  const absent: UtcDate[] = []
  const days: DayBars[] = []
  for (const date of datesOfRows(first - server.warmup + 1, row)) {
    ctx.signal.throwIfAborted()
    const day = await bars.day(date, symbols)
    if (day === undefined) absent.push(date)
    else days.push(day)
  }
  const reader = new MinuteReader(days, symbols, fields)
  server.setMembers(universe(dates[0]!))
  const read = performance.now()
  server.warm(reader, first)
  const warm = performance.now()

  const missing = missingOf(model)
  const pushMs: number[] = []
  const modelMs: number[] = []
  const scored: { row: number; which: Int32Array; prediction: Float64Array }[] = []
  const rows: LatestRow[] = []
  const away: string[] = []
  for (let r = first; r <= row; r++) {
    const date = dateOf(r * MINUTE_MS)
    const members = universe(date)
    const minute = reader.at(r)
    const present = reader.present(r)
    const which = present.filter((s) => members.has(symbols[s]!))
    const t0 = performance.now()
    server.setMembers(members)
    server.push(r * MINUTE_MS, minute)
    const t1 = performance.now()
    const features = server.take(which, options.float, missing)
    const prediction = model.predict({ rows: which.length, columns: features })
    const t2 = performance.now()
    pushMs.push(t1 - t0)
    modelMs.push(t2 - t1)
    scored.push({ row: r, which, prediction })
    if (r < row) continue
    which.forEach((s, i) => {
      rows.push({
        rank: 0,
        symbol: symbols[s]!,
        scores: [...prediction.subarray(i * model.outputs, (i + 1) * model.outputs)],
        close: minute.close![s]!,
        missing: features.reduce((n, c) => n + (Number.isNaN(c[i]!) ? 1 : 0), 0),
      })
    })
    const there = new Set(Array.from(which, (s) => symbols[s]!))
    away.push(...[...members].filter((m) => !there.has(m)).sort(byCodeUnit))
  }
  rows.sort((a, b) => order(a.scores[0]!, b.scores[0]!) || byCodeUnit(a.symbol, b.symbol))
  const output = options.output === undefined ? null : resolve(options.output)
  if (output !== null)
    await writePredictions(ctx, output, model, joined(scored, symbols, model.outputs), {
      first: utcText(first * MINUTE_MS),
      last: utcText(row * MINUTE_MS),
    })
  const latest: Latest = {
    model,
    columns,
    settings: settings.source,
    bits: options.float,
    top,
    timeMs: row * MINUTE_MS,
    nowMs: now,
    ageMs,
    rows: rows.map((r, i) => ({ ...r, rank: i + 1 })),
    away,
    warmupMinutes: server.warmup,
    absentDays: absent,
    readMs: read - started,
    warmupMs: warm - read,
    pushMs,
    modelMs,
    output,
    warnings: warnings(options, model, tables?.top, ageMs, absent),
  }
  showLatest(latest, ctx)
  return EXIT.done
}

/** Error `E_SCHEMA` when the features' units or availability are not those of the training. */
function checkSchema(model: LoadedModel, columns: ServingColumns): void {
  const { manifest } = model
  if (manifest === undefined) return
  const stated = schemaHash(model.features, (name) => columns.facts.get(name))
  if (stated !== manifest.schemaHash)
    fail('E_SCHEMA', {
      subject: `${model.name} (${model.id})`,
      detail: `trained on features whose units or availability are not those that build-xy states for these ${model.features.length} names (schema ${manifest.schemaHash.slice(0, 12)}, not ${stated.slice(0, 12)})`,
      next: 'build the tables again and train on them: other tables cannot be served minute by minute',
    })
}

/** Members by date. Errors `E_FILE_MISSING`, and `E_NOTHING_FOUND` for a date without an entry or members. */
async function universeOf(ctx: Context, path: string): Promise<(date: UtcDate) => ReadonlySet<string>> {
  if (!(await ctx.disk.exists(path)))
    fail('E_FILE_MISSING', { subject: path, next: 'make it with cointrader universe, or give --topn or --universe' })
  const all = (await readDatedJson(ctx.disk, path)) as Record<string, readonly string[]>
  const sets = new Map<string, ReadonlySet<string>>()
  return (date) => {
    const members = all[date]
    if (members === undefined || members.length === 0)
      fail('E_NOTHING_FOUND', {
        subject: `universe of ${date}`,
        detail: `${path} has no members for it`,
        next: `make it with cointrader universe for ${date}: it needs only the days before`,
      })
    if (!sets.has(date)) sets.set(date, new Set(members))
    return sets.get(date)!
  }
}

/**
 * The minute to score: `at`, or the newest with a bar whose features are known now. Errors `E_AVAILABILITY` for one that is
 * not over, `E_NOTHING_FOUND` without a bar of any member.
 */
async function chooseRow(
  at: number | undefined,
  now: number,
  knownAt: number,
  bars: BarSource,
  universe: (date: UtcDate) => ReadonlySet<string>,
  dataDir: string,
): Promise<number> {
  const limit = Math.floor(now / MINUTE_MS) - knownAt
  const wanted = at === undefined ? undefined : at / MINUTE_MS
  if (wanted !== undefined && wanted > limit)
    fail('E_AVAILABILITY', {
      subject: `--at ${utcText(wanted * MINUTE_MS)}`,
      detail: `its features are known at ${utcText((wanted + knownAt) * MINUTE_MS)}, it is ${utcText(now)}`,
      next: `give ${utcText(limit * MINUTE_MS)} or earlier`,
    })
  const date = wanted === undefined ? await bars.newest(dateOf(limit * MINUTE_MS)) : dateOf(wanted * MINUTE_MS)
  if (date === undefined)
    fail('E_NOTHING_FOUND', {
      subject: dataDir,
      detail: `no day table up to ${dateOf(limit * MINUTE_MS)}`,
      next: 'give the data folder as --data-dir, and fill it with cointrader fetch',
    })
  const symbols = [...universe(date)].sort(byCodeUnit)
  const day = await bars.day(date, symbols)
  const found = day === undefined ? undefined : newestRow(day, symbols, wanted ?? limit)
  if (found === undefined || (wanted !== undefined && found !== wanted))
    fail('E_NOTHING_FOUND', {
      subject: wanted === undefined ? date : `minute ${utcText(wanted * MINUTE_MS)}`,
      detail: day === undefined ? 'there is no day table' : 'no member of the universe has a bar',
      next: 'fetch the day, or choose another minute with --at',
    })
  return found
}

/** Descending; what has no number comes last. */
function order(a: number, b: number): number {
  if (Number.isNaN(a) || Number.isNaN(b)) return Number(Number.isNaN(a)) - Number(Number.isNaN(b))
  return b - a
}

function joined(
  parts: readonly { row: number; which: Int32Array; prediction: Float64Array }[],
  symbols: readonly string[],
  outputs: number,
): Scored {
  const symbol = parts.flatMap(({ which }) => Array.from(which, (s) => symbols[s]!))
  const time = new Float64Array(symbol.length)
  const prediction = new Float64Array(symbol.length * outputs)
  let at = 0
  for (const part of parts) {
    time.fill(part.row * MINUTE_MS, at, at + part.which.length)
    prediction.set(part.prediction, at * outputs)
    at += part.which.length
  }
  return { symbol, time, prediction }
}

function warnings(
  options: PredictLatest,
  model: LoadedModel,
  trainedTop: number | undefined,
  ageMs: number,
  absent: readonly UtcDate[],
): string[] {
  const out: string[] = []
  // Whoever names the minute knows how old it is.
  if (options.at === undefined && ageMs > DEFAULT_MAX_AGE * MINUTE_MS)
    out.push(
      `the newest minute is ${ageText(ageMs)} old: scores of the past. Give --rest-url, or run cointrader fetch first`,
    )
  if (options.topn !== undefined && trainedTop !== undefined && options.topn !== trainedTop)
    out.push(`trained on the top ${trainedTop}, scored among the top ${options.topn}: cross-sections differ`)
  if (absent.length > 0) out.push(`no day table of ${absent.join(', ')}: features that look back so far have no value`)
  if (model.manifest === undefined)
    out.push('made elsewhere: its features are taken by name, nothing states their units or how they were computed')
  return out
}
