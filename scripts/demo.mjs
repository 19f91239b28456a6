// `npm run demo`: the whole chain on a synthetic market through real HTTP on this machine. No network, no keys, a minute or two.
// Each step is the ordinary command line, printed so that you can run it yourself.
import { spawn, spawnSync } from 'node:child_process'
import { readFileSync, rmSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const main = join(root, 'apps/cli/dist/main.js')
const out = join(root, 'results', 'studies', 'demo')
const started = Date.now()
rmSync(out, { recursive: true, force: true })

/** Starts the simulator and resolves with its URL and its time. */
function startSimulator() {
  const child = spawn(
    process.execPath,
    [main, 'sim', '--seed', '1', '--symbols', '20', '--start-date', '2026-02-01', '--days', '10', '--json'],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  return new Promise((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`the simulator ended with code ${code}`)))
    createInterface({ input: child.stdout }).once('line', (line) => resolve({ child, ...JSON.parse(line) }))
  })
}

/** Runs one command, shows it, and ends the demo with its exit code when it fails. */
function step(title, args) {
  console.log(
    `\n== ${title}\n$ ./cointrader ${args.map((a) => (a.startsWith(root) ? relative(root, a) : a)).join(' ')}`,
  )
  const done = spawnSync(process.execPath, [main, ...args], { cwd: root, stdio: 'inherit' })
  if (done.status !== 0) {
    console.error(`demo: this step ended with code ${done.status}`)
    process.exitCode = done.status || 1
    throw new Error('stopped')
  }
}

const { child, url, now } = await startSimulator()
try {
  console.log(`simulated exchange: 20 symbols, 2026-02-01 to 2026-02-10, ${url}`)
  step('run: fetch, check, universe, features, proof, train, judge, backtest, report, from one file', [
    ...['run', join(root, 'configs/studies/demo.yaml'), '--archive', url, '--out', out],
  ])
  step('verify: every byte, row and time of the data again, offline', ['verify', '--data-dir', join(out, 'data')])
  const { stages } = JSON.parse(readFileSync(join(out, 'study.json'), 'utf8'))
  const { version } = stages.find((s) => s.id === 'train/ridge/2')
  step('predict --latest: scores of the newest minute, by stream, as live trading will use them', [
    ...['predict', '--latest', '--model', `ridge-2/${version}`, '--models-dir', join(out, 'models')],
    ...['--data-dir', join(out, 'data'), '--now', now, '--repeat', '200'],
  ])
  console.log(`\nthe report, one file for any browser: ${join(out, 'report.html')}`)
  console.log(`done in ${((Date.now() - started) / 1000).toFixed(1)} s`)
} catch (error) {
  if (error.message !== 'stopped') throw error
} finally {
  child.removeAllListeners('exit')
  child.kill('SIGTERM')
}
