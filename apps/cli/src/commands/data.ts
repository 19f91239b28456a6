/** `cointrader data`: what a data folder holds; `cointrader data export`: bars for the bot's data set. */
import { Command } from 'commander'
import { runCommand } from '../context.js'
import {
  dataDirOption,
  dayOptions,
  flagsOf,
  intervalOption,
  jsonOption,
  outDirOption,
  symbolsOption,
  waitOption,
} from '../lib/flags.js'

export interface DataFlags {
  readonly dataDir: string
  /** True without a list. */
  readonly symbols?: boolean | string
  readonly json?: boolean
}

export interface ExportFlags {
  readonly interval: string
  /** True when the list was forgotten. */
  readonly symbols?: boolean | string
  readonly startDate?: string
  readonly endDate?: string
  readonly outDir?: string
  readonly dataDir: string
  readonly allowPartial?: boolean
  readonly wait: number
  readonly json?: boolean
}

export function dataCommand(): Command {
  return new Command('data')
    .description('Show what a data folder holds: spans, symbols, rows, gaps.')
    .addOption(dataDirOption())
    .option(
      '--symbols [list]',
      'one line per symbol (or per listed one): first and last bar, gaps; default: one line per table',
    )
    .addOption(jsonOption())
    .addHelpText(
      'after',
      '\nExamples:\n  cointrader data --data-dir data\n  cointrader data --symbols\n  cointrader data export --interval 15m --symbols XRPUSDT',
    )
    .addCommand(exportCommand())
    .action((flags: DataFlags) =>
      runCommand({ command: 'data', lock: false, dataDir: flags.dataDir, json: flags.json }, async (ctx) =>
        (await import('../lib/data-run.js')).runData(flags, ctx),
      ),
    )
}

function exportCommand(): Command {
  const command = new Command('export')
    .description(
      'Minute tables to {SYMBOL}_{interval}.parquet with BTC and ETH columns, open-interest change and funding.',
    )
    .addOption(intervalOption('15m'))
    .addOption(symbolsOption('default: all there are'))
  return dayOptions(command, { start: 'default: the first there is', end: 'default: the last there is' })
    .addOption(outDirOption('default: export in the data folder'))
    .addOption(dataDirOption())
    .option('--allow-partial', 'also write bars of which minutes are missing')
    .addOption(waitOption())
    .addOption(jsonOption())
    .addHelpText(
      'after',
      '\nExample:\n  cointrader data export --interval 15m --symbols XRPUSDT,DOGEUSDT --start-date 2026-02-01 --end-date 2026-02-28',
    )
    .action((_: unknown, self: Command) => {
      const flags = flagsOf<ExportFlags>(self)
      return runCommand(
        { command: 'data export', lock: true, dataDir: flags.dataDir, json: flags.json, wait: flags.wait },
        async (ctx) => (await import('../lib/data-run.js')).runExport(flags, ctx),
      )
    })
}
