/** Reading the one CSV of an archive ZIP. */
import { crc32 } from 'node:zlib'
import { fail } from '@cointrader/core'
import { type Entry, fromBuffer, type ZipFile } from 'yauzl'

/** No archive file unpacks to more (a month of aggTrades is below this); a bigger claim is a damaged or hostile file. */
const MAX_CSV_BYTES = 1 << 30

/**
 * The bytes of the first member that ends in `.csv`. Errors: `E_NOT_ZIP` when it is something else (an HTML page),
 * `E_ZIP_DAMAGED` when it is truncated, fails its CRC or has no CSV.
 */
export async function readCsvFromZip(bytes: Uint8Array, subject: string): Promise<Uint8Array> {
  if (bytes.length < 4 || bytes[0] !== 0x50 || bytes[1] !== 0x4b) {
    const start = new TextDecoder('latin1').decode(bytes.subarray(0, 40)).replace(/\s+/g, ' ')
    fail('E_NOT_ZIP', { subject, detail: `${bytes.length} bytes, starting "${start}"` })
  }
  try {
    return await extract(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength))
  } catch (error) {
    fail('E_ZIP_DAMAGED', { subject, detail: (error as Error).message, cause: error })
  }
}

function extract(bytes: Buffer): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    fromBuffer(bytes, { lazyEntries: true }, (error, zip) => {
      if (error) return reject(error)
      zip.on('error', reject)
      zip.on('end', () => reject(new Error('no .csv member inside')))
      zip.on('entry', (entry: Entry) => {
        if (!entry.fileName.endsWith('.csv')) return zip.readEntry()
        inflate(zip, entry).then(resolve, reject)
      })
      zip.readEntry()
    })
  })
}

async function inflate(zip: ZipFile, entry: Entry): Promise<Uint8Array> {
  if (entry.uncompressedSize > MAX_CSV_BYTES) throw new Error(`claims ${entry.uncompressedSize} bytes`)
  const out = Buffer.allocUnsafe(entry.uncompressedSize)
  let length = 0
  const stream = await new Promise<NodeJS.ReadableStream>((resolve, reject) =>
    zip.openReadStream(entry, (error, opened) => (error ? reject(error) : resolve(opened))),
  )
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    chunk.copy(out, length)
    length += chunk.length
  }
  if (length !== out.length) throw new Error(`${length} bytes unpacked, ${out.length} announced`)
  if (crc32(out) !== entry.crc32) throw new Error('CRC-32 does not match')
  return out
}
