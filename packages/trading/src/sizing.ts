/** From an entry intent to a quantity the venue accepts, or the reason why not. Pure arithmetic; backtest and live share it. */
import type { TradingConfig } from './config.js'
import { highestLeverage, liquidationPrice, notionalCap } from './margin.js'
import type { Reason } from './reasons.js'
import { floorTo, type SymbolRules } from './rules.js'

export interface SizeInput {
  /** Cash + unrealised. */
  readonly equity: number
  /** What is not bound as margin: min(cash, equity) − margins − margins reserved by entries under way. */
  readonly free: number
  /** Mark price of the symbol. */
  readonly price: number
  readonly side: 1 | -1
  readonly stopDistance: number
  readonly targetDistance: number
}

export interface Size {
  /** 0 when refused. */
  readonly qty: number
  readonly leverage: number
  /** Why it was refused, or what made it smaller; '' for neither. */
  readonly reason: Reason | ''
}

/** Leverage used on a symbol: the configured one, or the highest its brackets allow. */
export function leverageFor(config: TradingConfig, rules: SymbolRules): number {
  return Math.min(config.leverage, highestLeverage(rules.brackets))
}

/** Notional asked for by the sizing method, before the venue's rules. */
export function wantedNotional(config: TradingConfig, x: SizeInput, leverage: number): number {
  const s = config.sizing
  if (s.kind === 'dynamic-margin') {
    const ratio = Math.max(s.min, Math.min(s.max, s.max - (x.equity - config.initialBalance) * s.decay))
    return Math.min(x.equity / config.symbols.length, x.free) * ratio * leverage
  }
  if (s.kind === 'fixed-risk') {
    // Loss per unit at the stop, with the fee of both sides.
    const perUnit = x.stopDistance + 2 * config.takerFee * x.price
    return x.stopDistance > 0 ? ((x.equity * s.risk) / perUnit) * x.price : 0
  }
  return x.equity * s.share
}

/** Sizes an entry and applies filters, brackets and margin, in that order. */
export function entrySize(config: TradingConfig, rules: SymbolRules, x: SizeInput): Size {
  const leverage = leverageFor(config, rules)
  if (config.sizing.kind === 'fixed-risk' && !(x.stopDistance > 0))
    return { qty: 0, leverage, reason: 'no-stop-for-risk' }
  let notional = wantedNotional(config, x, leverage)
  let reason: Reason | '' = ''
  const cap = notionalCap(rules.brackets, leverage)
  if (notional > cap) {
    notional = cap
    reason = 'capped-bracket'
  }
  // Fixed risk and share may ask for more than there is margin for: trade what there is.
  const affordable = x.free / (1 / leverage + 2 * config.takerFee)
  if (notional > affordable) {
    notional = affordable
    reason = 'capped-margin'
  }
  let qty = floorTo(notional / x.price, rules.stepSize)
  if (qty > rules.maxQty) {
    qty = floorTo(rules.maxQty, rules.stepSize)
    reason = 'capped-quantity'
  }
  if (!(x.free > 0)) return { qty: 0, leverage, reason: 'margin' }
  if (!(qty > 0) || qty < rules.minQty) return { qty: 0, leverage, reason: 'min-quantity' }
  if (qty * x.price < rules.minNotional) return { qty: 0, leverage, reason: 'min-notional' }
  if (x.stopDistance >= x.price && x.side === 1) return { qty: 0, leverage, reason: 'bad-protection' }
  if (config.marginMode === 'isolated' && config.refuseStopBeyondLiquidation && x.stopDistance > 0) {
    const liquidation = liquidationPrice(rules.brackets, x.side, qty, x.price, (qty * x.price) / leverage)
    if (x.side * (x.price - x.side * x.stopDistance - liquidation) <= 0)
      return { qty: 0, leverage, reason: 'stop-beyond-liquidation' }
  }
  if (x.targetDistance > 0) {
    const target = x.price + x.side * x.targetDistance
    if (!(target > 0)) return { qty: 0, leverage, reason: 'bad-protection' }
    if (
      config.targetOrder === 'limit' &&
      (target > x.price * rules.percentUp || target < x.price * rules.percentDown)
    ) {
      return { qty: 0, leverage, reason: 'percent-price' }
    }
  }
  return { qty, leverage, reason }
}
