/** A seeded market to try strategies on: trends, pull-backs, missing bars, silent volumes. */
import { seededRandom } from '@cointrader/core'
import { type BarSet, makeBarSet, type SymbolBars } from '@cointrader/strategies'

export const STEP = 900_000
const START = Date.UTC(2026, 0, 1)

export function market(seed: string, symbols: number, n: number, holes = 0.01): BarSet {
  const bars = Array.from({ length: symbols }, (_, k): SymbolBars => {
    const random = seededRandom(`${seed}/${k}`)
    const kept: number[] = []
    for (let i = 0; i < n; i++) if (i === 0 || i === n - 1 || random.next() >= holes) kept.push(i)
    const at = () => new Float64Array(kept.length)
    const out = { symbol: `S${k}USDT`, times: at(), open: at(), high: at(), low: at(), close: at(), volume: at() }
    let price = 1 + k
    for (const [j, i] of kept.entries()) {
      const drift = 0.0015 * Math.sin(i / 150 + k)
      const close = price * Math.exp(drift + 0.004 * random.normal())
      out.times[j] = START + i * STEP
      out.open[j] = price
      out.close[j] = close
      out.high[j] = Math.max(price, close) * (1 + 0.001 * random.next())
      out.low[j] = Math.min(price, close) * (1 - 0.001 * random.next())
      out.volume[j] = 1000 * Math.exp(random.normal())
      price = close
    }
    return out
  })
  return makeBarSet(STEP, bars)
}

/** Momentum over `back` bars. */
export function momentum(bars: BarSet, back: number): Float64Array[] {
  return bars.columns.map(({ close }) => close.map((c, i) => (i < back ? Number.NaN : c / close[i - back]! - 1)))
}
