/** The archive's S3 listing: the only record of delisted symbols (BX-08). */
import { fail } from '@cointrader/core'

export interface ListingPage {
  /** Keys of files. */
  readonly keys: readonly string[]
  /** Folders, ending in `/`. */
  readonly folders: readonly string[]
  /** Pass as `marker` for the next page; null on the last. */
  readonly next: string | null
}

/** Parses one `ListBucketResult` page (AWS S3 API, ListObjects). Error `E_BAD_PAYLOAD` for anything else. */
export function parseListing(bytes: Uint8Array, subject: string): ListingPage {
  const xml = new TextDecoder().decode(bytes)
  if (!xml.includes('<ListBucketResult')) fail('E_BAD_PAYLOAD', { subject, detail: 'not an S3 listing' })
  const all = (pattern: RegExp): string[] => [...xml.matchAll(pattern)].map((m) => unescapeXml(m[1]!))
  const keys = all(/<Contents>.*?<Key>([^<]*)<\/Key>/gs)
  const folders = all(/<CommonPrefixes>\s*<Prefix>([^<]*)<\/Prefix>/g)
  const truncated = /<IsTruncated>\s*true\s*</.test(xml)
  const marker = all(/<NextMarker>([^<]*)<\/NextMarker>/g)[0] ?? [...keys, ...folders].sort().at(-1) ?? null
  return { keys, folders, next: truncated ? marker : null }
}

function unescapeXml(text: string): string {
  return text.replace(
    /&(amp|lt|gt|quot|apos);/g,
    (_, name: string) => ({ amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" })[name]!,
  )
}
