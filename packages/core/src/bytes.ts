/** Order-independent JSON and content ids. */
import { createHash } from 'node:crypto'

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json | undefined }

/** JSON with object keys sorted at every level, so equal values give equal text. `undefined` members are left out. */
export function stableJson(value: Json, indent?: number): string {
  return JSON.stringify(sortKeys(value), null, indent)
}

function sortKeys(value: Json): Json {
  if (Array.isArray(value)) return value.map(sortKeys)
  if (value === null || typeof value !== 'object') return value
  const source = value as { readonly [key: string]: Json | undefined }
  // Without a prototype, so that a key named __proto__ is a key like any other.
  const out: { [key: string]: Json } = Object.create(null)
  for (const key of Object.keys(source).sort()) {
    const member = source[key]
    if (member !== undefined) out[key] = sortKeys(member)
  }
  return out
}

/** Lower-case hex SHA-256; of a list, of its parts joined. */
export function sha256(bytes: Uint8Array | string | readonly Uint8Array[]): string {
  const hash = createHash('sha256')
  for (const part of Array.isArray(bytes) ? bytes : [bytes]) hash.update(part as Uint8Array | string)
  return hash.digest('hex')
}

/** The id of an artefact: SHA-256 of its description (inputs' ids, config, code version) in stable JSON. */
export function contentId(description: Json): string {
  return sha256(stableJson(description))
}

/** Orders text by code unit: the same on every machine and locale (unlike `localeCompare`). */
export function byCodeUnit(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
