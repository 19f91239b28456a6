// The engines that bench/backtest runs: processes that answer lines of JSON; who the peers are, and what they cannot express.
import { spawn, spawnSync } from 'node:child_process'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const here = dirname(fileURLToPath(import.meta.url))

/** Rules of a default run that are not in the common subset, and what the peers have instead. */
export const UNSHARED = [
  [
    'stops and targets inside a bar',
    'tested from the bar after the entry; distance from the fill in shares of price',
    'levels are prices given with the order, so not a distance from the real fill',
  ],
  [
    'a stop slips more than a market order',
    'one slippage per order, none for its limit stops',
    'a spread, paid at entries only (both sides are paid through its commission here)',
  ],
  ['a target fills at its level even when the bar opens beyond', 'at the open then', 'at the open then'],
  ['funding payments', 'none', 'none'],
  [
    'tick size, minimum notional, price bands',
    'step and minimum of sizes only',
    'whole units only (scaled to 1e-8 units here)',
  ],
  ['tiered maintenance margin, liquidation', 'none', 'ends when equity is 0'],
  ['dynamic margin and fixed-risk sizing', "sizes are the caller's", "sizes are the strategy's"],
  [
    'reversal: close and re-enter at one open, sized on what is left',
    'one order per bar and column, sized before',
    'sized at the decision',
  ],
  ['daily loss, drawdown and position limits, kill switches, cooldown', 'none', 'none'],
  ['orders larger than a share of the volume wait', 'none', 'none'],
  ['many symbols, one account', 'yes', 'none: (c) cannot be run'],
]

/** For each peer the interpreter that has it, or the reason why it is not run. */
function findPython() {
  const candidates = process.env.COINTRADER_BENCH_PYTHON
    ? [process.env.COINTRADER_BENCH_PYTHON]
    : ['/tmp/venv-bt/bin/python', 'python3']
  const how = 'python3 -m venv /tmp/venv-bt && /tmp/venv-bt/bin/pip install "vectorbt[rust]" backtesting'
  const find = (module) => {
    const python = candidates.find((p) => spawnSync(p, ['-c', `import ${module}`], { timeout: 120_000 }).status === 0)
    return python === undefined ? { reason: `not run: no ${module} in ${candidates.join(' or ')}; ${how}` } : { python }
  }
  return { vectorbt: find('vectorbt'), rust: find('vectorbt, vectorbt_rust'), backtesting: find('backtesting') }
}

/** A process that answers lines of JSON. */
export async function start(name, command, args) {
  const child = spawn(command, args.map(String), { stdio: ['pipe', 'pipe', 'inherit'] })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const read = async () => {
    const { value, done } = await lines.next()
    if (done) throw new Error(`${name} ended before it answered`)
    return JSON.parse(value)
  }
  const about = await read()
  const ask = (question) => {
    child.stdin.write(`${JSON.stringify(question)}\n`)
    return read()
  }
  return { name, about, ask, close: () => child.kill() }
}

/** The peers that are installed (put into `running` as they start), and for the others the reason why they are not run. */
export async function startPeers(folder, running) {
  const python = findPython()
  const peers = []
  const absent = []
  for (const [name, { python: path, reason }, script, ...args] of [
    ['vectorbt', python.vectorbt, 'vectorbt', 'numba'],
    ['vectorbt-rust', python.rust, 'vectorbt', 'rust'],
    ['backtesting.py', python.backtesting, 'backtesting'],
  ]) {
    if (path === undefined) {
      absent.push([name, reason])
      continue
    }
    const peer = await start(name, path, [join(here, `peers/backtest_${script}.py`), folder, ...args])
    running.push(peer)
    const slow = script === 'backtesting'
    peers.push({ ...peer, slow, depths: slow ? ['statistics'] : ['orders', 'results'] })
  }
  return { peers, absent }
}
