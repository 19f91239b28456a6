/**
 * A strategy is two things: what history it needs, and a pure function from what is known to intents.
 *
 * Laws (checked by `checkStrategy`):
 * 1. The same view and memory give the same intents; nothing else is read.
 * 2. Intents at an instant do not change when the future is cut off or replaced: the view ends at the decision's bar.
 * 3. A position it has not asked for is never assumed: it reads positions from the view.
 * 4. `precompute`, if given, equals `decide` bar by bar.
 */
import { didYouMean, fail } from '@cointrader/core'
import type { Bar, BarSet } from './bars.js'
import type { Intent, IntentColumns } from './intent.js'
import type { MarketView } from './view.js'

/**
 * A streaming definition of derived columns of one symbol. The backtest runs it over history once, live pushes each
 * closed bar: the same object, so equal bits. A missing bar is pushed as NaN.
 */
export interface ColumnStream {
  push(bar: Bar): void
  /** Writes the values at the last bar, in the order of `columns`, from `out[0]` on. */
  write(out: Float64Array): void
}

export interface StrategyNeeds {
  /** Bars of history before the first decision (warm-up of indicators included). */
  readonly warmUp: number
  /** Bars that `view.history` may look back at most. */
  readonly lookback: number
  /** `symbol`: decided symbol by symbol, at the end of each bar it has. `universe`: once per instant, over all. */
  readonly scope: 'symbol' | 'universe'
  /** Model scores per bar and symbol: needed, read if there, or not read. */
  readonly scores: 'required' | 'optional' | 'none'
  /** Names of derived columns and the stream that makes them; `null` when there are none. */
  readonly columns: { readonly names: readonly string[]; create(): ColumnStream } | null
  /** True when the plan of its positions has no stop: the portfolio loss limit is then their only protection. */
  readonly exitByTimeOnly: boolean
}

/** JSON-safe state a strategy carries from one decision to the next; `null` for most. */
export type Memory = null | number | string | boolean | readonly Memory[] | { readonly [key: string]: Memory }

export interface Decided {
  readonly intents: readonly Intent[]
  readonly memory: Memory
}

export interface Strategy {
  readonly name: string
  /** Plain data, stored with results. */
  readonly params: Readonly<Record<string, unknown>>
  readonly needs: StrategyNeeds
  /** Memory before the first decision, per symbol for scope `symbol`. */
  readonly memory: Memory
  decide(view: MarketView, memory: Memory): Decided
  /** The intents of symbol `symbol` over all bars at once, where they do not depend on positions. */
  precompute?(bars: BarSet, symbol: number, scores: Float64Array | null): IntentColumns
}

/** What a user writes in one file; everything not given has the stated default. */
export interface StrategyDefinition {
  readonly name: string
  readonly params?: Readonly<Record<string, unknown>>
  /** Bars before the first decision. Default: the lookback. */
  readonly warmUp?: number
  /** Default 1. */
  readonly lookback?: number
  /** Default `symbol`. */
  readonly scope?: 'symbol' | 'universe'
  /** Default `none`. */
  readonly scores?: 'required' | 'optional' | 'none'
  readonly columns?: StrategyNeeds['columns']
  readonly exitByTimeOnly?: boolean
  readonly memory?: Memory
  /** Intents, or intents and the new memory. */
  decide(view: MarketView, memory: Memory): readonly Intent[] | Decided
  precompute?(bars: BarSet, symbol: number, scores: Float64Array | null): IntentColumns
}

const KINDS: readonly Intent['kind'][] = ['enter', 'exit', 'target', 'protect']

/** An intent nobody knows would be no trade and no word: files of users are not always checked by a compiler. */
function unknownIntent(strategy: string, kind: string): never {
  fail('E_CONFIG', {
    subject: `strategy ${strategy}`,
    detail: `an intent of kind "${kind}"; there are ${KINDS.join(', ')}${didYouMean(kind, KINDS)}`,
    next: 'mend what decide returns',
  })
}

/**
 * Makes a strategy of a definition. Error `E_CONFIG` names all wrong fields at once.
 *
 * @example
 * export default defineStrategy({
 *   name: 'breakout',
 *   lookback: 21,
 *   decide(view) {
 *     const highs = view.history('high', 21)
 *     const top = Math.max(...highs.subarray(0, 20))
 *     return view.close() > top
 *       ? [{ kind: 'enter', symbol: view.symbol, side: 1, stopDistance: view.close() * 0.02, targetDistance: 0, reason: 'new high' }]
 *       : []
 *   },
 * })
 */
export function defineStrategy(definition: StrategyDefinition): Strategy {
  const { name, params = {}, lookback = 1, scope = 'symbol', scores = 'none' } = definition
  const { columns = null, exitByTimeOnly = false, memory = null } = definition
  const warmUp = definition.warmUp ?? lookback
  const wrong: string[] = []
  if (!/^[a-z0-9][a-z0-9-]*$/.test(name)) wrong.push(`name "${name}": lower-case words joined by "-"`)
  if (!Number.isInteger(lookback) || lookback < 1) wrong.push(`lookback ${lookback}: a whole number of at least 1`)
  if (!Number.isInteger(warmUp) || warmUp < lookback)
    wrong.push(`warmUp ${warmUp}: a whole number, at least the lookback`)
  if (typeof definition.decide !== 'function') wrong.push('decide: a function')
  if (definition.precompute && scope !== 'symbol') wrong.push('precompute: only with scope "symbol"')
  if (wrong.length > 0) fail('E_CONFIG', { subject: `strategy ${name}`, detail: wrong.join('; ') })
  const strategy: Strategy = {
    name,
    params,
    needs: { warmUp, lookback, scope, scores, columns, exitByTimeOnly },
    memory,
    decide(view, state) {
      const said = definition.decide(view, state)
      const intents = 'intents' in said ? said.intents : said
      for (const { kind } of intents) if (!KINDS.includes(kind)) unknownIntent(name, String(kind))
      return 'intents' in said ? said : { intents: said, memory: state }
    },
    ...(definition.precompute && { precompute: definition.precompute.bind(definition) }),
  }
  return Object.freeze(strategy)
}
