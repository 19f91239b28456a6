/**
 * The layout of data.binance.vision (spec BX, "Archive"). Logical paths use the symbol as it is (UTF-8); URLs
 * percent-encode it (BX-08).
 */
import type { Interval, Kind, UtcDate, UtcMonth } from '@cointrader/core'

export type Market = 'um' | 'spot'
export type Period =
  | { readonly route: 'daily'; readonly date: UtcDate }
  | { readonly route: 'monthly'; readonly month: UtcMonth }

const FOLDER: Record<Kind, string> = {
  klines: 'klines',
  premium: 'premiumIndexKlines',
  mark: 'markPriceKlines',
  metrics: 'metrics',
  funding: 'fundingRate',
}

/** Kinds the archive publishes per period: metrics daily only, funding monthly only. */
export function isPublished(kind: Kind, route: Period['route'], market: Market): boolean {
  if (market === 'spot') return kind === 'klines'
  if (kind === 'metrics') return route === 'daily'
  if (kind === 'funding') return route === 'monthly'
  return true
}

/** Folder of all symbols of a kind, e.g. `data/futures/um/daily/klines/`. */
export function kindFolder(market: Market, route: Period['route'], kind: Kind): string {
  return `data/${market === 'um' ? 'futures/um' : 'spot'}/${route}/${FOLDER[kind]}/`
}

/** Logical path of an archive file. */
export function archivePath(market: Market, kind: Kind, symbol: string, interval: Interval, period: Period): string {
  const stamp = period.route === 'daily' ? period.date : period.month
  const folder = kindFolder(market, period.route, kind)
  if (kind === 'metrics' || kind === 'funding') return `${folder}${symbol}/${symbol}-${FOLDER[kind]}-${stamp}.zip`
  return `${folder}${symbol}/${interval}/${symbol}-${interval}-${stamp}.zip`
}

/** Encodes each segment of a logical path for a URL. */
export function urlPath(logicalPath: string): string {
  return logicalPath.split('/').map(encodeURIComponent).join('/')
}
