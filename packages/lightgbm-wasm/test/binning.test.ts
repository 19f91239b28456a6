/** Bin mappers: the mapping of columns against the plain definition, and edge cases. */
import { Dataset, findBins, valueToBin } from '@cointrader/lightgbm-wasm'
import { nextUp } from '@cointrader/lightgbm-wasm/binning'
import fc from 'fast-check'
import { expect, it } from 'vitest'

const value = fc.oneof(
  fc.double({ noNaN: false, noDefaultInfinity: true, min: -1e6, max: 1e6 }),
  fc.integer({ min: -5, max: 5 }),
  fc.constantFrom(0, -0, 1e-36, -1e-36, Number.NaN, Number.MIN_VALUE),
)

it('every row of a data set has the bin of its value', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(value, { minLength: 1, maxLength: 300 }),
      fc.integer({ min: 2, max: 255 }),
      fc.integer({ min: 1, max: 5 }),
      fc.constantFrom({}, { zero_as_missing: true }, { use_missing: false }),
      fc.boolean(),
      async (values, max_bin, min_data_in_bin, more, cat) => {
        const column = Float64Array.from(values)
        const params = { max_bin, min_data_in_bin, ...more }
        const data = await Dataset.from({ columns: [column], params, categorical: cat ? [0] : [] })
        const m = data.mappers[0]
        const bins = data.binsOf(0)
        if (!m.trivial) expect([...bins]).toEqual(values.map((x) => valueToBin(m, x)))
        if (!m.trivial && !cat) {
          expect(m.numBin).toBeLessThanOrEqual(max_bin)
          expect(m.counts.reduce((a, b) => a + b)).toBe(values.length)
        }
        // Row-major input is the same data.
        const rows = await Dataset.from({ rowMajor: column, numFeatures: 1, params, categorical: cat ? [0] : [] })
        expect(rows.binsOf(0)).toEqual(bins)
      },
    ),
    { numRuns: 200 },
  )
})

it('float32 and float64 columns of the same values bin alike', () => {
  const p = { max_bin: 20, min_data_in_bin: 3, use_missing: true, zero_as_missing: false }
  const x = Float32Array.from({ length: 500 }, (_, i) => Math.sin(i) * 3)
  expect(findBins(x, 'numerical', p)).toEqual(findBins(Float64Array.from(x), 'numerical', p))
})

it('nextUp is the next double', () => {
  for (const x of [0, -0, 1, -1, 1e-300, -Number.MIN_VALUE, 123.456]) {
    expect(nextUp(x)).toBeGreaterThan(x)
    expect((nextUp(x) + x) / 2 === x || (nextUp(x) + x) / 2 === nextUp(x)).toBe(true)
  }
  expect(nextUp(Number.POSITIVE_INFINITY)).toBe(Number.POSITIVE_INFINITY)
})

it('refuses a categorical feature with more bins than fit', async () => {
  const many = Float64Array.from({ length: 4000 }, (_, i) => i % 400)
  await expect(Dataset.from({ columns: [many], categorical: [0] })).rejects.toThrow(/needs 397 bins/)
})
