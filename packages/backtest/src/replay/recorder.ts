/** Collects what happens into the columns of a result. Both loops write through it, at the same places. */
import {
  type ClosedPosition,
  type Command,
  type DecisionRecord,
  EXIT_REASONS,
  type OrderEvent,
  type TradingState,
} from '@cointrader/trading'
import { assumptionsOf, dataNotes, type Prepared, some } from './input.js'
import {
  type BacktestResult,
  type EventRecord,
  type FillRecord,
  NOTE_CODES,
  type Note,
  type OrderRecord,
  type SymbolCoverage,
  type TradeColumns,
} from './result.js'

/** Names of the floating-point columns of a trade. */
const MONEY = [
  'entryTime',
  'exitTime',
  'entryPrice',
  'exitPrice',
  'qty',
  'grossPnl',
  'entryFee',
  'exitFee',
  'funding',
  'netPnl',
  'slippageCost',
  'stop',
  'target',
  'mae',
  'mfe',
  'probability',
  'equityAtEntry',
  'leverage',
] as const
const WHOLE = ['symbol', 'decision', 'exitDecision', 'bars'] as const

type Row = Record<(typeof MONEY)[number] | (typeof WHOLE)[number] | 'side' | 'reason', number>

/** Per-symbol counters of {@link SymbolCoverage}. */
export interface CoverageCount {
  missing: number
  decidable: number
  blockedByKill: number
  blockedByDailyLoss: number
  blockedByStop: number
  inPosition: number
  firstKill: number
}

/** What a fill adds to the sums: called once per fill. */
interface Life {
  slippage: number
  high: number
  low: number
}

export class Recorder {
  readonly time: Float64Array
  readonly equity: Float64Array
  readonly cash: Float64Array
  readonly unrealised: Float64Array
  readonly drawdown: Float64Array
  readonly gross: Float64Array
  readonly net: Float64Array
  readonly positions: Int32Array
  readonly coverage: CoverageCount[]
  readonly refusals: Record<string, number> = {}
  private readonly rows: Row[] = []
  private readonly placed = new Map<number, Omit<OrderRecord, 'what'>>()
  private readonly lives: Life[]
  private bar = 0
  private peak: number
  fees = 0
  fundingPaid = 0
  fundingReceived = 0
  slippage = 0
  liquidationLoss = 0
  liquidations = 0
  turnover = 0
  readonly record: { decisions: DecisionRecord[]; orders: OrderRecord[]; fills: FillRecord[] } | null

  constructor(private readonly prepared: Prepared) {
    const { input, from, to } = prepared
    const n = to - from
    this.time = new Float64Array(n)
    this.equity = new Float64Array(n)
    this.cash = new Float64Array(n)
    this.unrealised = new Float64Array(n)
    this.drawdown = new Float64Array(n)
    this.gross = new Float64Array(n)
    this.net = new Float64Array(n)
    this.positions = new Int32Array(n)
    this.peak = input.config.initialBalance
    this.lives = input.bars.symbols.map(() => ({ slippage: 0, high: 0, low: 0 }))
    this.coverage = input.bars.symbols.map(() => ({
      missing: 0,
      decidable: 0,
      blockedByKill: 0,
      blockedByDailyLoss: 0,
      blockedByStop: 0,
      inPosition: 0,
      firstKill: Number.NaN,
    }))
    this.record = input.record === 'full' ? { decisions: [], orders: [], fills: [] } : null
  }

  /** A fill: `side` of the order, `opening` when it starts a position. */
  fill(s: number, side: number, qty: number, price: number, reference: number, fee: number, opening: boolean): void {
    const life = this.lives[s]!
    if (opening) {
      life.slippage = 0
      life.high = price
      life.low = price
    }
    const lost = side * (price - reference) * qty
    life.slippage += lost
    this.slippage += lost
    this.fees += fee
    this.turnover += qty * price
  }

  /** A price the open position has seen. */
  seen(s: number, price: number): void {
    const life = this.lives[s]!
    if (price > life.high) life.high = price
    if (price < life.low) life.low = price
  }

  /** A whole bar the open position has lived through. */
  lived(s: number, high: number, low: number): void {
    const life = this.lives[s]!
    if (high > life.high) life.high = high
    if (low < life.low) life.low = low
  }

  funding(amount: number): void {
    if (amount < 0) this.fundingPaid -= amount
    else this.fundingReceived += amount
  }

  closed(c: ClosedPosition): void {
    const life = this.lives[c.symbol]!
    this.seen(c.symbol, c.exitPrice)
    const up = life.high / c.entryPrice - 1
    const down = life.low / c.entryPrice - 1
    if (c.reason === 'liquidation') {
      this.liquidations++
      this.liquidationLoss -= c.grossPnl
    }
    this.rows.push({
      symbol: c.symbol,
      side: c.side,
      entryTime: c.entryTime,
      exitTime: c.exitTime,
      entryPrice: c.entryPrice,
      exitPrice: c.exitPrice,
      qty: c.qty,
      grossPnl: c.grossPnl,
      entryFee: c.entryFee,
      exitFee: c.exitFee,
      funding: c.funding,
      netPnl: c.netPnl,
      slippageCost: life.slippage,
      stop: c.stop > 0 ? c.stop : Number.NaN,
      target: c.target > 0 ? c.target : Number.NaN,
      reason: EXIT_REASONS.indexOf(c.reason),
      decision: c.decision,
      exitDecision: c.exitDecision,
      mae: Math.min(0, c.side === 1 ? down : -up),
      mfe: Math.max(0, c.side === 1 ? up : -down),
      bars: Math.ceil((c.exitTime - c.entryTime) / this.prepared.input.bars.intervalMs),
      probability: c.probability,
      equityAtEntry: c.equityAtEntry,
      leverage: c.leverage,
    })
  }

  /** The account at a bar's end. */
  row(time: number, cash: number, unrealised: number, gross: number, net: number, positions: number): void {
    const k = this.bar++
    const equity = cash + unrealised
    if (equity > this.peak) this.peak = equity
    this.time[k] = time
    this.equity[k] = equity
    this.cash[k] = cash
    this.unrealised[k] = unrealised
    this.drawdown[k] = 1 - equity / this.peak
    this.gross[k] = gross
    this.net[k] = net
    this.positions[k] = positions
  }

  /** A command given (with `record: 'full'` only). */
  command(c: Command, time: number): void {
    if (this.record === null || c.kind === 'leverage') return
    if (c.kind === 'place') {
      const { orderId, decision, purpose, type, side, qty, price } = c
      const row = {
        time,
        symbol: this.prepared.input.bars.symbols[c.symbol]!,
        orderId,
        decision,
        purpose,
        type,
        side,
        qty,
        price,
      }
      this.placed.set(orderId, row)
      this.record.orders.push({ ...row, what: 'placed' })
      return
    }
    const row = this.placed.get(c.orderId)!
    const price = c.kind === 'replace' ? c.price : row.price
    this.record.orders.push({ ...row, time, price, decision: c.decision, what: c.kind })
  }

  /** News of an order (with `record: 'full'` only). */
  outcome(e: OrderEvent): void {
    const row = this.placed.get(e.orderId)
    if (this.record !== null && row !== undefined) this.record.orders.push({ ...row, time: e.time, what: e.outcome })
  }

  refused(reason: string): void {
    this.refusals[reason] = (this.refusals[reason] ?? 0) + 1
  }

  result(path: 'fast' | 'reference', stopped: Pick<TradingState, 'stopped' | 'stoppedAt'>): BacktestResult {
    const { input, from, to } = this.prepared
    const { bars, strategy, config } = input
    const startMs = bars.times[from]!
    const endMs = bars.times[to - 1]! + bars.intervalMs
    const coverage = this.coverage.map((c, s): SymbolCoverage => ({ symbol: bars.symbols[s]!, bars: to - from, ...c }))
    return {
      version: 1,
      strategy: { name: strategy.name, params: strategy.params },
      symbols: bars.symbols,
      intervalMs: bars.intervalMs,
      startMs,
      endMs,
      initialBalance: config.initialBalance,
      finalEquity: this.equity[to - from - 1]!,
      config,
      assumptions: assumptionsOf(this.prepared),
      trades: this.trades(),
      equity: {
        count: to - from,
        time: this.time,
        equity: this.equity,
        cash: this.cash,
        unrealised: this.unrealised,
        drawdown: this.drawdown,
        grossExposure: this.gross,
        netExposure: this.net,
        positions: this.positions,
      },
      costs: {
        fees: this.fees,
        fundingPaid: this.fundingPaid,
        fundingReceived: this.fundingReceived,
        slippage: this.slippage,
        liquidationLoss: this.liquidationLoss,
        liquidations: this.liquidations,
        turnover: this.turnover,
      },
      coverage,
      stopped: stopped.stopped === '' ? null : { reason: stopped.stopped, time: stopped.stoppedAt },
      refusals: sortedKeys(this.refusals),
      notes: [...dataNotes(this.prepared), ...this.happened(coverage, stopped)],
      record: this.record as EventRecord | null,
      path,
    }
  }

  private trades(): TradeColumns {
    const { rows } = this
    const out: Record<string, Float64Array | Int32Array> = {}
    for (const name of MONEY) out[name] = Float64Array.from(rows, (r) => r[name])
    for (const name of WHOLE) out[name] = Int32Array.from(rows, (r) => r[name])
    return {
      count: rows.length,
      ...(out as unknown as Omit<TradeColumns, 'count' | 'side' | 'reason'>),
      side: Int8Array.from(rows, (r) => r.side),
      reason: Uint8Array.from(rows, (r) => r.reason),
    }
  }

  private happened(coverage: readonly SymbolCoverage[], stopped: Pick<TradingState, 'stopped' | 'stoppedAt'>): Note[] {
    const notes: Note[] = []
    const killed = coverage.filter((c) => !Number.isNaN(c.firstKill))
    if (killed.length > 0) {
      const first = Math.min(...killed.map((c) => c.firstKill))
      const blocked = killed.reduce((sum, c) => sum + c.blockedByKill, 0)
      const decidable = coverage.reduce((sum, c) => sum + c.decidable, 0)
      const symbols = killed.map((c) => c.symbol)
      const text = `${NOTE_CODES.killed}, first at ${new Date(first).toISOString()}: ${blocked} of ${decidable} decisions could not enter (${some(symbols)})`
      notes.push({ code: 'killed', text, symbols })
    }
    if (stopped.stopped !== '') {
      const text = `${NOTE_CODES.stopped} (${stopped.stopped}, ${new Date(stopped.stoppedAt).toISOString()})`
      notes.push({ code: 'stopped', text, symbols: [] })
    }
    if (this.liquidations > 0) {
      const symbols = [
        ...new Set(this.rows.filter((r) => EXIT_REASONS[r.reason] === 'liquidation').map((r) => r.symbol)),
      ]
      const names = symbols.sort((a, b) => a - b).map((s) => this.prepared.input.bars.symbols[s]!)
      notes.push({
        code: 'liquidated',
        text: `${this.liquidations} ${NOTE_CODES.liquidated}: ${some(names)}`,
        symbols: names,
      })
    }
    return notes
  }
}

function sortedKeys(x: Record<string, number>): Record<string, number> {
  return Object.fromEntries(Object.entries(x).sort(([a], [b]) => (a < b ? -1 : 1)))
}
