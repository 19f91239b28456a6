/**
 * How much to risk per trade: the Monte Carlo study of TB-05.15 with its defects mended (D-55). Kelly is right for any size
 * of loss; paths are drawn from the trades themselves, not from two made-up numbers; that the trades are only a sample is
 * part of the draw; and without an edge nothing is recommended.
 */
import { fail, type Random, seededRandom } from '@cointrader/core'
import { drawBlocks } from '@cointrader/models/evaluation/bootstrap'
import { quantileOf } from '@cointrader/models/evaluation/numeric'
import { absent, type Measure, measured } from './measure.js'
import { moments } from './moments.js'
import { defaultBlock } from './ratios.js'
import type { BacktestResult } from './source.js'

/** Shares of equity at risk per trade that are tried. */
export const RISKS = [0.005, 0.01, 0.015, 0.02, 0.025, 0.03, 0.04, 0.05, 0.07] as const

/** Trades with a stop below which the study is refused, and below which its advice comes with a warning. */
export const MINIMUM_SIZING_TRADES = 30
const FEW_TRADES = 100

export interface PositionSizeOptions {
  /** Default {@link RISKS}. */
  readonly risks?: readonly number[]
  /** Default 10,000 paths of 200 trades. */
  readonly paths?: number
  readonly trades?: number
  /** Default 0. */
  readonly seed?: number | string
  /** Mean block of neighbouring trades drawn together. Default {@link defaultBlock}. */
  readonly block?: number
  /** Ruin: equity at or below this share of its start; the path ends there. Default 0.2. */
  readonly ruin?: number
  /** Conditions of a recommendation: largest share of ruined paths, and largest 95th percentile of drawdown. */
  readonly maxRuin?: number
  readonly maxDrawdown?: number
  /** Smallest and largest risk that is recommended. Default 0.005 and 0.05. */
  readonly least?: number
  readonly most?: number
}

/** Outcome at one risk over all paths; returns and drawdowns are shares. */
export interface RiskOutcome {
  readonly risk: number
  /** Share of paths that ended in ruin (return −1 + what ruin left, drawdown as reached). */
  readonly ruin: number
  /** Percentiles 5, 25, 50, 75, 95 of the return of a path. */
  readonly returns: readonly [number, number, number, number, number]
  readonly medianDrawdown: number
  readonly p95Drawdown: number
}

export interface PositionSize {
  readonly symbols: readonly string[]
  /** Trades with a stop, and those without (which have no R). */
  readonly trades: number
  readonly withoutStop: number
  /** R-multiples: net result / loss at the stop level, in order of exit. */
  readonly multiples: Float64Array
  readonly winRate: number
  /** Mean R of wins (> 0) and losses (≤ 0, negative). */
  readonly averageWin: number
  readonly averageLoss: number
  /** Mean R, with its error. */
  readonly expectancy: Measure
  /** Share of equity by {@link kelly}, and by {@link growthOptimal} of the R-multiples. */
  readonly kelly: Measure
  readonly growthOptimal: Measure
  /** Expectancy at the lower end (5 %) of its bootstrap, which the pessimistic pass uses. */
  readonly pessimisticExpectancy: number
  readonly pessimisticKelly: number
  /** Trades redrawn, sampling error included; and drawn with every R shifted down to the pessimistic expectancy. */
  readonly outcomes: readonly RiskOutcome[]
  readonly pessimistic: readonly RiskOutcome[]
  /** Null with the reason when no risk can be recommended. */
  readonly recommended: Measure
  /** Share of equity left after n full losses in a row at each risk: (1 − risk)^n. */
  readonly survival: readonly { readonly risk: number; readonly losses: number; readonly left: number }[]
  /** Margin, as a share of equity, at which a stop hit loses the recommended risk, for quartiles of the stop distance. */
  readonly margins: readonly { readonly stopDistance: number; readonly margin: number }[]
  readonly leverage: number
  readonly warnings: readonly string[]
}

/**
 * Kelly's share of equity at risk for bets that win `win` R with probability p and lose `loss` R (positive) otherwise:
 * f = (p·W − (1 − p)·L) / (W·L), at least 0 (Kelly 1956, "A new interpretation of information rate"). The original divided by
 * W only, which is right for L = 1 (D-55).
 */
export function kelly(p: number, win: number, loss: number): number {
  if (!(win > 0)) return 0
  return Math.max(0, (p * win - (1 - p) * loss) / (win * loss))
}

/**
 * The share f of equity at risk with the largest mean of ln(1 + f·R): Kelly's rule for the R-multiples as they are. 0 when
 * their mean is not above 0; Infinity without a loss. By bisection of the derivative, which falls throughout.
 */
export function growthOptimal(multiples: ArrayLike<number>): number {
  let least = 0
  let sum = 0
  for (let i = 0; i < multiples.length; i++) {
    least = Math.min(least, multiples[i])
    sum += multiples[i]
  }
  if (!(sum > 0)) return 0
  if (least === 0) return Number.POSITIVE_INFINITY
  const slope = (f: number): number => {
    let s = 0
    for (let i = 0; i < multiples.length; i++) s += multiples[i] / (1 + f * multiples[i])
    return s
  }
  let low = 0
  let high = -1 / least
  for (let k = 0; k < 200 && high - low > 1e-15 * high; k++) {
    const middle = (low + high) / 2
    if (slope(middle) > 0) low = middle
    else high = middle
  }
  return (low + high) / 2
}

/**
 * Outcomes at each of `risks`. Each path first draws its own truth, a block resample of the trades as large as the sample
 * (the edge is known no better than that), then its trades from it; with `block` 0 the trades themselves are the truth. All
 * risks see the same paths.
 */
export function simulateRisks(
  multiples: Float64Array,
  risks: readonly number[],
  options: { paths: number; trades: number; block: number; ruin: number; random: Random },
): RiskOutcome[] {
  const { paths, trades, block, ruin, random } = options
  const n = multiples.length
  const counts = new Int32Array(n).fill(1)
  const truth = new Float64Array(n)
  const drawn = new Float64Array(trades)
  const results = risks.map(() => ({ returns: new Float64Array(paths), falls: new Float64Array(paths), ruined: 0 }))
  for (let path = 0; path < paths; path++) {
    if (block > 0) drawBlocks(counts, block, 'stationary', random)
    for (let i = 0, k = 0; i < n; i++) for (let c = counts[i]; c > 0; c--) truth[k++] = multiples[i]
    for (let k = 0; k < trades; k++) drawn[k] = truth[random.int(n)]
    for (let r = 0; r < risks.length; r++) {
      const risk = risks[r]
      const result = results[r]
      let balance = 1
      let peak = 1
      let fall = 0
      for (let k = 0; k < trades; k++) {
        balance += balance * risk * drawn[k]
        if (balance > peak) peak = balance
        else fall = Math.max(fall, 1 - balance / peak)
        if (balance <= ruin) {
          result.ruined++
          break
        }
      }
      result.returns[path] = balance - 1
      result.falls[path] = fall
    }
  }
  return results.map(({ returns, falls, ruined }, r) => {
    returns.sort()
    falls.sort()
    const at = (q: number): number => quantileOf(returns, q)
    return {
      risk: risks[r],
      ruin: ruined / paths,
      returns: [at(0.05), at(0.25), at(0.5), at(0.75), at(0.95)],
      medianDrawdown: quantileOf(falls, 0.5),
      p95Drawdown: quantileOf(falls, 0.95),
    }
  })
}

/** The risk with the largest median return among those within the limits, if that return is above 0; null for none. */
export function bestRisk(outcomes: readonly RiskOutcome[], maxRuin = 0.01, maxDrawdown = 0.3): number | null {
  let best: RiskOutcome | null = null
  for (const o of outcomes) {
    if (o.ruin > maxRuin || o.p95Drawdown > maxDrawdown || !(o.returns[2] > 0)) continue
    if (best === null || o.returns[2] > best.returns[2]) best = o
  }
  return best?.risk ?? null
}

/**
 * The study over the trades of a result. Errors: `E_ROW_COUNT` below {@link MINIMUM_SIZING_TRADES} trades with a stop, or
 * without a win or a loss; `E_USAGE` for options out of range.
 */
export function positionSize(result: BacktestResult, options: PositionSizeOptions = {}): PositionSize {
  const { risks = RISKS, paths = 10_000, trades: length = 200, seed = 0, ruin = 0.2 } = options
  const { maxRuin = 0.01, maxDrawdown = 0.3, least = 0.005, most = 0.05 } = options
  if (risks.length === 0 || !risks.every((r) => r > 0 && r < 1)) {
    fail('E_USAGE', { subject: 'risks', detail: 'each must be a share above 0 and below 1' })
  }
  if (!(paths >= 1 && length >= 1 && least > 0 && least <= most && ruin >= 0 && ruin < 1)) {
    fail('E_USAGE', { subject: 'position sizing', detail: 'paths, trades, limits of risk or ruin are out of range' })
  }
  const t = result.trades
  const rows: number[] = []
  for (let i = 0; i < t.count; i++) if (Math.abs(t.entryPrice[i] - t.stop[i]) > 0) rows.push(i)
  const n = rows.length
  const refuse = (detail: string): never =>
    fail('E_ROW_COUNT', { subject: 'position sizing', detail, next: 'take a longer range or looser thresholds' })
  if (n < MINIMUM_SIZING_TRADES) refuse(`${n} trades with a stop, at least ${MINIMUM_SIZING_TRADES} are needed`)
  const distance = Float64Array.from(rows, (i) => Math.abs(t.entryPrice[i] - t.stop[i]))
  const multiples = Float64Array.from(rows, (i, k) => t.netPnl[i] / (distance[k] * t.qty[i]))
  const wins = multiples.filter((r) => r > 0)
  const losses = multiples.filter((r) => !(r > 0))
  if (wins.length === 0 || losses.length === 0) refuse('wins and losses are needed')
  const shape = moments(multiples)
  const winRate = wins.length / n
  const averageWin = moments(wins).mean
  const averageLoss = moments(losses).mean
  const block = options.block ?? Math.min(n, defaultBlock(n))
  const random = seededRandom(seed).fork('position-size')

  const lower = lowerMean(multiples, block, random.fork('expectancy'))
  const shifted = multiples.map((r) => r + (lower - shape.mean))
  const run = (from: Float64Array, resampled: number): RiskOutcome[] =>
    simulateRisks(from, risks, { paths, trades: length, block: resampled, ruin, random: random.fork('paths') })
  const outcomes = run(multiples, block)
  // Sampling error went into the shift already: counting it twice would be fear, not caution.
  const pessimistic = run(shifted, 0)
  const pessimisticKelly = growthOptimal(shifted)
  const expectancy = measured(shape.mean, n, { standardError: shape.deviation / Math.sqrt(n) })
  const robust = bestRisk(outcomes, maxRuin, maxDrawdown)
  const worst = bestRisk(pessimistic, maxRuin, maxDrawdown)
  let recommended: Measure
  if (!(shape.mean > 0)) recommended = absent('the trades lost on average: no size makes that good', n)
  else if (!(lower > 0)) {
    recommended = absent(`the edge may be luck: its lower end is ${lower.toFixed(3)} R per trade`, n)
  } else if (robust === null || worst === null) {
    recommended = absent('no risk keeps ruin and drawdown within the limits', n)
  } else {
    const size = Math.min(robust, worst, pessimisticKelly / 2, most)
    recommended =
      size < least ? absent(`below the smallest risk of ${(least * 100).toFixed(2)} %`, n) : measured(size, n)
  }
  const warnings: string[] = []
  if (n < FEW_TRADES) warnings.push(`${n} trades are few: below ${FEW_TRADES} the tails are mostly unseen`)
  if (t.count > n) warnings.push(`${t.count - n} trades without a stop have no R and are left out`)
  const shares = Float64Array.from(rows, (i, k) => distance[k] / t.entryPrice[i]).sort()
  const leverage = result.config.leverage
  const used = recommended.value
  return {
    symbols: result.symbols,
    trades: n,
    withoutStop: t.count - n,
    multiples,
    winRate,
    averageWin,
    averageLoss,
    expectancy,
    kelly: measured(kelly(winRate, averageWin, -averageLoss), n),
    growthOptimal: measured(growthOptimal(multiples), n),
    pessimisticExpectancy: lower,
    pessimisticKelly,
    outcomes,
    pessimistic,
    recommended,
    survival: risks.flatMap((risk) =>
      Array.from({ length: 9 }, (_, k) => ({ risk, losses: k + 4, left: (1 - risk) ** (k + 4) })),
    ),
    margins:
      used === null
        ? []
        : [0.25, 0.5, 0.75].map((q) => {
            const stopDistance = quantileOf(shares, q)
            return { stopDistance, margin: Math.min(1, used / (leverage * stopDistance)) }
          }),
    leverage,
    warnings,
  }
}

/** 5 % quantile of the mean over block resamples. */
function lowerMean(x: Float64Array, block: number, random: Random, resamples = 2000): number {
  const counts = new Int32Array(x.length)
  const means = new Float64Array(resamples)
  for (let b = 0; b < resamples; b++) {
    drawBlocks(counts, block, 'stationary', random)
    let sum = 0
    for (let i = 0; i < x.length; i++) sum += counts[i] * x[i]
    means[b] = sum / x.length
  }
  return quantileOf(means.sort(), 0.05)
}
