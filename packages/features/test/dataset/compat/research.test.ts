import { readFileSync } from 'node:fs'
import { seededRandom } from '@cointrader/core'
import { parseBanDates } from '@cointrader/features/dataset/bans'
import {
  researchBans,
  researchCnnEnds,
  researchCnnRows,
  researchDateSplit,
  researchPanels,
  researchTimeSplit,
} from '@cointrader/features/dataset/compat/research'
import { memoryDays, splitDays } from '@cointrader/features/dataset/days'
import { loadMatrix } from '@cointrader/features/dataset/matrix'
import { decodeParquet } from '@cointrader/store'
import { describe, expect, it } from 'vitest'
import { date, LABEL, randomRows, shared, tablesOf } from '../support.js'

describe('research data rules', () => {
  it('bans: networks zero the columns, the tabular reader leaves the days out', async () => {
    const rows = randomRows(seededRandom(1), { days: 4, symbols: 2, minutes: 2, gap: 0, bad: 0 })
    const text = '{"missing_dates": ["2026-03-01"], "nan_dates": {"2026-03-03": ["x_5m_B", "x_9m_Other"]}}'
    const bans = parseBanDates(text, 'bans')
    const base = {
      days: memoryDays(tablesOf(rows)),
      range: { from: date('2026-03-01'), to: date('2026-03-05') },
      label: LABEL,
    }
    const networks = await loadMatrix({ ...base, policy: researchBans(bans, 'networks') })
    expect([networks.rows, networks.skippedDates]).toEqual([3 * 8, ['2026-03-01']])
    const zeros = Array.from({ length: networks.rows }, (_, r) => networks.x[r * 3 + 1] === 0)
    expect(zeros).toEqual([...Array(8).fill(false), ...Array(8).fill(true), ...Array(8).fill(false)])
    const tabular = await loadMatrix({ ...base, policy: researchBans(bans, 'tabular') })
    expect([tabular.rows, tabular.skippedDates]).toEqual([2 * 8, ['2026-03-01', '2026-03-03']])
    const ours = await loadMatrix(base)
    expect(ours.rows).toBe(4 * 8)
  })

  it('a zeroed column does not drop its rows', async () => {
    const rows = randomRows(seededRandom(1), { days: 1, symbols: 1, minutes: 2, gap: 0, bad: 0 })
    const bad = new Map([...rows].map(([d, list]) => [d, list.map((r) => ({ ...r, values: [1, Number.NaN, 2, 3] }))]))
    const bans = { missing_dates: [], nan_dates: { '2026-03-01': ['x_5m_B'] } }
    const base = {
      days: memoryDays(tablesOf(bad)),
      range: { from: date('2026-03-01'), to: date('2026-03-02') },
      label: LABEL,
    }
    expect((await loadMatrix(base)).counts).toMatchObject({ kept: 0, missingFeatures: 4 })
    expect((await loadMatrix({ ...base, policy: researchBans(bans, 'networks') })).rows).toBe(4)
  })

  it('RP-26: a run of exactly L rows gives nothing, of L + 1 two; gaps do not matter; L = 1 is every row', () => {
    const symbol = ['A', 'A', 'A', 'B', 'B', 'B', 'B', 'C']
    expect([...researchCnnEnds(symbol, 3)]).toEqual([5, 6])
    expect([...researchCnnEnds(symbol, 1)]).toEqual([0, 1, 2, 3, 4, 5, 6, 7])
    expect([...researchCnnEnds([], 3)]).toEqual([])
    expect([...researchCnnRows(Float64Array.of(0.5, 1, -1, 1.01, Number.NaN, Number.POSITIVE_INFINITY))]).toEqual([
      0, 1, 2,
    ])
  })

  it('RP-29: equals the plain reading of the rule', () => {
    const random = seededRandom(5)
    for (let round = 0; round < 200; round++) {
      const [nodes, length] = [1 + random.int(3), 1 + random.int(4)]
      const frame: { t: number; s: string }[] = []
      for (let t = 0; t < 14; t++) {
        for (const s of 'ABCD') if (random.next() < 0.85) frame.push({ t: t * 7, s })
      }
      const times = [...new Set(frame.map((r) => r.t))].map((t) => frame.filter((r) => r.t === t))
      const available = times.filter((rows) => rows.length >= nodes).map((rows) => rows.slice(0, nodes))
      const expected: number[] = []
      let count = 0
      for (let from = 0; from + length <= available.length; from++) {
        const steps = available.slice(from, from + length)
        const common = steps[0]!.filter((r) => steps.every((step) => step.some((q) => q.s === r.s)))
        if (common.length < nodes) continue
        count++
        for (const step of steps) expected.push(...step.map((r) => frame.indexOf(r)))
      }
      const panels = researchPanels(
        frame.map((r) => r.t),
        frame.map((r) => r.s),
        nodes,
        length,
      )
      expect(panels.count).toBe(count)
      expect([...panels.rows]).toEqual(expected)
    }
    expect(() => researchPanels([], [], 0, 1)).toThrow(/E_USAGE/)
  })

  it('splits: 80/10/10 of the times, every 3rd and 4th date', () => {
    expect(researchTimeSplit(25)).toEqual({ train: [0, 20], val: [20, 22], test: [22, 25] })
    const dates = Array.from({ length: 20 }, (_, i) => date(`2026-03-${String(i + 1).padStart(2, '0')}`))
    expect(researchDateSplit(dates, date('2026-03-08'), date('2026-03-12'))).toEqual({
      train: ['2026-03-01', '2026-03-04', '2026-03-07'],
      val: ['2026-03-08', '2026-03-11'],
      test: ['2026-03-12', '2026-03-16', '2026-03-20'],
    })
  })

  const file = shared('data/xy-2026-02-real/xy.parquet')
  it.skipIf(file === undefined)('RP-D05: the target clip keeps few rows of the real table', async () => {
    const { table } = await decodeParquet(readFileSync(file!), 'xy.parquet', ['start_time_ms', 'y_60m'])
    expect(splitDays(table).size).toBeGreaterThan(10)
    const kept = researchCnnRows(table.columns.get('y_60m')!.data as Float32Array).length
    // Counted with pandas: (y_60m.abs() <= 1).sum(). The specification's 3.3 % is of 24,000 rows; 14,400 are shared.
    expect([kept, table.rows]).toEqual([489, 14_400])
  })
})
