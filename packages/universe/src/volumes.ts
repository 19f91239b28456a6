/** Volumes per day and symbol, computed once per day table. */
import { join } from 'node:path'
import { isError, sha256, type UtcDate } from '@cointrader/core'
import { type Disk, decodeParquet, numbers, strings } from '@cointrader/store'
import type { DayVolumes } from './days.js'

/** Bump when the meaning of a cached file changes. */
const CACHE_FORMAT = 1

/**
 * Volumes of the day table at `path`, undefined when there is none. The result is kept in `cacheDir` under the SHA-256
 * of the table's bytes, so a changed table is never confused with an old one; a cache that cannot be written is not
 * an error. Error `E_FILE_CORRUPT` when the table cannot be read.
 */
export async function dayVolumes(
  disk: Disk,
  path: string,
  date: UtcDate,
  cacheDir?: string,
): Promise<DayVolumes | undefined> {
  const bytes = await disk.read(path)
  if (bytes === undefined) return undefined
  const cache = cacheDir === undefined ? undefined : join(cacheDir, `volumes-${CACHE_FORMAT}-${sha256(bytes)}.json`)
  const kept = cache === undefined ? undefined : parseKept(await disk.read(cache))
  if (kept !== undefined) return { date, ...kept }
  const computed = await volumesOf(bytes, path)
  if (cache !== undefined) {
    await disk.writeAtomic(cache, JSON.stringify(computed)).catch((error: unknown) => {
      if (!isError(error, 'E_DISK')) throw error
    })
  }
  return { date, ...computed }
}

type Kept = Omit<DayVolumes, 'date'>

/** Σ quote volume and rows per symbol, in first-seen order; each sum runs over the symbol's own rows in row order. */
async function volumesOf(bytes: Uint8Array, subject: string): Promise<Kept> {
  const { table } = await decodeParquet(bytes, subject, ['symbol', 'quote_volume'])
  const symbol = strings(table, 'symbol', subject)
  const volume = numbers(table, 'quote_volume', subject)
  const place = new Map<string, number>()
  const symbols: string[] = []
  const quoteVolume: number[] = []
  const bars: number[] = []
  for (let i = 0; i < table.rows; i++) {
    let at = place.get(symbol[i]!)
    if (at === undefined) {
      at = symbols.length
      place.set(symbol[i]!, at)
      symbols.push(symbol[i]!)
      quoteVolume.push(0)
      bars.push(0)
    }
    bars[at]!++
    if (Number.isFinite(volume[i]!)) quoteVolume[at]! += volume[i]!
  }
  return { symbols, quoteVolume, bars }
}

function parseKept(bytes: Uint8Array | undefined): Kept | undefined {
  if (bytes === undefined) return undefined
  try {
    const kept = JSON.parse(new TextDecoder().decode(bytes)) as Partial<Kept> | null
    const n = kept?.symbols?.length
    return n !== undefined && kept?.quoteVolume?.length === n && kept.bars?.length === n ? (kept as Kept) : undefined
  } catch {
    return undefined
  }
}
