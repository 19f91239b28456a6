/** Every windowed indicator against a naive one, and the recursive ones against the text of TB-02 written out. */
import * as ind from '@cointrader/indicators'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { anyBars } from './series.js'

const LENGTHS = [0, 1, 2, 4, 5, 6, 19, 20, 21]
const RUNS = { numRuns: 1000 }

/** The last `w` values at `i`, or undefined where there are fewer or one is NaN. */
function trailing(x: ArrayLike<number>, i: number, w: number): number[] | undefined {
  if (i < w - 1) return undefined
  const part = Array.from({ length: w }, (_, k) => x[i - w + 1 + k]!)
  return part.some(Number.isNaN) ? undefined : part
}

/** |seen − wanted| within `share` of `scale`, with the same NaNs and infinities. */
function expectNear(seen: number, wanted: number, scale: number, share: number, place: string): void {
  if (Object.is(seen, wanted) || seen === wanted) return
  if (Math.abs(seen - wanted) <= share * Math.abs(scale)) return
  expect.unreachable(`${place}: ${seen} is not ${wanted} (scale ${scale})`)
}

/** Sum in twice the working precision (Neumaier 1974), for references. */
function exactSum(x: readonly number[]): number {
  let sum = 0
  let lost = 0
  for (const v of x) {
    const t = sum + v
    lost += Math.abs(sum) >= Math.abs(v) ? sum - t + v : v - t + sum
    sum = t
  }
  return sum + lost
}

const sumAbs = (x: readonly number[]): number => x.reduce((a, v) => a + Math.abs(v), 0)

describe('windows against naive twins', () => {
  it('mean and sum', () => {
    fc.assert(
      fc.property(anyBars(LENGTHS), fc.constantFrom(1, 2, 5, 20), ({ close: x }, w) => {
        const mean = ind.sma(x, { length: w })
        const total = ind.runValues(new ind.SumStream(w), x)
        for (let i = 0; i < x.length; i++) {
          const part = trailing(x, i, w)
          const sum = part === undefined ? Number.NaN : exactSum(part)
          const scale = part === undefined ? 0 : sumAbs(part)
          expectNear(mean[i]!, sum / w, scale / w, 1e-12, `mean ${w} at ${i}`)
          expectNear(total[i]!, sum, scale, 1e-12, `sum ${w} at ${i}`)
        }
      }),
      RUNS,
    )
  })

  it('deviation, exactly zero on a constant window', () => {
    fc.assert(
      fc.property(anyBars(LENGTHS), fc.constantFrom(2, 5, 20), fc.boolean(), ({ close: x }, w, sample) => {
        const seen = ind.runValues(new ind.DeviationStream(w, sample ? 'sample' : 'population'), x)
        for (let i = 0; i < x.length; i++) {
          const part = trailing(x, i, w)
          if (part === undefined) {
            expect(seen[i]).toBeNaN()
            continue
          }
          const mean = exactSum(part) / w
          const wanted = Math.sqrt(exactSum(part.map((v) => (v - mean) ** 2)) / (sample ? w - 1 : w))
          if (part.every((v) => v === part[0])) expect(seen[i]).toBe(0)
          const most = Math.max(...part.map(Math.abs))
          expect(Math.abs(seen[i]! - wanted)).toBeLessThanOrEqual(1e-9 * wanted + 1e-12 * most)
        }
      }),
      RUNS,
    )
  })

  it('extremes, bit for bit', () => {
    fc.assert(
      fc.property(anyBars(LENGTHS), fc.constantFrom(1, 2, 5, 20), ({ close: x }, w) => {
        const max = ind.runValues(new ind.ExtremeStream(w, 'max'), x)
        const min = ind.runValues(new ind.ExtremeStream(w, 'min'), x)
        for (let i = 0; i < x.length; i++) {
          const part = trailing(x, i, w)
          const [high, low] = part === undefined ? [Number.NaN, Number.NaN] : [Math.max(...part), Math.min(...part)]
          expect(max[i]).toBe(high)
          expect(min[i]).toBe(low)
        }
      }),
      RUNS,
    )
  })

  it('Bollinger', () => {
    fc.assert(
      fc.property(anyBars(LENGTHS), ({ close: x }) => {
        const seen = ind.bollinger(x, { length: 5, width: 3, divisor: 'sample' })
        const mean = ind.sma(x, { length: 5 })
        for (let i = 0; i < x.length; i++) {
          const part = trailing(x, i, 5)
          const s = part ? Math.sqrt(exactSum(part.map((v) => (v - exactSum(part) / 5) ** 2)) / 4) : Number.NaN
          const scale = part ? Math.max(...part.map(Math.abs)) : 0
          expect(seen.middle[i]).toBe(mean[i])
          expectNear(seen.upper[i]!, mean[i]! + 3 * s, scale, 1e-9, `upper at ${i}`)
          expectNear(seen.lower[i]!, mean[i]! - 3 * s, scale, 1e-9, `lower at ${i}`)
        }
      }),
      RUNS,
    )
  })

  it('Williams %R and the stochastic oscillator', () => {
    fc.assert(
      fc.property(anyBars(LENGTHS), ({ high, low, close }) => {
        const r = ind.williamsR(high, low, close, { length: 5 })
        const s = ind.stochastic(high, low, close, { length: 5, d: 2, flat: 50 })
        for (let i = 0; i < close.length; i++) {
          const h = trailing(high, i, 5)
          const l = trailing(low, i, 5)
          const top = h ? Math.max(...h) : Number.NaN
          const bottom = l ? Math.min(...l) : Number.NaN
          const raw = (-100 * (top - close[i]!)) / (top - bottom)
          expectNear(r[i]!, top === bottom ? Number.NaN : raw, 0, 0, `%R at ${i}`)
          const k = top === bottom ? 50 : (100 * (close[i]! - bottom)) / (top - bottom)
          expectNear(s.k[i]!, k, 0, 0, `K at ${i}`)
          if (i > 0) {
            const scale = Math.abs(s.k[i]!) + Math.abs(s.k[i - 1]!)
            expectNear(s.d[i]!, (s.k[i - 1]! + s.k[i]!) / 2, scale, 1e-12, `D at ${i}`)
          }
        }
      }),
      RUNS,
    )
  })

  it('money flow index', () => {
    fc.assert(
      fc.property(anyBars(LENGTHS), ({ high, low, close, volume }) => {
        const seen = ind.mfi(high, low, close, volume, { length: 5 })
        const typical = Float64Array.from(close, (c, i) => (high[i]! + low[i]! + c) / 3)
        for (let i = 0; i < close.length; i++) {
          let [up, down, scale] = [0, 0, 0]
          for (let j = i - 4; j <= i; j++) {
            const change = j < 1 ? Number.NaN : typical[j]! - typical[j - 1]!
            const flow = typical[j]! * volume[j]!
            if (Number.isNaN(change) || Number.isNaN(flow)) up = Number.NaN
            else if (change > 0) up += flow
            else if (change < 0) down += flow
            scale += Math.abs(flow)
          }
          const wanted = up + down === 0 ? Number.NaN : (100 * up) / (up + down)
          // Negative prices of the drawn bars can cancel in the denominator, which magnifies rounding.
          const magnified = 100 * (scale / Math.abs(up + down)) ** 2
          expectNear(seen[i]!, wanted, magnified, 1e-12, `MFI at ${i}`)
        }
      }),
      RUNS,
    )
  })

  it('trailing and running VWAP, mean volume', () => {
    fc.assert(
      fc.property(anyBars(LENGTHS), ({ high, low, close, volume }) => {
        const seen = ind.vwap(high, low, close, volume, { length: 5 })
        const running = ind.vwap(high, low, close, volume)
        const mean = ind.volumeMean(volume, { length: 5 })
        const value = Float64Array.from(close, (c, i) => ((high[i]! + low[i]! + c) / 3) * volume[i]!)
        const weight = Float64Array.from(volume, (v, i) => (Number.isNaN(value[i]!) ? Number.NaN : v))
        for (let i = 0; i < close.length; i++) {
          const v = trailing(value, i, 5)
          const w = trailing(weight, i, 5)
          const wanted = v && w && exactSum(w) > 0 ? exactSum(v) / exactSum(w) : Number.NaN
          expectNear(seen[i]!, wanted, v && w ? sumAbs(v) / sumAbs(w) : 0, 1e-11, `VWAP at ${i}`)
          const past = [...value.subarray(0, i + 1)].filter((x) => !Number.isNaN(x))
          const traded = [...weight.subarray(0, i + 1)].filter((x) => !Number.isNaN(x))
          const all = exactSum(traded) > 0 ? exactSum(past) / exactSum(traded) : Number.NaN
          expectNear(running[i]!, all, sumAbs(past) / sumAbs(traded), 1e-11, `running VWAP at ${i}`)
          const part = trailing(volume, i, 5)
          expectNear(mean[i]!, part ? exactSum(part) / 5 : Number.NaN, part ? sumAbs(part) : 0, 1e-12, `mean at ${i}`)
        }
      }),
      RUNS,
    )
  })

  it('candle patterns', () => {
    fc.assert(
      fc.property(anyBars(LENGTHS), ({ open: o, high: h, low: l, close: c }) => {
        const seen = Object.fromEntries(ind.CANDLE_PATTERNS.map((p) => [p, ind.candlePattern(p, o, h, l, c)]))
        for (let i = 0; i < c.length; i++) {
          const body = Math.abs(c[i]! - o[i]!)
          const upper = h[i]! - Math.max(o[i]!, c[i]!)
          const lower = Math.min(o[i]!, c[i]!) - l[i]!
          const before = i > 0 ? Math.abs(c[i - 1]! - o[i - 1]!) : Number.NaN
          const missing = [o[i]!, h[i]!, l[i]!, c[i]!].some(Number.isNaN)
          const flag = (unknown: boolean, is: boolean): number => (unknown ? Number.NaN : is ? 1 : 0)
          const green = c[i]! > o[i]!
          const red = c[i]! < o[i]!
          const range = h[i]! - l[i]!
          expect(seen.doji![i]).toBe(flag(missing, body < 0.1 * range))
          expect(seen.hammer![i]).toBe(flag(missing, lower > 2 * body && upper < 0.5 * body && green))
          expect(seen.inverted_hammer![i]).toBe(flag(missing, upper > 2 * body && lower < 0.5 * body && green))
          expect(seen.shooting_star![i]).toBe(flag(missing, upper > 2 * body && lower < 0.1 * range && red))
          const unknown = Number.isNaN(body) || Number.isNaN(before)
          const big = body > 1.5 * before
          const bull = c[i - 1]! < o[i - 1]! && green && big && o[i]! < c[i - 1]! && c[i]! > o[i - 1]!
          const bear = c[i - 1]! > o[i - 1]! && red && big && o[i]! > c[i - 1]! && c[i]! < o[i - 1]!
          expect(seen.bullish_engulfing![i]).toBe(flag(unknown, bull))
          expect(seen.bearish_engulfing![i]).toBe(flag(unknown, bear))
        }
      }),
      RUNS,
    )
  })
})

/** TB-02.1, word for word, over a whole series. */
function ewmText(x: readonly number[], com: number): number[] {
  const a = 1 / (1 + com)
  const b = 1 - a
  let w = Number.NaN
  let g = 1
  return x.map((v) => {
    if (!Number.isNaN(w)) {
      g = g * b
      if (!Number.isNaN(v)) {
        if (w !== v) w = (g * w + a * v) / (g + a)
        g = 1
      }
    } else if (!Number.isNaN(v)) w = v
    return w
  })
}

const maskAndSeed = (x: readonly number[], from: number, count: number): number[] => {
  const out = x.map((v, i) => (i < from + count ? Number.NaN : v))
  if (x.length >= from + count) {
    out[from + count - 1] = x.slice(from, from + count).reduce((p, q) => p + q, 0) / count
  }
  return out
}

describe('recursive indicators against the text of TB-02', () => {
  const clean = anyBars(LENGTHS).filter((b) => ![...b.close, ...b.high, ...b.low].some(Number.isNaN))
  const com = (1 - 1 / 14) / (1 / 14)

  it('the primitive carries over NaN', () => {
    fc.assert(
      fc.property(anyBars(LENGTHS), ({ close }) => {
        expect([...ind.wilder(close, { length: 14, seed: 'first' })]).toEqual(ewmText([...close], com))
      }),
      RUNS,
    )
  })

  it('EMA, MACD, RSI, ATR, ADX', () => {
    fc.assert(
      fc.property(clean, (b) => {
        const close = [...b.close]
        const emaText = (x: number[], length: number, from = 0): number[] =>
          ewmText(maskAndSeed(x, from, length), (length - 1) / 2)
        expect([...ind.ema(b.close, { length: 9 })]).toEqual(emaText(close, 9))

        const fast = emaText(close, 12)
        const slow = emaText(close, 26)
        const line = fast.map((v, i) => v - slow[i]!)
        const m = ind.macd(b.close)
        expect([...m.macd]).toEqual(line)
        expect([...m.signal]).toEqual(emaText(line, 9, 25))

        const d = close.map((v, i) => (i === 0 ? Number.NaN : v - close[i - 1]!))
        const gain = ewmText(
          d.map((v) => Math.max(v, 0)),
          com,
        )
        const loss = ewmText(
          d.map((v) => Math.min(v, 0)),
          com,
        ).map(Math.abs)
        const rsi = gain.map((g, i) => (g + loss[i]! === 0 ? Number.NaN : (100 * g) / (g + loss[i]!)))
        expect([...ind.rsi(b.close, ind.TB_02.rsi)]).toEqual(rsi)

        const h = [...b.high]
        const l = [...b.low]
        const tr = h.map((v, i) =>
          i === 0 ? v - l[0]! : Math.max(v - l[i]!, Math.abs(v - close[i - 1]!), Math.abs(close[i - 1]! - l[i]!)),
        )
        expect([...ind.atr(b.high, b.low, b.close, ind.TB_02.atr)]).toEqual(ewmText(maskAndSeed(tr, 0, 14), com))

        const range = ewmText(maskAndSeed(tr, 1, 13), com)
        const up = h.map((v, i) => (i === 0 ? Number.NaN : v - h[i - 1]!))
        const down = l.map((v, i) => (i === 0 ? Number.NaN : l[i - 1]! - v))
        const tiny = (v: number): number => (Math.abs(v) < Number.EPSILON ? 0 : v)
        const plusDm = up.map((v, i) => (i === 0 ? v : tiny(v > down[i]! && v > 0 ? v : 0)))
        const minusDm = down.map((v, i) => (i === 0 ? v : tiny(v > up[i]! && v > 0 ? v : 0)))
        const plus = ewmText(plusDm, com).map((v, i) => (100 / range[i]!) * v)
        const minus = ewmText(minusDm, com).map((v, i) => (100 / range[i]!) * v)
        const dx = plus.map((v, i) => (100 * Math.abs(v - minus[i]!)) / (v + minus[i]!))
        expect([...ind.adx(b.high, b.low, b.close, ind.TB_02.adx).adx]).toEqual(ewmText(dx, com))
      }),
      RUNS,
    )
  })
})
