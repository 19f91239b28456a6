/**
 * Everything the README shows is run here, in its order, in a folder of its own. What would reach the internet is pointed at a
 * simulator, and studies are made shorter; the command lines themselves are those of the page.
 */
import { spawn } from 'node:child_process'
import { cpSync, existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Simulator, startSimulator, syntheticMarket, syntheticSource } from '@cointrader/simulator'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { systemClock } from '../dist/context.js'
import { tempFolder } from './helpers.js'

const root = join(dirname(fileURLToPath(import.meta.url)), '../../..')
const readme = readFileSync(join(root, 'README.md'), 'utf8')
const commands = [...readme.matchAll(/```sh\n([\s\S]*?)```/g)].flatMap((m) => m[1]!.trim().split('\n'))

/** Days and sizes that keep the test quick. */
const SHORT: Readonly<Record<string, readonly string[]>> = {
  'my-study.yaml': [
    'range.end=2026-02-06',
    'folds=[{train: {start: 2026-02-02, end: 2026-02-04}, valid: {start: 2026-02-05, end: 2026-02-05}, test: {start: 2026-02-06, end: 2026-02-06}}]',
    'models.0.rounds=20',
    'proof.causality=[]',
    'features.windows=[5,15]',
    'universe.size=5',
    'backtest.baselines=[momentum]',
    'sensitivity.fee_pct=[]',
  ],
  'configs/studies/month-7-coins.yaml': [
    'range.end=2026-02-06',
    'folds=[{train: {start: 2026-02-02, end: 2026-02-04}, valid: {start: 2026-02-05, end: 2026-02-05}, test: {start: 2026-02-06, end: 2026-02-06}}]',
    'models.0.rounds=20',
    'proof.causality=[]',
    'features.windows=[5,60]',
    'sensitivity.slippage_pct=[]',
    'sensitivity.holding_bars=[]',
  ],
}

let simulator: Simulator
beforeAll(async () => {
  const market = syntheticMarket({ seed: 'readme', symbols: 20, startDate: '2026-02-01', days: 28 })
  simulator = await startSimulator({
    source: syntheticSource(market),
    clock: systemClock,
    now: () => market.defaultNowMs,
  })
})
afterAll(() => simulator.close())

function run(command: string, args: readonly string[], cwd: string): Promise<{ code: number | null; out: string }> {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] })
    let out = ''
    child.stdout.on('data', (d) => (out += d))
    child.stderr.on('data', (d) => (out += d))
    child.on('close', (code) => resolve({ code, out }))
  })
}

/** A line of the page as the test runs it. */
function argumentsOf(line: string): string[] {
  const args = line.replaceAll('http://127.0.0.1:8090', simulator.url).split(' ').slice(1)
  const study = args.find((a) => a.endsWith('.yaml'))
  if (['run', 'retrain'].includes(args[0]!) && study !== undefined)
    args.push(
      ...(SHORT[study] ?? [])
        .filter((s) => args[0] === 'run' || !/^(range|folds)/.test(s))
        .flatMap((s) => ['--set', s]),
    )
  // A random market has no skill to promote.
  if (args[0] === 'retrain')
    args.push(
      '--set',
      'retrain.beat_baseline=false',
      '--set',
      'retrain.valid_days=2',
      '--set',
      'retrain.test_days=2',
      '--set',
      'retrain.train_days=3',
      '--set',
      'universe.buffer_days=2',
    )
  if (['run', 'retrain', 'reproduce'].includes(args[0]!) && !args.includes('--archive'))
    args.push('--archive', simulator.url)
  return args
}

describe('README', () => {
  it('shows the two set-up commands', () => {
    expect(commands.slice(0, 2)).toEqual(['npm run demo', 'npm test'])
  })

  it('npm run demo goes through the chain and ends with the path of a report', { timeout: 400_000 }, async () => {
    const { code, out } = await run(process.execPath, [join(root, 'scripts/demo.mjs')], root)
    expect(code, out).toBe(0)
    const report = /the report, one file for any browser: (.*report\.html)/.exec(out)?.[1]
    expect(report, out).toBeDefined()
    expect(readFileSync(report!, 'utf8')).toMatch(/^<!doctype html>/)
    expect(out).toContain('Nothing here beats chance')
    expect(out).not.toContain('E_')
    // What the page quotes is what it prints, figures aside.
    for (const line of /```text\n([\s\S]*?)```/.exec(readme)![1]!.trim().split('\n')) {
      if (line === '…') continue
      for (const part of line.split('…'))
        expect(out.replaceAll(/\s+/g, ' ')).toContain(part.replaceAll(/\s+/g, ' ').trim())
    }
  })

  it('every other command works as written', { timeout: 400_000 }, async () => {
    const folder = tempFolder()
    for (const part of ['configs', 'examples']) cpSync(join(root, part), join(folder, part), { recursive: true })
    const rest = commands.slice(2)
    expect(rest.length).toBeGreaterThanOrEqual(12)
    let kept = ''
    for (const line of rest) {
      if (line.startsWith('cp ')) {
        const [, from, to] = line.split(' ')
        cpSync(join(folder, from!), join(folder, to!))
        continue
      }
      expect(line).toMatch(/^\.\/cointrader /)
      if (line.endsWith(' &')) {
        // The market that the next lines ask: the same program, on a free port, until it says where it is.
        expect(line).toBe('./cointrader sim --symbols 20 --days 10 --port 8090 &')
        continue
      }
      const { code, out } = await run(join(root, 'cointrader'), argumentsOf(line), folder)
      expect(code, `${line}\n${out}`).toBe(0)
      if (line.includes('holding_bars')) kept = out
    }
    // "The second run makes only what the change touches."
    expect(kept).toMatch(/build-xy: kept/)
    expect(kept).toMatch(/train\/trees\/1: kept/)
    expect(kept).toMatch(/backtest\/trees: done/)
    expect(existsSync(join(folder, 'results/studies/mine/report.html'))).toBe(true)
  })

  it('names every command, and each shows an example', async () => {
    const { out } = await run(join(root, 'cointrader'), ['--help'], root)
    const listed = [...out.matchAll(/^ {2}([a-z-]+)(?: \[[^\]]*\])* {2,}\S/gm)]
      .map((m) => m[1]!)
      .filter((c) => !['npm', 'cointrader', 'help'].includes(c))
    const shown = [...readme.matchAll(/^\| `([a-z-]+)` +\|/gm)].map((m) => m[1]!)
    expect(shown.sort()).toEqual(listed.sort())
    for (const command of shown) {
      const help = await run(join(root, 'cointrader'), [command, '--help'], root)
      expect(help.code).toBe(0)
      expect(help.out).toMatch(/Example/)
    }
  })

  it('links to files that are there', () => {
    const links = [...readme.matchAll(/\]\(([^)#]+)\)/g)].map((m) => m[1]!).filter((l) => !/^https?:/.test(l))
    expect(links.length).toBeGreaterThan(8)
    for (const link of links) expect(existsSync(join(root, link)), link).toBe(true)
  })
})
