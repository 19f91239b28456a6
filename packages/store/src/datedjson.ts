/** JSON files of date → value (RP-43): keys sorted, indent 2, everything outside ASCII escaped, merged, atomic. */
import { fail, type Json, stableJson, type UtcDate } from '@cointrader/core'
import type { Disk } from './disk.js'

export type DatedJson = Readonly<Record<string, Json>>

/** The text of the file. Equal content gives equal bytes. */
export function datedJsonText(content: DatedJson): string {
  return `${stableJson(content, 2).replace(/[\u007f-\uffff]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)}\n`
}

/** Reads such a file; an absent one is empty. Error `E_FILE_CORRUPT` if it is not a JSON object. */
export async function readDatedJson(disk: Disk, path: string): Promise<DatedJson> {
  const bytes = await disk.read(path)
  if (bytes === undefined) return {}
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(bytes))
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as DatedJson
  } catch (error) {
    fail('E_FILE_CORRUPT', { subject: path, detail: (error as Error).message, cause: error })
  }
  fail('E_FILE_CORRUPT', { subject: path, detail: 'not a JSON object' })
}

/** Replaces the entries of the given dates and keeps the others; nothing is written when there are none. */
export async function mergeDatedJson(
  disk: Disk,
  path: string,
  entries: Readonly<Record<UtcDate, Json>>,
): Promise<void> {
  if (Object.keys(entries).length === 0) return
  await disk.writeAtomic(path, datedJsonText({ ...(await readDatedJson(disk, path)), ...entries }))
}
