/** A strategy that says what columns say: for sweeps, which compute intents once per combination, and for tests. */
import { defineStrategy, type Intent, type IntentColumns, type Strategy } from '@cointrader/strategies'

/** `columns[s]` are the intents of symbol `s`, one row per bar of the set that will be replayed. */
export function intentStrategy(
  name: string,
  columns: readonly IntentColumns[],
  params: Readonly<Record<string, unknown>> = {},
): Strategy {
  return defineStrategy({
    name,
    params,
    decide(view): Intent[] {
      const c = columns[view.symbol]!
      const i = view.bars - 1
      const side = c.side[i]!
      if (side === 0) return []
      return [
        {
          kind: 'enter',
          symbol: view.symbol,
          side: side as 1 | -1,
          stopDistance: c.stopDistance[i]!,
          targetDistance: c.targetDistance[i]!,
          exitAfterMs: c.exitAfterMs,
          ...(c.probability && { probability: c.probability[i]! }),
          reverse: c.reverse,
          reason: '',
        },
      ]
    },
    precompute: (_bars, symbol) => columns[symbol]!,
  })
}
