// bench/backtest's own engine: a process that answers lines of JSON, one per task, like the peers do.
//   backtest-engine.mjs SHARED FOLDER
import { createHash } from 'node:crypto'
import { createInterface } from 'node:readline'
import { runBacktest } from '../packages/backtest/dist/index.js'
import {
  combinations,
  runSettings,
  runSweep,
  SWEEP_GRID,
  shareMarket,
  sweepPlan,
} from '../packages/backtest/dist/sweep/index.js'
import { INDICATOR_SCORE_DEFAULTS, scoreColumns } from '../packages/strategies/dist/index.js'
import { makeConfig } from '../packages/trading/dist/index.js'
import {
  fullInput,
  manyInput,
  manyMarket,
  manySubset,
  singleMarket,
  singleSubset,
  writeForPeers,
} from './backtest-data.mjs'

const [shared, folder] = process.argv.slice(2)
const say = (x) => process.stdout.write(`${JSON.stringify(x)}\n`)

const market = await singleMarket(shared)
const single = singleSubset(market)
const universe = await manyMarket(shared)
const many = manySubset(universe)
writeForPeers(folder, single, many)

const inputs = {
  default: fullInput(market, {}),
  busy: fullInput(
    market,
    { adx: 0, volumeMultiplier: 1.5, stopAtr: 1, targetAtr: 2 },
    { initialBalance: 100_000, sizing: { kind: 'fixed-risk', risk: 0.001 } },
  ),
  single: single.input,
  cross: manyInput(universe),
  many: many.input,
}

/** Wall and CPU milliseconds of each call, and what the last one returned. */
async function time(runs, f) {
  const wall = []
  const cpu = []
  let out
  for (let k = 0; k < runs; k++) {
    const before = process.cpuUsage()
    const start = performance.now()
    out = await f()
    wall.push(performance.now() - start)
    const { user, system } = process.cpuUsage(before)
    cpu.push((user + system) / 1000)
  }
  return { wall, cpu, out }
}

/** SHA-256 over every column of trades and equity. */
function fingerprint({ trades, equity }) {
  const hash = createHash('sha256')
  for (const columns of [trades, equity])
    for (const name of Object.keys(columns).sort())
      if (ArrayBuffer.isView(columns[name])) hash.update(name).update(Buffer.from(columns[name].buffer))
  return hash.digest('hex')
}

const summary = (r) => ({
  fingerprint: fingerprint(r),
  trades: r.trades.count,
  equity: r.finalEquity,
  path: r.path,
  liquidations: r.costs.liquidations,
  stopped: r.stopped,
  bars: r.equity.count * r.symbols.length,
})

/** The 324 combinations of TB-05.13 over all months of the year, indicators included. */
function sweep(workers) {
  const { bars, rules, funding } = market
  const rates = funding.kind === 'recorded' ? funding.rates : new Map()
  const shareable = shareMarket(bars, rates, true)
  const config = makeConfig(bars.symbols, { rules: [rules], killSymbol: null, killPortfolio: null })
  const setup = { strategy: 'indicator-score', base: runSettings(config), costs: {} }
  const plan = sweepPlan(bars, { trainMonths: 3, testMonths: 1 })
  return runSweep({ market: shareable, setup, plan, cells: combinations(SWEEP_GRID) }, { workers })
}

let lastRows
const tasks = {
  async run({ name, runs, path }) {
    const input = path === undefined ? inputs[name] : { ...inputs[name], path }
    const { wall, cpu, out } = await time(runs, () => runBacktest(input))
    return { wall, cpu, ...summary(out) }
  },
  async sweep({ workers, runs }) {
    const { wall, cpu, out } = await time(runs, () => sweep(workers))
    const bytes = Buffer.from(out.rows.buffer)
    const same = lastRows === undefined || lastRows.equals(bytes)
    lastRows = bytes
    return { wall, cpu, cells: out.cells.length, blocks: out.plan.blocks.length, same }
  },
  async columns({ runs }) {
    const { wall, cpu } = await time(runs, () => scoreColumns(market.bars, 0, INDICATOR_SCORE_DEFAULTS.tieTolerance))
    return { wall, cpu }
  },
}

say({
  version: process.version,
  source: market.source,
  venue: market.venue,
  bars: market.bars.times.length,
  universe: universe.source,
  symbols: universe.bars.symbols.length,
  hours: universe.bars.times.length,
  common: many.input.bars.times.length,
  leftOut: many.leftOut,
})
for await (const line of createInterface({ input: process.stdin })) {
  const command = JSON.parse(line)
  say(await tasks[command.task](command))
}
