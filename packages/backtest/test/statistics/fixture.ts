/**
 * A synthetic result whose books add up: random prices, entries at random with stop and target, fees, slippage and funding,
 * equity marked at every close. It imitates what the engine gives, with nothing of the engine in it.
 */

import type { Prices } from '@cointrader/backtest/statistics/benchmark'
import { type BacktestResult, EXIT_REASONS, type SymbolCoverage } from '@cointrader/backtest/statistics/source'
import { HOUR_MS, seededRandom } from '@cointrader/core'
import { makeConfig } from '@cointrader/trading'

export interface FixtureOptions {
  readonly symbols?: readonly string[]
  readonly bars?: number
  readonly startMs?: number
  readonly intervalMs?: number
  readonly initialBalance?: number
  /** Drift of a trade per bar in its own direction: above 0 the strategy has skill. */
  readonly skill?: number
  /** Chance to enter per flat bar. */
  readonly entryRate?: number
  readonly feeRate?: number
  readonly seed?: number
  /** Keep orders and fills. */
  readonly record?: boolean
}

export const FIXTURE_START = Date.UTC(2025, 0, 10, 0)
const FUNDING_MS = 8 * HOUR_MS
const FUNDING_RATE = 0.0001
const SLIPPAGE = 0.0001

type Row = Record<
  | 'symbol'
  | 'side'
  | 'entryTime'
  | 'exitTime'
  | 'entryPrice'
  | 'exitPrice'
  | 'qty'
  | 'grossPnl'
  | 'entryFee'
  | 'exitFee'
  | 'funding'
  | 'netPnl'
  | 'slippageCost'
  | 'stop'
  | 'target'
  | 'reason'
  | 'decision'
  | 'exitDecision'
  | 'mae'
  | 'mfe'
  | 'bars'
  | 'probability'
  | 'equityAtEntry'
  | 'leverage',
  number
>

interface Open {
  row: Row
  bar: number
  drift: number
}

export function syntheticResult(options: FixtureOptions = {}): { result: BacktestResult; prices: Prices } {
  const {
    symbols = ['ADAUSDT', 'DOGEUSDT', 'XRPUSDT'],
    bars = 24 * 400,
    startMs = FIXTURE_START,
    intervalMs = HOUR_MS,
    initialBalance = 1000,
    skill = 0.0003,
    entryRate = 0.02,
    feeRate = 0.0005,
    seed = 1,
    record = true,
  } = options
  const random = seededRandom(seed).fork('fixture')
  const S = symbols.length
  const close = symbols.map(() => new Float64Array(bars))
  const time = Float64Array.from({ length: bars }, (_, i) => startMs + (i + 1) * intervalMs)
  const price = symbols.map((_, s) => 0.5 * (s + 1))
  const open: (Open | null)[] = symbols.map(() => null)
  const rows: Row[] = []
  const equity = new Float64Array(bars)
  const cashColumn = new Float64Array(bars)
  const unrealised = new Float64Array(bars)
  const drawdown = new Float64Array(bars)
  const gross = new Float64Array(bars)
  const net = new Float64Array(bars)
  const positions = new Int32Array(bars)
  const held = new Int32Array(S)
  const decisions: NonNullable<BacktestResult['record']>['decisions'][number][] = []
  const orders: NonNullable<BacktestResult['record']>['orders'][number][] = []
  const fills: NonNullable<BacktestResult['record']>['fills'][number][] = []
  let cash = initialBalance
  let paid = 0
  let received = 0
  let fees = 0
  let slip = 0
  let turnover = 0
  let peak = initialBalance
  let value = initialBalance
  let orderId = 0

  const decide = (action: 'enter' | 'exit', at: number, s: number, side: 1 | -1, qty: number, text: string): number => {
    const id = decisions.length + 1
    decisions.push({
      id,
      time: at,
      symbol: s,
      action,
      verdict: 'accepted',
      reason: action === 'enter' ? 'accepted' : 'signal',
      side,
      qty,
      price: price[s],
      equity: value,
      probability: action === 'enter' ? 0.6 : Number.NaN,
      text,
    })
    return id
  }
  const fill = (
    s: number,
    at: number,
    side: 1 | -1,
    qty: number,
    reference: number,
    purpose: string,
    decision: number,
  ) => {
    const got = reference * (1 + side * SLIPPAGE)
    const fee = got * qty * feeRate
    fees += fee
    slip += Math.abs(got - reference) * qty
    turnover += got * qty
    cash -= fee
    orderId++
    const about = { time: at, symbol: symbols[s], orderId, side, qty, purpose }
    orders.push(
      { ...about, decision, type: 'market', price: 0, what: 'placed' },
      { ...about, decision, type: 'market', price: 0, what: 'filled' },
    )
    fills.push({ ...about, tradeId: fills.length + 1, price: got, reference, fee })
    return { got, fee, slippage: Math.abs(got - reference) * qty }
  }
  const end = (s: number, at: number, reference: number, reason: (typeof EXIT_REASONS)[number], bar: number): void => {
    const { row, bar: since } = open[s]!
    const id = decide('exit', at, s, row.side === 1 ? -1 : 1, row.qty, `left: ${reason}`)
    const f = fill(s, at, row.side === 1 ? -1 : 1, row.qty, reference, reason === 'stop' ? 'stop' : 'close', id)
    row.exitPrice = f.got
    row.exitTime = at
    row.exitFee = f.fee
    row.slippageCost += f.slippage
    row.grossPnl = row.side * (f.got - row.entryPrice) * row.qty
    row.netPnl = row.grossPnl - row.entryFee - row.exitFee + row.funding
    row.reason = EXIT_REASONS.indexOf(reason)
    row.exitDecision = id
    row.bars = bar - since + 1
    const move = (row.side * (f.got - row.entryPrice)) / row.entryPrice
    row.mae = Math.min(row.mae, move)
    row.mfe = Math.max(row.mfe, move)
    cash += row.grossPnl
    rows.push(row)
    open[s] = null
  }

  for (let i = 0; i < bars; i++) {
    const begin = startMs + i * intervalMs
    for (let s = 0; s < S; s++) {
      const at = open[s]
      const before = price[s]
      price[s] *= Math.exp(0.008 * random.normal() + (at === null ? 0 : at.drift))
      if (at !== null) {
        if (begin % FUNDING_MS === 0) {
          const amount = -at.row.side * FUNDING_RATE * before * at.row.qty
          at.row.funding += amount
          cash += amount
          if (amount > 0) received += amount
          else paid -= amount
        }
        const move = (at.row.side * (price[s] - at.row.entryPrice)) / at.row.entryPrice
        const stopped = at.row.side * (price[s] - at.row.stop) <= 0
        const won = at.row.side * (price[s] - at.row.target) >= 0
        if (stopped) end(s, begin + intervalMs - 1, price[s], 'stop', i)
        else if (won) end(s, begin + intervalMs - 1, at.row.target, 'target', i)
        else if (random.next() < 0.005) end(s, begin, before, 'signal', i)
        else {
          at.row.mae = Math.min(at.row.mae, move)
          at.row.mfe = Math.max(at.row.mfe, move)
        }
      } else if (i > 24 && i < bars - 2 && random.next() < entryRate) {
        const side = random.next() < 0.5 ? 1 : -1
        const qty = Math.floor((Math.max(value, 10) * 0.4) / before)
        const id = decide('enter', begin, s, side, qty, 'score 4 of 6 <b>strong</b> & "volume" high')
        const f = fill(s, begin, side, qty, before, 'entry', id)
        const row: Row = {
          symbol: s,
          side,
          entryTime: begin,
          exitTime: 0,
          entryPrice: f.got,
          exitPrice: 0,
          qty,
          grossPnl: 0,
          entryFee: f.fee,
          exitFee: 0,
          funding: 0,
          netPnl: 0,
          slippageCost: f.slippage,
          stop: f.got * (1 - side * 0.03),
          target: f.got * (1 + side * 0.05),
          reason: 0,
          decision: id,
          exitDecision: 0,
          mae: 0,
          mfe: 0,
          bars: 0,
          probability: 0.6,
          equityAtEntry: value,
          leverage: 10,
        }
        open[s] = { row, bar: i, drift: skill * side }
      }
      if (i === bars - 1 && open[s] !== null) end(s, begin + intervalMs, price[s], 'end-of-data', i)
      close[s][i] = price[s]
    }
    for (let s = 0; s < S; s++) {
      const at = open[s]
      if (at === null) continue
      held[s]++
      positions[i]++
      unrealised[i] += at.row.side * (price[s] - at.row.entryPrice) * at.row.qty
      gross[i] += price[s] * at.row.qty
      net[i] += at.row.side * price[s] * at.row.qty
    }
    cashColumn[i] = cash
    value = cash + unrealised[i]
    equity[i] = value
    peak = Math.max(peak, value)
    drawdown[i] = 1 - value / peak
  }
  const column = (key: keyof Row): Float64Array => Float64Array.from(rows, (r) => r[key])
  const whole = (key: keyof Row): Int32Array => Int32Array.from(rows, (r) => r[key])
  const coverage: SymbolCoverage[] = symbols.map((symbol, s) => ({
    symbol,
    bars,
    missing: 0,
    decidable: bars,
    blockedByKill: 0,
    blockedByDailyLoss: 3,
    blockedByStop: 0,
    inPosition: held[s],
    firstKill: Number.NaN,
  }))
  const result: BacktestResult = {
    version: 1,
    strategy: {
      name: 'indicator-score',
      params: { signalThreshold: 3, adxThreshold: 25, note: '<script>alert(1)</script>' },
    },
    symbols,
    intervalMs,
    startMs,
    endMs: startMs + bars * intervalMs,
    initialBalance,
    finalEquity: value,
    config: makeConfig(symbols, { initialBalance }),
    assumptions: {
      fees: 'taker 0.05 %, maker 0.02 %',
      slippage: '1 bp of the price against the trader',
      funding: 'recorded rates at their own intervals',
      fills: 'market orders at the open of the next bar; stops at the worse of level and open',
      margin: 'isolated, tiered maintenance margin',
    },
    trades: {
      count: rows.length,
      symbol: whole('symbol'),
      side: Int8Array.from(rows, (r) => r.side),
      entryTime: column('entryTime'),
      exitTime: column('exitTime'),
      entryPrice: column('entryPrice'),
      exitPrice: column('exitPrice'),
      qty: column('qty'),
      grossPnl: column('grossPnl'),
      entryFee: column('entryFee'),
      exitFee: column('exitFee'),
      funding: column('funding'),
      netPnl: column('netPnl'),
      slippageCost: column('slippageCost'),
      stop: column('stop'),
      target: column('target'),
      reason: Uint8Array.from(rows, (r) => r.reason),
      decision: whole('decision'),
      exitDecision: whole('exitDecision'),
      mae: column('mae'),
      mfe: column('mfe'),
      bars: whole('bars'),
      probability: column('probability'),
      equityAtEntry: column('equityAtEntry'),
      leverage: column('leverage'),
    },
    equity: {
      count: bars,
      time,
      equity,
      cash: cashColumn,
      unrealised,
      drawdown,
      grossExposure: gross,
      netExposure: net,
      positions,
    },
    costs: {
      fees,
      fundingPaid: paid,
      fundingReceived: received,
      slippage: slip,
      liquidationLoss: 0,
      liquidations: 0,
      turnover,
    },
    coverage,
    stopped: null,
    refusals: { 'max-positions': 12, 'ml-below': 131, 'daily-loss': 4 },
    notes: [
      {
        code: 'funding-absent',
        text: 'no funding rates for ADAUSDT: nothing was charged for it, real results would differ',
        symbols: ['ADAUSDT'],
      },
    ],
    record: record ? { decisions, orders, fills } : null,
    path: 'reference',
  }
  return { result, prices: { symbols, time, close } }
}

/** A result with hand-made equity rows and no trades; for reference values. */
export function equityResult(
  equity: readonly number[],
  options: { initialBalance?: number; intervalMs?: number; startMs?: number } = {},
): BacktestResult {
  const { initialBalance = 1000, intervalMs = 86_400_000, startMs = Date.UTC(2025, 0, 1) } = options
  const { result } = syntheticResult({ bars: 4, entryRate: 0 })
  const n = equity.length
  const zeros = new Float64Array(n)
  return {
    ...result,
    intervalMs,
    startMs,
    endMs: startMs + n * intervalMs,
    initialBalance,
    finalEquity: equity[n - 1] ?? initialBalance,
    equity: {
      count: n,
      time: Float64Array.from(equity, (_, i) => startMs + (i + 1) * intervalMs),
      equity: Float64Array.from(equity),
      cash: Float64Array.from(equity),
      unrealised: zeros,
      drawdown: zeros,
      grossExposure: zeros,
      netExposure: zeros,
      positions: new Int32Array(n),
    },
  }
}

/** The result with some columns of its trades replaced; rows are hand-made. */
export function withTrades(result: BacktestResult, rows: readonly Partial<Row>[]): BacktestResult {
  const base: Row = {
    symbol: 0,
    side: 1,
    entryTime: result.startMs,
    exitTime: result.startMs + result.intervalMs,
    entryPrice: 1,
    exitPrice: 1,
    qty: 100,
    grossPnl: 0,
    entryFee: 0.05,
    exitFee: 0.05,
    funding: 0,
    netPnl: 0,
    slippageCost: 0,
    stop: 0.9,
    target: 1.2,
    reason: 0,
    decision: 1,
    exitDecision: 2,
    mae: 0,
    mfe: 0,
    bars: 1,
    probability: Number.NaN,
    equityAtEntry: result.initialBalance,
    leverage: 10,
  }
  const all = rows.map((r) => ({ ...base, ...r }))
  const keys = Object.keys(base) as (keyof Row)[]
  const columns = Object.fromEntries(keys.map((k) => [k, Float64Array.from(all, (r) => r[k])]))
  const whole = (k: keyof Row): Int32Array => Int32Array.from(all, (r) => r[k])
  return {
    ...result,
    trades: {
      ...(columns as unknown as BacktestResult['trades']),
      count: all.length,
      symbol: whole('symbol'),
      side: Int8Array.from(all, (r) => r.side),
      reason: Uint8Array.from(all, (r) => r.reason),
      decision: whole('decision'),
      exitDecision: whole('exitDecision'),
      bars: whole('bars'),
    },
  }
}
