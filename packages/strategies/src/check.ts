/**
 * The contract suite of strategies: runs one over bars and returns what it broke, by the numbers of the laws in
 * `strategy.ts`. The account it is shown trades naively at closes, so that strategies that look at positions are tried
 * flat, long and short.
 */
import { isError } from '@cointrader/core'
import { type BarSet, firstBars, mapColumns } from './bars.js'
import type { Intent } from './intent.js'
import type { Memory, Strategy } from './strategy.js'
import { type AccountView, deriveColumns, type MarketData, MarketView } from './view.js'

export interface ContractFailure {
  readonly law: 'determinism' | 'look-ahead' | 'precompute' | 'intent' | 'error' | 'purity'
  /** Bar of the first failure. */
  readonly bar: number
  readonly detail: string
}

export interface CheckOptions {
  readonly bars: BarSet
  readonly scores?: readonly Float64Array[]
  /** Instants at which the future is cut off and poisoned; default 12, spread over the range. */
  readonly cuts?: number
}

/** Returns the failures, none for a sound strategy. Needs some hundred bars beyond the warm-up to mean anything. */
export function checkStrategy(strategy: Strategy, { bars, scores, cuts = 12 }: CheckOptions): ContractFailure[] {
  const failures: ContractFailure[] = []
  const n = bars.times.length
  const before = fingerprint(bars)
  const whole = run(strategy, bars, scores ?? null, n, failures)
  if (failures.length > 0) return failures
  const again = run(strategy, bars, scores ?? null, n, failures)
  compare(whole, again, n, 'determinism', 'a second run over the same bars decided otherwise')
  const first = Math.min(n - 1, strategy.needs.warmUp)
  for (let k = 0; k < cuts; k++) {
    const end = first + 1 + Math.floor(((n - first - 1) * (k + 1)) / cuts)
    const cutScores = scores?.map((x) => x.slice(0, end)) ?? null
    compare(
      run(strategy, firstBars(bars, end), cutScores, end, failures),
      whole,
      end,
      'look-ahead',
      'cutting off the future changed it',
    )
    // Prices that stay plausible: a strategy that catches NaN must not hide behind it.
    const bent = mapColumns(bars, (x) => x.map((v, i) => (i < end ? v : v * (1.5 + 0.1 * (i % 7)))))
    const bentScores = scores?.map((x) => x.map((v, i) => (i < end ? v : -v))) ?? null
    compare(run(strategy, bent, bentScores, end, failures), whole, end, 'look-ahead', 'another future changed it')
    const gone = mapColumns(bars, (x) => x.map((v, i) => (i < end ? v : Number.NaN)))
    compare(
      run(strategy, gone, bentScores, end, failures),
      whole,
      end,
      'look-ahead',
      'a future of missing bars changed it',
    )
  }
  if (fingerprint(bars) !== before) failures.push({ law: 'purity', bar: 0, detail: 'the bars were changed' })
  checkPrecompute()
  return failures

  function compare(
    a: readonly string[],
    b: readonly string[],
    end: number,
    law: ContractFailure['law'],
    detail: string,
  ) {
    if (failures.some((f) => f.law === law)) return
    for (let i = 0; i < end; i++) {
      if (a[i] === b[i]) continue
      failures.push({ law, bar: i, detail: `${detail}: ${a[i]} against ${b[i]}` })
      return
    }
  }

  function checkPrecompute(): void {
    if (!strategy.precompute) return
    const flat: AccountView = { equity: () => 1000, quantity: () => 0, entryPrice: () => 0, pending: () => false }
    const data: MarketData = { bars, derived: deriveColumns(bars, strategy.needs.columns), scores: scores ?? null }
    const view = new MarketView(data, strategy.needs, flat)
    for (let s = 0; s < bars.symbols.length; s++) {
      const columns = strategy.precompute(bars, s, scores?.[s] ?? null)
      for (let i = strategy.needs.warmUp - 1; i < n; i++) {
        if (Number.isNaN(bars.columns[s]!.close[i]!)) continue
        const { intents } = strategy.decide(view.at(i, s), strategy.memory)
        const said = intents.map(textOf).join()
        const side = columns.side[i]!
        const expected: Intent[] = side === 0 ? [] : [precomputed(s, i, side as 1 | -1)]
        if (said === expected.map(textOf).join()) continue
        failures.push({
          law: 'precompute',
          bar: i,
          detail: `decide says ${said}, precompute ${expected.map(textOf).join()}`,
        })
        return
      }

      function precomputed(symbol: number, i: number, side: 1 | -1): Intent {
        return {
          kind: 'enter',
          symbol,
          side,
          stopDistance: columns.stopDistance[i]!,
          targetDistance: columns.targetDistance[i]!,
          exitAfterMs: columns.exitAfterMs,
          ...(columns.probability && { probability: columns.probability[i]! }),
          reverse: columns.reverse,
          reason: '',
        }
      }
    }
  }
}

/** Intents without their texts, as text: what must be equal. */
function textOf(intent: Intent): string {
  if (intent.kind === 'enter') {
    const { symbol, side, stopDistance, targetDistance, exitAfterMs = 0, probability, reverse = true } = intent
    return `enter ${symbol} ${side} ${stopDistance} ${targetDistance} ${exitAfterMs} ${probability} ${reverse}`
  }
  if (intent.kind === 'target') return `target ${intent.symbol} ${intent.weight}`
  if (intent.kind === 'protect') return `protect ${intent.symbol} ${intent.stop} ${intent.target}`
  return `exit ${intent.symbol}`
}

/** Decisions per bar as text, on an account that takes every intent at the close of its bar. */
function run(
  strategy: Strategy,
  bars: BarSet,
  scores: readonly Float64Array[] | null,
  end: number,
  failures: ContractFailure[],
): string[] {
  const { needs } = strategy
  const count = bars.symbols.length
  const held = new Float64Array(count)
  const account: AccountView = {
    equity: () => 1000,
    quantity: (s) => held[s]!,
    entryPrice: () => 1,
    pending: () => false,
  }
  const view = new MarketView({ bars, derived: deriveColumns(bars, needs.columns), scores }, needs, account)
  const memories: Memory[] = Array.from({ length: needs.scope === 'symbol' ? count : 1 }, () => strategy.memory)
  const out: string[] = Array.from({ length: end }, () => '')
  for (let i = needs.warmUp - 1; i < end; i++) {
    for (let s = 0; s < memories.length; s++) {
      if (needs.scope === 'symbol' && Number.isNaN(bars.columns[s]!.close[i]!)) continue
      try {
        const { intents, memory } = strategy.decide(view.at(i, s), memories[s]!)
        memories[s] = memory
        for (const intent of intents) {
          const wrong = problem(intent, count)
          if (wrong) failures.push({ law: 'intent', bar: i, detail: `${textOf(intent)}: ${wrong}` })
          else apply(intent, bars.columns[intent.symbol]!.close[i]!)
        }
        out[i] += `${intents.map(textOf).join()}|${JSON.stringify(memory)};`
      } catch (error) {
        if (!(error instanceof Error)) throw error
        const law = isError(error, 'E_AVAILABILITY') ? 'look-ahead' : 'error'
        failures.push({ law, bar: i, detail: error.message })
      }
      if (failures.length > 0) return out
    }
  }
  return out

  function apply(intent: Intent, price: number): void {
    const s = intent.symbol
    if (intent.kind === 'enter') held[s] = intent.side * (100 / price)
    else if (intent.kind === 'exit') held[s] = 0
    else if (intent.kind === 'target') held[s] = (intent.weight * 1000) / price
    // Leave now and then, so that the strategy is asked again while flat.
    if (s % 2 === 0 && held[s] !== 0 && Math.round(price * 1e6) % 3 === 0) held[s] = 0
  }
}

/** What is wrong with the numbers of an intent; the core would refuse it. */
export function problem(intent: Intent, symbols: number): string | null {
  if (!Number.isInteger(intent.symbol) || intent.symbol < 0 || intent.symbol >= symbols) return 'no such symbol'
  if (intent.kind === 'enter') {
    if (intent.side !== 1 && intent.side !== -1) return 'side is 1 or -1'
    if (!(intent.stopDistance >= 0) || !Number.isFinite(intent.stopDistance)) return 'stopDistance is at least 0'
    if (!(intent.targetDistance >= 0) || !Number.isFinite(intent.targetDistance)) return 'targetDistance is at least 0'
    if (!((intent.exitAfterMs ?? 0) >= 0)) return 'exitAfterMs is at least 0'
  } else if (intent.kind === 'target') {
    if (!Number.isFinite(intent.weight)) return 'weight is a number'
  } else if (intent.kind === 'protect') {
    if (!(intent.stop >= 0) || !(intent.target >= 0)) return 'prices are at least 0'
  }
  return null
}

/** Sum over all bars: enough to see that something was written. */
function fingerprint(bars: BarSet): string {
  let sum = 0
  for (const c of bars.columns) {
    for (let i = 0; i < bars.times.length; i++) {
      const x = c.open[i]! + 2 * c.high[i]! + 3 * c.low[i]! + 5 * c.close[i]! + 7 * c.volume[i]!
      if (!Number.isNaN(x)) sum += x * ((i % 97) + 1)
    }
  }
  return String(sum)
}
