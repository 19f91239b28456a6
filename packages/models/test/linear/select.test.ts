import { dateMs, MINUTE_MS, seededRandom, type UtcDate } from '@cointrader/core'
import { memoryDays, splitDays } from '@cointrader/features/dataset/days'
import { monthWindows, selectByCorrelation, selectionList } from '@cointrader/features/dataset/select'
import {
  type LassoSelectionRequest,
  lassoCv,
  lassoList,
  rankByLasso,
  selectByLasso,
} from '@cointrader/models/linear/index'
import { makeTable, type Table } from '@cointrader/store'
import { describe, expect, it } from 'vitest'
import { matrix } from './support.js'

const date = (text: string): UtcDate => text as UtcDate
const NAMES = Array.from({ length: 6 }, (_, f) => `x_1m_F${f}`)

/** Every tenth day of four months; F0 and F1 move the label, the rest is noise; some cells are missing. */
function days() {
  const random = seededRandom(5)
  const rows: { t: number; s: string; x: number[]; y: number }[] = []
  for (let d = 0; d < 120; d += 10) {
    for (let m = 0; m < 100; m++) {
      for (const s of ['A', 'B']) {
        const x = NAMES.map(() => random.normal())
        const y = 3 * x[0]! - 2 * x[1]! + 2 * random.normal()
        if (random.next() < 0.05) x[random.int(6)] = Number.NaN
        rows.push({ t: dateMs(date('2026-01-01')) + d * 86_400_000 + (1300 + m) * MINUTE_MS, s, x, y })
      }
    }
  }
  const table = makeTable([
    ['symbol', { type: 'string', data: rows.map((r) => r.s) }],
    ['start_time_ms', { type: 'int64', data: Float64Array.from(rows, (r) => r.t) }],
    ...NAMES.map((name, f) => [name, { type: 'float32', data: Float32Array.from(rows, (r) => r.x[f]!) }] as const),
    ['y_60m', { type: 'float64', data: Float64Array.from(rows, (r) => r.y) }],
  ])
  return { rows, days: memoryDays(splitDays(table) as Map<UtcDate, Table>) }
}

const TRAINING = { from: date('2026-01-01'), to: date('2026-05-01') }
const source = days()
const base: LassoSelectionRequest = {
  days: source.days,
  label: 'y_60m',
  windows: monthWindows('2026-01', 2, 1, 3),
  training: TRAINING,
  heldOut: [{ from: date('2026-05-01'), to: date('2026-06-01') }],
  candidates: NAMES,
  fraction: 1,
  cv: { alphas: [1, 0.5, 0.2, 0.1] },
}

describe('lasso selection', () => {
  it('on top of the correlation step, finds what moves the label', async () => {
    const correlation = await selectByCorrelation({ ...base, features: NAMES, minCorrelation: 0.0001 })
    const candidates = selectionList(correlation.ranking, 2)
    const { windows, ranking } = await selectByLasso({ ...base, candidates })
    expect(windows.length).toBe(3)
    expect(lassoList(ranking, 2)).toEqual(['x_1m_F0', 'x_1m_F1'])
    expect(ranking[0]).toMatchObject({ windows: 3 })
    expect(ranking[0]!.meanCoefficient).toBeGreaterThan(2)
  })

  it('a window equals LassoCV on its complete rows; a draw has the size asked for', async () => {
    const one = { ...base, windows: base.windows.slice(0, 1) }
    const { windows } = await selectByLasso(one)
    const rows = source.rows.filter((r) => r.t < dateMs(date('2026-03-01')) && r.x.every(Number.isFinite))
    const expected = lassoCv(
      matrix(
        rows.map((r) => r.x.map(Math.fround)),
        'column',
        NAMES,
      ),
      rows.map((r) => r.y),
      { ...base.cv, time: Float64Array.from(rows, (r) => r.t), looksUntilMinutes: 61 },
    )
    expect(windows[0]!.rows).toBe(rows.length)
    expect(windows[0]!.alpha).toBe(expected.alpha)
    for (const { feature, coefficient } of windows[0]!.selected) {
      expect(coefficient).toBeCloseTo(expected.model.coefficients[NAMES.indexOf(feature)]!, 9)
    }
    const drawn = await selectByLasso({ ...one, fraction: 0.25 })
    expect(drawn.windows[0]!.drawn).toBe(Math.round(rows.length * 0.25))
    expect(await selectByLasso({ ...one, fraction: 0.25 })).toEqual(drawn)
  })

  it('rows whose label looks into a held-out range go; windows may not touch it', async () => {
    // Two days are too few for the purge between folds.
    const cv = { ...base.cv, purge: 'none' } as const
    const cut = { ...base, cv, windows: [{ from: date('2026-01-01'), to: date('2026-01-12') }] }
    const near = { ...cut, training: cut.windows[0]!, heldOut: [{ from: date('2026-01-12'), to: date('2026-01-13') }] }
    const { windows } = await selectByLasso(near)
    const whole = await selectByLasso(cut)
    // 2026-01-11 has rows from 21:40 on; of its 100 minutes those from 22:59 on look past midnight.
    const gone = source.rows.filter(
      (r) => r.t > dateMs(date('2026-01-11')) && r.t < dateMs(date('2026-01-12')) && r.x.every(Number.isFinite),
    )
    const late = gone.filter((r) => r.t + 61 * MINUTE_MS > dateMs(date('2026-01-12')))
    expect(late.length).toBeGreaterThan(0)
    expect(windows[0]!.rows).toBe(whole.windows[0]!.rows - late.length)
    const touching = [{ from: date('2026-04-20'), to: date('2026-06-01') }]
    await expect(selectByLasso({ ...base, heldOut: touching })).rejects.toThrow(/E_USAGE: selection on .*held-out/)
    const narrow = { from: date('2026-01-01'), to: date('2026-02-01') }
    await expect(selectByLasso({ ...base, training: narrow })).rejects.toThrow(/not inside the training range/)
    await expect(selectByLasso({ ...base, candidates: [] })).rejects.toThrow(/E_USAGE: candidates/)
  })

  it('ranks by windows, then mean size, then name', () => {
    const window = (...selected: [string, number][]) => ({
      selected: selected.map(([feature, coefficient]) => ({ feature, coefficient })),
    })
    const ranking = rankByLasso([window(['a', -3], ['b', 1]), window(['b', 2], ['c', 9]), window(['d', -9])])
    expect(ranking.map((r) => [r.feature, r.windows, r.meanCoefficient])).toEqual([
      ['b', 2, 1.5],
      ['c', 1, 9],
      ['d', 1, 9],
      ['a', 1, 3],
    ])
  })
})
