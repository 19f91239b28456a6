/**
 * The original's event loop (TB-05.2 … TB-05.6) with its defects: exits skipped after a kill or at the daily limit, re-entry
 * after the closing trade that killed (D-02), trading on with a negative balance (D-03), one kill switch for ever for all
 * symbols (D-07), fills exactly at the level without gaps, funding or liquidation (D-08), sizes of one decimal (D-27).
 */
import { DAY_MS, utcText } from '@cointrader/core'
import type { SeedConfig, SeedSwitches } from './config.js'
import { numpyRound, pythonRound } from './decimal.js'
import type { SeedIndicators, SeedSlice } from './signals.js'

/** Bars at the start of a slice in which nothing trades. */
export const SEED_WARM_UP = 60
/** The kill switch looks at so many last trades: all lost, or a profit factor below the least. */
const KILL_LOSSES = 8
const KILL_TRADES = 15
const KILL_PROFIT_FACTOR = 0.75

export type SeedCloseReason = 'STOP_LOSS' | 'TAKE_PROFIT' | 'REVERSE_SIGNAL' | 'END_OF_DATA'

/** A closed trade as the result document has it (TB-05.7): UTC times, prices and money at 6 decimals. */
export interface SeedTrade {
  readonly symbol: string
  readonly side: 'LONG' | 'SHORT'
  /** Starts of the bars, `YYYY-MM-DD HH:MM:SS`. */
  readonly entry_time: string
  readonly exit_time: string
  readonly entry_price: number
  readonly exit_price: number
  readonly quantity: number
  readonly sl: number
  readonly tp: number
  readonly gross_pnl: number
  readonly entry_fee: number
  readonly exit_fee: number
  readonly net_pnl: number
  readonly close_reason: SeedCloseReason
  readonly ml_proba: number | null
  readonly indicators: { readonly [K in 'rsi' | 'macd_hist' | 'atr' | 'adx']: number }
  /** Walk-forward only, from 1. */
  readonly fold?: number
}

/** The probability that an entry on bar `index` of the slice wins; null when there is none, and the trade is allowed. */
export type SeedProbability = (index: number) => number | null

/** One symbol, as the loop needs it. */
export interface SeedFeed {
  readonly symbol: string
  readonly slice: SeedSlice
  readonly signals: Int8Array
  /** Absent: no model is loaded. */
  readonly probability?: SeedProbability
}

export interface SeedRun {
  readonly trades: SeedTrade[]
  /** Balance plus unrealised profit before each event, or null if not asked for. */
  readonly equity: Float64Array | null
  /** Bar start of each equity point, ms. */
  readonly equityTimes: Float64Array | null
  readonly killed: boolean
  /** Bar start at which the switch fell, ms; null when it did not. */
  readonly killedAt: number | null
  /** Balance after the last close, USDT. */
  readonly balance: number
}

interface Position {
  readonly side: 1 | -1
  readonly entryMs: number
  readonly entry: number
  readonly quantity: number
  readonly stop: number
  readonly target: number
  readonly entryFee: number
  readonly probability: number | null
  readonly indicators: SeedTrade['indicators']
}

/** The switches the loop itself looks at. */
export type EngineSwitches = Pick<SeedSwitches, 'doubleEntryFee' | 'killSwitch'>

/** Runs the loop over the slices of all symbols. `keepEquity` also returns the curve, one point per event. */
export function runEvents(
  config: SeedConfig,
  feeds: readonly SeedFeed[],
  switches: EngineSwitches,
  keepEquity = false,
): SeedRun {
  // Events at one time are taken in alphabetical order of symbols.
  const order = [...feeds].sort((a, b) => (a.symbol < b.symbol ? -1 : a.symbol > b.symbol ? 1 : 0))
  const next = order.map(() => SEED_WARM_UP)
  const events = order.reduce((sum, f) => sum + Math.max(0, f.slice.bars.times.length - SEED_WARM_UP), 0)
  const equity = keepEquity ? new Float64Array(events) : null
  const equityTimes = keepEquity ? new Float64Array(events) : null
  const slip = config.slippage_pct / 100
  const fee = config.fee_pct / 100
  const lastPrice = new Float64Array(order.length)
  /** Open positions by place in `order`; iteration is in order of entry. */
  const open = new Map<number, Position>()
  const trades: SeedTrade[] = []
  const nets: number[] = []
  let balance = config.initial_balance
  let dailyPnl = 0
  let day = Number.NaN
  let killed = false
  let killedAt: number | null = null

  const shouldKill = (): boolean => {
    const n = nets.length
    if (n >= KILL_LOSSES) {
      let losses = 0
      while (losses < KILL_LOSSES && nets[n - 1 - losses]! < 0) losses++
      if (losses === KILL_LOSSES) return true
    }
    if (n < KILL_TRADES) return false
    let [gains, losses] = [0, 0]
    for (let k = n - KILL_TRADES; k < n; k++) {
      if (nets[k]! > 0) gains += nets[k]!
      else losses += nets[k]!
    }
    return losses !== 0 && gains / Math.abs(losses) < KILL_PROFIT_FACTOR
  }

  const close = (at: number, price: number, reason: SeedCloseReason, ms: number): void => {
    const p = open.get(at)!
    open.delete(at)
    const slipped = reason === 'REVERSE_SIGNAL' || reason === 'END_OF_DATA'
    const exit = slipped ? price * (1 - p.side * slip) : price
    const exitFee = exit * p.quantity * fee
    const gross = (p.side === 1 ? exit - p.entry : p.entry - exit) * p.quantity
    const net = gross - p.entryFee - exitFee
    balance += net
    dailyPnl += net
    nets.push(net)
    if (switches.killSwitch && !killed && shouldKill()) {
      killed = true
      killedAt = ms
    }
    // Prices of bars are Python floats, those with the ATR in them NumPy's: see decimal.ts.
    trades.push({
      symbol: order[at]!.symbol,
      side: p.side === 1 ? 'LONG' : 'SHORT',
      entry_time: utcText(p.entryMs),
      exit_time: utcText(ms),
      entry_price: pythonRound(p.entry, 6),
      exit_price: slipped ? pythonRound(exit, 6) : numpyRound(exit, 6),
      quantity: p.quantity,
      sl: numpyRound(p.stop, 6),
      tp: numpyRound(p.target, 6),
      gross_pnl: numpyRound(gross, 6),
      entry_fee: numpyRound(p.entryFee, 6),
      exit_fee: numpyRound(exitFee, 6),
      net_pnl: numpyRound(net, 6),
      close_reason: reason,
      ml_proba: p.probability === null ? null : numpyRound(p.probability, 4),
      indicators: p.indicators,
    })
  }

  const canOpen = (at: number, side: number): boolean => {
    if (open.size >= config.max_positions || open.has(at)) return false
    let same = 0
    for (const p of open.values()) if (p.side === side) same++
    return same < config.max_same_direction
  }

  const enter = (at: number, i: number, side: 1 | -1): void => {
    const { slice, probability } = order[at]!
    const { bars, indicators: x } = slice
    const price = bars.close[i]!
    const p = probability === undefined ? null : probability(i)
    if (p !== null && p < config.ml_threshold) return
    const quantity = quantityFor(config, balance, price)
    if (quantity === 0) return
    const entry = price * (1 + side * slip)
    const entryFee = entry * quantity * fee
    const atr = x.atr[i]!
    if (atr <= 0) return
    if (switches.doubleEntryFee) balance -= entryFee
    open.set(at, {
      side,
      entryMs: bars.times[i]!,
      entry,
      quantity,
      stop: entry - side * atr * config.atr_sl_mult,
      target: entry + side * atr * config.atr_tp_mult,
      entryFee,
      probability: p,
      indicators: indicatorsAt(x, i),
    })
  }

  const single = order.length === 1
  for (let event = 0; event < events; event++) {
    const at = single ? 0 : earliest(order, next)
    const { slice, signals } = order[at]!
    const { times, high, low, close: closes } = slice.bars
    const i = next[at]!++
    const ms = times[i]!
    const today = Math.floor(ms / DAY_MS)
    if (today !== day) {
      day = today
      dailyPnl = 0
    }
    const price = closes[i]!
    lastPrice[at] = price
    if (equity !== null) {
      let unrealised = 0
      for (const [k, p] of open) unrealised += p.side * (lastPrice[k]! - p.entry) * p.quantity
      equity[event] = balance + unrealised
      equityTimes![event] = ms
    }
    if (killed) continue
    if (dailyPnl < 0 && Math.abs(dailyPnl) / config.initial_balance >= config.max_daily_loss_pct) continue
    const signal = signals[i]! as 1 | -1 | 0
    const p = open.get(at)
    if (p === undefined) {
      if (signal !== 0 && canOpen(at, signal)) enter(at, i, signal)
      continue
    }
    if (p.side === 1 ? low[i]! <= p.stop : high[i]! >= p.stop) close(at, p.stop, 'STOP_LOSS', ms)
    else if (p.side === 1 ? high[i]! >= p.target : low[i]! <= p.target) close(at, p.target, 'TAKE_PROFIT', ms)
    else if (signal === -p.side) {
      close(at, price, 'REVERSE_SIGNAL', ms)
      if (canOpen(at, signal)) enter(at, i, signal as 1 | -1)
    }
  }
  for (const at of [...open.keys()]) {
    const { times, close: closes } = order[at]!.slice.bars
    close(at, closes[closes.length - 1]!, 'END_OF_DATA', times[times.length - 1]!)
  }
  return { trades, equity, equityTimes, killed, killedAt, balance }
}

/** Quantity of TB-05.4, base asset with one decimal; 0 for no trade. */
export function quantityFor(config: SeedConfig, balance: number, price: number): number {
  const decayed = config.margin_max_ratio - (balance - config.initial_balance) * config.margin_decay_rate
  const ratio = Math.max(config.margin_min_ratio, Math.min(config.margin_max_ratio, decayed))
  const wanted = (balance / config.symbols.length) * ratio * config.leverage
  const notional = Math.max(wanted, config.min_notional)
  let quantity = numpyRound(notional / price, 1)
  if (quantity * price < config.min_notional) quantity = numpyRound(config.min_notional / price + 0.05, 1)
  return quantity <= 0 || quantity * price < config.min_notional ? 0 : quantity
}

function indicatorsAt(x: SeedIndicators, i: number): SeedTrade['indicators'] {
  return { rsi: x.rsi[i]!, macd_hist: x.macd_hist[i]!, atr: x.atr[i]!, adx: x.adx[i]! }
}

/** Place of the feed with the earliest next bar; the first in order among equals. */
function earliest(order: readonly SeedFeed[], next: readonly number[]): number {
  let best = -1
  let bestMs = Number.POSITIVE_INFINITY
  for (let k = 0; k < order.length; k++) {
    const { times } = order[k]!.slice.bars
    if (next[k]! < times.length && times[next[k]!]! < bestMs) {
      best = k
      bestMs = times[next[k]!]!
    }
  }
  return best
}
