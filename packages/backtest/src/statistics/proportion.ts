/** Interval of a share. */
import { normalQuantile } from './normal.js'

/**
 * Interval of a share of `successes` in `n` independent trials (Wilson 1927, "Probable inference"); right also near 0 and 1
 * and for small n. `level` is its coverage.
 */
export function wilson(successes: number, n: number, level = 0.95): { readonly low: number; readonly high: number } {
  if (n === 0) return { low: 0, high: 1 }
  const z = normalQuantile(0.5 + level / 2)
  const p = successes / n
  const centre = p + (z * z) / (2 * n)
  const half = z * Math.sqrt((p * (1 - p)) / n + (z * z) / (4 * n * n))
  const scale = 1 + (z * z) / n
  return { low: Math.max(0, (centre - half) / scale), high: Math.min(1, (centre + half) / scale) }
}
