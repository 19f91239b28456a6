/**
 * Margin by leverage brackets (Binance USDⓈ-M, "How to Calculate Liquidation Price of USDⓈ-M Futures Contracts" and
 * `GET /fapi/v1/leverageBracket`). Isolated: the margin of a position is entry notional / leverage; funding and fees are
 * paid from the wallet and do not change it.
 */
import type { LeverageBracket } from './rules.js'

/** The bracket a notional falls in; the last one above all caps. */
export function bracketOf(brackets: readonly LeverageBracket[], notional: number): LeverageBracket {
  for (const b of brackets) if (notional <= b.notionalCap) return b
  return brackets[brackets.length - 1]!
}

/** Maintenance margin of a notional, quote. */
export function maintenance(brackets: readonly LeverageBracket[], notional: number): number {
  const b = bracketOf(brackets, notional)
  return notional * b.maintMarginRatio - b.cum
}

/** Highest leverage a symbol allows at its smallest size. */
export function highestLeverage(brackets: readonly LeverageBracket[]): number {
  let most = 1
  for (const b of brackets) if (b.initialLeverage > most) most = b.initialLeverage
  return most
}

/** Largest notional of a position at a leverage; 0 when no bracket allows it. */
export function notionalCap(brackets: readonly LeverageBracket[], leverage: number): number {
  let cap = 0
  for (const b of brackets) if (b.initialLeverage >= leverage && b.notionalCap > cap) cap = b.notionalCap
  return cap
}

/**
 * Mark price at which an isolated position has only its maintenance margin left:
 * (margin + cum − side·qty·entry) / (qty·(ratio − side)), with the bracket of the notional at that very price.
 * 0 when there is none (a long whose margin covers everything).
 */
export function liquidationPrice(
  brackets: readonly LeverageBracket[],
  side: 1 | -1,
  qty: number,
  entry: number,
  margin: number,
): number {
  for (const b of brackets) {
    const price = (margin + b.cum - side * qty * entry) / (qty * (b.maintMarginRatio - side))
    const notional = price * qty
    if (price > 0 && notional <= b.notionalCap && notional >= b.notionalFloor) return price
  }
  // Between brackets (rounded amounts leave hairline gaps): the bracket of the entry decides.
  const b = bracketOf(brackets, qty * entry)
  return Math.max(0, (margin + b.cum - side * qty * entry) / (qty * (b.maintMarginRatio - side)))
}

/** Price at which the isolated margin is used up: entry − side · margin / qty, at least 0. */
export function bankruptcyPrice(side: 1 | -1, qty: number, entry: number, margin: number): number {
  return Math.max(0, entry - (side * margin) / qty)
}
