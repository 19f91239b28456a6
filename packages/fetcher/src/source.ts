/** Where archive files come from: a folder or a URL in the same layout, behind one interface. */
import { join } from 'node:path'
import {
  type Client,
  kindFolder,
  type Limiter,
  type Market,
  type MarketDataRest,
  type Period,
  parseExchangeInfo,
  parseListing,
  urlPath,
} from '@cointrader/binance'
import { isError, type Kind } from '@cointrader/core'
import type { Disk } from '@cointrader/store'

export interface ArchiveSource {
  /** For messages: the folder's last name or the URL's host; never written into artefacts. */
  readonly name: string
  /** True when a download is worth keeping until its day is done. */
  readonly remote: boolean
  /** The file, or undefined when the archive does not have it. */
  get(path: string): Promise<{ readonly bytes: Uint8Array; readonly etag: string | null } | undefined>
  /** Symbols that have a folder for this kind, delisted ones included. */
  symbols(market: Market, route: Period['route'], kind: Kind, interval: string): Promise<string[]>
  exchangeInfo(): Promise<Uint8Array | undefined>
}

const hasInterval = (kind: Kind): boolean => kind === 'klines' || kind === 'premium' || kind === 'mark'

export function folderArchive(disk: Disk, root: string): ArchiveSource {
  return {
    name: root,
    remote: false,
    async get(path) {
      const bytes = await disk.read(join(root, path))
      return bytes && { bytes, etag: null }
    },
    async symbols(market, route, kind, interval) {
      const folder = kindFolder(market, route, kind)
      const names = (await disk.list(join(root, folder))).filter((n) => n.endsWith('/')).map((n) => n.slice(0, -1))
      if (!hasInterval(kind)) return names
      const kept: string[] = []
      for (const name of names) if ((await disk.list(join(root, folder, name, interval))).length > 0) kept.push(name)
      return kept
    },
    exchangeInfo: () => disk.read(join(root, 'exchangeInfo.json')),
  }
}

export interface UrlArchiveOptions {
  readonly client: Client
  readonly baseUrl: string
  /** Base of the S3 listing (`?prefix=…`); the public archive lists on another host than it serves. */
  readonly listingUrl: string
  readonly rest: MarketDataRest | undefined
  /** Learns the venue's weight limit from exchangeInfo (BX-25: never a constant). */
  readonly limiter?: Limiter
}

export function urlArchive({ client, baseUrl, listingUrl, rest, limiter }: UrlArchiveOptions): ArchiveSource {
  const base = baseUrl.replace(/\/$/, '')
  return {
    name: base,
    remote: true,
    async get(path) {
      const answer = await client.get(`${base}/${urlPath(path)}`, 0)
      return answer && { bytes: answer.body, etag: answer.header('etag')?.replace(/^W\/|"/g, '') ?? null }
    },
    async symbols(market, route, kind) {
      const prefix = kindFolder(market, route, kind)
      const found: string[] = []
      for (let marker = ''; ; ) {
        const query = `?delimiter=/&prefix=${encodeURIComponent(prefix)}${marker ? `&marker=${encodeURIComponent(marker)}` : ''}`
        const answer = await client.get(`${listingUrl.replace(/\/$/, '')}/${query}`, 0)
        if (answer === undefined) break
        const page = parseListing(answer.body, `listing of ${prefix}`)
        for (const folder of page.folders) found.push(folder.slice(prefix.length, -1))
        if (page.next === null || page.next === marker) break
        marker = page.next
      }
      return found
    },
    async exchangeInfo() {
      try {
        const bytes = await rest?.exchangeInfo()
        const weight = bytes && parseExchangeInfo(bytes, 'exchangeInfo').weightPerMinute
        if (weight) limiter?.setWeightPerMinute(weight)
        return bytes
      } catch (error) {
        // The archive works without it (facts then come from names, and that is said); REST may be barred in some places.
        if (!isError(error, 'E_NETWORK') && !isError(error, 'E_HTTP')) throw error
        return undefined
      }
    },
  }
}
