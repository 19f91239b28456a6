/** Where the shared data is. Tests that need it skip with a printed reason without it. */
import { existsSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { FundingRates } from '@cointrader/backtest/costs/index'
import { decodeParquet, nodeDisk, numbers } from '@cointrader/store'
import { type BarSet, makeBarSet } from '@cointrader/strategies'

const root = join(dirname(fileURLToPath(import.meta.url)), '../../../..')

/** A path below the shared folder, or undefined (and a printed line) when it is not on this machine. */
export function shared(path: string): string | undefined {
  const full = resolve(root, process.env.COINTRADER_SHARED ?? '../shared', path)
  if (existsSync(full)) return full
  console.log(`skipped: no ${full} (set COINTRADER_SHARED to the folder with the shared data)`)
  return undefined
}

/** A file of `binance-15m` as bars, and the settlements its forward-filled `funding_rate` column shows. */
export async function read15m(file: string, symbol: string): Promise<{ bars: BarSet; funding: FundingRates }> {
  const bytes = await nodeDisk.read(file)
  const { table } = await decodeParquet(bytes!, file)
  const column = (name: string): Float64Array => Float64Array.from(numbers(table, name, file))
  const times = column('timestamp')
  const [open, high, low, close, volume] = ['open', 'high', 'low', 'close', 'volume'].map(column) as [
    Float64Array,
    Float64Array,
    Float64Array,
    Float64Array,
    Float64Array,
  ]
  const bars = makeBarSet(900_000, [{ symbol, times, open, high, low, close, volume }])
  const rate = column('funding_rate')
  const at: number[] = []
  const rates: number[] = []
  for (let i = 0; i < times.length; i++) {
    // The settlement's row, or the one after it, has the new value; 0 stands for unknown.
    if (times[i]! % (8 * 3_600_000) !== 0) continue
    const value = rate[i + 1] ?? rate[i]!
    if (value === 0) continue
    at.push(times[i]!)
    rates.push(value)
  }
  return { bars, funding: { times: Float64Array.from(at), rates: Float64Array.from(rates) } }
}
