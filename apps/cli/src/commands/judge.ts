/** `cointrader judge`: predictions against what happened, models and baselines side by side. */
import { Command } from 'commander'
import { runCommand } from '../context.js'
import {
  collect,
  count,
  jsonOption,
  minutes,
  outFileOption,
  seedOption,
  topnOption,
  xyDirOption,
} from '../lib/flags.js'

export interface JudgeFlags {
  predictions: string[]
  yName: string
  topn: number
  dataDir: string
  trainStart?: string
  trainEnd?: string
  trials?: number
  delays: number[]
  seed: number
  title?: string
  out?: string
  json?: boolean
}

export function judgeCommand(): Command {
  return new Command('judge')
    .description('Judge predictions against XY tables: information coefficients with intervals, beside baselines.')
    .requiredOption(
      '--predictions <name=tables>',
      'NAME=FILE[,FILE…] of predict, repeatable; the files of one name are joined',
      collect,
      [],
    )
    .option('--y-name <label>', 'label column', 'y_60m')
    .addOption(topnOption())
    .addOption(xyDirOption())
    .option(
      '--train-start <date>',
      'first day of training, inclusive (UTC); gives baselines their mean and scale, default: without such baselines',
    )
    .option('--train-end <date>', 'last day of training, inclusive (UTC); default: without such baselines')
    .option('--trials <n>', 'models tried on these days, for the deflated t; default: the models given', count)
    .option(
      '--delays <list>',
      'minutes after which the scores are used once more, to see what an order could still get',
      minutes,
      [1, 5],
    )
    .addOption(seedOption())
    .option('--title <words>', 'headline; default: names and label')
    .addOption(outFileOption('JSON report, with a page .html beside it; default: only printed'))
    .addOption(jsonOption())
    .addHelpText(
      'after',
      '\nExample:\n  cointrader judge --predictions trees=scores/a.parquet,scores/b.parquet --y-name y_60m',
    )
    .action((flags: JudgeFlags) =>
      runCommand({ command: 'judge', dataDir: flags.dataDir, json: flags.json, lock: false }, async (ctx) =>
        (await import('../lib/judge-run.js')).runJudge(flags, ctx),
      ),
    )
}
