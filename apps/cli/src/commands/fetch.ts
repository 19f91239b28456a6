/** `cointrader fetch`: market data to day tables. */
import { KINDS } from '@cointrader/core/datafolder'
import type { FetchRequest } from '@cointrader/fetcher'
import { Command, Option } from 'commander'
import { runCommand } from '../context.js'
import {
  archiveOption,
  compatOption,
  dataDirOption,
  dayOptions,
  intervalOption,
  jsonOption,
  notNegative,
  restUrlOption,
  symbolsOption,
  waitOption,
  workersOption,
} from '../lib/flags.js'

export interface FetchFlags {
  startDate?: string
  endDate?: string
  symbols?: string
  all?: boolean
  kinds: string
  route: FetchRequest['route']
  interval: string
  market: FetchRequest['market']
  target?: number
  archive: string
  listingUrl?: string
  restUrl?: string
  allowUnverified?: boolean
  compat?: 'research'
  metricsMaxAge: number
  workers?: number
  timeout: number
  dataDir: string
  wait: number
  dryRun?: boolean
  json?: boolean
}

export function fetchCommand(): Command {
  const command = new Command('fetch').description(
    'Download market data: plan, fetch, verify, and write one Parquet per day with all symbols.',
  )
  return dayOptions(command, { start: 'default: yesterday', end: 'default: yesterday' })
    .addOption(symbolsOption('default: all (--all)'))
    .option('--all', 'every USDT perpetual the source has ever listed (the default)')
    .option('--kinds <list>', `kinds of data; of ${KINDS.join(',')}`, 'klines,premium,metrics')
    .addOption(
      new Option('--route <route>', 'monthly or daily archive files')
        .choices(['auto', 'monthly', 'daily'])
        .default('auto'),
    )
    .addOption(intervalOption('1m'))
    .addOption(new Option('--market <market>', 'USD-M futures or spot').choices(['um', 'spot']).default('um'))
    .option(
      '--target <candles>',
      'as many days back from --end-date as give this many candles per symbol; default: from --start-date',
      notNegative,
    )
    .addOption(archiveOption())
    .option(
      '--listing-url <url>',
      'S3 listing of the archive; default: the archive itself (the public one: its bucket)',
    )
    .addOption(restUrlOption("for days not published yet; default: the archive's host (the public one: fapi)"))
    .option('--allow-unverified', 'accept files without a .CHECKSUM; they are marked unverified')
    .addOption(compatOption(['research'], 'the research pipeline (RP-01…06)'))
    .option('--metrics-max-age <minutes>', 'oldest metrics row a minute may carry', notNegative, 10)
    .addOption(workersOption('the result does not depend on them; default: by the number of files'))
    .option('--timeout <seconds>', 'longest time for one request', notNegative, 60)
    .addOption(dataDirOption())
    .addOption(waitOption())
    .option('--dry-run', 'print the plan and stop')
    .addOption(jsonOption())
    .addHelpText(
      'after',
      '\nExample:\n  cointrader fetch --start-date 2026-02-01 --end-date 2026-02-07 --symbols BTCUSDT,ETHUSDT\n\nInterrupt it at any time: the same command goes on where it stopped.',
    )
    .action(async (options: FetchFlags) => {
      const lock = options.dryRun !== true
      await runCommand(
        { dataDir: options.dataDir, json: options.json, wait: options.wait, command: 'fetch', lock },
        async (ctx) => (await import('../lib/fetch-run.js')).runFetch(options, ctx),
      )
    })
}
