/**
 * The figures of TB-04.6 and TB-04.7 for XRP. They were made with NumPy's draws of HOLD rows; ours are others of the same
 * kind, so the figures are compared as means over seeds, within the bands of the specification.
 */
import { ORIGINAL_TABLE } from '@cointrader/features/bot/compat/trading-bot'
import { BOT_TABLE_DEFAULTS, type BotBars, buildBotTable, readBars } from '@cointrader/features/bot/index'
import { ORIGINAL_TRAINING, ORIGINAL_WALK } from '@cointrader/models/bot/compat/trading-bot'
import { ablateBot, BOT_TRAINING, botRows, trainBotFold, walkForwardBot } from '@cointrader/models/bot/index'
import { nodeDisk } from '@cointrader/store'
import { beforeAll, describe, expect, it } from 'vitest'
import { shared } from './support.js'

const data = shared('data/binance-15m')
const SEEDS = [42, 1, 2]

describe.skipIf(data === undefined)('XRP', () => {
  let bars: BotBars
  beforeAll(async () => {
    bars = (await readBars(nodeDisk, data!, 'XRPUSDT')).bars
  })

  it('compat: 12,088 rows (3,022 signal), AUC 0.924, on signal rows 0.529, ablation 0.924/0.841/0.835', async () => {
    const { oiChange: _, fundingRate: __, ...plain } = bars
    const means = { signal: 0, A: 0, B: 0, C: 0 }
    for (const seed of SEEDS) {
      const table = buildBotTable({ symbol: 'XRPUSDT', bars: plain, options: { ...ORIGINAL_TABLE, seed } })
      const rows = botRows(table)
      expect(rows.rows).toBe(12_088)
      expect(rows.signal.reduce((a, b) => a + b, 0)).toBe(3022)
      const { sets } = await ablateBot(rows, { ...ORIGINAL_TRAINING, seed }, 5, ORIGINAL_WALK)
      for (const s of sets) {
        expect(s.folds).toBe(4)
        means[s.name] += s.all.mean! / SEEDS.length
      }
      means.signal += sets[0].signal.mean! / SEEDS.length
    }
    console.log(`XRP, means of ${SEEDS.length} seeds: ${JSON.stringify(means)}`)
    expect(Math.abs(means.A - 0.924)).toBeLessThan(0.02)
    expect(Math.abs(means.signal - 0.529)).toBeLessThan(0.04)
    expect(Math.abs(means.B - 0.841)).toBeLessThan(0.02)
    expect(Math.abs(means.C - 0.835)).toBeLessThan(0.02)
  })

  it('default: five folds, every part purged, and no skill claimed on signal rows', async () => {
    const table = buildBotTable({ symbol: 'XRPUSDT', bars, options: BOT_TABLE_DEFAULTS })
    const walk = await walkForwardBot(botRows(table), BOT_TRAINING, 5)
    expect(walk.folds.length).toBe(5)
    expect(Math.abs(walk.signal.auc.mean! - 0.5)).toBeLessThan(0.05)
    const { metrics, model } = await trainBotFold({ table })
    expect(metrics.test!.signal.aucInterval![0]).toBeLessThan(0.5)
    // Open interest is 0 in every row of the file (D-17).
    expect(model.dead).toEqual(['oi_change', 'oi_change_ma5', 'oi_price_spread'])
  })
})
