/** `cointrader features`: what is wrong with XY tables, and which features to use. */
import { Command, Option } from 'commander'
import { runCommand } from '../context.js'
import { GLOBAL_BAN_DATES } from '../lib/choices.js'
import {
  count,
  dayOptions,
  jsonOption,
  labelOption,
  outDirOption,
  outFileOption,
  seedOption,
  share,
  topOption,
  trainingOptions,
  xyDirOption,
} from '../lib/flags.js'
import { healthCommand } from './features-health.js'

const AUDIT = 'cointrader features audit --start-date 2026-02-02 --end-date 2026-02-07 --top 30'

export function featuresCommand(): Command {
  return new Command('features')
    .description('Audit XY tables, and select features inside a training range.')
    .addCommand(auditCommand())
    .addCommand(healthCommand())
    .addCommand(selectCommand())
    .addHelpText('after', `\nExample:\n  ${AUDIT}`)
}

export interface AuditOptions {
  startDate: string
  endDate: string
  top: number
  dataDir: string
  out?: string
  json?: boolean
}

function auditCommand(): Command {
  const command = new Command('audit').description(
    'Count missing and infinite cells, find dead columns; write global_ban_dates.json (RP-21).',
  )
  return dayOptions(command)
    .addOption(topOption(30, 'of the XY tables'))
    .addOption(xyDirOption())
    .addOption(outFileOption(`default: ${GLOBAL_BAN_DATES} in --data-dir`))
    .addOption(jsonOption())
    .addHelpText('after', `\nExample:\n  ${AUDIT}`)
    .action((options: AuditOptions) =>
      runCommand(
        { command: 'features audit', dataDir: options.dataDir, json: options.json, lock: false },
        async (ctx) => (await import('../lib/features-run.js')).runAudit(options, ctx),
      ),
    )
}

export interface SelectOptions {
  method: 'correlation' | 'lasso'
  yName: string
  top: number
  trainStart: string
  trainEnd: string
  windowMonths: number
  stepMonths: number
  windows: number
  windowDays?: number
  minCorrelation: number
  maxMutual: number
  fraction: number
  minWindows: number
  keep?: number
  label: string
  encoding: 'array' | 'python'
  dataDir: string
  outDir: string
  seed: number
  json?: boolean
}

function selectCommand(): Command {
  const command = new Command('select').description(
    'Rank features by correlation with the label, or by LASSO, over windows of the training range only.',
  )
  return trainingOptions(command)
    .addOption(
      new Option('--method <name>', 'correlation (RP-22), or correlation followed by lasso (RP-23)')
        .choices(['correlation', 'lasso'])
        .default('correlation'),
    )
    .addOption(labelOption())
    .addOption(topOption(30, 'of the XY tables'))
    .option('--window-months <n>', 'length of a window', count, 4)
    .option('--step-months <n>', 'distance of windows', count, 2)
    .option('--windows <n>', 'number of windows', count, 5)
    .option('--window-days <n>', 'short data: consecutive windows of so many days; default: windows of months', count)
    .option('--min-correlation <a>', 'least |correlation| with the label', share, 0.02)
    .option('--max-mutual <b>', 'largest |correlation| with a feature already taken', share, 0.9)
    .option('--fraction <share>', 'share of the rows that is drawn', share, 1)
    .option('--min-windows <k>', 'keep features taken in so many windows', count, 2)
    .option('--keep <n>', 'at most so many features; default: all that pass', count)
    .option('--label <name>', 'name of the list', 'selected')
    .addOption(
      new Option('--encoding <form>', "of the list: a JSON array, or the research pipeline's Python literal")
        .choices(['array', 'python'])
        .default('array'),
    )
    .addOption(xyDirOption())
    .addOption(outDirOption('feature_list/ is made there').default('.'))
    .addOption(seedOption())
    .addOption(jsonOption())
    .addHelpText(
      'after',
      '\nExample:\n  cointrader features select --train-start 2026-02-02 --train-end 2026-02-05 --window-days 2 --top 30',
    )
    .action((options: SelectOptions) =>
      runCommand(
        { command: 'features select', dataDir: options.dataDir, json: options.json, lock: false },
        async (ctx) => (await import('../lib/features-run.js')).runSelect(options, ctx),
      ),
    )
}
