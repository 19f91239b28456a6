import { addDays, dateMs, MINUTE_MS, seededRandom, type UtcDate } from '@cointrader/core'
import { diskDays, memoryDays } from '@cointrader/features/dataset/days'
import { shuffledOrder } from '@cointrader/features/dataset/sample'
import { splitRanges } from '@cointrader/features/dataset/splits'
import { loadPanels, loadWindows, type WindowRequest } from '@cointrader/features/dataset/windows'
import { panelBatch, windowAt, windowBatch } from '@cointrader/features/dataset/windowset'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { date, FEATURES, filesOf, LABEL, memoryDisk, type Row, randomRows, tablesOf } from './support.js'

const F = FEATURES.length
const SPAN = { from: date('2026-03-02'), to: date('2026-03-04') }

interface Naive {
  readonly t: number
  readonly symbol: string
  readonly x: number[]
  readonly y: number
}

/** Every window a request allows, by looking up each of its minutes. */
function naiveWindows(days: ReadonlyMap<UtcDate, readonly Row[]>, request: Partial<WindowRequest>): Naive[] {
  const policy = request.missingFeatures ?? 'drop'
  const usable = new Map<string, Row>()
  for (const [day, rows] of days) {
    if (request.reachBack === false && day < SPAN.from) continue
    for (const row of rows) {
      if (request.symbols && !request.symbols.includes(row.symbol)) continue
      if (request.universe && !(request.universe[day] ?? []).includes(row.symbol)) continue
      if (policy === 'drop' && !row.values.slice(0, F).every(Number.isFinite)) continue
      usable.set(`${row.symbol} ${row.t}`, row)
    }
  }
  const out: Naive[] = []
  for (const row of [...usable.values()].sort((a, b) => a.t - b.t || (a.symbol < b.symbol ? -1 : 1))) {
    const y = row.values[F]!
    if (row.t < dateMs(SPAN.from) || row.t >= dateMs(SPAN.to) || !Number.isFinite(y)) continue
    const rows = Array.from({ length: request.length! }, (_, i) =>
      usable.get(`${row.symbol} ${row.t - (request.length! - 1 - i) * MINUTE_MS}`),
    )
    if (rows.some((r) => r === undefined)) continue
    const cell = (x: number): number => (policy === 'zero' && !Number.isFinite(x) ? 0 : Math.fround(x))
    out.push({
      t: row.t,
      symbol: row.symbol,
      x: rows.flatMap((r) => r!.values.slice(0, F).map(cell)),
      y: Math.fround(y),
    })
  }
  return out
}

const options = fc.record(
  {
    missingFeatures: fc.constantFrom('drop' as const, 'zero' as const, 'keep' as const),
    reachBack: fc.boolean(),
    symbols: fc.constant<string[]>(['S2', 'S0']),
    universe: fc.constant({ '2026-03-01': ['S0', 'S1'], '2026-03-02': ['S1', 'S2', 'S0'], '2026-03-03': ['S1', 'S2'] }),
  },
  { requiredKeys: [] },
)

describe('loadWindows', () => {
  it('property: equals looking up every minute, over gaps, bad cells, midnights and universe changes', async () => {
    let windows = 0
    await fc.assert(
      fc.asyncProperty(fc.nat(), options, fc.integer({ min: 1, max: 7 }), async (seed, more, length) => {
        const rows = randomRows(seededRandom(seed), { days: 4, symbols: 3, minutes: 6, gap: 0.04, bad: 0.02 })
        const days = memoryDays(tablesOf(rows))
        const set = await loadWindows({ days, range: SPAN, label: LABEL, length, ...more })
        const naive = naiveWindows(rows, { length, ...more })
        windows += naive.length
        expect([...set.time]).toEqual(naive.map((w) => w.t))
        expect(Array.from(set.symbol, (s) => set.symbols[s])).toEqual(naive.map((w) => w.symbol))
        expect([...set.y]).toEqual(naive.map((w) => w.y))
        expect(naive.map((_, i) => [...windowAt(set, i)])).toEqual(naive.map((w) => w.x))
        const { read, kept, ...gone } = set.counts
        expect(read - Object.values(gone).reduce((a, b) => a + b, 0)).toBe(kept)
      }),
      { numRuns: 150, seed: 5 },
    )
    expect(windows).toBeGreaterThan(1000)
  })

  it('crosses midnight only when both days are there; the length of a block is enough', async () => {
    const rows = randomRows(seededRandom(1), { days: 4, symbols: 1, minutes: 3, gap: 0, bad: 0 })
    const load = (days: typeof rows, length: number) =>
      loadWindows({ days: memoryDays(tablesOf(days)), range: SPAN, label: LABEL, length })
    // 3 minutes before and 3 after each midnight: one block of 6 around the first two, 3 at the end of the last day.
    expect((await load(rows, 6)).count).toBe(2)
    expect((await load(rows, 7)).count).toBe(0)
    const without = new Map([...rows].filter(([day]) => day !== '2026-03-02'))
    expect((await load(without, 6)).count).toBe(0)
    expect((await load(without, 3)).count).toBe(2)
    expect((await load(without, 3)).absentDates).toEqual(['2026-03-02'])
  })

  it('draws end points, keeps whole true windows, and stores only the rows they need', async () => {
    const tables = tablesOf(randomRows(seededRandom(3), { days: 4, symbols: 3, minutes: 200, gap: 0.001, bad: 0 }))
    const request = { range: SPAN, label: LABEL, length: 10 }
    const all = await loadWindows({ days: memoryDays(tables), ...request })
    const few = await loadWindows({ days: memoryDays(tables), ...request, maxRows: 12, seed: 1 })
    expect(few.count).toBe(12)
    expect(few.rows).toBeLessThanOrEqual(120)
    const whole = new Map(Array.from(all.time, (t, i) => [`${t} ${all.symbol[i]}`, windowAt(all, i)]))
    for (let i = 0; i < few.count; i++) {
      expect(windowAt(few, i)).toEqual(whole.get(`${few.time[i]} ${few.symbol[i]}`))
      const last = few.end[i]!
      expect(few.rowTime[last]).toBe(few.time[i])
      expect(few.rowTime[last - 9]).toBe(few.time[i]! - 9 * MINUTE_MS)
    }
    const again = await loadWindows({
      days: diskDays(memoryDisk(filesOf(tables)), 'xy', 3),
      ...request,
      maxRows: 12,
      seed: 1,
    })
    expect(again.x).toEqual(few.x)
    const order = shuffledOrder(12, seededRandom(1))
    expect([...order].sort((a, b) => a - b)).toEqual([...Array(12).keys()])
    const batch = windowBatch(few, order.subarray(0, 5))
    expect(batch.subarray(4 * 10 * F, 5 * 10 * F)).toEqual(windowAt(few, order[4]!))
  })

  it('purges end points, not context', async () => {
    const rows = randomRows(seededRandom(1), { days: 3, symbols: 1, minutes: 20, gap: 0, bad: 0 })
    const split = splitRanges(
      { train: { from: date('2026-03-01'), to: date('2026-03-02') }, test: { from: date('2026-03-02'), to: SPAN.to } },
      6,
    )
    const load = (range: typeof split.train) =>
      loadWindows({ days: memoryDays(tablesOf(rows)), range, label: LABEL, length: 10 })
    const train = await load(split.train)
    expect(train.counts.purged).toBe(5)
    expect(train.time.at(-1)).toBe(dateMs(date('2026-03-02')) - 6 * MINUTE_MS)
    const test = await load(split.test)
    expect(test.time[0]).toBe(dateMs(date('2026-03-02')))
    expect(test.rowTime[0]).toBe(dateMs(date('2026-03-02')) - 9 * MINUTE_MS)
  })

  it('long windows reach over several days', async () => {
    const rows = randomRows(seededRandom(1), { days: 4, symbols: 1, minutes: 720, gap: 0, bad: 0 })
    const range = { from: date('2026-03-04'), to: addDays(date('2026-03-04'), 1) }
    const set = await loadWindows({
      days: memoryDays(tablesOf(rows)),
      range,
      label: null,
      length: 1440 * 2 + 2,
      maxRows: 3,
    })
    expect(set.count).toBe(3)
    for (let i = 0; i < 3; i++) expect(windowAt(set, i)).toHaveLength(2882 * F)
    expect(set.y).toHaveLength(0)
  })

  it('refuses a bad length', async () => {
    const days = memoryDays(new Map())
    await expect(loadWindows({ days, range: SPAN, label: null, length: 0 })).rejects.toThrow(/E_USAGE.*window length/)
    await expect(loadPanels({ days, range: SPAN, label: null, length: 1, nodes: 0 })).rejects.toThrow(/E_USAGE.*nodes/)
    await expect(loadWindows({ days, range: SPAN, label: null, length: 2 })).rejects.toThrow(/E_NOTHING_FOUND/)
  })
})

describe('loadPanels', () => {
  it('property: equals the single windows grouped by instant', async () => {
    const shape = fc.record({ minSymbols: fc.integer({ min: 1, max: 3 }) })
    await fc.assert(
      fc.asyncProperty(
        fc.nat(),
        options,
        fc.integer({ min: 1, max: 5 }),
        shape,
        fc.option(fc.integer({ min: 1, max: 4 }), { nil: undefined }),
        async (seed, more, length, { minSymbols }, nodes) => {
          const rows = randomRows(seededRandom(seed), { days: 4, symbols: 3, minutes: 5, gap: 0.05, bad: 0.02 })
          const days = memoryDays(tablesOf(rows))
          const set = await loadPanels({
            days,
            range: SPAN,
            label: LABEL,
            length,
            ...more,
            minSymbols,
            ...(nodes === undefined ? {} : { nodes }),
          })
          const groups = new Map<number, Naive[]>()
          for (const w of naiveWindows(rows, { length, ...more })) groups.set(w.t, [...(groups.get(w.t) ?? []), w])
          const rank = (s: string) => more.symbols?.indexOf(s) ?? 0
          const kept = [...groups]
            .filter(([, group]) => group.length >= minSymbols)
            .map(([t, group]) => [t, group.toSorted((a, b) => rank(a.symbol) - rank(b.symbol))] as const)
          const n = nodes ?? Math.max(0, ...kept.map(([, group]) => group.length))
          expect(set.nodes).toBe(n)
          expect([...set.time]).toEqual(kept.map(([t]) => t))
          const batch = panelBatch(set, Int32Array.from(kept.keys()))
          kept.forEach(([, group], i) => {
            for (let j = 0; j < n; j++) {
              const one = group[j]
              expect(set.symbols[set.symbol[i * n + j]!]).toBe(one?.symbol)
              expect(set.y[i * n + j]).toBe(one?.y ?? Number.NaN)
              for (let t = 0; t < length; t++) {
                const at = ((i * length + t) * n + j) * F
                expect([...batch.subarray(at, at + F)]).toEqual(one?.x.slice(t * F, t * F + F) ?? Array(F).fill(0))
              }
            }
          })
          const { read, kept: windows, ...gone } = set.counts
          expect(read - Object.values(gone).reduce((a, b) => a + b, 0)).toBe(windows)
        },
      ),
      { numRuns: 120, seed: 6 },
    )
  })

  it('draws instants', async () => {
    const tables = tablesOf(randomRows(seededRandom(3), { days: 4, symbols: 3, minutes: 100, gap: 0.01, bad: 0 }))
    const request = { days: memoryDays(tables), range: SPAN, label: LABEL, length: 5 }
    const all = await loadPanels(request)
    const few = await loadPanels({ ...request, maxRows: 9, seed: 4 })
    expect(few.count).toBe(9)
    expect(few.nodes).toBe(3)
    expect(few.rows).toBeLessThanOrEqual(9 * 3 * 5)
    const batch = panelBatch(few, [8])
    const where = all.time.indexOf(few.time[8]!)
    expect(batch).toEqual(panelBatch(all, [where]))
  })
})
