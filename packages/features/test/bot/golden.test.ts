/**
 * The trading bot's golden files (spec TB-02 … TB-04, profile `ieee`). Under compat everything is compared; of the
 * default, everything that no listed defect changes.
 */
import { readFileSync } from 'node:fs'
import {
  float32Mean,
  ORIGINAL_FEATURES,
  ORIGINAL_TABLE,
  servingFeatures,
} from '@cointrader/features/bot/compat/trading-bot'
import {
  BOT_FEATURE_NAMES,
  type BotBars,
  type BotFeature,
  botFeatures,
  botIndicators,
  buildBotTable,
  readBars,
  type Signal,
  stopTargetLabels,
  type Thresholds,
} from '@cointrader/features/bot/index'
import { nodeDisk, numbers, strings } from '@cointrader/store'
import { beforeAll, describe, expect, it } from 'vitest'
import { cell, csvText, shared } from './shared.js'

const golden = shared('data/golden/regenerated')
const data = shared('data/binance-15m')
const NAMES: Record<Signal, string> = { 1: 'LONG', [-1]: 'SHORT', 0: 'HOLD' }
const TRAINING: Thresholds = { score: 2, adx: 15, volumeMultiplier: 1.5 }

/** Equal NaNs, and |seen − wanted| at most `share` of |wanted|, or of 0.01 where that is more: z-scores go through 0. */
function expectNear(seen: number, wanted: number, share: number, place: string): void {
  if (Number.isNaN(seen) && Number.isNaN(wanted)) return
  if (Math.abs(seen - wanted) <= share * Math.max(0.01, Math.abs(wanted))) return
  expect.unreachable(`${place}: ${seen}, golden ${wanted}`)
}

const startOf = (text: string): number => Date.parse(`${text.replace(' ', 'T')}Z`)

describe.skipIf(golden === undefined || data === undefined)('golden, bot', () => {
  let bars: BotBars
  /** As the original's callers give them to training: without open interest and funding. */
  let plain: BotBars

  beforeAll(async () => {
    bars = (await readBars(nodeDisk, data!, 'XRPUSDT')).bars
    const { oiChange: _, fundingRate: __, ...rest } = bars
    plain = rest
  })

  it('indicators of the first 2,500 bars, relative 1e-9', () => {
    const wanted = csvText(`${golden}/XRPUSDT_indicators_first2500.csv.gz`)
    const seen = botIndicators(bars)
    const times = wanted.get('timestamp')!
    expect(times.length).toBe(2500)
    for (let i = 0; i < 2500; i++) expect(bars.times[i]).toBe(startOf(times[i]!))
    let columns = 0
    for (const [name, column] of Object.entries(seen)) {
      if (name === 'bb_mid') continue
      columns++
      const text = wanted.get(name)!
      for (let i = 0; i < 2500; i++) {
        const x = cell(text[i]!)
        if (Number.isNaN(x) && Number.isNaN(column[i]!)) continue
        const error = Math.abs(column[i]! - x)
        if (!(error <= 1e-9 * Math.abs(x) || error <= 1e-12))
          expect.unreachable(`${name} at ${i}: ${column[i]}, golden ${x}`)
      }
    }
    expect(columns).toBe(14)
  })

  it.each([
    ['signal_3_25_2.5', { score: 3, adx: 25, volumeMultiplier: 2.5 }],
    ['signal_3_0_1.5', { score: 3, adx: 0, volumeMultiplier: 1.5 }],
    ['signal_2_15_1.5', TRAINING],
  ] as const)('%s of the first 2,500 bars, exactly, in profile ieee', (name, thresholds) => {
    const wanted = csvText(`${golden}/XRPUSDT_indicators_first2500.csv.gz`).get(name)!
    const { signal } = botFeatures(bars, thresholds, ORIGINAL_FEATURES)
    expect(Array.from(signal.subarray(0, 2500), (s) => NAMES[s as Signal])).toEqual(wanted)
  })

  it('features and labels of the first 2,500 bars, 1e-5', () => {
    const wanted = csvText(`${golden}/XRPUSDT_features_first2500.csv.gz`)
    const seen = botFeatures(bars, TRAINING, ORIGINAL_FEATURES)
    for (const name of BOT_FEATURE_NAMES) {
      const text = wanted.get(name)!
      for (let i = 0; i < 2500; i++) expectNear(seen.columns[name][i]!, cell(text[i]!), 1e-5, `${name} at ${i}`)
    }
    const label = wanted.get('label_sl2_tp2')!
    const sides = [-1, 1].map((side) => stopTargetLabels(bars, seen.atr, side as 1 | -1, ORIGINAL_TABLE.labels))
    let compared = 0
    for (let i = 0; i < 2500; i++) {
      const signal = seen.signal[i]!
      expect(NAMES[signal as Signal]).toBe(wanted.get('signal')![i])
      if (label[i] === '') continue
      expect(sides[signal === 1 ? 1 : 0]!.label[i], `label at ${i}`).toBe(Number(label[i]))
      compared++
    }
    expect(compared).toBeGreaterThan(100)
  })

  it('the default differs in three features, in tied signals and before the windows are full', () => {
    const original = botFeatures(bars, TRAINING, ORIGINAL_FEATURES)
    const seen = botFeatures(bars, TRAINING)
    const changed: BotFeature[] = ['macd_hist', 'primary_btc_rs', 'primary_eth_rs']
    let ties = 0
    for (let i = 300; i < bars.times.length; i++) {
      const tied =
        seen.signal[i] !== original.signal[i] ||
        seen.long[i] !== original.long[i] ||
        seen.short[i] !== original.short[i]
      if (tied) ties++
      for (const name of BOT_FEATURE_NAMES) {
        if (changed.includes(name) || (tied && (name === 'side' || name === 'signal_strength'))) continue
        if (!Object.is(seen.columns[name][i], original.columns[name][i])) expect.unreachable(`${name} at ${i}`)
      }
    }
    expect(ties).toBeGreaterThan(0)
    expect(ties).toBeLessThan(0.02 * bars.times.length)
  })

  it('serving features on 299-bar buffers, 1e-5', () => {
    const rows = JSON.parse(readFileSync(`${golden}/XRPUSDT_serving_features.json`, 'utf8')) as Record<
      string,
      unknown
    >[]
    expect(rows.length).toBe(40)
    for (const row of rows) {
      const i = bars.times.indexOf(startOf(row.timestamp as string))
      expect(i).toBeGreaterThan(0)
      const cut = (x: Float64Array): Float64Array => x.slice(i - 298, i + 1)
      const buffer: BotBars = {
        intervalMs: bars.intervalMs,
        times: cut(bars.times),
        high: cut(bars.high),
        low: cut(bars.low),
        close: cut(bars.close),
        volume: cut(bars.volume),
        btcClose: cut(bars.btcClose!),
        ethClose: cut(bars.ethClose!),
      }
      const seen = servingFeatures(buffer, row.signal === 'LONG' ? 1 : row.signal === 'SHORT' ? -1 : 0)
      for (const [k, name] of BOT_FEATURE_NAMES.entries()) {
        const x = row[name] as number | null
        expectNear(seen[k]!, x ?? Number.NaN, 1e-5, `${name} at ${row.timestamp}`)
      }
    }
  })

  it('data set statistics of the whole file: counts and weights exactly, feature means to 1e-5', () => {
    const wanted = JSON.parse(readFileSync(`${golden}/XRPUSDT_dataset_stats.json`, 'utf8'))
    const table = buildBotTable({ symbol: 'XRPUSDT', bars: plain, options: ORIGINAL_TABLE })
    const kind = strings(table, 'kind')
    const label = numbers(table, 'label')
    const weight = numbers(table, 'weight') as Float32Array
    const signals = kind.flatMap((k, i) => (k === 'signal' ? [i] : []))
    expect(table.rows).toBe(wanted.rows)
    expect(signals.length).toBe(wanted.signal)
    expect(kind.filter((k) => k === 'hold').length).toBe(wanted.hold)
    expect(Array.from(label).reduce((a, b) => a + b, 0)).toBe(wanted.positives)
    expect(Math.min(...weight)).toBe(wanted.weight_min)
    expect(Math.max(...weight)).toBe(wanted.weight_max)
    expect(float32Mean(weight)).toBe(wanted.weight_mean)
    for (const name of BOT_FEATURE_NAMES) {
      const column = numbers(table, name)
      const mean = signals.reduce((sum, i) => sum + column[i]!, 0) / signals.length
      expectNear(mean, wanted.feature_means[name] ?? Number.NaN, 1e-5, name)
    }
  })
})
