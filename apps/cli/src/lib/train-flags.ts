/** Options of the training commands on XY tables. Definitions only: `train-options.ts` reads what they name. */
import { type Command, Option } from 'commander'
import {
  count,
  jsonOption,
  labelOption,
  modelsDirOption,
  positive,
  seedOption,
  topnOption,
  trainingOptions,
  waitOption,
  whole,
  xyDirOption,
} from './flags.js'

export interface SplitOptions {
  trainStart: string
  trainEnd: string
  validStart: string
  validEnd: string
  testStart?: string
  testEnd?: string
  yName: string
  topn: number
  maxRows?: number
  sampleByDay?: boolean
  features?: string
  input?: string
  dataDir: string
  missing: 'keep' | 'drop' | 'zero'
  embargo: number
  seed: number
  name: string
  modelsDir: string
  evaluation: 'full' | 'quick'
  memory?: number
  wait: number
  json?: boolean
}

export function addSplitOptions(command: Command, name: string): Command {
  return trainingOptions(command)
    .requiredOption('--valid-start <date>', 'first day of validation, inclusive (UTC)')
    .requiredOption('--valid-end <date>', 'last day of validation, inclusive (UTC)')
    .option('--test-start <date>', 'first day of the test range, looked at once, at the end; default: no test range')
    .option('--test-end <date>', 'last day of the test range, inclusive (UTC); default: no test range')
    .addOption(labelOption())
    .addOption(topnOption())
    .option('--max-rows <n>', 'train on at most this many rows, drawn by seed; default: all', count)
    .option('--sample-by-day', 'draw the same number of rows of every day')
    .option('--features <file>', 'feature list; default: every feature column')
    .option(
      '--input <table>',
      'one Parquet table instead of days; with start_time_ms, symbol, features and label, default: days',
    )
    .addOption(xyDirOption())
    .addOption(
      new Option(
        '--missing <policy>',
        'a missing feature: keep it (trees), leave the row out, or put 0; default: keep',
      ).choices(['keep', 'drop', 'zero']),
    )
    .option('--embargo <minutes>', 'minutes left out at the start of validation and test', whole, 0)
    .addOption(seedOption())
    .option(
      '--memory <gib>',
      'most memory for the features of one range; default: a third of what the machine has',
      positive,
    )
    .addOption(
      new Option('--evaluation <depth>', 'quick leaves out bootstrap intervals and shuffled labels')
        .choices(['full', 'quick'])
        .default('full'),
    )
    .option('--name <model>', 'name of the model', name)
    .addOption(modelsDirOption())
    .addOption(waitOption())
    .addOption(jsonOption())
}

export const roundsOption = (): Option =>
  new Option('--num-boost-round <n>', 'most trees').argParser(count).default(4000)

export const stoppingOption = (): Option =>
  new Option('--early-stopping-rounds <n>', 'stop when validation has not improved for so many rounds; 0: never')
    .argParser(whole)
    .default(200)
