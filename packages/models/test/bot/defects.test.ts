/**
 * The defects of TB-12 that concern the classifier. Each test states what is right, shows that the original's rules
 * (compat) break it, and that the default keeps it.
 */

import { seededRandom } from '@cointrader/core'
import { ORIGINAL_TABLE } from '@cointrader/features/bot/compat/trading-bot'
import {
  BOT_FEATURE_NAMES,
  BOT_TABLE_DEFAULTS,
  type BotTableOptions,
  buildBotTable,
  stopTargetLabels,
} from '@cointrader/features/bot/index'
import { writeText } from '@cointrader/lightgbm-wasm'
import {
  ORIGINAL_SPACE,
  ORIGINAL_TRAINING,
  ORIGINAL_TUNING,
  ORIGINAL_WALK,
  originalPromotes,
  originalRunningScore,
} from '@cointrader/models/bot/compat/trading-bot'
import {
  alignedScore,
  BOT_PARAMS,
  BOT_SPACE,
  BOT_TRAINING,
  type BotMetrics,
  type BotTraining,
  botFiles,
  botRows,
  type FoldScore,
  makeFilter,
  predictBot,
  promotionOf,
  sampleBotRows,
  splitBotRows,
  TUNE_RULES,
  trainBotFold,
  WALK_RULES,
  walkForwardBot,
} from '@cointrader/models/bot/index'
import { boundsOf, type Space } from '@cointrader/models/tune/index'
import type { Table } from '@cointrader/store'
import { describe, expect, it } from 'vitest'
import { madeTable, market, withColumn } from './support.js'

const small = { params: { ...BOT_PARAMS, n_estimators: 60 }, earlyStopping: 20 }
const compat: BotTraining = { ...ORIGINAL_TRAINING, ...small }
const byDefault: BotTraining = { ...BOT_TRAINING, ...small }

const bars = market(9000, 3)
const tableOf = (options: BotTableOptions): Table => buildBotTable({ symbol: 'TESTUSDT', bars, options })
const original = tableOf(ORIGINAL_TABLE)
const mended = tableOf(BOT_TABLE_DEFAULTS)

describe('D-11: on a market that cannot be foreseen, no figure may say that it can', () => {
  it('compat: the all-rows AUC is high only because HOLD rows are recognised', async () => {
    const { all, signal } = await walkForwardBot(botRows(original), compat, 5, ORIGINAL_WALK)
    expect(all.auc.mean).toBeGreaterThan(0.85)
    expect(Math.abs(signal.auc.mean! - 0.5)).toBeLessThan(0.06)
  })

  it('default: no AUC leaves chance, and HOLD rows are neither learnt from nor chosen on', async () => {
    const rows = botRows(mended)
    const walk = await walkForwardBot(rows, byDefault, 5)
    expect(Math.abs(walk.all.auc.mean! - 0.5)).toBeLessThan(0.06)
    expect(Math.abs(walk.signal.auc.mean! - 0.5)).toBeLessThan(0.06)
    const first = await trainBotFold({ table: mended, options: byDefault })
    // Other outcomes of the HOLD rows change nothing that is decided, and nothing that is said of signal rows.
    const other = await trainBotFold({
      table: withColumn(mended, 'label', (y, r) => (rows.signal[r] === 1 ? y : 1 - y)),
      options: byDefault,
    })
    expect(writeText(other.model.model)).toBe(writeText(first.model.model))
    expect(other.threshold).toBe(first.threshold)
    expect(other.metrics.test!.signal).toEqual(first.metrics.test!.signal)
  })
})

describe('D-14: what is reported was not chosen on, and the threshold that was chosen is used', () => {
  const table = madeTable({ rows: 3000, seed: 1, skill: 1 })
  const rows = botRows(table)
  /** Flips the outcomes in the last fifth: the part that is reported. */
  const decided = async (options: BotTraining) => {
    const from = rows.times[Math.floor(3000 * 0.8)]
    const before = await trainBotFold({ table, options })
    const after = await trainBotFold({
      table: withColumn(table, 'label', (y, r) => (rows.times[r] >= from ? 1 - y : y)),
      options,
    })
    return { before, after }
  }

  it('compat: the reported rows decide on the trees and the threshold, and border on the training rows', async () => {
    const { before, after } = await decided(compat)
    expect(before.metrics.test).toBeNull()
    expect(after.threshold).not.toBe(before.threshold)
    const { train, valid } = splitBotRows(rows, compat)
    expect(train.some((r) => rows.looksUntil[r] > rows.times[valid[0]])).toBe(true)
  })

  it('default: the test decides nothing, no label looks across a border, and the threshold is stored', async () => {
    const { before, after } = await decided(byDefault)
    expect(writeText(after.model.model)).toBe(writeText(before.model.model))
    expect(after.threshold).toBe(before.threshold)
    expect(after.metrics.test!.signal.auc).toBeCloseTo(1 - before.metrics.test!.signal.auc!, 12)
    const { train, valid, test } = splitBotRows(rows, byDefault)
    expect(train.every((r) => rows.looksUntil[r] <= rows.times[valid[0]])).toBe(true)
    expect(valid.every((r) => rows.looksUntil[r] <= rows.times[test[0]])).toBe(true)
    const serving = botFiles(before.model, before.threshold).find((f) => f.name === 'serving.json')!
    expect(JSON.parse(String(serving.bytes)).threshold).toBe(before.threshold)
  })
})

describe('D-15: as many folds as asked for, over all rows, purged by the end of labels', () => {
  const rows = botRows(madeTable({ rows: 2000, seed: 1, skill: 0, every: 40 }))

  it('compat: one fold is lost, the newest rows are never tested, and 24 rows are 40 times their need', () => {
    const folds = ORIGINAL_WALK.layFolds(rows, 5)
    expect(folds.length).toBe(4)
    expect(folds.at(-1)!.test.at(-1)).toBeLessThan(1999 - 24)
    // Rows lie 40 bars apart, labels look 25 bars ahead: nothing needs to go.
    for (const { train, test } of folds) {
      const gap = rows.times[test[0]] - rows.times[train.at(-1)!]
      expect(gap).toBeGreaterThan(24 * 25 * 900_000)
    }
  })

  it('default: all folds, the last row is tested, and only rows that look across are taken out', () => {
    const folds = WALK_RULES.layFolds(rows, 5)
    expect(folds.length).toBe(5)
    expect(folds.at(-1)!.test.at(-1)).toBe(1999)
    for (const { purged } of folds) expect(purged).toBe(0)
    const dense = botRows(madeTable({ rows: 2000, seed: 1, skill: 0, every: 1 }))
    for (const { train, test, purged } of WALK_RULES.layFolds(dense, 5)) {
      expect(purged).toBeGreaterThan(0)
      expect(train.every((r) => dense.looksUntil[r] <= dense.times[test[0]])).toBe(true)
    }
  })
})

describe('D-18: tuning', () => {
  const table = madeTable({ rows: 2000, seed: 2, skill: 1 })
  const treesWith = async (options: BotTraining, subsample: number): Promise<string> => {
    const { model } = await trainBotFold({
      table,
      options: { ...options, params: { ...options.params, subsample }, earlyStopping: 0 },
    })
    return writeText(model.model).split('\nparameters:')[0]
  }

  it('compat: subsample has no effect; default: it has', async () => {
    expect(await treesWith(compat, 0.5)).toBe(await treesWith(compat, 0.9))
    expect(await treesWith(byDefault, 0.5)).not.toBe(await treesWith(byDefault, 0.9))
  })

  it('compat: 7 leaves at depth 2; default: never more than 2^depth - 1', () => {
    const most = (space: Space, max_depth: number): number =>
      boundsOf(space.find((d) => d.name === 'num_leaves')!, { max_depth })[1]
    expect(most(ORIGINAL_SPACE, 2)).toBe(7)
    for (let depth = 2; depth <= 7; depth++) expect(most(BOT_SPACE, depth)).toBeLessThanOrEqual(2 ** depth - 1)
    expect([most(BOT_SPACE, 2), most(BOT_SPACE, 7)]).toEqual([3, 31])
  })

  it('compat: weight_scale is searched; default: it is not', () => {
    const names = (space: Space): string[] => space.map((d) => d.name)
    expect(names(ORIGINAL_SPACE)).toContain('weight_scale')
    expect(names(BOT_SPACE)).not.toContain('weight_scale')
  })

  it('compat: after a skipped fold precision is paired with the AUC of another fold; default: with its own', () => {
    const fold = (precision: number, auc: number, scored: boolean): FoldScore => ({
      precision,
      auc,
      scored,
      recall: 0.4,
      threshold: 0.5,
      positives: scored ? 50 : 1,
    })
    const folds = [fold(0, 0.9, false), fold(0.6, 0.5, true)]
    expect(alignedScore(folds)).toBeCloseTo(0.6 + 0.001 * 0.5, 12)
    expect(originalRunningScore(folds)).toBeCloseTo(0.6 + 0.001 * 0.9, 12)
  })

  it('compat: 3 positives make a precision, and any higher score is promoted; default: 30, and the test must agree', () => {
    expect([ORIGINAL_TUNING.minPositives, TUNE_RULES.minPositives]).toEqual([3, 30])
    const point = (score: number, precisions: number[]) => ({
      score,
      folds: precisions.map((precision) => ({
        precision,
        auc: 0.5,
        recall: 0.4,
        threshold: 0.5,
        positives: 50,
        scored: true,
      })),
    })
    const uplift = (x: number) => ({ signal: { uplift: x } }) as unknown as BotMetrics
    const lucky = point(0.6, [0.9, 0.5, 0.4])
    const base = point(0.5, [0.5, 0.5, 0.5])
    expect(originalPromotes(base, lucky)).toBe(true)
    expect(promotionOf(base, lucky, { baseline: uplift(0), best: uplift(0.1) })).toMatchObject({ promote: false })
    const steady = point(0.6, [0.6, 0.6, 0.6])
    expect(promotionOf(base, steady, { baseline: uplift(0), best: uplift(-0.1) }).promote).toBe(false)
    expect(promotionOf(base, steady, { baseline: uplift(0.2), best: uplift(0.1) }).promote).toBe(false)
    expect(promotionOf(null, steady, { baseline: null, best: uplift(0.1) }).promote).toBe(false)
    expect(promotionOf(base, steady, { baseline: uplift(0), best: uplift(0.1) }).promote).toBe(true)
  })
})

describe('D-19: no made-up outcomes', () => {
  /** Rows whose label is not what price did, among the HOLD rows that would be learnt from. */
  const madeUp = (table: Table, options: BotTraining, noHit: 'time-exit' | 'loss'): number => {
    const rows = botRows(table)
    const all = Int32Array.from({ length: rows.rows }, (_, r) => r)
    const learnt = sampleBotRows(rows, all, options.sampling, seededRandom(1))
    const atr = Float64Array.from(trueAtr())
    const labels = {
      1: stopTargetLabels(bars, atr, 1, { stopAtr: 2, targetAtr: 2, horizon: 24, noHit }),
      0: stopTargetLabels(bars, atr, -1, { stopAtr: 2, targetAtr: 2, horizon: 24, noHit }),
    }
    const held = learnt.filter((r) => rows.signal[r] === 0)
    return held.filter((r) => {
      const bar = Math.round((rows.times[r] - bars.times[0]) / bars.intervalMs)
      return labels[rows.features.side[r] as 0 | 1].label[bar] !== rows.label[r]
    }).length
  }

  it('compat: HOLD rows are lost whatever price did', () => {
    expect(madeUp(original, compat, 'loss')).toBeGreaterThan(100)
  })

  it('default: none is learnt from; and where they are asked for, price decides', () => {
    const rows = botRows(mended)
    const all = Int32Array.from({ length: rows.rows }, (_, r) => r)
    const learnt = sampleBotRows(rows, all, byDefault.sampling, seededRandom(1))
    expect(learnt.every((r) => rows.signal[r] === 1)).toBe(true)
    expect(madeUp(mended, { ...byDefault, sampling: 'balanced' }, 'time-exit')).toBe(0)
  })
})

/** ATR(14) by its definition (TB-02.2). */
function trueAtr(): number[] {
  const { high, low, close } = bars
  const tr = Array.from(close, (_, i) =>
    i === 0
      ? high[0] - low[0]
      : Math.max(high[i] - low[i], Math.abs(high[i] - close[i - 1]), Math.abs(close[i - 1] - low[i])),
  )
  let atr = tr.slice(0, 14).reduce((a, b) => a + b, 0) / 14
  return tr.map((x, i) => {
    if (i < 13) return Number.NaN
    if (i > 13) atr = (atr * 13 + x) / 14
    return atr
  })
}

describe('D-22: a missing feature means the same in training, backtest and live', () => {
  const table = madeTable({ rows: 2000, seed: 4, skill: 1, missing: 0.5 })
  // Whether funding is missing decides the outcome, so that the two readings of it differ.
  const rows = botRows(table)
  const told = withColumn(table, 'label', (y, r) =>
    r % 5 === 0 ? y : Number.isNaN(rows.features.funding_rate[r]) ? 1 : 0,
  )
  const bar = (r: number): Float32Array => Float32Array.from(BOT_FEATURE_NAMES, (name) => rows.features[name][r])
  const index = Int32Array.from({ length: 200 }, (_, k) => 1800 + k)

  it('compat: live reads 0 where training and backtest read missing', async () => {
    const { model, threshold } = await trainBotFold({ table: told, options: compat })
    const p = predictBot(model, rows, index)
    const live = makeFilter(model, threshold, 'zero')
    const apart = Array.from(index, (r, k) => Math.abs(live(bar(r)).probability - p[k]))
    expect(Math.max(...apart)).toBeGreaterThan(0.2)
  })

  it('default: the same bits', async () => {
    const { model, threshold } = await trainBotFold({ table: told, options: byDefault })
    const p = predictBot(model, rows, index)
    const live = makeFilter(model, threshold)
    index.forEach((r, k) => {
      expect(live(bar(r)).probability).toBe(p[k])
    })
  })
})
