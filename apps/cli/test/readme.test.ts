/** Everything the README shows is run here, in its order; fetch and collect are pointed at the simulator. */
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Simulator, startSimulator, syntheticMarket, syntheticSource } from '@cointrader/simulator'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { systemClock } from '../dist/context.js'
import { tempFolder } from './helpers.js'

const root = join(dirname(fileURLToPath(import.meta.url)), '../../..')
const readme = readFileSync(join(root, 'README.md'), 'utf8')
const commands = [...readme.matchAll(/```sh\n([\s\S]*?)```/g)].flatMap((m) => m[1]!.trim().split('\n'))

let simulator: Simulator
beforeAll(async () => {
  const market = syntheticMarket({ seed: 'readme', symbols: 3, startDate: '2026-02-01', days: 7 })
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

describe('README', () => {
  it('shows the two set-up commands', () => {
    expect(commands.slice(0, 2)).toEqual(['npm run demo', 'npm test'])
  })

  it('npm run demo ends with the universe and exit code 0', async () => {
    const { code, out } = await run(process.execPath, [join(root, 'scripts/demo.mjs')], root)
    expect(code, out).toBe(0)
    expect(out).toContain('2026-02-01  (empty: no earlier day to choose from)')
    expect(out).toMatch(/2026-02-05 {2}BTCUSDT/)
    expect(out).not.toContain('E_')
  })

  it('every other command works as written', { timeout: 120_000 }, async () => {
    const folder = tempFolder()
    const rest = commands.slice(2)
    expect(rest.length).toBeGreaterThanOrEqual(8)
    for (const line of rest) {
      const [program, ...args] = line.split(' ')
      expect(program).toBe('./cointrader')
      if (args[0] === 'fetch') args.push('--archive', simulator.url)
      if (args[0] === 'collect') args.push('--rest-url', simulator.url)
      const { code, out } = await run(join(root, 'cointrader'), args, folder)
      expect(code, `${line}\n${out}`).toBe(0)
    }
  })

  it('names every command, and the table has no other', async () => {
    const { out } = await run(join(root, 'cointrader'), ['--help'], root)
    const listed = [...out.matchAll(/^ {2}([a-z-]+) {2,}\S/gm)]
      .map((m) => m[1]!)
      .filter((c) => c !== 'npm' && c !== 'cointrader')
    const shown = [...readme.matchAll(/^\| `([a-z-]+)` +\|/gm)].map((m) => m[1]!)
    expect(shown.sort()).toEqual(listed.sort())
    for (const command of shown) {
      const help = await run(join(root, 'cointrader'), [command, '--help'], root)
      expect(help.code).toBe(0)
      expect(help.out).toMatch(/Example/)
    }
  })
})
