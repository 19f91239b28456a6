/**
 * The fast path: one symbol, intents known in advance, lag 1, complete fills, isolated margin. It does what the reference
 * loop does with core and venue, in one pass over numbers; sizes, filters, kill rules, fills and records are the same
 * functions. One file because it is one loop read beside the core's. `test/replay/fast.test.ts` holds it equal to the reference, bit for bit, on random cases.
 */
import { DAY_MS } from '@cointrader/core'
import { type IntentColumns, problem } from '@cointrader/strategies'
import {
  bankruptcyPrice,
  type ClosedPosition,
  dayOf,
  type ExitReason,
  entrySize,
  type KillState,
  liquidationPrice,
  newKill,
  protectiveLevel,
  type Reason,
  rearmDue,
  recordTrade,
  resetKill,
  type TradingConfig,
  unrealisedOf,
} from '@cointrader/trading'
import { fundingAmount, type Slip } from '../costs/index.js'
import { exitCode, LIQUIDATED, STAY, STOPPED, slipped, stopReference } from '../venue/index.js'
import type { Prepared } from './input.js'
import { Recorder } from './recorder.js'
import type { BacktestResult } from './result.js'

/** Why the fast path cannot run this; null when it can. */
export function fastReason({ input, costs, to, lastBar }: Prepared): string | null {
  if (input.bars.symbols.length !== 1) return 'more than one symbol'
  if (!input.strategy.precompute) return `strategy ${input.strategy.name} has no intents in advance`
  if (costs.lag !== 1) return 'a lag of more than one bar'
  if (costs.participation !== null) return 'partial fills'
  if (input.config.marginMode !== 'isolated') return 'cross margin'
  if (input.record === 'full') return 'a full record was asked for'
  return lastBar[0] === to - 1 ? null : 'the last bar is missing'
}

export function runFast(prepared: Prepared): BacktestResult {
  return new FastRun(prepared).run()
}

class FastRun {
  private readonly config: TradingConfig
  private readonly rec: Recorder
  private readonly slip: Slip
  private readonly intents: IntentColumns
  private readonly tick: number
  private readonly taker: number
  // The account, as in TradingState.
  private time = 0
  private cash: number
  private peak: number
  private dayEquity: number
  private nextDay = 0
  private dailyLossAt = 0
  private stopped: '' | 'ruin' | 'drawdown' = ''
  private stoppedAt = 0
  private readonly killSymbol: KillState = newKill()
  private readonly killPortfolio: KillState = newKill()
  private nextDecision = 1
  private mark = 0
  private barEnd = 0
  private lastExit = 0
  // The position; side 0 is flat.
  private side: 0 | 1 | -1 = 0
  private qty = 0
  private entry = 0
  private entryTime = 0
  private entryFee = 0
  private fundingSum = 0
  private stop = 0
  private target = 0
  private liquidation = 0
  private decision = 0
  private exitAfterMs = 0
  private probability = Number.NaN
  private equityAtEntry = 0
  private leverage = 1
  // Under way.
  private closing: ExitReason | '' = ''
  private closeDecision = 0
  /** Bar whose intent waits for the close of the opposite position; −1 none. */
  private reverseBar = -1
  private reverseTime = 0
  /** The entry order: 0 quantity is none. */
  private orderQty = 0
  private orderBar = 0
  private orderDecision = 0
  private orderEquity = 0
  private orderLeverage = 1

  constructor(private readonly prepared: Prepared) {
    const { input, costs } = prepared
    this.config = input.config
    this.rec = new Recorder(prepared)
    this.slip = costs.slippage.compile(input.bars)
    this.intents = input.strategy.precompute!(input.bars, 0, input.scores?.[0] ?? null)
    this.tick = input.config.rules[0]!.tickSize
    this.taker = costs.fees.taker
    this.cash = input.config.initialBalance
    this.peak = this.cash
    this.dayEquity = this.cash
  }

  run(): BacktestResult {
    const { input, funding, from, to } = this.prepared
    const { times, intervalMs, columns } = input.bars
    const { open, high, low, close } = columns[0]!
    const { rec, config } = this
    const { warmUp } = input.strategy.needs
    const signals = this.intents.side
    const plan = funding.plans[0]!
    const cover = rec.coverage[0]!
    let cursor = 0
    for (let i = Math.max(0, from - 1); i < to; i++) {
      const start = times[i]!
      const end = start + intervalMs
      const present = !Number.isNaN(close[i]!)
      if (i >= from) {
        while (cursor < plan.bar.length && plan.bar[cursor] === i && plan.atOpen[cursor] === 1) this.pay(i, cursor++)
        if (present && (this.closing !== '' || this.orderQty > 0)) {
          this.time = start
          if (this.closing !== '') this.closeAtOpen(i)
          if (this.orderQty > 0) this.open(i, open[i]!, start)
        }
        while (cursor < plan.bar.length && plan.bar[cursor] === i) this.pay(i, cursor++)
        if (this.side !== 0 && present) {
          if (this.inside(i, open[i]!, high[i]!, low[i]!, end - 1)) rec.lived(0, high[i]!, low[i]!)
        }
      }
      // The bar's end.
      this.time = end
      if (present) {
        this.mark = close[i]!
        this.barEnd = end
      }
      if (end >= this.nextDay) {
        this.nextDay = (dayOf(end) + 1) * DAY_MS
        this.dayEquity = this.equity()
        this.dailyLossAt = 0
      }
      this.checkLimits()
      if (this.killPortfolio.killedAt !== 0 && rearmDue(this.killPortfolio, config.killPortfolio, end)) {
        resetKill(this.killPortfolio)
        this.nextDecision++
      }
      if (this.killSymbol.killedAt !== 0 && rearmDue(this.killSymbol, config.killSymbol, end)) {
        resetKill(this.killSymbol)
        this.nextDecision++
      }
      if (this.side !== 0 && this.closing === '' && this.exitAfterMs > 0 && end >= this.entryTime + this.exitAfterMs) {
        this.closing = 'time'
        this.closeDecision = this.nextDecision++
      }
      if (i === to - 1 && this.side !== 0) this.endOfData(i, end)
      if (i >= from) {
        if (!present) cover.missing++
        const { side } = this
        if (side === 0) rec.row(end, this.cash, 0, 0, 0, 0)
        else {
          cover.inPosition++
          const notional = this.qty * this.mark
          rec.row(
            end,
            this.cash,
            0 + unrealisedOf(side, this.qty, this.entry, this.mark),
            notional,
            0 + side * notional,
            1,
          )
        }
      }
      if (i === to - 1 || i + 1 < warmUp || !present) continue
      cover.decidable++
      const why = this.blocked()
      if (why === 'killed-portfolio' || why === 'killed-symbol') cover.blockedByKill++
      else if (why === 'daily-loss') cover.blockedByDailyLoss++
      else if (why !== '') cover.blockedByStop++
      if (signals[i] !== 0) this.act(i)
    }
    const { stopped, stoppedAt } = this
    return rec.result('fast', { stopped, stoppedAt })
  }

  private equity(): number {
    return this.side === 0 ? this.cash : this.cash + (0 + unrealisedOf(this.side, this.qty, this.entry, this.mark))
  }

  private pay(i: number, k: number): void {
    if (this.side === 0) return
    const { funding, input } = this.prepared
    const open = input.bars.columns[0]!.open[i]!
    const price = Number.isNaN(open) ? this.mark : open
    const amount = fundingAmount(this.side, this.qty, price, funding.plans[0]!.rate[k]!, funding.bothPay)
    this.rec.funding(amount)
    this.cash += amount
    this.fundingSum += amount
  }

  private checkLimits(): void {
    const { config } = this
    const now = this.equity()
    if (now > this.peak) this.peak = now
    if (
      config.maxDailyLoss !== null &&
      this.dailyLossAt === 0 &&
      now - this.dayEquity <= -config.maxDailyLoss * this.dayEquity
    ) {
      this.dailyLossAt = this.time
      this.nextDecision++
    }
    if (this.stopped !== '') return
    if (now <= config.ruinBelow * config.initialBalance) this.stopped = 'ruin'
    else if (config.maxDrawdown !== null && now <= (1 - config.maxDrawdown) * this.peak) this.stopped = 'drawdown'
    if (this.stopped === '') return
    this.stoppedAt = this.time
    this.nextDecision++
    this.reverseBar = -1
    this.orderQty = 0
    if (this.side !== 0 && this.closing === '') {
      this.closing = 'loss-limit'
      this.closeDecision = this.nextDecision++
    }
  }

  private blocked(): Reason | '' {
    if (this.stopped !== '') return this.stopped
    if (this.killPortfolio.killedAt !== 0) return 'killed-portfolio'
    if (this.killSymbol.killedAt !== 0) return 'killed-symbol'
    return this.dailyLossAt !== 0 ? 'daily-loss' : ''
  }

  private refuse(reason: string): void {
    this.nextDecision++
    this.rec.refused(reason)
  }

  /** The intent of bar `i`. */
  private act(i: number): void {
    const { side, stopDistance, targetDistance, exitAfterMs, reverse } = this.intents
    const wanted = side[i]! as 1 | -1
    const distances = { stopDistance: stopDistance[i]!, targetDistance: targetDistance[i]! }
    if (problem({ kind: 'enter', symbol: 0, side: wanted, ...distances, exitAfterMs, reason: '' }, 1) !== null) {
      this.refuse('bad-intent')
    } else if (this.side === 0) this.enter(i)
    else if (this.side === wanted) this.refuse('position-open')
    else if (!reverse) this.refuse('opposite-open')
    else if (this.closing !== '') this.refuse('order-pending')
    else {
      this.reverseBar = i
      this.reverseTime = this.time
      this.closing = 'reverse'
      this.closeDecision = this.nextDecision++
    }
  }

  /** Gates and size of the intent of bar `i`; the order fills at the next open, or at this one after a reversal's close. */
  private enter(i: number): void {
    const { config, intents } = this
    const side = intents.side[i]! as 1 | -1
    const stopDistance = intents.stopDistance[i]!
    const why = this.gate(intents.probability === null ? undefined : intents.probability[i]!, stopDistance)
    if (why !== '') {
      this.refuse(why)
      return
    }
    const equity = this.equity()
    const size = entrySize(config, config.rules[0]!, {
      equity,
      free: Math.min(this.cash, equity),
      price: this.mark,
      side,
      stopDistance,
      targetDistance: intents.targetDistance[i]!,
    })
    if (size.qty === 0) {
      this.refuse(size.reason || 'min-quantity')
      return
    }
    this.orderQty = size.qty
    this.orderBar = i
    this.orderDecision = this.nextDecision++
    this.orderEquity = equity
    this.orderLeverage = size.leverage
  }

  private gate(probability: number | undefined, stopDistance: number): Reason | '' {
    const { config } = this
    const why = this.blocked()
    if (why !== '') return why
    if (!(this.mark > 0)) return 'no-price'
    if (this.time - this.barEnd > config.maxDataAgeMs) return 'stale-data'
    if (this.orderQty > 0) return 'order-pending'
    if (this.lastExit !== 0 && this.time - this.lastExit < config.cooldownMs) return 'cooldown'
    if (probability !== undefined) {
      if (Number.isNaN(probability)) {
        if (config.mlMissing === 'refuse') return 'ml-missing'
      } else if (probability < config.mlThreshold) return 'ml-below'
    }
    return !(stopDistance > 0) && config.maxDrawdown === null ? 'no-protection' : ''
  }

  private open(i: number, reference: number, time: number): void {
    const { rec, tick, intents, orderBar } = this
    const rules = this.config.rules[0]!
    const side = intents.side[orderBar]! as 1 | -1
    const qty = this.orderQty
    const price = slipped(reference, side, this.slip(0, i, qty, 'market'), tick)
    const fee = price * qty * this.taker
    rec.fill(0, side, qty, price, reference, fee, true)
    this.cash -= fee
    this.orderQty = 0
    this.side = side
    this.qty = qty
    this.entry = price
    this.entryTime = time
    this.entryFee = fee
    this.fundingSum = 0
    this.decision = this.orderDecision
    this.exitAfterMs = intents.exitAfterMs
    this.probability = intents.probability === null ? Number.NaN : intents.probability[orderBar]!
    this.equityAtEntry = this.orderEquity
    this.leverage = this.orderLeverage
    const stopDistance = intents.stopDistance[orderBar]!
    const targetDistance = intents.targetDistance[orderBar]!
    this.stop = stopDistance > 0 ? protectiveLevel(price, -side * stopDistance, tick) : 0
    this.target = targetDistance > 0 ? protectiveLevel(price, side * targetDistance, tick) : 0
    const margin = (qty * price) / this.leverage
    this.liquidation =
      liquidationPrice(rules.brackets, side, qty, price, margin) || (side === 1 ? 0 : Number.POSITIVE_INFINITY)
  }

  private closeAtOpen(i: number): void {
    const reference = this.prepared.input.bars.columns[0]!.open[i]!
    const side = this.side === 1 ? -1 : 1
    const price = slipped(reference, side, this.slip(0, i, this.qty, 'market'), this.tick)
    const reason = this.closing as ExitReason
    this.exit(price, reference, this.taker, reason, this.closeDecision)
    if (this.reverseBar < 0) return
    const bar = this.reverseBar
    this.reverseBar = -1
    if (this.time - this.reverseTime > this.config.reentryExpiryMs) this.refuse('reentry-expired')
    else this.enter(bar)
  }

  /** True when the position lives on. */
  private inside(i: number, open: number, high: number, low: number, time: number): boolean {
    const { side, qty, tick, config } = this
    const limit = config.targetOrder === 'limit'
    const { costs } = this.prepared
    const through = limit && this.target > 0 ? costs.throughTicks * tick : 0
    const code = exitCode(side, open, high, low, this.stop, this.target, this.liquidation, through)
    if (code === STAY) return true
    this.time = time
    const orderSide = side === 1 ? -1 : 1
    this.rec.seen(0, open)
    if (code === LIQUIDATED) {
      const price = bankruptcyPrice(side as 1 | -1, qty, this.entry, (qty * this.entry) / this.leverage)
      this.exit(price, price, 0, 'liquidation', this.decision)
    } else if (code === STOPPED) {
      const reference = stopReference(side, this.stop, open)
      const price = slipped(reference, orderSide, this.slip(0, i, qty, 'stop'), tick)
      this.exit(price, reference, this.taker, 'stop', this.decision)
    } else if (limit) this.exit(this.target, this.target, costs.fees.maker, 'target', this.decision)
    else {
      const price = slipped(this.target, orderSide, this.slip(0, i, qty, 'target'), tick)
      this.exit(price, this.target, this.taker, 'target', this.decision)
    }
    return false
  }

  private endOfData(i: number, end: number): void {
    this.time = end
    const reference = this.prepared.input.bars.columns[0]!.close[i]!
    const side = this.side === 1 ? -1 : 1
    const price = slipped(reference, side, this.slip(0, i, this.qty, 'market'), this.tick)
    this.exit(price, reference, this.taker, 'end-of-data', this.decision)
  }

  /** Books an exit of everything, as `positions.ts` does, and what follows from a closed trade. */
  private exit(price: number, reference: number, feeShare: number, reason: ExitReason, exitDecision: number): void {
    const { config, rec, qty, time } = this
    const side = this.side as 1 | -1
    const fee = price * qty * feeShare
    rec.fill(0, -side, qty, price, reference, fee, false)
    // 0 + …: sums that begin at 0 know no −0.
    const realised = 0 + side * qty * (price - this.entry)
    this.cash += realised
    this.cash -= fee
    const netPnl = realised - this.entryFee - fee + this.fundingSum
    const closed: ClosedPosition = {
      symbol: 0,
      side,
      qty,
      entryTime: this.entryTime,
      exitTime: time,
      entryPrice: this.entry,
      exitPrice: price,
      grossPnl: realised,
      entryFee: this.entryFee,
      exitFee: fee,
      funding: this.fundingSum,
      netPnl,
      stop: this.stop,
      target: this.target,
      reason,
      decision: this.decision,
      exitDecision,
      probability: this.probability,
      equityAtEntry: this.equityAtEntry,
      leverage: this.leverage,
    }
    rec.closed(closed)
    this.side = 0
    this.qty = 0
    this.closing = ''
    this.lastExit = time
    const first = rec.coverage[0]!
    if (recordTrade(this.killSymbol, netPnl, config.killSymbol, time)) {
      this.nextDecision++
      if (Number.isNaN(first.firstKill)) first.firstKill = time
    }
    if (recordTrade(this.killPortfolio, netPnl, config.killPortfolio, time)) {
      this.nextDecision++
      if (Number.isNaN(first.firstKill)) first.firstKill = time
    }
    this.checkLimits()
  }
}
