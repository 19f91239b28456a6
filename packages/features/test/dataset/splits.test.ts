import { dateMs, MINUTE_MS } from '@cointrader/core'
import { assertWithin, dayRanges, purgeRanges, splitRanges, wholeRange } from '@cointrader/features/dataset/splits'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { date } from './support.js'

const span = (from: string, to: string) => ({ from: date(from), to: date(to) })
const days = ['2026-03-01', '2026-03-03', '2026-03-04', '2026-03-06'] as const

describe('splits', () => {
  it('purges the horizon before each border', () => {
    const split = splitRanges(
      { train: span(days[0], days[1]), valid: span(days[1], days[2]), test: span(days[2], days[3]) },
      61,
    )
    // 22:59 is the last bar whose y_60m ends by midnight: it looks until 22:59 + 61 minutes = 24:00.
    expect(split.train.keepToMs).toBe(dateMs(date(days[1])) - 61 * MINUTE_MS + 1)
    expect([split.train.purgedMinutes, split.valid.purgedMinutes, split.test.purgedMinutes]).toEqual([60, 60, 0])
    expect(split.test.keepToMs).toBe(dateMs(date(days[3])))
    expect(() => assertWithin(split.train, [dateMs(date(days[1])) - 61 * MINUTE_MS], 61)).not.toThrow()
    expect(() => assertWithin(split.train, [dateMs(date(days[1])) - 61 * MINUTE_MS], 62)).toThrow(
      /E_AVAILABILITY.*looks/,
    )
    expect(() => assertWithin(split.train, [dateMs(date(days[1])) - 60 * MINUTE_MS], 1)).toThrow(/E_AVAILABILITY/)
    expect(() => assertWithin(split.test, [dateMs(date(days[3])) - MINUTE_MS], 241)).not.toThrow()
  })

  it('refuses overlaps, wrong order, empty ranges and ranges that the purge empties', () => {
    expect(() => splitRanges({ train: span(days[0], days[2]), test: span(days[1], days[3]) }, 61)).toThrow(/E_USAGE/)
    expect(() => splitRanges({ train: span(days[2], days[3]), test: span(days[0], days[1]) }, 61)).toThrow(
      /does not end before test/,
    )
    expect(() => purgeRanges({ a: span(days[0], days[2]), b: span(days[1], days[3]) }, 0)).toThrow(/overlaps b/)
    expect(() => splitRanges({ train: span(days[0], days[0]) }, 61)).toThrow(/E_USAGE_RANGE/)
    expect(() => splitRanges({ train: span(days[1], days[2]), test: span(days[2], days[3]) }, 1441)).toThrow(/nothing/)
    expect(() => splitRanges({ train: span(days[1], days[2]) }, Number.NaN)).toThrow(/E_USAGE/)
  })

  it('embargo delays the later range; a gap between ranges counts for both', () => {
    const near = splitRanges({ train: span(days[0], days[1]), test: span(days[1], days[2]) }, 61, {
      embargoMinutes: 240,
    })
    expect(near.test.keepFromMs).toBe(dateMs(date(days[1])) + 240 * MINUTE_MS)
    const apart = splitRanges({ train: span(days[0], days[1]), test: span(days[2], days[3]) }, 61, {
      embargoMinutes: 240,
    })
    expect([apart.train.purgedMinutes, apart.test.purgedMinutes]).toEqual([0, 0])
  })

  it('property: no two kept rows of different ranges share a minute of label; nothing more is purged', () => {
    const cuts = fc.uniqueArray(fc.integer({ min: 0, max: 12 }), { minLength: 4, maxLength: 4 })
    fc.assert(
      fc.property(cuts, fc.integer({ min: 0, max: 2000 }), (list, horizon) => {
        const [a, b, c, d] = list.sort((x, y) => x - y).map((n) => date(`2026-03-${String(n + 1).padStart(2, '0')}`))
        const spans = { one: { from: a!, to: b! }, two: { from: c!, to: d! } }
        const naive = (t: number) => t + horizon * MINUTE_MS <= dateMs(c!)
        let ranges: ReturnType<typeof purgeRanges<'one' | 'two'>>
        try {
          ranges = purgeRanges(spans, horizon)
        } catch {
          expect(naive(dateMs(a!))).toBe(false)
          return
        }
        let gone = 0
        let wrong = 0
        for (let t = dateMs(a!); t < dateMs(b!); t += MINUTE_MS) {
          if ((t >= ranges.one.keepFromMs && t < ranges.one.keepToMs) !== naive(t)) wrong++
          if (!naive(t)) gone++
        }
        expect(wrong).toBe(0)
        expect(ranges.one.purgedMinutes).toBe(gone)
        expect(dayRanges(ranges.one).reduce((n, day) => n + day.purgedMinutes, 0)).toBeLessThanOrEqual(gone)
        expect(dayRanges(ranges.one)[0]!.keepFromMs).toBe(ranges.one.keepFromMs)
        expect(dayRanges(ranges.one).at(-1)!.keepToMs).toBe(ranges.one.keepToMs)
      }),
      { numRuns: 200, seed: 3 },
    )
  })

  it('a whole range keeps everything', () => {
    const range = wholeRange(span(days[0], days[1]))
    expect(range.keepToMs - range.keepFromMs).toBe(2 * 86_400_000)
    expect(dayRanges(range)).toHaveLength(2)
  })
})
