/** `cointrader tune bot`: hyper-parameters of the trading bot's classifier (TB-04.9). */
import { join, resolve } from 'node:path'
import { EXIT, type ExitCode, type Json, utcText } from '@cointrader/core'
import { ORIGINAL_TUNING, originalPromotes } from '@cointrader/models/bot/compat/trading-bot'
import { type BotTuneResult, foldPool, TUNE_RULES, tuneBot, tuneDocument } from '@cointrader/models/bot/index'
import { diskResults } from '@cointrader/models/tune/index'
import type { Context } from '../context.js'
import { textTable } from '../table.js'
import type { TuneBotCommand } from './bot-flags.js'
import { ACTIVE_PARAMS, botName, botTraining, loadBotData, loadBotParams } from './train-bot-data.js'
import { figures, metricsText } from './train-bot-report.js'

/** Searches, writes the result file, and with `--promote` the parameters in use. A killed run goes on where it stopped. */
export async function runTuneBot(options: TuneBotCommand, ctx: Context): Promise<ExitCode> {
  const original = options.compat === 'seed'
  const started = ctx.clock.now()
  const data = await loadBotData(options, ctx)
  const { params, from } = await loadBotParams(options, ctx)
  const folder = join(resolve(options.modelsDir), botName(options))
  ctx.print(`${options.symbol}: ${data.rows.rows} rows; baseline: ${options.baseline ? (from ?? 'defaults') : 'none'}`)
  ctx.progress.total(options.trials)
  const pool = foldPool(options.workers)
  const result = await tuneBot({
    rows: data.rows,
    options: botTraining(options, params, ctx),
    trials: options.trials,
    folds: options.folds,
    minRecall: options.minRecall,
    baseline: options.baseline ? params : null,
    dataId: data.id,
    store: diskResults(ctx.disk, join(folder, 'tuning')),
    rules: original ? ORIGINAL_TUNING : TUNE_RULES,
    workers: options.workers,
    score: (task) => pool.run(task),
    onTrial: (t) => ctx.progress.advance(1, t.score === null ? t.state : `score ${t.score.toFixed(4)}`),
  }).finally(() => pool.close())
  ctx.progress.end()
  const now = ctx.clock.now()
  const document = tuneDocument(result, {
    timestamp: new Date(now).toISOString(),
    dataPath: resolve(options.data),
    minRecall: options.minRecall,
    elapsedSec: (now - started) / 1000,
  })
  const text = `${JSON.stringify(document, null, 2)}\n`
  const path = join(folder, `tune_results_${stamp(now)}.json`)
  await ctx.disk.writeAtomic(path, text)
  const may = original ? originalPromotes(result.baseline, result.best) : result.promotion.promote
  const promoted = options.promote === true && may
  if (promoted) await putInUse(folder, text, ctx)
  print(result, original, ctx)
  const reason = original ? 'the original promotes any higher score' : result.promotion.reason
  ctx.print(`\npromotion: ${promoted ? 'done' : may ? 'allowed, give --promote' : 'no'} (${reason})\nresults: ${path}`)
  ctx.printJson({ path, promoted, result: document as Json })
  return EXIT.done
}

/** The parameters in use are kept as `…_prev.json` before they are replaced. */
async function putInUse(folder: string, text: string, ctx: Context): Promise<void> {
  const active = join(folder, ACTIVE_PARAMS)
  const before = await ctx.disk.read(active)
  if (before !== undefined) await ctx.disk.writeAtomic(active.replace(/\.json$/, '_prev.json'), before)
  await ctx.disk.writeAtomic(active, text)
}

/** `YYYYmmdd_HHMMSS`, UTC. */
function stamp(ms: number): string {
  const [date, time] = utcText(ms).split(/[ T]/)
  return `${date.replaceAll('-', '')}_${time.replace(/[^0-9]/g, '').slice(0, 6)}`
}

function print({ baseline, best, trials, test }: BotTuneResult, original: boolean, ctx: Context): void {
  const states = (state: string): number => trials.filter((t) => t.state === state).length
  const rows = [
    ...(baseline === null ? [] : [['baseline', baseline] as const]),
    [`trial ${best.number}`, best] as const,
  ]
  ctx.print(
    `\n${trials.length} trials: ${states('complete')} complete, ${states('pruned')} pruned, ${states('failed')} failed; scored on ${figures(original)[0][1]}`,
  )
  ctx.print(
    textTable(
      ['', 'score', 'precision by fold', 'positives by fold'],
      rows.map(([name, p]) => [
        name,
        p.score.toFixed(4),
        p.folds.map((f) => (f.scored ? f.precision.toFixed(3) : '-')).join(' '),
        p.folds.map((f) => f.positives).join(' '),
      ]),
    ),
  )
  ctx.print(`parameters: ${JSON.stringify(best.params)}`)
  if (test === null) return
  if (test.baseline !== null) ctx.print(`\ntest, baseline:\n${metricsText(test.baseline, original)}`)
  ctx.print(`\ntest, best, looked at after the choice:\n${metricsText(test.best, original)}`)
}
