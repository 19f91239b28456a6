import { DAY_MS, dateMs, HOUR_MS, MINUTE_MS, type UtcDate } from '@cointrader/core'
import { aggregate, type Bars, type SyntheticMarket, seenAt, syntheticMarket } from '@cointrader/simulator'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

const DAYS = ['2026-02-01', '2026-02-02', '2026-02-03', '2026-02-04', '2026-02-05'] as UtcDate[]
const make = (seed: number | string = 1, days = 5): SyntheticMarket =>
  syntheticMarket({ seed, symbols: 20, startDate: '2026-02-01', days, extras: true })
const market = make()

function digest(bars: Bars | undefined): string {
  return bars === undefined
    ? 'none'
    : JSON.stringify([
        bars.from,
        bars.to,
        [...bars.open],
        [...bars.high],
        [...bars.close],
        [...bars.count],
        bars.traded && [...bars.traded.quote],
      ])
}

describe('determinism', () => {
  it('gives the same bars in any order of access', () => {
    const forward = make(7)
    const backward = make(7)
    const jobs = forward.specs.flatMap((s) => DAYS.map((d) => [s.symbol, d] as const))
    const a = new Map(
      jobs.map(([s, d]) => [
        `${s}${d}`,
        digest(forward.klines(s, d)) + digest(forward.premium(s, d)) + JSON.stringify(forward.metrics(s, d)),
      ]),
    )
    for (const [s, d] of [...jobs].reverse()) {
      const funding = backward.funding(s, d)
      expect(
        digest(backward.klines(s, d)) + digest(backward.premium(s, d)) + JSON.stringify(backward.metrics(s, d)),
      ).toBe(a.get(`${s}${d}`))
      expect(funding).toEqual(forward.funding(s, d))
    }
  })

  it('does not depend on which other symbols there are', () => {
    const small = syntheticMarket({ seed: 1, symbols: 3, startDate: '2026-02-01', days: 5 })
    expect(digest(small.klines('SOLUSDT', DAYS[3]!))).toBe(digest(market.klines('SOLUSDT', DAYS[3]!)))
  })

  it('differs by seed', () => {
    expect(digest(make(2).klines('BTCUSDT', DAYS[0]!))).not.toBe(digest(market.klines('BTCUSDT', DAYS[0]!)))
  })
})

describe('bars', () => {
  it('contradict themselves nowhere (property over seeds, symbols, days, kinds, times)', () => {
    fc.assert(
      fc.property(
        fc.nat(50),
        fc.nat(23),
        fc.nat(4),
        fc.constantFrom('um', 'spot', 'premium', 'mark'),
        fc.nat(DAY_MS),
        (seed, s, d, kind, ms) => {
          const m = make(seed)
          const symbol = m.specs[s]!.symbol
          const date = DAYS[d]!
          const bars =
            kind === 'premium' || kind === 'mark' ? m[kind](symbol, date) : m.klines(symbol, date, kind as 'um')
          if (bars === undefined) return
          for (const b of [bars, seenAt(bars, dateMs(date) + ms), aggregate(bars, 15 * MINUTE_MS)]) check(b)
        },
      ),
      { numRuns: 60, seed: 4711 },
    )
  })

  function check(b: Bars): void {
    for (let i = b.from; i < b.to; i++) {
      const [o, h, l, c] = [b.open[i]!, b.high[i]!, b.low[i]!, b.close[i]!]
      const integers = [
        o,
        h,
        l,
        c,
        b.count[i]!,
        ...(b.traded === null
          ? []
          : [b.traded.volume[i]!, b.traded.quote[i]!, b.traded.takerVolume[i]!, b.traded.takerQuote[i]!]),
      ]
      if (!integers.every(Number.isSafeInteger)) throw new Error(`row ${i}: not safe integers ${integers}`)
      if (l > Math.min(o, c) || h < Math.max(o, c)) throw new Error(`row ${i}: o ${o} h ${h} l ${l} c ${c}`)
      if (b.traded === null) continue
      const [v, q, tv, tq] = [
        b.traded.volume[i]!,
        b.traded.quote[i]!,
        b.traded.takerVolume[i]!,
        b.traded.takerQuote[i]!,
      ]
      if (l < 1 || v < b.count[i]! || tv > v || tq > q)
        throw new Error(`row ${i}: volume ${v} taker ${tv} quote ${q} taker ${tq}`)
      if (q < v * l || q > v * h || tq < tv * l || tq > tv * h || q - tq < (v - tv) * l || q - tq > (v - tv) * h)
        throw new Error(`row ${i}: quote outside the bar's range`)
      if (b.count[i] === 0 && (v !== 0 || q !== 0 || h !== l)) throw new Error(`row ${i}: trades without trading`)
    }
  }

  it('opens near the previous close, across midnight too', () => {
    for (const symbol of ['BTCUSDT', 'DOGEUSDT', 'PIPPINUSDT']) {
      for (let d = 1; d < DAYS.length; d++) {
        const before = market.klines(symbol, DAYS[d - 1]!)!
        const after = market.klines(symbol, DAYS[d]!)!
        expect(Math.abs(after.open[0]! / before.close[1439]! - 1)).toBeLessThan(symbol === 'PIPPINUSDT' ? 0.03 : 0.003)
      }
      const b = market.klines(symbol, DAYS[2]!)!
      for (let i = 1; i < 1440; i++) {
        if (b.count[i]! > 1 && b.count[i - 1]! > 1)
          expect(Math.abs(b.open[i]! - b.close[i - 1]!)).toBeLessThanOrEqual(1)
      }
    }
  })

  it('has genuine empty minutes only where little is traded', () => {
    const empty = (symbol: string): number => {
      const b = market.klines(symbol, DAYS[1]!)!
      return b.count.subarray(b.from, b.to).filter((n) => n === 0).length
    }
    expect(empty('BTCUSDT')).toBe(0)
    expect(empty('PIPPINUSDT')).toBeGreaterThan(5)
    expect(empty('PIPPINUSDT')).toBeLessThan(700)
    const b = market.klines('PIPPINUSDT', DAYS[1]!)!
    for (let i = 1; i < 1440; i++)
      if (b.count[i] === 0) expect([b.open[i], b.close[i]]).toEqual([b.close[i - 1], b.close[i - 1]])
  })

  it('sums to longer intervals', () => {
    const b = market.klines('ETHUSDT', DAYS[0]!)!
    const hours = aggregate(b, HOUR_MS)
    const sum = (x: Float64Array): number => x.reduce((a, y) => a + y, 0)
    expect(hours.to).toBe(24)
    expect(sum(hours.traded!.quote)).toBe(sum(b.traded!.quote))
    expect(hours.open[5]).toBe(b.open[300])
    expect(hours.close[5]).toBe(b.close[359])
    expect(hours.high[5]).toBe(Math.max(...b.high.subarray(300, 360)))
  })

  it('shows the running minute in part and nothing after it', () => {
    const b = market.klines('BTCUSDT', DAYS[0]!)!
    const seen = seenAt(b, dateMs(DAYS[0]!) + 100 * MINUTE_MS + 30_000)
    expect(seen.to).toBe(101)
    expect(seen.close[99]).toBe(b.close[99])
    expect(seen.count[100]).toBe(Math.floor(b.count[100]! / 2))
    expect(seen.traded!.volume[100]!).toBeLessThan(b.traded!.volume[100]!)
    expect(seenAt(b, dateMs(DAYS[0]!) + DAY_MS)).toBe(b)
  })
})

describe('the cast', () => {
  it('lists and delists inside the range, at a minute of the day', () => {
    const [born, gone] = [market.specs[11]!, market.specs[12]!]
    expect(market.klines(born.symbol, DAYS[0]!)).toBeUndefined()
    expect(market.klines(born.symbol, DAYS[1]!)!.from).toBe(570)
    expect(market.metrics(born.symbol, DAYS[1]!)[0]!.instantMs).toBe(born.onboardMs + 5 * MINUTE_MS)
    expect(market.klines(gone.symbol, DAYS[3]!)!.to).toBe(540)
    expect(market.klines(gone.symbol, DAYS[4]!)).toBeUndefined()
    const shown = (symbol: string, ms: number): string | undefined =>
      (market.exchangeInfo(ms) as { symbols: { symbol: string; status: string }[] }).symbols.find(
        (s) => s.symbol === symbol,
      )?.status
    expect(shown(born.symbol, dateMs(DAYS[0]!))).toBeUndefined()
    expect(shown(born.symbol, born.onboardMs - HOUR_MS)).toBe('PENDING_TRADING')
    expect(shown(gone.symbol, gone.endMs! - 1)).toBe('TRADING')
    expect(shown(gone.symbol, gone.endMs!)).toBe('SETTLING')
    expect(shown(gone.symbol, gone.endMs! + DAY_MS)).toBeUndefined()
  })

  it('has the extras: stablecoin, quarterly, TradFi, non-ASCII', () => {
    const by = new Map(market.specs.map((s) => [s.symbol, s]))
    expect([...by.keys()].slice(20)).toEqual(['USDCUSDT', 'ETHUSDT_260327', 'TSLAUSDT', '币安人生USDT'])
    expect(by.get('TSLAUSDT')).toMatchObject({ contractType: 'TRADIFI_PERPETUAL', underlyingType: 'EQUITY' })
    const stable = market.klines('USDCUSDT', DAYS[2]!)!
    expect(Math.max(...stable.high) / Math.min(...stable.low) - 1).toBeLessThan(0.01)
    expect(market.premium('ETHUSDT_260327', DAYS[0]!)).toBeUndefined()
    const ratio =
      market.klines('ETHUSDT_260327', DAYS[0]!)!.close[700]! / market.klines('ETHUSDT', DAYS[0]!)!.close[700]!
    expect(ratio).toBeGreaterThan(1.003)
    expect(ratio).toBeLessThan(1.012)
  })

  it('pays funding every 8, 4 or 1 hours, jittered, and changes an interval inside a month', () => {
    const hours = (symbol: string, d: number): number[] =>
      market.funding(symbol, DAYS[d]!).map((f) => Math.floor((f.calcMs - dateMs(DAYS[d]!)) / HOUR_MS))
    expect(hours('BTCUSDT', 1)).toEqual([0, 8, 16])
    expect(hours('1000PEPEUSDT', 1)).toEqual([0, 4, 8, 12, 16, 20])
    expect(hours('PIPPINUSDT', 1)).toHaveLength(24)
    expect(hours('DOGEUSDT', 2)).toEqual([0, 8, 16])
    expect(hours('DOGEUSDT', 3)).toEqual([0, 4, 8, 12, 16, 20])
    const offsets = DAYS.flatMap((d) => market.funding('PIPPINUSDT', d).map((f) => f.calcMs % HOUR_MS))
    expect(Math.max(...offsets)).toBeGreaterThan(0)
    expect(Math.max(...offsets)).toBeLessThan(50)
  })
})

describe('statistics over five days', () => {
  const returns = (symbol: string): number[] =>
    DAYS.flatMap((d) => {
      const b = market.klines(symbol, d)!
      return Array.from({ length: 1439 }, (_, i) => Math.log(b.close[i + 1]! / b.close[i]!))
    })
  const mean = (x: number[]): number => x.reduce((a, b) => a + b, 0) / x.length
  const correlation = (x: number[], y: number[]): number => {
    const [mx, my] = [mean(x), mean(y)]
    let [xy, xx, yy] = [0, 0, 0]
    for (let i = 0; i < x.length; i++) {
      xy += (x[i]! - mx) * (y[i]! - my)
      xx += (x[i]! - mx) ** 2
      yy += (y[i]! - my) ** 2
    }
    return xy / Math.sqrt(xx * yy)
  }
  const liquid = ['BTCUSDT', 'ETHUSDT', 'SOLUSDT', 'XRPUSDT', 'DOGEUSDT', 'LINKUSDT', 'LTCUSDT']

  it('symbols move together but not as one', () => {
    const all = liquid.map(returns)
    for (let a = 0; a < all.length; a++) {
      for (let b = a + 1; b < all.length; b++) {
        const r = correlation(all[a]!, all[b]!)
        expect(r, `${liquid[a]} ${liquid[b]}`).toBeGreaterThan(0.2)
        expect(r, `${liquid[a]} ${liquid[b]}`).toBeLessThan(0.97)
      }
    }
  })

  it('tails are fat, volatility clusters, volume follows it', () => {
    for (const symbol of liquid) {
      const r = returns(symbol)
      const m = mean(r)
      const v = mean(r.map((x) => (x - m) ** 2))
      expect(mean(r.map((x) => (x - m) ** 4)) / v ** 2, `kurtosis ${symbol}`).toBeGreaterThan(3.5)
      const size = r.map(Math.abs)
      expect(correlation(size.slice(0, -1), size.slice(1)), `|r| lag 1 ${symbol}`).toBeGreaterThan(0.05)
      expect(correlation(size.slice(0, -10), size.slice(10)), `|r| lag 10 ${symbol}`).toBeGreaterThan(0.03)
      const volume = DAYS.flatMap((d) => [...market.klines(symbol, d)!.traded!.quote.subarray(1)])
      const trades = DAYS.flatMap((d) => [...market.klines(symbol, d)!.count.subarray(1)])
      expect(correlation(volume, size), `volume ${symbol}`).toBeGreaterThan(0.2)
      expect(correlation(volume, trades), `trades ${symbol}`).toBeGreaterThan(0.5)
      expect(Math.abs(correlation(r.slice(0, -1), r.slice(1))), `returns ${symbol}`).toBeLessThan(0.12)
      const daily = Math.sqrt(v * 1440)
      expect(daily, `daily volatility ${symbol}`).toBeGreaterThan(0.008)
      expect(daily, `daily volatility ${symbol}`).toBeLessThan(0.15)
    }
  })

  it('premium reverts to small numbers', () => {
    const p = market.premium('BTCUSDT', DAYS[1]!)!
    expect(Math.max(...p.high.map(Math.abs)) / 1e8).toBeLessThan(0.003)
    expect(p.open[700]).toBe(p.close[699])
  })
})
