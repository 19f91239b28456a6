/** `cointrader predict`: scores of a stored or foreign model for XY days, for one table, or for the newest minute. */
import { MINUTE_MS } from '@cointrader/core/dates'
import { fail } from '@cointrader/core/errors'
import { Command, InvalidArgumentError } from 'commander'
import { type Context, runCommand } from '../context.js'
import {
  count,
  inferOptions,
  instant,
  jsonOption,
  modelsDirOption,
  notNegative,
  nowOption,
  outFileOption,
  pluginOption,
  restUrlOption,
  topnOption,
} from '../lib/flags.js'
import { floatOption, generatorOption, universeFileOption } from '../lib/xy-options.js'

interface Options {
  model: string
  inferStart?: string
  inferEnd?: string
  input?: string
  latest?: boolean
  at?: number
  now?: number
  maxAge?: number
  repeat: number
  restUrl?: string
  plugin: string[]
  generator?: 'base' | 'added' | 'both'
  float: 32 | 64
  universe?: string
  out?: string
  dataDir?: string
  topn?: number
  modelsDir: string
  evaluation: boolean
  json?: boolean
}

const now = (text: string): number => instant(text, false, '--now')

const wholeMinute = (text: string): number => {
  const ms = instant(text, false, '--at')
  if (ms % MINUTE_MS !== 0) throw new InvalidArgumentError('give the start of a minute bar: whole minutes')
  return ms
}

export function predictCommand(): Command {
  const command = new Command('predict')
    .description(
      'Score rows with a stored model, or with a LightGBM text or XGBoost JSON file made elsewhere: XY days, one table, or the newest minute as live trading computes it.',
    )
    .requiredOption(
      '--model <name|file>',
      'stored model; NAME (its active version, else the newest), NAME/VERSION, a model folder, a .txt or .json file, or "active"',
    )
  return inferOptions(command, 'of the XY (or X) tables, required for days')
    .option(
      '--input <table>',
      'one Parquet table instead of days; with symbol, start_time_ms and the features, default: days',
    )
    .option('--latest', 'the newest minute of the data folder: streaming features, all members of the universe, ranked')
    .option(
      '--at <instant>',
      'minute to score; for --latest, the start of its bar (UTC), default: the newest',
      wholeMinute,
    )
    .addOption(nowOption('for --latest, nothing known later is used, default: the clock').argParser(now))
    .option(
      '--max-age <minutes>',
      'fail when the bar ended longer ago; for --latest, default: only warn, from 5',
      notNegative,
    )
    .option('--repeat <n>', 'minutes to replay, with the spread of their latency; for --latest', count, 1)
    .addOption(restUrlOption('for --latest, asked for days that the folder does not have in full, default: none'))
    .addOption(pluginOption('for --latest, as build-xy took them'))
    .addOption(generatorOption('for --latest, default: those of the training'))
    .addOption(floatOption('for --latest, 32 rounds as tables and training do'))
    .addOption(universeFileOption('for --latest, '))
    .addOption(
      outFileOption(
        'Parquet with symbol, start_time_ms, prediction, default: predictions/ in --models-dir, with --latest none',
      ),
    )
    .option(
      '--data-dir <folder>',
      'folder of XY tables, with --latest the data folder; default: data/xy, with --latest data',
    )
    .addOption(topnOption('default: 30, with --latest that of the training where it is known'))
    .option('--no-evaluation', 'do not judge the scores where the tables hold the label')
    .addOption(modelsDirOption())
    .addOption(jsonOption())
    .addHelpText(
      'after',
      '\nExamples:\n  cointrader predict --model lgbm --infer-start 2026-02-24 --infer-end 2026-02-28' +
        '\n  cointrader predict --latest --model active --data-dir data --repeat 60',
    )
    .action((options: Options, command: Command) =>
      runCommand({ command: 'predict', dataDir: options.modelsDir, json: options.json, lock: false }, (ctx) => {
        refuseStray(command, options.latest === true)
        return run(options, ctx)
      }),
    )
}

/** Flags that only one of the two forms has. */
const LATEST_ONLY: readonly (keyof Options)[] = [
  'at',
  'now',
  'maxAge',
  'repeat',
  'restUrl',
  'plugin',
  'generator',
  'float',
  'universe',
]
const ROWS_ONLY: readonly (keyof Options)[] = ['inferStart', 'inferEnd', 'input']

/** Error `E_USAGE` for a flag that was given and belongs to the other form. */
function refuseStray(command: Command, latest: boolean): void {
  const stray = (latest ? ROWS_ONLY : LATEST_ONLY).find((name) => command.getOptionValueSource(name) === 'cli')
  if (stray === undefined) return
  const { long, short } = command.options.find((o) => o.attributeName() === stray)!
  fail('E_USAGE', {
    subject: short === undefined ? long! : `${long} (${short})`,
    detail: latest ? 'it names rows of tables, --latest scores the newest minute' : 'it belongs to --latest',
  })
}

async function run(options: Options, ctx: Context) {
  const output = options.out === undefined ? {} : { output: options.out }
  // The engines are loaded when they are used: --help needs none of them.
  if (options.latest !== true) {
    const { runRowsOrDays } = await import('../lib/predict-rows.js')
    return runRowsOrDays(
      { ...options, ...output, dataDir: options.dataDir ?? 'data/xy', topn: options.topn ?? 30 },
      ctx,
    )
  }
  const { runLatest } = await import('../lib/predict-latest.js')
  return runLatest(
    {
      ...options,
      ...output,
      dataDir: options.dataDir ?? 'data',
      topn: options.topn,
      at: options.at,
      now: options.now,
      maxAge: options.maxAge,
    },
    ctx,
  )
}
