import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { seededRandom } from '@cointrader/core'
import { type Simulator, startSimulator, syntheticMarket, syntheticSource } from '@cointrader/simulator'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { systemClock } from '../dist/context.js'
import { cointrader, tempFolder, treeOf } from './helpers.js'

const NOW = Date.UTC(2026, 2, 15)
let simulator: Simulator
/** Called for each request with its number since the last reset. */
let onRequest: (count: number) => void = () => {}
let count = 0

beforeAll(async () => {
  const market = syntheticMarket({ seed: 'kill', symbols: 3, startDate: '2026-02-01', days: 4 })
  const source = syntheticSource(market)
  simulator = await startSimulator({
    source: {
      ...source,
      archive: {
        ...source.archive,
        read: (path, now) => {
          onRequest(++count)
          return source.archive.read(path, now)
        },
      },
    },
    clock: systemClock,
    now: () => NOW,
  })
})
afterAll(() => simulator.close())

const args = (dataDir: string) => [
  'fetch',
  '--json',
  '--start-date',
  '2026-02-01',
  '--end-date',
  '2026-02-04',
  '--kinds',
  'klines,premium,metrics,funding',
  '--workers',
  '2',
  '--archive',
  simulator.url,
  '--data-dir',
  dataDir,
]

describe('fetch, killed', () => {
  it('at 20 seeded moments and rerun gives the tree of an undisturbed run', { timeout: 280_000 }, async () => {
    const calm = tempFolder()
    count = 0
    const whole = await cointrader(args(calm))
    expect(whole.stderr).toBe('')
    expect(whole.code).toBe(0)
    const requests = count
    const expected = treeOf(calm)
    expect(Object.keys(expected).filter((f) => f.endsWith('.parquet')).length).toBe(4 + 3)
    const random = seededRandom('twenty moments')
    let interrupted = 0
    for (let i = 0; i < 20; i++) {
      const dataDir = tempFolder()
      const moment = 1 + random.int(requests)
      count = 0
      const killed = await cointrader(args(dataDir), (kill) => {
        onRequest = (n) => {
          if (n === moment) kill('SIGKILL')
        }
      })
      onRequest = () => {}
      if (killed.signal === 'SIGKILL') interrupted++
      // One worker here, two before: their number must not show, and one is quicker on four days.
      const rerun = await cointrader([...args(dataDir), '--workers', '1'])
      expect(rerun.code, `moment ${moment}: ${rerun.stderr}`).toBe(0)
      expect(treeOf(dataDir), `killed at request ${moment} of ${requests}`).toEqual(expected)
    }
    // A kill at the very last request may come after the work is done; nearly all must have struck.
    expect(interrupted).toBeGreaterThanOrEqual(18)
  })

  it('two at once: one works, the other refuses by name or waits; the tree is whole', async () => {
    const dataDir = tempFolder()
    count = 0
    let second: ReturnType<typeof cointrader> | undefined
    onRequest = () => {
      // The first is at work now and holds the lock.
      second ??= cointrader(args(dataDir))
    }
    const first = await cointrader(args(dataDir))
    onRequest = () => {}
    const refused = await second!
    expect(first.code).toBe(0)
    expect(refused.code).toBe(1)
    expect(refused.stderr).toContain('E_LOCKED')
    expect(refused.stderr).toMatch(/held by "cointrader fetch" \(process \d+/)
    const calm = tempFolder()
    await cointrader(args(calm))
    expect(treeOf(dataDir)).toEqual(treeOf(calm))
    expect(existsSync(join(dataDir, '.run/lock'))).toBe(false)
    expect(readFileSync(join(dataDir, '.run/run.log'), 'utf8')).toContain('"event":"end"')
  })
})
