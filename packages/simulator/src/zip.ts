/** ZIP files with one member: a deterministic writer (fixed time stamp) and a reader for files made elsewhere. */
import { crc32, deflateRawSync, inflateRawSync } from 'node:zlib'
import { fail } from '@cointrader/core'

const LOCAL = 0x04034b50
const CENTRAL = 0x02014b50
const END = 0x06054b50
/** General purpose bit 11: names are UTF-8 (APPNOTE.TXT 4.4.4), needed for non-ASCII symbols. */
const UTF8 = 1 << 11
/** 1980-01-01 in DOS form: no wall time in archives. */
const DOS_DATE = 0x21

/** A ZIP holding `content` as `name`; the same input gives the same bytes. */
export function zipOne(name: string, content: Uint8Array): Buffer {
  const nameBytes = Buffer.from(name, 'utf8')
  const packed = deflateRawSync(content, { level: 3 })
  const common = Buffer.alloc(26)
  common.writeUInt16LE(20, 0)
  common.writeUInt16LE(UTF8, 2)
  common.writeUInt16LE(8, 4)
  common.writeUInt16LE(0, 6)
  common.writeUInt16LE(DOS_DATE, 8)
  common.writeUInt32LE(crc32(content), 10)
  common.writeUInt32LE(packed.length, 14)
  common.writeUInt32LE(content.length, 18)
  common.writeUInt16LE(nameBytes.length, 22)
  const local = Buffer.concat([word(LOCAL), common, nameBytes, packed])
  const tail = Buffer.alloc(14)
  const central = Buffer.concat([word(CENTRAL), Buffer.from([20, 3]), common, tail, nameBytes])
  const end = Buffer.alloc(18)
  end.writeUInt16LE(1, 4)
  end.writeUInt16LE(1, 6)
  end.writeUInt32LE(central.length, 8)
  end.writeUInt32LE(local.length, 12)
  return Buffer.concat([local, central, word(END), end])
}

/** The bytes of the first `.csv` member. Error `E_ZIP_DAMAGED` with `subject` when there is none that can be read. */
export function unzipCsv(zip: Uint8Array, subject: string): Buffer {
  const bytes = Buffer.from(zip.buffer, zip.byteOffset, zip.byteLength)
  try {
    const end = bytes.lastIndexOf(word(END))
    let at = bytes.readUInt32LE(end + 16)
    for (let entries = bytes.readUInt16LE(end + 10); entries > 0; entries--) {
      const nameLength = bytes.readUInt16LE(at + 28)
      const name = bytes.toString('utf8', at + 46, at + 46 + nameLength)
      const local = bytes.readUInt32LE(at + 42)
      if (name.endsWith('.csv')) {
        const from = local + 30 + bytes.readUInt16LE(local + 26) + bytes.readUInt16LE(local + 28)
        const packed = bytes.subarray(from, from + bytes.readUInt32LE(at + 20))
        return bytes.readUInt16LE(at + 10) === 0 ? Buffer.from(packed) : inflateRawSync(packed)
      }
      at += 46 + nameLength + bytes.readUInt16LE(at + 30) + bytes.readUInt16LE(at + 32)
    }
  } catch (error) {
    fail('E_ZIP_DAMAGED', { subject, detail: (error as Error).message, cause: error })
  }
  fail('E_ZIP_DAMAGED', { subject, detail: 'no .csv member' })
}

function word(value: number): Buffer {
  const out = Buffer.alloc(4)
  out.writeUInt32LE(value)
  return out
}
