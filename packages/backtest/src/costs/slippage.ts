/**
 * Slippage: how much worse than its reference price an order fills, as a share of that price (never negative). Limit
 * orders have none. The reference of a market order is the bar's open; of a stop the worse of level and open; of a
 * take-profit the level.
 */
import type { BarSet } from '@cointrader/strategies'
import { percent } from './fees.js'

export type SlipKind = 'market' | 'stop' | 'target'

/** Share of price for an order of `qty` in bar `bar` of symbol `symbol`. */
export type Slip = (symbol: number, bar: number, qty: number, kind: SlipKind) => number

export interface SlippageModel {
  readonly describe: string
  /** Prepares for a set of bars. What it says of a bar may use that bar: it plays the venue, not the strategy. */
  compile(bars: BarSet): Slip
}

const BPS = 1e-4

/**
 * The same for every order, and a larger one for stops, which fill while price runs away. The default of a backtest is
 * 2 and 5 basis points: cautious for the large perpetuals at sizes up to some 10,000 USDT, too little for thin ones.
 */
export function fixedSlippage(marketBps = 2, stopBps = 5): SlippageModel {
  const market = marketBps * BPS
  const stop = stopBps * BPS
  return {
    describe: `fixed: ${percent(market)} market orders, ${percent(stop)} stops`,
    compile: () => (_symbol, _bar, _qty, kind) => (kind === 'stop' ? stop : market),
  }
}

/** No slippage: for comparisons with engines that have none. */
export const NO_SLIPPAGE: SlippageModel = { describe: 'none', compile: () => () => 0 }

/**
 * A share of the mean bar range (high − low over close) of the `length` bars before, at least `leastBps`. Stops pay
 * `stopFactor` times it.
 */
export function volatilitySlippage(share = 0.05, length = 20, leastBps = 1, stopFactor = 2): SlippageModel {
  return {
    describe: `volatility: ${percent(share)} of the mean range of ${length} bars, at least ${leastBps} bps, stops ${stopFactor}-fold`,
    compile(bars) {
      const least = leastBps * BPS
      const means = bars.columns.map(({ high, low, close }) => {
        const out = new Float64Array(close.length).fill(least)
        // The window of bar i is [i − length, i): summed anew, so that a cut range gives equal numbers.
        for (let i = 1; i < close.length; i++) {
          let sum = 0
          let count = 0
          for (let j = Math.max(0, i - length); j < i; j++) {
            const range = (high[j]! - low[j]!) / close[j]!
            if (Number.isNaN(range)) continue
            sum += range
            count++
          }
          if (count > 0) out[i] = Math.max(least, (share * sum) / count)
        }
        return out
      })
      return (symbol, bar, _qty, kind) => means[symbol]![bar]! * (kind === 'stop' ? stopFactor : 1)
    },
  }
}

/**
 * Square-root impact (Almgren et al. 2005, "Direct Estimation of Equity Market Impact": cost grows with the root of the
 * traded share of volume): base + impact · √(qty / volume of the bar). A bar without volume costs as one fully taken.
 */
export function volumeShareSlippage(baseBps = 1, impactBps = 50, stopBps = 3): SlippageModel {
  return {
    describe: `volume share: ${baseBps} bps + ${impactBps} bps · sqrt(share of the bar's volume), stops ${stopBps} bps more`,
    compile(bars) {
      return (symbol, bar, qty, kind) => {
        const volume = bars.columns[symbol]!.volume[bar]!
        const taken = volume > 0 ? Math.min(1, qty / volume) : 1
        return (baseBps + impactBps * Math.sqrt(taken) + (kind === 'stop' ? stopBps : 0)) * BPS
      }
    },
  }
}
