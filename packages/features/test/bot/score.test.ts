/** Score and decision, TB-03.1 and TB-03.2. */
import { decide, emaAlign, explain, type Gated, points, type Scored, type Side } from '@cointrader/features/bot/index'
import { describe, expect, it } from 'vitest'

/** Nothing scores. */
const quiet: Scored & Gated = {
  close: 100,
  volume: 10,
  rsi: 50,
  macd: 1,
  macdSignal: 0,
  previousMacd: 1,
  previousMacdSignal: 0,
  bbUpper: 110,
  bbLower: 90,
  ema9: 100,
  ema21: 100,
  ema50: 100,
  stochK: 50,
  stochD: 50,
  volMa20: 10,
  adx: 30,
}
const T = { score: 3, adx: 25, volumeMultiplier: 2.5 }

describe('points', () => {
  const cases: [string, Partial<Scored>, number, number][] = [
    ['nothing', {}, 0, 0],
    ['RSI low', { rsi: 34.9 }, 1, 0],
    ['RSI at the border', { rsi: 35 }, 0, 0],
    ['RSI high', { rsi: 65.1 }, 0, 1],
    ['MACD crosses up', { previousMacd: -1, previousMacdSignal: 0 }, 2, 0],
    ['MACD crosses down', { macd: -1 }, 0, 2],
    ['MACD comes from equal', { previousMacd: 0 }, 0, 0],
    ['below the lower band', { close: 89 }, 1, 0],
    ['above the upper band', { close: 111 }, 0, 1],
    ['EMA stack up', { ema9: 102, ema21: 101 }, 1, 0],
    ['EMA stack down', { ema9: 98, ema21: 99 }, 0, 1],
    ['stochastic low, K above D', { stochK: 10, stochD: 9 }, 1, 0],
    ['stochastic low, K below D', { stochK: 10, stochD: 11 }, 0, 0],
    ['stochastic high, K below D', { stochK: 90, stochD: 91 }, 0, 1],
    ['everything long', { rsi: 1, previousMacd: -1, close: 1, ema9: 3e3, ema21: 2e3, stochK: 1, stochD: 0 }, 6, 0],
    ['nothing known', Object.fromEntries(Object.keys(quiet).map((k) => [k, Number.NaN])), 0, 0],
  ]
  it.each(cases)('%s', (_, change, long, short) => {
    const x = { ...quiet, ...change }
    expect([points(x, 1), points(x, -1)]).toEqual([long, short])
  })

  it('K and D within the tolerance are a tie; profile ieee compares strictly (TB-02.5)', () => {
    const up = { ...quiet, stochK: 10 + 1e-14, stochD: 10 }
    const down = { ...quiet, stochK: 90, stochD: 90 + 1e-13 }
    expect([points(up, 1), points(down, -1)]).toEqual([0, 0])
    expect([points(up, 1, 0), points(down, -1, 0)]).toEqual([1, 1])
    expect(points({ ...quiet, stochK: 10 + 1e-8, stochD: 10 }, 1)).toBe(1)
  })

  it('EMA order', () => {
    expect(emaAlign({ ema9: 3, ema21: 2, ema50: 1 })).toBe(1)
    expect(emaAlign({ ema9: 1, ema21: 2, ema50: 3 })).toBe(-1)
    expect(emaAlign({ ema9: 3, ema21: 2, ema50: Number.NaN })).toBe(0)
  })
})

describe('decision', () => {
  const calm = { volume: 10, volMa20: 10, adx: 30 }
  const surge = { ...calm, volume: 26 }
  it.each([
    [3, 0, surge, 1],
    [3, 0, calm, 0],
    [4, 0, calm, 1],
    [0, 3, surge, -1],
    [0, 4, calm, -1],
    [4, 3, surge, 0],
    [4, 3, calm, 1],
    [4, 0, { ...surge, adx: 24.9 }, 0],
    [4, 0, { ...surge, adx: Number.NaN }, 1],
    [3, 0, { ...surge, volMa20: Number.NaN }, 0],
    [2, 2, surge, 0],
  ] as const)('%i long, %i short: %o gives %i', (long, short, bar, wanted) => {
    expect(decide(long, short, bar, T)).toBe(wanted)
  })

  it('ADX 0 switches the gate off; exactly 2.5 times the mean is no surge', () => {
    expect(decide(3, 0, { ...surge, adx: 1 }, { ...T, adx: 0 })).toBe(1)
    expect(decide(3, 0, { ...calm, volume: 25 }, T)).toBe(0)
  })

  it('explains itself', () => {
    const reason = (change: Partial<Scored & Gated>): string | null => explain({ ...quiet, ...change }, T).holdReason
    const long3: Partial<Scored> = { rsi: 1, previousMacd: -1 }
    expect(reason({})).toBe('LONG score(0) < threshold(3)')
    expect(reason({ macd: -1 })).toBe('SHORT score(2) < threshold(3)')
    expect(reason(long3)).toBe('volume not surging and LONG score(3) < 4')
    expect(reason({ ...long3, adx: 20 })).toBe('ADX(20.0) < 25')
    const both = { rsi: 1, close: 111, ema9: 98, ema21: 99, stochK: 10, stochD: 9, volume: 99 }
    expect(explain({ ...quiet, ...both }, { ...T, score: 2 }).holdReason).toBe(
      'LONG score(2) and SHORT score(2) both qualify',
    )
    expect(explain({ ...quiet, ...long3, volume: 99, adx: Number.NaN }, T)).toEqual({
      signal: 1,
      long: 3,
      short: 0,
      surge: true,
      adx: null,
      holdReason: null,
    })
  })

  it('agrees with its explanation', () => {
    const sides: Side[] = [1, -1]
    for (const rsi of [1, 50, 99])
      for (const macd of [-1, 1])
        for (const previousMacd of [-1, 1])
          for (const volume of [1, 99])
            for (const adx of [1, 99]) {
              const x = { ...quiet, rsi, macd, previousMacd, volume, adx }
              const [long, short] = sides.map((side) => points(x, side)) as [number, number]
              expect(explain(x, T).signal).toBe(decide(long, short, x, T))
            }
  })
})
