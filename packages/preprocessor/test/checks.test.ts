import { DEFECT_KINDS, type Defect } from '@cointrader/core'
import { distinctDefects, mergeDefects, scanDay, sourceFacts } from '@cointrader/preprocessor'
import { takeRows } from '@cointrader/store'
import { describe, expect, it } from 'vitest'
import { at, blank, DATE, dayTable, METRICS, PREMIUM, type Row, START, soundRow, tableOf } from './support.js'

const short = (defects: readonly Defect[]) =>
  distinctDefects(defects).map((d) => [
    d.kind,
    d.symbol,
    d.source,
    d.column,
    (d.fromMs - START) / 60_000,
    (d.toMs - START) / 60_000,
    d.count,
  ])

describe('scanDay', () => {
  it('finds nothing in a sound day', () => {
    expect(scanDay(dayTable(['AAAUSDT', 'BBBUSDT']), { date: DATE })).toEqual([])
  })

  it('finds each planted defect, exactly those, in the symbol that has it', () => {
    const table = dayTable(['AAAUSDT', 'BBBUSDT', '币安人生USDT'], (row, symbol, m) => {
      if (symbol === 'BBBUSDT') return row
      if (symbol !== 'AAAUSDT') return m < 2 || (m >= 100 && m < 103) || m === 1439 ? undefined : row
      if (m === 200) return { ...row, high: 1 }
      if (m === 210 || m === 211) return { ...row, taker_buy_base: 11 }
      if (m === 220) return { ...row, close: Number.POSITIVE_INFINITY }
      if (m === 230) return blank(row, ['quote_volume'])
      if (m >= 300 && m < 310) return blank(row, PREMIUM)
      if (m === 320) return blank(row, ['pm_high'])
      if (m >= 400 && m < 425) return blank(row, METRICS)
      if (m >= 500 && m < 505) return blank(row, ['mt_top_ls_ratio'])
      if (m >= 600 && m < 610) return { ...row, mt_oi: 0 }
      if (m === 700) return blank(row, ['open', 'close'])
      return row
    })
    expect(short(scanDay(table, { date: DATE }))).toEqual([
      ['impossible_bar', 'AAAUSDT', 'klines', '', 200, 201, 1],
      ['impossible_bar', 'AAAUSDT', 'klines', '', 210, 212, 2],
      ['bad_number', 'AAAUSDT', 'klines', 'close', 220, 221, 1],
      ['impossible_bar', 'AAAUSDT', 'klines', '', 220, 221, 1],
      ['blank_cell', 'AAAUSDT', 'klines', 'quote_volume', 230, 231, 1],
      ['missing_premium', 'AAAUSDT', 'premium', '', 300, 310, 10],
      ['blank_cell', 'AAAUSDT', 'premium', 'pm_high', 320, 321, 1],
      ['stale_metrics', 'AAAUSDT', 'metrics', '', 400, 425, 25],
      ['blank_cell', 'AAAUSDT', 'metrics', 'mt_top_ls_ratio', 500, 505, 5],
      ['zero_open_interest', 'AAAUSDT', 'metrics', 'mt_oi', 600, 610, 10],
      ['blank_cell', 'AAAUSDT', 'klines', 'close', 700, 701, 1],
      ['blank_cell', 'AAAUSDT', 'klines', 'open', 700, 701, 1],
      ['missing_bars', '币安人生USDT', 'klines', '', 0, 2, 2],
      ['missing_bars', '币安人生USDT', 'klines', '', 100, 103, 3],
      ['missing_bars', '币安人生USDT', 'klines', '', 1439, 1440, 1],
    ])
  })

  it('finds rows that a sound table does not have', () => {
    const off: Row = { ...soundRow('AAAUSDT', 10), start_time_ms: at(10) + 1 }
    const other: Row = { ...soundRow('AAAUSDT', 10), start_time_ms: at(1440) }
    const changed: Row = { ...soundRow('AAAUSDT', 30), volume_base: 11 }
    const rows = dayTable(['AAAUSDT'], (row) => row, [other, off, soundRow('AAAUSDT', 20), changed])
    expect(short(scanDay(rows, { date: DATE }))).toEqual([
      ['shifted_label', 'AAAUSDT', 'klines', '', 10 + 1 / 60_000, 11 + 1 / 60_000, 1],
      ['unordered_rows', 'AAAUSDT', 'klines', '', 10 + 1 / 60_000, 1441, 3],
      ['duplicate_bar', 'AAAUSDT', 'klines', '', 20, 21, 1],
      ['conflicting_bar', 'AAAUSDT', 'klines', '', 30, 31, 1],
      ['extra_bar', 'AAAUSDT', 'klines', '', 1440, 1441, 1],
    ])
  })

  it('does not look at kinds that were not requested', () => {
    const table = dayTable(['AAAUSDT'], (row) => blank(row, [...PREMIUM, ...METRICS]))
    expect(scanDay(table, { date: DATE, kinds: ['klines'] })).toEqual([])
    expect(scanDay(table, { date: DATE })).toEqual([])
    expect(short(scanDay(table, { date: DATE, kinds: ['klines', 'premium'] }))).toEqual([
      ['missing_premium', 'AAAUSDT', 'premium', '', 0, 1440, 1440],
    ])
  })

  it('takes minutes outside the life of a contract for no gap', () => {
    const table = dayTable(['NEWUSDT'], (row, _, m) => (m < 600 || m >= 1200 ? undefined : row))
    const live = { NEWUSDT: [at(599), at(1200) - 500] as const }
    expect(short(scanDay(table, { date: DATE, live }))).toEqual([
      ['missing_bars', 'NEWUSDT', 'klines', '', 599, 600, 1],
    ])
  })

  it('does not depend on the order of the symbols in the rows', () => {
    const table = dayTable(['BBBUSDT', 'AAAUSDT'], (row, symbol, m) =>
      symbol === 'AAAUSDT' && m === 5 ? blank(row, ['open']) : row,
    )
    const swapped = takeRows(
      table,
      Array.from({ length: table.rows }, (_, i) => i ^ 1),
    )
    expect(scanDay(swapped, { date: DATE })).toEqual(scanDay(table, { date: DATE }))
  })

  it('handles an empty table', () => {
    expect(scanDay(tableOf([]), { date: DATE })).toEqual([])
  })
})

describe('mergeDefects', () => {
  const base = { symbol: 'AAAUSDT', detail: 'x', count: 1 }
  const source = (d: Partial<Defect>): Defect => ({
    ...base,
    kind: 'missing_bars',
    source: 'klines',
    column: '',
    fromMs: at(10),
    toMs: at(11),
    ...d,
  })

  it('tells a hole once, by its cause, and keeps what the cause does not reach', () => {
    const table = dayTable(['AAAUSDT'], (row, _, m) => (m >= 10 && m < 13 ? undefined : row))
    const merged = mergeDefects(
      [source({ kind: 'shifted_label', fromMs: at(11) + 5, toMs: at(12) })],
      scanDay(table, { date: DATE }),
      DATE,
    )
    expect(short(merged)).toEqual([
      ['missing_bars', 'AAAUSDT', 'klines', '', 10, 11, 1],
      ['shifted_label', 'AAAUSDT', 'klines', '', 11 + 5 / 60_000, 12, 1],
      ['missing_bars', 'AAAUSDT', 'klines', '', 12, 13, 1],
    ])
  })

  it('needs the same symbol, source and column', () => {
    const table = dayTable(['AAAUSDT'], (row, _, m) => (m === 10 ? blank(row, ['open']) : row))
    const scan = scanDay(table, { date: DATE })
    const kind = 'blank_cell' as const
    expect(mergeDefects([source({ kind, column: 'open' })], scan, DATE)).toHaveLength(1)
    expect(mergeDefects([source({ kind, column: 'close' })], scan, DATE)).toHaveLength(2)
    expect(mergeDefects([source({ kind, column: 'open', symbol: 'BBBUSDT' })], scan, DATE)).toHaveLength(2)
    expect(mergeDefects([source({ kind, column: 'open', source: 'premium' })], scan, DATE)).toHaveLength(2)
    expect(mergeDefects([source({ kind: 'duplicate_bar' })], scan, DATE)).toHaveLength(2)
  })

  it('explains a minute without metrics by its five blank cells, but not by four', () => {
    const table = dayTable(['AAAUSDT'], (row, _, m) => (m === 10 ? blank(row, METRICS) : row))
    const blanks = METRICS.map((column) => source({ kind: 'blank_cell', source: 'metrics', column }))
    expect(mergeDefects(blanks, scanDay(table, { date: DATE }), DATE)).toHaveLength(5)
    expect(mergeDefects(blanks.slice(1), scanDay(table, { date: DATE }), DATE)).toHaveLength(5)
  })

  it('explains the first five minutes by the absent metrics file of the day before', () => {
    const table = dayTable(['AAAUSDT'], (row, _, m) => (m < 6 ? blank(row, METRICS) : row))
    const { defects, kinds } = sourceFacts(
      {
        kinds: ['klines', 'metrics'],
        sources: [],
        absent: [{ kind: 'metrics', symbol: 'AAAUSDT', path: 'x/AAAUSDT-metrics-2026-01-31.zip', reason: '404' }],
      },
      DATE,
      {},
      'm',
    )
    expect(kinds).toEqual(['klines', 'metrics'])
    expect(short(mergeDefects(defects, scanDay(table, { date: DATE, kinds }), DATE))).toEqual([
      ['absent_source', 'AAAUSDT', 'metrics', '', -1440, 0, 1],
      ['stale_metrics', 'AAAUSDT', 'metrics', '', 5, 6, 1],
    ])
  })
})

describe('sourceFacts', () => {
  const defect = { kind: 'missing_metrics', symbol: 'AAAUSDT', source: 'metrics', column: '', count: 3, detail: '' }
  it('leaves the defects of the day before to the day before', () => {
    const yesterday = { ...defect, fromMs: at(-60), toMs: at(-45) }
    const across = { ...defect, fromMs: at(-10), toMs: at(5) }
    const facts = sourceFacts(
      { sources: [{ path: 'AAAUSDT-metrics-2026-01-31.zip', defects: [yesterday, across] }] },
      DATE,
      {},
      'm',
    )
    expect(facts.defects).toEqual([across])
  })
  it('takes a symbol that was not listed for no absence', () => {
    const gone = (symbol: string) => ({ kind: 'klines', symbol, path: `${symbol}-1m-2026-02-01.zip`, reason: '404' })
    const details = { sources: [], absent: [gone('LATEUSDT'), gone('DEADUSDT'), gone('LIVEUSDT')] }
    const live = { LATEUSDT: [at(1440), null], DEADUSDT: [null, at(0)] } as const
    expect(sourceFacts(details, DATE, live, 'm').defects.map((d) => [d.kind, d.symbol])).toEqual([
      ['absent_source', 'LIVEUSDT'],
    ])
  })
  it('counts a refused file as absent, and calls premium columns by their names in the day table', () => {
    const refused = [
      {
        kind: 'metrics',
        symbol: 'AAAUSDT',
        path: 'x/AAAUSDT-metrics-2026-02-01.zip',
        code: 'E_CHECKSUM',
        message: 'long text',
      },
    ]
    const bad = { ...defect, kind: 'bad_number', source: 'premium', column: 'open', fromMs: at(1), toMs: at(2) }
    const sources = [{ path: 'AAAUSDT-1m-2026-02-01.zip', defects: [bad] }]
    const { defects } = sourceFacts({ sources, absent: [], refused }, DATE, {}, 'm')
    expect(defects.map((d) => [d.kind, d.source, d.column, d.detail])).toEqual([
      ['bad_number', 'premium', 'pm_open', ''],
      ['absent_source', 'metrics', '', 'x/AAAUSDT-metrics-2026-02-01.zip: E_CHECKSUM'],
    ])
  })
  it('refuses what is not a defect', () => {
    expect(() =>
      sourceFacts({ sources: [{ path: 'x', defects: [{ kind: 'nonsense' }] }] }, DATE, {}, 'm.json'),
    ).toThrow(/E_FILE_CORRUPT.*m\.json/)
  })
  it('knows every kind of the catalogue', () => {
    const defects = Object.keys(DEFECT_KINDS).map((kind) => ({ ...defect, kind, fromMs: at(0), toMs: at(1) }))
    expect(sourceFacts({ sources: [{ path: '-2026-02-01.zip', defects }] }, DATE, {}, 'm').defects).toHaveLength(16)
  })
})
