/** Our Snappy is the library's, byte for byte. */
import { seededRandom } from '@cointrader/core'
import { snappyCompress } from '@cointrader/store/snappy'
import fc from 'fast-check'
import { snappyUncompress } from 'hyparquet/src/snappy.js'
import { snappyCompress as reference } from 'hyparquet-writer/src/snappy.js'
import { describe, expect, it } from 'vitest'

function equal(input: Uint8Array): void {
  const ours = snappyCompress(input)
  expect(Buffer.compare(ours, reference(input))).toBe(0)
  const back = new Uint8Array(input.length)
  snappyUncompress(ours, back)
  expect(Buffer.compare(back, input)).toBe(0)
}

describe('Snappy', () => {
  it('property: pieces of few letters, runs and noise, at any offset in their buffer', () => {
    const piece = fc.oneof(
      fc.uint8Array({ max: 2, maxLength: 200 }),
      fc.uint8Array({ maxLength: 100 }),
      fc.tuple(fc.integer({ min: 0, max: 255 }), fc.nat(5000)).map(([byte, n]) => new Uint8Array(n).fill(byte)),
      fc
        .tuple(fc.uint8Array({ minLength: 1, maxLength: 9 }), fc.nat(300))
        .map(([unit, n]) => Uint8Array.from({ length: unit.length * n }, (_, i) => unit[i % unit.length]!)),
    )
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), fc.nat(7), (pieces, offset) => {
        const joined = Buffer.concat([new Uint8Array(offset), ...pieces])
        equal(new Uint8Array(joined.buffer, joined.byteOffset + offset, joined.length - offset))
      }),
      { numRuns: 1500 },
    )
  })

  it('every length up to 300, and around the lengths at which it changes its ways', () => {
    const random = seededRandom('snappy')
    const noise = Uint8Array.from({ length: 140_000 }, () =>
      random.next() < 0.3 ? 7 : Math.floor(random.next() * 256),
    )
    for (let n = 0; n <= 300; n++) equal(noise.subarray(n, 2 * n))
    for (const n of [1 << 14, 1 << 16, (1 << 16) + 256, noise.length])
      for (const d of [-1, 0, 1]) equal(noise.subarray(0, n + d))
  })

  it('columns of numbers: walks, counts, holes, all the same', () => {
    const random = seededRandom('columns')
    let price = 100
    const walk = Float64Array.from({ length: 30_000 }, () => {
      price += random.next() - 0.5
      return Math.round(price * 100) / 100
    })
    const counts = Int32Array.from({ length: 30_000 }, () => Math.floor(random.next() * 50))
    const holes = Float32Array.from(walk, (x, i) => (i % 7 < 3 ? Number.NaN : x))
    for (const data of [walk, counts, holes, new Float64Array(30_000), Float32Array.from(walk, () => random.next())])
      equal(new Uint8Array(data.buffer))
  })
})
