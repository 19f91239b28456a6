/**
 * What is known at a decision instant. It ends at the decision's bar: asking for a later bar is error `E_AVAILABILITY`,
 * and history is handed out as copies, so a strategy can neither see nor change what comes.
 */
import { fail } from '@cointrader/core'
import type { BarField, BarSet } from './bars.js'
import type { ColumnStream, StrategyNeeds } from './strategy.js'

/** The account as far as strategies may know it. */
export interface AccountView {
  /** Cash + unrealised at the last closes. */
  equity(): number
  /** Signed quantity held of a symbol, 0 when flat. */
  quantity(symbol: number): number
  /** Mean entry price, 0 when flat. */
  entryPrice(symbol: number): number
  /** True while an order that changes the position is under way. */
  pending(symbol: number): boolean
}

/** An account without positions: for tests, and for strategies that do not look. */
export const FLAT_ACCOUNT: AccountView = {
  equity: () => 0,
  quantity: () => 0,
  entryPrice: () => 0,
  pending: () => false,
}

/** Everything the view reads from, over all bars; only the engine and live runtime hold it. */
export interface MarketData {
  readonly bars: BarSet
  /** Derived columns by symbol and by the order of `needs.columns.names`. */
  readonly derived: readonly (readonly Float64Array[])[]
  /** Scores by symbol, one per bar, known at the bar's end; null when there are none. */
  readonly scores: readonly Float64Array[] | null
}

/** Runs the column stream of `needs` over every symbol. */
export function deriveColumns(bars: BarSet, columns: StrategyNeeds['columns']): Float64Array[][] {
  return bars.columns.map((c) => {
    if (columns === null) return []
    const n = bars.times.length
    const out = columns.names.map(() => new Float64Array(n))
    const row = new Float64Array(columns.names.length)
    const stream: ColumnStream = columns.create()
    const bar = { time: 0, open: 0, high: 0, low: 0, close: 0, volume: 0 }
    for (let i = 0; i < n; i++) {
      bar.time = bars.times[i]!
      bar.open = c.open[i]!
      bar.high = c.high[i]!
      bar.low = c.low[i]!
      bar.close = c.close[i]!
      bar.volume = c.volume[i]!
      stream.push(bar)
      stream.write(row)
      for (let k = 0; k < row.length; k++) out[k]![i] = row[k]!
    }
    return out
  })
}

/** The view of one decision. `ago` counts bars before the decision's bar (0 = that bar); `symbol` defaults to the decided one. */
export class MarketView {
  readonly #data: MarketData
  readonly #needs: StrategyNeeds
  readonly #account: AccountView
  #bar: number
  #symbol: number

  /** For engines and tests; a strategy receives its view. */
  constructor(data: MarketData, needs: StrategyNeeds, account: AccountView, bar = 0, symbol = 0) {
    this.#data = data
    this.#needs = needs
    this.#account = account
    this.#bar = bar
    this.#symbol = symbol
  }

  /** For engines: a view of another instant. */
  at(bar: number, symbol: number): MarketView {
    return new MarketView(this.#data, this.#needs, this.#account, bar, symbol)
  }

  /** For engines: moves this view in place, so that a replay allocates none per bar. */
  moveTo(bar: number, symbol: number): this {
    this.#bar = bar
    this.#symbol = symbol
    return this
  }

  /** The decision's instant: the end of the last known bar, ms. */
  get time(): number {
    return this.#data.bars.times[this.#bar]! + this.#data.bars.intervalMs
  }

  get intervalMs(): number {
    return this.#data.bars.intervalMs
  }

  /** The symbol decided on (scope `symbol`); 0 with scope `universe`. */
  get symbol(): number {
    return this.#symbol
  }

  /** Names by index. */
  get symbols(): readonly string[] {
    return this.#data.bars.symbols
  }

  /** Bars known so far, missing ones included. */
  get bars(): number {
    return this.#bar + 1
  }

  open(ago = 0, symbol = this.#symbol): number {
    return this.#column('open', symbol)[this.#index(ago)] ?? Number.NaN
  }
  high(ago = 0, symbol = this.#symbol): number {
    return this.#column('high', symbol)[this.#index(ago)] ?? Number.NaN
  }
  low(ago = 0, symbol = this.#symbol): number {
    return this.#column('low', symbol)[this.#index(ago)] ?? Number.NaN
  }
  close(ago = 0, symbol = this.#symbol): number {
    return this.#column('close', symbol)[this.#index(ago)] ?? Number.NaN
  }
  volume(ago = 0, symbol = this.#symbol): number {
    return this.#column('volume', symbol)[this.#index(ago)] ?? Number.NaN
  }

  /** The last `count` values of a field, oldest first, copied; NaN where a bar is missing. At most `lookback` of them. */
  history(field: BarField, count: number, symbol = this.#symbol): Float64Array {
    this.#index(count - 1)
    if (!(count >= 1) || count > this.bars) {
      fail('E_AVAILABILITY', { subject: `history of ${count} bars`, detail: `${this.bars} bars are known` })
    }
    return this.#column(field, symbol).slice(this.bars - count, this.bars)
  }

  /** A derived column by its place in `needs.columns.names`. */
  column(place: number, ago = 0, symbol = this.#symbol): number {
    return this.#data.derived[symbol]![place]![this.#index(ago)] ?? Number.NaN
  }

  /** The model's score at the last bar; NaN when there is none. */
  score(symbol = this.#symbol): number {
    return this.#data.scores === null ? Number.NaN : this.#data.scores[symbol]![this.#bar]!
  }

  /** True when scores were given at all. */
  get hasScores(): boolean {
    return this.#data.scores !== null
  }

  /** Signed quantity held. */
  quantity(symbol = this.#symbol): number {
    return this.#account.quantity(symbol)
  }

  entryPrice(symbol = this.#symbol): number {
    return this.#account.entryPrice(symbol)
  }

  /** True while an order that changes the position is under way. */
  pending(symbol = this.#symbol): boolean {
    return this.#account.pending(symbol)
  }

  /** Cash + unrealised at the last closes. */
  equity(): number {
    return this.#account.equity()
  }

  #column(field: BarField, symbol: number): Float64Array {
    return this.#data.bars.columns[symbol]![field]
  }

  #index(ago: number): number {
    if (ago >= 0 && ago < this.#needs.lookback) return this.#bar - ago
    const detail =
      ago < 0
        ? 'asked for a bar that is not yet known'
        : `asked for ${ago} bars ago with a lookback of ${this.#needs.lookback}`
    return fail('E_AVAILABILITY', {
      subject: 'view of a strategy',
      detail,
      next: 'declare a larger lookback, or look back only',
    })
  }
}
