/** `runBacktest`: the one entry, which takes the fast path where it applies. */
import { fail } from '@cointrader/core'
import { fastReason, runFast } from './fast.js'
import { type BacktestInput, prepare } from './input.js'
import { runReference } from './reference.js'
import type { BacktestResult } from './result.js'

/**
 * Replays `input.bars` through the trading core against the replay venue. The result is plain data and depends on nothing
 * but the input. Errors: those of `prepare`; `E_USAGE` when the fast path is asked for where it does not apply.
 */
export function runBacktest(input: BacktestInput): BacktestResult {
  const prepared = prepare(input)
  const { path = 'auto' } = input
  if (path === 'reference') return runReference(prepared)
  const reason = fastReason(prepared)
  if (reason === null) return runFast(prepared)
  if (path === 'fast') fail('E_USAGE', { subject: 'fast path', detail: reason, next: 'leave path at "auto"' })
  return runReference(prepared)
}
