/** What a backtest is asked, checked once and laid out for both loops. */
import { fail, utcText } from '@cointrader/core'
import type { BarSet, Strategy } from '@cointrader/strategies'
import { LOOSE_RULES, type TradingConfig } from '@cointrader/trading'
import { type CompiledFunding, type CostSettings, compileFunding, DEFAULT_COSTS } from '../costs/index.js'
import { type CostModelNames, NOTE_CODES, type Note, type NoteCode } from './result.js'

export interface BacktestInput {
  readonly bars: BarSet
  readonly strategy: Strategy
  /** Made by `makeConfig`, with the same symbols as the bars. */
  readonly config: TradingConfig
  readonly costs?: Partial<CostSettings>
  /** Model scores by symbol, one per bar, known at the bar's end; NaN where there is none. */
  readonly scores?: readonly Float64Array[]
  /**
   * Half-open range of instants to test: bars from the first that starts at or after `startMs` to the last that ends at or
   * before `endMs`. Earlier bars are history (warm-up), later ones are not looked at. Default: all bars.
   */
  readonly startMs?: number
  readonly endMs?: number
  /** `full` keeps decisions, orders and fills for `--explain`. Default `none`. */
  readonly record?: 'none' | 'full'
  /** Default `auto`: the fast path where it applies. Both give the same result. */
  readonly path?: 'auto' | 'fast' | 'reference'
}

/** The input with defaults and everything both loops need. */
export interface Prepared {
  readonly input: BacktestInput
  readonly costs: CostSettings
  readonly funding: CompiledFunding
  /** First bar of the range and one past the last. */
  readonly from: number
  readonly to: number
  /** Last present bar of each symbol in the range, −1 when it has none. */
  readonly lastBar: Int32Array
}

/** Checks and prepares. `E_CONFIG` names what does not fit together; `E_USAGE_RANGE` an empty range. */
export function prepare(input: BacktestInput): Prepared {
  const { bars, strategy, config, scores } = input
  const costs: CostSettings = { ...DEFAULT_COSTS, ...input.costs }
  const wrong: string[] = []
  if (bars.symbols.join() !== config.symbols.join()) {
    wrong.push(`the bars are of ${bars.symbols.join()}, the configuration of ${config.symbols.join()}`)
  }
  if (!Number.isInteger(costs.lag) || costs.lag < 1) wrong.push(`lag ${costs.lag}: a whole number of at least 1`)
  if (costs.participation !== null && !(costs.participation > 0)) wrong.push('participation: above 0, or null')
  if (!(costs.throughTicks >= 0)) wrong.push('throughTicks: at least 0')
  if (strategy.needs.scores === 'required' && scores === undefined) wrong.push(`strategy ${strategy.name} needs scores`)
  if (
    scores !== undefined &&
    (scores.length !== bars.symbols.length || scores.some((x) => x.length !== bars.times.length))
  ) {
    wrong.push('scores: one column per symbol with one value per bar')
  }
  if (strategy.needs.exitByTimeOnly && config.maxDrawdown === null) {
    wrong.push(`strategy ${strategy.name} exits by time only: maxDrawdown must be set, it is its protection`)
  }
  if (config.reentryExpiryMs < bars.intervalMs * (costs.lag - 1)) {
    wrong.push(`reentryExpiryMs ${config.reentryExpiryMs} is shorter than the lag: no reversal could re-enter`)
  }
  if (wrong.length > 0) fail('E_CONFIG', { subject: 'backtest', detail: wrong.join('; ') })
  const { startMs = Number.NEGATIVE_INFINITY, endMs = Number.POSITIVE_INFINITY } = input
  let from = 0
  while (from < bars.times.length && bars.times[from]! < startMs) from++
  let to = bars.times.length
  while (to > from && bars.times[to - 1]! + bars.intervalMs > endMs) to--
  if (to <= from)
    fail('E_USAGE_RANGE', {
      subject: 'backtest',
      detail: `no bar lies in the range; there are bars from ${utcText(bars.times[0]!)} to ${utcText(bars.times.at(-1)! + bars.intervalMs)}`,
      next: 'choose dates inside',
    })
  const lastBar = Int32Array.from(bars.columns, ({ close }) => {
    let last = to - 1
    while (last >= from && Number.isNaN(close[last]!)) last--
    return last < from ? -1 : last
  })
  const funding = compileFunding(costs.funding, bars, from, to)
  return { input, costs, funding, from, to, lastBar }
}

/** The assumptions by name. */
export function assumptionsOf({ input, costs, funding }: Prepared): CostModelNames {
  const { config } = input
  const limit = config.targetOrder === 'limit'
  return {
    fees: costs.fees.describe,
    slippage: costs.slippage.describe,
    funding: funding.describe,
    fills:
      `market orders at the open of bar +${costs.lag}; stops at the worse of level and open, the entry bar included, before ` +
      `targets; targets ${limit ? `as limits, filled ${costs.throughTicks} ticks through` : 'at market when touched'}` +
      (costs.participation === null
        ? '; complete fills'
        : `; at most ${costs.participation} of a bar's volume per symbol`),
    margin:
      config.marginMode === 'isolated'
        ? 'isolated, tiered maintenance; a liquidation costs the whole margin of the position'
        : 'cross, tiered maintenance, checked at the end of each bar',
  }
}

/** Notes that follow from the data, not from what happened. */
export function dataNotes({ input, funding, from, to, lastBar }: Prepared): Note[] {
  const { bars, config } = input
  const notes: Note[] = []
  const add = (code: NoteCode, symbols: readonly string[], more = ''): void => {
    if (symbols.length > 0) notes.push({ code, text: `${NOTE_CODES[code]}${more}: ${some(symbols)}`, symbols })
  }
  add('funding-absent', funding.absent)
  add('funding-partial', funding.partial)
  if (funding.bothPay) add('funding-assumed', bars.symbols)
  add(
    'filters-absent',
    bars.symbols.filter((_, s) => config.rules[s]!.tickSize === 0 && config.rules[s]!.stepSize === 0),
  )
  add(
    'brackets-absent',
    bars.symbols.filter((_, s) => config.rules[s]!.brackets === LOOSE_RULES.brackets),
  )
  let missing = 0
  const holes = bars.symbols.filter((_, s) => {
    const before = missing
    const { close } = bars.columns[s]!
    for (let i = from; i < to; i++) if (Number.isNaN(close[i]!)) missing++
    return missing > before
  })
  add('bars-missing', holes, ` (${missing} bars)`)
  add(
    'delisted',
    bars.symbols.filter((_, s) => lastBar[s]! < to - 1),
  )
  add('mark-is-trade-price', [...bars.symbols])
  return notes
}

export function some(names: readonly string[]): string {
  return names.length <= 8 ? names.join(', ') : `${names.slice(0, 8).join(', ')} and ${names.length - 8} more`
}
