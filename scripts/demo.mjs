// `npm run demo`: the chain on a synthetic market through real HTTP on this machine. No network, no keys, about half a
// minute. Each step is the ordinary command line, printed so that you can run it yourself.
import { spawn, spawnSync } from 'node:child_process'
import { readFileSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const main = join(root, 'apps/cli/dist/main.js')
const dataDir = join(root, 'data', 'demo')
const started = Date.now()
rmSync(dataDir, { recursive: true, force: true })

/** Starts the simulator and resolves with its URL. */
function startSimulator() {
  const child = spawn(
    process.execPath,
    [main, 'sim', '--seed', '1', '--symbols', '20', '--start-date', '2026-02-01', '--days', '5', '--json'],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  return new Promise((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`the simulator ended with code ${code}`)))
    createInterface({ input: child.stdout }).once('line', (line) => resolve({ child, url: JSON.parse(line).url }))
  })
}

/** Runs one command, shows it, and ends the demo with its exit code when it fails. */
function step(title, args, allowed = [0]) {
  console.log(
    `\n== ${title}\n$ cointrader ${args.map((a) => (a.startsWith(root) ? a.slice(root.length + 1) : a)).join(' ')}`,
  )
  const done = spawnSync(process.execPath, [main, ...args], { cwd: root, stdio: 'inherit' })
  if (!allowed.includes(done.status)) {
    console.error(`demo: this step ended with code ${done.status}`)
    process.exitCode = done.status || 1
    throw new Error('stopped')
  }
}

const { child, url } = await startSimulator()
try {
  console.log(`simulated exchange: 20 symbols, 2026-02-01 to 2026-02-05, ${url}`)
  const range = ['--start-date', '2026-02-01', '--end-date', '2026-02-05', '--data-dir', dataDir]
  step('fetch: archive files and REST over HTTP, verified, one table per day', [
    'fetch',
    '--all',
    '--kinds',
    'klines,premium,metrics,funding',
    '--archive',
    url,
    ...range,
  ])
  step('preprocess: the defect ledger and the bans', ['preprocess', ...range])
  step('universe: who may be traded each day, from earlier days only', ['universe', '--top', '8', ...range])
  const days = ['--start-date', '2026-02-02', '--end-date', '2026-02-04', '--top', '8', '--data-dir', dataDir]
  step('build-xy: features X and labels Y, one table a day', ['build-xy', ...days])
  step('verify causality: every value of a day again, from what was known at its minute', [
    'verify',
    'causality',
    '--date',
    '2026-02-03',
    '--top',
    '8',
    '--data-dir',
    dataDir,
    '--summary',
  ])
  step(
    'train lgbm: trees on one day, judged on another beside baselines (the market is a random walk: nothing to find)',
    [
      'train',
      'lgbm',
      ...['--train-start', '2026-02-02', '--train-end', '2026-02-02'],
      ...['--valid-start', '2026-02-03', '--valid-end', '2026-02-03'],
      ...['--test-start', '2026-02-04', '--test-end', '2026-02-04'],
      ...['--y-name', 'y_5m', '--topn', '8', '--num-leaves', '15', '--num-boost-round', '100'],
      ...['--early-stopping-rounds', '20', '--name', 'demo'],
      ...['--data-dir', join(dataDir, 'xy'), '--models-dir', join(dataDir, 'models')],
    ],
  )
  const scores = join(dataDir, 'predictions.parquet')
  step('predict: scores of every minute, also of the newest', [
    'predict',
    ...['--model', 'demo', '--infer-start', '2026-02-04', '--infer-end', '2026-02-04', '--topn', '8'],
    ...['--data-dir', join(dataDir, 'xy'), '--models-dir', join(dataDir, 'models'), '--output', scores],
  ])
  const members = JSON.parse(readFileSync(join(dataDir, 'top8_universe.json'), 'utf8'))['2026-02-04'].join(',')
  step('backtest: those scores as a long/short book, with costs and funding, to a report', [
    'backtest',
    ...['--strategy', 'cross-section', '--symbols', members, '--data', dataDir, '--interval', '5m'],
    ...['--scores', scores, '--holding-bars', '6', '--start-date', '2026-02-04', '--end-date', '2026-02-04'],
    ...['--out', join(dataDir, 'backtest')],
  ])
  step('verify: every byte, row and time again, offline', ['verify', '--data-dir', dataDir])
  step('data: what is there', ['data', '--data-dir', dataDir])
  const universe = JSON.parse(readFileSync(join(dataDir, 'top8_universe.json'), 'utf8'))
  console.log('\n== summary')
  for (const [date, symbols] of Object.entries(universe))
    console.log(`${date}  ${symbols.length === 0 ? '(empty: no earlier day to choose from)' : symbols.join(' ')}`)
  console.log(`\nfiles: ${dataDir}\ndone in ${((Date.now() - started) / 1000).toFixed(1)} s`)
} catch (error) {
  if (error.message !== 'stopped') throw error
} finally {
  child.removeAllListeners('exit')
  child.kill('SIGTERM')
}
