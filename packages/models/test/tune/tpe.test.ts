import { seededRandom } from '@cointrader/core'
import { type Dimension, Parzen, suggest } from '@cointrader/models/tune/index'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

const dimension = (kind: Dimension['kind']): Dimension => ({ name: 'x', kind, bounds: [1, 40] })
const values = fc.array(fc.double({ min: 1, max: 40, noNaN: true }), { maxLength: 12 })

describe('Parzen', () => {
  it('is a density: whole numbers sum to 1, others integrate to 1 (in the logarithm for log)', () => {
    fc.assert(
      fc.property(values, (seen) => {
        const ints = new Parzen(dimension('int'), [1, 40], seen.map(Math.round))
        let sum = 0
        for (let x = 1; x <= 40; x++) sum += Math.exp(ints.logDensity(x))
        expect(sum).toBeCloseTo(1, 10)
        for (const kind of ['float', 'log'] as const) {
          const density = new Parzen(dimension(kind), [1, 40], seen)
          const [low, high] = kind === 'log' ? [0, Math.log(40)] : [1, 40]
          const n = 4000
          let area = 0
          for (let i = 0; i < n; i++) {
            const x = low + ((i + 0.5) / n) * (high - low)
            area += (Math.exp(density.logDensity(kind === 'log' ? Math.exp(x) : x)) * (high - low)) / n
          }
          expect(area).toBeCloseTo(1, 3)
        }
      }),
      { numRuns: 30 },
    )
  })

  it('draws what its density says', () => {
    const density = new Parzen(dimension('int'), [1, 40], [5, 6, 6, 30])
    const random = seededRandom(3)
    const counts = new Map<number, number>()
    const n = 40_000
    for (let i = 0; i < n; i++) {
      const x = density.draw(random)
      counts.set(x, (counts.get(x) ?? 0) + 1)
    }
    for (let x = 1; x <= 40; x++) {
      const p = Math.exp(density.logDensity(x))
      expect(Math.abs((counts.get(x) ?? 0) / n - p)).toBeLessThan(5 * Math.sqrt((p * (1 - p)) / n) + 1e-9)
    }
  })

  it('stays within its bounds, and leaves out what lies outside them', () => {
    fc.assert(
      fc.property(values, fc.nat(), (seen, seed) => {
        const random = seededRandom(seed)
        for (const kind of ['int', 'float', 'log'] as const) {
          const x = new Parzen(dimension(kind), [3, 9], seen).draw(random)
          expect(x >= 3 && x <= 9 && (kind !== 'int' || Number.isInteger(x))).toBe(true)
        }
      }),
    )
  })
})

it('is drawn to where good trials are', () => {
  const space = [{ name: 'x', kind: 'float', bounds: [0, 1] }] as const
  const ranked = Array.from({ length: 40 }, (_, i) => ({ x: i < 4 ? 0.7 + 0.01 * i : i / 40 }))
  const near = Array.from({ length: 200 }, (_, i) => suggest(space, ranked, seededRandom(i)).x)
  expect(near.filter((x) => Math.abs(x - 0.715) < 0.1).length).toBeGreaterThan(120)
  const early = Array.from({ length: 200 }, (_, i) => suggest(space, ranked.slice(0, 9), seededRandom(i)).x)
  expect(early.filter((x) => Math.abs(x - 0.715) < 0.1).length).toBeLessThan(70)
})
