/**
 * A byte-level reader for the archive's plain numeric CSV (no quotes, comma, LF or CRLF): rows into preallocated
 * columns without a string per cell. Numbers are correctly rounded.
 */

const COMMA = 44
const LF = 10
const CR = 13

/** Reads the number in `bytes[from, to)`; NaN when there is none. */
export type NumberParser = (bytes: Uint8Array, from: number, to: number) => number

/** Powers of ten that a double holds exactly. */
const POWER_OF_TEN = Float64Array.from({ length: 23 }, (_, k) => Number(`1e${k}`))
const EXACT_INTEGER = 9007199254740992

/**
 * The number in `bytes[from, to)`; NaN for an empty or malformed cell. With at most 53 bits of digits and 22 decimals
 * one division of exact operands is the correctly rounded value (Clinger 1990, "How to read floating point numbers
 * accurately"); anything else goes through the language's own parser.
 */
export function parseNumber(bytes: Uint8Array, from: number, to: number): number {
  let i = from
  let negative = false
  if (bytes[i] === 45) {
    negative = true
    i++
  }
  if (i >= to) return Number.NaN
  let digits = 0
  let decimals = -1
  for (; i < to; i++) {
    const d = bytes[i]! - 48
    if (d >= 0 && d <= 9) {
      digits = digits * 10 + d
      if (decimals >= 0) decimals++
    } else if (bytes[i] === 46 && decimals < 0) decimals = 0
    else return slowNumber(bytes, from, to)
  }
  if (digits >= EXACT_INTEGER || decimals > 22) return slowNumber(bytes, from, to)
  const value = decimals > 0 ? digits / POWER_OF_TEN[decimals]! : digits
  return negative ? -value : value
}

function slowNumber(bytes: Uint8Array, from: number, to: number): number {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset + from, to - from)
    .toString('latin1')
    .trim()
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : Number.NaN
}

/** Start of the first data row, and the header's names if there is one (BX-01: a header starts with a letter). */
export function splitHeader(bytes: Uint8Array): {
  readonly dataStart: number
  readonly header: readonly string[] | null
} {
  let start = 0
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) start = 3
  const c = bytes[start]
  const letter = c !== undefined && ((c >= 65 && c <= 90) || (c >= 97 && c <= 122) || c === 34)
  if (!letter) return { dataStart: start, header: null }
  let end = bytes.indexOf(LF, start)
  if (end < 0) end = bytes.length
  const text = Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('utf8')
  return {
    dataStart: Math.min(end + 1, bytes.length),
    header: text.split(',').map((n) => n.trim().replace(/^"|"$/g, '').toLowerCase()),
  }
}

/** Upper bound of the number of rows from `start`. */
export function countLines(bytes: Uint8Array, start: number): number {
  let count = 0
  for (let i = bytes.indexOf(LF, start); i >= 0; i = bytes.indexOf(LF, i + 1)) count++
  return bytes.length > start && bytes[bytes.length - 1] !== LF ? count + 1 : count
}

/**
 * Calls `onRow(row, ends)` for each non-empty line: cell `k` is `[k === 0 ? lineStart : ends[k-1] + 1, ends[k])`.
 * `fields` is the number of cells found. `ends` is reused between calls.
 */
export function forEachRow(
  bytes: Uint8Array,
  start: number,
  onRow: (row: number, lineStart: number, ends: Int32Array, fields: number) => void,
): void {
  const ends = new Int32Array(64)
  let row = 0
  let i = start
  const n = bytes.length
  while (i < n) {
    const lineStart = i
    let fields = 0
    let c = 0
    for (; i < n; i++) {
      c = bytes[i]!
      if (c === COMMA) {
        if (fields < 63) ends[fields++] = i
      } else if (c === LF) break
    }
    const lineEnd = i > lineStart && bytes[i - 1] === CR ? i - 1 : i
    i++
    if (lineEnd === lineStart) continue
    ends[fields++] = lineEnd
    onRow(row++, lineStart, ends, fields)
  }
}
