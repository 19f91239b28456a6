/** `cointrader build-xy`, `x`, `y`: features and labels of days. */
import { join, resolve } from 'node:path'
import { dateRange, fail, parseDate, parseInterval, type UtcDate } from '@cointrader/core'
import { dayTablePath } from '@cointrader/preprocessor'
import { decodeParquet, strings } from '@cointrader/store'
import { Command, InvalidArgumentError, Option } from 'commander'
import { type Context, runCommand } from '../context.js'
import { runBotBuild } from '../lib/bot-table.js'
import { parseSymbols } from '../lib/flags.js'
import { addXyOptions, runXy, type XyOptions } from '../lib/xy-options.js'

interface RangeOptions extends XyOptions {
  startDate?: string
  endDate?: string
  xOnly?: boolean
  yOnly?: boolean
  kind: 'panel' | 'bot'
  symbols?: string
  data?: string
  interval: string
  decay?: number
  negativeRatio?: number
  seed: number
}

const number = (text: string): number => {
  const n = Number(text)
  if (text.trim() === '' || !(n >= 0)) throw new InvalidArgumentError('give a number of zero or more')
  return n
}

export function buildXyCommand(): Command {
  const command = new Command('build-xy')
    .description('Build features X and labels Y of each day: one Parquet table a day, nothing in it sees the future.')
    .option('--start-date <date>', 'first day, inclusive (UTC)')
    .option('--end-date <date>', 'last day, inclusive (UTC)')
  return addXyOptions(command, 50)
    .option('--x-only', 'features without labels (the newest hour has none)')
    .option('--y-only', 'labels without features')
    .addOption(
      new Option('--kind <kind>', 'panel: the universe, minute by minute; bot: the signal bot, one table a symbol')
        .choices(['panel', 'bot'])
        .default('panel'),
    )
    .option('--symbols <list>', 'bot: symbols, comma separated')
    .option('--data <folder>', 'bot: folder of {SYMBOL}_{interval}.parquet, as data export writes them')
    .option('--interval <interval>', 'bot: interval of the bars', '15m')
    .option('--decay <rate>', 'bot: steepness of the time weights; 0 weighs all rows alike', number)
    .option('--negative-ratio <n>', 'bot: rows from HOLD bars per row from a signal', number)
    .option('--seed <n>', 'bot: seeds the draw of HOLD bars', number, 42)
    .addHelpText(
      'after',
      '\nExamples:\n  cointrader build-xy --start-date 2026-02-02 --end-date 2026-02-07 --top 30' +
        '\n  cointrader build-xy --kind bot --symbols XRPUSDT --data data/bars',
    )
    .action((options: RangeOptions) =>
      run('build-xy', options, (ctx) => (options.kind === 'bot' ? bot(options, ctx) : range(options, ctx))),
    )
}

export function xCommand(): Command {
  const command = new Command('x')
    .description('Build the features of one day.')
    .requiredOption('--date <date>', 'day (UTC)')
  return addXyOptions(command, 30)
    .addHelpText('after', '\nExample:\n  cointrader x --date 2026-02-03 --top 30')
    .action((options: XyOptions & { date: string }) =>
      run('x', options, (ctx) => runXy(options, 'x', [parseDate(options.date, '--date')], ctx)),
    )
}

export function yCommand(): Command {
  const command = new Command('y')
    .description('Build the labels of one day.')
    .requiredOption('--date <date>', 'day (UTC)')
  return addXyOptions(command, 30)
    .addHelpText('after', '\nExample:\n  cointrader y --date 2026-02-03 --top 30')
    .action((options: XyOptions & { date: string }) =>
      run('y', options, (ctx) => {
        const fallback = options.compat === 'research' ? (d: UtcDate) => alphabetical(options, d, ctx) : undefined
        return runXy(options, 'y', [parseDate(options.date, '--date')], ctx, fallback)
      }),
    )
}

function run(command: string, options: XyOptions, body: (ctx: Context) => ReturnType<typeof runXy>): Promise<void> {
  const { json, wait, dataDir, outDir } = options
  return runCommand({ dataDir: outDir ?? dataDir, json, wait, command, lock: true }, body)
}

function bot(options: RangeOptions, ctx: Context) {
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

async function range(options: RangeOptions, ctx: Context) {
  const { startDate, endDate, xOnly, yOnly } = options
  if (startDate === undefined || endDate === undefined)
    fail('E_USAGE', { subject: 'build-xy', detail: 'give --start-date and --end-date' })
  if (xOnly && yOnly) fail('E_USAGE', { subject: 'build-xy', detail: '--x-only and --y-only exclude each other' })
  const dates = dateRange(parseDate(startDate, '--start-date'), parseDate(endDate, '--end-date'))
  return runXy(options, xOnly ? 'x' : yOnly ? 'y' : 'xy', dates, ctx)
}

/** RP-19: without a universe entry the original takes the first N symbols of the day by name. */
async function alphabetical(options: XyOptions, date: UtcDate, ctx: Context): Promise<string[] | undefined> {
  const path = await dayTablePath(ctx.disk, resolve(options.dataDir), date)
  const bytes = path === undefined ? undefined : await ctx.disk.read(path)
  if (path === undefined || bytes === undefined) return undefined
  const { table } = await decodeParquet(bytes, path, ['symbol'])
  return [...new Set(strings(table, 'symbol', path))].sort().slice(0, options.top)
}
