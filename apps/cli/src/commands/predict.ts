/** `cointrader predict`: scores of a stored or foreign model for XY days, for one table, or for the newest minute. */
import { MINUTE_MS, parseUtcText } from '@cointrader/core/dates'
import { fail } from '@cointrader/core/errors'
import { Command, InvalidArgumentError, Option } from 'commander'
import { type Context, runCommand } from '../context.js'
import { count, jsonOption, modelsDirOption, notNegative, outFileOption } from '../lib/flags.js'

interface Options {
  model: string
  inferStart?: string
  inferEnd?: string
  input?: string
  latest?: boolean
  at?: number
  now?: number
  maxAge?: number
  repeat?: number
  restUrl?: string
  plugin?: string[]
  generator?: 'base' | 'added' | 'both'
  float?: 32 | 64
  universe?: string
  out?: string
  dataDir?: string
  topn?: number
  modelsDir: string
  evaluation: boolean
  json?: boolean
}

/** `2026-02-10T12:00Z`, `2026-02-10 12:00`, or ms since 1970. */
const instant = (text: string): number => {
  const ms = /^\d{12,}$/.test(text.trim()) ? Number(text) : parseUtcText(text.replace(/\s*(Z|UTC)$/, ''))
  if (!Number.isFinite(ms)) throw new InvalidArgumentError('give an instant in UTC like 2026-02-10T12:00Z')
  return ms
}

const wholeMinute = (text: string): number => {
  const ms = instant(text)
  if (ms % MINUTE_MS !== 0) throw new InvalidArgumentError('give the start of a minute bar: whole minutes')
  return ms
}

const bits = (text: string): 32 | 64 => {
  if (text === '32') return 32
  if (text === '64') return 64
  throw new InvalidArgumentError('give 32 or 64')
}

const collect = (text: string, before: string[] | undefined): string[] => [...(before ?? []), text]

export function predictCommand(): Command {
  return new Command('predict')
    .description(
      'Score rows with a stored model, or with a LightGBM text or XGBoost JSON file made elsewhere: XY days, one table, or the newest minute as live trading computes it.',
    )
    .requiredOption(
      '--model <name|file>',
      'NAME (its active version, else the newest), NAME/VERSION, a model folder, a .txt or .json file, or "active"',
    )
    .option('--infer-start <date>', 'first day of XY (or X) tables')
    .option('--infer-end <date>', 'last day, inclusive')
    .option('--input <table>', 'one Parquet table with symbol, start_time_ms and the features, instead of days')
    .option('--latest', 'the newest minute of the data folder: streaming features, all members of the universe, ranked')
    .option('--at <instant>', 'latest: another minute, by the start of its bar (UTC)', wholeMinute)
    .option('--now <instant>', 'latest: the clock; nothing known later is used (default: now)', instant)
    .option('--max-age <minutes>', 'latest: fail when the bar ended longer ago (default: warn from 5)', notNegative)
    .option('--repeat <n>', 'latest: replay the last n minutes and show the spread of the latency (default: 1)', count)
    .option('--rest-url <url>', 'latest: ask this market-data REST for the days that the folder does not have in full')
    .option('--plugin <file>', 'latest: file with your own features, as build-xy took it (repeatable)', collect)
    .addOption(
      new Option('--generator <name>', 'latest: definitions of the x_ columns; default: those of the training').choices(
        ['base', 'added', 'both'],
      ),
    )
    .option('--float <bits>', 'latest: 32 rounds features as tables and training do, 64 does not (default: 32)', bits)
    .option('--universe <file>', 'latest: universe file; default: top{N}_universe.json of the data folder')
    .addOption(
      outFileOption(
        'Parquet with symbol, start_time_ms, prediction; default: predictions/ in --models-dir, latest: none',
      ),
    )
    .option('--data-dir <folder>', 'folder of XY tables (default: data/xy); latest: the data folder (default: data)')
    .option(
      '--top, --topn <n>',
      'size of the universe; of the XY tables (default: 30; latest: that of the training, where known)',
      count,
    )
    .option('--no-evaluation', 'do not judge the scores where the tables hold the label')
    .addOption(modelsDirOption())
    .addOption(jsonOption())
    .addHelpText(
      'after',
      '\nExamples:\n  cointrader predict --model lgbm --infer-start 2026-02-24 --infer-end 2026-02-28' +
        '\n  cointrader predict --latest --model active --data-dir data --repeat 60',
    )
    .action((options: Options) =>
      runCommand({ command: 'predict', dataDir: options.modelsDir, json: options.json, lock: false }, (ctx) =>
        run(options, ctx),
      ),
    )
}

/** Flags that only one of the two forms has. */
const LATEST_ONLY = [
  'at',
  'now',
  'maxAge',
  'repeat',
  'restUrl',
  'plugin',
  'generator',
  'float',
  'universe',
] as const satisfies (keyof Options)[]
const ROWS_ONLY = ['inferStart', 'inferEnd', 'input'] as const satisfies (keyof Options)[]

async function run(options: Options, ctx: Context) {
  const latest = options.latest === true
  const stray = (latest ? ROWS_ONLY : LATEST_ONLY).find((name) => options[name] !== undefined)
  if (stray !== undefined)
    fail('E_USAGE', {
      subject: `--${stray.replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`)}`,
      detail: latest ? 'it names rows of tables, --latest scores the newest minute' : 'it belongs to --latest',
    })
  const output = options.out === undefined ? {} : { output: options.out }
  // The engines are loaded when they are used: --help needs none of them.
  if (!latest) {
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
      plugin: options.plugin ?? [],
      float: options.float ?? 32,
      at: options.at,
      now: options.now,
      maxAge: options.maxAge,
      repeat: options.repeat ?? 1,
    },
    ctx,
  )
}
