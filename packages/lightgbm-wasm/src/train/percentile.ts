/**
 * LightGBM's percentiles (objective/regression_objective.hpp, `PercentileFun` and `WeightedPercentileFun`). The weighted
 * rule (interpolate within the weight of the upper value if it is at least 1, else take the lower value) was read off
 * LightGBM 4.7 by experiment: older sources have it one place further.
 */

type Values = Float32Array | Float64Array

/** The `alpha` percentile, interpolated; sorts `values` in place. Result in the precision of the array. */
export function percentile(values: Values, alpha: number): number {
  const n = values.length
  if (n <= 1) return values[0]
  values.sort()
  const descending = (i: number): number => values[n - 1 - i]
  const at = (n - 1) * (1 - alpha)
  const pos = Math.trunc(at) + 1
  if (pos >= n) return values[0]
  const v1 = descending(pos - 1)
  const v2 = descending(pos)
  const round = values instanceof Float32Array ? Math.fround : (x: number): number => x
  return round(v1 - round(v1 - v2) * (at - (pos - 1)))
}

/** The `alpha` percentile of weighted values. */
export function weightedPercentile(values: Values, weights: Values, alpha: number): number {
  const n = values.length
  if (n <= 1) return values[0]
  const order = Int32Array.from({ length: n }, (_, i) => i).sort((a, b) => values[a] - values[b] || a - b)
  const cdf = new Float64Array(n)
  let sum = 0
  for (let i = 0; i < n; i++) {
    sum += weights[order[i]]
    cdf[i] = sum
  }
  const threshold = sum * alpha
  let pos = 0
  while (pos < n && cdf[pos] <= threshold) pos++
  pos = Math.min(pos, n - 1)
  if (pos === 0 || pos === n - 1) return values[order[pos]]
  const v1 = values[order[pos - 1]]
  const v2 = values[order[pos]]
  const gap = cdf[pos] - cdf[pos - 1]
  if (gap < 1) return v1
  const round = values instanceof Float32Array ? Math.fround : (x: number): number => x
  return round(((threshold - cdf[pos - 1]) / gap) * round(v2 - v1) + v1)
}
