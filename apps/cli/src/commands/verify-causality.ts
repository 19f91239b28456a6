/** `cointrader verify causality`: the proof that no feature, label or universe sees the future. */
import type { Generator } from '@cointrader/features'
import { Command } from 'commander'
import { runCommand } from '../context.js'
import {
  bufferDaysOption,
  compatOption,
  coresDefault,
  flagsOf,
  jsonOption,
  pluginOption,
  tablesDirOption,
  topOption,
  workersOption,
} from '../lib/flags.js'
import { generatorOption, horizonsOption, windowsOption } from '../lib/xy-options.js'

export interface CausalityFlags {
  readonly date?: string
  readonly top: number
  readonly bufferDays: number
  readonly windows: readonly number[]
  readonly yWindows: readonly number[]
  readonly generator: Generator
  readonly plugin: readonly string[]
  readonly allColumns?: boolean
  readonly universe?: string
  readonly compat?: 'research'
  readonly seed?: string
  readonly workers: number
  readonly resume?: boolean
  readonly summary?: boolean
  readonly dataDir: string
  readonly json?: boolean
}

const HELP = `
Examples:
  cointrader verify causality --top 8
  cointrader verify causality --date 2026-02-04 --top 50 --windows all --resume
  cointrader verify causality --plugin my-feature.ts

Every row of the day is computed again from data in which nothing after its instant of knowledge is in memory, and must
have the same bits; then everything after 64 seeded instants and the day's borders is replaced by NaN and by 1e9, and
nothing known by then may change. Exit 1 when a column sees the future, with its first row and how far it sees, or when no
column holds a value; exit 3 when a column of a plug-in holds none: of it nothing is shown.`

export function causalityCommand(): Command {
  return new Command('causality')
    .description('Prove that no feature, label or universe sees the future; a certificate per column.')
    .option('--date <date>', 'day (UTC); default: the last one that has a day before it')
    .addOption(topOption(50))
    .addOption(bufferDaysOption())
    .addOption(windowsOption())
    .addOption(horizonsOption())
    .addOption(generatorOption())
    .addOption(pluginOption('proves only these, on made-up data if the folder has none'))
    .option('--all-columns', 'with --plugin: the shipped columns too')
    .option('--universe <file>', 'universe file; its members are taken, default: those of the rule')
    .addOption(compatOption(['research'], 'the research pipeline, which is refused'))
    .option('--seed <text>', 'seed of every draw; of instants and holes, default: the date')
    .addOption(coresDefault(workersOption(), 4))
    .option('--resume', 'go on with an interrupted proof of the same data and settings')
    .option('--summary', 'print only what was refused, and the certificate')
    .addOption(tablesDirOption())
    .addOption(jsonOption())
    .addHelpText('after', HELP)
    .action((_: unknown, command: Command) => {
      const flags = flagsOf<CausalityFlags>(command)
      const { dataDir, json } = flags
      return runCommand({ command: 'verify causality', lock: false, dataDir, json }, async (ctx) =>
        (await import('../lib/causality-run.js')).runCausality(flags, ctx),
      )
    })
}
