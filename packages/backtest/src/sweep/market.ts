/**
 * One copy of the data for all workers: bars and indicator columns in shared memory. Everything here is plain objects of
 * typed arrays over `SharedArrayBuffer`, so a message to a worker carries references, not bytes.
 */
import type { BarColumns, BarSet, ScoreColumns } from '@cointrader/strategies'
import type { FundingRates } from '../costs/funding.js'

export interface SharedMarket extends BarSet {
  /** By symbol; filled by the workers before the first combination runs. Null: the strategy needs none. */
  readonly scores: readonly ScoreColumns[] | null
  readonly funding: readonly (readonly [symbol: string, rates: FundingRates])[]
}

/** Copies bars and funding into shared memory and makes room for score columns. */
export function shareMarket(
  bars: BarSet,
  funding: ReadonlyMap<string, FundingRates>,
  withScores: boolean,
): SharedMarket {
  const n = bars.times.length
  const columns = bars.columns.map(
    (c): BarColumns => ({
      open: shared(c.open),
      high: shared(c.high),
      low: shared(c.low),
      close: shared(c.close),
      volume: shared(c.volume),
    }),
  )
  return {
    intervalMs: bars.intervalMs,
    times: shared(bars.times),
    symbols: bars.symbols,
    columns,
    scores: withScores
      ? columns.map(
          ({ close, volume }): ScoreColumns => ({
            long: new Int8Array(new SharedArrayBuffer(n)),
            short: new Int8Array(new SharedArrayBuffer(n)),
            volume,
            close,
            volMa20: new Float64Array(new SharedArrayBuffer(8 * n)),
            adx: new Float64Array(new SharedArrayBuffer(8 * n)),
            atr: new Float64Array(new SharedArrayBuffer(8 * n)),
          }),
        )
      : null,
    funding: [...funding].map(([symbol, { times, rates }]) => [symbol, { times: shared(times), rates: shared(rates) }]),
  }
}

/** Bytes of shared memory. */
export function sharedBytes(market: SharedMarket): number {
  const n = market.times.length
  const perSymbol = 5 * 8 + (market.scores === null ? 0 : 2 + 3 * 8)
  return 8 * n + market.symbols.length * n * perSymbol
}

/** Bars `from` … `to` (exclusive) of a market, as views. */
export function barsBetween(market: BarSet, from: number, to: number): BarSet {
  const cut = (x: Float64Array): Float64Array => x.subarray(from, to)
  return {
    intervalMs: market.intervalMs,
    times: cut(market.times),
    symbols: market.symbols,
    columns: market.columns.map((c) => ({
      open: cut(c.open),
      high: cut(c.high),
      low: cut(c.low),
      close: cut(c.close),
      volume: cut(c.volume),
    })),
  }
}

/** Score columns `from` … `to` (exclusive), as views. */
export function scoresBetween(x: ScoreColumns, from: number, to: number): ScoreColumns {
  return {
    long: x.long.subarray(from, to),
    short: x.short.subarray(from, to),
    volume: x.volume.subarray(from, to),
    close: x.close.subarray(from, to),
    volMa20: x.volMa20.subarray(from, to),
    adx: x.adx.subarray(from, to),
    atr: x.atr.subarray(from, to),
  }
}

function shared(x: Float64Array): Float64Array {
  if (x.buffer instanceof SharedArrayBuffer) return x
  const out = new Float64Array(new SharedArrayBuffer(8 * x.length))
  out.set(x)
  return out
}
