/** What a file of a data folder is, by its path. */
import { type Interval, parseInterval, type UtcDate } from '@cointrader/core'

export type DataFile =
  | { readonly type: 'day' | 'mark'; readonly group: string; readonly date: UtcDate; readonly interval: Interval }
  | { readonly type: 'collected' | 'ledger'; readonly group: string; readonly date: UtcDate }
  | { readonly type: 'funding'; readonly group: string; readonly symbol: string }
  | { readonly type: 'export'; readonly group: string; readonly symbol: string; readonly interval: Interval }
  | { readonly type: 'manifest' | 'json' | 'parquet' | 'other'; readonly group: string }

const DATE = String.raw`(\d{4}-\d{2}-\d{2})`
const DAY = new RegExp(String.raw`^((?:spot/)?(?:(\w+)_raw_data|mark_(\w+)))/${DATE}\.parquet$`)
const DATED = new RegExp(String.raw`^(collected/[^/]+|ledger)/${DATE}\.parquet$`)
const FUNDING = /^(funding)\/([^/]+)\.parquet$/
const EXPORT = /^(export)\/([^/]+)_(\d+[mhd])\.parquet$/
export const MANIFEST_SUFFIX = '.manifest.json'

/** Classifies a path relative to the data folder (`/` separated). */
export function classify(path: string): DataFile {
  const group = path.includes('/') ? path.slice(0, path.lastIndexOf('/')) : ''
  let match = DAY.exec(path)
  if (match) {
    const interval = knownInterval(match[2] ?? match[3]!)
    if (interval) return { type: match[2] ? 'day' : 'mark', group, date: match[4] as UtcDate, interval }
  }
  match = DATED.exec(path)
  if (match) return { type: group === 'ledger' ? 'ledger' : 'collected', group, date: match[2] as UtcDate }
  match = FUNDING.exec(path)
  if (match) return { type: 'funding', group, symbol: match[2]! }
  match = EXPORT.exec(path)
  if (match) {
    const interval = knownInterval(match[3]!)
    if (interval) return { type: 'export', group, symbol: match[2]!, interval }
  }
  if (path.endsWith(MANIFEST_SUFFIX)) return { type: 'manifest', group }
  if (path.endsWith('.json')) return { type: 'json', group }
  return { type: path.endsWith('.parquet') ? 'parquet' : 'other', group }
}

function knownInterval(text: string): Interval | undefined {
  try {
    return parseInterval(text)
  } catch {
    return undefined
  }
}
