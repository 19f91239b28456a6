/** `cointrader universe`: the symbols of each day, from what was known before it. */
import { Command } from 'commander'
import { runCommand } from '../context.js'
import {
  bufferDaysOption,
  compatOption,
  count,
  dayOptions,
  jsonOption,
  outDirOption,
  outFileOption,
  tablesDirOption,
  topOption,
  waitOption,
} from '../lib/flags.js'

export interface UniverseFlags {
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

export function universeCommand(): Command {
  const command = new Command('universe').description(
    'Select the most traded symbols of each day from what was known before it, with a reason for each exclusion.',
  )
  return dayOptions(command)
    .addOption(topOption(50, 'the most members'))
    .addOption(bufferDaysOption())
    .option('--min-history-days <n>', 'fewest of them that must be there', count, 1)
    .addOption(compatOption(['research'], 'the research pipeline, look-ahead included (RP-12)'))
    .option('--banned <file>', 'ban lists; default: banned_symbols.json of the output folder')
    .addOption(outFileOption('default: top{N}_universe.json of the output folder'))
    .addOption(tablesDirOption())
    .addOption(outDirOption('results and the cache; default: --data-dir', { alone: true }))
    .addOption(waitOption())
    .addOption(jsonOption())
    .addHelpText('after', '\nExample:\n  cointrader universe --start-date 2026-02-02 --end-date 2026-02-07 --top 30')
    .action(async (options: UniverseFlags) => {
      const dataDir = options.outDir ?? options.dataDir
      const { json, wait } = options
      await runCommand({ dataDir, json, wait, command: 'universe', lock: true }, async (ctx) =>
        (await import('../lib/universe-run.js')).runUniverse(options, ctx),
      )
    })
}
