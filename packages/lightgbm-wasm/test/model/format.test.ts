import { execFileSync } from 'node:child_process'
import { formatG, formatHigh, formatLow } from '@cointrader/lightgbm-wasm/model/format'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { python, randomFrom } from './helpers.js'

describe('C number formatting', () => {
  it('known values', () => {
    const cases: [number, number, string][] = [
      [0, 17, '0'],
      [-0, 6, '-0'],
      [0.1, 17, '0.10000000000000001'],
      [1e-35, 17, '1e-35'],
      [1360610, 6, '1.36061e+06'],
      [990184, 6, '990184'],
      [999999.5, 6, '1e+06'],
      [0.0001, 6, '0.0001'],
      [0.00001, 6, '1e-05'],
      [1e100, 17, '1e+100'],
      [100000, 6, '100000'],
      [1000000, 6, '1e+06'],
      [119097, 17, '119097'],
      [Number.NaN, 6, 'nan'],
      [Number.NEGATIVE_INFINITY, 6, '-inf'],
      [1e300, 17, '1.0000000000000001e+300'],
      // Exact ties go to the even digit.
      [1234565, 6, '1.23456e+06'],
      [1234575, 6, '1.23458e+06'],
      [0.015625, 4, '0.01562'],
      [2.5, 1, '2'],
      [9.5, 1, '1e+01'],
    ]
    for (const [value, precision, text] of cases) expect(formatG(value, precision)).toBe(text)
  })

  it('17 digits read back exactly, 6 digits are stable', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (x) => {
        expect(Number(formatHigh(x))).toBe(x)
        expect(formatLow(Number(formatLow(x)))).toBe(formatLow(x))
      }),
      { numRuns: 3000 },
    )
  })

  const interpreter = python('struct')
  it.skipIf(interpreter === undefined)('equals C (Python) on 20,000 numbers, ties included', () => {
    const random = randomFrom(5)
    const numbers = Array.from({ length: 20000 }, (_, i) => {
      if (i % 4 === 0) return Math.floor(random() * 2 ** 30) / 2
      if (i % 4 === 1) return Math.floor(random() * 2 ** 24) * 5 * 10 ** Math.floor(random() * 4)
      if (i % 4 === 2) return Math.floor(random() * 2 ** 53) * 2 ** Math.floor(random() * 20 - 10)
      return (random() - 0.5) * 10 ** Math.floor(random() * 600 - 300)
    })
    const bytes = Buffer.from(Float64Array.from(numbers).buffer)
    const script =
      'import sys,struct\nd=sys.stdin.buffer.read()\nfor (x,) in struct.iter_unpack("<d",d): print("%.17g %g" % (x, x))'
    const lines = execFileSync(interpreter!, ['-c', script], { input: bytes, maxBuffer: 1 << 24 })
      .toString()
      .trim()
      .split('\n')
    expect(numbers.map((x) => `${formatHigh(x)} ${formatLow(x)}`)).toEqual(lines)
  })
})
