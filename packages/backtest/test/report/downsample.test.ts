import { minMaxPerColumn } from '@cointrader/backtest/report/downsample'
import fc from 'fast-check'
import { expect, test } from 'vitest'

test('keeps the first, lowest, highest and last row of each column, ascending', () => {
  fc.assert(
    fc.property(
      fc.array(fc.oneof(fc.double({ min: -5, max: 5, noNaN: true }), fc.constant(Number.NaN)), {
        minLength: 1,
        maxLength: 400,
      }),
      fc.integer({ min: 1, max: 30 }),
      (y, columns) => {
        const x = y.map((_, i) => i * 3)
        const rows = [...minMaxPerColumn(x, y, y.length, columns)]
        expect(rows).toEqual([...new Set(rows)].sort((a, b) => a - b))
        expect(rows.every((i) => !Number.isNaN(y[i]))).toBe(true)
        if (y.length <= 2 * columns) return
        expect(rows.length).toBeLessThanOrEqual(4 * columns)
        const width = (x[x.length - 1] - x[0]) / columns || 1
        for (let c = 0; c < columns; c++) {
          const inside = y
            .map((_, i) => i)
            .filter((i) => Math.min(columns - 1, Math.floor(x[i] / width)) === c && !Number.isNaN(y[i]))
          if (inside.length === 0) continue
          const kept = rows.filter((i) => inside.includes(i)).map((i) => y[i])
          expect(Math.min(...kept)).toBe(Math.min(...inside.map((i) => y[i])))
          expect(Math.max(...kept)).toBe(Math.max(...inside.map((i) => y[i])))
          expect(rows).toContain(inside[0])
          expect(rows).toContain(inside[inside.length - 1])
        }
      },
    ),
  )
})
