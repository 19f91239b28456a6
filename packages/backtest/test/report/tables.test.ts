import { explainTrade } from '@cointrader/backtest/report/explain'
import { equityTable, tableCsv, tradesTable } from '@cointrader/backtest/report/tables'
import { tradeAt } from '@cointrader/backtest/statistics/source'
import { decodeParquet, encodeParquet, makeTable } from '@cointrader/store'
import { expect, test } from 'vitest'
import { syntheticResult } from '../statistics/fixture.js'

const { result } = syntheticResult({ bars: 24 * 60 })

test('trades and equity survive Parquet', async () => {
  for (const table of [tradesTable(result), equityTable(result)]) {
    const back = await decodeParquet(encodeParquet(table), 'table')
    expect(back.table.rows).toBe(table.rows)
    for (const [name, column] of table.columns) {
      expect([...back.table.columns.get(name)!.data], name).toEqual([...column.data])
    }
  }
  expect(tradesTable(result).rows).toBe(result.trades.count)
  expect(equityTable(result).rows).toBe(result.equity.count)
})

test('CSV reads back to the same numbers', () => {
  const lines = tableCsv(tradesTable(result)).trimEnd().split('\n')
  const head = lines[0].split(',')
  expect(head.slice(0, 6)).toEqual(['trade', 'symbol', 'side', 'entry_time_ms', 'entry_time', 'exit_time_ms'])
  expect(lines.length).toBe(result.trades.count + 1)
  lines.slice(1).forEach((line, i) => {
    const row = Object.fromEntries(line.split(',').map((cell, c) => [head[c], cell]))
    const t = tradeAt(result, i)
    expect(row).toMatchObject({ symbol: t.symbol, side: t.side === 1 ? 'long' : 'short', close_reason: t.reason })
    expect(Number(row.net_pnl)).toBe(t.netPnl)
    expect(Number(row.entry_price)).toBe(t.entryPrice)
    expect(Date.parse(`${row.exit_time.replace(' ', 'T')}Z`)).toBe(Math.floor(t.exitTime / 1000) * 1000)
  })
})

test('CSV quotes what would break it, and leaves absent numbers empty', () => {
  const csv = tableCsv(
    makeTable([
      ['name', { type: 'string', data: ['a,b', 'say "x"', '=1+1', 'plain'] }],
      ['value', { type: 'float64', data: Float64Array.of(0.1, Number.NaN, Number.POSITIVE_INFINITY, -1e-9) }],
    ]),
  )
  expect(csv).toBe('name,value\n"a,b",0.1\n"say ""x""",\n\'=1+1,\nplain,-1e-9\n')
})

test('a trade is explained with its decisions, orders, fills and costs', () => {
  const id = 3
  const t = tradeAt(result, id - 1)
  const text = explainTrade(result, id)
  expect(text).toContain(`Trade ${id} of ${result.trades.count}: ${t.symbol} ${t.side === 1 ? 'long' : 'short'}`)
  expect(text).toContain(`#${t.decision} enter accepted`)
  expect(text).toContain(`#${t.exitDecision} exit accepted`)
  expect(text).toContain('"score 4 of 6')
  const fills = text.slice(text.indexOf('Fills')).trimEnd().split('\n').slice(1)
  expect(fills.length).toBe(2)
  const fees = fills.map((line) => Number(line.slice(line.lastIndexOf(' '))))
  expect(fees[0] + fees[1]).toBeCloseTo(t.entryFee + t.exitFee, 5)
  expect(text).not.toMatch(/NaN|undefined/)
})

test('without the record it says so; a number that does not exist is refused', () => {
  expect(explainTrade({ ...result, record: null }, 1)).toContain('run with the full record')
  for (const id of [0, result.trades.count + 1, 1.5]) expect(() => explainTrade(result, id)).toThrow(/E_USAGE/)
})
