/** One definition for training and live: batch, stream and restarted stream agree; nothing looks ahead. */
import {
  BOT_FEATURE_NAMES,
  BOT_FEATURES,
  BOT_WARM_UP,
  type BotBars,
  BotFeatureStream,
  botFeatures,
  decide,
  type Signal,
  TrailingMean,
  TrailingZ,
} from '@cointrader/features/bot/index'
import { restore, snapshot } from '@cointrader/indicators'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { edit, market, part, withGap } from './market.js'

const THRESHOLDS = { score: 2, adx: 15, volumeMultiplier: 1.5 }

function push(stream: BotFeatureStream, bars: BotBars, i: number): void {
  stream.push({
    high: bars.high[i]!,
    low: bars.low[i]!,
    close: bars.close[i]!,
    volume: bars.volume[i]!,
    btcClose: bars.btcClose?.[i] ?? Number.NaN,
    ethClose: bars.ethClose?.[i] ?? Number.NaN,
    oiChange: bars.oiChange?.[i] ?? Number.NaN,
    fundingRate: bars.fundingRate?.[i] ?? Number.NaN,
  })
}

function expectRow(stream: BotFeatureStream, batch: ReturnType<typeof botFeatures>, i: number): void {
  const row = stream.row(batch.signal[i] as Signal)
  for (const [k, name] of BOT_FEATURE_NAMES.entries()) {
    if (!Object.is(row[k], batch.columns[name][i])) expect(row[k], `${name} at ${i}`).toBe(batch.columns[name][i])
  }
}

describe.each([
  ['whole', market(1500, 3)],
  ['with gaps', withGap(withGap(market(1500, 4), 700, 703), 900, 960)],
  ['without side symbols', (({ btcClose: _, ethClose: __, ...rest }) => rest)(market(600, 5))],
] as const)('a market %s', (_, bars: BotBars) => {
  const batch = botFeatures(bars, THRESHOLDS)
  const n = bars.times.length

  it('the stream gives the same bits and the same decision at every bar, also when restarted from a snapshot', () => {
    let stream = new BotFeatureStream()
    for (let i = 0; i < n; i++) {
      if (i % 97 === 50) {
        const stored = JSON.parse(JSON.stringify(snapshot(stream)))
        stream = restore(new BotFeatureStream(), stored)
      }
      push(stream, bars, i)
      expectRow(stream, batch, i)
      if (Number.isNaN(bars.close[i]!)) continue
      expect(decide(stream.long, stream.short, stream.indicators, THRESHOLDS)).toBe(batch.signal[i])
    }
  })

  it('nothing after a bar changes anything at or before it', () => {
    for (const cut of [1, 40, 307, 450, n - 1]) {
      for (const poison of [Number.NaN, 1e9]) {
        const seen = botFeatures(
          edit(bars, (column) => column.fill(poison, cut)),
          THRESHOLDS,
        )
        for (const name of BOT_FEATURE_NAMES) {
          expect(seen.columns[name].subarray(0, cut), `${name} before ${cut}`).toEqual(
            batch.columns[name].subarray(0, cut),
          )
        }
        expect(seen.signal.subarray(0, cut)).toEqual(batch.signal.subarray(0, cut))
      }
    }
  })
})

it('a stream that starts later comes to the same values: only the start of the recursive averages fades', () => {
  const bars = market(1500, 6)
  const batch = botFeatures(bars, THRESHOLDS)
  const late = botFeatures(part(bars, 500, 1500), THRESHOLDS)
  for (const name of BOT_FEATURE_NAMES) {
    if (name === 'signal_strength' || name === 'side') continue
    for (let i = BOT_WARM_UP + 300; i < 1000; i++) {
      const [x, y] = [late.columns[name][i]!, batch.columns[name][500 + i]!]
      if (Number.isNaN(y)) expect(x).toBeNaN()
      else expect(Math.abs(x - y), `${name} at ${i}`).toBeLessThan(1e-5)
    }
  }
})

it('every feature is there from the warm-up on', () => {
  const { columns } = botFeatures(market(400, 7), THRESHOLDS)
  for (const name of BOT_FEATURE_NAMES) {
    const from = columns[name].findIndex((_, i) => columns[name].subarray(i).every((x) => !Number.isNaN(x)))
    if ('optional' in BOT_FEATURES[name]) continue
    expect(from, name).toBeLessThanOrEqual(BOT_WARM_UP)
  }
})

describe('trailing statistics against naive twins', () => {
  const value = fc.oneof(
    { weight: 4, arbitrary: fc.double({ min: -5, max: 5, noNaN: true }) },
    { weight: 2, arbitrary: fc.integer({ min: -3, max: 3 }) },
    { weight: 1, arbitrary: fc.constant(Number.NaN) },
    { weight: 1, arbitrary: fc.double({ min: -1e12, max: 1e12, noNaN: true }) },
  )
  const lengths = fc.constantFrom(1, 2, 5, 9)

  it('z-score', () => {
    fc.assert(
      fc.property(fc.array(value, { maxLength: 40 }), lengths, (x, w) => {
        const z = new TrailingZ(w)
        for (let i = 0; i < x.length; i++) {
          const seen = z.push(x[i]!)
          const window = x.slice(Math.max(0, i - w + 1), i + 1).filter((v) => !Number.isNaN(v))
          const mean = window.reduce((a, b) => a + b, 0) / window.length
          const deviation = Math.sqrt(window.reduce((a, b) => a + (b - mean) ** 2, 0) / window.length)
          const wanted = (x[i]! - mean) / Math.max(deviation, 1e-8)
          if (Number.isNaN(x[i]!)) expect(seen).toBeNaN()
          else expect(seen).toBe(wanted)
        }
      }),
      { numRuns: 1000 },
    )
  })

  it('mean', () => {
    fc.assert(
      fc.property(fc.array(value, { maxLength: 40 }), lengths, (x, w) => {
        const mean = new TrailingMean(w)
        for (let i = 0; i < x.length; i++) {
          const window = x.slice(Math.max(0, i - w + 1), i + 1).filter((v) => !Number.isNaN(v))
          expect(mean.push(x[i]!)).toBe(window.reduce((a, b) => a + b, 0) / window.length)
        }
      }),
      { numRuns: 1000 },
    )
  })
})
