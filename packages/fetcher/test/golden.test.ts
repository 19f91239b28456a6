import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { addDays, DAY_COLUMNS, dateRange, parseDate } from '@cointrader/core'
import { decodeParquet, nodeDisk, numbers, strings } from '@cointrader/store'
import { describe, expect, it } from 'vitest'
import { fetchFolder, requestDefaults, shared, tempFolder } from './shared.js'

const read = async (path: string) => (await decodeParquet((await nodeDisk.read(path))!, path)).table

const golden = shared('data/golden/research')
describe.skipIf(!golden)('golden: the research pipeline', () => {
  it('fetched from its archive with --compat research, 2024-02-02 equals raw/2024-02-02.parquet cell for cell', async () => {
    const dataDir = tempFolder()
    const date = parseDate('2024-02-02')
    const report = await fetchFolder(
      {
        ...requestDefaults,
        startDate: date,
        endDate: date,
        kinds: ['klines', 'premium', 'metrics'],
        allowUnverified: true,
        compat: 'research',
      },
      join(golden!, 'archive'),
      dataDir,
    )
    expect(report.refused).toEqual([])
    expect(report.unverified).toBe(report.files)
    const mine = await read(join(dataDir, '1m_raw_data/2024-02-02.parquet'))
    const theirs = await read(join(golden!, 'raw/2024-02-02.parquet'))
    expect([...mine.columns.keys()]).toEqual([...theirs.columns.keys()])
    expect(mine.rows).toBe(theirs.rows)
    for (const [name, type] of DAY_COLUMNS) {
      if (type === 'string') expect(strings(mine, name)).toEqual(strings(theirs, name))
      else {
        const a = numbers(mine, name)
        const b = numbers(theirs, name)
        let differing = 0
        for (let i = 0; i < a.length; i++) if (!Object.is(a[i], b[i]) && a[i] !== b[i]) differing++
        expect(`${name}: ${differing} differ`).toBe(`${name}: 0 differ`)
      }
    }
  })

  it('the unverified archive is refused without the explicit choice', async () => {
    const date = parseDate('2024-02-02')
    const report = await fetchFolder(
      { ...requestDefaults, startDate: date, endDate: date, symbols: ['BTCUSDT'] },
      join(golden!, 'archive'),
      tempFolder(),
    )
    expect(report.refused.map((r) => r.code)).toEqual(['E_UNVERIFIED'])
    expect(report.emptyDays).toEqual(['2024-02-02'])
  })
})

const archive = shared('data/binance-1m/archive')
const hourly = shared('data/ohlcv/1h-2025-09_2026-02')
describe.skipIf(!archive || !hourly)('real: February 2026 of seven coins', () => {
  const request = { ...requestDefaults, startDate: parseDate('2026-02-01'), endDate: parseDate('2026-02-28') }
  const dates = dateRange(request.startDate, request.endDate)

  it('28 × 7 × 1,440 rows, hourly sums equal another publisher, and monthly equals daily byte for byte', async () => {
    const daily = tempFolder()
    const monthly = tempFolder()
    const report = await fetchFolder({ ...request, route: 'daily' }, archive!, daily)
    await fetchFolder({ ...request, route: 'monthly' }, archive!, monthly)
    expect(report.days.reduce((n, d) => n + d.rows, 0)).toBe(28 * 7 * 1440)
    const hours = new Map<string, number[]>()
    for (const date of dates) {
      const path = `1m_raw_data/${date}.parquet`
      expect(Buffer.compare(readFileSync(join(daily, path)), readFileSync(join(monthly, path)))).toBe(0)
      const a = JSON.parse(readFileSync(join(daily, path.replace('.parquet', '.manifest.json')), 'utf8'))
      const b = JSON.parse(readFileSync(join(monthly, path.replace('.parquet', '.manifest.json')), 'utf8'))
      delete a.details.sources
      delete b.details.sources
      expect(a).toEqual(b)
      const table = await read(join(daily, path))
      const symbol = strings(table, 'symbol')
      const [time, open, high, low, close, base, quote, trades] = [
        'start_time_ms',
        'open',
        'high',
        'low',
        'close',
        'volume_base',
        'quote_volume',
        'num_trades',
      ].map((n) => numbers(table, n))
      for (let i = 0; i < table.rows; i++) {
        const key = `${symbol[i]} ${Math.floor(time![i]! / 3_600_000) * 3_600_000}`
        const h = hours.get(key)
        if (!h) hours.set(key, [open![i]!, high![i]!, low![i]!, close![i]!, base![i]!, quote![i]!, trades![i]!])
        else {
          h[1] = Math.max(h[1]!, high![i]!)
          h[2] = Math.min(h[2]!, low![i]!)
          h[3] = close![i]!
          h[4]! += base![i]!
          h[5]! += quote![i]!
          h[6]! += trades![i]!
        }
      }
    }
    let compared = 0
    for (const symbol of ['AVAXUSDT', 'DOTUSDT', 'FILUSDT', 'LINKUSDT', 'LTCUSDT', 'NEARUSDT']) {
      const lines = gunzipSync(readFileSync(join(hourly!, `${symbol}-1h.csv.gz`)))
        .toString()
        .trim()
        .split('\n')
      const head = lines[0]!.split(',')
      const at = (names: string[]) => head.findIndex((h) => names.includes(h))
      const columns = [
        ['open'],
        ['high'],
        ['low'],
        ['close'],
        ['volume'],
        ['quote_volume', 'quote_asset_volume'],
        ['count', 'trades', 'num_trades', 'number_of_trades'],
      ].map(at)
      expect(columns.includes(-1), head.join()).toBe(false)
      for (const line of lines.slice(1)) {
        const cells = line.split(',')
        const mine = hours.get(`${symbol} ${Number(cells[0])}`)
        if (!mine) continue
        compared++
        for (const k of [0, 1, 2, 3, 6]) expect(mine[k]).toBe(Number(cells[columns[k]!]))
        for (const k of [4, 5]) {
          const theirs = Number(cells[columns[k]!])
          expect(Math.abs(mine[k]! - theirs)).toBeLessThanOrEqual(1e-12 * Math.max(1, Math.abs(theirs)))
        }
      }
    }
    expect(compared).toBe(6 * 672)
    expect(addDays(dates.at(-1)!, 1)).toBe('2026-03-01')
  })
})
