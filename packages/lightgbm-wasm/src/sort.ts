/**
 * Ascending sort of floats by radix: several times faster than `TypedArray.sort` on the samples that bins are made of.
 * The order of a float's bits, read as an integer, is the order of the floats once negative ones are inverted and
 * positive ones get the top bit.
 */

/** Below this many values the passes' tables cost more than they save. */
const SMALL = 2048
const BITS = 11
const DIGITS = 1 << BITS

/** Sorts in place and returns the array. Values must not be NaN; -0 comes before 0. */
export function sortFloats<T extends Float32Array | Float64Array>(values: T): T {
  if (values.length < SMALL) return values.sort() as T
  const words = values instanceof Float32Array ? 1 : 2
  let from: Uint32Array = new Uint32Array(values.buffer, values.byteOffset, values.length * words)
  const own = from
  flip(from, words, true)
  let to: Uint32Array = new Uint32Array(from.length)
  for (let word = 0; word < words; word++) {
    for (let shift = 0; shift < 32; shift += BITS) {
      if (!pass(from, to, words, word, shift)) continue
      const sorted = to
      to = from
      from = sorted
    }
  }
  if (from !== own) own.set(from)
  flip(own, words, false)
  return values
}

/** Bits of floats to integers of the same order (`forward`), or back. */
function flip(x: Uint32Array, words: number, forward: boolean): void {
  for (let i = words - 1; i < x.length; i += words) {
    // Forward, the top bit is set for negative values; back, for those that were not.
    const negative = (x[i] >>> 31 === 1) === forward
    x[i] = negative ? ~x[i] : x[i] ^ 0x80000000
    if (negative && words === 2) x[i - 1] = ~x[i - 1]
  }
}

/** One stable pass by one digit of one word (little-endian: word 1 is the higher); false if the digit is the same everywhere. */
function pass(from: Uint32Array, to: Uint32Array, words: number, word: number, shift: number): boolean {
  const starts = new Uint32Array(DIGITS)
  const mask = DIGITS - 1
  for (let i = word; i < from.length; i += words) starts[(from[i] >>> shift) & mask]++
  let sum = 0
  for (let d = 0; d < DIGITS; d++) {
    const count = starts[d]
    if (count * words === from.length) return false
    starts[d] = sum
    sum += count
  }
  if (words === 1) {
    for (let i = 0; i < from.length; i++) {
      const v = from[i]
      to[starts[(v >>> shift) & mask]++] = v
    }
  } else {
    for (let i = 0; i < from.length; i += 2) {
      const at = 2 * starts[(from[i + word] >>> shift) & mask]++
      to[at] = from[i]
      to[at + 1] = from[i + 1]
    }
  }
  return true
}
