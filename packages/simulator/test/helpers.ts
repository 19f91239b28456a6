import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ManualClock, manualClock } from '@cointrader/core'
import {
  type Simulator,
  type SimulatorOptions,
  type SyntheticMarket,
  startSimulator,
  syntheticMarket,
  syntheticSource,
} from '@cointrader/simulator'
import { afterEach } from 'vitest'

const closing: (() => Promise<void> | void)[] = []
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})

export const marketOf = (days = 5, symbols = 2, startDate = '2026-02-01', extras = false): SyntheticMarket =>
  syntheticMarket({ seed: 1, symbols, startDate, days, extras })

/** A server over a small market with a frozen venue time and a manual clock. */
export async function serve(
  options: Partial<SimulatorOptions> & { market?: SyntheticMarket; nowMs?: number } = {},
): Promise<Simulator & { clock: ManualClock }> {
  const market = options.market ?? marketOf()
  const nowMs = options.nowMs ?? market.defaultNowMs
  const clock = manualClock(1_700_000_040_000)
  const simulator = await startSimulator({ source: syntheticSource(market), clock, now: () => nowMs, ...options })
  closing.push(() => simulator.close())
  return { ...simulator, clock }
}

export function tempFolder(): string {
  const dir = mkdtempSync(join(tmpdir(), 'cointrader-sim-'))
  closing.push(() => rmSync(dir, { recursive: true, force: true }))
  return dir
}

export async function get(
  url: string,
): Promise<{ status: number; headers: Headers; bytes: Buffer; text: string; json: <T>() => T }> {
  const answer = await fetch(url)
  const bytes = Buffer.from(await answer.arrayBuffer())
  const text = bytes.toString('utf8')
  return { status: answer.status, headers: answer.headers, bytes, text, json: <T>() => JSON.parse(text) as T }
}
