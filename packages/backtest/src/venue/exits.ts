/**
 * What ends a position inside a bar, and at which price.
 *
 * Fill conditions (long; shorts mirrored), tested on every bar a position lives in, the entry bar included, in this order:
 * 1. Open at or below the liquidation price: liquidated.
 * 2. Low at or below the nearer of stop and liquidation price: that one. A stop fills at the worse of level and open.
 * 3. High at or above the target (a limit target: by `throughTicks` ticks beyond it): target, at its level even when the
 *    bar opened beyond it.
 * Stop before target in the same bar. What this leaves out: the order of high and low is unknown (the worst is taken),
 * marks are traded prices, and a stop finds a counterparty for all of its size.
 */
import { roundAgainst } from '@cointrader/trading'

export const STAY = 0
export const STOPPED = 1
export const TARGETED = 2
export const LIQUIDATED = 3
export type ExitCode = typeof STAY | typeof STOPPED | typeof TARGETED | typeof LIQUIDATED

/**
 * How the bar ends a position. `stop` and `target` are 0 for none; `liquidation` is 0 for none (long) or Infinity
 * (short); `through` is the distance beyond a target that is needed.
 */
export function exitCode(
  side: number,
  open: number,
  high: number,
  low: number,
  stop: number,
  target: number,
  liquidation: number,
  through: number,
): ExitCode {
  if (side === 1) {
    if (open <= liquidation) return LIQUIDATED
    if (stop > 0 && low <= stop && stop >= liquidation) return STOPPED
    if (low <= liquidation) return LIQUIDATED
    return target > 0 && high >= target + through ? TARGETED : STAY
  }
  if (open >= liquidation) return LIQUIDATED
  if (stop > 0 && high >= stop && stop <= liquidation) return STOPPED
  if (high >= liquidation) return LIQUIDATED
  return target > 0 && low <= target - through ? TARGETED : STAY
}

/** The worse of stop level and open. */
export function stopReference(side: number, stop: number, open: number): number {
  return side === 1 ? Math.min(stop, open) : Math.max(stop, open)
}

/** A reference price made worse by slippage for who buys (1) or sells (−1), rounded against them to the tick. */
export function slipped(reference: number, orderSide: 1 | -1, share: number, tick: number): number {
  return roundAgainst(reference * (1 + orderSide * share), orderSide, tick)
}
