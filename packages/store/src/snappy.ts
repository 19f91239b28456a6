/**
 * Snappy for the Parquet writer: the bytes of `hyparquet-writer`'s own compressor (after snappyjs, MIT), in less time: `fetch`
 * takes a fifth less CPU. What differs is how it moves bytes: four at once, into one buffer that is kept, without an object per
 * literal. `test/snappy.test.ts` holds it to the library's bytes.
 *
 * Format: https://github.com/google/snappy/blob/main/format_description.txt
 */

const TABLE_BITS = 14
/** Copies reach back this far at most. */
const MAX_OFFSET = 0xffff
/** Bytes at the end in which no match begins, so that four bytes can be read without asking for the end. */
const MARGIN = 15

const tables: (Uint32Array | undefined)[] = []
let out = new Uint8Array(0)

/** Compresses. The result is a copy of its own. */
export function snappyCompress(input: Uint8Array): Uint8Array {
  const size = input.length
  // Literals cost a byte in 60, copies never cost more than what they stand for.
  const most = 32 + size + Math.floor(size / 6)
  if (out.length < most) out = new Uint8Array(most)
  let to = 0
  let length = size
  for (; length >= 0x80; length >>>= 7) out[to++] = (length & 0x7f) | 0x80
  out[to++] = length
  return out.slice(0, compress(input, to))
}

function compress(input: Uint8Array, start: number): number {
  const end = input.length
  let to = start
  let emitted = 0
  if (end >= MARGIN) {
    let bits = 1
    while (1 << bits <= end && bits <= TABLE_BITS) bits++
    bits--
    const shift = 32 - bits
    const table = cleared(bits)
    const view = new DataView(input.buffer, input.byteOffset, end)
    const hash = (at: number): number => Math.imul(view.getInt32(at, true), 0x1e35a7bd) >>> shift
    const limit = end - MARGIN
    let at = 1
    let next = hash(at)
    search: for (;;) {
      // The longer nothing is found, the further it jumps.
      let skip = 32
      let following = at
      let candidate: number
      do {
        at = following
        const place = next
        following = at + (skip++ >>> 5)
        if (at > limit) break search
        if (following <= limit) next = hash(following)
        candidate = table[place]!
        table[place] = at
      } while (at - candidate > MAX_OFFSET || view.getInt32(at, true) !== view.getInt32(candidate, true))
      to = literal(input, emitted, at, to)
      do {
        const from = at
        at += 4
        let same = candidate + 4
        while (at + 4 <= end && view.getInt32(at, true) === view.getInt32(same, true)) {
          at += 4
          same += 4
        }
        while (at < end && input[at] === input[same]) {
          at++
          same++
        }
        to = copy(from - candidate, at - from, to)
        emitted = at
        if (at >= limit) break search
        table[hash(at - 1)] = at - 1
        const place = hash(at)
        candidate = table[place]!
        table[place] = at
      } while (at - candidate <= MAX_OFFSET && view.getInt32(at, true) === view.getInt32(candidate, true))
      next = hash(++at)
    }
  }
  return emitted < end ? literal(input, emitted, end, to) : to
}

function cleared(bits: number): Uint32Array {
  const kept = tables[bits]
  if (kept !== undefined) return kept.fill(0)
  const made = new Uint32Array(1 << bits)
  tables[bits] = made
  return made
}

/** Writes input[from..end) as it is. */
function literal(input: Uint8Array, from: number, end: number, at: number): number {
  let to = at
  const last = end - from - 1
  if (last < 60) out[to++] = last << 2
  else {
    const bytes = last < 0x100 ? 1 : last < 0x10000 ? 2 : last < 0x1000000 ? 3 : 4
    out[to++] = (59 + bytes) << 2
    for (let i = 0; i < bytes; i++) out[to++] = last >>> (8 * i)
  }
  if (last < 32) for (let i = from; i < end; i++) out[to++] = input[i]!
  else {
    out.set(input.subarray(from, end), to)
    to += last + 1
  }
  return to
}

/** Writes "copy `length` bytes from `offset` back". */
function copy(offset: number, length: number, at: number): number {
  let to = at
  let left = length
  for (; left >= 68; left -= 64) to = shortCopy(offset, 64, to)
  if (left > 64) {
    to = shortCopy(offset, 60, to)
    left -= 60
  }
  return shortCopy(offset, left, to)
}

function shortCopy(offset: number, length: number, at: number): number {
  let to = at
  if (length < 12 && offset < 2048) {
    out[to++] = 1 + ((length - 4) << 2) + ((offset >>> 8) << 5)
    out[to++] = offset & 0xff
  } else {
    out[to++] = 2 + ((length - 1) << 2)
    out[to++] = offset & 0xff
    out[to++] = offset >>> 8
  }
  return to
}
