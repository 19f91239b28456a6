/** Options, bars and parameters that `train bot` and `tune bot` share. */
import { join, resolve } from 'node:path'
import { contentId, fail, type Json, parseInterval } from '@cointrader/core'
import { COLUMNS_KEY, type ColumnFacts } from '@cointrader/features'
import { ORIGINAL_TABLE } from '@cointrader/features/bot/compat/trading-bot'
import {
  BOT_TABLE_DEFAULTS,
  type BotBars,
  type BotTableOptions,
  botTableMetadata,
  buildBotTable,
  readBars,
} from '@cointrader/features/bot/index'
import { ORIGINAL_TRAINING } from '@cointrader/models/bot/compat/trading-bot'
import {
  BOT_PARAMS,
  BOT_TRAINING,
  type BotParams,
  type BotRows,
  type BotTraining,
  botRows,
  readTunedParams,
  type Sampling,
} from '@cointrader/models/bot/index'
import { type Command, InvalidArgumentError, Option } from 'commander'
import type { Context } from '../context.js'
import { parseSeconds } from './flags.js'
import { count, whole } from './train-options.js'

export interface BotDataOptions {
  symbol: string
  data: string
  interval: string
  decay: number
  slMult: number
  tpMult: number
  tunedParams?: string
  trainOn?: Sampling
  compat?: 'seed'
  seed: number
  threads: number
  name?: string
  modelsDir: string
  wait: number
  json?: boolean
}

const positive = (text: string): number => {
  const n = Number(text)
  if (!(n > 0) || !Number.isFinite(n)) throw new InvalidArgumentError('give a number above zero')
  return n
}

const notNegative = (text: string): number => {
  const n = Number(text)
  if (text.trim() === '' || !(n >= 0) || !Number.isFinite(n)) throw new InvalidArgumentError('give zero or more')
  return n
}

export function addBotDataOptions(command: Command): Command {
  return command
    .requiredOption('--symbol <symbol>', 'the symbol, e.g. XRPUSDT')
    .requiredOption('--data <folder>', 'folder of {SYMBOL}_{interval}.parquet, as data export writes them')
    .option('--interval <interval>', 'interval of the bars', '15m')
    .option('--decay <rate>', 'steepness of the time weights; 0 weighs all rows alike', notNegative, 2)
    .option('--sl-mult <atr>', 'distance of the stop in the label, in ATR', positive, 2)
    .option('--tp-mult <atr>', 'distance of the target in the label, in ATR', positive, 2)
    .option('--tuned-params <file>', 'tuned parameters; default: active_lgbm_params.json of the model, if there is one')
    .addOption(
      new Option('--train-on <rows>', 'signal rows only, or as many HOLD rows besides (default: signal)').choices([
        'signal',
        'balanced',
      ]),
    )
    .addOption(
      new Option('--compat <rules>', 'seed: the original bot with its defects, for comparison').choices(['seed']),
    )
    .option('--seed <n>', 'seed of every draw', whole, 42)
    .option('--threads <n>', 'worker threads; the model does not depend on it', count, 1)
    .option('--name <model>', 'name of the model (default: bot-{SYMBOL})')
    .option('--models-dir <folder>', 'where models go', 'models')
    .option('--wait <seconds>', 'wait for another run on the same folder instead of refusing', parseSeconds, 0)
    .option('--json', 'one machine-readable result')
}

export interface BotData {
  readonly bars: BotBars
  readonly rows: BotRows
  readonly table: BotTableOptions
  /** Of the columns, for the manifest. */
  readonly facts: Readonly<Record<string, ColumnFacts>>
  /** Features without data, and why. */
  readonly empty: Readonly<Record<string, string>>
  /** Path and hash of the file, and the settings of the table. */
  readonly inputs: Json
  /** Hash of `inputs`. */
  readonly id: string
}

/**
 * Reads the bars and makes the rows. Under compat the original's rules hold, and open interest and funding are left out
 * unless `side` is set, as only its comparison passes them (D-13).
 */
export async function loadBotData(options: BotDataOptions, ctx: Context, side = false): Promise<BotData> {
  const interval = parseInterval(options.interval)
  const file = await readBars(ctx.disk, resolve(options.data), options.symbol, interval)
  const original = options.compat === 'seed'
  const { oiChange: _, fundingRate: __, ...plain } = file.bars
  const bars = original && !side ? plain : file.bars
  const base = original ? ORIGINAL_TABLE : BOT_TABLE_DEFAULTS
  const table: BotTableOptions = {
    ...base,
    labels: { ...base.labels, stopAtr: options.slMult, targetAtr: options.tpMult },
    decay: options.decay,
    seed: options.seed,
  }
  const rows = botRows(buildBotTable({ symbol: options.symbol, bars, options: table }), options.symbol)
  const metadata = botTableMetadata(bars, table)
  const settings: Json = JSON.parse(metadata['cointrader.bot'])
  const inputs: Json = { [file.path]: file.sha256, table: settings, compat: options.compat ?? null, side }
  return {
    bars,
    rows,
    table,
    facts: JSON.parse(metadata[COLUMNS_KEY]),
    empty: JSON.parse(metadata['cointrader.empty']),
    inputs,
    id: contentId(inputs),
  }
}

/** Folder of the model's versions, and of the parameters in use. */
export function botName(options: Pick<BotDataOptions, 'name' | 'symbol'>): string {
  return options.name ?? `bot-${options.symbol}`
}

export const ACTIVE_PARAMS = 'active_lgbm_params.json'

/** The file named, else the parameters in use of this model, else the defaults (TB-04.5). */
export async function loadBotParams(
  options: BotDataOptions,
  ctx: Context,
): Promise<{ readonly params: BotParams; readonly from: string | null }> {
  const named = options.tunedParams
  const path = named === undefined ? join(resolve(options.modelsDir), botName(options), ACTIVE_PARAMS) : resolve(named)
  const bytes = await ctx.disk.read(path)
  if (bytes === undefined) {
    if (named !== undefined) fail('E_FILE_MISSING', { subject: named, next: 'check --tuned-params' })
    return { params: BOT_PARAMS, from: null }
  }
  return { params: readTunedParams(new TextDecoder().decode(bytes), path), from: path }
}

/** How to train, from the options. Error `E_USAGE` for options that exclude each other. */
export function botTraining(options: BotDataOptions, params: BotParams, ctx: Context): BotTraining {
  if (options.compat === 'seed' && options.trainOn !== undefined)
    fail('E_USAGE', { subject: '--train-on', detail: 'with --compat seed the original decides what is trained on' })
  const base = options.compat === 'seed' ? ORIGINAL_TRAINING : BOT_TRAINING
  const { seed, threads, trainOn } = options
  return { ...base, params, seed, threads, signal: ctx.signal, ...(trainOn === undefined ? {} : { sampling: trainOn }) }
}
