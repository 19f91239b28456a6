import { meanAndDeviation, numpyRound, percentile, pythonRound } from '@cointrader/backtest/compat/decimal'
import { fma } from '@cointrader/backtest/compat/fused'
import { Pcg64, seedSequence } from '@cointrader/backtest/compat/pcg64'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

/** A finite double as integer · 2^exponent, exactly. */
function parts(x: number): { whole: bigint; exponent: number } {
  const bits = new BigUint64Array(new Float64Array([x]).buffer)[0]!
  const field = Number((bits >> 52n) & 0x7ffn)
  const fraction = bits & 0xfffffffffffffn
  const size = field === 0 ? fraction : fraction | (1n << 52n)
  return { whole: bits >> 63n === 1n ? -size : size, exponent: (field === 0 ? 1 : field) - 1075 }
}

const abs = (x: bigint): bigint => (x < 0n ? -x : x)

/** numerator/denominator to the nearest integer, ties to even. */
function nearest(numerator: bigint, denominator: bigint): bigint {
  const whole = abs(numerator) / denominator
  const rest = 2n * (abs(numerator) % denominator)
  const up = rest > denominator || (rest === denominator && whole % 2n === 1n)
  return (numerator < 0n ? -1n : 1n) * (up ? whole + 1n : whole)
}

/** Python's round by exact fractions. */
function exactRound(x: number, digits: number): number {
  const { whole, exponent } = parts(x)
  const scaled = whole * 10n ** BigInt(digits)
  const n = exponent >= 0 ? scaled << BigInt(exponent) : nearest(scaled, 1n << BigInt(-exponent))
  const text = abs(n)
    .toString()
    .padStart(digits + 1, '0')
  const number = Number(digits === 0 ? text : `${text.slice(0, -digits)}.${text.slice(-digits)}`)
  return n < 0n ? -number : number
}

/** a·b + c by exact integers, rounded once. */
function exactFma(a: number, b: number, c: number): number {
  const [p, q, r] = [parts(a), parts(b), parts(c)]
  const exponent = Math.min(p.exponent + q.exponent, r.exponent)
  const sum =
    ((p.whole * q.whole) << BigInt(p.exponent + q.exponent - exponent)) + (r.whole << BigInt(r.exponent - exponent))
  const extra = Math.max(0, abs(sum).toString(2).length - 53)
  return Number(nearest(sum, 1n << BigInt(extra))) * 2 ** (exponent + extra)
}

describe('rounding', () => {
  it('pythonRound equals exact fractions', () => {
    const number = fc.oneof(
      fc.double({ min: -1e9, max: 1e9, noNaN: true }),
      // Midway and next to midway.
      fc
        .tuple(fc.integer({ min: -5_000_000, max: 5_000_000 }), fc.integer({ min: 1, max: 8 }))
        .map(([n, k]) => n / 2 ** k),
      fc.integer({ min: -5_000_000, max: 5_000_000 }).map((n) => (n + 0.5) / 1000),
    )
    fc.assert(
      fc.property(number, fc.integer({ min: 0, max: 8 }), (x, digits) => {
        expect(Math.abs(pythonRound(x, digits))).toBe(Math.abs(exactRound(x, digits)))
        expect(pythonRound(x, digits) < 0).toBe(exactRound(x, digits) < 0)
      }),
      { numRuns: 20_000 },
    )
  })

  it.each([
    [0.5, 0, 0, 0],
    [1.5, 0, 2, 2],
    [2.5, 0, 2, 2],
    [0.125, 2, 0.12, 0.12],
    [0.375, 2, 0.38, 0.38],
    [2.675, 2, 2.67, 2.68],
    [-2.5, 0, -2, -2],
    [213.16005, 4, 213.1601, 213.16],
    [2.3147685, 6, 2.314769, 2.314768],
    [Number.POSITIVE_INFINITY, 2, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY],
  ])('%d to %i places: Python %d, NumPy %d', (x, digits, python, numpy) => {
    // Both columns printed by Python 3.11 and NumPy.
    expect(pythonRound(x, digits)).toBe(python)
    expect(numpyRound(x, digits)).toBe(numpy)
  })

  it('NaN stays NaN', () => {
    expect(pythonRound(Number.NaN, 2)).toBeNaN()
    expect(numpyRound(Number.NaN, 2)).toBeNaN()
  })

  it('mean, deviation and percentile', () => {
    expect(meanAndDeviation([2, 4, 4, 4, 5, 5, 7, 9])).toEqual({ mean: 5, deviation: 2 })
    expect([0, 0.25, 0.5, 1].map((share) => percentile([1, 2, 4, 10], share))).toEqual([1, 1.75, 3, 10])
    expect(percentile([7], 0.95)).toBe(7)
  })
})

describe('fma', () => {
  it('equals exact integers', () => {
    const double = fc.double({ min: -1e6, max: 1e6, noNaN: true }).filter((x) => x === 0 || Math.abs(x) > 1e-60)
    // Cancellation and ties: c close to −a·b, and far below it.
    const near = fc
      .tuple(double, double, fc.integer({ min: -3, max: 3 }), fc.integer({ min: 0, max: 110 }))
      .map(([a, b, k, shift]) => [a, b, k === 0 ? -a * b : a * b * k * 2 ** -shift] as const)
    fc.assert(
      fc.property(fc.oneof(near, fc.tuple(double, double, double)), ([a, b, c]) => {
        expect(fma(a, b, c) === exactFma(a, b, c)).toBe(true)
      }),
      { numRuns: 30_000 },
    )
  })

  it('a sum that lies midway but for the last bit of the product', () => {
    const a = 1 + 2 ** -27
    expect(a * a - 1).toBe(2 ** -26)
    expect(fma(a, a, -1)).toBe(2 ** -26 + 2 ** -54)
  })
})

describe('NumPy generator', () => {
  // Printed by numpy.random.SeedSequence(seed).generate_state(8) and default_rng(seed).random(100000), NumPy of the judge.
  it.each([
    [
      42,
      [3444837047, 2669555309, 2046530742, 3581440988, 1691623607, 2099784219, 1184028159, 862288241],
      [0.7739560485559633, 0.4388784397520523, 0.8585979199113825],
      0.9308193444515586,
    ],
    [
      0,
      [2968811710, 3677149159, 745650761, 2884920346, 2642120001, 549907821, 574372308, 742431198],
      [0.6369616873214543, 0.2697867137638703, 0.04097352393619469],
      0.5062626145025364,
    ],
    [
      4294967295,
      [1992424968, 705021410, 3255730584, 540206095, 2021606294, 3981099117, 4091248893, 1451846836],
      [0.2519435680449965, 0.21906579628685663, 0.28728472043517017],
      0.34955676317356055,
    ],
  ])('seed %i', (seed, words, first, last) => {
    expect([...seedSequence(seed, 8)]).toEqual(words)
    const random = new Pcg64(seed)
    const drawn = Array.from({ length: 100_000 }, () => random.next())
    expect(drawn.slice(0, 3)).toEqual(first)
    expect(drawn.at(-1)).toBe(last)
  })

  it('equals 128-bit integers', () => {
    const mask = (1n << 128n) - 1n
    const w = [...seedSequence(7, 8)].map(BigInt)
    const wide = (k: number): bigint => (w[k + 1]! << 96n) | (w[k]! << 64n) | (w[k + 3]! << 32n) | w[k + 2]!
    const increment = ((wide(4) << 1n) | 1n) & mask
    const step = (s: bigint): bigint => (s * 0x2360ed051fc65da44385df649fccf645n + increment) & mask
    let state = step((step(0n) + wide(0)) & mask)
    const random = new Pcg64(7)
    for (let k = 0; k < 20_000; k++) {
      state = step(state)
      const folded = (state >> 64n) ^ (state & 0xffffffffffffffffn)
      const turn = state >> 122n
      const word = ((folded >> turn) | (folded << (64n - turn))) & 0xffffffffffffffffn
      if (random.next() !== Number(word >> 11n) / 2 ** 53) expect.unreachable(`draw ${k}`)
    }
  })
})
