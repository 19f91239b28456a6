import { ORIGINAL_TRAINING, ORIGINAL_TUNING } from '@cointrader/models/bot/compat/trading-bot'
import {
  BOT_PARAMS,
  BOT_TRAINING,
  type BotTuneRequest,
  botRows,
  foldPool,
  readTunedParams,
  TUNE_RULES,
  trainBotFold,
  tuneBot,
  tuneDocument,
} from '@cointrader/models/bot/index'
import { memoryResults } from '@cointrader/models/tune/index'
import { describe, expect, it } from 'vitest'
import { madeTable, withColumn } from './support.js'

const table = madeTable({ rows: 1600, seed: 6, skill: 1 })
const rows = botRows(table)
/** Fewer trees than in earnest, to be quick. */
const quick = TUNE_RULES.space.map((d) => (d.name === 'n_estimators' ? { ...d, bounds: [10, 40] as const } : d))
const base: BotTuneRequest = {
  rows,
  options: { ...BOT_TRAINING, leastRows: 100 },
  trials: 4,
  folds: 2,
  baseline: { ...BOT_PARAMS, n_estimators: 30 },
  dataId: 'made',
  rules: { ...TUNE_RULES, space: quick },
}
const facts = { timestamp: '2026-01-01T00:00:00.000Z', dataPath: 'data', minRecall: 0.35, elapsedSec: 1 }

describe('tuneBot', () => {
  it('is the same for any number of workers, and after a kill', async () => {
    const whole = await tuneBot(base)
    const pool = foldPool(2)
    try {
      expect(await tuneBot({ ...base, workers: 2, score: (task) => pool.run(task) })).toEqual(whole)
    } finally {
      await pool.close()
    }
    const store = memoryResults()
    let left = 2
    const killed = tuneBot({
      ...base,
      store,
      onTrial: () => {
        if (--left === 0) throw new Error('killed')
      },
    })
    await expect(killed).rejects.toThrow('killed')
    let reused = 0
    const resumed = await tuneBot({ ...base, store, onTrial: (_, again) => (reused += again ? 1 : 0) })
    expect(resumed).toEqual(whole)
    expect(reused).toBeGreaterThanOrEqual(2)
  })

  it('never sees the test: other outcomes there leave every trial as it was', async () => {
    const seen = await tuneBot(base)
    const from = rows.times[1280]
    const flipped = withColumn(table, 'label', (y, r) => (rows.times[r] >= from ? 1 - y : y))
    const other = await tuneBot({ ...base, rows: botRows(flipped) })
    expect(other.trials).toEqual(seen.trials)
    expect(other.best).toEqual(seen.best)
    expect(other.test).not.toEqual(seen.test)
    expect(other.promotion.promote).toBe(false)
  })

  it('writes the document of TB-04.9, which training reads back', async () => {
    const result = await tuneBot(base)
    const document = tuneDocument(result, facts) as Record<string, never>
    expect(Object.keys(document)).toEqual(
      expect.arrayContaining([
        'timestamp',
        'data_path',
        'min_recall_constraint',
        'n_trials_total',
        'n_trials_complete',
        'elapsed_sec',
        'baseline',
        'best_trial',
        'all_trials',
      ]),
    )
    const params = readTunedParams(JSON.stringify(document), 'file')
    for (const [name, x] of Object.entries(result.best.params))
      expect(params[name as keyof typeof params]).toBeCloseTo(x, 5)
    const trained = await trainBotFold({ table, options: { ...base.options, params } })
    expect(trained.model.bestIteration).toBeLessThanOrEqual(params.n_estimators)
    const alone = await tuneBot({ ...base, baseline: null })
    expect(alone.promotion).toEqual({ promote: false, reason: 'no baseline was measured' })
    expect((tuneDocument(alone, facts) as { baseline: unknown }).baseline).toBeNull()
  })

  it('refuses folds with too few positives to be scored', async () => {
    const few = botRows(withColumn(table, 'label', (y, r) => (r % 40 === 0 ? 1 : 0 * y)))
    await expect(tuneBot({ ...base, rows: few })).rejects.toThrow('no fold has 30 positives')
  })

  it('runs by the original rules', async () => {
    const scale = ORIGINAL_TUNING.space.filter((d) => d.name === 'weight_scale')
    const originalQuick = { ...ORIGINAL_TUNING, space: [...quick, ...scale] }
    const result = await tuneBot({ ...base, trials: 2, folds: 5, options: ORIGINAL_TRAINING, rules: originalQuick })
    expect(result.best.folds.length).toBe(4)
    expect(result.best.params.weight_scale).not.toBe(1)
    expect(result.test).toBeNull()
  })
})
