/** backtest on scores: only members of the universe are traded, and several tables are as good as one. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { dateOf, MINUTE_MS, seededRandom } from '@cointrader/core'
import { decodeParquet, encodeParquet, makeTable, numbers, strings } from '@cointrader/store'
import { beforeAll, describe, expect, it } from 'vitest'
import { cointrader, tempFolder } from './helpers.js'
import { type Scores, SYMBOLS, writeScores } from './xy-tables.js'

describe('backtest', () => {
  const START = Date.UTC(2026, 1, 4)
  const BARS = 3 * 288
  let bars: string
  let universe: string
  let scores: string
  let table: Scores

  beforeAll(() => {
    bars = tempFolder()
    scores = tempFolder()
    for (const [s, symbol] of SYMBOLS.entries()) {
      const random = seededRandom(`bars ${symbol}`)
      const column = () => new Float64Array(BARS)
      const [time, open, high, low, close, volume] = [column(), column(), column(), column(), column(), column()]
      let price = 100 + s
      for (let i = 0; i < BARS; i++) {
        time[i] = START + i * 300_000
        open[i] = price
        price *= 1 + (random.next() - 0.5) / 100
        close[i] = price
        high[i] = Math.max(open[i]!, price)
        low[i] = Math.min(open[i]!, price)
        volume[i] = 1000
      }
      const columns = { timestamp: time, open, high, low, close, volume }
      const list = Object.entries(columns).map(
        ([name, data]) =>
          [name, { type: name === 'timestamp' ? ('int64' as const) : ('float64' as const), data }] as const,
      )
      writeFileSync(join(bars, `${symbol}_5m.parquet`), encodeParquet(makeTable(list)))
    }
    // A and B are in on all days, C and D on the 5th only, E to H never; of the 6th there is no entry for the others.
    universe = join(bars, 'universe.json')
    writeFileSync(
      universe,
      JSON.stringify({
        '2026-02-04': ['AUSDT', 'BUSDT'],
        '2026-02-05': ['AUSDT', 'BUSDT', 'CUSDT', 'DUSDT'],
        '2026-02-06': ['BUSDT', 'AUSDT'],
      }),
    )
    const symbol: string[] = []
    const time: number[] = []
    const prediction: number[] = []
    const random = seededRandom('scores')
    for (let m = 4; m < BARS * 5; m += 5)
      for (const [s, name] of SYMBOLS.entries()) {
        symbol.push(name)
        time.push(START + m * MINUTE_MS)
        // The symbols that are not in have the most extreme scores.
        prediction.push(random.normal() + (s >= 4 ? (s % 2 === 0 ? 9 : -9) : 0))
      }
    table = { symbol, time, prediction }
  })

  interface Trade {
    readonly symbol: string
    readonly entry_time_ms: number
    readonly exit_time_ms: number
  }
  async function run(
    ...args: string[]
  ): Promise<{ code: number | null; stderr: string; trades: Trade[]; bytes: string }> {
    const out = join(tempFolder(), 'out')
    const done = await cointrader([
      ...['backtest', '--strategy', 'cross-section', '--symbols', 'all', '--data', bars, '--interval', '5m'],
      ...['--holding-bars', '1', '--long', '1', '--short', '1', '--no-kill-switch', '--max-daily-loss-pct', '0'],
      ...['--out', out, ...args],
    ])
    const path = join(out, 'trades.parquet')
    if (!existsSync(path)) return { ...done, trades: [], bytes: '' }
    const bytes = readFileSync(path)
    const { table: t } = await decodeParquet(bytes, path)
    const [entry, exit] = [numbers(t, 'entry_time_ms'), numbers(t, 'exit_time_ms')]
    const trades = strings(t, 'symbol').map((s, i) => ({ symbol: s, entry_time_ms: entry[i]!, exit_time_ms: exit[i]! }))
    return { ...done, trades, bytes: bytes.toString('base64') }
  }

  it('trades members of the day only: scores of a table and of every baseline', async () => {
    const file = writeScores(join(scores, 'bt.parquet'), table)
    const cases = [['--scores', file], ...['momentum', 'reversal', 'random'].map((b) => ['--baseline', b])]
    const [free, ...masked] = await Promise.all([
      run('--scores', file),
      ...cases.map((c) => run(...c, '--universe', universe)),
    ])
    // Without a universe the most extreme scores are traded.
    expect(new Set(free!.trades.map((t) => t.symbol))).toEqual(new Set(['EUSDT', 'FUSDT', 'GUSDT', 'HUSDT']))
    const members = JSON.parse(readFileSync(universe, 'utf8')) as Record<string, string[]>
    for (const [k, { code, stderr, trades }] of masked.entries()) {
      expect(code, stderr).toBe(0)
      expect(trades.length, `${cases[k]}`).toBeGreaterThan(20)
      expect(new Set(trades.map((t) => t.symbol))).toEqual(new Set(['AUSDT', 'BUSDT', 'CUSDT', 'DUSDT']))
      for (const t of trades) {
        // Decided at the end of a bar, filled at the open of the next: the same instant, one ms before which the bar ended.
        const day = dateOf(t.entry_time_ms - 1)
        expect(members[day], `${t.symbol} on ${new Date(t.entry_time_ms).toISOString()}`).toContain(t.symbol)
      }
    }
  })

  it('reads several tables as if they were one, and refuses a score that is there twice', async () => {
    const border = START + 400 * 5 * MINUTE_MS
    const file = writeScores(join(scores, 'bt-all.parquet'), table)
    const a = writeScores(join(scores, 'bt-a.parquet'), table, (i) => table.time[i]! < border)
    const b = writeScores(join(scores, 'bt-b.parquet'), table, (i) => table.time[i]! >= border)
    const [one, two, twice, absent, none] = await Promise.all([
      run('--scores', file),
      run('--scores', `${b},${a}`),
      run('--scores', `${file},${a}`),
      run('--scores', `${a},/nowhere.parquet`),
      run('--baseline', 'random', '--universe', '/nowhere.json'),
    ])
    expect(one!.trades.length).toBeGreaterThan(20)
    expect(two!.bytes).toBe(one!.bytes)
    expect([twice!.code, absent!.code, none!.code]).toEqual([2, 1, 1])
    expect(twice!.stderr).toMatch(/E_CONFIG.*bt-a\.parquet.*a second score for AUSDT at 2026-02-04/)
    expect(absent!.stderr).toMatch(/E_FILE_MISSING.*nowhere\.parquet/)
    expect(none!.stderr).toMatch(/E_FILE_MISSING.*nowhere\.json/)
  })
})
