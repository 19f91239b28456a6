/**
 * The research pipeline's golden data (shared/data/golden/research): X and Y under `research`, by the rules of its
 * README. Values go through the same builder that build-xy uses, in 64 bits.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { readCsvFromZip } from '@cointrader/binance'
import { isError, KLINE_FIELDS, parseDate, type UtcDate } from '@cointrader/core'
import {
  ALL_WINDOWS,
  type BuildSpec,
  type DayBars,
  DayBuilder,
  DEFAULT_HORIZONS,
  DEFAULT_WINDOWS,
  dayBars,
  type Generator,
  readRules,
} from '@cointrader/features'
import { researchRules } from '@cointrader/features/compat/research-rules'
import { decodeParquet, numbers, strings, type Table } from '@cointrader/store'
import { beforeAll, describe, expect, it } from 'vitest'
import { shared } from './shared.js'

const folder = shared('data/golden/research')
const MINUTE = 60_000

interface Bound {
  readonly base?: number
  readonly neut?: number
  readonly exact_only?: boolean
}

async function table(path: string): Promise<Table> {
  return (await decodeParquet(readFileSync(path), path)).table
}

const spec = (over: Partial<BuildSpec>): BuildSpec => ({
  top: 8,
  windows: DEFAULT_WINDOWS,
  horizons: DEFAULT_HORIZONS,
  generator: 'base',
  price: 'close',
  how: 'inner',
  part: 'x',
  float: 64,
  rules: readRules(),
  research: true,
  plugins: [],
  ...over,
})

describe.skipIf(folder === undefined)('golden research data', () => {
  const at = (name: string) => join(folder!, name)
  const json = <T>(name: string) => JSON.parse(readFileSync(at(name), 'utf8')) as T
  const { scenario } = json<{ scenario: { x_universe: string[]; stable_universe: string[] } }>('scenario.json')
  const bounds = json<Record<string, Bound>>('tolerances.json')
  const order = json<Record<string, string[]>>('column_order.json')
  const raw = new Map<string, DayBars>()
  async function days(dates: readonly string[]): Promise<DayBars[]> {
    for (const d of dates) if (!raw.has(d)) raw.set(d, dayBars(await table(at(`raw/${d}.parquet`)), d as UtcDate))
    return dates.map((d) => raw.get(d)!)
  }
  async function build(over: Partial<BuildSpec>, dates: readonly string[], date: string, members: readonly string[]) {
    const built = new DayBuilder(spec(over), [], researchRules(spec(over))).build(
      await days(dates),
      parseDate(date),
      members,
    )
    return { built, groups: [...built.groups] }
  }
  /** Column of all groups, by cell: key `time symbol`. */
  function lookup(groups: readonly Table[]) {
    const place = new Map<string, [number, number]>()
    groups.forEach((g, k) => {
      const s = strings(g, 'symbol')
      const t = numbers(g, 'start_time_ms')
      for (let i = 0; i < g.rows; i++) place.set(`${t[i]} ${s[i]}`, [k, i])
    })
    return (column: string, time: number, symbol: string) => {
      const [k, i] = place.get(`${time} ${symbol}`)!
      return numbers(groups[k]!, column)[i]!
    }
  }

  interface Case {
    readonly file: string
    readonly exact?: string
    readonly stats?: string
    readonly dates: readonly string[]
    readonly date: string
    readonly members: readonly string[]
    readonly windows?: readonly number[]
    readonly generator?: Generator
    readonly columns?: readonly string[]
    readonly root?: string
    readonly bound?: number
  }

  /** Compares one file; returns the problems and how many cells were compared. */
  async function compare(c: Case, groups: readonly Table[]): Promise<{ problems: string[]; compared: number }> {
    const golden = await table(at(c.file))
    const exact = c.exact === undefined ? undefined : await table(at(c.exact))
    const mine = lookup(groups)
    const symbol = strings(golden, 'symbol')
    const time = numbers(golden, 'start_time_ms')
    const problems: string[] = []
    let compared = 0
    for (const name of golden.columns.keys()) {
      if (!name.startsWith('x_')) continue
      const type = name.replace(/_neut$/, '').replace(/^x_\d+m_/, '')
      const isNeutral = name.endsWith('_neut')
      const rule = bounds[type]!
      const base = numbers(golden, name.replace(/_neut$/, ''))
      const skip = isNeutral ? skippedTimes(type, time, base) : new Set<number>()
      const fromExact = exact?.columns.has(name) === true
      const wanted = fromExact ? numbers(exact!, name) : numbers(golden, name)
      const patternOnly = rule.exact_only === true && !fromExact
      const bound = c.bound ?? (fromExact || rule.exact_only ? 1e-6 : isNeutral ? rule.neut! : rule.base!)
      for (let i = 0; i < golden.rows; i++) {
        if (skip.has(time[i]!)) continue
        const a = mine(name, time[i]!, symbol[i]!)
        const b = wanted[i]!
        const place = () => `${name} ${symbol[i]} minute ${time[i]! / MINUTE - Date.parse(`${c.date}T00:00Z`) / MINUTE}`
        if (!isNeutral && !Number.isNaN(b) && !Number.isFinite(b)) {
          // Rule 1 of the README: a flat window has no correlation; x/0 stays infinite.
          if (type === 'OI_P_Corr' ? a !== 0 : a !== b) problems.push(`${place()}: ${a}, golden ${b}`)
          continue
        }
        if (Number.isNaN(a) !== Number.isNaN(b)) problems.push(`${place()}: ${a}, golden ${b}`)
        else if (!Number.isNaN(b) && !patternOnly && !(Math.abs(a - b) <= bound * Math.max(1, Math.abs(b))))
          problems.push(`${place()}: ${a}, golden ${b}`)
        compared++
      }
    }
    return { problems, compared }
  }

  /** Times at which neutralised values are not compared: an infinite base value, or (OI_Z, OI_XSkew) no spread. */
  function skippedTimes(type: string, time: ArrayLike<number>, base: ArrayLike<number>): Set<number> {
    const out = new Set<number>()
    const sums = new Map<number, number[]>()
    for (let i = 0; i < time.length; i++) {
      const v = base[i]!
      if (!Number.isNaN(v) && !Number.isFinite(v)) out.add(time[i]!)
      else if (!Number.isNaN(v)) sums.set(time[i]!, [...(sums.get(time[i]!) ?? []), v])
    }
    if (type !== 'OI_Z' && type !== 'OI_XSkew') return out
    for (const [t, values] of sums) {
      const mean = values.reduce((a, b) => a + b, 0) / values.length
      const variance = values.reduce((a, b) => a + (b - mean) ** 2, 0) / values.length
      if (Math.sqrt(variance) < 1e-6) out.add(t)
    }
    return out
  }

  interface ColumnStats {
    readonly [key: string]: number
  }

  /** n, NaN and infinity counts exactly; sums and extremes to 1e-6, except for columns the `_exact` files replace. */
  function compareStats(c: Case, groups: readonly Table[]): string[] {
    const stats = json<Record<string, ColumnStats>>(c.stats!)
    const problems: string[] = []
    for (const [name, s] of Object.entries(stats)) {
      if (!name.startsWith('x_') && !name.startsWith('y_')) continue
      const type = name.replace(/_neut$/, '').replace(/^x_\d+m_/, '')
      const mine = { n: 0, nan: 0, posinf: 0, neginf: 0, sum: 0, sumsq: 0, min: Infinity, max: -Infinity }
      for (const g of groups) {
        for (const v of numbers(g, name) as Float64Array) {
          mine.n++
          if (Number.isNaN(v)) mine.nan++
          else if (v === Infinity) mine.posinf++
          else if (v === -Infinity) mine.neginf++
          else {
            mine.sum += v
            mine.sumsq += v * v
            mine.min = Math.min(mine.min, v)
            mine.max = Math.max(mine.max, v)
          }
        }
      }
      problems.push(...statProblems(name, type, s, mine, stats[name.replace(/_neut$/, '')]!))
    }
    return problems
  }

  function statProblems(
    name: string,
    type: string,
    s: ColumnStats,
    mine: Record<string, number>,
    base: ColumnStats,
  ): string[] {
    const out: string[] = []
    for (const key of Object.keys(s)) {
      const b = s[key]!
      const a = mine[key]
      if (a === undefined) throw new Error(`unknown statistic ${key}`)
      if ((b as number | null) === null && mine.n === mine.nan) continue
      // The original's infinite correlations are noise (rule 1): ours are 0, and its neutralised minutes are lost.
      if (type === 'OI_P_Corr' && (base.posinf! > 0 || base.neginf! > 0)) continue
      if (['n', 'nan', 'posinf', 'neginf'].includes(key)) {
        if (a !== b) out.push(`${name} ${key}: ${a}, golden ${b}`)
      } else if (!replaced.has(type) && Math.abs(a - b) > 1e-6 * Math.max(1, Math.abs(b)))
        out.push(`${name} ${key}: ${a}, golden ${b}`)
    }
    return out
  }

  const X = scenario.x_universe
  const two = ['2024-02-01', '2024-02-02']
  const cases: Case[] = [
    {
      file: 'x_base_2024-02-02.parquet',
      exact: 'x_base_2024-02-02_exact.parquet',
      stats: 'x_base_2024-02-02_stats.json',
      dates: two,
      date: '2024-02-02',
      members: X,
      columns: order.x_base_short!,
    },
    {
      file: 'x_base_2024-02-01.parquet',
      stats: 'x_base_2024-02-01_stats.json',
      dates: ['2024-02-01'],
      date: '2024-02-01',
      members: X,
      columns: order.x_base_short!,
    },
    {
      file: 'x_base_2024-02-02_flat_coin.parquet',
      stats: 'x_base_2024-02-02_flat_coin_stats.json',
      dates: two,
      date: '2024-02-02',
      members: scenario.stable_universe,
    },
    {
      file: 'x_base_2024-02-02_allwindows.parquet',
      exact: 'x_base_2024-02-02_allwindows_exact.parquet',
      stats: 'x_base_2024-02-02_allwindows_stats.json',
      dates: two,
      date: '2024-02-02',
      members: X,
      windows: ALL_WINDOWS,
      columns: order.x_base_all!,
    },
    {
      file: 'x_added_2024-02-02.parquet',
      stats: 'x_added_2024-02-02_stats.json',
      dates: two,
      date: '2024-02-02',
      members: X,
      generator: 'added',
      columns: order.x_added!,
    },
  ]

  /** Types whose original values are rolling-sum noise: the `_exact` files hold them. */
  const replaced = new Set<string>()
  beforeAll(async () => {
    for (const name of (await table(at('x_base_2024-02-02_exact.parquet'))).columns.keys())
      if (name.startsWith('x_')) replaced.add(name.replace(/_neut$/, '').replace(/^x_\d+m_/, ''))
    expect(replaced.size).toBe(8)
  })

  it.each(cases)('$file', async (c) => {
    const over = { windows: c.windows ?? DEFAULT_WINDOWS, generator: c.generator ?? 'base' } as const
    const { built, groups } = await build(over, c.dates, c.date, c.members)
    if (c.columns !== undefined) expect(built.columns).toEqual(c.columns)
    expect([...groups[0]!.columns.keys()]).toEqual(built.columns)
    const { problems, compared } = await compare(c, groups)
    expect(problems.slice(0, 10)).toEqual([])
    expect(compared).toBeGreaterThan(10_000)
    expect(compareStats(c, groups).slice(0, 10)).toEqual([])
  })

  it.each([
    ['2024-02-02', ['2024-02-02', '2024-02-03']],
    ['2024-02-03', ['2024-02-03']],
  ])('y_%s.parquet', async (date, dates) => {
    const golden = await table(at(`y_${date}.parquet`))
    const { groups } = await build({ part: 'y' }, dates, date, X)
    const mine = lookup(groups)
    const symbol = strings(golden, 'symbol')
    const time = numbers(golden, 'start_time_ms')
    expect(groups.reduce((n, g) => n + g.rows, 0)).toBe(11_520)
    for (const h of DEFAULT_HORIZONS) {
      const wanted = numbers(golden, `y_${h}m`)
      for (let i = 0; i < golden.rows; i++) {
        const a = mine(`y_${h}m`, time[i]!, symbol[i]!)
        expect(Number.isNaN(a)).toBe(Number.isNaN(wanted[i]!))
        if (!Number.isNaN(a)) expect(Math.abs(a - wanted[i]!)).toBeLessThanOrEqual(1e-9)
      }
    }
    const count = (name: string) =>
      groups.reduce((n, g) => n + (numbers(g, name) as Float64Array).filter(Number.isNaN).length, 0)
    const nan = Object.fromEntries(DEFAULT_HORIZONS.map((h) => [`y_${h}m`, count(`y_${h}m`)]))
    if (date === '2024-02-03')
      expect(nan).toEqual({ y_1m: 8, y_5m: 40, y_15m: 120, y_30m: 240, y_60m: 480, y_240m: 1920 })
  })

  it('merges in the order and with the counts of the original; abnormal cases fail the way it does', async () => {
    const { built, groups } = await build({ part: 'xy' }, [...two, '2024-02-03'], '2024-02-02', X)
    expect(built.columns).toEqual(order.xy_short)
    expect(built.rows).toBe(11_520)
    const first = [0, 1, 2].map((i) => [numbers(groups[0]!, 'start_time_ms')[i], strings(groups[0]!, 'symbol')[i]])
    expect(first).toEqual(json<Record<string, { first_rows: unknown }>>('cases.json')['xy merge']?.first_rows)
    const code = async (run: () => Promise<unknown>) => {
      try {
        await run()
        return 'ok'
      } catch (error) {
        return isError(error) ? error.code : String(error)
      }
    }
    // A coin that is absent on the target day: no rows in X, no error.
    const cases = json<Record<string, { rows?: number }>>('cases.json')
    const absent = await build({}, two, '2024-02-02', ['BTCUSDT', 'ETHUSDT', 'SOLUSDT', 'ADAUSDT'])
    expect(absent.built.rows).toBe(cases['x base with ADAUSDT, absent on the target day']!.rows)
    expect(absent.built.excluded).toEqual({ ADAUSDT: 'no bars on the day' })
    expect(await code(() => build({ generator: 'added' }, ['2024-02-01'], '2024-02-01', X))).toBe('E_ROW_COUNT')
    expect(await code(() => build({ part: 'y' }, two, '2024-02-01', [...X, 'ADAUSDT']))).toBe('E_ROW_COUNT')
    expect(await code(() => build({}, two, '2024-02-02', raw.get('2024-02-02')!.symbols))).toMatch(
      /E_UNFILLED|E_ROW_COUNT/,
    )
    const lone = await build({}, two, '2024-02-02', ['BTCUSDT'])
    expect(lone.built.rows).toBe(1440)
    const neut = lone.groups.flatMap((g) => [...(numbers(g, 'x_5m_O2C_neut') as Float64Array)])
    expect(new Set(neut)).toEqual(new Set([0]))
    // A label of one coin: nothing is left beside itself (the original crashes: RP-19).
    const y = await build({ part: 'y' }, ['2024-02-02', '2024-02-03'], '2024-02-02', ['BTCUSDT'])
    expect(new Set(y.groups.flatMap((g) => [...(numbers(g, 'y_5m') as Float64Array)]))).toEqual(new Set([0]))
  })

  it('real klines of 2026-02-11, premium and metrics absent', async () => {
    const about = json<{ symbols: string[]; dates: string[]; target: string; column_order: string[] }>(
      'real-klines/about.json',
    )
    const archive = shared('data/binance-1m/archive')
    if (archive === undefined) return
    const days = await Promise.all(about.dates.map((d) => archiveDay(archive, d as UtcDate, about.symbols)))
    const built = new DayBuilder(spec({ part: 'xy' }), [], researchRules(spec({ part: 'xy' }))).build(
      days,
      about.target as UtcDate,
      about.symbols,
    )
    const groups = [...built.groups]
    const features = built.columns.filter((n) => n.startsWith('x_'))
    expect(features).toEqual(about.column_order.filter((n) => n.startsWith('x_')))
    const c: Case = {
      file: 'real-klines/x_base_2026-02-11.parquet',
      stats: 'real-klines/x_base_2026-02-11_stats.json',
      dates: about.dates,
      date: about.target,
      members: about.symbols,
      bound: 2e-8,
    }
    const { problems, compared } = await compare(c, groups)
    expect(problems.slice(0, 10)).toEqual([])
    expect(compared).toBeGreaterThan(100_000)
    expect(compareStats(c, groups).slice(0, 10)).toEqual([])
    const golden = await table(at('real-klines/y_2026-02-11.parquet'))
    const mine = lookup(groups)
    for (const h of DEFAULT_HORIZONS) {
      const wanted = numbers(golden, `y_${h}m`)
      for (let i = 0; i < golden.rows; i++) {
        const a = mine(`y_${h}m`, numbers(golden, 'start_time_ms')[i]!, strings(golden, 'symbol')[i]!)
        expect(Math.abs(a - wanted[i]!)).toBeLessThanOrEqual(1e-9)
      }
    }
  })
})

/** Klines of one day from the daily or monthly ZIPs of an archive folder. */
async function archiveDay(archive: string, date: UtcDate, symbols: readonly string[]): Promise<DayBars> {
  const fields = Object.fromEntries(
    KLINE_FIELDS.map((f) => [f, new Float64Array(symbols.length * 1440).fill(Number.NaN)]),
  )
  const present = new Uint8Array(symbols.length * 1440)
  for (const [s, symbol] of symbols.entries()) {
    const base = join(archive, 'data/futures/um/daily/klines', symbol, '1m', `${symbol}-1m-${date}`)
    const text = new TextDecoder().decode(await readCsvFromZip(readFileSync(`${base}.zip`), base))
    for (const line of text.trim().split('\n')) {
      const cells = line.split(',').map(Number)
      if (Number.isNaN(cells[0]!)) continue
      const ms = cells[0]! > 1e14 ? cells[0]! / 1000 : cells[0]!
      const i = s * 1440 + (ms - Date.parse(`${date}T00:00Z`)) / MINUTE
      present[i] = 1
      const values = [1, 2, 3, 4, 5, 7, 8, 9, 10].map((k) => cells[k]!)
      KLINE_FIELDS.forEach((f, k) => {
        fields[f]![i] = values[k]!
      })
    }
  }
  return { date, symbols: [...symbols].sort(), fields, present, offGrid: 0 }
}
