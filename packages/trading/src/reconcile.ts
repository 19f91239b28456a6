/** Adopting the venue's word about a position (D-30, D-31, D-58): the risk state is rebuilt from it, not guessed. */
import type { PositionEvent } from './events.js'
import { type Here, record } from './orders.js'
import { newPosition, protect, reduce, settle } from './positions.js'
import { equity } from './state.js'

/** Quantities closer than this share are equal. */
const NEARLY = 1e-9

/** Makes the core hold what the venue holds. Returns true when a position ended. */
export function reconcile(here: Here, e: PositionEvent): boolean {
  const { state, out, s } = here
  const sym = state.symbols[s]!
  const pos = sym.position
  const held = pos === null ? 0 : pos.side * pos.qty
  if (Math.abs(held - e.qty) <= NEARLY * Math.max(Math.abs(held), Math.abs(e.qty))) return false
  const side = e.qty > 0 ? 1 : -1
  const decision = record(state, out, s, 'note', 'noted', 'reconciled', {
    side: e.qty === 0 ? 0 : side,
    qty: Math.abs(e.qty),
  })
  let ended = false
  if (pos !== null && (e.qty === 0 || pos.side !== side)) {
    // It went without our seeing how: valued at the mark, corrected by an adjustment when the venue's income says more.
    reduce(state, pos, pos.qty, sym.mark > 0 ? sym.mark : pos.entryPrice)
    pos.exitReason = 'manual'
    pos.exitDecision = decision
    pos.exiting = true
    ended = settle(here)
    if (!ended) return false
  }
  if (e.qty === 0) return ended
  const known = sym.position
  if (known !== null) {
    known.qty = Math.abs(e.qty)
    known.entryPrice = e.entryPrice
    known.openedQty = Math.max(known.openedQty, known.qty + known.closedQty)
    protect(here, known, decision)
    settle(here)
    return ended
  }
  // News of orders from before is news of an earlier life.
  sym.generation++
  sym.position = newPosition(side, Math.abs(e.qty), e.entryPrice, e.time, planOf(here, e), decision)
  if (!(sym.mark > 0)) sym.mark = e.entryPrice
  protect(here, sym.position, decision)
  return ended
}

function planOf({ state }: Here, e: PositionEvent) {
  const { stopDistance, targetDistance, leverage } = e
  return { stopDistance, targetDistance, leverage, exitAfterMs: 0, probability: null, equityAtEntry: equity(state) }
}
