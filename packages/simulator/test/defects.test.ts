import { archivePath } from '@cointrader/binance'
import { dateMs, isError, type Kind, parseDate, type UtcDate } from '@cointrader/core'
import {
  PLANTS,
  type PlantedDefect,
  type PlantKind,
  parsePlant,
  syntheticArchive,
  unzipCsv,
} from '@cointrader/simulator'
import { describe, expect, it } from 'vitest'
import { marketOf } from './helpers.js'

const DATE = '2026-02-02' as UtcDate
const START = dateMs(DATE)
const market = marketOf()
const FAR = dateMs(parseDate('2027-01-01'))

async function lines(
  kind: Kind,
  defects: readonly PlantedDefect[],
  symbol = 'BTCUSDT',
  date = DATE,
): Promise<string[]> {
  const path = archivePath('um', kind, symbol, '1m', { route: 'daily', date })
  return unzipCsv((await syntheticArchive(market, { defects }).read(path, FAR))!, path)
    .toString()
    .trimEnd()
    .split('\n')
}

const at = (minute: number): number => START + minute * 60_000
const plan = (kind: PlantKind, more: Partial<PlantedDefect> = {}): PlantedDefect => ({
  kind,
  symbol: 'BTCUSDT',
  date: DATE,
  ...more,
})

/** What each kind does to the clean rows (header first); the tests below compare whole files. */
const EXPECTED: Record<PlantKind, { source: Kind; defect: PlantedDefect; change: (clean: string[]) => string[] }> = {
  'missing-minutes': {
    source: 'klines',
    defect: plan('missing-minutes', { fromMinute: 100, count: 7 }),
    change: (r) => [...r.slice(0, 101), ...r.slice(108)],
  },
  'duplicate-row': {
    source: 'klines',
    defect: plan('duplicate-row', { fromMinute: 5 }),
    change: (r) => [...r.slice(0, 7), r[6]!, ...r.slice(7)],
  },
  'conflicting-row': {
    source: 'klines',
    defect: plan('conflicting-row', { fromMinute: 5 }),
    change: (r) => {
      const c = r[6]!.split(',')
      c[4] = c[4] === c[2] ? c[3]! : c[2]!
      c[8] = String(Number(c[8]) + 1)
      return [...r.slice(0, 7), c.join(','), ...r.slice(7)]
    },
  },
  'extra-row': {
    source: 'klines',
    defect: plan('extra-row'),
    change: (r) => {
      const c = r.at(-1)!.split(',')
      return [...r, [String(at(1440)), ...c.slice(1, 6), String(at(1441) - 1), ...c.slice(7)].join(',')]
    },
  },
  'shifted-time': {
    source: 'klines',
    defect: plan('shifted-time', { fromMinute: 9 }),
    change: (r) =>
      r.map((x, i) =>
        i === 10
          ? x.replace(String(at(9)), String(at(9) + 30_000)).replace(String(at(10) - 1), String(at(10) + 29_999))
          : x,
      ),
  },
  'unfinished-bar': {
    source: 'klines',
    defect: plan('unfinished-bar'),
    change: (r) =>
      r.map((x, i) => {
        if (i !== 1440) return x
        const c = x.split(',')
        c[6] = String(at(1439) + 29_999)
        c[8] = String(Math.ceil(Number(c[8]) / 2))
        return c.join(',')
      }),
  },
  'bad-number': {
    source: 'klines',
    defect: plan('bad-number', { fromMinute: 0 }),
    change: (r) => r.map((x, i) => (i === 1 ? cell(x, 5, 'n/a') : x)),
  },
  'blank-metrics': {
    source: 'metrics',
    defect: plan('blank-metrics', { fromMinute: 600, count: 2 }),
    change: (r) => r.map((x, i) => (i === 120 || i === 121 ? cell(x, 4, '') : x)),
  },
  'zero-oi': {
    source: 'metrics',
    defect: plan('zero-oi', { fromMinute: 600 }),
    change: (r) => r.map((x, i) => (i === 120 ? cell(cell(x, 2, '0.0000000000000000'), 3, '0.0000000000000000') : x)),
  },
  'duplicate-metrics': {
    source: 'metrics',
    defect: plan('duplicate-metrics', { fromMinute: 600 }),
    change: (r) => {
      const c = r[120]!.split(',')
      c[6] = c[6]!.slice(0, -1) + ((Number(c[6]!.at(-1)) + 1) % 10)
      return [...r.slice(0, 121), c.join(','), ...r.slice(121)]
    },
  },
  'missing-metrics': {
    source: 'metrics',
    defect: plan('missing-metrics', { fromMinute: 600, count: 12 }),
    change: (r) => [...r.slice(0, 120), ...r.slice(132)],
  },
  'premium-gap': {
    source: 'premium',
    defect: plan('premium-gap', { fromMinute: 0, count: 90 }),
    change: (r) => [r[0]!, ...r.slice(91)],
  },
  'no-header': { source: 'klines', defect: plan('no-header'), change: (r) => r.slice(1) },
  'mixed-units': {
    source: 'klines',
    defect: plan('mixed-units', { fromMinute: 1438 }),
    change: (r) =>
      r.map((x, i) => (i < 1439 ? x : cell(cell(x, 0, `${x.split(',')[0]}000`), 6, `${x.split(',')[6]}999`))),
  },
  unordered: {
    source: 'klines',
    defect: plan('unordered', { fromMinute: 10 }),
    change: (r) => [...r.slice(0, 11), r[13]!, r[12]!, r[11]!, ...r.slice(14)],
  },
}

function cell(row: string, column: number, value: string): string {
  return row
    .split(',')
    .map((c, i) => (i === column ? value : c))
    .join(',')
}

describe('planted defects', () => {
  for (const kind of Object.keys(PLANTS) as PlantKind[]) {
    it(`${kind}: changes exactly what it says`, async () => {
      const { source, defect, change } = EXPECTED[kind]
      const clean = await lines(source, [])
      const spoiled = await lines(source, [defect])
      expect(spoiled).not.toEqual(clean)
      expect(spoiled).toEqual(change(clean))
      // Nowhere else: another day, another symbol.
      expect(await lines(source, [defect], 'ETHUSDT')).toEqual(await lines(source, [], 'ETHUSDT'))
      expect(await lines(source, [defect], 'BTCUSDT', '2026-02-03' as UtcDate)).toEqual(
        await lines(source, [], 'BTCUSDT', '2026-02-03' as UtcDate),
      )
    })
  }

  it('go together, and into the kind of file that is named', async () => {
    const rows = await lines('mark', [
      plan('missing-minutes', { source: 'mark', count: 10 }),
      plan('duplicate-row', { source: 'mark', fromMinute: 3 }),
    ])
    expect(rows).toHaveLength(1441 - 10 + 1)
    const metrics = await lines('metrics', [plan('shifted-time', { source: 'metrics', fromMinute: 5 })])
    expect(metrics[1]).toMatch(/^2026-02-02 00:05:17,/)
  })

  it('are read from the command line', () => {
    expect(parsePlant('premium-gap:ETHUSDT:2026-02-03:600:90')).toEqual({
      kind: 'premium-gap',
      symbol: 'ETHUSDT',
      date: '2026-02-03',
      fromMinute: 600,
      count: 90,
    })
    for (const bad of ['melted:BTCUSDT:2026-02-03', 'premium-gap', 'premium-gap:BTCUSDT:yesterday']) {
      try {
        parsePlant(bad)
        expect.unreachable(bad)
      } catch (error) {
        expect(isError(error), bad).toBe(true)
      }
    }
  })
})
