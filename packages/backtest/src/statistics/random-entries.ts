/**
 * Would entering at random have done as well? Monte Carlo: every trade keeps its symbol, side, holding time, size and costs,
 * only the moment of entry is drawn. What is left of the result against these draws is timing.
 */
import { fail, seededRandom } from '@cointrader/core'
import { quantileOf } from '@cointrader/models/evaluation/numeric'
import type { Prices } from './benchmark.js'
import { type BacktestResult, tradeAt } from './source.js'

export interface RandomEntryOptions {
  /** Default 1000. */
  readonly resamples?: number
  /** Default 0. */
  readonly seed?: number | string
}

export interface RandomEntryTest {
  readonly trades: number
  /** Σ over trades of net result / equity at entry, of the strategy (what it really got). */
  readonly observed: number
  /** The same sum for random entries: mean, deviation, and quantiles 5, 50, 95 %. */
  readonly mean: number
  readonly deviation: number
  readonly q05: number
  readonly q50: number
  readonly q95: number
  /** (1 + draws at least as good) / (1 + draws). */
  readonly pValue: number
  readonly resamples: number
  /** Sums of all draws, ascending, for the report. */
  readonly draws: Float64Array
}

/** Fewest trades the test is done on. */
export const MINIMUM_RANDOM_TRADES = 10

/**
 * Draws entries. Per symbol, the trades are put in random order with random gaps between them, uniform over all such
 * arrangements, so that positions of one symbol never overlap (as in the original). Entry and exit are at closes of bars;
 * each trade carries its own costs: fees, slippage and funding per notional. Bars without a price take the last one.
 * A position that was added to or reduced on its way counts with all it bought, held from first entry to last exit: for books
 * that rebalance often the random ones carry more than the real one did, and the test says little.
 * Errors: `E_ROW_COUNT` below {@link MINIMUM_RANDOM_TRADES} trades, `E_USAGE` when a symbol has no prices or its trades do
 * not fit in the range.
 */
export function randomEntries(
  result: BacktestResult,
  prices: Prices,
  { resamples = 1000, seed = 0 }: RandomEntryOptions = {},
): RandomEntryTest {
  const { trades } = result
  if (trades.count < MINIMUM_RANDOM_TRADES) {
    fail('E_ROW_COUNT', {
      subject: 'random entries',
      detail: `${trades.count} trades, at least ${MINIMUM_RANDOM_TRADES} are needed`,
    })
  }
  const places = result.symbols.flatMap((symbol, s) => {
    const rows: number[] = []
    for (let i = 0; i < trades.count; i++) if (trades.symbol[i] === s) rows.push(i)
    return rows.length === 0 ? [] : [place(result, prices, symbol, rows)]
  })
  let observed = 0
  for (let i = 0; i < trades.count; i++) observed += trades.netPnl[i] / trades.equityAtEntry[i]
  const random = seededRandom(seed).fork('random-entries')
  const draws = new Float64Array(resamples)
  for (let b = 0; b < resamples; b++) {
    let sum = 0
    for (const one of places) {
      const n = one.hold.length
      // Fisher-Yates, then gaps: n sorted draws from the free bars are the number of free bars before each trade.
      for (let i = n - 1; i > 0; i--) {
        const j = random.int(i + 1)
        const keep = one.order[i]
        one.order[i] = one.order[j]
        one.order[j] = keep
      }
      // Combinations with repetition of n out of free + 1 by "stars and bars": distinct draws keep all arrangements equal.
      drawSorted(one.gaps, one.free + n, one.taken, random)
      let held = 0
      for (let k = 0; k < n; k++) {
        const t = one.order[k]
        const at = one.gaps[k] - k + held
        held += one.hold[t]
        const move = one.close[at + one.hold[t]] / one.close[at] - 1
        sum += one.weight[t] * (one.side[t] * move - one.cost[t])
      }
    }
    draws[b] = sum
  }
  draws.sort()
  let better = 0
  let total = 0
  for (const d of draws) {
    if (d >= observed) better++
    total += d
  }
  const mean = total / resamples
  let squares = 0
  for (const d of draws) squares += (d - mean) ** 2
  return {
    trades: trades.count,
    observed,
    mean,
    deviation: Math.sqrt(squares / (resamples - 1)),
    q05: quantileOf(draws, 0.05),
    q50: quantileOf(draws, 0.5),
    q95: quantileOf(draws, 0.95),
    pValue: (1 + better) / (1 + resamples),
    resamples,
    draws,
  }
}

interface Place {
  /** Closes without holes; steps from bar to bar. */
  readonly close: Float64Array
  /** Per trade: steps held, side, notional / equity at entry, costs / notional. */
  readonly hold: Int32Array
  readonly side: Int8Array
  readonly weight: Float64Array
  readonly cost: Float64Array
  /** Steps of the range that no trade needs. */
  readonly free: number
  readonly order: Int32Array
  readonly gaps: Int32Array
  readonly taken: Uint8Array
}

function place(result: BacktestResult, prices: Prices, symbol: string, rows: readonly number[]): Place {
  const s = prices.symbols.indexOf(symbol)
  if (s < 0) fail('E_USAGE', { subject: `random entries of ${symbol}`, detail: 'no prices handed in' })
  const raw = prices.close[s]
  const first = raw.findIndex((p) => p > 0)
  const close = raw.slice(Math.max(0, first))
  for (let i = 1; i < close.length; i++) if (!(close[i] > 0)) close[i] = close[i - 1]
  const n = rows.length
  const hold = new Int32Array(n)
  const side = new Int8Array(n)
  const weight = new Float64Array(n)
  const cost = new Float64Array(n)
  let needed = 0
  rows.forEach((i, k) => {
    const t = tradeAt(result, i)
    const notional = t.entryPrice * t.qty
    hold[k] = Math.max(1, Math.round((t.exitTime - t.entryTime) / result.intervalMs))
    needed += hold[k]
    side[k] = t.side
    weight[k] = notional / t.equityAtEntry
    cost[k] = (t.entryFee + t.exitFee + t.slippageCost - t.funding) / notional
  })
  // Rounding up short trades can need a few steps more than the range has: shorten the longest.
  const steps = close.length - 1
  while (needed > steps && steps >= n) {
    let longest = 0
    for (let k = 1; k < n; k++) if (hold[k] > hold[longest]) longest = k
    hold[longest]--
    needed--
  }
  if (first < 0 || needed > steps) {
    fail('E_USAGE', {
      subject: `random entries of ${symbol}`,
      detail: `${n} trades over ${needed} bars do not fit into ${Math.max(0, steps)} bars with prices`,
    })
  }
  const free = steps - needed
  return {
    close,
    hold,
    side,
    weight,
    cost,
    free,
    order: Int32Array.from({ length: n }, (_, k) => k),
    gaps: new Int32Array(n),
    taken: new Uint8Array(free + n),
  }
}

/** `out.length` distinct integers of [0, n), ascending, every set equally likely (Floyd's algorithm). `taken` is scratch. */
function drawSorted(out: Int32Array, n: number, taken: Uint8Array, random: { int(n: number): number }): void {
  const k = out.length
  for (let j = n - k, i = 0; j < n; j++, i++) {
    const t = random.int(j + 1)
    const pick = taken[t] === 1 ? j : t
    taken[pick] = 1
    out[i] = pick
  }
  out.sort()
  for (let i = 0; i < k; i++) taken[out[i]] = 0
}
