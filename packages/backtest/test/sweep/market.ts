/** A seeded market with bursts of volume, so that the indicator score trades in it; and sweeps over it. */
import {
  runSettings,
  type SharedMarket,
  type SweepInput,
  type SweepParams,
  type SweepSetup,
  shareMarket,
  sweepPlan,
} from '@cointrader/backtest/sweep/index'
import { seededRandom } from '@cointrader/core'
import { type BarSet, makeBarSet, type SymbolBars } from '@cointrader/strategies'
import { makeConfig, type TradingConfig } from '@cointrader/trading'

export const INTERVAL = 900_000
/** 01:30, so that the first day is not whole. */
export const FIRST = Date.UTC(2025, 0, 20, 1, 30)

export function symbolBars(symbol: string, bars: number, seed = symbol): SymbolBars {
  const random = seededRandom(`sweep ${seed}`)
  const column = () => new Float64Array(bars)
  const out = {
    symbol,
    times: column(),
    open: column(),
    high: column(),
    low: column(),
    close: column(),
    volume: column(),
  }
  let price = 2
  let drift = 0
  for (let i = 0; i < bars; i++) {
    if (random.next() < 0.02) drift = 0.002 * random.normal()
    out.times[i] = FIRST + i * INTERVAL
    out.open[i] = price
    price *= Math.exp(drift + 0.004 * random.normal())
    out.close[i] = price
    out.high[i] = Math.max(out.open[i]!, price) * (1 + 0.002 * random.next())
    out.low[i] = Math.min(out.open[i]!, price) * (1 - 0.002 * random.next())
    out.volume[i] = 1000 * Math.exp(random.normal())
  }
  return out
}

/** `days` days of the symbols. */
export function bars(symbols: readonly string[], days: number): BarSet {
  return makeBarSet(
    INTERVAL,
    symbols.map((s) => symbolBars(s, days * 96)),
  )
}

export const GRID_CELLS: readonly SweepParams[] = [1, 2].flatMap((atr_sl_mult) =>
  [2, 4].flatMap((atr_tp_mult) =>
    [0, 20].flatMap((adx_threshold) =>
      [1, 1.5].map((volume_multiplier) => ({ atr_sl_mult, atr_tp_mult, adx_threshold, volume_multiplier })),
    ),
  ),
)

export function setupOf(symbols: readonly string[], config: Partial<TradingConfig> = {}): SweepSetup {
  return {
    strategy: 'indicator-score',
    base: runSettings(makeConfig(symbols, { killSymbol: null, killPortfolio: null, ...config })),
    costs: {},
  }
}

export function sweepOf(
  set: BarSet,
  more: { cells?: readonly SweepParams[]; setup?: SweepSetup; trainMonths?: number; testMonths?: number } = {},
): SweepInput {
  const setup = more.setup ?? setupOf(set.symbols)
  const market: SharedMarket = shareMarket(set, new Map(), setup.strategy === 'indicator-score')
  const plan = sweepPlan(market, { trainMonths: more.trainMonths ?? 2, testMonths: more.testMonths ?? 1 })
  return { market, setup, plan, cells: more.cells ?? GRID_CELLS }
}
