/** `cointrader features health`: how features and labels are distributed, and how far they move later. */
import { Command } from 'commander'
import { runCommand } from '../context.js'
import { collect, dayOptions, jsonOption, outFileOption, topOption, xyDirOption } from '../lib/flags.js'

export interface HealthOptions {
  startDate: string
  endDate: string
  against: string[]
  top: number
  dataDir: string
  out?: string
  json?: boolean
}

export function healthCommand(): Command {
  const command = new Command('health').description(
    'Distribution of every feature and label over a range, and how far its mean moves on later days.',
  )
  return dayOptions(command)
    .option('--against <first..last>', 'later days to compare with, for example a test range; repeatable', collect, [])
    .addOption(topOption(30, 'of the XY tables'))
    .addOption(xyDirOption())
    .addOption(outFileOption('default: none, only printed'))
    .addOption(jsonOption())
    .addHelpText(
      'after',
      '\nExample:\n  cointrader features health --start-date 2026-02-02 --end-date 2026-02-05 --against 2026-02-06..2026-02-07 --top 30',
    )
    .action((options: HealthOptions) =>
      runCommand(
        { command: 'features health', dataDir: options.dataDir, json: options.json, lock: false },
        async (ctx) => (await import('../lib/features-health-run.js')).runHealth(options, ctx),
      ),
    )
}
