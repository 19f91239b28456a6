/** Bars for tests: plain columns, and fast-check arbitraries that draw the awkward ones. */
import fc from 'fast-check'

export interface Bars {
  open: Float64Array
  high: Float64Array
  low: Float64Array
  close: Float64Array
  volume: Float64Array
}

export const FIELDS = ['open', 'high', 'low', 'close', 'volume'] as const

/** A seeded walk with consistent bars. */
export function walk(n: number, seed = 1, price = 100): Bars {
  let state = seed >>> 0
  const next = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
  const bars = empty(n)
  let last = price
  for (let i = 0; i < n; i++) {
    const open = last
    const close = open * (1 + (next() - 0.5) * 0.02)
    bars.open[i] = open
    bars.close[i] = close
    bars.high[i] = Math.max(open, close) * (1 + next() * 0.01)
    bars.low[i] = Math.min(open, close) * (1 - next() * 0.01)
    bars.volume[i] = Math.floor(next() * 1000)
    last = close
  }
  return bars
}

export function empty(n: number): Bars {
  return Object.fromEntries(FIELDS.map((f) => [f, new Float64Array(n)])) as unknown as Bars
}

export function slice(bars: Bars, from: number, to: number): Bars {
  return Object.fromEntries(FIELDS.map((f) => [f, bars[f].slice(from, to)])) as unknown as Bars
}

/** Values of one column: steps that repeat, NaN runs, constants, and magnitudes up to 1e12. */
function values(length: number): fc.Arbitrary<number[]> {
  const value = fc.oneof(
    { weight: 6, arbitrary: fc.integer({ min: 1, max: 2000 }).map((k) => k / 16) },
    { weight: 4, arbitrary: fc.double({ min: 1e-6, max: 1000, noNaN: true }) },
    { weight: 1, arbitrary: fc.double({ min: -1e12, max: 1e12, noNaN: true }) },
    { weight: 1, arbitrary: fc.constant(Number.NaN) },
  )
  const run = fc.tuple(value, fc.oneof({ weight: 5, arbitrary: fc.constant(1) }, fc.integer({ min: 2, max: 12 })))
  return fc
    .array(run, { minLength: length, maxLength: length, size: 'max' })
    .map((runs) => runs.flatMap(([x, k]) => new Array<number>(k).fill(tame(x))).slice(0, length))
}

/** Relative bounds do not hold among subnormal numbers, and which of two equal zeros is kept is not defined. */
const tame = (x: number): number => (Math.abs(x) < 1e-100 ? 0 : x)

/** Bars of any length, mostly around the lengths 0, 1, n − 1, n of the indicators under test. */
export function anyBars(lengths: readonly number[]): fc.Arbitrary<Bars> {
  return fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...lengths) }, fc.integer({ min: 0, max: 60 })).chain((n) =>
    fc.tuple(values(n), values(n), values(n), values(n), values(n)).map(([open, a, b, close, volume]) => ({
      open: Float64Array.from(open!),
      high: Float64Array.from(a!, (x, i) => Math.max(x, b![i]!)),
      low: Float64Array.from(a!, (x, i) => Math.min(x, b![i]!)),
      close: Float64Array.from(close!),
      volume: Float64Array.from(volume!, Math.abs),
    })),
  )
}
