/** `cointrader sim`: a Binance-compatible archive and market-data REST on a loopback port. */
import { KINDS } from '@cointrader/core/datafolder'
import { PLANTS } from '@cointrader/simulator/defects'
import { FAULTS } from '@cointrader/simulator/faults'
import { Command, Option } from 'commander'
import { runCommand } from '../context.js'
import { collect, count, jsonOption, port, whole } from '../lib/flags.js'

export interface SimFlags {
  readonly folder?: string
  readonly seed: string
  readonly symbols: number
  readonly startDate: string
  readonly days: number
  readonly extras?: boolean
  readonly port: number
  readonly now?: string
  readonly freeze?: boolean
  readonly fault: readonly string[]
  readonly defect: readonly string[]
  readonly writeArchive?: string
  readonly kinds: string
  readonly json?: boolean
}

export function simCommand(): Command {
  return new Command('sim')
    .description('Serve a simulated Binance (archive files, listing, market-data REST) on 127.0.0.1 until Ctrl-C.')
    .option('--folder <folder>', "serve a folder in the archive's layout; default: a synthetic market")
    .option('--seed <text>', 'seed of every draw; the same seed gives the same bytes', '1')
    .option('--symbols <n>', 'how many ordinary USDT perpetuals', whole, 20)
    .option('--start-date <date>', 'first day, inclusive (UTC); the market begins there', '2026-02-01')
    .option('--days <n>', 'days the listings and delistings are laid out for', count, 10)
    .option('--extras', 'add a stablecoin, a quarterly, a TradFi perpetual and a non-ASCII symbol')
    .option('--port <port>', 'port on 127.0.0.1; 0 takes a free one', port, 0)
    .option(
      '--now <time>',
      "the venue's time at the start, ISO 8601 in UTC; default: 12 h after the last day (a folder: now)",
    )
    .option('--freeze', "the venue's time stands still")
    .addOption(
      new Option(
        '--fault <kind:pattern[:times]>',
        `spoil answers, repeatable; kinds: ${Object.keys(FAULTS).join(', ')}`,
      )
        .argParser(collect)
        .default([], 'none'),
    )
    .addOption(
      new Option(
        '--defect <kind:symbol:date[:minute[:count[:source]]]>',
        `plant a defect in archive files, repeatable; kinds: ${Object.keys(PLANTS).join(', ')}`,
      )
        .argParser(collect)
        .default([], 'none'),
    )
    .option('--write-archive <folder>', 'write the archive of all --days as a folder and end; default: serve')
    .option('--kinds <list>', 'kinds of data; with --write-archive', KINDS.join(','))
    .addOption(jsonOption())
    .addHelpText(
      'after',
      [
        '',
        'Example:',
        '  cointrader sim --symbols 20 --days 5 --port 8090 &',
        '  cointrader fetch --archive http://127.0.0.1:8090 --rest-url http://127.0.0.1:8090 --all --start-date 2026-02-01 --end-date 2026-02-05',
        'With trouble:',
        "  cointrader sim --fault 'truncated-zip:BTCUSDT-1m:1' --fault 'rate-limit:/fapi/v1/klines:2' --defect premium-gap:ETHUSDT:2026-02-03:600:90",
      ].join('\n'),
    )
    .action((flags: SimFlags) =>
      runCommand({ command: 'sim', lock: false, dataDir: '.', json: flags.json }, async (ctx) =>
        (await import('../lib/sim-run.js')).runSim(flags, ctx),
      ),
    )
}
