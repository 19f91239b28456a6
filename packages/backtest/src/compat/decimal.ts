/**
 * How Python and NumPy round, because the original's result documents are rounded by both: a Python float by Python's rule,
 * a number that has met one from a data frame (the ATR in stop and target, and money from then on) by NumPy's. Of the
 * golden numbers two tell the rules apart: entry price 2.3147685 stands as 2.314769 (Python), and the fees of
 * DOGEUSDT_wf31_loose_kill, 213.16005, stand as 213.16 (NumPy).
 */

/**
 * Python's `round(x, digits)`: the decimal with `digits` places nearest to the exact binary value of `x`, a tie going to
 * the even last digit, read back as the nearest double. `digits` 0…20, |x| < 1e21; NaN and ±Infinity come back as they are.
 */
export function pythonRound(x: number, digits: number): number {
  if (!Number.isFinite(x)) return x
  const size = Math.abs(x)
  // toFixed is exact on the binary value (ECMA-262, 21.1.3.3) but takes the larger of two equally near decimals.
  let text = size.toFixed(digits)
  // A dyadic number lies midway between two decimals of `digits` places exactly if it is odd · 2^−(digits + 1).
  if ((size * 2 ** (digits + 1)) % 2 === 1) {
    const last = text.charCodeAt(text.length - 1) - 48
    if (last % 2 === 1) text = text.slice(0, -1) + (last - 1)
  }
  return x < 0 ? -Number(text) : Number(text)
}

/** NumPy's `round(x, digits)`: x · 10^digits to the nearest integer, a tie to the even one, and back, each step in doubles. */
export function numpyRound(x: number, digits: number): number {
  const scale = 10 ** digits
  const scaled = x * scale
  const below = Math.floor(scaled)
  const rest = scaled - below
  // Infinity minus itself is NaN: it comes back as it is.
  if (Number.isNaN(rest)) return x
  const up = rest > 0.5 || (rest === 0.5 && below % 2 !== 0)
  return (up ? below + 1 : below) / scale
}

/** Mean and population standard deviation, two passes as NumPy's. Both are NaN for no values. */
export function meanAndDeviation(x: ArrayLike<number>): { mean: number; deviation: number } {
  let sum = 0
  for (let i = 0; i < x.length; i++) sum += x[i]!
  const mean = sum / x.length
  let squares = 0
  for (let i = 0; i < x.length; i++) squares += (x[i]! - mean) ** 2
  return { mean, deviation: Math.sqrt(squares / x.length) }
}

/** Percentile `share` (0…1) of ascending `sorted` by linear interpolation, NumPy's default. NaN for no values. */
export function percentile(sorted: ArrayLike<number>, share: number): number {
  const place = share * (sorted.length - 1)
  const low = Math.floor(place)
  const high = Math.min(low + 1, sorted.length - 1)
  return sorted[low]! + (sorted[high]! - sorted[low]!) * (place - low)
}
