/** What `cointrader build-xy`, `x` and `y` do: the build of a range of days, and its table. */
import { join, resolve } from 'node:path'
import { dateRange, EXIT, type ExitCode, fail, parseDate, parseInterval, paths, type UtcDate } from '@cointrader/core'
import { type BuildSpec, buildXy, type DayReport, readRules } from '@cointrader/features'
import { dayTablePath } from '@cointrader/preprocessor'
import { decodeParquet, readDatedJson, strings } from '@cointrader/store'
import type { Context } from '../context.js'
import { bytesText, textTable } from '../table.js'
import { runBotBuild } from './bot-table.js'
import { parseSymbols } from './flags.js'
import { pluginModules } from './plugins.js'
import type { DayOptions, RangeOptions, XyOptions } from './xy-options.js'

/** `build-xy --kind bot`: one table a symbol. */
export async function runBotTables(options: RangeOptions, ctx: Context): Promise<ExitCode> {
  if (options.symbols === undefined || options.data === undefined)
    fail('E_USAGE', { subject: 'build-xy --kind bot', detail: 'give --symbols and --data' })
  return runBotBuild(
    {
      symbols: parseSymbols(options.symbols),
      folder: options.data,
      interval: parseInterval(options.interval),
      outDir: resolve(options.outDir ?? join(options.dataDir, 'bot')),
      seedRules: options.compat === 'seed',
      decay: options.decay,
      negativeRatio: options.negativeRatio,
      seed: options.seed,
    },
    ctx,
  )
}

/** `build-xy` over the days of the universe. */
export async function runRange(options: RangeOptions, ctx: Context): Promise<ExitCode> {
  const { startDate, endDate, xOnly, yOnly } = options
  if (startDate === undefined || endDate === undefined)
    fail('E_USAGE', { subject: 'build-xy', detail: 'give --start-date and --end-date' })
  if (xOnly && yOnly) fail('E_USAGE', { subject: 'build-xy', detail: '--x-only and --y-only exclude each other' })
  const dates = dateRange(parseDate(startDate, '--start-date'), parseDate(endDate, '--end-date'))
  return runXy(options, xOnly ? 'x' : yOnly ? 'y' : 'xy', dates, ctx)
}

/** `x` and `y`: one day. */
export function runDay(options: DayOptions, part: 'x' | 'y', ctx: Context): Promise<ExitCode> {
  const dates = [parseDate(options.date, '--date')]
  const research = part === 'y' && options.compat === 'research'
  return runXy(options, part, dates, ctx, research ? (d) => alphabetical(options, d, ctx) : undefined)
}

/** RP-19: without a universe entry the original takes the first N symbols of the day by name. */
async function alphabetical(options: XyOptions, date: UtcDate, ctx: Context): Promise<string[] | undefined> {
  const path = await dayTablePath(ctx.disk, resolve(options.dataDir), date)
  const bytes = path === undefined ? undefined : await ctx.disk.read(path)
  if (path === undefined || bytes === undefined) return undefined
  const { table } = await decodeParquet(bytes, path, ['symbol'])
  return [...new Set(strings(table, 'symbol', path))].sort().slice(0, options.top)
}

/** Runs the build and shows it. */
export async function runXy(
  options: XyOptions,
  part: BuildSpec['part'],
  dates: readonly UtcDate[],
  ctx: Context,
  fallback?: (date: UtcDate) => Promise<readonly string[] | undefined>,
): Promise<ExitCode> {
  if (options.compat === 'seed') fail('E_USAGE', { subject: '--compat seed', detail: 'it belongs to --kind bot' })
  const dataDir = resolve(options.dataDir)
  const universePath = resolve(options.universe ?? join(dataDir, paths.universe(options.top)))
  const universe: Record<string, readonly string[]> = {
    ...((await readDatedJson(ctx.disk, universePath)) as Record<string, string[]>),
  }
  if (fallback !== undefined)
    for (const date of dates) {
      const found = universe[date] ?? (await fallback(date))
      if (found !== undefined) universe[date] = found
    }
  else if (!(await ctx.disk.exists(universePath)))
    fail('E_FILE_MISSING', { subject: universePath, next: 'make it with cointrader universe, or give --universe' })
  const spec: BuildSpec = {
    top: options.top,
    windows: options.windows,
    horizons: options.yWindows,
    generator: options.generator,
    price: options.priceCol,
    how: options.how,
    part,
    float: options.float,
    rules: readRules(),
    research: options.compat === 'research',
    plugins: await pluginModules(ctx.disk, options.plugin),
  }
  const days = await buildXy({
    disk: ctx.disk,
    spec,
    dates,
    universe,
    locate: (date) => dayTablePath(ctx.disk, dataDir, date),
    outDir: resolve(options.outDir ?? join(dataDir, part)),
    workers: Math.min(options.workers, dates.length),
    codeVersion: ctx.codeVersion,
    progress: ctx.progress,
    signal: ctx.signal,
  })
  ctx.progress.end()
  show(days, ctx)
  ctx.printJson({ days })
  for (const { date, error } of days) if (error !== null) ctx.progress.note(`${date}: ${error.message}`)
  return days.some((d) => d.state === 'failed') ? EXIT.partly : EXIT.done
}

function show(days: readonly DayReport[], ctx: Context): void {
  const rows = days.map(({ date, state, built, path }) =>
    built === null
      ? [date, state, '', '', '', '', '', '']
      : [
          date,
          state,
          built.rows.toLocaleString('en-US'),
          built.columns,
          `${((100 * built.missing) / Math.max(1, built.cells)).toFixed(2)} %`,
          Object.keys(built.empty).length,
          Object.keys(built.excluded).join(' '),
          `${bytesText(built.bytes)}  ${path}`,
        ],
  )
  ctx.print(textTable(['date', '', 'rows', 'columns', 'missing', 'empty', 'excluded', 'file'], rows))
  const reasons = new Map<string, number>()
  for (const { built } of days)
    for (const why of Object.values(built?.empty ?? {})) reasons.set(why, (reasons.get(why) ?? 0) + 1)
  for (const [why, n] of reasons) ctx.print(`empty: ${n} columns: ${why}`)
}
