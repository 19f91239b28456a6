// What bench/backtest measures on: one symbol × one year of 15 m and 100 symbols × 6 months of 1 h, recorded where shared
// data is there and synthetic otherwise; and the common subset that vectorbt and backtesting.py can express too.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { loadBars } from '../apps/cli/dist/lib/backtest-bars.js'
import { DEFAULT_COSTS, feeModel, fixedSlippage, intentStrategy, NO_FUNDING } from '../packages/backtest/dist/index.js'
import { parseExchangeRules, parseLeverageBrackets } from '../packages/backtest/dist/venue/index.js'
import { seededRandom } from '../packages/core/dist/index.js'
import { nodeDisk } from '../packages/store/dist/index.js'
import {
  crossSection,
  crossSectionWeights,
  firstBars,
  INDICATOR_SCORE_DEFAULTS,
  makeBarSet,
  mapColumns,
  scoreColumns,
  scoreIntents,
} from '../packages/strategies/dist/index.js'
import { LOOSE_RULES, makeConfig, PORTFOLIO_DEFAULTS } from '../packages/trading/dist/index.js'

const QUARTER = 900_000
const HOUR = 3_600_000
/** Bars of 365 days. */
const YEAR = 35_040
const SYNTHETIC_HOURS = 4380
/** Momentum and holding of the cross-section, bars. */
const LOOKBACK = 24

/** The rules all three engines have: see `UNSHARED` in backtest.mjs for those they do not. */
export const SUBSET = {
  fee: 0.0005,
  slippageBps: 2,
  cash: 1_000_000,
  /** Notional of a position over equity, both at the close that decided. */
  share: 0.5,
  /** Bars a position is held: filled at an open, left at the open `hold` bars later. */
  hold: 12,
  gross: 0.9,
  side: 10,
}

function synthetic(random, symbol, bars, step) {
  const field = () => new Float64Array(bars)
  const out = { symbol, times: field(), open: field(), high: field(), low: field(), close: field(), volume: field() }
  const first = 1_700_006_400_000
  let price = 1
  for (let i = 0; i < bars; i++) {
    const close = price * Math.exp(random.normal() * 0.004)
    out.times[i] = first + i * step
    out.open[i] = price
    out.close[i] = close
    out.high[i] = Math.max(price, close) * (1 + Math.abs(random.normal()) * 0.001)
    out.low[i] = Math.min(price, close) * (1 - Math.abs(random.normal()) * 0.001)
    out.volume[i] = 1e6 * Math.exp(random.normal())
    price = close
  }
  return out
}

const jsonOf = (path) =>
  JSON.parse((path.endsWith('.gz') ? gunzipSync(readFileSync(path)) : readFileSync(path)).toString())

/** Filters, brackets and settlements of XRPUSDT as recorded; what is absent is named. */
function venueOf(shared, symbol) {
  const recorded = join(shared, 'data/payloads/recorded')
  const files = [
    join(recorded, 'usdm-2021-07-22/rest/GET_fapi_v1_exchangeInfo.json'),
    join(recorded, 'leverage-brackets/GET_fapi_v1_leverageBracket_2026-05.json.gz'),
    join(shared, `data/ohlcv/funding-rate-long/${symbol}.csv`),
  ]
  if (!files.every(existsSync)) {
    const rules = { ...LOOSE_RULES, tickSize: 0.0001, stepSize: 0.1, minQty: 0.1 }
    return {
      rules,
      funding: { kind: 'assumed', rate: 0.0001, intervalMs: 8 * HOUR },
      venue: 'assumed filters and funding',
    }
  }
  const brackets = parseLeverageBrackets(jsonOf(files[1]), files[1])
  const rules = parseExchangeRules(jsonOf(files[0]), files[0], brackets).get(symbol)
  const rows = readFileSync(files[2], 'utf8')
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => line.split(','))
  const times = Float64Array.from(rows, (r) => Number(r[0]))
  const rates = Float64Array.from(rows, (r) => Number(r[2]))
  const funding = { kind: 'recorded', rates: new Map([[symbol, { times, rates }]]) }
  return { rules, funding, venue: 'recorded filters, brackets and funding' }
}

/** One symbol × one year of 15 m. */
export async function singleMarket(shared) {
  const folder = join(shared, 'data/binance-15m')
  const real = existsSync(join(folder, 'XRPUSDT_15m.parquet'))
  const bars = real
    ? firstBars((await loadBars({ disk: nodeDisk }, folder, ['XRPUSDT'], '15m')).bars, YEAR)
    : makeBarSet(QUARTER, [synthetic(seededRandom(1), 'XRPUSDT', YEAR, QUARTER)])
  return { bars, ...venueOf(shared, 'XRPUSDT'), source: real ? 'XRPUSDT, recorded' : `synthetic: no ${folder}` }
}

/** Runs with every order rule on: filters, brackets, funding, stops, targets, liquidation, daily loss; kill switches off, so that trading never pauses. */
export function fullInput({ bars, rules, funding }, thresholds, settings = {}) {
  const params = { ...INDICATOR_SCORE_DEFAULTS, ...thresholds }
  const intents = scoreIntents(scoreColumns(bars, 0), bars.intervalMs, params)
  return {
    bars,
    strategy: intentStrategy('indicator-score', [intents], params),
    config: makeConfig(bars.symbols, { rules: [rules], killSymbol: null, killPortfolio: null, ...settings }),
    costs: { ...DEFAULT_COSTS, funding },
  }
}

const subsetCosts = {
  fees: feeModel(SUBSET.fee, SUBSET.fee),
  slippage: fixedSlippage(SUBSET.slippageBps, SUBSET.slippageBps),
  funding: NO_FUNDING,
}
const subsetConfig = (symbols, overrides) =>
  makeConfig(
    symbols,
    {
      initialBalance: SUBSET.cash,
      rules: symbols.map(() => ({ ...LOOSE_RULES, minNotional: 0 })),
      takerFee: SUBSET.fee,
      maxDailyLoss: null,
      // The core demands a loss limit where there is no stop: at zero equity it cannot act before the money is gone.
      maxDrawdown: 1,
      ruinBelow: 0,
      killSymbol: null,
      killPortfolio: null,
      minWeightChange: 0,
      ...overrides,
    },
    PORTFOLIO_DEFAULTS,
  )

/** The subset on one symbol: enter on a signal, leave after `hold` bars, both at the next open; flat at the end. */
export function singleSubset({ bars }) {
  const n = bars.times.length
  const { hold, share } = SUBSET
  const params = { ...INDICATOR_SCORE_DEFAULTS, adx: 0, volumeMultiplier: 1.5 }
  const { side } = scoreIntents(scoreColumns(bars, 0), bars.intervalMs, params)
  side.fill(0, n - hold - 2)
  const none = new Float64Array(n)
  const intents = {
    side,
    stopDistance: none,
    targetDistance: none,
    probability: null,
    exitAfterMs: hold * bars.intervalMs,
    reverse: false,
  }
  // The same as orders by bar, for an engine that takes target weights; NaN is no order.
  const targets = new Float64Array(n).fill(Number.NaN)
  for (let i = 0; i < n; i++) {
    if (side[i] === 0) continue
    targets[i + 1] = side[i] * share
    targets[i + 1 + hold] = 0
    i += hold
  }
  const config = subsetConfig(bars.symbols, {
    marginMode: 'isolated',
    leverage: 1,
    sizing: { kind: 'fixed-share', share },
  })
  return { input: { bars, strategy: intentStrategy('subset', [intents]), config, costs: subsetCosts }, side, targets }
}

/** 100 symbols × 6 months of 1 h, as recorded. */
export async function manyMarket(shared) {
  const folder = join(shared, 'data/ohlcv/1h-2025-09_2026-02')
  if (existsSync(folder))
    return { bars: (await loadBars({ disk: nodeDisk }, folder, 'all', '1h')).bars, source: 'recorded' }
  const random = seededRandom(2)
  const symbols = Array.from({ length: 100 }, (_, k) =>
    synthetic(random, `S${String(k).padStart(3, '0')}USDT`, SYNTHETIC_HOURS, HOUR),
  )
  return { bars: makeBarSet(HOUR, symbols), source: `synthetic: no ${folder}` }
}

function momentum(bars) {
  return bars.columns.map(({ close }) => close.map((c, i) => (i < LOOKBACK ? Number.NaN : c / close[i - LOOKBACK] - 1)))
}

/** The default costs and the default cross-section; the loss limit is wide, so that trading never ends early. */
export function manyInput({ bars }) {
  const config = makeConfig(bars.symbols, { maxDrawdown: 0.9 }, PORTFOLIO_DEFAULTS)
  return {
    bars,
    strategy: crossSection({ holdingBars: LOOKBACK }),
    config,
    costs: DEFAULT_COSTS,
    scores: momentum(bars),
  }
}

/** Bars that all symbols have, as one set without holes. */
function common({ bars }) {
  const whole = (i) => bars.columns.every(({ close }) => !Number.isNaN(close[i]))
  let from = 0
  let to = bars.times.length
  while (!whole(from)) from++
  while (!whole(to - 1)) to--
  const cut = mapColumns({ ...bars, times: bars.times.slice(from, to) }, (x) => x.slice(from, to))
  for (const { close } of cut.columns) if (close.some(Number.isNaN)) throw new Error('the bars have holes inside')
  return cut
}

/**
 * The subset on many symbols: target weights every `LOOKBACK` bars, traded at the next open, all closed at the last
 * close. A symbol never turns from long to short at once: it is left out of that ranking, since the engines size the
 * second half of a reversal at different instants.
 */
export function manySubset(market) {
  const bars = common(market)
  const n = bars.times.length
  const count = bars.symbols.length
  const scores = momentum(bars)
  const strategy = crossSection({ holdingBars: LOOKBACK, gross: SUBSET.gross, long: SUBSET.side, short: SUBSET.side })
  const targets = new Float64Array(n * count).fill(Number.NaN)
  const at = new Float64Array(count)
  let held = new Float64Array(count)
  let leftOut = 0
  for (let i = 0; i < n - 2; i++) {
    if (Math.round((bars.times[i] + bars.intervalMs) / bars.intervalMs) % LOOKBACK !== 0) continue
    let weights
    for (;;) {
      for (let s = 0; s < count; s++) at[s] = scores[s][i]
      weights = crossSectionWeights(at, strategy.params)
      const turned = weights.findIndex((w, s) => w * held[s] < 0)
      if (turned < 0) break
      scores[turned][i] = Number.NaN
      leftOut++
    }
    for (let s = 0; s < count; s++) if (weights[s] !== 0 || held[s] !== 0) targets[(i + 1) * count + s] = weights[s]
    held = weights
  }
  for (let s = 0; s < count; s++) if (held[s] !== 0) targets[(n - 1) * count + s] = 0
  const config = subsetConfig(bars.symbols, { initialBalance: SUBSET.cash })
  return { input: { bars, strategy, config, costs: subsetCosts, scores }, targets, leftOut }
}

/** Puts the subset where the peers read it: little-endian doubles, one file per column, and `meta.json`. */
export function writeForPeers(folder, single, many) {
  const put = (name, column) => writeFileSync(join(folder, `${name}.f64`), Float64Array.from(column))
  const { bars } = single.input
  for (const field of ['open', 'high', 'low', 'close', 'volume']) put(`single-${field}`, bars.columns[0][field])
  put('single-times', bars.times)
  put('single-side', single.side)
  put('single-targets', single.targets)
  const set = many.input.bars
  const count = set.symbols.length
  for (const field of ['open', 'close']) {
    const rows = new Float64Array(set.times.length * count)
    for (let s = 0; s < count; s++)
      for (let i = 0; i < set.times.length; i++) rows[i * count + s] = set.columns[s][field][i]
    put(`many-${field}`, rows)
  }
  put('many-times', set.times)
  put('many-targets', many.targets)
  writeFileSync(join(folder, 'meta.json'), JSON.stringify({ ...SUBSET, symbols: count }))
}
