/** Volumes and contracts for tests of the selection. */
import { existsSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { addDays, type Contract, contractFromName, type UtcDate } from '@cointrader/core'
import type { DayVolumes, SelectOptions, VolumesByDate } from '@cointrader/universe'

export const D = '2026-02-15' as UtcDate
export const before = (days: number): UtcDate => addDays(D, -days)
export const tempFolder = () => mkdtemp(join(tmpdir(), 'universe-'))

export function goldenFolder(): string | undefined {
  const shared = process.env.COINTRADER_SHARED ?? resolve(import.meta.dirname, '../../../../shared')
  const folder = join(shared, 'data/golden/research')
  if (existsSync(folder)) return folder
  console.warn(`golden tests skipped: ${folder} is not there (set COINTRADER_SHARED)`)
  return undefined
}

/** A day from `{ symbol: volume }`; every symbol has 1440 bars. */
export function day(date: UtcDate, volumes: Readonly<Record<string, number>>): DayVolumes {
  const symbols = Object.keys(volumes)
  return { date, symbols, quoteVolume: symbols.map((s) => volumes[s]!), bars: symbols.map(() => 1440) }
}

export const byDate = (...days: DayVolumes[]): VolumesByDate => new Map(days.map((d) => [d.date, d]))

export const contract = (symbol: string, facts: Partial<Contract> = {}): Contract => ({
  ...contractFromName(symbol),
  ...{ status: 'TRADING', underlyingType: 'COIN', origin: 'exchangeInfo' },
  ...facts,
})

export const contracts = (...list: Contract[]) => Object.fromEntries(list.map((c) => [c.symbol, c]))

export const options = (volumes: VolumesByDate, more: Partial<SelectOptions> = {}): SelectOptions => ({
  ...{ date: D, top: 50, bufferDays: 14, minHistoryDays: 1, volumes, contracts: {}, bans: { [before(1)]: [] } },
  ...more,
})
