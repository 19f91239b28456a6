import { readFileSync } from 'node:fs'
import { dateMs, MINUTE_MS, seededRandom, type UtcDate } from '@cointrader/core'
import { COLUMNS_KEY, type ColumnFacts } from '@cointrader/features/build/metadata'
import { diskDays, memoryDays, splitDays } from '@cointrader/features/dataset/days'
import { loadMatrix, type MatrixRequest, openMatrix } from '@cointrader/features/dataset/matrix'
import { splitRanges } from '@cointrader/features/dataset/splits'
import { decodeParquet, encodeParquet, makeTable, type Table } from '@cointrader/store'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  date,
  FEATURES,
  filesOf,
  LABEL,
  memoryDisk,
  type Row,
  randomRows,
  shared,
  tableOf,
  tablesOf,
} from './support.js'

const SPAN = { from: date('2026-03-01'), to: date('2026-03-04') }

/** The rows that a request keeps, one object per row, in order. */
function naiveRows(days: ReadonlyMap<UtcDate, readonly Row[]>, request: Partial<MatrixRequest>): Row[] {
  const policy = request.missingFeatures ?? 'drop'
  const out: Row[] = []
  for (const [day, rows] of days) {
    if (day < SPAN.from || day >= SPAN.to) continue
    for (const row of rows.toSorted((a, b) => a.t - b.t || (a.symbol < b.symbol ? -1 : 1))) {
      if (request.symbols && !request.symbols.includes(row.symbol)) continue
      if (request.universe && !(request.universe[day] ?? []).includes(row.symbol)) continue
      const features = row.values.slice(0, FEATURES.length)
      if (!Number.isFinite(row.values[FEATURES.length]!) && request.missingLabel !== 'keep') continue
      if (policy === 'drop' && !features.every(Number.isFinite)) continue
      const values = policy === 'zero' ? features.map((x) => (Number.isFinite(x) ? x : 0)) : features
      out.push({ ...row, values: [...values, row.values[FEATURES.length]!] })
    }
  }
  return out
}

const policies = fc.record({
  missingFeatures: fc.constantFrom('drop' as const, 'zero' as const, 'keep' as const),
  missingLabel: fc.constantFrom('drop' as const, 'keep' as const),
  layout: fc.constantFrom('row' as const, 'column' as const),
  symbols: fc.constantFrom(undefined, ['S2', 'S0']),
  universe: fc.constantFrom(undefined, { '2026-03-01': ['S0', 'S1'], '2026-03-02': ['S1', 'S2'] }),
  labelBits: fc.constantFrom(32 as const, 64 as const),
})

describe('loadMatrix', () => {
  it('property: equals the row by row reading', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(), policies, fc.constantFrom(32 as const, 64 as const), async (seed, options, bits) => {
        const rows = randomRows(seededRandom(seed), { days: 4, symbols: 3, minutes: 3, gap: 0.2, bad: 0.1 })
        const clean = Object.fromEntries(Object.entries(options).filter(([, v]) => v !== undefined))
        const matrix = await loadMatrix({ days: memoryDays(tablesOf(rows, bits)), range: SPAN, label: LABEL, ...clean })
        const naive = naiveRows(rows, clean)
        expect([...matrix.time]).toEqual(naive.map((row) => row.t))
        expect(Array.from(matrix.symbol, (s) => matrix.symbols[s])).toEqual(naive.map((row) => row.symbol))
        const round = (x: number): number => (bits === 32 || options.labelBits === 32 ? Math.fround(x) : x)
        expect([...matrix.y]).toEqual(naive.map((row) => round(row.values[FEATURES.length]!)))
        const n = matrix.rows
        const at = (r: number, f: number) => (options.layout === 'row' ? r * FEATURES.length + f : f * n + r)
        const x = naive.map((_, r) => FEATURES.map((_, f) => matrix.x[at(r, f)]))
        expect(x).toEqual(naive.map((row) => row.values.slice(0, FEATURES.length).map(Math.fround)))
        expect(matrix.x).toHaveLength(n * FEATURES.length)
        const { read, kept, ...gone } = matrix.counts
        expect(read - Object.values(gone).reduce((a, b) => a + b, 0)).toBe(kept)
      }),
      { numRuns: 150, seed: 4 },
    )
  })

  it('property: a day at a time, the same rows and the same features', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(), policies, fc.constantFrom(undefined, 7), async (seed, options, maxRows) => {
        const rows = randomRows(seededRandom(seed), { days: 4, symbols: 3, minutes: 3, gap: 0.2, bad: 0.1 })
        const request = Object.fromEntries(
          Object.entries({ ...options, maxRows, seed }).filter(([, v]) => v !== undefined),
        )
        const all = { days: memoryDays(tablesOf(rows, 32)), range: SPAN, label: LABEL, ...request }
        const { x, layout, ...whole } = await loadMatrix(all)
        const { parts, ...range } = await openMatrix(all)
        expect(range).toEqual(whole)
        const cell = (m: { rows: number; x: Float32Array }, r: number, f: number) =>
          m.x[layout === 'row' ? r * FEATURES.length + f : f * m.rows + r]
        // Twice: a range can be gone through as often as one likes.
        for (let turn = 0; turn < 2; turn++) {
          let at = 0
          let before = ''
          for await (const part of parts()) {
            const day = new Date(part.time[0]!).toISOString().slice(0, 10)
            expect(day > before).toBe(true)
            before = day
            expect(part).toMatchObject({ layout, features: FEATURES, symbols: whole.symbols })
            for (let r = 0; r < part.rows; r++, at++) {
              expect([part.time[r], part.symbol[r], part.y[r]]).toEqual([whole.time[at], whole.symbol[at], whole.y[at]])
              for (let f = 0; f < FEATURES.length; f++)
                expect(cell(part, r, f)).toBe(cell({ rows: whole.rows, x }, at, f))
            }
          }
          expect(at).toBe(whole.rows)
        }
      }),
      { numRuns: 60, seed: 5 },
    )
  })

  it('the most memory allowed is that of the whole, or of a day', async () => {
    const tables = tablesOf(randomRows(seededRandom(1), { days: 3, symbols: 3, minutes: 20, gap: 0, bad: 0 }))
    const base = { days: memoryDays(tables), range: SPAN, label: LABEL }
    const all = await loadMatrix(base)
    const perDay = new Map<number, number>()
    for (const t of all.time) perDay.set(Math.floor(t / 86_400_000), (perDay.get(Math.floor(t / 86_400_000)) ?? 0) + 1)
    expect(perDay.size).toBeGreaterThan(1)
    const day = Math.max(...perDay.values()) * FEATURES.length * 4
    await expect(loadMatrix({ ...base, maxBytes: day })).rejects.toThrow(/E_USAGE.*--memory/)
    const enough = await openMatrix({ ...base, maxBytes: day })
    let rows = 0
    for await (const part of enough.parts()) rows += part.rows
    expect([rows, enough.rows]).toEqual([all.rows, all.rows])
    const through = async () => {
      for await (const _ of (await openMatrix({ ...base, maxBytes: day - 1 })).parts());
    }
    await expect(through()).rejects.toThrow(/E_USAGE.*--memory/)
  })

  it('a draw is a seeded subset in order, the same from disk and memory, and from layouts', async () => {
    const tables = tablesOf(randomRows(seededRandom(1), { days: 3, symbols: 3, minutes: 20, gap: 0.1, bad: 0.05 }))
    const base = { range: SPAN, label: LABEL }
    const all = await loadMatrix({ days: memoryDays(tables), ...base })
    const draw = (seed: number, days = memoryDays(tables)) => loadMatrix({ days, ...base, maxRows: 50, seed })
    const one = await draw(7)
    expect(one.rows).toBe(50)
    expect(one.counts.sampledOut).toBe(all.rows - 50)
    const keyOf = (m: typeof all, r: number) => `${m.time[r]} ${m.symbols[m.symbol[r]!]} ${m.x[r * 3]} ${m.y[r]}`
    const keys = new Set(Array.from(all.time, (_, r) => keyOf(all, r)))
    for (let r = 0; r < one.rows; r++) expect(keys.has(keyOf(one, r))).toBe(true)
    const fromDisk = await draw(7, diskDays(memoryDisk(filesOf(tables)), 'xy', 3))
    expect(fromDisk.x).toEqual(one.x)
    expect(fromDisk.y).toEqual(one.y)
    expect((await draw(8)).time).not.toEqual(one.time)
    // All days are drawn from, about evenly.
    const perDay = [0, 1, 2].map(
      (d) => one.time.filter((t) => Math.floor((t - all.time[0]!) / 86_400_000) === d).length,
    )
    expect(Math.min(...perDay)).toBeGreaterThan(5)
  })

  it('never takes ids, raw, labels or unknown columns by default; names an absent feature', async () => {
    const tables = tablesOf(randomRows(seededRandom(1), { days: 2, symbols: 2, minutes: 2, gap: 0, bad: 0 }))
    for (const days of [memoryDays(tables), diskDays(memoryDisk(filesOf(tables)), 'xy', 3)]) {
      const base = { days, range: SPAN, label: LABEL }
      expect((await loadMatrix(base)).features).toEqual(FEATURES)
      expect((await loadMatrix({ ...base, features: ['planted', 'x_5m_B'] })).x[0]).toBe(1)
      await expect(loadMatrix({ ...base, features: ['x_9m_No', 'x_5m_B', 'x_8m_No'] })).rejects.toThrow(
        /2026-03-01.*2 columns are absent: x_9m_No, x_8m_No/,
      )
      await expect(loadMatrix({ ...base, features: ['x_5m_B', 'x_5m_B'] })).rejects.toThrow(/named twice/)
      await expect(loadMatrix({ ...base, features: [LABEL] })).rejects.toThrow(/E_AVAILABILITY.*known only after/)
      await expect(loadMatrix({ ...base, label: 'planted' })).rejects.toThrow(/how far the label "planted" looks/)
      await expect(loadMatrix({ ...base, label: 'y_7m' })).rejects.toThrow(/columns are absent: y_7m/)
      expect((await loadMatrix(base)).absentDates).toEqual(['2026-03-03'])
    }
    await expect(loadMatrix({ days: memoryDays(new Map()), range: SPAN, label: LABEL })).rejects.toThrow(
      /E_NOTHING_FOUND/,
    )
  })

  it('believes the footer before the names: roles, availability and horizon', async () => {
    const tables = tablesOf(randomRows(seededRandom(1), { days: 3, symbols: 2, minutes: 6, gap: 0, bad: 0 }))
    const facts: Record<string, ColumnFacts> = {
      symbol: { role: 'id', unit: '', knownAtMinutes: 0 },
      start_time_ms: { role: 'id', unit: 'ms', knownAtMinutes: 0 },
      close: { role: 'raw', unit: 'USDT', knownAtMinutes: 1 },
      x_1m_A: { role: 'raw', unit: '', knownAtMinutes: 1 },
      x_5m_B: { role: 'feature', unit: '', knownAtMinutes: 1, lookbackMinutes: 5 },
      x_5m_B_neut: { role: 'feature', unit: '', knownAtMinutes: 1 },
      y_5m: { role: 'label', unit: 'bp', knownAtMinutes: 6, looksUntilMinutes: 6 },
      planted: { role: 'feature', unit: '', knownAtMinutes: 1 },
    }
    const load = (changed: Record<string, ColumnFacts>, more: Partial<MatrixRequest> = {}) =>
      loadMatrix({
        days: diskDays(
          memoryDisk(filesOf(tables, { [COLUMNS_KEY]: JSON.stringify({ ...facts, ...changed }) })),
          'xy',
          3,
        ),
        range: SPAN,
        label: LABEL,
        ...more,
      })
    const matrix = await load({})
    expect(matrix.features).toEqual(['x_5m_B', 'x_5m_B_neut', 'planted'])
    const empty = { ...facts.planted!, empty: 'no premium index' }
    expect((await load({ planted: empty })).features).toEqual(['x_5m_B', 'x_5m_B_neut'])
    expect(matrix.facts.get(LABEL)).toMatchObject({ unit: 'bp', looksUntilMinutes: 6 })
    const late = { ...facts.planted!, knownAtMinutes: 3 }
    await expect(load({ planted: late })).rejects.toThrow(/E_AVAILABILITY.*planted \(t \+ 3\)/)
    expect((await load({ planted: late }, { decisionMinutes: 3 })).features).toContain('planted')
    await expect(load({ planted: { ...late, role: 'none' as never } })).rejects.toThrow(/has the role/)
    // The split was purged for 6 minutes, the data says 9: rows near the border would leak.
    const split = splitRanges(
      { train: { from: SPAN.from, to: date('2026-03-02') }, test: { from: date('2026-03-02'), to: SPAN.to } },
      6,
    )
    expect((await load({}, { range: split.train })).counts.purged).toBe(5 * 2)
    const far = { y_5m: { ...facts.y_5m!, looksUntilMinutes: 9 } }
    await expect(load(far, { range: split.train })).rejects.toThrow(/E_AVAILABILITY.*looks until 2026-03-02 00:0/)
    expect((await load(far, { range: split.test })).counts.purged).toBe(0)
  })

  it('refuses days whose label means something else, unsorted rows, repeated rows and rows of another day', async () => {
    const rows = randomRows(seededRandom(1), { days: 2, symbols: 2, minutes: 2, gap: 0, bad: 0 })
    const tables = tablesOf(rows)
    const base = { range: SPAN, label: LABEL }
    const files = filesOf(tables)
    const unit = (u: string) => ({
      [COLUMNS_KEY]: JSON.stringify({
        ...Object.fromEntries(FEATURES.map((f) => [f, { role: 'feature', unit: '', knownAtMinutes: 1 }])),
        y_5m: { role: 'label', unit: u, knownAtMinutes: 6, looksUntilMinutes: 6 },
      }),
    })
    files.set('xy/2026-03-01_xy_top3.parquet', encodeParquet(tables.get(date('2026-03-01'))!, unit('bp')))
    files.set('xy/2026-03-02_xy_top3.parquet', encodeParquet(tables.get(date('2026-03-02'))!, unit('USDT')))
    await expect(loadMatrix({ days: diskDays(memoryDisk(files), 'xy', 3), ...base })).rejects.toThrow(
      /2026-03-02.*y_5m: unit is USDT/,
    )
    const one = rows.get(date('2026-03-01'))!
    const broken = (list: readonly Row[]): Map<string, Table> => new Map([['2026-03-01', tableOf(list)]])
    const late = { ...one[0]!, t: dateMs(date('2026-03-02')) }
    await expect(loadMatrix({ days: memoryDays(broken([...one, late])), ...base })).rejects.toThrow(/not of 2026-03-01/)
    await expect(loadMatrix({ days: memoryDays(broken([...one, one[3]!])), ...base })).rejects.toThrow(/come after/)
  })

  it('refuses more than maxBytes, and steps over dates only when asked', async () => {
    const days = memoryDays(tablesOf(randomRows(seededRandom(1), { days: 3, symbols: 1, minutes: 5, gap: 0, bad: 0 })))
    const base = { days, range: SPAN, label: LABEL }
    await expect(loadMatrix({ ...base, maxBytes: 359 })).rejects.toThrow(/30 rows x 3 features take 360 bytes/)
    expect((await loadMatrix({ ...base, dateStep: 2 })).counts.read).toBe(20)
    expect((await loadMatrix({ ...base, label: null })).y).toHaveLength(0)
    const policy = { skip: (d: UtcDate) => d === '2026-03-01', zeroed: () => new Set(['x_5m_B']) }
    const skipped = await loadMatrix({ ...base, policy })
    expect(skipped.skippedDates).toEqual(['2026-03-01'])
    expect(skipped.x.filter((_, i) => i % 3 === 1).every((x) => x === 0)).toBe(true)
    const outside = await loadMatrix({ ...base, universe: { '2026-03-01': ['S0'] } })
    expect(outside.datesOutsideUniverse).toEqual(['2026-03-02', '2026-03-03'])
    expect(outside.counts.notMember).toBe(20)
  })

  for (const [path, count] of [
    ['data/xy-2026-02-real/xy.parquet', 113],
    ['data/xy-2024-02/xy_synthetic.parquet', 98],
  ] as const) {
    const file = shared(path)
    it.skipIf(file === undefined)(`reads ${path}`, async () => {
      const { table } = await decodeParquet(readFileSync(file!), path)
      const tables = splitDays(table)
      const dates = [...tables.keys()].sort()
      const range = { from: dates[0]!, to: date('2027-01-01') }
      const matrix = await loadMatrix({ days: memoryDays(tables), range, label: 'y_60m' })
      expect(matrix.features).toHaveLength(count)
      expect(matrix.rows).toBe(table.rows)
      const column = matrix.features.at(-1)!
      const stored = table.columns.get(column)!.data as Float32Array
      expect(matrix.x.filter((_, i) => i % count === count - 1)).toEqual(stored)
      expect([...matrix.y]).toEqual([...(table.columns.get('y_60m')!.data as Float32Array)])
    })
  }

  it('memory: fills from columns of a few at a time', async () => {
    // 70 features are three chunks of columns; the result is the same as from one.
    const names = Array.from({ length: 70 }, (_, i) => `x_1m_F${i}`)
    const rows = Array.from({ length: 9 }, (_, r): Row => {
      const t = dateMs(SPAN.from) + r * MINUTE_MS
      return { t, symbol: 'S', values: [...names.map((_, f) => r * 100 + f), r] }
    })
    const days = diskDays(memoryDisk(filesOf(new Map([[SPAN.from, tableOf(rows, 64, names)]]))), 'xy', 3)
    const matrix = await loadMatrix({ days, range: SPAN, label: LABEL })
    expect([...matrix.x]).toEqual(rows.flatMap((row) => row.values.slice(0, 70)))
  })

  it('an empty table is a day without rows', async () => {
    const empty = makeTable([...tableOf([]).columns].map(([name, column]) => [name, column] as const))
    const matrix = await loadMatrix({ days: memoryDays(new Map([['2026-03-01', empty]])), range: SPAN, label: LABEL })
    expect([matrix.rows, matrix.absentDates.length]).toEqual([0, 2])
  })
})
