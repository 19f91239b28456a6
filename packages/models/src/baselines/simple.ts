/** Predictions that need no features: one number for every row, or seeded noise. */
import { fail } from '@cointrader/core'

/** `value` for every row. */
export function constantPrediction(value: number, rows: number): Float64Array {
  if (!Number.isFinite(value)) fail('E_USAGE', { subject: 'constant prediction', detail: `${value} is not a number` })
  return new Float64Array(rows).fill(value)
}

/** Mixes 32 bits (the finaliser of MurmurHash3, Appleby 2011). */
function mix(h: number): number {
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return (h ^ (h >>> 16)) >>> 0
}

/**
 * Noise that is a function of (seed, time, symbol): the same row has the same value in any order or subset of rows. `uniform`
 * in [0, 1), or standard `normal` (Box and Muller 1958).
 */
export function randomPrediction(
  time: ArrayLike<number>,
  symbol: ArrayLike<number>,
  seed: number,
  kind: 'uniform' | 'normal' = 'normal',
): Float64Array {
  const out = new Float64Array(time.length)
  for (let i = 0; i < out.length; i++) {
    let h = mix(Math.imul(seed | 0, 0x9e3779b1) ^ 0x2545f491)
    h = mix(h ^ ((time[i] % 0x100000000) >>> 0))
    h = mix(h ^ Math.floor(time[i] / 0x100000000))
    h = mix(h ^ Math.imul(symbol[i] + 1, 0x85ebca77))
    const first = (h + 0.5) / 0x100000000
    if (kind === 'uniform') out[i] = first
    else {
      const second = (mix(h ^ 0x27d4eb2f) + 0.5) / 0x100000000
      out[i] = Math.sqrt(-2 * Math.log(first)) * Math.cos(2 * Math.PI * second)
    }
  }
  return out
}
