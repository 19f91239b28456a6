/** The ML filter of a walk-forward backtest: one classifier per fold and symbol, trained on what its fold may see. */

import type { FoldWindow } from '@cointrader/backtest'
import { EXIT, fail, type Interval, isError } from '@cointrader/core'
import {
  BOT_FEATURE_NAMES,
  BOT_TABLE_DEFAULTS,
  type BotBars,
  botFeatures,
  buildBotTable,
  readBars,
  type Thresholds,
} from '@cointrader/features/bot/index'
import { makeProbability, trainBotFold } from '@cointrader/models'
import { numbers, type Table, takeRows } from '@cointrader/store'
import type { BarSet } from '@cointrader/strategies'
import type { Context } from '../context.js'

export interface MlRequest {
  readonly bars: BarSet
  readonly folder: string
  readonly interval: Interval
  readonly windows: readonly FoldWindow[]
  readonly thresholds: Thresholds
  readonly stopAtr: number
  readonly targetAtr: number
  readonly decay: number
  readonly negativeRatio: number
  readonly seed: number
}

export interface MlScores {
  /** Probability that the signal of the bar wins, by symbol of `bars`; NaN outside of test windows. */
  readonly scores: readonly Float64Array[]
  /** What was trained, in words, by fold. */
  readonly chosen: readonly string[]
}

/**
 * Trains one model per fold and symbol on rows whose label was known before the fold's test begins (purged by
 * `looks_until_ms`), and scores the bars of the test. A fold that cannot be trained refuses its entries, and says so.
 */
export async function foldScores(request: MlRequest, ctx: Context): Promise<MlScores> {
  const { bars, windows, thresholds, seed } = request
  const scores = bars.symbols.map(() => new Float64Array(bars.times.length).fill(Number.NaN))
  const words: string[][] = windows.map(() => [])
  ctx.progress.total(windows.length * bars.symbols.length)
  for (const [s, symbol] of bars.symbols.entries()) {
    const { bars: own } = await readBars(ctx.disk, request.folder, symbol, request.interval)
    const table = buildBotTable({
      symbol,
      bars: own,
      options: {
        // Looser signals than those traded, on purpose (TB-04.4): the traded ones are too few to learn from.
        thresholds: BOT_TABLE_DEFAULTS.thresholds,
        labels: { ...BOT_TABLE_DEFAULTS.labels, stopAtr: request.stopAtr, targetAtr: request.targetAtr },
        negativeRatio: request.negativeRatio,
        decay: request.decay,
        seed,
      },
    })
    const features = botFeatures(own, thresholds)
    for (const [k, window] of windows.entries()) {
      ctx.signal.throwIfAborted()
      try {
        const part = rowsBefore(table, window)
        const { model, metrics } = await trainBotFold({ table: part, options: { testShare: 0 }, seed })
        score(scores[s]!, bars, own, features.columns, window, makeProbability(model))
        const auc = metrics.valid?.signal.auc
        words[k]!.push(`${symbol}: ${part.rows} rows${auc == null ? '' : `, validation AUC ${auc.toFixed(3)}`}`)
      } catch (error) {
        if (!isError(error, 'E_TRAINING') || error.exit === EXIT.usage) throw error
        words[k]!.push(`${symbol}: no model (${error.detail})`)
      }
      ctx.progress.advance(1, `fold ${window.fold} ${symbol}`)
    }
  }
  ctx.progress.end()
  if (scores.every((x) => x.every(Number.isNaN)))
    fail('E_TRAINING', {
      subject: 'ML filter',
      detail: `no fold could be trained: ${words.flat()[0] ?? ''}`,
      next: 'give --no-ml, or longer training windows',
    })
  return { scores, chosen: words.map((w) => w.join('; ')) }
}

/** Rows inside the training window whose label ended before the test. */
function rowsBefore(table: Table, { trainStartMs, testStartMs }: FoldWindow): Table {
  const start = numbers(table, 'start_time_ms')
  const until = numbers(table, 'looks_until_ms')
  const keep: number[] = []
  for (let i = 0; i < table.rows; i++) if (start[i]! >= trainStartMs && until[i]! <= testStartMs) keep.push(i)
  return takeRows(table, keep)
}

function score(
  out: Float64Array,
  bars: BarSet,
  own: BotBars,
  columns: Readonly<Record<string, Float32Array>>,
  { testStartMs, testEndMs }: FoldWindow,
  probability: (features: Float32Array) => number,
): void {
  const row = new Float32Array(BOT_FEATURE_NAMES.length)
  for (let i = 0; i < own.times.length; i++) {
    // The decision falls at the end of the bar.
    const known = own.times[i]! + bars.intervalMs
    if (known <= testStartMs || known > testEndMs) continue
    const at = Math.round((own.times[i]! - bars.times[0]!) / bars.intervalMs)
    if (at < 0 || at >= out.length) continue
    BOT_FEATURE_NAMES.forEach((name, f) => {
      row[f] = columns[name]![i]!
    })
    out[at] = probability(row)
  }
}
