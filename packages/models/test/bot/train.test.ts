import { writeText } from '@cointrader/lightgbm-wasm'
import {
  ablateBot,
  BOT_PARAMS,
  BOT_TRAINING,
  type BotTraining,
  botRows,
  compareBot,
  predictBot,
  splitBotRows,
  trainBotFold,
  walkForwardBot,
} from '@cointrader/models/bot/index'
import { auc } from '@cointrader/models/evaluation/index'
import { describe, expect, it } from 'vitest'
import { madeTable, withColumn } from './support.js'

const quick: BotTraining = { ...BOT_TRAINING, params: { ...BOT_PARAMS, n_estimators: 40 }, earlyStopping: 20 }
const table = madeTable({ rows: 3000, seed: 1, skill: 1.5 })

describe('trainBotFold', () => {
  it('finds what is there to be found, on rows it has not seen', async () => {
    const { metrics, model, rows } = await trainBotFold({ table, options: quick })
    expect(metrics.test!.signal.auc).toBeGreaterThan(0.7)
    expect(metrics.test!.signal.aucInterval![0]).toBeGreaterThan(0.6)
    expect(metrics.test!.signal.uplift).toBeGreaterThan(0.1)
    expect(model.importance[0].feature).toBe('rsi')
    expect(model.dead).toEqual(['oi_change', 'oi_change_ma5', 'oi_price_spread'])
    expect(model.mayMiss).toEqual(['funding_rate'])
    expect(rows.learnt).toBeLessThan(rows.train)
    const none = await trainBotFold({ table: madeTable({ rows: 3000, seed: 2, skill: 0 }), options: quick })
    const [low, high] = none.metrics.test!.signal.aucInterval!
    expect(low).toBeLessThan(0.5)
    expect(high).toBeGreaterThan(0.5)
  })

  it('is the same for a seed whatever the threads, and its figures follow from its probabilities', async () => {
    const one = await trainBotFold({ table, options: quick, seed: 5 })
    const two = await trainBotFold({ table, options: quick, seed: 5, threads: 2 })
    const text = (r: typeof one): string => writeText(r.model.model).replace(/\[num_threads: \d+\]/, '')
    expect(text(two)).toBe(text(one))
    expect(two.metrics).toEqual(one.metrics)
    const other = await trainBotFold({ table, options: quick, seed: 6 })
    expect(text(other)).not.toBe(text(one))
    const rows = botRows(table)
    const { test } = splitBotRows(rows, quick)
    const signal = test.filter((r) => rows.signal[r] === 1)
    const p = predictBot(one.model, rows, signal)
    const y = Float64Array.from(signal, (r) => rows.label[r])
    expect(one.metrics.test!.signal.auc).toBe(auc(p, y))
    const entered = p.filter((x) => x >= one.threshold).length
    expect(one.metrics.test!.signal.entered).toBe(entered)
  })

  it('serves a backtester: no test part, all rows train or validate', async () => {
    const result = await trainBotFold({ table, options: { ...quick, testShare: 0 } })
    expect(result.metrics.test).toBeNull()
    expect(result.rows.train + result.rows.valid + result.rows.purged).toBe(3000)
    const all = await trainBotFold({
      table,
      options: { ...quick, testShare: 0, validShare: 0, fallbackThreshold: 0.55 },
    })
    expect([all.rows.train, all.threshold, all.chosen]).toEqual([3000, 0.55, null])
  })

  it('refuses bad input by name', async () => {
    const train = (t: typeof table, options: Partial<BotTraining> = {}) =>
      trainBotFold({ table: t, options: { ...quick, ...options } })
    await expect(train(withColumn(table, 'label', () => 1))).rejects.toThrow('of one class')
    await expect(
      train(
        withColumn(table, 'label', () => 0),
        { earlyStopping: 0 },
      ),
    ).rejects.toThrow('rows are lost')
    await expect(train(withColumn(table, 'label', () => 2))).rejects.toThrow('label 2')
    await expect(train(withColumn(table, 'rsi', (x, r) => (r === 7 ? 1 / 0 : x)))).rejects.toThrow('rsi is infinite')
    await expect(train(withColumn(table, 'weight', () => -1))).rejects.toThrow('weight -1')
    await expect(train(withColumn(table, 'start_time_ms', () => 5))).rejects.toThrow('not later than')
    await expect(train(madeTable({ rows: 300, seed: 1, skill: 1 }))).rejects.toThrow('at least 200 are needed')
    await expect(train(madeTable({ rows: 0, seed: 1, skill: 1 }))).rejects.toThrow('no rows')
    await expect(train(table, { exclude: ['rsy' as 'rsi'] })).rejects.toThrow('feature rsy')
    await expect(train(table, { threshold: { minRecall: 0.15, minCalled: 5000 } })).rejects.toThrow('no probability')
    await expect(train(table, { params: { ...BOT_PARAMS, num_leaves: 1 } })).rejects.toThrow('E_USAGE')
    await expect(train(table, { signal: AbortSignal.abort() })).rejects.toThrow('E_INTERRUPTED')
  })

  it('leaves out a feature without any value, and gives it no say', async () => {
    const dead = withColumn(table, 'adx', () => Number.NaN)
    const { model } = await trainBotFold({ table: dead, options: quick })
    expect(model.features).not.toContain('adx')
    expect(model.dead).toContain('adx')
  })
})

describe('walk-forward, ablation, comparison', () => {
  it('judges every fold by a threshold chosen before it', async () => {
    const rows = botRows(table)
    const walk = await walkForwardBot(rows, quick, 4)
    expect(walk.folds.length).toBe(4)
    expect(walk.signal.auc.mean).toBeGreaterThan(0.65)
    // Other outcomes in the last test change its figures, and neither its model nor its threshold.
    const last = walk.folds[3]
    const flipped = withColumn(table, 'label', (y, r) => (rows.times[r] >= last.from ? 1 - y : y))
    const other = (await walkForwardBot(botRows(flipped), quick, 4)).folds[3]
    expect(other.threshold).toBe(last.threshold)
    expect(other.trees).toBe(last.trees)
    expect(other.metrics.signal.auc).toBeCloseTo(1 - last.metrics.signal.auc!, 12)
  })

  it('ablation sees no loss where points and side say nothing, and skill where there is some', async () => {
    const result = await ablateBot(botRows(table), quick, 3)
    expect(result.sets.map((s) => s.without.length)).toEqual([0, 1, 2])
    expect(Math.abs(result.drops.signal.ac!)).toBeLessThan(0.05)
    expect(result.verdict).toBe('useful')
    expect(result.skill).toBe(true)
    expect(result.importance[0].feature).toBe('rsi')
    const without = await ablateBot(botRows(madeTable({ rows: 2400, seed: 9, skill: 0 })), quick, 3)
    expect(without.skill).toBe(false)
  })

  it('comparison names features without data, and finds the worth of one that has', async () => {
    const rows = botRows(table)
    const same = await compareBot(rows, quick)
    expect(same.dead).toEqual(['oi_change_ma5', 'oi_price_spread'])
    expect(same.deltas.auc).toBe(0)
    const worth = await compareBot(rows, quick, ['rsi'])
    expect(worth.judgedOn).toBe('test')
    expect(worth.deltas.auc).toBeGreaterThan(0.15)
  })
})
