/** The original's published and regenerated result documents (golden README): every field but the validator's messages. */
import {
  PUBLISHED_SWITCHES,
  type SeedBars,
  type SeedConfig,
  type SeedMarket,
  type SeedProfile,
  type SeedWalkForwardConfig,
  seedBacktest,
  seedEquityFacts,
  seedWalkForward,
} from '@cointrader/backtest/compat/index'
import { beforeAll, describe, expect, it } from 'vitest'
import { barsFrom, differences, firstDifference, type GoldenDocument, readJson, shared } from './shared.js'

const golden = shared('data/golden')
const data = shared('data/binance-15m')

const MODES = ['std_prod_kill', 'std_prod_nokill', 'std_loose_nokill', 'wf31_prod_kill', 'wf31_loose_kill']
const RUNS = [
  ...['XRPUSDT', 'DOGEUSDT'].flatMap((symbol) =>
    MODES.flatMap((mode) => ['ieee', 'tol'].map((profile) => `${symbol}_${mode}.${profile}`)),
  ),
  ...['XRPUSDT', 'DOGEUSDT'].flatMap((symbol) =>
    ['std_loose_nokill', 'wf31_loose_kill'].map((m) => `${symbol}_${m}.fma`),
  ),
  ...['ieee', 'tol'].map((profile) => `XRP_TRX_DOGE_std_prod_nokill.${profile}`),
]

describe.skipIf(golden === undefined || data === undefined)('golden, backtester of the original', () => {
  let market: SeedMarket

  beforeAll(async () => {
    const names = ['XRPUSDT', 'TRXUSDT', 'DOGEUSDT']
    const bars = await Promise.all(names.map((symbol) => barsFrom(data!, symbol)))
    market = Object.fromEntries(names.map((name, k): [string, SeedBars] => [name, bars[k]!]))
  })

  it.each(RUNS)('%s', (name) => {
    const { meta, ...wanted } = readJson<GoldenDocument>(`${golden}/regenerated/${name}.json`)
    const profile = name.split('.').at(-1) as SeedProfile
    const switches = { killSwitch: !name.includes('nokill') }
    if (name.includes('wf31')) {
      const seen = seedWalkForward(wanted.config as SeedWalkForwardConfig, market, { profile, switches })
      expect(firstDifference(seen, wanted)).toBeUndefined()
      return
    }
    const seen = seedBacktest(wanted.config, market, { profile, switches, keepEquity: true })
    expect(firstDifference(seen.document, wanted)).toBeUndefined()
    expect(seen.killed).toBe(meta!.killed_at_end)
    expect(differences(seedEquityFacts(seen.equity!), meta!.equity)).toEqual([])
  })

  it.each(['ieee', 'tol', 'fma'] as const)('published walk-forward of 2026-03-07, profile %s', (profile) => {
    const wanted = readJson<GoldenDocument>(`${golden}/historical/XRPUSDT_wf_backtest_20260307_001513.json`)
    const config = wanted.config as SeedWalkForwardConfig
    const seen = seedWalkForward(config, market, { profile, switches: PUBLISHED_SWITCHES })
    expect(firstDifference(seen, wanted)).toBeUndefined()
  })

  describe('published single run of 2026-03-06', () => {
    const run = (profile: SeedProfile, wanted: GoldenDocument) => {
      const thresholds = { signal_threshold: 3, adx_threshold: 0, volume_multiplier: 1.5 }
      const config: SeedConfig = { ...wanted.config, ...thresholds, end: '2026-03-05 23:59' }
      const switches = { ...PUBLISHED_SWITCHES, shape: '2026-03-06' } as const
      const { document } = seedBacktest(config, market, { profile, switches })
      return { ...document, config: { ...document.config, end: null } }
    }
    const load = () => readJson<GoldenDocument>(`${golden}/historical/XRPUSDT_backtest_20260306_222219.json`)

    it('profile fma, every field', () => {
      const wanted = load()
      expect(firstDifference(run('fma', wanted), wanted)).toBeUndefined()
    })

    it.each([
      ['ieee', 3, 4],
      ['tol', 4, 12],
    ] as const)('profile %s: %i entries extra, %i missing, as the README lists', (profile, extra, missing) => {
      const wanted = load()
      const entries = (trades: unknown) => new Set((trades as { entry_time: string }[]).map((t) => t.entry_time))
      const [seen, published] = [entries(run(profile, wanted).trades), entries(wanted.trades)]
      expect([...seen].filter((t) => !published.has(t))).toHaveLength(extra)
      expect([...published].filter((t) => !seen.has(t))).toHaveLength(missing)
    })
  })
})
