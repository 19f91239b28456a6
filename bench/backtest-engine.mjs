// bench/backtest's own engine: a process that answers lines of JSON, one per task, like the peers do.
//   backtest-engine.mjs SHARED FOLDER
import { createHash } from 'node:crypto'
import { createInterface } from 'node:readline'
import { DEFAULT_COSTS, intentStrategy, runBacktest } from '../packages/backtest/dist/index.js'
import {
  blockValue,
  combinations,
  runSettings,
  runSweep,
  SWEEP_GRID,
  shareMarket,
  sweepPlan,
  withParams,
} from '../packages/backtest/dist/sweep/index.js'
import { scoreColumns, scoreIntents } from '../packages/strategies/dist/index.js'
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

/** What a sweep over all months of the year is given: its market in shared memory, anew each time. */
function sweepInput() {
  const { bars, rules, funding } = market
  const config = makeConfig(bars.symbols, { rules: [rules], killSymbol: null, killPortfolio: null })
  return {
    market: shareMarket(bars, funding.kind === 'recorded' ? funding.rates : new Map(), true),
    setup: { strategy: 'indicator-score', base: runSettings(config), costs: {} },
    plan: sweepPlan(bars, { trainMonths: 3, testMonths: 1 }),
    cells: combinations(SWEEP_GRID),
  }
}

/** The same by separate backtests: trades and net result of each combination and month. */
function separately({ setup, plan, cells }) {
  const { bars, funding } = market
  const columns = scoreColumns(bars, 0)
  const costs = { ...DEFAULT_COSTS, ...(funding.kind === 'recorded' && { funding }) }
  return cells.map((cell) => {
    const { score, config } = withParams(setup.base, cell)
    const strategy = intentStrategy('separate', [scoreIntents(columns, bars.intervalMs, score)])
    return plan.blocks.map(({ startMs, endMs }) => {
      const { trades } = runBacktest({ bars, strategy, config, costs, startMs, endMs })
      return { trades: trades.count, net: trades.netPnl.reduce((a, b) => a + b, 0) }
    })
  })
}

let lastRows
const tasks = {
  async run({ name, runs, path }) {
    const input = path === undefined ? inputs[name] : { ...inputs[name], path }
    const { wall, cpu, out } = await time(runs, () => runBacktest(input))
    return { wall, cpu, ...summary(out) }
  },
  async sweep({ workers, runs }) {
    const { wall, cpu, out } = await time(runs, () => runSweep(sweepInput(), { workers }))
    const bytes = Buffer.from(out.rows.buffer)
    const same = lastRows === undefined || lastRows.equals(bytes)
    lastRows = bytes
    return { wall, cpu, cells: out.cells.length, blocks: out.plan.blocks.length, same }
  },
  async naiveSweep() {
    const input = sweepInput()
    const results = await runSweep(input)
    const { wall, cpu, out } = await time(1, () => separately(input))
    let different = 0
    let trades = 0
    for (const [c, blocks] of out.entries())
      for (const [b, one] of blocks.entries()) {
        const of = (field) => blockValue(results, c, b, field)
        trades += one.trades
        const net = of('gains') - of('lost')
        if (one.trades !== of('trades') || Math.abs(one.net - net) > 1e-9 * input.setup.base.config.initialBalance)
          different++
      }
    return { wall, cpu, cells: out.length, runs: out.length * input.plan.blocks.length, trades, different }
  },
  async columns({ runs }) {
    const { wall, cpu } = await time(runs, () => scoreColumns(market.bars, 0))
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
