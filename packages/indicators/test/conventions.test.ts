/** Options, missing values, refusals, and the classifier's base indicators against their golden files. */
import * as ind from '@cointrader/indicators'
import { describe, expect, it } from 'vitest'
import { csvColumns, shared } from './shared.js'

const nan = Number.NaN

describe('seeds', () => {
  it('EMA starts as the option says', () => {
    const x = [1, 2, 6, 4]
    // alpha 1/2
    expect([...ind.ema(x, { length: 3 })]).toEqual([nan, nan, 3, 3.5])
    expect([...ind.ema(x, { length: 3, seed: 'first' })]).toEqual([1, 1.5, 3.75, 3.875])
    // weights 1/2, 1 then 1/4, 1/2, 1
    const adjusted = ind.ema(x, { length: 3, seed: 'adjusted' })
    expect(adjusted[1]).toBeCloseTo((0.5 * 1 + 2) / 1.5, 14)
    expect(adjusted[2]).toBeCloseTo((0.25 * 1 + 0.5 * 2 + 6) / 1.75, 14)
  })

  it('a NaN before the seed starts the count anew; after it the value is carried and the past goes on fading', () => {
    const seen = ind.ema([1, nan, 2, 4, nan, 6], { length: 2 })
    expect([...seen.subarray(0, 5)]).toEqual([nan, nan, nan, 3, 3])
    // alpha 2/3: the past has faded twice.
    expect(seen[5]).toBeCloseTo((3 / 9 + (2 / 3) * 6) / (1 / 9 + 2 / 3), 14)
  })
})

describe('nothing moves', () => {
  const flat = new Float64Array(60).fill(7)
  it('is undefined unless the option gives a value', () => {
    expect(ind.rsi(flat)[59]).toBeNaN()
    expect(ind.rsi(flat, { flat: 50 })[59]).toBe(50)
    expect(ind.stochRsi(flat, { rsi: { flat: 50 } }).k[59]).toBeNaN()
    expect(ind.stochRsi(flat, { rsi: { flat: 50 }, flat: 0 }).k[59]).toBe(0)
    expect(ind.williamsR(flat, flat, flat)[59]).toBeNaN()
    expect(ind.williamsR(flat, flat, flat, { flat: -50 })[59]).toBe(-50)
    expect(ind.mfi(flat, flat, flat, flat)[59]).toBeNaN()
    expect(ind.mfi(flat, flat, flat, flat, { flat: 50 })[59]).toBe(50)
    expect(ind.adx(flat, flat, flat).adx[59]).toBeNaN()
  })

  it('RSI without losses is 100, without gains 0', () => {
    const rising = Float64Array.from({ length: 30 }, (_, i) => i)
    expect(ind.rsi(rising)[29]).toBe(100)
    expect(ind.rsi(rising.map((x) => -x))[29]).toBe(0)
  })

  it('bands of a constant are the constant', () => {
    const { upper, middle, lower } = ind.bollinger(new Float64Array(30).fill(0.1))
    expect(upper[29]).toBe(middle[29])
    expect(lower[29]).toBe(middle[29])
  })
})

it('VWAP starts anew with each session', () => {
  const x = [1, 3, 5, 9]
  expect([...ind.vwap(x, x, x, [1, 1, 0, 2], {}, [0, 0, 1, 1])]).toEqual([1, 2, nan, 9])
})

it('refuses lengths that are not whole numbers, and columns of unequal length', () => {
  for (const length of [0, -1, 1.5, nan]) expect(() => ind.sma([1], { length })).toThrow(/E_USAGE/)
  expect(() => ind.bollinger([1], { length: 1, divisor: 'sample' })).toThrow(/E_USAGE/)
  expect(() => ind.atr([1, 2], [1], [1, 2])).toThrow(/E_INTERNAL/)
})

describe.each(['market', 'edge'])('CL_07 preset against golden/classifier/%s', (set) => {
  const folder = shared(`data/golden/classifier/${set}`)
  it.skipIf(folder === undefined)('base indicators to 1e-9', () => {
    const { open, high, low, close, volume } = Object.fromEntries(csvColumns(`${folder}/ohlcv.csv.gz`)) as Record<
      string,
      Float64Array
    >
    const golden = csvColumns(`${folder}/indicators.csv.gz`)
    const features = csvColumns(`${folder}/features.csv.gz`)
    const { CL_07 } = ind
    const macd = ind.macd(close!, CL_07.macd)
    const bands = ind.bollinger(close!, CL_07.bollinger)
    const stoch = ind.stochastic(high!, low!, close!, CL_07.stochastic)
    const mine: Record<string, Float64Array> = {
      sma_20: ind.sma(close!, { length: 20 }),
      sma_50: ind.sma(close!, { length: 50 }),
      sma_200: ind.sma(close!, { length: 200 }),
      ema_12: ind.ema(close!, CL_07.ema12),
      ema_26: ind.ema(close!, CL_07.ema26),
      rsi_14: ind.rsi(close!, CL_07.rsi),
      macd: macd.macd,
      macd_signal: macd.signal,
      macd_histogram: macd.histogram,
      bb_middle: bands.middle,
      bb_upper: bands.upper,
      bb_lower: bands.lower,
      stoch_k: stoch.k,
      stoch_d: stoch.d,
      atr_14: ind.atr(high!, low!, close!, CL_07.atr),
      obv: ind.obv(close!, volume!, CL_07.obv),
      vwap: ind.vwap(high!, low!, close!, volume!),
      mfi: ind.mfi(high!, low!, close!, volume!, CL_07.mfi),
      williams_r: ind.williamsR(high!, low!, close!, CL_07.williamsR),
    }
    for (const [name, seen] of Object.entries(mine)) {
      const wanted = golden.get(name) ?? features.get(name)
      if (wanted === undefined) expect.unreachable(`no golden column ${name}`)
      for (let i = 0; i < seen.length; i++) {
        const error = Math.abs(seen[i]! - wanted![i]!)
        const near = error <= 1e-9 * Math.max(1, Math.abs(wanted![i]!))
        if (!near && !Object.is(seen[i], wanted![i])) {
          expect.unreachable(`${name} at ${i}: ${seen[i]}, golden ${wanted![i]}`)
        }
      }
    }
    for (const pattern of ind.CANDLE_PATTERNS) {
      const seen = ind.candlePattern(pattern, open!, high!, low!, close!)
      // The original's comparisons with the bar before the first are false; ours are unknown.
      const wanted = features.get(`pattern_${pattern}`)!
      for (let i = 0; i < seen.length; i++) expect(Number.isNaN(seen[i]!) ? 0 : seen[i]).toBe(wanted[i])
    }
  })
})
