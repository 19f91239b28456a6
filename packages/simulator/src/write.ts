/** Writing a synthetic market to disk as an archive folder. */
import { join } from 'node:path'
import { archivePath, isPublished, type Market, type Period } from '@cointrader/binance'
import { DAY_MS, dateMs, dateRange, type Interval, type Kind, monthOf, parseDate } from '@cointrader/core'
import type { Disk } from '@cointrader/store'
import { checksumText, syntheticArchive } from './archive.js'
import type { PlantedDefect } from './defects.js'
import type { SyntheticMarket } from './synthetic.js'

export interface WriteOptions {
  readonly kinds: readonly Kind[]
  /** First and last day, both included. */
  readonly from: string
  readonly to: string
  /** Monthly files are those of the months the range touches that end by its last day: the archive has no others yet. */
  readonly routes: readonly Period['route'][]
  readonly interval?: Interval
  readonly market?: Market
  readonly defects?: readonly PlantedDefect[]
  /** Write `.CHECKSUM` files. Default true. */
  readonly checksums?: boolean
}

export interface Written {
  readonly files: number
  readonly bytes: number
}

/**
 * Writes the ZIPs (and checksums) of the range, and `exchangeInfo.json` with every symbol that ever was, as of the end
 * of the last day. Months that end after `to` are left out: the archive does not have them yet.
 */
export async function writeArchiveFolder(
  market: SyntheticMarket,
  dir: string,
  disk: Disk,
  options: WriteOptions,
): Promise<Written> {
  const { kinds, routes, interval = '1m', checksums = true, market: venue = 'um' } = options
  const dates = dateRange(parseDate(options.from, 'first day'), parseDate(options.to, 'last day'))
  const archive = syntheticArchive(market, { defects: options.defects ?? [], dailyLagMs: 0, monthlyLagMs: 0 })
  const nowMs = dateMs(dates.at(-1)!) + DAY_MS
  const months = [...new Set(dates.map(monthOf))]
  const periods: Period[] = []
  if (routes.includes('daily')) periods.push(...dates.map((date) => ({ route: 'daily', date }) as const))
  if (routes.includes('monthly')) periods.push(...months.map((month) => ({ route: 'monthly', month }) as const))
  let files = 0
  let bytes = 0
  const write = async (path: string, content: Uint8Array | string): Promise<void> => {
    await disk.writeAtomic(join(dir, path), content)
    files++
    bytes += Buffer.byteLength(content)
  }
  for (const { symbol } of market.specs) {
    for (const kind of kinds) {
      for (const period of periods) {
        if (!isPublished(kind, period.route, venue)) continue
        const path = archivePath(venue, kind, symbol, interval, period)
        const zip = await archive.read(path, nowMs)
        if (zip === undefined) continue
        await write(path, zip)
        if (checksums) await write(`${path}.CHECKSUM`, checksumText(zip, path))
      }
    }
  }
  await write('exchangeInfo.json', (await archive.exchangeInfo(nowMs))!)
  return { files, bytes }
}
