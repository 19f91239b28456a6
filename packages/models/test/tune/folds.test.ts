import { seededRandom } from '@cointrader/core'
import { threeWaySplit, walkForwardFolds } from '@cointrader/models/tune/index'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

/** Rows at irregular instants, some equal, whose labels look ahead by up to `reach`. */
function timed(n: number, seed: number, reach = 30) {
  const random = seededRandom(seed)
  const times: number[] = []
  for (let r = 0, t = 1000; r < n; r++) {
    t += random.int(4) === 0 ? 0 : 1 + random.int(10)
    times.push(t)
  }
  return { times, looksUntil: times.map((t) => t + 1 + random.int(reach)) }
}

describe('walkForwardFolds', () => {
  it('gives the folds asked for; labels end before the test begins; tests cover every row from the first border on', () => {
    fc.assert(
      fc.property(fc.integer({ min: 60, max: 400 }), fc.integer({ min: 1, max: 6 }), fc.nat(1000), (n, k, seed) => {
        const rows = timed(n, seed)
        const folds = walkForwardFolds(rows, { folds: k })
        expect(folds.length).toBe(k)
        const covered: number[] = []
        for (const { train, test, purged } of folds) {
          const start = rows.times[test[0]]
          // Naive twin: every earlier row is either trained on or purged, by its label alone.
          const earlier = rows.times.map((_, r) => r).filter((r) => r < test[0])
          expect([...train]).toEqual(earlier.filter((r) => rows.looksUntil[r] <= start))
          expect(purged).toBe(earlier.length - train.length)
          for (const r of earlier) expect(rows.times[r]).toBeLessThan(start)
          covered.push(...test)
        }
        expect(covered).toEqual(rows.times.map((_, r) => r).filter((r) => r >= folds[0].test[0]))
      }),
      { numRuns: 60 },
    )
  })

  it('takes the embargo off the start of each test', () => {
    const times = Array.from({ length: 100 }, (_, i) => i * 10)
    const [fold] = walkForwardFolds({ times, looksUntil: times }, { folds: 1, trainShare: 0.5, embargoMs: 35 })
    expect(fold.test[0]).toBe(54)
    expect(fold.embargoed).toBe(4)
  })

  it('refuses what makes no sense', () => {
    const rows = timed(20, 1)
    expect(() => walkForwardFolds(rows, { folds: 0 })).toThrow('E_USAGE')
    expect(() => walkForwardFolds(rows, { folds: 2, trainShare: 1 })).toThrow('E_USAGE')
    expect(() => walkForwardFolds(rows, { folds: 15 })).toThrow('E_TRAINING')
    expect(() => walkForwardFolds({ times: [2, 1], looksUntil: [3, 3] }, { folds: 1 })).toThrow('E_USAGE')
    expect(() => walkForwardFolds({ times: [1, 2], looksUntil: [0, 3] }, { folds: 1 })).toThrow('E_USAGE')
    expect(() => walkForwardFolds({ times: [], looksUntil: [] }, { folds: 1 })).toThrow('E_TRAINING')
    // One label that looks over everything empties nothing; all of them do.
    const far = { times: rows.times, looksUntil: rows.times.map(() => 1e9) }
    expect(() => walkForwardFolds(far, { folds: 1 })).toThrow('E_TRAINING')
  })
})

describe('threeWaySplit', () => {
  it('keeps the order of time and lets no label look into the next part', () => {
    fc.assert(
      fc.property(fc.integer({ min: 80, max: 300 }), fc.nat(1000), (n, seed) => {
        const rows = timed(n, seed)
        const { train, valid, test, purged } = threeWaySplit(rows, { validShare: 0.2, testShare: 0.2 })
        for (const r of train) expect(rows.looksUntil[r]).toBeLessThanOrEqual(rows.times[valid[0]])
        for (const r of valid) expect(rows.looksUntil[r]).toBeLessThanOrEqual(rows.times[test[0]])
        expect(train.length + valid.length + test.length + purged.train + purged.valid).toBe(n)
        expect(rows.times[test[0] - 1]).toBeLessThan(rows.times[test[0]])
      }),
      { numRuns: 60 },
    )
  })

  it('leaves out a part with share 0', () => {
    const rows = timed(50, 3)
    const only = threeWaySplit(rows, { validShare: 0, testShare: 0 })
    expect([only.train.length, only.valid.length, only.test.length]).toEqual([50, 0, 0])
    const two = threeWaySplit(rows, { validShare: 0.2, testShare: 0 })
    expect(two.test.length).toBe(0)
    expect(two.valid.at(-1)).toBe(49)
    expect(() => threeWaySplit(rows, { validShare: 0.5, testShare: 0.5 })).toThrow('E_USAGE')
  })
})
