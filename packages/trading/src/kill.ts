/** The kill switch (TB-05.6, TB-06.11) as a function of the last net results; one per symbol and one for the portfolio. */
import type { KillRule } from './config.js'

export interface KillState {
  /** Net results of the last trades, oldest first, no more than the rule looks at. */
  history: number[]
  /** Instant of the kill; 0 = not killed. */
  killedAt: number
  reason: '' | 'losses' | 'profit-factor' | 'operator'
}

export function newKill(): KillState {
  return { history: [], killedAt: 0, reason: '' }
}

/** What the history says: losses are < 0; without losses the profit factor does not kill. */
export function killReason(history: readonly number[], rule: KillRule): 'losses' | 'profit-factor' | '' {
  const n = history.length
  if (rule.losses > 0 && n >= rule.losses) {
    let run = 0
    while (run < rule.losses && history[n - 1 - run]! < 0) run++
    if (run === rule.losses) return 'losses'
  }
  if (rule.trades > 0 && n >= rule.trades) {
    let gains = 0
    let losses = 0
    for (let i = n - rule.trades; i < n; i++) {
      if (history[i]! > 0) gains += history[i]!
      else losses -= history[i]!
    }
    if (losses > 0 && gains / losses < rule.profitFactor) return 'profit-factor'
  }
  return ''
}

/** Adds a closed trade; true when it killed. */
export function recordTrade(kill: KillState, net: number, rule: KillRule | null, time: number): boolean {
  if (rule === null) return false
  kill.history.push(net)
  const keep = Math.max(rule.losses, rule.trades)
  if (kill.history.length > keep) kill.history.splice(0, kill.history.length - keep)
  if (kill.killedAt !== 0) return false
  const reason = killReason(kill.history, rule)
  if (reason === '') return false
  kill.killedAt = time
  kill.reason = reason
  return true
}

/** Un-kills with an empty history: the next loss does not kill again by itself (D-38). */
export function resetKill(kill: KillState): void {
  kill.history.length = 0
  kill.killedAt = 0
  kill.reason = ''
}

/** True when the rule's own re-arm is due at `time`. */
export function rearmDue(kill: KillState, rule: KillRule | null, time: number): boolean {
  return (
    kill.killedAt !== 0 &&
    kill.reason !== 'operator' &&
    rule !== null &&
    rule.rearmAfterMs !== null &&
    time >= kill.killedAt + rule.rearmAfterMs
  )
}
