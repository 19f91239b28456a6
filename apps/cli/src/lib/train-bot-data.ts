/** Bars and parameters that `train bot` and `tune bot` share. */
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
} from '@cointrader/models/bot/index'
import type { Context } from '../context.js'
import type { BotDataOptions } from './bot-flags.js'

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
