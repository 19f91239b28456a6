/** `cointrader universe`: the symbols of each day, from what was known before it. */
import { join, resolve } from 'node:path'
import { dateRange, EXIT, type ExitCode, parseDate, paths } from '@cointrader/core'
import { dayTablePath } from '@cointrader/preprocessor'
import { buildUniverse, reasonsPath, universePath } from '@cointrader/universe'
import { Command, InvalidArgumentError, Option } from 'commander'
import { type Context, runCommand } from '../context.js'
import { textTable } from '../table.js'

interface Options {
  startDate: string
  endDate: string
  top: number
  bufferDays: number
  minHistoryDays: number
  compat?: 'research'
  banned?: string
  out?: string
  dataDir: string
  outDir?: string
  wait: number
  json?: boolean
}

const count = (text: string): number => {
  const n = Number(text)
  if (!Number.isInteger(n) || n < 1) throw new InvalidArgumentError('give a whole number from 1')
  return n
}

const seconds = (text: string): number => {
  const n = Number(text)
  if (!(n >= 0)) throw new InvalidArgumentError('give a number of zero or more')
  return n
}

export function universeCommand(): Command {
  return new Command('universe')
    .description(
      'Select the most traded symbols of each day from what was known before it, with a reason for each exclusion.',
    )
    .requiredOption('--start-date <date>', 'first day, inclusive (UTC)')
    .requiredOption('--end-date <date>', 'last day, inclusive (UTC)')
    .option('--top <n>', 'most members', count, 50)
    .option('--buffer-days <n>', 'days before the date whose volume is ranked', count, 14)
    .option('--min-history-days <n>', 'fewest of them that must be there', count, 1)
    .addOption(
      new Option('--compat <mode>', "the research pipeline's own rule, look-ahead included (RP-12)").choices([
        'research',
      ]),
    )
    .option('--banned <file>', 'ban lists; default: banned_symbols.json of the output folder')
    .option('--out <file>', 'universe file; default: top{N}_universe.json of the output folder')
    .option('--data-dir <folder>', 'a data folder, or a folder of {date}.parquet', 'data')
    .option('--out-dir <folder>', 'where results and the cache go; default: --data-dir')
    .option('--wait <seconds>', 'wait for another run on the same folder instead of refusing', seconds, 0)
    .option('--json', 'one machine-readable result')
    .addHelpText('after', '\nExample:\n  cointrader universe --start-date 2026-02-02 --end-date 2026-02-07 --top 30')
    .action(async (options: Options) => {
      const dataDir = options.outDir ?? options.dataDir
      const { json, wait } = options
      await runCommand({ dataDir, json, wait, command: 'universe', lock: true }, (ctx) => run(options, ctx))
    })
}

async function run(options: Options, ctx: Context): Promise<ExitCode> {
  const dates = dateRange(parseDate(options.startDate, '--start-date'), parseDate(options.endDate, '--end-date'))
  const dataDir = resolve(options.dataDir)
  const outPath = resolve(options.out ?? universePath(ctx.dataDir, options.top))
  const research = options.compat === 'research'
  const result = await buildUniverse({
    disk: ctx.disk,
    dates,
    top: options.top,
    bufferDays: options.bufferDays,
    minHistoryDays: options.minHistoryDays,
    research,
    locate: (date) => dayTablePath(ctx.disk, dataDir, date),
    contractsPath: join(dataDir, paths.contracts),
    bannedPath: resolve(options.banned ?? join(ctx.dataDir, paths.bannedSymbols)),
    outPath,
    cacheDir: join(ctx.dataDir, paths.cache),
    progress: ctx.progress,
    signal: ctx.signal,
  })
  ctx.progress.end()
  const rows = result.selections.map((s) => [
    s.date,
    s.symbols.length,
    s.daysUsed,
    Object.keys(s.excluded).length,
    s.symbols.slice(0, 5).join(' ') + (s.symbols.length > 5 ? ' …' : ''),
    s.note ?? '',
  ])
  ctx.print(textTable(['date', 'members', 'days used', 'excluded', 'largest', 'note'], rows))
  for (const date of result.skipped) ctx.progress.note(`${date}: no day table in reach; no entry written`)
  if (!result.contractsKnown && !research) {
    ctx.progress.note(`${join(dataDir, paths.contracts)} is not there: contract facts were derived from the names`)
  }
  ctx.print(`universe: ${outPath}\nreasons:  ${reasonsPath(outPath)}`)
  ctx.printJson(result)
  return EXIT.done
}
