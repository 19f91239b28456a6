/** Distributions of columns against two naive passes over all cells. */
import { addDays, dateMs, MINUTE_MS, seededRandom } from '@cointrader/core'
import { diskDays, memoryDays } from '@cointrader/features/dataset/days'
import { columnHealth } from '@cointrader/features/dataset/health'
import { encodeParquet, makeTable } from '@cointrader/store'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { date, FEATURES, filesOf, LABEL, memoryDisk, type Row, randomRows, tablesOf } from './support.js'

const first = date('2026-03-01')
const span = (from: number, to: number) => ({ from: addDays(first, from), to: addDays(first, to) })

/** Mean and deviation in two passes; quantiles of all cells. */
function naive(cells: readonly number[], later: readonly number[]) {
  const good = cells.filter(Number.isFinite)
  const mean = good.reduce((a, b) => a + b, 0) / good.length
  const deviation = Math.sqrt(good.reduce((a, b) => a + (b - mean) ** 2, 0) / (good.length - 1))
  const sorted = [...good].sort((a, b) => a - b)
  const at = (q: number) => sorted[Math.round(q * (sorted.length - 1))]
  const after = later.filter(Number.isFinite)
  const shift = (after.reduce((a, b) => a + b, 0) / after.length - mean) / deviation
  return { good: good.length, mean, deviation, at, shift, missing: (cells.length - good.length) / cells.length }
}

const near = (actual: number | null, expected: number) => {
  expect(actual).not.toBeNull()
  expect(Math.abs(actual! - expected)).toBeLessThanOrEqual(1e-11 * Math.max(1, Math.abs(expected)))
}

/** One column over days. */
function days(columns: readonly (readonly number[])[]) {
  return memoryDays(
    new Map(
      columns.map((cells, d) => {
        const day = addDays(first, d)
        return [
          day,
          makeTable([
            ['symbol', { type: 'string', data: cells.map(() => 'S') }],
            ['start_time_ms', { type: 'int64', data: Float64Array.from(cells, (_, i) => dateMs(day) + i * MINUTE_MS) }],
            ['x_1m_A', { type: 'float64', data: Float64Array.from(cells) }],
          ]),
        ] as const
      }),
    ),
  )
}
const one = async (columns: readonly (readonly number[])[], train: number) =>
  (await columnHealth(days(columns), span(0, train), columns.length > train ? [span(train, columns.length)] : []))
    .columns[0]!

describe('health', () => {
  it('equals two passes over all cells, gaps and bad cells among them', async () => {
    for (let seed = 0; seed < 10; seed++) {
      const rows = randomRows(seededRandom(seed), { days: 5, symbols: 3, minutes: 20, gap: 0.2, bad: 0.1 })
      const health = await columnHealth(memoryDays(tablesOf(rows, 64)), span(0, 3), [span(3, 4), span(3, 5)])
      expect([health.days, health.laterDays]).toEqual([3, 2])
      expect(health.columns.map((c) => [c.column, c.role])).toEqual([
        ...FEATURES.map((f) => [f, 'feature']),
        [LABEL, 'label'],
      ])
      const lists = [...rows.values()]
      for (const [f, c] of health.columns.entries()) {
        const cells = (from: number, to: number) =>
          lists.slice(from, to).flatMap((l: Row[]) => l.map((r) => r.values[f]!))
        const expected = naive(cells(0, 3), cells(3, 5))
        expect(c.rows).toBe(cells(0, 3).length)
        expect(c.missing).toBe(expected.missing)
        near(c.mean, expected.mean)
        near(c.deviation, expected.deviation)
        near(c.shift, expected.shift)
        // Few rows: the sample is all of them.
        expect([c.p01, c.median, c.p99]).toEqual([expected.at(0.01), expected.at(0.5), expected.at(0.99)])
      }
    }
  })

  it('keeps its digits far from zero', async () => {
    const random = seededRandom('far')
    const cells = Array.from({ length: 1000 }, () => 1e9 + random.normal())
    const c = await one([cells], 1)
    const near0 = cells.map((x) => x - 1e9)
    const { mean, deviation } = naive(near0, [])
    expect(Math.abs(c.mean! - 1e9 - mean)).toBeLessThan(1e-5)
    expect(Math.abs(c.deviation! / deviation - 1)).toBeLessThan(1e-6)
  })

  it('has a number only where there is one', async () => {
    const none = { mean: null, deviation: null, p01: null, median: null, p99: null, shift: null }
    expect(await one([[Number.NaN, Number.POSITIVE_INFINITY], [1]], 1)).toMatchObject({ rows: 2, missing: 1, ...none })
    expect(await one([[]], 1)).toMatchObject({ rows: 0, missing: 1, ...none })
    expect(await one([[3], [5]], 1)).toMatchObject({
      ...{ rows: 1, missing: 0, mean: 3, deviation: null, p01: 3, median: 3, p99: 3, shift: null },
    })
    // A constant has a deviation of 0, in which nothing can be measured.
    expect(await one([[2, 2, 2], [5]], 1)).toMatchObject({ mean: 2, deviation: 0, median: 2, shift: null })
    expect(await one([[1, 3], [Number.NaN]], 1)).toMatchObject({ mean: 2, shift: null })
    expect(
      (
        await one(
          [
            [1, 3],
            [Number.NaN, 2 + Math.SQRT2, Number.NEGATIVE_INFINITY],
          ],
          1,
        )
      ).shift,
    ).toBeCloseTo(1, 12)
    expect((await one([[1, 3]], 1)).shift).toBeNull()
  })

  it('counts later days once, skips days that are not there, and says how many there were', async () => {
    const table = days([[1, 3], [2], [6], []])
    const health = await columnHealth(table, span(-3, 2), [span(2, 4), span(2, 3), span(3, 9)])
    expect([health.days, health.laterDays]).toEqual([2, 2])
    expect(health.columns[0]).toMatchObject({ rows: 3, mean: 2, deviation: 1, shift: 4 })
    expect((await columnHealth(table, span(20, 22), [])).columns).toEqual([])
    await expect(columnHealth(table, span(2, 2), [])).rejects.toThrow(/E_USAGE_RANGE/)
  })

  it('a column that is there on some days only has the rows of these', async () => {
    const table = (names: readonly string[], d: number) =>
      makeTable([
        ['symbol', { type: 'string', data: ['S'] }],
        ['start_time_ms', { type: 'int64', data: Float64Array.of(dateMs(addDays(first, d))) }],
        ...names.map((n) => [n, { type: 'float32' as const, data: Float32Array.of(d) }] as const),
      ])
    const tables = new Map(
      [0, 1].map((d) => [addDays(first, d), table(d === 0 ? ['x_1m_A'] : ['x_1m_B', 'x_1m_A'], d)]),
    )
    const { columns } = await columnHealth(memoryDays(tables), span(0, 2), [])
    expect(columns.map((c) => [c.column, c.rows, c.mean])).toEqual([
      ['x_1m_A', 2, 0.5],
      ['x_1m_B', 1, 1],
    ])
  })

  it('draws quantiles evenly from a large day, from every symbol of it', async () => {
    // Rows stand minute by minute, symbols in order: a fixed stride can meet the same few symbols in every minute.
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 2, max: 60 }), async (symbols) => {
        const cells = Array.from({ length: 1440 * symbols }, (_, i) => (i % symbols) + i / (1440 * symbols) / 10)
        const c = await one([cells], 1)
        const { mean, deviation, at } = naive(cells, [])
        near(c.mean, mean)
        near(c.deviation, deviation)
        // 2,000 draws of n values: the middle is within a few standard errors of the share below it.
        const share = (x: number) => cells.filter((v) => v < x).length / cells.length
        expect(Math.abs(share(c.median!) - 0.5), `${symbols} symbols`).toBeLessThan(0.04)
        expect(share(c.p01!)).toBeLessThan(0.03)
        expect(share(c.p99!)).toBeGreaterThan(0.97)
        expect(c.p99!).toBeLessThanOrEqual(at(1)!)
      }),
      { numRuns: 12, examples: [[5], [7], [10], [20], [30], [50], [60]] },
    )
  })

  it('reads day files as it reads memory', async () => {
    const rows = randomRows(seededRandom(7), { days: 3, symbols: 2, minutes: 30, gap: 0.1, bad: 0.05 })
    const tables = tablesOf(rows)
    const disk = memoryDisk(filesOf(tables))
    expect(encodeParquet(tables.get(first)!).length).toBeGreaterThan(0)
    const fromDisk = await columnHealth(diskDays(disk, 'xy', 3), span(0, 2), [span(2, 3)])
    expect(fromDisk).toEqual(await columnHealth(memoryDays(tables), span(0, 2), [span(2, 3)]))
  })
})
