/** The training set of a walk-forward fold (TB-05.9, TB-04.4): what a {@link SeedTrainer} fits its model on. */
import { type Random, seededRandom } from '@cointrader/core'
import { ORIGINAL_FEATURES, ORIGINAL_TABLE } from '@cointrader/features/bot/compat/trading-bot'
import { buildBotTable } from '@cointrader/features/bot/dataset'
import { numbers, strings, type Table, takeRows } from '@cointrader/store'
import { botBarsOf } from './bars.js'
import type { SeedProfile } from './config.js'
import { thresholdsOf, tieToleranceOf } from './signals.js'
import type { SeedTraining } from './walk-forward.js'

/**
 * The rows of a fold with the thresholds and multiples of trading, without open interest and funding (D-13), under-sampled.
 * Columns as `buildBotTable`. HOLD rows are drawn by our generator, not NumPy's: the draw is alike, not equal.
 */
export function seedTrainingTable({ symbol, bars, config }: SeedTraining, profile: SeedProfile = 'ieee'): Table {
  const { oiChange: _, fundingRate: __, ...plain } = botBarsOf(bars)
  const table = buildBotTable({
    symbol,
    bars: plain,
    options: {
      ...ORIGINAL_TABLE,
      thresholds: thresholdsOf(config),
      features: { ...ORIGINAL_FEATURES, tieTolerance: tieToleranceOf(profile) },
      labels: { ...ORIGINAL_TABLE.labels, stopAtr: config.atr_sl_mult, targetAtr: config.atr_tp_mult },
      negativeRatio: config.negative_ratio,
      decay: config.time_weight_decay,
    },
  })
  return takeRows(table, seedUndersample(table, seededRandom(`42/undersample/${symbol}`)))
}

/** Rows kept by the original's under-sampling: all from signals, all won, and as many others as were won; ascending. */
export function seedUndersample(table: Table, random: Random): number[] {
  const label = numbers(table, 'label')
  const kind = strings(table, 'kind')
  const kept: number[] = []
  const held: number[] = []
  let won = 0
  for (let i = 0; i < table.rows; i++) {
    if (label[i] === 1) won++
    if (label[i] === 1 || kind[i] === 'signal') kept.push(i)
    else held.push(i)
  }
  for (let k = 0; k < Math.min(held.length, won); k++) {
    const other = k + random.int(held.length - k)
    kept.push(held[other]!)
    held[other] = held[k]!
  }
  return kept.sort((a, b) => a - b)
}
