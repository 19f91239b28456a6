/**
 * What a backtest gives back: plain data in columns, so that it can be posted to a worker, written to a table and
 * compared whole. Statistics, reports and commands read this file's shapes and nothing of the engine.
 *
 * Conventions: times are ms UTC; money is quote currency (USDT); prices are quote per base; `symbol` is an index into
 * `symbols`; a side is 1 (long) or −1 (short); what does not exist is NaN. The bar starting at `t` with interval `w` is
 * known at `t + w`. A market order fills at the start of its bar; a stop, target or liquidation inside a bar is stamped
 * at the last millisecond of that bar, because it is not known to have happened earlier.
 */
import { type DecisionRecord, EXIT_REASONS, type ExitReason, type TradingConfig } from '@cointrader/trading'

export { EXIT_REASONS, type ExitReason }

/** One round trip of a position, from flat to flat, as a row (see {@link tradeAt}). */
export interface Trade {
  /** Name, not index. */
  readonly symbol: string
  readonly side: 1 | -1
  readonly entryTime: number
  readonly exitTime: number
  /** Mean price over all fills that opened or added, slippage and rounding included. */
  readonly entryPrice: number
  /** Mean price over all fills that reduced or closed. */
  readonly exitPrice: number
  /** Base asset bought (sold, for a short) over the life of the position. */
  readonly qty: number
  /** Price result before fees and funding: side · (exit − entry) · qty. */
  readonly grossPnl: number
  /** Paid, positive. */
  readonly entryFee: number
  readonly exitFee: number
  /** Signed: received is positive, paid is negative. */
  readonly funding: number
  /** grossPnl − entryFee − exitFee + funding. */
  readonly netPnl: number
  /** What slippage and tick rounding took, in quote; already inside `grossPnl`. */
  readonly slippageCost: number
  /** First protective levels, NaN when the plan had none. */
  readonly stop: number
  readonly target: number
  readonly reason: ExitReason
  /** Ids of the decision records that opened and closed it. */
  readonly decision: number
  readonly exitDecision: number
  /**
   * Worst and best price against the mean entry price, as a share of it, in the direction of the trade: `mae` ≤ 0 ≤ `mfe`.
   * Of the bar in which it ended only the open and the exit price count: what came after the exit is not the trade's.
   */
  readonly mae: number
  readonly mfe: number
  /** Bars held: time between entry and exit in bars, rounded up. */
  readonly bars: number
  /** Probability handed in with the intent, NaN without. */
  readonly probability: number
  /** Equity of the account just before the entry was decided. */
  readonly equityAtEntry: number
  readonly leverage: number
}

/** {@link Trade} as columns of one length, in order of exit. `reason` is an index into {@link EXIT_REASONS}. */
export interface TradeColumns {
  readonly count: number
  readonly symbol: Int32Array
  readonly side: Int8Array
  readonly entryTime: Float64Array
  readonly exitTime: Float64Array
  readonly entryPrice: Float64Array
  readonly exitPrice: Float64Array
  readonly qty: Float64Array
  readonly grossPnl: Float64Array
  readonly entryFee: Float64Array
  readonly exitFee: Float64Array
  readonly funding: Float64Array
  readonly netPnl: Float64Array
  readonly slippageCost: Float64Array
  readonly stop: Float64Array
  readonly target: Float64Array
  readonly reason: Uint8Array
  readonly decision: Int32Array
  readonly exitDecision: Int32Array
  readonly mae: Float64Array
  readonly mfe: Float64Array
  readonly bars: Int32Array
  readonly probability: Float64Array
  readonly equityAtEntry: Float64Array
  readonly leverage: Float64Array
}

/** One row per bar of the tested range, at its end. The account before the first bar is `BacktestResult.initialBalance`. */
export interface EquityColumns {
  readonly count: number
  /** End of the bar. */
  readonly time: Float64Array
  /** cash + unrealised, marked at closes (a missing bar keeps the last close). */
  readonly equity: Float64Array
  readonly cash: Float64Array
  readonly unrealised: Float64Array
  /** 1 − equity / highest equity so far, the initial balance included (D-10); in [0, 1], more when equity is negative. */
  readonly drawdown: Float64Array
  /** Σ |notional| and Σ signed notional at the mark. */
  readonly grossExposure: Float64Array
  readonly netExposure: Float64Array
  /** Open positions. */
  readonly positions: Int32Array
}

/** Where the money went. Everything in quote; costs are positive. */
export interface CostSplit {
  readonly fees: number
  readonly fundingPaid: number
  readonly fundingReceived: number
  readonly slippage: number
  /** Margin lost to liquidations (part of gross P&L). */
  readonly liquidationLoss: number
  readonly liquidations: number
  /** Σ |notional| of all fills. */
  readonly turnover: number
}

/** How much of the range could be traded, per symbol. Counts are bars of the tested range. */
export interface SymbolCoverage {
  readonly symbol: string
  readonly bars: number
  readonly missing: number
  /**
   * Decisions that could be taken: instants of the half-open range at which the symbol has a bar that just ended and its
   * history. The end of the bar before the range is one of them, the end of the last bar is not.
   */
  readonly decidable: number
  /** Of the decidable: entries were blocked by a kill switch (of the symbol or the portfolio), or by the end of trading. */
  readonly blockedByKill: number
  /** Of the decidable: entries were blocked by the daily loss limit. */
  readonly blockedByDailyLoss: number
  /** Of the decidable: the account had stopped trading (ruin or drawdown limit). */
  readonly blockedByStop: number
  /** Bars at whose end a position was open. */
  readonly inPosition: number
  /** Instant of the first kill that hit this symbol, NaN without. */
  readonly firstKill: number
}

export const NOTE_CODES = {
  'funding-absent': 'no funding rates for these symbols: nothing was charged for them, real results would differ',
  'funding-partial': 'funding rates do not cover the whole range of these symbols',
  'funding-assumed': 'funding was assumed, not recorded, for these symbols',
  'filters-absent': 'no exchange filters for these symbols: sizes and prices were not rounded',
  'brackets-absent': 'no leverage brackets for these symbols: the stated flat maintenance rate was used',
  'bars-missing': 'bars are missing for these symbols: orders waited for the next bar',
  'mark-is-trade-price': 'liquidation was tested on traded prices, the venue tests mark prices',
  killed: 'a kill switch stopped entries',
  stopped: 'the account stopped trading before the end of the range',
  liquidated: 'positions were liquidated',
  delisted: 'bars of these symbols end early: open positions were settled at the last close',
} as const
export type NoteCode = keyof typeof NOTE_CODES

/** Something a reader of the result must know. */
export interface Note {
  readonly code: NoteCode
  /** Plain text with numbers and names, fit to print. */
  readonly text: string
  readonly symbols: readonly string[]
}

/** An order as the engine saw it (only with `record: 'full'`). */
export interface OrderRecord {
  readonly time: number
  readonly symbol: string
  readonly orderId: number
  readonly decision: number
  readonly purpose: string
  readonly type: string
  readonly side: 1 | -1
  readonly qty: number
  /** Level of a stop, target or limit order; 0 for a market order. */
  readonly price: number
  /** Commands `placed`, `replace`, `cancel`; news `accepted`, `refused`, `cancelled`, `cancel-refused`, `expired`, `unknown`. */
  readonly what: string
}

/** A fill (only with `record: 'full'`). */
export interface FillRecord {
  readonly time: number
  readonly symbol: string
  readonly orderId: number
  readonly tradeId: number
  readonly side: 1 | -1
  readonly qty: number
  readonly price: number
  /** The price before slippage and rounding. */
  readonly reference: number
  readonly fee: number
  readonly purpose: string
}

/** The full record behind `--explain TRADE`. */
export interface EventRecord {
  readonly decisions: readonly DecisionRecord[]
  readonly orders: readonly OrderRecord[]
  readonly fills: readonly FillRecord[]
}

/** How assumptions were named: model → its sentence, printed with every result. */
export interface CostModelNames {
  readonly fees: string
  readonly slippage: string
  readonly funding: string
  readonly fills: string
  readonly margin: string
}

export interface BacktestResult {
  readonly version: 1
  readonly strategy: { readonly name: string; readonly params: Readonly<Record<string, unknown>> }
  readonly symbols: readonly string[]
  readonly intervalMs: number
  /** Half-open range of the tested bars: start of the first, end of the last. */
  readonly startMs: number
  readonly endMs: number
  readonly initialBalance: number
  readonly finalEquity: number
  readonly config: TradingConfig
  readonly assumptions: CostModelNames
  readonly trades: TradeColumns
  readonly equity: EquityColumns
  readonly costs: CostSplit
  readonly coverage: readonly SymbolCoverage[]
  /** Why trading stopped for good before the end, and when; null when it did not. */
  readonly stopped: { readonly reason: 'ruin' | 'drawdown' | 'operator'; readonly time: number } | null
  /** Refused intents by reason code. */
  readonly refusals: Readonly<Record<string, number>>
  readonly notes: readonly Note[]
  readonly record: EventRecord | null
  /** Which loop made it; both give equal results. */
  readonly path: 'fast' | 'reference'
}

/** Row `i` of the trades. */
export function tradeAt(result: Pick<BacktestResult, 'trades' | 'symbols'>, i: number): Trade {
  const t = result.trades
  return {
    symbol: result.symbols[t.symbol[i]!]!,
    side: t.side[i]! as 1 | -1,
    entryTime: t.entryTime[i]!,
    exitTime: t.exitTime[i]!,
    entryPrice: t.entryPrice[i]!,
    exitPrice: t.exitPrice[i]!,
    qty: t.qty[i]!,
    grossPnl: t.grossPnl[i]!,
    entryFee: t.entryFee[i]!,
    exitFee: t.exitFee[i]!,
    funding: t.funding[i]!,
    netPnl: t.netPnl[i]!,
    slippageCost: t.slippageCost[i]!,
    stop: t.stop[i]!,
    target: t.target[i]!,
    reason: EXIT_REASONS[t.reason[i]!]!,
    decision: t.decision[i]!,
    exitDecision: t.exitDecision[i]!,
    mae: t.mae[i]!,
    mfe: t.mfe[i]!,
    bars: t.bars[i]!,
    probability: t.probability[i]!,
    equityAtEntry: t.equityAtEntry[i]!,
    leverage: t.leverage[i]!,
  }
}

/** All trades as rows. */
export function tradeRows(result: Pick<BacktestResult, 'trades' | 'symbols'>): Trade[] {
  return Array.from({ length: result.trades.count }, (_, i) => tradeAt(result, i))
}
