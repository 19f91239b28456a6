/** The numbered invariants of `core.ts` as a function: what is broken after an event, by number. */
import { equity, type Output, opens, type TradingState, unrealised } from '@cointrader/trading'

export function broken(state: TradingState, out: Output, knownDecisions: Set<number>): string[] {
  const found: string[] = []
  const { config } = state
  for (const [s, sym] of state.symbols.entries()) {
    const entries = sym.orders.filter((o) => o.purpose === 'entry' && o.generation === sym.generation && o.filled === 0)
    const stale = sym.orders.filter((o) => opens(o) && o.generation !== sym.generation)
    if (stale.length > 0) found.push(`1: ${s} has an entry of an earlier life under way`)
    if (entries.length > 1) found.push(`1: ${s} has ${entries.length} entries under way`)
    if (entries.length > 0 && sym.position !== null) found.push(`1: ${s} has an entry under way beside a position`)
    const pos = sym.position
    if (pos !== null && pos.qty > 0 && pos.plan.stopDistance > 0) {
      const guarded = sym.orders.some(
        (o) =>
          o.generation === sym.generation &&
          (o.purpose === 'stop' || o.purpose === 'close' || o.purpose === 'emergency'),
      )
      if (!guarded && !(pos.closing !== null && pos.closeRefused && pos.stranded)) found.push(`2: ${s} is unprotected`)
    }
    if (pos !== null && pos.qty < 0) found.push(`1: ${s} has a negative size`)
  }
  const left =
    config.initialBalance + state.realised + unrealised(state) - state.fees + state.funding + state.adjustments
  const right = state.cash + unrealised(state)
  const scale =
    config.initialBalance +
    Math.abs(state.realised) +
    state.fees +
    Math.abs(state.funding) +
    Math.abs(state.adjustments)
  if (!(Math.abs(left - right) <= 1e-9 * scale)) found.push(`3: ${left} against ${right}`)
  if (equity(state) !== right) found.push('3: equity is not cash + unrealised')
  for (const d of out.decisions) knownDecisions.add(d.id)
  for (const c of out.commands)
    if (!knownDecisions.has(c.decision)) found.push(`4: ${c.kind} names decision ${c.decision}`)
  for (const c of out.closed) {
    const net = c.grossPnl - c.entryFee - c.exitFee + c.funding
    if (Math.abs(net - c.netPnl) > 1e-9 * (1 + Math.abs(net)))
      found.push(`3: trade nets ${c.netPnl}, parts give ${net}`)
  }
  const text = JSON.stringify({ ...state, config: null })
  if (/null/.test(text.replace(/"(position|pending|plan|probability|closing|config)":null/g, '')))
    found.push('8: not a number in the state')
  return found
}
