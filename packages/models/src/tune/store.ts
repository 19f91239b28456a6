/**
 * Where finished points of a search are kept, one file each, so that a killed search goes on where it stopped and ends
 * with the same result as an undisturbed one.
 */
import { join } from 'node:path'
import { fail, type Json, stableJson } from '@cointrader/core'
import type { Disk } from '@cointrader/store'

/** Finished results by key. Keys are file-name safe. */
export interface ResultStore {
  load(key: string): Promise<Json | undefined>
  /** All or nothing: after a kill the key holds nothing or the whole value. */
  save(key: string, value: Json): Promise<void>
}

/** Results as `{folder}/{key}.json`, each written atomically. Error `E_FILE_CORRUPT` for a file that is not JSON. */
export function diskResults(disk: Disk, folder: string): ResultStore {
  return {
    async load(key) {
      const path = join(folder, `${key}.json`)
      const bytes = await disk.read(path)
      if (bytes === undefined) return undefined
      try {
        return JSON.parse(new TextDecoder().decode(bytes)) as Json
      } catch (cause) {
        fail('E_FILE_CORRUPT', {
          subject: path,
          next: 'remove the file and run again: its point is computed anew',
          cause,
        })
      }
    },
    save: (key, value) => disk.writeAtomic(join(folder, `${key}.json`), `${stableJson(value, 1)}\n`),
  }
}

/** Results in memory, for searches that need not be resumed. */
export function memoryResults(): ResultStore {
  const kept = new Map<string, string>()
  return {
    async load(key) {
      const text = kept.get(key)
      return text === undefined ? undefined : (JSON.parse(text) as Json)
    },
    async save(key, value) {
      kept.set(key, stableJson(value))
    },
  }
}

/** A value as it comes back from a store, so that results computed now and results read back are equal. */
export function asStored<T>(value: T): T {
  return JSON.parse(stableJson(value as Json)) as T
}
