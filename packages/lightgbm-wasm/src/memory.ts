/**
 * Shared memory of one data set and the trainings on it. A WebAssembly module sees one memory only, so bins and the
 * working space of every training on them live in the same one; trainings in several threads take and give back
 * pieces of it under a lock.
 */
import { raise } from './errors.js'
import type { SharedMemory } from './kernels/kernels.js'
import { webAssembly } from './kernels/webassembly.js'

const PAGE = 65536
/** Page 0 holds the table: lock, entry count, then (first page, pages, used) per piece. */
const MAX_PIECES = 4096

/** A WebAssembly memory, or a growable shared buffer where there is no WebAssembly (`node --jitless`). */
export function newMemory(): SharedMemory {
  if (webAssembly !== undefined) {
    return new webAssembly.Memory({ initial: 1, maximum: PAGE, shared: true })
  }
  const Growable = SharedArrayBuffer as unknown as new (n: number, o: { maxByteLength: number }) => SharedArrayBuffer
  return attachMemory(new Growable(PAGE, { maxByteLength: PAGE * PAGE }))
}

/** The memory interface over a growable shared buffer. */
export function attachMemory(buffer: SharedArrayBuffer): SharedMemory {
  return {
    buffer,
    grow(pages) {
      const before = buffer.byteLength
      ;(buffer as unknown as { grow(bytes: number): void }).grow(before + pages * PAGE)
      return before / PAGE
    },
  }
}

function locked<T>(memory: SharedMemory, body: (table: Int32Array) => T): T {
  const table = new Int32Array(memory.buffer, 0, 2 + 3 * MAX_PIECES)
  while (Atomics.compareExchange(table, 0, 0, 1) !== 0) Atomics.wait(table, 0, 1, 1)
  try {
    return body(table)
  } finally {
    Atomics.store(table, 0, 0)
    Atomics.notify(table, 0, 1)
  }
}

/** A piece of at least `bytes`, aligned to 64 KiB; its content is unspecified. Errors: `BadData` beyond 4 GiB. */
export function allocate(memory: SharedMemory, bytes: number): number {
  const pages = Math.max(1, Math.ceil(bytes / PAGE))
  return locked(memory, (table) => {
    const n = table[1]
    let best = -1
    for (let i = 0; i < n; i++) {
      const o = 2 + 3 * i
      if (table[o + 2] === 0 && table[o + 1] >= pages && (best < 0 || table[o + 1] < table[best + 1])) best = o
    }
    if (best >= 0) {
      const rest = table[best + 1] - pages
      if (rest > 0 && n < MAX_PIECES) {
        table[best + 1] = pages
        table.set([table[best] + pages, rest, 0], 2 + 3 * n)
        table[1] = n + 1
      }
      table[best + 2] = 1
      return table[best] * PAGE
    }
    if (n >= MAX_PIECES) raise('BadData', 'too many pieces in one shared memory')
    let first: number
    try {
      first = memory.grow(pages)
    } catch {
      return raise('BadData', `the data and the training need more than 4 GiB (${pages * PAGE} more bytes asked for)`)
    }
    table.set([first, pages, 1], 2 + 3 * n)
    table[1] = n + 1
    return first * PAGE
  })
}

/** Gives a piece back. */
export function release(memory: SharedMemory, address: number): void {
  locked(memory, (table) => {
    for (let o = 2; o < 2 + 3 * table[1]; o += 3) if (table[o] === address / PAGE) table[o + 2] = 0
    merge(table)
  })
}

/** Joins neighbouring free pieces, so that repeated trainings of different sizes do not grow the memory for ever. */
function merge(table: Int32Array): void {
  const pieces: number[][] = []
  for (let o = 2; o < 2 + 3 * table[1]; o += 3) pieces.push([...table.subarray(o, o + 3)])
  pieces.sort((a, b) => a[0] - b[0])
  const out: number[][] = []
  for (const piece of pieces) {
    const last = out[out.length - 1]
    if (last !== undefined && last[2] === 0 && piece[2] === 0 && last[0] + last[1] === piece[0]) last[1] += piece[1]
    else out.push(piece)
  }
  table.set(out.flat(), 2)
  table[1] = out.length
}
