/**
 * Funding payments at the instants and rates that really were, whatever the interval (8 h, 4 h, 1 h): the holder of a
 * long pays notional · rate, of a short receives it. Stamps carry some milliseconds and are floored to the minute. At an
 * instant that is a bar's start the position held before that bar's fills pays, at its open; at an instant inside a bar
 * the position after the fills at the open pays, at the open. Symbols without rates are named in the result.
 */
import { HOUR_MS, MINUTE_MS } from '@cointrader/core'
import type { BarSet } from '@cointrader/strategies'
import { percent } from './fees.js'

/** Settlements of one symbol, ascending. */
export interface FundingRates {
  readonly times: Float64Array
  readonly rates: Float64Array
}

export type FundingModel =
  | { readonly kind: 'recorded'; readonly rates: ReadonlyMap<string, FundingRates> }
  /** Both sides pay `rate` every `intervalMs`: a stand-in on the cautious side. */
  | { readonly kind: 'assumed'; readonly rate: number; readonly intervalMs: number }

/** No rates at hand: nothing is charged and the result names every symbol. */
export const NO_FUNDING: FundingModel = { kind: 'recorded', rates: new Map() }

/** Settlements of one symbol laid on the bars. */
export interface FundingPlan {
  /** Bar it falls in, ascending. */
  readonly bar: Int32Array
  readonly time: Float64Array
  readonly rate: Float64Array
  /** 1 when at the bar's start. */
  readonly atOpen: Uint8Array
}

export interface CompiledFunding {
  readonly describe: string
  readonly plans: readonly FundingPlan[]
  /** True when both sides pay. */
  readonly bothPay: boolean
  readonly absent: readonly string[]
  readonly partial: readonly string[]
}

/** Longest time between settlements before a series counts as partial: the longest real interval and some slack. */
const LONGEST = 8.5 * HOUR_MS

/** Lays a model on bars `from` … `to` (exclusive). */
export function compileFunding(model: FundingModel, bars: BarSet, from: number, to: number): CompiledFunding {
  const startMs = bars.times[from]!
  const endMs = bars.times[to - 1]! + bars.intervalMs
  if (model.kind === 'assumed') {
    const { rate, intervalMs } = model
    const times: number[] = []
    for (let t = Math.ceil(startMs / intervalMs) * intervalMs; t < endMs; t += intervalMs) times.push(t)
    const rates = Float64Array.from(times, () => Math.abs(rate))
    const plan = lay({ times: Float64Array.from(times), rates }, bars, startMs, endMs)
    const describe = `assumed: both sides pay ${percent(Math.abs(rate))} every ${intervalMs / HOUR_MS} h`
    return { describe, plans: bars.symbols.map(() => plan), bothPay: true, absent: [], partial: [] }
  }
  const absent: string[] = []
  const partial: string[] = []
  const plans = bars.symbols.map((symbol) => {
    const rates = model.rates.get(symbol)
    if (rates === undefined || rates.times.length === 0) absent.push(symbol)
    else if (hasGap(rates.times, startMs, endMs)) partial.push(symbol)
    return rates === undefined ? EMPTY : lay(rates, bars, startMs, endMs)
  })
  const with_ = bars.symbols.length - absent.length
  const describe = `recorded rates at their own instants, for ${with_} of ${bars.symbols.length} symbols`
  return { describe, plans, bothPay: false, absent, partial }
}

const EMPTY: FundingPlan = {
  bar: new Int32Array(0),
  time: new Float64Array(0),
  rate: new Float64Array(0),
  atOpen: new Uint8Array(0),
}

function hasGap(times: Float64Array, startMs: number, endMs: number): boolean {
  let last = startMs - MINUTE_MS
  for (const t of times) {
    if (t < startMs) continue
    if (t >= endMs) break
    if (t - last > LONGEST) return true
    last = t
  }
  return endMs - last > LONGEST
}

function lay({ times, rates }: FundingRates, bars: BarSet, startMs: number, endMs: number): FundingPlan {
  const bar: number[] = []
  const time: number[] = []
  const rate: number[] = []
  const atOpen: number[] = []
  for (let k = 0; k < times.length; k++) {
    const t = Math.floor(times[k]! / MINUTE_MS) * MINUTE_MS
    if (t < startMs || t >= endMs || Number.isNaN(rates[k]!) || t === time[time.length - 1]) continue
    const i = Math.floor((t - bars.times[0]!) / bars.intervalMs)
    bar.push(i)
    time.push(t)
    rate.push(rates[k]!)
    atOpen.push(bars.times[i] === t ? 1 : 0)
  }
  return {
    bar: Int32Array.from(bar),
    time: Float64Array.from(time),
    rate: Float64Array.from(rate),
    atOpen: Uint8Array.from(atOpen),
  }
}

/** Signed payment of a position: received is positive. */
export function fundingAmount(side: number, qty: number, price: number, rate: number, bothPay: boolean): number {
  return bothPay ? -(qty * price * rate) : -(side * qty * price * rate)
}
