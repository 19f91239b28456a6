import { readFileSync } from 'node:fs'
import { dateMs, dateOf, MINUTE_MS, seededRandom, type UtcDate } from '@cointrader/core'
import { correlation, moments } from '@cointrader/features/dataset/correlation'
import { memoryDays, splitDays } from '@cointrader/features/dataset/days'
import { monthWindows, selectByCorrelation, selectionList } from '@cointrader/features/dataset/select'
import { decodeParquet, makeTable, type Table } from '@cointrader/store'
import { describe, expect, it } from 'vitest'
import { date, shared } from './support.js'

interface Sample {
  readonly t: number
  readonly symbol: string
  readonly x: readonly number[]
  readonly y: number
}

function daysOf(rows: readonly Sample[], features: readonly string[]) {
  const sorted = rows.toSorted((a, b) => a.t - b.t || (a.symbol < b.symbol ? -1 : 1))
  const table = makeTable([
    ['symbol', { type: 'string', data: sorted.map((r) => r.symbol) }],
    ['start_time_ms', { type: 'int64', data: Float64Array.from(sorted, (r) => r.t) }],
    ...features.map((name, f) => [name, { type: 'float64', data: Float64Array.from(sorted, (r) => r.x[f]!) }] as const),
    ['y_60m', { type: 'float64', data: Float64Array.from(sorted, (r) => r.y) }],
  ])
  return memoryDays(splitDays(table) as Map<UtcDate, Table>)
}

/** RP-22 with arrays of rows and whole correlation tables. */
function naive(rows: readonly Sample[], features: readonly string[], a: number, b: number) {
  const full = rows.filter((r) => [...r.x, r.y].every(Number.isFinite))
  const pearson = (u: number[], v: number[]): number => {
    const mean = (w: number[]) => w.reduce((s, x) => s + x, 0) / w.length
    const [mu, mv] = [mean(u), mean(v)]
    let [uv, uu, vv] = [0, 0, 0]
    for (let i = 0; i < u.length; i++) {
      uv += (u[i]! - mu) * (v[i]! - mv)
      uu += (u[i]! - mu) ** 2
      vv += (v[i]! - mv) ** 2
    }
    return uv / Math.sqrt(uu * vv)
  }
  const column = (f: number) => full.map((r) => r.x[f]!)
  const y = full.map((r) => r.y)
  const candidates = features
    .map((name, f) => ({ name, f, r: pearson(column(f), y) }))
    .filter(({ f }) => new Set(column(f)).size > 1)
    .filter(({ r }) => Math.abs(r) >= a)
    .sort((p, q) => Math.abs(q.r) - Math.abs(p.r))
  const taken: typeof candidates = []
  for (const one of candidates) {
    if (taken.every((t) => Math.abs(pearson(column(t.f), column(one.f))) <= b)) taken.push(one)
  }
  return { used: full.length, candidates: candidates.length, taken }
}

function marketLike(seed: number, days: number, perDay: number, width: number): { rows: Sample[]; features: string[] } {
  const random = seededRandom(seed)
  const rows: Sample[] = []
  for (let d = 0; d < days; d++) {
    for (let i = 0; i < perDay; i++) {
      const x: number[] = []
      for (let f = 0; f < width; f++)
        x.push(f > 0 && random.next() < 0.9 ? 0.6 * x[f - 1]! + random.normal() : random.normal())
      const y = 0.3 * x[0]! - 0.2 * x[width - 1]! + random.normal()
      if (random.next() < 0.05) x[random.int(width)] = [Number.NaN, Number.POSITIVE_INFINITY][random.int(2)]!
      rows.push({ t: dateMs(date('2026-01-20')) + d * 86_400_000 + (i >> 1) * MINUTE_MS, symbol: `S${i & 1}`, x, y })
    }
  }
  return { rows, features: Array.from({ length: width }, (_, f) => `x_1m_F${f}`) }
}

const TRAINING = { from: date('2026-01-01'), to: date('2026-03-01') }

describe('correlation selection', () => {
  it('equals pandas on the fixture: rows, candidates, what is taken in which order, ranking', async () => {
    const path = new URL('fixtures/selection_pandas.json', import.meta.url)
    const fixture = JSON.parse(readFileSync(path, 'utf8')) as {
      a: number
      b: number
      features: string[]
      windows: { used: number; candidates: number; taken: [string, number][] }[]
      ranking: [string, number, number][]
      rows: [number, string, ...(number | null)[]][]
    }
    const rows = fixture.rows.map(([t, symbol, ...values]): Sample => {
      const numbers = values.map((v) => v ?? Number.NaN)
      return { t, symbol, x: numbers.slice(0, -1), y: numbers.at(-1)! }
    })
    const result = await selectByCorrelation({
      days: daysOf(rows, fixture.features),
      label: 'y_60m',
      windows: monthWindows('2025-01', 4, 2, 3),
      training: { from: date('2025-01-01'), to: date('2025-09-01') },
      heldOut: [],
      minCorrelation: fixture.a,
      maxMutual: fixture.b,
    })
    expect(result.windows).toHaveLength(3)
    fixture.windows.forEach((expected, i) => {
      const { used, candidates, taken, constant } = result.windows[i]!
      expect({ used, candidates, taken: taken.map((t) => t.feature) }).toEqual({
        used: expected.used,
        candidates: expected.candidates,
        taken: expected.taken.map(([name]) => name),
      })
      expect(constant).toEqual(['x_15m_F7'])
      taken.forEach((t, j) => {
        expect(t.correlation).toBeCloseTo(expected.taken[j]![1], 12)
      })
    })
    expect(result.ranking.map((r) => [r.feature, r.windows])).toEqual(fixture.ranking.map(([f, n]) => [f, n]))
    result.ranking.forEach((r, i) => {
      expect(r.meanCorrelation).toBeCloseTo(fixture.ranking[i]![2], 12)
    })
    // Lists for smaller k begin with those for larger k.
    const [two, three] = [selectionList(result.ranking, 2), selectionList(result.ranking, 3)]
    expect(two.slice(0, three.length)).toEqual(three)
    expect(three.length).toBeGreaterThan(0)
  })

  it('equals the naive twin on random data', async () => {
    for (let seed = 0; seed < 25; seed++) {
      const { rows, features } = marketLike(seed, 4, 30, 9)
      const span = { from: date('2026-01-20'), to: date('2026-01-24') }
      const result = await selectByCorrelation({
        days: daysOf(rows, features),
        label: 'y_60m',
        windows: [span],
        training: TRAINING,
        heldOut: [],
        minCorrelation: 0.05,
        maxMutual: 0.5,
      })
      const expected = naive(rows, features, 0.05, 0.5)
      const { used, candidates, taken } = result.windows[0]!
      expect({ used, candidates, taken: taken.map((t) => t.feature) }).toEqual({
        used: expected.used,
        candidates: expected.candidates,
        taken: expected.taken.map((t) => t.name),
      })
      taken.forEach((t, i) => {
        expect(t.correlation).toBeCloseTo(expected.taken[i]!.r, 12)
      })
    }
  })

  it('samples by seed, bounded by maxRows, on the drawn rows only', async () => {
    const { rows, features } = marketLike(1, 4, 60, 5)
    const base = {
      days: daysOf(rows, features),
      label: 'y_60m',
      windows: [{ from: date('2026-01-20'), to: date('2026-01-25') }],
      training: TRAINING,
      heldOut: [],
    }
    const one = await selectByCorrelation({ ...base, fraction: 0.25, seed: 1 })
    expect(one.windows[0]).toMatchObject({ rows: 240, drawn: 60, purged: 0, absentDates: ['2026-01-24'] })
    expect(await selectByCorrelation({ ...base, fraction: 0.25, seed: 1 })).toEqual(one)
    expect((await selectByCorrelation({ ...base, fraction: 0.25, seed: 2 })).ranking).not.toEqual(one.ranking)
    expect((await selectByCorrelation({ ...base, maxRows: 30 })).windows[0]!.drawn).toBe(30)
  })

  it('leaves out empty columns by name; pandas keeps infinite cells, so that the column is no candidate', async () => {
    const { rows, features } = marketLike(2, 2, 40, 4)
    const changed = rows.map((r, i) => ({
      ...r,
      x: [i === 5 ? Number.POSITIVE_INFINITY : i + r.y, Number.NaN, 1, r.y],
    }))
    const base = {
      days: daysOf(changed, features),
      label: 'y_60m',
      windows: [{ from: date('2026-01-20'), to: date('2026-01-22') }],
      training: TRAINING,
      heldOut: [],
    }
    const dropped = (await selectByCorrelation(base)).windows[0]!
    expect(dropped).toMatchObject({ empty: ['x_1m_F1'], constant: ['x_1m_F2'], used: 79 })
    const kept = (await selectByCorrelation({ ...base, infinite: 'keep' })).windows[0]!
    expect(kept).toMatchObject({ used: 80, candidates: 1, taken: [{ feature: 'x_1m_F3' }] })
  })

  it('refuses to look at held-out days, and purges rows whose labels look into them', async () => {
    const { rows, features } = marketLike(3, 4, 40, 4)
    const spread = rows.map((r, i) => ({ ...r, t: dateMs(dateOf(r.t)) + (1440 - 40 + (i % 40)) * MINUTE_MS }))
    const window = { from: date('2026-01-20'), to: date('2026-01-24') }
    const held = { from: date('2026-01-24'), to: date('2026-01-26') }
    const base = {
      days: daysOf(spread, features),
      label: 'y_60m',
      windows: [window],
      training: window,
      heldOut: [held],
    }
    const result = await selectByCorrelation(base)
    // y_60m of the last day's 40 rows (23:20 on) looks into the 24th.
    expect(result.windows[0]).toMatchObject({ rows: 160, purged: 40 })
    await expect(selectByCorrelation({ ...base, heldOut: [{ ...held, from: date('2026-01-23') }] })).rejects.toThrow(
      /E_USAGE.*overlaps the held-out range/,
    )
    await expect(selectByCorrelation({ ...base, training: { ...window, to: date('2026-01-23') } })).rejects.toThrow(
      /not inside the training range/,
    )
    await expect(selectByCorrelation({ ...base, features: ['y_60m'] })).rejects.toThrow(/E_AVAILABILITY/)
    await expect(
      selectByCorrelation({ ...base, windows: [{ from: date('2026-01-23'), to: date('2026-01-24') }] }),
    ).rejects.toThrow(/E_NOTHING_FOUND/)
  })

  it('refuses days whose label has another unit', async () => {
    const { rows, features } = marketLike(4, 2, 20, 3)
    const days = daysOf(rows, features)
    const mixed: typeof days = {
      async open(day) {
        const opened = await days.open(day)
        const unit = day === '2026-01-20' ? 'bp' : 'USDT'
        const facts = { role: 'label', unit, knownAtMinutes: 61, looksUntilMinutes: 61 } as const
        return opened && { ...opened, facts: (name) => (name === 'y_60m' ? facts : opened.facts(name)) }
      },
    }
    const span = { from: date('2026-01-20'), to: date('2026-01-22') }
    const request = { label: 'y_60m', windows: [span], training: span, heldOut: [] }
    await expect(selectByCorrelation({ ...request, days: mixed })).rejects.toThrow(/y_60m: unit is USDT/)
    expect((await selectByCorrelation({ ...request, days })).windows).toHaveLength(1)
  })

  it('makes the windows of RP-22', () => {
    expect(monthWindows('2024-06').map((w) => `${w.from} ${w.to}`)).toEqual([
      '2024-06-01 2024-10-01',
      '2024-08-01 2024-12-01',
      '2024-10-01 2025-02-01',
      '2024-12-01 2025-04-01',
      '2025-02-01 2025-06-01',
    ])
    expect(() => monthWindows('2024-6')).toThrow(/E_USAGE_DATE/)
    expect(() => monthWindows('2024-06', 0)).toThrow(/E_USAGE/)
  })

  it('correlation: constant columns have none, equal ones 1, bounds hold for float32', () => {
    const x = Float32Array.from({ length: 11 }, (_, i) => Math.sin(i))
    const c = new Float32Array(11).fill(2)
    expect(correlation(x, moments(x), x, moments(x))).toBeCloseTo(1, 15)
    expect(moments(c).constant).toBe(true)
    expect(correlation(x, moments(x), c, moments(c))).toBeNaN()
  })

  const file = shared('data/xy-2026-02-real/xy.parquet')
  it.skipIf(file === undefined)('runs on the real table of February 2026', async () => {
    const { table } = await decodeParquet(readFileSync(file!), 'xy.parquet')
    const windows = [{ from: date('2026-02-02'), to: date('2026-02-10') }]
    const result = await selectByCorrelation({
      days: memoryDays(splitDays(table)),
      label: 'y_60m',
      windows,
      training: { from: date('2026-02-02'), to: date('2026-02-12') },
      heldOut: [{ from: date('2026-02-12'), to: date('2026-02-18') }],
    })
    const [one] = result.windows
    console.log(`real table: ${one!.used} rows, ${one!.candidates} candidates, ${one!.taken.length} taken`)
    expect(one!.empty).toEqual([])
    expect(one!.taken.length).toBeGreaterThan(0)
    expect(Math.abs(one!.taken[0]!.correlation)).toBeGreaterThanOrEqual(Math.abs(one!.taken.at(-1)!.correlation))
  })
})
