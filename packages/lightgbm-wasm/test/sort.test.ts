/** The radix sort against `TypedArray.sort`. */
import { sortFloats } from '@cointrader/lightgbm-wasm/sort'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { lcg } from './parity-data.js'

const SPECIAL = [1e-45, -1e-45, 5e-324, -5e-324, 1e300, -1e300, 0, -0, Infinity, -Infinity, 1, -1, 1e-35, -1e-35]

/** Values of many kinds and sizes, among them ties. */
function sample(n: number, seed: number): number[] {
  const random = lcg(seed)
  return Array.from({ length: n }, () => {
    const kind = random()
    if (kind < 0.1) return SPECIAL[Math.floor(random() * SPECIAL.length)]
    if (kind < 0.3) return Math.round(random() * 20 - 10)
    return (random() - 0.5) * 10 ** Math.floor(random() * 30 - 15)
  })
}

it('sorts as TypedArray.sort does, to the bit, in place and at any offset', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 6000 }), fc.integer({ min: 1, max: 2 ** 30 }), (n, seed) => {
      for (const kind of [Float32Array, Float64Array]) {
        const values = kind.from(sample(n + 3, seed))
        const expected = kind.from([...values.slice(0, 3), ...values.slice(3).sort()])
        const part = values.subarray(3)
        expect(sortFloats(part)).toBe(part)
        expect(Buffer.compare(Buffer.from(values.buffer), Buffer.from(expected.buffer))).toBe(0)
      }
    }),
    { numRuns: 30 },
  )
})

it('leaves equal values, and sorted ones of few digits, as they are', () => {
  expect([...sortFloats(new Float64Array(5000).fill(-2.5))].every((x) => x === -2.5)).toBe(true)
  const steps = Float32Array.from({ length: 5000 }, (_, i) => Math.floor(i / 100))
  expect(sortFloats(steps.slice())).toEqual(steps)
})
