/**
 * Probability of backtest overfitting by combinatorially symmetric cross-validation (Bailey, Borwein, Lopez de Prado and Zhu
 * 2015, "The probability of backtest overfitting", section 3): how often the best of the tried on one half of the time
 * is below the median of them on the other half.
 */
import { fail } from '@cointrader/core'

export interface Overfitting {
  /** Share of splits in which the best in sample was at or below the median out of sample. */
  readonly probability: number
  readonly trials: number
  readonly steps: number
  readonly blocks: number
  readonly splits: number
  /** Per split: ln(ω / (1 − ω)), ω the relative rank out of sample of the best in sample. */
  readonly logits: Float64Array
  /** Per split: Sharpe ratio per step of the best in sample, there and out of sample. */
  readonly inSample: Float64Array
  readonly outOfSample: Float64Array
  /** Least-squares slope of out-of-sample over in-sample ratio; at or below 0 means selection does not carry over. */
  readonly slope: number
  /** Share of splits in which the best in sample lost out of sample. */
  readonly lossProbability: number
}

/**
 * `returns[k]` holds trial k's returns per step, all of one length. `blocks` (even, default 16: 12,870 splits) consecutive
 * parts of near equal length; performance is the Sharpe ratio per step, 0 for a trial without variation (it did nothing).
 * The best in sample is the first of equals; ranks out of sample are mean ranks. Errors `E_USAGE` for fewer than 2 trials,
 * odd or more than 20 blocks, `E_ROW_COUNT` for fewer than 2 steps per block.
 */
export function probabilityOfOverfitting(returns: readonly Float64Array[], blocks = 16): Overfitting {
  const trials = returns.length
  const steps = returns[0]?.length ?? 0
  if (trials < 2) fail('E_USAGE', { subject: 'overfitting', detail: `${trials} trials, at least 2 are needed` })
  if (!(Number.isInteger(blocks) && blocks >= 2 && blocks <= 20 && blocks % 2 === 0)) {
    fail('E_USAGE', { subject: 'overfitting', detail: `${blocks} blocks: give an even number from 2 to 20` })
  }
  for (const [k, r] of returns.entries()) {
    if (r.length !== steps || !r.every(Number.isFinite)) {
      fail('E_USAGE', { subject: `returns of trial ${k}`, detail: `not ${steps} finite numbers` })
    }
  }
  if (steps < 2 * blocks) {
    fail('E_ROW_COUNT', {
      subject: 'overfitting',
      detail: `${steps} steps are fewer than 2 in each of ${blocks} blocks`,
      next: 'take a longer range or fewer blocks',
    })
  }
  // Sums per block, block-major, so that a split is sums of sums.
  const sum = new Float64Array(blocks * trials)
  const squares = new Float64Array(blocks * trials)
  const length = new Int32Array(blocks)
  for (let b = 0; b < blocks; b++) {
    const from = Math.floor((b * steps) / blocks)
    const to = Math.floor(((b + 1) * steps) / blocks)
    length[b] = to - from
    for (let k = 0; k < trials; k++) {
      const r = returns[k]
      let s = 0
      let q = 0
      for (let i = from; i < to; i++) {
        s += r[i]
        q += r[i] * r[i]
      }
      sum[b * trials + k] = s
      squares[b * trials + k] = q
    }
  }
  const totalSum = new Float64Array(trials)
  const totalSquares = new Float64Array(trials)
  for (let i = 0; i < sum.length; i++) {
    totalSum[i % trials] += sum[i]
    totalSquares[i % trials] += squares[i]
  }
  const sharpe = (s: number, q: number, n: number): number => {
    const mean = s / n
    const variance = (q - s * mean) / (n - 1)
    return variance > 1e-14 * (q / n) && variance > 0 ? mean / Math.sqrt(variance) : 0
  }
  const logits: number[] = []
  const inSample: number[] = []
  const outOfSample: number[] = []
  const s = new Float64Array(trials)
  const q = new Float64Array(trials)
  const outside = new Float64Array(trials)
  let losses = 0
  let below = 0
  // Every half of the blocks is a training set once; a mask counts up through those with half of its bits set.
  for (let mask = 0; mask < 2 ** blocks; mask++) {
    let bits = 0
    for (let m = mask; m !== 0; m &= m - 1) bits++
    if (bits * 2 !== blocks) continue
    s.fill(0)
    q.fill(0)
    let n = 0
    for (let b = 0; b < blocks; b++) {
      if (((mask >> b) & 1) === 0) continue
      n += length[b]
      const at = b * trials
      for (let k = 0; k < trials; k++) {
        s[k] += sum[at + k]
        q[k] += squares[at + k]
      }
    }
    let best = 0
    let bestSharpe = Number.NEGATIVE_INFINITY
    for (let k = 0; k < trials; k++) {
      const inside = sharpe(s[k], q[k], n)
      if (inside > bestSharpe) {
        best = k
        bestSharpe = inside
      }
      outside[k] = sharpe(totalSum[k] - s[k], totalSquares[k] - q[k], steps - n)
    }
    const mine = outside[best]
    let lower = 0
    let equal = 0
    for (let k = 0; k < trials; k++) {
      if (outside[k] < mine) lower++
      else if (outside[k] === mine) equal++
    }
    const omega = (lower + (equal + 1) / 2) / (trials + 1)
    const logit = Math.log(omega / (1 - omega))
    logits.push(logit)
    if (logit <= 0) below++
    if (mine < 0) losses++
    inSample.push(bestSharpe)
    outOfSample.push(mine)
  }
  const splits = logits.length
  return {
    probability: below / splits,
    trials,
    steps,
    blocks,
    splits,
    logits: Float64Array.from(logits),
    inSample: Float64Array.from(inSample),
    outOfSample: Float64Array.from(outOfSample),
    slope: leastSquaresSlope(inSample, outOfSample),
    lossProbability: losses / splits,
  }
}

function leastSquaresSlope(x: readonly number[], y: readonly number[]): number {
  const n = x.length
  const mx = x.reduce((a, b) => a + b, 0) / n
  const my = y.reduce((a, b) => a + b, 0) / n
  let xx = 0
  let xy = 0
  for (let i = 0; i < n; i++) {
    xx += (x[i] - mx) ** 2
    xy += (x[i] - mx) * (y[i] - my)
  }
  return xx > 0 ? xy / xx : Number.NaN
}
