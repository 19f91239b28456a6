/** From flags and bars to what a sweep or a study runs on. */
import { join, resolve } from 'node:path'
import type { FundingRates } from '@cointrader/backtest/costs/index'
import { runSettings, type SweepSetup } from '@cointrader/backtest/sweep/index'
import { fail, parseInterval, sha256 } from '@cointrader/core'
import { BAR_FIELDS, type BarSet } from '@cointrader/strategies'
import { LOOSE_RULES, makeConfig } from '@cointrader/trading'
import type { Context } from '../context.js'
import { loadBars, loadFunding } from './backtest-bars.js'
import { parseSymbols } from './flags.js'
import { instantOf, type MarketFlags } from './sweep-flags.js'

export interface SweepData {
  readonly bars: BarSet
  readonly funding: ReadonlyMap<string, FundingRates>
  /** File → sha256; funding as `funding/{symbol}`. */
  readonly inputs: Readonly<Record<string, string>>
  /** Half-open ms. */
  readonly startMs: number | undefined
  readonly endMs: number | undefined
}

/** Bars and funding of the flags. Errors as `loadBars`; `E_FILE_MISSING` for a funding folder that was named. */
export async function loadSweepData(flags: MarketFlags, ctx: Context): Promise<SweepData> {
  const choice = flags.symbols === 'all' ? 'all' : parseSymbols(flags.symbols)
  const { bars, inputs } = await loadBars(ctx, flags.data, choice, parseInterval(flags.interval))
  let funding = new Map<string, FundingRates>()
  if (flags.funding !== 'none') {
    const folder = flags.funding ?? join(flags.data, 'funding')
    if (flags.funding !== undefined && !(await ctx.disk.exists(resolve(folder))))
      fail('E_FILE_MISSING', { subject: folder, next: 'check --funding, or give --funding none' })
    funding = await loadFunding(ctx, folder, bars.symbols)
  }
  const bytes = (x: Float64Array) => new Uint8Array(x.buffer, x.byteOffset, x.byteLength)
  const hashes = [...funding].map(([symbol, { times, rates }]): [string, string] => [
    `funding/${symbol}`,
    sha256([bytes(times), bytes(rates)]),
  ])
  return {
    bars,
    funding,
    inputs: { ...inputs, ...Object.fromEntries(hashes) },
    startMs: instantOf(flags.startDate, false),
    endMs: instantOf(flags.endDate, true),
  }
}

/** Strategy, account and costs as the flags say. */
export function sweepSetup(flags: MarketFlags, symbols: readonly string[], killSwitch: boolean): SweepSetup {
  const taker = flags.feePct === undefined ? undefined : flags.feePct / 100
  const config = makeConfig(symbols, {
    initialBalance: flags.initialBalance,
    leverage: flags.leverage,
    maxPositions: flags.maxPositions,
    maxSameDirection: flags.maxSameDirection,
    maxDailyLoss: flags.maxDailyLossPct === 0 ? null : flags.maxDailyLossPct,
    mlThreshold: flags.mlThreshold,
    sizing: {
      kind: 'dynamic-margin',
      max: flags.marginMaxRatio,
      min: flags.marginMinRatio,
      decay: flags.marginDecayRate,
    },
    rules: symbols.map(() => ({ ...LOOSE_RULES, minNotional: flags.minNotional })),
    ...(taker === undefined ? {} : { takerFee: taker }),
    ...(killSwitch ? {} : { killSymbol: null, killPortfolio: null }),
  })
  const levels = { stopAtr: flags.atrSlMult, targetAtr: flags.atrTpMult, adx: flags.adxThreshold }
  const slippage = flags.slippagePct === undefined ? undefined : flags.slippagePct * 100
  return {
    strategy: flags.strategy,
    base: runSettings(config, {
      score: { ...levels, score: flags.signalThreshold, volumeMultiplier: flags.volMultiplier },
      pullback: levels,
    }),
    costs: {
      ...(taker === undefined ? {} : { taker, maker: Math.min(0.0002, taker) }),
      ...(slippage === undefined ? {} : { slippageBps: slippage, stopSlippageBps: slippage }),
    },
  }
}

/** One symbol's bars on its own range: without the bars before its first and after its last. Undefined when it has none. */
export function oneSymbol(bars: BarSet, symbol: string): BarSet | undefined {
  const s = bars.symbols.indexOf(symbol)
  const { close } = bars.columns[s]!
  let from = 0
  while (from < close.length && Number.isNaN(close[from]!)) from++
  let to = close.length
  while (to > from && Number.isNaN(close[to - 1]!)) to--
  if (to === from) return undefined
  const columns = Object.fromEntries(BAR_FIELDS.map((f) => [f, bars.columns[s]![f].subarray(from, to)]))
  return {
    intervalMs: bars.intervalMs,
    times: bars.times.subarray(from, to),
    symbols: [symbol],
    columns: [columns as unknown as BarSet['columns'][number]],
  }
}
