/** Finished shares of a sweep on disk, so that a killed one goes on where it stopped. */
import { join } from 'node:path'
import { sha256 } from '@cointrader/core'
import type { Disk } from '@cointrader/store'

export interface CellStore {
  /** The rows of a share if they are there, whole and of this length. */
  load(share: number, length: number): Promise<Float64Array | undefined>
  save(share: number, rows: Float64Array): Promise<void>
}

const HASH = 64

/**
 * `{folder}/{share}.bin`: the SHA-256 of the rows in hex, then the rows as little-endian doubles; written atomically. The
 * folder must be named by everything the rows depend on. A file that is damaged counts as absent.
 */
export function diskCells(disk: Disk, folder: string): CellStore {
  const pathOf = (share: number): string => join(folder, `${share}.bin`)
  return {
    async load(share, length) {
      const bytes = await disk.read(pathOf(share))
      if (bytes === undefined || bytes.byteLength !== HASH + 8 * length) return undefined
      // A copy of its own: the disk may hand out a view of a larger buffer, at any offset.
      const body = new Uint8Array(bytes.subarray(HASH))
      if (sha256(body) !== new TextDecoder().decode(bytes.subarray(0, HASH))) return undefined
      return new Float64Array(body.buffer)
    },
    async save(share, rows) {
      const body = new Uint8Array(rows.buffer, rows.byteOffset, rows.byteLength)
      await disk.writeAtomic(pathOf(share), [new TextEncoder().encode(sha256(body)), body])
    },
  }
}
