/** The gates between an entry intent and an order. They refuse entries only; exits never pass here (D-02, D-33). */
import type { EnterIntent } from '@cointrader/strategies'
import type { Reason } from './reasons.js'
import { opens, type TradingState } from './state.js'

/** Why the whole account or this symbol takes no entries now, whatever the intent; '' when it does. */
export function blocked(state: TradingState, s: number): Reason | '' {
  if (state.halted) return 'halted'
  if (state.stopped !== '') return state.stopped
  if (state.kill.killedAt !== 0) return 'killed-portfolio'
  if (state.symbols[s]!.kill.killedAt !== 0) return 'killed-symbol'
  if (state.dailyLossAt !== 0) return 'daily-loss'
  return ''
}

/** Data gates: a price, and a bar that is young enough. */
export function unknownPrice(state: TradingState, s: number): Reason | '' {
  const sym = state.symbols[s]!
  if (!(sym.mark > 0)) return 'no-price'
  if (state.time - sym.barEnd > state.config.maxDataAgeMs) return 'stale-data'
  return ''
}

/** Something of this symbol is under way. */
export function busy(state: TradingState, s: number): Reason | '' {
  const { orders } = state.symbols[s]!
  if (orders.length === 0) return ''
  return orders.some((o) => o.status === 'unknown') ? 'unknown-outcome' : 'order-pending'
}

/** The filter model's answer. */
export function filtered(state: TradingState, probability: number | undefined): Reason | '' {
  if (probability === undefined) return ''
  if (Number.isNaN(probability)) return state.config.mlMissing === 'allow' ? '' : 'ml-missing'
  return probability < state.config.mlThreshold ? 'ml-below' : ''
}

/** Limits on the number of positions; entries under way count. */
export function crowded(state: TradingState, side: 1 | -1): Reason | '' {
  const { maxPositions, maxSameDirection } = state.config
  let count = 0
  let same = 0
  for (const { position, orders } of state.symbols) {
    const held = position?.side ?? orders.find(opens)?.side ?? 0
    if (held === 0) continue
    count++
    if (held === side) same++
  }
  if (maxPositions !== null && count >= maxPositions) return 'max-positions'
  return maxSameDirection !== null && same >= maxSameDirection ? 'same-direction' : ''
}

/** All gates of an entry but size, in order; the symbol is flat. */
export function entryGate(state: TradingState, s: number, intent: EnterIntent): Reason | '' {
  const { config } = state
  const sym = state.symbols[s]!
  const why = blocked(state, s) || unknownPrice(state, s) || busy(state, s)
  if (why !== '') return why
  if (sym.lastExit !== 0 && state.time - sym.lastExit < config.cooldownMs) return 'cooldown'
  const tail = filtered(state, intent.probability) || crowded(state, intent.side)
  if (tail !== '') return tail
  return !(intent.stopDistance > 0) && config.maxDrawdown === null ? 'no-protection' : ''
}
