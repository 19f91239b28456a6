import { crossMean, crossMoments, FLAT_DEVIATION, measureCross, neutral } from '@cointrader/features/kernels/cross'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import * as ref from './reference.js'
import { firstDifference, makeSeries } from './series.js'

const panels = fc.record({
  symbols: fc.oneof(fc.constantFrom(0, 1, 2), fc.integer({ min: 3, max: 60 })),
  rows: fc.integer({ min: 1, max: 4 }),
  seed: fc.integer(),
  missing: fc.boolean(),
  flat: fc.constantFrom(0, FLAT_DEVIATION),
})

/** Symbol-major values, and the values that there are in each row. */
function panel({ symbols, rows, seed, missing }: { symbols: number; rows: number; seed: number; missing: boolean }) {
  const present = Array.from({ length: rows }, (_, t) => makeSeries(symbols, seed + t, missing))
  const values = new Float64Array(symbols * rows)
  present.forEach((row, t) => {
    row.forEach((v, s) => {
      values[s * rows + t] = v
    })
  })
  return { values, present: present.map((row) => row.filter((v) => !Number.isNaN(v))) }
}

describe('cross-sections against two-pass formulas in doubled precision', () => {
  it('mean, deviation, neutralised value: 1,500 panels', () => {
    let skipped = 0
    let compared = 0
    fc.assert(
      fc.property(panels, (p) => {
        const { symbols, rows, flat } = p
        const { values, present } = panel(p)
        const moments = crossMoments(rows + 1)
        measureCross(values, symbols, rows, flat, moments)
        expect(firstDifference(crossMean(values, symbols, rows), moments.mean.slice(0, rows))).toBe(-1)
        present.forEach((row, t) => {
          const mean = moments.mean[t]!
          const sd = moments.sd[t]!
          expect(moments.count[t]).toBe(row.length)
          const all = Array.from({ length: symbols }, (_, s) => neutral(values[s * rows + t]!, mean, sd))
          if (row.length === 0) {
            expect([mean, ...all].every(Number.isNaN)).toBe(true)
            return
          }
          if (!row.every(Number.isFinite)) {
            // An infinite value leaves no scale: RP-D06's remedy is that no shipped feature has one.
            expect(all.every(Number.isNaN)).toBe(true)
            return
          }
          const m = ref.meanOf(row)
          const s = ref.stdOf(row, 0)
          const slack = 1e-9 * s[0] + 1e-12 * ref.most(row)
          compared++
          expect(ref.gap(mean, m)).toBeLessThanOrEqual((1e-12 * ref.size(row)) / row.length)
          const scale = Math.sqrt(s[0] * s[0] + m[0] * m[0])
          if (row.every((v) => v === row[0]) && flat > 0) expect(sd).toBe(Number.POSITIVE_INFINITY)
          if (Math.abs(s[0] - flat * scale) <= slack) {
            skipped++
            return
          }
          expect(sd === Number.POSITIVE_INFINITY).toBe(s[0] < flat * scale)
          if (sd !== Number.POSITIVE_INFINITY) expect(ref.gap(sd, s)).toBeLessThanOrEqual(slack)
          all.forEach((z, i) => {
            const v = values[i * rows + t]!
            if (Number.isNaN(v)) expect(z).toBeNaN()
            else if (sd === Number.POSITIVE_INFINITY) expect(Object.is(z, 0)).toBe(true)
            else {
              const exact = ref.div(ref.sub(ref.dd(v), m), s)
              const error = (1e-12 * ref.size(row)) / row.length + Math.abs(exact[0]) * slack
              expect(ref.gap(z, exact)).toBeLessThanOrEqual(error / s[0] + 1e-15)
            }
          })
        })
      }),
      { numRuns: 1500 },
    )
    console.log(
      `cross-sections: ${compared} rows compared, deviation of ${skipped} left out at the threshold of equal values`,
    )
  })

  it('a symbol without a value changes no bit of the others', () => {
    fc.assert(
      fc.property(panels, fc.nat(), (p, place) => {
        const { symbols, rows, flat } = p
        const { values } = panel(p)
        const at = (place % (symbols + 1)) * rows
        const more = new Float64Array(values.length + rows).fill(Number.NaN)
        more.set(values.subarray(0, at))
        more.set(values.subarray(at), at + rows)
        const [a, b] = [crossMoments(rows), crossMoments(rows)]
        measureCross(values, symbols, rows, flat, a)
        measureCross(more, symbols + 1, rows, flat, b)
        for (const key of ['count', 'mean', 'sd'] as const) expect(firstDifference(a[key], b[key])).toBe(-1)
      }),
      { numRuns: 1000 },
    )
  })
})
