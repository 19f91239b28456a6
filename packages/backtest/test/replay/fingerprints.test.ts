/**
 * Thirty scenarios as fingerprints: rounded statistics and a hash of all trades. A changed fingerprint needs an explanation
 * in the commit; write them anew with UPDATE_FINGERPRINTS=1.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  DEFAULT_COSTS,
  feeModel,
  fixedSlippage,
  volatilitySlippage,
  volumeShareSlippage,
} from '@cointrader/backtest/costs/index'
import { type BacktestInput, type BacktestResult, runBacktest, tradeRows } from '@cointrader/backtest/replay/index'
import { DAY_MS, HOUR_MS, seededRandom, sha256 } from '@cointrader/core'
import { type BarSet, crossSection, indicatorScore, makeBarSet, mtfPullback } from '@cointrader/strategies'
import { makeConfig, PORTFOLIO_DEFAULTS, type TradingConfig } from '@cointrader/trading'
import { expect, it } from 'vitest'
import { BRACKETS, randomBars, START } from './cases.js'

const file = join(dirname(fileURLToPath(import.meta.url)), 'fingerprints.json')
const SYMBOLS = ['ADAUSDT', 'BNBUSDT', 'DOGEUSDT', 'ETHUSDT', 'SOLUSDT', 'TRXUSDT', 'XLMUSDT', 'XRPUSDT']

function market(seed: string, count: number, n: number, intervalMs: number, holes = 0): BarSet {
  const times = Float64Array.from({ length: n }, (_, i) => START + i * intervalMs)
  const bars = SYMBOLS.slice(0, count).map((symbol) => ({
    symbol,
    times,
    ...randomBars(seededRandom(`${seed} ${symbol}`), n, holes, 0.004),
  }))
  return makeBarSet(intervalMs, bars)
}

function funding(bars: BarSet, everyMs: number) {
  const end = START + bars.times.length * bars.intervalMs
  const times: number[] = []
  for (let t = Math.ceil(START / everyMs) * everyMs; t < end; t += everyMs) times.push(t)
  const rates = bars.symbols.map((s): [string, { times: Float64Array; rates: Float64Array }] => {
    const random = seededRandom(`funding ${s}`)
    return [s, { times: Float64Array.from(times), rates: Float64Array.from(times, () => 0.0002 * random.normal()) }]
  })
  return { kind: 'recorded', rates: new Map(rates) } as const
}

const rules = {
  tickSize: 0.0001,
  stepSize: 0.1,
  minQty: 0.1,
  maxQty: 1e6,
  minNotional: 5,
  percentDown: 0.9,
  percentUp: 1.1,
  brackets: BRACKETS,
}
const m15 = HOUR_MS / 4

function score(
  name: string,
  params: Parameters<typeof indicatorScore>[0],
  config: Partial<TradingConfig>,
  more: Partial<BacktestInput> = {},
): [string, BacktestInput] {
  const bars = market(`score ${name}`, 1, 3000, m15)
  const input: BacktestInput = {
    bars,
    strategy: indicatorScore({ adx: 15, volumeMultiplier: 1.5, ...params }),
    config: makeConfig(bars.symbols, { killSymbol: null, killPortfolio: null, maxDailyLoss: null, ...config }),
    costs: { funding: funding(bars, 8 * HOUR_MS) },
  }
  return [`score: ${name}`, { ...input, ...more }]
}

function several(
  name: string,
  config: Partial<TradingConfig>,
  costs: BacktestInput['costs'] = {},
): [string, BacktestInput] {
  const bars = market(`several ${name}`, 5, 1200, m15, 0.005)
  const all = makeConfig(bars.symbols, { rules: bars.symbols.map(() => rules), ...config })
  return [
    `several: ${name}`,
    {
      bars,
      strategy: indicatorScore({ score: 2, adx: 10, volumeMultiplier: 1 }),
      config: all,
      costs: { funding: funding(bars, 4 * HOUR_MS), ...costs },
    },
  ]
}

function cross(
  name: string,
  params: Parameters<typeof crossSection>[0],
  config: Partial<TradingConfig> = {},
  costs: BacktestInput['costs'] = {},
): [string, BacktestInput] {
  const bars = market(`cross ${name}`, 8, 1000, HOUR_MS, 0.01)
  const scores = bars.columns.map(({ close }) => close.map((c, i) => (i < 24 ? Number.NaN : c / close[i - 24]! - 1)))
  const strategy = crossSection({ long: 2, short: 2, holdingBars: 12, minSymbols: 5, ...params })
  return [
    `cross: ${name}`,
    {
      bars,
      strategy,
      scores,
      config: makeConfig(bars.symbols, { maxDrawdown: 0.9, ...config }, PORTFOLIO_DEFAULTS),
      costs,
    },
  ]
}

function pullback(
  name: string,
  params: Parameters<typeof mtfPullback>[0],
  config: Partial<TradingConfig> = {},
): [string, BacktestInput] {
  const bars = market(`pullback ${name}`, 2, 4000, m15)
  const all = makeConfig(bars.symbols, { killSymbol: null, killPortfolio: null, ...config })
  return [`pull-back: ${name}`, { bars, strategy: mtfPullback({ adx: 10, dryShare: 1, ...params }), config: all }]
}

const scenarios: readonly (readonly [string, BacktestInput])[] = [
  score('defaults of the strategy', { adx: 25, volumeMultiplier: 2.5 }, {}),
  score('loose', { score: 2 }, {}),
  score('stop 1.5, target 4', { stopAtr: 1.5, targetAtr: 4 }, {}),
  score('time exit', { score: 2, exitAfterBars: 24 }, {}),
  score('fixed risk', { score: 2 }, { sizing: { kind: 'fixed-risk', risk: 0.01 } }),
  score('fixed share with rules', { score: 2 }, { sizing: { kind: 'fixed-share', share: 2 }, rules: [rules] }),
  score('limit targets', { score: 2 }, { targetOrder: 'limit', rules: [rules] }),
  score('kill on', { score: 2 }, { killSymbol: { losses: 3, trades: 8, profitFactor: 0.75, rearmAfterMs: null } }),
  score(
    'kill that re-arms',
    { score: 2 },
    { killSymbol: { losses: 3, trades: 8, profitFactor: 0.75, rearmAfterMs: DAY_MS } },
  ),
  score('daily limit 1 %', { score: 2 }, { maxDailyLoss: 0.01 }),
  score('drawdown limit', { score: 2 }, { maxDrawdown: 0.1 }),
  score('cooldown', { score: 2 }, { cooldownMs: 6 * HOUR_MS }),
  score(
    'leverage 50 with tight brackets',
    { score: 2 },
    { leverage: 50, refuseStopBeyondLiquidation: false, rules: [rules], sizing: { kind: 'fixed-share', share: 8 } },
  ),
  score('middle of the range', { score: 2 }, {}, { startMs: START + 10 * DAY_MS, endMs: START + 20 * DAY_MS }),
  several('one account', {}),
  several('one direction', { maxSameDirection: 1, maxPositions: 5 }),
  several('partial fills', {}, { participation: 0.05, slippage: volumeShareSlippage() }),
  several('lag 3', {}, { lag: 3, slippage: volatilitySlippage() }),
  several('free of cost', {}, { fees: feeModel(0, 0), slippage: fixedSlippage(0, 0) }),
  several('kill of the portfolio', { killPortfolio: { losses: 5, trades: 0, profitFactor: 0, rearmAfterMs: null } }),
  cross('equal weights', {}),
  cross('proportional', { weighting: 'proportional' }),
  cross('turnover cap', { turnoverCap: 0.3 }),
  cross('long only', { short: 0, gross: 0.8 }),
  cross('offset 5', { offsetBars: 5 }),
  cross('gross 3 at leverage 4', { gross: 3 }, { leverage: 4 }),
  cross('rules and impact', {}, {}, { slippage: volumeShareSlippage(1, 100) }),
  cross('funding assumed', {}, {}, { funding: { kind: 'assumed', rate: 0.0001, intervalMs: 8 * HOUR_MS } }),
  pullback('defaults', {}),
  pullback('tight stops', { stopAtr: 0.5, targetAtr: 1 }, { leverage: 20, maxDailyLoss: 0.02 }),
]

function fingerprint(result: BacktestResult): Record<string, unknown> {
  const rows = tradeRows(result)
  const text = rows
    .map((t) =>
      Object.values(t)
        .map((v) => (typeof v === 'number' ? v.toPrecision(12) : v))
        .join(),
    )
    .join('\n')
  return {
    trades: rows.length,
    equity: Number(result.finalEquity.toPrecision(8)),
    drawdown: Number(Math.max(...result.equity.drawdown).toPrecision(6)),
    fees: Number(result.costs.fees.toPrecision(6)),
    slippage: Number(result.costs.slippage.toPrecision(6)),
    funding: Number((result.costs.fundingReceived - result.costs.fundingPaid).toPrecision(6)),
    wins: rows.filter((t) => t.netPnl > 0).length,
    reasons: Object.fromEntries(
      [...new Set(rows.map((t) => t.reason))].sort().map((r) => [r, rows.filter((t) => t.reason === r).length]),
    ),
    stopped: result.stopped?.reason ?? null,
    refusals: result.refusals,
    hash: sha256(Buffer.from(text)).slice(0, 16),
  }
}

it('thirty scenarios have the fingerprints they had', () => {
  expect(scenarios).toHaveLength(30)
  const now = Object.fromEntries(
    scenarios.map(([name, input]) => [
      name,
      fingerprint(runBacktest({ ...input, costs: { ...DEFAULT_COSTS, ...input.costs } })),
    ]),
  )
  expect(Object.keys(now)).toHaveLength(30)
  // Scenarios that trade nothing would keep any fingerprint.
  for (const [name, f] of Object.entries(now)) expect(f.trades, name).toBeGreaterThan(0)
  if (process.env.UPDATE_FINGERPRINTS === '1') writeFileSync(file, `${JSON.stringify(now, null, 2)}\n`)
  expect(now).toEqual(JSON.parse(readFileSync(file, 'utf8')))
})
