import { seededRandom } from '@cointrader/core'
import { DEFAULT_POLICIES, fillDay, RESEARCH_POLICIES, readPolicies, researchFill } from '@cointrader/preprocessor'
import { numbers, strings, takeRows } from '@cointrader/store'
import { describe, expect, it } from 'vitest'
import { at, blank, DATE, dayTable, type Edit, METRICS, PREMIUM, soundRow } from './support.js'

const one = (edit: Edit) => dayTable(['AAAUSDT'], edit)

describe('fillDay', () => {
  it('returns a sound day as it is', () => {
    const table = dayTable(['AAAUSDT', 'BBBUSDT'])
    const day = fillDay(table, DATE, DEFAULT_POLICIES)
    expect(day.table.columns).toEqual(table.columns)
    expect(day.filled.row).toEqual([])
  })

  it('carries a value forward up to the maximum age and says how old it is', () => {
    const table = one((row, _, m) => (m >= 300 && m < 308 ? blank(row, PREMIUM) : row))
    const { table: filled, filled: cells, outcome } = fillDay(table, DATE, DEFAULT_POLICIES)
    const close = numbers(filled, 'pm_close')
    const value = soundRow('AAAUSDT', 299).pm_close
    expect([...close.slice(299, 308)]).toEqual([
      value,
      value,
      value,
      value,
      value,
      value,
      Number.NaN,
      Number.NaN,
      Number.NaN,
    ])
    expect(cells.ageMinutes.slice(0, 5)).toEqual([1, 2, 3, 4, 5])
    expect(cells.row).toHaveLength(4 * 5)
    expect(outcome).toEqual([{ cells: 32, filled: 20 }])
    expect(numbers(table, 'pm_close')[300]).toBeNaN()
  })

  it('measures the age by time, not by rows', () => {
    // Rows 300…306 do not exist: the cell at 307 is one row, but eight minutes, after the last value.
    const table = one((row, _, m) => (m >= 300 && m < 307 ? undefined : m === 307 ? blank(row, PREMIUM) : row))
    expect(fillDay(table, DATE, DEFAULT_POLICIES).filled.row).toEqual([])
    const { filled } = fillDay(table, DATE, readPolicies(undefined, ['missing_premium=forward-fill:8']))
    expect(filled.ageMinutes).toEqual([8, 8, 8, 8])
  })

  it('never looks ahead: missing leading values stay missing', () => {
    const table = one((row, _, m) => (m < 3 ? blank(row, PREMIUM) : row))
    expect(fillDay(table, DATE, DEFAULT_POLICIES).filled.row).toEqual([])
  })

  it('is causal: what comes later never changes an earlier cell', () => {
    const random = seededRandom('causal')
    const holes = Array.from({ length: 1440 }, () => random.next() < 0.3)
    const edit: Edit = (row, _, m) => (holes[m] ? blank(row, [...PREMIUM, 'mt_oi']) : row)
    const whole = fillDay(one(edit), DATE, DEFAULT_POLICIES).table
    for (const cut of [1, 77, 720, 1439]) {
      const part = fillDay(
        one((row, s, m) => edit(m >= cut ? { ...row, pm_close: 9, mt_oi: 9 } : row, s, m)),
        DATE,
        DEFAULT_POLICIES,
      ).table
      for (const name of ['pm_close', 'mt_oi']) {
        expect([...numbers(part, name).slice(0, cut)]).toEqual([...numbers(whole, name).slice(0, cut)])
      }
    }
  })

  it('never fills prices forward', () => {
    const table = one((row, _, m) => (m === 50 ? blank(row, ['close', 'volume_base']) : row))
    const { table: filled, outcome } = fillDay(table, DATE, DEFAULT_POLICIES)
    expect(numbers(filled, 'close')[50]).toBeNaN()
    expect(outcome).toEqual([
      { cells: 1, filled: 0 },
      { cells: 1, filled: 0 },
    ])
  })

  it('leaves stale metrics missing by default and follows another choice', () => {
    const table = one((row, _, m) => (m >= 400 && m < 403 ? blank(row, METRICS) : row))
    expect(fillDay(table, DATE, DEFAULT_POLICIES).filled.row).toEqual([])
    expect(fillDay(table, DATE, readPolicies(undefined, ['stale_metrics=forward-fill:2'])).filled.row).toHaveLength(10)
  })

  it('masks contradictions, and fills open interest when asked to', () => {
    const table = one((row, _, m) => (m === 200 ? { ...row, high: 1 } : m === 600 ? { ...row, mt_oi: 0 } : row))
    const masked = fillDay(table, DATE, DEFAULT_POLICIES).table
    for (const name of ['open', 'high', 'num_trades', 'quote_volume']) expect(numbers(masked, name)[200]).toBeNaN()
    expect(numbers(masked, 'num_trades')[201]).toBe(7)
    expect(numbers(masked, 'pm_open')[200]).toBe(0.001)
    expect(numbers(masked, 'mt_oi')[600]).toBeNaN()
    const carried = fillDay(
      table,
      DATE,
      readPolicies(undefined, ['zero_open_interest=forward-fill', 'impossible_bar=none']),
    ).table
    expect(numbers(carried, 'mt_oi')[600]).toBe(numbers(table, 'mt_oi')[599])
    expect(numbers(carried, 'high')[200]).toBe(1)
  })

  it('takes a trade count that the source did not have for missing, though the integer column stores 0', () => {
    const table = one((row, _, m) => (m === 70 || m === 71 ? { ...row, num_trades: 0 } : row))
    const unread = {
      kind: 'bad_number',
      symbol: 'AAAUSDT',
      source: 'klines',
      column: 'num_trades',
      fromMs: at(70),
      toMs: at(71),
      count: 1,
      detail: '',
    } as const
    const trades = numbers(fillDay(table, DATE, DEFAULT_POLICIES, [unread]).table, 'num_trades')
    expect([...trades.slice(69, 73)]).toEqual([7, Number.NaN, 0, 7])
  })

  it('fills nothing from another symbol', () => {
    const table = dayTable(['AAAUSDT', 'BBBUSDT'], (row, symbol) =>
      symbol === 'BBBUSDT' ? blank(row, ['pm_high']) : row,
    )
    const { table: filled } = fillDay(table, DATE, DEFAULT_POLICIES)
    const symbol = strings(filled, 'symbol')
    expect(numbers(filled, 'pm_high').every((x, i) => Number.isNaN(x) === (symbol[i] === 'BBBUSDT'))).toBe(true)
  })

  it('leaves out rows that a sound table does not have', () => {
    const extra = [
      { ...soundRow('AAAUSDT', 30), taker_buy_base: 5 },
      { ...soundRow('AAAUSDT', 9), start_time_ms: at(1440) },
    ]
    const { table } = fillDay(
      dayTable(['AAAUSDT'], (row) => row, extra),
      DATE,
      DEFAULT_POLICIES,
    )
    expect(table.rows).toBe(1440)
    expect(numbers(table, 'taker_buy_base')[30]).toBe(5)
    expect(numbers(table, 'start_time_ms').every((t, i) => t === at(i))).toBe(true)
  })

  it('with the research policies equals RP-08 cell by cell, also for shuffled symbols', () => {
    const random = seededRandom('research')
    const names = [...PREMIUM, ...METRICS, 'close']
    const table = dayTable(['AAAUSDT', 'BBBUSDT', 'CCCUSDT'], (row) =>
      blank(
        row,
        names.filter(() => random.next() < 0.4),
      ),
    )
    const expected = researchFill(table)
    const { table: filled } = fillDay(table, DATE, RESEARCH_POLICIES)
    for (const [name, column] of expected.columns) expect(filled.columns.get(name)!.data).toEqual(column.data)
    const shuffled = takeRows(
      table,
      Array.from({ length: table.rows }, (_, i) => i - (i % 3) + ((i + 1) % 3)),
    )
    expect(fillDay(shuffled, DATE, RESEARCH_POLICIES).table.columns).toEqual(filled.columns)
  })
})
