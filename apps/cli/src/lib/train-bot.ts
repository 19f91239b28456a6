/** `cointrader train bot`: the trading bot's classifier (TB-04.5 … TB-04.7), trained, judged and stored. */
import { join, resolve } from 'node:path'
import { EXIT, type ExitCode, type Json } from '@cointrader/core'
import { saveModel, schemaHash } from '@cointrader/models'
import { ORIGINAL_WALK } from '@cointrader/models/bot/compat/trading-bot'
import {
  type AblationResult,
  ablateBot,
  type BotFoldResult,
  type BotMetrics,
  type BotTraining,
  botFiles,
  type CompareResult,
  compareBot,
  trainBotRows,
  WALK_RULES,
  type WalkResult,
  walkForwardBot,
} from '@cointrader/models/bot/index'
import type { Context } from '../context.js'
import type { BotCommand } from './bot-flags.js'
import { type BotData, botName, botTraining, loadBotData, loadBotParams } from './train-bot-data.js'
import { ablationText, compareText, trainingText, walkText } from './train-bot-report.js'

interface Judged {
  readonly training: BotFoldResult
  readonly walk?: WalkResult
  readonly ablation?: AblationResult
  readonly compare?: CompareResult
}

/** Trains, judges as asked, stores the model with its report, and prints it. */
export async function runTrainBot(options: BotCommand, ctx: Context): Promise<ExitCode> {
  const original = options.compat === 'seed'
  const data = await loadBotData(options, ctx)
  const { params, from } = await loadBotParams(options, ctx)
  const training = botTraining(options, params, ctx)
  announce(options, data, from, ctx)
  const judged = await judgeAll(options, data, training, ctx)
  ctx.progress.end()
  const stored = await store(options, data, training, judged, ctx)
  ctx.print(`\n${trainingText(judged.training, original)}`)
  if (judged.walk) ctx.print(`\n${walkText(judged.walk, options.wfSplits, original)}`)
  if (judged.ablation) ctx.print(`\n${ablationText(judged.ablation, original)}`)
  if (judged.compare) ctx.print(`\n${compareText(judged.compare, original)}`)
  ctx.print(`\nmodel: ${stored.folder}`)
  ctx.printJson({ folder: stored.folder, model: stored.manifest, report: stored.report })
  return EXIT.done
}

function announce(options: BotCommand, { rows, empty }: BotData, from: string | null, ctx: Context): void {
  const signal = rows.signal.reduce((n, s) => n + s, 0)
  const rules = options.compat === 'seed' ? 'the original, with its defects (--compat seed)' : 'default'
  ctx.print(
    `${options.symbol}: ${rows.rows} rows (${signal} signal, ${rows.rows - signal} from HOLD bars); rules: ${rules}`,
  )
  ctx.print(`parameters: ${from ?? 'defaults'}`)
  for (const [name, why] of Object.entries(empty)) ctx.print(`no data for ${name}: ${why}`)
}

async function judgeAll(options: BotCommand, data: BotData, training: BotTraining, ctx: Context): Promise<Judged> {
  const original = options.compat === 'seed'
  const rules = original ? ORIGINAL_WALK : WALK_RULES
  const { rows } = data
  ctx.progress.total(1 + [options.wf, options.ablation, options.compare].filter(Boolean).length)
  const step = async <T>(label: string, run: () => Promise<T>): Promise<T> => {
    ctx.signal.throwIfAborted()
    const result = await run()
    ctx.progress.advance(1, label)
    return result
  }
  const trained = await step('train', () => trainBotRows(rows, training))
  const out: { -readonly [K in keyof Judged]: Judged[K] } = { training: trained }
  if (options.wf) out.walk = await step('walk-forward', () => walkForwardBot(rows, training, options.wfSplits, rules))
  if (options.ablation) out.ablation = await step('ablation', () => ablateBot(rows, training, options.wfSplits, rules))
  if (options.compare) {
    // Only the original's comparison sees open interest and funding (D-13); by default all rows have them.
    const compared = original ? (await loadBotData(options, ctx, true)).rows : rows
    out.compare = await step('compare', () => compareBot(compared, training))
  }
  return out
}

/** Writes the model folder: trees, threshold, report. */
async function store(options: BotCommand, data: BotData, training: BotTraining, judged: Judged, ctx: Context) {
  const { model, threshold, chosen, rows, metrics } = judged.training
  const root = resolve(options.modelsDir)
  const original = options.compat === 'seed'
  const { signal: _, threads: __, ...settings } = training
  const params: Json = JSON.parse(JSON.stringify(settings))
  const known = model.features.map((f) => data.facts[f]?.knownAtMinutes ?? 0)
  const report: Json = JSON.parse(
    JSON.stringify({
      symbol: options.symbol,
      compat: options.compat ?? null,
      leadsWith: original ? 'all' : 'signal',
      allRowsNote: original ? 'inflated by HOLD rows (D-11)' : 'with HOLD rows, on which no bet is made',
      threshold,
      chosen,
      rows,
      trees: model.bestIteration,
      features: model.features,
      dead: model.dead,
      importance: model.importance,
      metrics,
      walkForward: judged.walk ?? null,
      ablation: judged.ablation ?? null,
      compare: judged.compare ?? null,
    }),
  )
  const manifest = await saveModel(
    ctx.disk,
    root,
    {
      family: 'bot',
      name: botName(options),
      codeVersion: ctx.codeVersion,
      seed: options.seed,
      label: { name: 'label', unit: '1 won, 0 lost', looksUntilMinutes: data.facts.label?.looksUntilMinutes ?? 0 },
      features: model.features,
      schemaHash: schemaHash(model.features, (name) => data.facts[name]),
      knownAtMinutes: Math.max(...known),
      params,
      data: { inputs: data.inputs, rows: { ...rows } },
      metrics: { threshold, valid: headline(metrics.valid, original), test: headline(metrics.test, original) },
      bestIteration: model.bestIteration,
    },
    [
      ...botFiles(model, threshold, original ? 'zero' : 'trained'),
      { name: 'report.json', bytes: `${JSON.stringify(report, null, 1)}\n` },
    ],
  )
  return { manifest, folder: join(root, botName(options), manifest.version), report }
}

/** The figures a list of models shows; the leading one first. */
function headline(metrics: BotMetrics | null, original: boolean): Json {
  if (metrics === null) return null
  const one = (key: 'signal' | 'all'): Json => {
    const { auc, precision, recall, uplift } = metrics[key]
    return { auc, precision, recall, uplift }
  }
  return original ? { all: one('all'), signal: one('signal') } : { signal: one('signal'), all: one('all') }
}
