/** `cointrader collect`: one cycle of the long-term collectors, for cron. */
import type { CollectPeriod } from '@cointrader/fetcher/collect'
import { Command, Option } from 'commander'
import { runCommand } from '../context.js'
import { dataDirOption, jsonOption, PUBLIC_REST, restUrlOption, symbolsOption, waitOption } from '../lib/flags.js'

export interface CollectFlags {
  readonly symbols: string
  readonly period: CollectPeriod
  readonly back?: string
  readonly restUrl: string
  readonly dataDir: string
  readonly wait: number
  readonly json?: boolean
}

export function collectCommand(): Command {
  return new Command('collect')
    .description('Store open interest and long/short ratios, which the venue forgets after 30 days; run it from cron.')
    .addOption(symbolsOption().makeOptionMandatory())
    .addOption(new Option('--period <period>', 'length of a point').choices(['5m', '15m']).default('15m'))
    .option('--back <time>', 'ask this far back, e.g. 2d; default: since the last stored point, at most 29.5 days')
    .addOption(restUrlOption().default(PUBLIC_REST))
    .addOption(dataDirOption())
    .addOption(waitOption(60))
    .addOption(jsonOption())
    .addHelpText(
      'after',
      '\nExample:\n  cointrader collect --symbols BTCUSDT,ETHUSDT,XRPUSDT\nIn crontab, every quarter hour:\n  */15 * * * * cointrader collect --symbols BTCUSDT,ETHUSDT,XRPUSDT --data-dir /srv/data',
    )
    .action((flags: CollectFlags) =>
      runCommand(
        { command: 'collect', lock: true, dataDir: flags.dataDir, json: flags.json, wait: flags.wait },
        async (ctx) => (await import('../lib/collect-run.js')).runCollect(flags, ctx),
      ),
    )
}
