import { readFileSync } from 'node:fs'
import { seededRandom } from '@cointrader/core'
import { auditDays } from '@cointrader/features/dataset/audit'
import {
  banDatesText,
  parseBanDates,
  readBanDates,
  refreshBanDates,
  updateBanDates,
} from '@cointrader/features/dataset/bans'
import { diskDays, memoryDays } from '@cointrader/features/dataset/days'
import { describe, expect, it } from 'vitest'
import { date, FEATURES, filesOf, LABEL, memoryDisk, randomRows, shared, tableOf, tablesOf } from './support.js'

const SPAN = { from: date('2026-03-01'), to: date('2026-03-05') }

describe('audit', () => {
  it('equals the cell by cell count', async () => {
    for (let seed = 0; seed < 20; seed++) {
      const rows = randomRows(seededRandom(seed), { days: 3, symbols: 3, minutes: 2, gap: 0.2, bad: 0.04 })
      const audit = await auditDays(memoryDays(tablesOf(rows)), SPAN)
      expect(audit.days.map((d) => d.state)).toEqual(['present', 'present', 'present', 'absent'])
      for (const [f, name] of [...FEATURES, LABEL].entries()) {
        const cells = [...rows.values()].flatMap((list) => list.map((row) => row.values[f]!))
        const perDay = [...rows.values()].map((list) => list.map((row) => row.values[f]!))
        const finite = cells.filter(Number.isFinite)
        const nan = cells.filter(Number.isNaN).length
        expect(audit.columns.find((c) => c.column === name)).toEqual({
          column: name,
          role: name === LABEL ? 'label' : 'feature',
          cells: cells.length,
          nan,
          plusInfinity: cells.filter((x) => x === Number.POSITIVE_INFINITY).length,
          minusInfinity: cells.filter((x) => x === Number.NEGATIVE_INFINITY).length,
          badShare: (cells.length - finite.length) / cells.length,
          badDays: perDay.filter((day) => !day.every(Number.isFinite)).length,
          absentDays: 0,
          min: Math.fround(Math.min(...finite)),
          max: Math.fround(Math.max(...finite)),
          constant: false,
          constantDays: perDay.filter((day) => new Set(day.filter(Number.isFinite)).size < 2).length,
        })
      }
      expect(audit.columns).toHaveLength(4)
      // RP-21: only columns that start with x; dates without one have no key.
      for (const [day, list] of rows) {
        const bad = FEATURES.filter((_, f) => list.some((row) => !Number.isFinite(row.values[f]!)))
        expect(audit.banDates.nan_dates[day]).toEqual(bad.length > 0 ? bad : undefined)
      }
      expect(audit.banDates.missing_dates).toEqual(['2026-03-04'])
    }
  })

  it('names dead and absent columns, and a damaged file with its reason', async () => {
    const rows = randomRows(seededRandom(1), { days: 3, symbols: 2, minutes: 2, gap: 0, bad: 0 })
    const tables = tablesOf(rows)
    const flat = [...rows.values()][1]!.map((r) => ({ ...r, values: [1, Number.NaN, r.values[2]!, r.values[3]!] }))
    tables.set(date('2026-03-02'), tableOf(flat))
    const files = filesOf(tables)
    files.set('xy/2026-03-04_xy_top3.parquet', new Uint8Array(100))
    const audit = await auditDays(diskDays(memoryDisk(files), 'xy', 3), SPAN)
    expect(audit.days[3]).toMatchObject({ state: 'damaged', reason: expect.stringContaining('E_FILE_CORRUPT') })
    expect(audit.banDates.missing_dates).toEqual(['2026-03-04'])
    expect(audit.days[1]).toMatchObject({ rows: 8, symbols: 2, badCells: 8, badColumns: 1 })
    expect(audit.columns.find((c) => c.column === 'x_1m_A')).toMatchObject({ constant: false, constantDays: 1 })
    const only = await auditDays(diskDays(memoryDisk(files), 'xy', 3), {
      from: date('2026-03-02'),
      to: date('2026-03-03'),
    })
    expect(only.columns.find((c) => c.column === 'x_1m_A')).toMatchObject({ constant: true, min: 1, max: 1 })
    expect(only.columns.find((c) => c.column === 'x_5m_B')).toMatchObject({ constant: true, nan: 8, min: Number.NaN })
    const third = flat.map((r) => ({ ...r, t: r.t + 86_400_000 }))
    tables.set(date('2026-03-03'), tableOf(third, 32, ['x_1m_A', 'x_5m_B', 'x_9m_New']))
    const mixed = await auditDays(memoryDays(tables), SPAN)
    expect(mixed.columns.find((c) => c.column === 'x_9m_New')).toMatchObject({ absentDays: 2 })
    expect(mixed.columns.find((c) => c.column === 'x_5m_B_neut')).toMatchObject({ absentDays: 1 })
    // A table with rows of another day is damaged, and nothing of it is counted.
    tables.set(date('2026-03-03'), tableOf(flat, 32, ['x_1m_A', 'x_5m_B', 'x_8m_No']))
    const shifted = await auditDays(memoryDays(tables), SPAN)
    expect(shifted.days[2]).toMatchObject({ state: 'damaged', reason: expect.stringContaining('not of 2026-03-03') })
    expect(shifted.columns.map((c) => c.column)).not.toContain('x_8m_No')
  })
})

describe('global_ban_dates.json', () => {
  const real = shared('data/research-config/global_ban_dates.json')
  it.skipIf(real === undefined)('reads the published file (numbers of RP-21)', () => {
    const bans = parseBanDates(readFileSync(real!, 'utf8'), real!)
    expect(bans.missing_dates).toHaveLength(9)
    const lists = Object.values(bans.nan_dates)
    expect(lists).toHaveLength(59)
    expect(new Set(lists.flat()).size).toBe(472)
    expect(lists.filter((columns) => columns.length >= 436)).toHaveLength(6)
    expect(parseBanDates(banDatesText(bans), 'again')).toEqual(bans)
  })

  it('a date recovers when an audit finds it well, and other dates stay', async () => {
    const before = {
      missing_dates: ['2026-02-01', '2026-03-01', '2026-03-02'].map(date),
      nan_dates: { '2026-02-02': ['x_1m_A'], '2026-03-03': ['x_1m_A'] },
    }
    const found = { missing_dates: [date('2026-03-02')], nan_dates: { '2026-03-01': ['x_5m_B'] } }
    const audited = ['2026-03-01', '2026-03-02', '2026-03-03'].map(date)
    const after = refreshBanDates(before, found, audited)
    expect(after).toEqual({
      missing_dates: ['2026-02-01', '2026-03-02'],
      nan_dates: { '2026-02-02': ['x_1m_A'], '2026-03-01': ['x_5m_B'] },
    })
    const disk = memoryDisk()
    expect(await readBanDates(disk, 'bans.json')).toBeUndefined()
    await updateBanDates(disk, 'bans.json', before, [])
    expect(await updateBanDates(disk, 'bans.json', found, audited)).toEqual(after)
    expect(await readBanDates(disk, 'bans.json')).toEqual(after)
  })

  it.each([
    ['[]', 'not a JSON object'],
    ['{"missing_dates": 1, "nan_dates": {}}', 'missing_dates is not a list'],
    ['{"missing_dates": ["2026-02-30"], "nan_dates": {}}', 'missing_dates[0]: "2026-02-30" is not a date'],
    ['{"missing_dates": [], "nan_dates": []}', 'nan_dates is not an object'],
    ['{"missing_dates": [], "nan_dates": {"2026-01-01": [1]}}', 'nan_dates["2026-01-01"] is not a list'],
    ['{"missing_dates": [], "nan_dates": {"x": []}}', 'nan_dates: "x" is not a date'],
    ['{', 'E_FILE_CORRUPT'],
  ])('refuses %s', (text, what) => {
    expect(() => parseBanDates(text, 'bans.json')).toThrow(what)
  })
})
