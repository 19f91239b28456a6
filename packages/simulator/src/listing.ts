/** S3's `ListObjects` (version 1) over an archive source, as data.binance.vision answers it. */
import { createHash } from 'node:crypto'
import { type ArchiveSource, byUtf8 } from './source.js'

export interface ListRequest {
  readonly prefix: string
  /** '' or '/'. */
  readonly delimiter: string
  /** Keys up to and with this one are left out. */
  readonly marker: string
  /** Keys and common prefixes together; never more than 1,000. */
  readonly maxKeys: number
}

interface Found {
  readonly keys: string[]
  readonly prefixes: string[]
  readonly last: string
  readonly truncated: boolean
}

/** Walks the tree in key order and stops one entry after the page is full. */
async function find(source: ArchiveSource, request: ListRequest, nowMs: number): Promise<Found> {
  const { prefix, delimiter, marker } = request
  const limit = Math.min(1000, request.maxKeys)
  const keys: string[] = []
  const prefixes: string[] = []
  let last = ''
  let truncated = false

  const take = (list: string[], key: string): void => {
    if (keys.length + prefixes.length >= limit) truncated = true
    else {
      list.push(key)
      last = key
    }
  }

  async function walk(folder: string): Promise<void> {
    for (const name of await source.list(folder, nowMs)) {
      if (truncated) return
      const full = folder + name
      if (!name.endsWith('/')) {
        if (full.startsWith(prefix) && byUtf8(full, marker) > 0) take(keys, full)
        continue
      }
      if (!full.startsWith(prefix) && !prefix.startsWith(full)) continue
      const behind = byUtf8(full, marker) <= 0
      if (delimiter === '/' && full.startsWith(prefix) && full !== prefix) {
        if (!behind) take(prefixes, full)
      } else if (!behind || marker.startsWith(full)) await walk(full)
    }
  }
  if (limit > 0) await walk('')
  return { keys, prefixes, last, truncated }
}

/** ETag of a file: its MD5 in quotes, as S3 gives for files put in one part. */
export function etag(bytes: Uint8Array): string {
  return `"${createHash('md5').update(bytes).digest('hex')}"`
}

/** A lister that remembers size and ETag of the files it has seen (short texts only). */
export function bucketLister(source: ArchiveSource): (request: ListRequest, nowMs: number) => Promise<string> {
  const facts = new Map<string, { size: number; etag: string }>()

  async function factsOf(key: string, nowMs: number): Promise<{ size: number; etag: string }> {
    const known = facts.get(key)
    if (known !== undefined) return known
    const bytes = (await source.read(key, nowMs)) ?? new Uint8Array()
    const made = { size: bytes.byteLength, etag: etag(bytes) }
    if (facts.size > 50_000) facts.clear()
    facts.set(key, made)
    return made
  }

  return async (request, nowMs) => {
    const found = await find(source, request, nowMs)
    const parts = [
      '<?xml version="1.0" encoding="UTF-8"?>\n<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">',
      element('Name', 'data.binance.vision'),
      element('Prefix', request.prefix),
      element('Marker', request.marker),
    ]
    // S3 sends NextMarker only with a delimiter; without one the last Key is the next marker.
    if (found.truncated && request.delimiter !== '') parts.push(element('NextMarker', found.last))
    parts.push(element('MaxKeys', String(Math.min(1000, request.maxKeys))))
    if (request.delimiter !== '') parts.push(element('Delimiter', request.delimiter))
    parts.push(element('IsTruncated', String(found.truncated)))
    for (const key of found.keys) {
      const file = await factsOf(key, nowMs)
      const modified = new Date(source.publishedMs(key)).toISOString()
      const inside = [
        element('Key', key),
        element('LastModified', modified),
        element('ETag', file.etag),
        element('Size', String(file.size)),
        element('StorageClass', 'STANDARD'),
      ]
      parts.push(`<Contents>${inside.join('')}</Contents>`)
    }
    for (const prefix of found.prefixes) parts.push(`<CommonPrefixes>${element('Prefix', prefix)}</CommonPrefixes>`)
    parts.push('</ListBucketResult>')
    return parts.join('')
  }
}

function element(name: string, text: string): string {
  return `<${name}>${escapeXml(text)}</${name}>`
}

/** Text for XML. */
export function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}
