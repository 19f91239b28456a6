/** Day tables as the builds of a run need them: each read once, in shared memory, dropped after its last use. */
import { addDays, type UtcDate } from '@cointrader/core'
import { type Disk, decodeParquet, parquetColumns } from '@cointrader/store'
import { BAR_FIELDS, type DayBars, dayBars } from '../daybars.js'

/** Reads the symbols of one day table. Errors `E_FILE_CORRUPT`, `E_DISK`. */
export async function loadDay(
  disk: Disk,
  path: string,
  date: UtcDate,
  symbols: readonly string[],
  shared: boolean,
): Promise<DayBars | undefined> {
  const bytes = await disk.read(path)
  if (bytes === undefined) return undefined
  const there = new Set(await parquetColumns(bytes, path))
  const wanted = ['symbol', 'start_time_ms', ...BAR_FIELDS.filter((f) => there.has(f))]
  const { table } = await decodeParquet(bytes, path, wanted)
  return dayBars(table, date, symbols, shared)
}

/** Days that builds of `dates` read, with the symbols they need of each. */
export function neededDays(
  dates: readonly UtcDate[],
  members: (date: UtcDate) => readonly string[],
  before: number,
  after: number,
): Map<UtcDate, { symbols: Set<string>; uses: number }> {
  const out = new Map<UtcDate, { symbols: Set<string>; uses: number }>()
  for (const date of dates) {
    for (let k = -before; k <= after; k++) {
      const day = addDays(date, k)
      const need = out.get(day) ?? { symbols: new Set<string>(), uses: 0 }
      need.uses++
      for (const symbol of members(date)) need.symbols.add(symbol)
      out.set(day, need)
    }
  }
  return out
}
