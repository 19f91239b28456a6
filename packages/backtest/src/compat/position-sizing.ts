/** The original's position sizing study (TB-05.15): R-multiples of a trade list, Kelly with its defect (D-55), Monte Carlo. */
import { fail } from '@cointrader/core'
import { SEED_WALK_FORWARD_DEFAULTS, type SeedWalkForwardConfig } from './config.js'
import { numpyRound, percentile, pythonRound } from './decimal.js'
import type { SeedTrade } from './engine.js'
import { seedGenerator, type UniformSource } from './pcg64.js'

/** The walk-forward whose trades the study looks at. */
export const SEED_SIZING_DEFAULTS: SeedWalkForwardConfig = {
  ...SEED_WALK_FORWARD_DEFAULTS,
  use_ml: false,
  train_months: 3,
  atr_sl_mult: 1,
  atr_tp_mult: 4,
  adx_threshold: 20,
}

/** Shares of the balance at risk per trade that are reported. */
export const SEED_RISKS = [0.005, 0.01, 0.015, 0.02, 0.025, 0.03, 0.04, 0.05, 0.07] as const
const LEAST_TRADES = 5
/** Ruin: the balance is at or below this share of its start. */
const RUIN = 0.2
const START = 1000

type Range = readonly [low: number, high: number]

export interface SeedRanges {
  readonly win_rate: Range
  /** Mean R of wins, and of losses (negative). */
  readonly win_r: Range
  readonly loss_r: Range
}

/** Outcome at one risk: `risk_pct` is a share, all others percent (ruin two decimals, the rest one). */
export interface SeedRiskOutcome {
  readonly risk_pct: number
  readonly ruin_probability: number
  readonly median_return: number
  readonly p5_return: number
  readonly p25_return: number
  readonly p75_return: number
  readonly p95_return: number
  readonly median_max_dd: number
  readonly p95_max_dd: number
}

export interface SeedObserved {
  readonly n: number
  /** Net profit over loss at stop. */
  readonly r_multiples: readonly number[]
  readonly win_rate: number
  readonly avg_win_r: number
  readonly avg_loss_r: number
  readonly expectancy: number
  readonly kelly: number
  readonly ranges: SeedRanges
  /** Kelly at the worst and at the best corner of the ranges. */
  readonly worst_kelly: number
  readonly best_kelly: number
}

export interface SeedSizing extends SeedObserved {
  readonly monte_carlo: readonly SeedRiskOutcome[]
  /** Rates pinned to the worst corner. */
  readonly worst_case: readonly SeedRiskOutcome[]
  readonly recommended_risk: number
  /** Share of the balance left after n losses in a row at each risk. */
  readonly survival: readonly { readonly risk_pct: number; readonly losses: number; readonly left: number }[]
  /** Margin ratio risk/(10 · ATR share), at most 0.5, at the recommended risk. */
  readonly margin_hints: readonly { readonly atr_pct: number; readonly margin_ratio: number }[]
}

export interface SeedSizingOptions {
  /** Makes the source of numbers, anew for each pass; default NumPy's with seed 42, as the original. */
  readonly random?: () => UniformSource
  /** Default 10,000 paths of 200 trades. */
  readonly paths?: number
  readonly trades?: number
  readonly risks?: readonly number[]
}

/** Kelly as the original computes it: (p·W − (1 − p)·|L|)/W, at least 0. Right only for |L| = 1 (D-55). */
export function seedKelly(winRate: number, win: number, loss: number): number {
  return Math.max(0, winRate * win - (1 - winRate) * Math.abs(loss)) / win
}

/** R-multiples and what they say. Error `E_USAGE` for fewer than 5 trades, or without a win or a loss. */
export function seedObserved(trades: readonly SeedTrade[]): SeedObserved {
  const refuse = (detail: string): never =>
    fail('E_USAGE', { subject: 'position sizing', detail, next: 'take a longer range or looser thresholds' })
  if (trades.length < LEAST_TRADES) refuse(`${trades.length} trades, at least ${LEAST_TRADES} are needed`)
  const multiples = trades.map((t) => t.net_pnl / (Math.abs(t.entry_price - t.sl) * t.quantity))
  const [wins, losses] = [multiples.filter((r) => r > 0), multiples.filter((r) => !(r > 0))]
  if (wins.length === 0 || losses.length === 0) refuse('wins and losses are needed')
  const mean = (x: readonly number[]): number => x.reduce((a, b) => a + b, 0) / x.length
  const [p, w, l] = [wins.length / multiples.length, mean(wins), mean(losses)]
  const ranges: SeedRanges = {
    win_rate: [Math.max(0.25, p - 0.1), Math.min(0.55, p + 0.07)],
    win_r: [Math.max(2, w - 1), w + 1.2],
    loss_r: [l - 0.3, Math.min(-0.8, l + 0.3)],
  }
  return {
    n: multiples.length,
    r_multiples: multiples,
    win_rate: p,
    avg_win_r: w,
    avg_loss_r: l,
    expectancy: p * w + (1 - p) * l,
    kelly: seedKelly(p, w, l),
    ranges,
    worst_kelly: seedKelly(ranges.win_rate[0], ranges.win_r[0], ranges.loss_r[0]),
    best_kelly: seedKelly(ranges.win_rate[1], ranges.win_r[1], ranges.loss_r[1]),
  }
}

/**
 * Monte Carlo at each of `risks`: a path draws its rates once, then its trades. The original seeds its generator anew for
 * each risk, so all of them see the same draws.
 */
export function seedMonteCarlo(
  ranges: SeedRanges,
  risks: readonly number[],
  { random = seedGenerator, paths = 10_000, trades = 200 }: SeedSizingOptions = {},
): SeedRiskOutcome[] {
  const source = random()
  const within = ([low, high]: Range): number => low + (high - low) * source.next()
  const results = risks.map(() => ({ returns: new Float64Array(paths), drawdowns: new Float64Array(paths), ruined: 0 }))
  /** R of each trade of a path. */
  const multiples = new Float64Array(trades)
  for (let path = 0; path < paths; path++) {
    const [p, win, loss] = [within(ranges.win_rate), within(ranges.win_r), within(ranges.loss_r)]
    for (let k = 0; k < trades; k++) multiples[k] = source.next() < p ? win : loss
    for (let r = 0; r < risks.length; r++) {
      const risk = risks[r]!
      const result = results[r]!
      let [balance, peak, drawdown] = [START, START, 0]
      let alive = true
      for (let k = 0; k < trades && alive; k++) {
        balance += balance * risk * multiples[k]!
        if (balance > peak) peak = balance
        const fall = (peak - balance) / peak
        if (fall > drawdown) drawdown = fall
        alive = balance > START * RUIN
      }
      if (!alive) result.ruined++
      result.returns[path] = alive ? (balance / START - 1) * 100 : -100
      result.drawdowns[path] = alive ? drawdown : 1
    }
  }
  return results.map(({ returns, drawdowns, ruined }, r) => {
    returns.sort()
    drawdowns.sort()
    const at = (sorted: Float64Array, share: number, scale = 1): number =>
      numpyRound(percentile(sorted, share) * scale, 1)
    return {
      risk_pct: risks[r]!,
      ruin_probability: pythonRound((ruined / paths) * 100, 2),
      median_return: at(returns, 0.5),
      p5_return: at(returns, 0.05),
      p25_return: at(returns, 0.25),
      p75_return: at(returns, 0.75),
      p95_return: at(returns, 0.95),
      median_max_dd: at(drawdowns, 0.5, 100),
      p95_max_dd: at(drawdowns, 0.95, 100),
    }
  })
}

/** The whole study over the trades of a walk-forward run. Errors as {@link seedObserved}. */
export function seedPositionSizing(trades: readonly SeedTrade[], options: SeedSizingOptions = {}): SeedSizing {
  const observed = seedObserved(trades)
  const { win_rate, win_r, loss_r } = observed.ranges
  const pinned = ([low]: Range): Range => [low, low + 0.001]
  const worst = { win_rate: pinned(win_rate), win_r: pinned(win_r), loss_r: pinned(loss_r) }
  const risks = options.risks ?? SEED_RISKS
  const monte_carlo = seedMonteCarlo(observed.ranges, risks, options)
  const worst_case = seedMonteCarlo(worst, risks, options)
  const choices = [bestRisk(monte_carlo), bestRisk(worst_case), observed.worst_kelly / 2].filter((x) => x > 0)
  const recommended = choices.length === 0 ? 0.01 : Math.min(0.05, Math.max(0.005, Math.min(...choices)))
  return {
    ...observed,
    monte_carlo,
    worst_case,
    recommended_risk: recommended,
    survival: risks.flatMap((risk) =>
      Array.from({ length: 9 }, (_, k) => ({ risk_pct: risk, losses: k + 4, left: (1 - risk) ** (k + 4) })),
    ),
    margin_hints: [0.01, 0.012, 0.015].map((atr) => ({
      atr_pct: atr * 100,
      margin_ratio: Math.min(0.5, recommended / (10 * atr)),
    })),
  }
}

/** The risk with the highest median return among those with ruin ≤ 1 % and 95th percentile drawdown ≤ 30 %; 0 for none. */
export function bestRisk(outcomes: readonly SeedRiskOutcome[]): number {
  let best: SeedRiskOutcome | undefined
  for (const o of outcomes) {
    if (o.ruin_probability > 1 || o.p95_max_dd > 30) continue
    if (best === undefined || o.median_return > best.median_return) best = o
  }
  return best?.risk_pct ?? 0
}
