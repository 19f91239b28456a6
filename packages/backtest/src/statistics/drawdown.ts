/** Losses from the peak, on the marked-to-market equity curve with the starting balance as its first peak (D-10). */

export interface DrawdownPeriod {
  /** Share of the peak, positive: 0.2 is 20 % below. */
  readonly depth: number
  /** Instant of the peak. */
  readonly startMs: number
  readonly troughMs: number
  /** Instant at which equity was back at the peak; null when it never was. */
  readonly recoveryMs: number | null
  /** From peak to recovery, or to the end of the range. */
  readonly durationMs: number
}

export interface Drawdowns {
  /** Largest, share of the peak; 0 when equity never fell below one. May exceed 1 when equity becomes negative. */
  readonly max: number
  /** √(mean of drawdown² over rows), as a share (Martin and McCann 1989, "The investor's guide to Fidelity funds"). */
  readonly ulcer: number
  /** Share of rows below the peak. */
  readonly timeUnderWater: number
  readonly longestMs: number
  /** Every period, deepest first. */
  readonly periods: readonly DrawdownPeriod[]
}

/**
 * Drawdowns of equity rows at ascending `time`, after `initial` at `startMs`. One pass. `count` rows are read. Equal depths
 * keep their order in time.
 */
export function drawdowns(
  time: Float64Array,
  equity: Float64Array,
  count: number,
  initial: number,
  startMs: number,
): Drawdowns {
  const periods: DrawdownPeriod[] = []
  let peak = initial
  let peakAt = startMs
  let max = 0
  let squares = 0
  let below = 0
  let depth = 0
  let trough = startMs
  let last = startMs
  const close = (recoveryMs: number | null, end: number): void => {
    if (depth > 0) periods.push({ depth, startMs: peakAt, troughMs: trough, recoveryMs, durationMs: end - peakAt })
    depth = 0
  }
  for (let i = 0; i < count; i++) {
    const value = equity[i]
    last = time[i]
    if (value >= peak) {
      close(last, last)
      peak = value
      peakAt = last
      continue
    }
    const dd = (peak - value) / peak
    squares += dd * dd
    below++
    if (dd > depth) {
      depth = dd
      trough = last
    }
    if (dd > max) max = dd
  }
  close(null, last)
  periods.sort((a, b) => b.depth - a.depth || a.startMs - b.startMs)
  return {
    max,
    ulcer: count === 0 ? Number.NaN : Math.sqrt(squares / count),
    timeUnderWater: count === 0 ? Number.NaN : below / count,
    longestMs: periods.reduce((a, p) => Math.max(a, p.durationMs), 0),
    periods,
  }
}
