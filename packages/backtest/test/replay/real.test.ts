import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { gunzipSync } from 'node:zlib'
import { runBacktest, tradeRows } from '@cointrader/backtest/replay/index'
import { HOUR_MS } from '@cointrader/core'
import { crossSection, indicatorScore, makeBarSet, mtfPullback, type SymbolBars } from '@cointrader/strategies'
import { makeConfig, PORTFOLIO_DEFAULTS } from '@cointrader/trading'
import { describe, expect, it } from 'vitest'
import { read15m, shared } from './shared.js'

const file = shared('data/binance-15m/XRPUSDT_15m.parquet')

describe.skipIf(!file)('one year of XRP, 15 minutes', () => {
  it('runs the scored signal on both paths with equal results and closed books', async () => {
    const { bars, funding } = await read15m(file!, 'XRPUSDT')
    const costs = { funding: { kind: 'recorded', rates: new Map([['XRPUSDT', funding]]) } } as const
    const config = makeConfig(['XRPUSDT'], { killSymbol: null, killPortfolio: null })
    const strategy = indicatorScore({ stopAtr: 1.5, targetAtr: 4 })
    const fast = runBacktest({ bars, strategy, config, costs, path: 'fast' })
    const reference = runBacktest({ bars, strategy, config, costs, path: 'reference' })
    expect({ ...fast, path: '' }).toEqual({ ...reference, path: '' })
    const rows = tradeRows(fast)
    const net = rows.reduce((sum, t) => sum + t.netPnl, 0)
    expect(fast.finalEquity).toBeCloseTo(1000 + net, 6)
    expect(rows.length).toBeGreaterThan(50)
    expect(fast.notes.map((n) => n.code)).toEqual(expect.arrayContaining(['filters-absent', 'brackets-absent']))
    const t0 = performance.now()
    for (let k = 0; k < 20; k++) runBacktest({ bars, strategy, config, costs, path: 'fast' })
    const ms = (performance.now() - t0) / 20
    console.log(`XRP: ${rows.length} trades, net ${net.toFixed(2)}, with indicators ${ms.toFixed(1)} ms a run`)
  })

  it('runs the multi-timeframe pull-back', async () => {
    const { bars, funding } = await read15m(file!, 'XRPUSDT')
    const costs = { funding: { kind: 'recorded', rates: new Map([['XRPUSDT', funding]]) } } as const
    const config = makeConfig(['XRPUSDT'], { killSymbol: null, killPortfolio: null })
    const result = runBacktest({ bars, strategy: mtfPullback(), config, costs })
    const rows = tradeRows(result)
    expect(result.path).toBe('reference')
    expect(rows.length).toBeGreaterThan(10)
    expect(result.finalEquity).toBeCloseTo(1000 + rows.reduce((sum, t) => sum + t.netPnl, 0), 6)
    console.log(`XRP pull-back: ${rows.length} trades, equity ${result.finalEquity.toFixed(2)}`)
  })
})

const folder = shared('data/ohlcv/1h-2025-09_2026-02')
const rates = shared('data/ohlcv/funding-rate-long')

describe.skipIf(!folder || !rates)('a hundred symbols, half a year of hours', () => {
  it('runs the cross-section of momentum, and names the symbols without funding', () => {
    const bars = makeBarSet(
      HOUR_MS,
      readdirSync(folder!)
        .filter((n) => n.endsWith('.csv.gz'))
        .map((n) => readCsv(join(folder!, n), n.split('-')[0]!)),
    )
    expect(bars.symbols.length).toBe(100)
    const funding = new Map(
      readdirSync(rates!)
        .filter((n) => n.endsWith('.csv'))
        .map((n) => {
          const rows = readFileSync(join(rates!, n), 'utf8')
            .trim()
            .split('\n')
            .slice(1)
            .map((line) => line.split(','))
          const times = Float64Array.from(rows, (r) => Number(r[0]))
          return [n.slice(0, -4), { times, rates: Float64Array.from(rows, (r) => Number(r[2])) }] as const
        }),
    )
    const scores = bars.columns.map(({ close }) => close.map((c, i) => (i < 72 ? Number.NaN : c / close[i - 72]! - 1)))
    const config = makeConfig(bars.symbols, { maxDrawdown: 0.9 }, PORTFOLIO_DEFAULTS)
    const strategy = crossSection({ holdingBars: 24 })
    const t0 = performance.now()
    const result = runBacktest({
      bars,
      strategy,
      scores,
      config,
      costs: { funding: { kind: 'recorded', rates: funding } },
    })
    const ms = performance.now() - t0
    const absent = result.notes.find((n) => n.code === 'funding-absent')!.symbols
    expect(absent.length).toBe(100 - [...funding.keys()].filter((s) => bars.symbols.includes(s)).length)
    expect(absent).not.toContain('BTCUSDT')
    const net = tradeRows(result).reduce((sum, t) => sum + t.netPnl, 0)
    expect(result.finalEquity).toBeCloseTo(1000 + net, 6)
    expect(result.trades.count).toBeGreaterThan(1000)
    console.log(
      `100 symbols: ${result.trades.count} trades, equity ${result.finalEquity.toFixed(2)}, ${absent.length} without funding, ${ms.toFixed(0)} ms`,
    )
  })
})

/** open_time, open, high, low, close, volume, … */
function readCsv(path: string, symbol: string): SymbolBars {
  const rows = gunzipSync(readFileSync(path))
    .toString()
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => line.split(','))
  const column = (k: number): Float64Array => Float64Array.from(rows, (r) => Number(r[k]))
  return {
    symbol,
    times: column(0),
    open: column(1),
    high: column(2),
    low: column(3),
    close: column(4),
    volume: column(5),
  }
}
