/** The training set as a table, TB-04.4, and reading its bars. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  alignFromEnd,
  closeGaps,
  float32Mean,
  ORIGINAL_TABLE,
  originalWeights,
} from '@cointrader/features/bot/compat/trading-bot'
import {
  alignByTime,
  BOT_FEATURE_NAMES,
  BOT_FEATURES,
  BOT_WARM_UP,
  type BotBars,
  barsOf,
  botFeatures,
  botTableMetadata,
  buildBotTable,
  LABEL_DEFAULTS,
  readBars,
  type Side,
  stopTargetLabels,
  timeWeights,
} from '@cointrader/features/bot/index'
import { COLUMNS_KEY, parseColumnFacts } from '@cointrader/features/dataset/columns'
import { type Column, decodeParquet, encodeParquet, makeTable, nodeDisk, numbers, strings } from '@cointrader/store'
import { afterAll, describe, expect, it } from 'vitest'
import { market, part, START, STEP, withGap } from './market.js'

const folder = mkdtempSync(join(tmpdir(), 'cointrader-bot-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const bars = withGap(market(3000, 11), 1500, 1502)
const table = buildBotTable({ symbol: 'TESTUSDT', bars })
const thresholds = { score: 2, adx: 15, volumeMultiplier: 1.5 }

const barOf = (t: typeof table, row: number): number => (numbers(t, 'start_time_ms')[row]! - START) / STEP

describe('the table', () => {
  it('has the columns in order, ascending rows, known labels and full features', () => {
    const names = ['start_time_ms', 'symbol', ...BOT_FEATURE_NAMES, 'label', 'weight', 'kind', 'looks_until_ms']
    expect([...table.columns.keys()]).toEqual(names)
    expect(table.rows).toBeGreaterThan(200)
    const time = numbers(table, 'start_time_ms')
    for (let i = 1; i < table.rows; i++) expect(time[i]).toBeGreaterThan(time[i - 1]!)
    for (const name of BOT_FEATURE_NAMES) {
      if ('optional' in BOT_FEATURES[name]) continue
      expect(numbers(table, name).some(Number.isNaN), name).toBe(false)
    }
    expect([...numbers(table, 'label')].every((x) => x === 0 || x === 1)).toBe(true)
    expect(barOf(table, 0)).toBeGreaterThanOrEqual(BOT_WARM_UP)
  })

  it('holds features, labels and their ends as the parts give them, HOLD rows for their drawn side', () => {
    const features = botFeatures(bars, thresholds)
    const labels = new Map(([1, -1] as Side[]).map((s) => [s, stopTargetLabels(bars, features.atr, s, LABEL_DEFAULTS)]))
    const kind = strings(table, 'kind')
    const drawn = new Set<Side>()
    for (let r = 0; r < table.rows; r++) {
      const i = barOf(table, r)
      const side: Side = numbers(table, 'side')[r] === 1 ? 1 : -1
      if (kind[r] === 'signal') expect(features.signal[i]).toBe(side)
      else {
        expect(features.signal[i]).toBe(0)
        drawn.add(side)
      }
      const { label, exit } = labels.get(side)!
      expect(numbers(table, 'label')[r]).toBe(label[i])
      expect(numbers(table, 'looks_until_ms')[r]).toBe(bars.times[exit[i]!]! + STEP)
      expect(numbers(table, 'signal_strength')[r]).toBe((side === 1 ? features.long : features.short)[i])
      expect(numbers(table, 'rsi')[r]).toBe(features.columns.rsi[i])
    }
    expect(drawn.size).toBe(2)
    const signals = kind.filter((k) => k === 'signal').length
    expect(kind.length - signals).toBeLessThanOrEqual(3 * signals)
  })

  it('has no row whose label would look over the gap, and none until the windows are full again', () => {
    for (let r = 0; r < table.rows; r++) {
      const i = barOf(table, r)
      expect(i < 1500 - 24 || i >= 1502 + 19).toBe(true)
    }
  })

  it('is the same for the same seed, and another draw of HOLD bars for another', () => {
    const bytes = (seed: number): string =>
      Buffer.from(encodeParquet(buildBotTable({ symbol: 'TESTUSDT', bars, options: { seed } }))).toString('base64')
    expect(bytes(42)).toBe(Buffer.from(encodeParquet(table)).toString('base64'))
    expect(bytes(1)).not.toBe(bytes(42))
  })

  it('has signals only when asked', () => {
    const only = buildBotTable({ symbol: 'TESTUSDT', bars, options: { negativeRatio: 0 } })
    expect(new Set(strings(only, 'kind'))).toEqual(new Set(['signal']))
  })

  it('of the original calls every HOLD row lost at once', () => {
    const original = buildBotTable({ symbol: 'TESTUSDT', bars, options: ORIGINAL_TABLE })
    const kind = strings(original, 'kind')
    for (let r = 0; r < original.rows; r++) {
      if (kind[r] === 'signal') continue
      expect(numbers(original, 'label')[r]).toBe(0)
      expect(numbers(original, 'signal_strength')[r]).toBe(0)
      expect(numbers(original, 'looks_until_ms')[r]).toBe(numbers(original, 'start_time_ms')[r]! + STEP)
    }
  })

  it('goes without side symbols: those features are NaN with a reason', () => {
    const { btcClose: _, ethClose: __, oiChange: ___, ...rest } = bars
    const alone: BotBars = { ...rest, fundingRate: new Float64Array(3000) }
    const t = buildBotTable({ symbol: 'TESTUSDT', bars: alone })
    expect(t.rows).toBeGreaterThan(200)
    expect(numbers(t, 'eth_ret_3').every(Number.isNaN)).toBe(true)
    const empty = JSON.parse(botTableMetadata(alone)['cointrader.empty']!)
    expect(empty).toMatchObject({
      btc_ret_1: 'no column for btcClose',
      oi_price_spread: 'no column for oiChange',
      funding_rate: 'fundingRate has no value in any bar',
    })
    expect(empty.rsi).toBeUndefined()
  })

  it('is empty for empty or short series', () => {
    for (const n of [0, 1, 50]) expect(buildBotTable({ symbol: 'X', bars: part(bars, 0, n) }).rows).toBe(0)
  })

  it('refuses options without sense', () => {
    for (const options of [
      { negativeRatio: -1 },
      { warmUp: Number.NaN },
      { labels: { ...LABEL_DEFAULTS, horizon: 0 } },
    ]) {
      expect(() => buildBotTable({ symbol: 'X', bars, options })).toThrow(/E_USAGE/)
    }
  })

  it('states in its footer what every column is, also after a round trip', async () => {
    const { metadata } = await decodeParquet(encodeParquet(table, botTableMetadata(bars)), 'bot')
    const facts = parseColumnFacts(metadata[COLUMNS_KEY]!, 'bot')
    expect([...facts.keys()].sort()).toEqual([...table.columns.keys()].sort())
    expect(facts.get('adx')).toEqual({ role: 'feature', unit: 'z-score', knownAtMinutes: 15 })
    expect(facts.get('label')).toMatchObject({ role: 'label', looksUntilMinutes: 375 })
    expect(facts.get('macd_hist')!.unit).toBe('ATR')
    const start = numbers(table, 'start_time_ms')
    const longest = Math.max(...Array.from(numbers(table, 'looks_until_ms'), (x, i) => x - start[i]!))
    expect(longest).toBeLessThanOrEqual(375 * 60_000)
    expect(JSON.parse(botTableMetadata(bars, ORIGINAL_TABLE)['cointrader.bot']!).features.ratioLimit).toBe('Infinity')
  })
})

describe('weights', () => {
  it('rise by the decay and have the mean 1', () => {
    const w = timeWeights(1000, 2)
    expect(w[999]! / w[0]!).toBeCloseTo(Math.exp(2), 5)
    expect(w.reduce((a, b) => a + b, 0) / 1000).toBeCloseTo(1, 6)
    expect([...timeWeights(3, 0), ...timeWeights(1, 2), ...timeWeights(0, 2)]).toEqual([1, 1, 1, 1])
  })

  it('of the original differ in the last places only', () => {
    const [a, b] = [timeWeights(1000, 2), originalWeights(1000, 2)]
    for (let i = 0; i < 1000; i++) expect(Math.abs(a[i]! - b[i]!)).toBeLessThan(1e-6)
    expect([...originalWeights(3, 0)]).toEqual([1, 1, 1])
    expect(float32Mean(Float32Array.of(1, 2, 4))).toBe(Math.fround(7 / 3))
  })
})

describe('bars', () => {
  const f64 = (...data: number[]): Column => ({ type: 'float64', data: Float64Array.from(data) })
  const rows = (times: number[], close: number[]): ReturnType<typeof makeTable> =>
    makeTable([
      ...['high', 'low', 'close', 'volume'].map((name) => [name, f64(...close)] as const),
      ['timestamp', { type: 'int64', data: Float64Array.from(times) }] as const,
    ])

  it('are read from the layout of data export, missing bars as NaN', async () => {
    const file = join(folder, 'AUSDT_15m.parquet')
    await nodeDisk.writeAtomic(file, encodeParquet(rows([START, START + STEP, START + 3 * STEP], [1, 2, 4])))
    const read = await readBars(nodeDisk, folder, 'AUSDT')
    expect(read.path).toBe('AUSDT_15m.parquet')
    expect(read.sha256).toMatch(/^[0-9a-f]{64}$/)
    expect([...read.bars.close]).toEqual([1, 2, Number.NaN, 4])
    expect([...read.bars.times]).toEqual([0, 1, 2, 3].map((i) => START + i * STEP))
    expect(read.bars.btcClose).toBeUndefined()
  })

  it('are refused out of order, twice, off the grid, without a column, or absent', async () => {
    for (const times of [
      [START + STEP, START],
      [START, START],
      [START, START + STEP + 1],
      [START + 1, START + STEP + 1],
    ]) {
      expect(() => barsOf(rows(times, [1, 2]), '15m', 'file')).toThrow(/E_FILE_CORRUPT/)
    }
    expect(() => barsOf(makeTable([['timestamp', f64(START)]]), '15m', 'file')).toThrow(/E_FILE_CORRUPT.*high/)
    await expect(readBars(nodeDisk, folder, 'NONE')).rejects.toThrow(/E_FILE_MISSING/)
    expect(barsOf(rows([], []), '15m', 'file').times.length).toBe(0)
  })

  it('of a side symbol are matched by time; the original matches from the end', () => {
    const side = Float64Array.of(10, 20, 40)
    expect([...alignByTime(Float64Array.of(1, 2, 3, 4), Float64Array.of(0, 2, 4), side)]).toEqual([NaN, 20, NaN, 40])
    expect([...alignFromEnd(4, side)]).toEqual([NaN, 10, 20, 40])
    expect([...alignFromEnd(2, side)]).toEqual([20, 40])
  })

  it('of the original know no gaps', () => {
    const closed = closeGaps(bars)
    expect(closed.times.length).toBe(2998)
    expect(closed.close[1500]).toBe(bars.close[1502])
    expect(closed.times[1500]).toBe(START + 1500 * STEP)
  })
})
