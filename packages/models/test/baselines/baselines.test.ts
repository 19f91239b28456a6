import { seededRandom } from '@cointrader/core'
import {
  constantBaseline,
  linearPredictor,
  momentumBaseline,
  momentumScale,
  type PredictRows,
  persistenceBaseline,
  randomBaseline,
  zeroBaseline,
} from '@cointrader/models/baselines/index'
import { fitLinear } from '@cointrader/models/linear/index'
import { describe, expect, it } from 'vitest'

const MINUTE = 60_000

function rowsOf(instants: number, symbols: number, seed = 1): PredictRows & { y: Float64Array } {
  const random = seededRandom(seed)
  const rows = instants * symbols
  const x = Float32Array.from({ length: rows * 2 }, () => random.normal())
  return {
    rows,
    features: ['x_1m_Ret', 'x_5m_Ret'],
    layout: 'column',
    x,
    time: Float64Array.from({ length: rows }, (_, r) => Math.floor(r / symbols) * MINUTE),
    symbol: Int32Array.from({ length: rows }, (_, r) => r % symbols),
    y: Float64Array.from({ length: rows }, () => random.normal()),
  }
}

describe('baselines', () => {
  const data = rowsOf(50, 3)

  it('constants, and a linear model under the same interface', () => {
    expect(Array.from(constantBaseline(2.5).predict(data)).every((v) => v === 2.5)).toBe(true)
    expect(Array.from(zeroBaseline().predict(data)).every((v) => v === 0)).toBe(true)
    expect(() => constantBaseline(Number.NaN).predict(data)).toThrow(/E_USAGE/)
    const model = linearPredictor('ridge', fitLinear(data, data.y, { family: 'ridge' }))
    expect(model.predict(data).length).toBe(150)
  })

  it('noise depends on seed, time and symbol only', () => {
    const noise = randomBaseline(7).predict(data)
    const back = (list: Float64Array | Int32Array) => list.toReversed()
    const reversed = { ...data, time: back(data.time) as Float64Array, symbol: back(data.symbol) as Int32Array }
    expect(randomBaseline(7).predict(reversed).toReversed()).toEqual(noise)
    expect(randomBaseline(8).predict(data)).not.toEqual(noise)
    expect(new Set(noise).size).toBe(150)
    const many = randomBaseline(1).predict(rowsOf(3000, 3))
    const mean = many.reduce((a, b) => a + b, 0) / many.length
    const variance = many.reduce((a, b) => a + (b - mean) ** 2, 0) / many.length
    expect(Math.abs(mean)).toBeLessThan(0.05)
    expect(Math.abs(variance - 1)).toBeLessThan(0.06)
    const flat = randomBaseline(1, 'uniform').predict(rowsOf(3000, 3))
    expect(Math.abs(flat.reduce((a, b) => a + b, 0) / flat.length - 0.5)).toBeLessThan(0.02)
    expect(Math.max(...flat)).toBeLessThan(1)
  })

  it('momentum follows its column, reversal opposes it, a missing cell is neutral', () => {
    const holes = { ...data, x: Float32Array.from(data.x) }
    holes.x[150] = Number.NaN
    const up = momentumBaseline({ column: 'x_5m_Ret', direction: 'momentum', scale: 2, neutral: 0.5 }).predict(holes)
    const down = momentumBaseline({ column: 'x_5m_Ret', direction: 'reversal', scale: 2, neutral: 0.5 }).predict(holes)
    expect([up[0], down[0]]).toEqual([0.5, 0.5])
    for (let r = 1; r < 150; r++) {
      expect(up[r]).toBeCloseTo(0.5 + 2 * holes.x[150 + r]!, 6)
      expect(up[r]! + down[r]!).toBeCloseTo(1, 12)
    }
    expect(() => momentumBaseline({ column: 'gone', direction: 'momentum' }).predict(data)).toThrow(/E_USAGE: gone/)
    expect(() => momentumBaseline({ column: 'x', direction: 'momentum', scale: 0 })).toThrow(/not above 0/)
  })

  it('the scale of momentum is the size of the slope, whatever its sign', () => {
    const fall = Float64Array.from({ length: 150 }, (_, r) => 1 - 3 * data.x[r]!)
    expect(momentumScale(data, fall, 'x_1m_Ret')).toBeCloseTo(3, 5)
  })

  it('persistence repeats only outcomes that have ended, as a naive search says', () => {
    const looksUntilMinutes = 6
    const history = rowsOf(20, 3, 5)
    const later = {
      ...data,
      time: data.time.map((t) => t + 20 * MINUTE),
      y: data.y.map((v, i) => (i === 9 ? Number.NaN : v)),
    }
    const got = persistenceBaseline({ looksUntilMinutes, history, maxAgeMinutes: 30 }).predict(later)
    const known = [history, later].flatMap((part) =>
      Array.from(part.y, (y, r) => ({ t: part.time[r]!, s: part.symbol[r]!, y })),
    )
    for (let r = 0; r < later.rows; r++) {
      const t = later.time[r]!
      const past = known
        .filter((k) => k.s === later.symbol[r] && Number.isFinite(k.y) && k.t + 6 * MINUTE <= t + MINUTE)
        .sort((a, b) => b.t - a.t)
      expect(got[r]).toBe(past[0]!.y)
    }
    // Labels that end after the decision change nothing.
    const future = { ...later, y: later.y.map((y, r) => (later.time[r]! >= 40 * MINUTE ? 1e6 : y)) }
    const cut = persistenceBaseline({ looksUntilMinutes, history }).predict(future)
    for (let r = 0; r < later.rows; r++) if (later.time[r]! < 45 * MINUTE) expect(cut[r]).toBe(got[r])
    const { y: _, ...blind } = later
    expect(
      Array.from(persistenceBaseline({ looksUntilMinutes, neutral: 3 }).predict(blind)).every((v) => v === 3),
    ).toBe(true)
    expect(() => persistenceBaseline({ looksUntilMinutes: 1 })).toThrow(/no forecast/)
  })
})
