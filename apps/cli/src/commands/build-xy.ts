/** `cointrader build-xy`, `x`, `y`: features and labels of days. */
import type { ExitCode } from '@cointrader/core'
import { Command, Option } from 'commander'
import { type Context, runCommand } from '../context.js'
import { barsOption, dayOptions, intervalOption, notNegative, seedOption, symbolsOption } from '../lib/flags.js'
import { addXyOptions, type DayOptions, type RangeOptions, type XyOptions } from '../lib/xy-options.js'

export function buildXyCommand(): Command {
  const command = new Command('build-xy').description(
    'Build features X and labels Y of each day: one Parquet table a day, nothing in it sees the future.',
  )
  dayOptions(command, { start: 'required for --kind panel', end: 'required for --kind panel' })
  return addXyOptions(command, 50)
    .option('--x-only', 'features without labels (the newest hour has none)')
    .option('--y-only', 'labels without features')
    .addOption(
      new Option('--kind <kind>', 'panel: the universe, minute by minute; bot: the signal bot, one table a symbol')
        .choices(['panel', 'bot'])
        .default('panel'),
    )
    .addOption(symbolsOption('required for --kind bot'))
    .addOption(barsOption('required for --kind bot', { alone: true }))
    .addOption(intervalOption('15m', 'for --kind bot'))
    .option(
      '--decay <rate>',
      'steepness of the time weights, 0 weighs all rows alike; for --kind bot, default: 2',
      notNegative,
    )
    .option('--negative-ratio <n>', 'HOLD rows per signal row; for --kind bot, default: 3', notNegative)
    .addOption(seedOption('for --kind bot'))
    .addHelpText(
      'after',
      '\nExamples:\n  cointrader build-xy --start-date 2026-02-02 --end-date 2026-02-07 --top 30' +
        '\n  cointrader build-xy --kind bot --symbols XRPUSDT --data data/bars',
    )
    .action((options: RangeOptions) =>
      run('build-xy', options, async (ctx) => {
        const { runBotTables, runRange } = await import('../lib/xy-run.js')
        return options.kind === 'bot' ? runBotTables(options, ctx) : runRange(options, ctx)
      }),
    )
}

export const xCommand = (): Command => dayCommand('x', 'Build the features of one day.')
export const yCommand = (): Command => dayCommand('y', 'Build the labels of one day.')

function dayCommand(part: 'x' | 'y', description: string): Command {
  const command = new Command(part).description(description).requiredOption('--date <date>', 'day (UTC)')
  return addXyOptions(command, 30)
    .addHelpText('after', `\nExample:\n  cointrader ${part} --date 2026-02-03 --top 30`)
    .action((options: DayOptions) =>
      run(part, options, async (ctx) => (await import('../lib/xy-run.js')).runDay(options, part, ctx)),
    )
}

function run(command: string, options: XyOptions, body: (ctx: Context) => Promise<ExitCode>): Promise<void> {
  const { json, wait, dataDir, outDir } = options
  return runCommand({ dataDir: outDir ?? dataDir, json, wait, command, lock: true }, body)
}
